"""The fake on loopback: real HTTP on real sockets, in threads."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fake_x.faults import Wire
from tests.fake_x.messages import Call, Reply
from tests.fake_x.state import FakeX, Served

DRIP_EVERY = 0.05
"""Seconds between two bytes of a dripping answer: far inside any timeout between two bytes."""


class FakeXServer:
    """Serves one FakeX while it is open. ``base`` is the address to give to the bot, with the fake's prefix.

    With ``certificate``, a file that holds its key too, it speaks TLS and nothing else.
    """

    def __init__(self, fake: FakeX, port: int = 0, certificate: Path | None = None) -> None:
        self.fake = fake
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = fake
        self._server.closing = self._closing
        if certificate is not None:
            self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server.tls.load_cert_chain(certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def base(self) -> str:
        return f"{self._server.scheme}://127.0.0.1:{self._server.server_address[1]}{self.fake.prefix}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_until_interrupted(self) -> None:
        with self._server:
            self._server.serve_forever()


class _Server(ThreadingHTTPServer):
    fake: FakeX
    closing: threading.Event
    tls: ssl.SSLContext | None = None
    daemon_threads = True

    @property
    def scheme(self) -> str:
        return "http" if self.tls is None else "https"

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is left to the thread that reads."""
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the tests are about; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    connection: socket.socket

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """The fake keeps its own log of requests."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.close_connection = True
        fake = self.server.fake
        route = f"{self.command} {self.path.partition('?')[0].removeprefix(fake.prefix)}"
        fault = fake.waiting(route)
        unread = fault is not None and fault.wire is Wire.CLOSED_UNREAD
        body = b"" if unread else self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = f"{self.server.scheme}://{headers.get('host', '')}{self.path}"
        self._send(fake.respond(Call(method=self.command, url=url, headers=headers, body=body)))

    def _send(self, served: Served) -> None:
        head, body = _on_the_wire(served.reply)
        match served.wire:
            case Wire.WHOLE:
                self.wfile.write(head + body)
            case Wire.TRUNCATED:
                self.wfile.write(head + body[: len(body) // 2])
            case Wire.DRIP:
                self.wfile.write(head)
                self._drip(body)
            case Wire.DRIP_HEADERS:
                self._drip(head + body)
            case Wire.SILENT:
                self._wait_for_hang_up()
            case Wire.CLOSED | Wire.CLOSED_UNREAD:
                return

    def _drip(self, content: bytes) -> None:
        for byte in content:
            self.wfile.write(bytes([byte]))
            if self.server.closing.wait(DRIP_EVERY):
                return

    def _wait_for_hang_up(self) -> None:
        self.connection.settimeout(0.05)
        while not self.server.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue


def _on_the_wire(reply: Reply) -> tuple[bytes, bytes]:
    headers = reply.headers | {"content-length": str(len(reply.body)), "connection": "close"}
    lines = [f"HTTP/1.1 {reply.status} Status", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode(), reply.body
