"""A long row of posts that are due: the first few are read, and none behind them is forgotten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.lifecycle import Policy, state_of
from bot.model import Mode, PostState
from bot.storage import Storage
from bot.storage.looking import FEW
from bot.storage.migrate import create_if_new
from tests.campaigns import FRIDAY_BEFORE, a_stage
from tests.torture.world import MONDAY, Sketch, plan


def test_posts_behind_a_long_row_of_missed_ones_go_out_all_the_same(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    stage.clock.advance_to(FRIDAY_BEFORE + timedelta(days=5))
    stage.run_to_the_end()
    states = {code: state_of(post) for code, post in stage.posts.items()}
    late = {
        code for code, post in stage.posts.items() if post.slot.due_at < FRIDAY_BEFORE + timedelta(days=4, hours=23)
    }
    assert len(late) > FEW
    assert {states[code] for code in late} == {PostState.MISSED}
    assert {states[code] for code in states.keys() - late} == {PostState.POSTED}


@pytest.mark.parametrize("number", [FEW - 1, FEW, FEW + 1, 100])
def test_of_a_backlog_the_first_few_are_read_in_order(database_url: str, number: int) -> None:
    storage = Storage(database_url, durable=False)
    create_if_new(storage.database)
    sketches = tuple(
        Sketch(code=f"p{place:03}", account="acorn", due_at=MONDAY - timedelta(minutes=place), texts=(f"Text {place}",))
        for place in range(number)
    )
    plan(storage, sketches, Policy())
    account = storage.campaigns.ensure_account("x", "acorn").account_id
    whole = storage.delivery.work(account, mode=Mode.LIVE, now=MONDAY)
    few = storage.delivery.work(account, mode=Mode.LIVE, now=MONDAY, whole=False)
    assert whole.whole
    assert len(whole.due) == number
    assert few.due == whole.due[:FEW]
    assert few.whole is (number < FEW)
    storage.close()
