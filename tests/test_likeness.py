"""Whether what an account shows is a post of ours: words and links, through all that X does to both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.likeness import Likeness, likeness
from bot.publishers.x_timeline import written_text
from tests.fake_x.rendering import StoredPost, shown

NOW = datetime(2027, 3, 8, 9, tzinfo=UTC)
WORDS = "Well done, Siân!\n\nMore: {} #Care"

HARD = [
    "Read https://example.org/list?year=2027&place=7&x=%20a#top now",
    "Read example.org and example.org/list, both",
    "Write &amp; for & and &lt; for <, see https://example.org/?a=1&amp;b=2",
    "Thank you 👩🏽‍⚕️👨‍👩‍👧 and 🇬🇧🏴󠁧󠁢󠁷󠁬󠁳󠁿 https://example.org",
    "Sia\u0302n cafe\u0301 e\u0301\u0327 example.org/a",
    "שלום https://example.org/a تهانينا \u202bexample.org\u202c",
    "a\u00a0b https://example.org/a\u00a0c",
    "a\u200bb https://example.org/a",
    "日本語のhttps://example.org/aテキストexample.comと",
    "7 \u212a warm, example.org/k",
    "a\tb\t\thttps://example.org/a\tc",
    "https://example.org/a https://example.org/a",
    "https://example.org/a",
    "(see example.org/a_(b)), “https://example.org/c”.",
    "https://Example.ORG and HTTPS://example.org/A",
    "Just words, no link at all… 'quoted' \"twice\"",
]


def as_shown(text: str, *, pictures: int = 0, fields: frozenset[str] = frozenset({"entities", "note_tweet"})) -> str:
    """What the gateway makes of X's rendering of a text."""
    post = StoredPost(network_id="1234567890123", text=text, at=NOW, visible_at=NOW, media_ids=tuple("5678"[:pictures]))
    item: dict[str, Any] = shown(post, "name", "1", set(fields))
    return written_text(item)


@pytest.mark.parametrize("pictures", [0, 1, 4])
@pytest.mark.parametrize("text", HARD)
def test_our_post_is_recognised_whatever_x_does_to_it(text: str, pictures: int) -> None:
    assert likeness(text, as_shown(text, pictures=pictures)) is Likeness.SAME


@pytest.mark.parametrize("text", [text for text in HARD if "example." in text.lower()])
def test_a_link_that_x_does_not_explain_leaves_it_open(text: str) -> None:
    assert likeness(text, as_shown(text, fields=frozenset())) is Likeness.UNSURE
    assert likeness(text, as_shown(text, pictures=1, fields=frozenset())) is Likeness.UNSURE


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("example.org", "http://example.org"),
        ("example.org", "https://example.org/"),
        ("https://example.org", "https://example.org/"),
        ("https://EXAMPLE.org/A", "https://example.org/A"),
        ("HTTPS://example.org/a", "https://example.org/a"),
        ("https://example.org?a=1", "https://example.org/?a=1"),
        ("https://example.org/?a=1&b=2", "https://example.org/?a=1&amp;b=2"),
        ("https://example.org/caf\u00e9", "https://example.org/caf%C3%A9"),
        ("https://example.org/cafe\u0301", "https://example.org/caf%c3%a9"),
        ("https://b\u00fccher.de/a", "https://xn--bcher-kva.de/a"),
        ("https://twitter.com/name/status/12", "https://x.com/name/status/12"),
        ("https://t.co/aBc", "https://t.co/aBc"),
        ("https://xn--99999999.com/a", "http://xn--99999999.com/a"),
    ],
)
def test_a_link_written_otherwise_leads_to_the_same_place(written: str, seen: str) -> None:
    assert likeness(WORDS.format(written), WORDS.format(seen)) is Likeness.SAME


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("https://example.org/a", "https://example.org/b"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://example.org/a/"),
        ("https://example.org/?a=1", "https://example.org/?a=2"),
        ("https://example.org", "https://example.com"),
        ("example.org/a", "example.org/a https://example.net/shop"),
        ("example.org/a https://example.net/shop", "example.org/a"),
        ("", "https://example.org/a"),
        ("https://x.com/name/status/12", "https://x.com/name/status/13"),
    ],
)
def test_the_same_words_with_another_link_are_another_post(written: str, seen: str) -> None:
    assert likeness(WORDS.format(written), WORDS.format(seen)) is Likeness.OTHER_LINKS


@pytest.mark.parametrize(
    ("written", "seen", "alike"),
    [
        ("See example.org/a", "See https://t.co/abc", Likeness.UNSURE),
        ("See https://t.co/abc", "See https://example.org/a", Likeness.UNSURE),
        ("See example.org/a now", "See https://t.co/abc now https://t.co/picture", Likeness.UNSURE),
        ("See", "See https://t.co/abc", Likeness.UNSURE),
        ("See https://x.com/name/status/12/photo/1", "See", Likeness.UNSURE),
        ("See example.org/a example.org/b", "See https://t.co/abc https://example.org/b", Likeness.UNSURE),
        ("See example.org/a example.org/b", "See https://t.co/abc https://example.org/c", Likeness.OTHER_LINKS),
        ("See example.org/a example.org/b", "See https://t.co/abc", Likeness.OTHER_LINKS),
        ("See example.org/a", "See https://t.co/abc/def", Likeness.OTHER_LINKS),
        ("See", "See https://t.co/abc https://t.co/def", Likeness.OTHER_LINKS),
        ("https://example.org/a", "https://t.co/abc", Likeness.UNSURE),
        ("https://example.org/a", "https://example.org/b", Likeness.OTHER),
        ("https://example.org/a", "https://example.org/a https://example.org/b", Likeness.OTHER),
        ("See example.org/a", "Look https://t.co/abc", Likeness.OTHER),
        ("Siân https://example.org", "Sian https://example.org", Likeness.OTHER),
    ],
)
def test_an_unexplained_short_link_stands_for_exactly_one_link(written: str, seen: str, alike: Likeness) -> None:
    assert likeness(written, seen) is alike


PIECES = st.sampled_from(
    ["a", "Z", " ", ".", "/", "é", "日", "\n", "example.org", "https://", "t.co/a", "?a=%41", "#", "&", "👍🏽"]
)
TEXTS = st.lists(PIECES, max_size=15).map("".join)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_every_text_is_like_itself_and_both_ways_round(one: str, other: str) -> None:
    assert likeness(one, one) is Likeness.SAME
    assert (likeness(one, other) is Likeness.SAME) == (likeness(other, one) is Likeness.SAME)
