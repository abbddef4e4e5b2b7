"""What a runner's beats tell: signs of life, the end, and troubles in words that may leave the house."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Outcome, Refusal, Verdict
from bot.core.delivering import Deliverer
from bot.core.running import HEARTBEAT, Watchful
from bot.decisions import retry
from bot.errors import DatabaseError, PersonNeededError, Problem
from bot.lifecycle import RETRY_AFTER, after_outcome
from bot.model import Account, PostState
from bot.scheduler import keep_beating
from bot.storage import schema
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


@pytest.mark.parametrize("unforeseen", [ValueError, KeyError, RecursionError])
def test_what_nobody_foresaw_is_told_without_its_own_words(small: Small, unforeseen: type[Exception]) -> None:
    def broken(_deliverer: Deliverer, _accounts: Sequence[Account]) -> list[datetime | None]:
        raise unforeseen("Ada Lovell, Rose Court")

    told: list[str] = []
    runner = small.runner()
    runner.serve_all = broken
    watchful = Watchful(runner=runner, alarm=told.append)
    assert [watchful.beat(), watchful.beat()] == [None, None]
    assert told == [f"Something unforeseen went wrong ({unforeseen.__name__}); trying again."]


def test_that_nothing_more_happens_by_itself_is_said_once(small: Small) -> None:
    small.networks["acorn"].faults.append(answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED)))
    told: list[str] = []
    watchful = Watchful(runner=small.runner(), alarm=told.append)
    for _ in range(3):
        watchful.beat()
    assert [what.partition(":")[0] for what in told] == ["Nothing more happens by itself"]


def test_a_trouble_that_comes_back_after_a_good_beat_is_told_again(small: Small) -> None:
    told: list[str] = []
    runner = small.runner()
    works = runner.serve_all

    def broken(_deliverer: Deliverer, _accounts: Sequence[Account]) -> list[datetime | None]:
        raise DatabaseError(Problem(what="The disk is full."))

    watchful = Watchful(runner=runner, alarm=told.append)
    small.networks["acorn"].faults.append(answer(Outcome(verdict=Verdict.NOT_SENT)))
    for serve_all in (broken, broken, works, broken):
        runner.serve_all = serve_all
        watchful.beat()
    assert told == ["The disk is full."] * 2


def test_that_nothing_more_happens_is_said_again_when_something_has_happened_meanwhile(small: Small) -> None:
    refused = answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED))
    small.networks["acorn"].faults += [refused, refused]
    told: list[str] = []
    watchful, post = Watchful(runner=small.runner(), alarm=told.append), small.posts["a1"]
    watchful.beat()
    later = replace(post.slot, due_at=small.clock.now() + timedelta(minutes=1))
    small.storage.delivery.decide(post.campaign_id, post.post_id, retry(later), entry=small.entry("retry"))
    for _ in range(2):
        watchful.beat()
        small.clock.advance(timedelta(minutes=1))
    assert len(told) == 2


def test_a_wrong_clock_stops_every_beat_until_it_is_right_and_not_only_the_first(small: Small) -> None:
    wrong = [PersonNeededError(Problem(what="The clock is wrong."))]

    def refuse() -> None:
        if wrong:
            raise wrong[0]

    runner = small.runner()
    runner.refuse_time = refuse
    small.clock.jump(HOUR / 4)
    for _ in range(3):
        with pytest.raises(PersonNeededError, match="clock is wrong"):
            runner.tick()
    assert small.networks["acorn"].calls == []
    wrong.clear()
    runner.tick()
    assert len(small.networks["acorn"].calls) == 1


def test_a_runner_that_must_not_run_here_any_more_gives_no_sign_of_life(small: Small) -> None:
    def refuse() -> None:
        raise PersonNeededError(Problem(what="This database was moved."))

    runner = small.runner()
    runner.refuse_place = refuse
    small.clock.advance(timedelta(minutes=1))
    with pytest.raises(PersonNeededError, match="was moved"):
        runner.tick()
    latest = small.storage.delivery.runner("runner")
    assert latest is not None
    assert latest.heartbeat_at == MONDAY


def test_a_runner_announces_what_tells_others_later_whether_it_is_gone(small: Small) -> None:
    runner = small.runner("first")
    runner.deliverer = replace(runner.deliverer, runner_id="second")
    runner.begin(host="a laptop", pid=7, boot_id="this boot", process_started="then")
    said = small.storage.delivery.runner("second")
    assert said is not None
    assert (said.host, said.pid, said.boot_id, said.process_started) == ("a laptop", 7, "this boot", "then")


@pytest.mark.parametrize("started", [{"mode": "practice"}, {"started_at": None}])
def test_what_was_only_practised_or_never_started_is_not_sent(small: Small, started: dict[str, object]) -> None:
    with small.storage.database.write() as connection:
        connection.execute(sa.update(schema.campaigns).values(started))
    beat = small.runner().tick()
    assert small.networks["acorn"].calls == []
    assert beat.finished


def test_a_beat_that_has_begun_ends_before_its_runner_does() -> None:
    """Else it would give a sign of life after the runner has said that it ended."""
    stop, done = threading.Event(), list[bool]()

    def beat() -> bool:
        stop.set()
        threading.Event().wait(0.1)
        done.append(True)
        return False

    assert not keep_beating(beat, stop)
    assert done == [True]


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
