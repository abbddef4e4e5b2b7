"""Pure: which of a template's wordings each post gets, so that neighbours never sound alike and nobody's text changes.

A choice is made once, when a post is first planned, and is stored with it. A choice by a hash of the subject would be
as stable, but puts the same words next to each other about twice in a week of twenty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A post in the order of its series; ``kept`` is the wording it has already, if it has one."""

    subject_id: str
    kept: int | None = None


def choose_wordings(turns: Sequence[Turn], count: int) -> tuple[int, ...]:
    """For each turn a wording from 0 to ``count - 1``: the kept one, else the one longest out of sight.

    Equals are told apart by a hash of the subject, so that two campaigns do not run in the same order.
    """
    chosen: list[int] = []
    seen_at: dict[int, int] = {}
    for place, turn in enumerate(turns):
        if turn.kept is not None and turn.kept < count:
            wording = turn.kept
        else:
            wording = _freshest(turn.subject_id, count, seen_at, _next_kept(turns, place))
        seen_at[wording] = place
        chosen.append(wording)
    return tuple(chosen)


def _freshest(subject_id: str, count: int, seen_at: dict[int, int], ahead: int | None) -> int:
    def key(wording: int) -> tuple[bool, int]:
        return (count > 1 and wording == ahead, seen_at.get(wording, -1))

    best = min(map(key, range(count)))
    equals = [wording for wording in range(count) if key(wording) == best]
    if len(equals) == 1:  # the rule as soon as each has been seen
        return equals[0]
    return min(equals, key=lambda wording: hashlib.sha256(f"{subject_id}\0{wording}".encode()).digest())


def _next_kept(turns: Sequence[Turn], place: int) -> int | None:
    return turns[place + 1].kept if place + 1 < len(turns) else None
