"""Rules that look at more than one post, or at a post's place in the week."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.checks.view import FINAL, Part, PlanView, of_campaign, parts_of
from bot.days import say_local
from bot.model import Finding, Post, PostKey, PostState, SeriesKind, Severity
from bot.text import find_mentions, normalise

_WAITS_FOR_SLOT = {PostState.DRAFT, PostState.APPROVED}
_SHOWN_CODES = 6
_MOST_ALIKE = 5
"""So many posts may share one wording; with eight wordings, a list of forty."""
_DIGITS = re.compile(r"\d[\d,.]*(?:st|nd|rd|th)?\b")


def duplicate_text(view: PlanView) -> Iterator[Finding]:
    """X refuses a text that the account has posted already ("You are not allowed to create a Post with duplicate
    content"). Compared without regard to case and spacing, also with what is posted, per account."""
    groups: dict[tuple[int, str], list[Part]] = defaultdict(list)
    for post in view.posts:
        if view.states[post.key] not in {PostState.SKIPPED, PostState.DELETED}:
            for part in parts_of(post):
                groups[post.key.account_id, _folded(part.text)].append(part)
    waiting = {(part.post.key, part.number) for part in view.parts}
    for (_, text), parts in groups.items():
        if text and len(parts) > 1:
            yield from _duplicates(parts, waiting)


def _duplicates(parts: list[Part], waiting: set[tuple[PostKey, int]]) -> Iterator[Finding]:
    def order(part: Part) -> tuple[bool, object, int]:
        return (part.post.key, part.number) in waiting, part.post.slot.due_at, part.number

    first, *others = sorted(parts, key=order)
    for part in others:
        if (part.post.key, part.number) in waiting:
            what = f"The text is the same as {_place(first)}; X refuses to post a text twice."
            yield Finding(
                rule="DUPLICATE",
                severity=Severity.ERROR,
                message=what,
                remedy="Add something to the template that differs from row to row, or skip one of the two.",
                post_code=part.post.code,
                part=part.number,
            )


def near_duplicate(view: PlanView) -> Iterator[Finding]:
    """Many posts that differ in name, organisation, rank and count only read as made by a machine, and X's rules forbid
    "substantially similar" posts in bulk (https://help.x.com/en/rules-and-policies/platform-manipulation). The row's
    values are blanked; one finding for the campaign."""
    alike: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    for passage in view.texts:
        shape = _DIGITS.sub("#", passage.prose)
        if any(letter.isalpha() for letter in shape):
            alike[passage.part.post.key.account_id, _folded(shape)][passage.part.post.code] = None
    most = max(alike.values(), key=len, default={})
    groups = sum(1 for codes in alike.values() if len(codes) > _MOST_ALIKE)
    if groups:
        more = f" {groups - 1} more such groups." if groups > 1 else ""
        what = f"{len(most):,} posts say the same but for the names: {', '.join(list(most)[:_SHOWN_CODES])}.{more}"
        remedy = "Add another wording to the template, below a line of three equals signs."
        yield of_campaign("NEAR-DUPLICATE", Severity.WARNING, what, remedy)


def slot_past(view: PlanView) -> Iterator[Finding]:
    """A post whose time has gone by would never be sent; one that is signed off still goes out within the limit."""
    for post in view.to_send:
        state = view.states[post.key]
        late = view.now - post.slot.due_at
        allowed = view.lateness_limit if state is PostState.APPROVED else view.now - view.now
        if state in _WAITS_FOR_SLOT and late > allowed:
            yield Finding(
                rule="SLOT-PAST",
                severity=Severity.ERROR,
                message=f"Its time, {say_local(post.slot.local)}, has passed.",
                remedy=f"Move it with: campaign-bot reschedule {post.code} --to next. Or correct the dates and plan again.",
                post_code=post.code,
            )


def breaks_countdown(view: PlanView) -> Iterator[Finding]:
    """A series of workers counts down or up; the fewest posts that stand out of that order are named."""
    series: dict[tuple[str, int], list[tuple[Post, int]]] = defaultdict(list)
    for post in view.posts:
        worker = view.workers.get(post.key.subject_id)
        if post.kind is SeriesKind.WORKERS and worker and _has_a_time(view.states[post.key]):
            series[post.key.series, post.key.account_id].append((post, worker.rank))
    for entries in series.values():
        entries.sort(key=lambda entry: (entry[0].slot.due_at, entry[0].code))
        for post, rank in _out_of_order(entries):
            if view.states[post.key] not in FINAL:
                yield Finding(
                    rule="COUNTDOWN",
                    severity=Severity.WARNING,
                    message=f"Rank {rank} is out of order: the series does not run in rank order with this post here.",
                    remedy=f"Move it with: campaign-bot reschedule {post.code} --to next. Or leave it if that is meant.",
                    post_code=post.code,
                )


def mentions(view: PlanView) -> Iterator[Finding]:
    """Since 23 February 2026 X restricts programs that @mention people who are not part of the conversation
    (https://docs.x.com/changelog); how strictly is not published, so this warns and never strips."""
    listed = {worker.handle.casefold() for worker in view.ranking.workers if worker.handle}
    listed |= {item.handle.casefold() for item in view.ranking.organisations if item.handle}
    codes: dict[str, None] = {}
    for part in view.parts:
        found = find_mentions(part.text) if "@" in part.text or "\uff20" in part.text else ()
        if found:
            codes[part.post.code] = None
        for handle in found:
            if handle.casefold() not in listed:
                message, remedy = _stray_mention(handle, view)
                yield Finding(
                    rule="MENTION",
                    severity=Severity.WARNING,
                    message=message,
                    remedy=remedy,
                    post_code=part.post.code,
                    part=part.number,
                )
    if codes:
        yield _mention_summary(list(codes), listed=bool(view.ranking.workers))


def _stray_mention(handle: str, view: PlanView) -> tuple[str, str]:
    """What to say of a handle that nobody on the list has; "@Home Care" is a name that X would take for one."""
    sign = f"@{handle}"
    name = next((item.name for item in view.ranking.organisations if sign in item.name), None)
    if name is not None:
        return (
            f"In the name “{name}”, X would take “{sign}” for an account and link to it.",
            f"Write the name without @ in the list (for example “{name.replace('@', 'At ')}”), then load and plan again.",
        )
    remedy = "Name people by name; put a handle in the list only for somebody who has agreed to it."
    if not view.ranking.workers:
        return f"{sign} would be mentioned, and X may refuse that.", remedy
    return f"{sign} is not a handle of the list.", remedy


def _mention_summary(codes: list[str], *, listed: bool) -> Finding:
    otherwise = "take the handles out of the list to name people only by name" if listed else "take the @ away"
    more = f" and {len(codes) - _SHOWN_CODES:,} more" if len(codes) > _SHOWN_CODES else ""
    named = ", ".join(codes[:_SHOWN_CODES]) + more
    return Finding(
        rule="MENTION",
        severity=Severity.WARNING,
        message=f"{len(codes):,} {'post mentions' if len(codes) == 1 else 'posts mention'} an @handle ({named}); "
        "since 2026 X may refuse those.",
        remedy=f"Be sure that each of them has agreed, or {otherwise}.",
    )


def _out_of_order(entries: Sequence[tuple[Post, int]]) -> list[tuple[Post, int]]:
    """All but the longest run in one direction; counting down is tried first, equal ranks may follow each other."""
    ranks = [rank for _, rank in entries]
    down = _longest_rise([-rank for rank in ranks])
    up = _longest_rise(ranks)
    kept = up if len(up) > len(down) else down
    return [entry for number, entry in enumerate(entries) if number not in kept]


def _longest_rise(values: Sequence[int]) -> set[int]:
    """Positions of a longest non-falling subsequence (patience sorting, n log n)."""
    tails: list[int] = []
    tops: list[int] = []
    before: list[int | None] = []
    for position, value in enumerate(values):
        pile = bisect_right(tails, value)
        before.append(tops[pile - 1] if pile else None)
        tails[pile : pile + 1] = [value]
        tops[pile : pile + 1] = [position]
    kept: set[int] = set()
    at = tops[-1] if tops else None
    while at is not None:
        kept.add(at)
        at = before[at]
    return kept


def _has_a_time(state: PostState) -> bool:
    return state not in {PostState.SKIPPED, PostState.DELETED, PostState.MISSED}


def _folded(text: str) -> str:
    return " ".join(normalise(text).casefold().split())


def _place(part: Part) -> str:
    return f"part {part.number} of {part.post.code}" if len(part.post.messages) > 1 else part.post.code
