"""What the row locks of a server are for: who waits for whom, who does not, and what comes of it. On PostgreSQL alone,
for SQLite locks the whole file (``test_leases``, ``test_in_between``).

One thread with two connections. What happens "meanwhile" happens just before a statement of the first one; the second
one waits for a lock no longer than a moment, so that nothing hangs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Attempt, Outcome, Verdict
from bot.decisions import PostUpdate, miss, reschedule, skip
from bot.errors import DatabaseError
from bot.lifecycle import Change
from bot.model import MessageState, Post, PostState, Receipt, Slot
from bot.storage import Storage, schema
from bot.storage.engine import Database
from bot.storage.leases import LEASE, RENEW_BELOW, Lease
from tests.small import SECOND, Small, a_small_campaign
from tests.torture.world import MONDAY, Sketch

ACORN, OAK = "acorn", "oak"
_WAITS = "lock timeout"
LATER = MONDAY + timedelta(minutes=20)


@pytest.fixture
def small(tmp_path: Path, postgres_database: str) -> Iterator[Small]:
    """A post on each of two accounts, due now."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account=ACORN, due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="o1", account=OAK, due_at=MONDAY, texts=("Oak one",)),
        url=f"{postgres_database}&options=-c%20lock_timeout%3D200ms",
    )
    yield made
    made.storage.close()


@pytest.fixture
def other(small: Small) -> Iterator[Storage]:
    """Another program on the same database."""
    url = small.storage.database.url.render_as_string(hide_password=False)
    made = Storage(url, now=small.clock.now)
    yield made
    made.close()


@contextmanager
def meanwhile(storage: Storage, statement: str, act: Callable[[], object]) -> Iterator[list[object]]:
    """Just before the first statement that begins like this, something else happens; what comes of it."""
    came: list[object] = []

    def before(_c: object, _cursor: object, said: str, *_rest: object) -> None:
        if said.startswith(statement) and not came:
            came.append(None)
            came[0] = act()

    with storage.database.write() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    yield came
    sa.event.remove(engine, "before_cursor_execute", before)


def has_to_wait(act: Callable[[], object]) -> bool:
    """Whether somebody else holds what it needs."""
    try:
        act()
    except DatabaseError as error:
        if _WAITS in str(error):
            return True
        raise
    return False


def lease_of(small: Small, handle: str = ACORN, runner: str = "one") -> Lease:
    account = small.accounts[handle]
    fence = small.storage.delivery.claim(account, runner, now=small.clock.now())
    assert fence is not None
    return Lease(account_id=account, runner_id=runner, fence=fence)


def intend(small: Small, storage: Storage, lease: Lease) -> Attempt | None:
    post = small.posts["a1"]
    now = small.clock.now()
    return storage.delivery.record_intent(post, post.messages[0], in_reply_to=None, lease=lease, now=now)


def a_later_slot() -> Slot:
    return Slot(local=LATER.replace(tzinfo=None), due_at=LATER)


def test_an_account_that_somebody_has_locked_is_passed_over_and_the_others_are_served(small: Small) -> None:
    runner = small.runner()
    locked = sa.select(schema.accounts).where(schema.accounts.c.handle == ACORN).with_for_update()
    with small.storage.database.write() as connection:
        connection.execute(locked).one()
        beat = runner.tick()
        assert {handle: network.texts() for handle, network in small.networks.items()} == {ACORN: [], OAK: ["Oak one"]}
    assert beat.next_at == small.clock.now() + SECOND
    runner.tick()
    assert small.networks[ACORN].texts() == ["Acorn one"]


def test_a_pause_waits_for_an_intent_under_way_and_names_its_post(small: Small, other: Storage) -> None:
    lease = lease_of(small)

    def pause() -> tuple[str, ...]:
        return other.campaigns.record_pause(small.campaign_id(), "Bad news", small.entry("pause"))

    with meanwhile(small.storage, "INSERT INTO attempts", lambda: has_to_wait(pause)) as waited:
        assert intend(small, small.storage, lease) is not None
    assert waited == [True]
    assert pause() == ("a1",)


def test_a_persons_no_waits_for_an_intent_under_way(small: Small, other: Storage) -> None:
    lease, post = lease_of(small), small.posts["a1"]

    def say_no() -> Post:
        return other.delivery.decide(post.campaign_id, post.post_id, skip("No."), entry=small.entry("skip"))

    with meanwhile(small.storage, "INSERT INTO attempts", lambda: has_to_wait(say_no)) as waited:
        assert intend(small, small.storage, lease) is not None
    assert waited == [True]
    assert small.state("a1") is PostState.SENDING


def test_an_intent_waits_for_a_decision_under_way(small: Small, other: Storage) -> None:
    lease, post, waited = lease_of(small), small.posts["a1"], list[bool]()

    def decide(found: Post) -> PostUpdate:
        waited.append(has_to_wait(lambda: intend(small, other, lease)))
        return skip("No.")(found)

    small.storage.delivery.decide(post.campaign_id, post.post_id, decide, entry=small.entry("skip"))
    assert waited == [True]
    assert small.state("a1") is PostState.SKIPPED


def test_a_runner_gives_up_no_post_that_somebody_moves_at_that_moment(small: Small, other: Storage) -> None:
    lease, post = lease_of(small), small.posts["a1"]

    def move() -> bool:
        decision = reschedule(a_later_slot())
        other.delivery.decide(post.campaign_id, post.post_id, decision, entry=small.entry("reschedule"))
        return True

    with meanwhile(small.storage, "SELECT posts.post_id \nFROM posts", move) as moved:
        given_up = small.storage.delivery.give_up(post, miss("Too late."), lease=lease, entry=small.entry("missed"))
    assert moved == [True]
    assert given_up is None
    assert (small.state("a1"), small.posts["a1"].slot) == (PostState.APPROVED, a_later_slot())


def test_a_persons_no_waits_while_a_runner_notes_an_obstacle(small: Small, other: Storage) -> None:
    lease, post = lease_of(small), small.posts["a1"]

    def say_no() -> Post:
        return other.delivery.decide(post.campaign_id, post.post_id, skip("No."), entry=small.entry("skip"))

    obstacle = Change(state=MessageState.FAILED, reason="The picture was refused.")
    with meanwhile(small.storage, "UPDATE messages", lambda: has_to_wait(say_no)) as waited:
        assert small.storage.delivery.record_obstacle(post, post.messages[0], obstacle, lease=lease) is not None
    assert waited == [True]


def test_nobody_takes_an_account_over_while_its_runner_writes_a_result(small: Small, other: Storage) -> None:
    lease = lease_of(small)
    attempt = intend(small, small.storage, lease)
    assert attempt is not None
    small.clock.advance(LEASE)
    receipt = Receipt(network_id="7", url="", posted_at=small.clock.now())

    def take_over() -> int | None:
        return other.delivery.claim(lease.account_id, "two", now=small.clock.now())

    with meanwhile(small.storage, "UPDATE attempts", take_over) as taken:
        written = small.storage.delivery.record_result(
            attempt,
            Outcome(verdict=Verdict.SENT, receipt=receipt),
            Change(state=MessageState.POSTED, receipt=receipt),
            lease=lease,
            now=small.clock.now(),
            entry=small.entry("posted"),
        )
    assert (taken, written is not None) == ([None], True)
    assert take_over() == lease.fence + 1
    assert small.state("a1") is PostState.POSTED


def test_a_plan_may_be_written_for_an_account_while_an_intent_is(small: Small, other: Storage) -> None:
    """What refers to an account locks its key alone: a planner that has locked posts and a runner that has locked the
    account would wait for each other for ever."""
    lease = lease_of(small)
    refers = sa.select(schema.accounts.c.account_id).with_for_update(read=True, key_share=True)

    def refer() -> None:
        with other.database.write() as connection:
            assert len(connection.execute(refers).all()) == len(small.networks)

    with meanwhile(small.storage, "INSERT INTO attempts", lambda: has_to_wait(refer)) as intended:
        assert intend(small, small.storage, lease) is not None
    small.clock.advance(LEASE)
    with meanwhile(small.storage, "UPDATE accounts", lambda: has_to_wait(refer)) as taken:
        assert lease_of(small, runner="two").fence == lease.fence + 1
    assert (intended, taken) == ([False], [False])


def test_the_wait_for_a_lock_takes_from_the_lease(small: Small, other: Storage) -> None:
    lease = lease_of(small)

    def wait() -> None:
        small.clock.advance(LEASE - RENEW_BELOW + SECOND)

    with meanwhile(small.storage, "SELECT accounts.owner", wait) as waited:
        assert intend(small, small.storage, lease) is not None
    assert waited == [None]
    small.clock.advance(RENEW_BELOW)
    assert other.delivery.claim(lease.account_id, "two", now=small.clock.now()) is None


def test_all_that_one_look_reads_is_of_one_moment(small: Small, other: Storage) -> None:
    """A pause between two of its statements is in neither: else a runner would know posts without their campaign."""
    campaign, paused = small.campaign_id(), sa.select(schema.campaigns.c.paused_at)
    with small.storage.database.read() as connection:
        assert connection.execute(paused).scalar_one() is None
        other.campaigns.record_pause(campaign, "Bad news", small.entry("pause"))
        assert connection.execute(paused).scalar_one() is None
    with small.storage.database.read() as connection:
        assert connection.execute(paused).scalar_one() == small.clock.now()


def test_a_program_that_freezes_in_a_transaction_keeps_its_locks_for_less_than_a_lease(small: Small) -> None:
    with small.storage.database.write() as connection:
        said = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()
    assert timedelta(0) < timedelta(seconds=int(said.removesuffix("s"))) < RENEW_BELOW


def test_the_clock_of_a_server_goes_on_within_a_transaction(postgres_database: str) -> None:
    """Whoever has waited for a lock reckons with the time that it is then."""
    database = Database(postgres_database)
    with database.write() as connection:
        before = database.now(connection)
        connection.exec_driver_sql("SELECT pg_sleep(0.01)")
        assert database.now(connection) - before >= timedelta(seconds=0.01)
    database.close()
