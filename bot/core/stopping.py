"""The stop list: names that no campaign of the database may say. A new name pulls pending posts at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.config import Config
from bot.core.desk import Desk
from bot.core.remaking import remake, watchlist_of
from bot.core.withdrawing import Pulled, public_posts, undecided_places
from bot.errors import ListError, Problem, UsageError
from bot.model import Post, Ranking, SeriesKind
from bot.naming import finder_of, same_name
from bot.pulling import Pull, pulls
from bot.watchlist import Banned, Watchlist
from bot.wishes import StopEntry, Wishes

_HEADINGS = {"name", "names", "full name", "person"}
_FEWEST_LETTERS = 2
_LARGEST = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """``added`` are new lines, ``known`` were on the list already. ``elsewhere`` counts posts of other campaigns of the
    database that were stopped. ``people`` are those of this campaign's list that the new lines mean."""

    added: tuple[StopEntry, ...]
    known: tuple[StopEntry, ...]
    pulled: Pulled
    elsewhere: int = 0
    people: tuple[str, ...] = ()


def entries_in(text: str, where: str) -> tuple[StopEntry, ...]:
    """One name a line, or CSV with name and organisation. Raises ListError that names the lines that are none."""
    if len(text) > _LARGEST:
        raise ListError(Problem(what="This is too large for a list of names.", where=where))
    delimiter = ";" if ";" in text.split("\n", 1)[0] else "\t" if "\t" in text.split("\n", 1)[0] else ","
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ListError(Problem(what=f"It cannot be read as a list of names ({error}).", where=where)) from None
    found, problems = [], []
    for number, row in enumerate(rows, start=1):
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells) or (number == 1 and cells[0].casefold() in _HEADINGS):
            continue
        if not _is_a_name(cells[0]):
            problems.append(Problem(what=f"“{cells[0]}” is not a name.", where=f"{where}, line {number}"))
            continue
        found.append(StopEntry(name=cells[0], organisation=cells[1] if len(cells) > 1 else ""))
    if problems:
        raise ListError(*problems)
    return tuple(found)


def checked(name: str, organisation: str) -> StopEntry:
    """A line as a person typed it. Raises UsageError for what is no name."""
    name, organisation = " ".join(name.split()), " ".join(organisation.split())
    if not _is_a_name(name):
        raise UsageError(Problem(what=f"“{name}” is not a name.", remedy="Write the full name, as texts would say it."))
    return StopEntry(name=name, organisation=organisation)


def add(desks: Sequence[Desk], config: Config, entries: Sequence[StopEntry], *, reason: str) -> Stopped:
    """Add names on every desk (the record, and the practice copy), and pull what is pending in all campaigns."""
    desk = desks[-1]
    known = desk.storage.people.wishes(None).stop_list
    fresh = [one for one in dict.fromkeys(entries) if not any(_same(one, other) for other in known)]
    signed = tuple(replace(one, reason=reason, by=desk.actor, at=desk.clock.now()) for one in fresh)
    results = [_add(each, config, signed, entries) for each in desks]
    pulled, elsewhere = results[-1]
    watchlist = watchlist_of(desk)
    ids = {worker_id for one in _banned(watchlist, entries) for worker_id in one.worker_ids}
    return Stopped(
        added=signed,
        known=tuple(one for one in entries if one not in fresh),
        pulled=pulled,
        elsewhere=elsewhere,
        people=tuple(f"{row.name} of {row.organisation}" for row in watchlist.ranking.workers if row.worker_id in ids),
    )


def remove(desks: Sequence[Desk], entry: StopEntry) -> int:
    """Take a name off. Raises UsageError when it is not there. Posts that it has stopped come back by planning."""
    listed = desks[-1].storage.people.wishes(None).stop_list
    found = [one for one in listed if _same(one, entry)]
    if not found:
        others = [one for one in listed if same_name(one.name, entry.name)]
        remedy = f'On it is “{others[0].name}” with --organisation "{others[0].organisation}".' if others else ""
        remedy = remedy or "See: campaign-bot stop-list"
        raise UsageError(Problem(what=f"“{entry.name}” is not on the stop list like that.", remedy=remedy))
    for desk in desks:
        desk.storage.people.remove_from_stop_list(found)
        campaign_id = desk.storage.campaigns.ensure(desk.campaign).campaign_id
        note = "; ".join(one.name for one in found)
        desk.storage.journal.add(campaign_id, desk.entry("stop list", detail="a name was removed", note=note))
        subjects = _subjects_of(watchlist_of(desk), found)
        for subject in subjects:
            desk.storage.people.undo(campaign_id, subject, entry=desk.entry("stop list", detail="posts come back"))
    return len(found)


def _subjects_of(watchlist: Watchlist, entries: Sequence[StopEntry]) -> tuple[str, ...]:
    """Ids of the people that these lines meant, as far as nothing else is in their way, and of their organisations."""
    back = [
        row
        for row in watchlist.ranking.workers
        if row.worker_id not in watchlist.unnamed and any(same_name(row.name, one.name) for one in entries)
    ]
    return tuple(dict.fromkeys([*(row.worker_id for row in back), *(row.organisation_id for row in back)]))


def _add(desk: Desk, config: Config, signed: Sequence[StopEntry], entries: Sequence[StopEntry]) -> tuple[Pulled, int]:
    storage = desk.storage
    mine = storage.campaigns.ensure(desk.campaign).campaign_id
    storage.people.add_to_stop_list(signed)
    pulled: dict[int, tuple[Pull, ...]] = {}
    for campaign_id in storage.people.campaigns():
        pulled[campaign_id] = storage.people.pull(
            campaign_id,
            partial(_pulls_for, storage.rankings.load(campaign_id), entries),
            entry=desk.entry("stop list", detail=f"{len(signed)} added", note="; ".join(one.name for one in signed)),
            pulled=desk.entry("pulled", detail="a name on the stop list"),
        )
    elsewhere = sum(len(found) for campaign_id, found in pulled.items() if campaign_id != mine)
    return _settle(desk, config, pulled[mine], entries), elsewhere


def _pulls_for(
    ranking: Ranking, entries: Sequence[StopEntry], wishes: Wishes, posts: tuple[Post, ...]
) -> tuple[Pull, ...]:
    watchlist = Watchlist(ranking=ranking, wishes=wishes)
    return pulls(posts, watchlist, _banned(watchlist, entries))


def _settle(desk: Desk, config: Config, stopped: Sequence[Pull], entries: Sequence[StopEntry]) -> Pulled:
    if not desk.record().plan_code:
        return Pulled()
    watchlist = watchlist_of(desk)
    banned = _banned(watchlist, entries)
    posts = desk.posts()
    codes = {pull.post.code for pull in stopped}
    if any(one.worker_ids for one in banned):
        people = {worker_id for one in banned for worker_id in one.worker_ids}
        theirs = {row.organisation_id for row in watchlist.ranking.workers if row.worker_id in people}
        codes |= {post.code for post in posts if post.kind is SeriesKind.WINNER or post.key.subject_id in theirs}
    return Pulled(
        pulls=tuple(stopped),
        remade=remake(desk, config, codes, why="a name on the stop list"),
        public=public_posts(desk, watchlist, banned),
        places=undecided_places(watchlist, posts),
    )


def _banned(watchlist: Watchlist, entries: Iterable[StopEntry]) -> tuple[Banned, ...]:
    wanted = list(entries)
    return tuple(one for one in watchlist.banned if one.entry and any(_same(one.entry, each) for each in wanted))


def _same(one: StopEntry, other: StopEntry) -> bool:
    return same_name(one.name, other.name) and same_name(one.organisation, other.organisation)


def _is_a_name(text: str) -> bool:
    """At least two letters, and something that could be found in a text."""
    return sum(1 for letter in text if letter.isalpha()) >= _FEWEST_LETTERS and finder_of(text).name is not None
