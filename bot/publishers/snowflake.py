"""X's ids carry the server's time: milliseconds since an epoch of its own, above 22 other bits.

Source: the layout that Twitter published with Snowflake (https://github.com/twitter-archive/snowflake).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_BITS = 22
_PLAUSIBLE = timedelta(days=1)


def first_id_of(instant: datetime) -> int:
    """The smallest id that X could give at an instant."""
    return int((instant - EPOCH) / timedelta(milliseconds=1)) << _BITS


def instant_of(network_id: str) -> datetime:
    """When X gave this id (UTC, to the millisecond). Raises ValueError for anything but 1 to 19 digits."""
    if not (network_id.isascii() and network_id.isdigit() and len(network_id) <= 19):  # noqa: PLR2004 - X's id rule
        raise ValueError("not an id of X")
    return EPOCH + timedelta(milliseconds=int(network_id) >> _BITS)


def posted_at(network_id: str, now: datetime) -> datetime:
    """The time within the id, if it lies within a day of ``now``; else ``now``: ids of test servers may be any number."""
    instant = instant_of(network_id)
    return instant if abs(instant - now) <= _PLAUSIBLE else now
