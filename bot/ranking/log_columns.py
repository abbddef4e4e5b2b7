"""Which column of a usage log means what, and which say who is left out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ListError, Problem, UsageError
from bot.ranking.columns import plain

HEADINGS_WITHIN = 20


class Role(StrEnum):
    """What a column of a usage log can be."""

    ID = "id"
    NAME = "name"
    ORGANISATION = "organisation"
    TIME = "time"


_ORGANISATIONS = ("organisation", "organization", "org", "employer", "council", "company", "provider", "customer")
_PEOPLE = ("worker", "care worker", "staff", "employee", "person", "user", "carer")
_HEADINGS: Mapping[Role, frozenset[str]] = {
    Role.ID: frozenset({"id", "uid", *(f"{one} {end}" for one in _PEOPLE for end in ("id", "number", "no"))}),
    Role.NAME: frozenset({"name", "full name", *_PEOPLE[:2], "carer", *(f"{one} name" for one in _PEOPLE)}),
    Role.ORGANISATION: frozenset({*_ORGANISATIONS, *(f"{one} name" for one in _ORGANISATIONS)}),
    Role.TIME: frozenset(
        {"time", "timestamp", "date", "datetime", "date time", "date and time", "when", "ts", "at", "day"}
        | {
            f"{what} {end}"
            for what in ("used", "created", "started", "logged", "event")
            for end in ("at", "on", "time")
        }
    ),
}
# An account's own word in such a column ("staff" under "staff") says yes as well.
LEAVE_OUT = frozenset(
    {"leave out", "left out", "exclude", "excluded", "staff", "is staff", "internal", "is internal", "test", "is test"}
    | {"test account", "is test account", "test user", "is test user", "demo", "is demo", "opted out", "opt out"}
    | {"optout", "has opted out", "do not name", "deleted", "withdrawn"}
)
_YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "x", "✓", "✔"})
_NO = frozenset({"", "no", "n", "false", "f", "0", "0.0", "-", "–"})
_ANYTHING = "*"


@dataclass(frozen=True, kw_only=True)
class LeaveOut:
    """A column that says who is left out: by yes and no, or by ``value``, where ``*`` is anything but nothing."""

    heading: str
    value: str | None = None

    def leaves_out(self, cell: str) -> bool | None:
        """Decide by one cell; None when it is neither yes nor no."""
        text = cell.strip().casefold()
        if self.value == _ANYTHING:
            return text not in _NO
        if self.value is not None:
            return text == self.value.strip().casefold()
        if text in _YES or (text and text in {plain(self.heading), plain(self.heading).removeprefix("is ")}):
            return True
        return False if text in _NO else None


@dataclass(frozen=True, kw_only=True)
class LogColumns:
    """Where everything stands: indices into the headings, which are spelled as in the source."""

    headings: tuple[str, ...]
    indices: Mapping[Role, int]
    marks: tuple[tuple[int, LeaveOut], ...]

    @property
    def needed(self) -> tuple[int, ...]:
        """Id, name, organisation, then the columns that say who is left out; the time stands apart."""
        return (*(self.indices[role] for role in Role if role is not Role.TIME), *(index for index, _ in self.marks))

    def notes(self) -> list[str]:
        """Say what was understood otherwise than it is spelled, who is left out by what, and what is not used."""
        renamed = [f"{self.headings[at]} -> {role}" for role, at in self.indices.items() if self._spelled(at) != role]
        notes = [f"Columns understood: {', '.join(renamed)}"] if renamed else []
        for _, mark in self.marks:
            which = "says yes" if mark.value is None else f"is {mark.value}" if mark.value != _ANYTHING else "is filled"
            notes.append(f"Left out: everybody whose column “{mark.heading}” {which}, even once.")
        used = {*self.needed, self.indices[Role.TIME]}
        unused = [heading for at, heading in enumerate(self.headings) if at not in used and heading.strip()]
        return [*notes, f"Not used: {', '.join(f'“{heading[:60]}”' for heading in unused)}"] if unused else notes

    def _spelled(self, index: int) -> str:
        return self.headings[index].casefold()


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the person said about columns: role -> heading, and columns that say who is left out."""

    columns: Mapping[Role, str]
    leave_out: tuple[LeaveOut, ...] = ()


def understood(headings: Sequence[str]) -> int:
    """Count the different roles that a row of headings would fill."""
    return sum(any(plain(heading) in known for heading in headings[:500]) for known in _HEADINGS.values())


def find_columns(headings: Sequence[str], wishes: Wishes, source: str) -> LogColumns:
    """Match headings with roles. Raises ListError when one is missing or doubtful, UsageError for a wish in vain."""
    tidy = tuple(" ".join(heading.split()) for heading in headings)
    problems: list[Problem] = []
    indices: dict[Role, int] = {}
    for role in Role:
        wanted = wishes.columns.get(role)
        found = (
            [_wished(tidy, wanted)] if wanted else [at for at, one in enumerate(tidy) if plain(one) in _HEADINGS[role]]
        )
        if len(found) == 1:
            indices[role] = found[0]
        else:
            problems.append(_doubtful(role, tidy, found, source))
    if problems:
        raise ListError(*problems)
    wished = [(_wished(tidy, mark.heading), mark) for mark in wishes.leave_out]
    taken = {at for at, _ in wished} | set(indices.values())
    known = [(at, LeaveOut(heading=one)) for at, one in enumerate(tidy) if plain(one) in LEAVE_OUT and at not in taken]
    return LogColumns(headings=tidy, indices=indices, marks=(*wished, *known))


def _wished(headings: Sequence[str], wanted: str) -> int:
    found = [at for at, heading in enumerate(headings) if plain(heading) == plain(wanted)]
    exact = [at for at in found if headings[at] == wanted]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    near = difflib.get_close_matches(wanted, headings, n=1, cutoff=0.6)
    remedy = f"Is it “{near[0]}”?" if near and not found else f"The columns are {_listed(headings)}."
    what = f"There is no column “{wanted}”." if not found else f"There is more than one column “{wanted}”."
    raise UsageError(Problem(what=what, remedy=remedy))


def _doubtful(role: Role, headings: Sequence[str], found: Sequence[int], source: str) -> Problem:
    if found:
        what = f"The columns {_listed([headings[at] for at in found])} may all be the {role}."
        remedy = f"Say which one: --column {role}={_quoted(headings[found[0]])}"
    else:
        what = f"No column for the {role} was found. The headings are {_listed(headings)}."
        near = [
            one for one in headings if difflib.get_close_matches(plain(one), sorted(_HEADINGS[role]), n=1, cutoff=0.75)
        ]
        remedy = f"Say which one it is: --column {role}={_quoted(near[0] if near else '…')}"
    return Problem(what=what, where=source, remedy=remedy)


def _listed(headings: Sequence[str]) -> str:
    shown = ", ".join(f"“{heading[:60]}”" for heading in headings[:20] if heading)
    return shown or "all empty"


def _quoted(text: str) -> str:
    return f'"{text}"' if re.search(r"[^\w…-]", text) else text
