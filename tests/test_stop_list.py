"""The stop list wins over everything, in every campaign of the database, from the moment a name is on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.bot import Bot
from bot.core.desk import Desk
from bot.core.stopping import checked, entries_in
from bot.errors import ExitCode, FindingsError, ListError, UsageError
from bot.lifecycle import state_of
from bot.model import Mode, PostState
from bot.ranking import read_list
from bot.wishes import StopEntry
from tests.campaigns import Stage, a_stage
from tests.underway import campaign_bot, code_of, fine, posts_of, refusal


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return a_stage(tmp_path).plan_and_sign()


def stop(stage: Stage, name: str, organisation: str = "") -> None:
    stage.bot.people.stop([StopEntry(name=name, organisation=organisation)], reason="At risk")


def rules(stage: Stage) -> set[tuple[str, str]]:
    return {(finding.rule, finding.post_code) for finding in stage.bot.findings() if finding.blocks}


def test_adding_a_name_stops_what_is_signed_off_at_once(stage: Stage) -> None:
    worker = stage.bot.people.find("7")
    stop(stage, worker.name.upper())
    assert (state_of(stage.posts["w07"]), stage.posts["w07"].standing_reason) == (PostState.SKIPPED, "on the stop list")
    assert state_of(stage.posts["w08"]) is PostState.APPROVED


def test_a_name_that_is_on_no_list_is_found_in_texts_and_alternative_texts(stage: Stage) -> None:
    template = stage.bot.config.templates / "organisation.txt.j2"
    template.write_text(template.read_text("utf-8").replace("Take a bow,", "Take a bow, Robin Vane and"), "utf-8")
    stage.bot.plan()
    assert {rule for rule, _ in rules(stage)}.isdisjoint({"DO-NOT-NAME"})
    stop(stage, "Robin Vane")
    named = [post for post in stage.posts.values() if "Robin Vane" in post.messages[0].draft.text]
    assert named
    assert {("DO-NOT-NAME", post.code) for post in named} <= rules(stage)
    with pytest.raises(FindingsError, match="stop list"):
        stage.bot.approve(codes=None, plan_code=stage.bot.record.planned().plan_code, by="Ann Example")
    with pytest.raises(UsageError, match="cannot be waived"):
        stage.bot.accepting.waive("DO-NOT-NAME", named[0].code, reason="It is fine")


def test_a_row_of_a_list_that_is_on_it_is_loaded_and_never_planned(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    worker = stage.bot.people.find("7")
    stop(stage, worker.name)
    result = stage.bot.load(read_list(tmp_path / "top20.csv"), answers={})
    assert len(result.ranking.workers) == 20
    assert [line for line in result.unnamed if worker.name in line and "stop list" in line]
    stage.bot.plan()
    assert "w07" not in stage.posts
    assert [finding for finding in stage.bot.findings() if finding.rule == "RANK-SET"] == []


def test_an_organisation_narrows_a_name_to_one_person(stage: Stage) -> None:
    worker = stage.bot.people.find("7")
    stop(stage, worker.name, "Somewhere Else Entirely")
    assert state_of(stage.posts["w07"]) is PostState.APPROVED
    assert ("DO-NOT-NAME", "w07") not in rules(stage)
    stop(stage, worker.name, worker.organisation.upper())
    assert state_of(stage.posts["w07"]) is PostState.SKIPPED


def test_everybody_of_a_name_is_meant_without_an_organisation_and_the_finding_says_how_to_narrow_it(
    stage: Stage,
) -> None:
    worker = stage.bot.people.find("7")
    stop(stage, worker.name)
    stage.bot.move("w07", stage.bot.next_slot("w07"))
    found = [finding for finding in stage.bot.findings() if finding.rule == "DO-NOT-NAME"]
    assert any("--organisation" in finding.remedy for finding in found)


def test_other_campaigns_of_the_database_are_stopped_too(stage: Stage, tmp_path: Path) -> None:
    account = replace(stage.bot.config.account, handle="another_example")
    config = replace(stage.bot.config, name="Another Week", account=account)
    desk = Desk(storage=stage.storage, clock=stage.clock, campaign="Another Week", actor="Ann Example")
    other = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    other.load(read_list(tmp_path / "top20.csv"), answers={})
    other.approve(codes=None, plan_code=other.plan().plan_code, by="Ann Example")
    worker = stage.bot.people.find("7")
    done = stage.bot.people.stop([StopEntry(name=worker.name)], reason="")
    assert done.elsewhere >= 1
    assert {post.code: state_of(post) for post in other.posts()}["w07"] is PostState.SKIPPED


def test_taking_a_name_off_brings_drafts_back_and_signs_nothing(stage: Stage) -> None:
    worker = stage.bot.people.find("7")
    stop(stage, worker.name)
    assert stage.bot.people.allow(StopEntry(name=worker.name)) == 1
    assert state_of(stage.posts["w07"]) is PostState.DRAFT
    assert stage.bot.people.stop_list() == ()
    with pytest.raises(UsageError, match="not on the stop list"):
        stage.bot.people.allow(StopEntry(name=worker.name))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Lee\nBo Vane\n", [("Ann Lee", ""), ("Bo Vane", "")]),
        ("\ufeffName;Organisation\r\nAnn Lee;Lantern Row\r\n\r\n", [("Ann Lee", "Lantern Row")]),
        ('name,organisation\n"Ann  Lee","Finch, Hollybank"\n', [("Ann Lee", "Finch, Hollybank")]),
        ("Ann Lee\tLantern Row", [("Ann Lee", "Lantern Row")]),
        ("", []),
    ],
)
def test_names_come_one_a_line_or_as_csv(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.name, one.organisation) for one in entries_in(text, "names.csv")] == found


def test_what_is_no_name_is_refused_by_line() -> None:
    with pytest.raises(ListError, match=r"names.csv, line 2.*“7”"):
        entries_in("Ann Lee\n7\n", "names.csv")
    with pytest.raises(UsageError, match="is not a name"):
        checked("=@-", "")


def test_the_commands_show_add_and_remove(signed: Path, tmp_path: Path) -> None:
    assert "is empty" in fine(campaign_bot(signed, "stop-list"))
    names = tmp_path / "names.csv"
    names.write_text("name,organisation\nZoe Applethwaite,\n", "utf-8")
    said = fine(campaign_bot(signed, "stop-list", "add", "--file", str(names), "--reason", "Safeguarding"))
    assert "1 name is new" in said
    assert "On this campaign's list: Zoë Applethwaite" in said
    assert state_of(posts_of(signed)["w07"]) is PostState.SKIPPED
    assert "was on it already" in campaign_bot(signed, "stop-list", "add", "Zoë Applethwaite").output
    listed = fine(campaign_bot(signed, "stop-list"))
    assert "Zoe Applethwaite" in listed
    assert "Safeguarding" in listed
    assert "the row is loaded" in fine(campaign_bot(signed, "load", "top20.csv", "--yes"))
    fine(campaign_bot(signed, "stop-list", "remove", "Zoe Applethwaite"))
    assert state_of(posts_of(signed)["w07"]) is PostState.DRAFT


def test_a_name_may_be_added_before_any_list_is_loaded(planned: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    shutil.copy(planned / "config.toml", folder)
    assert "1 name is new" in fine(campaign_bot(folder, "stop-list", "add", "Ann Lee"))
    assert "Give a name, or --file" in refusal(campaign_bot(folder, "stop-list", "add"), ExitCode.USAGE)
    assert code_of(campaign_bot(folder, "stop-list", "add", "--file", "missing.csv")) is ExitCode.USAGE
