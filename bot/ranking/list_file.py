"""The list as a CSV file for a person to look at: nothing in it is a formula, and it loads again as it was written.

A cell that a spreadsheet would calculate gets an apostrophe in front (``bot.spreadsheet``); reading takes just one away.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from bot.errors import Problem, UsageError
from bot.ranking.standings import Place
from bot.spreadsheet import guarded

HEADINGS = ("rank", "id", "name", "organisation", "count")


def list_text(places: Iterable[Place]) -> str:
    """Spell the list; a shared rank is 3=, which is no formula as =3 is."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for place in places:
        person = place.person
        cells = (person.worker_id, person.name, person.organisation)
        writer.writerow([f"{place.rank}{'=' if place.tied else ''}", *map(guarded, cells), person.uses])
    return written.getvalue()


def write_list(path: Path, text: str, *, replace: bool) -> bool:
    """Write the file whole or not at all, with the mark that spreadsheets know UTF-8 by; False when it is there already.

    Raises UsageError when another file is in its place (unless ``replace``), or it cannot be written.
    """
    data = text.encode("utf-8-sig")
    try:
        if path.exists():
            if path.read_bytes() == data:
                return False
            if not replace:
                what = "There is another file of that name, and it holds something else."
                raise UsageError(Problem(what=what, where=str(path), remedy="Choose another name, or add --replace."))
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(data)
        os.replace(beside, path)  # noqa: PTH105  # says what it does: the old file is there until the new one is
    except OSError as error:
        what = f"The list could not be written ({error.strerror})."
        raise UsageError(Problem(what=what, where=str(path), remedy="Choose another place for --out.")) from None
    return True
