"""What the rows of one list must agree on: ids, people, handles, the spelling of organisations. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice

from bot.errors import Problem
from bot.ranking.columns import Field
from bot.ranking.names import fold, fold_organisation, look_alike
from bot.ranking.sheet import ListRow

# Names are sorted and each is compared with this many that follow, so that the work stays linear.
_NEIGHBOURS = 8
_MOST_COMPARISONS = 50_000
_SHOWN = 10

Where = Callable[[int, Field], str]


def disagreements(rows: Sequence[ListRow], where: Where) -> list[Problem]:
    """Find every row that contradicts an earlier one."""
    return [
        *_missing_ids(rows, where),
        *_doubled_ids(rows, where),
        *_doubled_people(rows, where),
        *_doubled_handles(rows, where),
        *_organisation_handles(rows, where),
    ]


def first_spellings(rows: Iterable[ListRow]) -> dict[str, str]:
    """Give each organisation's first spelling, by its folded name."""
    spellings: dict[str, str] = {}
    for row in rows:
        spellings.setdefault(fold_organisation(row.organisation), row.organisation)
    return spellings


def remarks(rows: Sequence[ListRow]) -> Iterable[str]:
    """Yield notes on what is allowed, but may be a slip; long lists are cut."""
    for found in (_spellings(rows), _look_alikes(rows), _namesakes(rows), _surname_first(rows)):
        notes = list(found)
        yield from notes[:_SHOWN]
        if len(notes) > _SHOWN:
            yield f"… and {len(notes) - _SHOWN} more of this kind."


def _repeats(rows: Iterable[ListRow], key: Callable[[ListRow], Hashable | None]) -> Iterable[tuple[ListRow, ListRow]]:
    """Yield (first row, later row) for every key that comes again; a row whose key is None does not take part."""
    first: dict[Hashable, ListRow] = {}
    for row in rows:
        value = key(row)
        if value is not None and (earlier := first.setdefault(value, row)) is not row:
            yield earlier, row


def _missing_ids(rows: Sequence[ListRow], where: Where) -> Iterable[Problem]:
    if any(row.source_id for row in rows):
        for row in rows:
            if not row.source_id:
                remedy = (
                    "Fill it in; or take the whole column away, and people are told apart by name and organisation."
                )
                yield Problem(what="The id is empty.", where=where(row.row, Field.ID), remedy=remedy)


def _doubled_ids(rows: Sequence[ListRow], where: Where) -> Iterable[Problem]:
    for first, row in _repeats(rows, lambda row: fold(row.source_id) or row.source_id if row.source_id else None):
        what = f"The id {row.source_id} stands in row {first.row} too."
        yield Problem(what=what, where=where(row.row, Field.ID), remedy="Give each person an id of their own.")


def _person(row: ListRow) -> tuple[str, str]:
    return fold(row.name), fold_organisation(row.organisation)


def _doubled_people(rows: Sequence[ListRow], where: Where) -> Iterable[Problem]:
    for first, row in _repeats(rows, _person):
        if not row.source_id or not first.source_id:
            what = f"{row.name} of {row.organisation} stands in row {first.row} too."
            remedy = "Delete one of the rows; if they are two people, give each an id in a column “id”."
            yield Problem(what=what, where=where(row.row, Field.NAME), remedy=remedy)


def _doubled_handles(rows: Sequence[ListRow], where: Where) -> Iterable[Problem]:
    for first, row in _repeats(rows, lambda row: row.handle.casefold() if row.handle else None):
        what = f"The handle @{row.handle} stands in row {first.row} too, for {first.name}."
        remedy = "Correct one of them, or leave it empty."
        yield Problem(what=what, where=where(row.row, Field.HANDLE), remedy=remedy)


def _organisation_handles(rows: Sequence[ListRow], where: Where) -> Iterable[Problem]:
    with_handle = [row for row in rows if row.organisation_handle]
    for first, row in _repeats(with_handle, lambda row: fold_organisation(row.organisation)):
        if (first.organisation_handle or "").casefold() != (row.organisation_handle or "").casefold():
            what = f"{row.organisation} has the handle @{first.organisation_handle} in row {first.row}, but not here."
            remedy = f"Write the same handle in both rows, not @{row.organisation_handle} in one."
            yield Problem(what=what, where=where(row.row, Field.ORGANISATION_HANDLE), remedy=remedy)


def _spellings(rows: Sequence[ListRow]) -> Iterable[str]:
    first = first_spellings(rows)
    seen: set[str] = set()
    for row in rows:
        spelling = first[fold_organisation(row.organisation)]
        if row.organisation != spelling and row.organisation not in seen:
            seen.add(row.organisation)
            yield f"“{row.organisation}” (row {row.row}) is taken for “{spelling}” and spelled so."


def _look_alikes(rows: Sequence[ListRow]) -> Iterable[str]:
    spelled = first_spellings(rows)
    pairs: set[tuple[str, str]] = set()
    for one, other in islice(_neighbours(list(spelled)), _MOST_COMPARISONS):
        if look_alike(one, other):
            pairs.add((min(one, other), max(one, other)))
    for one, other in sorted(pairs):
        yield f"Two organisations look alike: “{spelled[one]}” and “{spelled[other]}”. Each gets its own post."


def _neighbours(names: list[str]) -> Iterable[tuple[str, str]]:
    """Pair names that begin alike, and names that end alike."""
    for order in (sorted(names), sorted(names, key=lambda name: name[::-1])):
        for index, one in enumerate(order):
            for other in order[index + 1 : index + 1 + _NEIGHBOURS]:
                yield one, other


def _namesakes(rows: Sequence[ListRow]) -> Iterable[str]:
    groups: dict[str, list[ListRow]] = defaultdict(list)
    for row in rows:
        groups[fold(row.name)].append(row)
    for group in groups.values():
        if len(group) > 1:
            numbers = ", ".join(str(row.row) for row in group[:6])
            yield f"{len(group)} people are called {group[0].name} (rows {numbers})."


def _surname_first(rows: Sequence[ListRow]) -> Iterable[str]:
    for row in rows:
        if "," in row.name:
            yield f"“{row.name}” (row {row.row}) has a comma in it; posts spell names exactly as they stand here."
