"""What a case plays on: a folder with a signed-off campaign a moment before it is due, and a witness as the network."""

from __future__ import annotations

import base64
import csv
import hashlib
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.core.desk import Desk
from bot.core.steering import slot_at
from bot.lifecycle import needs_person
from bot.model import Mode
from bot.ranking import read_list
from bot.storage import Storage
from bot.storage.migrate import create_if_new
from tests.campaigns import FRIDAY_BEFORE, SENDS_AGAIN, a_config
from tests.fake_x import Call, FakeX, FakeXServer, Served
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.reality.clock import SharedClock
from tests.reality.jobs import CLOCK, DATABASE, Said, open_stage
from tests.reality.proof import Tally
from tests.reality.zygote import Zygote

CREATE = "POST /2/tweets"
UPLOAD = "POST /2/media/upload"
SINGLE = "w20"
"""It has a picture."""
THREAD = "winner"
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_THREE_PARTS = """It is time for the podium of {{ campaign.name }}.
---
{% for worker in third %}Third: {{ worker.credit }}. {% endfor %}
{% for worker in second %}Second: {{ worker.credit }}. {% endfor %}
{% for worker in first %}First: {{ worker.credit }} of {{ worker.organisation_credit }}!{% endfor %}
---
Thank you to everyone who read, shared and sent kind words.
"""


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder in memory where the system has one: many thousand small files come and go."""
    memory = Path("/dev/shm")  # noqa: S108 - a mount point of Linux, and the folder in it gets a name of its own
    with tempfile.TemporaryDirectory(prefix="campaign-bot-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def prepare(
    folder: Path, *codes: str, every: timedelta = timedelta(seconds=30), asks: bool = False, **lines: str
) -> Path:
    """A started campaign in which only these posts go out, one after the other; no code means all of them.

    The database is closed in good order: one file, without a log. ``lines`` replace lines of config.toml. Unless it
    ``asks``, what is lost is sent again, so that each post has to come to its end without a person.
    """
    config = a_config(folder, handle=f'handle = "@{HANDLE}"', **({} if asks else SENDS_AGAIN), **lines)
    (folder / "templates" / "winner_thread.txt.j2").write_text(_THREE_PARTS, "utf-8")
    _give_a_picture(folder)
    clock = SharedClock(folder / CLOCK, FRIDAY_BEFORE)
    storage = Storage(config.database_url, now=clock.now)
    create_if_new(storage.database)
    desk = Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    bot.load(read_list(folder / "top20.csv"), answers={})
    bot.approve(codes=None, plan_code=bot.plan().plan_code, by="Ann Example")
    bot.record_start()
    chosen = codes or tuple(post.code for post in bot.posts())
    for post in bot.posts():
        if post.code not in chosen:
            bot.skip(post.code)
    for number, code in enumerate(chosen):
        bot.move(code, slot_at(FRIDAY_BEFORE + timedelta(seconds=10) + number * every, str(bot.zone())))
    storage.close()
    return folder


def _give_a_picture(folder: Path) -> None:
    (folder / "portrait.png").write_bytes(_PICTURE)
    with (folder / "top20.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        pictured = row["rank"] == "20"
        row |= {"photo": "portrait.png" if pictured else "", "alt text": "A portrait" if pictured else ""}
        row |= {"consent": "name, photo, tag"}
    with (folder / "top20.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class Witness(FakeX):
    """The fake X, which looks into the database at each request to post: was the intent there first?"""

    def __init__(self, clock: Clock, database: Path) -> None:
        super().__init__(now=clock.now, handle=HANDLE, credentials=CREDENTIALS)
        self._database = database
        self._asked: Counter[str] = Counter()
        self.unannounced: list[str] = []
        self.forgets_duplicates = True  # X's own refusal of the same text would hide what we do twice

    def respond(self, call: Call) -> Served:
        if call.method == "POST" and call.path.endswith("/2/tweets") and call.body:
            self._look(call.json()["text"])
        return super().respond(call)

    def _look(self, text: str) -> None:
        self._asked[text] += 1
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            query = "SELECT count(*) FROM attempts WHERE text_hash = ?"
            (announced,) = connection.execute(query, (hashlib.sha256(text.encode()).hexdigest(),)).fetchone()
        if announced < self._asked[text]:
            self.unannounced.append(f"call {self._asked[text]} had {announced} intents")


@dataclass(kw_only=True)
class Case:
    """One case: its own copy of the scene, its own network."""

    folder: Path
    clock: SharedClock
    network: Witness
    api_base: str

    @property
    def database(self) -> Path:
        return self.folder / DATABASE


class Theatre:
    """Copies of one scene, one after the other, in front of one server."""

    def __init__(self, scene: Path, place: Path, server: FakeXServer) -> None:
        self._scene, self._place, self._server = scene, place, server
        self._number = 0

    @contextmanager
    def case(self) -> Iterator[Case]:
        """A fresh copy, gone afterwards."""
        self._number += 1
        folder = shutil.copytree(self._scene, self._place / f"case{self._number}")
        clock = SharedClock(folder / CLOCK)
        network = Witness(clock, folder / DATABASE)
        self._server.fake = network
        self._server._server.fake = network  # noqa: SLF001 - a server for each case would take longer than the case
        try:
            yield Case(folder=folder, clock=clock, network=network, api_base=self._server.base)
        finally:
            self.settle()
            shutil.rmtree(folder)

    def settle(self) -> None:
        """Wait until the server has done all that dead clients have asked of it."""
        address = urlsplit(self._server.base)
        with socket.create_connection((address.hostname, address.port), timeout=5) as poke:
            poke.sendall(b"GET /knock HTTP/1.0\r\n\r\n")
            while poke.recv(1024):
                pass
        for thread in threading.enumerate():
            if "process_request" in thread.name:
                thread.join(timeout=5)


@contextmanager
def theatre(scene: Path, place: Path) -> Iterator[Theatre]:
    """A server for the cases of one scene."""
    clock = SharedClock(scene / CLOCK)
    with FakeXServer(Witness(clock, scene / DATABASE)) as server:
        yield Theatre(scene, place, server)


def verdict(said: Said, network: Witness, codes: tuple[str, ...]) -> list[str]:
    """What is wrong at the end of a case: doubled, lost without a word, out of order, unannounced, corrupt."""
    if "states" not in said:
        return [f"no end was reached: {said}"]
    wrong = list(network.unannounced)
    out = Counter(network.texts())
    wrong += [f"{count} times on X: {text[:30]}" for text, count in out.items() if count > 1]
    if said["integrity"] != "ok":
        wrong.append(f"integrity: {said['integrity']}")
    for code in codes:
        wrong += _wrong_with(code, said, network)
    return wrong


def _wrong_with(code: str, said: Said, network: Witness) -> Iterator[str]:
    posts = {post.text: post for post in network.posts.values()}
    thread = [posts.get(text) for text in said["texts"][code]]
    live = [post is not None for post in thread]
    if said["states"][code] == "posted" and not all(live):
        yield f"{code} counts as posted, but on X are {live}"
    if said["states"][code] != "posted" and not said["reasons"].get(code):
        yield f"{code} is {said['states'][code]} without a word"
    for parent, reply in pairwise(thread):
        if reply is not None and (parent is None or reply.in_reply_to != parent.network_id):
            yield f"{code} has a part after a gap or under the wrong parent"


def finish(zygote: Zygote, case: Case, code: str, tally: Tally, *, asks: bool) -> list[str]:
    """What is wrong when the next process goes on, and, where the campaign asks, a person answers what it then holds."""
    said = zygote.run("run", case.folder, api_base=case.api_base).said
    wrong = [*verdict(said, case.network, (code,)), *not_settled(said, case.network, code, asks=asks)]
    if asks and said.get("reasons", {}).get(code):
        tally.saw("held for a person")
        answer(case)
        said = zygote.run("run", case.folder, api_base=case.api_base).said
        wrong += [*verdict(said, case.network, (code,)), *not_settled(said, case.network, code, asks=False)]
    return wrong


def not_settled(said: Said, network: Witness, code: str, *, asks: bool) -> list[str]:
    """In the end it is out; or held, where a person is to be asked, and just those parts count as out that are."""
    state = said.get("states", {}).get(code)
    if state == "posted":
        return []
    if not asks or not said.get("reasons", {}).get(code):
        return [f"in the end: {state} ({said.get('reasons', {}).get(code)})"]
    out = [text in network.texts() for text in said["texts"][code]]
    return [] if out == [part == "posted" for part in said["parts"][code]] else [f"held, and on X are {out}"]


def answer(case: Case) -> None:
    """Ten minutes later somebody has looked at the account, and says of what is held that it is not there."""
    case.clock.advance(timedelta(minutes=10))
    stage = open_stage(read_config(case.folder, environ={}), case.clock, case.api_base)
    for post in stage.bot.posts():
        if needs_person(post) and any(message.in_doubt for message in post.messages):
            stage.bot.mending.settle_not_there(post.code)
        elif needs_person(post):
            stage.bot.retry(post.code)
    stage.storage.close()
