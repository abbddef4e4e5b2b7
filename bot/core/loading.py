"""Putting a ranked list into the record: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.desk import Desk
from bot.model import Ranking
from bot.ranking import Change, LoadedList, match


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """The list as it stands now, what changed against the one before, and what a person should know.

    ``first`` is true when there was none before; ``saved`` false when it was only looked at.
    """

    ranking: Ranking
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    first: bool


def load(desk: Desk, loaded: LoadedList, *, answers: Mapping[int, str | None]) -> LoadResult:
    """Save a list in the place of the one before.

    ``answers`` says of rows (by their number in the file) who they are: a known person's id, or None for somebody new.
    Raises ListQuestionError when a row may or may not be somebody known, ListError when the list contradicts itself.
    """
    known = desk.storage.campaigns.find(desk.campaign)
    previous = desk.storage.rankings.load(known.campaign_id) if known else Ranking()
    matched = match(previous, loaded.rows, answers)
    record = known or desk.storage.campaigns.ensure(desk.campaign)
    entry = desk.entry(
        "load",
        detail=f"{len(matched.ranking.workers)} people, {len(matched.ranking.organisations)} organisations, "
        f"{len(matched.changes)} changes",
        note=loaded.source_name,
    )
    desk.storage.rankings.save(
        record.campaign_id, matched.ranking, folder=loaded.folder, now=desk.clock.now(), entry=entry
    )
    return LoadResult(
        ranking=matched.ranking,
        changes=() if not previous.workers else matched.changes,
        notes=loaded.notes,
        first=not previous.workers,
    )
