"""Leases and fences: an account is in one runner's hands, and a late runner writes nothing. On every engine."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Attempt, Outcome, Outgoing, Verdict
from bot.clock import VirtualClock
from bot.core.delivering import BEGIN_WITHIN, Event
from bot.core.running import Runner
from bot.decisions import miss
from bot.lifecycle import SETTLE_WINDOW, Change, state_of
from bot.model import AuditEntry, MessageState, Mode, PostState, Receipt
from bot.storage import Storage, schema
from bot.storage.leases import LEASE, RENEW_BELOW, Lease
from tests.campaigns import SENDS_AGAIN, FaultyNetwork, Stage, a_stage, a_storage, lost_answer
from tests.databases import statements

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
FIRST = "w20"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY_9)


@pytest.fixture
def storage(database_url: str, clock: VirtualClock) -> Iterator[Storage]:
    """An empty database whose own clock is the virtual one."""
    made = a_storage(database_url, clock)
    yield made
    made.close()


@pytest.fixture
def account(storage: Storage) -> int:
    return storage.campaigns.ensure_account("x", "example_charity").account_id


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    """A signed-off and started campaign, at its first slot."""
    made = a_stage(tmp_path, database_url, **SENDS_AGAIN).plan_and_sign().start()
    made.clock.advance_to(MONDAY_9)
    yield made
    made.storage.close()


class FrozenError(BaseException):
    """The process stands still here. Not an Exception: nothing may catch it."""


def freeze_at(step: str) -> Callable[[str], None]:
    def crashpoint(name: str) -> None:
        if name == step:
            raise FrozenError

    return crashpoint


def freeze(stage: Stage, step: str) -> None:
    """A runner that stands still at a step and never goes on."""
    with pytest.raises(FrozenError):
        stage.runner(freeze_at(step), sender_gone=False).tick()


def writes(storage: Storage, act: Callable[[], object]) -> int:
    """How many statements that write a call runs."""
    return len([said for said in statements(storage, act) if said.startswith(("UPDATE", "INSERT", "DELETE"))])


def test_an_account_is_in_one_runners_hands(storage: Storage, account: int, clock: VirtualClock) -> None:
    claim = storage.delivery.claim
    assert claim(account, "one", now=clock.now()) == 1
    assert claim(account, "two", now=clock.now()) is None
    assert claim(account, "one", now=clock.now()) == 1


def test_a_lease_that_has_ended_is_taken_with_a_higher_fence(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    storage.delivery.claim(account, "one", now=clock.now())
    clock.advance(LEASE - SECOND)
    assert storage.delivery.claim(account, "two", now=clock.now()) is None
    clock.advance(SECOND)
    assert storage.delivery.claim(account, "two", now=clock.now()) == 2
    assert storage.delivery.claim(account, "one", now=clock.now()) is None


def test_a_fresh_lease_costs_no_write_and_an_older_one_is_renewed(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    def claim() -> int | None:
        return storage.delivery.claim(account, "one", now=clock.now())

    claim()
    clock.advance(LEASE - RENEW_BELOW)
    assert writes(storage, claim) == 0
    clock.advance(SECOND)
    assert writes(storage, claim) == 1
    clock.advance(LEASE - SECOND)
    assert storage.delivery.claim(account, "two", now=clock.now()) is None


def test_a_lease_that_a_clock_has_put_far_into_the_future_is_put_right_by_its_owner(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    storage.delivery.claim(account, "one", now=clock.now())
    clock.jump(-timedelta(hours=1))
    assert storage.delivery.claim(account, "one", now=clock.now()) == 1
    clock.advance(LEASE)
    assert storage.delivery.claim(account, "two", now=clock.now()) == 2


def test_a_lease_that_a_clock_has_put_far_into_the_future_keeps_the_account_no_longer_than_another(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    storage.delivery.claim(account, "dead", now=clock.now())
    clock.jump(-timedelta(hours=6))
    assert storage.delivery.claim(account, "two", now=clock.now()) is None
    clock.advance(LEASE - SECOND)
    assert storage.delivery.claim(account, "two", now=clock.now()) is None
    clock.advance(SECOND)
    assert storage.delivery.claim(account, "two", now=clock.now()) == 2


def test_a_lease_given_back_is_free_at_once(storage: Storage, account: int, clock: VirtualClock) -> None:
    storage.delivery.claim(account, "one", now=clock.now())
    storage.delivery.release("one")
    assert storage.delivery.claim(account, "two", now=clock.now()) == 2


def test_the_lease_of_a_runner_that_surely_is_gone_need_not_run_out(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    storage.delivery.claim(account, "one", now=clock.now())

    def is_gone(owner: str) -> bool:
        return owner == "one"

    assert storage.delivery.claim(account, "two", now=clock.now(), is_gone=is_gone) == 2
    assert storage.delivery.claim(account, "three", now=clock.now(), is_gone=is_gone) is None


def test_whoever_holds_the_lock_of_the_file_may_take_every_lease(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    storage.delivery.claim(account, "one", now=clock.now())
    storage.delivery.release_all()
    assert storage.delivery.claim(account, "two", now=clock.now()) == 2


def test_without_an_injected_clock_the_engine_tells_the_time(database_url: str) -> None:
    real = Storage(database_url, durable=False)
    with real.database.read() as connection:
        assert abs(real.database.now(connection) - datetime.now(UTC)) < timedelta(seconds=5)
    real.close()


def test_of_many_runners_that_claim_at_once_one_gets_the_account(
    storage: Storage, account: int, clock: VirtualClock
) -> None:
    def claim(number: int) -> int | None:
        return storage.delivery.claim(account, f"runner-{number}", now=clock.now())

    with ThreadPoolExecutor(8) as pool:
        fences = list(pool.map(claim, range(24)))
    assert [fence for fence in fences if fence is not None] == [1]


def lease_of(stage: Stage, runner_id: str) -> Lease:
    account_id = stage.bot.account().account_id
    fence = stage.storage.delivery.claim(account_id, runner_id, now=stage.clock.now())
    assert fence is not None
    return Lease(account_id=account_id, runner_id=runner_id, fence=fence)


def intent(stage: Stage, lease: Lease) -> Attempt | None:
    post = stage.posts[FIRST]
    return stage.storage.delivery.record_intent(
        post, post.messages[0], in_reply_to=None, lease=lease, now=stage.clock.now()
    )


def entry(stage: Stage) -> AuditEntry:
    return AuditEntry(at=stage.clock.now(), actor="test", action="test", post_code=FIRST)


def test_an_intent_stores_its_fence_and_renews_a_lease_that_is_short(stage: Stage) -> None:
    lease = lease_of(stage, "one")
    stage.clock.advance(LEASE - SECOND)
    attempt = intent(stage, lease)
    assert attempt is not None
    assert attempt.fence == lease.fence
    stage.clock.advance(RENEW_BELOW - SECOND)
    assert stage.storage.delivery.claim(lease.account_id, "two", now=stage.clock.now()) is None


def test_an_intent_under_a_lost_lease_is_not_written(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    late = lease_of(stage, "one")
    stage.clock.advance(LEASE)
    lease_of(stage, "two")
    with caplog.at_level(logging.WARNING):
        assert intent(stage, late) is None
    assert "taken over by another runner" in caplog.text
    assert stage.posts[FIRST].messages[0].state is MessageState.PENDING


def test_a_late_writer_touches_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    late, delivery = lease_of(stage, "one"), stage.storage.delivery
    attempt = intent(stage, late)
    assert attempt is not None
    stage.clock.advance(LEASE)
    lease_of(stage, "two")
    before, now = stage.posts[FIRST], stage.clock.now()
    receipt = Receipt(network_id="1", url="", posted_at=now)
    sent = Outcome(verdict=Verdict.SENT, receipt=receipt)
    change = Change(state=MessageState.POSTED, receipt=receipt)
    assert delivery.record_result(attempt, sent, change, lease=late, now=now, entry=entry(stage)) is None
    assert not delivery.record_look(attempt, absent=True, lease=late, now=now)
    delivery.record_obstacle(before, before.messages[0], Change(state=MessageState.FAILED), lease=late)
    assert delivery.give_up(before, miss("too late"), lease=late, entry=entry(stage)) is None
    assert stage.posts[FIRST] == before
    assert caplog.text.count("what this one found is not written") == 4


def test_the_runners_decision_gives_way_to_a_persons(stage: Stage) -> None:
    lease, seen = lease_of(stage, "one"), stage.posts[FIRST]
    stage.bot.move(FIRST, stage.bot.next_slot(FIRST))
    assert stage.storage.delivery.give_up(seen, miss("too late"), lease=lease, entry=entry(stage)) is None
    stage.storage.delivery.record_obstacle(seen, seen.messages[0], Change(state=MessageState.FAILED), lease=lease)
    assert state_of(stage.posts[FIRST]) is PostState.APPROVED


def test_while_one_runner_has_the_account_another_sends_nothing(stage: Stage) -> None:
    lease_of(stage, "another machine")
    beat = stage.runner(sender_gone=False).tick()
    assert stage.network.calls == []
    assert beat.next_at is not None
    assert not beat.finished
    stage.clock.advance(LEASE)
    stage.runner(sender_gone=False).tick()
    assert len(stage.network.calls) == 1


@pytest.mark.parametrize("step", ["after intent", "after call"])
def test_the_account_of_a_frozen_runner_is_taken_over_and_its_call_settled_by_looking(stage: Stage, step: str) -> None:
    freeze(stage, step)
    stage.run_until(MONDAY_9 + timedelta(minutes=10), stage.runner(sender_gone=False))
    wanted = PostState.HELD if step == "after intent" else PostState.POSTED
    assert state_of(stage.posts[FIRST]) is wanted
    assert len(stage.network.calls) == (0 if step == "after intent" else 1)
    assert stage.network.texts() == ([] if step == "after intent" else [stage.posts[FIRST].messages[0].draft.text])


def test_the_call_of_a_runner_that_surely_is_gone_is_made_again_once_absent(stage: Stage) -> None:
    freeze(stage, "after intent")
    stage.clock.advance(timedelta(minutes=5))
    taken_at = stage.clock.now()
    stage.run_until(MONDAY_9 + timedelta(minutes=20), stage.runner(sender_gone=True))
    assert state_of(stage.posts[FIRST]) is PostState.POSTED
    ((sent_at, _),) = stage.network.calls
    assert sent_at - taken_at >= SETTLE_WINDOW


def test_an_unclear_end_that_its_sender_has_recorded_is_settled_by_the_next_runner(stage: Stage) -> None:
    stage.network.faults.append(lambda *_: Outcome(verdict=Verdict.UNKNOWN, reason="The answer got lost."))
    stage.runner(sender_gone=False).tick()
    stage.run_until(MONDAY_9 + timedelta(minutes=20), stage.runner(sender_gone=False))
    assert state_of(stage.posts[FIRST]) is PostState.POSTED
    assert len(stage.network.calls) == 2


def thawing(stage: Stage, step: str) -> tuple[Runner, list[Event]]:
    """A runner that stands still at a step for five minutes, while another one does its work."""
    other = stage.runner(sender_gone=False)

    def work_meanwhile(name: str) -> None:
        if name == step:
            stage.run_until(stage.clock.now() + timedelta(minutes=5), other)

    return stage.runner(work_meanwhile, sender_gone=False), stage.events


@pytest.mark.parametrize("step", ["before intent", "after intent", "after call", "after result"])
def test_a_runner_that_thaws_doubles_nothing_and_overwrites_nothing(stage: Stage, step: str) -> None:
    runner, _ = thawing(stage, step)
    runner.tick()
    texts = stage.network.texts()
    assert len(texts) == len(set(texts))
    expected = {PostState.HELD} if step == "after intent" else {PostState.POSTED}
    assert {state_of(stage.posts[FIRST])} == expected


def test_an_intent_that_has_grown_old_is_not_carried_out(stage: Stage) -> None:
    def stand_still(name: str) -> None:
        if name == "after intent" and not stage.network.calls:
            stage.clock.advance(BEGIN_WITHIN + SECOND)

    stage.runner(stand_still).tick()
    assert stage.network.calls == []
    assert stage.posts[FIRST].messages[0].state is MessageState.PENDING
    stage.run_until(MONDAY_9 + timedelta(minutes=2))
    assert len(stage.network.texts()) == 1


def test_a_clean_end_lets_the_next_runner_begin_at_once(stage: Stage) -> None:
    stage.network.faults.append(lost_answer)
    first = stage.runner(sender_gone=False)
    first.tick()
    first.end()
    stage.clock.advance(timedelta(seconds=6))
    stage.runner(sender_gone=False).tick()
    assert state_of(stage.posts[FIRST]) is PostState.POSTED


def test_an_idle_tick_claims_nothing(stage: Stage) -> None:
    runner = stage.runner()
    runner.tick()
    stage.clock.advance(SECOND)
    assert writes(stage.storage, runner.tick) == 0
    with stage.storage.database.read() as connection:
        assert connection.execute(sa.select(schema.accounts.c.fence)).scalar_one() == 1
    assert stage.storage.delivery.unfinished(Mode.LIVE) > 0


def spread_over_accounts(stage: Stage, number: int) -> None:
    """All posts but the thread are due now, on so many accounts."""
    stage.bot.skip("winner")
    ids = [stage.storage.campaigns.ensure_account("x", f"example_{each}").account_id for each in range(number)]
    with stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.posts).values(due_at=stage.clock.now()))
        for table in (schema.posts, schema.messages):
            share = table.c.post_id % number
            chosen = sa.case(dict(enumerate(ids)), value=share)
            connection.execute(sa.update(table).values(account_id=chosen))


class SlowNetwork(FaultyNetwork):
    """Answers after a moment, so that runners overlap."""

    def publish(self, outgoing: Outgoing) -> Outcome:
        threading.Event().wait(0.01)
        return super().publish(outgoing)


def test_runners_that_work_at_once_share_the_accounts_and_double_nothing(stage: Stage) -> None:
    spread_over_accounts(stage, 6)
    networks: defaultdict[int, FaultyNetwork] = defaultdict(lambda: SlowNetwork(stage.clock))
    runners = [stage.runner(sender_gone=False) for _ in range(4)]
    for runner in runners:
        runner.deliverer = replace(runner.deliverer, publisher_for=lambda account: networks[account.account_id])

    def work(runner: Runner) -> None:
        for _ in range(500):
            if runner.tick().finished:
                return

    with ThreadPoolExecutor(len(runners)) as pool:
        list(pool.map(work, runners))
    wanted = sorted(post.messages[0].draft.text for post in stage.bot.posts() if post.code != "winner")
    assert sorted(text for network in networks.values() for text in network.texts()) == wanted
    assert {state_of(post) for post in stage.bot.posts() if post.code != "winner"} == {PostState.POSTED}
    with stage.storage.database.read() as connection:
        senders = set(connection.execute(sa.select(schema.attempts.c.runner_id)).scalars())
    assert len(senders) > 1


def test_runners_that_share_a_server_do_not_pass_an_abandoned_call_to_and_fro_for_ever(stage: Stage) -> None:
    """Between two looks lie up to two minutes, and a lease is one: whoever settles a call keeps the account meanwhile."""
    freeze(stage, "after intent")
    runners = {runner.deliverer.runner_id: runner for runner in (stage.runner(sender_gone=False) for _ in range(2))}
    account = stage.bot.account().account_id
    for _ in range(300):
        with stage.storage.database.read() as connection:
            query = sa.select(schema.accounts.c.owner).where(schema.accounts.c.account_id == account)
            owner = connection.execute(query).scalar_one()
        for runner in sorted(runners.values(), key=lambda each: each.deliverer.runner_id == owner):
            runner.tick()
        stage.clock.advance(SECOND)
    assert state_of(stage.posts[FIRST]) is PostState.HELD
