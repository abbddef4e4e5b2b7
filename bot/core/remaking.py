"""Posts that are made again in their slots because somebody is no longer named in them, or is named again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.config import Config
from bot.core.composing import Composer
from bot.core.desk import Desk
from bot.core.steering import remember_plan
from bot.digest import post_digest
from bot.errors import CampaignBotError, Problem
from bot.model import Draft, Post, Ranking, SeriesKind, Standing
from bot.plan import Assignment
from bot.pulling import VOID, may_be_made_again
from bot.storage.plans import Revision
from bot.watchlist import Watchlist

_FROM_THE_LIST = {SeriesKind.WORKERS, SeriesKind.ORGANISATIONS, SeriesKind.WINNER}


@dataclass(frozen=True, kw_only=True)
class Remade:
    """A post before and after. ``problem`` says why it could not be made again; then ``after`` is empty.
    ``unsigned``: it had a sign-off, or was pulled, and needs a new one."""

    code: str
    before: tuple[Draft, ...]
    after: tuple[Draft, ...] = ()
    problem: Problem | None = None
    unsigned: bool = True


def watchlist_of(desk: Desk) -> Watchlist:
    """Who is not to be named in the campaign."""
    campaign_id = desk.record().campaign_id
    return Watchlist(ranking=desk.storage.rankings.load(campaign_id), wishes=desk.storage.people.wishes(campaign_id))


def remake(desk: Desk, config: Config, codes: Iterable[str], *, why: str) -> tuple[Remade, ...]:
    """Render these posts from today's list and templates, each in its slot and wording; what has changed needs a new
    sign-off. Posts that have begun, were skipped, or do not come from the list are left alone."""
    wanted = frozenset(codes)
    ranking = watchlist_of(desk).nameable
    known = {item.worker_id for item in ranking.workers} | {item.organisation_id for item in ranking.organisations}
    series = {one.code for one in config.series}
    posts = [
        post
        for post in desk.posts()
        if post.code in wanted
        and may_be_made_again(post)
        and post.kind in _FROM_THE_LIST
        and post.key.series in series
        and (post.kind is SeriesKind.WINNER or post.key.subject_id in known)
    ]
    return _write(desk, config, ranking, posts, why) if posts else ()


def _write(desk: Desk, config: Config, ranking: Ranking, posts: list[Post], why: str) -> tuple[Remade, ...]:
    record = desk.planned()
    composer = Composer(config, ranking, desk.storage.rankings.folder(record.campaign_id))
    found = [_remade(composer, post) for post in posts]
    account = {post.code: desk.account_of(post) for post in posts}
    revised = []
    for post, one in zip(posts, found, strict=True):
        if one.problem is None:
            digest = post_digest(account[post.code].network, account[post.code].handle, one.after, post.in_reply_to)
            if digest != post.digest:
                revised.append((post.digest, _revision(post, one, digest)))
    entries = [desk.entry("made again", post_code=revision.code, detail=why) for _, revision in revised]
    changed = desk.storage.plans.remake(record.campaign_id, revised, media=composer.media, entries=entries)
    if changed:
        remember_plan(desk)
    return tuple(one for one in found if one.code in changed or one.problem is not None)


def _remade(composer: Composer, post: Post) -> Remade:
    assignment = Assignment(
        key=post.key, kind=post.kind, code=post.code, slot=post.slot, subject_id=post.key.subject_id
    )
    before = tuple(message.draft for message in post.messages)
    made = Remade(code=post.code, before=before, unsigned=post.digest.startswith(VOID) or post.approval is not None)
    try:
        return replace(made, after=composer.compose(assignment, post.wording))
    except CampaignBotError as error:
        return replace(made, problem=error.problems[0])


def _revision(post: Post, one: Remade, digest: str) -> Revision:
    """A draft in the same slot; texts that are the same need no writing."""
    return Revision(
        post_id=post.post_id,
        code=post.code,
        slot=post.slot,
        digest=digest,
        standing=Standing.DRAFT,
        approved=False,
        wording=post.wording,
        messages=one.after if one.after != one.before else None,
    )
