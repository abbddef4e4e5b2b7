"""Rules about people who are not to be named. Nobody can waive them: somebody has asked, or is at risk."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks.view import PlanView, error, parts_of
from bot.model import Finding, MessageState, Post, SeriesKind
from bot.watchlist import Banned

_PLACES = {1: "First", 2: "Second", 3: "Third"}


def do_not_name(view: PlanView) -> Iterator[Finding]:
    """Nobody who has withdrawn, and no name of the stop list, stands in a text or an alternative text
    (BASW on the safety of named workers; UK GDPR, articles 7(3) and 21). Full names and
    handles are found however they are written; initials and nicknames are not."""
    for passage in view.passages:
        for one in view.watchlist.hits(passage.part.post, passage.text):
            what = f"{passage.where} names {one.name}, who {_why(one)}."
            yield error("DO-NOT-NAME", passage.part, what, _remedy(one, passage.part.post))
    for post in view.to_send:
        one_of = view.watchlist.unnamed.get(post.key.subject_id)
        if one_of is not None and post.kind is SeriesKind.WORKERS:
            what = f"The post is about {one_of.name}, who {_why(one_of)}."
            yield error("DO-NOT-NAME", next(parts_of(post)), what, f"Leave it out: campaign-bot skip {post.code}")


def undecided_place(view: PlanView) -> Iterator[Finding]:
    """A place of the podium that nobody is named for needs a person's decision before the thread is signed (judgement: a
    thread that silently leaves out a place makes people ask who it was)."""
    open_places = [gap.rank for gap in view.ranking.gaps if gap.rank <= view.podium_ranks and gap.words is None]
    for post in view.to_send:
        if post.kind is not SeriesKind.WINNER or _has_begun(post):
            continue
        for rank in open_places:
            what = f"{_PLACES.get(rank, f'Number {rank}')} place is somebody who is not to be named, and nobody has decided what the thread says."
            remedy = (
                f"campaign-bot winner --unnamed {rank} (it says so), or: campaign-bot winner --without {rank} (no word)"
            )
            yield error("PLACE-UNNAMED", next(parts_of(post)), what, remedy)


def _why(one: Banned) -> str:
    return "is on the stop list" if one.entry else "has withdrawn"


def _remedy(one: Banned, post: Post) -> str:
    if one.is_anybody:
        return (
            f'Plan again, or take the name out. If this is another {one.name}: campaign-bot stop-list add "{one.name}" '
            f'--organisation "…", then campaign-bot stop-list remove "{one.name}"'
        )
    return f"Plan again, or take the name out of the template; or: campaign-bot skip {post.code}"


def _has_begun(post: Post) -> bool:
    return any(message.state in {MessageState.POSTED, MessageState.DELETED} for message in post.messages)
