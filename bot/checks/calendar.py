"""Rules about when a post goes out, and about what may be said then."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from bot.checks.view import PlanView, of_campaign, parts_of
from bot.config import NATIONS, QuietWindow
from bot.days import is_weekend, say_day, say_local, say_time
from bot.model import Finding, Post, SeriesKind, Severity

NEAR = timedelta(days=3)
CLOSEST = timedelta(minutes=15)
_NIGHT, _MORNING = time(22), time(7)
_SILENCE = (time(10, 55), time(11, 10))
_SUBDIVISIONS = dict(zip(NATIONS, ("ENG", "WLS", "SCT", "NIR"), strict=True))
_SHOWN = 5
_PARTIES = (
    r"Labour Party|Conservative Party|Conservatives|Tory|Tories|Lib(?:eral)? Dem(?:ocrat)?s?|Green Party|Reform UK|SNP|Plaid Cymru"
    r"|Sinn F[eé]in|DUP|SDLP|UUP|UKIP|Alliance Party|Labour (?:MPs?|candidates?|councillors?|government)"
)
_POLITICS = re.compile(
    rf"\b(?:{_PARTIES}|Cllrs?|[Cc]ouncillors?|MPs?|MSPs?|MLAs?|[Mm]inisters?|[Vv]otes?|[Vv]oters?|[Vv]oting"
    r"|[Ee]lections?|[Mm]anifesto(?:es|s)?|[Cc]andidates?|[Rr]eferendum|[Pp]olling (?:day|station)s?)\b"
)


def quiet_period(view: PlanView) -> Iterator[Finding]:
    """A slot inside a quiet window of config.toml is an error: pre-election (Local Government Association, "Publicity during
    the pre-election period", https://www.local.gov.uk), mourning ("pause, delay or review any scheduled social posts",
    Remember A Charity). Within three days of one, at the weekend, on a bank holiday, at night, and in the silence of 11
    November it is a warning."""
    holidays = _bank_holidays_of(view)
    for post in view.to_send:
        inside = next((w for w in view.checks.quiet if w.starts_at <= post.slot.due_at < w.ends_at), None)
        if inside:
            yield _at(post, Severity.ERROR, f"falls into “{inside.name}”", "Move it after that, or pause the campaign.")
            continue
        why = _near(post.slot.due_at, view.checks.quiet) or _unusual(post.slot.local, holidays)
        if why:
            yield _at(post, Severity.WARNING, why, "Move it, or leave it if that is meant.")


def planned_before(view: PlanView) -> Iterator[Finding]:
    """In a pre-election period a council runs no significant social media campaign unless it was planned before the election
    was called (Local Government Association, ten tips on social media, tip 6). So the date is asked for, and kept."""
    if not view.to_send:
        return
    first, last = (pick(post.slot.due_at for post in view.to_send) for pick in (min, max))
    for window in view.checks.quiet:
        if window.kind != "pre-election" or window.ends_at <= first or window.starts_at > last:
            continue
        called = window.starts_at.date()
        if view.checks.planned_on is None:
            what = f"The campaign runs into “{window.name}”, and nothing says when it was planned."
            remedy = "Write the day into config.toml: [checks] planned_on = 2026-10-01. Then plan again."
            yield of_campaign("PLANNED-BEFORE", Severity.WARNING, what, remedy)
        elif view.checks.planned_on >= called:
            what = f"The campaign runs into “{window.name}”, and was planned on {say_day(view.checks.planned_on)}, after it began."
            yield of_campaign(
                "PLANNED-BEFORE", Severity.WARNING, what, "Ask your monitoring officer or press office first."
            )


def politics(view: PlanView) -> Iterator[Finding]:
    """In a pre-election period nothing that can be read as for or against a party or a candidate (Code of Recommended Practice
    on Local Authority Publicity, 2011, section on care during periods of heightened sensitivity,
    https://www.gov.uk/government/publications/recommended-code-of-practice-for-local-authority-publicity); at other times
    somebody should have looked at it."""
    windows = [window for window in view.checks.quiet if window.kind == "pre-election"]
    for passage in view.passages:
        found = _POLITICS.search(passage.prose)
        if found:
            due_at = passage.part.post.slot.due_at
            blocked = any(window.starts_at <= due_at < window.ends_at for window in windows)
            yield Finding(
                rule="POLITICS",
                severity=Severity.ERROR if blocked else Severity.WARNING,
                message=f"{passage.where} may be read as political: “{found[0]}”.",
                remedy="Say it without parties, politicians and votes.",
                post_code=passage.part.post.code,
                part=passage.part.number,
            )


_OF_A_DAY = {SeriesKind.CONTRIBUTIONS, SeriesKind.OPENING, SeriesKind.CLOSING}


def spacing(view: PlanView) -> Iterator[Finding]:
    """Posts of one account less than 15 minutes apart push each other out of sight (judgement). A day of contributions is
    meant to be dense: its posts follow each other as config.toml says."""
    accounts: dict[int, list[Post]] = defaultdict(list)
    for post in view.to_send:
        accounts[post.key.account_id].append(post)
    for posts in accounts.values():
        posts.sort(key=lambda post: (post.slot.due_at, post.code))
        pairs = [(a, b) for a, b in pairwise(posts) if not {a.kind, b.kind} <= _OF_A_DAY]
        close = [(a, b) for a, b in pairs if b.slot.due_at - a.slot.due_at < CLOSEST]
        if close:
            named = ", ".join(f"{a.code} and {b.code}" for a, b in close[:_SHOWN])
            more = f" and {len(close) - _SHOWN:,} more" if len(close) > _SHOWN else ""
            what = f"Less than {CLOSEST.seconds // 60} minutes lie between {named}{more}."
            yield of_campaign(
                "SPACING", Severity.WARNING, what, "Set a longer spacing in config.toml, or move one of them."
            )


def daily_cap(view: PlanView) -> Iterator[Finding]:
    """X lets an account without a verified sign send a limited number of posts a day: ``[budget] posts_a_day``, 50 unless told
    otherwise (https://help.x.com/en/rules-and-policies/x-limits). Each part of a thread counts."""
    days: Counter[tuple[int, date]] = Counter()
    for post in view.to_send:
        days[post.key.account_id, post.slot.local.date()] += sum(1 for _ in parts_of(post))
    over = sorted((day, number) for (_, day), number in days.items() if number > view.budget.posts_a_day)
    if over:
        day, number = over[0]
        more = f", and {len(over) - 1} more days like it" if len(over) > 1 else ""
        what = f"{say_day(day)} has {number:,} posts, parts of threads included{more}; the account may send {view.budget.posts_a_day:,} a day."
        remedy = "Use more days, or set [budget] posts_a_day to what X allows your account."
        yield of_campaign("CAP", Severity.WARNING, what, remedy)


def _at(post: Post, severity: Severity, why: str, remedy: str) -> Finding:
    when = say_local(post.slot.local)
    what = f"Its time, {when}, {why}."
    return Finding(rule="QUIET-PERIOD", severity=severity, message=what, remedy=remedy, post_code=post.code)


def _near(due_at: datetime, windows: Sequence[QuietWindow]) -> str:
    for window in windows:
        if window.starts_at - NEAR <= due_at < window.ends_at + NEAR:
            return f"is within three days of “{window.name}”"
    return ""


def _unusual(local: datetime, holidays: Mapping[date, str]) -> str:
    """What is special about a local time; empty when nothing is."""
    day, clock = local.date(), local.time()
    if (day.month, day.day) == (11, 11) and _SILENCE[0] <= clock < _SILENCE[1]:
        return "is close to the two minutes’ silence of 11 November"
    if day in holidays:
        return f"is on a bank holiday ({holidays[day]})"
    if is_weekend(day):
        return "is at the weekend"
    if clock >= _NIGHT or clock < _MORNING:
        return f"is between {say_time(_NIGHT)} and {say_time(_MORNING)}"
    return ""


def _bank_holidays_of(view: PlanView) -> Mapping[date, str]:
    years = tuple(sorted({post.slot.local.year for post in view.to_send}))
    return bank_holidays(view.checks.nation, years) if years else {}


@lru_cache(maxsize=16)
def bank_holidays(nation: str, years: tuple[int, ...]) -> Mapping[date, str]:
    """The bank holidays of a nation by day, substitute days included (https://www.gov.uk/bank-holidays)."""
    from holidays import country_holidays  # 0.2 s that only the checks should pay for

    return dict(country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=years))
