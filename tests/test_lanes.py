"""Several accounts on the real clock: none waits for another, and none is forgotten."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

import pytest

from bot.calls import Identity, Outcome, Outgoing, SeenPost
from bot.clock import SystemClock, VirtualClock
from bot.core import lanes as of_lanes
from bot.core.choosing import Turn
from bot.core.delivering import Deliverer
from bot.core.lanes import Lanes, turned
from bot.core.running import Runner
from bot.errors import DatabaseError
from bot.lifecycle import Policy
from bot.model import Account, Media, Mode
from bot.publishers import Publisher
from bot.publishers.dry_run import DryRunPublisher
from bot.storage import Storage
from tests.campaigns import a_storage
from tests.torture.world import MONDAY, Sketch, plan

PATIENCE = 30.0
TURNS = 20


@dataclass(kw_only=True)
class Slow:
    """A network that answers when it is told to."""

    inner: DryRunPublisher
    called: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)

    def publish(self, outgoing: Outgoing) -> Outcome:
        self.called.set()
        assert self.answers.wait(PATIENCE)
        return self.inner.publish(outgoing)

    def upload(self, media: Media, content: bytes) -> str:
        return self.inner.upload(media, content)

    def delete(self, network_id: str) -> Outcome:
        return self.inner.delete(network_id)

    def recent(self, since: object) -> tuple[SeenPost, ...]:  # nothing is looked for here
        return ()

    def whoami(self) -> Identity:
        return self.inner.whoami()


@dataclass(kw_only=True)
class Scene:
    """Two accounts with a post each, due now; the first one's network is slow."""

    runner: Runner
    lanes: Lanes
    storage: Storage
    clock: VirtualClock
    slow: Slow
    quick: DryRunPublisher


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = VirtualClock(MONDAY)
    storage = a_storage(f"sqlite:///{tmp_path / 'campaign.db'}", clock)
    sketches = (
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("From Acorn",)),
        Sketch(code="o1", account="oak", due_at=MONDAY, texts=("From Oak",)),
    )
    plan(storage, sketches, Policy())
    slow, quick = Slow(inner=DryRunPublisher(clock, "acorn")), DryRunPublisher(clock, "oak")
    networks: dict[str, Publisher] = {"acorn": slow, "oak": quick}

    def publisher_for(account: Account) -> Publisher:
        return networks[account.handle]

    lanes = Lanes(patience=0.2)
    deliverer = Deliverer(
        storage=storage,
        publisher_for=publisher_for,
        clock=clock,
        runner_id="runner",
        mode=Mode.LIVE,
        report=lambda _event: None,
        sender_gone=lambda _runner: True,
    )
    yield Scene(
        runner=Runner(deliverer=deliverer, serve_all=lanes.serve),
        lanes=lanes,
        storage=storage,
        clock=clock,
        slow=slow,
        quick=quick,
    )
    slow.answers.set()
    lanes.close()
    storage.close()


def texts(publisher: DryRunPublisher) -> list[str]:
    return [post.text for post in publisher.recent(MONDAY.replace(year=2000))]


def test_an_account_that_gets_no_answer_holds_up_no_other_and_no_sign_of_life(scene: Scene) -> None:
    beat = scene.runner.tick()
    assert scene.slow.called.wait(PATIENCE)
    while not texts(scene.quick):
        beat = scene.runner.tick()
    assert texts(scene.quick) == ["From Oak"]
    assert texts(scene.slow.inner) == []
    assert not beat.finished
    assert beat.next_at == scene.clock.now()


def test_a_call_under_way_is_not_made_again_and_is_waited_for_at_the_end(scene: Scene) -> None:
    for _ in range(3):
        scene.runner.tick()
    scene.slow.answers.set()
    scene.lanes.close()
    assert texts(scene.slow.inner) == ["From Acorn"]
    assert scene.storage.delivery.unfinished(Mode.LIVE) == 0


def test_when_all_is_out_the_runner_has_finished(scene: Scene) -> None:
    scene.slow.answers.set()
    while not scene.runner.tick().finished:
        pass
    assert (texts(scene.slow.inner), texts(scene.quick)) == (["From Acorn"], ["From Oak"])


def test_what_goes_wrong_in_a_lane_is_raised_by_the_tick_and_tried_again(tmp_path: Path) -> None:
    class Broken:
        runner_id = "broken"
        clock = SystemClock()
        served = 0

        def turn(self, _account_id: int) -> Turn:
            self.served += 1
            raise OSError("no disk")

    broken = Broken()
    account = Account(account_id=1, network="x", handle="acorn")
    with Lanes(patience=PATIENCE) as lanes:
        for number in (1, 2):
            with pytest.raises(OSError, match="no disk"):
                lanes.serve(broken, (account,))  # type: ignore[arg-type]  # as much of a deliverer as lanes know
            assert broken.served == number


def test_a_runner_that_is_told_to_stop_begins_with_no_further_account() -> None:
    class Busy:
        clock = SystemClock()
        runner_id = "runner"
        begun = threading.Semaphore(0)
        may_end = threading.Event()

        def __init__(self) -> None:
            self.served: list[int] = []

        def turn(self, account_id: int) -> Turn:
            self.served.append(account_id)
            self.begun.release()
            assert self.may_end.wait(PATIENCE)
            return Turn(goes_on=True)

    busy, lanes = Busy(), Lanes(patience=0.0)
    accounts = [Account(account_id=number, network="x", handle=f"a{number}") for number in range(of_lanes.MOST + 1)]
    lanes.serve(busy, accounts)  # type: ignore[arg-type]  # as much of a deliverer as lanes know
    for _ in range(of_lanes.MOST):
        assert busy.begun.acquire(timeout=PATIENCE)
    called_off = threading.Event()
    for _, end, _ in lanes._under_way.values():  # noqa: SLF001  # nobody else knows them
        end.add_done_callback(lambda _: called_off.set())
    closing = threading.Thread(target=lanes.close)
    closing.start()
    assert called_off.wait(PATIENCE)
    busy.may_end.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert len(busy.served) == of_lanes.MOST


def test_a_long_backlog_on_some_accounts_keeps_no_other_waiting() -> None:
    class Hasty(SystemClock):
        """Each look at it is a spell later."""

        seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += 2 * of_lanes.SPELL
            return self.seconds

    class Backlog:
        clock = Hasty()
        runner_id = "runner"

        def __init__(self) -> None:
            self.served: list[int] = []
            self._lock = threading.Lock()

        def turn(self, account_id: int) -> Turn:
            with self._lock:
                self.served.append(account_id)
                return Turn(goes_on=self.served.count(account_id) < TURNS)

    backlog = Backlog()
    accounts = [Account(account_id=number, network="x", handle=f"a{number}") for number in range(3 * of_lanes.MOST)]
    with Lanes(patience=PATIENCE) as lanes:
        wakes = lanes.serve(backlog, accounts)  # type: ignore[arg-type]  # as much of a deliverer as lanes know
    assert wakes == [None] * len(accounts)
    assert Counter(backlog.served) == {account.account_id: TURNS for account in accounts}
    half = backlog.served[: len(backlog.served) // 2]
    assert set(half) == {account.account_id for account in accounts}


def test_a_runner_that_is_told_to_stop_ends_after_the_messages_under_way_and_leaves_the_backlog() -> None:
    class Endless:
        clock = SystemClock()
        runner_id = "runner"

        def __init__(self) -> None:
            self.begun = threading.Event()

        def turn(self, _account_id: int) -> Turn:
            self.begun.set()
            return Turn(goes_on=True)

    endless, lanes = Endless(), Lanes(patience=0.0)
    lanes.serve(endless, [Account(account_id=1, network="x", handle="acorn")])  # type: ignore[arg-type]  # as above
    assert endless.begun.wait(PATIENCE)
    closing = threading.Thread(target=lanes.close, daemon=True)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_a_lane_that_never_ends_is_a_trouble_and_no_sign_of_life(scene: Scene) -> None:
    scene.runner.tick()
    assert scene.slow.called.wait(PATIENCE)
    scene.clock.sleep(of_lanes.STUCK + 1)
    with pytest.raises(DatabaseError, match="not been served to its end for 30 minutes"):
        scene.runner.tick()


def test_runners_that_share_accounts_begin_at_different_ones_and_each_serves_all() -> None:
    accounts = [Account(account_id=number, network="x", handle=f"account{number}") for number in range(1, 9)]
    rows = [turned(accounts, f"runner-{number}") for number in range(8)]
    assert all(sorted(row, key=attrgetter("account_id")) == accounts for row in rows)
    assert len({row[0] for row in rows}) > len(rows) / 2
    assert rows[0] == turned(accounts, "runner-0")
    assert turned([], "runner-0") == ()
