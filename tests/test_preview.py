from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.checks import PlanView, run_checks
from bot.config import Prices
from bot.model import Approval, MessageState, Mode, Post, PostState, Ranking, SeriesKind, Standing
from bot.reports.preview import Preview, build_preview
from bot.reports.preview_json import preview_json
from bot.reports.preview_text import preview_text
from tests.samples import (
    BEFORE,
    a_message,
    a_picture,
    a_post,
    a_ranking,
    a_slot,
    a_top_list,
    a_week,
    a_worker,
    winner_post,
    worker_post,
)


def preview_of(*posts: Post, ranking: Ranking | None = None, mode: Mode = Mode.PRACTICE) -> Preview:
    """A preview of posts with what the checks find in them."""
    known = ranking or a_ranking()
    return build_preview(
        posts,
        run_checks(PlanView(posts=posts, ranking=known, now=BEFORE)),
        Prices(),
        ranking=known,
        campaign_name="Care Awards 2027",
        zone="Europe/London",
        account_handle="riverside_awards",
        mode=mode,
        plan_code="4F7A-91",
        now=BEFORE,
    )


def test_the_week_is_shown_day_by_day_in_order_of_time() -> None:
    posts = [a_post(code="b", slot=a_slot(1)), a_post(code="c", slot=a_slot(1, 12)), a_post(code="a")]
    preview = preview_of(*posts)
    assert [[card.code for card in day.cards] for day in preview.days] == [["a"], ["b", "c"]]


def test_times_are_local_and_follow_summer_time() -> None:
    cards = [day.cards[0].local for day in preview_of(a_post(), a_post(code="x", slot=a_slot(days=21))).days]
    assert [f"{local:%H:%M %Z}" for local in cards] == ["09:00 GMT", "09:00 BST"]


def test_a_card_is_titled_as_people_would_say_it() -> None:
    tied = a_worker(7, tied=True)
    organisation = a_post(code="o01", subject="riverside-care", kind=SeriesKind.ORGANISATIONS, slot=a_slot(1))
    gone = a_post(code="w99", slot=a_slot(2))
    preview = preview_of(worker_post(tied), organisation, gone, winner_post(), ranking=a_ranking(tied))
    titles = [card.title for day in preview.days for card in day.cards]
    assert titles == ["=7th: Priya Example, Riverside Care", "Riverside Care", "w99", "The winner thread"]


def test_each_part_says_what_it_weighs_and_how_far_it_is_over() -> None:
    card = preview_of(winner_post("See https://example.org", "\u4e2d" * 145)).days[0].cards[0]
    assert [(part.used, part.over_by) for part in card.parts] == [(27, 0), (290, 10)]
    assert [finding.rule for finding in card.parts[1].findings] == ["LEN"]


def test_a_choice_of_posts_leaves_out_the_findings_of_the_others() -> None:
    ranking = a_ranking()
    good, bad = a_post(code="good"), a_post("x" * 300, code="bad")
    findings = run_checks(PlanView(posts=(good, bad), ranking=ranking, now=BEFORE))
    whole = preview_of(good, bad)
    chosen = build_preview(
        [good],
        findings,
        Prices(),
        ranking=ranking,
        campaign_name="Care",
        zone="Europe/London",
        account_handle="a",
        mode=Mode.LIVE,
        plan_code="1",
        now=BEFORE,
    )
    assert (len(whole.errors), len(chosen.errors)) == (1, 0)


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ((), "campaign-bot plan"),
        ((a_post("x" * 300),), "campaign-bot plan"),
        ((a_post(),), 'campaign-bot approve --all --by "YOUR NAME" --code 4F7A-91'),
        ((a_post(standing=Standing.APPROVED),), "campaign-bot start"),
        ((a_post(messages=(a_message(state=MessageState.POSTED),)),), "campaign-bot status"),
    ],
)
def test_it_suggests_the_next_command(posts: tuple[Post, ...], expected: str) -> None:
    assert preview_of(*posts).next_command == expected


def test_the_text_shows_each_message_exactly_between_bars() -> None:
    text = "Line one  with two blanks\n\n  indented \u201cquotes\u201d \U0001f49c\n#CareAwards2027"
    lines = preview_text(preview_of(a_post(text)), width=None).split("\n")
    shown = [line.removeprefix("  \u2502").removeprefix(" ") for line in lines if line.startswith("  \u2502")]
    assert "\n".join(shown) == text


def test_lines_that_are_too_wide_are_broken_and_marked() -> None:
    lines = preview_text(preview_of(a_post("word " * 40)), width=40).split("\n")
    assert sum(line.startswith("  \u250a ") for line in lines) > 3
    assert max(len(line) for line in lines if line.startswith(("  \u2502", "  \u250a"))) <= 40


def test_the_text_has_everything_a_person_decides_by() -> None:
    ranking = a_top_list()
    shown = preview_text(preview_of(*a_week(ranking), ranking=ranking))
    assert "Care Awards 2027 \u00b7 PRACTICE: nothing is sent" in shown
    assert "Monday 8 March 2027 \u00b7 4 posts" in shown
    assert "09:00 GMT  \u25cb draft  w12  12th: Ola Notreal, Lantern Support" in shown
    assert "2/5 \u00b7 68 of 280" in shown
    assert "US$0.27 for 18 messages on X's API" in shown
    assert "none: every check passed" in shown
    assert "Plan code 4F7A-91" in shown


def test_findings_stand_with_the_post_and_say_what_to_do() -> None:
    shown = preview_text(preview_of(a_post("x" * 293)), width=None)
    assert "\u2717 error LEN: The text is 13 over: 293 of 280 characters." in shown
    assert "Shorten the template or the row." in shown
    assert "1 error blocks sign-off" in shown
    assert "Next      correct the errors, then: campaign-bot plan" in shown


def test_live_is_said_aloud_and_colour_is_only_added() -> None:
    preview = preview_of(a_post(), mode=Mode.LIVE)
    plain, coloured = preview_text(preview), preview_text(preview, colour=True)
    assert "LIVE: posts go out for real" in plain
    assert "\x1b" not in plain
    assert "\x1b[1m" in coloured


def test_a_hostile_text_cannot_steer_the_terminal() -> None:
    shown = preview_text(preview_of(a_post("Nice\x1b[2Jtry\x07\u202e")))
    assert "Nice<U+001B>[2Jtry<U+0007><U+202E>" in shown


def test_posted_parts_show_their_receipt_and_pictures_their_description() -> None:
    picture, _ = a_picture("Priya waters the roses.")
    message = a_message("Out", state=MessageState.POSTED, media=(picture,), message_id=7)
    shown = preview_text(preview_of(a_post(messages=(message,))))
    assert "https://x.com/example/status/1007" in shown
    assert "Picture: Priya waters the roses." in shown


def test_the_json_is_complete_and_its_texts_are_those_that_are_sent() -> None:
    ranking = a_top_list()
    week = a_week(ranking)
    shown = json.loads(json.dumps(preview_json(preview_of(*week, ranking=ranking))))
    texts = {post["code"]: [part["text"] for part in post["parts"]] for post in shown["posts"]}
    assert texts == {post.code: [message.draft.text for message in post.messages] for post in week}
    assert shown["cost"]["total"] == "0.270"
    assert shown["counts"] == {"draft": 14}
    assert (shown["posts"][0]["local"], shown["posts"][0]["due_at"]) == (
        "2027-03-08T09:00:00+00:00",
        "2027-03-08T09:00:00Z",
    )


def test_every_key_of_the_json_is_documented() -> None:
    picture, _ = a_picture()
    post = a_post(messages=(a_message("x" * 300, media=(picture,)),))
    documented = preview_json.__doc__ or ""

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return {str(key) for key in value} | {found for item in value.values() for found in keys(item)}
        return {found for item in value for found in keys(item)} if isinstance(value, list) else set()

    states = {state.value for state in PostState}
    assert {key for key in keys(preview_json(preview_of(post))) - states if f"``{key}``" not in documented} == set()


def test_who_signed_off_is_shown_with_the_post() -> None:
    approval = Approval(by="Alex Sample", at=BEFORE, digest="d", plan_code="4F7A-91")
    post = replace(a_post(standing=Standing.APPROVED), approval=approval)
    assert preview_of(post).days[0].cards[0].signed_off_by == "Alex Sample"
