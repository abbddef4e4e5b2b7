"""What the forked processes do: be the runner, upgrade a database, make a backup or put one back, load a list. Each
returns an exit code and a word.

The runner is the real one (storage, deliverer, lock, publisher, Tweepy, sockets); only its clock is shared with the
test, and its timeouts are its own.
"""

from __future__ import annotations

import codecs
import os
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.clock import VirtualClock
from bot.config import Config
from bot.config_reading import read_config
from bot.core import guarding
from bot.core.bot import Bot
from bot.core.counting import CallCount
from bot.core.delivering import Deliverer
from bot.core.desk import Desk
from bot.core.keeping import restore as put_back
from bot.core.running import Runner, Watchful
from bot.core.upgrading import upgrade_database
from bot.errors import CampaignBotError
from bot.lifecycle import needs_person, reason_of, state_of
from bot.model import Mode, RunnerRecord
from bot.platform import ProcessIdentity, RunnerLock, surely_gone, this_process
from bot.publishers import Publisher
from bot.publishers.x import XPublisher
from bot.publishers.x_transport import Timeouts
from bot.ranking import read_list
from bot.storage import Storage
from bot.storage.backups import save_copy
from bot.storage.engine import Database
from tests.campaigns import FaultyNetwork, Stage
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.reality.clock import RacingClock, SharedClock

Said = dict[str, Any]
Job = Callable[[Path, dict[str, Any]], tuple[int, Said]]

SHORT = Timeouts(connect=0.5, read=0.25, total=0.5, upload=0.5)
"""For whoever is kept waiting on purpose."""
PATIENT = Timeouts(connect=10, read=10, total=20, upload=20)
"""For whoever is not: a busy machine is no fault of the network."""
DATABASE = "campaign.db"
CLOCK = "clock"
STATE = "state"
MOST_BEATS = 400
BEGINNINGS = 15


def open_stage(config: Config, clock: VirtualClock, api_base: str, timeouts: Timeouts = SHORT) -> Stage:
    """A campaign on its durable database, with the fake X as its network."""
    storage = Storage(config.database_url, now=clock.now)
    desk = Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    publisher = XPublisher(CREDENTIALS, api_base=api_base, handle=HANDLE, clock=clock, timeouts=timeouts)
    return Stage(bot=bot, clock=clock, network=FaultyNetwork(clock), publisher=publisher)


def report(stage: Stage) -> Said:
    """Where each post stands, and whether the file is sound."""
    posts = stage.bot.posts()
    with closing(sqlite3.connect(stage.bot.config.folder / DATABASE)) as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    return {
        "states": {post.code: str(state_of(post)) for post in posts},
        "parts": {post.code: [str(message.state) for message in post.messages] for post in posts},
        "reasons": {post.code: reason_of(post) for post in posts if needs_person(post)},
        "texts": {post.code: [message.draft.text for message in post.messages] for post in posts},
        "integrity": integrity,
    }


def run(folder: Path, options: dict[str, Any]) -> tuple[int, Said]:
    """Be the runner on the virtual clock until nothing happens by itself any more, with the watchful tick."""
    clock, config = SharedClock(folder / CLOCK), read_config(folder, environ={})
    _prepare(options)
    alarms: list[str] = []
    try:
        with RunnerLock(folder / DATABASE) as lock:
            stage = open_stage(config, clock, options["api_base"], PATIENT)
            runner = _begun(stage, lock, alarms)
            ended = _beat_to_the_end(Watchful(runner=runner, alarm=alarms.append), clock, options)
            with suppress(CampaignBotError):
                runner.end()
            _undo(options)
            said = _patient_report(stage)
            stage.storage.close()
    except CampaignBotError as error:
        return int(error.exit_code), {"error": str(error), "alarms": alarms}
    finally:
        _undo(options)
    return 0, {**said, "alarms": alarms, "ended": ended}


def _patient_report(stage: Stage) -> Said:
    """The fault may still be there when the work is done, and the test wants its report all the same."""
    for _ in range(MOST_BEATS):
        with suppress(CampaignBotError, sqlite3.Error):
            return report(stage)
    raise AssertionError("there is no reading this database")


def _begun(stage: Stage, lock: RunnerLock, alarms: list[str]) -> Runner:
    """As a service does: when the beginning itself fails, it is begun again, a few times."""
    for _ in range(BEGINNINGS):
        try:
            return guarded_runner(stage, lock)
        except CampaignBotError as error:
            alarms.append(str(error))
            stage.clock.advance(timedelta(seconds=1))
    return guarded_runner(stage, lock)


def guarded_runner(stage: Stage, lock: RunnerLock) -> Runner:
    """A runner with all that ``bootstrap.run`` gives it, but for the alarms: guards, the count of calls, an identity."""
    storage, process = stage.storage, this_process()
    count = guarding.guard(stage.bot.record, state_of_folder(stage), lambda _: publisher_of(stage), take_over=False)
    storage.delivery.release_all()

    def sender_gone(runner_id: str) -> bool:
        sender = storage.delivery.runner(runner_id)
        return sender is not None and lock.still_held() and surely_gone(identity_of(sender))

    runner = Runner(
        deliverer=Deliverer(
            storage=storage,
            publisher_for=lambda _: publisher_of(stage),
            clock=stage.clock,
            runner_id=uuid.uuid4().hex,
            mode=Mode.LIVE,
            report=stage.events.append,
            sender_gone=sender_gone,
            count=lambda attempt: count.note(attempt.attempt_id),
        )
    )
    runner.begin(process.host, process.pid, boot_id=process.boot_id, process_started=process.started)
    return runner


def state_of_folder(stage: Stage) -> dict[str, str]:
    """Each case has a computer of its own, as far as the guards can see."""
    return {"CAMPAIGN_BOT_STATE_DIR": str(stage.bot.config.folder / STATE)}


def publisher_of(stage: Stage) -> Publisher:
    assert stage.publisher is not None
    return stage.publisher


def identity_of(sender: RunnerRecord) -> ProcessIdentity:
    return ProcessIdentity(pid=sender.pid, host=sender.host, boot_id=sender.boot_id, started=sender.process_started)


def _beat_to_the_end(watchful: Watchful, clock: VirtualClock, options: dict[str, Any]) -> bool:
    """Whether the end came by itself."""
    for number in range(MOST_BEATS):
        if number == options.get("mended_at"):
            _undo(options)
        beat = watchful.beat()
        if beat is None:
            clock.advance(timedelta(seconds=1))
        elif beat.finished or beat.next_at is None:
            return True
        else:
            clock.advance_to(max(beat.next_at, clock.now() + timedelta(milliseconds=1)))
    return False


_PRAGMA: dict[str, str] = {}


def _prepare(options: dict[str, Any]) -> None:
    """The trouble that a case asks for: another person, a limit on files, a pragma on each connection."""
    if "uid" in options:
        os.setgid(options["uid"])
        os.setuid(options["uid"])
    if "largest_file" in options:
        _limit_files(options["largest_file"])
    if "pragma" in options:
        _PRAGMA["each"] = options["pragma"]
        sa.event.listen(sa.pool.Pool, "checkout", _say_pragma)


def _undo(options: dict[str, Any]) -> None:
    """The disk has room again."""
    if "largest_file" in options:
        _limit_files(None)
    if "pragma_after" in options:
        _PRAGMA["each"] = options["pragma_after"]


def _limit_files(most: int | None) -> None:
    import resource  # not on Windows, where this module is imported too

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if most is None else most, hard))


def _say_pragma(connection: Any, _record: object, _proxy: object) -> None:
    connection.execute(f"PRAGMA {_PRAGMA['each']}").fetchall()


def upgrade(folder: Path, _options: dict[str, Any]) -> tuple[int, Said]:
    """What ``campaign-bot db upgrade`` does."""
    path = folder / DATABASE
    with RunnerLock(path), closing(Database(f"sqlite:///{path}")) as database:
        done = upgrade_database(database, SharedClock(folder / CLOCK).now())
    return 0, {"after": done.after, "backup": str(done.backup) if done.backup else ""}


def backup(folder: Path, options: dict[str, Any]) -> tuple[int, Said]:
    """A complete copy beside the database."""
    copy = folder / options["name"]
    return 0, {"size": save_copy(folder / DATABASE, copy)}


def restore(folder: Path, options: dict[str, Any]) -> tuple[int, Said]:
    """What ``campaign-bot db restore`` does."""
    path, clock, config = folder / DATABASE, SharedClock(folder / CLOCK), read_config(folder, environ={})
    with RunnerLock(path):
        done = put_back(
            lambda storage: Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example"),
            path,
            folder / options["name"],
            campaign=config.name,
            now=clock.now(),
            count=lambda database_id: CallCount(folder / STATE, database_id).read(),
        )
    return 0, {"doubtful": done.doubtful, "kept": done.kept is not None}


def load(folder: Path, options: dict[str, Any]) -> tuple[int, Said]:
    """What ``campaign-bot load`` does after its questions."""
    clock, config = SharedClock(folder / CLOCK), read_config(folder, environ={})
    with closing(Storage(config.database_url, now=clock.now)) as storage:
        desk = Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example")
        bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
        result = bot.load(read_list(folder / options["name"]), answers={})
    return 0, {"changes": len(result.changes)}


def soak(folder: Path, options: dict[str, Any]) -> tuple[int, Said]:
    """Be the runner on a clock that races, until every post is final or waits for a person; 8 when another one is."""
    clock = RacingClock(datetime.fromisoformat(options["start"]), options["began"], options["speed"])
    config = read_config(folder, environ={})
    try:
        with RunnerLock(folder / DATABASE) as lock:
            stage = open_stage(config, clock, options["api_base"])
            alarms: list[str] = []
            watchful = Watchful(runner=_begun(stage, lock, alarms), alarm=alarms.append)
            while (beat := watchful.beat()) is None or not (beat.finished or beat.next_at is None):
                clock.advance(timedelta(seconds=1))
            said = report(stage)
            stage.storage.close()
    except CampaignBotError as error:
        return int(error.exit_code), {"error": str(error)}
    return 0, {**said, "alarms": alarms}


JOBS: dict[str, Job] = {
    "run": run, "upgrade": upgrade, "backup": backup, "restore": restore, "load": load, "soak": soak
}  # fmt: skip


def warm_up() -> None:
    """Import what is imported late, so that a case pays for none of it, and so that counts of calls do not waver."""
    import encodings.idna  # the standard library's own late ones

    import alembic.command
    import alembic.config
    import tweepy.client

    for name in ("ascii", "utf-8-sig"):
        codecs.lookup(name)
    sa.create_engine("sqlite://").connect().close()
    ZoneInfo("Europe/London")
    assert alembic.command is not None
    assert alembic.config is not None
    assert encodings.idna is not None
    assert tweepy.client is not None
