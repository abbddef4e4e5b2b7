"""What became of a campaign, as one frozen value: text, Markdown, CSV, JSON and HTML are only ways to show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.lifecycle import is_final, reason_of, spoken, state_of
from bot.metrics import Counts, Measurement, Moment, Readings, added
from bot.model import AuditEntry, CampaignRecord, Message, MessageState, Mode, Post, PostState, Ranking, SeriesKind
from bot.reports.preview import title_of, titles_of
from bot.reports.spending import Spending

NOTABLE_LATENESS = timedelta(seconds=60)
"""Later than this after its slot, a post counts as late; a post begins within a second of its slot."""
BEST = 5
DEEDS = {
    "skip": "skipped",
    "delete": "deleted",
    "reschedule": "moved",
    "retry": "sent again",
    "resolve": "settled",
    "adopt": "found on the account",
    "withdraw": "withdrawn",
    "pulled": "pulled",
}
"""What people do to single posts that a report gives the reasons of."""


@dataclass(frozen=True, kw_only=True)
class ReportPart:
    """One message. ``posted_at`` and ``gone_at`` are UTC; ``gone_at`` is when X was first seen without it."""

    number: int
    state: MessageState
    reason: str
    url: str
    posted_at: datetime | None
    adopted: bool
    counts: Counts | None = None
    counted_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReportPost:
    """One post. ``local`` is its slot, aware, in the campaign's zone; ``corrects`` is the code of the post it corrects;
    ``doings`` is what people did about it and why."""

    code: str
    kind: SeriesKind
    title: str
    organisation: str
    local: datetime
    state: PostState
    reason: str
    parts: tuple[ReportPart, ...]
    final: bool
    moved: bool = False
    corrects: str = ""
    doings: tuple[str, ...] = ()

    @property
    def out(self) -> int:
        """Parts that are on the network now, as far as anybody knows."""
        return sum(part.state is MessageState.POSTED for part in self.parts)

    @property
    def sent_at(self) -> datetime | None:
        """When it began to go out."""
        return self.parts[0].posted_at

    @property
    def late(self) -> timedelta | None:
        """How long after its slot that was; never negative."""
        return None if self.sent_at is None else max(timedelta(0), self.sent_at - self.local)

    @property
    def progress(self) -> str:
        """``2 of 5`` for a thread."""
        sent = sum(part.posted_at is not None for part in self.parts)
        return f"{sent} of {len(self.parts)}" if len(self.parts) > 1 else ""

    @property
    def url(self) -> str:
        return self.parts[0].url

    @property
    def gone_at(self) -> datetime | None:
        return min((part.gone_at for part in self.parts if part.gone_at is not None), default=None)

    @property
    def counts(self) -> Counts | None:
        """All parts together; None when nothing was ever measured."""
        known = [part.counts for part in self.parts if part.counts is not None]
        if len(known) == 1:  # as nearly always; adding up takes its time
            return known[0]
        return added(known) if known else None

    @property
    def counts_in_totals(self) -> bool:
        """What is not there any more keeps its last numbers in its own line only."""
        return self.out > 0 and self.gone_at is None and self.counts is not None


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """Something that went otherwise than planned: what, and why."""

    code: str
    title: str
    word: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Share:
    """What an organisation's posts, or those of a day, brought together."""

    name: str
    posts: int
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a report shows. ``made_at`` is aware, in the campaign's zone; ``headline`` says how far it came."""

    mode: Mode
    campaign: str
    account: str
    zone: str
    plan_code: str
    made_at: datetime
    started_at: datetime | None
    started_by: str
    headline: str
    posts: tuple[ReportPost, ...]
    deviations: tuple[Deviation, ...]
    spending: Spending
    readings: Readings
    moments: tuple[Moment, ...]
    next_command: str

    @property
    def counts(self) -> tuple[tuple[PostState, int], ...]:
        found = Counter(post.state for post in self.posts)
        return tuple((state, found[state]) for state in PostState if found[state])

    @property
    def messages(self) -> int:
        return sum(len(post.parts) for post in self.posts)

    @property
    def messages_out(self) -> int:
        return sum(post.out for post in self.posts)

    @property
    def sent(self) -> tuple[ReportPost, ...]:
        """Posts that went out, deleted ones too."""
        return tuple(post for post in self.posts if post.sent_at is not None)

    @property
    def latest(self) -> ReportPost | None:
        """The post that was latest, when any was late."""
        late = [post for post in self.sent if (post.late or timedelta(0)) > NOTABLE_LATENESS]
        return max(late, key=lambda post: post.late or timedelta(0), default=None)

    @property
    def late(self) -> int:
        return sum((post.late or timedelta(0)) > NOTABLE_LATENESS for post in self.sent)

    @property
    def measured(self) -> tuple[ReportPost, ...]:
        """Posts that are out and have numbers."""
        return tuple(post for post in self.posts if post.counts_in_totals)

    @property
    def totals(self) -> Counts:
        return added(post.counts for post in self.measured if post.counts is not None)

    @property
    def as_of(self) -> datetime | None:
        return self.readings.last_at

    def best(self, most: int = BEST) -> tuple[ReportPost, ...]:
        """The posts with the most engagement, the best first; of equals, the earlier one."""
        known = [post for post in self.measured if post.counts and post.counts.engagement]
        return tuple(sorted(known, key=_engagement, reverse=True)[:most])

    def by_organisation(self) -> tuple[Share, ...]:
        """The most engagement first; the podium belongs to nobody."""
        named = [(post.organisation, post) for post in self.measured if post.organisation]
        return tuple(sorted(_shares(named), key=lambda share: (-(share.counts.engagement or 0), share.name.casefold())))

    def by_day(self) -> tuple[Share, ...]:
        """What the posts of each day brought, by date (ISO), also for days on which none is measured."""
        days = {post.local.date().isoformat(): Share(name="", posts=0, counts=Counts()) for post in self.posts}
        shares = {share.name: share for share in _shares([(_day(post), post) for post in self.measured])}
        return tuple(shares.get(day) or Share(name=day, posts=0, counts=Counts()) for day in sorted(days))


def build_report(  # noqa: PLR0913 - everything a report shows, named one by one
    record: CampaignRecord,
    posts: Sequence[Post],
    *,
    ranking: Ranking,
    mode: Mode,
    account: str,
    zone: str,
    now: datetime,
    made_at: datetime,
    spending: Spending,
    readings: Readings,
    latest: Mapping[int, Measurement],
    moments: Sequence[Moment],
    log: Iterable[AuditEntry],
) -> Report:
    """Nothing is read and nothing decided here."""
    place = ZoneInfo(zone)
    shown = _posts(posts, ranking, latest, log, place)
    corrected: dict[str, list[str]] = {}
    for post in shown:
        if post.corrects:
            corrected.setdefault(post.corrects, []).append(post.code)
    return Report(
        mode=mode,
        campaign=record.name,
        account=account,
        zone=zone,
        plan_code=record.plan_code,
        made_at=made_at.astimezone(place),
        started_at=record.started_at,
        started_by=record.started_by,
        headline=_headline(record, shown, now),
        posts=shown,
        deviations=tuple(deviation for post in shown for deviation in _deviations(post, corrected, now)),
        spending=spending,
        readings=readings,
        moments=tuple(moments),
        next_command=_next_command(shown, mode, record),
    )


def _posts(
    posts: Sequence[Post],
    ranking: Ranking,
    latest: Mapping[int, Measurement],
    log: Iterable[AuditEntry],
    zone: ZoneInfo,
) -> tuple[ReportPost, ...]:
    titles, homes, deeds = titles_of(ranking), _organisations(ranking), _deeds(log)
    return tuple(
        ReportPost(
            code=post.code,
            kind=post.kind,
            title=title_of(post, titles),
            organisation="" if post.kind is SeriesKind.WINNER else homes.get(post.key.subject_id, ""),
            local=post.slot.due_at.astimezone(zone),
            state=state_of(post),
            reason=reason_of(post),
            parts=tuple(_part(message, latest.get(message.message_id)) for message in post.messages),
            final=is_final(post),
            moved=post.moved_by_hand,
            corrects=post.code.rpartition("-c")[0] if post.kind is SeriesKind.CORRECTION else "",
            doings=tuple(deeds.get(post.code, ())),
        )
        for post in posts
    )


def _part(message: Message, known: Measurement | None) -> ReportPart:
    receipt = message.receipt
    return ReportPart(
        number=message.position + 1,
        state=message.state,
        reason=message.reason,
        url=receipt.url if receipt else "",
        posted_at=receipt.posted_at if receipt else None,
        adopted=receipt.adopted if receipt else False,
        counts=known.counts if known and known.counted_at else None,
        counted_at=known.counted_at if known else None,
        gone_at=known.gone_at if known else None,
    )


def _organisations(ranking: Ranking) -> dict[str, str]:
    """Whose post it is, by subject."""
    homes = {item.organisation_id: item.name for item in ranking.organisations}
    return homes | {worker.worker_id: worker.organisation for worker in ranking.workers}


def _deeds(log: Iterable[AuditEntry]) -> dict[str, list[str]]:
    """What people did to each post, in their words where they gave any."""
    found: dict[str, list[str]] = {}
    for entry in log:
        if entry.post_code and entry.action in DEEDS:
            said = ": ".join(word for word in (entry.detail, entry.note) if word)
            found.setdefault(entry.post_code, []).append(
                f"{DEEDS[entry.action]} by {entry.actor}{f' ({said})' if said else ''}"
            )
    return found


def _headline(record: CampaignRecord, posts: Sequence[ReportPost], now: datetime) -> str:
    left = [post for post in posts if not post.final]
    out = sum(post.out > 0 for post in posts)
    far = f"{out:,} of {len(posts):,} posts {'is' if out == 1 else 'are'} out"
    if record.started_at is None and not out:
        return f"Not started: none of {len(posts):,} posts is out."
    if not left:
        return f"Finished: {far}."
    if record.paused_at is not None:
        return f"Stopped half-way: it is paused, and {far}."
    if all(post.local <= now for post in left):
        return f"Not finished: its time is over, {far}, and {len(left):,} still wait for somebody."
    return f"Under way: {far}."


def _deviations(post: ReportPost, corrected: Mapping[str, Sequence[str]], now: datetime) -> Iterable[Deviation]:
    """Everything about one post that its plan did not say."""
    words = [(_state_word(post, now), "" if post.doings and post.state is PostState.SKIPPED else post.reason)]
    if any(part.adopted for part in post.parts):
        words.append(("adopted", "X gave no clear answer; it was found on the account."))
    if post.late is not None and post.late > NOTABLE_LATENESS:
        words.append(("late", f"It went out {spoken(post.late)} after its slot."))
    if post.gone_at is not None and post.out:
        words.append(("gone", "X does not show it any more, and nobody deleted it here."))
    if post.moved:
        words.append(("moved", "A person gave it another time."))
    corrections = corrected.get(post.code, ())
    if corrections:
        words.append(("corrected", f"By {', '.join(corrections)}."))
    told = list(post.doings)
    for word, why in words:
        if word:
            yield Deviation(code=post.code, title=post.title, word=word, why=" ".join([why, *_sentences(told)]).strip())
            told = []


def _sentences(doings: Iterable[str]) -> list[str]:
    return [f"{doing[:1].upper()}{doing[1:].removesuffix('.')}." for doing in doings]


def _state_word(post: ReportPost, now: datetime) -> str:
    """The state, where it is not what was planned."""
    if post.state in {PostState.POSTED, PostState.SENDING}:
        return ""
    if post.state in {PostState.APPROVED, PostState.DRAFT}:
        return "not sent" if post.local <= now else ""
    if "withdrawn" in post.reason.casefold():
        return "withdrawn"
    return post.state.value


def _next_command(posts: Sequence[ReportPost], mode: Mode, record: CampaignRecord) -> str:
    if record.started_at is None:
        return "campaign-bot status"
    if any(not post.final for post in posts):
        return "campaign-bot status"
    return "campaign-bot metrics" if mode is Mode.LIVE else "campaign-bot preview"


def _engagement(post: ReportPost) -> int:
    return (post.counts.engagement or 0) if post.counts else 0


def _day(post: ReportPost) -> str:
    return post.local.date().isoformat()


def _shares(named: Iterable[tuple[str, ReportPost]]) -> list[Share]:
    groups: dict[str, list[ReportPost]] = {}
    for name, post in named:
        groups.setdefault(name, []).append(post)
    return [
        Share(name=name, posts=len(found), counts=added(post.counts for post in found if post.counts is not None))
        for name, found in groups.items()
    ]
