"""The runner: beats, serves every account at each beat, and ends when every post is final."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.delivering import Deliverer, serve_in_turn
from bot.errors import CampaignBotError
from bot.model import Account, RunnerRecord

log = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=5)
"""How often a runner says in the database that it is alive."""

ServeAll = Callable[[Deliverer, Sequence[Account]], list[datetime | None]]


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What one tick left behind. ``next_at`` is when something is due (None: nothing by itself); ``finished`` that
    every post is final."""

    next_at: datetime | None
    finished: bool


@dataclass(kw_only=True)
class Runner:
    """One process that publishes. Not frozen: it remembers when it last gave a sign of life."""

    deliverer: Deliverer
    serve_all: ServeAll = serve_in_turn
    _beat_at: datetime | None = field(default=None, init=False)

    def begin(self, host: str, pid: int) -> None:
        """Announce this runner, and take note of calls that a dead one left open."""
        now = self.deliverer.clock.now()
        delivery = self.deliverer.storage.delivery
        delivery.announce(
            RunnerRecord(runner_id=self.deliverer.runner_id, host=host, pid=pid, started_at=now, heartbeat_at=now)
        )
        orphans = delivery.disown(self.deliverer.runner_id, mode=self.deliverer.mode)
        if orphans:
            log.warning("The last runner ended while sending %d message(s); looking whether they are out.", orphans)

    def tick(self) -> Beat:
        """Serve every account that has work."""
        now, delivery = self.deliverer.clock.now(), self.deliverer.storage.delivery
        if self._beat_at is None or abs(now - self._beat_at) >= HEARTBEAT:
            delivery.heartbeat(self.deliverer.runner_id, now)
            self._beat_at = now
        accounts = delivery.busy_accounts(self.deliverer.mode)
        wakes = self.serve_all(self.deliverer, accounts) if accounts else []
        next_at = min((wake for wake in wakes if wake is not None), default=None)
        finished = not accounts or (next_at is None and delivery.unfinished(self.deliverer.mode) == 0)
        return Beat(next_at=next_at, finished=finished)

    def end(self) -> None:
        """Say that this runner has ended in good order."""
        self.deliverer.storage.delivery.heartbeat(self.deliverer.runner_id, self.deliverer.clock.now(), stopped=True)


@dataclass(kw_only=True)
class Watchful:
    """A tick that cannot die: whatever goes wrong in one beat is said, and the next beat tries again."""

    runner: Runner
    alarm: Callable[[str], None]
    _said: str = field(default="", init=False)
    _idle: bool = field(default=False, init=False)

    def beat(self) -> Beat | None:
        """One tick; None when it failed."""
        try:
            beat = self.runner.tick()
        except CampaignBotError as error:
            self._say(str(error))
        except Exception as error:
            log.debug("The tick failed.", exc_info=True)
            self._say(f"Something unforeseen went wrong ({type(error).__name__}: {error}); trying again.")
        else:
            self._said = ""
            self._say_when_idle(beat)
            return beat
        return None

    def _say_when_idle(self, beat: Beat) -> None:
        idle = beat.next_at is None and not beat.finished
        if idle and not self._idle:
            self.alarm("Nothing more happens by itself: what is left waits for you. Look: campaign-bot status")
        self._idle = idle

    def _say(self, what: str) -> None:
        """Once for each trouble, not once a second."""
        if what != self._said:
            self._said = what
            self.alarm(what)
