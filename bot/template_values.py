"""What a template is given: plain texts, numbers and lists made from the campaign and the ranked list.

Whatever is not known is an empty text, so that ``{% if worker.count %}`` works and nothing prints "None". Blanks inside
names are collapsed: a cell of two lines must not break a post.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot import wording
from bot.config import Config
from bot.contribution import Contribution, Moderation
from bot.model import Organisation, Ranking, Worker
from bot.wishes import PlaceWords

#: Ranks that are kept for the winner thread; no other post may name who holds them.
PODIUM = 3

Facts = Mapping[str, Any]


def campaign_facts(config: Config, ranking: Ranking, *, not_out: Collection[str] = ()) -> Facts:
    """What every template knows as ``campaign``. Made once for a plan. Contributions in ``not_out``, by id, will not be
    out when the day ends, and do not count."""
    approved = [one for one in ranking.contributions if one.state is Moderation.APPROVED]
    out = [one for one in approved if one.contribution_id not in not_out]
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
        "contribution_count": len(out),
        "contributor_count": len({_clean(one.name).casefold() for one in out if one.name.strip()}),
    }


def contribution_context(
    contribution: Contribution, campaign: Facts, *, text: str, part: int = 1, parts: int = 1
) -> dict[str, Any]:
    """For a post of one contribution, or the part of it that ``text`` is: ``contribution`` and ``campaign``.

    The text is handed over as it is: a template that changes it is refused when the post is made.
    """
    values = {"text": text, "name": _clean(contribution.name), "part": part, "parts": parts}
    return {"contribution": {**values, "first": part == 1, "last": part == parts}, "campaign": campaign}


def day_context(campaign: Facts, totals: Mapping[str, str]) -> dict[str, Any]:
    """For the opening and the closing of a day: ``campaign`` and ``totals``."""
    return {
        "campaign": campaign,
        "totals": _labelled(totals),
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


def _labelled(totals: Mapping[str, str]) -> list[dict[str, str]]:
    """Names of settings are single words; people read ``hours_of_care`` as "hours of care"."""
    return [{"label": _clean(label).replace("_", " "), "value": _clean(value)} for label, value in totals.items()]


def winner_context(ranking: Ranking, campaign: Facts, totals: Mapping[str, str]) -> dict[str, Any]:
    """For the winner thread. A place can be shared, or empty after a tie above it: each is a list.

    ``organisations`` holds each once, by name, so that none is put before another. ``unnamed_first`` and so on are true
    where somebody holds the place who prefers not to be named, and a person has decided that the thread says so.
    """
    unnamed = {gap.rank for gap in ranking.gaps if gap.words is PlaceWords.UNNAMED}
    places = {rank: [_worker(w) for w in ranking.workers if w.rank == rank] for rank in range(1, PODIUM + 1)}
    return {
        "campaign": campaign,
        "first": places[1],
        "second": places[2],
        "third": places[3],
        **{f"unnamed_{word}": rank in unnamed for rank, word in enumerate(("first", "second", "third"), start=1)},
        "podium": places[1] + places[2] + places[3],
        "organisations": [_organisation(each) for each in _by_name(ranking.organisations)],
        "totals": _labelled(totals),
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
