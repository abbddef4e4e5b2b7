"""X's own conformance cases, read from where they lie; they are not ours to copy.

Set CAMPAIGN_BOT_REFERENCE to a folder that holds ``conformance/validate.yml`` of https://github.com/twitter/twitter-text.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.text import (
    LINK_WEIGHT,
    MAX_WEIGHT,
    find_hashtags,
    find_links,
    find_mentions,
    is_valid_characters,
    weighted_length,
)

FOLDER = os.environ.get("CAMPAIGN_BOT_REFERENCE")
TODAY = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
EARLIER = "WeightedTweetsCounterTest"
pytestmark = pytest.mark.skipif(not FOLDER, reason="left out: CAMPAIGN_BOT_REFERENCE names no folder of X's cases")


@cache
def sections() -> dict[str, list[dict[str, Any]]]:
    """The cases by section; none without the folder."""
    if not FOLDER:
        return {}
    tests = yaml.safe_load((Path(FOLDER) / "conformance" / "validate.yml").read_text(encoding="utf-8"))["tests"]
    assert isinstance(tests, dict)
    return tests


def cases(*names: str) -> list[Any]:
    """The cases of some sections as parameters of a test."""
    return [
        pytest.param(case["text"], case["expected"], id=f"{name}: {case['description']}")
        for name in names
        for case in sections().get(name, [])
    ]


def superseded() -> set[str]:
    """Cases of the earlier rules that the rules of today count otherwise (emoji of several code points)."""
    now = {case["description"]: case["expected"] for case in sections().get(TODAY[0], [])}
    return {
        c["description"]
        for c in sections().get(EARLIER, [])
        if now.get(c["description"], c["expected"]) != c["expected"]
    }


@pytest.mark.parametrize(("text", "expected"), cases(*TODAY))
def test_weights_are_those_of_x(text: str, expected: dict[str, Any]) -> None:
    weight = weighted_length(text)
    assert weight == expected["weightedLength"]
    assert (0 < weight <= MAX_WEIGHT and is_valid_characters(text)) is expected["valid"]
    assert weight * 1000 // MAX_WEIGHT == expected["permillage"]


@pytest.mark.parametrize(("text", "expected"), cases(EARLIER))
def test_weights_of_the_earlier_rules_differ_only_where_emoji_became_cheaper(
    text: str, expected: dict[str, Any]
) -> None:
    case = next(case for case in sections()[EARLIER] if case["text"] == text)
    if case["description"] in superseded():
        assert weighted_length(text) < expected["weightedLength"]
    else:
        assert weighted_length(text) == expected["weightedLength"]


@pytest.mark.parametrize(("text", "expected"), cases("tweets"))
def test_links_count_in_texts_of_the_time_of_140_characters(text: str, expected: bool) -> None:
    composed = unicodedata.normalize("NFC", text)
    links = find_links(composed)
    characters = len(composed) - sum(map(len, links)) + LINK_WEIGHT * len(links)
    assert (0 < characters <= MAX_WEIGHT // 2) is expected


@pytest.mark.parametrize(("text", "expected"), cases("urls", "urls_without_protocol"))
def test_a_valid_address_is_one_link(text: str, expected: bool) -> None:
    assert (find_links(text) == (text,)) is expected


@pytest.mark.parametrize(("text", "expected"), cases("hashtags"))
def test_a_valid_hashtag_is_one_hashtag(text: str, expected: bool) -> None:
    assert _whole(find_hashtags, text) is expected


@pytest.mark.parametrize(("text", "expected"), cases("usernames"))
def test_a_valid_name_is_one_mention(text: str, expected: bool) -> None:
    assert _whole(find_mentions, text) is expected


@pytest.mark.parametrize(("text", "expected"), cases("lists"))
def test_a_list_is_never_taken_for_a_mention_alone(text: str, expected: bool) -> None:
    """We know no lists: what matters is that the name before the slash is seen as mentioned."""
    mentioned = find_mentions(text)
    assert mentioned == ("username",)
    assert not expected or not _whole(find_mentions, text)


def test_every_section_of_the_file_is_run() -> None:
    known = {*TODAY, EARLIER, "tweets", "urls", "urls_without_protocol", "hashtags", "usernames", "lists"}
    assert set(sections()) == known


def _whole(find: Callable[[str], tuple[str, ...]], text: str) -> bool:
    return find(text) == (text[1:],)
