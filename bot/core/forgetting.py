"""Forgetting: personal data are erased from the database and the folder, and then looked for, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.core.composing import MAX_PICTURE
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.core.traces import Search, files_below, needles_of, search, traces_in
from bot.core.withdrawing import banned_as
from bot.errors import NotReadyError, PersonNeededError, Problem, UsageError
from bot.lifecycle import is_final
from bot.model import Message, MessageState, Post, Worker
from bot.naming import finder_of, names_any
from bot.pulling import public_parts
from bot.storage.erasing import FORGET

_DATABASE_PARTS = ("", "-wal", "-shm", "-journal")
_PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
_TELLING = 16
"""Letters of a text or of words of consent: “yes” or “name” would be found in any file, and tell of nobody."""
_LISTS = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods"}


class Origin(StrEnum):
    """Where a file of the folder comes from, as far as its name and contents tell."""

    DATABASE = "the database"
    PRACTICE = "the practice copy"
    BACKUP = "a backup of the database"
    PAGE = "a page of campaign-bot"
    LOG = "a log"
    LIST = "your list"
    PHOTO = "a photo"
    OTHER = "a file of yours"


MADE_BY_US = frozenset({Origin.PRACTICE, Origin.BACKUP, Origin.PAGE, Origin.LOG})
"""These can be made again, or have no use without the data."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file that holds what is to be erased. ``values``: how many names, handles and texts; photos are not looked into."""

    path: Path
    origin: Origin
    values: int = 0


@dataclass(frozen=True, kw_only=True)
class Undertaking:
    """What forgetting would do. ``values`` are the names and handles that are erased and looked for, and what contributors
    wrote; ``kept`` are those that stay for a reason. ``files`` hold them; ``early`` says why it is too early, if it is."""

    counts: dict[str, int]
    values: frozenset[str]
    kept: tuple[str, ...] = ()
    files: tuple[Found, ...] = ()
    early: str = ""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was looked through afterwards. ``tables`` are those of a server that still hold something; ``unproved`` says
    what cannot be known from here."""

    search: Search
    tables: dict[str, int]
    unproved: str = ""

    @property
    def is_clean(self) -> bool:
        """No trace anywhere that could be looked into."""
        return not self.search.traces and not self.tables


def undertaking(desk: Desk, folder: Path, person: Worker | None = None) -> Undertaking:
    """What would be erased, of the campaign or of one person, and which files of the folder hold it."""
    record = desk.record()
    erasing = desk.storage.erasing
    posts = desk.storage.plans.posts(record.campaign_id)
    _refuse_doubt(posts)
    people, places = erasing.personal_values(record.campaign_id)
    if not people and erasing.was_forgotten(record.campaign_id):
        raise UsageError(_nothing_to_look_for(folder))
    if person is not None:
        _refuse_unwithdrawn(desk, person)
        people, places = {value for value in (person.name, person.handle) if value}, set()
    else:
        people |= _telling(erasing.words_of_contributors(record.campaign_id))
    stopped = {one.name for one in desk.storage.people.wishes(None).stop_list}
    public = " ".join(
        [record.name, *(account.handle for account in desk.storage.campaigns.accounts(record.campaign_id))]
    )
    named = {value for value in places if value.casefold() in public.casefold()}
    kept = [f"“{name}”: on the stop list, which stays" for name in sorted(stopped & (people | places))]
    kept += [f"“{name}”: part of the campaign's name or account" for name in sorted(named)]
    values = frozenset((people | places) - stopped - named)
    photos = erasing.photos(record.campaign_id) if person is None else filter(None, [person.photo])
    hashes = erasing.pictures(record.campaign_id) if person is None else frozenset[str]()
    return Undertaking(
        counts=erasing.counts(record.campaign_id) if person is None else _counts_of(desk, person),
        values=values,
        kept=tuple(kept),
        files=_files(desk, folder, values, tuple(photos), hashes),
        early=_too_early(posts) if person is None else "",
    )


def forget(desk: Desk) -> str:
    """Erase the campaign's personal data, and the bytes. Returns what cannot be vouched for (``Proof.unproved``)."""
    record = desk.record()
    desk.storage.erasing.erase_campaign(record.campaign_id, entry=desk.entry(FORGET, detail="personal data erased"))
    return desk.storage.erasing.scrub()


def forget_person(desk: Desk, person: Worker) -> str:
    """Erase one person, who has withdrawn: the row, every text and note that names them."""
    record = desk.record()
    messages = _messages_about(desk, person)
    finder = finder_of(person.name, tuple(filter(None, [person.handle])))
    desk.storage.erasing.erase_person(
        record.campaign_id,
        person.worker_id,
        [message.message_id for message in messages],
        names_them=lambda note: names_any([note], finder),
        entry=desk.entry("forget person", detail=f"rank {person.rank}"),
    )
    return desk.storage.erasing.scrub()


def prove(desk: Desk, folder: Path, values: frozenset[str], unproved: str) -> Proof:
    """Look for every name and handle in every file of the folder, and in the rows of a server."""
    path = desk.storage.database.path
    files = set(files_below(folder)) if folder.is_dir() else set()
    if path is not None:
        files |= {part for part in _parts_of(path) if part.exists()}
    tables = traces_in(desk.storage.erasing.texts(), values)
    return Proof(search=search(sorted(files), needles_of(values)), tables=tables, unproved=unproved)


def _nothing_to_look_for(folder: Path) -> Problem:
    """A search for no names at all would find nothing, and prove nothing."""
    copies = [
        path.name for path in files_below(folder) if _origin(path, set()) is Origin.BACKUP and "backup" in path.name
    ]
    named = f" Backups are still here: {', '.join(copies)}." if copies else ""
    return Problem(
        what=f"It is erased already, so no names are known any more that could be looked for.{named}",
        remedy="Delete by hand what the first run has named. When it was: campaign-bot log",
    )


def _refuse_doubt(posts: Sequence[Post]) -> None:
    doubtful = {MessageState.SENDING, MessageState.UNKNOWN}
    codes = [post.code for post in posts if any(message.state in doubtful for message in post.messages)]
    if codes:
        what = f"Nobody knows yet what became of {', '.join(codes)}."
        raise PersonNeededError(
            Problem(what=what, remedy=f"First: campaign-bot run, or campaign-bot resolve {codes[0]}")
        )


def _refuse_unwithdrawn(desk: Desk, person: Worker) -> None:
    """Else the next plan would find a place that is missing, or the next list would name them again."""
    if person.worker_id not in {one.worker_id for one in watchlist_of(desk).wishes.withdrawals}:
        what = f"{person.name} has not withdrawn."
        raise NotReadyError(Problem(what=what, remedy=f"First: campaign-bot withdraw {person.rank}"))
    if not person.name:
        raise UsageError(Problem(what=f"Who had place {person.rank} is forgotten already."))


def _too_early(posts: Sequence[Post]) -> str:
    left = [post for post in posts if not is_final(post)]
    if not left:
        return ""
    return f"{len(left)} of {len(posts)} posts are still to come, or wait for somebody; they would never be sent."


def _counts_of(desk: Desk, person: Worker) -> dict[str, int]:
    return {"people": 1, "texts": len(_messages_about(desk, person))}


def _messages_about(desk: Desk, person: Worker) -> tuple[Message, ...]:
    """Messages of the person's own posts, and all others that are out and name them."""
    watchlist = watchlist_of(desk)
    posts = desk.storage.plans.posts(desk.record().campaign_id)
    named = public_parts(posts, watchlist, banned_as(watchlist, person.worker_id))
    own = [message for post in posts if post.key.subject_id == person.worker_id for message in post.messages]
    deleted = [message for post in posts for message in post.messages if _was_deleted(message, person)]
    found = {
        message.message_id: message for message in [*own, *deleted, *(one for some in named.values() for one in some)]
    }
    return tuple(found.values())


def _was_deleted(message: Message, person: Worker) -> bool:
    finder = finder_of(person.name, tuple(filter(None, [person.handle])))
    return message.state is MessageState.DELETED and names_any([message.draft.text], finder)


def _telling(words: set[str]) -> set[str]:
    return {one for one in words if sum(map(str.isalnum, one)) >= _TELLING}


def _files(
    desk: Desk, folder: Path, values: frozenset[str], photos: Sequence[str], hashes: frozenset[str]
) -> tuple[Found, ...]:
    """Files that hold the values, and the photos that the list names or that contributors sent in, known by ``hashes``
    (sha256, hex); the database itself is no file to delete."""
    record = desk.record()
    path = desk.storage.database.path
    database = set(_parts_of(path.resolve())) if path is not None else set()
    list_folder = desk.storage.rankings.folder(record.campaign_id) or folder
    sources = {Path(name).name for name in desk.storage.erasing.sources(record.campaign_id)}
    candidates = set(files_below(folder)) if folder.is_dir() else set()
    known = {path.resolve() for path in candidates}  # the folder may be "."; no file is named twice
    lists = {list_folder / name for name in sources if (list_folder / name).is_file()}
    candidates |= {path for path in lists if path.resolve() not in known}
    pictures = {(list_folder / photo).resolve() for photo in photos if (list_folder / photo).is_file()}
    pictures |= {path.resolve() for path in candidates if _is_sent_in(path, hashes)}
    looked = search(sorted(file for file in candidates if file.resolve() not in database), needles_of(values))
    found = [
        Found(path=trace.path, origin=_origin(trace.path, sources), values=trace.values)
        for trace in looked.traces
        if trace.path.resolve() not in pictures
    ]
    return (*found, *(Found(path=picture, origin=Origin.PHOTO) for picture in sorted(pictures)))


def _is_sent_in(path: Path, hashes: frozenset[str]) -> bool:
    """Whether it is one of these pictures, whatever its name."""
    if not hashes or path.suffix.casefold() not in _PICTURES:
        return False
    with suppress(OSError):
        if path.stat().st_size <= MAX_PICTURE:
            return hashlib.sha256(path.read_bytes()).hexdigest() in hashes
    return False


def _parts_of(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in _DATABASE_PARTS)


def _origin(path: Path, sources: set[str]) -> Origin:
    name = path.name
    if name.startswith("practice.db"):
        return Origin.PRACTICE
    if name.endswith(".db") or ".backup" in name or ".before-restore" in name:
        return Origin.BACKUP
    if name in sources or path.suffix.casefold() in _LISTS:
        return Origin.LIST
    if ".log" in name:
        return Origin.LOG
    if path.suffix.casefold() in {".html", ".htm", ".json", ".md"} and _is_ours(path):
        return Origin.PAGE
    return Origin.OTHER


def _is_ours(path: Path) -> bool:
    """Pages and JSON of campaign-bot say its name."""
    return b"campaign-bot" in path.read_bytes() or b'"plan_code"' in path.read_bytes()
