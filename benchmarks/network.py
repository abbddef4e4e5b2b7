"""A network that answers late: ``python -m benchmarks.network SECONDS`` prints its port and serves until its stdin ends.

It is a process of its own, so that it takes no time from the runner that is measured. It checks nothing: what X would
refuse is tested with the strict imitation in ``tests/fake_x``. It writes down when each request had arrived.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.measuring import ROOT, environment
from bot.publishers.snowflake import first_id_of

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_TOKEN = re.compile(rb'oauth_token="([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One post as the network saw it: when the whole request was there (seconds since 1970), and by whose token."""

    at: float
    token: str
    text: str


class _Network:
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._seen: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request for each connection, as the bot makes them."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        status, answer = ("200 OK", self._seen) if head.startswith(b"GET ") else await self._accept(head, body)
        content = json.dumps(answer).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
            "connection: close\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        writer.close()

    async def _accept(self, head: bytes, body: bytes) -> tuple[str, Any]:
        token, text = _TOKEN.search(head), json.loads(body)["text"]
        self._seen.append({"at": time.time(), "token": token[1].decode() if token else "", "text": text})
        network_id = first_id_of(datetime.now(UTC)) + len(self._seen)
        await asyncio.sleep(self._delay)
        return "201 Created", {"data": {"id": str(network_id), "text": text}}


async def _serve(delay: float) -> None:
    server = await asyncio.start_server(_Network(delay).serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@dataclass(frozen=True, kw_only=True)
class Network:
    """One that is being served: its address for ``api_base``."""

    base: str

    def arrivals(self) -> tuple[Arrival, ...]:
        """What has come so far, in the order of coming."""
        with urllib.request.urlopen(f"{self.base}/log", timeout=10) as answer:  # noqa: S310  # an address of our own
            return tuple(Arrival(**found) for found in json.load(answer))


@contextmanager
def network(delay: float) -> Iterator[Network]:
    """A network that answers after so many seconds, for the length of the block."""
    words = [sys.executable, "-m", "benchmarks.network", str(delay)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        yield Network(base=f"http://127.0.0.1:{int(child.stdout.readline())}")
        child.stdin.close()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
    os._exit(0)  # the thread that waited for stdin
