from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.checks import RULES, PlanView, run_checks
from bot.model import Finding, Media, MessageState, Post, Ranking, SeriesKind, Severity, Standing
from tests.samples import (
    BEFORE,
    a_message,
    a_post,
    a_ranking,
    a_slot,
    a_top_list,
    a_week,
    a_worker,
    winner_post,
    worker_post,
)

POSTED = (a_message("Out already", state=MessageState.POSTED),)


NONE = timedelta(0)


def found(
    *posts: Post, ranking: Ranking | None = None, rule: str = "", after: timedelta = NONE, limit: timedelta = NONE
) -> tuple[Finding, ...]:
    plan = PlanView(posts=posts, ranking=ranking or a_ranking(), now=BEFORE + after, lateness_limit=limit)
    return tuple(finding for finding in run_checks(plan) if not rule or finding.rule == rule)


def rules(*posts: Post) -> list[str]:
    """Errors alone: what a sign-off would be refused for."""
    return [finding.rule for finding in found(*posts) if finding.severity is Severity.ERROR]


def test_the_sample_week_passes_every_check() -> None:
    ranking = a_top_list()
    assert found(*a_week(ranking), ranking=ranking) == ()


def test_every_rule_says_where_it_comes_from() -> None:
    assert all(rule.__doc__ for rule in RULES.values())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x" * 281, "LEN"),
        ("\u4e2d" * 141, "LEN"),
        ("https://example.org/" + "a" * 300 + " " + "x" * 257, "LEN"),
        ("", "EMPTY"),
        (" \n\u00a0", "EMPTY"),
        ("Well done\ufeff", "CHARACTERS"),
        ("@riverside is great", "STARTS-WITH-AT"),
        (" \uff20riverside is great", "STARTS-WITH-AT"),
        ("Buy $ABC and $XYZ", "CASHTAGS"),
    ],
)
def test_a_text_that_x_would_refuse_is_an_error(text: str, rule: str) -> None:
    assert (rule, Severity.ERROR) in {(finding.rule, finding.severity) for finding in found(a_post(text))}


@pytest.mark.parametrize(
    "text",
    [
        "x" * 280,
        "\u4e2d" * 140,
        "https://example.org/" + "a" * 300 + " " + "x" * 256,
        "Buy $ABC",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 140,
        "Care 24/7",
    ],
)
def test_a_text_that_x_would_take_passes(text: str) -> None:
    assert rules(a_post(text)) == []


def test_a_text_that_is_too_long_says_by_how_much() -> None:
    (finding,) = found(a_post("Short", "x" * 293, code="winner"), rule="LEN")
    assert "13 over" in finding.message
    assert "293 of 280" in finding.message
    assert (finding.post_code, finding.part) == ("winner", 2)
    assert finding.remedy


def test_a_post_without_any_message_is_empty() -> None:
    assert rules(replace(a_post(), messages=())) == ["EMPTY"]


@pytest.mark.parametrize("standing", [Standing.SKIPPED])
def test_a_skipped_post_is_not_checked(standing: Standing) -> None:
    assert rules(a_post("x" * 300, standing=standing)) == []


@pytest.mark.parametrize("state", [MessageState.POSTED, MessageState.DELETED])
def test_what_has_gone_out_is_not_checked_again(state: MessageState) -> None:
    gone = a_message("x" * 300, state=state)
    waiting = a_message("x" * 281, position=1)
    assert rules(a_post(messages=(gone,))) == []
    assert [finding.part for finding in found(a_post(messages=(gone, waiting)))] == [2]


def test_the_same_text_twice_is_an_error_on_the_later_post() -> None:
    first, later = a_post("Well done, all!", code="w08"), a_post("well  done,\nALL!", code="w07", slot=a_slot(1))
    (finding,) = found(later, first, rule="DUPLICATE")
    assert (finding.rule, finding.post_code) == ("DUPLICATE", "w07")
    assert "w08" in finding.message


def test_a_text_that_was_posted_already_counts_as_a_duplicate_even_of_an_earlier_slot() -> None:
    posted = a_post(code="w08", slot=a_slot(2), messages=POSTED)
    (finding,) = found(posted, a_post("Out already", code="w07", slot=a_slot(1)))
    assert finding.post_code == "w07"


def test_two_parts_of_one_thread_may_not_be_the_same_either() -> None:
    (finding,) = found(winner_post("Thank you", "Thank you"))
    assert (finding.part, "part 1 of winner" in finding.message) == (2, True)


def test_the_same_text_on_two_accounts_or_of_a_skipped_post_is_no_duplicate() -> None:
    texts = [a_post("Same", code="w08"), a_post("Same", code="w08", account_id=2)]
    assert found(*texts, a_post("Same", code="w09", standing=Standing.SKIPPED), rule="DUPLICATE") == ()


def test_a_draft_whose_slot_has_passed_is_an_error() -> None:
    (finding,) = found(a_post(), after=timedelta(days=8))
    assert (finding.rule, finding.severity) == ("SLOT-PAST", Severity.ERROR)
    assert "reschedule w07" in finding.remedy


@pytest.mark.parametrize(("late", "blocked"), [(timedelta(minutes=30), False), (timedelta(minutes=31), True)])
def test_an_approved_post_may_be_late_within_the_limit(late: timedelta, blocked: bool) -> None:
    post = a_post(standing=Standing.APPROVED)
    after = post.slot.due_at - BEFORE + late
    assert bool(found(post, after=after, limit=timedelta(minutes=30))) is blocked


def test_missed_and_failed_posts_are_not_told_that_their_slot_has_passed() -> None:
    failed = a_post(code="w08", messages=(a_message("Text", state=MessageState.FAILED),))
    posts = (a_post(standing=Standing.MISSED), failed)
    assert found(*posts, after=timedelta(days=30), rule="SLOT-PAST") == ()


def test_a_countdown_names_the_one_post_that_is_out_of_order() -> None:
    workers = [a_worker(rank, f"Worker {rank}") for rank in range(4, 12)]
    posts = [worker_post(worker, slot=a_slot(hour=8 + 11 - worker.rank)) for worker in workers]
    moved = replace(posts[0], slot=a_slot(hour=10, minute=30))
    (finding,) = found(moved, *posts[1:], ranking=a_ranking(*workers), rule="COUNTDOWN")
    assert (finding.rule, finding.severity, finding.post_code) == ("COUNTDOWN", Severity.WARNING, "w04")


def test_counting_up_and_ties_in_a_row_are_fine() -> None:
    ranks = [4, 5, 5, 7]
    workers = [a_worker(rank, f"Worker {number}") for number, rank in enumerate(ranks)]
    posts = [
        a_post(worker.name, code=f"c{number}", slot=a_slot(hour=9 + number), subject=worker.worker_id)
        for number, worker in enumerate(workers)
    ]
    assert found(*posts, ranking=a_ranking(*workers), rule="COUNTDOWN") == ()


def test_a_handle_of_the_list_gives_one_warning_for_the_whole_campaign() -> None:
    ranking = a_ranking(a_worker(7, handle="priya_example"), a_worker(8, "Tom Sample", handle="tom_sample"))
    posts = [a_post("Thanks @Priya_Example", code="w07"), a_post("Thanks @tom_sample", code="w08")]
    (finding,) = found(*posts, ranking=ranking, rule="MENTION")
    assert (finding.severity, finding.post_code) == (Severity.WARNING, "")
    assert "2 posts" in finding.message


def test_a_handle_that_is_not_in_the_list_is_named() -> None:
    _, finding = found(a_post("Thanks @somebody_else"), rule="MENTION")
    assert "@somebody_else" in finding.message
    assert finding.post_code == "w07"


def test_an_organisation_whose_name_begins_with_an_at_sign_would_mention_somebody() -> None:
    worker = a_worker(7, organisation="@Home Care")
    posts = [a_post("Thanks to all at @Home Care", code="o01")]
    summary, finding = found(*posts, ranking=a_ranking(worker), rule="MENTION")
    assert "1 post mentions" in summary.message
    assert (finding.severity, finding.post_code) == (Severity.WARNING, "o01")
    assert finding.message == "In the name “@Home Care”, X would take “@Home” for an account and link to it."
    assert "“At Home Care”" in finding.remedy


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (("1/3 Third", "2/3 Second", "3/3 First"), []),
        (("Third (1/3)", "Second (2/3)", "First (3/3)"), []),
        (("1/4 Third", "2/4 Second", "3/4 First"), [1, 2, 3]),
        (("1/3 Third", "1/3 Second", "3/3 First"), [2]),
        (("1/3 Third", "2/3 Second", "First"), [3]),
        (("We care 24/7", "Second", "First"), []),
    ],
)
def test_numbers_of_a_thread_must_be_right_when_there_are_any(texts: tuple[str, ...], parts: list[int]) -> None:
    assert [finding.part for finding in found(winner_post(*texts), rule="THREAD")] == parts


@pytest.mark.parametrize(("alt_text", "expected"), [("", ["ALT-MISSING"]), (" ", ["ALT-MISSING"]), ("A smile.", [])])
def test_a_picture_needs_alternative_text(alt_text: str, expected: list[str]) -> None:
    picture = Media(sha256="0" * 64, mime="image/png", size=10, alt_text=alt_text)
    assert rules(a_post(messages=(a_message(media=(picture,)),))) == expected


def test_errors_come_before_warnings_and_then_in_posting_order() -> None:
    early = a_post("Thanks @somebody_else", code="w09")
    late = a_post("x" * 281, code="w07", slot=a_slot(1))
    kinds = [(finding.rule, finding.post_code) for finding in found(late, early)]
    assert kinds == [("LEN", "w07"), ("MENTION", ""), ("MENTION", "w09")]


def test_a_new_rule_is_one_function() -> None:
    def shouting(view: PlanView) -> list[Finding]:
        loud = [part for part in view.parts if part.text.isupper()]
        return [Finding(rule="CAPS", severity=Severity.WARNING, message="Loud", post_code=p.post.code) for p in loud]

    view = PlanView(posts=(a_post("WELL DONE"),), ranking=a_ranking(), now=BEFORE)
    (finding,) = run_checks(view, (lambda plan: iter(shouting(plan)),))
    assert finding.rule == "CAPS"


def test_a_post_of_another_kind_never_counts_as_out_of_order() -> None:
    posts = [a_post(code="o01", kind=SeriesKind.ORGANISATIONS, subject="riverside-care"), winner_post()]
    assert found(*posts, ranking=a_top_list(), rule="COUNTDOWN") == ()
