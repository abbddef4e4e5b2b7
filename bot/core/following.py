"""Following the campaign's hashtag: reading what X's recent search gives, page by page, within a budget.

Only looking: nothing is reposted, liked or answered by machine. What is written down is in ``bot.storage.hashtags``.
Before a page is asked for, that it is asked for is on record; its posts and how far the count has come are stored in
one transaction. So a crash at any moment loses at most one answer, which is asked for again, and is shown as what it
may have cost.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from enum import Enum, auto
from zoneinfo import ZoneInfo

from bot import config_values
from bot.calls import Outcome, Refusal, Verdict
from bot.config import Config
from bot.core.desk import Desk
from bot.errors import NotReadyError, Problem, UsageError
from bot.followed import Search, Stretch
from bot.lifecycle import spoken
from bot.publishers import LookError
from bot.publishers.searching import Asked, Page, Searches
from bot.reports.words import short_moment
from bot.tally import FEWEST, Count, count_of, found, next_stretch, page_size, prepare

MOST_EMPTY_PAGES = 50
"""X may give empty pages that lead on; so many in a row are no search any more."""
_LONGEST_TAG = 200
_ONLY_EMPTY = Outcome(verdict=Verdict.UNKNOWN, reason="X gives one empty page after the other.")
_AGAIN = "What was counted is kept. Run it again."
_REMEDIES = {
    Refusal.NO_CREDIT: "Top it up, then run this again. What was counted is kept.",
    Refusal.UNAUTHORISED: "Run: campaign-bot doctor --online",
    Refusal.FORBIDDEN: "Look at the app in X's developer console, then run: campaign-bot doctor --online",
}


class Stop(Enum):
    """Why a reading ended."""

    DONE = auto()
    BUDGET = auto()
    REFUSED = auto()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a reading may cost at most, before it is made. Money is US dollars; ``tag`` is as people write it.

    ``spent`` is what reading has cost before, ``limit`` what ``[budget] hashtag_usd`` allows for all of it.
    """

    tag: str
    budget: Decimal
    price: Decimal
    spent: Decimal
    limit: Decimal | None

    @property
    def room(self) -> Decimal:
        """The smaller of the budget and what the config leaves."""
        left = self.budget if self.limit is None else min(self.budget, self.limit - self.spent)
        return max(left, Decimal(0))

    @property
    def most_posts(self) -> int | None:
        """How many posts that pays for; None where reading is free."""
        return int(self.room / self.price) if self.price else None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reading did. ``cost`` is in US dollars; a call without an answer counts with the most it can cost."""

    count: Count
    pages: int
    posts: int
    cost: Decimal
    stop: Stop
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a reading is: the stretch, where it was begun in this reading, the page's size, and X's token."""

    stretch: Stretch
    below: int
    size: int
    token: str | None = None
    empty: int = 0


@dataclass(frozen=True, kw_only=True)
class Following:
    """The hashtags of one campaign, in the record itself: what is paid for is not thrown away with a rehearsal."""

    desk: Desk
    config: Config

    def tag(self, wanted: str | None) -> str:
        """The hashtag asked for, else the campaign's first; without ``#``. Raises UsageError."""
        if wanted is None:
            if not self.config.hashtags:
                remedy = "Add one to hashtags in config.toml, or name one: --tag CareHeroes"
                raise UsageError(Problem(what="The campaign has no hashtag.", remedy=remedy))
            return self.config.hashtags[0]
        try:
            (tag,) = config_values.hashtags([wanted])
        except config_values.WrongValueError as wrong:
            raise UsageError(Problem(what=wrong.what, where="--tag", remedy=wrong.remedy)) from None
        if len(tag) > _LONGEST_TAG:
            raise UsageError(Problem(what="No post has a hashtag as long as this.", where="--tag"))
        return tag

    def offer(self, wanted: str | None, budget: Decimal) -> Offer:
        """What a reading would cost at most. Raises UsageError when not even X's smallest page is paid for."""
        record = self.desk.record()
        self._begins_at()
        tag = self.tag(wanted)
        search = self.desk.storage.hashtags.find(record.campaign_id, _folded(tag))
        if search is not None and not search.key:
            raise UsageError(_erased(tag))
        offer = Offer(
            tag=tag,
            budget=budget,
            price=self.config.prices.post_read,
            spent=self.desk.storage.hashtags.spent(record.campaign_id),
            limit=self.config.budget.hashtag_usd,
        )
        if page_size(offer.room, offer.price) is None:
            raise UsageError(_too_little(offer))
        return offer

    def count(self, wanted: str | None) -> Count:
        """What is stored, without asking X. Raises UsageError for a hashtag that was never followed."""
        tag = self.tag(wanted)
        search = self.desk.storage.hashtags.find(self.desk.record().campaign_id, _folded(tag))
        if search is None:
            remedy = "Read it: campaign-bot hashtag --budget 1.00"
            raise UsageError(Problem(what=f"#{tag} has not been counted yet.", remedy=remedy))
        return self._count(search, tag)

    def follow(
        self, searcher: Searches, offer: Offer, *, own_id: str | None, report: Callable[[int, Decimal], None]
    ) -> Reading:
        """Read what is new, and what an earlier reading left out, the oldest first, as far as the offer goes.

        ``report`` is told after each page how many posts have been read, and what they cost.
        """
        storage, now = self.desk.storage.hashtags, self.desk.clock.now()
        entry = self.desk.entry("hashtag", detail=f"#{offer.tag}, for at most US${offer.room}")
        search = storage.follow(
            self.desk.record().campaign_id,
            _folded(offer.tag),
            begins_at=self._begins_at(),
            key=secrets.token_hex(32),
            entry=entry,
        )
        stretches = prepare(storage.stretches(search.search_id), begins_at=search.begins_at, now=now)
        storage.save_stretches(search.search_id, stretches)
        reader = _Reader(desk=self.desk, searcher=searcher, search=search, offer=offer, own_id=own_id, report=report)
        stop, refused = reader.read()
        problem = None if refused is None else _problem(refused, self.desk.clock.now(), ZoneInfo(self.config.zone))
        count = self._count(search, offer.tag)
        return Reading(
            count=count, pages=reader.pages, posts=reader.posts, cost=reader.cost, stop=stop, problem=problem
        )

    def _begins_at(self) -> datetime:
        """The first moment of the campaign's first day (UTC). Raises NotReadyError while it is still to come."""
        first = datetime.combine(self.config.first_day, time(), ZoneInfo(self.config.zone)).astimezone(UTC)
        if first > self.desk.clock.now():
            when = short_moment(first, ZoneInfo(self.config.zone))
            raise NotReadyError(
                Problem(what="The campaign has not begun, so there is nothing to count yet.", remedy=f"From {when} on.")
            )
        return first

    def _count(self, search: Search, written: str) -> Count:
        storage = self.desk.storage.hashtags
        zone = ZoneInfo(self.config.zone)
        stretches = storage.stretches(search.search_id)
        counted = count_of(search, storage.stored(search.search_id), stretches, zone=zone, now=self.desk.clock.now())
        return replace(counted, tag=written)


class _Reader:
    """One reading, page by page; what it has read and spent so far."""

    def __init__(
        self,
        *,
        desk: Desk,
        searcher: Searches,
        search: Search,
        offer: Offer,
        own_id: str | None,
        report: Callable[[int, Decimal], None],
    ) -> None:
        self._desk = desk
        self._storage = desk.storage.hashtags
        self._searcher = searcher
        self._search = search
        self._offer = offer
        self._own_id = own_id
        self._report = report
        self.pages = 0
        self.posts = 0
        self.cost = Decimal(0)

    def read(self) -> tuple[Stop, Outcome | None]:
        """Until nothing is left, the budget is used up, or X does not go along."""
        place: _Place | None = None
        while True:
            stretch = next_stretch(self._storage.stretches(self._search.search_id), self._desk.clock.now())
            if stretch is None:
                return Stop.DONE, None
            size = page_size(self._offer.room - self.cost, self._offer.price)
            if size is None:
                return Stop.BUDGET, None
            place = _next_place(place, stretch, size)
            if place.empty > MOST_EMPTY_PAGES:
                return Stop.REFUSED, _ONLY_EMPTY
            try:
                place = self._page(place)
            except LookError as error:
                return Stop.REFUSED, error.outcome

    def _page(self, place: _Place) -> _Place:
        """Ask for one page and write it down; where to go on."""
        read_id = self._storage.record_asked(
            self._search.search_id, most=place.size, price=self._offer.price, now=self._desk.clock.now()
        )
        page = self._asked(place, read_id)
        inside = [hit for hit in page.hits if place.stretch.above < int(hit.network_id) < place.below]
        lowest = min((int(hit.network_id) for hit in inside), default=place.stretch.reached)
        self._storage.record_page(
            self._search,
            place.stretch,
            read_id,
            [found(self._search, hit.network_id, hit.author_id, own_id=self._own_id) for hit in inside],
            charged=len(page.hits),
            reached=lowest if page.token else place.stretch.above + 1,
        )
        self.pages += 1
        self.posts += len(page.hits)
        self.cost += len(page.hits) * self._offer.price
        self._report(self.posts, self.cost)
        return replace(place, token=page.token, empty=0 if inside else place.empty + 1)

    def _asked(self, place: _Place, read_id: int) -> Page:
        asked = Asked(
            tag=self._search.tag, above=place.stretch.above, below=place.below, size=place.size, token=place.token
        )
        try:
            return self._searcher.search(asked)
        except LookError as error:
            if error.outcome.verdict is Verdict.UNKNOWN:
                self.cost += place.size * self._offer.price
            else:
                self._storage.record_refused(read_id)
            raise


def _next_place(before: _Place | None, stretch: Stretch, size: int) -> _Place:
    """X's token is good only for the very same question; else the next page is asked for by the id it begins below."""
    same = before is not None and before.stretch.stretch_id == stretch.stretch_id and before.size == size
    if before is not None and same and before.token:
        return replace(before, stretch=stretch)
    return _Place(stretch=stretch, below=stretch.reached, size=size)


def _problem(outcome: Outcome, now: datetime, zone: ZoneInfo) -> Problem:
    """What stopped the reading, in words."""
    if outcome.refusal is Refusal.RATE_LIMITED and outcome.retry_at is not None:
        wait = spoken(outcome.retry_at - now)
        clock = short_moment(outcome.retry_at, zone)
        return Problem(
            what="X asks to wait: its limit for searching is reached.",
            remedy=f"Run it again in {wait}, after {clock}. What was counted is kept.",
        )
    remedy = _REMEDIES.get(outcome.refusal, _AGAIN) if outcome.refusal is not None else _AGAIN
    return Problem(what=outcome.reason, remedy=remedy)


def _folded(tag: str) -> str:
    """X does not tell capitals from small letters in a hashtag."""
    return tag.lower()


def _erased(tag: str) -> Problem:
    """Without its key nobody could tell any more who was counted already."""
    return Problem(
        what=f"The personal data of this campaign were erased, so #{tag} cannot be counted any further.",
        remedy="What was counted can be seen: campaign-bot hashtag --stored",
    )


def _too_little(offer: Offer) -> Problem:
    least = offer.price * FEWEST
    if offer.limit is not None and offer.limit - offer.spent < offer.budget:
        return Problem(
            what=f"Reading hashtags has cost US${offer.spent:.2f} of the US${offer.limit:.2f} that config.toml allows.",
            where="[budget] hashtag_usd",
            remedy="Allow more there. What is stored can be seen for nothing: campaign-bot hashtag --stored",
        )
    return Problem(
        what=f"X gives at least {FEWEST} posts at a time, which can cost US${least:.2f}.",
        where="--budget",
        remedy=f"Allow at least {least:.2f}.",
    )
