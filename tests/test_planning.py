"""Planning and planning again, through the database."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.digest import ChangeKind
from bot.errors import FindingsError, ListError, NotApprovedError, NotReadyError, PlanError, TemplateError
from bot.lifecycle import state_of
from bot.model import PostState
from bot.ranking import read_list
from tests.campaigns import Stage, a_stage

Row = dict[str, str]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return a_stage(tmp_path)


def reload(stage: Stage, change: Callable[[list[Row]], list[Row]]) -> None:
    """Load the sample list again, changed."""
    path = stage.bot.config.folder / "top20.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    loaded = read_list(path)
    answers: dict[int, str | None] = {
        question.row.row: question.candidates[0].worker_id for question in stage.bot.questions(loaded, {})
    }
    stage.bot.load(loaded, answers=answers)


def rename(rank: str, name: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{**row, "name": name} if row["rank"] == rank else row for row in rows]


def test_planning_again_changes_nothing_when_nothing_changed(stage: Stage) -> None:
    first = stage.bot.plan()
    again = stage.bot.plan()
    assert first.first
    assert not again.first
    assert (again.plan_code, again.changes, again.voided) == (first.plan_code, (), ())


def test_a_corrected_name_ends_the_sign_off_of_that_post_alone(stage: Stage) -> None:
    stage.plan_and_sign()
    reload(stage, rename("20", "Hyacinthe Oakenshaw"))
    result = stage.bot.plan()
    assert [(change.kind, change.code) for change in result.changes] == [(ChangeKind.CHANGED, "w20")]
    assert [void.code for void in result.voided] == ["w20"]
    drafts = [post.code for post in stage.bot.posts() if state_of(post) is PostState.DRAFT]
    assert drafts == ["w20"]
    assert "Hyacinthe" in stage.posts["w20"].messages[0].draft.text


def test_somebody_who_leaves_the_list_takes_their_post_along_and_nobody_else_moves(stage: Stage) -> None:
    stage.plan_and_sign()
    before = {post.code: post.slot for post in stage.bot.posts()}
    reload(stage, lambda rows: [row for row in rows if row["rank"] != "17"])
    result = stage.bot.plan()
    assert "w17" not in stage.posts
    kept = {post.code: post.slot for post in stage.bot.posts()}
    assert all(before[code] == slot for code, slot in kept.items())
    assert ("w17", ChangeKind.REMOVED) in [(change.code, change.kind) for change in result.changes]


def test_what_is_signed_off_moves_only_when_asked(stage: Stage) -> None:
    stage.plan_and_sign()
    stage.bot.move("w20", stage.bot.next_slot("w20"))
    moved = stage.posts["w20"]
    assert state_of(moved) is PostState.APPROVED
    stage.bot.plan()
    assert stage.posts["w20"].slot == moved.slot
    result = stage.bot.plan(respread=True)
    assert stage.posts["w20"].slot.local.hour == 9
    assert {"w20"} <= {void.code for void in result.voided}


def test_a_draft_that_a_person_has_moved_moves_only_when_asked(stage: Stage) -> None:
    stage.bot.plan()
    planned = stage.posts["w20"].slot
    stage.bot.move("w20", stage.bot.next_slot("w20"))
    moved = stage.posts["w20"].slot
    stage.bot.plan()
    assert moved != planned
    assert stage.posts["w20"].slot == moved
    stage.bot.plan(respread=True)
    assert stage.posts["w20"].slot == planned


def test_a_posted_post_keeps_text_and_slot_whatever_changes(stage: Stage) -> None:
    stage.plan_and_sign().start()
    first = stage.posts["w20"]
    stage.run_until(first.slot.due_at + timedelta(minutes=1))
    reload(stage, rename("20", "Hyacinthe Oakenshaw"))
    (stage.bot.config.templates / "worker.txt.j2").write_text("New words for {{ worker.name }}.", "utf-8")
    stage.bot.plan(respread=True)
    after = stage.posts["w20"]
    assert (after.messages[0].draft, after.slot) == (first.messages[0].draft, first.slot)
    assert stage.posts["w19"].messages[0].draft.text.startswith("New words")


def test_a_post_whose_text_was_refused_is_repaired_by_planning_again(stage: Stage) -> None:
    stage.bot.plan()
    post = stage.posts["w20"]
    (stage.bot.config.templates / "worker.txt.j2").write_text("One\n---\nTwo {{ worker.name }}", "utf-8")
    code = stage.bot.plan().plan_code
    with pytest.raises(FindingsError):
        stage.bot.approve(codes=None, plan_code=code, by="Ann Example")
    assert len(stage.posts["w20"].messages) == 2
    assert stage.posts["w20"].messages[0].message_id == post.messages[0].message_id


def test_a_mistake_in_a_template_leaves_the_plan_as_it_was(stage: Stage) -> None:
    stage.bot.plan()
    before = stage.bot.posts()
    (stage.bot.config.templates / "worker.txt.j2").write_text("Hello {{ worker.nmae }}", "utf-8")
    with pytest.raises(TemplateError, match=r"worker\.txt\.j2, line 1 \(.*\).*worker\.name"):
        stage.bot.plan()
    assert stage.bot.posts() == before


def test_without_a_lawful_basis_planning_stops_and_asks(tmp_path: Path) -> None:
    stage = a_stage(tmp_path, basis='basis = ""')
    with pytest.raises(PlanError, match="basis"):
        stage.bot.plan()


def test_a_picture_is_frozen_with_the_plan(stage: Stage) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"pixels"
    (stage.bot.config.folder / "a.png").write_bytes(picture)
    reload(
        stage, lambda rows: [with_photo(row, "a.png") if row["rank"] == "20" else with_photo(row, "") for row in rows]
    )
    stage.bot.plan()
    (stage.bot.config.folder / "a.png").unlink()
    (media,) = stage.posts["w20"].messages[0].draft.media
    assert stage.bot.picture(media.sha256) == picture
    assert (media.mime, media.alt_text) == ("image/png", "A portrait")
    stage.bot.approve(codes=None, plan_code=stage.bot.record.planned().plan_code, by="Ann Example")
    stage.start().run_until(stage.posts["w20"].slot.due_at + timedelta(minutes=1))
    assert len(stage.network.calls[0][1].media_ids) == 1


def with_photo(row: Row, photo: str) -> Row:
    consent = "name, photo" if photo else row["consent"]
    return {**row, "photo": photo, "alt text": "A portrait" if photo else "", "consent": consent}


def test_a_picture_that_is_none_is_refused_with_its_row(stage: Stage) -> None:
    (stage.bot.config.folder / "a.png").write_text("<svg onload=alert(1)>", "utf-8")
    reload(
        stage, lambda rows: [with_photo(row, "a.png") if row["rank"] == "20" else with_photo(row, "") for row in rows]
    )
    with pytest.raises(ListError, match="Hyacinth Oakenshaw"):
        stage.bot.plan()


def test_a_sign_off_for_another_plan_is_refused_with_the_difference(stage: Stage) -> None:
    seen = stage.bot.plan().plan_code
    reload(stage, rename("20", "Hyacinthe Oakenshaw"))
    stage.bot.plan()
    with pytest.raises(NotApprovedError, match="w20: its text"):
        stage.bot.approve(codes=None, plan_code=seen, by="Ann Example")


def test_starting_needs_every_post_signed_off_and_a_proof_of_the_account(stage: Stage) -> None:
    stage.bot.plan()
    with pytest.raises(NotApprovedError, match="31 of 31"):
        stage.bot.departure(fingerprint="f")
    stage.plan_and_sign()
    with pytest.raises(NotReadyError, match="doctor --online"):
        stage.bot.departure(fingerprint="f")
    stage.bot.record_proof(stage.bot.account(), user_id="1", fingerprint="f")
    assert stage.bot.departure(fingerprint="f").number == 31
    with pytest.raises(NotReadyError, match="have changed"):
        stage.bot.departure(fingerprint="another")
