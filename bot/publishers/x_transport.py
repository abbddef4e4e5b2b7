"""The wire below Tweepy: one fresh session for each call, with an end, and without redirects.

Tweepy 4.17 has no timeouts, follows redirects (a 302 turns a POST into a GET, a 307 posts twice) and has its host
built in. requests' own timeout counts between two bytes, so that a dripping answer runs for ever; a watch of our own
ends the call. The watch is real time, never the injected clock: what it watches is a real socket.

Proxies: those of the environment (HTTPS_PROXY, NO_PROXY) are honoured, since offices have them and TLS reaches
through them to X; never for a loopback address.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from bot.errors import ConfigError, Problem
from bot.publishers.x_errors import Progress

BUILT_IN_HOST = "https://api.twitter.com"
"""The host that Tweepy 4.17 has built in."""
LONGEST_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_QUIET = ("tweepy", "urllib3", "requests", "requests_oauthlib", "oauthlib", "charset_normalizer")


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds: for connecting, between two bytes, for the whole call, and for a whole call that carries a picture."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    upload: float = 60.0
    unacknowledged: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A complete answer as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CallEndedError(requests.RequestException):
    """The call was ended on this side: too slow, too long, or an answer that is no answer."""


class Watch:
    """Ends one call after so many seconds by shutting its socket, and knows how far it came."""

    def __init__(self, seconds: float) -> None:
        self.progress = Progress.UNSEEN
        self._ends_at = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._ends_at

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()

    def attach(self, connected: socket.socket | None) -> None:
        """Take charge of a connected socket; raises urllib3's ConnectTimeoutError when the time is up already."""
        self._socket = connected
        if self.over:
            raise ConnectTimeoutError(None, "the time for the whole call is over")

    def _end(self) -> None:
        if self._socket is not None:
            try:
                # Not SSLSocket.shutdown: that one takes the TLS layer away under a thread that is reading from it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # closed already: nothing left to end


def _watched(watch: Watch, pool: HTTPConnectionPool) -> type[HTTPConnection]:
    """A connection class that reports to the watch. It connects before the request begins, so the two differ."""

    class WatchedHTTP(HTTPConnection):
        def connect(self) -> None:
            watch.progress = Progress.CONNECTING
            super().connect()
            watch.attach(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            watch.progress = Progress.BEGUN
            super().request(*args, **kwargs)

    class WatchedHTTPS(HTTPSConnection):
        def connect(self) -> None:
            watch.progress = Progress.CONNECTING
            super().connect()
            watch.attach(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            watch.progress = Progress.BEGUN
            super().request(*args, **kwargs)

    return WatchedHTTPS if isinstance(pool, HTTPSConnectionPool) else WatchedHTTP


class WatchedAdapter(HTTPAdapter):
    """Never retries, always has timeouts, and lets unacknowledged bytes die where the system can do that."""

    def __init__(self, watch: Watch, timeouts: Timeouts) -> None:
        self._watch = watch
        self._timeouts = timeouts
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        options = socket_options(self._timeouts)
        super().init_poolmanager(connections, maxsize, block, socket_options=options, **pool_kwargs)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, socket_options=socket_options(self._timeouts), **proxy_kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool, HTTPConnectionPool):
            pool.ConnectionCls = _watched(self._watch, pool)
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self._timeouts.connect, self._timeouts.read)
        self._watch.start()
        return super().send(request, *args, **kwargs)


def socket_options(timeouts: Timeouts) -> list[tuple[int, int, int]]:
    """No delay, and (where the system has it) an end to sending again and again, so that no byte arrives minutes later."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(timeouts.unacknowledged * 1000)))
    return options


class GatewaySession(requests.Session):
    """One call to X. Swaps the base address before the request is signed, so that the signature covers what is asked.

    ``answered`` is the complete answer if one came; ``progress`` how far the call came.
    """

    def __init__(self, api_base: str, timeouts: Timeouts) -> None:
        super().__init__()
        self._api_base = api_base
        self._timeouts = timeouts
        self.watch = Watch(timeouts.total)
        self.answered: Answered | None = None
        self.trust_env = not is_loopback(urlsplit(api_base).hostname or "")
        adapter = WatchedAdapter(self.watch, timeouts)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @property
    def progress(self) -> Progress:
        return self.watch.progress

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the answer never matters
        return None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        address = str(url).replace(BUILT_IN_HOST, self._api_base, 1)
        kwargs |= {"allow_redirects": False, "stream": True}
        try:
            response = super().request(method, address, *args, **kwargs)
            with closing(response):
                body = _whole_body(response, self.watch)
            response.raw = io.BytesIO(body)
        finally:
            self.watch.stop()
            self.close()
        self.answered = Answered(status=response.status_code, headers=_headers_of(response), body=body)
        return response


def _whole_body(response: requests.Response, watch: Watch) -> bytes:
    """The body, read to its end. Cut short by the sender, it raises what urllib3 raises."""
    parts: list[bytes] = []
    length = 0
    for part in response.raw.stream(_CHUNK, decode_content=True):
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER:
            raise CallEndedError("the answer is too long")
    if watch.over:
        # The watch has shut the socket: what looks like the end of the answer may be our own cut.
        raise CallEndedError("the time for the whole call is over")
    return b"".join(parts)


def _headers_of(response: requests.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def checked_base(api_base: str) -> str:
    """The base address without its last slash. Raises ConfigError when it is none, or would send secrets in the clear."""
    where = "account.api_base"
    host = _host_of(api_base)
    if host is None:
        raise ConfigError(
            Problem(what="This is not the address of an API.", where=where, remedy="Use https://api.x.com.")
        )
    if not api_base.lower().startswith("https:") and not is_loopback(host):
        raise ConfigError(
            Problem(
                what="Without https anybody on the way could read and change what is posted.",
                where=where,
                remedy="Begin the address with https://.",
            )
        )
    return api_base.rstrip("/")


def _host_of(api_base: str) -> str | None:
    """The host of a base address; None when it is no address, or has parts that do not belong into one."""
    try:
        parts = urlsplit(api_base)
        odd = parts.query or parts.fragment or parts.username or parts.port == 0
    except ValueError:
        return None
    return None if odd or parts.scheme not in {"http", "https"} else parts.hostname


def hush_libraries() -> None:
    """Keep the libraries below from logging at DEBUG, where Tweepy prints texts and tokens in full, and urllib3 from warning
    of an answer that broke off: with a traceback, and the gateway says what became of the call anyway."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for name in (*_QUIET, *logging.root.manager.loggerDict):
        if not name.startswith(_QUIET):
            continue
        logger = logging.getLogger(name)
        if (name in _QUIET or logger.level) and logger.level < logging.INFO:
            logger.setLevel(logging.INFO)
