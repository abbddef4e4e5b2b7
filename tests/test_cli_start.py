"""start and run: a person's decision, and what a machine does about it."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.steering import decide, slot_at
from bot.decisions import reschedule
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from tests.underway import NAME, campaign_bot, code_of, fine, plan, posts_of, refusal, rewrite, shop_of


def test_a_rehearsal_shows_the_whole_week_and_sends_nothing(signed: Path) -> None:
    said = fine(campaign_bot(signed, "start", "--dry-run"))
    first = next(line for line in said.splitlines() if "posted" in line)
    assert "09:00 GMT  ✓ posted    w20" in first.replace("BST", "GMT")
    assert "winner 1/" in said
    assert "nothing was sent" in said
    assert "Assumed" not in said
    assert not (signed / "practice.db").exists()
    assert {state_of(post) for post in posts_of(signed).values()} == {PostState.APPROVED}


def test_the_sample_week_is_rehearsed_in_less_than_two_seconds(signed: Path) -> None:
    began = time.monotonic()
    fine(campaign_bot(signed, "start", "-n"))
    assert time.monotonic() - began < 2


def test_a_rehearsal_says_what_it_took_as_signed_off(planned: Path) -> None:
    said = fine(campaign_bot(planned, "start", "--dry-run"))
    assert "as signed off, which nobody has done yet: w20" in said
    assert said.rstrip().endswith("Next: campaign-bot preview")


def test_a_rehearsal_speaks_to_programs(signed: Path) -> None:
    found = json.loads(fine(campaign_bot(signed, "start", "--dry-run", "--json")))
    assert found["sent"] == 0
    assert found["totals"] == {"posted": len(posts_of(signed))}
    assert found["events"][0]["code"] == "w20"
    assert found["events"][0]["at"].endswith("Z")


def test_a_rehearsal_shows_errors_first_and_ends_with_6_when_somebody_would_be_needed(planned: Path) -> None:
    (planned / "templates" / "worker.txt.j2").write_text("Well done!\n", "utf-8")
    plan(planned)
    result = campaign_bot(planned, "start", "--dry-run")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert result.output.startswith("✗ ")
    assert "keep it from being started" in result.output
    assert "✗ 16 failed" in result.output


def test_json_is_for_the_rehearsal(signed: Path) -> None:
    assert "--dry-run" in refusal(campaign_bot(signed, "start", "--json"), ExitCode.USAGE)


def test_nothing_starts_before_it_is_signed_off(planned: Path) -> None:
    said = refusal(campaign_bot(planned, "start", "--confirm", NAME), ExitCode.NOT_APPROVED)
    assert "not signed off" in said


def test_a_start_needs_the_campaign_s_name(signed: Path) -> None:
    asked = campaign_bot(signed, "start", "--no-run")
    assert f'--confirm "{NAME}"' in refusal(asked, ExitCode.USAGE)
    assert "PRACTICE: nothing is sent" in asked.output
    assert "@example_charity" in asked.output
    assert "US$" in asked.output
    other = campaign_bot(signed, "start", "--no-run", "--confirm", "Another Campaign")
    assert "nothing was started" in refusal(other, ExitCode.USAGE)
    assert not (signed / "practice.db").exists()


def test_practice_begins_in_a_copy_and_leaves_the_record_as_it_was(signed: Path) -> None:
    said = fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME))
    assert "Next: campaign-bot run" in said
    with shop_of(signed) as shop:
        assert shop.bot.record.planned().started_at is None
        assert shop.bot.stage.planned().started_by == "Ann Example"


def test_what_was_started_simply_goes_on(signed: Path) -> None:
    fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME))
    again = fine(campaign_bot(signed, "start", "--no-run"))
    assert "It was started" in again
    assert "by Ann Example, and goes on." in again
    log = json.loads(fine(campaign_bot(signed, "log", "--json")))
    assert [entry["what"] for entry in log].count("start") == 1


def test_practice_begins_again_for_a_new_plan_and_when_told_to(signed: Path) -> None:
    fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME))
    assert "on record" in fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME, "--afresh"))
    plan(signed)
    assert "on record" in fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME))


def test_a_live_start_needs_proof_that_the_credentials_belong_to_the_account(
    signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(signed / "nothing-here"))
    rewrite(signed, live="live = true")
    said = refusal(campaign_bot(signed, "start", "--confirm", NAME), ExitCode.USAGE)
    assert "campaign-bot connect" in said


def test_a_runner_needs_a_recorded_start(signed: Path) -> None:
    result = campaign_bot(signed, "run")
    assert "campaign-bot start" in refusal(result, ExitCode.USAGE)
    assert not result.output


def test_a_runner_ends_when_every_post_is_final(practised: Path) -> None:
    assert "Every post of the campaign is final" in fine(campaign_bot(practised, "run"))


def test_a_runner_tells_what_it_does_and_alarms_on_what_needs_somebody(signed: Path) -> None:
    with shop_of(signed) as shop:
        for post in shop.bot.posts():
            if post.code not in {"w20", "w19"}:
                shop.bot.skip(post.code)
        shop.bot.move("w20", shop.bot.slot_now())
    fine(campaign_bot(signed, "start", "--no-run", "--confirm", NAME))
    miss(signed, "w19")
    result = campaign_bot(signed, "run", "--until-idle")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "Leave this window open; Ctrl+C stops it" in result.stdout
    assert "✓ posted    w20" in result.stdout
    assert "! missed    w19" in result.stdout
    assert "WARNING ! missed w19" in result.stderr
    assert "campaign-bot reschedule w19 --to next" in result.stderr
    assert "Nothing more happens by itself" in result.stderr
    assert "1 post is left" in result.stdout


def miss(folder: Path, code: str) -> None:
    """Put a post's slot so far back that it is too late to send it by itself."""
    with shop_of(folder) as shop:
        slot = slot_at(shop.clock.now() - timedelta(hours=1), str(shop.bot.zone()))
        decide(shop.bot.stage, shop.bot.post(code), "reschedule", reschedule(slot))
