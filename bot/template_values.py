"""What a template is given: plain texts, numbers and lists made from the campaign and the ranked list.

Whatever is not known is an empty text, so that ``{% if worker.count %}`` works and nothing prints "None". Blanks inside
names are collapsed: a cell of two lines must not break a post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot import wording
from bot.config import Config
from bot.model import Organisation, Ranking, Worker

#: Ranks that are kept for the winner thread; no other post may name who holds them.
PODIUM = 3

Facts = Mapping[str, Any]


def campaign_facts(config: Config, ranking: Ranking) -> Facts:
    """What every template knows as ``campaign``. Made once for a plan."""
    hashtags = [f"#{tag}" for tag in (_clean(each).lstrip("# ") for each in config.hashtags) if tag]
    first, last = config.first_day, config.last_day
    return {
        "name": _clean(config.name),
        "hashtags": hashtags,
        "hashtag": hashtags[0] if hashtags else "",
        "link": _clean(config.link),
        "counted": _clean(config.counted),
        "year": str(first.year),
        "first_day": f"{first:%A} {first.day} {first:%B}",
        "last_day": f"{last:%A} {last.day} {last:%B}",
        "worker_count": len(ranking.workers),
        "organisation_count": len(ranking.organisations),
    }


def worker_context(worker: Worker, campaign: Facts) -> dict[str, Any]:
    """For a post about one worker: ``worker`` and ``campaign``."""
    return {"worker": _worker(worker), "campaign": campaign}


def organisation_context(organisation: Organisation, members: Iterable[Worker], campaign: Facts) -> dict[str, Any]:
    """For a post about one organisation, with its workers in rank order: ``organisation`` and ``campaign``.

    ``organisation.workers`` leaves out whoever is on the podium, because these posts come before the winner thread;
    ``worker_count`` counts them all.
    """
    values = _organisation(organisation)
    values["workers"] = [_worker(worker) for worker in members if worker.rank > PODIUM]
    return {"organisation": values, "campaign": campaign}


def winner_context(ranking: Ranking, campaign: Facts, totals: Mapping[str, str]) -> dict[str, Any]:
    """For the winner thread. A place can be shared, or empty after a tie above it: each is a list.

    ``organisations`` holds each once, by name, so that none is put before another.
    """
    places = {rank: [_worker(w) for w in ranking.workers if w.rank == rank] for rank in range(1, PODIUM + 1)}
    return {
        "campaign": campaign,
        "first": places[1],
        "second": places[2],
        "third": places[3],
        "podium": places[1] + places[2] + places[3],
        "organisations": [_organisation(each) for each in _by_name(ranking.organisations)],
        "totals": [{"label": _clean(label), "value": _clean(value)} for label, value in totals.items()],
    }


def _worker(worker: Worker) -> dict[str, Any]:
    name, organisation = _clean(worker.name), _clean(worker.organisation)
    return {
        "name": name,
        "first_name": wording.first_name(name) if name else "",
        "credit": wording.credit(name, worker.handle),
        "handle": worker.handle or "",
        "pronouns": _clean(worker.pronouns),
        "rank": worker.rank,
        "tied": worker.tied,
        "rank_label": wording.rank_label(worker.rank, worker.tied),
        "place": wording.place(worker.rank, worker.tied),
        "count": "" if worker.count is None else worker.count,
        "organisation": organisation,
        "organisation_credit": wording.credit(organisation, worker.organisation_handle),
        "organisation_handle": worker.organisation_handle or "",
    }


def _organisation(organisation: Organisation) -> dict[str, Any]:
    name = _clean(organisation.name)
    return {
        "name": name,
        "credit": wording.credit(name, organisation.handle),
        "handle": organisation.handle or "",
        "count": "" if organisation.count is None else organisation.count,
        "worker_count": len(organisation.worker_ids),
    }


def _by_name(organisations: Iterable[Organisation]) -> list[Organisation]:
    return sorted(
        organisations, key=lambda each: (_clean(each.name).casefold().removeprefix("the "), each.organisation_id)
    )


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())
