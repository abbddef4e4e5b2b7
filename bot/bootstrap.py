"""The composition root: from a folder and the environment to a ``Bot``, and from a recorded start to a runner."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.clock import Clock, SystemClock
from bot.config import Config
from bot.core.bot import Bot
from bot.core.desk import Desk
from bot.core.watching import load_command
from bot.credentials import Credentials, default_path, fingerprint, install_redactor, load_credentials
from bot.errors import CredentialsError, DatabaseError, NotReadyError, Problem, RunnerLockedError, UsageError
from bot.model import Account, Mode
from bot.platform import (
    ProcessIdentity,
    RunnerLock,
    config_dir,
    folder_risk,
    state_dir,
    surely_gone,
    this_process,
)
from bot.storage import Storage
from bot.storage.copying import copy_to_file
from bot.storage.engine import Database
from bot.storage.migrate import create_if_new, require_current, revision_of
from bot.storage.moving import require_in_place

if TYPE_CHECKING:
    from bot.core.counting import CallCount
    from bot.core.delivering import Deliverer, Event
    from bot.core.guarding import Verified
    from bot.core.leaving import Unserved
    from bot.core.running import Runner, ServeAll
    from bot.publishers import Publisher

PRACTICE_FILE = "practice.db"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What a command opens and has to close again."""

    bot: Bot
    clock: Clock

    @property
    def config(self) -> Config:
        return self.bot.config

    def close(self) -> None:
        """Give the databases back."""
        for storage in {id(desk.storage): desk.storage for desk in (self.bot.record, self.bot.stage)}.values():
            storage.close()


def open_shop(
    config: Config, *, actor: str, clock: Clock | None = None, create: bool = False, moved: bool = False
) -> Shop:
    """Open the record, and the stage: the practice copy while practice is under way, else the record itself.

    ``create`` makes the database where there is none; ``moved`` opens also one that was moved away. Raises
    DatabaseError, and PersonNeededError for a database that is elsewhere now.
    """
    clock = clock or SystemClock()
    storage = Storage(config.database_url)
    _refuse_risky_place(storage.database)
    if create:
        create_if_new(storage.database)
    else:
        require_current(storage.database)
    if not moved:
        require_in_place(storage.database, storage.installation.identity())
    record = Desk(storage=storage, clock=clock, campaign=config.name, actor=actor, begin=load_command(config))
    mode = _mode(config, storage)
    stage = record
    if mode is Mode.PRACTICE and practice_path(config).exists():
        stage = _practice_or_record(config, record)
    return Shop(bot=Bot(config=config, record=record, stage=stage, mode=mode), clock=clock)


def _refuse_risky_place(database: Database) -> None:
    """A database on a network drive or in a synchronised folder is not safe. Raises DatabaseError."""
    risk = folder_risk(database.path.parent) if database.path is not None else None
    if risk is not None:
        raise DatabaseError(risk)


def nothing_loaded(config: Config) -> bool:
    """Whether the database of a config does not exist yet, or holds no tables."""
    storage = Storage(config.database_url)
    try:
        return revision_of(storage.database) is None
    finally:
        storage.close()


def _mode(config: Config, storage: Storage) -> Mode:
    """Live when the config says so, and for as long as a campaign that went live is on record."""
    found = storage.campaigns.find(config.name)
    went_live = found is not None and found.started_at is not None and found.mode is Mode.LIVE
    return Mode.LIVE if config.live or went_live else Mode.PRACTICE


def practice_path(config: Config) -> Path:
    """Where practice keeps its copy of the database."""
    return config.folder / PRACTICE_FILE


def _practice_or_record(config: Config, record: Desk) -> Desk:
    """The practice copy, unless the week was planned anew since it was taken: then practice is over."""
    stage = practice_desk(config, record)
    copied, current = (desk.storage.campaigns.find(desk.campaign) for desk in (stage, record))
    if copied is not None and current is not None and copied.planned_at == current.planned_at:
        return stage
    stage.storage.close()
    return record


def practice_desk(config: Config, record: Desk) -> Desk:
    """The same campaign in the practice copy."""
    storage = Storage(f"sqlite:///{practice_path(config)}")
    require_current(storage.database)
    return replace(record, storage=storage)


def begin_practice(shop: Shop) -> Shop:
    """A fresh practice copy of the record; refuses while a practice runner is at work. Raises RunnerLockedError."""
    bot, path = shop.bot, practice_path(shop.config)
    with RunnerLock(path):
        if bot.stage is not bot.record:
            bot.stage.storage.close()
        copy_to_file(bot.record.storage.database, path)
    stage = practice_desk(shop.config, bot.record)
    return Shop(bot=Bot(config=bot.config, record=bot.record, stage=stage, mode=Mode.PRACTICE), clock=shop.clock)


@contextmanager
def throw_away_copy(storage: Storage) -> Iterator[Storage]:
    """A copy of the whole database for a rehearsal, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="campaign-bot-") as folder:
        path = Path(folder) / "rehearsal.db"
        copy_to_file(storage.database, path)
        copy = Storage(f"sqlite:///{path}", durable=False)
        try:
            yield copy
        finally:
            copy.close()


def credentials_path(config: Config) -> Path:
    """Where the secrets of the config's account lie, unless the environment holds them."""
    account = config.account
    return account.credentials or default_path(config_dir(os.environ), account.network, account.handle)


def read_credentials(config: Config) -> Credentials:
    """The secrets of the config's account; from now on they are blotted out of every log. Raises CredentialsError."""
    credentials = load_credentials(credentials_path(config), os.environ)
    install_redactor(credentials.values)
    return credentials


def fingerprint_at_hand(config: Config) -> str | None:
    """The fingerprint of the credentials, or None where there are none. Raises CredentialsError for unsafe ones."""
    try:
        return fingerprint(read_credentials(config))
    except CredentialsError:
        if credentials_path(config).exists():
            raise
        return None


def live_publisher(config: Config, account: Account, clock: Clock) -> Publisher:
    """The gateway to the network, for credentials that were seen to belong to the account."""
    from bot.core.leaving import credentials_of, is_own
    from bot.core.starting import require_proof
    from bot.publishers.registry import Gateway, open_publisher

    credentials = read_credentials(config) if is_own(config, account) else credentials_of(account, os.environ)
    require_proof(account, fingerprint(credentials))
    return open_publisher(
        account.network,
        Gateway(handle=account.handle, credentials=credentials, api_base=config.account.api_base, clock=clock),
    )


def publisher_for(shop: Shop, account: Account) -> Publisher:
    """The gateway that fits the mode."""
    from bot.publishers.dry_run import DryRunPublisher

    if shop.bot.mode is Mode.LIVE:
        return live_publisher(shop.config, account, shop.clock)
    return DryRunPublisher(shop.clock, account.handle)


def lock_target(shop: Shop) -> Path:
    """The file whose lock a runner holds: that of the stage's database."""
    return lock_file(shop.bot.stage.storage.database)


def lock_file(database: Database) -> Path:
    """The file whose lock stands for a database: its own, or a stand-in for a server's."""
    if database.path is not None:
        return database.path
    name = hashlib.sha256(str(database.url).encode()).hexdigest()[:16]
    folder = state_dir(os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.server"


def runner_alive(shop: Shop) -> bool:
    """Whether a runner is at work on this host."""
    return RunnerLock.probe(lock_target(shop)) is not None


def refuse_while_running(shop: Shop) -> None:
    """For what must not happen under a runner's feet. Raises RunnerLockedError."""
    holder = RunnerLock.probe(lock_target(shop))
    if holder is not None:
        raise RunnerLockedError(
            Problem(what=f"A runner is at work ({holder}).", remedy="Stop it first (Ctrl+C in its window).")
        )


def run(
    shop: Shop,
    *,
    report: Callable[[Event], None],
    alarm: Callable[[str], None],
    until_idle: bool = False,
    take_over: bool = False,
    announce: Callable[[], None] = lambda: None,
) -> bool:
    """Be the runner until every post is final, or with ``until_idle`` until nothing happens by itself any more.

    Asks nothing. ``take_over`` makes this installation the one that runs the database; ``announce`` is called once
    nothing refuses. Returns whether it ended by itself. Raises RunnerLockedError, NotReadyError, PersonNeededError.
    """
    from bot.core.lanes import Lanes
    from bot.core.running import Watchful
    from bot.core.vigil import keep_vigil
    from bot.scheduler import keep_beating, stopping_on_signals

    _require_start(shop)
    with (
        RunnerLock(lock_target(shop)) as lock,
        keep_vigil(shop.bot, shop.clock, os.environ, alarm) as vigil,
        _guarded(shop, alarm, take_over=take_over) as count,
        stopping_on_signals() as stop,
        Lanes() as lanes,
    ):
        announce()
        told, sender = vigil.passing_on(alarm), _deliverer(shop, vigil.listening(report), lock, count)
        runner = _runner(shop, sender, lanes.serve, vigil.telling_unserved(alarm), until_idle=until_idle)
        watchful = Watchful(runner=runner, alarm=told, campaign=shop.config.name)
        _tell_changed_rules(shop, told)

        def beat() -> bool:
            if not lock.still_held():
                told("The lock file of this runner was removed; stopping, so that two runners cannot work at once.")
                return True
            done = watchful.beat()
            vigil.beat(done)
            return done is not None and (done.finished or (until_idle and done.next_at is None))

        ended = keep_beating(beat, stop)
        lanes.close()  # no call may be under way when the runner says that it has ended
        runner.end()
        return ended


def _require_start(shop: Shop) -> None:
    from bot.core.starting import require_proof

    record = shop.bot.stage.planned()
    if record.started_at is None or record.mode is not shop.bot.mode:
        raise NotReadyError(
            Problem(what="The campaign has not been started yet.", remedy="A person starts it: campaign-bot start")
        )
    if shop.bot.mode is Mode.LIVE:
        require_proof(shop.bot.account(), fingerprint_at_hand(shop.config))


def require_safe(shop: Shop) -> None:
    """What ``start`` must know before it asks anybody: see ``bot.core.guarding``. Raises PersonNeededError."""
    from bot.core import guarding

    if shop.bot.mode is Mode.LIVE:
        guarding.require_safe(shop.bot.record, os.environ)


def verify_account(shop: Shop) -> Verified:
    """Read the account and adopt what is out (live; practice has no account). Raises NetworkRefusedError, UsageError."""
    from bot.core import guarding

    if shop.bot.mode is not Mode.LIVE:
        raise UsageError(Problem(what="There is nothing to verify: in practice nothing is sent."))
    return guarding.verify(shop.bot.record, lambda account: publisher_for(shop, account))


@contextmanager
def _guarded(shop: Shop, tell: Callable[[str], None], *, take_over: bool) -> Iterator[CallCount | None]:
    """The guards of a live runner, which holds the lock. In practice none: it sends nothing and counts nothing."""
    from bot.core import guarding
    from bot.core.refusals import forget_refusal

    if shop.bot.mode is not Mode.LIVE:
        yield None
        return
    record = shop.bot.record
    with guarding.only_one_copy_runs(record, os.environ):
        count = guarding.guard(record, os.environ, partial(publisher_for, shop), take_over=take_over, tell=tell)
        forget_refusal(record, os.environ)
        yield count


def _tell_changed_rules(shop: Shop, told: Callable[[str], None]) -> None:
    from bot.core.guarding import changed_time_rules

    if changed := changed_time_rules(shop.bot.stage):
        told(changed)


def _runner(
    shop: Shop, deliverer: Deliverer, serve_all: ServeAll, told: Callable[[Unserved], None], *, until_idle: bool
) -> Runner:
    """A runner that has announced itself. A live one is asked again and again whether time and place are right."""
    from bot.core import guarding
    from bot.core.leaving import Serving, is_own, lacking, own_none, serve_every
    from bot.core.running import Runner, nothing_to_refuse

    if shop.bot.stage.storage.database.path is not None:  # nobody else holds the lock, so nobody holds a lease
        shop.bot.stage.storage.delivery.release_all()
    live, process = shop.bot.mode is Mode.LIVE, this_process()
    serving = Serving(
        storage=shop.bot.stage.storage,
        clock=shop.clock,
        runner_id=deliverer.runner_id,
        lacks=partial(lacking, partial(publisher_for, shop)),
        tell=told,
        own=partial(is_own, shop.config),
    )
    runner = Runner(
        deliverer=replace(deliverer, unserved=serving.leave) if live else deliverer,
        serve_all=serve_all,
        serves=serving if live else serve_every,
        own=serving.own if live else own_none,
        until_idle=until_idle,
        refuse_time=partial(guarding.refuse_wrong_clock, shop.bot.record) if live else nothing_to_refuse,
        refuse_place=partial(guarding.refuse_other_place, shop.bot.record) if live else nothing_to_refuse,
    )
    runner.begin(process.host, process.pid, boot_id=process.boot_id, process_started=process.started)
    return runner


def _deliverer(shop: Shop, report: Callable[[Event], None], lock: RunnerLock, count: CallCount | None) -> Deliverer:
    from bot.core.delivering import Deliverer, keep_no_count

    storage = shop.bot.stage.storage
    practice: dict[int, Publisher] = {}

    def gateway(account: Account) -> Publisher:
        if shop.bot.mode is Mode.LIVE:
            return live_publisher(shop.config, account, shop.clock)
        return practice.setdefault(account.account_id, publisher_for(shop, account))

    def sender_gone(runner_id: str) -> bool:
        """Only of this host can anybody know: we hold the lock that it held, and its process is no more."""
        sender = storage.delivery.runner(runner_id)
        if sender is None or not lock.still_held():
            return False
        process = ProcessIdentity(
            pid=sender.pid, host=sender.host, boot_id=sender.boot_id, started=sender.process_started
        )
        return surely_gone(process)

    return Deliverer(
        storage=storage,
        publisher_for=gateway,
        clock=shop.clock,
        runner_id=uuid.uuid4().hex,
        mode=shop.bot.mode,
        report=report,
        sender_gone=sender_gone,
        count=keep_no_count if count is None else lambda attempt: count.note(attempt.attempt_id),
    )
