"""A world to break things in: one database that is put back in a moment, machines with clocks of their own, runners
that crash and freeze, and people. One thread, virtual time, and so the same every time.
"""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from math import inf
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.clock import VirtualClock
from bot.config import Config
from bot.core.bot import Bot
from bot.core.delivering import Deliverer
from bot.core.desk import Desk
from bot.core.running import Beat, Runner
from bot.digest import post_digest
from bot.lifecycle import Policy
from bot.model import Account, Approval, AuditEntry, Draft, Media, Mode, PlannedPost, Post, PostKey, SeriesKind, Slot
from bot.settings import Settings, settings_to_json
from bot.storage import Storage, schema
from bot.storage.migrate import create_if_new
from bot.storage.plans import PlanUpdate
from tests.campaigns import a_config
from tests.torture.network import BEFORE_ARRIVAL, FaultyWorldNetwork, Gateway, Wall

MONDAY = datetime(2027, 3, 8, 8, 59, tzinfo=UTC)
ZONE = "Europe/London"
CAMPAIGN = "Torture"
ENCORE = "Encore"
"""A second campaign in the same database, which shares its accounts."""
POLICY = Policy()
SENDS_AGAIN = Policy(sends_unanswered_again=True)
PICTURE = Media(sha256="0" * 64, mime="image/png", size=3, alt_text="Three bytes")


class CrashError(BaseException):
    """The power is off. Not an Exception: nothing may catch it."""


class Life(StrEnum):
    """How a runner is."""

    ALIVE = "alive"
    FROZEN = "frozen"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """One post to be planned."""

    code: str
    account: str
    due_at: datetime
    texts: tuple[str, ...]
    signed: bool = True
    picture: bool = False
    campaign: str = CAMPAIGN


class Arena:
    """The one database of a process, in memory where the system has a place for that."""

    def __init__(self) -> None:
        shared = Path("/dev/shm")  # noqa: S108 - a folder of its own in there
        self.folder = Path(tempfile.mkdtemp(prefix="campaign-bot-", dir=shared if shared.is_dir() else None))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        path = self.folder / "torture.db"
        self.clock: Callable[[], datetime] = lambda: MONDAY
        self.storage = Storage(f"sqlite:///{path}", durable=False, now=self._now)
        create_if_new(self.storage.database)
        self._file = sqlite3.connect(path)
        self.empty = self.snapshot()
        self.config: Config = a_config(self.folder / "campaign", self.storage.database.url.render_as_string())
        self.prepared: dict[tuple[tuple[Sketch, ...], Policy], sqlite3.Connection] = {}

    def _now(self) -> datetime:
        return self.clock()

    def snapshot(self) -> sqlite3.Connection:
        """A copy of everything, to go back to."""
        copy = sqlite3.connect(":memory:")
        self._file.backup(copy)
        return copy

    def restore(self, snapshot: sqlite3.Connection) -> None:
        """Be as it was."""
        snapshot.backup(self._file)

    def prepare(self, sketches: tuple[Sketch, ...], policy: Policy, *, keep: bool) -> None:
        """A started live campaign with these posts; ``keep`` remembers it for the next case."""
        if (sketches, policy) in self.prepared:
            self.restore(self.prepared[sketches, policy])
            return
        self.restore(self.empty)
        for campaign in sorted({sketch.campaign for sketch in sketches}):
            plan(self.storage, [sketch for sketch in sketches if sketch.campaign == campaign], policy)
        if keep:
            self.prepared[sketches, policy] = self.snapshot()


@cache
def arena() -> Arena:
    """This process's own."""
    return Arena()


def plan(storage: Storage, sketches: Sequence[Sketch], policy: Policy) -> None:
    """Write the posts as a planner would, sign them off, and record the start."""
    record = storage.campaigns.ensure(sketches[0].campaign)
    accounts = {name: storage.campaigns.ensure_account("x", name) for name in sorted({s.account for s in sketches})}
    planned = tuple(_planned(sketch, accounts[sketch.account]) for sketch in sketches)
    lines = tuple((post.code, digest, post.slot.local.isoformat()) for post, digest in planned)
    entry = AuditEntry(at=MONDAY, actor="Ann Example", action="plan")
    update = PlanUpdate(
        added=planned,
        media={PICTURE.sha256: (PICTURE.mime, b"png")} if any(sketch.picture for sketch in sketches) else {},
        settings=settings_to_json(Settings(zone=ZONE, policy=policy)),
        config_digest="",
        plan_code="TEST",
        lines=lines,
        entries=(entry,),
    )
    storage.plans.apply(record.campaign_id, update, now=MONDAY)
    signed = {sketch.code for sketch in sketches if sketch.signed}
    approvals = {
        post.post_id: Approval(by="Ann Example", at=MONDAY, digest=post.digest, plan_code="TEST")
        for post in storage.plans.posts(record.campaign_id)
        if post.code in signed
    }
    storage.plans.approve(record.campaign_id, approvals, seen="TEST", entry=entry)
    storage.campaigns.record_start(record.campaign_id, Mode.LIVE, entry)


def slot_of(instant: datetime) -> Slot:
    """The slot of a true instant."""
    return Slot(local=instant.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None), due_at=instant)


def _planned(sketch: Sketch, account: Account) -> tuple[PlannedPost, str]:
    pictures = (PICTURE,) if sketch.picture else ()
    messages = tuple(Draft(text=text, media=pictures if not n else ()) for n, text in enumerate(sketch.texts))
    post = PlannedPost(
        key=PostKey(series="w", subject_id=sketch.code, account_id=account.account_id),
        kind=SeriesKind.WORKERS,
        code=sketch.code,
        slot=slot_of(sketch.due_at),
        messages=messages,
    )
    return post, post_digest("x", sketch.account, messages, None)


@dataclass(kw_only=True)
class Span:
    """Attempts with ids in (after, up_to] of these posts (all of the campaign when empty) must not exist: paused, or
    skipped. ``campaign_id`` 0 is any."""

    why: str
    after: int
    up_to: float = inf
    codes: frozenset[str] = frozenset()
    campaign_id: int = 0


@dataclass(kw_only=True)
class Actor:
    """A runner and how it is. ``wake`` is the true time of its next tick; None when it waits for nothing."""

    name: str
    wall: Wall
    life: Life = Life.ALIVE
    wake: datetime | None = None
    runner: Runner = field(init=False)


Point = Callable[[Actor, str], None]


def pass_by(_actor: Actor, _name: str) -> None:
    """Nothing happens at this step."""


@dataclass(kw_only=True)
class World:
    """Everything of one case. ``at_point`` is called at every crash point. ``one_host``: its runners share a lock, so
    that a dead one is known to be dead; on several machines nobody can know."""

    sketches: tuple[Sketch, ...]
    network: FaultyWorldNetwork
    policy: Policy = POLICY
    one_host: bool = True
    walls: list[Wall] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)
    at_point: Point = pass_by
    calls_cut_off: int = 0
    trace: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    proofs: dict[str, list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.walls = self.walls or [Wall(true=self.time)]
        place = arena()
        place.prepare(self.sketches, self.policy, keep=len(self.sketches) <= 3)
        place.clock = self.walls[0].now if self.one_host else self.time.now
        campaigns = [sketch.campaign for sketch in self.sketches] or [CAMPAIGN]
        self.bots = {campaign: self._bot(place, campaign) for campaign in campaigns}
        self.bot = next(iter(self.bots.values()))
        self.network.during = self._during
        self._gateways: dict[tuple[str, int], Gateway] = {}

    def _bot(self, place: Arena, campaign: str) -> Bot:
        desk = Desk(storage=place.storage, clock=self.walls[0], campaign=campaign, actor="Ann Example")
        return Bot(config=place.config, record=desk, stage=desk, mode=Mode.LIVE)

    def stopped_accounts(self) -> tuple[Account, ...]:
        """Accounts on which nothing goes out until a person acts."""
        found = {
            account.account_id: account
            for bot in self.bots.values()
            for account in bot.stage.storage.campaigns.accounts(bot.stage.record().campaign_id)
            if account.stopped
        }
        return tuple(found.values())

    def bot_of(self, code: str) -> Bot:
        """The facade of the campaign that a post belongs to; a correction belongs to that of its post."""
        first = code.partition("-c")[0]
        return next((self.bots[sketch.campaign] for sketch in self.sketches if sketch.code == first), self.bot)

    @property
    def time(self) -> VirtualClock:
        return self.network.clock

    @property
    def storage(self) -> Storage:
        return self.bot.stage.storage

    def posts(self) -> tuple[Post, ...]:
        return tuple(post for bot in self.bots.values() for post in bot.posts())

    def start_runner(self, wall: Wall | None = None) -> Actor:
        """One more runner, as after a start of the program."""
        actor = Actor(name=f"runner-{len(self.actors) + 1}", wall=wall or self.walls[0])
        actor.runner = Runner(
            deliverer=Deliverer(
                storage=self.storage,
                publisher_for=lambda account: self._gateway(actor, account),
                clock=actor.wall,
                runner_id=actor.name,
                mode=Mode.LIVE,
                report=lambda event: self.note(f"{event.code} {event.part} {event.state} {event.reason}"),
                sender_gone=self._is_gone,
                crashpoint=lambda name: self._pass(actor, name),
            )
        )
        self.actors[actor.name] = actor
        actor.wake = self.time.now()
        actor.runner.begin(host="here", pid=len(self.actors))
        return actor

    def _gateway(self, actor: Actor, account: Account) -> Gateway:
        known = self._gateways.get((actor.name, account.account_id))
        if known is None:
            known = self.network.gateway(account.handle, actor.name, actor.wall)
            self._gateways[actor.name, account.account_id] = known
        return known

    def _is_gone(self, runner_id: str) -> bool:
        return self.one_host and self.actors[runner_id].life is Life.DEAD

    def _pass(self, actor: Actor, name: str) -> None:
        """A runner passes a step. An intent that no call follows is counted: the runner died or stood still."""
        if name == "after intent":
            self.calls_cut_off += 1
        self.at_point(actor, name)

    def _during(self, runner_id: str, name: str) -> None:
        actor = self.actors[runner_id]
        if name == BEFORE_ARRIVAL:
            self.calls_cut_off -= 1
        self.at_point(actor, name)

    def note(self, what: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{self.time.now():%d %H:%M:%S.%f} {what}")

    def tick(self, actor: Actor) -> Beat | None:
        """One beat; None when the runner died in it. Sets when it wants to wake."""
        try:
            beat = actor.runner.tick()
        except CrashError:
            actor.life, actor.wake = Life.DEAD, None
            return None
        next_at = None if beat.next_at is None else beat.next_at - actor.wall.offset
        actor.wake = None if next_at is None else max(next_at, self.time.now() + timedelta(milliseconds=1))
        return beat

    def die_at(self, actor: Actor, name: str) -> NoReturn:
        """The runner dies at this step."""
        self.note(f"{actor.name} dies {name}")
        self.calls_cut_off += name == BEFORE_ARRIVAL
        raise CrashError

    # What people do.

    def prove(self, account: Account) -> None:
        """The credentials are seen to work again."""
        self.proofs.setdefault(account.handle, []).append(self.time.now())
        self.bot.record_proof(account, user_id="1", fingerprint="f")

    def is_paused(self, bot: Bot) -> bool:
        return bot.stage.record().paused_at is not None

    def pause(self, bot: Bot) -> None:
        """From here on no intent of the campaign is committed."""
        bot.pause("because")
        self.spans.append(Span(why="paused", after=self._newest_attempt(), campaign_id=bot.stage.record().campaign_id))

    def resume(self, bot: Bot) -> None:
        """Go on."""
        self._end_spans("paused", frozenset(), bot.stage.record().campaign_id)
        bot.resume()

    def resume_all(self) -> None:
        for bot in self.bots.values():
            if self.is_paused(bot):
                self.resume(bot)

    def skip(self, code: str) -> None:
        """From here on no intent for this post is committed."""
        self.bot_of(code).skip(code)
        self.spans.append(Span(why="skipped", after=self._newest_attempt(), codes=frozenset({code})))

    def wanted_again(self, code: str, decide: Callable[[], object]) -> None:
        """A person wants it out after all, unless that is refused."""
        decide()
        self.touched(code)

    def delete(self, code: str) -> None:
        """Taken off the network, it never comes again."""
        post = self.bot_of(code).post(code)
        gateway = self.network.gateway(self.handle_of(post), "", self.walls[0])
        self.bot_of(code).mending.delete(code, gateway)
        self.spans.append(Span(why="deleted", after=self._newest_attempt(), codes=frozenset({code})))

    def touched(self, code: str) -> None:
        """What kept it from being sent is over."""
        self._end_spans("skipped", frozenset({code}))

    def correct(self, code: str, text: str, slot: Slot) -> None:
        """A correction is written, and signed off."""
        bot = self.bot_of(code)
        planned = bot.mending.correct_by_reply(code, text, slot)
        seen = bot.stage.planned().plan_code
        bot.approve(codes=[planned.code], plan_code=seen, by="Ann Example", accept_warnings=True)

    def _end_spans(self, why: str, codes: frozenset[str], campaign_id: int = 0) -> None:
        for span in self.spans:
            if (span.why, span.codes, span.campaign_id, span.up_to) == (why, codes, campaign_id, inf):
                span.up_to = self._newest_attempt()

    def _newest_attempt(self) -> int:
        with self.storage.database.read() as connection:
            return connection.execute(sa.select(sa.func.max(schema.attempts.c.attempt_id))).scalar_one() or 0

    def handle_of(self, post: Post) -> str:
        """The account a post goes out on."""
        return self.bot_of(post.code).account_of(post).handle

    def may_still_send(self) -> bool:
        """Whether a runner stands still that may go on."""
        return any(actor.life is Life.FROZEN for actor in self.actors.values())

    def run_until(self, end: datetime, actor: Actor) -> bool:
        """Let one runner work, from wake to wake. False when it died."""
        while True:
            if self.tick(actor) is None:
                return False
            if actor.wake is None or actor.wake > end:
                self.time.advance_to(end)
                return True
            self.time.advance_to(actor.wake)
