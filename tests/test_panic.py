"""The moments in which somebody looks at the screen in a fright: what it says then is true, and leads on."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import ALREADY_THERE, Outcome, Outgoing, Refusal, Verdict
from bot.core import guarding
from bot.errors import ExitCode, PersonNeededError
from bot.lifecycle import is_final, state_of
from bot.model import PostState
from bot.platform import RunnerLock
from bot.reports.status_text import status_text
from tests.campaigns import Stage, a_stage, answer
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.in_process import in_process_publisher
from tests.fake_x.server import FakeXServer
from tests.fake_x.state import FakeX
from tests.underway import campaign_bot, code_of, fine, posts_of, refusal, shop_of, start_live, work

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
SAME_TEXT = answer(
    Outcome(verdict=Verdict.REFUSED, refusal=Refusal.DUPLICATE, reason=f"X has {ALREADY_THERE}.", status=403)
)


@pytest.fixture
def live(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The signed week, started live on this computer, whose next slot is days away."""
    start_live(signed, fake_x.base, monkeypatch)
    return signed


def waiting_for(outcome: Outcome, tmp_path: Path) -> Stage:
    """A campaign whose first call got this answer."""
    stage = a_stage(tmp_path).plan_and_sign().start()
    stage.network.faults.append(answer(outcome))
    stage.run_until(MONDAY_9 + timedelta(seconds=10))
    return stage


def status_of(stage: Stage) -> list[str]:
    return status_text(stage.bot.status(runner_alive=True), now=stage.clock.now(), colour=False).splitlines()


def test_while_a_copy_is_at_work_on_this_computer_no_other_copy_is_vouched_for(live: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(live, tmp_path / "copy")
    with shop_of(live) as shop, guarding.only_one_copy_runs(shop.bot.record, os.environ):
        assert "in the hands of" in refusal(campaign_bot(copy, "db", "verify", "--yes"), ExitCode.LOCKED)
    assert "is verified" in fine(campaign_bot(copy, "db", "verify", "--yes"))


def test_a_copy_that_was_vouched_for_leaves_the_others_unable_to_run(live: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(live, tmp_path / "copy")
    fine(campaign_bot(copy, "db", "verify", "--yes"))
    with shop_of(copy) as shop:
        guarding.require_safe(shop.bot.record, os.environ)
    with shop_of(live) as shop, pytest.raises(PersonNeededError, match="db verify"):
        guarding.require_safe(shop.bot.record, os.environ)
    said = fine(campaign_bot(live, "status"))
    assert said.rstrip().endswith("What to do next: campaign-bot db verify")


def test_vouching_says_that_decisions_since_the_backup_are_not_in_it(live: Path) -> None:
    assert "Who has withdrawn since?" in fine(campaign_bot(live, "db", "verify", "--yes"))


def test_a_post_that_was_refused_as_a_duplicate_leads_to_a_look_and_not_to_a_retry(live: Path) -> None:
    with shop_of(live) as shop:
        work(shop, [SAME_TEXT])
        code = next(post.code for post in shop.bot.posts() if state_of(post) is PostState.FAILED)
        assert shop.bot.problem(code).command == f"campaign-bot resolve {code}"


def test_a_reply_to_what_is_gone_from_x_is_left_out_and_not_tried_again(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    fake = FakeX(now=stage.clock.now, handle="example_charity", credentials=CREDENTIALS)
    stage.publisher = in_process_publisher(fake, stage.clock)
    stage.clock.advance_to(stage.posts["winner"].slot.due_at)
    runner = stage.runner()
    while not stage.posts["winner"].messages[0].receipt:
        stage.clock.advance_to(
            max(runner.tick().next_at or stage.clock.now(), stage.clock.now() + timedelta(seconds=1))
        )
    head = stage.posts["winner"].messages[0].receipt
    assert head is not None
    assert stage.publisher.delete(head.network_id).verdict is Verdict.SENT
    stage.run_to_the_end(runner)
    problem = stage.bot.problem("winner")
    assert "The post that this one replies to is gone from X, or hidden" in problem.reason
    assert problem.command == "campaign-bot skip winner"
    assert is_final(stage.bot.skip("winner"))
    assert fake.count("POST /2/tweets") == 2, "the head, and one part that X refuses"


def test_a_post_that_was_refused_for_another_reason_is_tried_again(tmp_path: Path) -> None:
    no = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says no.", status=400)
    stage = waiting_for(no, tmp_path)
    assert status_of(stage)[-1] == "What to do next: campaign-bot retry w20"


def test_while_the_network_asks_to_wait_the_status_says_until_when(tmp_path: Path) -> None:
    wait = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.RATE_LIMITED, reason="X asks to wait.", status=429)
    stage = waiting_for(wait, tmp_path)
    line = "! X asks to wait, so nothing goes out on @example_charity before Mon 8 Mar 09:15 GMT."
    assert line in status_of(stage)
    stage.run_until(MONDAY_9 + timedelta(minutes=16))
    assert line not in status_of(stage)


def test_while_one_post_is_looked_for_the_status_says_that_the_others_wait(tmp_path: Path) -> None:
    stage = waiting_for(Outcome(verdict=Verdict.UNKNOWN, reason="No answer."), tmp_path)
    assert status_of(stage)[-1].endswith("Until then the others wait.")


def test_a_person_who_looks_too_early_is_told_when_on_the_campaigns_own_clock(tmp_path: Path) -> None:
    stage = waiting_for(Outcome(verdict=Verdict.UNKNOWN, reason="No answer."), tmp_path)
    with pytest.raises(PersonNeededError, match=r"before 09:02(:\d\d)? it means nothing that w20"):
        stage.bot.mending.settle_not_there("w20")


def test_a_pause_in_a_folder_where_nothing_runs_says_where_else_to_look(live: Path) -> None:
    said = fine(campaign_bot(live, "pause"))
    assert f"No runner is at work in this folder, {live}." in said
    assert "pause it there" in said


def test_a_pause_that_did_not_take_hold_says_so_and_how_to_stop_all_the_same(live: Path) -> None:
    (live / "config.toml").write_text("name = [", "utf-8")
    said = refusal(campaign_bot(live, "pause"), ExitCode.USAGE)
    assert "Nothing is paused by this." in said
    assert "Stop the runner: Ctrl+C in its window, or stop the service." in said


def test_a_pause_under_a_runner_says_nothing_of_other_folders(live: Path) -> None:
    with RunnerLock(live / "campaign.db"):
        said = fine(campaign_bot(live, "pause"))
    assert "Nothing more goes out." in said
    assert "folder" not in said


def test_nobody_is_told_that_a_stopped_account_goes_on(live: Path) -> None:
    with shop_of(live) as shop:
        revoked = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.UNAUTHORISED, reason="X says: revoked.", status=401)
        work(shop, [answer(revoked)])
        assert shop.bot.account().stopped
    fine(campaign_bot(live, "pause"))
    said = fine(campaign_bot(live, "resume"))
    assert "Nothing goes out on the account: X says: revoked. Next: campaign-bot doctor --online" in said


def test_what_was_found_to_be_out_meanwhile_is_not_listed_as_missed(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    stage.bot.pause()
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    assert state_of(stage.posts["w20"]) is PostState.MISSED
    stage.network.publish(Outgoing(text=stage.posts["w20"].messages[0].draft.text))
    assert guarding.verify(stage.bot.record, lambda _: stage.network).adopted == ("w20",)
    assert stage.bot.resume() == ()


def test_planning_and_checking_under_way_do_not_ask_for_another_start(live: Path) -> None:
    for words in (("plan",), ("check",)):
        said = fine(campaign_bot(live, *words))
        assert said.rstrip().endswith("Next: campaign-bot status")


def test_a_service_of_another_system_is_installed_with_its_kind(live: Path) -> None:
    result = campaign_bot(live, "service", "--kind", "launchd")
    assert "campaign-bot service --kind launchd --install" in result.stderr


def test_resolving_while_the_runner_still_looks_says_that_nothing_has_to_be_done(live: Path) -> None:
    with shop_of(live) as shop:
        first = min(post.slot.due_at for post in shop.bot.posts())
        work(shop, [answer(Outcome(verdict=Verdict.UNKNOWN, reason="No answer."))], days=_until(first))
    code = next(code for code, post in posts_of(live).items() if state_of(post) is PostState.UNKNOWN)
    with RunnerLock(live / "campaign.db"):
        result = campaign_bot(live, "resolve", code)
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "The runner is still looking for it" in result.stdout
    assert "still looking" not in campaign_bot(live, "resolve", code).stdout


def test_resolving_points_at_what_says_the_same_words(live: Path, fake_x: FakeXServer) -> None:
    with shop_of(live) as shop:
        work(shop, [SAME_TEXT])
        post = next(post for post in shop.bot.posts() if state_of(post) is PostState.FAILED)
    fake_x.fake.put("Good morning from the office")
    fake_x.fake.put(post.messages[0].draft.text)
    marked = [line for line in campaign_bot(live, "resolve", post.code).stdout.splitlines() if "the same words" in line]
    assert len(marked) == 1
    assert marked[0].split()[0].endswith(next(reversed(fake_x.fake.posts)))


def _until(first: datetime) -> float:
    return (first + timedelta(seconds=20) - datetime.now(UTC)) / timedelta(days=1)
