"""One page of an account's timeline, with X's rules for the query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.fake_x.bodies import is_id
from tests.fake_x.messages import invalid
from tests.fake_x.rendering import StoredPost

KNOWN = frozenset(
    {"max_results", "pagination_token", "start_time", "end_time", "since_id", "until_id", "exclude", "expansions"}
    | {f"{kind}.fields" for kind in ("tweet", "post", "user", "media", "poll", "place")}
)
FEWEST, MOST, USUAL = 5, 100, 10
Show = Callable[[StoredPost, set[str]], dict[str, Any]]


def page_of(posts: list[StoredPost], query: list[tuple[str, str]], show: Show) -> dict[str, Any]:
    """The answer's body: newest first, at most ``max_results``, with a token when there is more."""
    asked = dict(query)
    unknown = sorted(set(asked) - KNOWN)
    if unknown:
        raise invalid(f"The query parameter [{unknown[0]}] is not one of the known ones")
    size = _size(asked.get("max_results"))
    chosen = [
        post for post in sorted(posts, key=lambda post: int(post.network_id), reverse=True) if _wanted(post, asked)
    ]
    start = _position(asked.get("pagination_token"))
    page = chosen[start : start + size]
    fields = set(f"{asked.get('tweet.fields', '')},{asked.get('post.fields', '')}".split(","))
    meta: dict[str, Any] = {"result_count": len(page)}
    if start + size < len(chosen):
        meta["next_token"] = f"page{start + size}"
    if not page:
        return {"meta": meta}
    meta |= {"newest_id": page[0].network_id, "oldest_id": page[-1].network_id}
    return {"data": [show(post, fields) for post in page], "meta": meta}


def _size(text: str | None) -> int:
    if text is None:
        return USUAL
    if not text.isdigit() or not FEWEST <= int(text) <= MOST:
        raise invalid(f"The `max_results` query parameter value [{text}] is not between 5 and 100", max_results=[text])
    return int(text)


def _position(token: str | None) -> int:
    if token is None:
        return 0
    if not token.startswith("page") or not token[4:].isdigit():
        raise invalid("The `pagination_token` query parameter is not valid", pagination_token=[token])
    return int(token[4:])


def _wanted(post: StoredPost, asked: dict[str, str]) -> bool:
    if "since_id" in asked and int(post.network_id) <= int(_id(asked, "since_id")):
        return False
    if "until_id" in asked and int(post.network_id) >= int(_id(asked, "until_id")):
        return False
    if "start_time" in asked and post.at < _instant(asked, "start_time"):
        return False
    if "end_time" in asked and post.at >= _instant(asked, "end_time"):
        return False
    return not ("replies" in asked.get("exclude", "") and post.in_reply_to)


def _id(asked: dict[str, str], name: str) -> str:
    if not is_id(asked[name]):
        raise invalid(f"The `{name}` query parameter value is not valid", **{name: [asked[name]]})
    return asked[name]


def _instant(asked: dict[str, str], name: str) -> datetime:
    for shape in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime(asked[name], shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise invalid(f"The `{name}` query parameter value is not valid", **{name: [asked[name]]})
