"""How much of each suite runs, and the record of what was run.

``CAMPAIGN_BOT_TORTURE=ci`` asks for the full dose. ``CAMPAIGN_BOT_PROOF`` names a file that gets one line of JSON for
each suite: suite, cases, failures, seeds, seconds, commit. A suite that was skipped leaves no line.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.record import commit

ROOT = Path(__file__).parent.parent.parent


def dose(usual: int, full: int) -> int:
    """How many cases: the usual number, or the full one where that was asked for."""
    return full if os.environ.get("CAMPAIGN_BOT_TORTURE") == "ci" else usual


def spread(number: int, most: int) -> tuple[int, ...]:
    """At most so many of the places 0 .. number - 1, the first and the last among them, evenly apart."""
    if number <= most:
        return tuple(range(number))
    return tuple(sorted({round(place * (number - 1) / (most - 1)) for place in range(most)}))


@dataclass(kw_only=True)
class Tally:
    """What a suite did."""

    suite: str
    seeds: list[int] = field(default_factory=list)
    cases: int = 0
    failures: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def case(self, name: str, *wrong: str) -> None:
        """One case, with whatever was wrong in it."""
        self.cases += 1
        self.failures += [f"{name}: {each}" for each in wrong]

    def saw(self, what: str) -> None:
        """Something rare was reached; a suite that never reaches it proves less than it says."""
        self.seen[what] = self.seen.get(what, 0) + 1


@contextmanager
def proof(suite: str, *seeds: int) -> Iterator[Tally]:
    """Count the cases of a suite, write them down also when it breaks, and fail when one of them failed."""
    tally = Tally(suite=suite, seeds=list(seeds))
    began = time.monotonic()
    try:
        yield tally
    except BaseException as error:
        tally.failures.append(f"the suite itself broke: {type(error).__name__}")
        raise
    finally:
        _write(tally, time.monotonic() - began)
    assert tally.cases > 0
    assert tally.failures == [], f"{len(tally.failures)} of {tally.cases} cases, of the first: {tally.failures[:5]}"


def _write(tally: Tally, seconds: float) -> None:
    target = os.environ.get("CAMPAIGN_BOT_PROOF")
    if not target:
        return
    line = {
        "suite": tally.suite,
        "cases": tally.cases,
        "failures": len(tally.failures),
        "seeds": tally.seeds,
        "seconds": round(seconds, 1),
        "commit": _commit(),
        "seen": tally.seen,
    }
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _commit() -> str:
    return commit()
