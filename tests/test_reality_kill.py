"""T6: the process is killed at every single system call of a post, a thread, an upgrade and a backup."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.resources import migrations_dir
from bot.storage.engine import Database
from bot.storage.migrate import HEAD
from tests.campaigns import FRIDAY_BEFORE
from tests.fake_x import Fault
from tests.fake_x.faults import lost_answer
from tests.reality.clock import SharedClock
from tests.reality.jobs import CLOCK, DATABASE
from tests.reality.proof import Tally, dose, proof, spread
from tests.reality.scene import CREATE, SINGLE, THREAD, Case, Theatre, fast_folder, prepare, theatre
from tests.reality.scene import verdict as verdict_on
from tests.reality.strace import Site, Tracer, require_strace, sites
from tests.reality.zygote import Ended, Zygote

ALL = 100_000
TRIES = 4
NOTHING_OUTSIDE = {"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", "exit_group"}
"""Calls that change nothing outside of the process: to die there is to die at the next one. Their number wavers."""
ON_THE_WIRE = {"sendto", "recvfrom"}
AFTER_A_RESTART = timedelta(seconds=3)


@pytest.fixture
def place() -> Iterator[Path]:
    require_strace()
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running


def traced(zygote: Zygote, job: str, folder: Path, *options: str, **given: str) -> Ended:
    """A job under strace, from its first step to its end."""
    pid = zygote.fork(job, folder, given, held=True)
    tracer = Tracer(pid, *options)
    tracer.go()
    ended = zygote.wait(pid, folder)
    tracer.close()
    return ended


def sites_of(zygote: Zygote, job: str, folder: Path, **given: str) -> tuple[Site, ...]:
    """Every call of a clean run that somebody else could notice."""
    log = folder.parent / "log"
    pid = zygote.fork(job, folder, given, held=True)
    tracer = Tracer(pid, log=log)
    tracer.go()
    ended = zygote.wait(pid, folder)
    tracer.close()
    assert ended.code == 0, ended.said
    return tuple(site for site in sites(log, pid) if site.call not in NOTHING_OUTSIDE)


def chosen(every: tuple[Site, ...], usual: int) -> list[Site]:
    """All of them, or as many as the usual dose has; those on the wire are always among them."""
    wire = [site for site in every if site.call in ON_THE_WIRE]
    rest = [site for site in every if site.call not in ON_THE_WIRE]
    return wire + [rest[place] for place in spread(len(rest), dose(usual, ALL))]


def killed(zygote: Zygote, job: str, folder: Path, site: Site, **given: str) -> Ended:
    kill = f"inject={site.call}:signal=KILL:when={site.number}"
    return traced(zygote, job, folder, "-e", f"trace={site.call}", "-e", kill, **given)


@pytest.mark.parametrize(
    ("name", "code", "trouble", "usual"),
    [("post", SINGLE, (), 9), ("thread", THREAD, (), 9), ("post, its answer lost", SINGLE, (lost_answer(),), 6)],
    ids=["post", "thread", "lost answer"],
)
def test_a_runner_killed_at_any_system_call_doubles_and_loses_nothing(
    place: Path, zygote: Zygote, name: str, code: str, trouble: tuple[Fault, ...], usual: int
) -> None:
    scene = prepare(place / "scene", code)
    with proof(f"T6 kill -9, {name}") as tally, theatre(scene, place) as stage:
        with stage.case() as case:
            case.network.faults += trouble
            every = sites_of(zygote, "run", case.folder, api_base=case.api_base)
        for site in chosen(every, usual):
            for _ in range(TRIES):
                with stage.case() as case:
                    case.network.faults += trouble
                    if kill_and_run_again(zygote, stage, case, site, code, tally):
                        break
            else:
                tally.case(str(site), "the fault was never reached")
        assert set(tally.seen) >= {"nothing was sent", "it was out, and nobody had noted it", "all was done"}


def kill_and_run_again(zygote: Zygote, stage: Theatre, case: Case, site: Site, code: str, tally: Tally) -> bool:
    """False when the run never came to the site: some kinds of calls (memory, waiting) are not always equally many."""
    if not killed(zygote, "run", case.folder, site, api_base=case.api_base).killed:
        return False
    stage.settle()
    tally.saw(what_it_left(case))
    case.clock.advance(AFTER_A_RESTART)
    second = zygote.run("run", case.folder, api_base=case.api_base)
    wrong = verdict_on(second.said, case.network, (code,))
    if second.said.get("states", {}).get(code) != "posted":
        wrong.append(f"in the end: {second.said.get('states', {}).get(code)}")
    tally.case(str(site), *wrong)
    return True


def what_it_left(case: Case) -> str:
    """What a look from outside finds right after the death."""
    query = "SELECT count(*), count(network_id) FROM messages JOIN posts USING (post_id) WHERE standing = 'approved'"
    with closing(sqlite3.connect(f"file:{case.database}?mode=ro", uri=True)) as connection:
        wanted, noted = connection.execute(query).fetchone()
    if len(case.network.posts) > noted:
        return "it was out, and nobody had noted it"
    if not case.network.count(CREATE):
        return "nothing was sent"
    return "all was done" if noted == wanted else "in between"


def old_database(folder: Path, revision: str) -> Path:
    """A database of an older version that holds a campaign; without a revision, one that never got its tables."""
    folder.mkdir()
    SharedClock(folder / CLOCK, FRIDAY_BEFORE)
    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    with closing(Database(f"sqlite:///{folder / DATABASE}")) as database, database.write() as connection:
        config.attributes["connection"] = connection
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        if revision:
            command.upgrade(config, revision)
            connection.execute(sa.text("INSERT INTO campaigns (name) VALUES ('Care Heroes of an earlier year')"))
    return folder


def tables_of(folder: Path) -> str:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        rows += connection.execute("SELECT * FROM campaigns").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def unsound_copies(folder: Path, table: str) -> Iterator[str]:
    """Whatever is called a backup must be one."""
    for copy in folder.glob("*.backup.db"):
        try:
            with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
                (word,) = connection.execute("PRAGMA integrity_check").fetchone()
                connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name from this file
        except sqlite3.DatabaseError as error:
            word = str(error)
        if word != "ok":
            yield f"{copy.name} is no backup: {word}"


@pytest.mark.parametrize(("name", "revision"), [("of an empty file", ""), ("from the first revision", "0001")])
def test_an_upgrade_killed_at_any_system_call_is_done_by_the_next_one(
    place: Path, zygote: Zygote, name: str, revision: str
) -> None:
    scene = old_database(place / "scene", revision)
    with proof(f"T6 kill -9, upgrade {name}") as tally:
        model = shutil.copytree(scene, place / "model")
        every = sites_of(zygote, "upgrade", model)
        for number, site in enumerate(chosen(every, 10)):
            folder = shutil.copytree(scene, place / f"case{number}")
            reached = killed(zygote, "upgrade", folder, site).killed
            wrong = list(unsound_copies(folder, "alembic_version"))
            SharedClock(folder / CLOCK).advance(AFTER_A_RESTART)
            second = zygote.run("upgrade", folder)
            if second.said.get("after") != HEAD or tables_of(folder) != tables_of(model):
                wrong.append(f"not upgraded: {second}")
            tally.case(str(site), *wrong, *([] if reached else ["the fault was never reached"]))
            shutil.rmtree(folder)


def test_a_backup_killed_at_any_system_call_leaves_no_half_copy_behind(place: Path, zygote: Zygote) -> None:
    scene = prepare(place / "scene", SINGLE)
    with proof("T6 kill -9, backup") as tally:
        every = sites_of(zygote, "backup", shutil.copytree(scene, place / "model"), name="a.backup.db")
        for number, site in enumerate(chosen(every, 10)):
            folder = shutil.copytree(scene, place / f"case{number}")
            reached = killed(zygote, "backup", folder, site, name="a.backup.db").killed
            wrong = list(unsound_copies(folder, "posts"))
            second = zygote.run("backup", folder, name="b.backup.db")
            wrong += unsound_copies(folder, "posts")
            if second.code != 0 or not (folder / "b.backup.db").exists():
                wrong.append(f"no backup afterwards: {second}")
            tally.case(str(site), *wrong, *([] if reached else ["the fault was never reached"]))
            shutil.rmtree(folder)
