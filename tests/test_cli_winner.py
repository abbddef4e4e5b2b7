"""``campaign-bot winner``: the thread at its end, sent by hand or carried on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Outgoing, Refusal, Verdict
from bot.cli.load import load
from bot.cli.plan import plan
from bot.cli.winner import winner
from bot.errors import NotApprovedError, NotReadyError, PausedError, PersonNeededError, UsageError
from bot.lifecycle import state_of
from bot.model import PostState
from bot.platform import RunnerLock
from bot.publishers.dry_run import DryRunPublisher
from tests.campaigns import FRIDAY_BEFORE, Stage, a_folder, a_stage, answer, lost_request
from tests.screens import Desktop, give

NAME = "Care Heroes of the Year"
REFUSED = answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X did not like it."))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A live campaign, signed off and started, whose only post of Friday afternoon is the winner thread."""
    stage = a_stage(tmp_path / "campaign", live="live = true").plan_and_sign()
    stage.clock.advance_to(FRIDAY_BEFORE + timedelta(days=7, hours=1))
    return stage.start()


def taken(network: DryRunPublisher, outgoing: Outgoing) -> Outcome:
    return network.publish(outgoing)


def desk_of(stage: Stage, *, person: bool = False) -> Desktop:
    return Desktop(folder=stage.bot.config.folder, actor="Ann Example", clock=stage.clock, person=person)


def state(stage: Stage) -> PostState:
    return state_of(stage.posts["winner"])


def broken_after_two(stage: Stage) -> None:
    """Send the thread now; the third part is refused."""
    give(desk_of(stage), winner, "--now", "--confirm", NAME)
    stage.network.faults = [taken, taken, REFUSED]
    stage.run_until(stage.clock.now() + timedelta(minutes=2))
    assert state(stage) is PostState.PARTIAL


def test_the_thread_is_previewed_with_its_parts(stage: Stage) -> None:
    result = give(desk_of(stage), winner)
    assert "1/8 · " in result.stdout
    assert "15:00 GMT" in result.stdout
    assert "w07" not in result.stdout
    assert state(stage) is PostState.APPROVED


def test_the_thread_is_previewed_as_a_page(stage: Stage, tmp_path: Path) -> None:
    give(desk_of(stage), winner, "--html", tmp_path / "winner.html")
    assert "The winner thread" in (tmp_path / "winner.html").read_text("utf-8")


def test_a_script_sends_it_now_by_the_campaigns_name(stage: Stage) -> None:
    result = give(desk_of(stage), winner, "--now", "--confirm", NAME)
    assert "✓ winner is due at 13:00:00, in all its 8 parts." in result.stdout
    assert "LIVE: posts go out for real" in result.stdout
    assert result.stdout.endswith("Next: campaign-bot run\n")
    stage.run_until(stage.clock.now() + timedelta(minutes=2))
    assert state(stage) is PostState.POSTED


def test_a_runner_at_work_is_said_to_send_it(stage: Stage) -> None:
    path = stage.storage.database.path
    assert path is not None
    with RunnerLock(path):
        result = give(desk_of(stage), winner, "--now", "--confirm", NAME)
    assert "The runner sends it within a second or two" in result.stdout


def test_a_thread_that_stopped_goes_on_with_its_first_missing_part(stage: Stage) -> None:
    broken_after_two(stage)
    result = give(desk_of(stage), winner, "--now", "--confirm", NAME)
    assert "✓ 2 of 8 posted; continues with part 3." in result.stdout
    stage.run_until(stage.clock.now() + timedelta(minutes=2))
    assert state(stage) is PostState.POSTED
    texts = stage.network.texts()
    assert len(texts) == len(set(texts)) == 8


def test_a_person_is_shown_the_thread_and_asked(stage: Stage) -> None:
    result = give(desk_of(stage, person=True), winner, "--now", typed="n\n")
    assert "1/8 · " in result.stdout
    assert "Send winner on @example_charity now? [y/N]" in result.stdout
    assert "Nothing was changed." in result.stdout
    assert stage.posts["winner"].slot.local.hour == 15


def test_a_person_is_told_what_would_follow_after_the_end(tmp_path: Path) -> None:
    stage = a_stage(tmp_path / "campaign", live="live = true").plan_and_sign().start()
    result = give(desk_of(stage, person=True), winner, "--now", typed="n\n")
    assert "! 30 posts are still to come, and would follow after it." in result.stdout


@pytest.mark.parametrize("confirm", [(), ("--confirm", "Another Campaign")])
def test_a_script_must_name_the_campaign(stage: Stage, confirm: tuple[str, ...]) -> None:
    error = give(desk_of(stage), winner, "--now", *confirm).exception
    assert isinstance(error, UsageError)
    assert f'--confirm "{NAME}"' in str(error)


def test_nothing_goes_out_while_paused(stage: Stage) -> None:
    stage.bot.pause("bad news")
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, PausedError)
    assert error.exit_code == 7
    assert "campaign-bot resume" in str(error)


def test_it_must_be_signed_off(tmp_path: Path) -> None:
    stage = a_stage(tmp_path / "campaign", live="live = true")
    stage.bot.plan()
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, NotApprovedError)


def test_the_campaign_must_have_been_started(tmp_path: Path) -> None:
    stage = a_stage(tmp_path / "campaign", live="live = true").plan_and_sign()
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, NotReadyError)
    assert "campaign-bot start" in str(error)


def test_a_posted_thread_is_not_sent_again(stage: Stage) -> None:
    give(desk_of(stage), winner, "--now", "--confirm", NAME)
    stage.run_until(stage.clock.now() + timedelta(minutes=2))
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, UsageError)
    assert "it is posted" in str(error)
    assert "See dry-run:example_charity/" in str(error)


def test_a_part_nobody_knows_about_is_not_sent_again(stage: Stage) -> None:
    stage.network.faults = [lost_request] * 3
    give(desk_of(stage), winner, "--now", "--confirm", NAME)
    stage.run_until(stage.clock.now() + timedelta(minutes=30))
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, PersonNeededError)
    assert "campaign-bot resolve winner" in str(error)


def test_a_plan_without_a_winner_says_how_to_get_one(tmp_path: Path) -> None:
    desk = Desktop(folder=a_folder(tmp_path / "campaign"))
    config = desk.folder / "config.toml"
    before, _, rest = config.read_text("utf-8").partition('[[series]]\nkind = "winner"')
    config.write_text(before + rest[rest.index("[totals]") :], "utf-8")
    give(desk, load, "top20.csv")
    give(desk, plan)
    assert "no winner thread" in str(give(desk, winner).exception)


def test_under_way_the_preview_does_not_ask_for_another_start(stage: Stage) -> None:
    said = give(desk_of(stage), winner).stdout
    assert "Next      campaign-bot status" in said
    assert "campaign-bot start" not in said


def test_a_thread_that_has_begun_and_lost_its_sign_off_is_not_sent_to_a_sign_off_that_cannot_be(stage: Stage) -> None:
    broken_after_two(stage)
    stage.bot.people.withdraw(stage.bot.people.find("1"), reason="")
    error = give(desk_of(stage), winner, "--now", "--confirm", NAME).exception
    assert isinstance(error, NotApprovedError)
    assert "campaign-bot skip winner" in str(error)
