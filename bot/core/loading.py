"""Putting a ranked list into the record: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.desk import Desk
from bot.lifecycle import state_of
from bot.memory import without_collector
from bot.model import CampaignRecord, PostState, Ranking, SeriesKind
from bot.ranking import Change, LoadedList, Matched, match
from bot.wording import plural


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """The list as it stands now, what changed against the one before, and what a person should know.

    ``first`` is true when there was none before. ``signed`` are the codes of signed-off posts about what has changed:
    they stay as they were signed until the week is planned again.
    """

    ranking: Ranking
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    first: bool
    signed: tuple[str, ...] = ()


@without_collector()
def load(desk: Desk, loaded: LoadedList, *, answers: Mapping[int, str | None], save: bool = True) -> LoadResult:
    """Save a list in the place of the one before, or without ``save`` only say what would happen.

    ``answers`` says of rows (by their number in the file) who they are: a known person's id, or None for somebody new.
    Raises ListQuestionError when a row may or may not be somebody known, ListError when the list contradicts itself.
    """
    known = desk.storage.campaigns.find(desk.campaign)
    previous = desk.storage.rankings.load(known.campaign_id) if known else Ranking()
    matched = match(previous, loaded.rows, answers)
    if save:
        _save(desk, loaded, matched)
    return LoadResult(
        ranking=matched.ranking,
        changes=() if not previous.workers else matched.changes,
        notes=loaded.notes,
        first=not previous.workers,
        signed=_signed(desk, known, previous, matched) if known else (),
    )


def _save(desk: Desk, loaded: LoadedList, matched: Matched) -> None:
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
    desk.storage.rankings.save(
        record.campaign_id, matched.ranking, folder=loaded.folder, now=desk.clock.now(), entry=entry
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
