"""One installation for one database file: elsewhere it is refused, and moved only after the account was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core import guarding
from bot.core.desk import Desk
from bot.errors import PersonNeededError
from bot.lifecycle import state_of
from bot.model import PostState
from bot.storage import Storage
from bot.storage.copying import copy_to_file
from tests.campaigns import Stage, a_stage

TUESDAY_0 = datetime(2027, 3, 9, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A started campaign, bound to this computer."""
    made = a_stage(tmp_path).plan_and_sign().start()
    guarding.require_installation(made.bot.record, "here")
    yield made
    made.storage.close()


@pytest.fixture
def copied(stage: Stage, tmp_path: Path) -> Iterator[Desk]:
    """A copy from before Monday, while Monday's posts are out."""
    copy_to_file(stage.storage.database, tmp_path / "copied.db")
    stage.run_until(TUESDAY_0)
    storage = Storage(f"sqlite:///{tmp_path / 'copied.db'}", durable=False, now=stage.clock.now)
    yield replace(stage.bot.record, storage=storage)
    storage.close()


def test_a_copy_is_refused_elsewhere_and_welcome_at_home(copied: Desk) -> None:
    guarding.require_installation(copied, "here")
    with pytest.raises(PersonNeededError, match="--take-over"):
        guarding.require_installation(copied, "elsewhere")


def test_a_move_adopts_what_is_out_before_it_moves(stage: Stage, copied: Desk) -> None:
    out = {post.code for post in stage.bot.posts() if state_of(post) is PostState.POSTED}
    assert len(out) > 3
    adopted = guarding.move_here(copied, "elsewhere", lambda _account: stage.network)
    assert set(adopted) == out
    assert {post.code for post in copied.posts() if state_of(post) is PostState.POSTED} == out
    guarding.require_installation(copied, "elsewhere")
