"""The program dies at every step of sending, with every fault of the network: nothing doubled, nothing lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.lifecycle import needs_person, state_of
from bot.model import MessageState, PostState
from tests.campaigns import SENDS_AGAIN, Fault, Stage, a_stage, lost_answer, lost_request
from tests.remembered import remembered

STEPS = ("before intent", "after intent", "after call", "after result")
PARTS = range(1, 5)
FAULTS: dict[str, Fault | None] = {"none": None, "lost answer": lost_answer, "lost request": lost_request}


class CrashError(BaseException):
    """The power is off. Not an Exception: nothing may catch it."""


class CrashAt:
    """Crashes when a step is reached for the n-th time."""

    def __init__(self, step: str, number: int) -> None:
        self._step, self._left = step, number
        self.reached = False

    def __call__(self, name: str) -> None:
        if name == self._step:
            self._left -= 1
            if self._left == 0:
                self.reached = True
                raise CrashError


def thread_only(folder: Path, **lines: str) -> Stage:
    """The winner thread, a minute before it is due."""
    stage = a_stage(folder, **lines).plan_and_sign().start()
    others = [post.code for post in stage.bot.posts() if post.code != "winner"]
    remembered(stage.bot, lambda: [stage.bot.skip(code) for code in others], "skip all but the winner")
    stage.clock.advance_to(stage.posts["winner"].slot.due_at - timedelta(minutes=1))
    return stage


@pytest.mark.parametrize(("step", "number", "fault"), list(product(STEPS, PARTS, FAULTS)))
def test_a_crash_at_any_step_doubles_nothing_and_loses_nothing(
    tmp_path: Path, step: str, number: int, fault: str
) -> None:
    stage = thread_only(tmp_path, **SENDS_AGAIN)
    crash = CrashAt(step, number)
    chosen = FAULTS[fault]
    if chosen is not None:
        stage.network.faults.append(chosen)
    with pytest.raises(CrashError):
        stage.run_to_the_end(stage.runner(crash))
    assert crash.reached
    stage.run_to_the_end()
    post = stage.posts["winner"]
    wanted = [message.draft.text for message in post.messages]
    assert max(Counter(stage.network.texts()).values()) == 1
    assert state_of(post) is PostState.POSTED or needs_person(post)
    assert stage.network.texts() == wanted[: len(stage.network.texts())]
    known = [message for message in post.messages if message.state is MessageState.POSTED or message.in_doubt]
    assert set(stage.network.texts()) <= {message.draft.text for message in known}
    if state_of(post) is PostState.POSTED:
        assert stage.network.texts() == wanted
    stage.storage.close()
