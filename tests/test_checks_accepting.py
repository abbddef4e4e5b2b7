"""Waivers and ticks: what a named person may let be, for how long, and what nobody may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.approve import approve
from bot.cli.check import check
from bot.cli.load import load
from bot.cli.plan import plan
from bot.errors import ConfigError, FindingsError, UsageError
from tests.campaigns import a_folder
from tests.screens import Desktop, give

WORD = ("--by", "Ann Example", "--reason", "She asked for it")


@pytest.fixture
def desk(tmp_path: Path) -> Desktop:
    """A planned week in which every post about a worker speaks of a service user."""
    screen = Desktop(folder=a_folder(tmp_path / "campaign"))
    edit(
        screen.folder / "templates" / "worker.txt.j2",
        "Thank you, {{ worker.first_name }}, for every hour",
        "Service user",
    )
    give(screen, load, "top20.csv")
    give(screen, plan)
    return screen


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def blocked(desk: Desktop) -> list[str]:
    found = json.loads(give(desk, check, "--json").stdout)["findings"]
    return [one["post"] for one in found if one["rule"] == "CASE" and not one["accepted"]]


def test_a_waiver_lets_one_post_be_and_stands_in_the_log(desk: Desktop) -> None:
    assert blocked(desk) == ["w19", "w11"]
    result = give(desk, check, "--waive", "case", "w19", *WORD)
    assert "✓ CASE is waived for w19 by Ann Example: 1 finding." in result.stdout
    assert "waived by Ann Example: She asked for it" in result.stdout
    assert blocked(desk) == ["w11"]
    with desk.shop() as shop:
        entry = shop.bot.log()[-1]
    assert (entry.action, entry.actor, entry.post_code) == ("waiver", "Ann Example", "w19")
    assert (entry.detail, entry.note) == ("CASE: w19", "She asked for it")


def test_a_waiver_ends_when_the_post_says_something_else(desk: Desktop) -> None:
    give(desk, check, "--waive", "CASE", "w19", *WORD)
    give(desk, plan)
    assert blocked(desk) == ["w11"]
    edit(desk.folder / "templates" / "worker.txt.j2", "Service user", "This service user praises")
    give(desk, plan)
    assert blocked(desk) == ["w19", "w11"]


def test_errors_block_sign_off_until_the_last_is_waived(desk: Desktop) -> None:
    code = json.loads(give(desk, check, "--json").stdout)["plan_code"]
    words = ("--all", "--by", "Ann Example", "--code", code, "--accept-warnings")
    give(desk, check, "--waive", "CASE", "w19", *WORD)
    assert isinstance(give(desk, approve, *words).exception, FindingsError)
    assert give(desk, check, "--waive", "CASE", "w11", *WORD).exit_code == 0
    assert "signed off 31 posts" in give(desk, approve, *words).stdout


def test_a_tick_covers_a_check_for_the_whole_campaign(desk: Desktop) -> None:
    result = give(desk, check, "--tick", "MENTION", *WORD)
    assert "✓ MENTION is ticked for the whole campaign by Ann Example: 1 finding." in result.stdout
    edit(
        desk.folder / "top20.csv",
        "Hyacinth Oakenshaw,Quarryman’s Rest,66,",
        "Hyacinth Oakenshaw,Quarryman’s Rest,66,hy_example",
    )
    give(desk, load, "top20.csv", "--yes")
    give(desk, plan)
    found = json.loads(give(desk, check, "--json").stdout)
    assert found["warnings"] == 0
    assert found["findings"][-1]["accepted"] == "ticked by Ann Example: She asked for it"


def test_a_tick_for_one_post_leaves_the_others(desk: Desktop) -> None:
    edit(desk.folder / "templates" / "organisation.txt.j2", "Thank you", "👏 THANK YOU DEAR ALL Thank you")
    give(desk, plan)
    before = json.loads(give(desk, check, "--json").stdout)["warnings"]
    give(desk, check, "--tick", "CAPS", "o04", *WORD)
    assert json.loads(give(desk, check, "--json").stdout)["warnings"] == before - 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--waive", "CASE", *WORD), "one post at a time"),
        (("--waive", "CASE", "--tick", "CASE", "w19", *WORD), "cannot be combined"),
        (("--waive", "CAES", "w19", *WORD), "Did you mean “CASE”?"),
        (("--waive", "CASE", "w18", *WORD), "CASE has no error on w18"),
        (("--waive", "CASE", "w99", *WORD), "No post has the code"),
        (("--tick", "CASE", "w19", *WORD), "no open warning on w19"),
        (("--tick", "MENTION", "--by", "Ann Example"), "--reason"),
        (("--tick", "MENTION", "--reason", "why"), "--by"),
        (("--waive", "LEN", "w19", *WORD), "cannot be waived by anybody"),
        (("--waive", "ALT-MISSING", "w19", *WORD), "cannot be waived by anybody"),
        (("--waive", "DUPLICATE", "w19", *WORD), "cannot be waived by anybody"),
    ],
)
def test_what_is_wrong_with_a_waiver_or_tick_is_said(desk: Desktop, arguments: tuple[str, ...], said: str) -> None:
    error = give(desk, check, *arguments).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_a_check_that_is_switched_off_by_name_is_silent(desk: Desktop) -> None:
    with (desk.folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write('\n[checks.off]\nCASE = "Our own word for the people who use our services"\n')
    assert give(desk, plan).exit_code == 0
    assert blocked(desk) == []


def test_switching_off_a_check_that_there_is_not_is_an_error(desk: Desktop) -> None:
    with (desk.folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write('\n[checks.off]\nSENTENSE = "our style"\n')
    error = give(desk, plan).exception
    assert isinstance(error, ConfigError)
    assert "Did you mean “SENTENCE”?" in str(error)


def test_many_findings_of_one_check_are_counted(desk: Desktop) -> None:
    edit(desk.folder / "templates" / "worker.txt.j2", "{{ worker.credit }}", "a service user, {{ worker.credit }}")
    give(desk, plan)
    assert "more of CASE (all of them: campaign-bot check --json)" in give(desk, check).stdout


def test_one_post_can_be_looked_at_alone(desk: Desktop) -> None:
    shown = give(desk, check, "w19").stdout
    assert "w19" in shown
    assert "w11" not in shown
