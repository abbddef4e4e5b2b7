"""All seeded bugs."""

from __future__ import annotations

from tests.teeth.in_between import ACCOUNTS, MOMENTS, WISHES
from tests.teeth.in_corners import LOOKS, NEIGHBOURS, PAUSES
from tests.teeth.in_locks import HANDS, LOCKS
from tests.teeth.in_running import RUNNERS
from tests.teeth.in_sending import ANSWERS, PROTOCOL
from tests.teeth.in_settling import RESTORED, SETTLEMENT, TIMES
from tests.teeth.in_telling import KEPT, SENT, TOLD

BUGS = (
    *PROTOCOL,
    *ANSWERS,
    *SETTLEMENT,
    *TIMES,
    *RESTORED,
    *WISHES,
    *MOMENTS,
    *ACCOUNTS,
    *NEIGHBOURS,
    *PAUSES,
    *LOOKS,
    *RUNNERS,
    *LOCKS,
    *HANDS,
    *TOLD,
    *SENT,
    *KEPT,
)
