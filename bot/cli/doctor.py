"""doctor: look at everything, change nothing (but for the proof that --online records)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.config import Config
    from bot.core.doctoring import Check

_SIGNS = {"ok": ("✓", "32"), "warning": ("!", "33"), "problem": ("✗", "31")}


@click.command()
@click.option("--online", is_flag=True, help="Also ask X whose credentials these are, and record it (about US$0.01).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
@pass_screen
def doctor(screen: Screen, ctx: click.Context, online: bool, as_json: bool) -> None:
    """Check everything that could go wrong before it does.

    Looks at Python, config.toml, the clock, the templates, folder and disk, sleep settings, credentials, the database
    and the runner. The exit code is 0 when there is no problem, 2 otherwise; warnings do not count.

    With --online it asks X whose credentials these are, which costs about US$0.01. Nothing goes live without that, and
    it has to be done again when the credentials change.

    \b
    Example:
      campaign-bot doctor --online

    Next: campaign-bot load LIST.csv, or what it tells you to do.
    """
    from bot.core.doctoring import Level
    from bot.errors import ExitCode

    checks = []
    for check in _examined(screen, online=online, quiet=as_json):
        checks.append(check)
        if not as_json:
            _show(check, colour=screen.colour)
    problems = sum(check.level is Level.PROBLEM for check in checks)
    if as_json:
        say_json({"ok": not problems, "checks": [_as_json(check) for check in checks]})
    else:
        _show_summary(problems, sum(check.level is Level.WARNING for check in checks))
        _show_next(screen, problems, {check.name for check in checks if check.level is Level.OK})
    ctx.exit(ExitCode.USAGE if problems else ExitCode.FINE)


def _show(check: Check, *, colour: bool) -> None:
    from bot.reports.words import one_line, paint

    sign, code = _SIGNS[check.level]
    say(f"{paint(sign, code, colour=colour)} {check.name:<11}  {one_line(check.message)}")
    if check.remedy:
        say(f"  {'→':>12} {one_line(check.remedy)}")


def _as_json(check: Check) -> dict[str, str]:
    return {"name": check.name, "level": check.level.value, "message": check.message, "remedy": check.remedy}


def _show_summary(problems: int, warnings: int) -> None:
    from bot.wording import plural

    also = f", {plural(warnings, 'warning')}" if warnings else ""
    say()
    say(f"{plural(problems, 'problem') if problems else 'No problem'}{also}.")


def _show_next(screen: Screen, problems: int, fine: set[str]) -> None:
    from bot.core.watching import load_command

    if problems:
        say("Next: mend what is marked ✗, then again: campaign-bot doctor")
    else:
        say(f"Next: {'campaign-bot status' if 'list' in fine else load_command(screen.config())}")


def _examined(screen: Screen, *, online: bool, quiet: bool) -> Iterator[Check]:
    """Everything in turn, each as soon as it is known."""
    from bot.bootstrap import credentials_path
    from bot.clock import SystemClock
    from bot.core import doctoring
    from bot.errors import ConfigError, DatabaseError
    from bot.platform import sleep_risk

    yield doctoring.python_check(sys.version_info[:3])
    try:
        config = screen.config()
    except ConfigError as error:
        yield from doctoring.as_checks("config", error.problems)
        return
    yield doctoring.config_check(config)
    yield doctoring.clock_check(config.zone, SystemClock().now())
    yield from doctoring.template_checks(config)
    yield doctoring.sleep_check(sleep_risk())
    yield doctoring.credentials_check(credentials_path(config), os.environ, live=config.live)
    try:
        yield from _stored(screen, config, online=online, quiet=quiet)
    except DatabaseError as error:
        yield from doctoring.as_checks("database", error.problems)


def _stored(screen: Screen, config: Config, *, online: bool, quiet: bool) -> Iterator[Check]:
    """What needs the database. Without one there is nothing to look at; but the proof has to be written into one.

    Raises DatabaseError.
    """
    from bot.core import doctoring
    from bot.core.upgrading import state_of_database
    from bot.storage.engine import Database

    with closing(Database(config.database_url)) as database:
        yield from doctoring.place_checks(database.path, config.folder)
        found = doctoring.database_checks(database)
        yield from found
        if any(check.level is doctoring.Level.PROBLEM for check in found):
            return
        is_new = state_of_database(database).revision is None
    if online or not is_new:
        with screen.shop(create=online) as shop:
            yield from _looked_at(shop, online=online, quiet=quiet)


def _looked_at(shop: Shop, *, online: bool, quiet: bool) -> Iterator[Check]:
    from bot.bootstrap import runner_alive
    from bot.core import doctoring
    from bot.model import Mode

    bot = shop.bot
    yield doctoring.mode_check(bot.mode)
    if online:
        yield _asked(shop, quiet=quiet)
    else:
        yield doctoring.proof_check(bot.account(), _fingerprint(shop.config), live=bot.mode is Mode.LIVE)
    yield doctoring.list_check(doctoring.ranking_of(bot), is_day=bot.config.is_day)
    yield from doctoring.progress_checks(bot.status(runner_alive=runner_alive(shop)))


def _fingerprint(config: Config) -> str | None:
    """None also for credentials that are not fit for use, which another check tells of."""
    from bot.bootstrap import fingerprint_at_hand
    from bot.errors import CredentialsError

    try:
        return fingerprint_at_hand(config)
    except CredentialsError:
        return None


def _asked(shop: Shop, *, quiet: bool) -> Check:
    """One question to the network. Not by ``bootstrap.live_publisher``, which needs the proof that is made here."""
    from bot.bootstrap import read_credentials
    from bot.core.doctoring import as_checks, prove
    from bot.credentials import fingerprint
    from bot.errors import ConfigError, CredentialsError
    from bot.publishers.registry import Gateway, open_publisher

    account = shop.config.account
    try:
        credentials = read_credentials(shop.config)
        gateway = Gateway(handle=account.handle, credentials=credentials, api_base=account.api_base, clock=shop.clock)
        publisher = open_publisher(account.network, gateway)
    except (ConfigError, CredentialsError) as error:
        return as_checks("online", error.problems)[0]
    if not quiet:
        say(f"  {'…':>12} Asking X whose credentials these are (about US$0.01)")
    return prove(shop.bot, publisher, fingerprint(credentials))
