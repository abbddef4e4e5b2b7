"""A program of its own that reads one workbook: a broken one may end it, and never the process that asked.

Calamine 0.37 ends in a panic on some damaged .xls files, and asks for as many cells as lie between the first and the
farthest one: a stray cell in the last corner of a sheet wants 550 GB, and the system ends whoever asks for that.

``python -I -S calamine_child.py PACKAGES PATH [SHEET]`` writes an answer to stdout with marshal, which knows plain
values only. It imports nothing of campaign-bot, so it starts fast. ``PACKAGES`` is the folder that calamine lies in.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

MAX_MEMORY = 3 * 1024**3
"""Bytes of address space, where the system can keep a process to that (not on Windows and macOS)."""
MAX_COLUMNS = 500
MAX_CELL = 100_000
"""Characters of a cell that are handed on: a list has none of so many, and a bomb has very many."""
HEADS = 20
"""Rows of each sheet that are looked through for headings, when there are several sheets."""
_NUMBERS = {float, int, bool}

Cells = list[Any]
Numbered = list[tuple[int, Cells]]


def plain(value: object) -> object:
    """A value as marshal knows it; moments become a tuple of their kind and their parts."""
    match value:
        case str():
            return value[:MAX_CELL]
        case datetime():
            return ("datetime", value.year, value.month, value.day, value.hour, value.minute, value.second)
        case date():
            return ("date", value.year, value.month, value.day)
        case time():
            return ("time", value.hour, value.minute, value.second)
        case timedelta():
            return ("text", str(value))
        case None | float() | int():
            return value
        case _:
            return ("text", str(value))


def numbered(rows: Iterable[Sequence[object]]) -> Numbered:
    """Rows that hold anything, with the numbers that the spreadsheet program shows."""
    found: Numbered = []
    for number, values in enumerate(rows, start=1):
        if any(value is not None and value != "" for value in values):
            found.append((number, [cell if type(cell) in _NUMBERS else plain(cell) for cell in values[:MAX_COLUMNS]]))
    return found


def read(path: str, sheet: str | None) -> dict[str, Any]:
    """The names of the sheets, and the rows of the one that is asked for, or of the only one, or the heads of all."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            wanted = sheet if sheet is not None else names[0] if len(names) == 1 else None
            if wanted is not None:
                return {"names": names, "rows": numbered(_values(book, wanted))}
            return {"names": names, "heads": {name: numbered(_values(book, name, HEADS)) for name in names}}
    except PasswordError:
        return {"locked": True}
    except (CalamineError, OSError) as error:
        words = (str(error) or type(error).__name__).splitlines()[0][:200]
        return {"error": "it is no spreadsheet" if words == "Cannot detect file format" else words}


def _values(book: Any, name: str, most: int | None = None) -> list[list[object]]:
    rows: list[list[object]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
    return rows


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):  # a system that has no such limit, or a lower one
        return


def main() -> None:
    """One answer on stdout."""
    packages, path, *sheet = sys.argv[1:]
    sys.path.append(packages)
    _limit_memory()
    answer = read(path, sheet[0] if sheet else None)
    sys.stdout.buffer.write(marshal.dumps(answer))


if __name__ == "__main__":
    main()
