"""OAuth 1.0a with HMAC-SHA1, from the server's side, computed here and not by the library under test (RFC 5849)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from tests.fake_x.messages import Call

CLOCK_SKEW = 300
"""Seconds by which a signature's timestamp may be off."""


@dataclass(kw_only=True)
class Guard:
    """Knows the app's keys and the tokens that are good, and has seen the nonces."""

    consumer_key: str
    consumer_secret: str
    tokens: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def why_not(self, call: Call, *, with_token: bool = True) -> str:
        """Why a request is not let in; empty when it is."""
        given = header_parameters(call)
        if given.get("oauth_consumer_key") != self.consumer_key:
            return "unknown app"
        secret = self.tokens.get(given.get("oauth_token", "")) if with_token else ""
        if secret is None:
            return "unknown token"
        if given.get("oauth_signature_method") != "HMAC-SHA1":
            return "unknown signature method"
        if not self._is_fresh(given):
            return "stale or repeated"
        expected = signature(call, given, f"{quote(self.consumer_secret, safe='~')}&{quote(secret, safe='~')}")
        if not hmac.compare_digest(expected, given.get("oauth_signature", "")):
            return "wrong signature"
        self.seen.add(given["oauth_nonce"])
        return ""

    def _is_fresh(self, given: Mapping[str, str]) -> bool:
        stamp = given.get("oauth_timestamp", "")
        # Signing uses the machine's clock, so this does too, whatever clock the rest of the fake is on.
        timely = stamp.isdigit() and abs(time.time() - int(stamp)) <= CLOCK_SKEW
        return timely and bool(given.get("oauth_nonce")) and given["oauth_nonce"] not in self.seen


def header_parameters(call: Call) -> dict[str, str]:
    """What stands in the Authorization header, decoded."""
    scheme, _, rest = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {unquote(name): unquote(value) for name, value in re.findall(r'([^=,\s]+)="([^"]*)"', rest)}


def signature(call: Call, given: Mapping[str, str], key: str) -> str:
    """The signature that this request ought to have, base64."""
    parts = urlsplit(call.url)
    port = parts.port if parts.port not in {None, {"http": 80, "https": 443}[parts.scheme]} else None
    address = f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}{parts.path}"
    pairs = [(name, value) for name, value in given.items() if name not in {"oauth_signature", "realm"}]
    pairs += [*call.query, *call.form]
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    base = "&".join(quote(part, safe="~") for part in (call.method.upper(), address, joined))
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
