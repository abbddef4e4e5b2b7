"""``run --until-idle`` ends when nothing can go out by itself, not when the last slot has passed in vain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.running import Beat, Runner
from bot.errors import ExitCode
from bot.storage import schema
from tests.campaigns import FRIDAY_BEFORE, Stage, a_stage, lost_answer
from tests.underway import NAME, campaign_bot, code_of, fine, shop_of


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = a_stage(tmp_path).plan_and_sign().start()
    yield made
    made.storage.close()


def impatient(stage: Stage) -> Runner:
    runner = stage.runner()
    runner.until_idle = True
    return runner


def stop_the_account(stage: Stage) -> None:
    with stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.accounts).values(stopped="X no longer accepts the credentials."))


def unsign(stage: Stage) -> None:
    with stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.posts).values(standing="draft"))


def test_signed_posts_with_slots_to_come_are_worth_waiting_for(stage: Stage) -> None:
    assert impatient(stage).tick().next_at is not None


@pytest.mark.parametrize(
    "trouble",
    [stop_the_account, unsign, lambda stage: stage.bot.pause(reason="bad news")],
    ids=["stopped", "unsigned", "paused"],
)
def test_posts_that_cannot_go_out_are_not(stage: Stage, trouble: Callable[[Stage], object]) -> None:
    trouble(stage)
    assert stage.runner().tick().next_at is not None
    beat = impatient(stage).tick()
    assert beat == Beat(next_at=None, finished=False, waiting=beat.waiting)
    assert list(beat.waiting) == [stage.bot.record.record().name]


def test_a_call_that_is_being_settled_is_waited_for_even_on_a_stopped_account(stage: Stage) -> None:
    stage.network.faults.append(lost_answer)
    runner = impatient(stage)
    stage.clock.advance_to(min(post.slot.due_at for post in stage.bot.posts()))
    assert stage.clock.now() > FRIDAY_BEFORE
    runner.tick()
    stop_the_account(stage)
    assert runner.tick().next_at is not None
    stage.run_until(stage.clock.now().replace(hour=9, minute=5), runner)
    assert runner.tick().next_at is None


def test_the_command_ends_at_once_and_says_who_is_waited_for(signed: Path) -> None:
    fine(campaign_bot(signed, "start", "--confirm", NAME, "--no-run"))
    with shop_of(signed) as shop, shop.bot.stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.accounts).values(stopped="X no longer accepts the credentials."))
    result = campaign_bot(signed, "run", "--until-idle")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "nothing more happens by itself" in result.output
    fine(campaign_bot(signed, "pause", "--reason", "bad news"))
    assert code_of(campaign_bot(signed, "run", "--until-idle")) is ExitCode.PAUSED
