"""A counted log -> the people at the top, and everything a person should know before the list is used. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from bot.errors import ListError, Problem
from bot.ranking.exclusions import Exclusions
from bot.ranking.log_columns import LeaveOut
from bot.ranking.names import fold, fold_organisation
from bot.ranking.usage import Tally, UsageLog

_SHOWN = 10
_BAD_OF_HUNDRED = 1
_FEW = 10


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who counts. ``names`` and ``organisations`` are all spellings within the window, the latest last."""

    worker_id: str
    uses: int
    names: tuple[str, ...]
    organisations: tuple[str, ...]

    @property
    def name(self) -> str:
        """The latest spelling."""
        return self.names[-1] if self.names else ""

    @property
    def organisation(self) -> str:
        """The latest one."""
        return self.organisations[-1] if self.organisations else ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One row of the list."""

    rank: int
    tied: bool
    person: Person


@dataclass(frozen=True, kw_only=True)
class Standings:
    """The list, best first, and what to know about it. ``people`` and ``uses`` are those of everybody who counts."""

    places: tuple[Place, ...]
    people: int
    uses: int
    notes: tuple[str, ...]

    @property
    def listed_uses(self) -> int:
        """How often all people on the list used it together."""
        return sum(place.person.uses for place in self.places)

    def organisations(self) -> tuple[tuple[str, int, int], ...]:
        """Give name, people and uses of each organisation on the list, most uses first."""
        groups: dict[str, list[Person]] = defaultdict(list)
        for place in self.places:
            groups[fold_organisation(place.person.organisation)].append(place.person)
        sums = [(group[0].organisation, len(group), sum(one.uses for one in group)) for group in groups.values()]
        return tuple(sorted(sums, key=lambda one: (-one[2], one[0])))


def stand(
    log: UsageLog, *, top: int, marks: Sequence[LeaveOut], exclusions: Exclusions, accept_bad: bool = False
) -> Standings:
    """Rank everybody. Raises ListError when too many rows are bad, or nobody is left."""
    _refuse_too_many(log, accept_bad=accept_bad)
    out = _left_out(log, marks, exclusions)
    people = [person for person in _people(log.tallies) if person.worker_id not in out]
    if not people:
        _refuse_nobody(log)
    people.sort(key=lambda person: (-person.uses, fold(person.name), person.name, person.worker_id))
    cut = people[min(top, len(people)) - 1].uses
    listed = [person for person in people if person.uses >= cut]
    places = _places(listed)
    notes = (
        *_tied_at_the_cut(places, top),
        *_moved(listed, people),
        *_namesakes(listed, people),
        *_respelled(listed),
        *_incomplete(listed),
        *_out_notes(out, exclusions, log.tallies),
        *_bad_note(log),
    )
    return Standings(places=places, people=len(people), uses=sum(person.uses for person in people), notes=notes)


def over(number: int) -> str:
    """Spell a total for a post: 1,234 is "over 1,200", 1,200 is "1,200"."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    rounded = number // unit * unit
    return f"over {rounded:,}" if rounded < number else f"{number:,}"


def _refuse_too_many(log: UsageLog, *, accept_bad: bool) -> None:
    if accept_bad or log.bad <= _FEW or log.bad * 100 <= log.rows * _BAD_OF_HUNDRED:
        return
    what = f"{log.bad:,} of {log.rows:,} rows cannot be read: more than one in a hundred."
    remedy = "Mend the log; or, if it is right to leave those rows out, add --accept-bad."
    raise ListError(Problem(what=what, where=log.source_name, remedy=remedy), *log.problems)


def _refuse_nobody(log: UsageLog) -> NoReturn:
    """Rows that cannot be read are the likeliest reason, however few they are."""
    remedy = "Look at --since and --until, and at the rows that are left out."
    what = "Nobody is left to rank."
    if log.bad:
        what = f"Nobody is left to rank: {log.bad:,} of {log.rows:,} rows cannot be read."
        remedy = "Mend these rows, or export the log again."
    raise ListError(Problem(what=what, where=log.source_name, remedy=remedy), *log.problems)


def _people(tallies: Iterable[Tally]) -> list[Person]:
    groups: dict[str, list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.uses:
            groups[tally.key.worker_id].append(tally)
    return [
        Person(
            worker_id=worker_id,
            uses=sum(tally.uses for tally in group),
            names=_by_time((tally.latest, tally.key.name) for tally in group),
            organisations=_by_time((tally.latest, tally.key.organisation) for tally in group),
        )
        for worker_id, group in groups.items()
    ]


def _by_time(spellings: Iterable[tuple[datetime | None, str]]) -> tuple[str, ...]:
    """Give every spelling once, in the order of its last use; at the same moment the order of letters decides."""
    last: dict[str, datetime] = {}
    for when, text in spellings:
        if when and text:
            last[text] = max(when, last.get(text, when))
    return tuple(text for _, text in sorted((when, text) for text, when in last.items()))


def _places(listed: Sequence[Person]) -> tuple[Place, ...]:
    sizes: dict[int, int] = defaultdict(int)
    for person in listed:
        sizes[person.uses] += 1
    rank, places = 1, []
    for number, person in enumerate(listed, start=1):
        if number > 1 and person.uses < listed[number - 2].uses:
            rank = number
        places.append(Place(rank=rank, tied=sizes[person.uses] > 1, person=person))
    return tuple(places)


def _left_out(log: UsageLog, marks: Sequence[LeaveOut], exclusions: Exclusions) -> dict[str, str]:
    """Give worker id -> why. One row that says so is enough, whenever it was written."""
    out: dict[str, str] = {}
    unclear: dict[tuple[str, str], str] = {}
    for tally in log.tallies:
        for mark, cell in zip(marks, tally.key.marks, strict=True):
            answer = mark.leaves_out(cell)
            if answer is None:
                unclear.setdefault((mark.heading, cell), tally.key.worker_id)
            elif answer:
                out.setdefault(tally.key.worker_id, f"column “{mark.heading}”")
        if reason := exclusions.reason_for(tally.key.worker_id, tally.key.name):
            out.setdefault(tally.key.worker_id, reason)
    if unclear:
        raise ListError(*(_unclear(log.source_name, *one) for one in list(unclear.items())[:_SHOWN]))
    return out


def _unclear(source: str, where: tuple[str, str], worker_id: str) -> Problem:
    heading, cell = where
    return Problem(
        what=f"“{cell[:60]}” is neither yes nor no (worker {worker_id}).",
        where=f"{source}, column {heading}",
        remedy=f'Say what leaves somebody out: --leave-out "{heading}={cell[:60]}", or "{heading}=*" for anything.',
    )


def _tied_at_the_cut(places: Sequence[Place], top: int) -> Iterable[str]:
    if len(places) > top:
        last = places[-1]
        tied = sum(place.rank == last.rank for place in places)
        yield (
            f"{tied} people share rank {last.rank} with {last.person.uses:,} uses each, so the list has "
            f"{len(places)} people instead of {top}. Nobody who is tied is cut off."
        )


def _moved(listed: Sequence[Person], people: Sequence[Person]) -> Iterable[str]:
    for person in _first(listed, _has_moved):
        before = ", ".join(person.organisations[:-1])
        yield f"{_who(person)} changed organisation: {before} -> {person.organisation}. The latest one is listed."
    others = sum(map(_has_moved, people)) - sum(map(_has_moved, listed))
    if others:
        yield f"{others:,} more who are not on the list changed organisation."


def _has_moved(person: Person) -> bool:
    return len(person.organisations) > 1 and len({fold_organisation(one) for one in person.organisations}) > 1


def _namesakes(listed: Sequence[Person], people: Sequence[Person]) -> Iterable[str]:
    on_list = {fold(person.name) for person in listed if person.name}
    groups: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if (name := fold(person.name)) in on_list:
            groups[name].append(person)
    for group in [group for group in groups.values() if len(group) > 1][:_SHOWN]:
        ids = ", ".join(person.worker_id for person in group[:_SHOWN])
        more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
        yield f"{len(group)} workers are called {group[0].name}: {ids}{more}. They are told apart by id."


def _respelled(listed: Sequence[Person]) -> Iterable[str]:
    for person in _first(listed, lambda one: len(one.names) > 1):
        yield f"{_who(person)} is also spelled {', '.join(person.names[:-1][:3])}. The latest spelling is listed."


def _incomplete(listed: Sequence[Person]) -> Iterable[str]:
    for person in _first(listed, lambda one: not one.name or not one.organisation):
        yield f"{person.worker_id} has no {'organisation' if person.name else 'name'}: fill it in before you load the list."


def _first(people: Iterable[Person], which: Callable[[Person], bool]) -> list[Person]:
    return [person for person in people if which(person)][:_SHOWN]


def _who(person: Person) -> str:
    return f"{person.name or '(no name)'} ({person.worker_id})"


def _out_notes(out: Mapping[str, str], exclusions: Exclusions, tallies: Iterable[Tally]) -> Iterable[str]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for worker_id, reason in out.items():
        by_reason[reason].append(worker_id)
    for reason, ids in sorted(by_reason.items()):
        more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
        who = "worker" if len(ids) == 1 else "workers"
        yield f"Left out, {reason}: {len(ids):,} {who} ({', '.join(sorted(ids)[:_SHOWN])}{more})."
    strangers = exclusions.strangers(tally.key for tally in tallies)
    if strangers:
        more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        yield f"In the exclusion list, but not in the log: {', '.join(strangers[:_SHOWN])}{more}. Is it spelled right?"


def _bad_note(log: UsageLog) -> Iterable[str]:
    if log.bad:
        yield f"{log.bad:,} of {log.rows:,} rows cannot be read and are not counted:"
        yield from (str(problem) for problem in log.problems)
