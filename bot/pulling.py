"""Which posts must not go out as they are when somebody is no longer to be named, and what becomes of each. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.lifecycle import has_begun, state_of
from bot.model import Message, MessageState, Post, PostState, SeriesKind, Standing
from bot.watchlist import Banned, Watchlist

WITHDRAWN = "withdrawn"
STOPPED = "on the stop list"
VOID = "void:"
"""Begins the digest of a post that was pulled: no sign-off, old or under way, can fit it."""

_OUT = {MessageState.POSTED, MessageState.DELETED}
_ON_ITS_WAY = {MessageState.SENDING, MessageState.UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A post that is stopped. ``begun``: a part of it is out or on its way, so its texts are history; ``on_its_way``: a
    part was being sent at this moment. ``own``: it is about the person, and not made again. ``hold`` are messages."""

    post: Post
    standing: Standing
    reason: str
    digest: str
    own: bool
    begun: bool
    on_its_way: bool
    hold: tuple[int, ...] = ()


def pulls(posts: Sequence[Post], watchlist: Watchlist, banned: Sequence[Banned]) -> tuple[Pull, ...]:
    """What becomes of every post that could still say the name of one of ``banned``, or show the photo.

    Posts that were pulled before stay as they are.
    """
    scope = _Scope.of(posts, watchlist, banned)
    found = (scope.pull(post) for post in posts if not post.digest.startswith(VOID))
    return tuple(pull for pull in found if pull is not None)


def public_parts(
    posts: Sequence[Post], watchlist: Watchlist, banned: Sequence[Banned]
) -> dict[str, tuple[Message, ...]]:
    """By post code, the messages on the network that are about one of ``banned``, name them or show their photo."""
    scope = _Scope.of(posts, watchlist, banned)
    found = {
        post.code: tuple(
            message
            for message in post.messages
            if message.state is MessageState.POSTED
            and message.receipt
            and (scope.is_own(post) or scope.is_in(post, message))
        )
        for post in posts
    }
    return {code: messages for code, messages in found.items() if messages}


def void(digest: str) -> str:
    """What takes the place of a digest that must not be sent any more; what is void already stays as it is."""
    return digest if digest.startswith(VOID) else VOID + hashlib.sha256(digest.encode()).hexdigest()


def may_come_back(post: Post) -> bool:
    """It was skipped because of a wish not to be named, not by anybody else, and nothing of it is out."""
    return post.standing is Standing.SKIPPED and post.standing_reason in {WITHDRAWN, STOPPED} and not has_begun(post)


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """Whom it is about: people, organisations that have nobody else on the list, and the pictures of these people."""

    watchlist: Watchlist
    banned: tuple[Banned, ...]
    people: frozenset[str]
    organisations: frozenset[str]
    pictures: frozenset[str]
    own_reason: str

    @classmethod
    def of(cls, posts: Sequence[Post], watchlist: Watchlist, banned: Sequence[Banned]) -> _Scope:
        people = frozenset(worker_id for one in banned for worker_id in one.worker_ids)
        left = {item.organisation_id for item in watchlist.nameable.organisations}
        alone = frozenset(
            item.organisation_id
            for item in watchlist.ranking.organisations
            if item.organisation_id not in left and people & set(item.worker_ids)
        )
        shown = frozenset(
            media.sha256
            for post in posts
            if post.key.subject_id in people
            for message in post.messages
            for media in message.draft.media
        )
        reason = STOPPED if any(one.entry for one in banned) else WITHDRAWN
        return cls(
            watchlist=watchlist,
            banned=tuple(banned),
            people=people,
            organisations=alone,
            pictures=shown,
            own_reason=reason,
        )

    def is_own(self, post: Post) -> bool:
        return post.key.subject_id in self.people

    def is_in(self, post: Post, message: Message) -> bool:
        """Whether a message names one of them, in its text or an alternative text, or shows their photo."""
        if any(media.sha256 in self.pictures for media in message.draft.media):
            return True
        texts = [message.draft.text, *(media.alt_text for media in message.draft.media)]
        return any(one in self.banned for text in texts for one in self.watchlist.hits(post, text))

    def pull(self, post: Post) -> Pull | None:
        unsent = [message for message in post.messages if message.state not in _OUT]
        own = self.is_own(post) or post.key.subject_id in self.organisations
        if not unsent or not (own or any(self.is_in(post, message) for message in unsent)):
            return None
        begun = has_begun(post)
        standing, reason = self._standing(post, own=own, begun=begun)
        return Pull(
            post=post,
            standing=standing,
            reason=reason,
            digest=void(post.digest),
            own=own,
            begun=begun,
            on_its_way=any(message.state in _ON_ITS_WAY for message in post.messages),
            hold=tuple(message.message_id for message in unsent if begun and message.state is MessageState.PENDING),
        )

    def _standing(self, post: Post, *, own: bool, begun: bool) -> tuple[Standing, str]:
        """Own posts, and corrections, whose words are a person's, are skipped. What has begun waits for a person."""
        if own:
            return Standing.SKIPPED, self.own_reason
        says = "It names somebody who " + ("is on the stop list." if self.own_reason == STOPPED else "has withdrawn.")
        if post.standing is Standing.SKIPPED:
            return Standing.SKIPPED, post.standing_reason
        if post.kind in {SeriesKind.CORRECTION, SeriesKind.CONTRIBUTIONS}:
            return Standing.SKIPPED, says
        if begun:
            return Standing.MISSED, says
        return Standing.DRAFT, ""


def may_be_made_again(post: Post) -> bool:
    """Nothing of it is out or on its way, and nobody has decided against it."""
    return not has_begun(post) and state_of(post) is not PostState.SKIPPED
