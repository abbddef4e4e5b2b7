"""Our own post among others, through the real gateway and X's rendering of links: adopted, or held, never mistaken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.model import PostState
from tests.campaigns import FaultyNetwork
from tests.fake_x.faults import lost_answer, lost_request
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.in_process import in_process_publisher
from tests.fake_x.state import FakeX
from tests.small import Small, a_small_campaign
from tests.torture.world import MONDAY, Sketch

TEXT = "Thank you, all 20 of you! example.org/list?a=1&b=2 & more on Example.org"
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """One post with two links, due now."""
    made = a_small_campaign(tmp_path, Sketch(code="a1", account="acorn", due_at=MONDAY, texts=(TEXT,)))
    yield made
    made.storage.close()


@pytest.fixture
def fake(small: Small) -> FakeX:
    """X on the campaign's clock; a colleague has written something before."""
    made = FakeX(now=small.clock.now, handle="acorn", credentials=CREDENTIALS)
    small.networks["acorn"] = cast("FaultyNetwork", in_process_publisher(made, small.clock))
    made.put("Good morning from the office https://example.org/office")
    return made


def run(small: Small) -> None:
    small.run_until(MONDAY + HALF_AN_HOUR, small.runner())


def ids(small: Small) -> list[str]:
    return [message.receipt.network_id for message in small.posts["a1"].messages if message.receipt]


@pytest.mark.parametrize(
    "text", [TEXT, "https://example.org/a", "日本語のexample.comと https://example.org/?x=%20&y=é"]
)
def test_an_answer_that_got_lost_is_settled_by_what_x_shows(tmp_path: Path, text: str) -> None:
    made = a_small_campaign(tmp_path, Sketch(code="a1", account="acorn", due_at=MONDAY, texts=(text,)))
    fake = FakeX(now=made.clock.now, handle="acorn", credentials=CREDENTIALS)
    made.networks["acorn"] = cast("FaultyNetwork", in_process_publisher(fake, made.clock))
    fake.faults.append(lost_answer())
    run(made)
    assert (made.state("a1"), ids(made)) == (PostState.POSTED, list(fake.posts))
    made.storage.close()


@pytest.mark.parametrize(
    "theirs",
    [
        f"{TEXT} https://example.net/shop",
        TEXT.replace("a=1", "a=2"),
        TEXT.replace("Example.org", "example.net"),
        TEXT.replace(" example.org/list?a=1&b=2", ""),
    ],
)
def test_a_colleague_s_post_with_our_words_and_other_links_is_not_ours(small: Small, fake: FakeX, theirs: str) -> None:
    fake.faults.append(lost_request())
    small.clock.advance(timedelta(milliseconds=1))
    fake.put(theirs)
    run(small)
    assert (small.state("a1"), ids(small)) == (PostState.HELD, [])


def test_links_that_x_does_not_explain_leave_it_to_a_person(small: Small, fake: FakeX) -> None:
    fake.explains_links = False
    fake.faults.append(lost_answer())
    run(small)
    assert (small.state("a1"), ids(small)) == (PostState.HELD, [])
    assert "reading the account did not settle it" in small.posts["a1"].messages[0].reason


def test_two_posts_that_differ_only_in_their_link_are_told_apart(tmp_path: Path) -> None:
    texts = ("The list: https://example.org/a", "The list: https://example.org/b")
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=texts[:1]),
        Sketch(code="a2", account="acorn", due_at=MONDAY + timedelta(minutes=1), texts=texts[1:]),
    )
    fake = FakeX(now=made.clock.now, handle="acorn", credentials=CREDENTIALS)
    made.networks["acorn"] = cast("FaultyNetwork", in_process_publisher(fake, made.clock))
    fake.faults += [lost_request(), lost_answer()]
    run(made)
    by_text = {post.text: network_id for network_id, post in fake.posts.items()}
    assert made.state("a1") is PostState.HELD
    assert made.state("a2") is PostState.POSTED
    receipt = made.posts["a2"].messages[0].receipt
    assert receipt is not None
    assert receipt.network_id == by_text[texts[1]]
    made.storage.close()
