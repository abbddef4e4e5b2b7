"""What a planner, a withdrawal or a sign-off writes about posts that others have begun or changed meanwhile: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import PlanError
from bot.model import Approval, Draft, MessageState, Standing
from bot.storage import schema
from bot.storage.plans import PlanUpdate, Revision
from tests.small import Small, a_small_campaign
from tests.torture.world import MONDAY, Sketch

BEGUN = [("sending", True), ("unknown", True), ("held", True), ("failed", True), ("posted", False), ("deleted", False)]


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> Iterator[Small]:
    """One signed post, due now, and one that waits for its sign-off."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="a2", account="acorn", due_at=MONDAY + timedelta(hours=1), texts=("Acorn two",), signed=False),
        url=database_url,
    )
    yield made
    made.storage.close()


def is_now(small: Small, state: str, *, in_doubt: bool) -> None:
    """A runner has got so far with it."""
    message_id = small.posts["a1"].messages[0].message_id
    here = schema.messages.c.message_id == message_id
    with small.storage.database.write() as connection:
        connection.execute(sa.update(schema.messages).where(here).values(state=state, in_doubt=in_doubt))


def other_words(small: Small) -> Revision:
    post = small.posts["a1"]
    return Revision(
        post_id=post.post_id, code=post.code, slot=post.slot, digest="of other words", standing=Standing.DRAFT,
        approved=False, wording=0, messages=(Draft(text="Other words"),),
    )  # fmt: skip


@pytest.mark.parametrize(("state", "in_doubt"), BEGUN)
def test_a_post_that_is_out_or_may_be_gets_no_other_words(small: Small, state: str, in_doubt: bool) -> None:
    is_now(small, state, in_doubt=in_doubt)
    before, revision = small.posts["a1"], other_words(small)
    remade = small.storage.plans.remake(small.campaign_id(), [(before.digest, revision)], media={}, entries=[])
    assert (remade, small.posts["a1"]) == ((), before)
    update = PlanUpdate(revised=(revision,), media={}, settings="{}", config_digest="", plan_code="NEW", lines=())
    with pytest.raises(PlanError, match="a1 began to be sent while the plan was made"):
        small.storage.plans.apply(small.campaign_id(), update, now=small.clock.now())
    assert small.posts["a1"] == before


@pytest.mark.parametrize("state", ["pending", "failed", "held"])
def test_a_post_that_surely_is_not_out_gets_other_words_and_needs_another_sign_off(small: Small, state: str) -> None:
    is_now(small, state, in_doubt=False)
    seen, revision = small.posts["a1"].digest, other_words(small)
    assert small.storage.plans.remake(small.campaign_id(), [(seen, revision)], media={}, entries=[]) == ("a1",)
    (message,) = small.posts["a1"].messages
    assert (message.draft.text, message.state) == ("Other words", MessageState.PENDING)
    assert small.posts["a1"].approval is None


@pytest.mark.parametrize(("seen", "signed"), [("the plan of now", True), ("an older one", False)])
def test_a_sign_off_is_for_the_plan_that_was_seen_and_no_other(small: Small, seen: str, signed: bool) -> None:
    """A plan of other times with the same words has another code."""
    campaign, post = small.campaign_id(), small.posts["a2"]
    small.storage.plans.remember(campaign, "the plan of now", (), now=small.clock.now())
    approval = Approval(by="Ann Example", at=small.clock.now(), digest=post.digest, plan_code=seen)
    done = small.storage.plans.approve(campaign, {post.post_id: approval}, seen=seen, entry=small.entry("approve"))
    assert (done, small.posts["a2"].standing) == (signed, Standing.APPROVED if signed else Standing.DRAFT)
