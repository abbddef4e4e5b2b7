"""Run more of it than ``make test`` does, replay one case, or write the table of docs/proof.md."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
from collections.abc import Iterator

from tests.reality.proof import beyond
from tests.torture import record
from tests.torture.enumerate_crashes import Suite, orders, replay
from tests.torture.simulate import run_seed
from tests.torture.work import do, dose

CHUNK = 100
Task = tuple[str, int, int]


def main() -> int:
    """The exit code: 1 when a promise was broken."""
    options = _options()
    logging.disable(logging.CRITICAL)
    if options.summary:
        record.write_proof()
        return 0
    if options.case:
        return _show(replay(options.case), verbose=True)
    if options.seed is not None:
        verdict = run_seed(options.seed)
        return _show(iter([*verdict.trace, *(verdict.wrong or ["nothing is wrong"])]), verbose=options.verbose)
    if options.enough:
        return _say_what_lacks()
    if options.dose:
        return _show(dose(options.dose), verbose=False)
    done = {(piece.suite, piece.first, piece.last) for piece in record.read() if piece.whole and not piece.failures}
    tasks = [task for task in _tasks(options) if task not in done]
    return _run(tasks, options.jobs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--to", dest="last", type=int, default=0, help="the last seed")
    parser.add_argument("--enumerate", action="store_true", help="all of T1, T2 and T3 as well")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--case", help="run this case of T1, T2 or T3 alone, such as T1:12:3")
    parser.add_argument("--dose", help="this much of one suite alone, unrecorded: T1:12, T4:1-20 or T5")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all that happens")
    parser.add_argument("--enough", action="store_true", help="whether as much is on record at this commit as CI wants")
    parser.add_argument("--summary", action="store_true", help="write the table of docs/proof.md from the record")
    return parser.parse_args()


def _show(lines: Iterator[str], *, verbose: bool) -> int:
    shown = list(lines)
    print("\n".join(shown if verbose else shown[-1:]))
    return 0 if shown[-1] == "nothing is wrong" else 1


def _say_what_lacks() -> int:
    at, missing = record.commit(), beyond()
    for suite, reason in missing.items():
        print(f"NOT PROVED HERE: {suite}: {reason}.")
    lacking = record.lacking(record.read(), at) + record.lacking_real(record.read_reality(), at, tuple(missing))
    print("\n".join(lacking or ["Enough was tried, and nothing was wrong"]) + f", at {at}")
    return 1 if lacking else 0


def _tasks(options: argparse.Namespace) -> list[Task]:
    seeds = [
        ("T4", first, min(first + CHUNK - 1, options.last)) for first in range(options.first, options.last + 1, CHUNK)
    ]
    branches = [(suite.value, order.number, order.number) for suite in Suite for order in orders(suite)]
    return seeds + (branches if options.enumerate else [])


def _run(tasks: list[Task], jobs: int) -> int:
    at, broken = record.commit(), 0
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for number, piece in enumerate(pool.imap_unordered(do, [(*task, at) for task in tasks]), start=1):
            record.add(piece)
            broken += len(piece.failures)
            for failure in piece.failures:
                print(failure)
            print(
                f"{number} of {len(tasks)}: {piece.suite} {piece.first} to {piece.last}, {piece.cases} cases",
                flush=True,
            )
    print(f"{broken} promises broken, at {at}. The table: python -m tests.torture --summary")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
