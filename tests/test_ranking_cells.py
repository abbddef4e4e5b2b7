"""One cell, one value."""

from __future__ import annotations

import pytest

from bot.ranking import cells
from bot.ranking.names import fold, fold_organisation, look_alike


@pytest.mark.parametrize(
    ("cell", "number", "marked"),
    [
        ("7", 7, False),
        ("7.0", 7, False),
        (" 7. ", 7, False),
        ("7th", 7, False),
        ("#7", 7, False),
        ("No. 7", 7, False),
        ("=7", 7, True),
        ("7=", 7, True),
        ("=7th", 7, True),
        ("Joint 7th", 7, True),
        ("7 (tie)", 7, True),
        ("'=7", 7, True),
    ],
)
def test_a_rank_is_read_as_offices_write_it(cell: str, number: int, marked: bool) -> None:
    assert cells.rank(cell) == cells.Rank(number, marked)


@pytest.mark.parametrize("cell", ["1200", "1,200", "1 200", " 1\u00a0200 ", "1200.0", "1,200.00", "1'200", '="1200"'])
def test_a_count_is_read_with_its_thousands(cell: str) -> None:
    assert cells.count(cell) == 1200


@pytest.mark.parametrize("cell", ["12,00", "1.200", "1,2", "-5", "1e3", "~90", "1,200 200", "9" * 20])
def test_a_count_that_could_mean_two_things_is_refused(cell: str) -> None:
    with pytest.raises(cells.CellError, match="not a whole number"):
        cells.count(cell)


@pytest.mark.parametrize(
    "cell",
    ["Ann_P", "@Ann_P", "'@Ann_P", "https://x.com/Ann_P", "http://www.twitter.com/Ann_P/", "x.com/Ann_P?s=20"],
)
def test_a_handle_is_read_from_a_name_or_a_link(cell: str) -> None:
    assert cells.handle(cell) == "Ann_P"


@pytest.mark.parametrize("cell", ["", " ", "-", "–", "n/a"])
def test_an_optional_cell_may_say_nothing(cell: str) -> None:
    assert cells.handle(cell) is None
    assert cells.count(cell) is None
    assert cells.alt_text(cell) is None


@pytest.mark.parametrize(
    "name", ["CAFÉ’S", "Ñandú", "Åse", "Zoë", "D'Arcy", "Æthel", "João Conceição", "Who Cares? Ltd"]
)
def test_a_real_name_is_not_taken_for_damaged(name: str) -> None:
    assert cells.organisation(name) == name


def test_pronouns_are_short() -> None:
    assert cells.pronouns("they/them") == "they/them"
    with pytest.raises(cells.CellError, match="too long for pronouns"):
        cells.pronouns("she " * 20)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Siân", "SIAN"), ("Łukasz", "lukasz"), ("O’Brien", "O'Brien"), ("Ann-Marie  Pell", "ann marie pell")],
)
def test_spellings_that_read_the_same_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_vowels_of_other_scripts_are_not_folded_away() -> None:
    assert fold("की") != fold("का")


def test_an_organisation_is_the_same_with_and_without_its_dressing() -> None:
    assert fold_organisation("Acorn & Oak Ltd.") == fold_organisation("ACORN and Oak  Limited")
    assert fold_organisation("Acorn Care") != fold_organisation("Acorn Care North")


def test_a_slip_looks_alike_and_a_number_does_not() -> None:
    assert look_alike("riverside care trust", "riverside care trsut")
    assert not look_alike("ward 1 trust", "ward 2 trust")
    assert not look_alike("riverside", "riverside")
