"""Who on a new list is who on the old one: by id, else by name and organisation, else asked. Never guessed. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import ListError, ListQuestionError, Problem
from bot.model import Ranking, Worker
from bot.ranking.changes import Change, differences
from bot.ranking.doubt import Doubts
from bot.ranking.names import fold, fold_organisation
from bot.ranking.organisations import organisations_of
from bot.ranking.sheet import ListRow

_ID_MARK = "id:"


@dataclass(frozen=True, kw_only=True)
class Matched:
    """The new ranking under the ids known before, and what has changed."""

    ranking: Ranking
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A row that may be somebody known; ``candidates`` are the people it may be, the likeliest first."""

    row: ListRow
    candidates: tuple[Worker, ...]


def match(previous: Ranking, rows: Sequence[ListRow], answers: Mapping[int, str | None]) -> Matched:
    """Match a list with the one before. ``answers``: row number -> worker id of the same person, or None for new.

    Raises ListQuestionError with one problem for each doubtful row, and ListError for an answer that cannot be.
    """
    known, open_questions = _identify(previous, rows, answers)
    if open_questions:
        raise ListQuestionError(*(_problem(question) for question in open_questions))
    ids = _with_new_ids(previous, rows, known)
    ranking = organisations_of(previous, rows, ids)
    return Matched(ranking=ranking, changes=differences(previous, ranking))


def questions(previous: Ranking, rows: Sequence[ListRow], answers: Mapping[int, str | None]) -> tuple[Question, ...]:
    """Say what has to be asked before ``match`` can go through. Raises ListError as ``match`` does."""
    return _identify(previous, rows, answers)[1]


def id_of(row: ListRow) -> str | None:
    """Give the worker id that a row's own id stands for, if it has one."""
    if row.source_id is None:
        return None
    slug = re.sub(r"[^a-z0-9]+", "-", fold(row.source_id)).strip("-")
    return _ID_MARK + (slug or _digest(row.source_id)[:10])


def is_own_id(worker_id: str) -> bool:
    """Whether a worker id comes from the list's own id column, not from name and organisation."""
    return worker_id.startswith(_ID_MARK)


def _identify(
    previous: Ranking, rows: Sequence[ListRow], answers: Mapping[int, str | None]
) -> tuple[dict[int, str], tuple[Question, ...]]:
    """Give row number -> known worker id for rows that are certain, and questions for those that are not."""
    known = _answered(previous, rows, answers)
    open_rows = [row for row in rows if row.row not in answers]
    people = {worker.worker_id: worker for worker in previous.workers}
    for worker_id in known.values():
        del people[worker_id]
    doubtful = _by_id(open_rows, people, known)
    open_rows = [row for row in open_rows if row.row not in known and row.row not in doubtful]
    _by_name(open_rows, people, known)
    open_rows = [row for row in open_rows if row.row not in known]
    asked = [Question(row=row, candidates=doubtful[row.row]) for row in rows if row.row in doubtful]
    if open_rows and people:
        doubts = Doubts(people.values())
        possible = ((row, _possible(row, doubts.about(row))) for row in open_rows)
        asked.extend(Question(row=row, candidates=candidates) for row, candidates in possible if candidates)
    return known, tuple(sorted(asked, key=lambda question: question.row.row))


def _answered(previous: Ranking, rows: Sequence[ListRow], answers: Mapping[int, str | None]) -> dict[int, str]:
    people = {worker.worker_id for worker in previous.workers}
    numbers = {row.row for row in rows}
    known: dict[int, str] = {}
    problems = []
    for number, worker_id in answers.items():
        where = f"row {number}"
        if number not in numbers:
            problems.append(Problem(what="The list has no such row.", where=where, remedy="Answer for a row of it."))
        elif worker_id is None:
            continue
        elif worker_id not in people:
            what = f"Nobody on the list before has the id {worker_id}."
            problems.append(Problem(what=what, where=where, remedy="Copy the id from the question."))
        elif worker_id in known.values():
            what = f"{worker_id} is given as the same person twice."
            problems.append(Problem(what=what, where=where, remedy="Two rows cannot be one person."))
        else:
            known[number] = worker_id
    if problems:
        raise ListError(*problems)
    return known


def _by_id(rows: Iterable[ListRow], people: dict[str, Worker], known: dict[int, str]) -> dict[int, tuple[Worker, ...]]:
    """Match by the id column, taking the matched out of ``people``; give back the rows whose id cannot be trusted.

    An id that has wandered to a row which by name and organisation is somebody else is what a column sorted
    without its neighbours looks like.
    """
    by_person = {_key(worker): worker for worker in people.values() if worker.worker_id.startswith(_ID_MARK)}
    doubtful: dict[int, tuple[Worker, ...]] = {}
    for row in rows:
        worker_id = id_of(row)
        if worker_id is None:
            continue
        namesake = by_person.get(_key(row))
        same_id = people.get(worker_id)
        if same_id and (namesake is None or namesake is same_id or _key(same_id) == _key(row)):
            known[row.row] = worker_id
        elif namesake and namesake is not same_id:
            doubtful[row.row] = (namesake, same_id) if same_id else (namesake,)
    for worker_id in known.values():
        people.pop(worker_id, None)
    return {number: _still(candidates, people) for number, candidates in doubtful.items() if _still(candidates, people)}


def _possible(row: ListRow, candidates: tuple[Worker, ...]) -> tuple[Worker, ...]:
    """Two different ids from the list's own id column are two people, however alike their names are."""
    if row.source_id is None:
        return candidates
    return tuple(worker for worker in candidates if not worker.worker_id.startswith(_ID_MARK))


def _still(candidates: tuple[Worker, ...], people: Mapping[str, Worker]) -> tuple[Worker, ...]:
    return tuple(worker for worker in candidates if worker.worker_id in people)


def _by_name(rows: Iterable[ListRow], people: dict[str, Worker], known: dict[int, str]) -> None:
    """Match by equal name and organisation where just one person and one row have them."""
    by_key: dict[tuple[str, str], list[Worker]] = {}
    for worker in people.values():
        by_key.setdefault(_key(worker), []).append(worker)
    rows_by_key: dict[tuple[str, str], list[ListRow]] = {}
    for row in rows:
        rows_by_key.setdefault(_key(row), []).append(row)
    for key, found in rows_by_key.items():
        workers = by_key.get(key, [])
        if len(found) == len(workers) == 1:
            known[found[0].row] = workers[0].worker_id
            del people[workers[0].worker_id]


def _key(person: ListRow | Worker) -> tuple[str, str]:
    return fold(person.name), fold_organisation(person.organisation)


def _with_new_ids(previous: Ranking, rows: Sequence[ListRow], known: Mapping[int, str]) -> dict[int, str]:
    """Give every row a worker id: the known one, its own, or one made of name and organisation at first sight."""
    taken = {worker.worker_id for worker in previous.workers} | set(known.values())
    ids = dict(known)
    for row in rows:
        if row.row not in ids:
            wanted = id_of(row)
            ids[row.row] = wanted if wanted and wanted not in taken else _free("\n".join(_key(row)), taken)
            taken.add(ids[row.row])
    return ids


def _free(text: str, taken: set[str]) -> str:
    """Take the shortest beginning of the hash, from 10 hex digits on, that nobody has."""
    digest = _digest(text)
    found = next((digest[:size] for size in range(10, len(digest) + 1) if digest[:size] not in taken), None)
    return found or _free(f"{text}\n", taken)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _problem(question: Question) -> Problem:
    row = question.row
    people = " or ".join(
        f"{worker.name} of {worker.organisation} ({worker.worker_id})" for worker in question.candidates
    )
    return Problem(
        what=f"{row.name} of {row.organisation} may be {people}, who is on the list already.",
        where=f"row {row.row}",
        remedy="Say whether this is the same person or somebody new.",
    )
