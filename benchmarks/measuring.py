"""Running a program as a child and reading what it cost: wall clock, processor time and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MB = 1_000_000
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, see getrusage(2)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. ``fine`` says whether the target was met."""

    what: str
    measured: str
    target: str
    fine: bool


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a child took: seconds of wall clock, peak of resident memory in bytes, and what it printed."""

    seconds: float
    peak: int
    said: str

    def json(self) -> dict[str, Any]:
        """The last line that it printed."""
        found: dict[str, Any] = json.loads(self.said.splitlines()[-1])
        return found


def environment() -> dict[str, str]:
    """That of this process, with the checkout to import from."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}


def python(*words: str | Path, folder: Path = ROOT, program: str = sys.executable) -> Cost:
    """Run Python (or another one) with these words to its end, as a process of its own."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        child = subprocess.Popen([program, *map(str, words)], cwd=folder, env=environment(), stdout=said, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        errors.seek(0)
        if child.returncode:
            raise RuntimeError(f"{' '.join(map(str, words))} ended with {child.returncode}: {errors.read().decode()}")
        return Cost(seconds=seconds, peak=usage.ru_maxrss * _UNIT, said=said.read().decode())


def campaign_bot(folder: Path, *words: str) -> Cost:
    """One command in a campaign's folder."""
    return python("-m", "bot", "--by", "Ann Example", *words, folder=folder)


def side_by_side(
    first: Sequence[str], second: Sequence[str], *, rounds: int, folder: Path = ROOT
) -> tuple[list[Cost], list[Cost]]:
    """Two programs in turn, so that a busy moment of the machine falls on both; a first pair warms up and is left out."""
    pairs = [(python(*first, folder=folder), python(*second, folder=folder)) for _ in range(rounds + 1)]
    return [one for one, _ in pairs[1:]], [other for _, other in pairs[1:]]


def sample_campaign(folder: Path) -> Path:
    """The sample list as a coordinator gets it: ``init``, a lawful basis, ``load``, ``plan`` and ``approve``."""
    python("-m", "bot", "init", folder)
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace('basis = ""', 'basis = "consent"'), "utf-8")
    campaign_bot(folder, "load", "top20.csv")
    campaign_bot(folder, "plan")
    code = json.loads(campaign_bot(folder, "preview", "--json").said)["plan_code"]
    campaign_bot(folder, "approve", "--all", "--accept-warnings", "--code", code)
    return folder
