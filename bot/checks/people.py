"""Rules about the list, and about naming its people and organisations exactly as it does."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.checks.names import in_text
from bot.checks.view import Part, PlanView, error, of_campaign
from bot.model import Finding, SeriesKind, Severity, Worker
from bot.text import find_mentions

_X_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_LETTERS = str.maketrans(
    {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe", "\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'",
     "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u00a0": " "}
)  # fmt: skip
_ORDINAL_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
)
_NUMBERS = tuple(_ORDINAL_WORDS.split())
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_ORDINAL = re.compile(
    rf"(?<![\w,.])(\d{{1,3}}(?:,\d{{3}})*)(?:st|nd|rd|th)\b(?! (?:of )?{_MONTH}\b| (?:anniversary|birthday|century|year|time|edition|annual)\b)"
    r"|\b(?:[Nn]umber|[Nn]o\.|[Rr]ank(?:ed)?|[Pp]lace) #?(\d{1,6})\b(?![.,:]\d)|(?<!\w)#(\d{1,6})\b"
)
_PLACE_WORD = re.compile(rf"\b({'|'.join(_NUMBERS)}) place\b", re.IGNORECASE)
_SHOWN = 5


def name_match(view: PlanView) -> Iterator[Finding]:
    """Name, organisation and handle stand in a text exactly as in the list, letter for letter in NFC, and the rank is the
    row's (judgement: a wrong name in public is what people remember). Whoever a post is about is named in it."""
    owners = _owners_of_handles(view)
    for post in view.to_send:
        names, organisations, ranks = _expected(view, post.kind, post.key.subject_id)
        if not (names or organisations):
            continue
        parts = view.parts_by_post.get(post.key, [])
        if post.kind is not SeriesKind.CORRECTION:
            yield from _unnamed(parts, names or organisations)
        for part in parts:
            yield from _misspelt(part, {*names, *organisations})
            yield from _wrong_rank(part, ranks)
            yield from _wrong_handle(view, part, owners)


def rank_set(view: PlanView) -> Iterator[Finding]:
    """The list is whole: no rank is there twice unless it is shared (an error), none is missing, nobody is in it twice
    (judgement). A gap is what a withdrawal leaves, and the same name may be two people: a tick says that it is meant."""
    ranks: dict[int, list[Worker]] = defaultdict(list)
    people: dict[tuple[str, str], list[Worker]] = defaultdict(list)
    for worker in view.ranking.workers:
        ranks[worker.rank].append(worker)
        people[_folded(worker.name), _folded(worker.organisation)].append(worker)
    for rank, group in sorted(ranks.items()):
        if len(group) > 1 and not all(worker.tied for worker in group):
            what = f"Rank {rank} is there {len(group)} times and not marked as shared."
            yield of_campaign(
                "RANK-SET", Severity.ERROR, what, "Correct the ranks in the list, or share it: =" + str(rank)
            )
    declared = {gap.rank for gap in view.ranking.gaps}
    missing = [rank for rank in _missing(ranks) if rank not in declared]
    if missing:
        what = f"The list has no rank {_some(map(str, missing))}."
        yield of_campaign(
            "RANK-SET", Severity.WARNING, what, "If somebody has withdrawn, tick this; ranks stay as they are."
        )
    for group in people.values():
        if len(group) > 1:
            what = f"{group[0].name} of {group[0].organisation} is in the list {len(group)} times."
            yield of_campaign("RANK-SET", Severity.WARNING, what, "Take one row out, unless they are two people.")


def handles(view: PlanView) -> Iterator[Finding]:
    """A handle is one that X allows (https://help.x.com/en/managing-your-account/x-username-rules), and belongs to one person
    or one organisation: a shared one would thank the wrong person."""
    owners: dict[str, dict[str, None]] = defaultdict(dict)
    written: dict[str, str] = {}
    for handle, owner in _handles(view):
        written.setdefault(handle.casefold(), handle)
        owners[handle.casefold()][owner] = None
    for key, people in owners.items():
        handle = written[key]
        if not _X_HANDLE.fullmatch(handle):
            what = f"“{handle}”, the handle of {_some(people)}, cannot be one on X."
            remedy = "Up to 15 letters, digits and underscores; correct the list."
            yield of_campaign("HANDLE", Severity.ERROR, what, remedy)
        if len(people) > 1:
            what = f"@{handle} is the handle of {_some(people)} in the list."
            yield of_campaign(
                "HANDLE", Severity.WARNING, what, "Find out whose it is, and take it out of the other row."
            )


def _expected(view: PlanView, kind: SeriesKind, subject_id: str) -> tuple[list[str], list[str], set[int]]:
    """Names of people, names of organisations, and ranks that a post may say, as a text has them."""
    if kind is SeriesKind.WINNER:
        gaps = {gap.rank for gap in view.ranking.gaps if gap.rank <= view.podium_ranks}
        return [in_text(worker.name) for worker in view.podium], [], {worker.rank for worker in view.podium} | gaps
    worker, organisation = view.workers.get(subject_id), view.organisations.get(subject_id)
    if worker:
        return [in_text(worker.name)], [in_text(worker.organisation)], {worker.rank}
    return [], [in_text(organisation.name)] if organisation else [], set()


def _unnamed(parts: list[Part], names: Iterable[str]) -> Iterator[Finding]:
    """Whoever a post is about and is named in none of its parts, nor misspelt (that is told where it stands)."""
    texts = [unicodedata.normalize("NFC", part.text) for part in parts]
    for name in names:
        if (
            texts
            and not any(name in text for text in texts)
            and not any(_folded(name) in _folded(text) for text in texts)
        ):
            what = f"The text does not name {name}, as the list has it."
            yield error(
                "NAME-MATCH", parts[0], what, "Plan again if the list has changed; else name them in the template."
            )


def _misspelt(part: Part, names: Iterable[str]) -> Iterator[Finding]:
    text = unicodedata.normalize("NFC", part.text)
    missing = [name for name in sorted(names) if name not in text]
    if not missing:
        return
    folded = _folded(text)
    for name in missing:
        if re.search(rf"(?<!\w){re.escape(_folded(name))}(?!\w)", folded):
            what = f"{name} is spelt in another way than in the list (accents, capitals, apostrophes)."
            yield error("NAME-MATCH", part, what, "Plan again if the list has changed; else correct the template.")


def _wrong_rank(part: Part, ranks: set[int]) -> Iterator[Finding]:
    """A place in the text that is none of those the post is about, when none in it is right."""
    said = _ranks_in(part.text) if ranks else set()
    if said and not said & ranks:
        what = (
            f"The text says place {_some(map(str, sorted(said)))}, and the list says {_some(map(str, sorted(ranks)))}."
        )
        yield error("NAME-MATCH", part, what, "Plan again if the list has changed; else correct the template.")


def _wrong_handle(view: PlanView, part: Part, owners: dict[str, tuple[str, set[str]]]) -> Iterator[Finding]:
    """A handle in other capitals than the list's, or of somebody else than the post is about."""
    found = find_mentions(part.text) if "@" in part.text or "\uff20" in part.text else ()
    subject = part.post.key.subject_id
    for handle in found:
        listed, ids = owners.get(handle.casefold(), ("", set[str]()))
        if not listed:
            continue
        if handle != listed:
            yield error("NAME-MATCH", part, f"The list writes @{listed}, the text @{handle}.", f"Write @{listed}.")
        elif (
            part.post.kind is not SeriesKind.WINNER
            and subject not in ids
            and (subject in view.workers or subject in view.organisations)
        ):
            what = f"@{handle} belongs to somebody else than this post is about."
            yield error("NAME-MATCH", part, what, "Correct the handle, in the list or the template.")


def _owners_of_handles(view: PlanView) -> dict[str, tuple[str, set[str]]]:
    """Each handle of the list as it is written there, and the ids of all that may carry it: by its folded form."""
    owners: dict[str, tuple[str, set[str]]] = {}
    for worker in view.ranking.workers:
        ids = {worker.worker_id, worker.organisation_id}
        for handle in (worker.handle, worker.organisation_handle):
            if handle:
                owners.setdefault(handle.casefold(), (handle, set()))[1].update(ids)
    for item in view.ranking.organisations:
        if item.handle:
            owners.setdefault(item.handle.casefold(), (item.handle, set()))[1].update(
                {item.organisation_id, *item.worker_ids}
            )
    return owners


def _handles(view: PlanView) -> Iterator[tuple[str, str]]:
    for worker in view.ranking.workers:
        if worker.handle:
            yield worker.handle, worker.name
    for item in view.ranking.organisations:
        if item.handle:
            yield item.handle, item.name


def _ranks_in(text: str) -> set[int]:
    said = {int(next(filter(None, found.groups())).replace(",", "")) for found in _ORDINAL.finditer(text)}
    if " place" not in text.casefold():
        return said
    return said | {_NUMBERS.index(found[1].casefold()) + 1 for found in _PLACE_WORD.finditer(text)}


def _missing(ranks: dict[int, list[Worker]]) -> list[int]:
    """Ranks that nobody has: after two in third place comes fifth (or fourth, as some count)."""
    missing: list[int] = []
    expected = 1
    for rank in sorted(ranks):
        missing += range(expected, min(rank, expected + 1000))
        expected = max(expected, rank + 1, rank + len(ranks[rank]))
    return [rank for rank in missing if rank not in ranks]


def _some(words: Iterable[str]) -> str:
    listed = list(words)
    shown = listed[:_SHOWN]
    if len(listed) > _SHOWN:
        return f"{', '.join(shown)} and {len(listed) - _SHOWN:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _folded(text: str) -> str:
    """Without case, accents, kinds of apostrophe and hyphen, and spacing."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
