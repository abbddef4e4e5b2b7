"""What holds for every week that can be planned, whatever its series, ties, days and posts that keep their slots."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Config, Posting
from bot.errors import PlanError
from bot.model import Ranking
from bot.plan import Pinned, Plan
from tests.weeks import COUNTDOWN, OFFICE, ORGANISATIONS, WEEK, campaign, pin, plan, ranked

if TYPE_CHECKING:
    from collections.abc import Sequence


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Config, Ranking]:
    steps = draw(st.lists(st.booleans(), min_size=2, max_size=30))
    ranks = [1, 2]
    for number, tied in enumerate(steps, start=3):
        ranks.append(ranks[-1] if tied else number)
    days = st.lists(st.sampled_from(WEEK), min_size=1, unique=True).map(lambda found: tuple(sorted(found)))
    ends = draw(st.sampled_from([(1, 99), (99, 1)]))
    series = [
        replace(COUNTDOWN, ranks=ends, days=draw(days)),
        replace(ORGANISATIONS, days=draw(days)),
        replace(COUNTDOWN, name="Again", code="again", ranks=(2, 99), days=draw(days)),
    ]
    posting = Posting(window=(time(9), time(17)), spacing=timedelta(minutes=draw(st.sampled_from([3, 7, 20]))))
    return campaign(*series, posting=posting), ranked(ranks, draw(st.integers(1, 15)))


def by_series(result: Plan) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for post in result.assignments:
        found[post.key.series].append(post.subject_id)
    return dict(found)


def try_plan(config: Config, ranking: Ranking, pinned: Sequence[Pinned] = ()) -> Plan | None:
    try:
        return plan(config, ranking, pinned=pinned)
    except PlanError as error:
        if " slots for " in str(error):
            return None
        raise


@settings(deadline=None, max_examples=60)
@given(week=weeks())
def test_every_post_has_one_slot_in_order_and_at_a_distance(week: tuple[Config, Ranking]) -> None:
    config, ranking = week
    result = try_plan(config, ranking)
    if result is None:
        return
    instants = [post.slot.due_at for post in result.assignments]
    assert all(later - earlier >= config.posting.spacing for earlier, later in pairwise(instants))
    assert len({post.key for post in result.assignments}) == len({post.code for post in result.assignments})
    ranks = {worker.worker_id: (worker.rank, number) for number, worker in enumerate(ranking.workers)}
    order = by_series(result)
    down = config.series[0].ranks[0] > 1
    assert order["w"] == sorted(ranks, key=lambda one: (-ranks[one][0] if down else ranks[one][0], ranks[one][1]))
    assert sorted(order["o"]) == sorted(place.organisation_id for place in ranking.organisations)
    allowed = {series.code: set(series.days) for series in config.series}
    assert all(post.slot.local.date() in allowed[post.key.series] for post in result.assignments)


@settings(deadline=None, max_examples=60)
@given(week=weeks())
def test_with_room_to_spare_days_differ_by_one_at_most(week: tuple[Config, Ranking]) -> None:
    config, ranking = week
    config = replace(config, posting=replace(config.posting, spacing=timedelta(minutes=3)))
    ranking = replace(ranking, workers=tuple(replace(w, rank=n) for n, w in enumerate(ranking.workers, start=1)))
    result = plan(config, ranking)
    for series in config.series:
        mine = [post.slot.local.date() for post in result.assignments if post.key.series == series.code]
        counts = [Counter(mine)[day] for day in series.days]
        assert max(counts) - min(counts) <= 1
        assert counts == sorted(counts, reverse=True)


@settings(deadline=None, max_examples=60)
@given(week=weeks(), data=st.data())
def test_pinned_posts_are_never_touched_and_plans_repeat(week: tuple[Config, Ranking], data: st.DataObject) -> None:
    config, ranking = week
    first = try_plan(config, ranking)
    if first is None:
        return
    chosen = data.draw(st.lists(st.sampled_from(first.assignments), unique=True))
    pinned = pin(Plan(assignments=tuple(chosen))) if chosen else ()
    again = plan(config, ranking, pinned=pinned)
    assert again == plan(config, ranking, pinned=tuple(reversed(pinned)))
    slots = {post.key: (post.slot, post.code) for post in again.assignments}
    assert all(slots[one.key] == (one.slot, one.code) for one in pinned)
    instants = [post.slot.due_at for post in again.assignments]
    assert all(later - earlier >= config.posting.spacing for earlier, later in pairwise(instants))
    assert by_series(again) == by_series(first) or any("outside their order" in note for note in again.notes)
    kept = {one.key for one in pinned}
    new, old = (Plan(assignments=tuple(p for p in one.assignments if p.key not in kept)) for one in (again, first))
    assert by_series(new) == by_series(old)


@settings(deadline=None, max_examples=40)
@given(week=weeks())
def test_ties_that_fit_on_a_day_share_it(week: tuple[Config, Ranking]) -> None:
    config, ranking = week
    config = replace(config, series=config.series[:1], posting=replace(OFFICE, spacing=timedelta(minutes=3)))
    days: defaultdict[int, set[date]] = defaultdict(set)
    ranks = {worker.worker_id: worker.rank for worker in ranking.workers}
    for post in plan(config, ranking).assignments:
        days[ranks[post.subject_id]].add(post.slot.local.date())
    assert all(len(found) == 1 for found in days.values())
