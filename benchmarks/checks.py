"""How fast a plan is checked: ``python -m benchmarks.checks [POSTS]``. Time of each check, posts a second, peak memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import timedelta

from benchmarks.measuring import MB
from bot.checks import RULES, PlanView, run_checks
from bot.checks.calendar import bank_holidays
from bot.config import Checks
from bot.model import Post, Slot, Worker
from tests.samples import BEFORE, a_ranking, a_slot, a_worker, worker_post

TARGET = 2_000
_SHOWN = 6
_WORDINGS = (
    "In {place} place: {name} of {organisation}. Thank you, {first}, for every hour of care.\n\n#CareHeroes 💛",
    "Meet {name}, {place} on this year’s list. Everyone at {organisation} can be proud today.\n\n#CareHeroes",
    "Well done, {name} (@{handle}) of {organisation}! You are {place}. https://example.org/heroes\n\n#CareHeroes",
)


def plan_of(number: int) -> PlanView:
    """A plan of so many people with names of their own, ten seconds apart, and a list of them all."""
    workers = [
        a_worker(
            rank,
            f"Siân Number{chr(97 + rank % 26)}{rank}x",
            organisation=f"Organisation {rank % 200} & Partners",
            handle=f"worker_{rank}",
        )
        for rank in range(1, number + 1)
    ]
    return PlanView(
        posts=tuple(_post(place, worker) for place, worker in enumerate(workers)),
        ranking=a_ranking(*workers),
        now=BEFORE,
        hashtags=("CareHeroes",),
        campaign="Care Heroes of the Year",
        checks=Checks(links=("example.org",), sensitive=True),
    )


def _post(place: int, worker: Worker) -> Post:
    text = _WORDINGS[place % len(_WORDINGS)].format(
        name=worker.name,
        first=worker.name.split(maxsplit=1)[0],
        organisation=worker.organisation,
        handle=worker.handle,
        place=f"{worker.rank}th",
    )
    first = a_slot()
    later = timedelta(seconds=10 * place)
    return worker_post(worker, text, slot=Slot(local=first.local + later, due_at=first.due_at + later))


def main() -> None:
    """Prints a small table, or JSON with ``--json``; reading the libraries is not counted, as everywhere."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    number = numbers[0] if numbers else 10_000
    run_checks(plan_of(10))
    bank_holidays("England", (2027,))
    view = plan_of(number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began = time.process_time()  # one thread that waits for nothing: others on the machine do not count
    found = run_checks(view)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if "--json" in sys.argv:
        print(json.dumps({"seconds": seconds, "checks": len(RULES)}))
        return
    rate = number / seconds
    verdict = "ok" if rate >= TARGET else "SLOW"
    print(
        f"{len(RULES)} checks over {number:,} posts: {seconds:.2f} s, {rate:,.0f} posts/s (target {TARGET:,}): {verdict}"
    )
    print(f"{len(found):,} findings; peak {peak / MB:.0f} MB, {(peak - before) / MB:.0f} MB of it for checking")
    times = {}
    for name, rule in RULES.items():
        began = time.perf_counter()
        sum(1 for _ in rule(view))
        times[name] = time.perf_counter() - began
    for name in sorted(times, key=times.__getitem__, reverse=True)[:_SHOWN]:
        print(f"{name:>16}: {times[name] * 1000:7.1f} ms")


if __name__ == "__main__":
    main()
