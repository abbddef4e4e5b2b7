"""config.toml -> Config, every mistake reported at once, with its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from bot.model import SeriesKind

# UK GDPR, article 6(1): https://ico.org.uk/for-organisations/uk-gdpr-guidance-and-resources/lawful-basis/
LAWFUL_BASES = (
    "consent",
    "legitimate interests",
    "public task",
    "contract",
    "legal obligation",
    "vital interests",
)


@dataclass(frozen=True, kw_only=True)
class Series:
    """A rule that makes posts. ``ranks`` is (first, last) in posting order: (20, 4) counts down.

    ``code`` is the prefix of its posts' codes. ``days`` are the local dates it is spread over. ``at`` is the fixed
    local time of a winner thread (naive, in the campaign's zone), else None.
    """

    name: str
    kind: SeriesKind
    template: str
    code: str
    ranks: tuple[int, int] = (1, 1)
    days: tuple[date, ...] = ()
    at: datetime | None = None


IF_UNANSWERED = ("hold", "send again")


@dataclass(frozen=True, kw_only=True)
class Posting:
    """When posts may go out: explicit local ``times``, or every ``spacing`` from ``window[0]`` to ``window[1]``.

    ``if_unanswered`` is one of ``IF_UNANSWERED``: what happens to a post that X neither answered nor shows.
    """

    times: tuple[time, ...] = ()
    window: tuple[time, time] | None = None
    spacing: timedelta = timedelta(minutes=30)
    weekends: bool = False
    lateness_limit: timedelta = timedelta(minutes=30)
    catch_up_spacing: timedelta = timedelta(seconds=30)
    thread_gap: timedelta = timedelta(seconds=2)
    if_unanswered: str = IF_UNANSWERED[0]


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the network's API costs, in US dollars for each request."""

    post: Decimal = Decimal("0.015")
    post_with_link: Decimal = Decimal("0.200")
    alt_text: Decimal = Decimal("0.005")
    own_post_read: Decimal = Decimal("0.001")
    post_read: Decimal = Decimal("0.005")


@dataclass(frozen=True, kw_only=True)
class AccountConfig:
    """The account posts go out on. ``handle`` is without ``@``; ``credentials`` may name the file of secrets."""

    network: str = "x"
    handle: str
    api_base: str = "https://api.x.com"
    credentials: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Who is told when something needs a person. Addresses that are secrets in themselves do not show themselves.

    ``smtp`` is host and port. ``daily`` is a local time in the campaign's zone.
    """

    webhook: str | None = field(default=None, repr=False)
    email_to: tuple[str, ...] = ()
    email_from: str = ""
    smtp: tuple[str, int] | None = None
    smtp_user: str = ""
    apprise: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)
    daily: time | None = None


QUIET_KINDS = ("pre-election", "mourning", "other")
NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
UNWAIVABLE = frozenset(
    {"LEN", "EMPTY", "CHARACTERS", "DUPLICATE", "ALT-MISSING", "CONSENT", "DO-NOT-NAME", "PLACE-UNNAMED"}
)
"""Checks that nobody can waive or switch off: the network would refuse the post, or somebody would be harmed."""


SAFEGUARDS = frozenset({"CHILD", "CASE", "PII", "PLACE", "SUPPORTED"})
"""Checks that keep people safe who never asked to be in a post: with contributions, nobody can switch them off."""


@dataclass(frozen=True, kw_only=True)
class QuietWindow:
    """A time in which to be quiet, of one of ``QUIET_KINDS``: from ``starts_at`` up to, not including, ``ends_at``, in
    UTC; ``zone`` is the one whose clock it was written on."""

    name: str
    kind: str = "other"
    zone: str = "Europe/London"
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What the checks are told. ``sensitive`` is on while the mood is sad; ``planned_on`` is when the campaign was
    decided; ``nation`` is whose bank holidays count; ``links`` are the hosts that may be linked to (none: any);
    ``off`` names the checks that are switched off, each with the reason."""

    sensitive: bool = False
    planned_on: date | None = None
    nation: str = "England"
    acronyms: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    off: tuple[tuple[str, str], ...] = ()
    quiet: tuple[QuietWindow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the campaign may cost in US dollars (None: no limit), and how many posts a day the account may send.

    ``hashtag_usd`` is what all reading of hashtags together may cost, apart from that.
    """

    usd: Decimal | None = None
    hashtag_usd: Decimal | None = None
    posts_a_day: int = 50


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """Why people may be named in public: one of ``LAWFUL_BASES`` (None: not chosen yet). Without consent they were told on
    ``notice_date`` (UK GDPR, articles 13 and 14), and ``objections`` is how they can object (article 21)."""

    basis: str | None = None
    notice_date: date | None = None
    objections: str = ""


@dataclass(frozen=True, kw_only=True)
class Config:
    """One campaign, as its config.toml describes it. ``counted`` says what the list's counts count: "nominations". ``folder`` is where that file lies; paths are resolved."""

    folder: Path
    name: str
    zone: str
    first_day: date
    last_day: date
    hashtags: tuple[str, ...] = ()
    link: str | None = None
    counted: str = ""
    live: bool = False
    account: AccountConfig
    posting: Posting
    series: tuple[Series, ...]
    totals: dict[str, str] = field(default_factory=dict)
    privacy: Privacy = field(default_factory=Privacy)
    prices: Prices = field(default_factory=Prices)
    checks: Checks = field(default_factory=Checks)
    budget: Budget = field(default_factory=Budget)
    alerts: Alerts = field(default_factory=Alerts)
    database_url: str
    templates: Path

    @property
    def is_day(self) -> bool:
        """A campaign of contributions, without a ranked list."""
        kinds = {series.kind for series in self.series}
        return SeriesKind.CONTRIBUTIONS in kinds and not kinds & {SeriesKind.WORKERS, SeriesKind.ORGANISATIONS}
