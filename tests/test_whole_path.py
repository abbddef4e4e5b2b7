"""A whole week through the real Tweepy and real sockets to the strict fake of X, on a virtual clock."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import VirtualClock
from bot.lifecycle import state_of
from bot.model import PostState
from bot.publishers.x import XPublisher
from tests.campaigns import FRIDAY_BEFORE, Stage, a_stage
from tests.fake_x import FakeX, FakeXServer, Fault
from tests.fake_x.faults import answered, empty, html, lost_answer, lost_request, redirect, truncated
from tests.fake_x.fixtures import CREDENTIALS, HANDLE

CREATE = "POST /2/tweets"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(FRIDAY_BEFORE)


@pytest.fixture
def server(clock: VirtualClock) -> Iterator[FakeXServer]:
    """X on the campaign's own virtual clock, behind a path prefix as gateways have."""
    with FakeXServer(FakeX(now=clock.now, handle=HANDLE, credentials=CREDENTIALS, prefix="/gateway")) as running:
        yield running


@pytest.fixture
def stage(tmp_path: Path, clock: VirtualClock, server: FakeXServer) -> Iterator[Stage]:
    """A signed-off and started campaign whose network is the fake X."""
    made = a_stage(tmp_path, handle=f'handle = "@{HANDLE}"')
    publisher = XPublisher(CREDENTIALS, api_base=server.base, handle=HANDLE, clock=clock)
    bot = replace(made.bot, record=replace(made.bot.record, clock=clock), stage=replace(made.bot.stage, clock=clock))
    yield Stage(bot=bot, clock=clock, network=made.network, publisher=publisher).plan_and_sign().start()
    made.storage.close()


def wanted(stage: Stage) -> list[str]:
    return [message.draft.text for post in stage.bot.posts() for message in post.messages]


def test_the_whole_week_arrives_once_in_order_and_as_previewed(stage: Stage, server: FakeXServer) -> None:
    stage.run_to_the_end()
    fake = server.fake
    assert fake.refusals == []
    assert fake.texts() == wanted(stage)
    assert fake.count(CREATE) == len(wanted(stage))
    thread = [post for post in fake.posts.values() if post.in_reply_to]
    assert len(thread) == len(stage.posts["winner"].messages) - 1


@pytest.mark.parametrize(
    "fault",
    [
        lost_request(), lost_answer(), truncated(), html(), empty(), answered(500, applied=True),
        answered(503, applied=False), redirect(307, "/elsewhere", applied=True), answered(429),
    ],
    ids=lambda fault: repr(fault)[:60],
)  # fmt: skip
def test_whatever_happens_to_the_first_post_it_is_on_x_once(stage: Stage, server: FakeXServer, fault: Fault) -> None:
    server.fake.faults.append(fault)
    stage.run_to_the_end()
    for post in [post for post in stage.bot.posts() if state_of(post) is PostState.HELD]:
        assert post.messages[0].draft.text not in server.fake.texts()
        stage.bot.mending.settle_not_there(post.code)
        stage.run_to_the_end()
    assert Counter(server.fake.texts()) == Counter(wanted(stage))
    assert {state_of(post) for post in stage.bot.posts()} == {PostState.POSTED}


def test_no_secret_leaves_the_credentials(
    stage: Stage, server: FakeXServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fake.faults += [answered(401), lost_answer()]
    stage.run_to_the_end()
    stage.storage.close()
    written = caplog.text.encode() + b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(written) > 10_000
    assert [secret for secret in CREDENTIALS.values if secret.encode() in written] == []


def test_logs_name_nobody_and_quote_nothing_at_info(
    stage: Stage, server: FakeXServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.fake.faults.append(lost_answer())
    stage.run_to_the_end()
    names = [worker.name for worker in stage.bot.ranking().workers]
    assert [name for name in names if name in caplog.text] == []
