"""Workbooks (xlsx, xlsm, xlsb, xls, ods) -> a sheet, by python-calamine. Reads values, never formulas; changes nothing."""

from __future__ import annotations

import importlib.util
import marshal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from bot.errors import ListError, Problem
from bot.ranking import calamine_child
from bot.ranking.calamine_child import Numbered
from bot.ranking.columns import HEADER_WITHIN, recognised
from bot.ranking.sheet import MAX_ROWS, Sheet, SheetRow, is_blank
from bot.ranking.values import spelled

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
MAX_BYTES = 50 * 1024 * 1024
_INSTALL = 'Install what reads it: pip install "campaign-bot[excel]"; or save the list as “CSV UTF-8”, and load that.'
_KINDS = {b"PK\x03\x04": "a workbook (such as .xlsx or .ods)", b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)"}
_FEWEST_HEADINGS = 2
_PATIENCE = 60.0
"""Seconds; the largest list that is read takes two."""
_ANEW = "Copy the list alone into a new workbook, or save it as CSV UTF-8, and load that file."


def is_workbook(path: Path) -> bool:
    """Tell by its first bytes; by its name, when it cannot be opened. A pipe would wait for ever, and is none."""
    try:
        if not path.is_file():
            return path.suffix.lower() in SUFFIXES and not path.exists()
        with path.open("rb") as file:
            return file.read(4) in _KINDS
    except OSError:
        return path.suffix.lower() in SUFFIXES


def read_workbook(path: Path, sheet: str | None = None) -> Sheet:
    """Read one sheet: the named one, else the only one that holds a list. Raises ListError."""
    if not path.is_file():
        _refuse(path, "There is no such file.", "Check the name and the folder.")
    if importlib.util.find_spec("python_calamine") is None:
        _refuse(path, "This is a workbook, not a CSV file.", _INSTALL)
    if (size := path.stat().st_size) > MAX_BYTES:
        _refuse(path, f"The file is {size / 1024 / 1024:.0f} MB; at most 50 MB are read.", "Keep only the ranked rows.")
    answer = _ask(path)
    names: list[str] = answer["names"]
    name = _chosen(path, names, answer.get("heads", {}), sheet)
    if "rows" not in answer:
        answer = _ask(path, name)
    rows = tuple(_sheet_rows(answer["rows"]))
    if len(rows) > MAX_ROWS + HEADER_WITHIN:
        _refuse(path, f"The list has more than {MAX_ROWS:,} rows.", "Keep only the ranked rows.")
    several = len(names) > 1
    notes = (f"Read from the sheet “{name}”.",) if several else ()
    shown = f"{path.name}, sheet {name}" if several else path.name
    return Sheet(source_name=shown, folder=path.parent, rows=rows, notes=notes)


def _ask(path: Path, *sheet: str) -> dict[str, Any]:
    """Have a process of its own read the file: see ``calamine_child``. Raises ListError."""
    spec = importlib.util.find_spec("python_calamine")
    packages = Path(spec.origin).parent.parent if spec is not None and spec.origin is not None else Path()
    words = [sys.executable, "-I", "-S", calamine_child.__file__, str(packages), str(path.absolute()), *sheet]
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603  # our own words
    except subprocess.TimeoutExpired:
        _refuse(path, f"The workbook could not be read within {_PATIENCE:.0f} seconds.", _ANEW)
    if done.returncode:
        what = "The workbook cannot be read: it is damaged, or a cell stands very far away from the list."
        _refuse(path, what, _ANEW)
    answer: dict[str, Any] = marshal.loads(done.stdout)  # noqa: S302  # written by our own process
    if "locked" in answer:
        _refuse(path, "The workbook is locked with a password.", "Save a copy without one, or save it as CSV UTF-8.")
    if "error" in answer:
        _refuse(path, f"The workbook cannot be read ({answer['error']}).", _ANEW)
    return answer


def _chosen(path: Path, names: Sequence[str], heads: Mapping[str, Numbered], wanted: str | None) -> str:
    listed = ", ".join(f"“{name}”" for name in names)
    if wanted is not None:
        found = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
        if not found:
            _refuse(path, f"There is no sheet “{wanted}”.", f"The workbook has {listed}.")
        return found[0]
    if not names:
        _refuse(path, "The workbook has no sheets.", _ANEW)
    if len(names) == 1:
        return names[0]
    lists = [name for name in names if _worth(_sheet_rows(heads.get(name, ()))) >= _FEWEST_HEADINGS]
    if len(lists) != 1:
        what = f"The workbook has {len(names)} sheets: {listed}."
        _refuse(path, what, f'Say which one holds the list: --sheet "{(lists or names)[0]}"')
    return lists[0]


def _worth(rows: Iterable[SheetRow]) -> int:
    return max((recognised(row.cells) for row in rows), default=0)


def _sheet_rows(rows: Iterable[tuple[int, Sequence[object]]]) -> Iterable[SheetRow]:
    """Keep the row numbers that the spreadsheet program shows."""
    for number, values in rows:
        cells = [value if type(value) is str else spelled(_moment(value)) for value in values]
        if not is_blank(cells):
            yield SheetRow(number, tuple(cells))


def _moment(value: Any) -> object:
    """What ``calamine_child.plain`` has taken apart."""
    match value:
        case ("datetime", *parts):
            return datetime(*parts)  # noqa: DTZ001  # cells have no zone
        case ("date", *parts):
            return date(*parts)
        case ("time", *parts):
            return time(*parts)
        case ("text", text):
            return str(text)
        case _:
            return value


def _refuse(path: Path, what: str, remedy: str) -> NoReturn:
    raise ListError(Problem(what=what, where=str(path.name), remedy=remedy))
