"""Status at one glance: what is next, what was last, what needs a person, and what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.lifecycle import spoken
from bot.model import Mode, PostState
from bot.reports.words import MODE_LINES, bold, one_line, short_moment, symbol_and_word, symbol_of, utc_text
from bot.wording import plural

HEARTBEAT_LIMIT = timedelta(minutes=2)
"""A runner that was not seen for this long is taken to be gone; a living one writes far more often."""

LOOKING = "It is looking whether the post without an answer is out. Until then the others wait."

MAX_PROBLEMS = 4
"""Problems shown in full; the rest are counted, so that the whole status fits on a small screen."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A recorded start or pause: who, when (UTC), and why when they said."""

    at: datetime
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusPost:
    """One post as status names it. ``at`` is when it is due, or when it went out (UTC)."""

    code: str
    title: str
    at: datetime
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusProblem:
    """A post that waits for a person: the plain reason, and the command that deals with it."""

    code: str
    state: PostState
    reason: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that status shows; built from storage, shown as text, as JSON and on pages.

    ``plan_code`` is empty before the first plan. ``runner_seen_at`` is the runner's last heartbeat (UTC), None when no
    runner holds the lock. ``account_stopped`` is the reason why nothing goes out on the account, ``account_waits_until`` the end of a
    limit of the network (UTC).
    ``next_command`` overrides what ``what_next`` would say. ``finished``: every post is final, also a thread of which
    a person left out the rest.
    """

    mode: Mode
    campaign: str
    account: str
    zone: str
    plan_code: str = ""
    started: Decision | None = None
    paused: Decision | None = None
    runner_seen_at: datetime | None = None
    next_post: StatusPost | None = None
    last_post: StatusPost | None = None
    counts: tuple[tuple[PostState, int], ...] = ()
    problems: tuple[StatusProblem, ...] = ()
    account_stopped: str = ""
    account_waits_until: datetime | None = None
    config_differs: bool = False
    next_command: str = ""
    finished: bool = False


def runner_is_alive(status: Status, now: datetime) -> bool:
    """Seen within the last two minutes."""
    return status.runner_seen_at is not None and now - status.runner_seen_at <= HEARTBEAT_LIMIT


def what_next(status: Status, now: datetime) -> str:
    """The one command that moves the campaign on, or a sentence when there is nothing to do."""
    counts = dict(status.counts)
    answers = (
        (bool(status.next_command), status.next_command),
        (not status.plan_code, "campaign-bot plan"),
        (bool(status.account_stopped), "campaign-bot doctor --online"),
        (_only_missed_by_a_pause(status), "campaign-bot resume"),
        (bool(status.problems), status.problems[0].command if status.problems else ""),
        (bool(counts.get(PostState.DRAFT)), "campaign-bot approve" if status.started else "campaign-bot preview"),
        (status.finished or not _is_open(counts), "Nothing. Every post of the campaign is final."),
        (status.started is None, "campaign-bot start"),
        (not runner_is_alive(status, now), "campaign-bot run"),
        (bool(counts.get(PostState.UNKNOWN)), f"Nothing. {LOOKING}"),
    )
    return next((answer for applies, answer in answers if applies), "Nothing. It posts by itself.")


def _only_missed_by_a_pause(status: Status) -> bool:
    """Another slot would fall into the pause as well; going on comes first, and lists what was missed."""
    return status.paused is not None and all(item.state is PostState.MISSED for item in status.problems)


def status_text(status: Status, *, now: datetime, colour: bool) -> str:
    """At most about fifteen lines; the last one always says what to do next. Times in the campaign's zone."""
    lines = [
        *_heading(status, colour=colour),
        f"Runner  {_runner(status, now)}",
        f"Next    {_post_line(status.next_post, status, now, missing='nothing is waiting')}",
        f"Last    {_post_line(status.last_post, status, now, missing='nothing has gone out yet')}",
        f"Posts   {_counts(status)}",
        *_warnings(status),
        *_problems(status, colour=colour),
        f"What to do next: {bold(what_next(status, now), colour=colour)}",
    ]
    return "\n".join(lines)


def status_json(status: Status, *, now: datetime) -> dict[str, object]:
    """Stable keys for programs. Instants are ISO 8601 in UTC, or null; states are words of ``PostState``."""
    return {
        "mode": status.mode.value,
        "campaign": status.campaign,
        "account": status.account,
        "zone": status.zone,
        "plan_code": status.plan_code or None,
        "started": _decision_json(status.started),
        "paused": _decision_json(status.paused),
        "runner": {"alive": runner_is_alive(status, now), "seen_at": utc_text(status.runner_seen_at)},
        "next": _post_json(status.next_post),
        "last": _post_json(status.last_post),
        "counts": {state.value: number for state, number in status.counts},
        "problems": [
            {"code": item.code, "state": item.state.value, "reason": item.reason, "command": item.command}
            for item in status.problems
        ],
        "account_stopped": status.account_stopped or None,
        "account_waits_until": utc_text(status.account_waits_until),
        "config_differs": status.config_differs,
        "next_command": what_next(status, now),
    }


def _heading(status: Status, *, colour: bool) -> list[str]:
    zone = ZoneInfo(status.zone)
    first = f"{one_line(status.campaign)} on @{one_line(status.account)}"
    plan = f"plan {status.plan_code}" if status.plan_code else "no plan yet"
    started = "not started"
    if status.started:
        started = f"started {short_moment(status.started.at, zone)}{_by(status.started)}"
    lines = [f"{bold(first, colour=colour)} · {MODE_LINES[status.mode]}", f"{plan} · {started}"]
    if status.paused:
        reason = f": {one_line(status.paused.reason)}" if status.paused.reason else ""
        moment = short_moment(status.paused.at, zone)
        lines.append(bold(f"‖ PAUSED since {moment}{_by(status.paused)}{reason}", colour=colour))
    return lines


def _by(decision: Decision) -> str:
    return f" by {one_line(decision.by)}" if decision.by else ""


def _runner(status: Status, now: datetime) -> str:
    if status.runner_seen_at is None:
        return "not running: nothing will be posted" if status.started else "not running"
    ago = spoken(max(timedelta(0), now - status.runner_seen_at))
    if runner_is_alive(status, now):
        return "✓ checked just now" if ago == "no time" else f"✓ checked {ago} ago"
    return f"✗ not seen for {ago}: nothing will be posted"


def _post_line(post: StatusPost | None, status: Status, now: datetime, *, missing: str) -> str:
    if post is None:
        return missing
    parts = [short_moment(post.at, ZoneInfo(status.zone)), post.code, one_line(post.title)]
    if post.at > now:
        parts[0] += f" (in {spoken(post.at - now)})"
    return "  ".join([*parts, *([post.url] if post.url else [])])


def _counts(status: Status) -> str:
    present = [f"{symbol_of(state)} {number:,} {state.value}" for state, number in status.counts if number]
    total = sum(number for _, number in status.counts)
    return f"{total:,}: {', '.join(present)}" if present else "none planned yet"


def _warnings(status: Status) -> list[str]:
    lines = []
    if status.account_stopped:
        lines.append(f"✗ Nothing goes out on @{one_line(status.account)}: {one_line(status.account_stopped)}")
    if status.account_waits_until:
        until = short_moment(status.account_waits_until, ZoneInfo(status.zone))
        lines.append(f"! X asks to wait, so nothing goes out on @{one_line(status.account)} before {until}.")
    if status.config_differs:
        lines.append("! config.toml differs from what runs. To use it: campaign-bot plan")
    return lines


def _problems(status: Status, *, colour: bool) -> list[str]:
    if not status.problems:
        return []
    lines = [f"{plural(len(status.problems), 'post needs', 'posts need')} you:"]
    for item in status.problems[:MAX_PROBLEMS]:
        word = symbol_and_word(item.state, colour=colour)
        lines.append(f"  {word}  {item.code}  {one_line(item.reason)}  -> {item.command}")
    left = len(status.problems) - MAX_PROBLEMS
    return [*lines, f"  and {left:,} more: campaign-bot report"] if left > 0 else lines


def _is_open(counts: dict[PostState, int]) -> bool:
    final = {PostState.POSTED, PostState.SKIPPED, PostState.DELETED}
    return any(number for state, number in counts.items() if state not in final)


def _decision_json(decision: Decision | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {"at": utc_text(decision.at), "by": decision.by or None, "reason": decision.reason or None}


def _post_json(post: StatusPost | None) -> dict[str, object] | None:
    if post is None:
        return None
    return {"code": post.code, "title": post.title, "at": utc_text(post.at), "url": post.url or None}
