"""Moving a campaign's database to a server, or back into a file: who may be at work meanwhile, and what is said after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.config_tables import FILE, lines_of_keys
from bot.core.counting import CallCount
from bot.errors import (
    HOW_TO_BEGIN,
    DatabaseError,
    NotReadyError,
    PersonNeededError,
    Problem,
    RunnerLockedError,
    UsageError,
)
from bot.model import AuditEntry
from bot.platform import RunnerLock, folder_risk, installation_id, protect_folder, state_dir
from bot.storage import Storage
from bot.storage.engine import Database
from bot.storage.installation import Identity
from bot.storage.migrate import require_current, revision_of
from bot.storage.moving import Contents, Place, move, place, require_in_place, underway

STILL_ALIVE = timedelta(seconds=60)
"""A runner of another computer that gave a sign of life so short a time ago may be at work."""

_FILE_ADDRESS = "sqlite:///"


@dataclass(frozen=True, kw_only=True)
class Moved:
    """From where to where (never with a password), and what went: each table was counted and compared."""

    source: str
    target: str
    contents: tuple[Contents, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.contents)


@dataclass(frozen=True, kw_only=True)
class ConfigLine:
    """What has to stand in config.toml: the line's number (None when there is none yet), and its text."""

    number: int | None
    text: str


def address_in(folder: Path, written: str) -> str:
    """An address as a person gives it, seen from the campaign's folder. Raises UsageError for one with a password."""
    if written.startswith(_FILE_ADDRESS) and len(written) > len(_FILE_ADDRESS):
        return f"{_FILE_ADDRESS}{(folder / written.removeprefix(_FILE_ADDRESS)).resolve().as_posix()}"
    before, at, _ = written.partition("://")[2].rpartition("@")
    if (at and ":" in before) or "password=" in written.lower():
        raise UsageError(
            Problem(
                what="An address with a password does not belong on a command line: others can see it there.",
                where="--to",
                remedy="Put it into the variable CAMPAIGN_BOT_DATABASE_URL, and leave --to out.",
            )
        )
    return written


def config_line(folder: Path, target: Database) -> ConfigLine:
    """What to change in the folder's config.toml so that it names the target."""
    url = target.where if target.path is None else f"{_FILE_ADDRESS}{_seen_from(folder, target.path)}"
    found = lines_of_keys((folder / FILE).read_text(encoding="utf-8"))
    return ConfigLine(number=found.get(("database", 1, "url")), text=f'url = "{url}"')


def _seen_from(folder: Path, path: Path) -> str:
    inside = path.is_relative_to(folder)
    return (path.relative_to(folder) if inside else path).as_posix()


def no_step(_name: str) -> None:
    """Between the commits nothing happens; tests end the program there."""


def move_database(
    source: Storage,
    target: Storage,
    *,
    locks: Iterable[Path],
    entry: Callable[[str], AuditEntry],
    clock: Clock,
    environ: Mapping[str, str],
    step: Callable[[str], None] = no_step,
) -> Moved:
    """Move everything; ``locks`` are the files that stand for the two databases, ``entry`` makes a line for the log.

    Raises RunnerLockedError while a runner is at work, PersonNeededError while something is unclear, DatabaseError when
    the target is not empty or the copy is not the same; then the original is what it was.
    """
    origin, goal = source.database, target.database
    _refuse_nothing_to_do(origin, goal)
    require_current(origin)
    identity = source.installation.identity()
    with ExitStack() as held:
        for path in locks:
            held.enter_context(RunnerLock(path))
        count = CallCount(state_dir(environ), identity.database_id)
        protect_folder(count.path.parent)
        held.enter_context(RunnerLock(count.path))  # a copy of the same database, run from another folder
        _refuse_doubt(source, identity, clock.now())
        _refuse_taken(goal, place(goal, identity.database_id), identity)
        bound = identity.installation_id is not None or bool(source.installation.started_live())
        bind = installation_id(state_dir(environ)) if bound and goal.path is not None else None
        line = entry(f"from {origin.where} to {goal.where}")
        contents = move(origin, goal, entry=line, bind=bind, step=step)
    return Moved(source=origin.where, target=goal.where, contents=contents)


def _refuse_nothing_to_do(origin: Database, goal: Database) -> None:
    if not origin.exists() or revision_of(origin) is None:
        raise NotReadyError(
            Problem(what="There is nothing to move yet.", where=origin.where, remedy=f"Run: {HOW_TO_BEGIN}")
        )
    if origin.where == goal.where:
        raise UsageError(Problem(what="The campaign's database is that one already.", where=goal.where))
    risk = folder_risk(goal.path.parent) if goal.path is not None else None
    if risk is not None:
        raise DatabaseError(risk)


def _refuse_doubt(source: Storage, identity: Identity, now: datetime) -> None:
    if identity.moved_to:  # then only what was cut off can be finished
        return
    require_in_place(source.database, identity)
    if identity.doubt:
        raise PersonNeededError(
            Problem(
                what=f"This database was {identity.doubt}, and nobody has verified it yet.",
                where=source.database.where,
                remedy="Run: campaign-bot db verify",
            )
        )
    found = underway(source.database, now, STILL_ALIVE)
    if found.hosts:
        host, seen_at = found.hosts[0]
        raise RunnerLockedError(
            Problem(
                what=f"A runner on {host} gave a sign of life at {seen_at:%H:%M:%S} UTC, and has not ended.",
                remedy="Stop it (Ctrl+C in its window, or the service). If it was killed: try again in a minute.",
            )
        )
    if found.open_calls:
        raise PersonNeededError(
            Problem(
                what=f"A call for {', '.join(found.open_calls)} has got no clear answer yet.",
                remedy="Let the runner settle it first, which takes minutes: campaign-bot run --until-idle",
            )
        )


def _refuse_taken(goal: Database, found: Place, identity: Identity) -> None:
    """An original that went elsewhere goes nowhere else; a target must be empty, or hold half of this very move."""
    if identity.moved_to and (identity.moved_to != goal.where or found is not Place.HALF_WAY):
        raise PersonNeededError(
            Problem(
                what=f"Everything was moved to {identity.moved_to} already.",
                remedy="Name that one under [database] in config.toml; to move on, begin from there.",
            )
        )
    if found is Place.TAKEN:
        raise DatabaseError(
            Problem(
                what="It is not empty, so nothing was moved there.",
                where=goal.where,
                remedy="Name an empty database (on a server: CREATE DATABASE), or a file that is not there yet.",
            )
        )
