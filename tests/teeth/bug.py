"""The seeded bugs: each replaces one piece of text that stands in one file exactly once, and names who must catch it.

A suite is a test (``tests/test_x.py::test_name``) or a dose of the torture suites (``T1:12``, ``T4:1-20``), as small as
possible: the program without the bug must pass it, and with the bug must not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One mistake that somebody could make. ``new`` takes the place of ``old`` in ``file``."""

    name: str
    file: str
    old: str
    new: str
    suite: str
