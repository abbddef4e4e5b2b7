"""What a rule may look at, and the walks over it that most rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.lifecycle import state_of
from bot.model import (
    Finding,
    Message,
    MessageState,
    Organisation,
    Post,
    PostKey,
    PostState,
    Ranking,
    SeriesKind,
    Worker,
)

FINAL = frozenset({PostState.POSTED, PostState.SKIPPED, PostState.DELETED})
"""Posts in these states will not be sent (again)."""

_GONE = frozenset({MessageState.POSTED, MessageState.DELETED})


@dataclass(frozen=True, kw_only=True)
class Part:
    """One message of a post; ``number`` counts from 1."""

    post: Post
    message: Message
    number: int

    @property
    def text(self) -> str:
        return self.message.draft.text


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """A plan as the rules see it. ``now`` is UTC; workers up to rank ``podium_ranks`` are kept for the winner thread;
    ``lateness_limit`` is how late an approved post may still go out (``[posting] lateness_limit``)."""

    posts: tuple[Post, ...]
    ranking: Ranking
    now: datetime
    hashtags: tuple[str, ...] = ()
    podium_ranks: int = 3
    lateness_limit: timedelta = timedelta(0)

    @cached_property
    def states(self) -> dict[PostKey, PostState]:
        """The state of each post, by its key; derived once for all rules."""
        return {post.key: state_of(post) for post in self.posts}

    @cached_property
    def to_send(self) -> tuple[Post, ...]:
        """The posts that are still to be sent, wholly or in part."""
        return tuple(post for post in self.posts if self.states[post.key] not in FINAL)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The messages that are still to be sent."""
        every = (part for post in self.to_send for part in parts_of(post))
        return tuple(part for part in every if part.message.state not in _GONE)

    @cached_property
    def workers(self) -> dict[str, Worker]:
        return {worker.worker_id: worker for worker in self.ranking.workers}

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        return {organisation.organisation_id: organisation for organisation in self.ranking.organisations}

    @cached_property
    def podium(self) -> tuple[Worker, ...]:
        """Ties included: two people in third place are both on it."""
        return tuple(worker for worker in self.ranking.workers if worker.rank <= self.podium_ranks)

    @cached_property
    def winner_at(self) -> datetime | None:
        """When the winner thread starts (UTC); None when there is none, or when the winner is known already."""
        threads = [post for post in self.posts if post.kind is SeriesKind.WINNER]
        if any(self.states[post.key] is PostState.POSTED for post in threads):
            return None
        return min((post.slot.due_at for post in threads if self.states[post.key] not in FINAL), default=None)


Rule = Callable[[PlanView], Iterator[Finding]]


def parts_of(post: Post) -> Iterator[Part]:
    return (Part(post=post, message=message, number=number) for number, message in enumerate(post.messages, start=1))
