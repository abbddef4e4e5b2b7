"""Asking the network how the posts of a campaign are doing: the price first, every batch kept as soon as it is paid for.

X charges for each post that it gives, and for the same one once on a UTC day
(https://docs.x.com/x-api/getting-started/pricing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.calls import Outcome, Refusal, Verdict
from bot.config import Config
from bot.core.desk import Desk
from bot.cost import cost_of
from bot.errors import NetworkRefusedError, Problem, UsageError
from bot.metrics import Counts, Measured, Reading, Target, added
from bot.model import Mode
from bot.publishers import LookError
from bot.publishers.measuring import BATCH, Measures

if TYPE_CHECKING:
    from bot.publishers import Publisher

_SLICE = 1.0
"""Seconds of waiting at a time, so that a stop is heard soon."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a reading would ask for and cost (US dollars) at most. ``free`` of the targets were paid for on this UTC day
    already; ``left`` of the budget before it, None without a budget."""

    targets: tuple[Target, ...]
    price: Decimal
    left: Decimal | None

    @property
    def free(self) -> int:
        return sum(target.read_today for target in self.targets)

    @property
    def cost(self) -> Decimal:
        return self.price * (len(self.targets) - self.free)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a reading brought. ``silent`` counts posts that the network said nothing about; ``obstacle`` ended it before all was asked for; what came before that is kept."""

    reading: Reading
    totals: Counts
    gone: int = 0
    silent: int = 0
    obstacle: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """The capability, on one desk. Reading is done when somebody asks for it, so today's ``config`` says what it may cost."""

    config: Config
    desk: Desk
    mode: Mode
    batch: int = BATCH

    def offer(self) -> Offer:
        """What a reading now would cost. Raises UsageError in practice, without posts, and beyond the budget."""
        if self.mode is Mode.PRACTICE:
            what = "This is practice: nothing was sent, so there is nothing that X could count."
            raise UsageError(Problem(what=what, remedy="What practice has done: campaign-bot report"))
        record, settings = self.desk.planned(), self.desk.settings()
        targets = self.desk.storage.metrics.targets(record.campaign_id, self.desk.clock.now())
        if not targets:
            raise UsageError(Problem(what="No post of this campaign is out, so there is nothing to count."))
        left = None
        if self.config.budget.usd is not None:
            spent = self.desk.storage.metrics.readings(record.campaign_id).cost
            left = self.config.budget.usd - cost_of(self.desk.posts(), settings.prices).total - spent
        offer = Offer(targets=targets, price=self.config.prices.own_post_read, left=left)
        if left is not None and offer.cost > left:
            raise UsageError(_beyond_budget(offer, left))
        return offer

    def read(self, publisher: Publisher, offer: Offer) -> Taken | None:
        """Take one reading. None when there is one of this very second. Never raises for what the network does."""
        if not isinstance(publisher, Measures):
            raise UsageError(Problem(what="This network does not tell how its posts are doing."))
        record, now = self.desk.planned(), self.desk.clock.now()
        entry = self.desk.entry("metrics", detail=f"{len(offer.targets)} posts, at most US${offer.cost}")
        reading = self.desk.storage.metrics.begin(
            record.campaign_id, now, asked=len(offer.targets), price=offer.price, entry=entry
        )
        if reading is None:
            return None
        found: list[Measured] = []
        for start in range(0, len(offer.targets), self.batch):
            batch = offer.targets[start : start + self.batch]
            try:
                answered = publisher.measure([target.network_id for target in batch])
            except LookError as error:
                return _taken(reading, found, error.outcome)
            reading = self._keep(reading, batch, answered)
            found += answered
        return _taken(reading, found)

    def watch(
        self,
        publisher: Publisher,
        *,
        every: timedelta,
        tell: Callable[[Taken], None],
        stopped: Callable[[], bool],
    ) -> int:
        """Read again and again until ``stopped`` says so; returns the number of readings.

        Waits out a rate limit, and tries again after trouble on the way. Raises NetworkRefusedError when the network
        will go on refusing, UsageError when the budget is used up.
        """
        clock, number = self.desk.clock, 0
        due = clock.now()
        while not stopped():
            if clock.now() < due:
                clock.sleep(min(_SLICE, (due - clock.now()).total_seconds()))
                continue
            taken = self.read(publisher, self.offer())
            due = max(due + every, clock.now())
            if taken is not None:
                number += 1
                tell(taken)
                if taken.obstacle is not None:
                    due = self._after(taken.obstacle, due)
        return number

    def _after(self, obstacle: Outcome, due: datetime) -> datetime:
        """When to try again. Raises NetworkRefusedError when waiting does not help."""
        if obstacle.refusal is Refusal.RATE_LIMITED:
            return max(obstacle.retry_at or due, self.desk.clock.now() + timedelta(seconds=1))
        if obstacle.verdict is Verdict.REFUSED:
            raise refused(obstacle)
        return due

    def _keep(self, reading: Reading, batch: Sequence[Target], answered: Sequence[Measured]) -> Reading:
        targets = {target.network_id: target for target in batch}
        rows = [(targets[one.network_id].message_id, one) for one in answered]
        charged = sum(not one.gone and not targets[one.network_id].read_today for one in answered)
        return self.desk.storage.metrics.add(reading, rows, answered=len(batch), charged=charged)


def refused(obstacle: Outcome, when: str = "") -> NetworkRefusedError:
    """The reading ended early; ``when`` says in the campaign's zone from when on X answers again, where that is known."""
    again = "Then run again: campaign-bot metrics"
    if when:
        again = f"From {when} on: campaign-bot metrics"
    elif obstacle.verdict is not Verdict.REFUSED:
        again = "Check the connection, then run again: campaign-bot metrics"
    what = f"X did not give the numbers: {obstacle.reason} What it gave before that is kept."
    return NetworkRefusedError(Problem(what=what, remedy=again))


def _taken(reading: Reading, found: Sequence[Measured], obstacle: Outcome | None = None) -> Taken:
    gone = sum(one.gone for one in found)
    silent = reading.answered - len(found)
    totals = added(one.counts for one in found)
    return Taken(reading=reading, totals=totals, gone=gone, silent=silent, obstacle=obstacle)


def _beyond_budget(offer: Offer, left: Decimal) -> Problem:
    return Problem(
        what=f"This reading costs up to US${offer.cost:,.3f}, and the budget has US${max(left, Decimal(0)):,.3f} left.",
        where="[budget] usd",
        remedy="Raise it in config.toml, or leave the numbers as they are.",
    )
