"""Nothing of the libraries below reaches the runner's window, whatever comes over the wire."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_CALL = """
import sys
from bot.calls import Outgoing
from bot.cli.logs import set_up_logs
from bot.clock import SystemClock
from bot.publishers.x import XPublisher
from tests.fake_x.fixtures import CREDENTIALS

set_up_logs(int(sys.argv[2]), None)
publisher = XPublisher(CREDENTIALS, api_base=sys.argv[1], handle="name", clock=SystemClock())
outcome = publisher.publish(Outgoing(text="Well done"))
print(outcome.verdict.name, outcome.reason)
"""


@contextmanager
def a_server_that_says(answer: bytes) -> Iterator[str]:
    """One connection is answered with these bytes, and then closed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.settimeout(10)
                while b"Well done" not in connection.recv(65_536):
                    continue
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconte",
        b"HTTP/1.1 201 Created\r\n: no name\r\nno colon at all\r\n\r\n",
        b"HTTP/1.1 2",
        b"\x00\x01\x02\r\n\r\n",
    ],
)
def test_an_answer_whose_head_is_broken_shows_no_traceback(answer: bytes, verbose: int) -> None:
    with a_server_that_says(answer) as base:
        done = subprocess.run(
            [sys.executable, "-c", _CALL, base, str(verbose)], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.stdout.startswith("UNKNOWN ")
    shown = done.stdout + done.stderr
    assert [word for word in ("Traceback", "urllib3", "HeaderParsing", "127.0.0.1") if word in shown] == []
