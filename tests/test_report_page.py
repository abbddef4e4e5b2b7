"""The report as a page: nothing runs or loads, everything stands in words, and it fits a telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.metrics import Counts
from bot.model import Mode
from bot.reports.report import Report, ReportPost
from bot.reports.report_html import report_html
from tests.aired import aired_in
from tests.fake_x import faults
from tests.pages import Page, a_browser
from tests.test_preview_page import CONTRAST, HOSTILE, LONG_WORD, SMALL_TARGETS, Attributes

PLOTS = ["Posts by day", "Engagement by day", "Engagement over time", "The best five", "By organisation"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A week with numbers over time, a skipped, a deleted, an adopted and a failed post, and one without numbers."""
    made = aired_in(tmp_path_factory.mktemp("report") / "week")
    made.fake.faults += [faults.lost_answer(), faults.answered(400)]
    made.stage.bot.skip("w15", "She is on leave")
    made.until(days=4)
    for number, network_id in enumerate(made.fake.posts):
        made.fake.audience.react(network_id, like_count=7 * number, impression_count=900 * number)
    made.read()
    made.fake.audience.hidden.add(made.network_id("w20"))
    made.stage.run_to_the_end()
    made.stage.bot.mending.delete("w14", made.publisher)
    made.read()
    found = made.stage.bot.reporting.report()
    made.stage.storage.close()
    return found


@pytest.fixture(scope="module")
def hard(report: Report) -> Report:
    """The same with a hostile and an endless name."""
    first = replace(report.posts[0], title=HOSTILE, reason=LONG_WORD, organisation=LONG_WORD)
    return replace(report, campaign=f"{LONG_WORD} {HOSTILE}", posts=(first, *report.posts[1:]))


@pytest.fixture(scope="module")
def page(hard: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(report_html(hard), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with a_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(hard: Report) -> None:
    for tag, attributes in Attributes(report_html(hard)).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "img"}
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "src"}]
        assert attributes.get("href", "#").startswith(("#", "https://x.com/"))


def test_every_id_is_unique_and_headings_go_down_one_step_at_a_time(hard: Report) -> None:
    tags = Attributes(report_html(hard)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert len(ids) == len(set(ids))
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_there_is_a_plot_of_each_kind_with_its_words(report: Report) -> None:
    html = report_html(report)
    assert re.findall(r"<h3>([^<]+)</h3>", html) == PLOTS
    described = re.findall(r"<desc [^>]+>([^<]+)</desc>", html)
    assert len(described) == len(PLOTS)
    assert "Mon 8: 7 of 8" in described[0]


def test_practice_is_said_on_top_and_has_no_numbers(report: Report) -> None:
    practised = replace(report, mode=Mode.PRACTICE, readings=replace(report.readings, last_at=None))
    html = report_html(practised)
    assert html.index("PRACTICE: nothing was sent.") < html.index("<main")
    assert "Engagement" not in html


def test_a_number_that_is_not_known_is_said_in_words(report: Report) -> None:
    bare = [replace(post, parts=tuple(replace(part, counts=Counts()) for part in post.parts)) for post in report.posts]
    html = report_html(replace(report, posts=tuple(bare)))
    assert html.count('<dd class="unknown">not available</dd>') == 6
    assert "Mon 8: not available" in html


def test_what_was_taken_down_is_not_linked(report: Report) -> None:
    html = report_html(report)
    gone, there = (next(post for post in report.posts if post.code == code) for code in ("w14", "w16"))
    assert gone.url.startswith("https://x.com/")
    assert f'href="{gone.url}"' not in html
    assert f'href="{there.url}"' in html


def test_an_empty_plan_has_a_report_too(report: Report) -> None:
    posts: tuple[ReportPost, ...] = ()
    assert "0 posts" in report_html(replace(report, posts=posts, deviations=(), moments=()))


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_has_to_be_scrolled_sideways(browser: Page, page: Path, width: int) -> None:
    browser.open(page, width=width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        browser.evaluate("Math.max(...[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().right))")
        <= width
    )


def test_the_browser_asks_for_nothing_but_the_file(browser: Page, page: Path) -> None:
    browser.open(page, width=390)
    assert {url.split(":")[0] for url in browser.requests} == {"file"}
    assert browser.evaluate("document.scripts.length") == 0
    assert browser.evaluate("getComputedStyle(document.querySelector('.plot .mark')).fill") == "rgb(75, 42, 123)"


@pytest.mark.parametrize("dark", [False, True])
def test_every_word_stands_out_from_its_ground(browser: Page, page: Path, dark: bool) -> None:
    browser.open(page, width=390, dark=dark)
    assert browser.evaluate(CONTRAST) == []


def test_words_in_a_plot_can_be_read_on_a_telephone(browser: Page, page: Path) -> None:
    browser.open(page, width=390)
    heights = "[...document.querySelectorAll('.plot text')].map(e => e.getBoundingClientRect().height)"
    assert min(browser.evaluate(heights)) >= 10
    assert browser.evaluate(SMALL_TARGETS) == []


def test_it_prints(browser: Page, page: Path) -> None:
    browser.open(page, width=794, medium="print")
    assert browser.pdf().startswith(b"%PDF-")
    assert browser.evaluate(CONTRAST) == []


def test_the_readings_are_an_hour_or_more_apart_on_the_line(report: Report) -> None:
    assert len(report.moments) == 2
    assert report.moments[1].at - report.moments[0].at > timedelta(hours=1)
