"""The checks on contributions: what each says by itself, before there is a plan, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.checks.view import FINAL, PlanView, of_campaign
from bot.config import SAFEGUARDS, Checks
from bot.contribution import Contribution
from bot.model import Draft, Finding, Media, Message, Post, PostKey, PostState, Ranking, SeriesKind, Severity, Slot
from bot.watchlist import Watchlist
from bot.wording import plural

OWN_WORDS = (
    "CHILD",
    "CASE",
    "PII",
    "PLACE",
    "SUPPORTED",
    "EMPTY",
    "PLACEHOLDER",
    "CHARACTERS",
    "FANCY-LETTERS",
    "DUPLICATE",
    "STARTS-WITH-AT",
    "CASHTAGS",
    "MENTION",
    "LINKS",
    "LINK-COUNT",
    "CAPS",
    "SENTENCE",
    "EMOJI-COUNT",
    "EMOJI-MID",
    "EMOJI-REPEAT",
    "EMOJI-ONLY",
    "POLITICS",
    "ALT-MISSING",
    "ALT-LONG",
    "ALT-LAZY",
)
"""The checks that look at what somebody sent in, by itself."""

_REMEDIES = MappingProxyType(
    {
        "LEN": "Shorten it: {edit}. Or make a thread of it: campaign-bot contributions thread {code}",
        "EMPTY": "Turn it down: campaign-bot contributions turn-down {code}",
        "DUPLICATE": "Turn one of the two down: campaign-bot contributions turn-down {code}",
        "ALT-MISSING": 'Say what the picture shows: campaign-bot contributions edit {code} --alt-text "…"',
        "ALT-LONG": 'Say it in one or two sentences: campaign-bot contributions edit {code} --alt-text "…"',
        "ALT-LAZY": 'Say what the picture shows: campaign-bot contributions edit {code} --alt-text "…"',
        "CONSENT": 'Ask, then: campaign-bot contributions edit {code} --consent "yes, …". Or turn it down.',
        "CAPS": "Write it in small letters: {edit}",
        "MENTION": "Take the @ away, unless that account has agreed: {edit}",
    }
)
_EDIT = 'campaign-bot contributions edit {code} --text "…"'
_OTHERWISE = "Change it ({edit}), or turn it down: campaign-bot contributions turn-down {code}"
_FROM_THE_TEMPLATE = frozenset(
    {"HASHTAG-CASE", "HASHTAG-COUNT", "HASHTAG-PLACE", "SLOT-PAST", "SPACING", "QUIET-PERIOD", "THREAD"}
)
_NUMBER = re.compile(r"\d[\d,]*")
_NOT_OUT = frozenset({PostState.SKIPPED, PostState.DELETED, PostState.MISSED, PostState.FAILED})


WITH_NAMES = (*sorted(SAFEGUARDS), "DO-NOT-NAME")
"""The checks that look at the whole post too: a name or a team can give somebody away as well as a text."""


def own_words(contributions: Sequence[Contribution], *, now: datetime, checks: Checks) -> PlanView:
    """Contributions as the rules look at posts: each with the words that were sent in, and nothing around them."""
    posts = tuple(_as_post(one, [one.text], now) for one in contributions)
    return PlanView(posts=posts, ranking=Ranking(), now=now, checks=checks)


def whole_posts(texts: Mapping[Contribution, Sequence[str]], *, now: datetime, watchlist: Watchlist) -> PlanView:
    """The same as their posts will read; ``watchlist`` says who is not to be named."""
    posts = tuple(_as_post(one, said, now) for one, said in texts.items())
    return PlanView(posts=posts, ranking=Ranking(), now=now, watchlist=watchlist)


def with_remedies(found: Iterable[Finding], codes: frozenset[str]) -> tuple[Finding, ...]:
    """What to do about findings in contributions, which stand in no list."""
    return tuple(_with_remedy(finding) if finding.post_code in codes else finding for finding in found)


def _with_remedy(finding: Finding) -> Finding:
    if finding.rule in _FROM_THE_TEMPLATE:
        return finding
    code = finding.post_code
    said = _REMEDIES.get(finding.rule, _OTHERWISE)
    return replace(finding, remedy=said.format(code=code, edit=_EDIT.format(code=code)))


def despite(found: Iterable[Finding], contributions: Iterable[Contribution]) -> tuple[Finding, ...]:
    """The findings again; those that a moderator has let be, for these very words, say by whom and why."""
    given = {one.code: one for one in contributions if one.despite}
    return tuple(_accepted(finding, given.get(finding.post_code)) for finding in found)


def _accepted(finding: Finding, one: Contribution | None) -> Finding:
    if one is None or finding.accepted or finding.rule not in one.despite_rules:
        return finding
    return replace(finding, accepted=f"waived by {one.moderated_by}: {one.despite}")


def day_count(view: PlanView) -> Iterator[Finding]:
    """The closing post says how many contributions there were, and is frozen when the day is planned. What happens later
    (one more, one skipped) makes it wrong until somebody plans again. (Judgement: a wrong number is public for ever.)

    The closing may say other numbers as well, such as how many people wrote. One that is larger than the right one, but
    not than all that was ever sent in, is taken for a count of before.
    """
    states = [view.states[post.key] for post in view.posts if post.kind is SeriesKind.CONTRIBUTIONS]
    right = sum(state not in _NOT_OUT for state in states)
    sent_in = max(len(states), len(view.ranking.contributions))
    for post in view.posts:
        if post.kind is not SeriesKind.CLOSING or view.states[post.key] in FINAL or not states:
            continue
        numbers = {int(found.replace(",", "")) for one in post.messages for found in _NUMBER.findall(one.draft.text)}
        if numbers and (right not in numbers or any(right < number <= sent_in for number in numbers)):
            what = f"{plural(right, 'contribution')} will be out, but the closing post says another number."
            remedy = "Plan again shortly before it goes out, and sign it off: campaign-bot plan"
            yield replace(of_campaign("DAY-COUNT", Severity.WARNING, what, remedy), post_code=post.code)


def _as_post(one: Contribution, texts: Sequence[str], now: datetime) -> Post:
    photo = one.photo
    media = (Media(sha256=photo.sha256, mime=photo.mime, size=photo.size, alt_text=one.alt_text),) if photo else ()
    return Post(
        post_id=one.number,
        key=PostKey(series="", subject_id=one.contribution_id, account_id=0),
        kind=SeriesKind.CONTRIBUTIONS,
        code=one.code,
        slot=Slot(local=now.replace(tzinfo=None), due_at=now),
        digest=one.origin,
        messages=tuple(
            Message(message_id=one.number, position=number, draft=Draft(text=text, media=() if number else media))
            for number, text in enumerate(texts)
        ),
    )
