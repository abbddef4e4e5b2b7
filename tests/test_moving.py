"""``campaign-bot db move``: all of it or nothing, never two databases that both could run. On a real PostgreSQL server."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.bootstrap import lock_file
from bot.core.moving import Moved, address_in, move_database, no_step
from bot.errors import DatabaseError, ExitCode, PersonNeededError, RunnerLockedError, UsageError
from bot.lifecycle import state_of
from bot.model import PostState, RunnerRecord
from bot.platform import RunnerLock, installation_id, state_dir
from bot.storage import Storage, schema
from bot.storage.engine import Database
from bot.storage.leases import Lease
from bot.storage.migrate import create_if_new
from bot.storage.moving import Place, contents, place
from tests.campaigns import Stage, a_stage, lost_answer
from tests.screens import set_line
from tests.underway import campaign_bot, fine, refusal, shop_of

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
TUESDAY_0 = datetime(2027, 3, 9, tzinfo=UTC)
TO_A_SERVER, TO_A_FILE = "to a server", "to a file"


@dataclass(kw_only=True)
class Removal:
    """A campaign in its week, and an empty place on the other engine."""

    stage: Stage
    target: Storage

    @property
    def source(self) -> Storage:
        return self.stage.storage

    @property
    def moved(self) -> Stage:
        """The same campaign and network, on the target."""
        desk = replace(self.stage.bot.record, storage=self.target)
        return replace(self.stage, bot=replace(self.stage.bot, record=desk, stage=desk))

    def go(self, step: Callable[[str], None] = no_step) -> Moved:
        return move_database(
            self.source,
            self.target,
            locks=[lock_file(self.source.database), lock_file(self.target.database)],
            entry=lambda detail: self.stage.bot.record.entry("move", detail=detail),
            clock=self.stage.clock,
            environ=os.environ,
            step=step,
        )

    def may_run(self) -> list[Storage]:
        """Those of the two databases that nothing keeps a runner from."""
        found = [each for each in (self.source, self.target) if place(each.database, "") is Place.TAKEN]
        return [each for each in found if not each.installation.identity().doubt]


@pytest.fixture(params=[TO_A_SERVER, TO_A_FILE])
def removal(request: pytest.FixtureRequest, tmp_path: Path, postgres_database: str) -> Iterator[Removal]:
    """Monday is out, the rest of the week is not."""
    here, there = f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
    urls = (here, postgres_database) if request.param == TO_A_SERVER else (postgres_database, there)
    stage = a_stage(tmp_path, urls[0]).plan_and_sign().start()
    runner = stage.runner()
    stage.run_until(TUESDAY_0, runner)
    runner.end()
    with closing(Storage(urls[1], now=stage.clock.now)) as target:
        yield Removal(stage=stage, target=target)
    stage.storage.close()


def everything(database: Database) -> list[object]:
    tables = schema.whole_metadata().sorted_tables
    with database.read() as connection:
        return [
            contents(connection, table) for table in tables if table.name not in {"audit", "accounts", "installation"}
        ]


def test_all_of_it_moves_and_the_week_goes_on_there(removal: Removal) -> None:
    before, out = everything(removal.source.database), len(removal.stage.network.texts())
    done = removal.go()
    assert everything(removal.target.database) == before
    assert done.rows > 100
    assert {table.table for table in done.contents} == set(schema.whole_metadata().tables)
    removal.moved.run_to_the_end()
    texts = removal.stage.network.texts()
    assert len(texts) == len(set(texts)) > out > 0
    assert {state_of(post) for post in removal.moved.bot.posts()} == {PostState.POSTED}


def test_the_log_tells_of_the_move_and_new_rows_find_free_numbers(removal: Removal) -> None:
    removal.go()
    line = removal.moved.bot.log()[-1]
    assert (line.action, line.actor) == ("move", "Ann Example")
    assert removal.source.database.where in line.detail
    removal.moved.bot.pause(reason="a day of mourning")
    assert removal.moved.bot.log()[-1].action == "pause"


def test_from_the_old_database_nothing_goes_out_any_more_and_it_says_where_everything_went(removal: Removal) -> None:
    removal.go()
    calls = len(removal.stage.network.calls)
    due = min(post.slot.due_at for post in removal.stage.bot.posts() if state_of(post) is PostState.APPROVED)
    removal.stage.run_until(due + timedelta(seconds=20))
    assert len(removal.stage.network.calls) == calls
    assert removal.source.installation.identity().moved_to == removal.target.database.where
    with pytest.raises(PersonNeededError, match="already"):
        removal.go()


def test_a_file_is_bound_to_this_computer_and_a_server_to_none(removal: Removal) -> None:
    removal.go()
    bound = removal.target.installation.identity().installation_id
    here = installation_id(state_dir(os.environ))
    assert bound == (here if removal.target.database.path is not None else None)


@pytest.mark.parametrize("step", ["the copy is there", "before the original is marked", "the original is marked"])
def test_wherever_it_is_cut_off_at_most_one_may_run_and_the_same_command_ends_it(removal: Removal, step: str) -> None:
    def cut_off(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        removal.go(cut_off)
    assert removal.may_run() == ([] if step == "the original is marked" else [removal.source])
    removal.go()
    assert removal.may_run() == [removal.target]
    removal.moved.run_to_the_end()
    texts = removal.stage.network.texts()
    assert len(texts) == len(set(texts))
    assert {state_of(post) for post in removal.moved.bot.posts()} == {PostState.POSTED}


def test_what_is_cut_off_early_and_then_worked_on_is_moved_as_it_is_by_then(removal: Removal) -> None:
    def cut_off(name: str) -> None:
        if name == "the copy is there":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        removal.go(cut_off)
    removal.stage.bot.skip("winner")
    removal.go()
    assert state_of(removal.moved.posts["winner"]) is PostState.SKIPPED


def test_a_copy_that_differs_is_no_move(removal: Removal) -> None:
    def spoil(name: str) -> None:
        if name == "the copy is there":
            with removal.target.database.write() as connection:
                connection.execute(sa.update(schema.messages).values(text="Something else"))

    with pytest.raises(DatabaseError, match="differs in messages"):
        removal.go(spoil)
    assert removal.may_run() == [removal.source]


def test_a_target_that_is_not_empty_is_left_alone(removal: Removal) -> None:
    create_if_new(removal.target.database)
    removal.target.campaigns.ensure("Another campaign")
    with pytest.raises(DatabaseError, match="not empty"):
        removal.go()
    assert removal.may_run() == [removal.source, removal.target]
    assert removal.target.campaigns.names() == ("Another campaign",)


def test_tables_of_others_are_not_empty_either(removal: Removal) -> None:
    with removal.target.database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE library_books (title text)")
    with pytest.raises(DatabaseError, match="not empty"):
        removal.go()


def test_under_a_runner_of_this_computer_nothing_is_moved(removal: Removal) -> None:
    with RunnerLock(lock_file(removal.source.database)), pytest.raises(RunnerLockedError):
        removal.go()
    assert place(removal.target.database, "") is Place.EMPTY


def test_under_a_runner_of_another_computer_nothing_is_moved_until_it_has_been_silent_for_a_minute(
    removal: Removal,
) -> None:
    now = removal.stage.clock.now()
    removal.source.delivery.announce(
        RunnerRecord(runner_id="far away", host="elsewhere", pid=1, started_at=now, heartbeat_at=now)
    )
    with pytest.raises(RunnerLockedError, match="elsewhere"):
        removal.go()
    removal.stage.clock.advance(timedelta(seconds=61))
    assert removal.go().rows > 100


def test_a_call_without_a_clear_answer_is_settled_first(removal: Removal) -> None:
    removal.stage.network.faults.append(lost_answer)
    runner = removal.stage.runner()
    removal.stage.clock.advance_to(TUESDAY_0 + timedelta(hours=9))
    runner.tick()
    runner.end()
    with pytest.raises(PersonNeededError, match="no clear answer"):
        removal.go()
    runner = removal.stage.runner()
    removal.stage.run_until(removal.stage.clock.now() + timedelta(minutes=5), runner)
    runner.end()
    assert removal.go().rows > 100


def test_a_database_in_doubt_is_verified_before_it_moves(removal: Removal) -> None:
    removal.source.installation.record_doubt("restored from an older copy")
    with pytest.raises(PersonNeededError, match="db verify"):
        removal.go()


def test_an_intent_that_comes_during_the_move_waits_and_is_not_written(tmp_path: Path, postgres_database: str) -> None:
    stage = a_stage(tmp_path, postgres_database).plan_and_sign().start()
    stage.clock.advance_to(MONDAY_9)
    post = stage.posts["w20"]
    fence = stage.storage.delivery.claim(post.key.account_id, "late", now=stage.clock.now())
    assert fence is not None
    lease = Lease(account_id=post.key.account_id, runner_id="late", fence=fence)
    written: list[object] = []

    def late_intent() -> None:
        now = stage.clock.now()
        delivery = stage.storage.delivery
        written.append(delivery.record_intent(post, post.messages[0], in_reply_to=None, lease=lease, now=now))

    late = threading.Thread(target=late_intent)

    def begin(name: str) -> None:
        if name == "the copy is there":
            late.start()
            late.join(0.3)
            assert late.is_alive(), "it should wait for the move"

    with closing(Storage(f"sqlite:///{tmp_path / 'file.db'}", now=stage.clock.now)) as target:
        Removal(stage=stage, target=target).go(begin)
        late.join(30)
        assert written == [None]
        assert target.installation.attempts() == 0
    assert stage.storage.installation.attempts() == 0
    stage.storage.close()


# The command


def server_address(postgres_database: str, password: str = "") -> str:
    """With a password, which the server of the tests does not ask for."""
    return postgres_database.replace("postgresql+psycopg://postgres@", f"postgresql://postgres{password}@")


def test_the_command_moves_to_a_server_says_the_line_to_change_and_the_week_is_there(
    signed: Path, postgres_database: str
) -> None:
    address = server_address(postgres_database)
    said = fine(campaign_bot(signed, "db", "move", "--to", address, "--yes"))
    (line,) = [text.strip() for text in said.splitlines() if text.strip().startswith("url = ")]
    number = int(said.partition("config.toml, line ")[2].partition(",")[0])
    assert (signed / "config.toml").read_text("utf-8").splitlines()[number - 1].startswith("url = ")
    for words in (("status",), ("plan",), ("preview",), ("run",), ("db", "verify", "--yes")):
        told = refusal(campaign_bot(signed, *words), ExitCode.PERSON_NEEDED)
        assert "was moved to postgresql://" in told, words
    assert "Moved to" in fine(campaign_bot(signed, "db", "status"))
    set_line(signed / "config.toml", "url", line.removeprefix("url = "))
    assert "31 approved" in fine(campaign_bot(signed, "status"))


def test_and_back_into_a_file(signed: Path, postgres_database: str) -> None:
    set_line(signed / "config.toml", "url", '"sqlite:///campaign.db"')
    fine(campaign_bot(signed, "db", "move", "--to", server_address(postgres_database), "--yes"))
    set_line(signed / "config.toml", "url", f'"{server_address(postgres_database)}"')
    assert "not empty" in refusal(
        campaign_bot(signed, "db", "move", "--to", "sqlite:///campaign.db", "--yes"), ExitCode.USAGE
    )
    said = fine(campaign_bot(signed, "db", "move", "--to", "sqlite:///week.db", "--yes"))
    assert 'url = "sqlite:///week.db"' in said
    set_line(signed / "config.toml", "url", '"sqlite:///week.db"')
    assert "31 approved" in fine(campaign_bot(signed, "status"))


def test_a_password_comes_by_the_variable_and_is_never_shown(
    signed: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = server_address(postgres_database, ":canary4711")
    told = refusal(campaign_bot(signed, "db", "move", "--to", secret, "--yes"), ExitCode.USAGE)
    assert "CAMPAIGN_BOT_DATABASE_URL" in told
    assert "not said where" in refusal(campaign_bot(signed, "db", "move", "--yes"), ExitCode.USAGE)
    monkeypatch.setenv("CAMPAIGN_BOT_DATABASE_URL", secret)
    said = fine(campaign_bot(signed, "db", "move", "--yes"))
    said += fine(campaign_bot(signed, "status")) + fine(campaign_bot(signed, "db", "status"))
    said += fine(campaign_bot(signed, "log"))
    monkeypatch.delenv("CAMPAIGN_BOT_DATABASE_URL")
    said += refusal(campaign_bot(signed, "status"), ExitCode.PERSON_NEEDED) + told
    assert "canary4711" not in said
    assert b"canary4711" not in b"".join(path.read_bytes() for path in signed.glob("*.db*"))


@pytest.mark.parametrize(
    "address", ["postgresql://ann:pw@host/db", "postgresql://host/db?user=ann&password=pw", "postgresql://:pw@/db"]
)
def test_an_address_with_a_password_is_refused_on_the_command_line(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="does not belong"):
        address_in(tmp_path, address)


@pytest.mark.parametrize(
    "address", ["postgresql://ann:pw@host/db", "postgresql://ann@host/db?password=pw&sslmode=require"]
)
def test_a_servers_address_is_shown_without_its_password(address: str) -> None:
    with closing(Database(address)) as database:
        assert database.where.startswith("postgresql://ann@host/db")
        assert "pw" not in database.where


def test_a_server_that_does_not_answer_changes_nothing(signed: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        refusal(
            campaign_bot(signed, "db", "move", "--to", f"postgresql://ann@127.0.0.1:{port}/week", "--yes"),
            ExitCode.USAGE,
        )
    assert "31 approved" in fine(campaign_bot(signed, "status"))


def test_without_a_database_there_is_nothing_to_move(tmp_path: Path) -> None:
    from tests.campaigns import a_folder

    told = refusal(campaign_bot(a_folder(tmp_path), "db", "move", "--to", "sqlite:///new.db", "--yes"), ExitCode.USAGE)
    assert "nothing to move" in told
    assert not (tmp_path / "new.db").exists()


def test_nobody_is_asked_where_nobody_sits(signed: Path) -> None:
    assert "--yes" in refusal(campaign_bot(signed, "db", "move", "--to", "sqlite:///new.db"), ExitCode.USAGE)
    assert not (signed / "new.db").exists()


def test_when_the_new_database_is_lost_for_good_a_person_can_go_back_to_the_old_one(signed: Path) -> None:
    fine(campaign_bot(signed, "db", "move", "--to", "sqlite:///new.db", "--yes"))
    assert "--lost" in refusal(campaign_bot(signed, "status"), ExitCode.PERSON_NEEDED)
    assert "in use again" in fine(campaign_bot(signed, "db", "verify", "--lost", "--yes"))
    with shop_of(signed) as shop:
        assert not shop.bot.record.storage.installation.identity().doubt
