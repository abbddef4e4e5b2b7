"""What people ask for, carried out: one small face of withdrawing, the stop list and places without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.config import Config, Series
from bot.core import stopping, withdrawing
from bot.core.desk import Desk
from bot.core.mending import delete_parts
from bot.core.remaking import Remade, remake, watchlist_of
from bot.core.withdrawing import Public, Pulled
from bot.errors import Problem, UsageError
from bot.model import SeriesKind, Worker
from bot.naming import same_name
from bot.publishers import Publisher
from bot.watchlist import PODIUM, Watchlist
from bot.wishes import PlaceWords, StopEntry

_VARIABLES = {1: "unnamed_first", 2: "unnamed_second", 3: "unnamed_third"}


@dataclass(frozen=True, kw_only=True)
class People:
    """Wishes of one campaign, on the record and on the practice copy alike. ``stage`` is what a runner works on."""

    config: Config
    record: Desk
    stage: Desk

    def watchlist(self) -> Watchlist:
        """Who is not to be named."""
        return watchlist_of(self.record)

    def withdrawn(self) -> tuple[Worker, ...]:
        """Everybody of the campaign who has withdrawn."""
        return withdrawing.people_withdrawn(self.watchlist())

    def find(self, text: str) -> Worker:
        """Somebody of the list, or somebody who has withdrawn, by rank, name or id. Raises UsageError."""
        watchlist = self.watchlist()
        if self.config.is_day and not watchlist.ranking.workers:
            raise UsageError(self._contributor(text))
        listed = {worker.worker_id for worker in watchlist.ranking.workers}
        others = [one for one in withdrawing.people_withdrawn(watchlist) if one.worker_id not in listed]
        return withdrawing.find_person(watchlist.ranking, text, others)

    def _contributor(self, text: str) -> Problem:
        """In a day of contributions nobody is on a list: who wrote something has it turned down, also when it is out."""
        record = self.record.record()
        theirs = [
            one.code
            for one in self.record.storage.contributions.all(record.campaign_id)
            if text.strip().casefold() == one.code or (one.name and same_name(one.name, text))
        ]
        steps = [f"campaign-bot contributions turn-down {code}" for code in theirs or ["CODE"]]
        which = "" if theirs else " The codes: campaign-bot contributions list."
        return Problem(
            what="This is a day of contributions: there is no list of people to withdraw from.",
            remedy=f"Turn down what they sent in, also when it is public already: {' && '.join(steps)}.{which} "
            f'So that nobody else names them: campaign-bot stop-list add "{text}"',
        )

    def alone(self, person: Worker) -> str:
        """The organisation that has nobody else on the list; empty when there is somebody."""
        watchlist = self.watchlist()
        for item in watchlist.ranking.organisations:
            if person.worker_id in item.worker_ids and not set(item.worker_ids) - {
                person.worker_id,
                *watchlist.unnamed,
            }:
                return item.name
        return ""

    def withdraw(self, person: Worker, *, reason: str, keep_organisation: bool = False) -> Pulled:
        """Stop every pending post that names them, everywhere, before anything else; then make again what can be."""
        stopped = [
            withdrawing.withdraw(desk, person, reason=reason, keep_organisation=keep_organisation)
            for desk in self._desks()
        ]
        done = [
            withdrawing.settle(desk, self.config, person, pulls)
            for desk, pulls in zip(self._desks(), stopped, strict=True)
        ]
        return done[0]

    def give_back_organisation(self, person: Worker) -> tuple[tuple[str, ...], tuple[Remade, ...]]:
        """The post of an organisation that had gone with its only person is a draft again, and says nothing of them."""
        done = [withdrawing.organisation_back(desk, self.config, person) for desk in self._desks()]
        return done[0]

    def undo(self, person: Worker, *, reason: str) -> tuple[tuple[str, ...], tuple[Remade, ...]]:
        """Take a withdrawal back: codes of posts that are drafts again, and what was made again."""
        done = [withdrawing.undo(desk, self.config, person, reason=reason) for desk in self._desks()]
        return done[0]

    def delete(self, public: Public, publisher: Publisher) -> None:
        """Take the messages that are about somebody off the network. Raises as ``mending.delete_post`` does."""
        delete_parts(self.stage, self.stage.post(public.post.code), public.messages, publisher)

    def stop_list(self) -> tuple[StopEntry, ...]:
        """The names that no campaign may say, oldest first."""
        return self.record.storage.people.wishes(None).stop_list

    def stop(self, entries: Sequence[StopEntry], *, reason: str) -> stopping.Stopped:
        """Put names on the stop list, and stop every pending post that says them."""
        return stopping.add(self._desks(), self.config, entries, reason=reason)

    def allow(self, entry: StopEntry) -> int:
        """Take a name off the stop list; how many lines that were."""
        return stopping.remove(self._desks(), entry)

    def decide_place(self, rank: int, words: PlaceWords) -> tuple[Remade, ...]:
        """What the winner thread does about a place that nobody is named for. Raises UsageError when that is not so."""
        gaps = {gap.rank for gap in self.watchlist().nameable.gaps if gap.rank <= PODIUM}
        if rank not in gaps:
            which = (
                f"Nobody is named for: {', '.join(map(str, sorted(gaps)))}." if gaps else "Everybody there is named."
            )
            raise UsageError(Problem(what=f"There is nothing to decide about place {rank}.", remedy=which))
        if words is PlaceWords.UNNAMED:
            self._refuse_wordless(rank)
        done = []
        for desk in self._desks():
            entry = desk.entry("place decided", detail=f"place {rank}: {words.value}")
            desk.storage.people.decide_place(desk.record().campaign_id, rank, words, entry=entry)
            codes = [post.code for post in desk.posts() if post.kind is SeriesKind.WINNER]
            done.append(remake(desk, self.config, codes, why=f"place {rank}: {words.value}"))
        return done[0]

    def _desks(self) -> tuple[Desk, ...]:
        """The stage first: a runner may be at work on it."""
        return (self.stage,) if self.stage is self.record else (self.stage, self.record)

    def _refuse_wordless(self, rank: int) -> None:
        """A template of somebody's own may have no words for such a place."""
        variable = _VARIABLES[rank]
        for series in self.config.series:
            if series.kind is SeriesKind.WINNER and variable not in self._text_of(series):
                what = f"The template has no words for a place {rank} that nobody is named for."
                remedy = (
                    f"Add to it: {{% if {variable} %}}…{{% endif %}} (docs/templates.md), or take --without {rank}."
                )
                raise UsageError(Problem(what=what, where=series.template, remedy=remedy))

    def _text_of(self, series: Series) -> str:
        try:
            return (self.config.templates / series.template).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""  # rendering says what is wrong with it
