"""What large lists need of Python's memory management."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """For work that makes very many values and no cycles; also a decorator.

    Python's cycle collector would look through all of them again and again, and find nothing: a sixth of the time
    (https://docs.python.org/3/library/gc.html). What is not used any more is freed at once all the same.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
