"""Put each seeded bug into a copy of the program, and see that the suite named beside it fails."""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.teeth.bug import Bug
from tests.teeth.bugs import BUGS
from tests.teeth.trial import Bench, Result
from tests.torture import record
from tests.torture.record import Piece


def main() -> int:
    """The exit code: 1 when a bug survived, no longer fits, or its suite fails without it."""
    options = _options()
    if options.list:
        for bug in BUGS:
            print(f"{bug.name}  <-  {bug.suite}")
        return 0
    bugs = [bug for bug in BUGS if any(words in bug.name for words in options.only)]
    if options.share:
        turn, number = (int(part) for part in options.share.split("/"))
        bugs = bugs[turn % number :: number]
    at = record.commit()
    if not options.again and not at.endswith("+"):
        done = {piece.name for piece in record.read() if piece.suite == "T13" and piece.commit == at}
        bugs = [bug for bug in bugs if bug.name not in done]
    if not bugs:
        print("Nothing is left to do at this commit; --again does all of it anew.")
        return 0
    return _run(bugs, options.jobs, at)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.teeth", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORDS", help="bugs whose name holds this")
    parser.add_argument("--share", help="such as 2/9: the third ninth of all, for turns")
    parser.add_argument("--jobs", type=int, default=2, help="how many copies at once")
    parser.add_argument("--again", action="store_true", help="also what was caught at this very commit before")
    parser.add_argument("--list", action="store_true", help="name the bugs and who must catch them")
    return parser.parse_args()


def _run(bugs: Sequence[Bug], jobs: int, at: str) -> int:
    with tempfile.TemporaryDirectory(prefix="campaign-bot-teeth-") as folder:
        benches: queue.SimpleQueue[Bench] = queue.SimpleQueue()
        for number in range(jobs):
            benches.put(Bench(Path(folder) / f"copy{number}"))
        suites = sorted({bug.suite for bug in bugs})
        with ThreadPoolExecutor(jobs) as pool:
            print(f"{len(suites)} suites without any bug ...", flush=True)
            clean = list(pool.map(partial(_on_a_bench, benches), [partial(_untouched, suite) for suite in suites]))
            broken = [result for result in clean if result.trouble]
            for result in broken:
                print(f"BROKEN    {result.suite}: {result.trouble}")
            if broken:
                return 1
            trials = [partial(_try_out, bug) for bug in bugs]
            results = [_told(result, at) for result in pool.map(partial(_on_a_bench, benches), trials)]
    return _sum_up(results)


def _untouched(suite: str, bench: Bench) -> Result:
    return bench.untouched(suite)


def _try_out(bug: Bug, bench: Bench) -> Result:
    return bench.try_out(bug)


def _on_a_bench(benches: queue.SimpleQueue[Bench], work: Callable[[Bench], Result]) -> Result:
    bench = benches.get()
    try:
        return work(bench)
    finally:
        benches.put(bench)


def _told(result: Result, at: str) -> Result:
    word = "BROKEN  " if result.trouble else "SURVIVED" if result.survived else "caught  "
    print(f"{word}  {result.name}  ({result.suite}, {result.seconds:.0f} s)", flush=True)
    if result.trouble:
        print(f"          {result.trouble}")
    if not result.trouble and not result.survived:
        record.add(Piece(suite="T13", first=0, last=0, commit=at, cases=1, name=result.name))
    return result


def _sum_up(results: Sequence[Result]) -> int:
    survivors = [result.name for result in results if result.survived]
    broken = [result.name for result in results if result.trouble]
    print(f"{len(results) - len(survivors) - len(broken)} of {len(results)} seeded bugs were caught.")
    for name in survivors:
        print(f"SURVIVED: {name}")
    for name in broken:
        print(f"BROKEN: {name}")
    return 1 if survivors or broken else 0


if __name__ == "__main__":
    sys.exit(main())
