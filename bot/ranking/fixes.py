"""One cell of a loaded list -> another value, and the list that follows from it. Values are read as a list's cells are. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from bot.errors import ListError, Problem, UsageError
from bot.model import Organisation, Ranking, Worker
from bot.ranking import cells
from bot.ranking.cells import CellError
from bot.ranking.changes import rank_label
from bot.ranking.identity import is_own_id
from bot.ranking.names import fold, fold_organisation, look_alike
from bot.ranking.organisations import new_organisation_id, ranking_of

EVERYBODY = frozenset({"all", "everybody", "everyone"})
_MOST_NAMED = 6


class FixField(StrEnum):
    """What can be fixed; the value is the word of the command line."""

    NAME = "name"
    ORGANISATION = "organisation"
    ORGANISATION_HANDLE = "organisation-handle"
    HANDLE = "handle"
    RANK = "rank"
    COUNT = "count"
    PHOTO = "photo"
    ALT_TEXT = "alt-text"
    PRONOUNS = "pronouns"
    CONSENT = "consent"


_OTHER_WORDS = {
    "org": FixField.ORGANISATION,
    "organization": FixField.ORGANISATION,
    "employer": FixField.ORGANISATION,
    "organization-handle": FixField.ORGANISATION_HANDLE,
    "org-handle": FixField.ORGANISATION_HANDLE,
    "alt": FixField.ALT_TEXT,
    "picture": FixField.PHOTO,
    "image": FixField.PHOTO,
}


def field_named(word: str) -> FixField:
    """The field that somebody means. Raises UsageError with the nearest one."""
    plain = re.sub(r"[\s_]+", "-", word.strip().casefold())
    known = {str(field): field for field in FixField} | _OTHER_WORDS
    if plain in known:
        return known[plain]
    near = difflib.get_close_matches(plain, known, n=1)
    remedy = f"Do you mean “{near[0]}”?" if near else f"There are {', '.join(FixField)}."
    raise UsageError(Problem(what=f"A list has no “{word}” that could be fixed.", remedy=remedy))


def who_is(ranking: Ranking, who: str) -> Worker | Organisation:
    """The one person or organisation that is meant by a rank, a name or an id. Raises UsageError, naming who it may be."""
    text = " ".join(who.split())
    found: Sequence[Worker | Organisation]
    for found in (_by_id(ranking, text), _by_rank(ranking, text), _by_name(ranking, text)):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(_ambiguous(text, found))
    listed = [one.name for one in ranking.workers] + [one.name for one in ranking.organisations]
    names = {fold(name): name for name in listed}
    words = set(fold(text).split())
    partly = [key for key in names if words and words <= set(re.split(r"[ -]", key))]
    near = partly[:2] or difflib.get_close_matches(fold(text), names, n=2, cutoff=0.5)
    meant = " or ".join(f"“{names[key]}”" for key in near)
    remedy = f"Do you mean {meant}?" if near else "Say a rank (7), a name in quotation marks, or an id."
    raise UsageError(Problem(what=f"Nobody on the list is “{who}”.", remedy=remedy))


def fix(
    ranking: Ranking, target: Worker | Organisation, field: FixField, value: str, *, folder: Path, only: bool
) -> Ranking:
    """The list with one value changed; ``only`` moves one person to a new organisation, instead of asking.

    Raises ListError as loading a list with that cell would, and UsageError when it could mean two things.
    """
    where = f"{target.name}, {field}"
    try:
        if isinstance(target, Organisation):
            return _fix_organisation(ranking, target, field, value)
        if field is FixField.ORGANISATION:
            return _fix_employer(ranking, target, cells.organisation(value), only=only)
        if field is FixField.ORGANISATION_HANDLE:
            return _with_organisation(ranking, target.organisation_id, organisation_handle=cells.handle(value))
        if field is FixField.RANK:
            return _fix_rank(ranking, target, cells.rank(value))
        changed = _changed(target, field, value, folder)
    except CellError as error:
        raise ListError(Problem(what=error.what, where=where, remedy=error.remedy)) from None
    problem = _conflict(ranking, changed)
    if problem:
        raise ListError(replace(problem, where=where))
    return _with_workers(ranking, {changed.worker_id: changed})


def _by_id(ranking: Ranking, text: str) -> list[Worker | Organisation]:
    people = [worker for worker in ranking.workers if worker.worker_id == text]
    return [*people, *(one for one in ranking.organisations if one.organisation_id == text)]


def _by_rank(ranking: Ranking, text: str) -> list[Worker]:
    try:
        number = cells.rank(text).number
    except CellError:
        return []
    return [worker for worker in ranking.workers if worker.rank == number]


def _by_name(ranking: Ranking, text: str) -> list[Worker | Organisation]:
    """Exactly as it is spelled, before any other way of spelling it."""
    everybody: list[Worker | Organisation] = [*ranking.workers, *ranking.organisations]
    exact = [one for one in everybody if one.name == text]
    return exact or [one for one in everybody if fold(one.name) == fold(text)]


def _ambiguous(text: str, found: Sequence[Worker | Organisation]) -> Problem:
    named = [
        f"{one.name} of {one.organisation} ({rank_label(one.rank, tied=one.tied)}, id {one.worker_id})"
        if isinstance(one, Worker)
        else f"the organisation {one.name} (id {one.organisation_id})"
        for one in found[:_MOST_NAMED]
    ]
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    same_name = len({fold(one.name) for one in found}) < len(found)
    how = "Give the id in the place of the name." if same_name else f"Give the name: “{found[0].name}”."
    return Problem(what=f"“{text}” may be {', or '.join(named)}{more}.", remedy=how)


def _changed(worker: Worker, field: FixField, value: str, folder: Path) -> Worker:
    readers: dict[FixField, Callable[[str], object]] = {
        FixField.NAME: cells.person,
        FixField.HANDLE: cells.handle,
        FixField.COUNT: cells.count,
        FixField.PHOTO: partial(cells.photo, folder=folder),
        FixField.ALT_TEXT: cells.alt_text,
        FixField.PRONOUNS: cells.pronouns,
    }
    read = {field.replace("-", "_"): readers[field](value)}
    changed = replace(worker, **read)  # type: ignore[arg-type]  # each reader gives what its field holds
    if changed.photo and not changed.alt_text:
        what = f"The picture {changed.photo} has no description."
        remedy = 'Say first what it shows: campaign-bot fix WHO alt-text "what it shows"'
        if field is FixField.ALT_TEXT:
            remedy = "Describe it, or take the picture out first: campaign-bot fix WHO photo -"
        raise CellError(what, remedy)
    return changed


def _conflict(ranking: Ranking, changed: Worker) -> Problem | None:
    """What a list may not hold: the same person twice, or one handle for two people."""
    for other in ranking.workers:
        if other.worker_id == changed.worker_id:
            continue
        label = rank_label(other.rank, tied=other.tied)
        if _person(other) == _person(changed) and not (is_own_id(other.worker_id) and is_own_id(changed.worker_id)):
            what = f"{changed.name} of {changed.organisation} is on the list already, {label}."
            return Problem(what=what, remedy="If they are one person, correct the list and load it again.")
        if changed.handle and (other.handle or "").casefold() == changed.handle.casefold():
            what = f"The handle @{changed.handle} is that of {other.name}, {label}."
            return Problem(what=what, remedy="Correct one of them, or take it out with a dash: -")
    return None


def _person(worker: Worker) -> tuple[str, str]:
    return fold(worker.name), fold_organisation(worker.organisation)


def _fix_organisation(ranking: Ranking, target: Organisation, field: FixField, value: str) -> Ranking:
    if field in {FixField.NAME, FixField.ORGANISATION}:
        return _renamed(ranking, target.organisation_id, cells.organisation(value))
    if field in {FixField.HANDLE, FixField.ORGANISATION_HANDLE}:
        return _with_organisation(ranking, target.organisation_id, organisation_handle=cells.handle(value))
    raise CellError("An organisation has a name and a handle, and nothing else.", "Say which person is meant.")


def _renamed(ranking: Ranking, organisation_id: str, name: str) -> Ranking:
    """All its people work for it under the new name; its id, and so its post, stay."""
    for other in ranking.organisations:
        if other.organisation_id != organisation_id and fold_organisation(other.name) == fold_organisation(name):
            remedy = "If they are one, correct the list and load it again; to move one person, name the person."
            raise CellError(f"There is an organisation {other.name} on the list already.", remedy)
    return _with_organisation(ranking, organisation_id, organisation=name)


def _fix_employer(ranking: Ranking, worker: Worker, name: str, *, only: bool) -> Ranking:
    """A person's organisation: another one of the list, the same one spelled anew, or one that is new."""
    key = fold_organisation(name)
    current = next(one for one in ranking.organisations if one.organisation_id == worker.organisation_id)
    for other in ranking.organisations:
        if fold_organisation(other.name) == key and other is not current:
            return _moved(ranking, worker, other.organisation_id, other.name, other.handle)
    alone = len(current.worker_ids) == 1
    if alone or (not only and (key == fold_organisation(current.name) or _is_alike(key, current.name))):
        return _renamed(ranking, current.organisation_id, name)
    if not only:
        what = f"{current.name} has {len(current.worker_ids)} people on the list, and no organisation is called {name}."
        remedy = (
            f'A new name for all of them: campaign-bot fix "{current.name}" name "{name}". '
            f"{worker.name} alone works there: add --only."
        )
        raise UsageError(Problem(what=what, remedy=remedy))
    taken = {one.organisation_id for one in ranking.organisations}
    return _moved(ranking, worker, new_organisation_id(key, taken), name, None)


def _is_alike(key: str, name: str) -> bool:
    return look_alike(key, fold_organisation(name))


def _moved(ranking: Ranking, worker: Worker, organisation_id: str, name: str, handle: str | None) -> Ranking:
    moved = replace(worker, organisation_id=organisation_id, organisation=name, organisation_handle=handle)
    problem = _conflict(ranking, moved)
    if problem:
        raise CellError(problem.what, problem.remedy)
    return _with_workers(ranking, {worker.worker_id: moved})


def _fix_rank(ranking: Ranking, worker: Worker, rank: cells.Rank) -> Ranking:
    """Another rank, free or shared ("=8"); whoever is left alone with a shared rank shares it no more."""
    sharing = [one for one in ranking.workers if one.rank == rank.number and one.worker_id != worker.worker_id]
    if sharing and not rank.marked:
        names = " and ".join(one.name for one in sharing[:_MOST_NAMED])
        remedy = (
            f"If they share it, write ={rank.number}. If they change places, give one of them a free rank first, "
            "or correct the list and load it again."
        )
        raise CellError(f"Rank {rank.number} is that of {names}.", remedy)
    if rank.marked and not sharing:
        raise CellError(f"Nobody else has rank {rank.number} to share it with.", f"Write {rank.number}.")
    changed = {one.worker_id: replace(one, tied=True) for one in sharing}
    changed[worker.worker_id] = replace(worker, rank=rank.number, tied=bool(sharing))
    left = [one for one in ranking.workers if one.rank == worker.rank and one.worker_id not in changed]
    if len(left) == 1:
        changed[left[0].worker_id] = replace(left[0], tied=False)
    return _with_workers(ranking, changed)


def _with_organisation(ranking: Ranking, organisation_id: str, **fields: str | None) -> Ranking:
    """The same change for everybody of one organisation."""
    mine = [worker for worker in ranking.workers if worker.organisation_id == organisation_id]
    return _with_workers(ranking, {one.worker_id: replace(one, **fields) for one in mine})  # type: ignore[arg-type]


def _with_workers(ranking: Ranking, changed: dict[str, Worker]) -> Ranking:
    workers = [changed.get(worker.worker_id, worker) for worker in ranking.workers]
    made = ranking_of(sorted(workers, key=lambda worker: worker.rank))
    return replace(ranking, workers=made.workers, organisations=made.organisations)
