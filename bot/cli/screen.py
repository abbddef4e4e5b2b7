"""What all commands share: the folder, who asks, and how things are said."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from bot.errors import CampaignBotError, Problem, UsageError

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.config import Config


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One invocation. ``colour`` is true on a terminal that wants it."""

    folder: Path
    actor: str
    colour: bool

    def config(self) -> Config:
        """The folder's config. Raises ConfigError."""
        from bot.config_reading import read_config

        return read_config(self.folder)

    def who(self) -> str:
        """The name for the log."""
        if self.actor:
            return self.actor
        from bot.platform import user_name

        return user_name()

    @contextmanager
    def shop(self, *, create: bool = False) -> Iterator[Shop]:
        """The campaign of this folder, open for the length of a command."""
        from bot.bootstrap import open_shop

        shop = open_shop(self.config(), actor=self.who(), create=create)
        try:
            yield shop
        finally:
            shop.close()

    @property
    def may_ask(self) -> bool:
        """Questions are asked of people at a terminal, never of scripts."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def ask(self, question: str, *, otherwise: str) -> str:
        """Ask a person. Raises UsageError with what a script does instead (``otherwise``)."""
        if not self.may_ask:
            raise UsageError(Problem(what=f"{question} Nobody is here to answer.", remedy=otherwise))
        answer: str = click.prompt(question, prompt_suffix=" ")
        return answer.strip()

    def confirm(self, question: str, *, otherwise: str) -> bool:
        """Ask a person yes or no; no is the default."""
        if not self.may_ask:
            raise UsageError(Problem(what=f"{question} Nobody is here to answer.", remedy=otherwise))
        return click.confirm(question)


pass_screen = click.make_pass_decorator(Screen)


def say(text: str = "") -> None:
    """A line for the person, on stdout."""
    click.echo(_fitted(text, sys.stdout))


def say_json(value: object) -> None:
    """A value for a program, on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def fail(error: CampaignBotError) -> None:
    """Every problem of an error, each with place and remedy, on stderr."""
    for problem in error.problems:
        place = f"{problem.where}: " if problem.where else ""
        click.echo(_fitted(f"✗ {place}{problem.what}", sys.stderr), err=True)
        if problem.remedy:
            click.echo(_fitted(f"  → {problem.remedy}", sys.stderr), err=True)
    if len(error.problems) > 1:
        click.echo(f"{len(error.problems)} problems; nothing was changed.", err=True)


def _fitted(text: str, stream: TextIO) -> str:
    """A terminal breaks lines in the middle of words; a file or a program gets them as they are."""
    if not stream.isatty():
        return text
    from shutil import get_terminal_size

    from bot.cli.wrapping import fitted

    return fitted(text, get_terminal_size().columns)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two blanks apart."""
    from bot.reports.words import one_line

    lines = [tuple(headings), *(tuple(one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
