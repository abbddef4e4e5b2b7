"""What ``run`` puts together for a live campaign: its guards, its count, its end. Real beats, a clock of the test's own."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.bootstrap import Shop, _runner, begin_practice, lock_file, lock_target, open_shop, practice_path, run
from bot.cli.health import _lock_held
from bot.cli.start import _say_end
from bot.clock import VirtualClock
from bot.config_reading import read_config
from bot.core.delivering import Event, serve_in_turn
from bot.core.guarding import count_of, only_one_copy_runs
from bot.core.leaving import Unserved
from bot.core.refusals import was_told
from bot.core.steering import slot_at
from bot.credentials import fingerprint
from bot.errors import CredentialsError, ExitCode, NotReadyError, PersonNeededError, Problem, RunnerLockedError
from bot.lifecycle import state_of
from bot.model import Mode, PostState
from bot.platform import RunnerLock
from bot.platform.lock import lock_path
from bot.platform.service import CANNOT_HEAL
from bot.storage import schema
from bot.storage.engine import Database
from tests.campaigns import a_stage
from tests.fake_x import faults
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.server import FakeXServer
from tests.post_office import Hook, hook
from tests.underway import ANN, plan, practise, shop_of, turn_live

__all__ = ["hook"]

FIRST, NEXT = "w20", "w19"
PATIENCE = 20.0


@dataclass(kw_only=True)
class Office:
    """A live campaign with one post due now and one in three seconds; what its runner tells, and what is done then."""

    shop: Shop
    clock: VirtualClock
    fake: FakeXServer
    when_the_first_is_out: Callable[[Office], object] | None = None
    events: list[Event] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    @property
    def lock(self) -> Path:
        return lock_path(lock_target(self.shop))

    def state(self, code: str) -> PostState:
        return state_of(self.shop.bot.post(code))

    def run(self) -> bool:
        """Until it ends by itself; a runner that would go on for ever finds nothing more to do after a while."""
        alarm_clock = threading.Timer(PATIENCE, self.leave_out_the_rest)
        alarm_clock.daemon = True
        alarm_clock.start()
        try:
            return run(self.shop, report=self.hear, alarm=self.be_alarmed)
        finally:
            alarm_clock.cancel()

    def leave_out_the_rest(self) -> None:
        with self.shop.bot.record.storage.database.write() as connection:
            rest = schema.posts.c.standing == "approved"
            connection.execute(sa.update(schema.posts).where(rest).values(standing="skipped", is_final=True))

    def hear(self, event: Event) -> None:
        self.events.append(event)
        if len(self.events) == 1 and self.when_the_first_is_out is not None:
            self.when_the_first_is_out(self)

    def be_alarmed(self, what: str) -> None:
        """One alarm is enough: a runner without its lock ends."""
        self.alarms.append(what)
        self.lock.unlink(missing_ok=True)


@pytest.fixture
def office(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    turn_live(signed, fake_x.base, monkeypatch)
    clock = VirtualClock(datetime.now(UTC).replace(microsecond=0))
    shop = open_shop(read_config(signed), actor=ANN, clock=clock)
    with shop.bot.record.storage.database.write() as connection:
        others = ~schema.posts.c.code.in_([FIRST, NEXT])
        connection.execute(sa.update(schema.posts).where(others).values(standing="skipped", is_final=True))
    for code, seconds in ((FIRST, 0), (NEXT, 3)):
        shop.bot.move(code, slot_at(clock.now() + timedelta(seconds=seconds), str(shop.bot.zone())))
    shop.bot.record_proof(shop.bot.account(), user_id=CREDENTIALS.user_id, fingerprint=fingerprint(CREDENTIALS))
    shop.bot.record_start()
    yield Office(shop=shop, clock=clock, fake=fake_x)
    shop.close()


def pass_time(office: Office) -> None:
    office.clock.advance(timedelta(seconds=7))


def test_a_run_needs_no_dead_runners_lease_counts_its_calls_and_says_that_it_has_ended(office: Office) -> None:
    delivery, account = office.shop.bot.stage.storage.delivery, office.shop.bot.account().account_id
    assert delivery.claim(account, "dead", now=office.clock.now()) == 1
    office.when_the_first_is_out = pass_time
    began = time.monotonic()
    assert office.run()
    assert time.monotonic() - began < PATIENCE
    assert office.alarms == []
    assert (office.state(FIRST), office.state(NEXT)) == (PostState.POSTED, PostState.POSTED)
    assert count_of(office.shop.bot.record, os.environ).read() == office.fake.fake.count("POST /2/tweets") == 2
    runner = delivery.latest_runner()
    assert runner is not None
    assert runner.stopped_at is not None
    assert delivery.claim(account, "another", now=office.clock.now()) is not None


def test_what_happens_to_a_post_reaches_those_who_are_not_looking(office: Office, hook: Hook) -> None:
    bot = office.shop.bot
    config = replace(bot.config, alerts=replace(bot.config.alerts, webhook=hook.url))
    office.shop = replace(office.shop, bot=replace(bot, config=config))
    office.fake.fake.faults.append(faults.answered(400))
    office.when_the_first_is_out = lambda _: office.leave_out_the_rest()
    office.run()
    told = json.loads(hook.got.get(timeout=PATIENCE)[2])
    assert (told["kind"], told["post"]) == ("failed", FIRST)


def test_a_runner_that_lost_its_lock_ends_with_a_code_after_which_a_service_tries_again(signed: Path) -> None:
    with shop_of(signed) as shop:
        ended = _say_end(shop.bot, ended=True, until_idle=False)
    assert ended is ExitCode.LOCKED
    assert ended not in CANNOT_HEAL


def test_after_a_run_that_works_every_refusal_is_news(office: Office) -> None:
    refusal = PersonNeededError(Problem(what="The clock is wrong."))
    known = [was_told(office.shop.bot.record, os.environ, refusal) for _ in range(2)]
    office.when_the_first_is_out = lambda _: office.leave_out_the_rest()
    office.run()
    assert [*known, was_told(office.shop.bot.record, os.environ, refusal)] == [False, True, False]


def test_a_runner_that_begins_on_a_server_takes_nobodys_account_away(tmp_path: Path, postgres_database: str) -> None:
    """Of a file it holds the lock, so nobody else is at work; on a server others may be."""
    stage = a_stage(tmp_path, postgres_database).plan_and_sign().start()
    delivery, account = stage.storage.delivery, stage.bot.account().account_id
    assert delivery.claim(account, "another", now=stage.clock.now()) == 1
    shop, sender = Shop(bot=stage.bot, clock=stage.clock), stage.runner().deliverer
    _runner(shop, replace(sender, runner_id="newcomer"), serve_in_turn, lambda _: None, until_idle=False)
    assert delivery.runner("newcomer") is not None
    assert delivery.claim(account, "newcomer", now=stage.clock.now()) is None
    assert _lock_held(shop) is None, "whether a runner is at work elsewhere says no lock of this computer"
    stage.storage.close()


def test_credentials_that_vanish_before_a_call_are_a_trouble_of_their_account_alone(tmp_path: Path) -> None:
    stage, told = a_stage(tmp_path).plan_and_sign().start(), list[Unserved]()
    shop, sender = Shop(bot=stage.bot, clock=stage.clock), stage.runner().deliverer
    runner = _runner(shop, replace(sender, runner_id="newcomer"), serve_in_turn, told.append, until_idle=False)
    runner.deliverer.unserved(stage.bot.account(), CredentialsError(Problem(what="They are gone.")))
    assert [(one.account, one.why, one.own) for one in told] == [(stage.bot.account(), "They are gone.", True)]
    stage.storage.close()


def test_practice_does_not_begin_anew_under_the_feet_of_its_runner(signed: Path) -> None:
    with shop_of(signed) as shop:
        begin_practice(shop).close()
        before = practice_path(shop.config).read_bytes()
        with RunnerLock(practice_path(shop.config)), pytest.raises(RunnerLockedError):
            begin_practice(shop)
        assert practice_path(shop.config).read_bytes() == before


def test_practice_is_over_when_the_week_is_planned_anew(signed: Path) -> None:
    practise(signed, days=0)
    with shop_of(signed) as shop:
        assert shop.bot.stage is not shop.bot.record
    plan(signed)
    with shop_of(signed) as shop:
        assert shop.bot.stage is shop.bot.record


def test_each_database_of_a_server_has_a_lock_of_its_own() -> None:
    one, same, other = (Database(f"postgresql://ann@db.example.org/{name}") for name in ("one", "one", "other"))
    assert lock_file(one) == lock_file(same) != lock_file(other)


def test_a_runner_whose_lock_file_is_removed_stops(office: Office) -> None:
    office.when_the_first_is_out = lambda _: office.lock.unlink()
    assert office.run()
    assert [what.partition(";")[0] for what in office.alarms] == ["The lock file of this runner was removed"]
    assert office.state(NEXT) is PostState.APPROVED


def test_a_runner_that_works_notices_that_its_database_is_doubted(office: Office) -> None:
    def doubt(_: Office) -> None:
        cast_doubt(office)
        pass_time(office)

    office.when_the_first_is_out = doubt
    office.run()
    assert "This database was restored from a backup" in office.alarms[0]
    assert office.state(NEXT) is PostState.APPROVED


def test_a_runner_that_works_notices_that_its_clock_is_wrong(office: Office) -> None:
    office.when_the_first_is_out = lambda _: office.clock.jump(timedelta(days=-3))
    office.run()
    assert "but the database was written on" in office.alarms[0]
    assert office.state(NEXT) is PostState.APPROVED


def test_time_rules_that_have_changed_since_the_plan_are_told_at_the_start(office: Office) -> None:
    with office.shop.bot.record.storage.database.write() as connection:
        moved = {"slot_local": "2027-03-08T09:00:00"}
        connection.execute(sa.update(schema.posts).where(schema.posts.c.code == NEXT).values(moved))
    office.run()
    assert office.alarms[0].startswith("The time rules of Europe/London have changed since the plan was made")


def put_off(office: Office) -> None:
    """Somebody has practised with this record, and never started it for real."""
    desk = office.shop.bot.record
    desk.storage.campaigns.record_start(desk.planned().campaign_id, Mode.PRACTICE, desk.entry("start"))


def change_credentials(office: Office) -> None:
    office.shop.bot.record_proof(office.shop.bot.account(), user_id="1", fingerprint="another")


def cast_doubt(office: Office) -> None:
    office.shop.bot.record.storage.installation.record_doubt("restored from a backup")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (put_off, NotReadyError, "has not been started"),
        (change_credentials, NotReadyError, "have changed since they were checked"),
        (cast_doubt, PersonNeededError, "restored from a backup"),
    ],
)
def test_nothing_goes_out_before_all_is_as_it_should_be(
    office: Office, change: Callable[[Office], None], error: type[Exception], said: str
) -> None:
    change(office)
    with pytest.raises(error, match=said):
        office.run()
    assert office.fake.fake.requests == []


def test_while_another_copy_of_the_database_runs_on_this_computer_nothing_goes_out(office: Office) -> None:
    with only_one_copy_runs(office.shop.bot.record, os.environ), pytest.raises(RunnerLockedError):
        office.run()
    assert office.fake.fake.requests == []
