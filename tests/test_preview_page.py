from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from bot.model import Approval, MessageState, Post, Receipt, Standing
from bot.reports.preview_html import initials, preview_html, segments
from tests.pages import Page, a_browser
from tests.samples import BEFORE, a_message, a_picture, a_post, a_slot, a_top_list, a_week, winner_post
from tests.test_preview import preview_of

HOSTILE = '<script>alert("1")</script><img src=http://evil.example/x onerror=alert(1)>&amp; {{ 7 * 7 }}'
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 4

CONTRAST = """(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255]; };
  const weak = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.getClientRects().length) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...weak];
})()"""

SMALL_TARGETS = """[...document.querySelectorAll('a')].filter(a => a.checkVisibility() && !a.closest('.skip'))
  .filter(a => a.getBoundingClientRect().height < 24).map(a => a.textContent)"""


def a_hard_week() -> tuple[Post, ...]:
    """All states, an overlong text, a picture that is there and one that is not, a hostile text, and a thread."""
    picture, _ = a_picture()
    missing = replace(picture, sha256="f" * 64, alt_text="")
    approval = Approval(by="Alex Sample", at=BEFORE, digest="d", plan_code="4F7A-91")
    posted = a_message("Out now", state=MessageState.POSTED, media=(picture,), message_id=1)
    states = (MessageState.FAILED, MessageState.UNKNOWN, MessageState.HELD, MessageState.SENDING, MessageState.DELETED)
    odd = [
        a_post(messages=(a_message(f"State {state}", state=state, reason="A reason."),), code=f"s{n}", slot=a_slot(n))
        for n, state in enumerate(states)
    ]
    return (
        *odd,
        a_post(messages=(posted,), code="w01"),
        replace(a_post(HOSTILE, code="w02", slot=a_slot(1), standing=Standing.APPROVED), approval=approval),
        a_post(f"{LONG_WORD} @handle https://example.org/{LONG_WORD}?q=1 #CareAwards2027 " + "x" * 150, code="w03"),
        a_post(messages=(a_message("A picture", media=(missing,)),), code="w04", slot=a_slot(2)),
        a_post("Missed", code="w05", standing=Standing.MISSED),
        a_post("Skipped", code="w06", standing=Standing.SKIPPED),
        a_post("   two  blanks\n\n\ttab, \u05e9\u05dc\u05d5\u05dd and \U0001f469\u200d\U0001f467\n", code="w07"),
        winner_post(),
    )


def page_of(*posts: Post, campaign: str = "Care Awards 2027") -> str:
    picture, content = a_picture()
    preview = replace(preview_of(*posts, ranking=a_top_list()), campaign=campaign)
    return preview_html(preview, media={picture.sha256: content})


class Attributes(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with a_browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def hard_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "preview.html"
    file.write_text(page_of(*a_hard_week(), campaign=f"{LONG_WORD} {HOSTILE}"), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain", [("plain", "Plain")]),
        ("See example.org!", [("plain", "See "), ("link", "example.org"), ("plain", "!")]),
        ("@a and #Tag", [("tag", "@a"), ("plain", " and "), ("tag", "#Tag")]),
        ("https://example.org/#Tag #Tag", [("link", "https://example.org/#Tag"), ("plain", " "), ("tag", "#Tag")]),
    ],
)
def test_links_and_tags_are_coloured_and_nothing_else(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(piece.kind, piece.text) for piece in segments(text, 280)] == expected


@pytest.mark.parametrize("text", ["", HOSTILE, "x" * 300, "\u4e2d" * 200 + " #Tag", "a@b.example #A#B @c @c"])
def test_segments_add_and_lose_nothing(text: str) -> None:
    assert "".join(piece.text for piece in segments(text, 280)) == text


def test_what_is_over_the_limit_is_marked_from_the_right_character_on() -> None:
    assert "".join(piece.text for piece in segments("\u4e2d" * 145, 280) if piece.over) == "\u4e2d" * 5


@pytest.mark.parametrize(("name", "letters"), [("Riverside Care Awards", "RA"), ("RiversideAwards", "RA"), ("x", "X")])
def test_the_account_has_initials_for_a_face(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_nothing_is_loaded_from_anywhere() -> None:
    for tag, attributes in Attributes(page_of(*a_hard_week())).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert attributes.get("src", "data:").startswith("data:image/png;base64,") or "src" not in attributes
        assert attributes.get("href", "#").startswith(("#", "https://x.com/"))


def test_the_page_forbids_itself_all_but_its_own_style() -> None:
    html = page_of(a_post())
    policy = next(a["content"] for tag, a in Attributes(html).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "@media print" in html
    assert "prefers-reduced-motion" in html
    assert "url(" not in html


def test_a_receipt_of_another_host_or_scheme_is_never_a_link() -> None:
    receipt = Receipt(network_id="1", url="javascript:alert(1)", posted_at=BEFORE)
    message = replace(a_message(state=MessageState.POSTED), receipt=receipt)
    assert "javascript:alert(1)" not in [
        a.get("href") for _, a in Attributes(page_of(a_post(messages=(message,)))).tags
    ]


def test_every_id_is_unique_and_every_inner_link_leads_somewhere() -> None:
    tags = Attributes(page_of(*a_hard_week())).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    inner = {attributes["href"][1:] for _, attributes in tags if attributes.get("href", "").startswith("#")}
    assert len(ids) == len(set(ids))
    assert inner <= set(ids)


def test_headings_go_down_one_step_at_a_time() -> None:
    levels = [int(tag[1]) for tag, _ in Attributes(page_of(*a_hard_week())).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_an_empty_plan_has_a_page_too() -> None:
    assert "No posts yet" in page_of()


@pytest.mark.parametrize("width", [320, 390, 768, 900, 1280])
def test_nothing_has_to_be_scrolled_sideways_and_the_header_stays_low(
    browser: Page, hard_page: Path, width: int
) -> None:
    browser.open(hard_page, width=width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.documentElement.clientWidth") <= width
    assert browser.evaluate("document.querySelector('.bar').offsetHeight") <= 130


def test_the_browser_asks_for_nothing_but_the_file_and_runs_nothing(browser: Page, hard_page: Path) -> None:
    browser.open(hard_page, width=390)
    asked = {url.split(":")[0] for url in browser.requests}
    assert asked == {"file", "data"}
    assert browser.evaluate("document.scripts.length") == 0
    assert browser.evaluate("getComputedStyle(document.querySelector('.card')).borderTopWidth") == "1px"


def test_the_texts_on_the_page_are_those_that_are_stored(browser: Page, hard_page: Path) -> None:
    browser.open(hard_page, width=390)
    week = sorted(a_hard_week(), key=lambda post: (post.slot.due_at, post.code))
    shown = browser.evaluate("[...document.querySelectorAll('.text')].map(e => e.textContent)")
    assert shown == [message.draft.text for post in week for message in post.messages]
    alts = browser.evaluate("[...document.querySelectorAll('img')].map(e => e.alt)")
    assert alts == ["A smile in the garden."]


@pytest.mark.parametrize("dark", [False, True])
def test_every_word_stands_out_from_its_ground(browser: Page, hard_page: Path, dark: bool) -> None:
    browser.open(hard_page, width=390, dark=dark)
    assert browser.evaluate(CONTRAST) == []


def test_links_are_large_enough_for_a_thumb(browser: Page, hard_page: Path) -> None:
    browser.open(hard_page, width=320)
    assert browser.evaluate(SMALL_TARGETS) == []


def test_the_plain_facts_stay_in_view_while_scrolling(browser: Page, tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    file.write_text(page_of(*a_week(a_top_list())), encoding="utf-8")
    browser.open(file, width=390)
    browser.evaluate("window.scrollTo({top: 2000, behavior: 'instant'})")
    assert browser.evaluate("document.querySelector('.bar').getBoundingClientRect().top") == 0
    shown = browser.evaluate("document.querySelector('.bar').innerText")
    assert all(fact in shown for fact in ("Care Awards 2027", "PRACTICE", "4F7A-91", "14 posts", "US$0.27"))


def test_on_paper_there_is_a_place_to_sign_and_nothing_sticks(browser: Page, hard_page: Path) -> None:
    browser.open(hard_page, width=794, dark=True, medium="print")
    assert browser.evaluate("getComputedStyle(document.querySelector('.bar')).position") == "static"
    assert browser.evaluate("document.querySelector('.signature').checkVisibility()") is True
    assert browser.evaluate("document.querySelector('.days').checkVisibility()") is False
    assert browser.evaluate(CONTRAST) == []
    assert browser.pdf().startswith(b"%PDF-")
