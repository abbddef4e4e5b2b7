"""One runner for each database: a lock that the kernel takes back when its holder dies, however it dies."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.clock import Clock, SystemClock
from bot.errors import DatabaseError, Problem, RunnerLockedError
from bot.platform.process import ProcessIdentity, this_process

if TYPE_CHECKING:
    from types import TracebackType

_BUSY = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_MAX_RECORD = 4096
_TRIES = 5
_SECONDS_BETWEEN_TRIES = 0.05
_UNKNOWN = ProcessIdentity(pid=0, host="", boot_id="", started="")

if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read by others on Windows: this one lies far behind the record.
    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int, *, shared: bool) -> None:  # noqa: ARG001 - msvcrt has no shared locks
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> None:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


@dataclass(frozen=True, kw_only=True)
class LockHolder:
    """Who holds a lock. ``since`` is aware, in UTC; None where the record cannot be read (yet)."""

    process: ProcessIdentity
    since: datetime | None

    def __str__(self) -> str:
        if not self.process.pid:
            return "another runner"
        since = f", since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        return f"process {self.process.pid} on {self.process.host}{since}"


class RunnerLock:
    """The lock beside a database file. Takes the path of the database, and works as a context manager.

    Child processes that are started as new programs do not inherit it. Do not fork while it is held: a fork shares it.
    """

    def __init__(self, database: Path, clock: Clock | None = None) -> None:
        self.path = lock_path(database)
        self._clock = clock or SystemClock()
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or say who has it; taking it again changes nothing.

        It tries for a quarter of a second, because somebody who only asks holds it for a moment too.
        Raises ``RunnerLockedError`` naming the holder, and ``DatabaseError`` where the folder cannot hold a lock.
        """
        if self._descriptor is not None:
            return
        for _ in range(_TRIES):
            descriptor = _patiently_locked(self.path)
            if _is_same_file(descriptor, self.path):  # else somebody removed the file in between
                self._write_record(descriptor)
                self._descriptor = descriptor
                return
            os.close(descriptor)
        raise _locked(self.path, LockHolder(process=_UNKNOWN, since=None))

    def _write_record(self, descriptor: int) -> None:
        try:
            _write_record(descriptor, this_process(), self._clock.now())
        except OSError as error:  # the disk is full
            os.close(descriptor)
            raise _unusable(self.path, error) from error

    def release(self) -> None:
        """Let go. The file stays: removing it would let two runners lock two files of one name."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)

    def still_held(self) -> bool:
        """Whether the path still is the locked file. If not, somebody removed it and a second runner may be at work."""
        return self._descriptor is not None and _is_same_file(self._descriptor, self.path)

    @staticmethod
    def probe(database: Path) -> LockHolder | None:
        """Who holds the lock of a database right now, or None. Creates nothing; raises ``DatabaseError``."""
        path = lock_path(database)
        if not path.exists():
            return None
        try:
            os.close(_open_and_lock(path, shared=True))
        except RunnerLockedError:
            return _read_record(path)
        return None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_path(database: Path) -> Path:
    """Where the lock of a database lies."""
    return database.with_name(f"{database.name}.runner.lock")


def _patiently_locked(path: Path) -> int:
    for _ in range(_TRIES - 1):
        try:
            return _open_and_lock(path, shared=False)
        except RunnerLockedError:
            time.sleep(_SECONDS_BETWEEN_TRIES)
    return _open_and_lock(path, shared=False)


def _open_and_lock(path: Path, *, shared: bool) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        _lock(descriptor, shared=shared)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _BUSY:
            raise _locked(path, _read_record(path)) from error
        raise _unusable(path, error) from error
    return descriptor


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _write_record(descriptor: int, process: ProcessIdentity, now: datetime) -> None:
    record = json.dumps({**asdict(process), "since": now.astimezone(UTC).isoformat()}).encode()
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, record)


def _read_record(path: Path) -> LockHolder:
    try:
        with path.open("rb") as file:
            return holder_from(file.read(_MAX_RECORD).decode("utf-8", "replace"))
    except OSError:
        return LockHolder(process=_UNKNOWN, since=None)


def holder_from(record: str) -> LockHolder:
    """The holder that a record names; an unknown one when it is empty or damaged."""
    try:
        found = json.loads(record)
        process = ProcessIdentity(
            pid=int(found["pid"]),
            host=str(found["host"]),
            boot_id=str(found["boot_id"]),
            started=str(found["started"]),
        )
        return LockHolder(process=process, since=datetime.fromisoformat(found["since"]))
    except (ValueError, KeyError, TypeError):
        return LockHolder(process=_UNKNOWN, since=None)


def _locked(path: Path, holder: LockHolder) -> RunnerLockedError:
    return RunnerLockedError(
        Problem(
            what=f"This campaign is in the hands of {holder} already.",
            where=str(path),
            remedy="Leave that one to do the work, or stop it first. Do not remove the lock file: it does not stop it.",
        )
    )


def _unusable(path: Path, error: OSError) -> DatabaseError:
    return DatabaseError(
        Problem(
            what=f"No runner can work here: {error.strerror or error}.",
            where=str(path),
            remedy="The database needs a folder on this computer's own disk, and you need to be allowed to write there.",
        )
    )
