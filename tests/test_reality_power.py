"""T8: the power is cut. Whatever the disk kept, no intent is forgotten whose request had gone out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reality.jobs import DATABASE
from tests.reality.power import OPTIONS, Deed, Kind, cuts, deeds_of, found_after
from tests.reality.proof import Tally, dose, proof
from tests.reality.scene import SINGLE, THREAD, fast_folder, prepare, theatre
from tests.reality.strace import Tracer, require_strace
from tests.reality.zygote import Zygote

SEED = 20_260_801


@pytest.fixture
def place() -> Iterator[Path]:
    require_strace()
    with fast_folder() as folder:
        yield folder


def logged_run(place: Path, code: str, **options: str) -> tuple[bytes, tuple[Deed, ...]]:
    """The database as it was, and what a clean run did to it and to the network."""
    scene = prepare(place / "scene", code)
    log = place / "log"
    with Zygote() as zygote, theatre(scene, place) as stage, stage.case() as case:
        pid = zygote.fork("run", case.folder, {"api_base": case.api_base, **options}, held=True)
        tracer = Tracer(pid, *OPTIONS, log=log)
        tracer.go()
        ended = zygote.wait(pid, case.folder)
        tracer.close()
        assert ended.said.get("states", {}).get(code) == "posted", ended
        deeds = tuple(deeds_of(log, case.folder))
        assert sum(deed.kind is Kind.POST for deed in deeds) == len(case.network.posts)
        assert {deed.kind for deed in deeds} >= {Kind.WRITE, Kind.CREATE, Kind.SYNC, Kind.SYNC_FOLDER, Kind.REMOVE}
    return (scene / DATABASE).read_bytes(), deeds


def replay(place: Path, start: bytes, deeds: tuple[Deed, ...], each: int, tally: Tally) -> None:
    folder = place / "after"
    folder.mkdir()
    for step, posts, state in cuts(start, deeds, each=each, seed=SEED):
        word, intents = found_after(state, folder)
        wrong = [] if word == "ok" else [f"corrupt: {word}"]
        if intents < posts:
            tally.saw("forgotten")
            wrong.append(f"{posts} requests had gone out, {intents} intents are remembered")
        if posts:
            tally.saw("something was out")
        tally.case(f"cut after step {step}", *wrong)


@pytest.mark.parametrize(("name", "code", "usual", "full"), [("post", SINGLE, 10, 110), ("thread", THREAD, 5, 60)])
def test_a_power_cut_forgets_no_intent_and_leaves_no_corrupt_file(
    place: Path, name: str, code: str, usual: int, full: int
) -> None:
    with proof(f"T8 power cut, {name}", SEED) as tally:
        start, deeds = logged_run(place, code)
        replay(place, start, deeds, dose(usual, full), tally)
        assert tally.seen["something was out"] > 0
        assert tally.cases >= dose(300, 2_500)


def test_the_same_test_finds_the_forgotten_intents_of_a_less_careful_setting(place: Path) -> None:
    found = Tally(suite="teeth")
    with proof("T8 teeth: synchronous=NORMAL", SEED) as tally:
        start, deeds = logged_run(place, THREAD, pragma="synchronous=NORMAL")
        replay(place, start, deeds, dose(1, 20), found)
        corrupt = [failure for failure in found.failures if "corrupt" in failure]
        tally.case("it is noticed", *([] if found.seen.get("forgotten") else ["nothing was forgotten"]))
        tally.case("nothing else breaks", *corrupt)
