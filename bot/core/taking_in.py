"""The one way in for contributions: a file, the command line, and whatever form comes later, hand in ``Submission``s.

What comes in is stored as a draft. It becomes nothing public before a moderator has approved it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.contribution import Alteration, Contribution, Moderation, Photo, Submission, alterations
from bot.core.composing import MAX_PICTURE, mime_of
from bot.core.desk import Desk
from bot.core.loading import refuse_forgotten
from bot.errors import ListError, PersonNeededError, Problem
from bot.ranking.contributions import HandedInFile
from bot.ranking.names import fold
from bot.wording import plural

_ALIKE = 0.75
"""How alike two texts under one name have to be to count as one text that was rewritten."""
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What taking in did, or would do. ``changed`` are the contributions as they are now, with what is different in
    ``alterations``; ``voided`` are codes that had been approved and wait again; ``repeated`` says which rows are one."""

    added: tuple[Contribution, ...] = ()
    changed: tuple[Contribution, ...] = ()
    alterations: tuple[Alteration, ...] = ()
    same: tuple[Contribution, ...] = ()
    missing: tuple[Contribution, ...] = ()
    voided: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def with_pictures(handed: HandedInFile) -> tuple[Submission, ...]:
    """The rows of a file with the pictures that they name. Raises ListError with every mistake of the file."""
    problems = list(handed.problems)
    found = []
    for row in handed.rows:
        picture = b""
        if row.photo:
            read = read_picture(handed.folder / row.photo, f"{row.submission.where}, {row.photo}")
            if isinstance(read, Problem):
                problems.append(read)
            else:
                picture = read
        found.append(with_picture(row.submission, picture))
    if problems:
        raise ListError(*problems)
    return tuple(found)


def read_picture(path: Path, where: str) -> bytes | Problem:
    """The bytes of a picture that X takes, or what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PICTURE + 1)
    except OSError as error:
        return Problem(what=f"The picture cannot be opened: {error.strerror}.", where=where, remedy="Check the name.")
    if len(content) > MAX_PICTURE:
        return Problem(what="The picture is larger than the 5 MB that X takes.", where=where, remedy="Scale it down.")
    if mime_of(content) is None:
        return Problem(what="It is not a JPEG, PNG, GIF or WebP picture.", where=where, remedy="Save it as JPEG.")
    return content


def with_picture(submission: Submission, picture: bytes) -> Submission:
    """The submission with a picture that is known to be one; without bytes, as it is."""
    mime = mime_of(picture)
    if mime is None:
        return submission
    photo = Photo(sha256=hashlib.sha256(picture).hexdigest(), mime=mime, size=len(picture))
    return replace(submission, photo=photo, picture=picture)


def take_in(desk: Desk, submissions: Sequence[Submission], *, source: str, save: bool = True) -> Intake:
    """Store what was handed in, all of it or nothing; without ``save``, only say what would happen.

    What is known already is not taken twice. What has changed since is changed, and waits for a moderator again.
    Raises UsageError for a campaign that was forgotten: nobody could tell any more what is known already.
    """
    refuse_forgotten(desk)
    for _ in range(_TRIES):
        known = desk.storage.campaigns.find(desk.campaign)
        stored = desk.storage.contributions.all(known.campaign_id) if known else ()
        intake = compare(stored, submissions)
        if not save or _saved(desk, stored, intake, submissions, source):
            return intake
    raise PersonNeededError(
        Problem(what="Others are changing the contributions at the same time.", remedy="Run the same command again.")
    )


def _saved(
    desk: Desk, stored: Sequence[Contribution], intake: Intake, submissions: Sequence[Submission], source: str
) -> bool:
    record = desk.storage.campaigns.ensure(desk.campaign)
    used = {one.photo.sha256 for one in (*intake.added, *intake.changed) if one.photo}
    return desk.storage.contributions.take_in(
        record.campaign_id,
        intake.added,
        {one.contribution_id: one for one in intake.changed},
        pictures={
            one.photo.sha256: (one.photo.mime, one.picture)
            for one in submissions
            if one.photo and one.photo.sha256 in used
        },
        seen=stored,
        entry=desk.entry(
            "contributions",
            detail=f"{plural(len(intake.added), 'new one')}, {plural(len(intake.changed), 'changed one')}",
            note=source,
        ),
    )


def compare(stored: Sequence[Contribution], submissions: Sequence[Submission]) -> Intake:
    """What is new, what is known, and what has changed. Pure.

    A contribution is known by its own id, by what it said when it first came in, or by its author's name and a text that
    is nearly the same. It keeps its code, whatever is edited.
    """
    left = {one.contribution_id: one for one in stored}
    number = max((one.number for one in stored), default=0)
    matches: list[tuple[Submission, Contribution | None]] = []
    seen: dict[str, Submission] = {}
    repeated = []
    for submission in submissions:
        first = seen.setdefault(own_id(submission), submission)
        if first is not submission:
            repeated.append(f"{submission.where} says the same as {first.where}; it is taken once.")
            continue
        matches.append((submission, _take(left, _surely(submission))))
    matches = [(one, found or _take(left, _probably(one, left.values()))) for one, found in matches]
    added, changed, same = list[Contribution](), list[Contribution](), list[Contribution]()
    altered, voided = list[Alteration](), list[str]()
    for submission, known in matches:
        if known is None:
            number += 1
            added.append(_new(submission, number))
            continue
        after = _after(known, submission)
        if after == known:
            same.append(known)
            continue
        changed.append(after)
        altered += alterations(known, after)
        if known.state is Moderation.APPROVED and after.state is Moderation.WAITING:
            voided.append(known.code)
    return Intake(
        added=tuple(added),
        changed=tuple(changed),
        alterations=tuple(altered),
        same=tuple(same),
        missing=tuple(left.values()),
        voided=tuple(voided),
        repeated=tuple(repeated),
    )


def own_id(submission: Submission) -> str:
    """The id of a contribution at first sight: its own, else a hash of who says what."""
    if submission.source_id:
        return f"id:{_hash(submission.source_id)[:16]}"
    return _hash(f"{fold(submission.name)}\n{submission.text}")[:16]


def origin_of(submission: Submission) -> str:
    """A hash of everything that was handed in, to tell whether it has changed since."""
    photo = submission.photo.sha256 if submission.photo else ""
    parts = (submission.time, submission.name, submission.text, photo, submission.alt_text, submission.consent)
    return _hash(json.dumps(parts))


def _surely(submission: Submission) -> Callable[[Contribution], bool]:
    """Whether a stored contribution is this one beyond doubt."""
    mine, origin = own_id(submission), origin_of(submission)
    return lambda one: one.contribution_id == mine or (not submission.source_id and one.origin == origin)


def _probably(submission: Submission, others: Iterable[Contribution]) -> Callable[[Contribution], bool]:
    """Whether a stored contribution is this one, rewritten: the only one of its author whose text is much alike."""
    alike = {one.contribution_id for one in others if not submission.source_id and _is_alike(submission, one)}
    return lambda one: len(alike) == 1 and one.contribution_id in alike


def _is_alike(submission: Submission, one: Contribution) -> bool:
    if one.contribution_id.startswith("id:") or not submission.name or fold(submission.name) != fold(one.name):
        return False
    return difflib.SequenceMatcher(None, one.text, submission.text, autojunk=False).ratio() >= _ALIKE


def _take(left: dict[str, Contribution], is_it: Callable[[Contribution], bool]) -> Contribution | None:
    found = next((one for one in left.values() if is_it(one)), None)
    return left.pop(found.contribution_id) if found else None


def _new(submission: Submission, number: int) -> Contribution:
    return Contribution(
        contribution_id=own_id(submission),
        number=number,
        time=submission.time,
        name=submission.name,
        text=submission.text,
        photo=submission.photo,
        alt_text=submission.alt_text,
        consent=submission.consent,
        consented=submission.consented,
        origin=origin_of(submission),
    )


def _after(known: Contribution, submission: Submission) -> Contribution:
    """A known contribution after it was handed in again; as it is, when it was handed in just so before."""
    fresh = _new(submission, known.number)
    if fresh.origin == known.origin:
        return known
    after = replace(fresh, contribution_id=known.contribution_id, thread=known.thread)
    if not tuple(alterations(known, after)):
        return replace(known, origin=fresh.origin)
    return after


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
