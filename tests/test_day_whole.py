"""A day of forty contributions from the file to X, through the real Tweepy and the strict fake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.contribution import Moderation
from bot.core.moderating import submitted
from bot.errors import FindingsError, PlanError
from bot.lifecycle import state_of
from bot.model import PostState, SeriesKind
from bot.publishers.x import XPublisher
from tests.campaigns import Stage
from tests.days import ANN, DAY, FORTY, GOOD, LONG, a_day, approve_clean, codes_with
from tests.fake_x import FakeX, FakeXServer
from tests.fake_x.fixtures import CREDENTIALS, HANDLE

LATE = {"text": "A late one: the sun came out.", "name": "Zoe", "time": "", "alt_text": "", "consent": "yes"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = a_day(tmp_path, handle=f'handle = "@{HANDLE}"')
    yield made
    made.storage.close()


def on_x(stage: Stage, server: FakeXServer) -> Stage:
    publisher = XPublisher(CREDENTIALS, api_base=server.base, handle=HANDLE, clock=stage.clock)
    return Stage(bot=stage.bot, clock=stage.clock, network=stage.network, publisher=publisher)


@pytest.fixture
def server(stage: Stage) -> Iterator[FakeXServer]:
    fake = FakeX(now=stage.clock.now, handle=HANDLE, credentials=CREDENTIALS, prefix="/gateway")
    with FakeXServer(fake) as running:
        yield running


def test_forty_come_in_three_unsafe_ones_are_stopped_and_the_rest_of_the_day_arrives(
    stage: Stage, server: FakeXServer
) -> None:
    approved = approve_clean(stage)
    assert len(approved) == len(GOOD)
    day = on_x(stage, server).plan_and_sign().start()
    day.run_to_the_end()
    assert server.fake.refusals == []
    texts = server.fake.texts()
    assert len(texts) == len(GOOD) + 2
    sent = texts[1:-1]
    assert all(any(row[2] in text for text in sent) for row in GOOD)
    assert not any(word in "".join(texts) for word in ("Jonah", "943", "14-year-old", "Marlbrook"))
    assert f"{len(GOOD)} stories" in texts[-1]
    assert {state_of(post) for post in day.bot.posts()} == {PostState.POSTED}


def test_the_words_stand_byte_for_byte_in_their_posts(stage: Stage) -> None:
    approve_clean(stage)
    stage.bot.plan()
    texts = {one.code: one.text for one in stage.bot.contributions.all()}
    posts = [post for post in stage.bot.posts() if post.kind is SeriesKind.CONTRIBUTIONS]
    assert len(posts) == len(GOOD)
    for post in posts:
        assert texts[post.code].encode() in post.messages[0].draft.text.encode()


def test_fixed_times_are_kept_and_the_rest_is_even_and_spaced(stage: Stage) -> None:
    approve_clean(stage)
    stage.bot.plan()
    posts = {post.code: post for post in stage.bot.posts()}
    assert [f"{posts[code].slot.local:%H:%M}" for code in ("c01", "c02", "c28")] == ["08:30", "12:00", "17:30"]
    instants = sorted(post.slot.due_at for post in posts.values())
    gaps = [later - earlier for earlier, later in pairwise(instants[1:-1])]
    assert min(gaps) >= timedelta(minutes=10)
    assert max(gaps) <= timedelta(minutes=40)


def test_planning_again_gives_every_post_the_same_time_and_the_same_code(stage: Stage) -> None:
    approve_clean(stage)
    first = stage.bot.plan()
    assert stage.bot.plan().plan_code == first.plan_code


def test_an_unsafe_one_is_refused_even_with_everything_else_in_order(stage: Stage) -> None:
    judged = stage.bot.contributions.one("c31")
    with pytest.raises(FindingsError, match="14-year-old"):
        stage.bot.contributions.approve([judged], by=ANN)
    assert stage.bot.contributions.one("c31").contribution.state is Moderation.WAITING


def test_a_named_person_with_a_reason_can_let_a_finding_be_and_the_plan_knows(stage: Stage) -> None:
    facet = stage.bot.contributions
    facet.edit("c31", {"text": "My case for more coffee, argued well this morning."}, by=ANN)
    assert "SUPPORTED" in {finding.rule for finding in facet.one("c31").blocks}
    facet.approve([facet.one("c31")], by=ANN, despite="it is about coffee")
    stage.bot.plan()
    found = [one for one in stage.bot.findings() if one.post_code == "c31" and one.rule in {"CASE", "SUPPORTED"}]
    assert found
    assert {one.accepted for one in found} == {f"waived by {ANN}: it is about coffee"}
    facet.edit("c31", {"text": "My case this morning was hard."}, by=ANN)
    assert facet.one("c31").contribution.despite == ""
    assert facet.one("c31").blocks


def test_what_nobody_may_waive_cannot_be_waived_here_either(stage: Stage) -> None:
    facet = stage.bot.contributions
    [empty] = codes_with(stage, "EMPTY")
    with pytest.raises(FindingsError, match="empty"):
        facet.approve([facet.one(empty)], by=ANN, despite="because")
    [unwilling] = codes_with(stage, "CONSENT")
    with pytest.raises(FindingsError, match="not agreed"):
        facet.approve([facet.one(unwilling)], by=ANN, despite="because")


def test_a_long_one_says_by_how_much_and_goes_out_as_a_thread(stage: Stage, server: FakeXServer) -> None:
    facet = stage.bot.contributions
    [code] = codes_with(stage, "LEN")
    said = facet.one(code).findings[0]
    assert " over: " in said.message
    assert f"contributions thread {code}" in said.remedy
    edited = facet.make_thread(code, thread=True, by=ANN)
    assert len(edited.judged.messages) == 2
    facet.approve([edited.judged], by=ANN)
    day = on_x(stage, server).plan_and_sign().start()
    day.run_to_the_end()
    first, second = [text for text in server.fake.texts() if text.split("\n")[0] in LONG and text.split("\n")[0]]
    assert " ".join([first, second.split("\n")[0]]) == LONG
    assert "#OurDayInSocialWork" not in first
    assert "#OurDayInSocialWork" in second


def test_a_late_one_takes_the_next_free_slot_and_moves_nothing_that_is_signed(
    stage: Stage, server: FakeXServer
) -> None:
    approve_clean(stage)
    day = on_x(stage, server).plan_and_sign().start()
    runner = day.runner()
    day.run_until(DAY.replace(hour=10, minute=3), runner)
    before = {post.code: (post.slot, post.approval) for post in day.bot.posts() if post.code != "closing"}
    facet = day.bot.contributions
    facet.take_in((submitted(LATE, photo=None),), source="by hand")
    facet.approve([facet.one("c41")], by=ANN)
    sent = facet.send_out(["c41"], by=ANN)
    late, closing = sent.posts
    assert (late.code, closing.code) == ("c41", "closing")
    assert DAY.replace(hour=10, minute=3) < late.slot.due_at < DAY.replace(hour=11)
    assert {post.code: (post.slot, post.approval) for post in day.bot.posts() if post.code in before} == before
    day.run_to_the_end(runner)
    assert server.fake.refusals == []
    assert any(LATE["text"] in text for text in server.fake.texts())
    assert f"{len(GOOD) + 1} stories" in server.fake.texts()[-1]


def test_more_than_the_day_can_hold_says_how_many_fit(tmp_path: Path) -> None:
    day = a_day(tmp_path, FORTY[2:12], window='window = "08:30-09:30"')
    approve_clean(day)
    with pytest.raises(PlanError, match=r"10 contributions have no time yet, but .* has room for 7 more, 10m apart"):
        day.bot.plan()
    day.storage.close()


def test_a_late_one_when_nothing_is_free_says_so_and_nothing_has_changed(tmp_path: Path) -> None:
    day = a_day(tmp_path, FORTY[2:9], window='window = "08:30-09:30"')
    approve_clean(day)
    day.plan_and_sign().start()
    day.clock.advance_to(DAY.replace(hour=8, minute=35))
    code = day.bot.record.planned().plan_code
    facet = day.bot.contributions
    facet.take_in((submitted(LATE, photo=None),), source="by hand")
    facet.approve([facet.one("c08")], by=ANN)
    with pytest.raises(PlanError, match=r"1 contribution has no time yet, but what is left of .* has room for 0 more"):
        facet.send_out(["c08"], by=ANN)
    assert day.bot.record.planned().plan_code == code
    day.storage.close()


def test_a_skipped_one_makes_the_count_of_the_closing_wrong_until_the_next_plan(stage: Stage) -> None:
    approve_clean(stage)
    stage.plan_and_sign()
    assert "DAY-COUNT" not in {one.rule for one in stage.bot.findings()}
    stage.bot.skip("c05")
    assert "DAY-COUNT" in {one.rule for one in stage.bot.findings()}
    result = stage.bot.plan()
    assert [void.code for void in result.voided] == ["closing"]
    assert f"{len(GOOD) - 1} stories" in stage.posts["closing"].messages[0].draft.text
    assert "DAY-COUNT" not in {one.rule for one in stage.bot.findings()}


def test_an_edit_ends_the_approval_and_takes_the_post_out_of_the_next_plan(stage: Stage) -> None:
    approve_clean(stage)
    stage.plan_and_sign()
    before = stage.bot.record.planned().plan_code
    edited = stage.bot.contributions.edit("c05", {"text": "I drive a lot."}, by=ANN)
    assert edited.voided
    assert "c05" not in stage.posts
    assert stage.bot.record.planned().plan_code != before
    stage.bot.contributions.approve([edited.judged], by=ANN)
    stage.bot.plan()
    assert "I drive a lot." in stage.posts["c05"].messages[0].draft.text
    assert stage.posts["c05"].approval is None


def test_what_was_signed_does_not_go_out_once_a_moderator_has_taken_it_back(stage: Stage, server: FakeXServer) -> None:
    approve_clean(stage)
    day = on_x(stage, server).plan_and_sign().start()
    runner = day.runner()
    day.run_until(DAY.replace(hour=9), runner)
    day.bot.contributions.turn_down("c28", note="asked us to", by=ANN)
    day.bot.contributions.edit("c27", {"text": "Changed."}, by=ANN)
    day.run_to_the_end(runner)
    out = "".join(server.fake.texts())
    assert GOOD[27][2] not in out
    assert GOOD[26][2] not in out
    assert GOOD[25][2] in out


def test_what_is_out_is_history_when_its_contribution_is_turned_down(stage: Stage, server: FakeXServer) -> None:
    approve_clean(stage)
    day = on_x(stage, server).plan_and_sign().start()
    day.run_until(DAY.replace(hour=9))
    day.bot.contributions.turn_down("c01", note="too late", by=ANN)
    assert state_of(day.posts["c01"]) is PostState.POSTED
    day.bot.plan()
    assert state_of(day.posts["c01"]) is PostState.POSTED


def test_what_is_not_approved_never_enters_a_plan(stage: Stage) -> None:
    with pytest.raises(PlanError, match="No contribution is approved yet"):
        stage.bot.plan()
    approved = approve_clean(stage)
    stage.bot.plan()
    assert {post.code for post in stage.bot.posts()} == {*approved, "opening", "closing"}


def test_who_decided_what_stands_in_the_log_and_words_stand_in_notes_only(stage: Stage) -> None:
    facet = stage.bot.contributions
    facet.edit("c05", {"text": "I drive a lot."}, by="Bo Moderator")
    facet.approve([facet.one("c05")], by="Bo Moderator")
    facet.turn_down("c29", note="names a street", by="Bo Moderator")
    lines = [entry for entry in stage.bot.log() if entry.actor == "Bo Moderator"]
    assert [(line.action, line.post_code) for line in lines] == [
        ("contribution edited", "c05"),
        ("contribution approved", "c05"),
        ("contribution turned down", "c29"),
    ]
    assert "I drive a lot." in lines[0].note
    assert not any("drive" in line.detail for line in lines)


def test_two_moderators_cannot_approve_what_the_other_has_changed(stage: Stage) -> None:
    from bot.errors import PersonNeededError

    facet = stage.bot.contributions
    seen = facet.one("c05")
    facet.edit("c05", {"text": "Something else."}, by="Bo Moderator")
    with pytest.raises(PersonNeededError, match="since you read it"):
        facet.approve([seen], by=ANN)
    assert facet.one("c05").contribution.state is Moderation.WAITING


def test_a_rehearsal_of_the_day_posts_everything_once(stage: Stage, tmp_path: Path) -> None:
    from bot.bootstrap import throw_away_copy

    approve_clean(stage)
    stage.bot.plan()
    with throw_away_copy(stage.storage) as copy:
        rehearsal = replace(stage.bot).rehearse(copy)
    assert {state_of(post) for post in rehearsal.posts} == {PostState.POSTED}
    assert len(rehearsal.posts) == len(GOOD) + 2
