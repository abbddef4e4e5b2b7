"""Which column means what: headings are matched generously, and never silently."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from bot.errors import ListError, Problem
from bot.ranking.sheet import Sheet, SheetRow

HEADER_WITHIN = 20
_LONGEST_HEADING = 100


class Field(StrEnum):
    """What a column can mean; the value is the heading that the documentation uses."""

    ID = "id"
    RANK = "rank"
    NAME = "name"
    ORGANISATION = "organisation"
    COUNT = "count"
    HANDLE = "handle"
    ORGANISATION_HANDLE = "organisation handle"
    PHOTO = "photo"
    ALT_TEXT = "alt text"
    PRONOUNS = "pronouns"
    CONSENT = "consent"
    PHOTO_CONSENT = "photo consent"
    TAG_CONSENT = "tag consent"
    CONSENT_NETWORKS = "consent networks"
    CONSENT_DATE = "consent date"
    CONSENT_BY = "consent recorded by"
    CONSENT_HOW = "consent how"
    CONSENT_UNTIL = "consent until"


OF_CONSENT = frozenset(field for field in Field if "consent" in field)
NO_WISHES: Mapping[Field, str] = MappingProxyType({})
REQUIRED = (Field.RANK, Field.NAME, Field.ORGANISATION)

_ORGANISATION_WORDS = ("organisation", "organization", "org", "employer", "council", "company")
_HEADINGS: dict[Field, tuple[str, ...]] = {
    Field.ID: ("id", "worker id", "staff id", "care worker id", "employee id", "person id", "worker number"),
    Field.RANK: ("rank", "ranking", "position", "place", "#", "no", "pos"),
    Field.NAME: ("name", "full name", "worker", "care worker", "worker name", "care worker name", "person"),
    Field.ORGANISATION: (*_ORGANISATION_WORDS, *(f"{word} name" for word in _ORGANISATION_WORDS)),
    Field.COUNT: (
        *("count", "uses", "total", "score", "number of uses", "no of uses", "total uses", "usage", "times used"),
        *("nominations", "number of nominations", "no of nominations", "votes", "number of votes", "no of votes"),
    ),
    Field.HANDLE: ("handle", "x handle", "twitter", "twitter handle", "x twitter handle", "twitter x handle", "x"),
    Field.ORGANISATION_HANDLE: tuple(
        f"{word} {kind}"
        for word in _ORGANISATION_WORDS
        for kind in ("handle", "x handle", "twitter", "twitter handle", "x")
    ),
    Field.PHOTO: ("photo", "image", "picture", "photo file", "image file", "picture file"),
    Field.ALT_TEXT: ("alt text", "alt", "image description", "photo description", "picture description"),
    Field.PRONOUNS: ("pronouns", "pronoun"),
    Field.CONSENT: (
        *("consent", "consent given", "consented", "has consented", "consent to be named", "name consent"),
        *("agreed", "has agreed", "permission", "may be named", "consent to name", "consent name", "consent y n"),
    ),
    Field.PHOTO_CONSENT: tuple(
        form.format(word)
        for word in ("photo", "picture", "image", "photograph")
        for form in ("{} consent", "consent {}", "consent to {}", "consent for {}", "{} permission", "{} agreed")
    ),
    Field.TAG_CONSENT: (
        *("tag consent", "consent tag", "consent to tag", "consent for tag", "may be tagged", "consent to be tagged"),
        *("handle consent", "consent handle", "consent for handle", "tagging consent", "tag permission"),
    ),
    Field.CONSENT_NETWORKS: ("consent networks", "consent network", "networks", "consent channels", "channels"),
    Field.CONSENT_DATE: (
        *("consent date", "date of consent", "consent given on", "consent on", "consented on", "date consented"),
        *("consent recorded on", "date consent given", "consent recorded", "agreed on", "consent when"),
    ),
    Field.CONSENT_BY: ("consent recorded by", "recorded by", "consent by", "consent taken by", "consent noted by"),
    Field.CONSENT_HOW: (
        "consent how",
        "how",
        "how consent was given",
        "consent method",
        "consent form",
        "consent by what",
    ),
    Field.CONSENT_UNTIL: (
        *("consent until", "consent expires", "consent expiry", "consent expires on", "consent expiry date"),
        *("consent valid until", "consent ends", "expires", "expires on", "expiry date"),
    ),
}
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
_PARTS_OF_A_NAME = frozenset({"first name", "forename", "given name", "last name", "surname", "family name"})


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that is used; ``heading`` is spelled as in the source."""

    index: int
    field: Field
    heading: str


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the heading row is, and which columns of the source are used."""

    header: SheetRow
    columns: tuple[Column, ...]
    notes: tuple[str, ...]

    @cached_property
    def width(self) -> int:
        """The number of cells up to the last one with a heading."""
        return max(index for index, cell in enumerate(self.header.cells) if cell.strip()) + 1

    @cached_property
    def least(self) -> int:
        """The number of cells up to the last one that every row needs."""
        return max(column.index for column in self.columns if column.field in REQUIRED) + 1

    def heading(self, field: Field) -> str:
        """Give the heading in the source for a field, or the field's own name."""
        return next((column.heading for column in self.columns if column.field is field), str(field))


def letter(index: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    name = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def field_of(heading: str) -> Field | None:
    """Say what a heading means; None when it is not known."""
    for text in (heading, re.sub(r"\(.*?\)", " ", heading)):
        field = _FIELD_OF.get(plain(text))
        if field:
            return field
    return None


def recognised(cells: Iterable[str]) -> int:
    """Count the different meanings that a row of headings would give."""
    return len({field for cell in cells if len(cell) <= _LONGEST_HEADING and (field := field_of(cell))})


def understand(sheet: Sheet, wished: Mapping[Field, str] = NO_WISHES) -> Layout:
    """Find the heading row and the columns; ``wished`` gives the heading for a field, whatever else it would mean.

    Raises ListError with everything that is wrong with the headings.
    """
    if not sheet.rows:
        remedy = "Save the list again, with its headings and rows."
        raise ListError(Problem(what="The list is empty: every cell is blank.", where=sheet.source_name, remedy=remedy))
    early = [row for row in sheet.rows if row.number <= HEADER_WITHIN] or sheet.rows[:1]
    fields = {plain(heading): field for field, heading in wished.items()}
    header = max(early, key=lambda row: (sum(plain(cell) in fields for cell in row.cells), recognised(row.cells)))
    columns = tuple(
        Column(index=index, field=field, heading=_squeeze(cell))
        for index, cell in enumerate(header.cells)
        if (field := _meant(cell, fields))
    )
    problems = [
        *_unfound(sheet, header, wished),
        *_doubles(sheet, header, columns),
        *_missing(sheet, header, columns),
    ]
    if problems:
        raise ListError(*problems)
    return Layout(header=header, columns=columns, notes=tuple(_notes(sheet, header, columns)))


def _meant(heading: str, wished: Mapping[str, Field]) -> Field | None:
    """A field that was given a heading has no other one."""
    field = wished.get(plain(heading)) or field_of(heading)
    return None if field in wished.values() and plain(heading) not in wished else field


def _unfound(sheet: Sheet, header: SheetRow, wished: Mapping[Field, str]) -> list[Problem]:
    headings = {plain(cell): _squeeze(cell)[:60] for cell in header.cells if cell.strip()}
    problems = []
    for field, heading in wished.items():
        if plain(heading) not in headings:
            near = difflib.get_close_matches(plain(heading), headings, n=1, cutoff=0.6)
            shown = ", ".join(f"“{one}”" for one in list(headings.values())[:20])
            remedy = f"Is it “{headings[near[0]]}”?" if near else f"The headings are {shown}."
            what = f"There is no column “{heading}” for {field}."
            problems.append(Problem(what=what, where=sheet.where(header.number), remedy=remedy))
    return problems


def plain(heading: str) -> str:
    """Spell a heading without case, punctuation and double spaces."""
    return " ".join(re.sub(r"[^\w#]+|_", " ", heading).casefold().split())


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _doubles(sheet: Sheet, header: SheetRow, columns: Sequence[Column]) -> list[Problem]:
    first: dict[Field, Column] = {}
    problems = []
    for column in columns:
        other = first.setdefault(column.field, column)
        if other is not column:
            what = (
                f"Columns {letter(other.index)} “{other.heading}” and {letter(column.index)} “{column.heading}” "
                f"both mean {column.field}."
            )
            remedy = "Delete one of them, or give it another heading."
            problems.append(Problem(what=what, where=sheet.where(header.number), remedy=remedy))
    return problems


def _missing(sheet: Sheet, header: SheetRow, columns: Sequence[Column]) -> list[Problem]:
    present = {column.field for column in columns}
    missing = [field for field in REQUIRED if field not in present]
    if not missing:
        return []
    found = [_squeeze(cell)[:60] for cell in header.cells if cell.strip()]
    shown = ", ".join(f"“{cell}”" for cell in found[:20])
    if not present:
        what = f"No row of headings was found in the first {HEADER_WITHIN} rows. The first row holds {shown}."
    else:
        what = f"No column for {_joined(missing)} was found. The headings are {shown}."
    return [Problem(what=what, where=sheet.where(header.number), remedy=_remedy(missing, found))]


def _remedy(missing: Sequence[Field], found: Sequence[str]) -> str:
    unknown = {plain(cell): cell for cell in found if field_of(cell) is None}
    if Field.NAME in missing and _PARTS_OF_A_NAME & unknown.keys():
        return "Put first and last name together in one column with the heading “name”."
    for field in missing:
        near = [one for one in unknown if difflib.get_close_matches(one, _HEADINGS[field], n=1, cutoff=0.75)]
        if near:
            return f"Is “{unknown[near[0]]}” meant to be “{field}”? Then give it that heading."
    return (
        "The list needs one row of headings with at least “rank”, “name” and “organisation”. If it has them under "
        f'other headings, add for example --column {missing[0]}="{next(iter(unknown.values()), "…")}"'
    )


def _notes(sheet: Sheet, header: SheetRow, columns: Sequence[Column]) -> Iterable[str]:
    above = sum(row.number < header.number for row in sheet.rows)
    if above:
        yield f"The headings are in row {header.number}; what stands above them was left out."
    renamed = [column for column in columns if column.heading.casefold() != column.field]
    if renamed:
        yield "Columns understood: " + ", ".join(f"{column.heading} -> {column.field}" for column in renamed)
    used = {column.index for column in columns}
    counted = Field.COUNT in {column.field for column in columns}
    for index, cell in enumerate(header.cells):
        if index not in used and cell.strip():
            heading = _squeeze(cell)[:60]
            may_count = not counted and _holds_numbers(sheet, header, index)
            hint = f' If it is the count, add: --column count="{heading}"' if may_count else ""
            yield f"Column “{heading}” is not used.{hint}"


def _holds_numbers(sheet: Sheet, header: SheetRow, index: int) -> bool:
    """Whether every filled cell below the heading is a number."""
    cells = [row.cell(index).strip() for row in sheet.rows if row.number > header.number]
    filled = [re.sub(r"[,\s']", "", cell) for cell in cells if cell]
    return bool(filled) and all(cell.isdecimal() for cell in filled)


def _joined(fields: Sequence[Field]) -> str:
    return str(fields[0]) if len(fields) == 1 else f"{', '.join(fields[:-1])} and {fields[-1]}"
