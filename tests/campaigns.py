"""A whole campaign on a virtual clock: real config, real templates, a real database, and a network made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.calls import Identity, Outcome, Outgoing, SeenPost, Verdict
from bot.clock import VirtualClock
from bot.config import Config
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.core.delivering import Crashpoint, Deliverer, Event, no_crash
from bot.core.desk import Desk
from bot.core.running import Beat, Runner
from bot.model import Media, Mode, Post
from bot.publishers import Publisher
from bot.publishers.dry_run import DryRunPublisher
from bot.ranking import read_list
from bot.resources import config_example, sample_list, templates_dir
from bot.storage import Storage
from bot.storage.migrate import create_if_new
from tests.databases import lay_down_at
from tests.remembered import remembered

FRIDAY_BEFORE = datetime(2027, 3, 5, 12, tzinfo=UTC)
SENDS_AGAIN = {"if_unanswered": 'if_unanswered = "send again"'}
"""Lines for ``a_folder``: what X neither answered nor shows is sent once more, instead of waiting for a person."""
WEEK = {"2026-11-30": "2027-03-08", "2026-12-04": "2027-03-12", "2026-12-02": "2027-03-10"}


def a_folder(path: Path, **replacements: str) -> Path:
    """A campaign's folder as ``init`` would write it, for Monday 8 to Friday 12 March 2027, basis chosen.

    ``replacements`` are lines of config.toml, named by their key: ``spacing='spacing = "15m"'``.
    """
    path.mkdir(parents=True, exist_ok=True)
    text = config_example().read_text("utf-8").replace('basis = ""', 'basis = "consent"')
    for old, new in WEEK.items():
        text = text.replace(old, new)
    for key, line in replacements.items():
        lines = [line if found.startswith(f"{key} =") else found for found in text.splitlines()]
        text = "\n".join(lines) + "\n"
    (path / "config.toml").write_text(text, "utf-8")
    shutil.copytree(templates_dir(), path / "templates", dirs_exist_ok=True)
    shutil.copy(sample_list(), path / "top20.csv")
    return path


class FaultyNetwork:
    """A network that does what it is told: it takes posts, loses answers, refuses. It remembers every call."""

    def __init__(self, clock: VirtualClock, handle: str = "example_charity") -> None:
        self._clock = clock
        self._inner = DryRunPublisher(clock, handle)
        self.calls: list[tuple[datetime, Outgoing]] = []
        self.faults: list[Fault] = []
        self.looks = 0
        self.blind = False

    @property
    def accepted(self) -> list[SeenPost]:
        """What is on the account, oldest first."""
        return list(reversed(self._inner.recent(datetime(2000, 1, 1, tzinfo=UTC))))

    def texts(self) -> list[str]:
        return [post.text for post in self.accepted]

    def upload(self, media: Media, content: bytes) -> str:
        return self._inner.upload(media, content)

    def publish(self, outgoing: Outgoing) -> Outcome:
        self.calls.append((self._clock.now(), outgoing))
        if self.faults:
            return self.faults.pop(0)(self._inner, outgoing)
        return self._inner.publish(outgoing)

    def delete(self, network_id: str) -> Outcome:
        return self._inner.delete(network_id)

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        self.looks += 1
        return () if self.blind else self._inner.recent(since)

    def whoami(self) -> Identity:
        return self._inner.whoami()


Fault = Callable[[DryRunPublisher, Outgoing], Outcome]


def lost_answer(network: DryRunPublisher, outgoing: Outgoing) -> Outcome:
    """It is out, and nobody says so."""
    network.publish(outgoing)
    return Outcome(verdict=Verdict.UNKNOWN, reason="The answer got lost.")


def lost_request(_network: DryRunPublisher, _outgoing: Outgoing) -> Outcome:
    """It never arrived, and nobody says so."""
    return Outcome(verdict=Verdict.UNKNOWN, reason="The connection broke.")


def answer(outcome: Outcome) -> Fault:
    """The network says this and does nothing."""
    return lambda _network, _outgoing: outcome


def work_until(end: datetime, runner: Runner, clock: VirtualClock) -> Beat:
    """Let a runner work, jumping from due time to due time, up to an instant; its last beat."""
    while True:
        beat = runner.tick()
        if beat.finished or beat.next_at is None or beat.next_at > end:
            clock.advance_to(end)
            return beat
        clock.advance_to(max(beat.next_at, clock.now() + timedelta(milliseconds=1)))


@dataclass(kw_only=True)
class Stage:
    """A campaign under test, with its clock, its network and what was reported."""

    bot: Bot
    clock: VirtualClock
    network: FaultyNetwork
    publisher: Publisher | None = None
    events: list[Event] = field(default_factory=list)
    runners: int = 0

    @property
    def storage(self) -> Storage:
        return self.bot.record.storage

    @property
    def posts(self) -> dict[str, Post]:
        return {post.code: post for post in self.bot.posts()}

    def plan_and_sign(self) -> Stage:
        """Plan, and sign everything off."""
        plan_and_sign(self.bot)
        return self

    def start(self) -> Stage:
        """Record the start of a live campaign."""
        self.bot.record_start()
        return self

    def runner(self, crashpoint: Crashpoint = no_crash, *, sender_gone: bool = True) -> Runner:
        """A new runner, as after a restart of the program."""
        self.runners += 1
        runner = Runner(
            deliverer=Deliverer(
                storage=self.storage,
                publisher_for=lambda _account: self.publisher or self.network,
                clock=self.clock,
                runner_id=f"runner-{self.runners}",
                mode=self.bot.mode,
                report=self.events.append,
                sender_gone=lambda _attempt: sender_gone,
                crashpoint=crashpoint,
            )
        )
        runner.begin(host="here", pid=self.runners)
        return runner

    def run_until(self, end: datetime, runner: Runner | None = None) -> Beat:
        """Let a runner work, jumping from due time to due time, up to an instant."""
        return work_until(end, runner or self.runner(), self.clock)

    def run_to_the_end(self, runner: Runner | None = None) -> Beat:
        """Let a runner work until nothing happens by itself any more."""
        return self.run_until(self.clock.now() + timedelta(days=30), runner)


def a_config(folder: Path, url: str | None = None, **replacements: str) -> Config:
    """The config of ``a_folder``, on another database if one is named."""
    config = read_config(a_folder(folder, **replacements), environ={})
    return replace(config, database_url=url) if url else config


def a_stage(folder: Path, url: str | None = None, **replacements: str) -> Stage:
    """A live campaign with the sample list loaded, on the Friday before its week."""
    config = a_config(folder, url, **replacements)
    clock = VirtualClock(FRIDAY_BEFORE)
    storage = a_storage(config.database_url, clock)
    desk = Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    load(bot, folder / "top20.csv")
    return Stage(bot=bot, clock=clock, network=FaultyNetwork(clock))


def load(bot: Bot, path: Path, campaign_id: int = 1) -> None:
    """Load the first list of a campaign, which gets this id."""
    work = partial(_load, bot, path, campaign_id)
    remembered(bot, work, "load", path.name, path.read_bytes(), lists=[(str(path.parent), campaign_id)])


def _load(bot: Bot, path: Path, campaign_id: int) -> None:
    bot.load(read_list(path), answers={})
    assert bot.record.record().campaign_id == campaign_id
    assert bot.record.storage.rankings.folder(campaign_id) == path.parent


def plan_and_sign(bot: Bot) -> None:
    """Plan, and sign everything off."""
    remembered(bot, lambda: bot.approve(codes=None, plan_code=bot.plan().plan_code, by="Ann Example"), "sign")


def a_storage(url: str, clock: VirtualClock) -> Storage:
    """A database on a virtual clock, with all tables; a throw-away one, which does not wait for the disk."""
    lay_down_at(url)
    storage = Storage(url, durable=False, now=clock.now)
    create_if_new(storage.database)
    return storage
