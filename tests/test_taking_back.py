"""A waiver or a tick that is taken back: it blocks or asks again, and what was signed on it waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from tests.underway import campaign_bot, fine, lay_out, plan, posts_of, refusal, shop_of, sign

WORD = ("--by", "Ann Example", "--reason", "Her own words")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A planned week in which some posts speak of a service user, which is an error."""
    made = lay_out(tmp_path / "week")
    template = made / "templates" / "worker.txt.j2"
    text = template.read_text("utf-8")
    edited = text.replace("Thank you, {{ worker.first_name }}, for every hour", "Service user")
    assert edited != text
    template.write_text(edited, "utf-8")
    plan(made)
    for code in blocked(made):
        fine_or_blocked(made, "--waive", "CASE", code, *WORD)
    return made


def blocked(folder: Path) -> list[str]:
    with shop_of(folder) as shop:
        return [one.post_code for one in shop.bot.findings() if one.rule == "CASE" and one.blocks]


def fine_or_blocked(folder: Path, *words: str) -> str:
    """Other errors may still block; that is no matter here."""
    return campaign_bot(folder, "check", *words).output


def test_a_waiver_that_is_taken_back_blocks_again_and_ends_the_sign_off(folder: Path) -> None:
    assert blocked(folder) == []
    sign(folder)
    said = fine_or_blocked(folder, "w19", "--withdraw", "case", "--by", "Bo Sample", "--reason", "It is not hers")
    assert "✓ CASE: 1 waiver or tick taken back for w19." in said
    assert "These need a new sign-off: w19" in said
    assert blocked(folder) == ["w19"]
    posts = posts_of(folder)
    assert state_of(posts["w19"]) is PostState.DRAFT
    assert state_of(posts["w11"]) is PostState.APPROVED
    with shop_of(folder) as shop:
        entry = next(one for one in shop.bot.log() if one.action == "taken back")
    assert (entry.actor, entry.post_code, entry.detail, entry.note) == (
        "Bo Sample",
        "w19",
        "CASE: w19",
        "It is not hers",
    )


def test_without_a_post_all_of_a_check_is_taken_back(folder: Path) -> None:
    assert "2 waivers and ticks taken back in the whole campaign" in fine_or_blocked(folder, "--withdraw", "CASE")
    assert blocked(folder) == ["w19", "w11"]


def test_a_tick_that_is_taken_back_asks_again_and_leaves_the_sign_off(folder: Path) -> None:
    with shop_of(folder) as shop:
        rule = next(one.rule for one in shop.bot.findings() if one.asks)
    fine(campaign_bot(folder, "check", "--tick", rule, *WORD))
    sign(folder)
    said = fine(campaign_bot(folder, "check", "--withdraw", rule))
    assert "new sign-off" not in said
    with shop_of(folder) as shop:
        assert any(one.asks for one in shop.bot.findings() if one.rule == rule)
    assert all(post.approval for post in posts_of(folder).values())


def test_a_tick_of_the_whole_campaign_is_not_taken_back_for_one_post(folder: Path) -> None:
    with shop_of(folder) as shop:
        rule = next(one.rule for one in shop.bot.findings() if one.asks)
    fine(campaign_bot(folder, "check", "--tick", rule, *WORD))
    said = refusal(campaign_bot(folder, "check", "w19", "--withdraw", rule), ExitCode.USAGE)
    assert f"campaign-bot check --withdraw {rule}" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--withdraw", "LINKS"), "neither waived nor ticked in this campaign"),
        (("w20", "--withdraw", "CASE"), "neither waived nor ticked on w20"),
        (("--withdraw", "CSAE"), "CASE"),
        (("w19", "--withdraw", "CASE", "--tick", "CASE"), "cannot be combined"),
    ],
)
def test_what_was_never_given_cannot_be_taken_back(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refusal(campaign_bot(folder, "check", *words), ExitCode.USAGE)
