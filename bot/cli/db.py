"""db: the database's schema, its backups, and vouching for it. The one place that may open one of another version."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.keeping import Restored
    from bot.core.upgrading import DatabaseState
    from bot.model import Post
    from bot.storage import Storage
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
    from bot.core.watching import load_command
    from bot.storage.engine import Database

    with closing(Database(screen.config().database_url)) as database:
        state = state_of_database(database)
    if as_json:
        say_json({**asdict(state), "is_current": state.is_current})
        return
    say(f"Database  {state.where}")
    say(f"Revision  {_revision(state)}")
    if state.moved_to:
        say(f"Moved to  {state.moved_to}")
    if state.size is not None:
        say(f"Size      {max(1, state.size // 1024):,} KB")
    say(f"Next: {_next(state, load_command(screen.config()))}")


def _revision(state: DatabaseState) -> str:
    if state.revision is None:
        return "none: it has no tables yet" if state.exists else "none: it is not there yet"
    if state.is_current:
        return f"{state.revision} (current)"
    return f"{state.revision} (this version of campaign-bot needs {state.needed})"


def _next(state: DatabaseState, begin: str) -> str:
    if state.revision is None:
        return begin
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


@db.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@pass_screen
def backup(screen: Screen, file: Path | None) -> None:
    """Write a complete and checked copy of the database to FILE, or beside the database.

    It is safe while the runner works: nothing needs to be stopped. A file that is there already is never replaced.
    On a server, use the server's own pg_dump.

    \b
    Examples:
      campaign-bot db backup
      campaign-bot db backup /media/stick/monday.db

    To put it back one day: campaign-bot db restore FILE
    """
    from bot.clock import SystemClock
    from bot.core.keeping import back_up
    from bot.storage.engine import Database

    with closing(Database(screen.config().database_url)) as database:
        done = back_up(database, file, SystemClock().now())
    say(f"✓ The copy is complete and sound: {done.path} ({max(1, done.size // 1024):,} KB).")
    say("It holds names and texts: keep it where only you can read it.")
    say(f"To put it back: campaign-bot db restore {done.path}")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_screen
def restore(screen: Screen, file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the database.

    It refuses while a runner is at work, and a FILE that is damaged, of another version, or of another campaign. The
    database of now is kept beside it. If anything was ever sent, the campaign is then paused, and nothing goes out
    before you have looked at the account: campaign-bot db verify.

    \b
    Example:
      campaign-bot db restore campaign-20270308-090000.backup.db

    Next, when it says so: campaign-bot db verify
    """
    from bot.errors import Problem, UsageError

    question = f"Replace the campaign's database by {file.name}? The one of now is kept beside it."
    if not yes and not screen.confirm(question, otherwise="Add --yes."):
        raise UsageError(Problem(what="Nothing was changed."))
    done = _restore(screen, file)
    say(f"✓ The database now is what {file.name} says.")
    if done.kept is not None:
        say(f"The one from before: {done.kept}")
    if done.doubtful:
        say("Posts may have been sent since that backup was made, so everything is paused.")
    say(f"Next: campaign-bot {'db verify' if done.doubtful else 'status'}")


def _restore(screen: Screen, file: Path) -> Restored:
    import os

    from bot.bootstrap import lock_file
    from bot.clock import SystemClock
    from bot.core.counting import CallCount
    from bot.core.desk import Desk
    from bot.core.keeping import restore as put_back
    from bot.platform import RunnerLock, state_dir
    from bot.storage.backups import refuse_server
    from bot.storage.engine import Database

    config, clock = screen.config(), SystemClock()
    with closing(Database(config.database_url)) as database:
        path = refuse_server(database)
        with RunnerLock(lock_file(database)):
            return put_back(
                lambda storage: Desk(storage=storage, clock=clock, campaign=config.name, actor=screen.who()),
                path,
                file,
                campaign=config.name,
                now=clock.now(),
                count=lambda database_id: CallCount(state_dir(os.environ), database_id).read(),
            )


@db.command()
@click.option("--to", metavar="ADDRESS", help="postgresql://USER@HOST/DATABASE, or sqlite:///FILE. No password here.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_screen
def move(screen: Screen, to: str | None, yes: bool) -> None:
    """Move everything to another, empty database: to a PostgreSQL server, or back into a file.

    Stop the runner first, on every computer. It copies everything, counts and compares each table, and then marks the
    old database, so that nobody runs it by mistake. It is done as a whole or not at all; if it is cut off, give the
    same command again. Without --to it goes to where the variable CAMPAIGN_BOT_DATABASE_URL leads: the place for an
    address with a password.

    \b
    Examples:
      campaign-bot db move --to postgresql://ann@db.example.org/careheroes
      campaign-bot db move --to sqlite:///careheroes.db

    Next: change the line of config.toml that it names
    """
    from bot.errors import Problem, UsageError
    from bot.storage import Storage

    source_url, target_url = _from_where_to_where(screen, to)
    with closing(Storage(source_url)) as source, closing(Storage(target_url)) as target:
        question = f"Move everything from {source.database.where} to {target.database.where}?"
        if not yes and not screen.confirm(question, otherwise="Add --yes."):
            raise UsageError(Problem(what="Nothing was moved."))
        _move(screen, source, target, by_variable=to is None)


def _from_where_to_where(screen: Screen, to: str | None) -> tuple[str, str]:
    """Raises UsageError when nobody says where to."""
    import os

    from bot.config_reading import DATABASE_VARIABLE, read_config
    from bot.core.moving import address_in
    from bot.errors import Problem, UsageError

    config = screen.config()
    if to is not None:
        return config.database_url, address_in(config.folder, to)
    if not os.environ.get(DATABASE_VARIABLE, "").strip():
        remedy = f"Add --to postgresql://USER@HOST/DATABASE, or set {DATABASE_VARIABLE}."
        raise UsageError(Problem(what="It is not said where to move to.", remedy=remedy))
    others = {name: value for name, value in os.environ.items() if name != DATABASE_VARIABLE}
    return read_config(screen.folder, others).database_url, config.database_url


def _move(screen: Screen, source: Storage, target: Storage, *, by_variable: bool) -> None:
    import os

    from bot.bootstrap import lock_file
    from bot.clock import SystemClock
    from bot.core.desk import Desk
    from bot.core.moving import config_line, move_database

    clock, config = SystemClock(), screen.config()
    desk = Desk(storage=source, clock=clock, campaign=config.name, actor=screen.who())
    done = move_database(
        source,
        target,
        locks=[lock_file(source.database), lock_file(target.database)],
        entry=lambda detail: desk.entry("move", detail=detail),
        clock=clock,
        environ=os.environ,
    )
    line = config_line(config.folder, target.database)
    say(f"✓ Moved to {done.target}: {done.rows:,} rows of {len(done.contents)} tables, each counted and compared.")
    say(f"The old one stays as it was, and no command works on it any more: {done.source}")
    place = f"line {line.number}" if line.number else "below [database]"
    say(f"Now change config.toml, {place}, to:")
    say(f"  {line.text}")
    if by_variable:
        say("And keep CAMPAIGN_BOT_DATABASE_URL set wherever the campaign runs: the password is in it alone.")
    say("Next: campaign-bot status")


@db.command()
@click.option("--yes", is_flag=True, help="Do not ask: somebody has looked at the account.")
@click.option("--lost", is_flag=True, help="It was moved elsewhere, and that database is lost for good: use this one.")
@pass_screen
def verify(screen: Screen, yes: bool, lost: bool) -> None:
    """Vouch for the database after it was restored: read the account, take over what is out, and confirm the rest.

    It reads the account's posts of the last seven days (which costs a little), and writes down those that the database
    did not know of. Then it shows what it still takes for unsent, and asks you whether that is right.

    \b
    Example:
      campaign-bot db verify

    Next: campaign-bot resume
    """
    import os

    from bot.bootstrap import refuse_while_running
    from bot.core.guarding import confirm, only_one_copy_runs
    from bot.model import Mode

    with _shop(screen) if lost else screen.shop() as shop:
        refuse_while_running(shop)
        if lost and shop.bot.mode is not Mode.LIVE:  # nothing was ever sent, and there is nothing to look at
            confirm(shop.bot.record)
            say("✓ This database is in use again. Next: campaign-bot status")
            return
        with only_one_copy_runs(shop.bot.record, os.environ):
            _verify(screen, shop, yes=yes)


def _verify(screen: Screen, shop: Shop, *, yes: bool) -> None:
    """No other copy of the database is at work on this computer meanwhile."""
    import os

    from bot.bootstrap import verify_account
    from bot.core.guarding import confirm, retire_copies

    found = verify_account(shop)
    if found.adopted:
        say(f"✓ Out already, and on record now: {', '.join(found.adopted)}")
    _say_waiting(shop, found.waiting)
    if found.waiting:
        say(
            "Not in a backup: what people decided after it was made. Who has withdrawn since? What was skipped or moved?"
        )
    question = "Have you looked at the account, and none of these is there?"
    if not yes and not screen.confirm(question, otherwise="Look, then add --yes."):
        say("Nothing goes out. What is out already, or shall not go out: campaign-bot skip CODE")
        say("Then again: campaign-bot db verify")
        return
    retire_copies(shop.bot.record, os.environ)
    confirm(shop.bot.record)
    say("✓ The database is verified.")
    paused = shop.bot.record.planned().paused_at is not None
    say(f"Next: campaign-bot {'resume' if paused else 'status'}")


def _shop(screen: Screen) -> closing[Shop]:
    """Also a database that was moved away."""
    from bot.bootstrap import open_shop

    return closing(open_shop(screen.config(), actor=screen.who(), moved=True))


def _say_waiting(shop: Shop, waiting: tuple[Post, ...]) -> None:
    from bot.reports.words import one_line, short_moment

    if not waiting:
        say("No post is waiting to be sent.")
        return
    titles, zone = shop.bot.titles(waiting), shop.bot.zone()
    say("Not on the account, as far as it can be read:")
    for post in waiting:
        say(f"  {post.code}  {short_moment(post.slot.due_at, zone)}  {one_line(titles[post.code])}")
