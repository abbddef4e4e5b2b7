"""db: the database's schema. The one place that may open a database of another version."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json

if TYPE_CHECKING:
    from bot.core.upgrading import DatabaseState
    from bot.storage.engine import Database


@click.group()
def db() -> None:
    """Look after the database.

    \b
    Example:
      campaign-bot db status

    Next, when it says so: campaign-bot db upgrade
    """


@db.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_screen
def status(screen: Screen, as_json: bool) -> None:
    """Show where the database lies, its revision and its size.

    \b
    Example:
      campaign-bot db status

    Next, when it says so: campaign-bot db upgrade
    """
    from dataclasses import asdict

    from bot.core.upgrading import state_of_database
    from bot.storage.engine import Database

    with closing(Database(screen.config().database_url)) as database:
        state = state_of_database(database)
    if as_json:
        say_json({**asdict(state), "is_current": state.is_current})
        return
    say(f"Database  {state.where}")
    say(f"Revision  {_revision(state)}")
    if state.size is not None:
        say(f"Size      {max(1, state.size // 1024):,} KB")
    say(f"Next: {_next(state)}")


def _revision(state: DatabaseState) -> str:
    if state.revision is None:
        return "none: it has no tables yet" if state.exists else "none: it is not there yet"
    if state.is_current:
        return f"{state.revision} (current)"
    return f"{state.revision} (this version of campaign-bot needs {state.needed})"


def _next(state: DatabaseState) -> str:
    if state.revision is None:
        return "campaign-bot load LIST.csv"
    if state.is_current:
        return "campaign-bot status"
    return "campaign-bot db upgrade" if state.revision < state.needed else "install the newer campaign-bot again"


@db.command()
@click.option("--yes", is_flag=True, help="On a server: there is a backup (pg_dump), go ahead.")
@pass_screen
def upgrade(screen: Screen, yes: bool) -> None:
    """Bring the database to this version's schema.

    It refuses while a runner is at work, and first makes a complete copy beside the database. A server is not copied:
    make a backup with pg_dump first, then say --yes.

    \b
    Example:
      campaign-bot db upgrade

    Next: campaign-bot run, when the campaign was started; else campaign-bot status
    """
    from bot.bootstrap import practice_path
    from bot.storage.engine import Database

    config = screen.config()
    with closing(Database(config.database_url)) as database:
        if database.path is None:
            _ask_for_backup(screen, yes=yes)
        _upgrade(database, "The database")
    practice = practice_path(config)
    if practice.exists():
        with closing(Database(f"sqlite:///{practice}")) as database:
            _upgrade(database, "The practice copy")
    say("Next: campaign-bot status")


def _ask_for_backup(screen: Screen, *, yes: bool) -> None:
    """Raises UsageError when nobody says that there is a backup."""
    from bot.errors import Problem, UsageError

    otherwise = "Make one with pg_dump, then: campaign-bot db upgrade --yes"
    if not yes and not screen.confirm("Have you made a backup of the server's database?", otherwise=otherwise):
        raise UsageError(Problem(what="Nothing was changed.", remedy=otherwise))


def _upgrade(database: Database, name: str) -> None:
    from bot.bootstrap import lock_file
    from bot.clock import SystemClock
    from bot.core.upgrading import state_of_database, upgrade_database
    from bot.platform import RunnerLock

    now = SystemClock().now()
    if not state_of_database(database).exists:
        upgrade_database(database, now)  # says what to do, and makes no lock for nothing
    with RunnerLock(lock_file(database)):
        done = upgrade_database(database, now)
    if not done.changed:
        say(f"{name} is up to date already (revision {done.after}).")
        return
    say(f"{name} was upgraded from revision {done.before or 'none'} to {done.after}.")
    if done.backup is not None:
        say(f"The copy from before: {done.backup}")
