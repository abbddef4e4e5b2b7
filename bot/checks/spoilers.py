"""The embargo: nobody of the podium may be given away before the winner thread."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.checks.view import Part, PlanView
from bot.model import Finding, Post, SeriesKind, Severity, Worker


@dataclass(frozen=True, kw_only=True)
class _Secret:
    """One thing that must not be read yet: the pattern that finds it in folded text, and whose it is."""

    worker: Worker
    pattern: re.Pattern[str]


def spoils_winner(view: PlanView) -> Iterator[Finding]:
    """A podium name or handle, in a text or alternative text, in a post that goes out before the winner thread.

    Judged by full name, without regard to case or accents, also as a hashtag. A post may always name its own subject:
    a worker below the podium who shares the winner's name, or whose longer name contains it, spoils nothing, and
    neither does the post of an organisation that such a worker, and no namesake on the podium, belongs to.
    """
    if view.winner_at is None or not view.podium:
        return
    secrets = [_secret(worker) for worker in view.podium]
    any_secret = re.compile("|".join(f"(?:{secret.pattern.pattern})" for secret in secrets))
    for part in view.parts:
        if part.post.kind is SeriesKind.WINNER or part.post.slot.due_at > view.winner_at:
            continue
        for place, text in _readable(part):
            folded = _fold(text)
            if any_secret.search(folded):
                yield from _given_away(part, place, folded, secrets, _own_names(part.post, view))


def _given_away(part: Part, place: str, folded: str, secrets: list[_Secret], own: list[str]) -> Iterator[Finding]:
    allowed = [match.span() for name in own for match in _name_pattern(name).finditer(folded)]
    for secret in secrets:
        if any(not _within(match.span(), allowed) for match in secret.pattern.finditer(folded)):
            yield Finding(
                rule="SPOILER",
                severity=Severity.ERROR,
                message=f"{place} gives away {secret.worker.name}, number {secret.worker.rank}, "
                "before the winner thread.",
                remedy="Take the name or handle out, or move the post to after the winner thread.",
                post_code=part.post.code,
                part=part.number,
            )


def _readable(part: Part) -> Iterator[tuple[str, str]]:
    yield "The text", part.text
    for media in part.message.draft.media:
        yield "The alternative text", media.alt_text


def _secret(worker: Worker) -> _Secret:
    pattern = _name_pattern(_fold(worker.name)).pattern
    if worker.handle:
        pattern += rf"|(?<=@){re.escape(_fold(worker.handle))}(?!\w)"
    return _Secret(worker=worker, pattern=re.compile(pattern))


def _name_pattern(folded_name: str) -> re.Pattern[str]:
    """A name as whole words, or run together behind "#". It is no part of a double-barrelled name: "Ann Lee" is not
    found in "Ann Lee-Example"."""
    words = [re.escape(word) for word in folded_name.split()]
    return re.compile(rf"(?<!\w)(?<!\w-){' '.join(words)}(?!\w|-\w)|(?<=#){''.join(words)}(?!\w)")


def _own_names(post: Post, view: PlanView) -> list[str]:
    """Folded names that the post is about and may say: those of its subjects who are not on the podium."""
    organisation = view.organisations.get(post.key.subject_id)
    ids = organisation.worker_ids if organisation else (post.key.subject_id,)
    people = [view.workers[worker_id] for worker_id in ids if worker_id in view.workers]
    secret = {_fold(person.name) for person in people if person.rank <= view.podium_ranks}
    return sorted({_fold(person.name) for person in people} - secret)


def _within(span: tuple[int, int], allowed: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in allowed)


def _fold(text: str) -> str:
    """Case, accents, kinds of apostrophe and hyphen, and spacing do not hide a name."""
    plain = text.replace("\u2019", "'").replace("\u2010", "-").replace("\u2011", "-")
    letters = unicodedata.normalize("NFKD", plain).casefold()
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())
