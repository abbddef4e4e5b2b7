"""The database's schema: where it stands, and bringing it to this version's, with a complete copy made first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import HOW_TO_BEGIN, NotReadyError, Problem
from bot.storage.copying import back_up
from bot.storage.engine import Database
from bot.storage.installation import Installation
from bot.storage.migrate import HEAD, require_current, revision_of, upgrade


@dataclass(frozen=True, kw_only=True)
class DatabaseState:
    """``where`` never shows a password; ``revision`` is None without tables; ``size`` in bytes, None for a server.
    ``moved_to`` is where everything in it went; empty when it is here."""

    where: str
    exists: bool
    revision: str | None
    needed: str = HEAD
    size: int | None = None
    moved_to: str = ""

    @property
    def is_current(self) -> bool:
        return self.revision == self.needed


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    """From which revision to which, and where the copy from before lies; None when there is no copy."""

    before: str | None
    after: str
    backup: Path | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def state_of_database(database: Database) -> DatabaseState:
    """Look, and make nothing. Raises DatabaseError when it cannot be read."""
    path, exists, revision = database.path, database.exists(), revision_of(database)
    files = [] if path is None else [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
    return DatabaseState(
        where=database.where,
        exists=exists,
        revision=revision,
        size=sum(file.stat().st_size for file in files if file.exists()) if path is not None and exists else None,
        moved_to=Installation(database).identity().moved_to if revision == HEAD else "",
    )


def upgrade_database(database: Database, now: datetime) -> Upgraded:
    """Copy, then upgrade; a current one is left alone. The caller holds the runner's lock.

    Raises NotReadyError when there is no database, DatabaseError for one that is newer than this version.
    """
    before = state_of_database(database)
    if not before.exists:
        raise NotReadyError(
            Problem(what="There is no database yet.", where=before.where, remedy=f"Run: {HOW_TO_BEGIN}")
        )
    if before.revision is not None and before.revision >= HEAD:
        require_current(database)
        return Upgraded(before=before.revision, after=HEAD, backup=None)
    backup = back_up(database, now)
    upgrade(database)
    require_current(database)
    return Upgraded(before=before.revision, after=HEAD, backup=backup)
