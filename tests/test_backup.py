"""Backups are whole, also while a runner works; putting one back sends nothing before a person has looked."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from bot.bootstrap import require_safe
from bot.core import guarding
from bot.core.desk import Desk
from bot.core.keeping import back_up, restore
from bot.errors import DatabaseError, ExitCode, PersonNeededError, UsageError
from bot.lifecycle import state_of
from bot.model import Mode, PostState
from bot.platform import RunnerLock
from bot.storage import Storage
from bot.storage.backups import put_back, require_sound, save_copy
from bot.storage.copying import copy_rows
from bot.storage.engine import Database
from bot.storage.migrate import create_if_new
from tests.campaigns import Stage, a_stage
from tests.underway import campaign_bot, fine, posts_of, refusal, shop_of

NOW = datetime(2027, 3, 8, 9, tzinfo=UTC)
ROUNDS = 100


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A signed-off and started campaign in a file."""
    return a_stage(tmp_path).plan_and_sign().start()


def path_of(stage: Stage) -> Path:
    path = stage.storage.database.path
    assert path is not None
    return path


def desk_of(stage: Stage, storage: Storage) -> Desk:
    return Desk(storage=storage, clock=stage.clock, campaign=stage.bot.config.name, actor="Ann Example")


def write_for_ever(path: str, ready: Event, stop: Event) -> None:
    """A second process under load: each transaction adds two rows that belong together."""
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        number = 0
        while not stop.is_set():
            connection.execute("BEGIN IMMEDIATE")
            for half in ("a", "b"):
                row = (f"{number}{half}", "host", 1, "2027-03-08T09:00:00.000000Z", "2027-03-08T09:00:00.000000Z")
                connection.execute(
                    "INSERT INTO runners (runner_id, host, pid, started_at, heartbeat_at) VALUES (?, ?, ?, ?, ?)", row
                )
            connection.execute("COMMIT")
            number += 1
            ready.set()


def test_every_one_of_a_hundred_copies_made_under_load_is_whole(stage: Stage, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    writer = context.Process(target=write_for_ever, args=(str(path_of(stage)), ready, stop))
    writer.start()
    sizes = []
    try:
        assert ready.wait(30)
        for number in range(ROUNDS):
            target = tmp_path / f"copy-{number}.db"
            save_copy(path_of(stage), target)
            with closing(sqlite3.connect(target)) as connection:
                sizes.append(connection.execute("SELECT count(*) FROM runners").fetchone()[0])
            target.unlink()
    finally:
        stop.set()
        writer.join(30)
    assert writer.exitcode == 0
    assert all(size % 2 == 0 for size in sizes)
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_a_backup_holds_everything_and_lies_beside_the_database(stage: Stage) -> None:
    done = back_up(stage.storage.database, None, NOW)
    assert done.path.name == "campaign-20270308-090000.backup.db"
    assert done.size == done.path.stat().st_size
    with closing(Storage(f"sqlite:///{done.path}")) as copy:
        assert copy.plans.posts(1) == stage.bot.posts()
    assert [path.name for path in done.path.parent.glob(".*")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes")
def test_a_backup_is_as_private_as_the_database(stage: Stage, tmp_path: Path) -> None:
    path_of(stage).chmod(0o600)
    save_copy(path_of(stage), tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_backup_never_replaces_a_file(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("to my aunt", "utf-8")
    with pytest.raises(UsageError, match="stays as it is"):
        back_up(stage.storage.database, tmp_path / "letter.db", NOW)
    assert (tmp_path / "letter.db").read_text("utf-8") == "to my aunt"


def test_a_damaged_database_makes_no_backup(stage: Stage, tmp_path: Path) -> None:
    path = path_of(stage)
    stage.storage.close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    path.write_bytes(content)
    with pytest.raises(DatabaseError):
        save_copy(path, tmp_path / "copy.db")
    assert list(tmp_path.glob("*copy.db*")) == []


def test_a_server_is_backed_up_by_its_own_tools(postgres_database: str, tmp_path: Path) -> None:
    with closing(Database(postgres_database)) as database, pytest.raises(UsageError, match="pg_dump"):
        back_up(database, tmp_path / "copy.db", NOW)


def test_a_campaign_that_moves_to_a_server_in_mid_week_goes_on_there(stage: Stage, postgres_database: str) -> None:
    stage.run_until(NOW + timedelta(hours=3))
    sent = len(stage.network.calls)
    with closing(Storage(postgres_database, durable=False, now=stage.clock.now)) as server:
        create_if_new(server.database)
        copy_rows(stage.storage.database, server.database)
        desk = replace(stage.bot.record, storage=server)
        moved = replace(stage, bot=replace(stage.bot, record=desk, stage=desk))
        moved.runners = 10
        moved.run_to_the_end()
        assert {state_of(post) for post in moved.bot.posts()} == {PostState.POSTED}
    texts = stage.network.texts()
    assert len(texts) == len(set(texts)) > sent > 0


def restored(stage: Stage, source: Path, *, calls: int = 0) -> bool:
    path = path_of(stage)
    with RunnerLock(path):
        done = restore(
            lambda storage: desk_of(stage, storage), path, source,
            campaign=stage.bot.config.name, now=stage.clock.now(), count=lambda _: calls,
        )  # fmt: skip
    assert done.kept is not None
    require_sound(done.kept, campaign=stage.bot.config.name)
    return done.doubtful


def test_after_a_restore_the_database_says_what_the_backup_said_and_nothing_goes_out(
    stage: Stage, tmp_path: Path
) -> None:
    source = back_up(stage.storage.database, tmp_path / "monday.db", NOW).path
    before = stage.bot.posts()
    stage.run_until(NOW + timedelta(hours=3))
    calls = len(stage.network.calls)
    assert restored(stage, source)
    assert stage.bot.posts() == before, "who had it open sees the other contents"
    assert stage.storage.installation.identity().doubt == "restored from a backup (monday.db)"
    assert stage.bot.record.record().paused_at is not None
    stage.run_to_the_end()
    assert len(stage.network.calls) == calls > 0


def test_a_restore_asks_for_no_look_when_nothing_was_ever_sent(stage: Stage, tmp_path: Path) -> None:
    source = back_up(stage.storage.database, tmp_path / "friday.db", NOW).path
    assert not restored(stage, source)
    assert restored(stage, source, calls=3)


def test_a_backup_that_knows_of_calls_is_doubted_also_where_nothing_else_does(stage: Stage, tmp_path: Path) -> None:
    """On a new computer: no count, and no database to be replaced."""
    stage.run_until(NOW + timedelta(minutes=1))
    source = back_up(stage.storage.database, tmp_path / "monday.db", NOW).path
    done = restore(
        lambda storage: desk_of(stage, storage), tmp_path / "new.db", source,
        campaign=stage.bot.config.name, now=stage.clock.now(), count=lambda _: 0,
    )  # fmt: skip
    assert (done.kept, done.doubtful) == (None, True)


def test_a_damaged_database_is_replaced_and_kept(stage: Stage, tmp_path: Path) -> None:
    path = path_of(stage)
    source = back_up(stage.storage.database, tmp_path / "sound.db", NOW).path
    stage.storage.close()
    path.write_text("the disk is old and tired", "utf-8")
    with RunnerLock(path):
        done = restore(
            lambda storage: desk_of(stage, storage), path, source,
            campaign=stage.bot.config.name, now=stage.clock.now(), count=lambda _: 0,
        )  # fmt: skip
    assert done.doubtful
    assert done.kept is not None
    assert done.kept.read_text("utf-8") == "the disk is old and tired"
    require_sound(path, campaign=stage.bot.config.name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "another version"),
        ("UPDATE campaigns SET name = 'Winter Heroes'", "Winter Heroes"),
        ("DROP TABLE campaigns", "not a campaign's database"),
    ],
)
def test_what_is_no_backup_of_this_campaign_is_refused(stage: Stage, tmp_path: Path, change: str, said: str) -> None:
    source = tmp_path / "other.db"
    save_copy(path_of(stage), source)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(change)
    before = stage.bot.posts()
    with pytest.raises(DatabaseError, match=said):
        restored(stage, source)
    assert stage.bot.posts() == before
    assert list(tmp_path.glob("*before-restore*")) == []


@pytest.mark.parametrize("content", [None, b"", b"a letter to my aunt, not a database"])
def test_a_file_that_is_no_database_is_refused(stage: Stage, tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "letter.db"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(DatabaseError):
        restored(stage, source)


def test_a_crash_while_a_backup_is_put_back_leaves_the_old_contents(stage: Stage, tmp_path: Path) -> None:
    source = back_up(stage.storage.database, tmp_path / "copy.db", NOW).path
    stage.run_until(NOW + timedelta(hours=3))
    after = stage.bot.posts()
    crash = multiprocessing.get_context("spawn").Process(target=die_in_the_middle, args=(source, path_of(stage)))
    crash.start()
    crash.join(30)
    assert crash.exitcode == 9
    assert stage.bot.posts() == after
    put_back(source, path_of(stage))
    assert stage.bot.posts() != after


def die_in_the_middle(source: Path, path: Path) -> None:
    """Copy some pages, and end without a word."""
    with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(path)) as target:
        copy.backup(target, pages=3, progress=lambda *_: os._exit(9))


# At the command line


def test_backup_and_restore_at_the_command_line(signed: Path, tmp_path: Path) -> None:
    target = tmp_path / "friday.db"
    assert str(target) in fine(campaign_bot(signed, "db", "backup", str(target)))
    fine(campaign_bot(signed, "skip", "w20"))
    assert "--yes" in refusal(campaign_bot(signed, "db", "restore", str(target)), ExitCode.USAGE)
    said = fine(campaign_bot(signed, "db", "restore", str(target), "--yes"))
    assert "Next: campaign-bot status" in said
    assert state_of(posts_of(signed)["w20"]) is PostState.APPROVED


def test_a_backup_works_while_a_runner_does_and_a_restore_waits_for_its_end(signed: Path, tmp_path: Path) -> None:
    target = tmp_path / "friday.db"
    with RunnerLock(signed / "campaign.db"):
        fine(campaign_bot(signed, "db", "backup", str(target)))
        waits = refusal(campaign_bot(signed, "db", "restore", str(target), "--yes"), ExitCode.LOCKED)
        assert "Leave that one to do the work" in waits
    fine(campaign_bot(signed, "skip", "w20"))
    fine(campaign_bot(signed, "db", "restore", str(target), "--yes"))
    assert state_of(posts_of(signed)["w20"]) is PostState.APPROVED


def test_after_calls_were_made_a_restore_leads_to_verify(signed: Path, tmp_path: Path) -> None:
    target = tmp_path / "friday.db"
    fine(campaign_bot(signed, "db", "backup", str(target)))
    with shop_of(signed) as shop:
        guarding.count_of(shop.bot.record, os.environ).note(5)
    said = fine(campaign_bot(signed, "db", "restore", str(target), "--yes"))
    assert "Next: campaign-bot db verify" in said
    with shop_of(signed) as shop:
        going_live = replace(shop, bot=replace(shop.bot, mode=Mode.LIVE))
        with pytest.raises(PersonNeededError, match="restored from a backup"):
            require_safe(going_live)
