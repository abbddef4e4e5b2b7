"""Fixtures that put the fake within reach of a test: ``fake_x`` on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.clock import SystemClock
from bot.credentials import Credentials
from tests.fake_x.server import FakeXServer
from tests.fake_x.state import FakeX

HANDLE = "brightcare_demo"
CREDENTIALS = Credentials(
    api_key="canaryApiKey4711",
    api_key_secret="canaryApiKeySecret4712",
    access_token="1234567890-canaryAccessToken4713",
    access_token_secret="canaryAccessTokenSecret4714",
)
"""Made up, and odd enough to be searched for in logs."""


def new_fake(prefix: str = "") -> FakeX:
    return FakeX(now=SystemClock().now, handle=HANDLE, credentials=CREDENTIALS, prefix=prefix)


@pytest.fixture
def fake_x() -> Iterator[FakeXServer]:
    """The fake on real time and real sockets; ``fake_x.base`` is its address, ``fake_x.fake`` its logic."""
    with FakeXServer(new_fake()) as server:
        yield server
