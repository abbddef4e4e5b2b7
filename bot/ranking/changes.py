"""What a second load changes, person by person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.consent import Consent
from bot.model import Ranking, Worker
from bot.ranking.names import fold_organisation


class ChangeKind(StrEnum):
    """What happened to a person on the list."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED_ORGANISATION = "moved organisation"
    RANK_CHANGED = "rank changed"
    FIELD_CHANGED = "field changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change. ``name`` is the person's name now; ``field`` is a field of Worker; None means empty."""

    kind: ChangeKind
    worker_id: str
    name: str
    field: str
    before: str | None
    after: str | None


_PLAIN_FIELDS = ("count", "handle", "organisation_handle", "photo", "alt_text", "pronouns", "consent")


def ordinal(number: int) -> str:
    """Say 1st, 2nd, 3rd, 4th, 11th."""
    teens = range(11, 14)
    ending = "th" if number % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def rank_label(rank: int, *, tied: bool) -> str:
    """Say 2nd, or =2nd for a shared rank."""
    return f"{'=' if tied else ''}{ordinal(rank)}"


def differences(previous: Ranking, current: Ranking) -> tuple[Change, ...]:
    """Compare two rankings by worker id: those on the new list in its order, then those who left."""
    before = {worker.worker_id: worker for worker in previous.workers}
    changes: list[Change] = []
    for worker in current.workers:
        changes.extend(_of_person(before.pop(worker.worker_id, None), worker))
    changes.extend(_change(ChangeKind.REMOVED, worker, "name", worker.name, None) for worker in before.values())
    return tuple(changes)


def _of_person(old: Worker | None, new: Worker) -> Iterable[Change]:
    if old is None:
        yield _change(ChangeKind.ADDED, new, "name", None, new.name)
        return
    if old == new:
        return
    if old.name != new.name:
        yield _change(ChangeKind.RENAMED, new, "name", old.name, new.name)
    if old.organisation != new.organisation:
        same = fold_organisation(old.organisation) == fold_organisation(new.organisation)
        kind = ChangeKind.FIELD_CHANGED if same else ChangeKind.MOVED_ORGANISATION
        yield _change(kind, new, "organisation", old.organisation, new.organisation)
    labels = [rank_label(worker.rank, tied=worker.tied) for worker in (old, new)]
    if labels[0] != labels[1]:
        yield _change(ChangeKind.RANK_CHANGED, new, "rank", *labels)
    for field in _PLAIN_FIELDS:
        values = [_text(getattr(worker, field)) for worker in (old, new)]
        if values[0] != values[1]:
            yield _change(ChangeKind.FIELD_CHANGED, new, field, *values)


def _change(kind: ChangeKind, worker: Worker, field: str, before: str | None, after: str | None) -> Change:
    return Change(kind=kind, worker_id=worker.worker_id, name=worker.name, field=field, before=before, after=after)


def _text(value: str | int | Consent | None) -> str | None:
    if isinstance(value, Consent):
        return value.summary
    return None if value is None else str(value)
