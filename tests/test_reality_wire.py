"""T9: everything a wire can do to a call, over real sockets: one request for each attempt, an end in time, one post."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config_reading import read_config
from bot.publishers import Publisher
from tests.fake_x.faults import lost_answer
from tests.fake_x.fixtures import CREDENTIALS
from tests.reality.jobs import SHORT, open_stage, report
from tests.reality.proof import Tally, dose, policies, proof, spread, word_of
from tests.reality.scene import (
    CREATE,
    SINGLE,
    THREAD,
    UPLOAD,
    Case,
    answer,
    fast_folder,
    not_settled,
    prepare,
    theatre,
    verdict,
)
from tests.reality.wire import FAULTS, Cable, Foul, Switchboard, cable

TIMELINE = f"GET /2/users/{CREDENTIALS.user_id}/tweets"
CALLS = {
    "a post": (SINGLE, CREATE, "publish", 1),
    "part 2 of a thread": (THREAD, CREATE, "publish", 2),
    "a picture": (SINGLE, UPLOAD, "upload", 1),
    "a look at the timeline": (SINGLE, TIMELINE, "recent", 1),
}
STEPS_OF_A_CALL = 2
"""A picture goes up in two requests, each with its own end."""
SLACK = 2.0
"""Seconds for a busy machine; a dripping answer would take twenty."""


@pytest.fixture
def place() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


def switchboard(inner: Publisher, case: Case, line: Cable, call: str, fault: str) -> Switchboard:
    _, route, method, turn = CALLS[call]
    asked = FAULTS[fault]

    def arm() -> None:
        if not isinstance(asked, Foul):
            case.network.faults.append(asked(route))
        elif asked is not Foul.UNPLUGGED:
            line.fouls.append(asked)

    foul = asked if isinstance(asked, Foul) else None
    return Switchboard(inner=inner, cable=line, arm=arm, method=method, turn=turn, foul=foul)


def play(case: Case, line: Cable, call: str, fault: str, tally: Tally, *, asks: bool) -> list[str]:
    """One fault in one call, and on to the end: by itself, or, where the campaign asks, by what a person answers."""
    line.lead_to(case.api_base)
    code, _, method, turn = CALLS[call]
    if call == "a look at the timeline":
        case.network.faults.append(lost_answer())
    stage = open_stage(read_config(case.folder, environ={}), case.clock, line.base)
    assert stage.publisher is not None
    board = switchboard(stage.publisher, case, line, call, fault)
    stage = replace(stage, publisher=board)
    stage.run_until(case.clock.now() + timedelta(hours=1))
    said = report(stage)
    wrong = not_settled(said, case.network, code, asks=asks)
    if asks and said["reasons"].get(code):
        tally.saw("held for a person")
        answer(case)
        stage.run_until(case.clock.now() + timedelta(hours=1))
        said = report(stage)
        wrong += not_settled(said, case.network, code, asks=False)
    stage.storage.close()
    wrong += verdict(said, case.network, (code,))
    if board.calls.get(method, 0) < turn or case.network.faults or line.fouls:
        wrong.append("the fault was never reached")
    if board.slowest > SHORT.total * STEPS_OF_A_CALL + SLACK:
        wrong.append(f"a call took {board.slowest:.1f} s")
    return [*wrong, *counted(case, line, board)]


def counted(case: Case, line: Cable, board: Switchboard) -> Iterator[str]:
    """What the wire and the server saw, against what the record and the publisher know of."""
    with closing(sqlite3.connect(case.database)) as connection:
        (attempts,) = connection.execute("SELECT count(*) FROM attempts").fetchone()
    if not case.network.count(CREATE) <= line.asked.count(CREATE) <= attempts == board.calls["publish"]:
        yield f"{attempts} attempts, {line.asked.count(CREATE)} requests, {case.network.count(CREATE)} at the server"


@pytest.mark.parametrize(
    ("call", "asks", "usual"), list(zip(CALLS, (True, False, False, True), (8, 5, 5, 5), strict=True))
)
def test_whatever_the_wire_does_each_text_arrives_once_and_every_call_ends(
    place: Path, call: str, asks: bool, usual: int
) -> None:
    names = list(FAULTS)
    for policy in policies(asks, both=1):
        scene = prepare(place / word_of(policy), CALLS[call][0], asks=policy)
        with proof(f"T9 wire, {call} ({word_of(policy)})") as tally, theatre(scene, place) as stage, cable() as line:
            for number in spread(len(names), dose(usual, len(names))):
                with stage.case() as case:
                    tally.case(names[number], *play(case, line, call, names[number], tally, asks=policy))
            # A picture that fails, or a look, is simply tried again: nobody has to be asked.
            assert ("held for a person" in tally.seen) == (policy and CALLS[call][1] == CREATE)
