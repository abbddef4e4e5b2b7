"""The article that tells of a campaign: what its template is given, how Markdown stays what it is, and clean HTML.

Pure. Names stand in it as they stand in the list, with nothing but the signs that Markdown would take for its own
marked by a backslash (https://spec.commonmark.org/0.31.2/#backslash-escapes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import Problem, TemplateError
from bot.lifecycle import state_of
from bot.model import Message, MessageState, Post, PostState, Ranking, SeriesKind, Worker
from bot.render import Templates
from bot.sandbox import Sandbox
from bot.template_values import Facts, organisation_context, winner_context, worker_context
from bot.text import normalise
from bot.wishes import PlaceWords

TEMPLATE = "article.md.j2"
LONGEST = 400_000
"""Characters: two thousand people with links."""
_INLINE = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w+;)")
_AT_THE_BEGINNING = re.compile(r"^(?:(\d{1,9})([.)])(?=\s|$)|([-+=#])(?!\w))")
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+")
_IN_AN_ADDRESS = {sign: f"%{ord(sign):02X}" for sign in "\\`*[]<>()|\"'"}


@dataclass(frozen=True, kw_only=True)
class Links:
    """Addresses of posts that are really out: by worker's id, by organisation's id, and that of the winner thread."""

    people: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""
    posts_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Article:
    """A written article. The HTML is without the title, which websites keep in a field of its own."""

    title: str
    markdown: str
    html: str


def links_of(posts: Iterable[Post], ranking: Ranking, *, may_be_linked: Callable[[Post], bool]) -> Links:
    """Where people can read of each: the latest post about them, or the part of the winner thread that names them.

    Only posts that are out whole, and not replies that correct another. An address that is none (practice) is no link.
    """
    out = [post for post in posts if _is_out(post) and post.in_reply_to is None and may_be_linked(post)]
    out.sort(key=lambda post: post.messages[0].receipt.posted_at if post.messages[0].receipt else post.slot.due_at)
    first = {post.key.subject_id: _url(post.messages[0]) for post in out}
    winners = {post.key.series for post in out if post.kind is SeriesKind.WINNER}
    threads = [post for post in out if post.key.series in winners]
    parts = [message for post in threads for message in post.messages]
    named = {worker.worker_id: _naming(worker, parts) for worker in ranking.workers}
    return Links(
        people={worker.worker_id: first.get(worker.worker_id) or named[worker.worker_id] for worker in ranking.workers},
        organisations={item.organisation_id: first.get(item.organisation_id, "") for item in ranking.organisations},
        thread=_url(threads[-1].messages[0]) if threads else "",
        posts_out=len(out),
    )


def _is_out(post: Post) -> bool:
    return state_of(post) is PostState.POSTED and all(_url(message) for message in post.messages)


def _url(message: Message) -> str:
    url = message.receipt.url if message.receipt and message.state is MessageState.POSTED else ""
    return url if _ADDRESS.fullmatch(url) else ""


def _naming(worker: Worker, parts: Iterable[Message]) -> str:
    name = plain(worker.name)
    return next((_url(message) for message in parts if name in message.draft.text), "")


def plain(name: str) -> str:
    """A name as texts have it: blanks collapsed, NFC."""
    return normalise(" ".join(name.split()))


def article_context(ranking: Ranking, campaign: Facts, totals: Mapping[str, str], links: Links) -> dict[str, Any]:
    """What the template can use. Everybody is named here, so organisations come with all their people."""
    people = [_person(worker, campaign, links) for worker in ranking.workers]
    by_id = {worker.worker_id: person for worker, person in zip(ranking.workers, people, strict=True)}
    places = {rank: [person for person in people if person["rank"] == rank] for rank in (1, 2, 3)}
    counts = [worker.count for worker in ranking.workers]
    known = campaign["counted"] and all(count is not None for count in counts)
    return winner_context(ranking, campaign, totals) | {
        "first": places[1],
        "second": places[2],
        "third": places[3],
        "podium": places[1] + places[2] + places[3],
        "people": people,
        "organisations": _organisations(ranking, campaign, links, by_id),
        "thread_url": links.thread,
        "post_count": links.posts_out,
        "count_total": sum(count or 0 for count in counts) if known else "",
        "unnamed_count": sum(gap.words is not PlaceWords.LEFT_OUT for gap in ranking.gaps),
    }


def _person(worker: Worker, campaign: Facts, links: Links) -> dict[str, Any]:
    values: dict[str, Any] = worker_context(worker, campaign)["worker"]
    return values | {"url": links.people.get(worker.worker_id, "")}


def _organisations(
    ranking: Ranking, campaign: Facts, links: Links, people: Mapping[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each once, by name."""
    found = []
    for item in ranking.organisations:
        values = organisation_context(item, (), campaign)["organisation"]
        members = [people[worker_id] for worker_id in item.worker_ids if worker_id in people]
        own = {"url": links.organisations.get(item.organisation_id, ""), "people": members, "workers": members}
        found.append((_alphabetical(values["name"]), item.organisation_id, values | own))
    return [values for _, _, values in sorted(found, key=lambda each: each[:2])]


def _alphabetical(name: str) -> str:
    return name.casefold().removeprefix("the ")


def write_article(folder: Path, context: Mapping[str, Any], *, note: str = "") -> Article:
    """The article from the template of a folder. ``note`` stands on top, below the title.

    Raises TemplateError, which names template and line.
    """
    templates = Templates(folder, sandbox=Sandbox(escape=escaped, roomy=True), longest=LONGEST)
    parts = templates.render(TEMPLATE, context, where="the article")
    markdown = _spaced("\n\n---\n\n".join(parts))
    title, rest = _title(markdown)
    warning = f"**{escaped(note)}**\n\n" if note else ""
    return Article(title=_text_of(title), markdown=f"# {title}\n\n{warning}{rest}\n", html=_html(warning + rest))


def _spaced(markdown: str) -> str:
    """One blank line at most: what conditions leave is tidied."""
    return re.sub(r"\n{3,}", "\n\n", markdown)


def _title(markdown: str) -> tuple[str, str]:
    first, _, rest = markdown.partition("\n")
    if not first.startswith("# "):
        raise TemplateError(
            Problem(
                what="The article does not begin with its title.",
                where=f"{TEMPLATE}, first line that is printed",
                remedy="Begin with a line such as: # {{ campaign.name }}",
            )
        )
    return first.removeprefix("# ").strip(), rest.strip()


def escaped(value: str) -> str:
    """A value as Markdown shows it unchanged. A web address stays one, so that it can stand in a link."""
    if _ADDRESS.fullmatch(value):
        return "".join(_IN_AN_ADDRESS.get(sign, sign) for sign in value).replace("&", "&amp;")
    text = _INLINE.sub(lambda found: f"\\{found[0]}", value)
    return _AT_THE_BEGINNING.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", text)


def _html(markdown: str) -> str:
    """Plain elements without styles; nothing that a name or a template holds becomes a tag of its own."""
    from markdown_it import MarkdownIt  # only for those who write an article

    text: str = MarkdownIt("commonmark", {"html": False}).render(markdown)
    return text


def _text_of(title: str) -> str:
    """The title without the signs of Markdown."""
    from markdown_it import MarkdownIt

    tokens: Sequence[Any] = MarkdownIt("commonmark", {"html": False}).parseInline(title)
    return "".join(child.content for token in tokens for child in token.children or ())
