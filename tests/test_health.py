"""Health is red within seconds of any silence, and green only while ticks succeed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.core.health import Health
from bot.core.running import Runner, Watchful
from bot.errors import DatabaseError, ExitCode, NotReadyError, Problem
from bot.model import Account
from bot.platform import RunnerLock
from bot.publishers import Publisher
from tests.campaigns import Stage, a_stage, answer, lost_request
from tests.underway import campaign_bot, code_of, fine, practise, refusal

AGE = timedelta(seconds=15)
SECOND = timedelta(seconds=1)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return a_stage(tmp_path).plan_and_sign().start()


def look(stage: Stage, *, lock_held: bool | None = True) -> Health:
    return stage.bot.health(lock_held=lock_held, max_age=AGE)


def problems(stage: Stage, *, lock_held: bool | None = True) -> list[str]:
    return [problem.what for problem in look(stage, lock_held=lock_held).problems]


def first_slot(stage: Stage) -> datetime:
    return stage.bot.posts()[0].slot.due_at


def tick_for(stage: Stage, runner: Runner, seconds: int) -> None:
    """Beats on every second, as the real scheduler gives them, trouble or not."""
    watchful = Watchful(runner=runner, alarm=lambda _: None)
    for _ in range(seconds):
        stage.clock.advance(SECOND)
        watchful.beat()


def test_a_campaign_that_is_not_started_expects_nothing(tmp_path: Path) -> None:
    found = look(a_stage(tmp_path).plan_and_sign(), lock_held=False)
    assert found.healthy
    assert not found.started


def test_a_runner_that_ticks_is_healthy(stage: Stage) -> None:
    tick_for(stage, stage.runner(), 60)
    found = look(stage)
    assert found.problems == ()
    assert found.waiting == found.total == len(stage.posts)
    assert found.upcoming[0] == (stage.bot.posts()[0].code, first_slot(stage))


def test_a_dead_runner_is_named_at_once_on_its_own_host(stage: Stage) -> None:
    tick_for(stage, stage.runner(), 2)
    assert problems(stage, lock_held=False) == [f"No runner is at work, and {len(stage.posts)} posts wait."]


def test_a_silent_runner_of_another_host_is_named_after_fifteen_seconds(stage: Stage) -> None:
    tick_for(stage, stage.runner(), 10)
    stage.clock.advance(8 * SECOND)
    assert problems(stage, lock_held=None) == []
    stage.clock.advance(6 * SECOND)
    assert "got nothing done for 18 seconds" in problems(stage, lock_held=None)[0]


def test_a_sign_of_life_from_the_future_is_none(stage: Stage) -> None:
    """Of a clock that was set back since: the runner may have died at any time."""
    tick_for(stage, stage.runner(), 10)
    stage.clock.jump(-timedelta(hours=1))
    assert "got nothing done for 59 minutes" in problems(stage, lock_held=None)[0]


def test_a_runner_whose_ticks_fail_turns_red_though_its_process_lives(stage: Stage) -> None:
    runner = stage.runner()
    tick_for(stage, runner, 10)

    def broken(_account: Account) -> Publisher:
        raise DatabaseError(Problem(what="The database is locked."))

    runner.deliverer = replace(runner.deliverer, publisher_for=broken)
    stage.clock.advance_to(first_slot(stage) - SECOND)
    tick_for(stage, runner, 20)
    assert "got nothing done" in problems(stage)[0]


def test_a_runner_recovers_as_soon_as_a_tick_succeeds(stage: Stage) -> None:
    runner, works = stage.runner(), replace(stage.runner().deliverer)

    def broken(_account: Account) -> Publisher:
        raise ValueError

    runner.deliverer = replace(works, publisher_for=broken, runner_id=runner.deliverer.runner_id)
    stage.clock.advance_to(first_slot(stage) - SECOND)
    tick_for(stage, runner, 40)
    assert problems(stage)
    runner.deliverer = replace(works, runner_id=runner.deliverer.runner_id)
    tick_for(stage, runner, 1)
    assert problems(stage) == []


def test_overdue_posts_are_counted(stage: Stage) -> None:
    stage.runner()
    stage.clock.advance_to(first_slot(stage) + timedelta(minutes=5))
    found = look(stage, lock_held=False)
    assert found.overdue == 1
    code = stage.bot.posts()[0].code
    assert f"1 post is overdue, the first ({code}) by 5 minutes." in [problem.what for problem in found.problems]


def test_a_pause_is_a_decision_and_not_a_problem(stage: Stage) -> None:
    tick_for(stage, stage.runner(), 2)
    stage.bot.pause("Bad news in town")
    found = look(stage)
    assert found.healthy
    assert found.paused
    stage.clock.advance_to(first_slot(stage) + timedelta(minutes=5))
    assert look(stage).overdue == 0


def test_what_waits_for_a_person_is_listed_with_its_command(stage: Stage) -> None:
    stage.network.faults.append(answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="Too long.")))
    stage.run_until(first_slot(stage) + SECOND)
    code = stage.bot.posts()[0].code
    (problem,) = look(stage).problems
    assert (problem.post, problem.command) == (code, f"campaign-bot retry {code}")
    assert problem.what == f"{code} failed: Too long."


def test_the_status_says_that_an_account_has_stopped_whoever_is_at_work(stage: Stage) -> None:
    refused = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.UNAUTHORISED, reason="X does not know the secrets.")
    stage.network.faults.append(answer(refused))
    stage.run_until(first_slot(stage) + SECOND)
    for alive in (True, False):
        assert stage.bot.status(runner_alive=alive).account_stopped == refused.reason


def test_a_stopped_account_is_a_problem_and_explains_what_is_overdue(stage: Stage) -> None:
    refused = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.UNAUTHORISED, reason="X does not know the secrets.")
    stage.network.faults.append(answer(refused))
    stage.run_until(first_slot(stage) + timedelta(minutes=3))
    found = look(stage)
    assert [problem.command for problem in found.problems if problem.command != "campaign-bot status"] == [
        "campaign-bot doctor --online"
    ]
    assert found.overdue == 0


def test_a_call_under_way_is_a_sign_of_life(stage: Stage) -> None:
    stage.network.faults.append(lost_request)
    runner = stage.runner()
    stage.clock.advance_to(first_slot(stage))
    runner.tick()
    stage.clock.advance(timedelta(seconds=24))
    assert problems(stage) == []
    stage.clock.advance(timedelta(seconds=20))
    assert problems(stage)


def test_without_a_plan_nobody_can_tell(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError):
        look(a_stage(tmp_path))


# The command.


def test_the_command_is_green_before_the_start_and_red_without_a_runner(signed: Path) -> None:
    assert "Not started" in fine(campaign_bot(signed, "health"))
    practise(signed, days=0)
    result = campaign_bot(signed, "health")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "✗ No runner is at work" in result.output
    assert "-> campaign-bot run" in result.output


def test_the_command_is_green_while_a_runner_holds_the_lock(signed: Path) -> None:
    practise(signed, days=0)
    with RunnerLock(signed / "practice.db"):
        assert "All is well: 0 of" in fine(campaign_bot(signed, "health"))


def test_programs_get_json(signed: Path) -> None:
    practise(signed, days=0)
    result = campaign_bot(signed, "health", "--json", "--max-age", "2m")
    found = json.loads(result.output)
    assert not found["healthy"]
    assert found["problems"][0]["command"] == "campaign-bot run"
    assert found["waiting"] == found["total"] > 0
    assert found["mode"] == "practice"


def test_an_unreadable_database_is_exit_code_2(signed: Path) -> None:
    (signed / "campaign.db").write_bytes(b"this is not a database at all" * 200)
    assert "The database says" in refusal(campaign_bot(signed, "health"), ExitCode.USAGE)


def test_a_wrong_age_is_refused(signed: Path) -> None:
    result = campaign_bot(signed, "health", "--max-age", "soon")
    assert result.exit_code == ExitCode.USAGE
    assert "length of time" in result.output
