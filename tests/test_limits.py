"""A limit of the network (429) is seen by everybody: health, the run window, and an alarm before anything is missed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.alerts import AlertKind
from bot.calls import Outcome, Refusal, Verdict
from bot.core.health import Health
from bot.core.limits import Limit, LimitNews, cost_words, limit_of, naming_limits, waiting_words
from bot.errors import ExitCode
from bot.lifecycle import Miss, Policy, limit_end, next_step, state_of, too_late_at
from bot.model import Account, MessageState, PostState, Standing
from bot.platform import RunnerLock
from bot.publishers.x_errors import LONGEST_WAIT
from bot.storage import schema
from tests.campaigns import Stage, a_stage, answer
from tests.samples import a_post, a_slot
from tests.test_vigil import Watch, first_slot, watch_over
from tests.underway import campaign_bot, code_of, fine, posts_of, practise, shop_of

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LIMIT = timedelta(minutes=30)
AGE = timedelta(seconds=15)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return watch_over(a_stage(tmp_path).plan_and_sign().start())


def limited(watch: Watch, wait: timedelta) -> datetime:
    """At the first slot X asks to wait for so long; until when."""
    until = first_slot(watch) + wait
    refused = Outcome(
        verdict=Verdict.REFUSED, refusal=Refusal.RATE_LIMITED, reason="Too many requests.", retry_at=until
    )
    watch.stage.network.faults.append(answer(refused))
    watch.stage.clock.advance_to(first_slot(watch))
    watch.beat_for(3)
    return until


def look(stage: Stage) -> Health:
    return stage.bot.health(lock_held=True, max_age=AGE)


def news_of(stage: Stage, own: str = "Care Heroes of the Year") -> LimitNews:
    return LimitNews(storage=stage.storage, mode=stage.bot.mode, clock=stage.clock, own=own)


def noted(folder: Path, until: datetime) -> None:
    """A limit that practice waits for."""
    moment = until.isoformat(timespec="microseconds").replace("+00:00", "Z")
    with closing(sqlite3.connect(folder / "practice.db")) as connection, connection:
        connection.execute("UPDATE accounts SET resume_at = ?", (moment,))


def lost_by(stage: Stage, until: datetime) -> tuple[str, ...]:
    """The posts whose last moment comes before an instant, told from their slots alone."""
    return tuple(post.code for post in stage.bot.posts() if post.slot.due_at + LIMIT < until)


def test_a_wait_within_the_lateness_limit_is_named_and_no_trouble(watch: Watch) -> None:
    until = limited(watch, LIMIT)
    found = look(watch.stage)
    assert found.healthy
    assert found.limits == (Limit(handle="example_charity", until=until),)
    assert watch.told == []
    watch.beat_until(until + MINUTE)
    assert state_of(watch.stage.bot.posts()[0]) is PostState.POSTED
    assert look(watch.stage).limits == ()


def test_a_wait_that_costs_posts_is_a_problem_that_names_them(watch: Watch) -> None:
    until = limited(watch, timedelta(hours=25))
    found = look(watch.stage)
    lost = lost_by(watch.stage, until)
    assert len(lost) > 3
    assert found.limits[0].lost == lost
    assert [problem.command for problem in found.problems] == ["campaign-bot status"]
    assert f"too late for {len(lost)} posts ({lost[0]} first)" in found.problems[0].what


def test_the_alarm_comes_once_and_before_anything_is_missed(watch: Watch) -> None:
    until = limited(watch, LIMIT + SECOND)
    lost = lost_by(watch.stage, until)
    assert [(alert.kind, alert.what) for alert in watch.told] == [
        (AlertKind.WAITS, cost_words(Limit(handle="example_charity", until=until, lost=lost), watch.stage.bot.zone()))
    ]
    assert state_of(watch.stage.bot.posts()[0]) is PostState.APPROVED
    watch.beat_until(until + MINUTE)
    assert watch.kinds().count(AlertKind.WAITS) == 1
    assert {code for code, post in watch.stage.posts.items() if state_of(post) is PostState.MISSED} == set(lost)


def test_what_is_moved_behind_the_limit_is_not_lost(watch: Watch) -> None:
    until = limited(watch, timedelta(hours=2))
    before = look(watch.stage).limits[0].lost
    watch.stage.bot.skip(before[0])
    assert look(watch.stage).limits[0].lost == before[1:]
    for code in before[1:]:
        watch.stage.bot.skip(code)
    found = look(watch.stage)
    assert (found.healthy, found.limits[0].until) == (True, until)


def test_each_limit_is_news_once(watch: Watch) -> None:
    stage = watch.stage
    news = news_of(stage)
    assert news.fresh() == ()
    until = limited(watch, 15 * MINUTE)
    assert [limit.until for limit in news.fresh()] == [until]
    assert news.fresh() == ()
    stage.clock.advance_to(until)
    assert news_of(stage).fresh() == ()


def test_the_next_limit_of_an_account_is_news_too(watch: Watch) -> None:
    stage, news = watch.stage, news_of(watch.stage)
    news.fresh()
    first = limited(watch, 15 * MINUTE)
    assert [limit.until for limit in news.fresh()] == [first]
    with stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.accounts).values(resume_at=first + 15 * MINUTE))
    assert [limit.until for limit in news.fresh()] == [first + 15 * MINUTE]


def test_a_limit_costs_nothing_on_another_account() -> None:
    post, now = a_post(account_id=2, standing=Standing.APPROVED), a_slot().due_at
    limited_one, other = (
        Account(account_id=number, network="x", handle=f"a{number}", resume_at=now + timedelta(hours=2))
        for number in (1, 2)
    )
    lost = [limit_of(account, [(post, Policy(), post.code)], now) for account in (limited_one, other)]
    assert [limit.lost for limit in lost if limit] == [(), (post.code,)]


def test_posts_of_another_campaign_bear_its_name(watch: Watch) -> None:
    """One runner speaks for every campaign of its database."""
    until = limited(watch, LIMIT + SECOND)
    (limit,) = news_of(watch.stage, own="Winter Heroes").fresh()
    assert limit.lost == tuple(f"{code} (“Care Heroes of the Year”)" for code in lost_by(watch.stage, until))


def test_a_campaign_that_is_paused_loses_nothing_to_a_limit(watch: Watch) -> None:
    limited(watch, timedelta(hours=25))
    watch.stage.bot.pause("Bad news in town")
    (limit,) = news_of(watch.stage).fresh()
    assert limit.lost == ()
    assert look(watch.stage).healthy


def test_the_last_moment_of_a_post_is_the_one_at_which_delivery_gives_it_up(watch: Watch) -> None:
    stage = watch.stage
    policy = Policy(lateness_limit=LIMIT)
    for post in stage.bot.posts():
        end = too_late_at(post, now=stage.clock.now(), policy=policy)
        assert end is not None
        assert not isinstance(next_step(post, now=end, policy=policy, last_sent_at=None), Miss)
        assert isinstance(next_step(post, now=end + SECOND, policy=policy, last_sent_at=None), Miss)
    stage.run_until(first_slot(watch) + SECOND)
    sent = stage.bot.posts()[0]
    assert sent.messages[0].state is MessageState.POSTED
    assert too_late_at(sent, now=stage.clock.now(), policy=policy) is None


def test_a_limit_that_seems_to_last_for_days_was_noted_by_a_wrong_clock_and_holds_nothing_up(watch: Watch) -> None:
    """Nothing lifts a limit by hand, so none may last for ever."""
    stage = watch.stage
    limited(watch, timedelta(days=3))
    assert len(stage.network.calls) == 2
    assert state_of(stage.bot.posts()[0]) is PostState.POSTED
    assert look(stage).limits == ()
    assert stage.bot.status(runner_alive=True).account_waits_until is None


def test_the_longest_limit_that_is_noted_is_waited_for(watch: Watch) -> None:
    until = limited(watch, LONGEST_WAIT)
    assert limit_end(watch.stage.bot.account().resume_at, watch.stage.clock.now()) == until
    assert len(watch.stage.network.calls) == 1


def test_proof_of_the_credentials_ends_a_stop_and_never_a_limit(watch: Watch) -> None:
    until = limited(watch, LIMIT)
    stage = watch.stage
    stage.bot.record_proof(stage.bot.account(), user_id="1", fingerprint="new")
    assert stage.bot.account().resume_at == until
    calls = len(stage.network.calls)
    watch.beat_until(until - SECOND)
    assert len(stage.network.calls) == calls
    watch.beat_until(until + SECOND)
    assert len(stage.network.calls) == calls + 1


@pytest.mark.parametrize(
    ("wait", "code", "said"),
    [
        (20 * MINUTE, ExitCode.FINE, "! X asks to wait until "),
        (timedelta(hours=2), ExitCode.PERSON_NEEDED, "✗ X asks to wait until "),
    ],
)
def test_health_at_the_command_line_says_until_when(
    signed: Path, monkeypatch: pytest.MonkeyPatch, wait: timedelta, code: ExitCode, said: str
) -> None:
    practise(signed, days=0)
    fine(campaign_bot(signed, "reschedule", "w20", "--to", "now"))
    until = datetime.now(UTC) + wait
    noted(signed, until)
    with RunnerLock(signed / "practice.db"):
        shown = campaign_bot(signed, "health", "--max-age", "2m")
        listed = campaign_bot(signed, "health", "--max-age", "2m", "--json")
        assert listed.exception is None or isinstance(listed.exception, SystemExit), listed.exception
        found = json.loads(listed.output)
    assert code_of(shown) is code, shown.output
    assert said in shown.output
    assert found["account_waits_until"][:16] == until.isoformat()[:16]
    assert found["healthy"] is (code is ExitCode.FINE)
    doctor = json.loads(campaign_bot(signed, "doctor", "--json").output)
    assert [(check["level"]) for check in doctor["checks"] if check["name"] == "account"] == ["warning"]
    assert "X asks to wait" in fine(campaign_bot(signed, "status"))


def test_the_run_window_says_once_that_a_limit_begins(watch: Watch) -> None:
    stage, said = watch.stage, list[str]()
    report = naming_limits(stage.bot, stage.clock, stage.events.append, said.append)
    watch.runner.deliverer = replace(watch.runner.deliverer, report=report)
    until = limited(watch, 15 * MINUTE)
    assert said == [waiting_words(Limit(handle="example_charity", until=until), stage.bot.zone())]
    assert "X asks to wait until Mon 8 Mar 09:15 GMT" in said[0]
    watch.beat_until(until + MINUTE)
    assert len(said) == 1
    assert stage.events[-1].code in stage.posts


def test_a_run_that_begins_under_a_limit_says_so_at_once(signed: Path) -> None:
    practise(signed, days=0)
    noted(signed, datetime.now(UTC) + 20 * MINUTE)
    with shop_of(signed) as shop:
        for code in posts_of(signed):
            if code != "w20":
                shop.bot.skip(code)
        shop.bot.pause("Bad news in town")
    shown = campaign_bot(signed, "run", "--until-idle")
    assert code_of(shown) is ExitCode.PAUSED
    assert "! X asks to wait: nothing goes out before " in shown.output
