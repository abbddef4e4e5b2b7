"""Somebody withdraws: nothing that names them goes out any more, whatever a runner is doing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.core import withdrawing
from bot.errors import FindingsError, NotApprovedError, PersonNeededError, PlanError, UsageError
from bot.lifecycle import state_of
from bot.model import MessageState, PostState, Worker
from bot.plan import Assignment
from bot.ranking import read_list
from bot.wishes import PlaceWords, StopEntry
from tests.campaigns import Stage, a_stage, lost_answer

THIRD, SEVENTH = "3", "7"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return a_stage(tmp_path).plan_and_sign()


def person(stage: Stage, rank: str) -> Worker:
    return stage.bot.people.find(rank)


def withdraw(stage: Stage, rank: str, **options: bool) -> Worker:
    found = person(stage, rank)
    stage.bot.people.withdraw(found, reason="She wrote to us", **options)
    return found


def pending_texts(stage: Stage) -> list[str]:
    """What could still be sent, of posts that nobody has decided against."""
    return [
        message.draft.text
        for post in stage.posts.values()
        if state_of(post) is not PostState.SKIPPED
        for message in post.messages
        if message.state is not MessageState.POSTED
    ]


def sign_all(stage: Stage) -> None:
    stage.bot.approve(codes=None, plan_code=stage.bot.record.planned().plan_code, by="Ann Example")


def test_the_persons_own_post_is_skipped_and_nobody_moves_up(stage: Stage) -> None:
    before = {code: post.slot for code, post in stage.posts.items()}
    withdraw(stage, SEVENTH)
    post = stage.posts["w07"]
    assert (state_of(post), post.standing_reason) == (PostState.SKIPPED, "withdrawn")
    stage.bot.plan()
    assert {code: post.slot for code, post in stage.posts.items()} == before
    assert [finding for finding in stage.bot.findings() if finding.rule == "RANK-SET"] == []


def test_a_withdrawn_place_of_the_podium_holds_the_thread_for_a_decision(stage: Stage) -> None:
    gone = withdraw(stage, THIRD)
    assert state_of(stage.posts["winner"]) is PostState.DRAFT
    assert not any(gone.name in text for text in pending_texts(stage))
    with pytest.raises(FindingsError, match="nobody has decided"):
        sign_all(stage)
    stage.bot.people.decide_place(3, PlaceWords.UNNAMED)
    assert any("In third place: somebody who prefers not to be named." in text for text in pending_texts(stage))
    sign_all(stage)
    stage.bot.people.decide_place(3, PlaceWords.LEFT_OUT)
    assert not any("third place" in text for text in pending_texts(stage))
    assert state_of(stage.posts["winner"]) is PostState.DRAFT


def test_a_place_whose_holder_is_named_needs_no_decision(stage: Stage) -> None:
    with pytest.raises(UsageError, match="Everybody there is named"):
        stage.bot.people.decide_place(2, PlaceWords.UNNAMED)


def test_a_template_without_words_for_an_unnamed_place_is_named(stage: Stage) -> None:
    withdraw(stage, THIRD)
    template = stage.bot.config.templates / "winner_thread.txt.j2"
    template.write_text(template.read_text("utf-8").replace("unnamed_third", "unnamed_nobody"), "utf-8")
    with pytest.raises(UsageError, match="no words for a place 3"):
        stage.bot.people.decide_place(3, PlaceWords.UNNAMED)


def test_an_organisation_goes_with_its_only_person_unless_it_is_kept(stage: Stage) -> None:
    alone = next(worker for worker in stage.bot.ranking().workers if stage.bot.people.alone(worker) and worker.rank > 3)
    code = next(post.code for post in stage.posts.values() if post.key.subject_id == alone.organisation_id)
    withdraw(stage, str(alone.rank))
    assert (state_of(stage.posts[code]), stage.posts[code].standing_reason) == (PostState.SKIPPED, "withdrawn")
    assert not any(alone.organisation in message.draft.text for message in stage.posts["winner"].messages)
    withdraw(stage, str(alone.rank), keep_organisation=True)
    stage.bot.people.give_back_organisation(alone)
    assert state_of(stage.posts[code]) is PostState.DRAFT
    assert any(alone.organisation in message.draft.text for message in stage.posts["winner"].messages)


def test_an_organisations_total_no_longer_counts_the_person(stage: Stage) -> None:
    ranking = stage.bot.people.watchlist().nameable
    many = next(item for item in ranking.organisations if len(item.worker_ids) > 1)
    worker = next(worker for worker in ranking.workers if worker.worker_id == many.worker_ids[-1])
    withdraw(stage, str(worker.rank))
    now = next(one for one in stage.bot.people.watchlist().nameable.organisations if one.name == many.name)
    assert now.count == (many.count or 0) - (worker.count or 0)


def test_who_has_withdrawn_stays_so_when_loaded_again_even_as_somebody_new(stage: Stage, tmp_path: Path) -> None:
    gone = withdraw(stage, SEVENTH)
    listed = read_list(tmp_path / "top20.csv")
    without = replace(listed, rows=tuple(row for row in listed.rows if row.name != gone.name))
    stage.bot.load(without, answers={})
    assert 7 in {gap.rank for gap in stage.bot.people.watchlist().nameable.gaps}
    result = stage.bot.load(listed, answers={})
    assert [line for line in result.unnamed if gone.name in line and "has withdrawn" in line]
    stage.bot.plan()
    assert state_of(stage.posts["w07"]) is PostState.SKIPPED
    assert not any(gone.name in text for text in pending_texts(stage))


def test_a_withdrawal_can_be_taken_back_and_the_posts_need_a_new_sign_off(stage: Stage) -> None:
    gone = withdraw(stage, THIRD)
    withdraw(stage, SEVENTH)
    stage.bot.people.undo(person(stage, SEVENTH), reason="A mistake")
    assert state_of(stage.posts["w07"]) is PostState.DRAFT
    stage.bot.people.undo(gone, reason="")
    assert any(gone.name in message.draft.text for message in stage.posts["winner"].messages)
    sign_all(stage)
    assert {state_of(post) for post in stage.posts.values()} == {PostState.APPROVED}
    with pytest.raises(UsageError, match="has not withdrawn"):
        stage.bot.people.undo(gone, reason="")


def test_a_skipped_post_of_theirs_cannot_be_brought_back_by_moving_it(stage: Stage) -> None:
    withdraw(stage, SEVENTH)
    stage.bot.move("w07", stage.bot.next_slot("w07"))
    with pytest.raises(FindingsError, match="has withdrawn"):
        sign_all(stage)


def test_a_sign_off_that_was_under_way_does_not_count(stage: Stage) -> None:
    """Between what a person has seen and what they sign lies the withdrawal."""
    seen = stage.bot.record.planned().plan_code
    withdraw(stage, SEVENTH)
    with pytest.raises(NotApprovedError):
        stage.bot.approve(codes=None, plan_code=seen, by="Ann Example")


def test_who_may_be_meant_is_said_when_it_is_not_clear(stage: Stage) -> None:
    with pytest.raises(UsageError, match="may be any of 2 people"):
        stage.bot.people.find("9")
    with pytest.raises(UsageError, match="stop-list add"):
        stage.bot.people.find("Nobody at All")
    one = person(stage, SEVENTH)
    assert stage.bot.people.find(one.worker_id) == one
    assert stage.bot.people.find(one.name.upper()) == one
    assert stage.bot.people.find(one.name.split()[-1]) == one


def test_a_part_that_was_being_sent_is_named_and_afterwards_listed_as_public(stage: Stage) -> None:
    done: list[tuple[str, ...]] = []

    def now(name: str) -> None:
        if name == "after intent" and stage.posts["w20"].messages[0].state is MessageState.SENDING and not done:
            done.append(stage.bot.people.withdraw(person(stage, "20"), reason="").on_its_way)

    stage.start().run_to_the_end(stage.runner(now))
    assert done == [("w20",)]
    assert state_of(stage.posts["w20"]) is PostState.POSTED
    public = stage.bot.people.withdraw(person(stage, "20"), reason="").public
    assert [one.post.code for one in public if one.is_whole] == ["w20"]
    stage.bot.people.delete(public[0], stage.network)
    assert state_of(stage.posts["w20"]) is PostState.DELETED
    assert stage.bot.people.withdraw(person(stage, "20"), reason="").public == ()


def test_a_call_without_an_answer_is_settled_and_never_sent_again(stage: Stage) -> None:
    stage.network.faults.append(lost_answer)
    done: list[str] = []

    def now(name: str) -> None:
        if name == "after call" and not done:
            done.extend(stage.bot.people.withdraw(person(stage, "20"), reason="").on_its_way)

    stage.start().run_to_the_end(stage.runner(now))
    assert done == ["w20"]
    assert state_of(stage.posts["w20"]) is PostState.POSTED
    assert sum(1 for text in stage.network.texts() if text == stage.posts["w20"].messages[0].draft.text) == 1


def test_a_thread_that_has_begun_stops_before_it_names_them_and_waits(stage: Stage) -> None:
    gone = person(stage, "1")
    parts = 0

    def now(name: str) -> None:
        nonlocal parts
        out = [message for message in stage.posts["winner"].messages if message.state is MessageState.POSTED]
        if name == "after result" and len(out) == 2 and not parts:
            parts = len(out)
            stage.bot.people.withdraw(gone, reason="")

    stage.start().run_to_the_end(stage.runner(now))
    assert parts == 2
    assert state_of(stage.posts["winner"]) is PostState.PARTIAL
    assert not any(gone.name in text for text in stage.network.texts())
    assert stage.bot.problem("winner").command == "campaign-bot skip winner", "what works, and not retry"
    assert stage.bot.people.withdraw(gone, reason="").places == (), "of a thread that has begun nothing is decided"
    with pytest.raises(UsageError, match="not signed off") as refused:
        stage.bot.retry("winner")
    assert "campaign-bot skip winner" in str(refused.value)
    stage.bot.skip("winner")
    assert stage.bot.status(runner_alive=False).finished


def test_only_the_parts_of_a_thread_that_name_them_are_deleted(stage: Stage) -> None:
    stage.start().run_to_the_end()
    gone = person(stage, "3")
    public = {one.post.code: one for one in stage.bot.people.withdraw(gone, reason="").public}
    assert not public["winner"].is_whole
    stage.bot.people.delete(public["winner"], stage.network)
    left = stage.network.texts()
    assert not any(gone.name in text for text in left)
    assert sum(text == message.draft.text for text in left for message in stage.posts["winner"].messages) == 7


@pytest.mark.parametrize("share", range(12))
def test_whenever_somebody_withdraws_no_new_call_names_them(tmp_path: Path, database_url: str, share: int) -> None:
    """At twelve moments of the week, from the first call to the middle of the winner thread, and on every engine."""
    stage = a_stage(tmp_path / "week", database_url).plan_and_sign().start()
    gone, rank = person(stage, "1"), "1"
    at, count = share * 11, 0
    calls_before: list[int] = []

    def now(_name: str) -> None:
        nonlocal count
        count += 1
        if count == at + 1:
            on_its_way = stage.bot.people.withdraw(person(stage, rank), reason="").on_its_way
            calls_before.append(len(stage.network.calls) + len(on_its_way))

    stage.run_to_the_end(stage.runner(now))
    assert calls_before, "the moment was reached"
    after = [outgoing.text for _, outgoing in stage.network.calls[calls_before[0] :]]
    assert not [text for text in after if gone.name in text]
    stage.storage.close()


def test_a_runner_in_another_thread_sends_nothing_of_theirs_once_withdrawing_has_returned(
    tmp_path: Path, database_url: str
) -> None:
    stage = a_stage(tmp_path / "week", database_url).plan_and_sign().start()
    gone, begun = person(stage, "12"), Event()
    runner = Thread(target=lambda: stage.run_to_the_end(stage.runner(lambda _name: begun.set())))
    runner.start()
    assert begun.wait(20)
    on_its_way = stage.bot.people.withdraw(gone, reason="").on_its_way
    calls = len(stage.network.calls)
    runner.join(60)
    assert not runner.is_alive()
    late = [outgoing.text for _, outgoing in stage.network.calls[calls + len(on_its_way) :]]
    assert not [text for text in late if gone.name in text]
    stage.storage.close()


def test_the_same_name_at_another_organisation_is_not_touched(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    path = tmp_path / "top20.csv"
    names = {worker.rank: worker for worker in stage.bot.ranking().workers}
    text = path.read_text("utf-8").replace(names[13].name, names[7].name)
    path.write_text(text, "utf-8")
    stage.bot.load(read_list(path), answers={row.row: None for row in read_list(path).rows if row.rank == 13})
    stage.plan_and_sign()
    stage.bot.people.withdraw(names[7], reason="")
    assert state_of(stage.posts["w07"]) is PostState.SKIPPED
    assert state_of(stage.posts["w13"]) is PostState.APPROVED
    assert [finding for finding in stage.bot.findings() if finding.rule == "DO-NOT-NAME"] == []


def test_undoing_while_the_stop_list_names_them_is_refused(stage: Stage) -> None:
    gone = withdraw(stage, SEVENTH)
    stage.bot.people.stop([StopEntry(name=gone.name)], reason="")
    with pytest.raises(PersonNeededError, match="stop list"):
        stage.bot.people.undo(gone, reason="")


def test_planning_does_not_overwrite_what_a_runner_has_sent_meanwhile(stage: Stage) -> None:
    """Else a post that is out would be a draft again, and go out a second time when it is signed."""
    stage.start()
    template = stage.bot.config.templates / "worker.txt.j2"
    template.write_text(
        template.read_text("utf-8").replace("{{ worker.place }}", "{{ worker.place }} and last"), "utf-8"
    )

    def meanwhile(items: Iterable[Assignment], _number: int) -> Iterator[Assignment]:
        yield from items
        stage.run_until(stage.posts["w20"].slot.due_at + timedelta(seconds=5))

    with pytest.raises(PlanError, match="w20 began to be sent"):
        stage.bot.plan(progress=meanwhile)
    assert state_of(stage.posts["w20"]) is PostState.POSTED
    stage.bot.plan()
    assert state_of(stage.posts["w20"]) is PostState.POSTED


def test_the_pull_alone_already_gives_the_plan_another_code(stage: Stage) -> None:
    """A sign-off may fall between the pull and the making again."""
    seen = stage.bot.record.planned().plan_code
    stopped = withdrawing.withdraw(stage.bot.record, person(stage, SEVENTH), reason="", keep_organisation=False)
    assert {pull.post.code for pull in stopped} >= {"w07"}
    assert stage.bot.record.planned().plan_code != seen
