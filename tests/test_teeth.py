"""The seeded bugs of ``python -m tests.teeth``: they still fit the program, and those who must catch them are there."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.teeth.bug import Bug
from tests.teeth.bugs import BUGS
from tests.teeth.trial import Bench
from tests.torture.enumerate_crashes import Suite, orders

ROOT = Path(__file__).parent.parent


def by_name(bug: Bug) -> str:
    return bug.name.replace(" ", "_")


def test_there_are_at_least_twenty_five_and_each_has_a_name_of_its_own() -> None:
    assert len(BUGS) >= 25
    assert [name for name, number in Counter(bug.name for bug in BUGS).items() if number > 1] == []


@pytest.mark.parametrize("bug", BUGS, ids=by_name)
def test_each_bug_fits_the_program_in_one_place_and_leaves_it_readable(bug: Bug) -> None:
    text = (ROOT / bug.file).read_text("utf-8")
    assert text.count(bug.old) == 1
    broken = text.replace(bug.old, bug.new)
    assert broken != text
    ast.parse(broken)


@pytest.mark.parametrize("suite", sorted({bug.suite for bug in BUGS}))
def test_each_suite_that_must_catch_a_bug_is_there(suite: str) -> None:
    if "::" not in suite:
        name, _, numbers = suite.partition(":")
        assert name in {"T4", "T5"} or int(numbers) < len(orders(Suite(name)))
        return
    file, _, test = suite.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert test.partition("[")[0] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_bug_that_somebody_catches_is_told_from_one_that_survives_and_one_that_does_not_fit(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "copy")
    suite = "tests/test_settling.py::test_absence_needs_two_readings_that_tell_it"
    looks = Bug(name="looks", file="bot/core/settling.py", old="GOOD_LOOKS = 2\n", new="GOOD_LOOKS = 0\n", suite=suite)
    harmless = Bug(name="harmless", file=looks.file, old=looks.old, new="GOOD_LOOKS = 1 + 1\n", suite=suite)
    unfit = Bug(name="unfit", file=looks.file, old="GOOD_LOOKS = 3\n", new="", suite=suite)
    broken = Bug(name="broken", file=looks.file, old=looks.old, new="GOOD_LOOKS = (\n", suite=suite)
    caught, survived = bench.try_out(looks), bench.try_out(harmless)
    assert (caught.survived, caught.trouble) == (False, "")
    assert (survived.survived, survived.trouble) == (True, "")
    assert "0 times, not once" in bench.try_out(unfit).trouble
    assert "does not even load" in bench.try_out(broken).trouble
    assert (bench.place / looks.file).read_text("utf-8") == (ROOT / looks.file).read_text("utf-8")


@pytest.mark.skipif(
    os.environ.get("CAMPAIGN_BOT_TORTURE") != "ci", reason="a minute; asked for by CAMPAIGN_BOT_TORTURE=ci"
)
def test_a_fixed_few_of_the_bugs_are_caught(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "copy")
    results = [bench.try_out(bug) for bug in BUGS[::9]]
    assert [result.name for result in results if result.survived or result.trouble] == []
