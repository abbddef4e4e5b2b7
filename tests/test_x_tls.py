"""X is only ever reached over TLS: the same three columns there, and through an office's proxy. Real sockets."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.calls import Outgoing, Verdict
from bot.clock import SystemClock
from bot.publishers.x import XPublisher
from bot.publishers.x_transport import GatewaySession, Timeouts
from tests.fake_x import Fault, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE, new_fake
from tests.fake_x.server import FakeXServer
from tests.post_office import certificate

__all__ = ["certificate"]
QUICK = Timeouts(connect=2, read=0.3, total=2)
HELLO = Outgoing(text="Hello")
TWEETS = "POST /2/tweets"
UNCLEAR = [faults.lost_request(), faults.lost_answer(), faults.silence(), faults.truncated(), faults.html()]


@pytest.fixture
def x(certificate: Path) -> Iterator[FakeXServer]:
    with FakeXServer(new_fake(), certificate=certificate) as server:
        yield server


def publisher_of(x: FakeXServer, trusted: Path | None, *, proxies: bool = False) -> XPublisher:
    """One that trusts a certificate, as computers trust X's; ``proxies`` are those of the environment."""

    def open_session(base: str, timeouts: Timeouts) -> GatewaySession:
        session = GatewaySession(base, timeouts)
        session.trust_env = proxies
        session.verify = True if trusted is None else f"{trusted}.crt"
        return session

    return XPublisher(
        CREDENTIALS, api_base=x.base, handle=HANDLE, clock=SystemClock(), timeouts=QUICK, open_session=open_session
    )


@contextmanager
def an_office_proxy(target: str, *, opens: bool = True) -> Iterator[str]:
    """Takes one CONNECT, and passes bytes both ways; or says no. Gives its address."""
    host, port = target.removeprefix("https://").split(":")

    def pass_on(here: socket.socket, there: socket.socket) -> None:
        ends = {here: there, there: here}
        with selectors.DefaultSelector() as both:
            for end in ends:
                both.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in both.select():
                    end = next(one for one in ends if one is key.fileobj)
                    if not (some := end.recv(65536)):
                        return
                    ends[end].sendall(some)

    def work() -> None:
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(65536).startswith(b"CONNECT ")
            if not opens:
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with socket.create_connection((host, int(port))) as there:
                pass_on(connection, there)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=work)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> pytest.MonkeyPatch:
    """An environment without a proxy yet, whose certificate takes the place of this one's."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{certificate}.crt")
    return monkeypatch


def test_a_post_goes_out_over_tls(x: FakeXServer, certificate: Path) -> None:
    assert publisher_of(x, certificate).publish(HELLO).verdict is Verdict.SENT
    assert x.fake.count(TWEETS) == 1


@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: fault.name)
def test_what_ends_without_a_clear_answer_over_tls_is_unknown(x: FakeXServer, certificate: Path, fault: Fault) -> None:
    x.fake.faults.append(fault)
    assert publisher_of(x, certificate).publish(HELLO).verdict is Verdict.UNKNOWN
    assert x.fake.count(TWEETS) == 1


def test_to_somebody_who_only_says_to_be_x_nothing_is_sent(x: FakeXServer) -> None:
    assert publisher_of(x, None).publish(HELLO).verdict is Verdict.NOT_SENT
    assert x.fake.requests == []


@pytest.mark.parametrize(("fault", "verdict"), [(None, Verdict.SENT), (faults.lost_answer(), Verdict.UNKNOWN)])
def test_through_a_proxy_it_is_the_same(
    x: FakeXServer, certificate: Path, through: pytest.MonkeyPatch, fault: Fault | None, verdict: Verdict
) -> None:
    x.fake.faults += [fault] if fault else []
    with an_office_proxy(x.base) as proxy:
        through.setenv("HTTPS_PROXY", proxy)
        assert publisher_of(x, certificate, proxies=True).publish(HELLO).verdict is verdict
    assert x.fake.count(TWEETS) == 1


def test_a_proxy_that_lets_nothing_through_has_sent_nothing(
    x: FakeXServer, certificate: Path, through: pytest.MonkeyPatch
) -> None:
    with an_office_proxy(x.base, opens=False) as proxy:
        through.setenv("HTTPS_PROXY", proxy)
        assert publisher_of(x, certificate, proxies=True).publish(HELLO).verdict is Verdict.NOT_SENT
    assert x.fake.requests == []


@pytest.mark.parametrize(
    ("base", "used"),
    [
        ("https://api.x.com", True),
        ("https://gateway.example:8443/x", True),
        ("http://127.0.0.1:8080", False),
        ("https://localhost", False),
        ("http://[::1]:8080", False),
    ],
)
def test_the_environments_proxies_are_used_for_everything_but_this_very_computer(base: str, used: bool) -> None:
    with GatewaySession(base, Timeouts()) as session:
        assert session.trust_env is used
