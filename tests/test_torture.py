"""The suites of tests/torture in the dose of ``make test``; CAMPAIGN_BOT_TORTURE=ci gives more, ``make torture`` all."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bot.core import delivering
from tests.torture import record
from tests.torture.enumerate_crashes import Order, Suite, explore, orders
from tests.torture.network import BEFORE_ANSWER, BEFORE_ARRIVAL, Trouble
from tests.torture.planning_machine import PlanningMachine
from tests.torture.simulate import run_chunk
from tests.torture.state_machine import CampaignMachine

FULL = os.environ.get("CAMPAIGN_BOT_TORTURE", "") == "ci"
SHARES = {Suite.T1: 2.2, Suite.T2: 4.2, Suite.T3: 1} if FULL else {Suite.T1: 0.1, Suite.T2: 0.6, Suite.T3: 0.3}
"""So many eighths of all orders are tried; without FULL a thousand cases, and a hundred seeds."""
EVERY = {Suite.T1: 1, Suite.T2: 2 if FULL else 12, Suite.T3: 1 if FULL else 3}
CHUNK = 100 if FULL else 50
"""Of so many seeds each chunk reaches everything that the dice know."""
CHUNKS = 20 if FULL else 2


def dose(suite: Suite) -> list[Order]:
    """A share of all orders that mixes everything that takes turns in them."""
    return [order for order in orders(suite) if order.number * 5 % 8.3 < SHARES[suite]]


@pytest.mark.parametrize("order", [order for suite in Suite for order in dose(suite)], ids=lambda order: order.name)
def test_crashes_and_freezes_at_every_step_double_nothing_and_lose_nothing(order: Order) -> None:
    tally = explore(order, every=EVERY[order.suite])
    if FULL:
        _note(order.suite.value, order.number, order.number, tally.cases, tally.failures, EVERY[order.suite])
    assert tally.failures == []
    assert tally.cases > 1


def _note(suite: str, first: int, last: int, cases: int, failures: list[str], every: int = 1) -> None:
    """On the record that docs/proof.md is made from."""
    whole, at = every == 1, record.commit()
    piece = record.Piece(
        suite=suite, first=first, last=last, commit=at, cases=cases, failures=tuple(failures), whole=whole
    )
    record.add(piece)


@pytest.mark.parametrize("suite", Suite)
def test_the_dose_has_both_policies_and_networks_that_take_the_same_text_twice(suite: Suite) -> None:
    worlds = {(order.sends_again, order.refuses_duplicates) for order in dose(suite)}
    wanted = set(product((False, True), repeat=2))
    assert worlds == wanted or (suite is Suite.T3 and not FULL and len(worlds) > 1)
    assert any(not order.settles and not order.sends_again for each in Suite for order in dose(each))


def test_a_record_that_holds_too_little_or_a_failure_is_not_enough() -> None:
    branch = record.Piece(suite="T1", first=1, last=1, commit="a", cases=11_000)
    seeds = record.Piece(suite="T4", first=1, last=2000, commit="a", cases=2_000)
    assert record.lacking([branch, seeds], "a") == []
    assert record.lacking([branch, branch, seeds], "b") != []
    assert record.lacking([branch, replace(seeds, cases=1_999)], "a") == ["campaigns by seed: 1,999 of 2,000"]
    assert record.lacking([branch, replace(seeds, failures=("a double",))], "a") == ["T4:1: a double"]
    assert "| 11,000 | 1 | 0 |" in record.table([branch, branch, replace(branch, cases=7, whole=False)])


def test_every_step_in_the_code_is_one_that_the_suites_crash_at() -> None:
    source = Path(delivering.__file__).read_text("utf-8")
    steps = {*re.findall(r'self\.crashpoint\("([^"]+)"\)', source), BEFORE_ARRIVAL, BEFORE_ANSWER}
    wanted = {(Trouble.LOST_ANSWER, Trouble.NO_CREDIT), (Trouble.LOST_REQUEST, Trouble.NONE)}
    chosen = [
        order for order in orders(Suite.T1) if order.faults in wanted and order.sends_again and order.refuses_duplicates
    ]
    tallies = [explore(order) for order in chosen]
    assert [failure for tally in tallies for failure in tally.failures] == []
    reached = {name for tally in tallies for name in tally.reached}
    assert {f"crash {step}" for step in steps} - reached == set()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whole_campaigns_by_the_throw_of_dice_keep_every_promise(chunk: int) -> None:
    result = run_chunk(1 + chunk * CHUNK, (chunk + 1) * CHUNK)
    if FULL:
        _note("T4", 1 + chunk * CHUNK, (chunk + 1) * CHUNK, result.cases, result.failures)
    assert result.failures == []
    assert result.cases == CHUNK
    events = {
        "pause",
        "skip",
        "move",
        "retry",
        "delete",
        "mend",
        "correct",
        "colleague",
        "by_hand",
        "clock",
        "runner_comes",
    }
    expected = {trouble.value for trouble in Trouble} | events | {"look failed", "timeline lagged", "arrived late"}
    assert expected - set(result.reached) == set()


def test_no_order_of_commands_ticks_and_faults_breaks_a_promise() -> None:
    most = 300 if FULL else 25
    chosen = settings(deadline=None, max_examples=most, stateful_step_count=25, derandomize=True, database=None)
    run_state_machine_as_test(CampaignMachine, settings=chosen)


def test_no_order_of_lists_plans_sign_offs_and_ticks_breaks_a_promise() -> None:
    most = 60 if FULL else 5
    chosen = settings(deadline=None, max_examples=most, stateful_step_count=20, derandomize=True, database=None)
    run_state_machine_as_test(PlanningMachine, settings=chosen)
