"""A usage log as CSV, counted with nothing but Python: slow and steady, in the same memory however long it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from bot.errors import ListError, Problem
from bot.ranking.log_columns import HEADINGS_WITHIN, LogColumns, Role, Wishes, find_columns, understood
from bot.ranking.moments import Moment, Shape, Window
from bot.ranking.usage import LONGEST_CELL, NO_ID, NO_TIME, SHOWN, Counted, UsageLog, as_text, key_of

_DELIMITERS = ",;\t|"
_SAMPLE = 65_536
_MOST_CLOCKS = 200_000
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHER_FILES = {
    b"PK\x03\x04": "This is a workbook or a ZIP archive, not a CSV file.",
    b"PAR1": "This is a Parquet file; its name should end in .parquet.",
    b"\x1f\x8b": "This is a compressed file (.gz), not a CSV file.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook (.xls), not a CSV file.",
    b"SQLite format 3\x00": "This is an SQLite database: name it as sqlite:///FILE, with --query.",
}


@dataclass(frozen=True, kw_only=True)
class CsvLog:
    """How a file is to be read. ``skipped`` is the number of rows above the one with the headings."""

    path: Path
    encoding: str
    delimiter: str
    skipped: int
    columns: LogColumns
    notes: tuple[str, ...]


def open_log(path: Path, wishes: Wishes) -> CsvLog:
    """Look at the beginning of a file. Raises ListError when there is no log in it."""
    sample, encoding = _sample(path)
    delimiter = max(_DELIMITERS, key=lambda one: (_heading_row(sample, one)[1], sample.count(one)))
    skipped, _, headings = _heading_row(sample, delimiter)
    columns = find_columns(headings, wishes, path.name)
    notes = columns.notes()
    if skipped:
        notes.insert(0, f"The headings are in row {skipped + 1}; what stands above them was left out.")
    return CsvLog(
        path=path, encoding=encoding, delimiter=delimiter, skipped=skipped, columns=columns, notes=tuple(notes)
    )


def count_csv(log: CsvLog, window: Window) -> UsageLog:
    """Count the whole file. Raises ListError when a quotation mark is never closed, or it cannot be read at all."""
    try:
        return _counted(log, window)
    except UnicodeDecodeError:
        note = "Read as Windows-1252: it is not all UTF-8."
        again = CsvLog(**{**vars(log), "encoding": "cp1252", "notes": (*log.notes, note)})
    try:
        return _counted(again, window)
    except UnicodeDecodeError as error:
        what = f"The file is neither UTF-8 nor Windows-1252 text (byte {error.start:,})."
        raise ListError(Problem(what=what, where=log.path.name, remedy="Export it again as UTF-8.")) from None


def first_problems(log: CsvLog, window: Window) -> tuple[Problem, ...]:
    """Name the first rows that cannot be read, with their line numbers, and look no further."""
    counting = _Counting(log=log, window=window)
    with _rows(log) as (rows, line):
        counting.run(rows, line, stop_at=SHOWN)
    return tuple(counting.problems)


def _counted(log: CsvLog, window: Window) -> UsageLog:
    counting = _Counting(log=log, window=window)
    with _rows(log) as (rows, line):
        counting.run(rows, line, stop_at=None)
    return counting.result()


class _OfShape(NamedTuple):
    """What is known of times of one shape: the groups counted so far, and which days lie inside the window."""

    groups: dict[tuple[str, ...], list[Any]]  # cells -> [uses, latest time]: changed for each row, so a plain list
    days: dict[str, bool]


@dataclass(kw_only=True)
class _Counting:
    """One pass. Days and clocks come again and again, so each is understood once and then looked up."""

    log: CsvLog
    window: Window
    problems: list[Problem] = field(default_factory=list)
    bad: int = 0
    seen: int = 0
    clocks: dict[str, _OfShape] = field(default_factory=dict)
    shapes: dict[Shape, _OfShape] = field(default_factory=dict)

    def run(self, rows: Iterator[list[str]], line: Callable[[], int], *, stop_at: int | None) -> None:
        """Count row by row; the common case is kept short, everything else goes to ``_unusual``."""
        columns = self.log.columns
        pick = itemgetter(*columns.needed)
        at, width = columns.indices[Role.TIME], len(columns.headings)
        clock_of = self.clocks.get
        number = 0
        for number, cells in enumerate(rows, start=1):  # noqa: B007  # counted to the last one
            if len(cells) == width:
                time = cells[at]
                of_shape = clock_of(time[10:])
                if of_shape is not None:
                    inside = of_shape[1].get(time[:10])
                    entry = of_shape[0].get(pick(cells))
                    if entry is not None and inside is not None:
                        if inside:
                            entry[0] += 1
                            if time > entry[1]:  # noqa: PLR1730  # a call for each row would take a tenth longer
                                entry[1] = time
                        continue
            self._unusual(cells, line())
            if stop_at and self.bad >= stop_at:
                return
        self.seen += number

    def result(self) -> UsageLog:
        """Bring the groups of all shapes together."""
        counted = Counted(window=self.window, source_name=self.log.path.name)
        for of_shape in self.shapes.values():
            for cells, (uses, latest) in of_shape.groups.items():
                moment = self.window.read(latest) if latest else None
                counted.group(key_of(cells), rows=0, uses=uses, latest=moment.instant if moment else None)
        counted.rows, counted.bad = self.seen, self.bad
        counted.problems = self.problems
        return counted.result(self.log.notes)

    def _unusual(self, cells: list[str], line: int) -> None:
        """Judge a row that is the first of its kind, at the edge of the window, or cannot be read."""
        columns = self.log.columns
        width = len(columns.headings)
        cells = [*cells, *[""] * (width - len(cells))]
        picked, time = tuple(cells[index] for index in columns.needed), as_text(cells[columns.indices[Role.TIME]])
        if not time and not any(as_text(cell) for cell in picked[:3]):
            self.seen -= 1
        elif any(cell.strip() for cell in cells[width:]):
            what = f"The row has {len(cells)} cells, but there are only {width} headings."
            self._refuse(line, what, "Is there a comma too many? Put a text that holds one in quotation marks.")
        elif any("\n" in cell and len(cell) > LONGEST_CELL for cell in cells):
            what = 'A quotation mark (") opens a cell and is never closed, so the rows after it run together.'
            raise ListError(Problem(what=what, where=self._at(line), remedy="Delete it, or close the cell."))
        elif not as_text(picked[0]):
            self._refuse(line, *NO_ID)
        else:
            self._take(picked, time, line)

    def _take(self, picked: tuple[str, ...], time: str, line: int) -> None:
        moment = self.window.read(time)
        if moment is None:
            self._refuse(line, NO_TIME[0].format(f"“{time[:60]}”"), NO_TIME[1])
            self._of_shape(Shape("", 0, "")).groups.setdefault(picked, [0, ""])
            return
        iso = self.window.iso(time)
        self._learn(iso, moment)
        entry = self._of_shape(moment.shape).groups.setdefault(picked, [0, ""])
        if self.window.contains(moment.instant):
            entry[0] += 1
            entry[1] = max(entry[1], iso)

    def _learn(self, iso: str, moment: Moment) -> None:
        of_shape = self._of_shape(moment.shape)
        day, (first, last) = iso[:10], self.window.limits(moment.shape)
        # On the day of a limit itself the clock decides, unless the limit is its first moment.
        if (day != first[:10] or day == first) and (day != last[:10] or day == last):
            of_shape.days[day] = day >= first and (not last or day < last)
        if len(self.clocks) > _MOST_CLOCKS:
            self.clocks.clear()
        self.clocks[iso[10:]] = of_shape

    def _of_shape(self, shape: Shape) -> _OfShape:
        if shape not in self.shapes:
            self.shapes[shape] = _OfShape({}, {})
        return self.shapes[shape]

    def _at(self, line: int) -> str:
        return f"{self.log.path.name}, line {line}"

    def _refuse(self, line: int, what: str, remedy: str) -> None:
        self.bad += 1
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(what=what, where=self._at(line), remedy=remedy))


@contextmanager
def _rows(log: CsvLog) -> Iterator[tuple[Iterator[list[str]], Callable[[], int]]]:
    """Give the rows below the headings, and a way to ask for the number of the line read last."""
    with _readable(log.path), log.path.open(encoding=log.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=log.delimiter, skipinitialspace=True)
        for _ in islice(reader, log.skipped + 1):
            pass
        try:
            yield reader, lambda: reader.line_num
        except csv.Error:
            what = 'A quotation mark (") opens a cell and is never closed, so the rows after it run together.'
            where = f"{log.path.name}, after line {reader.line_num}"
            raise ListError(Problem(what=what, where=where, remedy="Delete it, or close the cell.")) from None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in plain words why a file cannot be read."""
    try:
        yield
    except FileNotFoundError:
        _refuse_file(path, "There is no such file.", "Check the name and the folder.")
    except PermissionError:
        _refuse_file(path, "The file may not be read.", "Close it in other programs, or ask for access to it.")
    except OSError as error:
        _refuse_file(path, f"The file could not be read ({error}).", "Copy it to this computer and try again.")


def _refuse_file(path: Path, what: str, remedy: str) -> NoReturn:
    raise ListError(Problem(what=what, where=str(path), remedy=remedy))


def _sample(path: Path) -> tuple[str, str]:
    """Give the beginning of the file, and its encoding as far as that shows it."""
    if path.exists() and not path.is_file():
        _refuse_file(path, "This is not an ordinary file.", "Name the log itself, for example usage.csv.")
    with _readable(path), path.open("rb") as file:
        data = file.read(_SAMPLE)
    for magic, what in _OTHER_FILES.items():
        if data.startswith(magic):
            _refuse_file(path, what, "Export the log as CSV (UTF-8).")
    encoding = next((codec for mark, codec in _MARKS if data.startswith(mark)), "utf-8-sig")
    text = data.decode(encoding, errors="replace")
    if len(data) == _SAMPLE:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    if not text.strip("\x00 \r\n"):
        _refuse_file(path, "The file is empty.", "Export the log again, with its headings and rows.")
    return text, encoding


def _heading_row(sample: str, delimiter: str) -> tuple[int, int, Sequence[str]]:
    """Give number (from 0), worth and cells of the row among the first that has the most known headings."""
    try:
        rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), HEADINGS_WITHIN))
    except csv.Error:
        return 0, 0, ()
    at = max(range(len(rows)), key=lambda number: understood(rows[number]), default=0)
    return at, understood(rows[at]), rows[at]
