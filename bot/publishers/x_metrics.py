"""X's numbers for posts: what to ask, and what the answer says. Pure; the call itself is made in ``x.py``.

Source: GET /2/tweets in X's OpenAPI 2.167. That names reposts ``repost_count``; answers to ``tweet.fields``, which is
what Tweepy sends, name them ``retweet_count``. Both are understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.metrics import Counts, Measured
from bot.publishers import LookError
from bot.publishers.x_errors import Answer, outcome_of_answer

METRIC_FIELDS = ["public_metrics"]
_NAMES = {
    "likes": ("like_count",),
    "replies": ("reply_count",),
    "reposts": ("repost_count", "retweet_count"),
    "quotes": ("quote_count",),
    "impressions": ("impression_count",),
    "bookmarks": ("bookmark_count",),
}
_LARGEST = 2**63 - 1
_NOT_FOUND = "/resource-not-found"


def measured(answer: Answer, asked: Sequence[str], now: datetime) -> tuple[Measured, ...]:
    """What a successful answer says about the posts that were asked for. Raises LookError when it is none."""
    body = answer.body if isinstance(answer.body, dict) else {}
    items, errors = body.get("data"), body.get("errors")
    if not isinstance(items, list) and not isinstance(errors, list):
        raise LookError(outcome_of_answer(answer, now))
    wanted = set(asked)
    found = [one for item in items or () if (one := _measured(item)) and one.network_id in wanted]
    there = {one.network_id for one in found}
    gone = dict.fromkeys(network_id for network_id in _gone(errors) if network_id in wanted - there)
    return (*found, *(Measured(network_id=network_id, gone=True) for network_id in gone))


def _measured(item: object) -> Measured | None:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    numbers = item.get("public_metrics")
    return Measured(network_id=item["id"], counts=_counts(numbers if isinstance(numbers, dict) else {}))


def _counts(numbers: dict[str, Any]) -> Counts:
    """A number that is missing, null or odd is not known; it is never nought."""
    return Counts(
        **{
            kind: next((n for name in names if _is_count(n := numbers.get(name))), None)
            for kind, names in _NAMES.items()
        }
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _gone(errors: object) -> Iterator[str]:
    """Ids that X does not find. One that may not be seen (withheld, a locked account) is not gone."""
    for problem in errors if isinstance(errors, list) else ():
        if isinstance(problem, dict) and str(problem.get("type") or "").endswith(_NOT_FOUND):
            yield str(problem.get("resource_id") or problem.get("value") or "")
