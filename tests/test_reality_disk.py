"""T7: the disk is full, broken, limited or read-only, at every file operation of a post: nothing goes out unrecorded."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.counting import CallCount
from bot.errors import ExitCode
from tests.reality.jobs import DATABASE, STATE
from tests.reality.proof import Tally, dose, policies, proof, spread, word_of
from tests.reality.scene import CREATE, SINGLE, THREAD, Case, Theatre, fast_folder, finish, prepare, theatre, verdict
from tests.reality.strace import Site, Tracer, require_strace, sites, was_reached
from tests.reality.zygote import Ended, Zygote

ALL = 100_000
KINDS = {
    "ENOSPC": ("pwrite64", "write", "ftruncate", "openat", "fdatasync"),
    "EIO": ("pwrite64", "write", "ftruncate", "openat", "fdatasync", "pread64", "unlink", "newfstatat"),
}
LASTING = 11
"""How many further calls of a kind fail before the disk is well again."""
NOBODY = 65_534
LOCK = f"{DATABASE}.runner.lock"


@pytest.fixture
def place() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running


def paths_of(case: Case) -> tuple[str, ...]:
    """What strace is to look at: the database, its companions and its folder."""
    names = [f"{case.database}{suffix}" for suffix in ("", "-wal", "-shm", "-journal", ".runner.lock")]
    count = CallCount(case.folder / STATE, database_id(case.database)).path
    return tuple(word for name in (*names, str(count), str(case.folder)) for word in ("-P", name))


def database_id(database: Path) -> str:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("SELECT database_id FROM installation").fetchone()
    return str(found)


def traced(zygote: Zygote, case: Case, log: Path, *options: str) -> tuple[Ended, int]:
    pid = zygote.fork("run", case.folder, {"api_base": case.api_base}, held=True)
    tracer = Tracer(pid, *paths_of(case), *options, log=log)
    tracer.go()
    ended = zygote.wait(pid, case.folder)
    tracer.close()
    return ended, pid


@pytest.mark.parametrize("error", list(KINDS))
@pytest.mark.parametrize(("lasts", "usual"), [(0, 9), (LASTING, 9)], ids=["once", "for a while"])
def test_a_disk_that_fails_at_any_file_operation_sends_nothing_unrecorded(
    place: Path, zygote: Zygote, error: str, lasts: int, usual: int
) -> None:
    require_strace()
    log, kind = place / "log", f"{error}, {'for a while' if lasts else 'once'}"
    for asks in policies(lasts > 0, both=2):
        scene = prepare(place / word_of(asks), SINGLE, asks=asks)
        with proof(f"T7 {kind} ({word_of(asks)})") as tally, theatre(scene, place) as stage:
            with stage.case() as case:
                _, pid = traced(zygote, case, log)
                # From the lock on: what comes before reads the config, which has tests of its own.
                every = sites(log, pid, KINDS[error], since=LOCK)
            for number in spread(len(every), dose(usual, ALL)):
                site = every[number]
                fault = f"inject={site.call}:error={error}:when={site.number}..{site.number + lasts}"
                with stage.case() as case:
                    first, _ = traced(zygote, case, log, "-e", f"trace={site.call}", "-e", fault)
                    judge(zygote, stage, case, first, site, tally, asks=asks)
                    if not was_reached(log):
                        tally.case(str(site), "the fault was never reached")
            assert tally.seen["went on by itself"] > 0
            assert tally.seen["said what was wrong"] > 0


def judge(
    zygote: Zygote, stage: Theatre, case: Case, first: Ended, site: Site | str, tally: Tally, *, asks: bool = False
) -> None:
    """The process that met the trouble got over it, or said so and sent nothing; the next one finds all in order."""
    wrong = []
    if first.said.get("ended"):
        tally.saw("went on by itself")
        # What a look at a failing disk says about the file counts for nothing; the second process looks again.
        wrong += verdict({**first.said, "integrity": "ok"}, case.network, (SINGLE,))
    elif "error" in first.said and first.code in set(ExitCode) - {ExitCode.FINE, ExitCode.BUG}:
        tally.saw("refused to begin")
        wrong += [f"refused, and yet sent: {first}"] if case.network.count(CREATE) else []
    else:
        wrong.append(f"neither recovered nor explained: {first}")
    if first.said.get("alarms"):
        tally.saw("said what was wrong")
    stage.settle()
    case.clock.advance(timedelta(seconds=3))
    tally.case(str(site), *wrong, *finish(zygote, case, SINGLE, tally, asks=asks))


def test_a_limit_on_the_size_of_files_is_got_over_when_it_is_lifted(place: Path, zygote: Zygote) -> None:
    scene = prepare(place / "scene", SINGLE)
    with proof("T7 RLIMIT_FSIZE") as tally, theatre(scene, place) as stage:
        limits = range(0, 82_000, 1_030)
        for number in spread(len(limits), dose(10, ALL)):
            with stage.case() as case:
                options = {"api_base": case.api_base, "largest_file": limits[number], "mended_at": 6}
                first = zygote.run("run", case.folder, **options)
                judge(zygote, stage, case, first, f"{limits[number]} bytes", tally)
        assert tally.seen["said what was wrong"] > 0


def test_a_database_that_may_not_grow_goes_on_when_it_may(place: Path, zygote: Zygote) -> None:
    scene = prepare(place / "scene", SINGLE)
    with proof("T7 max_page_count") as tally, theatre(scene, place) as stage:
        for spare in spread(12, dose(5, ALL)):
            with stage.case() as case:
                limit = {"pragma": f"max_page_count={fill(case.database, spare)}", "mended_at": 6}
                limit |= {"pragma_after": "max_page_count=1000000", "api_base": case.api_base}
                first = zygote.run("run", case.folder, **limit)
                judge(zygote, stage, case, first, f"{spare} rows to spare", tally)
        assert tally.seen["said what was wrong"] > 0


def fill(database: Path, spare: int) -> int:
    """Add to the audit until one more row makes the file grow, and take so many away again; its number of pages."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        while True:
            before = connection.execute("PRAGMA page_count").fetchone()
            connection.execute("BEGIN")
            connection.execute(
                "INSERT INTO audit (campaign_id, at, actor, action) SELECT campaign_id, at, actor, action FROM audit "
                "ORDER BY audit_id DESC LIMIT 1"
            )
            if connection.execute("PRAGMA page_count").fetchone() != before:
                connection.execute("ROLLBACK")
                break
            connection.execute("COMMIT")
        connection.execute(
            "DELETE FROM audit WHERE audit_id IN (SELECT audit_id FROM audit ORDER BY audit_id DESC LIMIT ?)", (spare,)
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return int(pages)


@pytest.mark.parametrize("what", ["the folder", "the files", "both"])
def test_a_read_only_place_is_told_in_words_and_nothing_is_sent(place: Path, zygote: Zygote, what: str) -> None:
    scene = prepare(place / "scene", THREAD)
    place.chmod(0o777)
    other = {"uid": NOBODY} if os.geteuid() == 0 else {}
    with proof(f"T7 read-only, {what}") as tally, theatre(scene, place) as stage, stage.case() as case:
        give_away(case.folder, other)
        files = [path for path in case.folder.iterdir() if path.name.startswith(DATABASE)]
        locked = {"the folder": [case.folder], "the files": files, "both": [case.folder, *files]}[what]
        for path in locked:
            path.chmod(0o555 if path.is_dir() else 0o444)
        first = zygote.run("run", case.folder, api_base=case.api_base, **other)
        for path in locked:
            path.chmod(0o755 if path.is_dir() else 0o644)
        wrong = [] if case.network.requests == [] else ["something was sent"]
        if first.code != ExitCode.USAGE or not re.search("Permission denied|readonly", str(first.said.get("error"))):
            wrong.append(f"not told: {first}")
        second = zygote.run("run", case.folder, api_base=case.api_base)
        tally.case(what, *wrong, *verdict(second.said, case.network, (THREAD,)))


def give_away(folder: Path, other: dict[str, int]) -> None:
    for path in (folder, *folder.rglob("*")):
        for uid in other.values():
            shutil.chown(path, uid, uid)
