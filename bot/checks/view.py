"""What a rule may look at, and the walks over it that most rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.checks.names import SPARE, Names
from bot.config import Budget, Checks, Prices, Privacy
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
    Severity,
    Worker,
)
from bot.text import find_hashtags, find_links
from bot.watchlist import Watchlist

FINAL = frozenset({PostState.POSTED, PostState.SKIPPED, PostState.DELETED})
"""Posts in these states will not be sent (again)."""

_GONE = frozenset({MessageState.POSTED, MessageState.DELETED})
_HANDLE_OR_TAG = re.compile(r"(?<![\w@\uff20])[@\uff20#\uff03]\w+")
_MAYBE_LINK = re.compile(r"\w\.\w|://")
_WORD = re.compile(r"\w+")


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
class Passage:
    """Something of a message that people read: its text, or the alternative text of a picture.

    ``prose`` is what is left of it when links, @handles, #hashtags and approved names are taken out, each for one
    ``SPARE``: people and organisations are called Case, Street and Young.
    """

    part: Part
    where: str
    text: str
    prose: str

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Its hashtags."""
        return find_hashtags(self.text) if "#" in self.text or "\uff03" in self.text else ()

    @property
    def is_text(self) -> bool:
        return self.where == TEXT


TEXT, ALT_TEXT = "The text", "The alternative text"


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """A plan as the rules see it. ``now`` is UTC; workers up to rank ``podium_ranks`` are kept for the winner thread;
    ``lateness_limit`` is how late an approved post may still go out (``[posting] lateness_limit``). ``networks`` gives that of
    each account id; one that is not there is on X. ``ranking`` leaves out whoever is not named by ``watchlist``."""

    posts: tuple[Post, ...]
    ranking: Ranking
    now: datetime
    hashtags: tuple[str, ...] = ()
    podium_ranks: int = 3
    lateness_limit: timedelta = timedelta(0)
    campaign: str = ""
    checks: Checks = field(default_factory=Checks)
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)
    privacy: Privacy = field(default_factory=Privacy)
    networks: Mapping[int, str] = field(default_factory=dict)
    watchlist: Watchlist = field(default_factory=Watchlist)

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
    def parts_by_post(self) -> dict[PostKey, list[Part]]:
        """The same, by the post they belong to."""
        found: dict[PostKey, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.post.key, []).append(part)
        return found

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Everything in these messages that people read."""
        return tuple(passage for part in self.parts for passage in self._passages_of(part))

    @cached_property
    def texts(self) -> tuple[Passage, ...]:
        """The texts alone, without the alternative texts."""
        return tuple(passage for passage in self.passages if passage.is_text)

    @cached_property
    def linked(self) -> tuple[tuple[Part, tuple[str, ...]], ...]:
        """Messages with links. An organisation may be called Care.example: approved names are no links here."""
        maybe = (passage.part for passage in self.texts if _MAYBE_LINK.search(passage.text))
        found = ((part, find_links(self.names.blanked(part.text))) for part in maybe)
        return tuple((part, links) for part, links in found if links)

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

    @cached_property
    def names(self) -> Names:
        """Everybody and every organisation of the list, and the campaign itself."""
        people = (worker.name for worker in self.ranking.workers)
        employers = (worker.organisation for worker in self.ranking.workers)
        return Names([*people, *employers, *(item.name for item in self.ranking.organisations), self.campaign])

    def subjects(self, post: Post) -> tuple[Worker, ...]:
        """The people a post is about: its worker, an organisation's workers, or the podium."""
        if post.kind is SeriesKind.WINNER:
            return self.podium
        organisation = self.organisations.get(post.key.subject_id)
        ids = organisation.worker_ids if organisation else (post.key.subject_id,)
        return tuple(self.workers[worker_id] for worker_id in ids if worker_id in self.workers)

    def prose(self, text: str, post: Post) -> str:
        """A text without links, @handles, #hashtags and approved names, also the first names of those it is about."""
        left = self.names.blanked(text)
        if _MAYBE_LINK.search(left):
            for link in find_links(left):
                left = left.replace(link, SPARE, 1)
        if not left.isascii() or "@" in left or "#" in left:
            left = _HANDLE_OR_TAG.sub(SPARE, left)
        own = {word for worker in self.subjects(post) for word in _WORD.findall(worker.name) if word[0].isupper()}
        return _WORD.sub(lambda word: SPARE if word[0] in own else word[0], left) if own else left

    def _passages_of(self, part: Part) -> Iterator[Passage]:
        yield Passage(part=part, where=TEXT, text=part.text, prose=self.prose(part.text, part.post))
        for media in part.message.draft.media:
            alt_text = media.alt_text
            yield Passage(part=part, where=ALT_TEXT, text=alt_text, prose=self.prose(alt_text, part.post))


Rule = Callable[[PlanView], Iterator[Finding]]


def parts_of(post: Post) -> Iterator[Part]:
    return (Part(post=post, message=message, number=number) for number, message in enumerate(post.messages, start=1))


def error(rule: str, part: Part, message: str, remedy: str) -> Finding:
    """What blocks one message."""
    return _finding(Severity.ERROR, rule, part, message, remedy)


def warning(rule: str, part: Part, message: str, remedy: str) -> Finding:
    """What somebody should look at in one message."""
    return _finding(Severity.WARNING, rule, part, message, remedy)


def of_campaign(rule: str, severity: Severity, message: str, remedy: str) -> Finding:
    """What concerns the list, the calendar or the plan as a whole."""
    return Finding(rule=rule, severity=severity, message=message, remedy=remedy)


def _finding(severity: Severity, rule: str, part: Part, message: str, remedy: str) -> Finding:
    code = part.post.code
    return Finding(rule=rule, severity=severity, message=message, remedy=remedy, post_code=code, part=part.number)
