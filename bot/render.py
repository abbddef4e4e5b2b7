"""A template and a row give the texts of a post.

A template file holds one or more wordings, separated by a line ``===``; a wording holds one or more parts, separated by
a line ``---``; each part becomes one message. docs/templates.md tells coordinators the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import TemplateError as JinjaError

from bot.errors import Problem, TemplateError
from bot.sandbox import MAX_SOURCE, MAX_TEXT, MissingNameError, Sandbox, TemplateFaultError, is_plain
from bot.template_values import Facts, campaign_facts, organisation_context, winner_context, worker_context
from bot.text import normalise

__all__ = [
    "VARIABLES",
    "Facts",
    "Templates",
    "campaign_facts",
    "organisation_context",
    "winner_context",
    "worker_context",
]

_PART = "\x1e"  # stands for a line ---, so that a name that happens to be "---" cannot cut a post in two
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAGS = re.compile(r"\{%.*?%\}|\{#.*?#\}")
_PART_LINE = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_WORDING_LINE = re.compile(r"^[ \t]*===[ \t]*$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_RUNTIME = (JinjaError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError, RecursionError)


@dataclass(frozen=True, kw_only=True)
class _Wording:
    """One wording of a file, ready to render. ``line`` is how many lines of the file stand before it."""

    template: Template
    line: int


class Templates:
    """The templates of one folder, each read and compiled once: what a file holds later changes nothing here."""

    def __init__(self, folder: Path, *, sandbox: Sandbox | None = None, longest: int = MAX_TEXT) -> None:
        self._folder = folder
        self._sandbox = sandbox or Sandbox()
        self._longest = longest
        self._read: dict[str, tuple[_Wording, ...]] = {}

    def render(self, name: str, context: Mapping[str, Any], *, where: str, wording: int = 0) -> tuple[str, ...]:
        """The parts of one post, normalised. ``where`` names the row for people: "rank 7, Priya Example".

        ``wording`` counts from 0; ``bot.wordings`` chooses it.
        Raises ``TemplateError``, which names template, line and row.
        """
        wordings = self._wordings(name)
        return self._render(name, wordings[wording % len(wordings)], context, where)

    def count(self, name: str) -> int:
        """How many wordings a template has. Raises ``TemplateError``."""
        return len(self._wordings(name))

    def check(self) -> tuple[Problem, ...]:
        """Everything wrong with the ``.j2`` files of the folder that can be seen without a row."""
        found: list[Problem] = []
        for path in sorted(self._folder.glob("*.j2")):
            try:
                self._wordings(path.name)
            except TemplateError as error:
                found.extend(error.problems)
            else:
                found.extend(self._unknown_names(path))
        return tuple(found)

    def _wordings(self, name: str) -> tuple[_Wording, ...]:
        if name not in self._read:
            self._read[name] = self._compile(name, self._source(name))
        return self._read[name]

    def _source(self, name: str) -> str:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise TemplateError(
                Problem(what="It lies outside the templates folder.", where=name, remedy="Copy it into that folder.")
            )
        content = b""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_SOURCE * 4 + 1)
            return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except FileNotFoundError:
            remedy = f"Put it into {self._folder}, or correct the name in config.toml."
            raise TemplateError(Problem(what="There is no such template.", where=name, remedy=remedy)) from None
        except OSError as error:
            what, remedy = f"It cannot be opened: {error.strerror}.", "Put a text file of that name there."
            raise TemplateError(Problem(what=what, where=name, remedy=remedy)) from None
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            what = "It is not saved as UTF-8."
            remedy = "Save it again with the encoding UTF-8."
            raise TemplateError(Problem(what=what, where=_place(name, line), remedy=remedy)) from None

    def _compile(self, name: str, source: str) -> tuple[_Wording, ...]:
        if control := _CONTROL.search(source):
            place = _place(name, source.count("\n", 0, control.start()) + 1)
            raise TemplateError(Problem(what="There is an invisible control character.", where=place))
        wordings = []
        for line, text in _split(source):
            try:
                template = self._sandbox.load(_prepare(text), name)
            except TemplateFaultError as fault:
                raise _error(name, (fault.line or 1) + line, "", fault) from fault
            wordings.append(_Wording(template=template, line=line))
        if not wordings:
            raise TemplateError(Problem(what="The template is empty.", where=name, remedy="Write a text into it."))
        return tuple(wordings)

    def _render(self, name: str, wording: _Wording, context: Mapping[str, Any], where: str) -> tuple[str, ...]:
        if not is_plain(context):
            raise TypeError("a template is given texts, whole numbers, truth values, lists and dictionaries only")
        try:
            text = _run(wording.template, context, self._longest)
        except MissingNameError as error:
            line = _line(error.__traceback__, wording)
            raise _error(name, line, where, _missing(error, context)) from error
        except _RUNTIME as error:
            fault = _plain_fault(error)
            raise _error(name, _line(error.__traceback__, wording), where, fault) from error
        parts = tuple(normalise(part) for part in text.split(_PART))
        if "" in parts:
            which = f"Part {parts.index('') + 1}" if len(parts) > 1 else "The text"
            remedy = "Write a text, or put the line --- inside the {% if %}."
            raise _error(name, wording.line + 1, where, TemplateFaultError(f"{which} is empty.", remedy))
        return parts

    def _unknown_names(self, path: Path) -> list[Problem]:
        """Names that no kind of post has: told before there is a list."""
        problems: list[Problem] = []
        for line, text in _split(self._source(path.name)):
            tree = self._sandbox.parse(text)
            own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"} | {"loop"}
            for node in tree.find_all(nodes.Name):
                if node.name not in own and node.name not in VARIABLES:
                    fault = _missing(MissingNameError(node.name, None), dict.fromkeys(VARIABLES, ""))
                    problems.extend(_error(path.name, node.lineno + line, "", fault).problems)
        return problems


#: The names that a template can use at the top, over all kinds of posts.
VARIABLES = frozenset(
    {
        "worker",
        "organisation",
        "contribution",
        "campaign",
        "first",
        "second",
        "third",
        "podium",
        "organisations",
        "totals",
    }
    | {"unnamed_first", "unnamed_second", "unnamed_third"}
    | {"people", "thread_url", "post_count", "count_total", "unnamed_count"}  # of the article
)


def _split(source: str) -> list[tuple[int, str]]:
    """The wordings of a file that hold anything, each with the number of lines before it."""
    source = _COMMENT.sub(lambda comment: _WORDING_LINE.sub("", _PART_LINE.sub("", comment[0])), source)
    wordings = []
    line = 0
    for text in _WORDING_LINE.split(source):
        if _COMMENT.sub("", text).strip():
            wordings.append((line, text))
        line += text.count("\n")
    return wordings


def _prepare(text: str) -> str:
    """Marks the lines between parts, and keeps the line break after a sentence that ends in a tag.

    Jinja2 drops the break after every {% … %}. That is right for a line of nothing but tags; a sentence such as
    "Well done{% if … %}, all{% endif %}" would be glued to the next line, which nobody expects.
    """
    return "\n".join(_keep_break(line) for line in _PART_LINE.sub(_PART, text).split("\n"))


def _keep_break(line: str) -> str:
    if not line.endswith("%}") or line[-3:-2] in ("-", "+"):
        return line
    outside = _TAGS.sub("", line).strip()
    return f"{line[:-2]}+%}}" if outside and "%}" not in outside else line


def _run(template: Template, values: Mapping[str, Any], longest: int) -> str:
    """The whole output, at most so many characters."""
    context = template.new_context(dict(values))
    pieces = []
    room = longest
    for piece in template.root_render_func(context):
        room -= len(piece)
        if room < 0:
            raise TemplateFaultError(
                f"It gives a text of more than {longest:,} characters.", "Use fewer or shorter loops."
            )
        pieces.append(piece)
    return "".join(pieces)


def _plain_fault(error: Exception) -> TemplateFaultError:
    """What Python or Jinja2 made of the values, with its own words in brackets."""
    if isinstance(error, TemplateFaultError):
        return error
    if isinstance(error, TypeError):
        return TemplateFaultError(
            f"It compares or joins values of different kinds ({error}).", "Compare like with like."
        )
    return TemplateFaultError(f"It cannot be filled with these values ({error}).", "Look at the numbers of this line.")


def _place(name: str, line: int, where: str = "") -> str:
    return f"{name}, line {line}" + (f" ({where})" if where else "")


def _error(name: str, line: int, where: str, fault: TemplateFaultError) -> TemplateError:
    return TemplateError(Problem(what=fault.what, where=_place(name, line, where), remedy=fault.remedy))


def _line(trace: TracebackType | None, wording: _Wording) -> int:
    """The line of the file that was being rendered when an exception came up through it."""
    line = 1
    while trace:
        if trace.tb_frame.f_globals.get("__jinja_template__") is wording.template:
            line = wording.template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line + wording.line


def _missing(error: MissingNameError, context: Mapping[str, Any]) -> TemplateFaultError:
    """Says which name there is not, and which it was perhaps meant to be."""
    owner = next((key for key, value in context.items() if value is error.owner and error.owner is not None), "")
    if isinstance(error.owner, dict):
        full = [f"{owner}.{part}" if owner else str(part) for part in error.owner]
    else:
        parts = [f"{key}.{part}" for key, value in context.items() if isinstance(value, dict) for part in value]
        full = [*context, *parts]
    wanted = f"{owner}.{error.name}" if owner else error.name
    near = [path for path in full if path.rpartition(".")[2] == error.name]
    if not near:
        ends = {path.rpartition(".")[2]: path for path in reversed(full)}
        near = [ends[end] for end in get_close_matches(error.name, ends, n=2)]
    remedy = f"Did you mean {' or '.join(near[:3])}?" if near else f"There are: {', '.join(sorted(full))}."
    return TemplateFaultError(f"There is no “{wanted}” here.", remedy)
