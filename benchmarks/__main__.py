"""Speed and size against their bars: ``python -m benchmarks``, or ``make bench``. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import delivery
from benchmarks.checks import TARGET
from benchmarks.delivery import Doses
from benchmarks.idle import idle_runner
from benchmarks.measuring import MB, Cost, Row, python, sample_campaign, side_by_side


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured: pairs of processes, rows of the list, posts of a rehearsal, seconds of doing nothing, and
    the doses of delivery."""

    rounds: int
    rows: int
    many_rows: int
    posts: int
    idle: float
    delivery: Doses


FULL = Size(
    rounds=9,
    rows=10_000,
    many_rows=100_000,
    posts=10_000,
    idle=20,
    delivery=Doses(seconds=100, calls=1_000, scheduled=10_000, shared=25, ticks=86_400),
)
QUICK = Size(
    rounds=1,
    rows=500,
    many_rows=2_000,
    posts=200,
    idle=3,
    delivery=Doses(seconds=3, calls=25, scheduled=200, shared=2, ticks=500),
)


def start_up(what: str, words: Sequence[str], baseline: str, *, rounds: int, folder: Path) -> Row:
    """A command against the bare import of what it stands on, at most twice its time."""
    ours, bare = side_by_side(words, ("-c", baseline), rounds=rounds, folder=folder)
    mine, theirs = median(cost.seconds for cost in ours), median(cost.seconds for cost in bare)
    measured = f"{mine / theirs:.2f} x ({mine:.2f} s, {theirs:.2f} s; {_peak(ours)})"
    return Row(what=f"{what} / {baseline}", measured=measured, target="2 x", fine=mine <= 2 * theirs)


def help_page(size: Size, folder: Path) -> Iterator[Row]:
    """What ``--help`` takes."""
    yield start_up("--help", ("-m", "bot", "--help"), "import click", rounds=size.rounds, folder=folder)


def status(size: Size, folder: Path) -> Iterator[Row]:
    """What ``status`` takes in a planned campaign."""
    sample = sample_campaign(folder / "sample")
    yield start_up("status", ("-m", "bot", "status"), "import sqlalchemy", rounds=size.rounds, folder=sample)


def planning(size: Size, _folder: Path) -> Iterator[Row]:
    """Load, plan, render and save against a bare loop, and how time grows with the list."""
    words = ("-m", "benchmarks.workloads")
    ours, bare = side_by_side(
        (*words, "plan", str(size.rows)), (*words, "bare", str(size.rows)), rounds=min(size.rounds, 3)
    )
    mine, theirs = _fastest(ours), _fastest(bare)
    yield Row(
        what=f"load + plan + render + save of {size.rows:,} rows / bare loop",
        measured=f"{mine / theirs:.1f} x ({mine:.2f} s, {theirs:.2f} s; {_peak(ours)})",
        target="10 x",
        fine=mine <= 10 * theirs,
    )
    many = python(*words, "plan", str(size.many_rows))
    seconds = _fastest([many])
    growth = seconds / size.many_rows / (mine / size.rows)
    yield Row(
        what=f"time of a row at {size.many_rows:,} / at {size.rows:,}",
        measured=f"{growth:.2f} x ({seconds:.1f} s; {_peak([many])})",
        target="1.5 x (linear)",
        fine=growth <= 1.5,
    )


def rehearsing(size: Size, folder: Path) -> Iterator[Row]:
    """The dry run: the sample's week, and a large campaign."""
    sample = sample_campaign(folder / "rehearsed")
    words = ("-m", "benchmarks.workloads")
    weeks = [python(*words, "week", "20", sample) for _ in range(min(size.rounds, 3))]
    seconds = median(cost.json()["seconds"] for cost in weeks)
    yield Row(
        what="dry-run week of the sample, after start-up",
        measured=f"{seconds:.2f} s ({_peak(weeks)})",
        target="2 s",
        fine=seconds < 2,
    )
    large = python(*words, "rehearse", str(size.posts))
    seconds = _fastest([large])
    yield Row(
        what=f"dry run of {size.posts:,} posts",
        measured=f"{seconds:.1f} s ({seconds / size.posts * 1000:.1f} ms a post; {_peak([large])})",
        target="60 s",
        fine=seconds < 60,
    )


def checks(size: Size, _folder: Path) -> Iterator[Row]:
    """Every check over a large plan."""
    cost = python("-m", "benchmarks.checks", str(size.rows), "--json")
    said = cost.json()
    rate = size.rows / said["seconds"]
    yield Row(
        what=f"all {said['checks']} checks over {size.rows:,} posts",
        measured=f"{rate:,.0f} posts a second of one core ({_peak([cost])})",
        target="2,000 a second",
        fine=rate >= TARGET,
    )


def idle(size: Size, folder: Path) -> Iterator[Row]:
    """A runner that waits."""
    yield from idle_runner(sample_campaign(folder / "idle"), size.idle)


def of_delivery(measure: Callable[[Doses, Path], Iterator[Row]]) -> Callable[[Size, Path], Iterator[Row]]:
    """One of the measures of delivery, by its doses."""
    return lambda size, folder: measure(size.delivery, folder)


MEASURES: dict[str, Callable[[Size, Path], Iterator[Row]]] = {
    "help": help_page,
    "status": status,
    "planning": planning,
    "rehearsing": rehearsing,
    "checks": checks,
    "idle": idle,
    "punctual": of_delivery(delivery.punctual),
    "burst": of_delivery(delivery.burst),
    "around": of_delivery(delivery.around),
    "scheduled": of_delivery(delivery.scheduled),
    "machines": of_delivery(delivery.machines),
    "day": of_delivery(delivery.day),
}


def _fastest(costs: Sequence[Cost]) -> float:
    return min(float(cost.json()["seconds"]) for cost in costs)


def _peak(costs: Sequence[Cost]) -> str:
    return f"peak {max(cost.peak for cost in costs) / MB:.0f} MB"


def main() -> None:
    """Prints the table; ends with 1 when a bar was missed, which a quick run does not judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and size against their bars.")
    parser.add_argument("--quick", action="store_true", help="small amounts: shows that it works, measures nothing")
    parser.add_argument("--only", action="append", choices=MEASURES, help="this one; may be given several times")
    asked = parser.parse_args()
    size = QUICK if asked.quick else FULL
    began = time.perf_counter()
    print(f"| {'what':<66} | {'measured':<46} | {'target':<16} |      |\n| --- | --- | --- | --- |")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for name in asked.only or MEASURES:
            for row in MEASURES[name](size, Path(folder)):
                missed += not row.fine
                verdict = "ok" if row.fine else "OVER"
                print(f"| {row.what:<66} | {row.measured:<46} | {row.target:<16} | {verdict:<4} |", flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s in all.", file=sys.stderr)
    sys.exit(1 if missed and not asked.quick else 0)


if __name__ == "__main__":
    main()
