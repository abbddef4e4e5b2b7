"""Pure: what an event means for people. Whose post it is about, whether somebody is needed, and what deals with it.

A runner serves every campaign of its database for which it has credentials, and speaks for all of them. ``own`` is the
campaign of the folder that it was started in; what is about another one names that, and its account.
"""

from __future__ import annotations

from bot.core.delivering import Event
from bot.core.watching import problem_of
from bot.lifecycle import needs_person
from bot.model import PostState

_ASKING = {PostState.MISSED, PostState.FAILED, PostState.HELD, PostState.PARTIAL}


def elsewhere(event: Event, own: str) -> str:
    """The campaign in whose folder a command has to be given; empty for the own one."""
    return "" if event.campaign == own else event.campaign


def whose(event: Event, own: str) -> str:
    """Campaign and account of a post of another campaign; empty for the own one."""
    return f"“{event.campaign}”, @{event.account}" if elsewhere(event, own) else ""


def named(event: Event, own: str) -> str:
    """A post's code, with whose it is where that does not go without saying."""
    owner = whose(event, own)
    return f"{event.code} ({owner})" if owner else event.code


def account_of(event: Event, own: str) -> str:
    """The account of an event, with its campaign where that does not go without saying."""
    other = elsewhere(event, own)
    return f"@{event.account} (“{other}”)" if other else f"@{event.account}"


def asks(event: Event) -> bool:
    """Whether the post waits for a person from now on. A thread that is tried again goes on by itself."""
    if event.state not in _ASKING or not event.reason:
        return False
    return event.state is not PostState.PARTIAL or needs_person(event.post)


def way_out(event: Event) -> str:
    """The command that deals with a post that asks."""
    return problem_of(event.post).command
