"""Looking: the status at one glance, and the log of who did what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json, table

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Config
    from bot.model import AuditEntry
    from bot.reports.status_text import Status

_SECOND = 1.0
_NOTHING_HERE = """\
No campaign here yet.

  campaign-bot demo      shows a whole campaign week in seconds, without an account
  campaign-bot init DIR  sets up a campaign of your own in a folder
  campaign-bot --help    lists all commands

A campaign that lies elsewhere: campaign-bot -C FOLDER status"""


@click.command()
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl+C.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.pass_context
def status(ctx: click.Context, watch: bool, as_json: bool) -> None:
    """Show what is next, what is wrong, and what to do now. The same as campaign-bot alone.

    \b
    Examples:
      campaign-bot status
      campaign-bot status --watch

    Its last line says what comes next.
    """
    screen: Screen = ctx.obj
    bare = ctx.parent is not None and ctx.parent.invoked_subcommand is None
    if bare and not _has_config(screen):
        say(_NOTHING_HERE)
        return
    if watch:
        _watch(screen, as_json=as_json)
        return
    _show(screen, *_look(screen), as_json=as_json)


def _has_config(screen: Screen) -> bool:
    return screen.folder.suffix == ".toml" or (screen.folder / "config.toml").exists()


def _look(screen: Screen) -> tuple[Status, datetime]:
    """The status, and when it was taken (UTC). A folder with nothing but a config has one too."""
    from bot.bootstrap import nothing_loaded, runner_alive
    from bot.errors import DatabaseError

    try:
        with screen.shop() as shop:
            return shop.bot.status(runner_alive=runner_alive(shop)), shop.clock.now()
    except DatabaseError:
        config = screen.config()
        if not nothing_loaded(config):
            raise
    return _unloaded(config)


def _unloaded(config: Config) -> tuple[Status, datetime]:
    from bot.clock import SystemClock
    from bot.core.watching import before_the_plan
    from bot.model import Mode

    mode = Mode.LIVE if config.live else Mode.PRACTICE
    return before_the_plan(config, mode, loaded=False), SystemClock().now()


def _show(screen: Screen, found: Status, now: datetime, *, as_json: bool) -> None:
    from bot.reports.status_text import status_json, status_text

    if as_json:
        say_json(status_json(found, now=now))
    else:
        say(status_text(found, now=now, colour=screen.colour))


def _watch(screen: Screen, *, as_json: bool) -> None:
    """On a terminal the screen is drawn anew; elsewhere only what has changed is added."""
    import sys

    from bot.clock import SystemClock

    redraws = sys.stdout.isatty() and not as_json
    clock, before = SystemClock(), None
    try:
        while True:
            found, now = _look(screen)
            lasting = replace(found, runner_seen_at=None), found.runner_seen_at is None
            if redraws:
                click.clear()
            if redraws or lasting != before:
                _show(screen, found, now, as_json=as_json)
            before = lasting
            clock.sleep(_SECOND)
    except KeyboardInterrupt:
        return


@click.command()
@click.option(
    "-n", "--number", type=click.IntRange(min=0), default=50, show_default=True, help="How many entries; 0 for all."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: a JSON list; times in UTC.")
@pass_screen
def log(screen: Screen, number: int, as_json: bool) -> None:
    """Show who did what, when: the newest entries, the oldest of them first.

    \b
    Examples:
      campaign-bot log
      campaign-bot log -n 0 --json

    What to do now: campaign-bot status
    """
    with screen.shop() as shop:
        entries, zone = shop.bot.log(number or None), shop.bot.zone()
    if as_json:
        say_json([_entry_json(entry) for entry in entries])
        return
    from bot.reports.words import short_moment

    rows = [
        (
            short_moment(entry.at, zone),
            entry.actor,
            entry.action,
            entry.post_code,
            " · ".join(text for text in (entry.detail, entry.note) if text),
        )
        for entry in entries
    ]
    say(table(("When", "Who", "What", "Post", "Detail"), rows))
    if number and len(entries) == number:
        say(f"These are the newest {number:,}. All of them: campaign-bot log -n 0")


def _entry_json(entry: AuditEntry) -> dict[str, object]:
    from bot.reports.words import utc_text

    return {
        "at": utc_text(entry.at),
        "who": entry.actor,
        "what": entry.action,
        "post": entry.post_code or None,
        "detail": entry.detail or None,
        "note": entry.note or None,
    }
