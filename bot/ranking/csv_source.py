"""A CSV file as offices really save it -> a sheet. Reads only; the file is never changed."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NoReturn

from bot.errors import ListError, Problem
from bot.ranking.columns import HEADER_WITHIN, recognised
from bot.ranking.sheet import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Sheet, SheetRow, is_blank

MAX_BYTES = 20 * 1024 * 1024
SAVE_AS_UTF8 = "In the spreadsheet program choose Save as, “CSV UTF-8 (comma delimited)”, and load that file."

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(?P<delimiter>[^\r\n])\"?[,;\t| ]*(?:\r\n|\r|\n|$)", re.IGNORECASE)
# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "This is a workbook (such as .xlsx or .ods), not a CSV file."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook (.xls), not a CSV file."),
    (b"\x1f\x8b", "This is a packed file (.gz), not a CSV file."),
    (b"%PDF", "This is a PDF file, not a CSV file."),
    (b"{\\rtf", "This is a text document (RTF), not a CSV file."),
)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SAMPLE = 4_000
# Stripped from the text before, so it cannot be in the file: a last row that must come out again as a row of its own.
_END = "\x00end"


def read_csv(path: Path) -> Sheet:
    """Read a CSV file. Raises ListError when it cannot be read as one."""
    return read_bytes(_content(path), name=path.name, folder=path.parent)


def read_bytes(data: bytes, *, name: str, folder: Path) -> Sheet:
    """Read what a CSV file holds, or what somebody pasted. Raises ListError when it cannot be read as CSV."""
    text, notes = _text(data, name)
    delimiter = None
    if found := _SEP_LINE.match(text):
        delimiter = found["delimiter"]
        text = text[found.end() :]
    if not text.strip():
        _refuse(name, "The file is empty.", "Save the list again, with its headings and rows.")
    named = delimiter is not None
    delimiter = delimiter or _delimiter(text)
    if named or delimiter != ",":
        notes.append(f"Cells are separated by {_DELIMITERS.get(delimiter, repr(delimiter))}.")
    rows = tuple(_rows(text, delimiter, name))
    _refuse_swallowed(rows, text, delimiter, name)
    return Sheet(source_name=name, folder=folder, rows=rows, notes=tuple(notes))


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise ListError(Problem(what=what, where=where, remedy=remedy))


def _content(path: Path) -> bytes:
    where = str(path)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            _refuse(where, "This is a folder, not a file.", "Name the list itself, for example top20.csv.")
        if not stat.S_ISREG(state.st_mode):
            _refuse(where, "This is not an ordinary file.", "Save the list as a CSV file and name that.")
        if state.st_size > MAX_BYTES:
            size = state.st_size / 1024 / 1024
            _refuse(where, f"The file is {size:.0f} MB; at most 20 MB are read.", "Keep only the ranked rows.")
        return path.read_bytes()
    except FileNotFoundError:
        _refuse(where, "There is no such file.", "Check the name and the folder.")
    except PermissionError:
        _refuse(where, "The file may not be read.", "Close it in other programs, or ask for access to it.")
    except (OSError, ValueError) as error:
        _refuse(where, f"The file could not be read ({error}).", "Copy it to this computer and try again.")


def _text(data: bytes, name: str) -> tuple[str, list[str]]:
    for magic, what in _OTHER_FILES:
        if data.startswith(magic):
            _refuse(name, what, SAVE_AS_UTF8)
    text, encoding = _decode(data, name)
    sample = text[:_SAMPLE]
    if re.match(r"\s*<(?:!doctype|html|table|\?xml)", sample, re.IGNORECASE):
        _refuse(name, "This is a web page or XML file, not a CSV file.", SAVE_AS_UTF8)
    if len(_CONTROL.findall(sample)) * 50 > len(sample):
        _refuse(name, "This is not a text file.", SAVE_AS_UTF8)
    notes = [] if encoding == "UTF-8" else [f"Read as {encoding}."]
    if "\x00" in text:
        text = text.replace("\x00", "")
        notes.append("Empty (NUL) characters were left out.")
    return text, notes


def _decode(data: bytes, name: str) -> tuple[str, str]:
    attempts = [(codec, label) for mark, codec, label in _MARKS if data.startswith(mark)][:1]
    if not attempts:
        attempts = [*_utf16_without_mark(data), ("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252")]
    for codec, label in attempts:
        try:
            return data.decode(codec), label
        except UnicodeDecodeError:
            continue
    return _refuse(name, f"The file could not be read as {attempts[-1][1]} text.", SAVE_AS_UTF8)


def _utf16_without_mark(data: bytes) -> list[tuple[str, str]]:
    """Every second byte of Latin text in UTF-16 is NUL; in no other encoding is that so."""
    sample = data[:400]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if len(data) % 2 == 0 and zeros.count(0) * 10 > len(zeros) * 8 and sample.count(0) * 10 < len(sample) * 6:
            return [(codec, "UTF-16")]
    return []


def _reader(text: str, delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=strict)


def _delimiter(text: str) -> str:
    """Choose the character that splits one of the first rows into the most known headings, else the commonest."""
    return max(_DELIMITERS, key=lambda delimiter: (_best_header(text, delimiter), text[:_SAMPLE].count(delimiter)))


def _best_header(text: str, delimiter: str) -> int:
    best = 0
    try:
        for cells in islice(_reader(text, delimiter), HEADER_WITHIN):
            best = max(best, recognised(cells[:MAX_COLUMNS]))
    except csv.Error:
        # A cell beyond the csv module's own limit; the full reading will name its row.
        return best
    return best


def _rows(text: str, delimiter: str, name: str) -> Iterator[SheetRow]:
    ending = "" if text.endswith(("\n", "\r")) else "\n"
    number = filled = 0
    try:
        for number, cells in enumerate(_reader(f"{text}{ending}{_END}", delimiter), start=1):
            if cells == [_END]:
                return
            if len(cells) > MAX_COLUMNS:
                what = f"The row has {len(cells):,} cells; at most {MAX_COLUMNS} are read."
                _refuse(f"{name}, row {number}", what, "Delete the columns that are not needed.")
            if is_blank(cells):
                continue
            if cells[-1].endswith(_END):
                break
            filled += 1
            if filled > MAX_ROWS + HEADER_WITHIN:
                _refuse(name, f"The list has more than {MAX_ROWS:,} rows.", "Keep only the ranked rows.")
            yield SheetRow(number, tuple(cells))
    except csv.Error:
        number += 1
        if '"' not in text:
            what = f"A cell holds more than {csv.field_size_limit():,} characters."
            _refuse(f"{name}, row {number}", what, "Shorten it, or is this another kind of file?")
    _refuse_open_quote(name, number)


def _refuse_open_quote(name: str, number: int) -> NoReturn:
    what = 'A quotation mark (") opens a cell and is never closed, so the rows after it run together.'
    _refuse(f"{name}, row {number}", what, "Delete the quotation mark, or close the cell with a second one.")


def _refuse_swallowed(rows: tuple[SheetRow, ...], text: str, delimiter: str, name: str) -> None:
    """Refuse a cell that took in whole rows, because its quotation mark was closed by one further down."""
    width = max((len(row.cells) for row in rows[:HEADER_WITHIN]), default=0)
    suspects = [(row.number, len(cell)) for row in rows for cell in row.cells if _holds_a_row(cell, delimiter, width)]
    certain = next((number for number, length in suspects if length > MAX_CELL), None)
    if certain is None and suspects and not _is_strict(text, delimiter):
        certain = suspects[0][0]
    if certain is not None:
        _refuse_open_quote(name, certain)


def _holds_a_row(cell: str, delimiter: str, width: int) -> bool:
    if "\n" not in cell and "\r" not in cell:
        return False
    return any(line.count(delimiter) >= max(width - 2, 1) for line in cell.splitlines())


def _is_strict(text: str, delimiter: str) -> bool:
    """Tell whether every quotation mark stands where it should."""
    try:
        for _ in _reader(text, delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True
