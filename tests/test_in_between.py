"""Two people, or a person and a program, at the same moment: nothing unsigned, unwanted or withdrawn slips in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Outcome, Outgoing, Refusal, Verdict
from bot.clock import Clock
from bot.consent import Consent
from bot.core import loading, signing
from bot.core.desk import Desk
from bot.core.fixing import Wish
from bot.core.moderating import submitted
from bot.errors import FindingsError, NotApprovedError, PersonNeededError, PlanError, UsageError
from bot.lifecycle import SETTLE_WINDOW, state_of
from bot.model import Approval, Post, PostState, SeriesKind
from bot.plan import Assignment
from bot.publishers.dry_run import DryRunPublisher
from bot.pulling import VOID
from bot.ranking import read_list
from bot.ranking.fixes import FixField
from bot.storage import schema
from tests.campaigns import Stage, a_stage, lost_answer, lost_request
from tests.days import ANN, GOOD, a_day, approve_clean

FIRST = "w20"
MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    made = a_stage(tmp_path, database_url).plan_and_sign()
    yield made
    made.storage.close()


def change_template(folder: Path, name: str = "worker.txt.j2") -> None:
    path = folder / "templates" / name
    tags = '{{ campaign.hashtags|join(" ") }}'
    path.write_text(path.read_text("utf-8").replace(tags, f"Well done! {tags}"), "utf-8")


def meanwhile(does: Callable[[], object]) -> Callable[[Iterable[Assignment], int], Iterable[Assignment]]:
    """For ``plan``: somebody does this after the planner has looked, and before it writes."""

    def progress(assignments: Iterable[Assignment], _number: int) -> Iterable[Assignment]:
        does()
        return assignments

    return progress


@dataclass(kw_only=True)
class Interrupted:
    """A clock in whose first reading something happens: for ``Desk``s that read it between looking and writing."""

    inner: Clock
    does: Callable[[], object]
    done: bool = False

    def now(self) -> datetime:
        if not self.done:
            self.done = True
            self.does()
        return self.inner.now()

    def monotonic(self) -> float:
        return self.inner.monotonic()

    def sleep(self, seconds: float) -> None:
        self.inner.sleep(seconds)


def interrupted(stage: Stage, does: Callable[[], object]) -> Desk:
    return replace(stage.bot.record, clock=Interrupted(inner=stage.clock, does=does))


def test_a_post_that_is_skipped_while_the_week_is_planned_stays_skipped(stage: Stage, tmp_path: Path) -> None:
    change_template(tmp_path)
    with pytest.raises(PlanError, match="while the plan was made"):
        stage.bot.plan(progress=meanwhile(lambda: stage.bot.skip(FIRST)))
    assert state_of(stage.posts[FIRST]) is PostState.SKIPPED


def test_somebody_who_withdraws_while_the_week_is_planned_stays_pulled(stage: Stage, tmp_path: Path) -> None:
    change_template(tmp_path)
    someone = stage.bot.people.find("20")
    with pytest.raises(PlanError, match="while the plan was made"):
        stage.bot.plan(progress=meanwhile(lambda: stage.bot.people.withdraw(someone, reason="wrote to us")))
    assert state_of(stage.posts[FIRST]) is PostState.SKIPPED
    assert stage.posts[FIRST].digest.startswith(VOID)


def test_a_plan_that_was_made_of_an_older_one_is_not_written(stage: Stage) -> None:
    """Its code would stand for a week that nobody has planned."""
    slot = stage.bot.next_slot(FIRST)
    with pytest.raises(PlanError, match="while the plan was made"):
        stage.bot.plan(progress=meanwhile(lambda: stage.bot.move(FIRST, slot)))
    assert stage.posts[FIRST].slot == slot


def unsigned(folder: Path, url: str) -> Stage:
    made = a_stage(folder, url)
    made.bot.plan()
    return made


@pytest.fixture
def draft(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    made = unsigned(tmp_path, database_url)
    yield made
    made.storage.close()


def test_a_sign_off_does_not_undo_a_skip_of_the_same_moment(draft: Stage) -> None:
    desk, code = interrupted(draft, lambda: draft.bot.skip(FIRST)), draft.bot.record.planned().plan_code
    with pytest.raises(NotApprovedError, match="while you signed"):
        signing.approve(desk, codes=None, plan_code=code, by="Ann Example")
    assert state_of(draft.posts[FIRST]) is PostState.SKIPPED
    assert {state_of(post) for post in draft.bot.posts()} == {PostState.SKIPPED, PostState.DRAFT}


def take_consent_back(stage: Stage) -> None:
    wish = Wish(who="20", field=FixField.CONSENT, consent=Consent(name=False, by_hand=True))
    stage.bot.fixing.carry_out(stage.bot.fixing.propose(wish))


def test_consent_that_ends_while_somebody_signs_leaves_no_sign_off(draft: Stage) -> None:
    class LastMoment(Interrupted):
        """The checks have run; now the sign-off is written."""

        readings = 0

        def now(self) -> datetime:
            self.readings += 1
            return super().now() if self.readings > 1 else self.inner.now()

    clock = LastMoment(inner=draft.clock, does=lambda: take_consent_back(draft))
    desk, code = replace(draft.bot.record, clock=clock), draft.bot.record.planned().plan_code
    signing.approve(desk, codes=None, plan_code=code, by="Ann Example")
    assert clock.done
    assert state_of(draft.posts[FIRST]) is PostState.DRAFT


def without_consent_of_the_last(folder: Path) -> Path:
    path = folder / "top20.csv"
    line = next(row for row in path.read_text("utf-8").splitlines() if row.startswith("20,"))
    path.write_text(path.read_text("utf-8").replace(line, line.replace(",name,2026", ",no,2026")), "utf-8")
    return path


def test_a_list_and_the_sign_offs_that_it_ends_are_written_at_once(stage: Stage, tmp_path: Path) -> None:
    """The program may end after any commit; a runner may be at work."""
    loading.load(stage.bot.record, read_list(without_consent_of_the_last(tmp_path)), answers={})
    assert state_of(stage.posts[FIRST]) is PostState.DRAFT
    assert [entry.action for entry in stage.bot.log()][-2:] == ["load", "sign-off ended"]


def sends(network: DryRunPublisher, outgoing: Outgoing) -> Outcome:
    return network.publish(outgoing)


def refused(_network: DryRunPublisher, _outgoing: Outgoing) -> Outcome:
    return Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, status=400, reason="X said no.")


def agree_until(stage: Stage, who: str, day: datetime) -> None:
    known = next(worker for worker in stage.bot.ranking().workers if str(worker.rank) == who).consent
    assert known is not None
    wish = Wish(who=who, field=FixField.CONSENT, consent=replace(known, until=day.date(), by_hand=True))
    stage.bot.fixing.carry_out(stage.bot.fixing.propose(wish))


def test_nothing_is_moved_past_the_end_of_somebodys_consent(stage: Stage) -> None:
    agree_until(stage, "20", MONDAY_9)
    before = stage.posts[FIRST]
    late = stage.bot.next_slot(FIRST)
    while late.local.date() <= MONDAY_9.date():
        late = replace(late, local=late.local + timedelta(days=1), due_at=late.due_at + timedelta(days=1, minutes=7))
    with pytest.raises(FindingsError, match="has agreed until 8 March 2027"):
        stage.bot.move(FIRST, late)
    assert stage.posts[FIRST] == before


def test_nothing_is_tried_again_after_the_end_of_somebodys_consent(stage: Stage) -> None:
    agree_until(stage, "20", MONDAY_9)
    stage.start()
    stage.clock.advance_to(MONDAY_9 + timedelta(days=2))
    stage.runner().tick()
    assert state_of(stage.posts[FIRST]) is PostState.MISSED
    with pytest.raises(FindingsError, match="has agreed until 8 March 2027"):
        stage.bot.retry(FIRST)
    assert state_of(stage.posts[FIRST]) is PostState.MISSED


def test_what_is_not_there_is_not_sent_after_the_end_of_somebodys_consent(stage: Stage) -> None:
    agree_until(stage, "20", MONDAY_9)
    stage.start()
    stage.network.faults.append(lost_request)
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    assert state_of(stage.posts[FIRST]) is PostState.HELD
    stage.clock.advance_to(MONDAY_9 + timedelta(days=2))
    with pytest.raises(FindingsError, match="has agreed until 8 March 2027"):
        stage.bot.mending.settle_not_there(FIRST)


def test_the_rest_of_a_thread_does_not_go_on_to_name_somebody_who_takes_consent_back(stage: Stage) -> None:
    stage.start()
    sent = 0
    for post in stage.bot.posts():
        if post.code == "winner":
            break
        sent += len(post.messages)
    stage.network.faults.extend([sends] * (sent + 1) + [refused])
    stage.run_to_the_end()
    assert state_of(stage.posts["winner"]) is PostState.PARTIAL
    wish = Wish(who="1", field=FixField.CONSENT, consent=Consent(name=False, by_hand=True))
    stage.bot.fixing.carry_out(stage.bot.fixing.propose(wish))
    with pytest.raises(FindingsError, match="has not agreed to be named"):
        stage.bot.retry("winner")


def test_a_pulled_post_cannot_be_signed_off_or_sent_as_it_was(stage: Stage) -> None:
    """Its texts still name who has withdrawn, until it is made again."""
    stage.start()
    with stage.storage.database.write() as connection:
        values = {"digest": f"{VOID}abc", "standing": "draft", "approved_digest": ""}
        connection.execute(sa.update(schema.posts).where(schema.posts.c.code == FIRST).values(**values))
    post, record = stage.posts[FIRST], stage.bot.record.planned()
    approval = Approval(by="Ann", at=stage.clock.now(), digest=post.digest, plan_code=record.plan_code)
    entry = stage.bot.record.entry("approve")
    assert not stage.storage.plans.approve(
        record.campaign_id, {post.post_id: approval}, seen=record.plan_code, entry=entry
    )
    with stage.storage.database.write() as connection:  # as an older version could have left it
        signed = {"standing": "approved", "approved_by": "Ann", "approved_at": stage.clock.now()}
        signed |= {"approved_digest": post.digest, "approved_plan_code": record.plan_code}
        connection.execute(sa.update(schema.posts).where(schema.posts.c.code == FIRST).values(**signed))
    stage.run_until(MONDAY_9 + timedelta(minutes=5))
    assert stage.network.calls == []


def test_not_there_is_not_believed_while_x_may_only_be_late(stage: Stage) -> None:
    stage.start()
    stage.network.faults.append(lost_answer)
    stage.network.blind = True
    stage.run_until(MONDAY_9 + timedelta(seconds=20))
    assert state_of(stage.posts[FIRST]) is PostState.UNKNOWN
    with pytest.raises(PersonNeededError, match="before 09:02"):
        stage.bot.mending.settle_not_there(FIRST)
    assert state_of(stage.posts[FIRST]) is PostState.UNKNOWN


def test_x_may_be_late_for_as_long_as_ever_after_a_call_that_took_its_time(stage: Stage) -> None:
    def slow(_network: object, _outgoing: object) -> Outcome:
        stage.clock.advance(timedelta(seconds=20))
        return Outcome(verdict=Verdict.UNKNOWN, reason="The connection broke.")

    stage.start()
    stage.network.faults.append(slow)
    stage.run_until(MONDAY_9 + SETTLE_WINDOW + timedelta(seconds=10))
    with pytest.raises(PersonNeededError, match="X may still show it"):
        stage.bot.mending.settle_not_there(FIRST)


def test_the_second_look_goes_back_to_the_first_call(stage: Stage) -> None:
    """A call on Monday and another on Wednesday: what Monday's made may show by now."""
    stage.start()
    stage.network.faults.append(lost_answer)
    stage.network.blind = True
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    assert state_of(stage.posts[FIRST]) is PostState.HELD
    stage.clock.advance_to(MONDAY_9 + timedelta(days=2))
    stage.bot.mending.settle_not_there(FIRST)
    stage.network.faults[:] = [lost_request]
    stage.run_until(MONDAY_9 + timedelta(days=2, minutes=10))
    assert state_of(stage.posts[FIRST]) is PostState.HELD
    stage.network.blind = False
    with pytest.raises(PersonNeededError, match="the very words"):
        stage.bot.mending.look_once_more(FIRST, stage.network)


def test_a_moderator_does_not_sign_a_closing_off_whose_words_have_changed(tmp_path: Path) -> None:
    day = a_day(tmp_path)
    approve_clean(day)
    day.plan_and_sign()
    change_template(tmp_path, "closing.txt.j2")
    late = {"text": "We planted a tree with the whole ward this morning, and everybody helped.", "name": "Bea Late"}
    day.bot.contributions.take_in((submitted(late | {"consent": "yes"}, photo=None),), source="by hand")
    facet = day.bot.contributions
    new = next(one for one in facet.judged() if one.contribution.name == "Bea Late")
    facet.approve([new], by=ANN)
    sent = facet.send_out([new.contribution.code], by=ANN)
    assert [post.code for post in sent.posts] == [new.contribution.code]
    assert state_of(day.posts["closing"]) is PostState.DRAFT
    assert f"{len(GOOD) + 1} stories" in day.posts["closing"].messages[0].draft.text


def test_nothing_is_handed_in_to_a_campaign_that_was_forgotten(tmp_path: Path) -> None:
    """Nobody knows any more what it has posted by whose name: it would all be posted once more."""
    day = a_day(tmp_path)
    approve_clean(day)
    day.plan_and_sign().start()
    day.run_to_the_end()
    day.storage.erasing.erase_campaign(day.bot.record.record().campaign_id, entry=day.bot.record.entry("forget"))
    late = {"text": "We planted a tree with the whole ward this morning.", "name": "Bea Late", "consent": "yes"}
    with pytest.raises(UsageError, match="were erased"):
        day.bot.contributions.take_in((submitted(late, photo=None),), source="by hand")


def test_what_is_on_its_way_when_a_campaign_is_forgotten_is_never_sent_again(stage: Stage) -> None:
    """Its text is gone: a call that surely did not arrive must not be repeated with nothing in it."""
    stage.start()
    campaign_id, entry = stage.bot.record.record().campaign_id, stage.bot.record.entry("forget")

    def forgets(_network: DryRunPublisher, _outgoing: Outgoing) -> Outcome:
        stage.storage.erasing.erase_campaign(campaign_id, entry=entry)
        return Outcome(verdict=Verdict.NOT_SENT, reason="No connection.")

    stage.network.faults.append(forgets)
    stage.run_until(MONDAY_9 + timedelta(hours=2))
    assert len(stage.network.calls) == 1


def a_day_under_way(folder: Path) -> Stage:
    day = a_day(folder)
    approve_clean(day)
    return day.plan_and_sign().start()


def first_contribution(day: Stage) -> Post:
    return next(post for post in day.bot.posts() if post.kind is SeriesKind.CONTRIBUTIONS)


def test_what_is_turned_down_during_its_call_is_not_tried_again(tmp_path: Path) -> None:
    day = a_day_under_way(tmp_path)
    post = first_contribution(day)

    def turned_down(_network: DryRunPublisher, _outgoing: Outgoing) -> Outcome:
        day.bot.contributions.turn_down(post.code, note="Names a child", by=ANN)
        return Outcome(verdict=Verdict.NOT_SENT, reason="No connection.")

    before = [one for one in day.bot.posts() if one.slot.due_at < post.slot.due_at]
    day.network.faults.extend([*[sends] * len(before), turned_down])
    day.run_until(post.slot.due_at + timedelta(minutes=20))
    assert post.messages[0].draft.text not in day.network.texts()
    others = [one for one in day.bot.posts() if post.slot.due_at < one.slot.due_at <= day.clock.now()]
    assert others
    assert {state_of(one) for one in others} == {PostState.POSTED}


def test_what_is_turned_down_while_nobody_knows_whether_it_is_out_is_not_sent_again(tmp_path: Path) -> None:
    day = a_day_under_way(tmp_path)
    post = first_contribution(day)
    before = [one for one in day.bot.posts() if one.slot.due_at < post.slot.due_at]
    day.network.faults.extend([*[sends] * len(before), lost_request])
    day.run_until(post.slot.due_at + timedelta(minutes=8))
    assert state_of(day.posts[post.code]) is PostState.HELD
    day.bot.contributions.turn_down(post.code, note="Names a child", by=ANN)
    with pytest.raises(UsageError, match="not signed off"):
        day.bot.mending.settle_not_there(post.code)
    day.run_to_the_end()
    assert post.messages[0].draft.text not in day.network.texts()


def test_the_week_can_be_planned_when_somebody_has_withdrawn_whom_a_begun_thread_names(stage: Stage) -> None:
    stage.start()
    ahead = sum(len(post.messages) for post in stage.bot.posts() if post.code != "winner")
    stage.network.faults.extend([*[sends] * (ahead + 1), refused])
    stage.run_to_the_end()
    assert state_of(stage.posts["winner"]) is PostState.PARTIAL
    stage.bot.people.withdraw(stage.bot.people.find("1"), reason="wrote to us")
    pulled = stage.posts["winner"]
    assert pulled.digest.startswith(VOID)
    stage.bot.plan()
    assert stage.posts["winner"] == pulled
