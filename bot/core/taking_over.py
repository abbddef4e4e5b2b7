"""Taking a campaign over from another computer: what does this copy of it know, and is there more to know?

The folder may be an older copy, from a backup: then what was sent since is on the account, but who has withdrawn and
what was skipped since is nowhere to be read. So a copy that can be seen to be older, or at whose age posts fell due since,
sends nothing before a person has vouched for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.desk import Desk
from bot.core.guarding import PublisherFor, adopt_what_is_out, pause_all
from bot.errors import NetworkRefusedError
from bot.lifecycle import is_final, spoken
from bot.model import MessageState, Post, Standing
from bot.reports.words import short_moment

_NOT_FINISHED = "taken over from another computer, and that was cut off"
_NAMED = 3
_OUT = {MessageState.POSTED, MessageState.DELETED}


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a copy knew when it was taken over. ``known_until`` (UTC): the last that a runner, or a person who vouched
    for it, left in it. ``unknown`` are posts that are out and it did not know of, ``fell_due`` those that wait and
    whose slots have passed since (codes).
    """

    known_until: datetime
    unknown: tuple[str, ...]
    fell_due: tuple[str, ...]

    @property
    def needs_a_look(self) -> bool:
        return bool(self.unknown or self.fell_due)


def fell_due(posts: Sequence[Post], *, since: datetime, now: datetime) -> tuple[str, ...]:
    """Posts that a runner elsewhere would have sent meanwhile, unless somebody decided otherwise there."""
    waiting = {Standing.APPROVED, Standing.DRAFT}
    return tuple(
        post.code
        for post in posts
        if post.standing in waiting and not is_final(post) and since < post.slot.due_at <= now
    )


def doubt_about(copied: Copied, zone: ZoneInfo) -> str:
    """Why a person has to look, as the end of "This database was ..."; empty when nobody has to."""
    if not copied.needs_a_look:
        return ""
    found = []
    if copied.unknown:
        found.append(f"did not know of {_some(copied.unknown)}, out already")
    if copied.fell_due:
        last = short_moment(copied.known_until, zone)
        found.append(f"knew of nothing after {last}, since when {_some(copied.fell_due)} fell due")
    return f"taken over from another computer and {', and '.join(found)}"


def move_here(
    desk: Desk, here: str, publisher_for: PublisherFor, *, tell: Callable[[str], None] = lambda _: None
) -> tuple[str, ...]:
    """Make this installation the one that runs the database; the codes of posts that were found to be out already.

    ``tell`` gets how old the copy is. When it is older than what happened, everything is paused and doubted: then a
    runner refuses to work before ``db verify``. Raises NetworkRefusedError, and changes nothing, when the account
    cannot be read.
    """
    installation, now = desk.storage.installation, desk.clock.now()
    known_until = min(installation.last_run() or now, now)
    zone = ZoneInfo(desk.settings().zone)
    tell(_age(known_until, now, zone))
    doubted, accounted = installation.identity().doubt, _accounted(desk)
    adopted = _adopt(desk, publisher_for, doubted=doubted)
    copied = Copied(
        known_until=known_until,
        unknown=_more_out(desk, accounted),
        fell_due=fell_due(_all_posts(desk), since=known_until, now=now),
    )
    doubt = doubted or doubt_about(copied, zone)
    installation.record_doubt(doubt)
    if doubt:
        pause_all(desk.storage, doubt, desk.entry("pause", detail=doubt))
    installation.bind(here, now)
    detail = f"from another installation; {len(adopted)} found on the account"
    desk.storage.journal.add(desk.record().campaign_id, desk.entry("take-over", detail=detail))
    return adopted


def _adopt(desk: Desk, publisher_for: PublisherFor, *, doubted: str) -> tuple[str, ...]:
    """In doubt meanwhile: what has been adopted would be no evidence any more for a take-over that begins again."""
    installation = desk.storage.installation
    installation.record_doubt(doubted or _NOT_FINISHED)
    try:
        return adopt_what_is_out(desk, publisher_for)
    except NetworkRefusedError:  # nothing was adopted
        installation.record_doubt(doubted)
        raise


def _all_posts(desk: Desk) -> tuple[Post, ...]:
    """Of every campaign in the database that was started for real."""
    started = desk.storage.installation.started_live()
    return tuple(post for campaign_id in started for post in desk.storage.plans.posts(campaign_id))


def _accounted(desk: Desk) -> dict[int, int]:
    """By post, how many messages are out as far as is known, or may be: to find those on the account proves nothing."""
    perhaps = {MessageState.SENDING, MessageState.UNKNOWN, *_OUT}
    return {
        post.post_id: sum(1 for one in post.messages if one.in_doubt or one.state in perhaps)
        for post in _all_posts(desk)
    }


def _more_out(desk: Desk, before: Mapping[int, int]) -> tuple[str, ...]:
    return tuple(
        post.code
        for post in _all_posts(desk)
        if sum(1 for one in post.messages if one.state in _OUT) > before.get(post.post_id, 0)
    )


def _age(known_until: datetime, now: datetime, zone: ZoneInfo) -> str:
    """In the words of a warning, which it is."""
    ago = spoken(now - known_until)
    when = "just now" if ago == "no time" else f"{ago} ago"
    return (
        f"The last thing that this copy of the campaign knows of is {short_moment(known_until, zone)}, {when}. "
        "What was decided elsewhere after that is not in it."
    )


def _some(codes: Sequence[str]) -> str:
    left = len(codes) - _NAMED
    return ", ".join(codes[:_NAMED]) + (f" and {left} more" if left > 0 else "")
