"""Each trouble of a runner is told once, what settles is told too, and the dead-man's switch hears only of success."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from bot.alerts import Alert, AlertKind
from bot.calls import Outcome, Refusal, Verdict
from bot.core.delivering import Deliverer, serve_in_turn
from bot.core.running import Beat, Runner, Watchful
from bot.core.vigil import Vigil
from bot.errors import DatabaseError, ExitCode, Problem
from bot.model import Account
from bot.ranking import read_list
from tests.campaigns import Stage, a_stage, answer, lost_answer
from tests.post_office import PATIENCE, Hook, hook
from tests.test_runner_process import bot, is_running, until
from tests.underway import campaign_bot, code_of, practise

SECOND = timedelta(seconds=1)
REJECTED = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says the text is too long.")
UNAUTHORISED = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.UNAUTHORISED, reason="X does not know the secrets.")

__all__ = ["hook"]


@dataclass(kw_only=True)
class Watch:
    """A campaign under way with a vigil over its runner, on a virtual clock."""

    stage: Stage
    vigil: Vigil
    runner: Runner
    told: list[Alert] = field(default_factory=list)
    pings: list[datetime] = field(default_factory=list)

    def beat(self) -> Beat | None:
        alarm = self.vigil.passing_on(lambda _: None)
        watchful = self.__dict__.setdefault("watchful", Watchful(runner=self.runner, alarm=alarm))
        beat: Beat | None = watchful.beat()
        self.vigil.beat(beat)
        return beat

    def beat_for(self, seconds: int) -> None:
        for _ in range(seconds):
            self.beat()
            self.stage.clock.advance(SECOND)

    def beat_until(self, instant: datetime) -> None:
        """From due time to due time."""
        while self.stage.clock.now() < instant:
            beat = self.beat()
            wake = beat.next_at if beat and beat.next_at else instant
            self.stage.clock.advance_to(min(instant, max(wake, self.stage.clock.now() + SECOND)))
        self.beat()

    def kinds(self) -> list[AlertKind]:
        return [alert.kind for alert in self.told]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return watch_over(a_stage(tmp_path).plan_and_sign().start())


def watch_over(stage: Stage, daily: time | None = None) -> Watch:
    told: list[Alert] = []
    pings: list[datetime] = []
    vigil = Vigil(
        bot=stage.bot,
        clock=stage.clock,
        tell=told.append,
        ping=lambda: pings.append(stage.clock.now()),
        daily=daily,
    )
    vigil.begin()
    runner = stage.runner()
    runner.deliverer = replace(runner.deliverer, report=vigil.listening(stage.events.append))
    return Watch(stage=stage, vigil=vigil, runner=runner, told=told, pings=pings)


def first_slot(watch: Watch) -> datetime:
    return watch.stage.bot.posts()[0].slot.due_at


def test_a_failed_post_is_told_once_with_its_command(watch: Watch) -> None:
    watch.stage.network.faults.append(answer(REJECTED))
    watch.stage.clock.advance_to(first_slot(watch))
    watch.beat_for(30)
    code = watch.stage.bot.posts()[0].code
    assert [(alert.kind, alert.post) for alert in watch.told] == [(AlertKind.FAILED, code)]
    assert watch.told[0].what == f"{code} failed: X says the text is too long."
    assert watch.told[0].command == f"campaign-bot retry {code}"


def test_a_lost_answer_is_told_and_so_is_its_end(watch: Watch) -> None:
    watch.stage.network.faults.append(lost_answer)
    watch.stage.clock.advance_to(first_slot(watch))
    watch.beat_for(240)
    assert watch.kinds() == [AlertKind.UNKNOWN, AlertKind.SETTLED]
    assert watch.told[1].what.endswith(" is out.")


def test_a_stopped_account_is_told_once_for_each_stop(watch: Watch) -> None:
    watch.stage.network.faults += [answer(UNAUTHORISED), answer(UNAUTHORISED)]
    watch.stage.clock.advance_to(first_slot(watch))
    watch.beat_for(60)
    assert watch.kinds() == [AlertKind.ACCOUNT]
    account = watch.stage.bot.account()
    assert account.stopped == UNAUTHORISED.reason
    watch.stage.bot.record_proof(account, user_id="1", fingerprint="new")
    watch.beat_for(5)
    assert watch.kinds() == [AlertKind.ACCOUNT, AlertKind.ACCOUNT]
    assert watch.told[0].command == "campaign-bot doctor --online"


def test_an_outage_is_one_message_for_all_that_was_missed(watch: Watch) -> None:
    watch.stage.clock.advance_to(first_slot(watch) + timedelta(hours=6))
    watch.beat()
    (missed,) = watch.told
    assert missed.kind is AlertKind.MISSED
    assert missed.post == ""
    assert missed.what == f"{len(missed.more)} at once: missed."
    assert len(missed.more) > 3


def test_trouble_is_told_once_though_it_comes_and_goes(watch: Watch) -> None:
    def broken(_deliverer: Deliverer, _accounts: Sequence[Account]) -> list[datetime | None]:
        raise DatabaseError(Problem(what="The disk is full."))

    for _ in range(10):
        watch.runner.serve_all = broken
        watch.beat_for(1)
        watch.runner.serve_all = serve_in_turn
        watch.beat_for(1)
    assert [alert.what for alert in watch.told] == ["The disk is full."]
    watch.beat_for(70)
    assert watch.kinds() == [AlertKind.TROUBLE, AlertKind.SETTLED]
    watch.runner.serve_all = broken
    watch.beat_for(1)
    assert watch.kinds() == [AlertKind.TROUBLE, AlertKind.SETTLED, AlertKind.TROUBLE]


def test_the_dead_mans_switch_is_called_each_minute_and_only_on_success(watch: Watch) -> None:
    watch.beat_for(121)
    assert len(watch.pings) == 3
    for _ in range(120):
        watch.vigil.beat(None)
        watch.stage.clock.advance(SECOND)
    assert len(watch.pings) == 3


def test_the_daily_word_comes_once_a_day_in_the_campaigns_zone(tmp_path: Path) -> None:
    stage = a_stage(tmp_path, zone='zone = "America/New_York"').plan_and_sign().start()
    watch = watch_over(stage, daily=time(8))
    for moment in ("05T12:59", "05T13:00", "05T15:00", "06T12:00", "06T13:30"):
        stage.clock.advance_to(datetime.fromisoformat(f"2027-03-{moment}:00+00:00"))
        watch.beat()
    assert [f"{alert.at:%a %H:%M}" for alert in watch.told] == ["Fri 08:00", "Sat 08:30"]
    assert watch.told[0].what.startswith("All is well. 0 of ")
    assert any(line.startswith("Next: ") for line in watch.told[0].more)


def test_a_daily_word_whose_hour_has_passed_waits_for_tomorrow(tmp_path: Path) -> None:
    """A runner that is started again and again would give it each time."""
    watch = watch_over(a_stage(tmp_path).plan_and_sign().start(), daily=time(9))
    started_at = watch.stage.clock.now()
    watch.beat_for(3)
    assert watch.told == []
    watch.stage.clock.advance_to(started_at + timedelta(days=1))
    watch.beat()
    assert watch.kinds() == [AlertKind.DAILY]


def test_the_daily_word_lists_what_is_wrong(watch: Watch) -> None:
    watch.vigil.daily = time(12)
    watch.stage.network.faults.append(answer(REJECTED))
    watch.beat_until(first_slot(watch) + timedelta(hours=4))
    last = [alert for alert in watch.told if alert.kind is AlertKind.DAILY][-1]
    assert last.what.startswith("1 thing needs you.")
    assert "too long" in last.more[0]


def test_the_end_is_told_with_what_is_left(watch: Watch) -> None:
    watch.beat()
    watch.vigil.end()
    assert watch.kinds() == [AlertKind.STOPPED]
    assert f"{len(watch.stage.posts)} posts wait" in watch.told[0].what


def test_a_finished_campaign_says_that_the_pings_end(watch: Watch) -> None:
    watch.stage.run_to_the_end(watch.runner)
    watch.vigil.end()
    assert watch.kinds() == [AlertKind.FINISHED]
    again = watch_over(watch.stage)
    again.vigil.end()
    assert again.told == []


def test_no_alarm_holds_a_name_or_a_text(watch: Watch) -> None:
    watch.stage.network.faults += [answer(REJECTED), lost_answer]
    watch.vigil.daily = time(12)
    watch.beat_until(first_slot(watch) + timedelta(days=2))
    said = "\n".join("\n".join((alert.what, alert.command, *alert.more)) for alert in watch.told)
    rows = read_list(watch.stage.bot.config.folder / "top20.csv").rows
    assert len(said) > 100
    assert [row.name for row in rows if row.name in said] == []
    assert not any(message.draft.text in said for post in watch.stage.bot.posts() for message in post.messages)


def test_a_real_runner_pings_tells_its_end_and_health_sees_it(
    signed: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_BOT_WEBHOOK", hook.url)
    config = signed / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[alerts]", f'[alerts]\nping_url = "{hook.url}"', 1), "utf-8")
    practise(signed, days=0)
    with bot(signed, "run") as runner:
        method, _, _ = hook.got.get(timeout=PATIENCE)
        assert method == "GET"
        until(lambda: code_of(campaign_bot(signed, "health")) is ExitCode.FINE)
        runner.send_signal(signal.SIGTERM)
        _, complaints = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == ExitCode.FINE
    assert not is_running(signed)
    told = json.loads(hook.got.get(timeout=PATIENCE)[2])
    assert (told["kind"], told["mode"]) == ("stopped", "practice")
    assert code_of(campaign_bot(signed, "health")) is ExitCode.PERSON_NEEDED
    assert hook.url not in complaints


def test_a_channel_that_is_down_stops_nothing(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_BOT_WEBHOOK", "http://127.0.0.1:9/secret-hook")
    practise(signed, days=0)
    with bot(signed, "run") as runner:
        until(lambda: code_of(campaign_bot(signed, "health")) is ExitCode.FINE)
        runner.send_signal(signal.SIGTERM)
        _, complaints = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == ExitCode.FINE
    assert complaints.count("Nobody can be told by webhook") == 1
    assert "secret-hook" not in complaints


def test_the_channels_can_be_tried(planned: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = campaign_bot(planned, "health", "--test-alerts")
    assert code_of(nothing) is ExitCode.PERSON_NEEDED
    assert "No channel is set up" in nothing.output
    monkeypatch.setenv("CAMPAIGN_BOT_WEBHOOK", hook.url)
    tried = campaign_bot(planned, "health", "--test-alerts")
    assert code_of(tried) is ExitCode.FINE
    assert "✓ webhook: sent" in tried.output
    assert json.loads(hook.got.get(timeout=PATIENCE)[2])["kind"] == "test"
    hook.answers.append(500)
    failed = campaign_bot(planned, "health", "--test-alerts")
    assert code_of(failed) is ExitCode.PERSON_NEEDED
    assert "✗ webhook: the server answered with status 500." in failed.output
