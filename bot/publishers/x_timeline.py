"""What the timeline of X shows of a post, turned back into what its author wrote. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
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
    explained: dict[str, list[str]] = {}
    for link in entities.get("urls") or ():
        short, full = str(link.get("url") or ""), str(link.get("expanded_url") or "")
        if short and _is_picture(link, full):
            text = text.removesuffix(short).rstrip()
        elif short and full:
            explained.setdefault(short, []).append(full)
    return unicodedata.normalize("NFC", _expanded(text, explained))


def _expanded(text: str, explained: Mapping[str, list[str]]) -> str:
    """Each short link that X explains put back, explanations in their order, the last one as often as it is needed.

    One that X does not explain stays as it is, also where another one begins with the same characters.
    """
    if not explained:
        return text

    def put_back(found: re.Match[str]) -> str:
        full = explained[found[0]]
        return full.pop(0) if len(full) > 1 else full[0]

    known = "|".join(re.escape(short) for short in explained)
    return re.sub(rf"(?:{known})(?![A-Za-z0-9])", put_back, text)


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
