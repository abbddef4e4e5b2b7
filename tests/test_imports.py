"""What a command does not need, it does not import: start-up is what people wait for most often."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS_UNNEEDED = frozenset({"alembic", "apscheduler", "jinja2", "requests", "tweepy"})
PROGRAM = """
import sys
from bot.cli import cli
cli.main({words!r}, standalone_mode=False)
print(*sys.modules, file=sys.stderr)
"""


def imported_by(folder: Path, *words: str) -> frozenset[str]:
    """All modules that a command has imported when it is done, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout
    return frozenset(done.stderr.split())


def test_the_help_page_imports_no_database_and_no_network(tmp_path: Path) -> None:
    imported = imported_by(tmp_path, "--help")
    assert "click" in imported
    assert not imported & (ALWAYS_UNNEEDED | {"sqlalchemy", "bot.bootstrap", "bot.config"})


def test_the_status_of_a_planned_campaign_imports_only_what_reads_it(planned: Path) -> None:
    imported = imported_by(planned, "status")
    assert "sqlalchemy" in imported
    assert not imported & ALWAYS_UNNEEDED
    assert not imported & {
        "sqlalchemy.dialects.postgresql",
        "bot.render",
        "bot.ranking",
        "bot.checks",
        "bot.publishers",
    }
