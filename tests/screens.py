"""Commands as a person or a script gives them, at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.testing import CliRunner, Result

from bot.bootstrap import Shop, open_shop
from bot.cli.screen import Screen
from bot.clock import VirtualClock
from tests.campaigns import FRIDAY_BEFORE
from tests.databases import lay_down_at


@dataclass(frozen=True, kw_only=True)
class Desktop(Screen):
    """A screen with a clock of its own; ``person`` says whether somebody sits there to answer."""

    colour: bool = False
    actor: str = ""
    person: bool = False
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(FRIDAY_BEFORE))

    @property
    def may_ask(self) -> bool:
        return self.person

    @contextmanager
    def shop(self, *, create: bool = False) -> Iterator[Shop]:
        if create:
            lay_down_at(self.config().database_url)
        shop = open_shop(self.config(), actor=self.who(), clock=self.clock, create=create)
        try:
            yield shop
        finally:
            shop.close()


def give(screen: Screen, command: click.Command, *arguments: str | Path, typed: str = "") -> Result:
    """One command on one screen. What it raised is in the result."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments], obj=screen, input=typed)


def set_line(path: Path, key: str, value: str) -> None:
    """Give a key of a config.toml, which must be there, another value."""
    lines = path.read_text("utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith(f"{key} =")]
    lines[places[0]] = f"{key} = {value}"
    path.write_text("\n".join(lines) + "\n", "utf-8")
