"""Where alarms arrive in tests: a real HTTP server and a small SMTP server, on this computer alone."""

from __future__ import annotations

import queue
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds that a test waits for something that should come at once."""


class Hook(ThreadingHTTPServer):
    """An HTTP server that answers as it is told, 204 when it is told nothing, and remembers what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hooked)
        self.answers: list[int] = []
        self.got: queue.Queue[tuple[str, str, bytes]] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/secret-hook"


class _Hooked(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.put((self.command, self.path, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_args: object) -> None: ...


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    with serving(server):
        yield server


class PostOffice(socketserver.ThreadingTCPServer):
    """A small SMTP server: STARTTLS when it has a certificate, a password when it wants one; keeps what it gets."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, certificate: Path | None = None, *, refuses: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.certificate = certificate
        self.refuses = refuses
        self.commands: list[str] = []
        self.mail: queue.Queue[EmailMessage] = queue.Queue()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Clerk(socketserver.StreamRequestHandler):
    server: PostOffice

    def handle(self) -> None:
        self._say("220 post.example")
        while line := self.rfile.readline():
            command = line.decode().strip()
            self.server.commands.append(command)
            verb = command.split(" ")[0].upper()
            if self.server.refuses and verb == self.server.refuses:
                self._say("535 no")
            elif not self._answer(verb):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the encrypted one, which the server does not know

    def _answer(self, verb: str) -> bool:
        if verb == "EHLO":
            offers = ["STARTTLS"] if self.server.certificate and not isinstance(self.request, ssl.SSLSocket) else []
            self._say(
                "\r\n".join(f"250-{line}" for line in ["post.example", *offers, "AUTH PLAIN"]) + "\r\n250 8BITMIME"
            )
        elif verb == "STARTTLS":
            self._say("220 go ahead")
            self._encrypt()
        elif verb == "DATA":
            self._say("354 go ahead")
            self._take()
        else:
            self._say({"AUTH": "235 ok", "QUIT": "221 bye"}.get(verb, "250 ok"))
        return verb != "QUIT"

    def _encrypt(self) -> None:
        assert self.server.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate)
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _take(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.mail.put(message)
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, made for this run alone, together with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so encrypted mail is NOT tested")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=post.example"
    extra = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(["openssl", *request.split(), *extra], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path
