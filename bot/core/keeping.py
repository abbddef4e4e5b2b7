"""Backups of the database, and putting one back so that nothing goes out before a person has looked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.core.desk import Desk
from bot.core.guarding import pause_all
from bot.errors import DatabaseError
from bot.storage import Storage
from bot.storage.backups import file_of, put_back, require_sound, save_copy, set_aside
from bot.storage.engine import Database

DeskOf = Callable[[Storage], Desk]
CountFor = Callable[[str], int]
"""How many calls this computer knows of for a database id."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A verified copy: where, and its size in bytes."""

    path: Path
    size: int


@dataclass(frozen=True, kw_only=True)
class Restored:
    """``kept`` is where the database from before lies. ``doubtful`` says that a person must verify the account."""

    kept: Path | None
    doubtful: bool


def back_up(database: Database, target: Path | None, now: datetime) -> Backup:
    """Copy a database file, beside it unless told where; a runner may go on working. Raises UsageError, DatabaseError."""
    path = file_of(database)
    target = target or _beside(path, now, "backup")
    return Backup(path=target, size=save_copy(path, target))


def restore(desk_of: DeskOf, path: Path, source: Path, *, campaign: str, now: datetime, count: CountFor) -> Restored:
    """Put a backup in the place of the database file; the caller holds the runner's lock.

    What was there is kept beside it. When anything may have been sent since the backup, everything is paused and a
    runner refuses to work before ``db verify``. Raises DatabaseError, and changes nothing, for a file that is no sound
    backup of this campaign.
    """
    draft = path.with_name(f".{path.name}.restore.part")
    _remove(draft)
    try:
        require_sound(source, campaign=campaign)
        save_copy(source, draft)
        doubtful = _prepare(desk_of, draft, path, source.name, count)
        kept = _keep(path, now)
        put_back(draft, path)
    finally:
        _remove(draft)
    return Restored(kept=kept, doubtful=doubtful)


def _prepare(desk_of: DeskOf, draft: Path, path: Path, name: str, count: CountFor) -> bool:
    """Mark the copy before it takes effect, so that there is no moment at which it could be run unmarked."""
    with closing(Storage(f"sqlite:///{draft}")) as storage:
        known = storage.installation
        doubtful = bool(count(known.identity().database_id) or known.attempts() or _attempts_in(path))
        if doubtful:
            reason = f"restored from a backup ({name})"
            known.record_doubt(reason)
            pause_all(storage, reason, desk_of(storage).entry("pause", detail=reason))
    return doubtful


def _attempts_in(path: Path) -> int:
    """Of a database that may be damaged: then something may have been sent."""
    if not path.exists():
        return 0
    with closing(Storage(f"sqlite:///{path}")) as storage:
        try:
            return storage.installation.attempts()
        except DatabaseError:
            return 1


def _keep(path: Path, now: datetime) -> Path | None:
    if not path.exists():
        return None
    kept = _beside(path, now, "before-restore")
    try:
        save_copy(path, kept)
    except DatabaseError:  # that may be why it is replaced
        set_aside(path, kept)
    return kept


def _beside(path: Path, now: datetime, kind: str) -> Path:
    """A name that no file has."""
    stem = f"{path.stem}-{now:%Y%m%d-%H%M%S}"
    candidates = (path.with_name(f"{stem}{suffix}.{kind}.db") for suffix in ("", *(f"-{n}" for n in range(2, 100))))
    return next((name for name in candidates if not name.exists()), path.with_name(f"{stem}.{kind}.db"))


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
