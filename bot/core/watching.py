"""What there is to see: the preview of the week, and the status at one glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.calls import ALREADY_THERE, PARENT_GONE
from bot.config import Config
from bot.config_reading import config_digest
from bot.contribution import Moderation
from bot.core.desk import Desk
from bot.cost import cost_of
from bot.lifecycle import is_final, limit_end, needs_person, reason_of, state_of
from bot.model import Account, CampaignRecord, MessageState, Mode, Post, PostState
from bot.reports.preview import Preview, build_preview, title_of, titles_of
from bot.reports.status_text import Decision, Status, StatusPost, StatusProblem

_ALIVE = timedelta(minutes=1)
_COMMANDS = {
    PostState.MISSED: "campaign-bot reschedule {code} --to next",
    PostState.FAILED: "campaign-bot retry {code}",
    PostState.PARTIAL: "campaign-bot retry {code}",
    PostState.HELD: "campaign-bot resolve {code}",
}


def preview(desk: Desk, *, mode: Mode, choose: Callable[[Post], bool] = lambda _: True) -> Preview:
    """The week, or the chosen posts of it, exactly as it will be sent."""
    from bot.core.checking import findings  # the status needs no checks

    record, settings = desk.planned(), desk.settings()
    posts = desk.posts()
    account = _account(desk, posts)
    return build_preview(
        tuple(post for post in posts if choose(post)),
        findings(desk),
        settings.prices,
        ranking=desk.storage.rankings.load(record.campaign_id),
        campaign_name=record.name,
        zone=settings.zone,
        account_handle=account.handle if account else "",
        mode=mode,
        plan_code=record.plan_code,
        now=desk.clock.now(),
        hashtags=settings.hashtags,
        started=record.started_at is not None,
        budget_left=None
        if settings.budget.usd is None
        else settings.budget.usd - cost_of(posts, settings.prices).total,
    )


def status(desk: Desk, config: Config, *, mode: Mode, runner_alive: bool) -> Status:
    """The campaign at one glance. ``runner_alive`` says whether the runner's lock is held."""
    record = desk.storage.campaigns.find(desk.campaign)
    if record is None or not record.plan_code:
        before = before_the_plan(config, mode, loaded=record is not None)
        unread = record is not None and config.is_day and not _any_approved(desk, record.campaign_id)
        return replace(before, next_command="campaign-bot contributions review") if unread else before
    posts = desk.posts()
    account = _account(desk, posts)
    titles = titles_of(desk.storage.rankings.load(record.campaign_id))
    runner = desk.storage.delivery.latest_runner() if runner_alive else None
    counts = Counter(state_of(post) for post in posts)
    return Status(
        mode=mode,
        campaign=record.name,
        account=account.handle if account else config.account.handle,
        zone=desk.settings().zone,
        plan_code=record.plan_code,
        started=Decision(at=record.started_at, by=record.started_by) if record.started_at else None,
        paused=Decision(at=record.paused_at, by=record.paused_by, reason=record.pause_reason)
        if record.paused_at
        else None,
        runner_seen_at=runner.heartbeat_at if runner else None,
        next_post=_next_post(posts, titles),
        last_post=_last_post(posts, titles),
        counts=tuple((state, counts[state]) for state in PostState if counts[state]),
        problems=tuple(problem_of(post) for post in posts if needs_person(post)),
        account_stopped=_stopped(desk, account, alive=runner is not None) if account else "",
        account_waits_until=limit_end(account.resume_at, desk.clock.now()) if account else None,
        config_differs=_differs(desk, record, config),
        next_command="campaign-bot db verify"
        if mode is Mode.LIVE and desk.storage.installation.identity().doubt
        else "",
        finished=bool(posts) and all(is_final(post) for post in posts),
    )


def before_the_plan(config: Config, mode: Mode, *, loaded: bool) -> Status:
    """The status of a campaign that is hardly more than its config yet."""
    return Status(
        mode=mode,
        campaign=config.name,
        account=config.account.handle,
        zone=config.zone,
        next_command="campaign-bot plan" if loaded else load_command(config),
    )


def _any_approved(desk: Desk, campaign_id: int) -> bool:
    return any(one.state is Moderation.APPROVED for one in desk.storage.contributions.all(campaign_id))


def _differs(desk: Desk, record: CampaignRecord, config: Config) -> bool:
    """Whether planning again would take up something of config.toml; a forgotten campaign is not planned again."""
    return record.config_digest != config_digest(config) and not desk.storage.erasing.was_forgotten(record.campaign_id)


def load_command(config: Config) -> str:
    """How this kind of campaign begins."""
    return "campaign-bot contributions load FILE" if config.is_day else "campaign-bot load LIST.csv"


def command_for(state: PostState, code: str) -> str:
    """The command that deals with a post that waits for a person."""
    return _COMMANDS.get(state, "campaign-bot preview {code}").format(code=code)


def _asked(state: PostState) -> PostState:
    """Held without doubt is like failed: it surely is not out."""
    return PostState.FAILED if state is PostState.HELD else state


def _account(desk: Desk, posts: Sequence[Post]) -> Account | None:
    return desk.account_of(posts[0]) if posts else None


def _next_post(posts: Iterable[Post], titles: dict[str, str]) -> StatusPost | None:
    waiting = {PostState.APPROVED, PostState.DRAFT, PostState.SENDING, PostState.UNKNOWN}
    for post in posts:
        if state_of(post) in waiting and not is_final(post):
            return StatusPost(code=post.code, title=title_of(post, titles), at=post.slot.due_at)
    return None


def _stopped(desk: Desk, account: Account, *, alive: bool) -> str:
    """Why nothing goes out on an account although a runner is at work; empty when it does."""
    if account.stopped or not alive:
        return account.stopped
    from bot.core.leaving import nobody_serves  # the status is quick

    left = nobody_serves(desk.storage, [account], now=desk.clock.now(), max_age=_ALIVE)
    return f"The runner at work cannot post on it. {left[0].why}".rstrip() if left else ""


def _last_post(posts: Iterable[Post], titles: dict[str, str]) -> StatusPost | None:
    sent = [
        (message.receipt, post)
        for post in posts
        for message in post.messages
        if message.receipt and message.state is MessageState.POSTED
    ]
    if not sent:
        return None
    receipt, post = max(sent, key=lambda item: item[0].posted_at)
    return StatusPost(code=post.code, title=title_of(post, titles), at=receipt.posted_at, url=receipt.url)


def problem_of(post: Post) -> StatusProblem:
    """What a post waits for, and the command that deals with it."""
    state = state_of(post)
    reason = reason_of(post)
    if len(post.messages) > 1:
        out = sum(1 for message in post.messages if message.state is MessageState.POSTED)
        reason = f"{out} of {len(post.messages)} posted. {reason}".strip()
    return StatusProblem(code=post.code, state=state, reason=reason, command=_way_out(post, state))


def _way_out(post: Post, state: PostState) -> str:
    """Never a command that refuses: what is torn, or has begun and lost its sign-off, can only be left out."""
    if any(message.in_doubt for message in post.messages):
        return command_for(PostState.HELD, post.code)
    states = {message.state for message in post.messages}
    signed = post.is_signed
    if MessageState.DELETED in states or (not signed and state in {PostState.PARTIAL, PostState.FAILED}):
        return f"campaign-bot skip {post.code}"
    if not signed and state is PostState.HELD:
        return command_for(PostState.MISSED, post.code)
    failed = [message.reason for message in post.messages if message.state is MessageState.FAILED]
    if any(ALREADY_THERE in reason for reason in failed):
        return command_for(PostState.HELD, post.code)  # what is there may be ours: look, before anything is sent
    if any(PARENT_GONE in reason for reason in failed):
        return f"campaign-bot skip {post.code}"
    return command_for(_asked(state), post.code)
