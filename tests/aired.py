"""A campaign that went out live on the fake X, in process and on a virtual clock, with people who react to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import VirtualClock
from bot.core.measuring import Taken
from bot.publishers.x import XPublisher
from tests.campaigns import FRIDAY_BEFORE, Stage, a_stage
from tests.fake_x import FakeX
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.in_process import in_process_publisher


@dataclass(frozen=True, kw_only=True)
class Aired:
    """The campaign, and the network that it is on."""

    stage: Stage
    fake: FakeX
    publisher: XPublisher

    def until(self, *, days: float) -> Aired:
        """Let the runner work up to so many days after the Friday before."""
        self.stage.run_until(FRIDAY_BEFORE + timedelta(days=days))
        return self

    def read(self) -> Taken:
        measuring = self.stage.bot.measuring
        taken = measuring.read(self.publisher, measuring.offer())
        assert taken is not None
        return taken

    def network_id(self, code: str, part: int = 1) -> str:
        receipt = self.stage.posts[code].messages[part - 1].receipt
        assert receipt is not None
        return receipt.network_id

    def react(self, code: str, part: int = 1, **numbers: int) -> None:
        """``like_count=3``: so many by now."""
        self.fake.audience.react(self.network_id(code, part), **numbers)


def aired_in(folder: Path, url: str | None = None, **lines: str) -> Aired:
    """Signed off and started; nothing is out yet."""
    clock = VirtualClock(FRIDAY_BEFORE)
    fake = FakeX(now=clock.now, handle=HANDLE, credentials=CREDENTIALS)
    made = a_stage(folder, url, **({"handle": f'handle = "@{HANDLE}"', "live": "live = true"} | lines))
    publisher = in_process_publisher(fake, clock)
    bot = replace(made.bot, record=replace(made.bot.record, clock=clock), stage=replace(made.bot.stage, clock=clock))
    stage = Stage(bot=bot, clock=clock, network=made.network, publisher=publisher).plan_and_sign().start()
    return Aired(stage=stage, fake=fake, publisher=publisher)


@pytest.fixture
def aired(tmp_path: Path) -> Iterator[Aired]:
    made = aired_in(tmp_path / "week")
    yield made
    made.stage.storage.close()
