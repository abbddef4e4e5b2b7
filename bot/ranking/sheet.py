"""What every source of a list gives: rows of cells with their positions. A CSV file is one way to get them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bot.consent import Consent

MAX_ROWS = 100_000
MAX_CELL = 2_000
MAX_COLUMNS = 500


class SheetRow(NamedTuple):
    """One row that is not blank; ``number`` is what a spreadsheet shows beside it, counted from 1."""

    number: int
    cells: tuple[str, ...]

    def cell(self, index: int) -> str:
        """Give the cell at an index; a row may be shorter than its heading."""
        return self.cells[index] if index < len(self.cells) else ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A source as read: its rows, and notes on how it was read. Photos are looked for below ``folder``."""

    source_name: str
    folder: Path
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...] = ()

    def where(self, row: int, heading: str = "") -> str:
        """Name a place as a coordinator would look for it."""
        column = f", column {heading}" if heading else ""
        return f"{self.source_name}, row {row}{column}"


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One row of the list, every cell understood. Handles are without ``@``; ``photo`` is relative to the list."""

    row: int
    source_id: str | None = None
    rank: int
    tied: bool = False
    name: str
    organisation: str
    count: int | None = None
    handle: str | None = None
    organisation_handle: str | None = None
    photo: str | None = None
    alt_text: str | None = None
    pronouns: str | None = None
    consent: Consent | None = None


@dataclass(frozen=True, kw_only=True)
class LoadedList:
    """A whole list without a mistake, in the order of the file, and notes on what was understood.

    ``asks_consent``: it has a column that says what people have agreed to.
    """

    rows: tuple[ListRow, ...]
    notes: tuple[str, ...]
    source_name: str
    folder: Path
    asks_consent: bool = False


def is_blank(cells: tuple[str, ...] | list[str]) -> bool:
    """Tell whether no cell holds anything but white space."""
    return not any(cell and not cell.isspace() for cell in cells)
