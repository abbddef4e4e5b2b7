"""``campaign-bot plan`` and ``campaign-bot check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.approve import approve
from bot.cli.check import check
from bot.cli.load import load
from bot.cli.plan import plan
from bot.errors import NotReadyError, TemplateError
from tests.campaigns import a_folder
from tests.screens import Desktop, give, set_line


@pytest.fixture
def desk(tmp_path: Path) -> Desktop:
    """A folder whose list is loaded."""
    screen = Desktop(folder=a_folder(tmp_path / "campaign"), actor="Ann Example")
    give(screen, load, "top20.csv")
    return screen


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def sign(desk: Desktop) -> str:
    code: str = json.loads(give(desk, plan, "--json").stdout)["plan_code"]
    assert give(desk, approve, "--all", "--code", code, "--accept-warnings").exit_code == 0
    return code


def test_a_first_plan_is_summed_up_day_by_day_with_its_code(desk: Desktop) -> None:
    result = give(desk, plan)
    assert result.exit_code == 0
    assert "PRACTICE: nothing is sent" in result.stdout
    assert "31 posts, 38 messages on @example_charity · times in Europe/London" in result.stdout
    assert "Monday 8 March 2027" in result.stdout
    assert "Friday 12 March 2027      3 posts  from 09:00 to 15:00" in result.stdout
    assert "since the last plan" not in result.stdout
    assert result.stdout.endswith("Next: campaign-bot preview\n")


def test_planning_again_without_a_change_says_so(desk: Desktop) -> None:
    give(desk, plan)
    assert "Nothing has changed since the last plan." in give(desk, plan).stdout


def test_planning_again_shows_what_is_new_gone_and_changed(desk: Desktop) -> None:
    give(desk, plan)
    edit(desk.folder / "top20.csv", "20,Hyacinth Oakenshaw,Quarryman’s Rest", "20,Rosa Birchall,Gorse Hill Care")
    edit(desk.folder / "top20.csv", ",77,", ",78,")
    give(desk, load, "top20.csv")
    result = give(desk, plan)
    assert "- w20  gone (it was planned for " in result.stdout
    assert "+ w20  20th: Rosa Birchall, Gorse Hill Care, new, " in result.stdout
    assert "~ winner  The winner thread, another text or picture" in result.stdout
    assert "\n  - o09  gone" in result.stdout


def test_it_says_whose_sign_off_ended_and_what_was_kept(desk: Desktop) -> None:
    sign(desk)
    set_line(desk.folder / "config.toml", "nominations", '"1,304"')
    result = give(desk, plan)
    assert "! winner has lost its sign-off: its text or picture has changed" in result.stdout
    assert "30 signed-off posts keep time and text." in result.stdout


def test_when_all_is_signed_off_the_next_step_is_to_start(desk: Desktop) -> None:
    sign(desk)
    assert give(desk, plan).stdout.endswith("Next: campaign-bot start\n")


def test_a_move_is_shown_from_when_to_when(desk: Desktop) -> None:
    give(desk, plan)
    set_line(desk.folder / "config.toml", "at", '"Fri 16:00"')
    assert "~ winner  The winner thread, from Fri 12 Mar 15:00 to Fri 12 Mar 16:00" in give(desk, plan).stdout


def test_errors_are_listed_and_come_first(desk: Desktop) -> None:
    edit(desk.folder / "templates" / "organisation.txt.j2", "{{", "x" * 300 + " {{")
    result = give(desk, plan)
    assert result.exit_code == 0
    assert "errors block sign-off" in result.stdout
    assert "✗ o01: The text is " in result.stdout
    assert (
        "Next: correct the list (campaign-bot fix), or a template or config.toml (then: campaign-bot plan)"
        in result.stdout
    )


def test_a_broken_template_is_named(desk: Desktop) -> None:
    edit(desk.folder / "templates" / "worker.txt.j2", "{{", "{{ nobody_knows }}{{")
    error = give(desk, plan).exception
    assert isinstance(error, TemplateError)
    assert "worker.txt.j2" in str(error)


def test_a_plan_without_a_list_says_what_to_do(tmp_path: Path) -> None:
    desk = Desktop(folder=a_folder(tmp_path / "one"))
    give(desk, load, "top20.csv")
    set_line(desk.folder / "config.toml", "name", '"Other Heroes"')
    assert isinstance(give(desk, plan).exception, NotReadyError)


def test_a_program_gets_the_plan_as_json(desk: Desktop) -> None:
    first = json.loads(give(desk, plan, "--json").stdout)
    assert first["first"] is True
    assert (first["posts"], first["errors"]) == (31, 0)
    assert first["days"][0] == {"date": "2027-03-08", "posts": 8}
    set_line(desk.folder / "config.toml", "at", '"Fri 16:00"')
    change = json.loads(give(desk, plan, "--json").stdout)["changes"][-1]
    assert (change["post"], change["from"], change["to"]) == ("winner", "2027-03-12T15:00:00", "2027-03-12T16:00:00")


def test_respread_may_move_what_is_signed_off(desk: Desktop) -> None:
    sign(desk)
    set_line(desk.folder / "config.toml", "window", '"10:00-17:00"')
    assert "lost its sign-off" not in give(desk, plan).stdout
    assert "has lost its sign-off: the planner moved it" in give(desk, plan, "--respread").stdout


def test_checks_with_warnings_only_end_well(desk: Desktop) -> None:
    give(desk, plan)
    result = give(desk, check)
    assert result.exit_code == 0
    assert "Warnings: look at these before you sign" in result.stdout
    assert "(MENTION)" in result.stdout


def test_checks_with_errors_end_with_code_3_and_group_them(desk: Desktop) -> None:
    edit(desk.folder / "templates" / "organisation.txt.j2", "{{", "x" * 300 + " {{")
    give(desk, plan)
    result = give(desk, check)
    assert result.exit_code == 3
    assert result.stdout.index("Errors: these block sign-off") < result.stdout.index("Warnings: look at these")
    assert "✗ o01: " in result.stdout


def test_a_program_gets_the_findings_as_json(desk: Desktop) -> None:
    give(desk, plan)
    found = json.loads(give(desk, check, "--json").stdout)
    assert (found["errors"], found["warnings"]) == (0, 1)
    assert found["findings"][0]["rule"] == "MENTION"
