"""X's recent search: what to ask, and what the answer says. Pure; the call itself is made in ``x.py``.

Source: GET /2/tweets/search/recent in X's OpenAPI 2.167, and https://docs.x.com/x-api/posts/search/introduction.
X takes the tokens of an account (OAuth 1.0a) there. It refuses ids together with times (since_id with end_time), so
both ends are ids; an id that nobody has stands for its instant as well as a real one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.publishers import LookError
from bot.publishers.searching import Asked, Hit, Page
from bot.publishers.x_errors import Answer, outcome_of_answer

_ID = re.compile(r"[0-9]{1,19}")
_LARGEST = 2**63 - 1


def search_parameters(asked: Asked) -> Mapping[str, Any]:
    """For Tweepy's ``search_recent_tweets``. Reposts are left out by X itself, so nobody pays for them.

    ``author_id`` is a part of the post and costs nothing more; the author's name and handle are not asked for. X's
    OpenAPI 2.167 names it among the expansions only, which would add the person's profile, at the price of one; its
    pages and every client ask for it as a field. Should X leave it out, posts are counted and people are not.
    """
    token = {"next_token": asked.token} if asked.token else {}
    return {
        "query": f"#{asked.tag} -is:retweet",
        "max_results": asked.size,
        "since_id": str(asked.above),
        "until_id": str(asked.below),
        "sort_order": "recency",
        "tweet_fields": ["author_id"],
        **token,
    }


def page_of(answer: Answer, now: datetime) -> Page:
    """The page in a successful answer. Raises LookError when it is none."""
    body = answer.body if isinstance(answer.body, dict) else {}
    meta = body.get("meta")
    items = body.get("data", [] if isinstance(meta, dict) and meta.get("result_count") == 0 else None)
    token = meta.get("next_token") if isinstance(meta, dict) else 0
    hits = [_hit(item) for item in items] if isinstance(items, list) else [None]
    if None in hits or not (token is None or isinstance(token, str)):
        raise LookError(outcome_of_answer(answer, now))
    return Page(hits=tuple(hit for hit in hits if hit is not None), token=token or None)


def _hit(item: Any) -> Hit | None:
    match item:
        case {"id": str(network_id), "author_id": str(author_id)} if _is_id(network_id) and _is_id(author_id):
            return Hit(network_id=network_id, author_id=author_id)
        case {"id": str(network_id)} if _is_id(network_id) and "author_id" not in item:
            return Hit(network_id=network_id, author_id="")
    return None


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None and int(text) <= _LARGEST
