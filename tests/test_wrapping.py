"""Long lines on a terminal."""

from __future__ import annotations

import pytest

from bot.cli.wrapping import fitted

REMEDY = "    → If they have agreed, record it: campaign-bot fix 7 consent name; if not: campaign-bot withdraw 7"


def test_what_goes_on_is_indented_under_its_words() -> None:
    assert fitted("  ! " + "word " * 10 + "end", 40).split("\n") == [
        "  ! word word word word word word word",
        "    word word word end",
    ]


def test_a_command_is_never_broken_so_that_it_can_be_copied() -> None:
    assert fitted(REMEDY, 80).split("\n") == [
        "    → If they have agreed, record it: campaign-bot fix 7 consent name; if not:",
        "      campaign-bot withdraw 7",
    ]
    command = 'campaign-bot approve --all --by "Ann, Example" --code 7ZGX-D2 --accept-warnings'
    assert command in fitted(f"Next: correct the errors, then: {command}", 60).split("\n  ")


@pytest.mark.parametrize(
    "line",
    [
        "! short",
        "  │ " + "a text of a post " * 10,
        "Siân Penhallow  Larkspur Lane Care  " * 5,
        "      - And in first place: " + "words " * 20,
    ],
)
def test_short_lines_tables_and_texts_of_posts_stay_as_they_are(line: str) -> None:
    assert fitted(line, 80) == line


def test_colours_take_no_room_and_a_very_narrow_screen_is_left_to_itself() -> None:
    painted = f"\x1b[33m  ! {'word ' * 14}end\x1b[0m"
    assert fitted(painted, 80) == painted
    assert fitted("  \x1b[31m✗\x1b[0m " + "word " * 20, 60).split("\n")[1].startswith("    word")
    assert fitted("! " + "word " * 40, 30) == "! " + "word " * 40
