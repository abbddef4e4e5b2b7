"""What a person does to a campaign under way: pause, resume, skip, retry, move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.choosing import FELL_INTO_PAUSE
from bot.core.desk import Desk
from bot.decisions import Decision, reschedule, retry, skip
from bot.digest import plan_code
from bot.errors import Problem, UsageError
from bot.lifecycle import state_of
from bot.model import Mode, Post, PostState, Slot

_STILL_NOW = timedelta(minutes=1)
"""A person who types the minute that is running means now."""


@dataclass(frozen=True, kw_only=True)
class Paused:
    """A pause took hold. ``sending`` names what was on its way at that moment; ``already`` that it was paused."""

    since: datetime
    sending: tuple[str, ...]
    already: bool


def pause(desk: Desk, reason: str) -> Paused:
    """From the return on no call begins. Pausing again changes nothing but the reason, when one is given."""
    record = desk.record()
    if record.paused_at is not None and not reason:
        return Paused(since=record.paused_at, sending=(), already=True)
    entry = desk.entry("pause", note=reason)
    sending = desk.storage.campaigns.record_pause(record.campaign_id, reason, entry)
    return Paused(since=record.paused_at or entry.at, sending=sending, already=record.paused_at is not None)


def resume(desk: Desk) -> tuple[str, ...]:
    """End the pause. Returns the codes of posts whose slots fell into it: they wait for a person, all of them.

    Raises PersonNeededError for a database that nobody has verified yet: what it takes for missed may be out.
    """
    record = desk.record()
    if record.paused_at is None:
        raise UsageError(Problem(what="The campaign is not paused.", remedy="What it does: campaign-bot status"))
    if record.mode is Mode.LIVE and (doubt := desk.storage.installation.identity().doubt):
        from bot.core.guarding import older_copy

        raise older_copy(desk.storage, doubt)
    desk.storage.campaigns.record_resume(record.campaign_id, desk.entry("resume"), reason=FELL_INTO_PAUSE)
    waiting = (post for post in desk.posts() if state_of(post) is PostState.MISSED)  # one may have been found to be out
    return tuple(post.code for post in waiting if post.standing_reason == FELL_INTO_PAUSE)


def skip_post(desk: Desk, code: str, reason: str) -> Post:
    """It will not be sent."""
    return decide(desk, desk.post(code), "skip", skip("A person skipped it."), note=reason)


def retry_post(desk: Desk, code: str) -> Post:
    """Send what is missing of it now, or as soon as the distance to other posts allows."""
    from bot.core.consenting import require_consent  # the status needs no checks

    slot = soonest_slot(desk, code)
    require_consent(desk, code, slot)
    return decide(desk, desk.post(code), "retry", retry(slot))


def move_post(desk: Desk, code: str, slot: Slot) -> Post:
    """Give it another slot. Raises UsageError for one that has passed or is taken, FindingsError for one at which
    somebody's consent has ended."""
    from bot.core.consenting import require_consent

    post = desk.post(code)
    if slot.due_at < desk.clock.now() - _STILL_NOW:
        raise UsageError(
            Problem(what=f"{slot.local:%a %d %b %H:%M} has passed.", remedy="Choose a later time, or: --to now")
        )
    _refuse_crowding(desk, post, slot)
    require_consent(desk, code, slot)
    return decide(desk, post, "reschedule", reschedule(slot), detail=f"to {slot.local:%Y-%m-%d %H:%M:%S}")


def decide(desk: Desk, post: Post, action: str, decision: Decision, *, detail: str = "", note: str = "") -> Post:
    """Carry a decision out, log it, and remember the plan that it makes."""
    record = desk.planned()
    entry = desk.entry(action, post_code=post.code, detail=detail, note=note)
    changed = desk.storage.delivery.decide(record.campaign_id, post.post_id, decision, entry=entry)
    remember_plan(desk)
    return changed


def remember_plan(desk: Desk) -> str:
    """The plan's code follows from its posts; after a change by hand it is another one."""
    record = desk.planned()
    posts = desk.posts()
    lines = tuple((post.code, post.digest, post.slot.local.isoformat(timespec="seconds")) for post in posts)
    code = plan_code(lines)
    if code != record.plan_code:
        desk.storage.plans.remember(record.campaign_id, code, lines, now=desk.clock.now())
    return code


def slot_at(instant: datetime, zone: str) -> Slot:
    """The slot of an instant, to the second."""
    whole = instant.replace(microsecond=0)
    return Slot(local=whole.astimezone(ZoneInfo(zone)).replace(tzinfo=None), due_at=whole)


def soonest_slot(desk: Desk, code: str = "") -> Slot:
    """Now, or as soon after it as the catch-up distance to other posts that are due about now allows.

    So a person who moves one post after the other to "now" does not cause a burst.
    """
    settings = desk.settings()
    spacing = settings.policy.catch_up_spacing
    taken = sorted(post.slot.due_at for post in desk.posts() if post.code != code.lower())
    instant = desk.clock.now().replace(microsecond=0)
    for other in taken:
        if abs(other - instant) < spacing or other == instant:
            instant = other + max(spacing, timedelta(seconds=1))
    return slot_at(instant, settings.zone)


def _refuse_crowding(desk: Desk, post: Post, slot: Slot) -> None:
    """A slot that another post of the account has is taken."""
    for other in desk.posts():
        if other.post_id == post.post_id or other.key.account_id != post.key.account_id:
            continue
        if other.slot.due_at == slot.due_at:
            raise UsageError(
                Problem(what=f"{other.code} has that slot already.", remedy="Choose another time, or: --to next")
            )
