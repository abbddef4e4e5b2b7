"""A campaign's week and ranked lists for the tests of planning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import AccountConfig, Config, Posting, Privacy, Series
from bot.model import Organisation, Ranking, SeriesKind, Worker
from bot.plan import Pinned, Plan, assign
from bot.schedule import resolve_local

if TYPE_CHECKING:
    from collections.abc import Sequence

MONDAY = date(2026, 11, 30)
WEEK = tuple(MONDAY + timedelta(days=n) for n in range(5))
BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICE = Posting(window=(time(9), time(17)))
COUNTDOWN = Series(
    name="Countdown", kind=SeriesKind.WORKERS, template="worker.txt.j2", code="w", ranks=(20, 4), days=WEEK[:4]
)
ORGANISATIONS = Series(
    name="Organisations", kind=SeriesKind.ORGANISATIONS, template="organisation.txt.j2", code="o", days=WEEK
)
WINNER = Series(
    name="Winner",
    kind=SeriesKind.WINNER,
    template="winner_thread.txt.j2",
    code="winner",
    at=datetime.combine(WEEK[4], time(15)),
)


def ranked(ranks: Sequence[int], organisations: int = 0) -> Ranking:
    return Ranking(
        workers=tuple(
            Worker(worker_id=f"p{n}", rank=rank, name=f"Person {n}", organisation_id="o1", organisation="Lantern Row")
            for n, rank in enumerate(ranks, start=1)
        ),
        organisations=tuple(
            Organisation(organisation_id=f"o{n}", name=f"Place {n:03d}", worker_ids=())
            for n in range(organisations, 0, -1)
        ),
    )


TOP20 = ranked(range(1, 21), organisations=12)


def campaign(*series: Series, posting: Posting = OFFICE, last_day: date = WEEK[4]) -> Config:
    return Config(
        folder=Path(),
        name="Lantern Week",
        zone="Europe/London",
        first_day=MONDAY,
        last_day=last_day,
        account=AccountConfig(handle="lantern_example"),
        posting=posting,
        series=series or (COUNTDOWN, ORGANISATIONS, WINNER),
        privacy=Privacy(basis="consent"),
        database_url="",
        templates=Path(),
    )


def plan(config: Config, ranking: Ranking = TOP20, *, pinned: Sequence[Pinned] = (), now: datetime = BEFORE) -> Plan:
    return assign(config, ranking, account_id=1, pinned=tuple(pinned), now=now)


def codes(result: Plan, start: str = "") -> list[str]:
    return [post.code for post in result.assignments if post.code.startswith(start)]


def pin(result: Plan, *wanted: str) -> tuple[Pinned, ...]:
    return tuple(
        Pinned(key=post.key, code=post.code, slot=post.slot)
        for post in result.assignments
        if post.code in wanted or not wanted
    )


def moved(one: Pinned, local: str) -> Pinned:
    return replace(one, slot=resolve_local(datetime.fromisoformat(local), "Europe/London"))


def when(result: Plan, code: str) -> datetime:
    return next(post.slot.local for post in result.assignments if post.code == code)
