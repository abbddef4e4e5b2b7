"""Rules about what people have agreed to, and what they were told. A day is that of the post's slot, in the campaign's
zone: a consent that ends between sign-off and slot is found when the post is checked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.checks.view import Part, Passage, PlanView, error, of_campaign
from bot.consent import Consent
from bot.model import Finding, Post, Severity, Worker
from bot.naming import finder_of, fold, names_any, readable, runs_on, words_of
from bot.text import find_mentions

CONSENT = "consent"
_WORD = re.compile(r"\w+")
_SHOWN = 3
_NO_BODY_ASKED = (
    "Add a column “consent” to the list (yes, no, or “name, photo, tag”) and load it again. If all of them have agreed: "
    'campaign-bot fix all consent name --how "how they said so". If you name people on another basis, say so in config.toml, '
    "[privacy] basis."
)


def consent(view: PlanView) -> Iterator[Finding]:
    """Where the basis is consent, nobody is named, shown or tagged without it: recorded, for this network, and not past
    its end (UK GDPR, articles 6(1)(a) and 7; ICO, "What is valid consent?"). One finding for each post; a list that says
    nothing about consent is one finding."""
    if view.privacy.basis != CONSENT or not view.ranking.workers:
        return
    if not any(worker.consent for worker in view.ranking.workers):
        if view.to_send:
            what = "The list says of nobody whether they have agreed to be named, and [privacy] basis is consent."
            yield of_campaign("CONSENT", Severity.ERROR, what, _NO_BODY_ASKED)
        return
    people = _People(view)
    for post in view.to_send:
        parts = view.parts_by_post.get(post.key, [])
        lacking = [(worker, *found) for worker in people.of(post) for found in _lacking(view, post, parts, worker)]
        if lacking:
            more = f" And {len(lacking) - _SHOWN} more." if len(lacking) > _SHOWN else ""
            what = " ".join(what for _, what, _ in lacking[:_SHOWN]) + more
            worker, _, remedy = lacking[0]
            yield error("CONSENT", _where(parts, worker), what, remedy)


def consent_record(view: PlanView) -> Iterator[Finding]:
    """Whoever relies on consent must be able to show it: who recorded it, when, and how it was given (UK GDPR, article 7(1);
    ICO, "How should we obtain, record and manage consent?")."""
    if view.privacy.basis != CONSENT:
        return
    vague = [
        worker
        for worker in view.ranking.workers
        if worker.consent
        and worker.consent.name
        and not (worker.consent.recorded_by and worker.consent.recorded_on and worker.consent.how)
    ]
    if vague:
        several = len(vague) > 1
        what = (
            f"Of {len(vague):,} people" if several else f"Of {vague[0].name}"
        ) + " it is not recorded who noted the consent, when, and how it was given."
        remedy = "Add columns “recorded by”, “consent date” and “how” to the list and load it again: you may have to show it."
        yield of_campaign("CONSENT-RECORD", Severity.WARNING, what, remedy)


def notice(view: PlanView) -> Iterator[Finding]:
    """Whoever names people on another basis than consent tells them before (UK GDPR, articles 13 and 14) and lets them
    object (article 21): ``[privacy] notice_date`` and ``objections`` say when and how."""
    privacy = view.privacy
    if privacy.basis in {None, CONSENT} or not view.to_send:
        return
    missing = [
        key for key, value in (("notice_date", privacy.notice_date), ("objections", privacy.objections)) if not value
    ]
    if missing:
        what = f"People are named without consent ({privacy.basis}), and config.toml has no {' and no '.join(missing)}."
        remedy = (
            "Write under [privacy] when they were told (notice_date = “2026-11-02”) and how they can object "
            "(objections = “privacy@example.org”), then plan."
        )
        yield of_campaign("NOTICE", Severity.ERROR, what, remedy)
    first = min(view.to_send, key=lambda post: post.slot.due_at)
    if privacy.notice_date and privacy.notice_date > first.slot.local.date():
        what = f"People are told on {_said(privacy.notice_date)}, after {first.code} has named somebody."
        yield of_campaign("NOTICE", Severity.ERROR, what, "Tell them first, or begin later: [privacy] notice_date.")


def personal_handle(view: PlanView) -> Iterator[Finding]:
    """A person's own handle leads to their private life: tag work accounts, and only of those who have agreed (Social Work
    England, 2020, on a site that linked workers' accounts to their register entries). Under consent CONSENT looks at it."""
    if view.privacy.basis == CONSENT:
        return
    own = {
        worker.handle.casefold(): worker.handle
        for worker in view.ranking.workers
        if worker.handle and not _is_of_work(worker) and not (worker.consent and worker.consent.tag)
    }
    found = {handle.casefold() for passage in view.texts if own for handle in find_mentions(passage.text)}
    tagged = [f"@{handle}" for key, handle in own.items() if key in found]
    if tagged:
        shown = ", ".join(tagged[:_SHOWN]) + (f" and {len(tagged) - _SHOWN:,} more" if len(tagged) > _SHOWN else "")
        what = f"Posts tag people by handles of their own: {shown}. Nothing says that they have agreed to it."
        remedy = "Tag work accounts only. Take the others out of the list, or record it: a column “tag consent”."
        yield of_campaign("PERSONAL-HANDLE", Severity.WARNING, what, remedy)


class _People:
    """Who is in a post: whom it is about, and whoever is named or tagged in its texts and alternative texts."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        words = {worker.worker_id: words_of(worker.name) for worker in view.ranking.workers}
        frequent = Counter(word for found in words.values() for word in found)
        self._by_word: dict[str, list[Worker]] = defaultdict(list)
        self._by_handle: dict[str, list[Worker]] = defaultdict(list)
        self._anywhere: list[Worker] = []
        for worker in view.ranking.workers:
            mine = words[worker.worker_id]
            if not mine or runs_on(worker.name):
                self._anywhere.append(worker)
            else:  # the word of the name that fewest share: a text without it does not hold the name
                self._by_word[min(mine, key=lambda word: (frequent[word], word))].append(worker)
            if worker.handle:
                self._by_handle[worker.handle.casefold()].append(worker)
        self._passages: dict[str, list[Passage]] = defaultdict(list)
        for passage in view.passages:
            self._passages[passage.part.post.code].append(passage)

    def of(self, post: Post) -> tuple[Worker, ...]:
        """In the order of the list."""
        found = {worker.worker_id: worker for passage in self._passages[post.code] for worker in self._named(passage)}
        subjects = {worker.worker_id for worker in self._view.subjects(post)}
        namesakes: dict[str, list[Worker]] = defaultdict(list)
        for worker in found.values():
            namesakes[fold(worker.name)].append(worker)
        for group in namesakes.values():
            if any(worker.worker_id in subjects for worker in group):
                for worker in group:
                    if worker.worker_id not in subjects:
                        del found[worker.worker_id]
        own = self._view.workers.get(post.key.subject_id)
        if own:
            found[own.worker_id] = own
        return tuple(sorted(found.values(), key=lambda worker: (worker.rank, worker.name)))

    def _named(self, passage: Passage) -> Iterator[Worker]:
        text = readable(passage.text)
        words = {*_WORD.findall(text.folded), *_WORD.findall(text.bare)} & self._by_word.keys()
        for worker in (*self._anywhere, *(worker for word in words for worker in self._by_word[word])):
            if finder_of(worker.name).finds_name(text):
                yield worker
        if "@" in passage.text or "\uff20" in passage.text:
            for handle in find_mentions(passage.text):
                yield from self._by_handle.get(handle.casefold(), ())


def _lacking(view: PlanView, post: Post, parts: Sequence[Part], worker: Worker) -> Iterator[tuple[str, str]]:
    """What a post does to a person without consent, each with its remedy."""
    known, network = worker.consent, view.networks.get(post.key.account_id, "x")
    who = f'"{worker.name}"' if worker.tied else str(worker.rank)
    why = _why_not(known, network, post.slot.local.date())
    if why:
        remedy = (
            f"If they have agreed, record it: campaign-bot fix {who} consent name; if not: campaign-bot withdraw {who}"
        )
        yield f"{worker.name} {why}.", remedy
        return
    shown = worker.photo and post.key.subject_id == worker.worker_id and _has_media(parts)
    if shown and not (known and known.photo):
        remedy = f'Take the photo out (campaign-bot fix {who} photo -), or record it: campaign-bot fix {who} consent "name and photo".'
        yield f"{worker.name} has not agreed to be shown, and the post has a photo.", remedy
    if _is_tagged(parts, worker) and not _is_of_work(worker) and not (known and known.tag):
        remedy = f'Take the handle out (campaign-bot fix {who} handle -), or record it: campaign-bot fix {who} consent "name and tag".'
        yield f"{worker.name} has not agreed to be tagged, and the post says @{worker.handle}.", remedy


def _why_not(known: Consent | None, network: str, day: date) -> str:
    """Why somebody may not be named there on that day; empty when they may."""
    if known is None or not known.name:
        return "has no consent to be named on record" if known is None else "has not agreed to be named"
    if not known.is_for(network):
        return f"has agreed to be named on {' and '.join(known.networks)}, not on {network}"
    if known.until and known.has_ended(day):
        return f"has agreed until {_said(known.until)}, and the post is planned for {_said(day)}"
    return ""


def _is_of_work(worker: Worker) -> bool:
    """The organisation's account stands in the place of the person's own."""
    mine, theirs = (worker.handle or "").casefold(), (worker.organisation_handle or "").casefold()
    return bool(mine) and mine == theirs


def _is_tagged(parts: Iterable[Part], worker: Worker) -> bool:
    if not worker.handle:
        return False
    handle = worker.handle.casefold()
    return any(handle in (found.casefold() for found in find_mentions(part.text)) for part in parts)


def _where(parts: Sequence[Part], worker: Worker) -> Part:
    """The first part that names or tags the person, else the first."""
    finder = finder_of(worker.name, (worker.handle,) if worker.handle else ())
    return next((part for part in parts if names_any((part.text,), finder)), parts[0])


def _has_media(parts: Iterable[Part]) -> bool:
    return any(part.message.draft.media for part in parts)


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
