"""``campaign-bot article``: two files, never over somebody's work, and what its reader sees in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.article import article
from bot.errors import DatabaseError, NotReadyError, UsageError
from tests.campaigns import a_stage
from tests.fake_x import FakeX
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.in_process import in_process_publisher
from tests.pages import Page, a_browser
from tests.screens import Desktop, give


@pytest.fixture
def desk(tmp_path: Path) -> Desktop:
    """The sample week, live and over."""
    stage = a_stage(tmp_path / "week")
    fake = FakeX(now=stage.clock.now, handle="example_charity", credentials=CREDENTIALS)
    stage.publisher = in_process_publisher(fake, stage.clock)
    stage.plan_and_sign().start().run_to_the_end()
    stage.storage.close()
    return Desktop(folder=tmp_path / "week", actor="Ann Example", clock=stage.clock)


def test_it_writes_markdown_and_html_and_says_where(desk: Desktop) -> None:
    result = give(desk, article)
    assert result.exception is None, result.exception
    markdown = (desk.folder / "article.md").read_text("utf-8")
    html = (desk.folder / "article.html").read_text("utf-8-sig")
    assert markdown.startswith("# Care Heroes of the Year: our thanks to everyone on the list\n")
    assert html.startswith("<p>In 2027, from Monday 8 March")
    assert "Title: Care Heroes of the Year: our thanks to everyone on the list" in result.output
    assert str(desk.folder / "article.html") in result.output
    assert result.output.rstrip().splitlines()[-1].startswith("Next: read it")


def test_it_may_be_written_again_as_long_as_nobody_has_worked_on_it(desk: Desktop) -> None:
    give(desk, article)
    config = desk.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace('"12,480"', '"13,000"'), "utf-8")
    assert give(desk, article).exception is None
    assert "13,000" in (desk.folder / "article.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["article.md", "article.html"])
def test_an_article_that_somebody_has_changed_is_kept_unless_forced(desk: Desktop, name: str) -> None:
    give(desk, article)
    path = desk.folder / name
    path.write_text(path.read_text("utf-8") + "Our own words.", "utf-8")
    before = {each: (desk.folder / each).read_bytes() for each in ("article.md", "article.html")}
    refused = give(desk, article)
    assert isinstance(refused.exception, UsageError)
    assert [Path(problem.where).name for problem in refused.exception.problems] == [name]
    assert {each: (desk.folder / each).read_bytes() for each in before} == before
    assert give(desk, article, "--force").exception is None
    assert "Our own words" not in path.read_text("utf-8")


def test_a_file_that_somebody_else_wrote_is_kept(desk: Desktop, tmp_path: Path) -> None:
    mine = tmp_path / "news.md"
    mine.write_text("Mine.", "utf-8")
    assert isinstance(give(desk, article, "--out", mine).exception, UsageError)
    assert mine.read_text("utf-8") == "Mine."
    assert not (tmp_path / "news.html").exists()


def test_before_the_end_it_needs_the_word_draft(tmp_path: Path) -> None:
    stage = a_stage(tmp_path / "week")
    stage.plan_and_sign().start()
    stage.storage.close()
    desk = Desktop(folder=tmp_path / "week", clock=stage.clock)
    refused = give(desk, article)
    assert isinstance(refused.exception, NotReadyError)
    assert "--draft" in str(refused.exception)
    assert not (desk.folder / "article.md").exists()
    result = give(desk, article, "--draft")
    assert "! This is not for publishing yet" in result.output
    assert "DRAFT, not for publishing" in (desk.folder / "article.html").read_text("utf-8-sig").splitlines()[0]


@pytest.mark.parametrize("name", ["article.txt", "-", "article"])
def test_a_name_that_is_no_article_is_refused(desk: Desktop, name: str) -> None:
    assert isinstance(give(desk, article, "--out", name).exception, UsageError)


def test_a_folder_that_cannot_be_written_to_is_said_in_words(desk: Desktop, tmp_path: Path) -> None:
    result = give(desk, article, "--out", tmp_path / "nowhere" / "article.md")
    assert isinstance(result.exception, UsageError)
    assert "cannot be written" in str(result.exception)


def test_without_a_campaign_it_says_what_to_do(desk: Desktop) -> None:
    os.unlink(desk.folder / "campaign.db")  # noqa: PTH108 - as anybody might
    assert isinstance(give(desk, article).exception, DatabaseError)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with a_browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.mark.parametrize("width", [320, 1280])
def test_a_browser_shows_names_as_they_are_spelt_and_loads_nothing(desk: Desktop, browser: Page, width: int) -> None:
    give(desk, article)
    target = desk.folder / "article.html"
    browser.open(target, width=width)
    seen = browser.evaluate("document.body.innerText")
    for name in ("Siân Penhallow", "Łukasz Wiatrowski", "Maeve O’Brien-Tarn", "Hollybank & Finch"):
        assert name in seen
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.requests == [target.as_uri()]
    assert browser.evaluate("document.querySelectorAll('[style], style, script, [class]').length") == 0
