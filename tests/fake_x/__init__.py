"""A fake X of our own: strict where X is, wrong when asked to be.

``FakeX`` is the logic, driven by an injected clock and usable without sockets; ``FakeXServer`` puts it on loopback.
Facts: docs.x.com and its OpenAPI 2.167; what is not documented there follows public reports.
"""

from __future__ import annotations

from tests.fake_x.faults import Fault, Wire
from tests.fake_x.messages import Call, Reply
from tests.fake_x.rendering import StoredPost
from tests.fake_x.server import FakeXServer
from tests.fake_x.state import FakeX, Served

__all__ = ["Call", "FakeX", "FakeXServer", "Fault", "Reply", "Served", "StoredPost", "Wire"]
