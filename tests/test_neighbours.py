"""Accounts side by side in one database: what happens on one of them leaves the others as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.decisions import not_there
from bot.lifecycle import SETTLE_WINDOW, Policy, reason_of
from bot.model import MessageState, Mode, PostState
from bot.storage.leases import LEASE
from tests.campaigns import answer, lost_request
from tests.small import SECOND, FrozenError, Small, a_small_campaign, freeze_at
from tests.torture.world import MONDAY, Sketch

ACORN, OAK = "acorn", "oak"
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
