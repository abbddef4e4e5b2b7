"""Full names are found however they are written, and never by a part."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.naming import finder_of, mark_of, names_any, same_name


def named(name: str, text: str, *handles: str) -> bool:
    return names_any([text], finder_of(name, handles))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Siân O’Brien", "SIAN O'BRIEN's whole team"),
        ("Siân O’Brien", unicodedata.normalize("NFD", "Well done, Siân O’Brien!")),
        ("Siân OBrien", "Thank you, Siân O’Brien."),
        ("Siân O’Brien", "thanks to sian obrien"),
        ("Ann Lee", "Ann Lee’s colleagues"),
        ("Ann James", "Ann James' colleagues"),
        ("Ann Lee", "#ThankYouAnnLee"),
        ("Ann Lee", "All for #annlee"),
        ("Ann Lee", "the Ann Lee-led team"),
        ("Ann Lee", "Ann\u00a0L\u200bee and\u00adothers"),
        ("Ann Lee", "\uff21\uff4e\uff4e \uff2c\uff45\uff45"),
        ("Anne-Marie Łukaszewska", "ANNE MARIE LUKASZEWSKA"),
        ("Dr Ann Lee OBE", "our own Ann Lee"),
        ("Bjørn Sæther", "Bjorn Saether"),
        ("王小明", "恭喜王小明获奖"),
        ("St Mary’s", "at St Mary's today"),
    ],
)
def test_a_full_name_is_found_however_it_is_written(name: str, text: str) -> None:
    assert named(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ann Lee", "Ann Leeson"),
        ("Ann Lee", "Joann Lee"),
        ("Ann Lee", "Ann Lee-Example"),
        ("Ann Lee", "Mary-Ann Lee"),
        ("Ann Lee", "Ann and Mr Lee"),
        ("Ann Lee", "Well done, Ann! Lee was there."),
        ("Ann Lee", "A. Lee"),
        ("Ann Lee", ""),
        ("", "anything"),
    ],
)
def test_a_part_of_a_name_is_not_the_name(name: str, text: str) -> None:
    assert not named(name, text)


def test_a_handle_is_found_as_a_mention_and_as_the_address_of_the_profile() -> None:
    assert named("Ann Lee", "Hello \uff20ANN_LEE", "ann_lee")
    assert named("Ann Lee", "https://x.com/Ann_Lee?s=20", "ann_lee")
    assert not named("Ann Lee", "Hello @ann_lee2 and x@ann_lee", "ann_lee")


def test_the_mark_of_a_person_is_the_same_for_every_spelling_and_another_under_another_key() -> None:
    one = mark_of("Siân O’Brien", "Lantern Row", "key")
    assert one == mark_of("SIAN  O'BRIEN", "lantern row", "key")
    assert one != mark_of("Siân O’Brien", "Lantern Row", "other")
    assert one != mark_of("Siân O’Brien", "Copper Kettle", "key")
    assert same_name("Dr Ann Lee", "ann lee")


@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_no_text_and_no_name_upsets_the_search(name: str, text: str) -> None:
    assert named(name, text) in {True, False}


@given(
    st.lists(
        st.text(alphabet="abcdefghijklmnopqrstuvwxyzéłØ’", min_size=2, max_size=8).filter(lambda w: w.strip("’") == w),
        min_size=2,
        max_size=3,
    )
)
def test_every_name_is_found_in_a_text_that_says_it(words: list[str]) -> None:
    name = " ".join(words)
    assert named(name, f"Thank you, {name.upper()}: well done.")
