"""What spreadsheets and databases hold -> the text that a person would have typed."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal


def spelled(value: object) -> str:
    """Spell one value: 123.0 is 123, a day is 2026-03-31, nothing is an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case Decimal() if value == value.to_integral_value():
            return str(int(value))
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}" if (value.hour, value.minute) != (0, 0) else f"{value:%Y-%m-%d}"
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case bytes():
            return value.decode("utf-8", errors="replace")
        case _:
            return str(value)
