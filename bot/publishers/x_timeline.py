"""What the timeline of X shows of a post, turned back into what its author wrote. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.publishers.snowflake import instant_of


def written_text(item: dict[str, Any]) -> str:
    """A post's text as its author wrote it, from what the timeline shows: X escapes it, shortens every link to
    t.co, adds the link of a picture at the end, and keeps more than 280 characters elsewhere."""
    long = item.get("note_tweet") or item.get("note_post") or {}
    text = _unescaped(str(long.get("text") or item["text"]))
    entities = long.get("entities") or item.get("entities") or {}
    for link in entities.get("urls") or ():
        short, full = str(link.get("url") or ""), str(link.get("expanded_url") or "")
        if short and _is_picture(link, full):
            text = text.removesuffix(short).rstrip()
        elif short and full:
            text = text.replace(short, full, 1)
    return unicodedata.normalize("NFC", text)


def _unescaped(text: str) -> str:
    """X escapes these three and no others; the ampersand last, so that a written ``&amp;lt;`` stays what it was."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _is_picture(link: dict[str, Any], full: str) -> bool:
    return "media_key" in link or re.search(r"/status/[0-9]+/(photo|video)/[0-9]+$", urlsplit(full).path) is not None


def replied_to(item: dict[str, Any]) -> str | None:
    for other in item.get("referenced_tweets") or item.get("referenced_posts") or ():
        if other.get("type") == "replied_to":
            return str(other["id"])
    return None


def created_at(item: dict[str, Any]) -> datetime:
    created = item.get("created_at")
    if not isinstance(created, str):
        return instant_of(str(item["id"]))
    instant = datetime.fromisoformat(created)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
