"""Withdrawing people: their posts are stopped at once, what names them among others is made again without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.config import Config
from bot.core.desk import Desk
from bot.core.remaking import Remade, remake, watchlist_of
from bot.errors import PersonNeededError, Problem, UsageError
from bot.lifecycle import has_begun
from bot.model import Message, Post, Ranking, SeriesKind, Worker
from bot.naming import mark_of, same_name
from bot.pulling import Pull, public_parts, pulls
from bot.watchlist import PODIUM, Banned, Watchlist
from bot.wishes import Withdrawal

_MOST_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Public:
    """A post that is on the network and is about somebody, names or shows them: these of its messages."""

    post: Post
    messages: tuple[Message, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing of the post is on the network but these messages."""
        return all(message in self.messages for message in self.post.messages if message.receipt)


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What a wish did: posts that were stopped, posts that were made again, what is public, and what is undecided.

    ``alone`` are the names of organisations whose only person on the list is not named any more.
    """

    pulls: tuple[Pull, ...] = ()
    remade: tuple[Remade, ...] = ()
    public: tuple[Public, ...] = ()
    alone: tuple[str, ...] = ()
    places: tuple[int, ...] = field(default=())

    @property
    def on_its_way(self) -> tuple[str, ...]:
        """Posts of which a part was being sent at that moment."""
        return tuple(pull.post.code for pull in self.pulls if pull.on_its_way)


def find_person(ranking: Ranking, text: str, others: Sequence[Worker] = ()) -> Worker:
    """A person by rank, id, or name (also a part of it). ``others`` are people who are not on the list any more.

    Raises UsageError when there is nobody, or more than one: then it names them.
    """
    people = [*ranking.workers, *others]
    wanted = text.strip().removeprefix("=").removeprefix("#")
    tries = (
        [one for one in people if one.worker_id == text.strip()],
        [one for one in people if wanted.isdecimal() and one.rank == int(wanted)],
        [one for one in people if same_name(one.name, wanted)],
        [one for one in people if wanted and _holds(one.name, wanted)],
    )
    found = next((some for some in tries if some), [])
    if len(found) == 1:
        return found[0]
    raise UsageError(_which(text, found) if found else _nobody(text))


def withdraw(desk: Desk, person: Worker, *, reason: str, keep_organisation: bool) -> tuple[Pull, ...]:
    """Stop every pending post that names them. From the return on no call begins for any of these."""
    record = desk.record()
    ranking = desk.storage.rankings.load(record.campaign_id)
    key = desk.storage.people.wishes(record.campaign_id).key
    one = Withdrawal(
        worker_id=person.worker_id,
        rank=person.rank,
        name=person.name,
        organisation=person.organisation,
        handle=person.handle,
        keeps_organisation=keep_organisation,
        mark=mark_of(person.name, person.organisation, key),
    )
    return desk.storage.people.withdraw(
        record.campaign_id,
        one,
        lambda wishes, posts: _pulls_for(Watchlist(ranking=ranking, wishes=wishes), posts, person.worker_id),
        entry=desk.entry("withdraw", detail=f"rank {person.rank}", note=f"{person.name}. {reason}".strip()),
        pulled=desk.entry("pulled", detail="somebody has withdrawn"),
    )


def settle(desk: Desk, config: Config, person: Worker, stopped: Sequence[Pull]) -> Pulled:
    """Make again what named the person among others, and say what is public and what has to be decided."""
    watchlist = watchlist_of(desk)
    banned = banned_as(watchlist, person.worker_id)
    posts = desk.posts() if desk.record().plan_code else ()
    codes = {pull.post.code for pull in stopped} | _touched(watchlist, posts, banned)
    remade = remake(desk, config, codes, why="somebody has withdrawn") if posts else ()
    return Pulled(
        pulls=tuple(stopped),
        remade=remade,
        public=public_posts(desk, watchlist, banned),
        alone=_alone(watchlist, banned),
        places=undecided_places(watchlist, posts),
    )


def undo(desk: Desk, config: Config, person: Worker, *, reason: str) -> tuple[tuple[str, ...], tuple[Remade, ...]]:
    """A named person takes a withdrawal back: posts about them are drafts again, and what named them says so again.

    Raises UsageError when they have not withdrawn, PersonNeededError while the stop list names them.
    """
    watchlist = watchlist_of(desk)
    if person.worker_id not in {one.worker_id for one in watchlist.wishes.withdrawals}:
        raise UsageError(Problem(what=f"{person.name} has not withdrawn.", remedy="See: campaign-bot withdraw"))
    if any(one.entry for one in banned_as(watchlist, person.worker_id)):
        what = f"{person.name} is on the stop list, which wins over everything."
        raise PersonNeededError(Problem(what=what, remedy=f'First: campaign-bot stop-list remove "{person.name}"'))
    banned = banned_as(watchlist, person.worker_id)
    record = desk.record()
    entry = desk.entry("withdraw undone", detail=f"rank {person.rank}", note=f"{person.name}. {reason}".strip())
    back = list(desk.storage.people.undo(record.campaign_id, person.worker_id, entry=entry))
    if not record.plan_code:
        return (), ()
    for banned_one in banned:
        back += _organisation_posts_back(desk, watchlist, banned_one)
    codes = {*back, *_touched(watchlist, desk.posts(), banned)}
    return tuple(back), remake(desk, config, codes, why="a withdrawal was undone")


def organisation_back(desk: Desk, config: Config, person: Worker) -> tuple[tuple[str, ...], tuple[Remade, ...]]:
    """Posts of organisations that stay although their only person is not named: codes, and how they read now."""
    watchlist = watchlist_of(desk)
    back = [
        code
        for one in banned_as(watchlist, person.worker_id)
        for code in _organisation_posts_back(desk, watchlist, one)
    ]
    if not desk.record().plan_code:
        return (), ()
    codes = {*back, *_touched(watchlist, desk.posts(), banned_as(watchlist, person.worker_id))}
    return tuple(back), remake(desk, config, codes, why="the organisation stays")


def _organisation_posts_back(desk: Desk, watchlist: Watchlist, one: Banned) -> list[str]:
    """The posts of organisations that had gone with the person."""
    gone = [item.organisation_id for item in watchlist.ranking.organisations if one.worker_ids & set(item.worker_ids)]
    entry = desk.entry("withdraw undone")
    campaign_id = desk.record().campaign_id
    return [code for each in gone for code in desk.storage.people.undo(campaign_id, each, entry=entry)]


def people_withdrawn(watchlist: Watchlist) -> tuple[Worker, ...]:
    """Everybody who has withdrawn, as the list has them, or as it had them."""
    rows = {worker.worker_id: worker for worker in watchlist.ranking.workers}
    return tuple(
        rows.get(one.worker_id)
        or Worker(
            worker_id=one.worker_id,
            rank=one.rank,
            name=one.name,
            organisation=one.organisation,
            organisation_id="",
            handle=one.handle,
        )
        for one in watchlist.wishes.withdrawals
    )


def banned_as(watchlist: Watchlist, worker_id: str) -> tuple[Banned, ...]:
    """The wishes that are about a person."""
    return tuple(
        one
        for one in watchlist.banned
        if worker_id in one.worker_ids or (not one.entry and _is_of(watchlist, one, worker_id))
    )


def public_posts(desk: Desk, watchlist: Watchlist, banned: Sequence[Banned]) -> tuple[Public, ...]:
    """What is on the network and is about them, or names or shows them."""
    if not desk.record().plan_code:
        return ()
    posts = desk.posts()
    parts = public_parts(posts, watchlist, banned)
    return tuple(Public(post=post, messages=parts[post.code]) for post in posts if post.code in parts)


def undecided_places(watchlist: Watchlist, posts: Sequence[Post]) -> tuple[int, ...]:
    """Places of the podium that nobody is named for, and about which nobody has decided, while a thread waits.

    What has begun is history: no decision changes it any more.
    """
    if not any(post.kind is SeriesKind.WINNER and not has_begun(post) for post in posts):
        return ()
    return tuple(gap.rank for gap in watchlist.nameable.gaps if gap.rank <= PODIUM and gap.words is None)


def _pulls_for(watchlist: Watchlist, posts: tuple[Post, ...], worker_id: str) -> tuple[Pull, ...]:
    return pulls(posts, watchlist, banned_as(watchlist, worker_id))


def _is_of(watchlist: Watchlist, one: Banned, worker_id: str) -> bool:
    """Somebody who has withdrawn and has left the list."""
    return not one.worker_ids and any(
        known.worker_id == worker_id and known.name == one.name for known in watchlist.wishes.withdrawals
    )


def _touched(watchlist: Watchlist, posts: Sequence[Post], banned: Sequence[Banned]) -> set[str]:
    """Posts whose numbers or lists change though they may name nobody: those of the organisation, the winner thread."""
    people = {worker_id for one in banned for worker_id in one.worker_ids}
    theirs = {item.organisation_id for item in watchlist.ranking.organisations if people & set(item.worker_ids)}
    return {post.code for post in posts if post.kind is SeriesKind.WINNER or post.key.subject_id in theirs}


def _alone(watchlist: Watchlist, banned: Sequence[Banned]) -> tuple[str, ...]:
    people = {worker_id for one in banned for worker_id in one.worker_ids}
    return tuple(
        item.name
        for item in watchlist.ranking.organisations
        if people & set(item.worker_ids) and not set(item.worker_ids) - watchlist.unnamed.keys()
    )


def _holds(name: str, wanted: str) -> bool:
    """Whether every word that was typed is a word of the name."""
    from bot.naming import fold

    return set(fold(wanted).split()) <= set(fold(name).split())


def _which(text: str, found: Sequence[Worker]) -> Problem:
    shown = "; ".join(
        f"{one.name} of {one.organisation}, rank {one.rank}, id {one.worker_id}" for one in found[:_MOST_SHOWN]
    )
    more = f"; and {len(found) - _MOST_SHOWN:,} more" if len(found) > _MOST_SHOWN else ""
    return Problem(
        what=f"“{text}” may be any of {len(found):,} people: {shown}{more}.",
        remedy="Nothing was done. Give the rank, the full name, or the id.",
    )


def _nobody(text: str) -> Problem:
    return Problem(
        what=f"Nobody on the list is “{text}”.",
        remedy=f'Give a rank, a name or an id. For somebody who is not on the list: campaign-bot stop-list add "{text}"',
    )
