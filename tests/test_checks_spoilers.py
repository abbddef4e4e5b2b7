from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks import PlanView, run_checks
from bot.model import Media, MessageState, Post, Ranking, SeriesKind, Standing
from tests.samples import BEFORE, a_message, a_post, a_ranking, a_slot, a_worker, winner_post, worker_post

FIRST = a_worker(1, "Si\u00e2n Jones-Example", organisation="Harbour Homecare", handle="sian_example")
SECOND = a_worker(2, "Ann Lee", organisation="Riverside Care")
SEVENTH = a_worker(7, "Priya Example", organisation="Riverside Care")
RANKING = a_ranking(FIRST, SECOND, SEVENTH)


def spoilt(*posts: Post, ranking: Ranking = RANKING) -> list[str]:
    view = PlanView(posts=posts, ranking=ranking, now=BEFORE)
    return [finding.post_code for finding in run_checks(view) if finding.rule == "SPOILER"]


@pytest.mark.parametrize(
    "text",
    [
        "Watch out for Ann Lee on Friday.",
        "ANN  LEE\u2019s week",
        "Ann\nLee",
        "#AnnLee",
        "Well done, Sian Jones-Example!",
        "Well done, Si\u0302a\u0302n and Si\u00e2n Jones\u2011Example!",
        "Ask @Sian_Example",
    ],
)
def test_a_podium_name_or_handle_before_the_winner_thread_is_an_error(text: str) -> None:
    assert spoilt(a_post(text), winner_post()) == ["w07"]


@pytest.mark.parametrize(
    "text",
    [
        "Joann Leeson",
        "Ann Lee-Sample",
        "Mary-Ann Lee",
        "Ann and Lee",
        "@sian_example_fan",
        "Harbour Homecare is on the podium",
    ],
)
def test_a_name_that_only_looks_alike_is_none(text: str) -> None:
    assert spoilt(a_post(text), winner_post()) == []


def test_alternative_texts_count_too() -> None:
    picture = Media(sha256="0" * 64, mime="image/png", size=10, alt_text="Ann Lee smiles.")
    assert spoilt(a_post(messages=(a_message(media=(picture,)),)), winner_post()) == ["w07"]


def test_the_thread_itself_and_what_follows_it_may_name_the_winner() -> None:
    assert spoilt(winner_post("And now: Ann Lee"), a_post("Ann Lee!", slot=a_slot(days=4, hour=13))) == []


def test_without_a_winner_thread_to_come_there_is_nothing_to_give_away() -> None:
    post = a_post("Ann Lee")
    posted = replace(winner_post(), messages=(a_message(state=MessageState.POSTED),))
    assert spoilt(post) == []
    assert spoilt(post, posted) == []
    assert spoilt(post, winner_post(standing=Standing.SKIPPED)) == []


def test_a_thread_that_stopped_half_way_is_still_guarded() -> None:
    parts = (a_message("Third", state=MessageState.POSTED), a_message("First", position=1))
    assert spoilt(a_post("Ann Lee"), replace(winner_post(), messages=parts)) == ["w07"]


def test_the_winners_own_post_before_the_thread_is_a_spoiler() -> None:
    assert spoilt(worker_post(SECOND), winner_post()) == ["w02"]


def test_somebody_below_the_podium_may_share_the_winners_name() -> None:
    namesake = a_worker(14, "Ann Lee", organisation="Meadow View Trust")
    ranking = a_ranking(*RANKING.workers, namesake)
    thanks = a_post("Thanks, Ann Lee!", code="o02", subject="meadow-view-trust", kind=SeriesKind.ORGANISATIONS)
    assert spoilt(worker_post(namesake), thanks, winner_post(), ranking=ranking) == []


def test_a_longer_name_that_contains_the_winners_is_no_spoiler_in_its_own_post() -> None:
    longer = a_worker(14, "Mary Ann Lee", organisation="Meadow View Trust")
    ranking = a_ranking(*RANKING.workers, longer)
    both = a_post("Mary Ann Lee and Ann Lee", code="both", subject=longer.worker_id)
    assert spoilt(worker_post(longer), both, winner_post(), ranking=ranking) == ["both"]


def test_an_organisation_post_may_not_name_its_member_on_the_podium() -> None:
    namesake = a_worker(14, "Ann Lee", organisation="Riverside Care")
    ranking = a_ranking(*RANKING.workers, namesake)
    texts = {"o01": "Thanks, Riverside Care!", "o02": "Thanks to Ann Lee of Riverside Care!"}
    kind = SeriesKind.ORGANISATIONS
    posts = [a_post(text, code=code, subject="riverside-care", kind=kind) for code, text in texts.items()]
    assert spoilt(*posts, winner_post(), ranking=ranking) == ["o02"]


def test_joint_third_places_are_all_kept_secret() -> None:
    thirds = [a_worker(3, name, tied=True) for name in ("Ola Notreal", "Kofi Invented")]
    posts = [a_post("Ola Notreal", code="a"), a_post("Kofi Invented", code="b"), winner_post()]
    assert spoilt(*posts, ranking=a_ranking(*RANKING.workers, *thirds)) == ["a", "b"]


def test_a_name_of_odd_characters_is_searched_for_as_it_stands() -> None:
    odd = a_worker(1, "A+ (Bea) [x]*", handle="a_b")
    assert spoilt(a_post("Hello A+ (Bea) [x]*"), winner_post(), ranking=a_ranking(odd)) == ["w07"]
