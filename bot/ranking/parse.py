"""A sheet -> a list without a mistake, or every mistake at once with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

from bot.consent import Consent
from bot.errors import ListError, Problem
from bot.ranking import cells, consent_cells, ties
from bot.ranking.agreement import disagreements, remarks
from bot.ranking.cells import CellError
from bot.ranking.columns import NO_WISHES, OF_CONSENT, Field, Layout, understand
from bot.ranking.sheet import MAX_ROWS, ListRow, LoadedList, Sheet, SheetRow, is_blank

_T = TypeVar("_T")

_ASKS_CONSENT = frozenset({Field.CONSENT, Field.PHOTO_CONSENT, Field.TAG_CONSENT})
_NEEDED_FOR_TIES = frozenset({Field.RANK, Field.COUNT})
_NOT_COMPARED = frozenset({Field.RANK, Field.COUNT, Field.PHOTO, Field.ALT_TEXT, Field.PRONOUNS}) | OF_CONSENT


@dataclass(frozen=True, kw_only=True)
class _Body:
    """The rows below the headings, where things stand, and the problems found so far."""

    sheet: Sheet
    layout: Layout
    rows: tuple[SheetRow, ...]
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def knows_consent(self) -> bool:
        """Whether any column is about consent: most lists of 30,000 rows have none."""
        return any(column.field in OF_CONSENT for column in self.layout.columns)

    @cached_property
    def days_come_first(self) -> bool:
        """Whether the dates of this list are 31/3/2026, not 3/31/2026."""
        of_days = [one.index for one in self.layout.columns if one.field in (Field.CONSENT_DATE, Field.CONSENT_UNTIL)]
        return consent_cells.proves_day_first(row.cell(index) for row in self.rows for index in of_days)

    def where(self, row: int, meaning: Field) -> str:
        return self.sheet.where(row, self.layout.heading(meaning))

    def report(self, row: int, meaning: Field, what: str, remedy: str) -> None:
        self.problems.append(Problem(what=what, where=self.where(row, meaning), remedy=remedy))


def read_rows(sheet: Sheet, wished: Mapping[Field, str] = NO_WISHES) -> LoadedList:
    """Understand a sheet, whatever it came from; ``wished`` gives headings for fields.

    Raises ListError with every problem, each with row and column.
    """
    layout = understand(sheet, wished)
    body = _Body(sheet=sheet, layout=layout, rows=_below(sheet, layout))
    read = [_row(body, row) for row in body.rows]
    rows = [row for row, _ in read]
    ranked = None
    # Ties are judged over whole lists only: a rank that could not be read may be the one that is missing.
    if not any(failed & _NEEDED_FOR_TIES for _, failed in read):
        ranked = ties.settle(rows, lambda row: body.where(row, Field.RANK))
        body.problems.extend(ranked.problems)
    body.problems.extend(disagreements([row for row, failed in read if failed <= _NOT_COMPARED], body.where))
    if ranked is None or body.problems:
        raise ListError(*body.problems)
    notes = (*sheet.notes, *layout.notes, *_left_out(body), *ranked.notes, *remarks(ranked.rows))
    asks = any(column.field in _ASKS_CONSENT for column in layout.columns)
    return LoadedList(
        rows=ranked.rows, notes=notes, source_name=sheet.source_name, folder=sheet.folder, asks_consent=asks
    )


def _below(sheet: Sheet, layout: Layout) -> tuple[SheetRow, ...]:
    rows = tuple(row for row in sheet.rows if row.number > layout.header.number)
    where = sheet.where(layout.header.number)
    if not rows:
        raise ListError(
            Problem(what="There are headings, but no rows below them.", where=where, remedy="Add the rows.")
        )
    if len(rows) > MAX_ROWS:
        what = f"The list has {len(rows):,} rows; at most {MAX_ROWS:,} are read."
        raise ListError(Problem(what=what, where=where, remedy="Keep only the ranked rows."))
    return rows


class _Cells:
    """The cells of one row by meaning; a cell that cannot be read is reported, remembered and replaced."""

    def __init__(self, body: _Body, row: SheetRow) -> None:
        self._body = body
        self._row = row
        self._values = {column.field: row.cell(column.index) for column in body.layout.columns}
        self.failed: set[Field] = set()

    def read(self, meaning: Field, parser: Callable[[str], _T], fallback: _T) -> _T:
        try:
            return parser(self._values.get(meaning, ""))
        except CellError as error:
            self._body.report(self._row.number, meaning, error.what, error.remedy)
            self.failed.add(meaning)
            return fallback

    def optional(self, meaning: Field, parser: Callable[[str], _T | None]) -> _T | None:
        return self.read(meaning, parser, None) if self._values.get(meaning) else None


def _row(body: _Body, row: SheetRow) -> tuple[ListRow, frozenset[Field]]:
    """Read one row, and say which of its cells could not be read."""
    if _misshapen(body, row):
        return ListRow(row=row.number, rank=1, name="", organisation=""), frozenset(Field)
    cell = _Cells(body, row)
    rank = cell.read(Field.RANK, cells.rank, cells.Rank(1, marked=False))
    read = ListRow(
        row=row.number,
        source_id=cell.optional(Field.ID, cells.source_id),
        rank=rank.number,
        tied=rank.marked,
        name=cell.read(Field.NAME, cells.person, ""),
        organisation=cell.read(Field.ORGANISATION, cells.organisation, ""),
        count=cell.optional(Field.COUNT, cells.count),
        handle=cell.optional(Field.HANDLE, cells.handle),
        organisation_handle=cell.optional(Field.ORGANISATION_HANDLE, cells.handle),
        photo=cell.optional(Field.PHOTO, partial(cells.photo, folder=body.sheet.folder)),
        alt_text=cell.optional(Field.ALT_TEXT, cells.alt_text),
        pronouns=cell.optional(Field.PRONOUNS, cells.pronouns),
        consent=_consent(body, row, cell) if body.knows_consent else None,
    )
    if read.photo and not read.alt_text and Field.ALT_TEXT not in cell.failed:
        what = f"The picture {read.photo} has no description."
        remedy = "Say in a column “alt text” what the picture shows, for people who cannot see it."
        body.report(row.number, Field.ALT_TEXT, what, remedy)
    return read, frozenset(cell.failed)


def _consent(body: _Body, row: SheetRow, cell: _Cells) -> Consent | None:
    told = consent_cells.Told(
        cover=cell.optional(Field.CONSENT, consent_cells.cover),
        photo=cell.optional(Field.PHOTO_CONSENT, consent_cells.yes_or_no),
        tag=cell.optional(Field.TAG_CONSENT, consent_cells.yes_or_no),
        networks=cell.optional(Field.CONSENT_NETWORKS, consent_cells.networks),
        recorded_by=cell.optional(Field.CONSENT_BY, consent_cells.words),
        recorded_on=cell.optional(Field.CONSENT_DATE, partial(consent_cells.day, day_first=body.days_come_first)),
        how=cell.optional(Field.CONSENT_HOW, consent_cells.words),
        until=cell.optional(Field.CONSENT_UNTIL, partial(consent_cells.day, day_first=body.days_come_first)),
    )
    for thing, meaning in (("photo", Field.PHOTO_CONSENT), ("tag", Field.TAG_CONSENT)):
        wrong = told.contradiction(thing)
        if wrong:
            body.report(row.number, meaning, wrong.what, wrong.remedy)
    return told.consent()


def _misshapen(body: _Body, row: SheetRow) -> bool:
    """Report a row with more cells than headings, or too short for a column that is needed."""
    width = body.layout.width
    beyond = row.cells[width:]
    if not is_blank(beyond):
        what = f"The row has {len(row.cells)} cells, but there are only {width} headings."
        remedy = (
            "Is there a comma too many? Put a text that holds one in quotation marks, or give the column a heading."
        )
    elif len(row.cells) < body.layout.least:
        what = f"The row has only {len(row.cells)} cells, but there are {width} headings."
        remedy = "Fill in what is missing, or delete the row if it is not part of the list."
    else:
        return False
    body.problems.append(Problem(what=what, where=body.sheet.where(row.number), remedy=remedy))
    return True


def _left_out(body: _Body) -> Iterable[str]:
    numbers = [body.layout.header.number, *(row.number for row in body.rows)]
    empty = numbers[-1] - numbers[0] - len(body.rows)
    if empty:
        yield f"{empty} empty {'row was' if empty == 1 else 'rows were'} left out."
    short = sum(len(row.cells) < body.layout.width for row in body.rows)
    if short:
        yield f"{short} {'row ends' if short == 1 else 'rows end'} early; the missing cells were read as empty."
    used: Mapping[int, Field] = {column.index: column.field for column in body.layout.columns}
    for index in _without_heading(body.layout.header, body.rows):
        if index not in used:
            yield f"A column without a heading (number {index + 1}) is not used."


def _without_heading(header: SheetRow, rows: Sequence[SheetRow]) -> Iterable[int]:
    for index, heading in enumerate(header.cells):
        if not heading.strip() and any(row.cell(index).strip() for row in rows):
            yield index
