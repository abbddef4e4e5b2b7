"""Health, for monitors: a line for each problem, and an exit code."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.cli.screen import Screen, say, say_json

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.health import Health

_SECONDS = {"s": 1, "m": 60, "h": 3600}


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})\s*([smh]?)", str(value).strip().lower())
        if found is None or not int(found[1]):
            self.fail(f"“{value}” is not a length of time. Write it like 15s or 2m.", param, ctx)
        return timedelta(seconds=int(found[1]) * _SECONDS[found[2] or "s"])


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.option(
    "--max-age",
    type=_Duration(),
    default="15s",
    show_default=True,
    help="How old the runner's last sign of life may be, such as 15s or 2m.",
)
@click.option("--test-alerts", is_flag=True, help="Send a test by every channel of [alerts], and say what came of it.")
@click.pass_context
def health(ctx: click.Context, as_json: bool, max_age: timedelta, test_alerts: bool) -> None:
    """Say whether all is well, for monitors: exit code 0 when it is, 6 when a person is needed, 2 when nobody can tell.

    It looks whether a runner is at work and gets things done, whether posts are overdue, and what waits for a person.
    It changes nothing, and asks nobody but the database.

    \b
    Examples:
      campaign-bot health
      campaign-bot -C /srv/care-heroes health --json
      campaign-bot health --test-alerts

    What to do about a problem stands behind it. More: campaign-bot status
    """
    screen: Screen = ctx.obj
    with screen.shop() as shop:
        if test_alerts:
            ctx.exit(_test_alerts(shop))
        found = shop.bot.health(lock_held=_lock_held(shop), max_age=max_age)
    if as_json:
        say_json(_as_json(found))
    else:
        _show(found)
    ctx.exit(_code(found))


def _lock_held(shop: Shop) -> bool | None:
    """Whether a runner of this computer holds the lock; None for a server, whose runners may be anywhere."""
    from bot.bootstrap import runner_alive

    return runner_alive(shop) if shop.bot.stage.storage.database.path is not None else None


def _code(found: Health) -> int:
    from bot.errors import ExitCode

    return ExitCode.FINE if found.healthy else ExitCode.PERSON_NEEDED


def _show(found: Health) -> None:
    from zoneinfo import ZoneInfo

    from bot.core.limits import waiting_words
    from bot.reports.words import one_line

    for problem in found.problems:
        say(f"✗ {one_line(problem.what)} -> {problem.command}")
    for limit in found.limits:
        if not limit.lost:
            say(f"! {one_line(waiting_words(limit, ZoneInfo(found.zone)))}")
    if found.healthy:
        say(f"✓ {_all_well(found)}")


def _all_well(found: Health) -> str:
    from zoneinfo import ZoneInfo

    from bot.reports.words import short_moment

    if not found.started:
        return "Not started, so nothing is expected. What to do next: campaign-bot status"
    out = f"{found.final} of {found.total} posts final"
    upcoming = "".join(f", next {code} {short_moment(at, ZoneInfo(found.zone))}" for code, at in found.upcoming[:1])
    paused = "‖ paused, as somebody decided. " if found.paused else ""
    return f"{paused}All is well: {out}{upcoming}."


def _as_json(found: Health) -> dict[str, object]:
    from bot.reports.words import utc_text

    return {
        "healthy": found.healthy,
        "at": utc_text(found.at),
        "campaign": found.campaign,
        "account": found.account,
        "mode": found.mode.value,
        "started": found.started,
        "paused": found.paused,
        "runner_seen_at": utc_text(found.runner_seen_at),
        "total": found.total,
        "final": found.final,
        "waiting": found.waiting,
        "overdue": found.overdue,
        "account_waits_until": utc_text(max((limit.until for limit in found.limits), default=None)),
        "next": [{"code": code, "at": utc_text(at)} for code, at in found.upcoming],
        "problems": [
            {"what": problem.what, "post": problem.post or None, "command": problem.command or None}
            for problem in found.problems
        ],
    }


def _test_alerts(shop: Shop) -> int:
    """Every channel, at once and in plain sight. The exit code is 6 when one of them does not work."""
    import os

    from bot.core.alerting import try_channels
    from bot.errors import ExitCode

    tried = try_channels(shop.bot, shop.clock, os.environ)
    for trial in tried:
        say(f"✗ {trial.name}: {trial.problem}" if trial.problem else f"✓ {trial.name}: sent")
    if not tried:
        say("No channel is set up: see [alerts] in config.toml.")
    elif not any(trial.problem for trial in tried):
        say("Now look whether it has arrived.")
        return ExitCode.FINE
    return ExitCode.PERSON_NEEDED
