"""What a runner's beats tell: signs of life, the end, and troubles in words that may leave the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.core.delivering import Deliverer
from bot.core.running import HEARTBEAT, Watchful
from bot.lifecycle import RETRY_AFTER, after_outcome
from bot.model import Account, PostState
from tests.campaigns import answer
from tests.small import Small, a_small_campaign
from tests.torture.world import MONDAY, Sketch

HOUR = timedelta(hours=1)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """One post, due now."""
    made = a_small_campaign(tmp_path, Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)))
    yield made
    made.storage.close()


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_a_clock_that_is_set_keeps_no_runner_from_giving_signs_of_life(small: Small, jump: timedelta) -> None:
    runner = small.runner()
    runner.tick()
    small.clock.jump(jump)
    runner.tick()
    latest = small.storage.delivery.runner("runner")
    assert latest is not None
    assert latest.heartbeat_at == small.clock.now()


def test_a_runner_writes_a_sign_of_life_every_five_seconds_and_not_more_often(small: Small) -> None:
    small.networks["acorn"].faults.append(answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED)))
    runner, signs = small.runner(), set()
    for _ in range(11):
        runner.tick()
        latest = small.storage.delivery.runner("runner")
        assert latest is not None
        signs.add(latest.heartbeat_at - MONDAY)
        small.clock.advance(timedelta(seconds=1))
    assert signs == {HEARTBEAT * number for number in range(3)}


def test_a_runner_has_not_finished_while_a_post_waits_for_a_person(small: Small) -> None:
    refused = Outcome(verdict=Verdict.REFUSED, reason="X refused it.", refusal=Refusal.REJECTED)
    small.networks["acorn"].faults.append(answer(refused))
    beat = small.runner().tick()
    assert small.state("a1") is PostState.FAILED
    assert (beat.next_at, beat.finished) == (None, False)


def test_a_runner_has_finished_in_the_very_beat_that_sends_the_last_post(small: Small) -> None:
    beat = small.runner().tick()
    assert (beat.next_at, beat.finished) == (None, True)


def test_what_nobody_foresaw_is_told_without_its_own_words(small: Small) -> None:
    def broken(_deliverer: Deliverer, _accounts: Sequence[Account]) -> list[datetime | None]:
        raise ValueError("Ada Lovell, Rose Court")

    told: list[str] = []
    runner = small.runner()
    runner.serve_all = broken
    watchful = Watchful(runner=runner, alarm=told.append)
    assert [watchful.beat(), watchful.beat()] == [None, None]
    assert told == ["Something unforeseen went wrong (ValueError); trying again."]


def test_that_nothing_more_happens_by_itself_is_said_once(small: Small) -> None:
    small.networks["acorn"].faults.append(answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED)))
    told: list[str] = []
    watchful = Watchful(runner=small.runner(), alarm=told.append)
    for _ in range(3):
        watchful.beat()
    assert [what.partition(":")[0] for what in told] == ["Nothing more happens by itself"]


def test_a_rate_limit_that_is_over_hurries_and_delays_nothing(small: Small) -> None:
    limited = Outcome(
        verdict=Verdict.REFUSED, reason="Wait.", refusal=Refusal.RATE_LIMITED, retry_at=MONDAY + timedelta(minutes=1)
    )
    network = small.networks["acorn"]
    network.faults += [answer(limited), answer(Outcome(verdict=Verdict.NOT_SENT, reason="Nobody there."))]
    small.run_until(MONDAY + timedelta(minutes=5), small.runner())
    wait = RETRY_AFTER[1]
    assert [at - MONDAY for at, _ in network.calls] == [timedelta(minutes=n) for n in (0, 1)] + [
        timedelta(minutes=1) + wait
    ]


def test_a_rate_limit_that_names_no_end_lasts_a_quarter_of_an_hour() -> None:
    limited = Outcome(verdict=Verdict.REFUSED, reason="Wait.", refusal=Refusal.RATE_LIMITED)
    assert after_outcome(limited, attempt_no=1, now=MONDAY).account_resume_at == MONDAY + timedelta(minutes=15)
    named = replace(limited, retry_at=MONDAY + HOUR)
    assert after_outcome(named, attempt_no=1, now=MONDAY).account_resume_at == MONDAY + HOUR
