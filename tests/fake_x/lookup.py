"""GET /2/tweets: posts by their ids, with what X counts for them, and what such a reading is charged for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.fake_x.bodies import is_id
from tests.fake_x.messages import PROBLEMS, invalid
from tests.fake_x.rendering import StoredPost

MOST = 100
KNOWN = frozenset(
    {"ids", "expansions"} | {f"{kind}.fields" for kind in ("tweet", "post", "user", "media", "poll", "place")}
)
KINDS = ("repost_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")


@dataclass(kw_only=True)
class Audience:
    """What people did with the posts: numbers by id and kind, 0 unless told. What is in ``hidden`` is not given out.

    ``billed`` holds each post once for each UTC day on which it was given.
    """

    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    billed: set[tuple[str, date]] = field(default_factory=set)

    def react(self, network_id: str, **numbers: int) -> None:
        """People have done so much by now: ``like_count=3``."""
        assert set(numbers) <= set(KINDS)
        self.numbers.setdefault(network_id, {}).update(numbers)

    def metrics_of(self, network_id: str, *, old_names: bool) -> dict[str, int] | None:
        """The object that X shows; reposts have another name in answers to ``tweet.fields``."""
        if network_id in self.hidden:
            return None
        known = self.numbers.get(network_id, {})
        shown = {kind: known.get(kind, 0) for kind in KINDS}
        if old_names:
            shown["retweet_count"] = shown.pop("repost_count")
        return shown


Show = Callable[[StoredPost, set[str]], dict[str, Any]]


def found_by_ids(
    posts: dict[str, StoredPost], query: list[tuple[str, str]], audience: Audience, now: datetime, show: Show
) -> dict[str, Any]:
    """The answer's body; a post that is not there is an error beside the others."""
    asked = dict(query)
    unknown = sorted(set(asked) - KNOWN)
    if unknown:
        raise invalid(f"The query parameter [{unknown[0]}] is not one of the known ones")
    ids = asked.get("ids", "").split(",")
    if not 1 <= len(ids) <= MOST or not all(is_id(one) for one in ids):
        raise invalid("The `ids` query parameter value is not valid", ids=[asked.get("ids", "")])
    fields = set(f"{asked.get('tweet.fields', '')},{asked.get('post.fields', '')}".split(","))
    data = [_item(posts[one], fields, audience, show, old_names="tweet.fields" in asked) for one in ids if one in posts]
    audience.billed |= {(item["id"], now.date()) for item in data}
    errors = [_not_found(one) for one in ids if one not in posts]
    return ({"data": data} if data else {}) | ({"errors": errors} if errors else {})


def _item(post: StoredPost, fields: set[str], audience: Audience, show: Show, *, old_names: bool) -> dict[str, Any]:
    item = show(post, fields)
    metrics = audience.metrics_of(post.network_id, old_names=old_names) if "public_metrics" in fields else None
    return item | ({"public_metrics": metrics} if metrics is not None else {})


def _not_found(network_id: str) -> dict[str, str]:
    return {
        "type": f"{PROBLEMS}/resource-not-found",
        "title": "Not Found Error",
        "detail": f"Could not find tweet with ids: [{network_id}].",
        "resource_type": "tweet",
        "resource_id": network_id,
        "parameter": "ids",
        "value": network_id,
    }
