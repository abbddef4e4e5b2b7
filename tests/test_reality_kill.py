"""T6: the process is killed at every single system call of a post, a thread, an upgrade, a backup, a restore, a load."""

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

from bot.errors import ExitCode
from bot.resources import migrations_dir
from bot.storage.engine import Database
from bot.storage.migrate import HEAD
from tests.campaigns import FRIDAY_BEFORE
from tests.fake_x import Fault
from tests.fake_x.faults import lost_answer
from tests.reality.clock import SharedClock
from tests.reality.jobs import CLOCK, DATABASE
from tests.reality.proof import Tally, dose, policies, proof, spread, word_of
from tests.reality.scene import CREATE, SINGLE, THREAD, UPLOAD, Case, Theatre, fast_folder, finish, prepare, theatre
from tests.reality.strace import Site, Tracer, require_strace, sites
from tests.reality.zygote import Ended, Zygote

ALL = 100_000
TRIES = 4
NOTHING_OUTSIDE = {"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", "exit_group"}
"""Calls that change nothing outside of the process: to die there is to die at the next one. Their number wavers."""
ON_THE_WIRE = {"sendto", "recvfrom"}
AFTER_A_RESTART = timedelta(seconds=3)
BACKUP = "a.backup.db"
NEW_LIST = "new.csv"
LISTED = ("organisations", "workers", "consents", "posts")


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


def chosen(every: tuple[Site, ...], usual: int, full: int = ALL) -> list[Site]:
    """All of them, or as many as the dose has; those on the wire are always among them."""
    wire = [site for site in every if site.call in ON_THE_WIRE]
    rest = [site for site in every if site.call not in ON_THE_WIRE]
    return wire + [rest[place] for place in spread(len(rest), dose(usual, full, ALL))]


def killed(zygote: Zygote, job: str, folder: Path, site: Site, **given: str) -> Ended:
    kill = f"inject={site.call}:signal=KILL:when={site.number}"
    return traced(zygote, job, folder, "-e", f"trace={site.call}", "-e", kill, **given)


@pytest.mark.parametrize(
    ("name", "code", "trouble", "asks", "usual"),
    [
        ("post with a picture", SINGLE, (), True, 7),
        ("thread", THREAD, (), False, 8),
        ("post, its answer lost", SINGLE, (lost_answer(),), False, 4),
    ],
    ids=["post", "thread", "lost answer"],
)
def test_a_runner_killed_at_any_system_call_doubles_and_loses_nothing(
    place: Path, zygote: Zygote, name: str, code: str, trouble: tuple[Fault, ...], asks: bool, usual: int
) -> None:
    for policy in policies(asks, both=2):
        scene = prepare(place / word_of(policy), code, asks=policy)
        with proof(f"T6 kill -9, {name} ({word_of(policy)})") as tally, theatre(scene, place) as stage:
            every = clean_run(zygote, stage, code, trouble)
            for site in chosen(every, usual):
                kill_until_reached(zygote, stage, site, (code, trouble, policy), tally)
            assert set(tally.seen) >= {"nothing was sent", "it was out, and nobody had noted it", "all was done"}
            assert policy == ("held for a person" in tally.seen)


def clean_run(zygote: Zygote, stage: Theatre, code: str, trouble: tuple[Fault, ...]) -> tuple[Site, ...]:
    with stage.case() as case:
        case.network.faults += trouble
        every = sites_of(zygote, "run", case.folder, api_base=case.api_base)
        assert (case.network.count(UPLOAD) > 0) == (code == SINGLE)
    return every


def kill_until_reached(
    zygote: Zygote, stage: Theatre, site: Site, what: tuple[str, tuple[Fault, ...], bool], tally: Tally
) -> None:
    """Some kinds of calls are not always equally many, so a run may never come to the site."""
    code, trouble, asks = what
    for _ in range(TRIES):
        with stage.case() as case:
            case.network.faults += trouble
            if killed(zygote, "run", case.folder, site, api_base=case.api_base).killed:
                stage.settle()
                tally.saw(what_it_left(case))
                case.clock.advance(AFTER_A_RESTART)
                tally.case(str(site), *finish(zygote, case, code, tally, asks=asks))
                return
    tally.case(str(site), "the fault was never reached")


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
        for number, site in enumerate(chosen(every, 7)):
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
        for number, site in enumerate(chosen(every, 7)):
            folder = shutil.copytree(scene, place / f"case{number}")
            reached = killed(zygote, "backup", folder, site, name="a.backup.db").killed
            wrong = list(unsound_copies(folder, "posts"))
            second = zygote.run("backup", folder, name="b.backup.db")
            wrong += unsound_copies(folder, "posts")
            if second.code != 0 or not (folder / "b.backup.db").exists():
                wrong.append(f"no backup afterwards: {second}")
            tally.case(str(site), *wrong, *([] if reached else ["the fault was never reached"]))
            shutil.rmtree(folder)


def case_of(place: Path, scene: Path, number: int | str) -> Path:
    return shutil.copytree(scene, place / f"case{number}")


def test_a_restore_killed_at_any_system_call_leaves_the_one_database_or_the_other_and_sends_nothing(
    place: Path, zygote: Zygote
) -> None:
    """Another post of the same week is on X since the backup: nobody may send it again."""
    scene = prepare(place / "scene", SINGLE)
    with proof("T6 kill -9, restore") as tally, theatre(scene, place) as stage:
        with stage.case() as case:
            assert zygote.run("backup", case.folder, name=BACKUP).code == 0
            assert zygote.run("run", case.folder, api_base=case.api_base).said["states"][SINGLE] == "posted"
            shutil.copytree(case.folder, place / "later")
        with theatre(place / "later", place) as stage_later:
            with stage_later.case() as case:
                every = sites_of(zygote, "restore", case.folder, name=BACKUP)
            for site in chosen(every, 4, 250):
                with stage_later.case() as case:
                    tally.case(str(site), *restored_twice(zygote, case, site, tally))
        assert set(tally.seen) == {"as it was", "as in the backup"}


def restored_twice(zygote: Zygote, case: Case, site: Site, tally: Tally) -> Iterator[str]:
    """A restore that is killed, a runner, the restore once more, and a runner."""
    if not killed(zygote, "restore", case.folder, site, name=BACKUP).killed:
        yield "the fault was never reached"
    case.clock.advance(AFTER_A_RESTART)
    yield from unsound_copies(case.folder, "posts")
    first = zygote.run("run", case.folder, api_base=case.api_base)
    tally.saw("as it was" if first.said.get("states", {}).get(SINGLE) == "posted" else "as in the backup")
    if "states" not in first.said and first.code != ExitCode.PERSON_NEEDED:
        yield f"the runner after the death: {first}"
    second = zygote.run("restore", case.folder, name=BACKUP)
    if second.code != 0 or not second.said["doubtful"]:
        yield f"no restore afterwards: {second}"
    last = zygote.run("run", case.folder, api_base=case.api_base)
    if last.code != ExitCode.PERSON_NEEDED:
        yield f"it would run: {last}"
    if case.network.count(CREATE):
        yield "something was sent"


def test_a_load_killed_at_any_system_call_leaves_the_old_list_or_the_new_one(place: Path, zygote: Zygote) -> None:
    scene = prepare(place / "scene", SINGLE)
    text = (scene / "top20.csv").read_text("utf-8")
    (scene / NEW_LIST).write_text(text.replace("name, photo, tag", "name, photo"), "utf-8")
    with proof("T6 kill -9, load") as tally:
        model = case_of(place, scene, "-model")
        before = list_of(model)
        every = sites_of(zygote, "load", model, name=NEW_LIST)
        after = list_of(model)
        assert before != after
        for number, site in enumerate(chosen(every, 4)):
            folder = case_of(place, scene, number)
            reached = killed(zygote, "load", folder, site, name=NEW_LIST).killed
            found = list_of(folder)
            tally.saw("the old list" if found == before else "the new one")
            wrong = [] if found in {before, after} else ["half a list"]
            second = zygote.run("load", folder, name=NEW_LIST)
            if second.code != 0 or list_of(folder) != after:
                wrong.append(f"not loaded: {second}")
            tally.case(str(site), *wrong, *([] if reached else ["the fault was never reached"]))
            shutil.rmtree(folder)
        assert set(tally.seen) == {"the old list", "the new one"}


def list_of(folder: Path) -> str:
    """Everything on record about the people of the list, and the sign-offs that end with their consent."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in LISTED]  # noqa: S608
    return hashlib.sha256(repr(rows).encode()).hexdigest()
