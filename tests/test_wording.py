"""Turns of English."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import wording


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (112, "112th"),
     (1203, "1,203rd")],
)  # fmt: skip
def test_a_rank_is_said_as_an_ordinal(number: int, text: str) -> None:
    assert wording.ordinal(number) == text


@pytest.mark.parametrize(("number", "text"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (21, "21st")])
def test_ordinals_up_to_twenty_have_words(number: int, text: str) -> None:
    assert wording.ordinal_word(number) == text


def test_a_tie_is_shown_as_shared_rank() -> None:
    assert (wording.rank_label(2, tied=True), wording.rank_label(2, tied=False)) == ("=2nd", "2nd")
    assert (wording.place(2, tied=True), wording.place(2, tied=False)) == ("joint 2nd", "2nd")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Siân", "Siân’s"),
        ("James", "James’s"),
        ("Riverside Care Trust", "Riverside Care Trust’s"),
        ("Riverside Homes", "Riverside Homes’"),
        ("Hillside Care SERVICES", "Hillside Care SERVICES’"),
    ],
)
def test_people_take_an_s_after_an_s_and_plurals_the_apostrophe_alone(name: str, text: str) -> None:
    assert wording.possessive(name) == text


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("Riverside Care Trust", "#RiversideCareTrust"),
        ("NHS trust", "#NHSTrust"),
        ("St John's & Sons", "#StJohnsAndSons"),
        ("Côte d’azur (west)", "#CôteDazurWest"),
        ("#care-week 2027", "#CareWeek2027"),
        ("Sia\u0302n", "#Siân"),
    ],
)
def test_a_hashtag_has_a_capital_for_each_word(name: str, tag: str) -> None:
    assert wording.hashtag(name) == tag


def test_names_are_joined_as_british_style_has_it() -> None:
    assert wording.names(["A"]) == "A"
    assert wording.names(["A", "B"]) == "A and B"
    assert wording.names(["A", "B", "C"]) == "A, B and C"
    assert wording.lines(["A", "B"]) == "A\nB"


def test_numbers_have_commas_and_nouns_their_plural() -> None:
    assert wording.number(1204) == "1,204"
    assert wording.plural(1, "time") == "1 time"
    assert wording.plural(1204, "time") == "1,204 times"
    assert wording.plural(2, "person", "people") == "2 people"
    assert wording.plural(0, "time") == "0 times"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Priya Example", "Priya"),
        ("Dr Siân Example", "Siân"),
        ("Prof. Dame Ada Example", "Ada"),
        ("Dr", "Dr"),
        ("Cher", "Cher"),
    ],
)
def test_a_first_name_is_no_title(name: str, first: str) -> None:
    assert wording.first_name(name) == first


def test_a_handle_is_shown_with_one_at_sign_and_only_if_there_is_one() -> None:
    assert wording.at("priya_example") == wording.at("@priya_example") == "@priya_example"
    assert wording.credit("Priya Example", "priya_example") == "Priya Example (@priya_example)"
    assert wording.credit("Priya Example", None) == "Priya Example"


def test_what_there_are_no_words_for_is_an_error_in_plain_english() -> None:
    attempts: tuple[Callable[[], str], ...] = (
        lambda: wording.names([]),
        lambda: wording.lines([]),
        lambda: wording.at(" "),
        lambda: wording.hashtag("2027!"),
        lambda: wording.possessive(" "),
        lambda: wording.first_name(""),
        lambda: wording.number(True),
    )
    for attempt in attempts:
        with pytest.raises(ValueError, match=r"^(there is no|the list|a hashtag|it needs)"):
            attempt()
