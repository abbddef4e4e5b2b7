"""The week as it will be sent, as one frozen value: text, JSON and HTML are only ways to show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.config import Prices
from bot.cost import Cost, cost_of
from bot.lifecycle import reason_of, state_of
from bot.model import Finding, Media, Message, MessageState, Mode, Post, PostState, Ranking, SeriesKind
from bot.text import MAX_WEIGHT, weighted_length
from bot.wording import rank_label


@dataclass(frozen=True, kw_only=True)
class PartCard:
    """One message. ``number`` of ``total`` counts from 1; ``over_by`` is 0 while the text fits; ``used`` is weighted
    as X weighs it. ``posted_at`` is UTC."""

    number: int
    total: int
    text: str
    used: int
    limit: int
    over_by: int
    state: MessageState
    reason: str
    media: tuple[Media, ...]
    findings: tuple[Finding, ...]
    url: str = ""
    posted_at: datetime | None = None
    adopted: bool = False


@dataclass(frozen=True, kw_only=True)
class PostCard:
    """One post. ``local`` is aware, in the campaign's zone; ``findings`` are those that concern the whole post."""

    code: str
    kind: SeriesKind
    title: str
    local: datetime
    state: PostState
    reason: str
    signed_off_by: str
    parts: tuple[PartCard, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Day:
    """The posts of one local date, in order of time."""

    date: date
    cards: tuple[PostCard, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Everything that a preview shows. ``made_at`` is aware, in the campaign's zone; ``findings`` are all of them, in
    the order of the checks, ``campaign_findings`` those that belong to no post shown. ``budget_left`` (US dollars) is what
    the whole campaign leaves of its budget, also where only a part of it is shown."""

    campaign: str
    account: str
    account_name: str
    mode: Mode
    plan_code: str
    zone: str
    made_at: datetime
    hashtags: tuple[str, ...]
    days: tuple[Day, ...]
    counts: tuple[tuple[PostState, int], ...]
    cost: Cost
    prices: Prices
    findings: tuple[Finding, ...]
    campaign_findings: tuple[Finding, ...]
    next_command: str
    budget_left: Decimal | None = None

    @property
    def posts(self) -> int:
        return sum(number for _, number in self.counts)

    @property
    def messages(self) -> int:
        return sum(len(card.parts) for day in self.days for card in day.cards)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.asks)


def build_preview(  # noqa: PLR0913 - everything a preview shows, named one by one
    posts: Sequence[Post],
    findings: Sequence[Finding],
    prices: Prices,
    *,
    ranking: Ranking,
    campaign_name: str,
    zone: str,
    account_handle: str,
    mode: Mode,
    plan_code: str,
    now: datetime,
    hashtags: tuple[str, ...] = (),
    account_name: str = "",
    budget_left: Decimal | None = None,
    started: bool = False,
) -> Preview:
    """Nothing is read and nothing decided here. ``posts`` may be a choice (one day, one post): cost and counts are of
    what is shown, and findings about other posts are left out. ``started`` says that the campaign is under way."""
    place = ZoneInfo(zone)
    shown = {post.code for post in posts}
    kept = tuple(finding for finding in findings if not finding.post_code or finding.post_code in shown)
    cards = _cards(posts, kept, titles_of(ranking), place)
    counts = Counter(card.state for card in cards)
    return Preview(
        campaign=campaign_name,
        account=account_handle,
        account_name=account_name or account_handle,
        mode=mode,
        plan_code=plan_code,
        zone=zone,
        made_at=now.astimezone(place),
        hashtags=hashtags,
        days=tuple(Day(date=day, cards=tuple(group)) for day, group in groupby(cards, lambda card: card.local.date())),
        counts=tuple((state, counts[state]) for state in PostState if counts[state]),
        cost=cost_of(posts, prices),
        prices=prices,
        budget_left=budget_left,
        findings=kept,
        campaign_findings=tuple(finding for finding in kept if not finding.post_code),
        next_command=_next_command(counts, kept, plan_code, started=started),
    )


def titles_of(ranking: Ranking) -> dict[str, str]:
    """What people call each subject: "7th: Priya Example, Riverside Care", or the organisation's name."""
    titles = {item.organisation_id: item.name for item in ranking.organisations}
    for worker in ranking.workers:
        titles[worker.worker_id] = f"{rank_label(worker.rank, worker.tied)}: {worker.name}, {worker.organisation}"
    for one in ranking.contributions:
        titles[one.contribution_id] = one.name or "A contribution"
    return titles


def title_of(post: Post, titles: dict[str, str]) -> str:
    """One post's title; a subject that has left the list is named by its code alone."""
    if post.kind is SeriesKind.WINNER:
        return "The winner thread" if len(post.messages) > 1 else "The winner"
    if post.kind in {SeriesKind.OPENING, SeriesKind.CLOSING}:
        return f"The {post.kind.value}"
    title = titles.get(post.key.subject_id, post.code)
    return f"Correction: {title}" if post.kind is SeriesKind.CORRECTION else title


def _cards(
    posts: Iterable[Post], findings: Sequence[Finding], titles: dict[str, str], zone: ZoneInfo
) -> list[PostCard]:
    found: dict[tuple[str, int | None], list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.post_code, finding.part].append(finding)
    ordered = sorted(posts, key=lambda post: (post.slot.due_at, post.code))
    return [_card(post, found, titles, zone) for post in ordered]


def _card(
    post: Post, found: dict[tuple[str, int | None], list[Finding]], titles: dict[str, str], zone: ZoneInfo
) -> PostCard:
    total = len(post.messages)
    parts = (
        _part(message, number, total, tuple(found.get((post.code, number), ())))
        for number, message in enumerate(post.messages, start=1)
    )
    return PostCard(
        code=post.code,
        kind=post.kind,
        title=title_of(post, titles),
        local=post.slot.due_at.astimezone(zone),
        state=state_of(post),
        reason=reason_of(post),
        signed_off_by=post.approval.by if post.approval else "",
        parts=tuple(parts),
        findings=tuple(found.get((post.code, None), ())),
    )


def _part(message: Message, number: int, total: int, findings: tuple[Finding, ...]) -> PartCard:
    used = weighted_length(message.draft.text)
    return PartCard(
        number=number,
        total=total,
        text=message.draft.text,
        used=used,
        limit=MAX_WEIGHT,
        over_by=max(0, used - MAX_WEIGHT),
        state=message.state,
        reason=message.reason,
        media=message.draft.media,
        findings=findings,
        url=message.receipt.url if message.receipt else "",
        posted_at=message.receipt.posted_at if message.receipt else None,
        adopted=message.receipt.adopted if message.receipt else False,
    )


def _next_command(counts: Counter[PostState], findings: Sequence[Finding], plan_code: str, *, started: bool) -> str:
    if not counts:
        return "campaign-bot plan"
    if any(finding.blocks for finding in findings):
        return "campaign-bot plan"
    if counts[PostState.DRAFT]:
        accept = " --accept-warnings" if any(finding.asks for finding in findings) else ""
        return f'campaign-bot approve --all --by "YOUR NAME" --code {plan_code}{accept}'
    if set(counts) <= {PostState.APPROVED} and not started:
        return "campaign-bot start"
    return "campaign-bot status"
