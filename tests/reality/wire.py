"""A cable between the bot and the fake X that can be pulled, cut and fouled; and every fault that a case can ask for."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from time import monotonic
from urllib.parse import urlsplit

from bot.calls import Identity, Outcome, Outgoing, SeenPost
from bot.model import Media
from bot.publishers import Publisher
from tests.fake_x import Fault, faults
from tests.reality.relay import Relay

_RESET = struct.pack("ii", 1, 0)
_OK = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
_ENDLESS = 400
_CHUNK = 64 * 1024


class Foul(Enum):
    """What the cable does to one call. The first ones happen before the server hears of it, the rest after."""

    UNPLUGGED = auto()
    RESET_AT_ONCE = auto()
    CLOSED_AT_ONCE = auto()
    RESET_AFTER_READING = auto()
    RESET_AFTER_APPLYING = auto()
    HALF_A_HEADER = auto()
    NOT_HTTP = auto()
    BROKEN_CHUNKS = auto()
    FALSE_GZIP = auto()
    CONTINUE_FOR_EVER = auto()
    HEADERS_FOR_EVER = auto()
    BODY_FOR_EVER = auto()


_UNHEARD = {Foul.RESET_AT_ONCE, Foul.CLOSED_AT_ONCE, Foul.RESET_AFTER_READING}
_ANSWERS: dict[Foul, bytes] = {
    Foul.HALF_A_HEADER: b"HTTP/1.1 201 Crea",
    Foul.NOT_HTTP: b"\x16\x03\x01\x02\x00\x01\x00SSH-2.0-nonsense\r\n\r\n",
    Foul.BROKEN_CHUNKS: _OK + b'transfer-encoding: chunked\r\n\r\n5\r\n{"dat\r\nZZ\r\nnonsense\r\n',
    Foul.FALSE_GZIP: _OK + b"content-encoding: gzip\r\ncontent-length: 12\r\n\r\nnot zipped!!",
}


@dataclass(kw_only=True)
class Cable(Relay):
    """Passes each connection on, but for the ones it was told to foul. ``asked`` is what came, as method and path."""

    asked: list[str] = field(default_factory=list)
    fouls: list[Foul] = field(default_factory=list)
    _to: tuple[str, int] = ("", 0)

    def lead_to(self, base: str) -> None:
        """A new case: another server, and nothing remembered."""
        address = urlsplit(base)
        self._to = (str(address.hostname), int(address.port or 0))
        self.asked, self.fouls = [], []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _carry(self, client: socket.socket) -> None:
        foul = self.fouls.pop(0) if self.fouls else None
        with client, suppress(OSError):
            client.settimeout(5)
            if foul is Foul.RESET_AT_ONCE:
                _reset(client)
            if foul in {Foul.RESET_AT_ONCE, Foul.CLOSED_AT_ONCE}:
                return
            request = _read_request(client)
            method, path, _ = request.split(b" ", 2)
            self.asked.append(f"{method.decode()} {path.decode().partition('?')[0]}")
            answer = b"" if foul in _UNHEARD else self._pass_on(client if foul is None else None, request)
            _foul_up(client, foul, answer)

    def _pass_on(self, client: socket.socket | None, request: bytes) -> bytes:
        """Give the request to the server; the answer goes on as it comes, or is kept."""
        answer = b""
        with socket.create_connection(self._to, timeout=5) as server:
            server.sendall(request)
            while part := server.recv(_CHUNK):
                answer += part
                if client is not None:
                    client.sendall(part)
        return answer


def _read_request(client: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(_CHUNK) or _gone()
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        part = client.recv(missing) or _gone()
        request += part
        missing -= len(part)
    return request


def _gone() -> bytes:
    raise ConnectionError


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _foul_up(client: socket.socket, foul: Foul | None, answer: bytes) -> None:
    match foul:
        case Foul.RESET_AFTER_READING | Foul.RESET_AFTER_APPLYING:
            _reset(client)
        case Foul.CONTINUE_FOR_EVER:
            for _ in range(_ENDLESS):
                client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                threading.Event().wait(0.01)
        case Foul.HEADERS_FOR_EVER:
            client.sendall(_OK)
            for number in range(_ENDLESS):
                client.sendall(b"x-more-%d: %s\r\n" % (number, b"x" * 1000))
        case Foul.BODY_FOR_EVER:
            client.sendall(_OK + b"\r\n")
            for _ in range(_ENDLESS):
                client.sendall(bytes(_CHUNK))
        case None:
            return
        case _:
            client.sendall(_ANSWERS.get(foul, b""))


@contextmanager
def cable() -> Iterator[Cable]:
    """A cable that is plugged in."""
    made = Cable()
    made.plug()
    try:
        yield made
    finally:
        made.unplug()


Ask = Callable[[str], Fault]
FAULTS: dict[str, Ask | Foul] = {
    "lost request": lambda on: faults.lost_request(on=on),
    "lost answer": lambda on: faults.lost_answer(on=on),
    "silence, applied": lambda on: faults.silence(on=on),
    "silence, not applied": lambda on: faults.silence(applied=False, on=on),
    "drip": lambda on: faults.drip(on=on),
    "drip in the headers": lambda on: faults.drip_headers(on=on),
    "truncated": lambda on: faults.truncated(on=on),
    "applied late": lambda on: faults.late_apply(20, on=on),
    "500, applied": lambda on: faults.answered(500, applied=True, on=on),
    "502, not applied": lambda on: faults.answered(502, on=on),
    "503, applied": lambda on: faults.answered(503, applied=True, on=on),
    "408, applied": lambda on: faults.answered(408, applied=True, on=on),
    "429 without a word": lambda on: faults.answered(429, on=on),
    "302": lambda on: faults.redirect(302, "/elsewhere", on=on),
    "307, applied": lambda on: faults.redirect(307, "/2/tweets", applied=True, on=on),
    "308, not applied": lambda on: faults.redirect(308, "/2/tweets", on=on),
    "a page of HTML": lambda on: faults.html(on=on),
    "an empty 201": lambda on: faults.empty(on=on),
    "errors only": lambda on: faults.errors_only(on=on),
    **{foul.name.lower().replace("_", " "): foul for foul in Foul},
}


@dataclass(kw_only=True)
class Switchboard:
    """The real publisher, with one fault put in the way of the n-th call of a method; and a watch on each call."""

    inner: Publisher
    cable: Cable
    arm: Callable[[], None]
    method: str
    turn: int = 1
    foul: Foul | None = None
    calls: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0

    def upload(self, media: Media, content: bytes) -> str:
        with self._watched("upload"):
            return self.inner.upload(media, content)

    def publish(self, outgoing: Outgoing) -> Outcome:
        with self._watched("publish"):
            return self.inner.publish(outgoing)

    def delete(self, network_id: str) -> Outcome:
        return self.inner.delete(network_id)

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        with self._watched("recent"):
            return self.inner.recent(since)

    def whoami(self) -> Identity:
        return self.inner.whoami()

    @contextmanager
    def _watched(self, method: str) -> Iterator[None]:
        self.calls[method] = self.calls.get(method, 0) + 1
        hit = method == self.method and self.calls[method] == self.turn
        if hit:
            self.arm()
        if hit and self.foul is Foul.UNPLUGGED:
            self.cable.unplug()
        began = monotonic()
        try:
            yield
        finally:
            self.slowest = max(self.slowest, monotonic() - began)
            if hit and self.foul is Foul.UNPLUGGED:
                self.cable.plug()
