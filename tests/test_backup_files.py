"""What a backup leaves on the disk: nothing half-made, and everything in the order in which it can be lost."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.core import guarding
from bot.core.counting import CallCount
from bot.errors import DatabaseError, UsageError
from bot.storage.backups import _name_it, require_sound, save_copy, set_aside
from bot.storage.copying import copy_to_file
from bot.storage.engine import Database
from bot.storage.migrate import create_if_new, upgrade
from tests.campaigns import a_stage
from tests.reality.strace import require_strace


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "campaign.db"
    with closing(Database(f"sqlite:///{path}")) as made:
        create_if_new(made)
    return path


def a_process_that_has_ended() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        return child.pid


def test_the_next_backup_clears_away_what_a_killed_one_has_left(database: Path) -> None:
    left = database.with_name(f".monday.db.{a_process_that_has_ended()}.part")
    living = database.with_name(".tuesday.db.1.part")
    others = database.with_name(".download.part")
    for path in (left, living, others):
        path.write_bytes(b"SQLite format 3\x00 and half of everybody's names")
    save_copy(database, database.with_name("wednesday.db"))
    assert [path.exists() for path in (left, living, others)] == [False, True, True]


def test_a_backup_is_on_the_disk_before_it_gets_its_name_and_its_name_after_that(database: Path) -> None:
    require_strace()
    log, target = database.with_name("log"), database.with_name("copy.db")
    script = (
        "from pathlib import Path; from bot.storage.backups import save_copy; "
        f"save_copy(Path({str(database)!r}), Path({str(target)!r}))"
    )
    traced = ["strace", "-f", "-y", "-o", str(log), "-e", "trace=fsync,link,linkat,rename,renameat,renameat2"]
    subprocess.run([*traced, sys.executable, "-c", script], check=True, capture_output=True)
    deeds = re.findall(r"^\d+ +(fsync\(\d+<.*?>|link|rename)", log.read_text("utf-8"), re.MULTILINE)
    named = next(place for place, deed in enumerate(deeds) if deed in {"link", "rename"})
    assert deeds[named - 1].endswith(".part>")
    assert deeds[named + 1].endswith(f"<{database.parent}>")


def test_what_is_no_campaigns_database_makes_no_backup(tmp_path: Path) -> None:
    """Whoever keeps that one, and needs it one day, would learn then that it was none."""
    other, target = tmp_path / "other.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(DatabaseError, match="not a campaign's database"):
        save_copy(other, target)
    assert not target.exists()


def test_a_database_that_can_be_read_and_is_damaged_all_the_same_is_no_backup(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND name LIKE 'ix_messages%'")
        connection.commit()
    with pytest.raises(DatabaseError, match="damaged"):
        require_sound(database)


def test_a_damaged_database_is_set_aside_with_its_log(tmp_path: Path) -> None:
    """A log that stays behind would be taken for that of the database which comes in its place."""
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"campaign.db{suffix}").write_text("old and tired", "utf-8")
    set_aside(tmp_path / "campaign.db", tmp_path / "kept.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "kept.db-shm", "kept.db-wal"]


def test_a_copy_that_cannot_be_made_leaves_the_one_from_before(tmp_path: Path) -> None:
    original, target = tmp_path / "campaign.db", tmp_path / "practice.db"
    original.write_text("no database at all, and long enough to be taken for one", "utf-8")
    target.write_text("the practice of yesterday", "utf-8")
    with pytest.raises(sqlite3.DatabaseError):
        copy_to_file(Database(f"sqlite:///{original}"), target)
    assert target.read_text("utf-8") == "the practice of yesterday"


def test_a_backup_takes_no_name_that_another_file_got_this_moment(tmp_path: Path) -> None:
    draft, target = tmp_path / ".draft.part", tmp_path / "copy.db"
    draft.write_text("new", "utf-8")
    target.write_text("somebody's", "utf-8")
    with pytest.raises(UsageError, match="There is a file of that name"):
        _name_it(draft, target)
    assert target.read_text("utf-8") == "somebody's"


def test_the_count_of_calls_is_on_the_disk_when_it_is_noted(tmp_path: Path) -> None:
    require_strace()
    log = tmp_path / "log"
    script = f"from pathlib import Path; from bot.core.counting import CallCount; CallCount(Path({str(tmp_path)!r}), 'id').note(7)"
    traced = ["strace", "-f", "-y", "-o", str(log), "-e", "trace=write,fsync,close"]
    subprocess.run([*traced, sys.executable, "-c", script], check=True, capture_output=True)
    deeds = re.findall(r"^\d+ +(write|fsync|close)\(\d+<[^>]*/id\.count>", log.read_text("utf-8"), re.MULTILINE)
    assert deeds == ["write", "fsync", "close"]


def test_the_id_of_an_installation_is_on_the_disk_before_it_gets_its_name(tmp_path: Path) -> None:
    """An empty one after a power cut would make this computer a stranger to its own campaigns."""
    require_strace()
    log = tmp_path / "log"
    script = (
        f"from pathlib import Path; from bot.platform import installation_id; installation_id(Path({str(tmp_path)!r}))"
    )
    traced = ["strace", "-f", "-y", "-o", str(log), "-e", "trace=fsync,link,linkat,rename,renameat,renameat2"]
    subprocess.run([*traced, sys.executable, "-c", script], check=True, capture_output=True)
    deeds = re.findall(r"^\d+ +(fsync|link|rename)[a-z0-9]*\(.*installation-id", log.read_text("utf-8"), re.MULTILINE)
    assert deeds == ["fsync", "link"]


def test_a_form_that_this_version_does_not_know_is_one_clear_error(database: Path) -> None:
    with closing(Database(f"sqlite:///{database}")) as opened:
        with opened.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002-of-somebody'")
        with pytest.raises(DatabaseError, match="does not know"):
            upgrade(opened)


@contextmanager
def a_full_disk() -> Iterator[None]:
    resource = pytest.importorskip("resource", reason="NOT PROVED HERE: no way to limit files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_count_that_a_full_disk_does_not_take_is_one_clear_error(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    stage.run_until(min(post.slot.due_at for post in stage.bot.posts()))
    assert stage.storage.installation.attempts() == 1
    count = CallCount(tmp_path / "state", stage.storage.installation.identity().database_id)
    with a_full_disk(), pytest.raises(DatabaseError, match="cannot be written"):
        guarding.refuse_older_copy(stage.bot.record, count)
    guarding.refuse_older_copy(stage.bot.record, count)
    assert count.read() == 1
    stage.storage.close()
