"""A sign-off is bound to a digest, a preview to a plan code, and a new plan says what it changes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest import ChangeKind, plan_code, plan_difference, post_digest
from bot.model import Draft, Media, PlannedPost, PostKey, SeriesKind
from bot.schedule import resolve_local

PHOTO = Media(sha256="ab" * 32, mime="image/png", size=10, alt_text="Siân in the garden")
MESSAGE = Draft(text="Well done, Siân!", media=(PHOTO,))


def planned(code: str, *, text: str = "Well done!", hour: int = 9) -> PlannedPost:
    return PlannedPost(
        key=PostKey(series="w", subject_id=code, account_id=1),
        kind=SeriesKind.WORKERS,
        code=code,
        slot=resolve_local(datetime.fromisoformat(f"2026-11-30 {hour:02}:00"), "Europe/London"),
        messages=(Draft(text=text),),
    )


@pytest.mark.parametrize(
    ("network", "handle", "messages", "in_reply_to"),
    [
        ("y", "lantern", (MESSAGE,), None),
        ("x", "other", (MESSAGE,), None),
        ("x", "lantern", (MESSAGE, MESSAGE), None),
        ("x", "lantern", (replace(MESSAGE, text="Well done, Sian!"),), None),
        ("x", "lantern", (replace(MESSAGE, media=()),), None),
        ("x", "lantern", (replace(MESSAGE, media=(replace(PHOTO, alt_text="Siân"),)),), None),
        ("x", "lantern", (replace(MESSAGE, media=(replace(PHOTO, sha256="cd" * 32),)),), None),
        ("x", "lantern", (MESSAGE,), "1234"),
    ],
)
def test_the_digest_covers_everything_the_network_would_show(
    network: str, handle: str, messages: tuple[Draft, ...], in_reply_to: str | None
) -> None:
    assert post_digest(network, handle, messages, in_reply_to) != post_digest("x", "lantern", (MESSAGE,), None)


def test_the_digest_is_the_same_in_every_version_of_the_product() -> None:
    expected = "1:f0a117535397cc779166dd7f353c3321a19d2a4c34eec6e14a9e5e1678ea4a27"
    assert post_digest("x", "@Lantern", (MESSAGE,), None) == post_digest("x", "lantern", (MESSAGE,), None)
    assert post_digest("x", "lantern", (MESSAGE,), None) == expected


def test_texts_cannot_be_shifted_between_parts() -> None:
    one = (Draft(text="ab"), Draft(text="c"))
    other = (Draft(text="a"), Draft(text="bc"))
    assert post_digest("x", "a", one, None) != post_digest("x", "a", other, None)


@given(posts=st.lists(st.tuples(st.text(), st.text(), st.text())))
def test_a_plan_code_is_short_readable_and_independent_of_order(posts: list[tuple[str, str, str]]) -> None:
    code = plan_code(posts)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}", code)
    assert plan_code(reversed(posts)) == code


def test_a_plan_code_changes_with_text_slot_and_posts() -> None:
    plans = [
        [("w20", "1:aa", "2026-11-30T09:00")],
        [("w20", "1:ab", "2026-11-30T09:00")],
        [("w20", "1:aa", "2026-11-30T09:30")],
        [("w20", "1:aa", "2026-11-30T09:00"), ("w19", "1:aa", "2026-11-30T09:30")],
        [],
    ]
    assert len({plan_code(posts) for posts in plans}) == len(plans)


def test_the_difference_names_what_was_added_removed_rewritten_and_moved() -> None:
    before = [planned("w20"), planned("w19", hour=10), planned("w18", hour=11), planned("w17", hour=12)]
    after = [
        planned("w20"),
        planned("w19", hour=10, text="Thank you!"),
        planned("w18", hour=13),
        planned("w16", hour=14),
    ]
    changes = plan_difference(before, after)
    assert [(change.symbol, change.code) for change in changes] == [
        ("~", "w19"),
        ("-", "w17"),
        ("~", "w18"),
        ("+", "w16"),
    ]
    assert [(change.moved, change.rewritten) for change in changes] == [
        (False, True),
        (False, False),
        (True, False),
        (False, False),
    ]
    assert changes[1].kind is ChangeKind.REMOVED


def test_the_same_plan_has_no_difference() -> None:
    posts = [planned("w20"), planned("w19", hour=10)]
    assert plan_difference(posts, reversed(posts)) == ()
