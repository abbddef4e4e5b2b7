"""withdraw and winner --unnamed, as a coordinator types them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.cli.withdraw import withdraw
from bot.clock import VirtualClock
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from tests.screens import Desktop, give
from tests.underway import ANN, campaign_bot, code_of, fine, posts_of, practise, refusal, shop_of


def test_it_acts_at_once_and_says_what_became_of_every_post(signed: Path) -> None:
    said = fine(campaign_bot(signed, "withdraw", "12", "--reason", "She wrote to us"))
    assert "✓ Farida Nightingrove has withdrawn." in said
    assert "w12  12th: Farida Nightingrove, Bramblegate Council: skipped (withdrawn)" in said
    assert "o01, made again in its slot. Before:" in said
    assert "To be signed off again: o01" in said
    assert "Nothing about them is public" in said
    assert "Farida Nightingrove" in fine(campaign_bot(signed, "withdraw"))
    assert "She wrote to us" in fine(campaign_bot(signed, "log", "-n", "0"))


def test_a_podium_place_asks_for_a_decision_and_says_how(signed: Path) -> None:
    result = campaign_bot(signed, "withdraw", "3")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    for way in ("winner --unnamed 3", "winner --without 3", "skip winner"):
        assert f"campaign-bot {way}" in result.output
    assert "nobody has decided" in refusal(
        campaign_bot(signed, "approve", "winner", "--code", plan_code(signed)), ExitCode.FINDINGS
    )
    assert "somebody who prefers not to be named" in fine(campaign_bot(signed, "winner", "--unnamed", "3"))
    assert "signed off" in fine(campaign_bot(signed, "approve", "winner", "--code", plan_code(signed)))
    assert "nothing to decide about place 2" in refusal(
        campaign_bot(signed, "winner", "--without", "2"), ExitCode.USAGE
    )
    assert "first" in refusal(campaign_bot(signed, "winner", "--without", "3", "--now"), ExitCode.USAGE)


def plan_code(folder: Path) -> str:
    with shop_of(folder) as shop:
        return shop.bot.record.planned().plan_code


def test_it_works_on_the_record_and_on_the_practice_copy_alike(signed: Path) -> None:
    practise(signed, days=0)
    fine(campaign_bot(signed, "withdraw", "12"))
    with shop_of(signed) as shop:
        assert shop.bot.stage is not shop.bot.record
        for desk in (shop.bot.stage, shop.bot.record):
            assert state_of(desk.post("w12")) is PostState.SKIPPED
            assert state_of(desk.post("o01")) is PostState.DRAFT


def test_what_is_public_is_listed_and_deleted_on_request(practised: Path) -> None:
    result = campaign_bot(practised, "withdraw", "2")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "winner, part 3 of 8  dry-run:" in result.output
    assert "The parts after them stay" in result.output
    done = campaign_bot(practised, "withdraw", "2", "--delete")
    assert "Deleted (in practice: nothing was sent)" in done.output
    assert "Public already" not in campaign_bot(practised, "withdraw", "2").output


def test_at_a_terminal_the_organisation_is_asked_about_after_everything_has_stopped(signed: Path) -> None:
    screen = Desktop(folder=signed, actor=ANN, person=True, clock=VirtualClock(datetime.now(UTC)))
    result = give(screen, withdraw, "7", typed="n\n")
    assert result.output.index("has withdrawn") < result.output.index("Keep the post about the organisation")
    assert {state_of(posts_of(signed)[code]) for code in ("w07", "o11")} == {PostState.SKIPPED}
    with shop_of(signed) as shop:
        alone = next(
            one for one in shop.bot.ranking().workers if one.rank not in {1, 2, 3, 7} and shop.bot.people.alone(one)
        )
    said = give(screen, withdraw, str(alone.rank), typed="y\n").output
    assert "Drafts again, to be signed off: o" in said
    kept = next(post for post in posts_of(signed).values() if post.key.subject_id == alone.organisation_id)
    assert state_of(kept) is PostState.DRAFT


def test_at_a_terminal_each_public_post_is_asked_about(practised: Path) -> None:
    screen = Desktop(folder=practised, actor=ANN, person=True, clock=VirtualClock(datetime.now(UTC)))
    result = give(screen, withdraw, "12", typed="y\n")
    assert "Delete it from the account (w12)?" in result.output
    assert state_of(posts_of(practised)["w12"]) is PostState.DELETED


def test_taking_back_needs_a_name(signed: Path) -> None:
    fine(campaign_bot(signed, "withdraw", "12"))
    nameless = give(Desktop(folder=signed), withdraw, "--undo", "12")
    assert "by a person with a name" in str(nameless.exception)
    said = fine(campaign_bot(signed, "withdraw", "--undo", "12"))
    assert f"in the name of {ANN}" in said
    assert "Drafts again, to be signed off: w12" in said
    assert "--undo takes a person" in refusal(campaign_bot(signed, "withdraw", "--undo"), ExitCode.USAGE)


def test_somebody_who_is_not_clear_is_asked_about_and_nothing_is_done(signed: Path) -> None:
    assert "may be any of 2 people" in refusal(campaign_bot(signed, "withdraw", "9"), ExitCode.USAGE)
    assert {state_of(post) for post in posts_of(signed).values()} == {PostState.APPROVED}
