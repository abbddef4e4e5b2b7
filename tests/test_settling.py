"""What follows from looking for a post whose call got no clear answer: pure decisions, case by case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.calls import Attempt, SeenPost
from bot.core.settling import CLOCK_SKEW, GOOD_LOOKS, MAX_LOOKS, Doubt, conclude, find, look_since, tells_absence
from bot.lifecycle import MAX_CALLS, SETTLE_WINDOW, Policy
from bot.model import MessageState, Post
from tests.campaigns import a_stage

CALLED_AT = datetime(2027, 3, 8, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ON_TIME = timedelta(0)
AGAIN = Policy(sends_unanswered_again=True)
EARLIER = CALLED_AT - HOUR


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """The first post of the sample week."""
    stage = a_stage(tmp_path_factory.mktemp("week")).plan_and_sign()
    yield stage.posts["w20"]
    stage.storage.close()


def a_doubt(
    post: Post, *, policy: Policy = AGAIN, gone: bool = True, paused: bool = False, attempt_no: int = 1
) -> Doubt:
    message = post.messages[0]
    attempt = Attempt(
        attempt_id=1,
        campaign_id=1,
        account_id=1,
        message_id=message.message_id,
        attempt_no=attempt_no,
        runner_id="r",
        in_reply_to=None,
        called_at=CALLED_AT,
        settle_from=CALLED_AT,
    )
    return Doubt(attempt=attempt, post=post, message=message, policy=policy, paused=paused, sender_gone=gone)


def seen(post: Post) -> SeenPost:
    """What the call would have made, as the timeline shows it."""
    text = post.messages[0].draft.text.replace("&", "&amp;")
    return SeenPost(network_id="7", text=text, posted_at=CALLED_AT + SECOND, url="u", in_reply_to=None)


@pytest.mark.parametrize(
    ("policy", "gone", "paused", "attempt_no", "later", "state"),
    [
        (AGAIN, True, False, 1, SETTLE_WINDOW, MessageState.PENDING),
        (AGAIN, True, False, MAX_CALLS, SETTLE_WINDOW, MessageState.HELD),
        (AGAIN, False, False, 1, SETTLE_WINDOW, MessageState.HELD),
        (AGAIN, True, True, 1, SETTLE_WINDOW, MessageState.HELD),
        (AGAIN, True, False, 1, timedelta(minutes=31), MessageState.HELD),
        (AGAIN, True, False, 1, SETTLE_WINDOW - SECOND, None),
        (Policy(), True, False, 1, SETTLE_WINDOW, MessageState.HELD),
        (Policy(), True, False, 1, SETTLE_WINDOW - SECOND, None),
    ],
)
def test_what_follows_when_the_account_does_not_show_it(
    post: Post,
    policy: Policy,
    gone: bool,
    paused: bool,
    attempt_no: int,
    later: timedelta,
    state: MessageState | None,
) -> None:
    assert post.slot.due_at == CALLED_AT
    doubt = a_doubt(post, policy=policy, gone=gone, paused=paused, attempt_no=attempt_no)
    change = conclude(doubt, absent=True, absent_looks=GOOD_LOOKS, looks=5, looked_at=CALLED_AT + later)
    assert (change.state if change else None) is state


@pytest.mark.parametrize(
    ("ended_after", "looked_after", "settled"),
    [
        (None, SETTLE_WINDOW, True),
        (None, SETTLE_WINDOW - SECOND, False),
        (5 * MINUTE, 5 * MINUTE + SETTLE_WINDOW, True),
        (5 * MINUTE, 5 * MINUTE + SETTLE_WINDOW - SECOND, False),
    ],
)
def test_the_settle_window_begins_when_the_call_is_known_to_have_ended_and_never_with_the_slot(
    post: Post, ended_after: timedelta | None, looked_after: timedelta, settled: bool
) -> None:
    late = replace(post, slot=replace(post.slot, due_at=CALLED_AT - 20 * MINUTE))
    doubt = a_doubt(late)
    ended_at = None if ended_after is None else CALLED_AT + ended_after
    doubt = replace(doubt, attempt=replace(doubt.attempt, settle_from=ended_at))
    change = conclude(doubt, absent=True, absent_looks=GOOD_LOOKS, looks=5, looked_at=CALLED_AT + looked_after)
    assert (change is not None) == settled


def test_after_the_last_of_the_readings_that_tell_nothing_a_person_is_asked(post: Post) -> None:
    looked_at = CALLED_AT + HOUR
    assert conclude(a_doubt(post), absent=False, absent_looks=9, looks=MAX_LOOKS - 1, looked_at=looked_at) is None
    change = conclude(a_doubt(post), absent=False, absent_looks=9, looks=MAX_LOOKS, looked_at=looked_at)
    assert change is not None
    assert (change.state, change.closes) == (MessageState.HELD, True)
    assert "did not settle it" in change.reason


def test_a_reading_goes_back_to_the_newest_post_that_must_be_there(post: Post) -> None:
    attempt = a_doubt(post).attempt
    assert look_since(attempt, {}) == CALLED_AT - CLOCK_SKEW
    assert look_since(attempt, {"5": EARLIER - HOUR, "6": EARLIER}) == EARLIER - CLOCK_SKEW
    assert look_since(attempt, {"6": CALLED_AT + HOUR}) == CALLED_AT - CLOCK_SKEW


def test_absence_needs_two_readings_that_tell_it(post: Post) -> None:
    looked_at = CALLED_AT + SETTLE_WINDOW
    for absent, absent_looks in ((True, 0), (True, 1), (False, 2)):
        found = conclude(a_doubt(post), absent=absent, absent_looks=absent_looks, looks=5, looked_at=looked_at)
        assert found is None


def test_the_post_that_the_call_made_is_recognised_as_the_network_writes_it(post: Post) -> None:
    there = seen(post)
    assert find(a_doubt(post), [there], {}) == there
    assert find(a_doubt(post), [replace(there, posted_at=CALLED_AT - timedelta(seconds=119))], {}) is not None


def test_only_the_post_that_the_call_made_is_recognised(post: Post) -> None:
    there = seen(post)
    others = [
        replace(there, text="Other words"),
        replace(there, in_reply_to="1"),
        replace(there, posted_at=CALLED_AT - timedelta(minutes=3)),
    ]
    for other in others:
        assert find(a_doubt(post), [other], {}) is None, other
    assert find(a_doubt(post), [there], {"7": CALLED_AT}) is None


def test_it_is_recognised_below_newer_posts_of_ours_and_of_others(post: Post) -> None:
    there = seen(post)
    ours, others = (replace(there, network_id=number, text=f"Number {number}") for number in ("8", "9"))
    alike = replace(there, network_id="10", in_reply_to="1")
    assert find(a_doubt(post), [ours, others, alike, there], {"8": CALLED_AT + SECOND}) == there


def test_a_reading_without_the_newest_known_post_tells_nothing(post: Post) -> None:
    doubt, known = a_doubt(post), {"5": EARLIER, "6": CALLED_AT - SECOND}
    newest = replace(seen(post), network_id="6", text="Another", posted_at=known["6"])
    looked_at = CALLED_AT + SETTLE_WINDOW
    assert tells_absence(doubt, [newest], known, looked_at=looked_at, offset=ON_TIME)
    assert not tells_absence(doubt, [], known, looked_at=looked_at, offset=ON_TIME)
    older = replace(newest, network_id="5", posted_at=EARLIER)
    assert not tells_absence(doubt, [older], known, looked_at=looked_at, offset=ON_TIME)
    assert tells_absence(doubt, [], {}, looked_at=looked_at, offset=ON_TIME)


def test_something_that_says_the_same_keeps_the_doubt_alive(post: Post) -> None:
    older = replace(seen(post), posted_at=EARLIER)
    looked_at = CALLED_AT + SETTLE_WINDOW
    assert not tells_absence(a_doubt(post), [older], {}, looked_at=looked_at, offset=ON_TIME)
    assert tells_absence(a_doubt(post), [older], {older.network_id: EARLIER}, looked_at=looked_at, offset=ON_TIME)
    newest, known = replace(older, network_id="8", text="Number 8"), {"8": EARLIER}
    assert not tells_absence(a_doubt(post), [newest, older], known, looked_at=looked_at, offset=ON_TIME)


def with_links(post: Post, ours: str, shown: str) -> tuple[Doubt, SeenPost]:
    """A call for a post with a link, and what the account shows."""
    doubt = a_doubt(post)
    draft = replace(doubt.message.draft, text=f"Thank you, all of you: {ours}")
    theirs = replace(seen(post), text=f"Thank you, all of you: {shown}")
    return replace(doubt, message=replace(doubt.message, draft=draft)), theirs


@pytest.mark.parametrize(
    "shown", ["example.org/b", "example.org/a example.net/shop", "https://t.co/abc", "example.org/a https://t.co/abc"]
)
def test_the_same_words_with_another_link_are_not_our_post_and_do_not_prove_it_absent(post: Post, shown: str) -> None:
    doubt, theirs = with_links(post, "https://example.org/a", shown)
    assert find(doubt, [theirs], {}) is None
    assert not tells_absence(doubt, [theirs], {}, looked_at=CALLED_AT + SETTLE_WINDOW, offset=ON_TIME)


def test_a_link_that_x_writes_otherwise_is_still_our_own(post: Post) -> None:
    doubt, theirs = with_links(post, "example.org", "http://example.org/")
    assert find(doubt, [theirs], {}) == theirs


def test_a_post_of_nothing_but_a_link_is_neither_taken_for_another_one_nor_kept_in_doubt_by_it(post: Post) -> None:
    doubt, theirs = with_links(post, "", "")
    doubt = replace(
        doubt, message=replace(doubt.message, draft=replace(doubt.message.draft, text="https://example.org/a"))
    )
    theirs = replace(theirs, text="https://example.org/b")
    assert find(doubt, [theirs], {}) is None
    assert tells_absence(doubt, [theirs], {}, looked_at=CALLED_AT + SETTLE_WINDOW, offset=ON_TIME)
    own = replace(theirs, text="http://example.org/a")
    assert find(doubt, [theirs, own], {}) == own


def test_a_wrong_clock_makes_every_reading_worthless(post: Post) -> None:
    looked_at = CALLED_AT + SETTLE_WINDOW
    assert not tells_absence(a_doubt(post), [], {}, looked_at=looked_at, offset=HOUR)
    assert not tells_absence(a_doubt(post), [], {}, looked_at=looked_at, offset=-HOUR)
    assert not tells_absence(a_doubt(post), [], {}, looked_at=CALLED_AT - HOUR, offset=ON_TIME)
    assert tells_absence(a_doubt(post), [], {}, looked_at=looked_at, offset=CLOCK_SKEW)
