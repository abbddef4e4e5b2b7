"""Several computers that share a database on a server, a cable to it that can be cut, and a network that takes its time."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.clock import SystemClock
from bot.core.bot import Bot
from bot.core.steering import slot_at
from bot.credentials import Credentials, default_path, fingerprint, save_credentials
from bot.lifecycle import needs_person, reason_of, state_of
from bot.model import Account, MessageState, Post, PostState
from bot.platform import config_dir
from bot.storage import schema
from tests.fake_x import Call, FakeX, Served
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.reality.relay import Relay
from tests.underway import shop_of

ROOT = Path(__file__).parent.parent.parent
SINGLES = 30  # the posts of the sample week without the thread
_CHUNK = 64 * 1024


class OneUser(FakeX):
    """An account on X, with an owner of its own. It takes the same text as often as it comes."""

    def __init__(self, handle: str, credentials: Credentials) -> None:
        super().__init__(now=SystemClock().now, handle=handle, credentials=credentials)
        self.forgets_duplicates = True  # its own refusal would hide what we do twice
        self.limits.per_window = {}


class SlowX(OneUser):
    """Takes a moment before it accepts, and another one before it says so: there is time to die in either.

    It has several users, the first of which is itself; the token of a request says whose it is.
    """

    def __init__(self, dice: random.Random) -> None:
        super().__init__(HANDLE, CREDENTIALS)
        self._dice = dice
        self._users: dict[str, OneUser] = {}

    def user(self, number: int) -> OneUser:
        """The user of that number, with a name and a token of their own."""
        if number == 0:
            return self
        token = CREDENTIALS.access_token.replace("-", f"{number}-")
        mine = replace(CREDENTIALS, access_token=token)
        return self._users.setdefault(token, OneUser(f"{HANDLE}_{number}", mine))

    def texts(self) -> list[str]:
        """What is on all accounts now, in the order of each."""
        return [text for fake in (self, *self._users.values()) for text in FakeX.texts(fake)]

    def respond(self, call: Call) -> Served:
        signed = call.headers.get("authorization", "")
        whose = next((fake for token, fake in self._users.items() if f'"{token}"' in signed), None)
        pause = threading.Event()
        pause.wait(self._dice.uniform(0.0, 0.08))
        served = whose.respond(call) if whose else super().respond(call)
        pause.wait(self._dice.uniform(0.0, 0.08))
        return served


@dataclass(kw_only=True)
class CommitCable(Relay):
    """Leads TCP to the server's socket. While it is ``hostile`` it is cut, now and then, when a COMMIT goes by: before
    it arrives, or after it has arrived and before anybody hears of it."""

    socket_path: Path
    dice: random.Random
    hostile: bool = False
    cuts: Counter[str] = field(default_factory=Counter)

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(str(self.socket_path))
            muted = threading.Event()
            back = threading.Thread(target=self._carry_back, args=(server, client, muted), daemon=True)
            back.start()
            try:
                while part := client.recv(_CHUNK):
                    cut = self._cut(part)
                    if cut == "before COMMIT":
                        return
                    if cut:
                        muted.set()
                    server.sendall(part)
                    if cut:
                        threading.Event().wait(0.1)  # it is done there, and the answer goes nowhere
                        return
            finally:
                for end in (client, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def _cut(self, part: bytes) -> str:
        if not self.hostile or b"COMMIT" not in part or self.dice.random() > 0.03:
            return ""
        kind = ("before COMMIT", "after COMMIT")[self.cuts.total() % 2]
        self.cuts[kind] += 1
        return kind

    def _carry_back(self, server: socket.socket, client: socket.socket, muted: threading.Event) -> None:
        with suppress(OSError):
            while (part := server.recv(_CHUNK)) and not muted.is_set():
                client.sendall(part)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def commit_cable(socket_path: Path, dice: random.Random) -> Iterator[CommitCable]:
    """A cable that is plugged in."""
    made = CommitCable(socket_path=socket_path, dice=dice)
    made.plug()
    try:
        yield made
    finally:
        made.unplug()


@dataclass(kw_only=True)
class Machine:
    """One computer: a name, a state folder of its own, and a runner that its system starts again when it ends."""

    name: str
    folder: Path
    state: Path
    database_url: str
    starts: int = 0
    off: bool = False
    child: subprocess.Popen[bytes] | None = None
    said: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        self.said = self.state / "said"

    def tend(self) -> None:
        """What a service does."""
        if self.off or (self.child is not None and self.child.poll() is None):
            return
        environ = {
            **os.environ,
            "CAMPAIGN_BOT_STATE_DIR": str(self.state),
            "CAMPAIGN_BOT_DATABASE_URL": self.database_url,
        }
        command = [sys.executable, "-m", "tests.reality.machine", self.name, "-C", str(self.folder), "run"]
        self.starts += 1
        with self.said.open("ab") as file:
            self.child = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=file, stderr=file)

    def send(self, number: signal.Signals) -> bool:
        """Whether there was somebody to get it."""
        if self.child is None or self.child.poll() is not None:
            return False
        self.child.send_signal(number)
        return True

    def shut_down(self) -> None:
        """For good."""
        self.off = True
        self.send(signal.SIGCONT)
        self.send(signal.SIGKILL)
        if self.child is not None:
            self.child.wait(30)


@contextmanager
def fleet(number: int, folder: Path, place: Path, database_url: str) -> Iterator[list[Machine]]:
    """So many computers, all of them off in the end."""
    machines = [
        Machine(name=f"machine-{each}", folder=folder, state=place / f"machine-{each}", database_url=database_url)
        for each in range(number)
    ]
    try:
        yield machines
    finally:
        for machine in machines:
            machine.shut_down()


def keep_going(machines: list[Machine], seconds: float) -> None:
    """Let the services work for a while."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < end:
        for machine in machines:
            machine.tend()
        pause.wait(min(0.1, max(0.0, end - time.monotonic())))


def _account(bot: Bot, user: FakeX) -> Account:
    """One with credentials that every machine finds, seen to be its own."""
    campaigns, mine = bot.record.storage.campaigns, user.credentials
    account = campaigns.ensure_account("x", user.handle)
    campaigns.record_proof(account.account_id, user_id=mine.user_id, proof=fingerprint(mine), now=datetime.now(UTC))
    save_credentials(default_path(config_dir(os.environ), account.network, account.handle), mine)
    return account


def lay_out_work(
    folder: Path, network: SlowX, *, accounts: int, copies: int, begin: timedelta, every: timedelta
) -> dict[str, int]:
    """All posts but the thread, so many copies of each, on so many accounts, one after the other from ``begin`` on. Each
    text gets its account."""
    with shop_of(folder) as shop:
        bot, database = shop.bot, shop.bot.record.storage.database
        bot.skip("winner")
        ids = [_account(bot, network.user(each)) for each in range(accounts)]
        bot.record_start()
        first, zone = datetime.now(UTC) + begin, str(bot.zone())
        with database.write() as connection:
            posts, messages = schema.posts, schema.messages
            rows = connection.execute(sa.select(posts).where(posts.c.code != "winner")).mappings().all()
            parts = {row["post_id"]: row for row in connection.execute(sa.select(messages)).mappings()}
            number = 0
            for copy in range(copies):
                for row in rows:
                    slot = slot_at(first + number * every, zone)
                    account_id = ids[number % accounts].account_id
                    number += 1
                    values = {"slot_local": slot.local.isoformat(), "due_at": slot.due_at, "account_id": account_id}
                    text = f"{parts[row['post_id']]['text']} ({copy})"
                    if copy == 0:
                        post_id = row["post_id"]
                        connection.execute(sa.update(posts).where(posts.c.post_id == post_id).values(values))
                        update = sa.update(messages).where(messages.c.post_id == post_id)
                        connection.execute(update.values(account_id=account_id, text=text))
                        continue
                    fresh = {key: value for key, value in row.items() if key != "post_id"}
                    fresh |= values | {"edition": copy, "code": f"{row['code']}-{copy}"}
                    post_id = connection.execute(sa.insert(posts).values(fresh).returning(posts.c.post_id)).scalar_one()
                    part = {key: value for key, value in parts[row["post_id"]].items() if key != "message_id"}
                    part |= {"post_id": post_id, "account_id": account_id, "text": text}
                    connection.execute(sa.insert(messages).values(part))
        return {
            post.messages[0].draft.text: post.key.account_id
            for post in bot.posts()
            if state_of(post) is not PostState.SKIPPED
        }


def all_posts(folder: Path) -> list[Post]:
    with shop_of(folder) as shop:
        return [post for post in shop.bot.posts() if state_of(post) is not PostState.SKIPPED]


def wrong_with(posts: list[Post], network: FakeX) -> Iterator[str]:
    """Doubled, lost without a word, or out of the order of the slots of its account."""
    out = Counter(network.texts())
    yield from (f"{number} times on X: {text[:40]}" for text, number in out.items() if number > 1)
    for post in posts:
        message = post.messages[0]
        live, state = out[message.draft.text] > 0, message.state
        if state is MessageState.POSTED and not live:
            yield f"{post.code} counts as posted, and is not on X"
        if live and state not in {MessageState.POSTED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.HELD}:
            yield f"{post.code} is on X, and counts as {state}"
        if needs_person(post) and not reason_of(post):
            yield f"{post.code} is {state_of(post)} without a word"
    by_text = {post.messages[0].draft.text: post for post in posts}
    slots: dict[int, list[datetime]] = {}
    for text in network.texts():
        post = by_text[text]
        slots.setdefault(post.key.account_id, []).append(post.slot.due_at)
    for account_id, instants in slots.items():
        if instants != sorted(instants):
            yield f"account {account_id} went out of order"
