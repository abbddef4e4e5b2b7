"""A sign-off that consent no longer carries ends at once: nothing waits for the next plan, and the runner sends nothing unsigned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.checks import RULES, PlanView, run_checks
from bot.consent import Recorded
from bot.core.checking import view_of
from bot.core.desk import Desk
from bot.core.loading import with_consents
from bot.lifecycle import state_of
from bot.model import Post, PostState, Standing
from bot.storage.plans import Revision

_RULE = "CONSENT"


def uncovered(desk: Desk, recorded: Mapping[str, Recorded]) -> tuple[Post, ...]:
    """Signed-off posts that would name, show or tag somebody without consent, if this were recorded."""
    if not any(state_of(post) is PostState.APPROVED for post in desk.posts()):
        return ()
    view = view_of(desk)
    return _without(replace(view, ranking=with_consents(view.ranking, recorded)))


def end_uncovered(desk: Desk) -> tuple[str, ...]:
    """End the sign-offs that what is recorded now does not carry. Returns the codes of these posts."""
    record = desk.storage.campaigns.find(desk.campaign)
    if record is None or not record.plan_code:
        return ()
    return end_sign_offs(desk, uncovered(desk, desk.storage.rankings.recorded(record.campaign_id)))


def end_sign_offs(desk: Desk, posts: tuple[Post, ...], *, why: str = "consent does not cover it") -> tuple[str, ...]:
    """They wait for a sign-off again, with their texts and slots. Posts that have begun by now are left alone."""
    if not posts:
        return ()
    entries = [desk.entry("sign-off ended", post_code=post.code, detail=why) for post in posts]
    revised = [(post.digest, _draft(post)) for post in posts]
    return desk.storage.plans.remake(desk.record().campaign_id, revised, media={}, entries=entries)


def _without(view: PlanView) -> tuple[Post, ...]:
    found = {finding.post_code for finding in run_checks(view, [RULES[_RULE]]) if finding.blocks}
    return tuple(
        post for post in view.posts if state_of(post) is PostState.APPROVED and (post.code in found or "" in found)
    )


def _draft(post: Post) -> Revision:
    return Revision(
        post_id=post.post_id,
        code=post.code,
        slot=post.slot,
        digest=post.digest,
        standing=Standing.DRAFT,
        approved=False,
        wording=post.wording,
    )
