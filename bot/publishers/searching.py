"""What it takes to look for a hashtag on a network. Not every network can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One page: posts with the hashtag (without ``#``), ids above ``above`` and below ``below``, at most ``size``.

    ``token`` goes on where the page before ended; everything else is then as it was for that page.
    """

    tag: str
    above: int
    below: int
    size: int
    token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One post, by its id and its author's (empty when the network does not say). Its text is not looked at."""

    network_id: str
    author_id: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the network gave, newest first. ``token`` leads to the next page; a page can be empty and have one."""

    hits: tuple[Hit, ...]
    token: str | None


@runtime_checkable
class Searches(Protocol):
    """A publisher whose network can be searched."""

    def search(self, asked: Asked) -> Page:
        """One request. Raises ``LookError``."""
        ...
