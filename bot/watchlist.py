"""Who is not to be named: those of a list who have withdrawn, and the names of the stop list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.model import Organisation, Post, Ranking, SeriesKind, Worker
from bot.naming import NameFinder, Readable, bare, finder_of, mark_of, readable, same_name
from bot.wishes import Gap, StopEntry, Wishes, Withdrawal

PODIUM = 3
"""Ranks that the winner thread names."""


@dataclass(frozen=True, kw_only=True)
class Banned:
    """Somebody who is not to be named. ``worker_ids`` are the rows of the list that this is; ``entry`` is the line of
    the stop list, if that is the reason. ``rank`` and ``keeps_organisation`` are those of a withdrawal."""

    name: str
    organisation: str = ""
    handles: tuple[str, ...] = ()
    worker_ids: frozenset[str] = frozenset()
    entry: StopEntry | None = None
    rank: int = 0
    keeps_organisation: bool = False

    @cached_property
    def finder(self) -> NameFinder:
        return finder_of(self.name, self.handles)

    @property
    def is_anybody(self) -> bool:
        """A line of the stop list without an organisation: everybody of that name."""
        return self.entry is not None and not self.entry.organisation


@dataclass(frozen=True, kw_only=True)
class Watchlist:
    """What may not be said in the posts of one campaign. ``ranking`` is the whole list as loaded."""

    ranking: Ranking = field(default_factory=Ranking)
    wishes: Wishes = field(default_factory=Wishes)

    @cached_property
    def banned(self) -> tuple[Banned, ...]:
        """Everybody who is not to be named."""
        withdrawn = (_of_withdrawal(one, self._rows_of(one)) for one in self.wishes.withdrawals)
        stopped = (_of_entry(entry, self._rows_on(entry)) for entry in self.wishes.stop_list)
        return (*withdrawn, *stopped)

    @cached_property
    def unnamed(self) -> dict[str, Banned]:
        """The people of the list who are not named, by id; whoever is on the stop list is there for that."""
        found = {worker_id: one for one in self.banned for worker_id in one.worker_ids}
        return {
            worker.worker_id: found[worker.worker_id] for worker in self.ranking.workers if worker.worker_id in found
        }

    @cached_property
    def nameable(self) -> Ranking:
        """The list as posts may speak of it: without those who are not named, whose ranks are declared gaps.

        Nobody moves up. An organisation goes with the last of its people, unless somebody has decided that it stays.
        """
        gaps = self._gaps()
        if not self.unnamed:
            return replace(self.ranking, gaps=gaps) if gaps else self.ranking
        workers = tuple(worker for worker in self.ranking.workers if worker.worker_id not in self.unnamed)
        by_id = {worker.worker_id: worker for worker in workers}
        return replace(
            self.ranking,
            workers=workers,
            organisations=tuple(self._organisations(by_id)),
            gaps=gaps,
        )

    def hits(self, post: Post, text: str) -> tuple[Banned, ...]:
        """Whoever of them a text of this post names."""
        if not self.banned:
            return ()
        prepared = readable(text)
        return tuple(one for one in self.banned if self._names(one, post, prepared))

    def subjects(self, post: Post) -> tuple[Worker, ...]:
        """The people of the list that a post is about, whether or not they are named."""
        if post.kind is SeriesKind.WINNER:
            return tuple(worker for worker in self.ranking.workers if worker.rank <= PODIUM)
        members = self._members.get(post.key.subject_id, (post.key.subject_id,))
        return tuple(self._workers[worker_id] for worker_id in members if worker_id in self._workers)

    def _names(self, one: Banned, post: Post, text: Readable) -> bool:
        if one.finder.finds_handle(text):
            return True
        return one.finder.finds_name(text) and not self._is_about_a_namesake(one, post)

    def _is_about_a_namesake(self, one: Banned, post: Post) -> bool:
        """The post is about somebody else of the same name who may be named, and not about this person."""
        if one.is_anybody:
            return False
        subjects = self.subjects(post)
        if any(worker.worker_id in one.worker_ids for worker in subjects):
            return False
        return any(same_name(worker.name, one.name) and worker.worker_id not in self.unnamed for worker in subjects)

    @cached_property
    def _workers(self) -> dict[str, Worker]:
        return {worker.worker_id: worker for worker in self.ranking.workers}

    @cached_property
    def _by_name(self) -> dict[str, list[Worker]]:
        """The rows of each name, so that a long stop list and a long list are compared once."""
        found: dict[str, list[Worker]] = {}
        for worker in self.ranking.workers if self.wishes.stop_list else ():
            found.setdefault(bare(worker.name), []).append(worker)
        return found

    @cached_property
    def _members(self) -> dict[str, tuple[str, ...]]:
        return {item.organisation_id: item.worker_ids for item in self.ranking.organisations}

    def _rows_of(self, one: Withdrawal) -> tuple[Worker, ...]:
        """The rows of somebody who has withdrawn: by id, else, loaded again as somebody new, by name and organisation."""
        if one.worker_id in self._workers:
            return (self._workers[one.worker_id],)
        key = self.wishes.key
        return tuple(row for row in self.ranking.workers if mark_of(row.name, row.organisation, key) == one.mark)

    def _rows_on(self, entry: StopEntry) -> tuple[Worker, ...]:
        return tuple(
            row
            for row in self._by_name.get(bare(entry.name), ())
            if (not entry.organisation or same_name(row.organisation, entry.organisation))
        )

    def _gaps(self) -> tuple[Gap, ...]:
        """The ranks of whoever is not named. Of those who have left the list, only ranks that nobody has taken."""
        taken = {worker.rank for worker in self.ranking.workers}
        ranks = {self._workers[worker_id].rank for worker_id in self.unnamed}
        ranks |= {one.rank for one in self.banned if one.rank and not one.worker_ids and one.rank not in taken}
        return tuple(Gap(rank=rank, words=self.wishes.places.get(rank)) for rank in sorted(ranks))

    def _organisations(self, nameable: dict[str, Worker]) -> Iterator[Organisation]:
        for item in self.ranking.organisations:
            left = tuple(worker_id for worker_id in item.worker_ids if worker_id in nameable)
            if len(left) == len(item.worker_ids):
                yield item
            elif left or any(self.unnamed[worker_id].keeps_organisation for worker_id in item.worker_ids):
                yield replace(item, worker_ids=left, count=_sum([nameable[worker_id] for worker_id in left]))


def _sum(workers: Sequence[Worker]) -> int | None:
    counts = [worker.count for worker in workers if worker.count is not None]
    return sum(counts) if counts and len(counts) == len(workers) else None


def _of_withdrawal(one: Withdrawal, rows: Sequence[Worker]) -> Banned:
    name = rows[0].name if rows else one.name
    return Banned(
        name=name,
        organisation=rows[0].organisation if rows else one.organisation,
        handles=_handles([one.handle, *(row.handle for row in rows)]),
        worker_ids=frozenset(row.worker_id for row in rows),
        rank=one.rank,
        keeps_organisation=one.keeps_organisation,
    )


def _of_entry(entry: StopEntry, rows: Sequence[Worker]) -> Banned:
    return Banned(
        name=entry.name,
        organisation=entry.organisation,
        handles=_handles(row.handle for row in rows),
        worker_ids=frozenset(row.worker_id for row in rows),
        entry=entry,
    )


def _handles(handles: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(handle for handle in handles if handle))
