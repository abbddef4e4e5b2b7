"""The database's schema: where it stands, and bringing it to this version's, with a complete copy made first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import NotReadyError, Problem
from bot.storage.copying import back_up
from bot.storage.engine import Database
from bot.storage.migrate import HEAD, require_current, revision_of, upgrade


@dataclass(frozen=True, kw_only=True)
class DatabaseState:
    """``where`` never shows a password; ``revision`` is None without tables; ``size`` in bytes, None for a server."""

    where: str
    exists: bool
    revision: str | None
    needed: str = HEAD
    size: int | None = None

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
    path, exists = database.path, database.exists()
    files = [] if path is None else [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
    return DatabaseState(
        where=str(path) if path is not None else database.url.render_as_string(hide_password=True),
        exists=exists,
        revision=revision_of(database),
        size=sum(file.stat().st_size for file in files if file.exists()) if path is not None and exists else None,
    )


def upgrade_database(database: Database, now: datetime) -> Upgraded:
    """Copy, then upgrade; a current one is left alone. The caller holds the runner's lock.

    Raises NotReadyError when there is no database, DatabaseError for one that is newer than this version.
    """
    before = state_of_database(database)
    if not before.exists:
        raise NotReadyError(
            Problem(what="There is no database yet.", where=before.where, remedy="Run: campaign-bot load LIST.csv")
        )
    if before.revision is not None and before.revision >= HEAD:
        require_current(database)
        return Upgraded(before=before.revision, after=HEAD, backup=None)
    backup = back_up(database, now)
    upgrade(database)
    require_current(database)
    return Upgraded(before=before.revision, after=HEAD, backup=backup)
