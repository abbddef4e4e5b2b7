"""``--column ROLE=HEADING`` of rank and load: which heading stands for what."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.errors import Problem, UsageError

_Role = TypeVar("_Role", bound=StrEnum)


def column_wishes(texts: Sequence[str], roles: Iterable[_Role]) -> dict[_Role, str]:
    """Understand the options. Raises UsageError."""
    by_name = {str(role): role for role in roles}
    wishes: dict[_Role, str] = {}
    for text in texts:
        name, sign, heading = text.partition("=")
        role = by_name.get(_known_as(name.strip().lower().replace("_", " ").replace("-", " ")))
        if role is None:
            near = difflib.get_close_matches(name, by_name, n=1)
            remedy = f"Is it {near[0]}?" if near else f"There are {', '.join(by_name)}."
            raise UsageError(Problem(what=f"Nothing is called “{name}”.", where=f"--column {text}", remedy=remedy))
        if not sign or not heading.strip():
            what = f"The heading for {role} is missing."
            raise UsageError(Problem(what=what, where=f"--column {text}", remedy=f'Write --column {role}="Full name".'))
        if role in wishes:
            raise UsageError(Problem(what=f"There are two columns for {role}.", remedy="Give one."))
        wishes[role] = heading.strip()
    return wishes


def source_of(text: str, folder: Path) -> Path | str:
    """Give a database's URL as it is, and a file as it was written or in the campaign's folder."""
    if "://" in text:
        return text
    path = Path(text)
    there = folder / path
    try:
        return there if not path.exists() and there.exists() else path
    except OSError:  # a name that no file can have: reading it says so
        return path


def _known_as(name: str) -> str:
    return {"worker id": "id", "worker": "name", "organization": "organisation"}.get(name, name)
