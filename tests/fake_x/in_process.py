"""The real XPublisher and the real Tweepy on the fake, without sockets: for suites of many thousand calls."""

from __future__ import annotations

import io
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from bot.clock import Clock
from bot.publishers.x import XPublisher
from bot.publishers.x_errors import Progress
from bot.publishers.x_transport import GatewaySession, Timeouts
from tests.fake_x.faults import Wire
from tests.fake_x.messages import Call, Reply
from tests.fake_x.state import FakeX

BASE = "http://127.0.0.1:9"


def in_process_publisher(fake: FakeX, clock: Clock) -> XPublisher:
    """Give it the clock that the fake runs on. Silence and dripping end at once here, as an unfinished answer."""

    def open_session(api_base: str, timeouts: Timeouts) -> GatewaySession:
        return _InProcessSession(fake, api_base, timeouts)

    return XPublisher(
        fake.credentials, api_base=f"{BASE}{fake.prefix}", handle=fake.handle, clock=clock, open_session=open_session
    )


class _InProcessSession(GatewaySession):
    """Hands the signed request to the fake where the network would be."""

    def __init__(self, fake: FakeX, api_base: str, timeouts: Timeouts) -> None:
        super().__init__(api_base, timeouts)
        self._fake = fake

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        self.watch.progress = Progress.BEGUN
        served = self._fake.respond(_call(request))
        if served.wire is not Wire.WHOLE:
            raise requests.ConnectionError(served.wire.name)
        return HTTPAdapter().build_response(request, _raw(served.reply))


def _call(request: requests.PreparedRequest) -> Call:
    body = request.body or b""
    headers = {name.lower(): value for name, value in request.headers.items()}
    content = body.encode() if isinstance(body, str) else bytes(body)
    return Call(method=str(request.method), url=str(request.url), headers=headers, body=content)


def _raw(reply: Reply) -> HTTPResponse:
    return HTTPResponse(io.BytesIO(reply.body), headers=reply.headers, status=reply.status, preload_content=False)
