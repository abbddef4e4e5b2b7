"""Rate limits per route, as X's table has them for one user, and the headers that tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.fake_x.messages import Refused, too_many

PER_WINDOW = {
    "POST /2/tweets": 100,
    "GET /2/tweets": 5_000,
    "DELETE /2/tweets/:id": 50,
    "GET /2/users/me": 75,
    "GET /2/users/:id/tweets": 900,
    "GET /2/tweets/search/recent": 300,
    "POST /2/media/upload": 500,
    "POST /2/media/metadata": 500,
}
WINDOW = timedelta(minutes=15)
DAY = timedelta(hours=24)


@dataclass(kw_only=True)
class Limits:
    """Counts calls in windows. ``per_day`` is the undocumented cap on a user's posts; None for none."""

    per_window: dict[str, int] = field(default_factory=lambda: dict(PER_WINDOW))
    per_day: int | None = None
    _windows: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def spend(self, route: str, now: datetime) -> dict[str, str]:
        """Count one call and return the headers; Refused (429) when a window is used up already."""
        fits, headers = self._count(route, "x-rate-limit", self.per_window.get(route), WINDOW, now)
        if route == "POST /2/tweets" and self.per_day is not None:
            day_fits, more = self._count(f"{route} day", "x-user-limit-24hour", self.per_day, DAY, now)
            fits, headers = fits and day_fits, headers | more
        if not fits:
            raise Refused(too_many(headers))
        return headers

    def _count(
        self, key: str, prefix: str, limit: int | None, length: timedelta, now: datetime
    ) -> tuple[bool, dict[str, str]]:
        if limit is None:
            return True, {}
        start, used = self._windows.get(key, (now, 0))
        if now - start >= length:
            start, used = now, 0
        fits = used < limit
        used += fits
        self._windows[key] = (start, used)
        reset = int((start + length).timestamp())
        headers = {f"{prefix}-limit": limit, f"{prefix}-remaining": limit - used, f"{prefix}-reset": reset}
        return fits, {name: str(value) for name, value in headers.items()}
