"""The runner as a real process, against the fake X on real sockets: punctual, never twice, stopped by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.steering import slot_at
from bot.credentials import fingerprint
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from bot.platform import RunnerLock
from tests.fake_x import server
from tests.fake_x.faults import drip
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.server import FakeXServer
from tests.underway import posts_of, shop_of, turn_live

PATIENCE = 60.0


@pytest.fixture
def live(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The signed week, live on the fake, with a proof of the credentials."""
    turn_live(signed, fake_x.base, monkeypatch)
    return signed


def start(folder: Path, **seconds: float) -> dict[str, datetime]:
    """Put these posts so many seconds ahead, skip the rest, and record the start; returns the slots' instants."""
    with shop_of(folder) as shop:
        now = datetime.now(UTC)
        for post in shop.bot.posts():
            if post.code in seconds:
                slot = slot_at(now + timedelta(seconds=seconds[post.code]), str(shop.bot.zone()))
                shop.bot.move(post.code, slot)
            else:
                shop.bot.skip(post.code)
        print_ = fingerprint(CREDENTIALS)
        shop.bot.record_proof(shop.bot.account(), user_id=CREDENTIALS.user_id, fingerprint=print_)
        shop.bot.record_start()
        return {code: shop.bot.post(code).slot.due_at for code in seconds}


@contextmanager
def bot(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The real program in a process of its own; killed in the end if it still runs."""
    command = [sys.executable, "-m", "bot", "-C", str(folder), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        try:
            yield child
        finally:
            child.kill()


def until(holds: Callable[[], object]) -> None:
    """Look again and again, for a limited time."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        pause.wait(0.02)


def is_running(folder: Path) -> bool:
    return RunnerLock.probe(folder / "campaign.db") is not None


def test_posts_begin_soon_after_their_slots_and_never_before(live: Path, fake_x: FakeXServer) -> None:
    """How soon is measured in benchmarks/; here a slow machine must not make the test fail."""
    slots = start(live, w20=3, w19=4)
    with bot(live, "run") as runner:
        said, complaints = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == ExitCode.FINE, complaints
    sent = [post.at for post in fake_x.fake.posts.values()]
    late = [at - due for at, due in zip(sent, slots.values(), strict=True)]
    assert all(timedelta(0) <= each < timedelta(seconds=30) for each in late), late
    assert "✓ posted    w20" in said
    assert "Every post of the campaign is final" in said
    assert not complaints


def test_a_runner_killed_in_mid_week_goes_on_and_sends_nothing_twice(live: Path, fake_x: FakeXServer) -> None:
    start(live, w20=2, w19=4)
    with bot(live, "run") as first:
        until(lambda: fake_x.fake.posts)
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=PATIENCE)
    assert len(fake_x.fake.posts) == 1
    with bot(live, "run") as second:
        until(lambda: state_of(posts_of(live)["w20"]) is PostState.POSTED)
        second.wait(timeout=PATIENCE)
    assert second.returncode == ExitCode.FINE
    assert len(fake_x.fake.texts()) == len(set(fake_x.fake.texts())) == 2
    assert fake_x.fake.count("POST /2/tweets") == 2


def test_a_stop_signal_lets_the_call_end_and_its_result_be_recorded(
    live: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "DRIP_EVERY", 0.01)
    fake_x.fake.faults.append(drip())
    start(live, w20=1, w19=600)
    with bot(live, "run") as runner:
        until(lambda: fake_x.fake.count("POST /2/tweets"))
        runner.send_signal(signal.SIGTERM)
        said, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == ExitCode.FINE
    assert "Stopped in good order. To go on: campaign-bot run" in said
    assert state_of(posts_of(live)["w20"]) is PostState.POSTED
    assert not is_running(live)


def test_a_second_runner_is_refused_at_once(live: Path) -> None:
    start(live, w20=600)
    with bot(live, "run") as first:
        until(lambda: is_running(live))
        with bot(live, "run") as second:
            said, complaints = second.communicate(timeout=PATIENCE)
        assert second.returncode == ExitCode.LOCKED
        assert "running already" in complaints
        assert not said
        assert first.poll() is None


def test_a_pause_from_another_process_keeps_a_due_post_from_going_out(live: Path, fake_x: FakeXServer) -> None:
    start(live, w20=600)
    with bot(live, "run") as runner:
        until(lambda: is_running(live))
        with bot(live, "pause", "--reason", "Bad news in town") as pause:
            said, _ = pause.communicate(timeout=PATIENCE)
        assert "Paused, since" in said
        with shop_of(live) as shop:
            shop.bot.move("w20", slot_at(shop.clock.now() + timedelta(seconds=1), "Europe/London"))
        until(lambda: state_of(posts_of(live)["w20"]) is PostState.MISSED)
        assert runner.poll() is None
    assert not fake_x.fake.posts
