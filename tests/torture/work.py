"""What a process of ``python -m tests.torture`` does: one piece of work at a time."""

from __future__ import annotations

import logging

from tests.torture.enumerate_crashes import Suite, explore, orders
from tests.torture.record import Piece
from tests.torture.simulate import run_chunk


def do(task: tuple[str, int, int, str]) -> Piece:
    """One piece, in a process of its own."""
    suite, first, last, at = task
    logging.disable(logging.CRITICAL)
    if suite == "T4":
        chunk = run_chunk(first, last)
        return Piece(suite=suite, first=first, last=last, commit=at, cases=chunk.cases, failures=tuple(chunk.failures))
    tally = explore(orders(Suite(suite))[first])
    failures, beyond = tuple(tally.failures), tally.beyond
    return Piece(suite=suite, first=first, last=last, commit=at, cases=tally.cases, failures=failures, beyond=beyond)
