"""Rows and the ids of their people -> a ranking with its organisations, which keep their ids too. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model import Organisation, Ranking, Worker
from bot.ranking.agreement import first_spellings
from bot.ranking.names import fold_organisation, look_alike
from bot.ranking.sheet import ListRow


def organisations_of(previous: Ranking, rows: Sequence[ListRow], ids: Mapping[int, str]) -> Ranking:
    """Build the ranking: workers by rank (then as listed), organisations by their best worker."""
    spellings = first_spellings(rows)
    organisation_ids = _organisation_ids(previous, rows, ids, spellings)
    workers = []
    for row in sorted(rows, key=lambda row: row.rank):
        key = fold_organisation(row.organisation)
        workers.append(_worker(row, ids[row.row], organisation_ids[key], spellings[key]))
    return replace(ranking_of(workers), contributions=previous.contributions)


def ranking_of(workers: Sequence[Worker]) -> Ranking:
    """The ranking of these workers, who come in the order of their ranks: organisations by their best worker."""
    groups: dict[str, list[Worker]] = defaultdict(list)
    for worker in workers:
        groups[worker.organisation_id].append(worker)
    organisations = tuple(_organisation(group) for group in groups.values())
    return Ranking(workers=tuple(workers), organisations=organisations)


def _worker(row: ListRow, worker_id: str, organisation_id: str, organisation: str) -> Worker:
    return Worker(
        worker_id=worker_id,
        rank=row.rank,
        tied=row.tied,
        name=row.name,
        organisation_id=organisation_id,
        organisation=organisation,
        count=row.count,
        handle=row.handle,
        organisation_handle=row.organisation_handle,
        photo=row.photo,
        alt_text=row.alt_text,
        pronouns=row.pronouns,
        consent=row.consent,
    )


def _organisation(workers: Sequence[Worker]) -> Organisation:
    counts = [worker.count for worker in workers if worker.count is not None]
    return Organisation(
        organisation_id=workers[0].organisation_id,
        name=workers[0].organisation,
        handle=next((worker.organisation_handle for worker in workers if worker.organisation_handle), None),
        worker_ids=tuple(worker.worker_id for worker in workers),
        count=sum(counts) if len(counts) == len(workers) else None,
    )


def _organisation_ids(
    previous: Ranking, rows: Sequence[ListRow], ids: Mapping[int, str], spellings: Mapping[str, str]
) -> dict[str, str]:
    """Give each folded name its id: the one known, that of a corrected spelling, or a new one of 10 hex digits."""
    known = {fold_organisation(organisation.name): organisation for organisation in previous.organisations}
    result = {key: known[key].organisation_id for key in spellings if key in known}
    gone = {organisation.organisation_id: key for key, organisation in known.items() if key not in spellings}
    taken = {organisation.organisation_id for organisation in previous.organisations}
    came_from = _origins(previous, rows, ids)
    for key in spellings:
        if key in result:
            continue
        inherited = _corrected(key, came_from.get(key, set()), gone)
        if inherited:
            del gone[inherited]
        result[key] = inherited or new_organisation_id(key, taken)
        taken.add(result[key])
    return result


def _origins(previous: Ranking, rows: Sequence[ListRow], ids: Mapping[int, str]) -> dict[str, set[str]]:
    """Give for each organisation of the new list the ids of those that its known people were with before."""
    before = {worker.worker_id: worker.organisation_id for worker in previous.workers}
    origins: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if ids[row.row] in before:
            origins[fold_organisation(row.organisation)].add(before[ids[row.row]])
    return origins


def _corrected(key: str, origins: set[str], gone: Mapping[str, str]) -> str | None:
    """A name that looks like one that is gone, and has its people, is that one with its spelling corrected."""
    return next((one for one in sorted(origins) if one in gone and look_alike(key, gone[one])), None)


def new_organisation_id(key: str, taken: set[str]) -> str:
    """The shortest beginning of the hash of a folded name, from 10 hex digits on, that no organisation has."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return next(digest[:size] for size in range(10, len(digest) + 1) if digest[:size] not in taken)
