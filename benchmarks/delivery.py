"""Delivery on the real clock: on time, in a burst, beside other runners, and what it costs around the one call."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.crowd import AHEAD, Crowd, seed, soon, start_runner, wait_for
from benchmarks.measuring import MB, Row, environment, python
from benchmarks.network import Arrival, network
from tests.postgres import PostgresUnavailableError, fresh_database, running_server

_SECOND = timedelta(seconds=1)
_WORDS = ("-m", "benchmarks.ticking")
_PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Doses:
    """How many seconds of punctual posts (ten each), posts around which the cost is measured, scheduled posts, posts
    of each of forty accounts for several machines, and ticks of a day."""

    seconds: int
    calls: int
    scheduled: int
    shared: int
    ticks: int


def punctual(doses: Doses, folder: Path) -> Iterator[Row]:
    """Ten accounts, a post a second on each, a network that answers after 100 ms: when each request had arrived."""
    crowd = Crowd(accounts=10, each=doses.seconds, first=soon(), between=_SECOND)
    arrivals = _deliver(folder / "punctual", crowd, delay=0.1)
    late = sorted(_late(crowd, arrivals))
    complete = sorted(arrival.text for arrival in arrivals) == sorted(sketch.texts[0] for sketch in crowd.sketches())
    p50, p99 = _share(late, 0.5), _share(late, 0.99)
    yield Row(
        what=f"{len(late):,} posts on time: after the slot at p50, p99, most; the first",
        measured=f"{_ms(p50)}, {_ms(p99)}, {_ms(late[-1])}; {_ms(late[0])}",
        target="p99 1 s, none early",
        fine=complete and late[0] >= 0 and p99 <= 1 and late[-1] <= 2,
    )


def burst(_doses: Doses, folder: Path) -> Iterator[Row]:
    """A hundred posts due in one second on five accounts, a network that answers after 300 ms."""
    crowd = Crowd(accounts=5, each=20, first=soon())
    arrivals = _deliver(folder / "burst", crowd, delay=0.3)
    orders = [[int(a.text.split()[1]) for a in arrivals if a.token == f"1-account{n}"] for n in range(crowd.accounts)]
    complete = orders == [list(range(crowd.each))] * crowd.accounts
    last = max(_late(crowd, arrivals)) + 0.3
    yield Row(
        what="100 posts due in one second on 5 accounts, answers after 300 ms",
        measured=f"all out after {last:.1f} s, {'each account in order' if complete else 'NOT IN ORDER OR NOT ALL'}",
        target="10 s, none lost",
        fine=complete and last <= 10,
    )


def around(doses: Doses, folder: Path) -> Iterator[Row]:
    """Our own work from one call to the next, and a bare Tweepy loop beside it; all three in turn."""
    folder = _made(folder / "around")
    with network(0) as net:
        said = python("-m", "benchmarks.around", net.base, str(doses.calls), folder).json()
    bare = said["bare"]
    yield Row(
        what="our cost around a call, not waiting for the disk: p50, p99",
        measured=f"{_ms(said['memory_p50'])}, {_ms(said['memory_p99'])} (the call itself {_ms(said['call'])})",
        target="p99 5 ms",
        fine=said["memory_p99"] <= 0.005,
    )
    yield Row(
        what="the same with both commits and the count on the disk: p50, p99",
        measured=f"{_ms(said['disk_p50'])}, {_ms(said['disk_p99'])} (a bare write + fsync {_ms(said['fsync'])})",
        target="shown only",
        fine=True,
    )
    yield Row(
        what="a post, both commits on the disk / a bare tweepy loop without a record",
        measured=f"{said['post'] / bare:.1f} x ({_ms(said['post'])}, {_ms(bare)})",
        target="shown only",
        fine=True,
    )


def scheduled(doses: Doses, folder: Path) -> Iterator[Row]:
    """A runner with many posts before it: how long until it is one, and what a tick with nothing to do takes."""
    folder = _made(folder / "scheduled")
    made = python(*_WORDS, "prepare", str(doses.scheduled), folder).json()
    assert made["posts"] >= doses.scheduled
    starts = [_seconds_to_start(folder) for _ in range(3)]
    yield Row(
        what=f"start of a runner with {doses.scheduled:,} scheduled posts",
        measured=f"{min(starts):.2f} s",
        target="2 s",
        fine=min(starts) <= 2,
    )
    said = python(*_WORDS, "tick", "500", folder).json()
    yield Row(
        what="its idle tick: p50, p99",
        measured=f"{_ms(said['p50'])}, {_ms(said['p99'])}",
        target="p50 5 ms",
        fine=said["p50"] <= 0.005,
    )


def machines(doses: Doses, folder: Path) -> Iterator[Row]:
    """Forty accounts on one PostgreSQL server, a network that answers after 100 ms: four runners against one."""
    what = f"4 runners / 1 runner on PostgreSQL, {40 * doses.shared:,} posts, answers after 100 ms"
    try:
        with running_server() as server:
            seconds = []
            for runners in (1, 4):
                with fresh_database(server) as url:
                    crowd = Crowd(accounts=40, each=doses.shared, first=soon() + AHEAD)
                    arrivals = _deliver(folder / f"machines{runners}", crowd, delay=0.1, runners=runners, url=url)
                    assert len(arrivals) == 40 * doses.shared, "a post was lost or doubled"
                    seconds.append(max(_late(crowd, arrivals)))
    except (OSError, subprocess.SubprocessError, PostgresUnavailableError) as error:
        yield Row(what=what, measured=f"NOT RUN: {str(error)[:60]}", target="2.5 x", fine=False)
        return
    faster = seconds[0] / seconds[1]
    yield Row(
        what=what,
        measured=f"{faster:.1f} x as fast ({seconds[0]:.1f} s, {seconds[1]:.1f} s)",
        target="2.5 x",
        fine=faster >= 2.5,
    )


def day(doses: Doses, folder: Path) -> Iterator[Row]:
    """The ticks of a whole day, one after the other: how much the process has grown since its first minutes."""
    folder = _made(folder / "day")
    python(*_WORDS, "prepare", "200", folder)
    said = python(*_WORDS, "day", str(doses.ticks), folder).json()
    yield Row(
        what=f"growth of resident memory over {doses.ticks:,} ticks",
        measured=f"{said['growth'] / MB:.1f} MB of {said['memory'] / MB:.0f} MB ({said['seconds']:.0f} s)",
        target="5 MB",
        fine=said["growth"] < 5 * MB,
    )


def _deliver(folder: Path, crowd: Crowd, *, delay: float, runners: int = 1, url: str = "") -> tuple[Arrival, ...]:
    _made(folder)
    url = url or f"sqlite:///{folder / 'campaign.db'}"
    with network(delay) as net:
        seed(url, crowd)
        started = [start_runner(url, net.base, folder) for _ in range(runners)]
        wait_for(started, AHEAD.total_seconds() + crowd.each * crowd.between.total_seconds() + _PATIENCE)
        return net.arrivals()


def _late(crowd: Crowd, arrivals: Sequence[Arrival]) -> list[float]:
    due = {sketch.texts[0]: sketch.due_at.timestamp() for sketch in crowd.sketches()}
    return [arrival.at - due[arrival.text] for arrival in arrivals]


def _seconds_to_start(folder: Path) -> float:
    """From the command to the row by which a runner announces itself."""
    with closing(sqlite3.connect(folder / "practice.db", isolation_level=None)) as connection:
        (before,) = connection.execute("SELECT COUNT(*) FROM runners").fetchone()
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=folder, env=environment(), stdout=subprocess.DEVNULL
        ) as runner:
            while connection.execute("SELECT COUNT(*) FROM runners").fetchone()[0] == before:
                assert runner.poll() is None, "the runner has ended"
                time.sleep(0.005)
            seconds = time.perf_counter() - began
            runner.terminate()
    return seconds


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"
