"""The runner: beats, serves every account at each beat, and ends when every post is final."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.clock import JumpWatch
from bot.core.choosing import leave_alone
from bot.core.delivering import Deliverer, serve_in_turn
from bot.core.leaving import own_none, serve_every
from bot.errors import CampaignBotError, PersonNeededError
from bot.lifecycle import needs_person, spoken
from bot.model import Account, Mode, RunnerRecord, Standing
from bot.storage import Storage

log = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=5)
"""How often a runner says in the database that it is alive, which it only is while its ticks succeed."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_ASK_AGAIN = timedelta(minutes=1)
ServeAll = Callable[[Deliverer, Sequence[Account]], list[datetime | None]]


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What one tick left behind. ``next_at`` is when something is due (None: nothing by itself); ``finished`` that
    every post is final; ``waiting`` the campaigns that have others, when nothing more happens by itself."""

    next_at: datetime | None
    finished: bool
    waiting: tuple[str, ...] = ()


def waiting_in(storage: Storage, accounts: Iterable[Account], mode: Mode) -> tuple[str, ...]:
    """The campaigns that have posts on these accounts which are not final."""
    names: set[str] = set()
    for account in accounts:
        work = storage.delivery.work(account.account_id, mode=mode, now=_END_OF_TIME)
        names |= {work.campaigns[post.campaign_id].name for post in work.due}
    return tuple(sorted(names))


def nothing_to_refuse() -> None:
    """Practice and rehearsals send nothing, so no clock and no place is wrong for them."""


@dataclass(kw_only=True)
class Runner:
    """One process that publishes. Not frozen: it remembers when it last gave a sign of life.

    ``serves`` says which accounts this runner can serve; the others are left to a runner that has their credentials.
    Only for one of its ``own`` it stays, and goes on when it can be served again.
    With ``until_idle`` a beat says that nothing is coming when nothing can go out, though slots are still to come.
    ``refuse_time`` raises PersonNeededError while this computer's clock cannot be right; it is asked when the clock has
    jumped, and then before every tick until it is content. ``refuse_place`` raises it when the database is not the one
    to run any more; it is asked with each sign of life.
    """

    deliverer: Deliverer
    serve_all: ServeAll = serve_in_turn
    serves: Callable[[Account], bool] = serve_every
    own: Callable[[Account], bool] = own_none
    until_idle: bool = False
    refuse_time: Callable[[], None] = nothing_to_refuse
    refuse_place: Callable[[], None] = nothing_to_refuse
    _beat_at: datetime | None = field(default=None, init=False)
    _sound: bool = field(default=True, init=False)
    _jumps: JumpWatch = field(init=False)
    _wrong_time: PersonNeededError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._jumps = JumpWatch(self.deliverer.clock)

    def begin(self, host: str, pid: int, *, boot_id: str = "", process_started: str = "") -> None:
        """Announce this runner, with what lets others tell later whether it is gone for sure."""
        now = self.deliverer.clock.now()
        self.deliverer.storage.delivery.announce(
            RunnerRecord(
                runner_id=self.deliverer.runner_id,
                host=host,
                pid=pid,
                started_at=now,
                heartbeat_at=now,
                boot_id=boot_id,
                process_started=process_started,
            )
        )

    def tick(self) -> Beat:
        """Serve every account that has work. A tick that fails lets the sign of life grow old.

        Raises PersonNeededError, before anything is written, while the time or the place is wrong.
        """
        self._watch_the_clock()
        if self._sound:  # a tick may take long
            self._give_sign()
        self._sound = False
        wakes = self._serve()
        next_at = min((wake for wake in wakes if wake is not None), default=None)
        finished = not wakes or (next_at is None and not self._accounts())
        if self.until_idle and next_at is not None and self._waits_in_vain():
            next_at = None
        idle = next_at is None and not finished
        waiting = waiting_in(self.deliverer.storage, self._accounts(), self.deliverer.mode) if idle else ()
        self._sound = True
        self._give_sign()
        return Beat(next_at=next_at, finished=finished, waiting=waiting)

    def _serve(self) -> list[datetime | None]:
        """When to look again, for each account that is not final; those with something to do are served before."""
        deliverer = self.deliverer
        now = deliverer.clock.now()
        busy = deliverer.storage.delivery.glance(deliverer.mode, now=now, runner_id=deliverer.runner_id)
        served = [glance for glance in busy if self.serves(glance.account)]
        idle = {glance.account: leave_alone(glance, now, deliverer.sender_gone) for glance in served}
        wakes = [rest.until for rest in idle.values() if rest is not None]
        wakes += self.serve_all(deliverer, [account for account, rest in idle.items() if rest is None])
        if any(self.own(glance.account) for glance in busy if glance not in served):
            wakes.append(deliverer.clock.now() + _ASK_AGAIN)
        return wakes

    def _accounts(self) -> list[Account]:
        """Those with posts that are not final, as far as this runner serves them."""
        busy = self.deliverer.storage.delivery.busy_accounts(self.deliverer.mode)
        return [account for account in busy if self.serves(account)]

    def _watch_the_clock(self) -> None:
        """The same words for as long as it lasts: they hold a time, and would be a new trouble with every minute."""
        jumped = self._jumps.look()
        if jumped is not None:
            way = "back" if jumped < timedelta(0) else "ahead, or the computer slept,"
            log.warning("This computer's clock went %s by %s.", way, spoken(abs(jumped)))
        if jumped is None and self._wrong_time is None:
            return
        try:
            self.refuse_time()
        except PersonNeededError as error:
            if jumped is not None or self._wrong_time is None:
                self._wrong_time = error
            raise self._wrong_time from None
        self._wrong_time = None

    def _waits_in_vain(self) -> bool:
        """Whether nothing can go out by itself any more, though slots are still to come: what is left is not signed
        off, waits for a person, or lies on an account that has stopped or in a campaign that is paused."""
        delivery, mode = self.deliverer.storage.delivery, self.deliverer.mode
        for account in self._accounts():
            work = delivery.work(account.account_id, mode=mode, now=_END_OF_TIME)
            if work.open_attempt is not None:
                return False
            if work.account.stopped:
                continue
            for post in work.due:
                running = work.campaigns[post.campaign_id].paused_at is None
                if running and post.standing is Standing.APPROVED and not needs_person(post):
                    return False
        return True

    def _give_sign(self) -> None:
        now = self.deliverer.clock.now()
        if self._beat_at is None or abs(now - self._beat_at) >= HEARTBEAT:
            self.refuse_place()
            self.deliverer.storage.delivery.heartbeat(self.deliverer.runner_id, now)
            self._beat_at = now

    def end(self) -> None:
        """Say that this runner has ended in good order, and give its accounts back. No call may be under way."""
        self.deliverer.storage.delivery.release(self.deliverer.runner_id)
        self.deliverer.storage.delivery.heartbeat(self.deliverer.runner_id, self.deliverer.clock.now(), stopped=True)


@dataclass(kw_only=True)
class Watchful:
    """A tick that cannot die: whatever goes wrong in one beat is said, and the next beat tries again.

    ``campaign`` is the one of the runner's folder: what waits in others is said with their names.
    """

    runner: Runner
    alarm: Callable[[str], None]
    campaign: str = ""
    _said: str = field(default="", init=False)
    _idle: bool = field(default=False, init=False)

    def beat(self) -> Beat | None:
        """One tick; None when it failed."""
        try:
            beat = self.runner.tick()
        except CampaignBotError as error:
            self._say(str(error))
        except Exception as error:
            # Its words may hold texts of posts, and alarms leave the house: the details are for the log alone.
            if self._say(f"Something unforeseen went wrong ({type(error).__name__}); trying again."):
                log.info("The tick failed.", exc_info=True)
        else:
            self._said = ""
            self._say_when_idle(beat)
            return beat
        return None

    def _say_when_idle(self, beat: Beat) -> None:
        idle = beat.next_at is None and not beat.finished
        if idle and not self._idle:
            self.alarm(_idle_words(beat.waiting, self.campaign))
        self._idle = idle

    def _say(self, what: str) -> bool:
        """Once for each trouble, not once a second; whether it was said."""
        if what == self._said:
            return False
        self._said = what
        self.alarm(what)
        return True


def _idle_words(campaigns: Sequence[str], own: str) -> str:
    what = "Nothing more happens by itself: what is left waits for you."
    others = " and ".join(f"“{name}”" for name in campaigns if own and name != own)
    if not others:
        return f"{what} Look: campaign-bot status"
    also = "also " if own in campaigns else ""
    return f"{what} Look, {also}in the folder of {others}: campaign-bot status"
