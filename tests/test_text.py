"""What a text weighs, and what stands in it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.likeness import likeness
from bot.text import (
    LINK_WEIGHT,
    MAX_WEIGHT,
    find_cashtags,
    find_hashtags,
    find_links,
    find_mentions,
    has_link,
    is_valid_characters,
    normalise,
    split_links,
    weighted_length,
)

# Characters that mean something to a counter, so that chance finds its corners.
PIECES = st.sampled_from(
    [
        *"aZé#@$./:-_ 1日ш\n()",
        "http://", "https://", ".com", "t.co/", "\u200d", "\ufe0f", "\u20e3", "👨", "👍", "🏽", "🇬", "©", "\u0301", "\U000e0067",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join))


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Thank you — it’s “them”.", 24),
        ("Wait…", 6),
        ("日本", 4),
        ("Привет", 6),
        ("e\u0301", 1),
        ("a\r\nb", 4),
        ("💛", 2),
        ("👩🏽‍⚕️", 2),
        ("🧑‍🤝‍🧑", 2),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", 2),
        ("🇬🇧🇫🇷", 4),
        ("🇬", 2),
        ("1️⃣", 2),
        ("🚗🏽", 4),
        ("©", 1),
        ("©\ufe0f", 2),
        ("\u200d", 1),
        ("\U0001facd\u200d\U0001f7e9", 2),
    ],
)
def test_characters_weigh_what_the_public_rules_say(text: str, weight: int) -> None:
    assert weighted_length(text) == weight


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("example.org", 23),
        ("https://example.org/a/very/long/path/that/goes/on?and=on#and-on", 23),
        ("See example.org.", 4 + 23 + 1),
        ("(https://example.org/a_(b))", 25),
        ("https://intranet.carehome", 25),
        ("http://a.carehome", 23),
        ("http://192.168.0.1/rota", 23),
        ("http://[2001:db8::1]:8080/rota", 30),
        ("http://" + "日本." * 90 + "com", 7 + 90 * 5 + 3),
        ("http://a.intranet-" + "a" * 80, 18 + 80),
        ("readme.md", 23),
        ("index.js", 8),
        ("U.S.A. 3.11", 11),
        ("me@example.org", 14),
        ("first.last@example.org", 22),
        ("https://t.co/" + "a" * 41, 54),
    ],
)
def test_a_link_weighs_23_and_a_doubtful_one_the_longer_of_both(text: str, weight: int) -> None:
    assert weighted_length(text) == weight


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("これはexample.comです", ("example.com",)),
        ("http://example.comの説明", ("http://example.com",)),
        ("Read:-https://example.org/x, now", ("https://example.org/x",)),
        ("...http://example.org", ("http://example.org",)),
        ("a.example.co.uk/x?y=1, b.example", ("a.example.co.uk/x?y=1",)),
        ("ftp://example.org #example.org $example.org", ()),
        ("example.com-old example.comx -example.com", ()),
        ("http://user:pass@example.com:8080/x", ("http://user:pass@example.com:8080/x",)),
        ("http://a_b.example.com http://example_a.com", ("http://a_b.example.com",)),
        ("http://日本語.みんな/x", ("http://日本語.みんな/x",)),
        ("http://xn--wgv71a119e.xn--q9jyb4c", ("http://xn--wgv71a119e.xn--q9jyb4c",)),
        ("http://256.1.1.1 http://x", ()),
    ],
)
def test_links_are_found_where_the_network_makes_them(text: str, links: tuple[str, ...]) -> None:
    assert find_links(text) == links
    assert has_link(text) is bool(links)


def test_mentions_are_found_but_not_in_links_and_addresses() -> None:
    text = "@first met .@second_2, me@example.org, https://example.org/@third and RT @fourth: hi"
    assert find_mentions(text) == ("first", "second_2", "fourth")


def test_hashtags_need_a_letter_and_a_free_start() -> None:
    text = "#CareWeek #7 a#b &#39; #Siân’s #1st (#हिन्दी) https://example.org/#top"
    assert find_hashtags(text) == ("CareWeek", "Siân", "1st", "हिन्दी")


def test_cashtags_stand_alone() -> None:
    assert find_cashtags("$ABC and $abc.de, $5, a$b, $TOOLONGX") == ("ABC", "abc.de")


@pytest.mark.parametrize("character", ["\ufffe", "\ufeff", "\uffff"])
def test_three_code_points_are_never_taken(character: str) -> None:
    assert not is_valid_characters(f"a{character}b")
    assert is_valid_characters("a\u202ab💛")


def test_normalising_leaves_one_form_of_a_text() -> None:
    assert normalise("\n Cafe\u0301 \r\n\r\n  two\t\rthree  \n") == "Café\n\n  two\nthree"


@settings(deadline=None)  # the first emoji of a run loads its tables
@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_text_is_its_words_and_its_links_in_turn() -> None:
    assert split_links("See a.com and\nhttps://b.org/x.") == (("See ", " and\n", "."), ("a.com", "https://b.org/x"))
    assert split_links("No links") == (("No links",), ())


@settings(deadline=None)
@given(TEXTS)
def test_words_and_links_together_are_the_text(text: str) -> None:
    words, links = split_links(text)
    assert "".join(f"{word}{link}" for word, link in zip(words, (*links, ""), strict=True)) == text


@settings(deadline=None)
@given(TEXTS)
def test_a_weight_is_never_negative_and_nothing_weighs_nothing(text: str) -> None:
    assert weighted_length(text) >= bool(unicodedata.normalize("NFC", text))


@settings(deadline=None)
@given(TEXTS, st.one_of(PIECES, st.characters()))
def test_a_longer_text_is_lighter_only_by_a_completed_link_a_joined_emoji_or_a_composed_letter(
    text: str, addition: str
) -> None:
    before, after = weighted_length(text), weighted_length(text + addition)
    completes_link = find_links(text + addition) != find_links(text)
    joins = any(c in text + addition for c in "\u200d\ufe0f\u20e3🏽🇬\U000e0067\U000e007f") or not addition.isascii()
    assert after >= before or completes_link or joins


@settings(deadline=None)
@given(st.text(alphabet="abc XYZ,!’—é日", max_size=60), st.text(alphabet="abc XYZ,!’—é日", max_size=60))
def test_plain_texts_weigh_the_sum_of_their_parts(first: str, second: str) -> None:
    assert weighted_length(first + second) == weighted_length(first) + weighted_length(second)


@settings(deadline=None)
@given(TEXTS)
def test_every_link_found_stands_in_the_text_and_weighs_at_least_23(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    links = find_links(composed)
    assert all(link in composed for link in links)
    assert weighted_length(composed) >= LINK_WEIGHT * len(links)


def test_the_limit_is_280() -> None:
    assert weighted_length("x" * 280) == MAX_WEIGHT


HOSTILE = [
    "a.", "日.", "a.com", "x_.", "http://", "https://a.", "http://a:a@", "/(", "?(", "example.com/(", "#", "@a", "$a ", "\u200d",
    "👨\u200d", "👍🏽", "1\ufe0f", "🏴\U000e0067", "e\u0301\u0327", "é-", "[::", "1.", "t.co/a", "\uff20", "日本.com",
]  # fmt: skip


def recognised(text: str) -> object:
    return likeness(text, f"{text} https://t.co/abc")


def cost(text: str) -> float:
    """Processor time of all questions about a text, the least of some runs."""
    times = []
    for _ in range(4):
        begin = time.process_time()
        for ask in (weighted_length, find_mentions, find_hashtags, find_cashtags, recognised):
            ask(text)
        times.append(time.process_time() - begin)
    return min(times)


@pytest.mark.parametrize("start", ["", "https://", "http://example.com/"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_eight_times_the_text_takes_nowhere_near_64_times_as_long(piece: str, start: str) -> None:
    cost("warm 👩🏽‍⚕️ a.b")
    short, long = (start + piece * (size // len(piece)) for size in (500, 4_000))
    assert cost(long) < 30 * max(cost(short), 1e-4)
