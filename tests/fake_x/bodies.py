"""X's rules about what a request may carry."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fake_x.messages import Call, invalid

POST_FIELDS = frozenset(
    {"text", "media", "poll", "reply", "reply_settings", "quote_tweet_id", "community_id", "share_with_followers"}
    | {"geo", "for_super_followers_only", "nullcast", "card_uri", "direct_message_deep_link", "edit_options"}
    | {"made_with_ai", "paid_partnership"}
)
REPLY_FIELDS = frozenset({"in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"})
MEDIA_FIELDS = frozenset({"media_ids", "tagged_user_ids", "description", "embeddable", "preview_media_id", "title"})
UPLOAD_FIELDS = frozenset({"media", "media_category", "additional_owners"})
MOST_PICTURES = 4
_ID = re.compile(r"[0-9]{1,19}")


def is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def body_of(call: Call, known: frozenset[str]) -> dict[str, Any]:
    """The JSON object of a request; Refused when it is none or has a field that X does not know."""
    if "application/json" not in call.headers.get("content-type", ""):
        raise invalid("Content-Type must be application/json")
    try:
        body = call.json()
    except json.JSONDecodeError:
        raise invalid("Request body is not valid JSON") from None
    return only(body, known, "$")


def only(value: object, known: frozenset[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{where}: object expected")
    for name in value:
        if name not in known:
            raise invalid(f"{where}.{name}: is not defined in the schema and the schema does not allow it")
    return value


def reply_of(body: dict[str, Any]) -> str | None:
    if "reply" not in body:
        return None
    parent = only(body["reply"], REPLY_FIELDS, "$.reply").get("in_reply_to_tweet_id")
    if not is_id(parent):
        raise invalid("$.reply.in_reply_to_tweet_id: must match ^[0-9]{1,19}$")
    return str(parent)


def media_of(body: dict[str, Any]) -> tuple[str, ...]:
    if "media" not in body:
        return ()
    ids = only(body["media"], MEDIA_FIELDS, "$.media").get("media_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_PICTURES or not all(is_id(one) for one in ids):
        raise invalid("$.media.media_ids: 1 to 4 ids expected")
    return tuple(ids)
