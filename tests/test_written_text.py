"""What X's timeline shows, turned back into what was written: a post is recognised by it, so it must be exact. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.publishers.snowflake import EPOCH, first_id_of, instant_of, posted_at
from bot.publishers.x_timeline import created_at, replied_to, written_text

NOW = datetime(2027, 3, 8, 9, tzinfo=UTC)
SHORT = "https://t.co/abc"


def link(full: str, short: str = SHORT, **more: object) -> dict[str, object]:
    return {"url": short, "expanded_url": full, **more}


def shown(text: str, *links: dict[str, object]) -> dict[str, Any]:
    return {"text": text, "entities": {"urls": list(links)}}


@pytest.mark.parametrize(
    ("item", "written"),
    [
        ({"text": "Tom &amp; Jerry &lt;3 &gt;"}, "Tom & Jerry <3 >"),
        ({"text": "Write &amp;lt; for &lt;"}, "Write &lt; for <"),
        ({"text": "&quot;&#39;"}, "&quot;&#39;"),
        ({"text": "cafe\u0301"}, "caf\u00e9"),
        ({"text": "Short …", "note_tweet": {"text": "The long one &amp; all of it"}}, "The long one & all of it"),
        ({"text": "Short …", "note_post": {"text": "The long one"}}, "The long one"),
        ({"text": "Plain", "note_tweet": None, "entities": None}, "Plain"),
        (shown(f"See {SHORT} now", link("https://example.org/a")), "See https://example.org/a now"),
        (
            shown(f"{SHORT} {SHORT}", link("https://example.org/1"), link("https://example.org/2")),
            "https://example.org/1 https://example.org/2",
        ),
        (shown(f"{SHORT} {SHORT}", link("https://example.org/1")), "https://example.org/1 https://example.org/1"),
        (shown(f"{SHORT}d {SHORT}", link("https://example.org/1")), f"{SHORT}d https://example.org/1"),
        (shown(f"{SHORT}日", link(f"https://example.org/?to={SHORT}")), f"https://example.org/?to={SHORT}日"),
        (shown(f"See {SHORT}", link("")), f"See {SHORT}"),
        (shown("See", link("https://example.org/a", "")), "See"),
        (shown("No links", {}), "No links"),
        (shown(f"A picture {SHORT}", link("https://x.com/name/status/12/photo/1")), "A picture"),
        (shown(f"A film {SHORT}", link("https://x.com/name/status/12/video/1")), "A film"),
        (shown(f"A picture {SHORT}", link("https://example.org/card", media_key="3_1")), "A picture"),
        (shown(f"Another's {SHORT}", link("https://x.com/name/status/12")), "Another's https://x.com/name/status/12"),
        (
            {
                "text": "…",
                "note_tweet": {"text": f"Long {SHORT}", "entities": {"urls": [link("https://example.org/n")]}},
            },
            "Long https://example.org/n",
        ),
        (
            {**shown("…", link("https://example.org/t")), "note_tweet": {"text": f"Long {SHORT}"}},
            "Long https://example.org/t",
        ),
    ],
)
def test_a_text_is_read_back_as_it_was_written(item: dict[str, Any], written: str) -> None:
    assert written_text(item) == written


@pytest.mark.parametrize(
    ("item", "parent"),
    [
        ({}, None),
        ({"referenced_tweets": None}, None),
        ({"referenced_tweets": [{"type": "quoted", "id": "5"}]}, None),
        ({"referenced_tweets": [{"type": "quoted", "id": "5"}, {"type": "replied_to", "id": "6"}]}, "6"),
        ({"referenced_posts": [{"type": "replied_to", "id": 6}]}, "6"),
    ],
)
def test_only_what_it_replies_to_is_its_parent(item: dict[str, Any], parent: str | None) -> None:
    assert replied_to(item) == parent


@pytest.mark.parametrize("text", ["2027-03-08T09:00:00.000Z", "2027-03-08T09:00:00", "2027-03-08T10:00:00+01:00"])
def test_the_time_of_a_post_is_an_instant(text: str) -> None:
    at = created_at({"created_at": text})
    assert (at, at.tzinfo) == (NOW, UTC)


def test_without_a_time_the_id_tells_it() -> None:
    assert created_at({"id": str(first_id_of(NOW))}) == NOW
    assert instant_of("0") == EPOCH


def test_an_id_that_x_itself_has_shown_tells_its_time() -> None:
    """The example in the data dictionary of Twitter's documentation: created Wed Oct 10 20:19:24 +0000 2018."""
    at = instant_of("1050118621198921728")
    assert at.replace(microsecond=0) == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["", "-1", "1.5", "٣", "1" * 20, "abc"])
def test_what_is_no_id_tells_no_time(odd: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        instant_of(odd)


@pytest.mark.parametrize(
    ("off", "believed"),
    [
        (timedelta(0), True),
        (timedelta(days=1), True),
        (timedelta(days=-1), True),
        (timedelta(days=1, seconds=1), False),
        (timedelta(days=-1, seconds=-1), False),
    ],
)
def test_the_time_in_an_id_is_believed_within_a_day(off: timedelta, believed: bool) -> None:
    assert posted_at(str(first_id_of(NOW + off)), NOW) == (NOW + off if believed else NOW)
