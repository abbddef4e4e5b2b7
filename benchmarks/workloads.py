"""What is measured inside one process: ``python -m benchmarks.workloads NAME ...`` prints seconds as JSON.

Imports are not counted; ``python -m benchmarks`` starts this once for each number, so that peaks of memory are apart.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bot.bootstrap import throw_away_copy
from bot.cli import cli, rehearsal, start
from bot.clock import VirtualClock
from bot.core.bot import Bot
from bot.core.desk import Desk
from bot.lifecycle import state_of
from bot.model import Mode, PostState
from bot.ranking import read_list
from bot.render import Templates
from bot.reports import timeline_text
from bot.resources import templates_dir
from bot.scheduler import keep_beating
from bot.storage import Storage
from bot.storage.migrate import create_if_new
from tests.campaigns import FRIDAY_BEFORE, a_config

ORGANISATIONS = 200
_TEN_SECONDS_FIT = 20_000
"""Posts that find a slot with ten seconds between them, from Monday to Thursday; more of them need one second."""

_LOADED_BEFORE = (Templates, rehearsal, start, timeline_text, keep_beating)
"""What the commands import when they are used; here it is start-up."""


def rows(number: int) -> list[dict[str, object]]:
    """People who do not exist, no two of them alike."""
    return [
        {
            "rank": rank,
            "name": f"Worker Number{chr(97 + rank % 26)}{rank}x",
            "organisation": f"Organisation {rank % ORGANISATIONS}",
            "count": number * 2 - rank,
        }
        for rank in range(1, number + 1)
    ]


def bare(folder: Path, number: int) -> float:
    """The least that any program could do: fill the same template and insert the texts, in one transaction."""
    people = rows(number)
    began = time.perf_counter()
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701  # plain text
    environment.filters["number"] = "{:,}".format
    source = (templates_dir() / "worker.txt.j2").read_text("utf-8")
    wordings = [environment.from_string(text) for text in re.split(r"(?m)^===$", source)]
    campaign = {"name": "Care Heroes", "hashtags": ["#CareHeroes"], "counted": ""}
    with sqlite3.connect(folder / "bare.db") as connection:
        connection.execute("CREATE TABLE posts (rank INTEGER PRIMARY KEY, name TEXT, text TEXT)")
        for place, row in enumerate(people):
            name, organisation = str(row["name"]), row["organisation"]
            worker = row | {
                "credit": name,
                "organisation_credit": organisation,
                "first_name": name.split(maxsplit=1)[0],
            }
            worker["place"] = f"{row['rank']}th"
            text = wordings[place % len(wordings)].render(worker=worker, campaign=campaign)
            connection.execute("INSERT INTO posts VALUES (?, ?, ?)", (row["rank"], name, text))
    connection.close()
    return time.perf_counter() - began


def large(folder: Path, number: int) -> tuple[Bot, float]:
    """A campaign of so many people, and the seconds that load, plan, render and save have taken."""
    spacing = "10s" if number <= _TEN_SECONDS_FIT else "1s"
    config = a_config(
        folder,
        spacing=f'spacing = "{spacing}"',
        window='window = "06:00-22:00"',
        ranks=f'ranks = "{number}-4"',
    )
    with (folder / "top20.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("rank", "name", "organisation", "count"))
        writer.writeheader()
        writer.writerows(rows(number))
    storage = Storage(config.database_url)
    create_if_new(storage.database)
    desk = Desk(storage=storage, clock=VirtualClock(FRIDAY_BEFORE), campaign=config.name, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    began = time.perf_counter()
    bot.load(read_list(folder / "top20.csv"), answers={})
    planned = bot.plan()
    seconds = time.perf_counter() - began
    assert len(planned.changes) > number
    return bot, seconds


def plan(folder: Path, number: int) -> float:
    """Load, plan, render and save."""
    return large(folder, number)[1]


def rehearse(folder: Path, number: int) -> float:
    """The dry run of a large campaign, through the very engine that runs live."""
    bot, _ = large(folder, number)
    began = time.perf_counter()
    with throw_away_copy(bot.record.storage) as copy:
        done = bot.rehearse(copy)
    seconds = time.perf_counter() - began
    assert {state_of(post) for post in done.posts} == {PostState.POSTED}
    return seconds


def week(folder: Path, _number: int) -> float:
    """``start --dry-run`` in a campaign that is there already, after start-up."""
    began = time.perf_counter()
    cli.main(["-C", str(folder), "start", "--dry-run"], standalone_mode=False)
    return time.perf_counter() - began


WORKLOADS: dict[str, Callable[[Path, int], float]] = {work.__name__: work for work in (bare, plan, rehearse, week)}


def main() -> None:
    """``NAME NUMBER [FOLDER]``."""
    name, number, *there = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        seconds = WORKLOADS[name](Path(there[0] if there else folder), int(number))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
