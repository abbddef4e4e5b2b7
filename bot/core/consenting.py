"""A sign-off that consent no longer carries ends at once: nothing waits for the next plan, and the runner sends nothing unsigned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.checks import RULES, PlanView, run_checks
from bot.consent import Recorded
from bot.core.checking import refuse_errors, view_of
from bot.core.desk import Desk
from bot.core.loading import with_consents
from bot.core.remaking import watchlist_of
from bot.lifecycle import state_of
from bot.model import AuditEntry, Post, PostState, Ranking, Slot, Standing
from bot.storage.plans import Revision

_RULE = "CONSENT"
_WHY = "consent does not cover it"


def uncovered(desk: Desk, recorded: Mapping[str, Recorded], ranking: Ranking | None = None) -> tuple[Post, ...]:
    """Signed-off posts that would name, show or tag somebody without consent, if this were recorded (and the list were
    this one)."""
    if not any(state_of(post) is PostState.APPROVED for post in desk.posts()):
        return ()
    view = view_of(desk)
    if ranking is not None:
        watchlist = replace(watchlist_of(desk), ranking=ranking)
        view = replace(view, watchlist=watchlist, ranking=watchlist.nameable)
    return _without(replace(view, ranking=with_consents(view.ranking, recorded)))


def require_consent(desk: Desk, code: str, slot: Slot) -> None:
    """A signed-off post is not put to a time at which consent does not carry it any more. Raises FindingsError."""
    post = desk.post(code)
    if not post.is_signed:
        return  # it needs a sign-off, and the checks run then
    view = view_of(desk)
    moved = tuple(replace(one, slot=slot) if one.post_id == post.post_id else one for one in view.posts)
    found = run_checks(replace(view, posts=moved), [RULES[_RULE]])
    refuse_errors(found, frozenset({post.code}))


def end_uncovered(desk: Desk) -> tuple[str, ...]:
    """End the sign-offs that what is recorded now does not carry. Returns the codes of these posts."""
    record = desk.storage.campaigns.find(desk.campaign)
    if record is None or not record.plan_code:
        return ()
    return end_sign_offs(desk, uncovered(desk, desk.storage.rankings.recorded(record.campaign_id)))


def ends(desk: Desk, posts: tuple[Post, ...], *, why: str = _WHY) -> list[tuple[str, Revision, AuditEntry]]:
    """What ends the sign-offs of these posts, for whoever writes it together with something else."""
    return [
        (post.digest, _draft(post), desk.entry("sign-off ended", post_code=post.code, detail=why)) for post in posts
    ]


def end_sign_offs(desk: Desk, posts: tuple[Post, ...], *, why: str = _WHY) -> tuple[str, ...]:
    """They wait for a sign-off again, with their texts and slots. Posts that have begun by now are left alone."""
    if not posts:
        return ()
    ended = ends(desk, posts, why=why)
    revised, entries = [(digest, draft) for digest, draft, _ in ended], [entry for *_, entry in ended]
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
