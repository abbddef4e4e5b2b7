"""What a process of ``python -m tests.torture`` does: one piece of work at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.torture.enumerate_crashes import Suite, explore, orders
from tests.torture.record import Piece
from tests.torture.simulate import run_chunk
from tests.torture.state_machine import CampaignMachine


def do(task: tuple[str, int, int, str]) -> Piece:
    """One piece, in a process of its own."""
    suite, first, last, at = task
    logging.disable(logging.CRITICAL)
    if suite == "T4":
        chunk = run_chunk(first, last)
        return Piece(suite=suite, first=first, last=last, commit=at, cases=chunk.cases, failures=tuple(chunk.failures))
    tally = explore(orders(Suite(suite))[first])
    failures = tuple(tally.failures)
    return Piece(suite=suite, first=first, last=last, commit=at, cases=tally.cases, failures=failures)


def dose(text: str) -> Iterator[str]:
    """So much of a suite as a word says (``T1:12``, ``T4:1-20``, ``T5``), up to the first failure: what is wrong, or that nothing is."""
    suite, _, numbers = text.partition(":")
    if suite == "T5":
        few = settings(deadline=None, max_examples=15, stateful_step_count=20, derandomize=True, database=None)
        try:
            run_state_machine_as_test(CampaignMachine, settings=few)
        except AssertionError as error:
            yield f"T5: {error}"
            return
    else:
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            failures = do((suite, number, number, "")).failures
            yield from failures
            if failures:
                return
    yield "nothing is wrong"
