"""``campaign-bot approve``: bound to what was previewed, by a person or a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.approve import approve
from bot.cli.load import load
from bot.cli.plan import plan
from bot.cli.preview import preview
from bot.errors import FindingsError, NotApprovedError, UsageError
from tests.campaigns import a_folder
from tests.screens import Desktop, give, set_line


@pytest.fixture
def script(tmp_path: Path) -> Desktop:
    """A planned week, and nobody there to answer."""
    screen = Desktop(folder=a_folder(tmp_path / "campaign"))
    give(screen, load, "top20.csv")
    give(screen, plan)
    return screen


@pytest.fixture
def person(script: Desktop) -> Desktop:
    """The same with somebody at the terminal."""
    return replace(script, person=True, actor="Ann Example")


def plan_code(desk: Desktop) -> str:
    code: str = json.loads(give(desk, preview, "--json").stdout)["plan_code"]
    return code


def signed_by_ann(desk: Desktop) -> tuple[str, ...]:
    return ("--by", "Ann Example", "--code", plan_code(desk), "--accept-warnings")


def states(desk: Desktop) -> dict[str, int]:
    counts: dict[str, int] = json.loads(give(desk, preview, "--json").stdout)["counts"]
    return counts


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_script_signs_everything_under_the_code_it_read(script: Desktop) -> None:
    code = plan_code(script)
    result = give(script, approve, "--all", "--by", "Ann Example", "--code", code, "--accept-warnings")
    assert f"✓ Ann Example has signed off 31 posts of plan {code}: " in result.stdout
    assert "Accepted with it: 1 warning." in result.stdout
    assert result.stdout.endswith("Next: campaign-bot start\n")
    assert states(script) == {"approved": 31}


def test_single_posts_are_signed_and_the_rest_is_counted(script: Desktop) -> None:
    result = give(script, approve, "w07", "o03", *signed_by_ann(script))
    assert "signed off 2 posts" in result.stdout
    assert "Not signed off yet: 29 posts (w20, " in result.stdout
    assert result.stdout.endswith("Next: campaign-bot approve --all\n")


def test_what_was_signed_before_is_said(script: Desktop) -> None:
    give(script, approve, "w07", *signed_by_ann(script))
    result = give(script, approve, "w07", "o03", *signed_by_ann(script))
    assert "signed off 1 post of" in result.stdout
    assert "Signed off before: w07." in result.stdout


def test_another_plan_code_is_refused_with_the_difference(script: Desktop) -> None:
    seen = plan_code(script)
    set_line(script.folder / "config.toml", "nominations", '"1,304"')
    give(script, plan)
    error = give(script, approve, "--all", "--by", "Ann Example", "--code", seen).exception
    assert isinstance(error, NotApprovedError)
    assert "~ winner: its text or picture" in str(error)
    assert states(script) == {"draft": 31}


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ((), "Add --all, or codes such as w07."),
        (("--all", "--by", "Ann Example"), "--code PLANCODE"),
        (("--all", "--code", "KR82-DJ"), "--by"),
        (("--all", "w07"), "one or the other"),
    ],
)
def test_a_script_is_told_what_is_missing(script: Desktop, arguments: tuple[str, ...], missing: str) -> None:
    error = give(script, approve, *arguments).exception
    assert isinstance(error, UsageError)
    assert missing in str(error)


def test_an_unknown_post_is_refused_with_near_codes(script: Desktop) -> None:
    error = give(script, approve, "w70", "--by", "Ann Example", "--code", plan_code(script)).exception
    assert "No post has the code “w70”" in str(error)


def test_a_person_sees_the_texts_and_warnings_and_is_asked(person: Desktop) -> None:
    result = give(person, approve, typed="y\n")
    assert "7th: Zoë Applethwaite" in result.stdout
    assert "with your sign-off you accept them" in result.stdout
    assert f"Sign off these 31 posts of plan {plan_code(person)} as Ann Example? [y/N]" in result.stdout
    assert "approve --all" not in result.stdout, "who is asked already needs no command for it"
    assert states(person) == {"approved": 31}


def test_the_name_in_the_command_that_is_shown_has_to_be_filled_in(script: Desktop) -> None:
    error = give(script, approve, "--all", "--by", "YOUR NAME", "--code", plan_code(script)).exception
    assert isinstance(error, UsageError)
    assert '--by "Ann Example"' in str(error)
    assert states(script) == {"draft": 31}


def test_a_person_sees_only_what_is_to_be_signed(person: Desktop) -> None:
    result = give(person, approve, "w07", typed="y\n")
    assert "Sign off this post of plan" in result.stdout
    assert "w08" not in result.stdout.split("Sign off this post")[0]
    assert states(person) == {"draft": 30, "approved": 1}


@pytest.mark.parametrize("typed", ["n\n", "\n"])
def test_no_is_the_default(person: Desktop, typed: str) -> None:
    assert "Nothing was signed off." in give(person, approve, typed=typed).stdout
    assert states(person) == {"draft": 31}


def test_a_person_is_not_asked_when_nothing_waits(person: Desktop) -> None:
    give(person, approve, typed="y\n")
    result = give(person, approve)
    assert "was waiting for a sign-off" in result.stdout
    assert "[y/N]" not in result.stdout


def test_errors_block_before_anybody_is_asked(person: Desktop) -> None:
    edit(person.folder / "templates" / "organisation.txt.j2", "{{", "x" * 300 + " {{")
    give(person, plan)
    result = give(person, approve, typed="y\n")
    assert isinstance(result.exception, FindingsError)
    assert "[y/N]" not in result.stdout


def test_the_name_of_the_sign_off_stands_in_the_log(script: Desktop) -> None:
    give(script, approve, "--all", *signed_by_ann(script))
    with script.shop() as shop:
        entry = shop.bot.log()[-2]
    assert (entry.action, entry.actor, entry.note) == ("approve", "Ann Example", "signed off by Ann Example")


def test_a_script_says_that_it_accepts_the_warnings(script: Desktop) -> None:
    refused = give(script, approve, "--all", "--by", "Ann Example", "--code", plan_code(script))
    assert isinstance(refused.exception, FindingsError)
    assert "--accept-warnings" in str(refused.exception)
    assert "@handle" in str(refused.exception)
    assert states(script) == {"draft": 31}


@pytest.mark.parametrize(("typed", "state"), [("y\n", "approved"), ("n\n", "draft")])
def test_a_person_with_a_plan_code_is_asked_about_the_warnings_alone(person: Desktop, typed: str, state: str) -> None:
    result = give(person, approve, "--all", "--code", plan_code(person), typed=typed)
    assert "Accept 1 warning with your sign-off? [y/N]" in result.stdout
    assert states(person) == {state: 31}


def test_a_sign_off_ticks_the_warnings_in_the_signers_name(person: Desktop) -> None:
    give(person, approve, typed="y\n")
    with person.shop() as shop:
        entry = shop.bot.log()[-1]
        (finding,) = shop.bot.findings()
    assert (entry.action, entry.actor, entry.detail) == ("tick", "Ann Example", "MENTION: the campaign")
    assert finding.accepted.startswith("ticked by Ann Example: accepted with the sign-off of plan ")


def test_the_real_program_ends_with_the_code_for_changed_since(script: Desktop) -> None:
    command = [sys.executable, "-m", "bot", "-C", str(script.folder)]
    command += ["approve", "--all", "--by", "Ann Example", "--code", "0000-00"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ)
    assert done.returncode == 4
    assert "is not the code of any plan of this campaign" in done.stderr
    assert done.stdout == ""
