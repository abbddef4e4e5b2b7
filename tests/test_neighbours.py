"""Accounts side by side in one database: what happens on one of them leaves the others as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.calls import Outcome, Outgoing, Refusal, Verdict
from bot.core.desk import Desk
from bot.core.guarding import adopt_what_is_out
from bot.core.health import health
from bot.decisions import not_there, retry
from bot.errors import PersonNeededError
from bot.lifecycle import SETTLE_WINDOW, Policy, reason_of
from bot.model import MessageState, Mode, PostState
from bot.storage import schema
from bot.storage.leases import LEASE
from tests.campaigns import answer, lost_request
from tests.small import SECOND, FrozenError, Small, a_small_campaign, freeze_at
from tests.torture.world import CAMPAIGN, ENCORE, MONDAY, Sketch

ACORN, OAK = "acorn", "oak"
TWICE = (("a1", CAMPAIGN), ("b1", ENCORE))
LATER = MONDAY + timedelta(minutes=1)


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> Iterator[Small]:
    """Two posts on each of two accounts; the second of each a minute later."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account=ACORN, due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="a2", account=ACORN, due_at=LATER, texts=("Acorn two",)),
        Sketch(code="o1", account=OAK, due_at=MONDAY, texts=("Oak one",)),
        Sketch(code="o2", account=OAK, due_at=LATER, texts=("Oak two",)),
        url=database_url,
    )
    yield made
    made.storage.close()


def only(handle: str, small: Small, name: str, step: str = "") -> None:
    """One tick of a runner that serves one account, and stands still at a step for ever."""
    runner = small.runner(name, freeze_at(step), serves=lambda account: account.handle == handle)
    if step:
        with pytest.raises(FrozenError):
            runner.tick()
    else:
        runner.tick()


def test_an_account_is_one_however_its_name_is_written(small: Small) -> None:
    """Two would have two calls open at once, and know nothing of each other's posts."""
    known = small.accounts[ACORN]
    assert small.storage.campaigns.ensure_account("x", ACORN.upper()).account_id == known


def test_a_runner_that_ends_gives_back_its_own_accounts_and_no_others(small: Small) -> None:
    delivery, now = small.storage.delivery, small.clock.now()
    acorn, oak = small.accounts[ACORN], small.accounts[OAK]
    assert (delivery.claim(acorn, "one", now=now), delivery.claim(oak, "two", now=now)) == (1, 1)
    delivery.release("one")
    assert delivery.claim(oak, "three", now=now) is None
    assert delivery.claim(acorn, "three", now=now) == 2


@pytest.mark.parametrize("step", ["before intent", "after intent"])
def test_an_account_in_the_hands_of_another_is_looked_at_and_left_alone(
    small: Small, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    only(ACORN, small, "slow", step)
    seen = small.storage.delivery.work(small.accounts[ACORN], mode=Mode.LIVE, now=small.clock.now(), runner_id="quick")
    assert (seen.lease, seen.holder) == (None, "slow")
    claimed: list[int] = []
    claim = small.storage.delivery.claim

    def noted(account_id: int, runner_id: str, **rest: Any) -> int | None:
        claimed.append(account_id)
        return claim(account_id, runner_id, **rest)

    monkeypatch.setattr(small.storage.delivery, "claim", noted)
    quick = small.runner("quick")
    quick.tick()
    assert claimed == [small.accounts[OAK]]
    small.clock.advance(LEASE)
    quick.tick()
    assert set(claimed) == set(small.accounts.values())


def test_taking_over_one_account_casts_no_doubt_on_a_call_that_another_runner_makes(small: Small) -> None:
    only(ACORN, small, "dead", "after intent")
    small.clock.advance(LEASE)
    only(OAK, small, "busy", "after intent")
    under_way = small.storage.delivery.open_attempt(small.accounts[OAK])
    only(ACORN, small, "next")
    assert small.posts["a1"].messages[0].state is MessageState.UNKNOWN
    assert small.posts["o1"].messages[0].state is MessageState.SENDING
    assert small.storage.delivery.open_attempt(small.accounts[OAK]) == under_way


def test_a_call_that_is_taken_over_twice_is_looked_for_from_the_beginning_each_time(small: Small) -> None:
    only(ACORN, small, "dead", "after intent")
    small.clock.advance(LEASE)
    runner = small.runner("second", serves=lambda account: account.handle == ACORN)
    small.run_until(small.clock.now() + SETTLE_WINDOW - SECOND, runner)
    before = small.storage.delivery.open_attempt(small.accounts[ACORN])
    assert before is not None
    assert before.absent_looks >= 2
    small.clock.advance(LEASE)
    only(ACORN, small, "third", "before look")
    after = small.storage.delivery.open_attempt(small.accounts[ACORN])
    assert after is not None
    assert (after.looks, after.absent_looks, after.settle_from) == (0, 0, small.clock.now())
    assert small.state("a1") is PostState.UNKNOWN


def test_a_call_whose_end_its_sender_has_recorded_is_not_looked_for_from_the_beginning(small: Small) -> None:
    small.networks[ACORN].faults.append(lost_request)
    only(ACORN, small, "first")
    small.clock.advance(LEASE)
    only(ACORN, small, "second", "before look")
    taken_over = small.storage.delivery.open_attempt(small.accounts[ACORN])
    assert taken_over is not None
    assert taken_over.settle_from == MONDAY


def test_what_a_dead_runner_may_have_sent_stays_in_doubt_when_it_is_held(small: Small) -> None:
    only(ACORN, small, "dead", "after intent")
    small.clock.advance(LEASE)
    runner = small.runner("next", serves=lambda account: account.handle == ACORN)
    small.run_until(small.clock.now() + 2 * SETTLE_WINDOW, runner)
    post = small.posts["a1"]
    assert (small.state("a1"), post.messages[0].in_doubt) == (PostState.HELD, True)
    with pytest.raises(PersonNeededError, match="Nobody knows whether a1 is out already"):
        retry(post.slot)(post)


def test_what_the_server_has_forgotten_of_one_account_stops_the_runner_on_every_account(small: Small) -> None:
    """It fell back to a copy that lags behind: the newest call is gone, and those before it are there."""
    runner, oak = small.runner(), small.accounts[OAK]
    runner.tick()
    with small.storage.database.write() as connection:
        connection.execute(sa.delete(schema.attempts).where(schema.attempts.c.account_id == oak))
    small.clock.advance_to(LATER)
    with pytest.raises(PersonNeededError, match="older copy"):
        runner.tick()
    assert [len(network.calls) for network in small.networks.values()] == [1, 1]


def test_what_a_person_decides_about_one_post_ends_no_call_but_its_own(small: Small) -> None:
    small.networks[ACORN].faults.append(lost_request)
    only(ACORN, small, "first")
    only(OAK, small, "second", "after intent")
    acorn, oak = (small.storage.delivery.open_attempt(small.accounts[handle]) for handle in (ACORN, OAK))
    assert acorn is not None
    assert oak is not None
    post = small.posts["a1"]
    small.storage.delivery.decide(post.campaign_id, post.post_id, not_there(post.slot), entry=small.entry("resolve"))
    assert small.storage.delivery.open_attempt(small.accounts[ACORN]) is None
    assert small.storage.delivery.open_attempt(small.accounts[OAK]) == oak


def test_what_is_newest_on_another_account_need_not_be_seen_on_this_one(small: Small) -> None:
    small.networks[ACORN].faults.append(lost_request)
    small.run_until(MONDAY + timedelta(minutes=5), small.runner())
    assert small.networks[OAK].texts() == ["Oak one", "Oak two"]
    assert small.state("a1") is PostState.HELD
    assert "does not show it" in reason_of(small.posts["a1"])


def test_what_is_out_once_is_adopted_once_though_two_campaigns_say_it(tmp_path: Path, database_url: str) -> None:
    words = ("Thank you, all of you",)
    sketches = [Sketch(code=code, account=ACORN, due_at=LATER, texts=words, campaign=name) for code, name in TWICE]
    small = a_small_campaign(tmp_path, *sketches, url=database_url)
    small.networks[ACORN].publish(Outgoing(text=words[0]))
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    assert len(adopt_what_is_out(desk, lambda account: small.networks[account.handle])) == 1
    assert sorted(small.state(code) for code, _ in TWICE) == [PostState.APPROVED, PostState.POSTED]
    small.storage.close()


def test_an_account_that_has_stopped_explains_no_other_accounts_delay(small: Small) -> None:
    stop = sa.update(schema.accounts).where(schema.accounts.c.handle == ACORN).values(stopped="X says no.")
    with small.storage.database.write() as connection:
        connection.execute(stop)
    small.clock.advance_to(MONDAY + timedelta(minutes=5))
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    found = health(desk, Mode.LIVE, lock_held=None, max_age=timedelta(seconds=15))
    assert found.overdue == 2
    assert "the first (o1) by 5 minutes" in " ".join(problem.what for problem in found.problems)


def test_late_posts_keep_their_distance_on_their_own_account_only(small: Small) -> None:
    small.clock.advance_to(MONDAY + timedelta(minutes=10))
    small.run_until(MONDAY + timedelta(minutes=12), small.runner())
    called = {handle: [at for at, _ in network.calls] for handle, network in small.networks.items()}
    spacing = Policy().catch_up_spacing
    assert called == {handle: [MONDAY + timedelta(minutes=10) + spacing * n for n in range(2)] for handle in called}


@pytest.mark.parametrize("refusal", [Refusal.NO_CREDIT, Refusal.RATE_LIMITED])
def test_a_refusal_on_one_account_stops_no_other(small: Small, refusal: Refusal) -> None:
    small.networks[ACORN].faults.append(answer(Outcome(verdict=Verdict.REFUSED, reason="No.", refusal=refusal)))
    small.run_until(MONDAY + timedelta(minutes=5), small.runner())
    assert small.networks[OAK].texts() == ["Oak one", "Oak two"]
    assert len(small.networks[ACORN].calls) == 1
