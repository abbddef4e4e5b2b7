"""A limit of the network (429): until when an account waits, and which posts the wait will make too late.

Both are known when the limit is announced: neither its end nor a post's last moment moves while it runs. So it is told
then, before anything is missed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.core.bot import Bot
from bot.core.choosing import policy_of
from bot.core.delivering import Event, Report
from bot.lifecycle import Policy, is_final, limit_end, too_late_at
from bot.model import Account, Mode, Post
from bot.reports.words import short_moment
from bot.storage import Storage
from bot.wording import plural

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Nothing goes out on an account before ``until`` (UTC). ``lost`` are posts that it makes too late."""

    handle: str
    until: datetime
    lost: tuple[str, ...] = ()


def limit_of(account: Account, posts: Iterable[tuple[Post, Policy, str]], now: datetime) -> Limit | None:
    """The limit that an account waits for at ``now``, and what it costs of these posts; those of others are left out.

    With each post come the rules of its campaign, and what to call it.
    """
    until = limit_end(account.resume_at, now)
    if until is None:
        return None
    ends = [
        (end, name)
        for post, policy, name in posts
        if post.key.account_id == account.account_id
        and not is_final(post)
        and (end := too_late_at(post, now=now, policy=policy)) is not None
    ]
    return Limit(handle=account.handle, until=until, lost=tuple(name for end, name in sorted(ends) if end < until))


def waiting_words(limit: Limit, zone: ZoneInfo) -> str:
    """What it means for now."""
    return (
        f"X asks to wait until {short_moment(limit.until, zone)}: nothing goes out on @{limit.handle} before, "
        "and then it goes on by itself."
    )


def cost_words(limit: Limit, zone: ZoneInfo) -> str:
    """What it means for the posts that it makes too late; empty when there are none."""
    if not limit.lost:
        return ""
    first = limit.lost[0] if len(limit.lost) == 1 else f"{limit.lost[0]} first"
    return (
        f"X asks to wait until {short_moment(limit.until, zone)}: nothing goes out on @{limit.handle} before. "
        f"That is too late for {plural(len(limit.lost), 'post')} ({first}): missed, unless moved to a later time."
    )


@dataclass(kw_only=True)
class LimitNews:
    """Not frozen: it remembers which limits it told. For the events of one runner, which come from several threads.

    Posts of another campaign than the ``own`` one bear its name.
    """

    storage: Storage
    mode: Mode
    clock: Clock
    own: str
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _told: set[tuple[int, datetime | None]] = field(default_factory=set, init=False)

    def fresh(self) -> tuple[Limit, ...]:
        """Limits that began since the last call, of every account that has work; each of them once."""
        now = self.clock.now()
        begun = (
            limit_of(account, self._posts_on(account), now)
            for account in self.storage.delivery.busy_accounts(self.mode)
            if limit_end(account.resume_at, now) and self._is_new(account)
        )
        return tuple(limit for limit in begun if limit is not None)

    def _is_new(self, account: Account) -> bool:
        with self._lock:
            before = len(self._told)
            self._told.add((account.account_id, account.resume_at))
            return len(self._told) > before

    def _posts_on(self, account: Account) -> list[tuple[Post, Policy, str]]:
        """All that wait there, but for campaigns that are paused."""
        work = self.storage.delivery.work(account.account_id, mode=self.mode, now=_END_OF_TIME)
        running = {key: one for key, one in work.campaigns.items() if one.paused_at is None}
        return [
            (post, policy_of(campaign), post.code if campaign.name == self.own else f"{post.code} (“{campaign.name}”)")
            for post in work.due
            if (campaign := running.get(post.campaign_id)) is not None
        ]


def naming_limits(bot: Bot, clock: Clock, report: Report, say: Callable[[str], None]) -> Report:
    """A report for the window of a runner, which also says each limit that begins, once."""
    news = LimitNews(storage=bot.stage.storage, mode=bot.mode, clock=clock, own=bot.config.name)
    zone = bot.zone()
    news.fresh()  # what runs already stands in the status

    def both(event: Event) -> None:
        report(event)
        for limit in news.fresh() if event.reason else ():
            say(cost_words(limit, zone) or waiting_words(limit, zone))

    return both
