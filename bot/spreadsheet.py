"""Cells for people who will open a CSV file in a spreadsheet: nothing in it is calculated, and nothing is lost.

A cell that a spreadsheet could take for a formula gets an apostrophe in front, and so does one that begins with
apostrophes and such a sign. Whoever reads it back takes exactly one away (``unguarded``). The signs are those of OWASP ASVS 1.2.10,
with their full-width forms: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_SIGNS = "=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
_CALCULATED = re.compile(f"'*[{_SIGNS}]")
_GUARDED = re.compile(f"'(?='*[{_SIGNS}])")


def guarded(cell: str) -> str:
    """Mark a text that a spreadsheet would calculate as a text."""
    return f"'{cell}" if _CALCULATED.match(cell) else cell


def unguarded(cell: str) -> str:
    """The text that ``guarded`` was given."""
    return _GUARDED.sub("", cell, count=1)


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> str:
    """A CSV file that spreadsheets understand (CRLF, RFC 4180); every text guarded, None an empty cell."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue()
