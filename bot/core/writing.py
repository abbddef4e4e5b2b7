"""Writing the article of a campaign that is over: not before the winner thread is out, and with nobody in it who has
withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.article import TEMPLATE, Article, article_context, links_of, plain, write_article
from bot.config import Config
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.errors import NotReadyError, Problem, UsageError
from bot.lifecycle import is_final, state_of
from bot.model import MessageState, Mode, Post, PostState, Ranking, SeriesKind, Worker
from bot.render import campaign_facts
from bot.resources import templates_dir
from bot.watchlist import Watchlist

DRAFT = "DRAFT, not for publishing: the winner thread is not out yet, and this names the winners."
PRACTICE = "PRACTICE, not for publishing: nothing was posted, so there are no links to posts."
ACTION = "article"
_NOT_OUT = {PostState.DELETED, PostState.SKIPPED, PostState.HELD, PostState.FAILED, PostState.MISSED, PostState.PARTIAL}


@dataclass(frozen=True, kw_only=True)
class Written:
    """An article, and what whoever publishes it should know: ``notes`` are sentences."""

    article: Article
    notes: tuple[str, ...]
    ready: bool


@dataclass(frozen=True, kw_only=True)
class Writing:
    """The article of one campaign. Posts are those of the ``stage``; what was written is logged on the ``record``."""

    record: Desk
    stage: Desk
    config: Config
    mode: Mode

    def write(self, *, draft: bool) -> Written:
        """The article, from the list without whoever has withdrawn.

        Raises NotReadyError while the winner thread is not out, unless it may be a ``draft``; TemplateError; and
        UsageError for a campaign without a ranked list.
        """
        watchlist = watchlist_of(self.record)
        ranking = watchlist.nameable
        if not watchlist.ranking.workers:
            what = "This campaign has no ranked list, and an article tells of one."
            raise UsageError(
                Problem(what=what, remedy="What became of the posts: campaign-bot report --html report.html")
            )
        if not ranking.workers:
            raise UsageError(Problem(what="Nobody of this campaign's list may be named, so there is no article."))
        posts = self.stage.posts()
        hidden = _still_to_come(posts)
        if hidden and not draft:
            raise NotReadyError(Problem(what=hidden, remedy="To look at it already: campaign-bot article --draft"))
        links = links_of(posts, ranking, may_be_linked=lambda post: not _names_anybody(watchlist, post))
        context = article_context(ranking, campaign_facts(self.config, ranking), self.config.totals, links)
        note = DRAFT if hidden else PRACTICE if self.mode is Mode.PRACTICE else ""
        return Written(
            article=write_article(self._folder(), context, note=note),
            notes=(*_not_linked(posts, ranking), *_not_signed(posts, ranking)),
            ready=not note,
        )

    def wrote(self, digest: str) -> bool:
        """Whether a file with this content (sha256, hex) was written by this program, and not changed since."""
        entries = self.record.storage.journal.entries(self.record.record().campaign_id)
        return any(entry.action == ACTION and digest in entry.detail.split() for entry in entries)

    def record_written(self, digests: Iterable[str]) -> None:
        """Remember what was written, so that the next article can tell whether somebody has worked on it."""
        entry = self.record.entry(ACTION, detail=" ".join(digests))
        self.record.storage.journal.add(self.record.record().campaign_id, entry)

    def _folder(self) -> Path:
        """The campaign's templates; the one that came with the program where an older folder has none."""
        own = self.config.templates
        return own if (own / TEMPLATE).exists() else templates_dir()


def _still_to_come(posts: Iterable[Post]) -> str:
    """What an article would give away now; empty when nothing.

    Without a winner thread, or when a person has decided that it does not go out, the end is when all posts are final.
    """
    posts = tuple(posts)
    threads = [post for post in posts if post.kind is SeriesKind.WINNER]
    if threads and all(state_of(post) is PostState.POSTED for post in threads):
        return ""
    waiting = next((post for post in threads if not is_final(post)), None)
    if waiting is not None:
        return f"The winner thread is not out yet ({waiting.code}: {state_of(waiting)}), and the article names the winners."
    unfinished = [post.code for post in posts if not is_final(post)]
    return f"The campaign is not over: {unfinished[0]} is still to come." if unfinished else ""


def _names_anybody(watchlist: Watchlist, post: Post) -> bool:
    """Whether a post that is out names somebody who is not to be named any more; then nobody is led to it."""
    return any(watchlist.hits(post, message.draft.text) for message in post.messages)


def _not_linked(posts: Iterable[Post], ranking: Ranking) -> list[str]:
    """People and organisations whose post was stopped or taken down: named without a link, and somebody should know."""
    names = {worker.worker_id: worker.name for worker in ranking.workers}
    names |= {item.organisation_id: item.name for item in ranking.organisations}
    posts = tuple(posts)
    out = {post.key.subject_id for post in posts if state_of(post) is PostState.POSTED and post.in_reply_to is None}
    return [
        f"{names[post.key.subject_id]} is named without a link: {post.code} is {state_of(post)}. If somebody does not "
        "want to be named: campaign-bot withdraw"
        for post in posts
        if state_of(post) in _NOT_OUT and post.key.subject_id in names and post.key.subject_id not in out
    ]


def _not_signed(posts: Iterable[Post], ranking: Ranking) -> list[str]:
    """Names that stand in no text that was signed off or is out, spelt like this."""
    texts = [
        message.draft.text
        for post in posts
        for message in post.messages
        if message.state is MessageState.POSTED or post.is_signed
    ]
    return [_unsigned(worker) for worker in ranking.workers if not any(plain(worker.name) in text for text in texts)]


def _unsigned(worker: Worker) -> str:
    return f"Nobody has signed off the name “{worker.name}”, spelt like this: look at it with care."
