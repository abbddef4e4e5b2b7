"""Templates and the fence around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import TemplateError
from bot.render import Templates
from bot.sandbox import MAX_TEXT

ROW: dict[str, Any] = {
    "worker": {"name": "Priya Example", "organisation": "Riverside Care", "count": "", "handle": ""},
    "campaign": {"name": "Care Week", "hashtags": ["#CareWeek"]},
    "people": [str(number) for number in range(500)],
    "long": "a" * 9_000,
}
WHERE = "rank 7, Priya Example"


def render(tmp_path: Path, source: str, wording: int = 0) -> tuple[str, ...]:
    """The parts that a template gives for the sample row."""
    (tmp_path / "t.j2").write_bytes(source.encode())
    return Templates(tmp_path).render("t.j2", ROW, wording=wording, where=WHERE)


def failure(tmp_path: Path, source: str) -> str:
    """What a person is told about a template that does not work."""
    with pytest.raises(TemplateError) as caught:
        render(tmp_path, source)
    assert caught.value.problems[0].where.startswith("t.j2")
    return str(caught.value)


def test_parts_are_separated_by_a_line_of_hyphens_and_normalised(tmp_path: Path) -> None:
    parts = render(tmp_path, "Hello {{ worker.name }}  \r\n---\r\nCafe\u0301 -- and --- dashes\n")
    assert parts == ("Hello Priya Example", "Café -- and --- dashes")


def test_a_name_that_looks_like_a_separator_does_not_cut_a_post(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("{{ name }}\n{{ other }}\nend", encoding="utf-8")
    parts = Templates(tmp_path).render("t.j2", {"name": "---", "other": "==="}, where=WHERE)
    assert parts == ("---\n===\nend",)


def test_loops_can_make_parts(tmp_path: Path) -> None:
    source = "Begin\n{% for name in campaign.hashtags + ['b'] %}\n---\nPart {{ loop.index }}: {{ name }}\n{% endfor %}"
    assert render(tmp_path, source) == ("Begin", "Part 1: #CareWeek", "Part 2: b")


def test_a_template_holds_several_wordings(tmp_path: Path) -> None:
    source = "{# one\n===\n---\n#}One\n===\nTwo\n===\n\nThree\n===\n"
    assert [render(tmp_path, source, wording) for wording in range(4)] == [("One",), ("Two",), ("Three",), ("One",)]
    assert Templates(tmp_path).count("t.j2") == 3


def test_a_template_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("Before", encoding="utf-8")
    templates = Templates(tmp_path)
    templates.render("t.j2", ROW, where=WHERE)
    (tmp_path / "t.j2").write_text("Half-sav", encoding="utf-8")
    assert templates.render("t.j2", ROW, where=WHERE) == ("Before",)


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("Hi\n{{ worker.naem }}", 2, "There is no “worker.naem” here. Did you mean worker.name?"),
        ("One\n===\nHi\n\n{{ organisation }}", 5, "There is no “organisation” here. Did you mean worker.organisation?"),
        ("Hi\n===\nHi\n\n{{ organisation }}\n===\nHi\n\n\n{{ organisation }}", 5, "worker.organisation?"),
        ("{% for p in [1] %}\n\n{{ wroker.name }}{% endfor %}", 3, "There is no “wroker” here. Did you mean worker?"),
        ("Hi\n\n{{ worker.count|number }}", 3, "|number cannot work with nothing: it needs a whole number."),
        ("Hi\n{{ worker }}", 2, "A whole row cannot be printed. Name a part of it, such as .name."),
        ("Hi\n{{ people }}", 2, "A list cannot be printed as it is."),
        ("Hi\n{% if worker.name > 3 %}x{% endif %}", 2, "It compares or joins values of different kinds"),
        ("Hi {{ 7 // 0 }}", 1, "It cannot be filled with these values"),
        ("Hi\n---\n{% if worker.count %}Part{% endif %}", 1, "Part 2 is empty."),
        ("{{ worker.count }}", 1, "The text is empty."),
    ],
)
def test_a_text_that_cannot_be_made_names_template_line_and_row(
    tmp_path: Path, source: str, line: int, said: str
) -> None:
    (tmp_path / "t.j2").write_text(source, encoding="utf-8")
    last = source.count("\n===\n")
    with pytest.raises(TemplateError) as caught:
        Templates(tmp_path).render("t.j2", ROW, wording=min(1, last), where=WHERE)
    assert caught.value.problems[0].where == f"t.j2, line {line} ({WHERE})"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("Hi\n{% if 1 %}\nx", 3, "A {% if %} or {% for %} is not closed"),
        ("Hi\n{{ worker.name\n", 2, "A {{ or {% is not closed with }} or %}."),
        ("One\n===\nTwo\n{{ worker.name|nmaes }}", 4, "There is no filter |nmaes. Did you mean |names?"),
        ("One\n===\nTwo\n{% fro x in y %}", 4, "There is no such command: 'fro'."),
        ("Hi\n{{ worker.name is lovely }}", 2, "There is no test “is lovely”."),
        ("Hi\n{{ worker.name.upper() }}", 2, "Calling something with ( ) cannot be done here."),
        ("Hi\x07", 1, "There is an invisible control character."),
    ],
)
def test_a_template_that_cannot_be_read_names_its_line(tmp_path: Path, source: str, line: int, said: str) -> None:
    text = failure(tmp_path, source)
    assert f"t.j2, line {line}: " in text
    assert said in text


def test_a_template_that_is_missing_empty_outside_or_not_utf8_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    templates = Templates(tmp_path / "in")
    (tmp_path / "outside.j2").write_text("x", encoding="utf-8")
    (tmp_path / "in" / "old.j2").write_bytes("Hi\nSiân".encode("cp1252"))
    (tmp_path / "in" / "empty.j2").write_text("{# nothing #}\n===\n", encoding="utf-8")
    (tmp_path / "in" / "folder.j2").mkdir()
    said = {}
    for name in ("none.j2", "../outside.j2", "old.j2", "empty.j2", "folder.j2"):
        with pytest.raises(TemplateError) as caught:
            templates.render(name, ROW, where=WHERE)
        said[name] = str(caught.value)
    assert "none.j2: There is no such template." in said["none.j2"]
    assert "outside the templates folder" in said["../outside.j2"]
    assert "old.j2, line 2: It is not saved as UTF-8." in said["old.j2"]
    assert "empty.j2: The template is empty." in said["empty.j2"]
    assert "cannot be opened" in said["folder.j2"]


def test_check_reports_every_template_of_the_folder_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("Hi\n{{ wroker.name }} {% set x = 1 %}{{ x }}", encoding="utf-8")
    (tmp_path / "b.j2").write_text("{% if %}", encoding="utf-8")
    (tmp_path / "c.j2").write_text("{% for p in podium %}{{ p.name }}{{ loop.index }}{% endfor %}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("{{", encoding="utf-8")
    problems = Templates(tmp_path).check()
    assert [problem.where for problem in problems] == ["a.j2, line 2", "b.j2, line 1"]
    assert problems[0].remedy == "Did you mean worker?"


@pytest.mark.parametrize("value", [None, 1.5, object(), {"a": {1, 2}}, [str.upper], b"x"])
def test_only_plain_values_get_in(tmp_path: Path, value: object) -> None:
    (tmp_path / "t.j2").write_text("x", encoding="utf-8")
    with pytest.raises(TypeError, match="is given texts"):
        Templates(tmp_path).render("t.j2", {"value": value}, where=WHERE)


DOUBLING = "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}"
LOOP = "{% for a in people %}"
HOSTILE = [
    "{{ 'x' * 10**9 }}", "{{ 'x' * 1000000000 }}", "{{ 1000000000 * 'x' }}", "{{ [1] * 1000000000 }}",
    LOOP * 4 + "{% endfor %}" * 4, LOOP * 2 + "x" + "{% endfor %}" * 2, LOOP * 30 + "{% endfor %}" * 30,
    DOUBLING, DOUBLING.replace("~", "+"), "{% set x = people %}" + "{% set x = x + x %}" * 40 + "{{ x|length }}",
    "{% set x = [people, people] %}", "{{ (people, people)|length }}", "{{ {'a': 1} }}",
    "{{ 'x'|center(999999999) }}", "{{ '%999999999d' % 1 }}", "{{ '%s'|format('x') }}", "{{ '{0.__class__}'.format(1) }}",
    "{{ long|replace('a', long) }}", "{{ people|join(long) }}", "{{ 'x'|indent(999999999) }}", "{{ long }}{{ long }}",
    LOOP + "{{ long|upper|lower|upper|lower|length }}{% endfor %}",
    "{{ ''.__class__ }}", "{{ ''['__class__'] }}", "{{ ''|attr('__class__') }}", "{{ people.append(1) }}", "{{ worker.items }}",
    "{{ worker.keys() }}", "{{ worker['__class__'] }}", "{{ people.__len__ }}", LOOP + "{{ loop._iterable }}{% endfor %}",
    LOOP + "{{ loop.__init__ }}{% endfor %}", LOOP + "{{ loop.previtem }}{% endfor %}", "{{ _x }}", "{% set _x = 1 %}",
    "{{ self }}", "{{ self._TemplateReference__context }}", "{{ super() }}", "{{ caller() }}", "{{ varargs }}",
    "{{ cycler('a') }}", "{{ namespace(a=1) }}", "{{ lipsum(n=1000) }}", "{{ range(1000000000) }}", "{{ range }}",
    "{{ joiner }}", "{{ dict }}", "{% include 'a' %}", "{% extends 'a' %}", "{% import 'a' as b %}", "{% from 'a' import b %}",
    "{% macro m() %}x{% endmacro %}", "{% call x() %}{% endcall %}", "{% block a %}{% endblock %}",
    "{% set x %}a{% endset %}", "{% filter upper %}a{% endfilter %}", "{% autoescape true %}x{% endautoescape %}",
    "{% for a in people recursive %}{{ loop(people) }}{% endfor %}", "{{ 9 ** 9 }}", "{{ 1.5 }}", "{{ 7 / 2 }}",
    "{{ 999999 * 999999 * 999999 }}", "{{ " + "9" * 6_000 + " }}", "{{ 9999999999999 }}",
    "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "{{ " + "not " * 10_000 + "1 }}", "{{ 1" + "+1" * 20_000 + " }}",
    "{{ 'a'" + "|upper" * 9_000 + " }}", "{{ worker" + ".a" * 15_000 + " }}", "x" * 70_000, "{{ 'a'|_joined }}",
    "{{ people|tojson }}", "{{ people|map('upper') }}", "{{ 'a'|xmlattr }}", "{{ none }}", "{{ true }}", "{% debug %}",
    "{{ worker|first }}", "{{ campaign|names }}", "{{ 3|upper|names }}", "{{ people|upper }}", "{{ people|grouped(0) }}",
    "{{ worker.name|replace('', 'x') }}", "{{ ''|first }}", "{{ people[:0]|last }}", "{{ people|plural('x') }}",
    "{% for c in 'abc' %}{{ c }}{% endfor %}", "{{ people|names(*people) }}",
]  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE, ids=[f"{number}: {source[:40]}" for number, source in enumerate(HOSTILE)])
def test_a_hostile_template_is_refused_with_its_place(tmp_path: Path, source: str) -> None:
    text = failure(tmp_path, source)
    assert "t.j2, line 1" in text
    assert len(text) < 1_000


def test_work_is_counted_so_that_the_same_template_does_the_same_everywhere(tmp_path: Path) -> None:
    one_loop = LOOP + "{% endfor %}"
    assert render(tmp_path, "Hi" + one_loop * 60) == ("Hi",)
    assert "more work or text than a post can need" in failure(tmp_path, "Hi" + one_loop * 120)


def test_ordinary_constructs_work(tmp_path: Path) -> None:
    source = """{% set greeting = "Hi " ~ worker.name %}
{{ greeting }}{% if worker.name in ["Priya Example"] and not worker.count %}!{% endif %}
{{ worker.handle|default("nobody") }} {{ missing|default("nothing") }} {{ "yes" if worker is defined else "no" }}
{% for tag in campaign.hashtags %}{{ loop.cycle("a", "b") }}{{ tag|lower }}{{ loop.last and "." or "," }}{% endfor %}
{{ people[:3]|names }} {{ people|length + 1 }} {{ people|first ~ people|last }} {{ 7 % 4 - 1 }}"""
    assert render(tmp_path, source) == ("Hi Priya Example!\nnobody nothing yes\na#careweek.\n0, 1 and 2 501 0499 2",)


def test_a_long_list_is_cut_into_groups_that_fit(tmp_path: Path) -> None:
    source = "{% for group in people|grouped(100) %}{% if not loop.first %}\n---\n{% endif %}\n{{ group|lines }}\n{% endfor %}"
    parts = render(tmp_path, source)
    assert "\n".join(parts).split("\n") == ROW["people"]
    assert max(map(len, parts)) == 100
    assert sum(map(len, parts)) < MAX_TEXT
