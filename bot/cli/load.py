"""campaign-bot load: a ranked list into the record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot.cli.columns import column_wishes, source_of
from bot.cli.screen import Screen, pass_screen, say, table
from bot.errors import ListQuestionError, Problem, UsageError

if TYPE_CHECKING:
    from bot.core.bot import Bot
    from bot.core.loading import LoadResult
    from bot.model import Ranking
    from bot.ranking import LoadedList, Question

_MOST_ROWS, _MOST_CHANGES, _MOST_CODES = 60, 60, 12
_LARGE_FILE = 200_000
"""Bytes from which on reading and comparing may take more than a second."""
_NEW = "n"
_PASTED = "-"
_T = TypeVar("_T")


@click.command()
@click.argument("source", metavar="LIST")
@click.option("--sheet", metavar="NAME", help="For a workbook: the sheet that holds the list.")
@click.option("--query", metavar="SQL", help="For a database: a SELECT, or the name of a table.")
@click.option(
    "--column", multiple=True, metavar="FIELD=NAME", help='Which column is what, for example --column name="Full name".'
)
@click.option(
    "--same",
    multiple=True,
    metavar="ROW=ID",
    help="For scripts: this row is that person of the list before, for example --same 7=3fd1a0b7c2.",
)
@click.option("--new", multiple=True, type=int, metavar="ROW", help="For scripts: this row is somebody new.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what was understood and what would change; save nothing.")
@click.option("--yes", is_flag=True, help="Save without asking, at a terminal too.")
@pass_screen
def load(
    screen: Screen,
    source: str,
    sheet: str | None,
    query: str | None,
    column: tuple[str, ...],
    same: tuple[str, ...],
    new: tuple[int, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Load the ranked list LIST, and show what changed against the one before.

    LIST is a CSV file, a workbook (xlsx, xls, ods), the URL of a database, or - for what you paste.

    The first row holds headings: rank, name, organisation and count, and if you like id, handle, organisation handle,
    photo, alt text, pronouns. All of it is loaded or nothing; every cell that cannot be read is named. Your file is
    never changed.

    Example: campaign-bot load top20.csv

    Example: campaign-bot load staff.xlsx --sheet "Top 20" --column name="Full name"

    What comes next: campaign-bot plan
    """
    answers = _answers(same, new)
    found = source_of(source, screen.folder)
    steps = _Steps(found)
    reading = _Reading(folder=screen.folder, sheet=sheet, query=query, column=column)
    loaded = steps.run("Reading the list", lambda: reading.read(found))
    if dry_run and _is_new(screen):
        _show_list(loaded, loaded.notes)
        say("\nNothing was saved.")
        return
    with screen.shop(create=not dry_run) as shop:
        _answer(screen, shop.bot, loaded, answers)
        result = steps.run("Comparing with the list before", lambda: shop.bot.load(loaded, answers=answers, save=False))
        _show(result)
        if dry_run or not _agreed(screen, result, yes=yes):
            say("\nNothing was saved.")
            return
        saved = steps.run("Saving", lambda: shop.bot.load(loaded, answers=answers))
    _show_saved(saved)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How the list is to be read."""

    folder: Path
    sheet: str | None
    query: str | None
    column: tuple[str, ...]

    def read(self, source: Path | str) -> LoadedList:
        """Read it. Raises UsageError for an option that is not for such a source, and as ``read_list`` does."""
        from bot.ranking import Field, read_list, read_pasted
        from bot.ranking.workbooks import is_workbook

        columns = column_wishes(self.column, Field)
        is_database = isinstance(source, str)
        if self.query is not None and not is_database:
            remedy = "Leave it out, or name the database: sqlite:///FILE"
            raise UsageError(Problem(what="--query is for databases, and this is none.", remedy=remedy))
        if self.sheet is not None and (is_database or not is_workbook(Path(source))):
            raise UsageError(Problem(what="--sheet is for workbooks, and this is none.", remedy="Leave it out."))
        if source == Path(_PASTED):
            return read_pasted(_pasted(), folder=self.folder, columns=columns)
        return read_list(source, folder=self.folder, sheet=self.sheet, query=self.query, columns=columns)


def _pasted() -> bytes:
    if sys.stdin.isatty():
        click.echo("Paste the list with its headings, then end with Ctrl+D (on Windows Ctrl+Z and Enter).", err=True)
    return sys.stdin.buffer.read()


def _is_large(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > _LARGE_FILE
    except OSError:  # a name that no file can have: reading it says so
        return False


class _Steps:
    """Says on a terminal what a large list is waiting for; a small one is done before it could be read."""

    def __init__(self, source: Path | str) -> None:
        self._shown = sys.stderr.isatty() and _is_large(Path(source))
        self._done = 0

    def run(self, label: str, work: Callable[[], _T]) -> _T:
        if not self._shown:
            return work()
        with click.progressbar(length=3, label=label, file=sys.stderr) as bar:
            bar.update(self._done)
            done = work()
            self._done += 1
            bar.update(1)
        return done


def _is_new(screen: Screen) -> bool:
    from bot.bootstrap import nothing_loaded

    return nothing_loaded(screen.config())


def _answers(same: Sequence[str], new: Sequence[int]) -> dict[int, str | None]:
    answers: dict[int, str | None] = {}
    pairs: list[tuple[int, str | None]] = [(row, None) for row in new]
    for text in same:
        row, _, worker_id = text.partition("=")
        if not (row.strip().isdecimal() and worker_id.strip()):
            raise UsageError(Problem(what=f"--same {text} cannot be understood.", remedy="Write --same ROW=ID."))
        pairs.append((int(row), worker_id.strip()))
    for number, answer in pairs:
        if number in answers:
            raise UsageError(Problem(what=f"There are two answers for row {number}.", remedy="Give one."))
        answers[number] = answer
    return answers


def _answer(screen: Screen, bot: Bot, loaded: LoadedList, answers: dict[int, str | None]) -> None:
    """Ask about every row that may be somebody known; an answer may settle other rows, too."""
    while open_questions := bot.questions(loaded, answers):
        if not screen.may_ask:
            raise ListQuestionError(*(_problem(question) for question in open_questions))
        question = open_questions[0]
        answers[question.row.row] = _ask(question)


def _ask(question: Question) -> str | None:
    from bot.ranking import rank_label

    row = question.row
    say(f"\nRow {row.row}, {row.name} of {row.organisation}, may be somebody of the list before:")
    for number, worker in enumerate(question.candidates, start=1):
        rank = rank_label(worker.rank, tied=worker.tied)
        say(f"  {number}  {worker.name} of {worker.organisation}, {rank} on that list")
    say(f"  {_NEW}  somebody new")
    choices = [*(str(number) for number in range(1, len(question.candidates) + 1)), _NEW]
    answer: str = click.prompt("Who is it?", type=click.Choice(choices, case_sensitive=False), prompt_suffix=" ")
    return None if answer == _NEW else question.candidates[int(answer) - 1].worker_id


def _problem(question: Question) -> Problem:
    row = question.row
    people = " or ".join(f"{worker.name} of {worker.organisation}" for worker in question.candidates)
    options = " or ".join(f"--same {row.row}={worker.worker_id}" for worker in question.candidates)
    return Problem(
        what=f"{row.name} of {row.organisation} may be {people}, who is on the list before.",
        where=f"row {row.row}",
        remedy=f"If it is the same person, add {options}; for somebody new add --new {row.row}.",
    )


def _agreed(screen: Screen, result: LoadResult, *, yes: bool) -> bool:
    """A first list takes nobody's place; a script has said what it wants."""
    if yes or result.first or not result.changes or not screen.may_ask:
        return True
    return click.confirm("\nSave this list in the place of the one before?")


def _show(result: LoadResult) -> None:
    from bot.ranking import describe_changes
    from bot.reports.words import one_line
    from bot.wording import plural

    _show_list(result.ranking, result.notes)
    if result.first:
        return
    if not result.changes:
        say("\nNothing has changed against the list before.")
        return
    say(f"\n{plural(len(result.changes), 'change')} against the list before:")
    for line in describe_changes(result.changes[:_MOST_CHANGES]):
        say(f"  {one_line(line)}")
    if len(result.changes) > _MOST_CHANGES:
        say(f"  … and {len(result.changes) - _MOST_CHANGES:,} more")


def _show_list(listing: LoadedList | Ranking, notes: Sequence[str]) -> None:
    from bot.ranking import HEADINGS, describe
    from bot.reports.words import one_line

    rows = describe(listing)
    say(table(HEADINGS, rows[:_MOST_ROWS]))
    if len(rows) > _MOST_ROWS:
        say(f"… and {len(rows) - _MOST_ROWS:,} more")
    if notes:
        say()
    for note in notes:
        say(f"! {one_line(note)}")


def _show_saved(result: LoadResult) -> None:
    from bot.ranking import describe_consent
    from bot.wording import plural

    people, organisations = len(result.ranking.workers), len(result.ranking.organisations)
    say(f"\n✓ Loaded {plural(people, 'person', 'people')} of {plural(organisations, 'organisation')}.")
    for line in result.unnamed:
        say(
            f"! {line}: the row is loaded, and nothing names them. See: campaign-bot {'stop-list' if 'stop list' in line else 'withdraw'}"
        )
    for line in describe_consent(result.ranking):
        say(line)
    if result.ended:
        say(
            f"! Sign-off ended, because consent does not cover them: {', '.join(result.ended)}. See: campaign-bot check"
        )
    if result.signed:
        shown = ", ".join(result.signed[:_MOST_CODES])
        more = len(result.signed) - _MOST_CODES
        say(
            f"! Signed off already, and about what has changed: {shown}{f' and {more:,} more' if more > 0 else ''}.\n"
            "  They go out as they were signed until you run: campaign-bot plan"
        )
    say("Next: campaign-bot plan")
