"""The runner's lock, with real processes that hold it, let go of it, and are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.clock import VirtualClock
from bot.errors import DatabaseError, ExitCode, RunnerLockedError
from bot.platform import RunnerLock, surely_gone, this_process
from bot.platform.lock import holder_from, lock_path
from bot.platform.process import started_from_stat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import pathlib, sys
from bot.platform import RunnerLock
with RunnerLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input ends."""
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "campaign.db"


def test_a_second_runner_is_refused_and_told_who_holds_the_lock(database: Path) -> None:
    with holder(database) as child, pytest.raises(RunnerLockedError) as caught:
        RunnerLock(database).acquire()
    assert f"process {child.pid} on " in str(caught.value)
    assert caught.value.exit_code is ExitCode.LOCKED


def test_two_locks_of_one_process_exclude_each_other_too(database: Path) -> None:
    with RunnerLock(database), pytest.raises(RunnerLockedError, match=str(os.getpid())):
        RunnerLock(database).acquire()


def test_a_runner_that_ends_frees_the_lock(database: Path) -> None:
    with holder(database) as child:
        child.communicate(timeout=60)
        with RunnerLock(database) as lock:
            assert lock.still_held()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_runner_killed_outright_frees_the_lock_and_is_known_to_be_gone(database: Path) -> None:
    with holder(database) as child:
        found = RunnerLock.probe(database)
        assert found is not None
        assert not surely_gone(found.process)
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=60)
        assert RunnerLock.probe(database) is None
        assert surely_gone(found.process)
        with RunnerLock(database) as lock:
            assert lock.still_held()


def test_the_lock_records_process_host_and_start(database: Path) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    with RunnerLock(database, VirtualClock(now)):
        found = RunnerLock.probe(database)
    assert found is not None
    assert found.process == this_process()
    assert found.since == now
    assert str(found).endswith("since 2026-11-23 09:00 UTC")


def test_probing_creates_nothing_and_disturbs_nothing(database: Path) -> None:
    assert RunnerLock.probe(database) is None
    assert not lock_path(database).exists()
    with RunnerLock(database) as lock:
        RunnerLock.probe(database)
        assert lock.still_held()
    assert RunnerLock.probe(database) is None
    assert lock_path(database).read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no shared locks")
def test_somebody_who_only_asks_neither_stops_a_runner_nor_looks_like_one(database: Path) -> None:
    import fcntl

    asking = os.open(lock_path(database), os.O_RDWR | os.O_CREAT)
    fcntl.flock(asking, fcntl.LOCK_SH)
    assert RunnerLock.probe(database) is None
    done = threading.Timer(0.05, os.close, [asking])
    done.start()
    with RunnerLock(database) as lock:
        assert lock.still_held()
    done.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let an open file be removed")
def test_a_runner_notices_that_its_lock_file_was_removed_or_replaced(database: Path) -> None:
    with RunnerLock(database) as lock:
        lock_path(database).unlink()
        assert not lock.still_held()
        with RunnerLock(database) as second:
            assert second.still_held()
            assert not lock.still_held()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let an open file be removed")
def test_a_lock_on_a_file_that_was_removed_in_that_moment_is_none(tmp_path: Path) -> None:
    removed: list[object] = []

    class Removed(type(tmp_path)):  # type: ignore[misc]  # the class of paths depends on the system
        """Somebody removes the file between its opening and the first look at it."""

        def stat(self, **named: object) -> os.stat_result:
            if not removed:
                removed.append(self)
                self.unlink()
            found: os.stat_result = super().stat(**named)
            return found

    with RunnerLock(Removed(tmp_path / "campaign.db")) as lock:
        assert len(removed) == 1
        assert lock.still_held()


def test_a_lock_may_be_taken_and_released_again_and_again(database: Path) -> None:
    lock = RunnerLock(database)
    for _ in range(3):
        lock.acquire()
        lock.acquire()
        assert lock.still_held()
        lock.release()
        lock.release()
        assert not lock.still_held()


def test_a_child_program_does_not_inherit_the_lock(database: Path) -> None:
    lock = RunnerLock(database)
    lock.acquire()
    wait = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout is not None
        child.stdout.readline()
        lock.release()
        assert RunnerLock.probe(database) is None
        child.kill()


def test_a_folder_that_cannot_hold_a_lock_is_a_plain_message(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="No runner can work here"):
        RunnerLock(tmp_path / "missing" / "campaign.db").acquire()


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "null"])
def test_a_damaged_record_stands_for_an_unknown_runner(record: str) -> None:
    assert str(holder_from(record)) == "another runner"


def test_a_process_of_another_computer_or_an_unknown_boot_is_never_surely_gone() -> None:
    mine = this_process()
    assert not surely_gone(mine)
    assert not surely_gone(replace(mine, host="another-computer", boot_id="other"))
    assert not surely_gone(replace(mine, boot_id=""))
    assert not surely_gone(replace(mine, pid=0))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows gives no boot id")
def test_a_process_of_an_earlier_boot_or_with_a_reused_number_is_surely_gone() -> None:
    mine = this_process()
    assert surely_gone(replace(mine, boot_id="an earlier start of this computer"))
    assert surely_gone(replace(mine, started="an earlier process with this number"))


def test_a_program_with_an_odd_name_does_not_confuse_its_start_time() -> None:
    fields = " ".join(str(number) for number in range(4, 53))
    assert started_from_stat(f"77 (odd) name (x) S {fields}") == "22"
    assert started_from_stat("") == ""
