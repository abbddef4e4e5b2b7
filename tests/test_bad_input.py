"""Hostile and messy inputs through the real command line: each has its words, and none does any harm."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import sqlite3
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from tests.corpus.arguments import ARGUMENTS
from tests.corpus.case import Case, lay
from tests.corpus.configs import CONFIGS
from tests.corpus.contributions import CONTRIBUTIONS
from tests.corpus.lists import LISTS
from tests.corpus.logs import LOGS
from tests.corpus.stores import CREDENTIALS, DATABASES
from tests.corpus.templates import TEMPLATES
from tests.corpus.workbooks import WORKBOOKS
from tests.underway import lay_out, plan

KINDS: Mapping[str, Mapping[str, Case]] = {
    "list": LISTS,
    "workbook": WORKBOOKS,
    "contribution": CONTRIBUTIONS,
    "log": LOGS,
    "config": CONFIGS,
    "template": TEMPLATES,
    "argument": ARGUMENTS,
    "database": DATABASES,
    "credentials": CREDENTIALS,
}
CORPUS = {f"{kind}: {name}": case for kind, cases in KINDS.items() for name, case in cases.items()}
SAYS = {
    f"{kind}: {name}": said
    for kind, sayings in tomllib.loads((Path(__file__).parent / "corpus" / "says.toml").read_text("utf-8")).items()
    for name, said in sayings.items()
}
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


@pytest.fixture(scope="module")
def planned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("corpus") / "week")
    plan(folder)
    return folder


class Typed(io.BytesIO):
    """What comes through a pipe; a stream of the system has a name."""

    name = "<stdin>"


@contextmanager
def at(
    folder: Path, words: tuple[str, ...], environ: Mapping[str, str], typed: bytes
) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """What a process has of its own: folder, words, environment, and three streams."""
    before = Path.cwd(), sys.argv, sys.stdin, dict(os.environ)
    out, err = io.BytesIO(), io.BytesIO()
    os.chdir(folder)
    sys.argv = ["campaign-bot", "--by", "Ann Example", *words]
    sys.stdin = io.TextIOWrapper(Typed(typed))
    os.environ.update(
        {"CAMPAIGN_BOT_STATE_DIR": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "xdg"), **environ}
    )
    try:
        with redirect_stdout(io.TextIOWrapper(out)), redirect_stderr(io.TextIOWrapper(err)):
            yield out, err
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os.chdir(before[0])
        sys.argv, sys.stdin = before[1:3]
        os.environ.clear()
        os.environ.update(before[3])


def give(folder: Path, case: Case) -> tuple[int, str]:
    """The exit code of the real ``main``, and all that was said."""
    with at(folder, case.words, case.environ, case.typed) as (out, err):
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        sys.stderr.flush()
        said = (out.getvalue() + err.getvalue()).decode()
    return int(ended.value.code or 0), said


def contents(folder: Path) -> dict[str, str]:
    """A hash of each file, and of everything that stands in the database; its own files come and go."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("campaign.db"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found | {"campaign.db": _database(folder / "campaign.db")}


def _database(path: Path) -> str:
    if not path.is_file():
        return "none"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    except sqlite3.Error:
        return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_input_is_answered_in_words_and_changes_nothing(planned_once: Path, tmp_path: Path, name: str) -> None:
    case = CORPUS[name]
    folder = shutil.copytree(planned_once, tmp_path / "week")
    if case.bare:
        (folder / "campaign.db").unlink()
    for file, content in case.files.items():
        lay(folder / file, content)
    before = contents(folder)
    code, said = give(folder, case)
    assert (case.says or SAYS[name]) in said
    assert code == case.code
    assert "Traceback" not in said
    assert "made a mistake" not in said
    assert code == ExitCode.FINE or "→" in said or "Usage:" in said, "a refusal says what to do"
    assert without(contents(folder), case.writes) == without(before, case.writes)
    assert [cell for file in case.writes for cell in formulas_in(folder / file)] == []


def without(found: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: hashed for name, hashed in found.items() if name not in names}


def formulas_in(path: Path) -> list[str]:
    """Cells of an exported list that a spreadsheet would run."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row if cell.startswith(FORMULA)]


def test_there_are_enough_of_them_and_each_has_its_words() -> None:
    assert len(CORPUS) >= 200
    assert {name for name, case in CORPUS.items() if not case.says} == set(SAYS)
