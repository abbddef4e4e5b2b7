"""The runner's vigil: what its events and ticks mean for people who are not looking. Each trouble is told once."""

from __future__ import annotations

import logging
import threading
import time as timing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.alerts import Alert, AlertKind, Courier, call, channels_for
from bot.clock import Clock
from bot.core.bot import Bot
from bot.core.delivering import Event, Report
from bot.core.leaving import Unserved, unserved_words
from bot.core.limits import LimitNews, cost_words
from bot.core.refusals import was_told
from bot.core.running import HEARTBEAT, Beat, waiting_in
from bot.core.telling import account_of, asks, elsewhere, named, way_out
from bot.errors import CampaignBotError
from bot.lifecycle import is_final
from bot.model import PostState
from bot.reports.words import short_moment
from bot.wording import plural

PING = 60.0
"""Seconds between one call of the dead-man's switch and the next."""

STEADY = 60.0
"""Seconds of ticks without trouble, after which the runner is said to be at work again."""

LAST_WORDS = 12.0
"""Seconds that the last alarms get when the runner ends."""

_FRESH = 3 * HEARTBEAT
_FINAL_WORDS = "The pings end with it: pause the switch that waits for them."
_OF_A_POST = {
    PostState.MISSED: AlertKind.MISSED,
    PostState.FAILED: AlertKind.FAILED,
    PostState.HELD: AlertKind.HELD,
    PostState.PARTIAL: AlertKind.PARTIAL,
}
_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Vigil:
    """Not frozen: it remembers what it told. ``tell`` and ``ping`` neither wait nor raise; ``daily`` is local.

    Events come from the runner's threads; ticks from one.
    """

    bot: Bot
    clock: Clock
    tell: Callable[[Alert], None]
    ping: Callable[[], None]
    daily: time | None = None
    _zone: ZoneInfo = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _heard: list[Alert] = field(default_factory=list, init=False)
    _limits: LimitNews = field(init=False)
    _unserved: set[int] = field(default_factory=set, init=False)
    _doubtful: set[tuple[str, str]] = field(default_factory=set, init=False)
    _troubles: set[str] = field(default_factory=set, init=False)
    _failed_at: float | None = field(default=None, init=False)
    _pinged_at: float | None = field(default=None, init=False)
    _told_on: date | None = field(default=None, init=False)
    _had_work: bool = field(default=False, init=False)

    def listening(self, report: Report) -> Report:
        """A ``report`` that this vigil hears too."""

        def both(event: Event) -> None:
            self.hear(event)
            report(event)

        return both

    def passing_on(self, alarm: Callable[[str], None]) -> Callable[[str], None]:
        """An ``alarm`` that this vigil tells too."""

        def both(what: str) -> None:
            self.alarm(what)
            alarm(what)

        return both

    def telling_unserved(self, alarm: Callable[[str], None]) -> Callable[[Unserved], None]:
        """An ``alarm`` about accounts that cannot be served, or can be again; this vigil tells it too."""

        def both(one: Unserved) -> None:
            self.hear_unserved(one)
            alarm(unserved_words(one))

        return both

    def begin(self) -> None:
        """Before the first tick. A daily word whose hour has passed today waits for tomorrow."""
        self._zone = self.bot.zone()
        stage, own = self.bot.stage, self.bot.config.name
        self._limits = LimitNews(storage=stage.storage, mode=self.bot.mode, clock=self.clock, own=own)
        self._had_work = any(not is_final(post) for post in self.bot.posts())
        local = self._local()
        if self.daily is not None and local.time() >= self.daily:
            self._told_on = local.date()

    def hear(self, event: Event) -> None:
        """Something happened to a post. What is to be told of it is told at the end of the tick."""
        alerts = [*self._about_post(event), *self._about_account(event)]
        try:
            alerts += self._about_limits() if event.reason else []
        except CampaignBotError as error:  # the tick meets the same trouble, and says it
            _log.info("Whether a limit makes posts too late could not be seen: %s", error)
        with self._lock:
            self._heard += alerts

    def hear_unserved(self, one: Unserved) -> None:
        """An account cannot be served, or can be again. Told for each stop, to the campaign that it concerns."""
        kind = AlertKind.TROUBLE if one.why else AlertKind.SETTLED
        alert = self._alert(kind, unserved_words(one), command="campaign-bot doctor --online" if one.why else "")
        own = self.bot.config.name
        campaign = own if one.own or own in one.campaigns or not one.campaigns else one.campaigns[0]
        alert = replace(alert, campaign=campaign, account=one.account.handle, elsewhere=campaign != own)
        with self._lock:
            self._heard.append(alert)
            (self._unserved.add if one.why else self._unserved.discard)(one.account.account_id)

    def alarm(self, what: str) -> None:
        """Trouble of the runner itself."""
        if what not in self._troubles:
            self._troubles.add(what)
            self.tell(self._alert(AlertKind.TROUBLE, what, command="campaign-bot status"))

    def beat(self, beat: Beat | None) -> None:
        """A tick is over; None when it failed."""
        self._tell_heard()
        now = self.clock.monotonic()
        if beat is None:
            self._failed_at = now
            return
        if self._failed_at is not None and now - self._failed_at >= STEADY:
            self._failed_at = None
            self.tell(self._alert(AlertKind.SETTLED, "The runner is at work again."))
        if self._failed_at is None and beat.next_at is not None:
            self._troubles.clear()
        if self._pinged_at is None or now - self._pinged_at >= PING:
            self._pinged_at = now
            self.ping()
        self._tell_daily()

    def end(self) -> None:
        """The runner has ended, by itself or because it was told to."""
        self._tell_heard()
        try:
            left = sum(1 for post in self.bot.posts() if not is_final(post))
            others = self._others_waiting()
        except CampaignBotError as error:
            self.tell(self._alert(AlertKind.STOPPED, f"The runner has ended: {error}", command="campaign-bot run"))
            return
        if left or others:
            self.tell(self._alert(AlertKind.STOPPED, _end_words(left, others), command="campaign-bot run"))
        elif self._had_work:
            what = f"Every post of the campaign is final, and the runner has ended. {_FINAL_WORDS}"
            self.tell(self._alert(AlertKind.FINISHED, what))

    def _others_waiting(self) -> tuple[str, ...]:
        """Other campaigns that this runner served, and that have posts which are not final."""
        storage, mode = self.bot.stage.storage, self.bot.mode
        served = [one for one in storage.delivery.busy_accounts(mode) if one.account_id not in self._unserved]
        return tuple(name for name in waiting_in(storage, served, mode) if name != self.bot.config.name)

    def _about_post(self, event: Event) -> list[Alert]:
        if event.state is PostState.UNKNOWN:
            return self._about_doubt(event)
        post, name = (event.campaign, event.code), named(event, self.bot.config.name)
        with self._lock:
            settled = post in self._doubtful
            self._doubtful.discard(post)
        if asks(event):
            what = f"{name} {event.state.value}: {event.reason}"
            return [self._about(event, _OF_A_POST[event.state], what, command=way_out(event))]
        if settled:
            what = f"{name} is out." if event.url else f"{name} was surely not sent, and is tried again by itself."
            return [self._about(event, AlertKind.SETTLED, what)]
        return []

    def _about_doubt(self, event: Event) -> list[Alert]:
        post, name = (event.campaign, event.code), named(event, self.bot.config.name)
        with self._lock:
            if post in self._doubtful:
                return []
            self._doubtful.add(post)
        what = f"{name} unknown: {event.reason} The program is looking whether it is out; this usually takes minutes."
        return [self._about(event, AlertKind.UNKNOWN, what, command="campaign-bot status")]

    def _about_account(self, event: Event) -> list[Alert]:
        """A refusal that stops an account: on one that has stopped nothing is sent, so this is told once for each stop."""
        if not event.stopped:
            return []
        what = f"Nothing more goes out on {account_of(event, self.bot.config.name)}: {event.stopped}"
        alert = self._about(event, AlertKind.ACCOUNT, what, command="campaign-bot doctor --online")
        return [replace(alert, post="")]

    def _about_limits(self) -> list[Alert]:
        """Limits that began just now, and last too long for posts: told before anything is missed."""
        return [
            replace(self._alert(AlertKind.WAITS, words, command="campaign-bot status"), account=limit.handle)
            for limit in self._limits.fresh()
            if (words := cost_words(limit, self._zone))
        ]

    def _tell_heard(self) -> None:
        """What one tick brought, several posts of a kind in one for each campaign: an outage is one trouble."""
        with self._lock:
            heard, self._heard = self._heard, []
        alike: dict[tuple[AlertKind, str, str], list[Alert]] = {}
        for alert in heard:
            alike.setdefault((alert.kind, alert.campaign, alert.account), []).append(alert)
        for alerts in alike.values():
            self.tell(alerts[0] if len(alerts) == 1 else _together(alerts))

    def _tell_daily(self) -> None:
        local = self._local()
        if self.daily is None or local.time() < self.daily or self._told_on == local.date():
            return
        self._told_on = local.date()
        try:
            self.tell(self._daily_word())
        except CampaignBotError as error:
            _log.warning("The daily word cannot be given: %s", error)

    def _daily_word(self) -> Alert:
        found = self.bot.health(lock_held=True, max_age=_FRESH)
        out = f"{found.final} of {plural(found.total, 'post is', 'posts are')} final."
        number = len(found.problems)
        what = f"{plural(number, 'thing needs', 'things need')} you. {out}" if number else f"All is well. {out}"
        more = [f"{problem.what} To deal with it: {problem.command}" for problem in found.problems]
        if found.paused:
            more.append("The campaign is paused. To go on: campaign-bot resume")
        more += [f"Next: {code}, {short_moment(due_at, self._zone)}" for code, due_at in found.upcoming]
        if found.runner_seen_at is not None:
            more.append(f"The runner's last sign of life: {short_moment(found.runner_seen_at, self._zone)}")
        return replace(self._alert(AlertKind.DAILY, what), more=tuple(more))

    def _local(self) -> datetime:
        return self.clock.now().astimezone(self._zone)

    def _about(self, event: Event, kind: AlertKind, what: str, *, command: str = "") -> Alert:
        other = bool(elsewhere(event, self.bot.config.name))
        alert = self._alert(kind, what, post=event.code, command=command)
        return replace(alert, campaign=event.campaign, account=event.account, elsewhere=other)

    def _alert(self, kind: AlertKind, what: str, *, post: str = "", command: str = "") -> Alert:
        return Alert(
            at=self._local(),
            campaign=self.bot.config.name,
            account=self.bot.config.account.handle,
            mode=self.bot.mode,
            kind=kind,
            what=what,
            post=post,
            command=command,
        )


def _end_words(left: int, others: Sequence[str]) -> str:
    """``left`` counts the own campaign's posts; at least one of both is there."""
    names = " and ".join(f"“{name}”" for name in others)
    if not left:
        return f"The runner has ended, and posts of {names} wait: nothing goes out without it."
    also = f", and posts of {names}" if names else ""
    return f"The runner has ended, and {plural(left, 'post waits', 'posts wait')}{also}: nothing goes out without it."


def _together(alerts: list[Alert]) -> Alert:
    first = alerts[0]
    more = tuple(f"{alert.what} {alert.advice}".rstrip() for alert in alerts)
    of = f" of “{first.campaign}” (@{first.account})" if first.elsewhere else ""
    what = f"{len(alerts)} at once{of}: {first.kind.value}."
    return replace(first, post="", command="campaign-bot status", what=what, more=more)


@contextmanager
def keep_vigil(bot: Bot, clock: Clock, environ: Mapping[str, str], alarm: Callable[[str], None]) -> Iterator[Vigil]:
    """A vigil for as long as a runner works. A channel that cannot be used is said by ``alarm``, and stops nothing."""
    alerts = bot.config.alerts
    channels, problems = channels_for(alerts, environ)
    for problem in problems:
        alarm(str(problem))
    couriers = [Courier(channel.name, channel.deliver) for channel in channels]
    url = alerts.ping_url
    pinger: Courier[None] = Courier("ping", lambda _: call(url) if url else None, waits=(5.0, 15.0), room=1)

    def tell(alert: Alert) -> None:
        for courier in couriers:
            courier.send(alert)

    vigil = Vigil(
        bot=bot,
        clock=clock,
        tell=tell,
        ping=lambda: pinger.send(None) if url else None,
        daily=alerts.daily,
    )
    vigil.begin()
    try:
        yield vigil
    except CampaignBotError as error:
        if was_told(bot.stage, environ, error):  # by the start before this one, and what keeps us running starts again
            vigil.tell = _log_only
        vigil.alarm(str(error))
        raise
    finally:
        vigil.end()
        _close([*couriers, pinger])


def _log_only(alert: Alert) -> None:
    _log.info("Told before: %s", alert.what)


def _close(couriers: list[Courier[Alert] | Courier[None]]) -> None:
    """All of them at once, so that a slow one does not take the time of the others."""
    for courier in couriers:
        courier.close()
    end = timing.monotonic() + LAST_WORDS
    left = [courier for courier in couriers if not courier.join(end - timing.monotonic())]
    if left:
        _log.warning("The runner's last alarms could not all be sent.")
