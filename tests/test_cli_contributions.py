"""``campaign-bot contributions`` as a moderator uses it, and the other commands with a day."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import cli
from bot.cli.contributions import contributions
from bot.cli.setup import init
from bot.clock import VirtualClock
from bot.config_reading import read_config
from bot.errors import FindingsError, ListError, UsageError
from bot.render import Templates
from tests.days import DAY, FORTY, a_day_folder, written
from tests.screens import Desktop, give

FEW = (
    ("", "Ana", "Kettle on.", "", "", "yes"),
    ("12:00", "Bea", "Lunch with the whole team!", "", "", "yes"),
    ("", "Hal", "My case this morning, a 14-year-old.", "", "", "yes"),
)
BY = ("--by", "Ann Example")


@pytest.fixture
def desk(tmp_path: Path) -> Desktop:
    return Desktop(folder=a_day_folder(tmp_path, FEW))


def run(desk: Desktop, *words: str | Path, typed: str = "") -> str:
    result = give(desk, contributions, *words, typed=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def command(desk: Desktop, *words: str) -> str:
    found = cli.get_command(None, words[0])  # type: ignore[arg-type]  # the context is not used
    assert found is not None
    result = give(desk, found, *words[1:])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def loaded(desk: Desktop) -> Desktop:
    run(desk, "load", "contributions.csv")
    return desk


def states(desk: Desktop) -> dict[str, str]:
    return {one["code"]: one["state"] for one in json.loads(run(desk, "list", "--json"))["contributions"]}


def test_a_new_day_lies_ready_and_its_sample_holds_what_the_checks_stop(tmp_path: Path) -> None:
    said = give(Desktop(folder=tmp_path), init, "--kind", "day").output
    assert "contributions load contributions.csv" in said
    config = read_config(tmp_path, environ={})
    assert config.is_day
    assert config.first_day == config.last_day
    assert {path.name for path in (tmp_path / "templates").iterdir()} == {
        "closing.txt.j2",
        "contribution.txt.j2",
        "opening.txt.j2",
    }
    assert Templates(tmp_path / "templates").check() == ()
    shown = run(Desktop(folder=tmp_path), "load", "contributions.csv")
    assert "13 taken in" in shown
    assert "✗ c09" in shown


def test_loading_shows_what_came_in_and_what_the_checks_say(desk: Desktop) -> None:
    said = run(desk, "load", "contributions.csv")
    assert "c02   ○ waiting  12:00" in said
    assert "✓ Contributions: 3 taken in." in said
    assert "3 contributions: 3 waiting." in said
    assert "✗ c03: The text may point to a child: “14-year-old”. (CHILD)" in said
    assert said.endswith("Next: campaign-bot contributions review\n")
    assert "3 known already" in run(desk, "load", "contributions.csv")


def test_a_dry_run_saves_nothing(desk: Desktop) -> None:
    said = run(desk, "load", "contributions.csv", "--dry-run")
    assert "+ c02  12:00" in said
    assert "Nothing was saved" in said
    assert states(desk) == {}


def test_a_changed_row_is_shown_before_and_after(desk: Desktop) -> None:
    loaded(desk)
    changed = (*FEW[:1], (*FEW[1][:2], "Lunch with the whole big team!", *FEW[1][3:]), FEW[2])
    (desk.folder / "contributions.csv").write_text(written(changed), "utf-8")
    said = run(desk, "load", "contributions.csv")
    assert "~ c02  text\n      before: Lunch with the whole team!\n      after:  Lunch with the whole big team!" in said


def test_a_bad_file_is_refused_whole(desk: Desktop) -> None:
    (desk.folder / "contributions.csv").write_text(written([*FEW, ("lunch", "X", "Hm", "", "", "yes")]), "utf-8")
    with pytest.raises(ListError, match="row 5, column time"):
        run(desk, "load", "contributions.csv")
    assert states(desk) == {}


def test_approving_all_clean_ones_shows_them_first_and_leaves_the_unsafe_one(desk: Desktop) -> None:
    loaded(desk)
    with pytest.raises(UsageError, match="Add --yes"):
        run(desk, "approve", "--all-clean", *BY)
    person = replace(desk, person=True)
    said = run(person, "approve", "--all-clean", *BY, typed="y\n")
    assert said.index("│ Kettle on.") < said.index("Approve 2 of them as Ann Example?")
    assert states(desk) == {"c01": "approved", "c02": "approved", "c03": "waiting"}


def test_a_moderator_needs_a_name(desk: Desktop) -> None:
    loaded(desk)
    with pytest.raises(UsageError, match="needs a name"):
        run(desk, "approve", "c01", "--yes")


def test_the_unsafe_one_needs_a_reason_and_then_says_whose(desk: Desktop) -> None:
    loaded(desk)
    with pytest.raises(FindingsError, match="--despite"):
        run(desk, "approve", "c03", "--yes", *BY)
    run(desk, "approve", "c03", "--yes", "--despite", "it is my own son", *BY)
    assert "waived by Ann Example: it is my own son" in run(desk, "list")


def test_turning_down_needs_a_note_and_takes_a_planned_post_out(desk: Desktop) -> None:
    loaded(desk)
    run(desk, "approve", "--all-clean", "--yes", *BY)
    command(desk, "plan")
    with pytest.raises(UsageError, match="--note"):
        run(desk, "turn-down", "c01", *BY)
    said = run(desk, "turn-down", "c01", "--note", "asked us to", *BY)
    assert "c01 is turned down by Ann Example: asked us to" in said
    assert "Its post has left the plan" in said
    with desk.shop() as shop:
        assert {post.code for post in shop.bot.posts()} == {"opening", "c02", "closing"}


def test_what_was_turned_down_is_checked_again_before_it_is_approved_after_all(desk: Desktop) -> None:
    loaded(desk)
    run(desk, "turn-down", "c03", "--note", "names an age", *BY)
    assert "(CHILD)" in run(desk, "show", "c03")
    with pytest.raises(FindingsError, match="--despite"):
        run(desk, "approve", "c03", "--yes", *BY)
    assert states(desk)["c03"] == "turned down"


def test_nothing_is_approved_without_consent_by_way_of_turning_it_down(tmp_path: Path) -> None:
    desk = loaded(Desktop(folder=a_day_folder(tmp_path, [("", "Ana", "Kettle on.", "", "", "no")])))
    run(desk, "turn-down", "c01", "--note", "has not agreed", *BY)
    with pytest.raises(FindingsError, match="has not agreed"):
        run(desk, "approve", "c01", "--yes", "--despite", "it is only a kettle", *BY)


def test_a_list_of_long_texts_fits_a_screen_of_eighty_columns(tmp_path: Path) -> None:
    rows = [
        ("2027-03-08 09:30", "The Out-of-Hours Adult Care Team", "Kettle on and calendar open. " * 4, "", "", "yes")
    ]
    desk = Desktop(folder=a_day_folder(tmp_path, rows))
    lines = run(desk, "load", "contributions.csv", "--dry-run").splitlines()
    lines += run(desk, "load", "contributions.csv").splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert any("Kettle" in line and line.endswith("…") for line in lines)


def test_what_helps_against_several_findings_is_said_once_and_can_be_pasted(desk: Desktop) -> None:
    said = run(loaded(desk), "show", "c03")
    assert said.count("(CHILD)") == said.count("(CASE)") == 1
    assert said.count('campaign-bot contributions edit c03 --text "…"') == 1


def test_turning_down_what_is_planned_says_that_the_closing_counts_it(desk: Desktop) -> None:
    loaded(desk)
    run(desk, "approve", "--all-clean", "--yes", *BY)
    command(desk, "plan")
    said = run(desk, "turn-down", "c01", "--note", "asked us to", *BY)
    assert "! closing: 1 contribution will be out, but the closing post says another number." in said
    assert "campaign-bot plan" in said


def test_a_contributor_who_withdraws_is_pointed_to_turning_down(desk: Desktop) -> None:
    loaded(desk)
    with pytest.raises(UsageError, match="campaign-bot contributions turn-down c02"):
        command(desk, "withdraw", "Bea")
    with pytest.raises(UsageError, match="campaign-bot contributions list"):
        command(desk, "withdraw", "3")


def test_before_anything_is_sent_in_every_screen_names_the_command_of_a_day(desk: Desktop) -> None:
    seen = [command(desk, *words) for words in (("db", "status"), ("doctor",), ("status",))]
    assert all("campaign-bot contributions load FILE" in said for said in seen)
    assert not any("LIST.csv" in said for said in seen)


def test_a_picture_is_described_during_the_review_and_no_reason_is_asked_for_where_none_would_do(
    tmp_path: Path,
) -> None:
    rows = [("", "Pat", "Our new reading corner is open.", "corner.png", "", "yes")]
    desk = loaded(Desktop(folder=a_day_folder(tmp_path, rows)))
    said = run(replace(desk, person=True), "review", *BY, typed="a\nd\nA corner with cushions\na\n")
    assert "Why is it safe all the same?" not in said
    assert states(desk) == {"c01": "approved"}


def test_emoji_that_a_spreadsheet_has_turned_into_question_marks_are_told(desk: Desktop) -> None:
    (desk.folder / "contributions.csv").write_bytes(
        written([("", "Siân", "Two students qualified! ??", "", "", "yes")]).encode("cp1252")
    )
    assert "cannot hold emoji" in run(desk, "load", "contributions.csv")


def test_an_emoji_at_the_end_of_what_was_sent_in_is_no_finding_although_the_name_follows(tmp_path: Path) -> None:
    rows = [("", "Ana", "Kettle on. ☕", "", "", "yes"), ("", "Bea", "I ♥ this job.", "", "", "yes")]
    desk = loaded(Desktop(folder=a_day_folder(tmp_path, rows)))
    said = run(desk, "list")
    assert "c02: Words follow after ♥. (EMOJI-MID)" in said
    assert "c01:" not in said
    run(desk, "approve", "c01", "c02", "--yes", *BY)
    command(desk, "plan")
    assert "c01: Words follow" not in command(desk, "check")


def test_a_review_walks_through_what_waits(desk: Desktop) -> None:
    loaded(desk)
    person = replace(desk, person=True)
    said = run(person, "review", *BY, typed="y\nt\nnames an age\n")
    assert "Approve all 2 as Ann Example?" in said
    assert "✓ Nothing waits any more." in said
    assert states(desk) == {"c01": "approved", "c02": "approved", "c03": "turned down"}


def test_a_review_takes_an_approval_of_an_unsafe_one_with_a_reason_only(desk: Desktop) -> None:
    loaded(desk)
    person = replace(desk, person=True)
    run(person, "review", *BY, typed="n\nl\nl\na\n\nq\n")
    assert states(desk)["c03"] == "waiting"
    run(person, "review", *BY, typed="n\nl\nl\na\nit is about me\n")
    assert states(desk)["c03"] == "approved"


def test_a_review_needs_a_person(desk: Desktop) -> None:
    loaded(desk)
    with pytest.raises(UsageError, match="needs a person"):
        run(desk, "review", *BY)


def test_a_thread_shows_its_parts_and_goes_back(tmp_path: Path) -> None:
    desk = loaded(Desktop(folder=a_day_folder(tmp_path, FORTY)))
    said = run(desk, "thread", "c32", *BY)
    assert "part 1 of 2" in said
    assert "part 2 of 2" in said
    assert "part" not in run(desk, "thread", "c32", "--off", *BY).replace("parting", "")


def test_adding_one_now_finds_the_next_free_slot(desk: Desktop) -> None:
    loaded(desk)
    run(desk, "approve", "--all-clean", "--yes", *BY)
    command(desk, "plan")
    with desk.shop() as shop:
        shop.bot.approve(codes=None, plan_code=shop.bot.record.planned().plan_code, by="Ann Example")
    late = replace(desk, clock=VirtualClock(DAY.replace(hour=9, minute=1)))
    words = ("add", "--name", "Zoe", "--text", "The sun came out.", "--consent", "yes", "--now", "--yes", *BY)
    said = run(late, *words)
    assert "✓ c04 is signed off by Ann Example for Monday 8 March 2027 09:10" in said
    assert "It is there already, as c04." in run(late, *words[:-4])


def test_a_late_one_shows_what_the_sign_off_accepts_and_a_no_leaves_it_unsigned(desk: Desktop) -> None:
    loaded(desk)
    run(desk, "approve", "--all-clean", "--yes", *BY)
    command(desk, "plan")
    with desk.shop() as shop:
        shop.bot.approve(codes=None, plan_code=shop.bot.record.planned().plan_code, by="Ann Example")
    late = replace(desk, clock=VirtualClock(DAY.replace(hour=9, minute=1)), person=True)
    words = ("add", "--name", "Zoe", "--text", "WE ARE SO VERY PROUD TODAY", "--consent", "yes", "--now", *BY)
    said = run(late, *words, typed="y\nn\n")
    assert said.index("(CAPS)") < said.index("Accept that, and sign it off?")
    assert "Next: campaign-bot approve c04 closing" in said
    with desk.shop() as shop:
        assert shop.bot.post("c04").approval is None
    said = run(late, "approve", "c04", "--now", *BY, typed="y\ny\n")
    assert "✓ c04 is signed off by Ann Example" in said


def test_the_screens_of_a_day_speak_of_no_list_and_no_workers(desk: Desktop) -> None:
    seen = [command(desk, "status")]
    assert "campaign-bot contributions load FILE" in seen[0]
    loaded(desk)
    seen.append(command(desk, "status"))
    assert "campaign-bot contributions review" in seen[1]
    run(desk, "approve", "--all-clean", "--yes", *BY)
    seen += [
        command(desk, *words) for words in (("plan",), ("check",), ("preview",), ("start", "--dry-run"), ("status",))
    ]
    assert "Ana" in seen[4]
    assert not any(word in "".join(seen).lower() for word in ("worker", "load list.csv", "rank", "organisation"))
