"""``campaign-bot load`` as a person and as a script use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.cli.load import load as load_command
from bot.cli.screen import Screen
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.errors import ListError, ListQuestionError, UsageError
from tests.campaigns import a_folder, a_stage


class Terminal(Screen):
    """A person sits there."""

    @property
    def may_ask(self) -> bool:
        return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_folder(tmp_path / "campaign")


def load(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "load", *arguments], catch_exceptions=True)


def load_at_terminal(folder: Path, *arguments: str, typed: str) -> Result:
    screen = Terminal(folder=folder, actor="Ann Example", colour=False)
    return CliRunner().invoke(load_command, list(arguments), obj=screen, input=typed)


def a_list(folder: Path, *rows: str) -> str:
    path = folder / "people.csv"
    path.write_text("\n".join(("rank,name,organisation,count", *rows)) + "\n", "utf-8")
    return str(path)


def bot_of(folder: Path) -> Bot:
    from bot.bootstrap import open_shop

    return open_shop(read_config(folder, environ={}), actor="Ann Example").bot


def names(folder: Path) -> list[str]:
    return [worker.name for worker in bot_of(folder).ranking().workers]


def test_a_list_is_shown_as_understood_and_saved_in_a_new_database(folder: Path) -> None:
    result = load(folder, str(folder / "top20.csv"))
    assert result.exit_code == 0
    assert "=9th  Marisol Thornbeck" in result.stdout
    assert "Loaded 20 people of 13 organisations." in result.stdout
    assert "Next: campaign-bot plan" in result.stdout
    assert len(names(folder)) == 20


def test_a_list_is_found_in_the_folder_of_the_campaign(folder: Path) -> None:
    assert load(folder, "top20.csv").exit_code == 0


def test_a_dry_run_makes_no_database(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    result = load(folder, "top20.csv", "--dry-run")
    assert "Siân Penhallow" in result.stdout
    assert "Nothing was saved." in result.stdout
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_second_load_shows_the_difference_by_person(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9", "2,Ben Ash,Fir Care,8"))
    result = load(folder, a_list(folder, "1,Ann Oak,Elm Care,9", "2,Cara Yew,Ivy Care,7"))
    assert "2 changes against the list before:" in result.stdout
    assert "+ Cara Yew" in result.stdout
    assert "- Ben Ash" in result.stdout


def test_a_dry_run_of_a_second_list_saves_nothing(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    result = load(folder, a_list(folder, "1,Cara Yew,Ivy Care,7"), "-n")
    assert "+ Cara Yew" in result.stdout
    assert names(folder) == ["Ann Oak"]


def test_the_same_list_again_changes_nothing(folder: Path) -> None:
    load(folder, "top20.csv")
    assert "Nothing has changed against the list before." in load(folder, "top20.csv").stdout


def test_every_bad_cell_is_reported_and_nothing_saved(folder: Path) -> None:
    result = load(folder, a_list(folder, "first,Ann Oak,Elm Care,9", "2,,Fir Care,8"))
    assert isinstance(result.exception, ListError)
    assert len(result.exception.problems) == 2
    assert not list(folder.glob("*.db"))


def test_a_script_is_told_what_to_answer_for_a_doubtful_person(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    result = load(folder, a_list(folder, "1,Ann Oake,Elm Care,9"))
    known = bot_of(folder).ranking().workers[0].worker_id
    assert isinstance(result.exception, ListQuestionError)
    assert f"--same 2={known}" in result.exception.problems[0].remedy
    assert "--new 2" in result.exception.problems[0].remedy


@pytest.mark.parametrize("same_person", [True, False])
def test_a_script_answers_with_options(folder: Path, same_person: bool) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    known = bot_of(folder).ranking().workers[0].worker_id
    answer = ("--same", f"2={known}") if same_person else ("--new", "2")
    assert load(folder, a_list(folder, "1,Ann Oake,Elm Care,9"), *answer).exit_code == 0
    worker = bot_of(folder).ranking().workers[0]
    assert worker.name == "Ann Oake"
    assert (worker.worker_id == known) is same_person


@pytest.mark.parametrize("arguments", [("--same", "7"), ("--same", "x=1"), ("--same", "7=a", "--new", "7")])
def test_an_answer_that_cannot_be_understood_is_refused(folder: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(load(folder, "top20.csv", *arguments).exception, UsageError)


def test_a_person_is_asked_with_numbered_candidates(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    known = bot_of(folder).ranking().workers[0].worker_id
    changed = a_list(folder, "1,Ann Oake,Elm Care,9")
    result = load_at_terminal(folder, changed, typed="7\n1\ny\n")
    assert "1  Ann Oak of Elm Care, 1st on that list" in result.stdout
    assert "n  somebody new" in result.stdout
    assert "~ Ann Oake: was Ann Oak (the same person)" in result.stdout
    assert bot_of(folder).ranking().workers[0].worker_id == known


def test_a_person_may_say_that_it_is_somebody_new(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    result = load_at_terminal(folder, a_list(folder, "1,Ann Oake,Elm Care,9"), typed="n\ny\n")
    assert "+ Ann Oake" in result.stdout
    assert "- Ann Oak" in result.stdout


def test_a_person_may_look_at_the_difference_and_say_no(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    result = load_at_terminal(folder, a_list(folder, "1,Cara Yew,Ivy Care,7"), typed="n\n")
    assert "Nothing was saved." in result.stdout
    assert names(folder) == ["Ann Oak"]


def test_with_yes_a_person_is_not_asked(folder: Path) -> None:
    load(folder, a_list(folder, "1,Ann Oak,Elm Care,9"))
    assert load_at_terminal(folder, a_list(folder, "1,Cara Yew,Ivy Care,7"), "--yes", typed="").exit_code == 0
    assert names(folder) == ["Cara Yew"]


def test_it_says_which_signed_off_posts_are_about_what_has_changed(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    stage = a_stage(folder).plan_and_sign()
    stage.storage.close()
    path = folder / "top20.csv"
    path.write_text(path.read_text("utf-8").replace("Zoë Applethwaite", "Zoe Applethwaite"), "utf-8")
    row = next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if "Zoe Apple" in line)
    known = next(w for w in bot_of(folder).ranking().workers if w.name.startswith("Zoë"))
    result = load(folder, str(path), "--same", f"{row}={known.worker_id}")
    assert "about what has changed: w07, o11, winner." in result.stdout
    assert "until you run: campaign-bot plan" in result.stdout


def test_a_long_list_is_shown_by_its_beginning(folder: Path) -> None:
    rows = [f"{number},Person N{number}x,Elm Care,{900 - number}" for number in range(1, 101)]
    result = load(folder, a_list(folder, *rows))
    assert "… and 40 more" in result.stdout
    assert "Loaded 100 people of 1 organisation." in result.stdout
