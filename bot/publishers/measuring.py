"""What it takes to ask a network how its posts are doing. Not every network can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bot.metrics import Measured

BATCH = 100
"""Posts in one request: X's limit, GET /2/tweets."""


@runtime_checkable
class Measures(Protocol):
    """A publisher whose network counts."""

    def measure(self, network_ids: Sequence[str]) -> Sequence[Measured]:
        """One request for at most ``BATCH`` posts. One that the network says nothing about is left out.

        Raises ``LookError``.
        """
        ...
