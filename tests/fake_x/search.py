"""X's recent search: seven days back, the newest first, by hashtag, with X's rules for the query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.publishers.snowflake import first_id_of
from tests.fake_x.bodies import is_id
from tests.fake_x.messages import invalid

KNOWN = frozenset(
    {"query", "max_results", "next_token", "pagination_token", "start_time", "end_time", "since_id", "until_id"}
    | {"sort_order", "expansions"}
    | {f"{kind}.fields" for kind in ("tweet", "post", "user", "media", "poll", "place")}
)
FEWEST, MOST, USUAL = 10, 100, 10
LONGEST_QUERY = 512
REACH = timedelta(days=7)
_TAG = re.compile(r"#(\w+)")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A post by anybody. ``retweet`` is one that only repeats another."""

    network_id: str
    author_id: str
    text: str
    retweet: bool = False


@dataclass(kw_only=True)
class Crowd:
    """Everybody else on X. ``read`` counts what was given and is charged; ``empty_pages`` come before the next full one."""

    said: list[Said] = field(default_factory=list)
    read: int = 0
    empty_pages: int = 0

    def say(self, at: datetime, author: int, text: str, *, retweet: bool = False) -> str:
        """Somebody posts; within one millisecond the ids go up one by one."""
        network_id = str(first_id_of(at) + len(self.said) % 4096)
        self.said.append(Said(network_id=network_id, author_id=str(author), text=text, retweet=retweet))
        return network_id

    def page(self, own: Iterable[Said], query: list[tuple[str, str]], now: datetime) -> dict[str, Any]:
        """The answer's body. Refused for what X refuses."""
        asked = dict(query)
        _check(asked, now)
        if self.empty_pages:
            self.empty_pages -= 1
            return {"meta": {"result_count": 0, "next_token": asked.get("next_token", "b26start")}}
        matching = [said for said in (*self.said, *own) if _matches(said, asked["query"])]
        reach = first_id_of(now - REACH)
        low = max(int(asked.get("since_id", 0)), reach)
        high = min(int(asked.get("until_id", 2**63)), first_id_of(now))
        token = asked.get("next_token", "b26start")
        high = high if token == "b26start" else min(high, int(token.removeprefix("b26")))
        chosen = sorted((said for said in matching if low < int(said.network_id) < high), key=_number, reverse=True)
        size = int(asked.get("max_results", USUAL))
        return self._body(chosen[:size], "author_id" in asked.get("tweet.fields", ""), more=len(chosen) > size)

    def _body(self, page: list[Said], authors: bool, *, more: bool) -> dict[str, Any]:
        self.read += len(page)
        if not page:
            return {"meta": {"result_count": 0}}
        meta = {"newest_id": page[0].network_id, "oldest_id": page[-1].network_id, "result_count": len(page)}
        token = {"next_token": f"b26{page[-1].network_id}"} if more else {}
        return {"data": [_shown(said, authors=authors) for said in page], "meta": meta | token}


def _check(asked: dict[str, str], now: datetime) -> None:
    unknown = sorted(set(asked) - KNOWN)
    if unknown:
        raise invalid(f"The query parameter [{unknown[0]}] is not one of the known ones")
    if not 1 <= len(asked.get("query", "")) <= LONGEST_QUERY:
        raise invalid("The `query` query parameter is missing or too long")
    size = asked.get("max_results", str(USUAL))
    if not size.isdigit() or not FEWEST <= int(size) <= MOST:
        raise invalid(f"The `max_results` query parameter value [{size}] is not between 10 and 100")
    if {"since_id", "until_id"} & set(asked) and {"start_time", "end_time"} & set(asked):
        raise invalid("Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.")
    for name in ("since_id", "until_id"):
        if name in asked and not is_id(asked[name]):
            raise invalid(f"The `{name}` query parameter value is not valid")
        if name in asked and int(asked[name]) < first_id_of(now - REACH):
            raise invalid(f"'{name}' must be a tweet id created after the last seven days began.")
    token = asked.get("next_token", "b26start")
    if token != "b26start" and not is_id(token.removeprefix("b26")):
        raise invalid("The `next_token` query parameter is not valid")


def _matches(said: Said, query: str) -> bool:
    """The two operators that are asked for; anything else is refused, because the fake cannot tell what X would do."""
    for word in query.split():
        if word == "-is:retweet":
            if said.retweet:
                return False
        elif tag := _TAG.fullmatch(word):
            if tag[1].lower() not in (each.lower() for each in _TAG.findall(said.text)):
                return False
        else:
            raise invalid(f"There were errors processing your request: {word}")
    return True


def _shown(said: Said, *, authors: bool) -> dict[str, Any]:
    item = {"id": said.network_id, "text": said.text, "edit_history_tweet_ids": [said.network_id]}
    return item | ({"author_id": said.author_id} if authors else {})


def _number(said: Said) -> int:
    return int(said.network_id)
