"""What a sign-off is bound to: the digest of a post, the short code of a plan, and the difference of two plans."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Draft, PlannedPost

DIGEST_VERSION = "1"
# Crockford's alphabet: no I, L, O or U, so that a code survives being read out or copied by hand.
# https://www.crockford.com/base32.html
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 6


class ChangeKind(StrEnum):
    """What happened to a post from one plan to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One post that differs. ``before`` is None when it was added, ``after`` when it was removed."""

    kind: ChangeKind
    code: str
    before: PlannedPost | None = None
    after: PlannedPost | None = None

    @property
    def moved(self) -> bool:
        """Whether the post is in both plans at different local times."""
        return self.before is not None and self.after is not None and self.before.slot.local != self.after.slot.local

    @property
    def rewritten(self) -> bool:
        """Whether the post is in both plans with different texts, pictures or alternative texts."""
        return self.before is not None and self.after is not None and self.before.messages != self.after.messages

    @property
    def symbol(self) -> str:
        """ "+", "-" or "~", as lists of changes show it."""
        return {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}[self.kind]


def post_digest(network: str, account_handle: str, messages: tuple[Draft, ...], in_reply_to: str | None) -> str:
    """Everything that decides what the network will show, as "version:sha256".

    The version stands in front so that a later version can still recompute what was signed under this one. Handles
    are compared without case, as the networks do; a picture's type and size follow from its hash.
    """
    content = {
        "version": DIGEST_VERSION,
        "network": network,
        "account": account_handle.removeprefix("@").casefold(),
        "in_reply_to": in_reply_to,
        "messages": [
            {
                "text": message.text,
                "media": [{"sha256": media.sha256, "alt_text": media.alt_text} for media in message.media],
            }
            for message in messages
        ],
    }
    return f"{DIGEST_VERSION}:{hashlib.sha256(_canonical(content)).hexdigest()}"


def plan_code(posts: Iterable[tuple[str, str, str]]) -> str:
    """The short code of a plan, such as "4F7A-91", from (post code, digest, local slot in ISO form) of every post.

    30 bits: enough to tell one campaign's plans apart at a glance; sign-off itself compares digests.
    """
    number = int.from_bytes(hashlib.sha256(_canonical(sorted(posts))).digest()[:8], "big")
    letters = []
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    text = "".join(letters)
    return f"{text[:4]}-{text[4:]}"


def plan_difference(before: Iterable[PlannedPost], after: Iterable[PlannedPost]) -> tuple[Change, ...]:
    """What changed from one plan to the next, by post key, in the order of the slots."""
    old = {post.key: post for post in before}
    new = {post.key: post for post in after}
    changes = [
        Change(kind=ChangeKind.REMOVED, code=post.code, before=post) for key, post in old.items() if key not in new
    ]
    for key, post in new.items():
        known = old.get(key)
        if known is None:
            changes.append(Change(kind=ChangeKind.ADDED, code=post.code, after=post))
        elif known != post:
            changes.append(Change(kind=ChangeKind.CHANGED, code=post.code, before=known, after=post))
    return tuple(sorted(changes, key=_when))


def _when(change: Change) -> tuple[str, str]:
    post = change.after or change.before
    return (post.slot.due_at.isoformat() if post else "", change.code)


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
