"""Backups of a database file that hold what they promise, and putting one back.

A copy is made by ``VACUUM INTO``, which is safe while others write (https://www.sqlite.org/lang_vacuum.html), and looked
at before it gets its name. Putting one back goes through SQLite's own backup
(https://www.sqlite.org/backup.html): one transaction, which is there as a whole or not at all, whatever ends it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bot.errors import HOW_TO_BEGIN, DatabaseError, Problem, UsageError
from bot.platform import surely_gone, sync_folder, this_process
from bot.storage.engine import Database
from bot.storage.migrate import HEAD

_DRAFT = re.compile(r"\..+\.(?P<pid>\d+)\.part")


def save_copy(database: Path, target: Path) -> int:
    """Write a complete and verified copy of a database file; its size in bytes. Other processes may go on writing.

    Raises UsageError when there is a file of that name, DatabaseError when the copy cannot be made or is not sound.
    """
    if target.exists():
        raise _taken(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    _clear_away_left_drafts(target.parent)
    try:
        with _said(target):
            with closing(sqlite3.connect(database, timeout=60)) as connection:
                connection.execute("VACUUM INTO ?", (str(draft),))
            draft.chmod(database.stat().st_mode & 0o777)
            require_sound(draft)
            sync_file(draft)
            _name_it(draft, target)
            sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _clear_away_left_drafts(folder: Path) -> None:
    """What a process that was killed in the middle of a copy has left behind. It holds names: it must not stay."""
    for path in folder.glob(".*.part"):
        named = _DRAFT.fullmatch(path.name)
        if named and surely_gone(replace(this_process(), pid=int(named["pid"]), started="")):
            path.unlink(missing_ok=True)


def require_sound(path: Path, *, campaign: str = "") -> None:
    """Refuse a file that is no whole database of this version, or does not hold this campaign. Raises DatabaseError."""
    if not path.is_file():
        raise DatabaseError(
            Problem(what="There is no such file.", where=str(path), remedy="Check the name and the folder.")
        )
    try:
        revision, names = _looked_at(path)
    except sqlite3.DatabaseError as error:
        raise _refused(path, f"This is not a campaign's database ({error}).") from error
    if revision != HEAD:
        raise _refused(
            path, f"It is from another version of campaign-bot (revision {revision}, this one needs {HEAD})."
        )
    if campaign and campaign not in names:
        held = ", ".join(f"“{name}”" for name in names) or "no campaign"
        raise _refused(path, f"It does not hold “{campaign}”, but {held}.")


def put_back(source: Path, database: Path) -> None:
    """Make a database file say what a sound copy says, at once and as a whole; the caller holds the runner's lock.

    Whoever has the file open simply sees the other contents from the next look on. Raises DatabaseError.
    """
    with _said(database), _read_only(source) as copy, closing(sqlite3.connect(database, timeout=60)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        copy.backup(connection)
        connection.execute("PRAGMA journal_mode=WAL")


def set_aside(database: Path, name: Path) -> None:
    """Keep a file that is no sound database any more, with its log, under another name."""
    for suffix in ("", "-wal", "-shm"):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.rename(name.with_name(name.name + suffix))


def refuse_server(database: Database) -> Path:
    """The path of a database file, whether or not it is there. Raises UsageError for a server."""
    if database.path is None:
        raise UsageError(
            Problem(
                what="A server's database is not copied by campaign-bot.",
                remedy="Use the server's own tools: pg_dump to make a backup, pg_restore to put it back.",
            )
        )
    return database.path


def file_of(database: Database) -> Path:
    """The file of a database. Raises UsageError for a server, and DatabaseError when there is none yet."""
    path = refuse_server(database)
    if not path.exists():
        raise DatabaseError(Problem(what="There is no database yet.", where=str(path), remedy=f"Run: {HOW_TO_BEGIN}"))
    return path


def _looked_at(path: Path) -> tuple[str | None, tuple[str, ...]]:
    with _read_only(path) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"damaged: {str(verdict)[:80]}")
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        names = connection.execute("SELECT name FROM campaigns ORDER BY name").fetchall()
    return (revision[0] if revision else None), tuple(name for (name,) in names)


@contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as connection:
        yield connection


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        what = f"The copy could not be written: {error}."
        raise DatabaseError(
            Problem(what=what, where=str(path), remedy="Is there room, and may you write there?")
        ) from error


def _name_it(draft: Path, target: Path) -> None:
    """Never over another file, not even one that came up this moment."""
    try:
        target.hardlink_to(draft)
    except FileExistsError:
        raise _taken(target) from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise _taken(target) from None
        draft.rename(target)


def sync_file(path: Path) -> None:
    """What is in a file is on the disk. Raises OSError."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _taken(target: Path) -> UsageError:
    return UsageError(
        Problem(
            what="There is a file of that name; it stays as it is.", where=str(target), remedy="Choose another name."
        )
    )


def _refused(path: Path, what: str) -> DatabaseError:
    return DatabaseError(Problem(what=what, where=str(path), remedy="Nothing was changed. Choose another backup."))
