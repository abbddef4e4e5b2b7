"""From an assignment to the messages of its post: template, row and picture, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from bot.config import Config, Series
from bot.contribution import Contribution
from bot.core.wrapping import contribution_texts
from bot.errors import ListError, Problem
from bot.model import Draft, Media, Ranking, SeriesKind, Worker
from bot.plan import Assignment
from bot.template_values import (
    campaign_facts,
    contribution_context,
    day_context,
    organisation_context,
    winner_context,
    worker_context,
)
from bot.wording import rank_label

MAX_PICTURE = 5 * 1024 * 1024
"""Bytes; what X takes for an image (docs.x.com, media best practices)."""

_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))


class Composer:
    """Renders the posts of one planning. ``media`` collects the pictures they show: sha256 -> (MIME type, bytes)."""

    def __init__(
        self, config: Config, ranking: Ranking, list_folder: Path | None, *, not_out: Collection[str] = ()
    ) -> None:
        from bot.render import Templates  # the template engine, only for those who render

        self.media: dict[str, tuple[str, bytes]] = {}
        self._templates = Templates(config.templates)
        self._series = {series.code: series for series in config.series}
        self._totals = config.totals
        self._ranking = ranking
        self._facts = campaign_facts(config, ranking, not_out=not_out)
        self._contributions = {one.contribution_id: one for one in ranking.contributions}
        self._workers = {worker.worker_id: worker for worker in ranking.workers}
        self._organisations = {item.organisation_id: item for item in ranking.organisations}
        self._folder = list_folder

    def wordings(self, series: str) -> int:
        """How many wordings the template of a series has. Raises TemplateError."""
        return self._templates.count(self._series[series].template)

    def compose(self, assignment: Assignment, wording: int) -> tuple[Draft, ...]:
        """The messages of one post in one of its wordings. Raises TemplateError and ListError."""
        series = self._series[assignment.key.series]
        if assignment.kind is SeriesKind.CONTRIBUTIONS:
            return self.contribution(self._contributions[assignment.subject_id], series, wording)
        texts = self._texts(series, assignment, wording)
        media = self._pictures(assignment)
        return tuple(Draft(text=text, media=media if number == 0 else ()) for number, text in enumerate(texts))

    def contribution(self, contribution: Contribution, series: Series, wording: int = 0) -> tuple[Draft, ...]:
        """The messages of one contribution, approved or not. Raises TemplateError."""

        def render(text: str, part: int, parts: int) -> tuple[str, ...]:
            context = contribution_context(contribution, self._facts, text=text, part=part, parts=parts)
            return self._templates.render(series.template, context, where=where, wording=wording)

        where = f"{contribution.code}, {contribution.said}"
        texts = contribution_texts(contribution, render)
        photo = contribution.photo
        media = (Media(**asdict(photo), alt_text=contribution.alt_text),) if photo else ()
        return tuple(Draft(text=text, media=media if number == 0 else ()) for number, text in enumerate(texts))

    def _texts(self, series: Series, assignment: Assignment, wording: int) -> tuple[str, ...]:
        subject_id = assignment.subject_id
        if assignment.kind is SeriesKind.WORKERS:
            worker = self._workers[subject_id]
            context = worker_context(worker, self._facts)
            where = f"{rank_label(worker.rank, worker.tied)}, {worker.name}"
        elif assignment.kind is SeriesKind.ORGANISATIONS:
            organisation = self._organisations[subject_id]
            members = [self._workers[worker_id] for worker_id in organisation.worker_ids]
            context = organisation_context(organisation, members, self._facts)
            where = organisation.name
        elif assignment.kind in {SeriesKind.OPENING, SeriesKind.CLOSING}:
            context, where = day_context(self._facts, self._totals), f"the {assignment.kind.value}"
        else:
            context = winner_context(self._ranking, self._facts, self._totals)
            where = "the winner thread"
        return self._templates.render(series.template, context, where=where, wording=wording)

    def _pictures(self, assignment: Assignment) -> tuple[Media, ...]:
        worker = self._workers.get(assignment.subject_id)
        if worker is None or not worker.photo:
            return ()
        content, mime = self._read_picture(worker, worker.photo)
        sha256 = hashlib.sha256(content).hexdigest()
        self.media[sha256] = (mime, content)
        return (Media(sha256=sha256, mime=mime, size=len(content), alt_text=worker.alt_text or ""),)

    def _read_picture(self, worker: Worker, photo: str) -> tuple[bytes, str]:
        """The bytes of a picture, opened once; what it is is told by its content, not by its name."""
        where = f"the photo of {worker.name}, {photo}"
        folder = (self._folder or Path()).resolve()
        path = (folder / photo).resolve()
        if not path.is_relative_to(folder):
            raise ListError(Problem(what="It lies outside the list's folder.", where=where))
        if not path.is_file():
            raise ListError(
                Problem(
                    what=f"There is no such file in {folder}.", where=where, remedy="Put it there, then plan again."
                )
            )
        with path.open("rb") as file:
            content = file.read(MAX_PICTURE + 1)
        if len(content) > MAX_PICTURE:
            raise ListError(
                Problem(what="It is larger than the 5 MB that X takes.", where=where, remedy="Scale it down.")
            )
        mime = mime_of(content)
        if mime is None:
            raise ListError(
                Problem(what="It is not a JPEG, PNG, GIF or WebP picture.", where=where, remedy="Save it as JPEG.")
            )
        return content, mime


def mime_of(content: bytes) -> str | None:
    """The type of a picture by its first bytes; None when X would not take it."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for signature, mime in _SIGNATURES if content.startswith(signature)), None)
