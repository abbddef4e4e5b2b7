"""How X shows a post: escaped, links shortened to t.co and explained in entities, a picture's link at the end."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.text import split_links

LONGEST = 280


@dataclass(frozen=True, kw_only=True)
class StoredPost:
    """A post as the fake keeps it: ``text`` as it was sent."""

    network_id: str
    text: str
    at: datetime
    in_reply_to: str | None = None
    media_ids: tuple[str, ...] = ()
    visible_at: datetime
    conversation_id: str = ""


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shown(post: StoredPost, handle: str, user_id: str, fields: set[str], *, explains: bool = True) -> dict[str, Any]:
    """The post as an answer carries it, with the fields that were asked for; ``explains`` says where links lead."""
    text, urls = _shortened(post, handle)
    item: dict[str, Any] = {"id": post.network_id, "text": text, "edit_history_tweet_ids": [post.network_id]}
    if "created_at" in fields:
        item["created_at"] = post.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{post.at.microsecond // 1000:03d}Z"
    if "conversation_id" in fields:
        item["conversation_id"] = post.conversation_id
    if "author_id" in fields:
        item["author_id"] = user_id
    if "entities" in fields and urls and explains:
        item["entities"] = {"urls": urls}
    if {"referenced_tweets", "referenced_posts"} & fields and post.in_reply_to:
        item["referenced_tweets"] = [{"type": "replied_to", "id": post.in_reply_to}]
    if len(text) > LONGEST and "note_tweet" in fields:
        item["note_tweet"] = {"text": text, "entities": {"urls": urls if explains else []}}
        item["text"] = text[: LONGEST - 1] + "…"
    return item


def _shortened(post: StoredPost, handle: str) -> tuple[str, list[dict[str, Any]]]:
    urls: list[dict[str, Any]] = []

    def shorten(written: str) -> str:
        full = written if "://" in written else f"http://{written}"
        short = f"https://t.co/{int(post.network_id) % 10**8:08d}{len(urls):02d}"
        urls.append({"url": short, "expanded_url": full, "display_url": full.partition("://")[2]})
        return short

    words, links = split_links(unicodedata.normalize("NFC", post.text))
    shortened = [shorten(link) for link in links]
    text = escaped("".join(f"{word}{link}" for word, link in zip(words, (*shortened, ""), strict=True)))
    if post.media_ids:
        short = f"https://t.co/{int(post.network_id) % 10**8:08d}m"
        text = f"{text} {short}"
        for number, media_id in enumerate(post.media_ids, start=1):
            full = f"https://x.com/{handle}/status/{post.network_id}/photo/{number}"
            urls.append({"url": short, "expanded_url": full, "media_key": f"3_{media_id}"})
    for entity in urls:
        entity["start"] = text.index(entity["url"])
        entity["end"] = entity["start"] + len(entity["url"])
    return text, urls
