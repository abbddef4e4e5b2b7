"""Workbooks (xlsx, xlsm, xlsb, xls, ods) -> a sheet, by python-calamine. Reads values, never formulas; changes nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bot.errors import ListError, Problem
from bot.ranking.columns import HEADER_WITHIN, recognised
from bot.ranking.sheet import MAX_COLUMNS, MAX_ROWS, Sheet, SheetRow, is_blank
from bot.ranking.values import spelled

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
MAX_BYTES = 50 * 1024 * 1024
_INSTALL = 'Install what reads it: pip install "campaign-bot[excel]"; or save the list as “CSV UTF-8”, and load that.'
_KINDS = {b"PK\x03\x04": "a workbook (such as .xlsx or .ods)", b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)"}
_FEWEST_HEADINGS = 2


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
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if (size := path.stat().st_size) > MAX_BYTES:
        _refuse(path, f"The file is {size / 1024 / 1024:.0f} MB; at most 50 MB are read.", "Keep only the ranked rows.")
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            name = _chosen(path, book, sheet)
            rows = _rows(book, name)
            several = len(book.sheet_names) > 1
    except PasswordError:
        _refuse(path, "The workbook is locked with a password.", "Save a copy without one, or save it as CSV UTF-8.")
    except (CalamineError, OSError) as error:
        what = f"The workbook cannot be read ({str(error).splitlines()[0][:200]})."
        _refuse(path, what, "Open it in the spreadsheet program, save it anew, and load that file.")
    if len(rows) > MAX_ROWS + HEADER_WITHIN:
        _refuse(path, f"The list has more than {MAX_ROWS:,} rows.", "Keep only the ranked rows.")
    notes = (f"Read from the sheet “{name}”.",) if several else ()
    shown = f"{path.name}, sheet {name}" if several else path.name
    return Sheet(source_name=shown, folder=path.parent, rows=rows, notes=notes)


def _chosen(path: Path, book: CalamineWorkbook, wanted: str | None) -> str:
    names = book.sheet_names
    listed = ", ".join(f"“{name}”" for name in names)
    if wanted is not None:
        found = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
        if not found:
            _refuse(path, f"There is no sheet “{wanted}”.", f"The workbook has {listed}.")
        return found[0]
    if len(names) == 1:
        return names[0]
    lists = [name for name in names if _worth(_first_rows(book, name)) >= _FEWEST_HEADINGS]
    if len(lists) != 1:
        what = f"The workbook has {len(names)} sheets: {listed}."
        _refuse(path, what, f'Say which one holds the list: --sheet "{(lists or names)[0]}"')
    return lists[0]


def _first_rows(book: CalamineWorkbook, name: str) -> Iterable[SheetRow]:
    return _sheet_rows(book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=HEADER_WITHIN))


def _worth(rows: Iterable[SheetRow]) -> int:
    return max((recognised(row.cells) for row in rows), default=0)


def _rows(book: CalamineWorkbook, name: str) -> tuple[SheetRow, ...]:
    return tuple(_sheet_rows(book.get_sheet_by_name(name).to_python(skip_empty_area=False)))


def _sheet_rows(rows: Iterable[Sequence[object]]) -> Iterable[SheetRow]:
    """Keep the row numbers that the spreadsheet program shows."""
    for number, values in enumerate(rows, start=1):
        cells = [value if type(value) is str else spelled(value) for value in values[:MAX_COLUMNS]]
        if not is_blank(cells):
            yield SheetRow(number, tuple(cells))


def _refuse(path: Path, what: str, remedy: str) -> NoReturn:
    raise ListError(Problem(what=what, where=str(path.name), remedy=remedy))
