"""T12: runners on several computers share a PostgreSQL server, and die, freeze, and lose it: nothing doubled, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import DatabaseError, ExitCode
from bot.lifecycle import is_final, needs_person, state_of
from bot.model import PostState
from bot.storage import Storage, schema
from bot.storage.leases import take
from bot.storage.migrate import create_if_new
from tests.fake_x import FakeXServer
from tests.fake_x.fixtures import HANDLE
from tests.postgres import PostgresServer, PostgresUnavailableError, _unavailable, running_server
from tests.reality.fleet import (
    SINGLES,
    CommitCable,
    Machine,
    SlowX,
    all_posts,
    commit_cable,
    fleet,
    keep_going,
    lay_out_work,
    wrong_with,
)
from tests.reality.proof import Tally, dose, proof
from tests.underway import campaign_bot, fine, give_secrets, lay_out, plan, refusal, shop_of, sign

DATABASE = "week"
GOES_ON_WITHIN = 90.0
"""Seconds after the loss of a computer, by which its posts go on (docs/delivery.md: a lease is 60)."""


@dataclass(kw_only=True)
class Site:
    """A server of its own, with a cable to it, the network, and the campaign's folder."""

    server: PostgresServer
    cable: CommitCable
    network: SlowX
    folder: Path
    place: Path

    @property
    def by_cable(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.cable.port}/{DATABASE}?sslmode=disable&gssencmode=disable"


@contextmanager
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> Iterator[Site]:
    dice = random.Random(seed)  # noqa: S311 - it has to be repeatable
    network = SlowX(dice)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except (OSError, subprocess.SubprocessError, PostgresUnavailableError) as error:
            _unavailable(str(error))
        server.execute(f"CREATE DATABASE {DATABASE}")
        fake = stack.enter_context(FakeXServer(network))
        monkeypatch.setenv("CAMPAIGN_BOT_DATABASE_URL", server.url(DATABASE))
        monkeypatch.setenv("CAMPAIGN_BOT_CONFIG_DIR", str(tmp_path / "settings"))
        give_secrets(monkeypatch)
        folder = lay_out(
            tmp_path / "week",
            live="live = true",
            network=f'network = "x"\napi_base = "{fake.base}"',
            handle=f'handle = "@{HANDLE}"',
            catch_up_spacing='catch_up_spacing = "1s"',
        )
        plan(folder)
        sign(folder)
        cable = stack.enter_context(commit_cable(server.socket, dice))
        yield Site(server=server, cable=cable, network=network, folder=folder, place=tmp_path)


def storm(at: Site, machines: list[Machine], seconds: float, dice: random.Random, tally: Tally) -> None:
    """Every two seconds somebody dies; in between they freeze, commits are cut off, and the server breaks down."""
    end, every = time.monotonic() + seconds, dose(int(seconds / 2), 8, 60)
    crash_at = time.monotonic() + every
    at.cable.hostile = True
    while time.monotonic() < end:
        keep_going(machines, dice.uniform(1.0, 2.0))
        if dice.choice(machines).send(signal.SIGKILL):
            tally.saw("killed")
        frozen = dice.choice(machines)
        if frozen.send(signal.SIGSTOP):
            tally.saw("frozen")
            keep_going([each for each in machines if each is not frozen], dice.uniform(0.1, 0.8))
            frozen.send(signal.SIGCONT)
        if time.monotonic() > crash_at:
            at.server.stop("immediate")
            tally.saw("server crashed")
            keep_going(machines, 0.3)
            at.server.start()
            crash_at = time.monotonic() + (every if dose(0, 1) else seconds)
    at.cable.hostile = False
    for what, number in at.cable.cuts.items():
        tally.seen[what] = number


def _still_open(at: Site) -> list[str]:
    """What the calls without an end wait for."""
    table, runners = schema.attempts, schema.runners
    with shop_of(at.folder) as shop, shop.bot.record.storage.database.read() as connection:
        rows = connection.execute(sa.select(table).where(table.c.closed_at.is_(None))).mappings().all()
        alive = connection.execute(sa.select(runners).where(runners.c.stopped_at.is_(None))).mappings().all()
        leases = connection.execute(sa.select(schema.accounts)).mappings().all()
    return [str({key: str(value) for key, value in row.items()}) for row in (*rows, *leases, *alive[-6:])]


def until_settled(at: Site, machines: list[Machine], patience: float) -> bool:
    """Whether every post came to its end, or to a person, in time. Looking takes long when there are many."""
    end, looked_for = time.monotonic() + patience, 0.2
    while time.monotonic() < end:
        keep_going(machines, 5 * looked_for)
        began = time.monotonic()
        settled = all(is_final(post) or needs_person(post) for post in all_posts(at.folder))
        looked_for = time.monotonic() - began
        if settled:
            return True
    return False


def test_runners_that_die_and_lose_their_server_double_nothing_and_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("CAMPAIGN_BOT_SEED", "1"))
    dice = random.Random(seed + 1)  # noqa: S311 - as above
    seconds = float(dose(7, 100, 1_200))
    copies, accounts = dose(1, 10, 667), dose(4, 4, 40)
    with proof("T12 server", seed) as tally, site(tmp_path, monkeypatch, seed) as at:
        every = timedelta(seconds=seconds / (SINGLES * copies))
        lay_out_work(at.folder, at.network, accounts=accounts, copies=copies, begin=timedelta(seconds=4), every=every)
        with fleet(4, at.folder, tmp_path, at.by_cable) as machines:
            _until(lambda: len(at.network.texts()) >= 4, machines)
            storm(at, machines, seconds, dice, tally)
            settled = until_settled(at, machines, dose(0, 420, 1_200)) if dose(0, 1) else True
            _until(lambda: len(senders_of(at)) > 1, machines, 120.0)
        posts = all_posts(at.folder)
        wrong = list(wrong_with(posts, at.network))
        if not settled:
            wrong.append(f"not settled: {_still_open(at)}")
        tally.cases = len(posts) - 1
        tally.case(f"seed {seed}", *wrong)
        for post in posts:
            tally.saw(str(state_of(post)))
        tally.seen["runners that sent"] = len(senders_of(at))
        for what in ("killed", "frozen", "server crashed", "posted", "before COMMIT", "after COMMIT"):
            assert tally.seen.get(what), (what, tally.seen, [each.said.read_text("utf-8")[-600:] for each in machines])


def senders_of(at: Site) -> set[str]:
    """The runners that have made a call; each start of a machine's runner counts as one."""
    with shop_of(at.folder) as shop, shop.bot.record.storage.database.read() as connection:
        return set(connection.execute(sa.select(schema.attempts.c.runner_id)).scalars())


def test_after_a_failover_to_an_old_copy_nothing_goes_out_before_a_person_confirms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proof("T12 old copy") as tally, site(tmp_path, monkeypatch, 1) as at:
        lay_out_work(
            at.folder, at.network, accounts=1, copies=1, begin=timedelta(seconds=2), every=timedelta(seconds=1)
        )
        dump = at.server.dump(DATABASE)
        with fleet(1, at.folder, tmp_path, at.by_cable) as machines:
            (machine,) = machines
            _until(lambda: len(at.network.texts()) >= 3, machines)
            at.server.put_back(dump, DATABASE)  # under the runner's feet
            _until(lambda: "older copy" in machine.said.read_text("utf-8"), machines)
            out = len(at.network.texts())
            machine.send(signal.SIGKILL)
            _until(
                lambda: machine.starts > 1 and machine.child is not None and machine.child.poll() is not None, machines
            )
            assert machine.child is not None
            assert machine.child.returncode == ExitCode.PERSON_NEEDED
            tally.case("the runner and the next one", *([] if len(at.network.texts()) == out else ["it went on"]))
            machine.off = True
            monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(machine.state))
            refusal(campaign_bot(at.folder, "run"), ExitCode.PERSON_NEEDED)
            assert "on record now" in fine(campaign_bot(at.folder, "db", "verify", "--yes"))
            fine(campaign_bot(at.folder, "resume"))
        texts = at.network.texts()
        tally.case("after the look", *([] if len(texts) == len(set(texts)) == out else ["doubled"]))
        known = [post for post in all_posts(at.folder) if state_of(post) is PostState.POSTED]
        assert len(known) == out


def _until(holds: object, machines: list[Machine], patience: float = 60.0) -> None:
    assert callable(holds)
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, [each.said.read_text("utf-8")[-2000:] for each in machines]
        keep_going(machines, 0.1)


@pytest.mark.skipif(dose(0, 1) == 0, reason="NOT PROVED HERE: it takes minutes; CAMPAIGN_BOT_TORTURE=ci asks for it")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["lost", "frozen"])
def test_after_the_loss_of_a_computer_its_posts_go_on_elsewhere_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    """A frozen one goes on when its lease is long over, and must find that it has none."""
    with proof(f"T12 loss, {end.name}") as tally, site(tmp_path, monkeypatch, 7) as at:
        accounts = lay_out_work(
            at.folder, at.network, accounts=2, copies=4, begin=timedelta(seconds=4), every=timedelta(seconds=1)
        )
        with fleet(3, at.folder, tmp_path, at.by_cable) as machines:
            _until(lambda: len(at.network.texts()) >= 6, machines)
            victim, account_id = _owner_of_an_account(at, machines)
            victim.send(end)
            victim.off = True
            lost_at, known = datetime.now(UTC), set(at.network.texts())
            others = [machine for machine in machines if machine is not victim]

            def goes_on() -> bool:
                return any(accounts[text] == account_id for text in at.network.texts() if text not in known)

            threading.Event().wait(0.3)
            known |= set(at.network.texts())  # what was on its way
            _until(goes_on, others, GOES_ON_WITHIN + 30)
            took = (datetime.now(UTC) - lost_at).total_seconds()
            tally.seen["seconds until it went on"] = round(took)
            victim.send(signal.SIGCONT)
            settled = until_settled(at, others, 300.0)
        wrong = list(wrong_with(all_posts(at.folder), at.network))
        wrong += [] if took <= GOES_ON_WITHIN else [f"it took {took:.0f} s"]
        wrong += [] if settled else ["not settled"]
        tally.case(end.name, *wrong)


@pytest.mark.skipif(dose(0, 1) == 0, reason="NOT PROVED HERE: it takes minutes; CAMPAIGN_BOT_TORTURE=ci asks for it")
def test_a_computer_that_freezes_inside_a_transaction_keeps_no_account_from_the_others(postgres_database: str) -> None:
    """Others pass a locked account over, and would do so for as long as the transaction stands."""
    with proof("T12 frozen transaction") as tally, ExitStack() as stack:
        frozen, other = (stack.enter_context(closing(Storage(postgres_database))) for _ in range(2))
        create_if_new(frozen.database)
        account_id = frozen.campaigns.ensure_account("x", HANDLE).account_id
        with pytest.raises(DatabaseError, match="idle-in-transaction"):
            freeze_inside(frozen, other, account_id)
        tally.case("another runner gets the account")


def freeze_inside(frozen: Storage, other: Storage, account_id: int) -> None:
    """Do nothing in a transaction that holds the account, until another runner has it."""
    end, wait = time.monotonic() + GOES_ON_WITHIN, threading.Event()
    with frozen.database.write() as connection:
        take(connection, frozen.database, account_id, "frozen", gone="", now=datetime.now(UTC))
        while not other.delivery.claim(account_id, "other", now=datetime.now(UTC), is_gone=lambda _: False):
            assert time.monotonic() < end, "nobody else gets the account"
            wait.wait(1.0)


def _owner_of_an_account(at: Site, machines: list[Machine]) -> tuple[Machine, int]:
    """The computer that has an account in its hands at this moment."""
    table, runners = schema.accounts, schema.runners
    query = sa.select(table.c.account_id, runners.c.host).join(runners, runners.c.runner_id == table.c.owner)
    with shop_of(at.folder) as shop, shop.bot.record.storage.database.read() as connection:
        account_id, host = connection.execute(query.limit(1)).one()
    return next(machine for machine in machines if machine.name == host), account_id
