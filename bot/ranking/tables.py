"""Lists and differences as rows and lines of text, for whoever prints them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Ranking, Worker
from bot.ranking.changes import Change, ChangeKind, rank_label
from bot.ranking.sheet import ListRow, LoadedList

_MOST_NAMED = 8
HEADINGS = ("Rank", "Name", "Organisation", "Count", "Handle")


def describe(listing: LoadedList | Ranking) -> tuple[tuple[str, ...], ...]:
    """Give one row of texts for each person, under HEADINGS, in order of rank."""
    people: Sequence[ListRow | Worker] = listing.rows if isinstance(listing, LoadedList) else listing.workers
    return tuple(
        (
            rank_label(person.rank, tied=person.tied),
            person.name,
            person.organisation,
            "" if person.count is None else f"{person.count:,}",
            f"@{person.handle}" if person.handle else "",
        )
        for person in sorted(people, key=lambda person: person.rank)
    )


def describe_changes(changes: Iterable[Change]) -> tuple[str, ...]:
    """Give one line for each change: + somebody new, - somebody gone, ~ somebody changed."""
    return tuple(_line(change) for change in changes)


def describe_consent(ranking: Ranking) -> tuple[str, ...]:
    """One line: how many may be named, shown and tagged, and of whom nothing is recorded; none when nobody was asked."""
    known = [worker.consent for worker in ranking.workers if worker.consent]
    if not known:
        return ()
    named, shown, tagged = (sum(getattr(one, thing) for one in known) for thing in ("name", "photo", "tag"))
    silent = [rank_label(worker.rank, tied=worker.tied) for worker in ranking.workers if worker.consent is None]
    more = f" and {len(silent) - _MOST_NAMED} more" if len(silent) > _MOST_NAMED else ""
    rest = f"; nothing is recorded of {', '.join(silent[:_MOST_NAMED])}{more}" if silent else ""
    return (f"Consent: {named} may be named, {shown} shown, {tagged} tagged{rest}.",)


def _line(change: Change) -> str:
    before, after = change.before or "nothing", change.after or "nothing"
    match change.kind:
        case ChangeKind.ADDED:
            return f"+ {change.name}"
        case ChangeKind.REMOVED:
            return f"- {change.name}"
        case ChangeKind.RENAMED:
            return f"~ {after}: was {before} (the same person)"
        case _:
            return f"~ {change.name}: {change.field.replace('_', ' ')} {before} -> {after}"
