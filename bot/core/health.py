"""Is a campaign under way in good health? For monitors, which ask from outside, and for the daily word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.desk import Desk
from bot.core.leaving import Unserved, nobody_serves
from bot.core.limits import Limit, cost_words, limit_of
from bot.core.watching import problem_of
from bot.lifecycle import is_final, limit_end, needs_person, spoken, state_of
from bot.model import Account, Mode, Post, PostState, RunnerRecord
from bot.wording import plural

OVERDUE = timedelta(minutes=1)
"""A post begins within a second of its slot; one that still waits after this long is late."""

CALL = timedelta(seconds=25)
"""How long a call may take with everything around it: while one is open, its runner is taken to be alive."""

_UPCOMING = 3


@dataclass(frozen=True, kw_only=True)
class HealthProblem:
    """One thing that is wrong, the post it is about (a code, or empty), and the command that deals with it."""

    what: str
    post: str = ""
    command: str = ""


@dataclass(frozen=True, kw_only=True)
class Health:
    """A campaign under way, as a monitor sees it. Instants are UTC; ``upcoming`` are codes and when they are due.

    ``waiting`` counts the posts that should still go out by themselves, ``overdue`` those of them that are late.
    ``limits`` are those of the network that accounts wait for: one that makes posts too late is a problem as well.
    """

    at: datetime
    campaign: str
    account: str
    zone: str
    mode: Mode
    started: bool
    paused: bool
    total: int
    final: int
    waiting: int
    overdue: int
    upcoming: tuple[tuple[str, datetime], ...]
    runner_seen_at: datetime | None
    problems: tuple[HealthProblem, ...]
    limits: tuple[Limit, ...] = ()

    @property
    def healthy(self) -> bool:
        return not self.problems


def health(desk: Desk, mode: Mode, *, lock_held: bool | None, max_age: timedelta) -> Health:
    """One look. ``lock_held`` is None where a runner may be on another host; ``max_age`` is of its sign of life.

    Raises NotReadyError without a plan, DatabaseError when the database cannot be read.
    """
    record, posts, now = desk.planned(), desk.posts(), desk.clock.now()
    accounts = desk.storage.campaigns.accounts(record.campaign_id)
    started = record.started_at is not None and record.mode is mode
    waiting = [post for post in posts if not is_final(post) and not needs_person(post)]
    overdue = _overdue(waiting, accounts, now) if started and record.paused_at is None else []
    limits = _limits(desk, waiting, accounts, now) if started and record.paused_at is None else ()
    runner = desk.storage.delivery.latest_runner()
    seen_at = _seen_at(desk, runner, accounts, now)
    absent = _runner_problem(len(waiting), runner, seen_at, now, lock_held=lock_held, max_age=max_age)
    if absent is None and waiting:
        absent = _unserved_problem(nobody_serves(desk.storage, accounts, now=now, max_age=max_age))
    return Health(
        at=now,
        campaign=record.name,
        account=", ".join(account.handle for account in accounts),
        zone=desk.settings().zone,
        mode=mode,
        started=started,
        paused=record.paused_at is not None,
        total=len(posts),
        final=sum(1 for post in posts if is_final(post)),
        waiting=len(waiting),
        overdue=len(overdue),
        upcoming=tuple((post.code, post.slot.due_at) for post in waiting if post.slot.due_at > now)[:_UPCOMING],
        runner_seen_at=seen_at,
        problems=(*_problems(posts, accounts, overdue, absent, now), *_too_long(desk, limits)) if started else (),
        limits=limits,
    )


def _limits(desk: Desk, waiting: Sequence[Post], accounts: Sequence[Account], now: datetime) -> tuple[Limit, ...]:
    if not any(account.resume_at for account in accounts):
        return ()
    policy = desk.settings().policy
    found = (limit_of(account, [(post, policy, post.code) for post in waiting], now) for account in accounts)
    return tuple(limit for limit in found if limit is not None)


def _too_long(desk: Desk, limits: Sequence[Limit]) -> tuple[HealthProblem, ...]:
    """A wait is no trouble, unless posts are missed by it."""
    zone = ZoneInfo(desk.settings().zone)
    said = (cost_words(limit, zone) for limit in limits if limit.lost)
    return tuple(HealthProblem(what=what, command="campaign-bot status") for what in said)


def _problems(
    posts: Sequence[Post],
    accounts: Sequence[Account],
    overdue: Sequence[Post],
    absent: HealthProblem | None,
    now: datetime,
) -> tuple[HealthProblem, ...]:
    """What keeps all from going out comes first."""
    found = [absent] if absent else []
    for account in accounts:
        if account.stopped:
            what = f"Nothing goes out on @{account.handle}: {account.stopped}"
            found.append(HealthProblem(what=what, command="campaign-bot doctor --online"))
    if overdue:
        first = overdue[0]
        late = spoken(now - first.slot.due_at)
        what = f"{plural(len(overdue), 'post is', 'posts are')} overdue, the first ({first.code}) by {late}."
        found.append(HealthProblem(what=what, command="campaign-bot status"))
    for post in posts:
        if needs_person(post):
            problem = problem_of(post)
            what = f"{post.code} {problem.state.value}: {problem.reason}"
            found.append(HealthProblem(what=what, post=post.code, command=problem.command))
    return tuple(found)


def _runner_problem(
    waiting: int,
    runner: RunnerRecord | None,
    seen_at: datetime | None,
    now: datetime,
    *,
    lock_held: bool | None,
    max_age: timedelta,
) -> HealthProblem | None:
    """Nobody is at work, or somebody is who gets nothing done; None when nothing waits for a runner."""
    fresh = seen_at is not None and abs(now - seen_at) <= max_age
    if not waiting or (fresh and lock_held is not False):
        return None
    stopped = runner is None or runner.stopped_at is not None or lock_held is False
    if stopped or seen_at is None:
        what = f"No runner is at work, and {plural(waiting, 'post waits', 'posts wait')}."
        return HealthProblem(what=what, command="campaign-bot run")
    ago = spoken(abs(now - seen_at))
    what = f"The runner has got nothing done for {ago}: it is stuck, asleep, or cannot use the database."
    return HealthProblem(what=what, command="campaign-bot status")


def _unserved_problem(accounts: Sequence[Unserved]) -> HealthProblem | None:
    """A runner is at work, and leaves the campaign's account to another one."""
    if not accounts:
        return None
    names = ", ".join(f"@{one.account.handle}" for one in accounts)
    reasons = "".join(f" {one.why}" for one in accounts if one.why)
    what = f"The runner at work cannot post on {names}: nobody sends what waits there.{reasons}"
    return HealthProblem(what=what, command="campaign-bot doctor --online")


def _seen_at(desk: Desk, runner: RunnerRecord | None, accounts: Sequence[Account], now: datetime) -> datetime | None:
    """The last sign of life. During a call a runner cannot give one, so for as long as a call may take, it is one."""
    if runner is None:
        return None
    calls = [desk.storage.delivery.open_attempt(account.account_id) for account in accounts]
    signs = [min(now, call.called_at + CALL) for call in calls if call and call.runner_id == runner.runner_id]
    return max([runner.heartbeat_at, *signs])


def _overdue(waiting: Sequence[Post], accounts: Sequence[Account], now: datetime) -> list[Post]:
    """Late posts, but for those that a limit of the network or a stopped account explains."""
    blocked = {account.account_id for account in accounts if account.stopped or limit_end(account.resume_at, now)}
    return [
        post
        for post in waiting
        if state_of(post) is PostState.APPROVED
        and post.slot.due_at + OVERDUE < now
        and post.key.account_id not in blocked
    ]
