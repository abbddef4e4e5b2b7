"""``campaign-bot preview``: what is shown, and what can be asked for."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap import begin_practice
from bot.cli.load import load
from bot.cli.plan import plan
from bot.cli.preview import preview
from bot.errors import NotReadyError, UsageError
from tests.campaigns import FRIDAY_BEFORE, a_folder
from tests.screens import Desktop, give, set_line

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    """A planned week that is only looked at."""
    screen = Desktop(folder=a_folder(tmp_path_factory.mktemp("preview") / "campaign"), actor="Ann Example")
    give(screen, load, "top20.csv")
    give(screen, plan)
    return screen


def codes(desk: Desktop, *which: str) -> list[str]:
    return [post["code"] for post in json.loads(give(desk, preview, *which, "--json").stdout)["posts"]]


def problems(desk: Desktop, *arguments: str | Path) -> str:
    error = give(desk, preview, *arguments).exception
    assert isinstance(error, UsageError)
    return str(error)


def test_the_whole_week_is_shown_day_by_day(desk: Desktop) -> None:
    shown = give(desk, preview).stdout
    assert "Monday 8 March 2027 · 8 posts" in shown
    assert "○ draft  w07  7th: Zoë Applethwaite, Seven Stiles Support" in shown
    assert "US$0.57 for 38 messages" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (("w07",), ["w07"]),
        (("W07",), ["w07"]),
        (("7",), ["w07"]),
        (("7th",), ["w07"]),
        (("9",), ["w09a", "w09b"]),
        (("=9",), ["w09a", "w09b"]),
        (("winner",), ["winner"]),
        (("7", "winner", "w07"), ["w07", "winner"]),
    ],
)
def test_posts_are_chosen_by_code_rank_or_as_the_winner(
    desk: Desktop, which: tuple[str, ...], expected: list[str]
) -> None:
    assert codes(desk, *which) == expected


def test_a_day_is_chosen_by_any_of_its_names(desk: Desktop) -> None:
    friday = codes(desk, "fri")
    assert "winner" in friday
    assert len(friday) == 3
    assert codes(desk, "Friday") == codes(desk, "2027-03-12") == friday


def test_a_text_is_shown_exactly_as_the_program_gets_it(desk: Desktop) -> None:
    (post,) = json.loads(give(desk, preview, "w07", "--json").stdout)["posts"]
    shown = give(desk, preview, "w07", "--width", "0").stdout
    lines = [line.removeprefix("  │").removeprefix(" ") for line in shown.splitlines() if line.startswith("  │")]
    assert "\n".join(lines) == post["parts"][0]["text"]


def test_lines_fit_into_the_width_that_is_asked_for(desk: Desktop) -> None:
    shown = give(desk, preview, "winner", "--width", "50").stdout
    assert all(len(line) <= 50 for line in shown.splitlines() if line.startswith(("  │", "  ┊")))


def test_everything_unknown_is_named_with_something_near(desk: Desktop) -> None:
    said = problems(desk, "w70", "sat", "99", "w07")
    assert "“w70” is no post, rank or day of this plan." in said
    assert "w20" in said
    assert "No post goes out on “sat”. Days with posts: mon, tue, wed, thu, fri." in said
    assert "No post is about rank 99." in said


def test_a_rank_of_the_podium_points_to_the_winner_thread(desk: Desktop) -> None:
    assert "preview winner" in problems(desk, "1")


def test_one_page_is_written_for_a_browser(desk: Desktop, tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    result = give(desk, preview, "--html", page)
    assert result.exit_code == 0
    assert str(page) in result.stdout
    assert "Zoë Applethwaite" in page.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["week.html"]


def test_a_page_is_replaced_by_the_next_one(desk: Desktop, tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    give(desk, preview, "--html", page)
    give(desk, preview, "mon", "--html", page)
    assert "The winner thread" not in page.read_text("utf-8")


def test_only_a_page_may_be_overwritten(desk: Desktop) -> None:
    assert "ends in .html" in problems(desk, "--html", desk.folder / "config.toml")
    assert "[campaign]" in (desk.folder / "config.toml").read_text("utf-8")


def test_a_page_that_cannot_be_written_says_why(desk: Desktop, tmp_path: Path) -> None:
    assert "The file cannot be written" in problems(desk, "--html", tmp_path / "no folder" / "week.html")


def test_a_file_is_no_folder_for_a_page(desk: Desktop) -> None:
    assert "The file cannot be written" in problems(desk, "--html", desk.folder / "config.toml" / "week.html")


def test_a_page_and_json_at_once_are_refused(desk: Desktop, tmp_path: Path) -> None:
    assert "one at a time" in problems(desk, "--json", "--html", tmp_path / "week.html")


def test_pictures_are_in_the_page_itself(tmp_path: Path) -> None:
    desk = Desktop(folder=a_folder(tmp_path / "campaign"))
    (desk.folder / "zoe.png").write_bytes(PIXEL)
    podium = "1,Ann Oak,Elm Care,,\n2,Ben Ash,Fir Care,,\n3,Cara Yew,Ivy Care,,\n"
    text = f"rank,name,organisation,photo,alt text\n{podium}4,Zoë Applethwaite,Seven Stiles,zoe.png,Zoë in a garden\n"
    (desk.folder / "four.csv").write_text(text, "utf-8")
    give(desk, load, "four.csv")
    give(desk, plan)
    give(desk, preview, "4", "--html", tmp_path / "week.html")
    assert f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}" in (tmp_path / "week.html").read_text("utf-8")


def test_a_new_plan_is_shown_even_if_practice_had_the_old_one(tmp_path: Path) -> None:
    desk = Desktop(folder=a_folder(tmp_path / "campaign"))
    give(desk, load, "top20.csv")
    give(desk, plan)
    with desk.shop() as shop:
        begin_practice(shop).close()
    desk.clock.advance_to(FRIDAY_BEFORE + timedelta(minutes=1))
    set_line(desk.folder / "config.toml", "nominations", '"1,304"')
    code = json.loads(give(desk, plan, "--json").stdout)["plan_code"]
    shown = give(desk, preview).stdout
    assert f"plan {code} · 31 posts" in shown
    assert "1,304" in shown


def test_without_a_plan_it_says_what_to_do(tmp_path: Path) -> None:
    desk = Desktop(folder=a_folder(tmp_path / "campaign"))
    give(desk, load, "top20.csv")
    assert isinstance(give(desk, preview).exception, NotReadyError)
