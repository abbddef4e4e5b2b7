"""Plots are plain SVG: named for screen readers, nothing hidden in colours, nothing that runs or loads."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.plots import WIDTH, Bar, Point, line, lying_bars, plot_css, standing_bars

SVG = "{http://www.w3.org/2000/svg}"
AT = datetime(2027, 3, 8, 9, tzinfo=UTC)
HOSTILE = '<script>alert("1")</script> & \'"'
bars = st.lists(
    st.builds(
        Bar, label=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), value=st.integers(0, 10**12)
    ),
    max_size=40,
)


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own text


def texts(svg: str, kind: str) -> list[str]:
    return [item.text or "" for item in tree(svg).iter(f"{SVG}text") if item.get("class") == kind]


def drawn(*given_bars: Bar) -> str:
    return standing_bars(given_bars, name="days", title="Engagement", description="By day.")


@pytest.mark.parametrize("draw", [standing_bars, lying_bars])
def test_every_bar_has_its_name_and_number_in_words(draw: type) -> None:
    svg = draw(
        [Bar(label="Mon 8", value=1204), Bar(label="Tue 9", value=3, said="3 of 4")],
        name="a",
        title="T",
        description="D",
    )
    assert texts(svg, "label") == ["Mon 8", "Tue 9"]
    assert texts(svg, "value") == ["1,204", "3 of 4"]


def test_title_and_description_are_tied_to_the_plot() -> None:
    root = tree(drawn(Bar(label="Mon", value=1)))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "days-title days-desc")
    named = {item.get("id"): item.text for item in root if item.get("id")}
    assert named == {"days-title": "Engagement", "days-desc": "By day."}


def test_nothing_in_a_label_can_become_markup() -> None:
    svg = lying_bars([Bar(label=HOSTILE, value=1)], name='x"><b', title=HOSTILE, description=HOSTILE)
    assert {item.tag.removeprefix(SVG) for item in tree(svg).iter()} == {"svg", "title", "desc", "text", "rect"}
    assert "style=" not in svg


def test_a_bar_is_as_long_as_its_number_says() -> None:
    tall = [
        float(item.get("height", ""))
        for item in tree(drawn(Bar(label="a", value=50), Bar(label="b", value=100))).iter(f"{SVG}rect")
    ]
    assert tall[1] == 2 * tall[0]


def test_nought_has_its_number_and_no_bar() -> None:
    svg = drawn(Bar(label="a", value=0), Bar(label="b", value=2))
    assert texts(svg, "value") == ["0", "2"]
    assert len(list(tree(svg).iter(f"{SVG}rect"))) == 1


def test_labels_that_would_overlap_are_thinned_out() -> None:
    svg = drawn(*(Bar(label=f"{hour:02}:00", value=hour) for hour in range(24)))
    assert 4 <= len(texts(svg, "label")) <= 12
    assert texts(svg, "label")[0] == "00:00"


@given(bars)
def test_whatever_the_bars_the_plot_is_whole_and_within_its_frame(some: list[Bar]) -> None:
    for draw in (standing_bars, lying_bars):
        root = tree(draw(some, name="x", title="t", description="d"))
        for box in root.iter(f"{SVG}rect"):
            left, wide = float(box.get("x", "")), float(box.get("width", ""))
            assert left >= -0.1
            assert left + wide <= WIDTH + 0.1


def test_a_line_goes_through_its_points_and_ends_with_its_number() -> None:
    points = [Point(at=AT + timedelta(hours=hours), value=value) for hours, value in ((0, 0), (12, 50), (24, 100))]
    svg = line(points, name="time", title="T", description="D", unit="likes")
    path = next(iter(tree(svg).iter(f"{SVG}polyline"))).get("points", "")
    heights = [float(pair.split(",")[1]) for pair in path.split()]
    assert heights[0] - heights[1] == heights[1] - heights[2] > 0
    assert texts(svg, "value") == ["100 likes"]
    assert texts(svg, "label") == ["Mon 8 Mar 09:00", "Tue 9 Mar 09:00"]


@pytest.mark.parametrize("number", [0, 1, 2, 200, 201, 5000])
def test_a_line_of_any_length_is_drawn_with_its_last_point(number: int) -> None:
    points = [Point(at=AT + timedelta(minutes=minute), value=minute) for minute in range(number)]
    svg = line(points, name="time", title="T", description="D")
    assert texts(svg, "value") == ([f"{number - 1:,}"] if number else [])
    assert len(svg) < 12_000


def test_the_colours_are_those_of_the_page() -> None:
    assert set(re.findall(r"var\((--[a-z]+)\)", plot_css())) == {"--ink", "--soft", "--line", "--accent"}
    assert "currentColor" in drawn(Bar(label="a", value=1))
