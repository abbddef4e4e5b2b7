"""Putting a ranked list into the record: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.consent import Recorded, kept
from bot.core.desk import Desk
from bot.errors import Problem, UsageError
from bot.lifecycle import state_of
from bot.memory import without_collector
from bot.model import CampaignRecord, PostState, Ranking, SeriesKind
from bot.ranking import Change, LoadedList, Matched, differences, match
from bot.watchlist import Watchlist
from bot.wording import plural


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """The list as it stands now, what changed against the one before, and what a person should know.

    ``first`` is true when there was none before. ``signed`` are the codes of signed-off posts about what has changed:
    they stay as they were signed until the week is planned again. ``unnamed`` says who of the list is not to be named, and why.
    """

    ranking: Ranking
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    first: bool
    signed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()


@without_collector()
def load(desk: Desk, loaded: LoadedList, *, answers: Mapping[int, str | None], save: bool = True) -> LoadResult:
    """Save a list in the place of the one before, or without ``save`` only say what would happen.

    ``answers`` says of rows (by their number in the file) who they are: a known person's id, or None for somebody new.
    Raises ListQuestionError when a row may or may not be somebody known, ListError when the list contradicts itself.
    """
    refuse_forgotten(desk)
    known = desk.storage.campaigns.find(desk.campaign)
    previous = desk.storage.rankings.load(known.campaign_id) if known else Ranking()
    matched = match(previous, loaded.rows, answers)
    known_consents = desk.storage.rankings.recorded(known.campaign_id) if known else {}
    recorded = _recorded(matched.ranking, known_consents, asked=loaded.asks_consent)
    if recorded:
        ranking = with_consents(matched.ranking, recorded)
        matched = Matched(ranking=ranking, changes=differences(previous, ranking))
    ended = _save(desk, loaded, matched, recorded) if save else ()
    return LoadResult(
        ranking=matched.ranking,
        changes=() if not previous.workers else matched.changes,
        notes=loaded.notes,
        first=not previous.workers,
        signed=_signed(desk, known, previous, matched) if known else (),
        ended=ended,
        unnamed=_unnamed(desk, known, matched.ranking),
    )


def refuse_forgotten(desk: Desk) -> None:
    """Nothing comes into a campaign whose personal data were erased: it would all be posted again. Raises UsageError."""
    known = desk.storage.campaigns.find(desk.campaign)
    if known is not None and desk.storage.erasing.was_forgotten(known.campaign_id):
        what = f"The personal data of “{desk.campaign}” were erased; what it has posted is on record, and not by whose name."
        raise UsageError(
            Problem(what=what, remedy="Give the new campaign another name in config.toml, then load again.")
        )


def _unnamed(desk: Desk, known: CampaignRecord | None, ranking: Ranking) -> tuple[str, ...]:
    """A line for everybody of the list who has withdrawn or is on the stop list: their rows are loaded, and stay unnamed."""
    wishes = desk.storage.people.wishes(known.campaign_id if known else None)
    unnamed = Watchlist(ranking=ranking, wishes=wishes).unnamed
    return tuple(
        f"{worker.name} of {worker.organisation}, rank {worker.rank}, "
        + ("is on the stop list" if unnamed[worker.worker_id].entry else "has withdrawn")
        for worker in ranking.workers
        if worker.worker_id in unnamed
    )


def with_consents(ranking: Ranking, recorded: Mapping[str, Recorded]) -> Ranking:
    """The list with what is recorded of each person's consent."""
    found = {worker_id: one.consent for worker_id, one in recorded.items()}
    workers = tuple(
        worker
        if worker.consent == found.get(worker.worker_id)
        else replace(worker, consent=found.get(worker.worker_id))
        for worker in ranking.workers
    )
    return replace(ranking, workers=workers)


def _recorded(ranking: Ranking, known: Mapping[str, Recorded], *, asked: bool) -> dict[str, Recorded]:
    """What is recorded of each person now: what the list says, and what was recorded before."""
    found = ((one.worker_id, kept(known.get(one.worker_id), one.consent, asked=asked)) for one in ranking.workers)
    return {worker_id: recorded for worker_id, recorded in found if recorded is not None}


def _save(desk: Desk, loaded: LoadedList, matched: Matched, recorded: Mapping[str, Recorded]) -> tuple[str, ...]:
    """The list, and the end of every sign-off that its consents do not carry, in one transaction: the codes of these."""
    from bot.core.consenting import ends, uncovered

    record = desk.storage.campaigns.ensure(desk.campaign)
    entry = desk.entry(
        "load",
        detail=", ".join(
            (
                plural(len(matched.ranking.workers), "person", "people"),
                plural(len(matched.ranking.organisations), "organisation"),
                plural(len(matched.changes), "change"),
            )
        ),
        note=loaded.source_name,
    )
    posts = uncovered(desk, recorded, matched.ranking) if record.plan_code else ()
    return desk.storage.rankings.save(
        record.campaign_id,
        matched.ranking,
        folder=loaded.folder,
        now=desk.clock.now(),
        entry=entry,
        recorded=recorded,
        unsigned=ends(desk, posts),
    )


def _signed(desk: Desk, record: CampaignRecord, previous: Ranking, matched: Matched) -> tuple[str, ...]:
    """Signed-off posts about the people who changed or their organisations; the winner thread is about everybody."""
    people = {change.worker_id for change in matched.changes}
    subjects = people | {
        worker.organisation_id
        for ranking in (previous, matched.ranking)
        for worker in ranking.workers
        if worker.worker_id in people
    }
    return tuple(
        post.code
        for post in (desk.storage.plans.posts(record.campaign_id) if people else ())
        if state_of(post) is PostState.APPROVED and (post.key.subject_id in subjects or post.kind is SeriesKind.WINNER)
    )
