"""What people have waived or ticked: which findings that settles, and for how long."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.acceptance import Acceptance, AcceptanceKind
from bot.model import Finding, Post, Severity

_OF_THE_SLOT = frozenset({"QUIET-PERIOD", "SLOT-PAST", "COUNTDOWN", "POLITICS"})
"""Checks that look at the time too: what was accepted of them ends when the post moves."""


def mark_of(finding: Finding, digests: dict[str, Post]) -> str:
    """What an acceptance of this finding is bound to, as a hash: what the post says (and for some checks when), or for
    the whole campaign what the finding says."""
    post = digests.get(finding.post_code)
    if post is None:
        return hashlib.sha256(finding.message.encode()).hexdigest()
    when = post.slot.local.isoformat() if finding.rule in _OF_THE_SLOT else ""
    return hashlib.sha256(f"{post.digest} {when}".encode()).hexdigest()


def accepted(found: Iterable[Finding], posts: Sequence[Post], acceptances: Iterable[Acceptance]) -> tuple[Finding, ...]:
    """The findings again, each with who has accepted it. The newest word counts; what has changed since is open again."""
    by_code = {post.code: post for post in posts}
    given = {(one.kind, one.rule, one.post_code, one.mark): one for one in acceptances}
    if not given:
        return tuple(found)
    return tuple(_with_word(finding, by_code, given) for finding in found)


def _with_word(
    finding: Finding, posts: dict[str, Post], given: dict[tuple[AcceptanceKind, str, str, str], Acceptance]
) -> Finding:
    kind = AcceptanceKind.WAIVER if finding.severity is Severity.ERROR else AcceptanceKind.TICK
    one = given.get((kind, finding.rule, finding.post_code, mark_of(finding, posts)))
    if one is None and kind is AcceptanceKind.TICK:
        one = given.get((kind, finding.rule, "", ""))
    if one is None:
        return finding
    word = "waived" if kind is AcceptanceKind.WAIVER else "ticked"
    return replace(finding, accepted=f"{word} by {one.by}: {one.reason}")
