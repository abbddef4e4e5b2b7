"""campaign-bot rank: from a usage log to the ranked list."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.columns import column_wishes, source_of
from bot.cli.screen import Screen, pass_screen, say, table
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.ranking.log_columns import Wishes
    from bot.ranking.moments import Window
    from bot.ranking.standings import Standings
    from bot.ranking.usage import UsageLog

_DEFAULT_ZONE = "Europe/London"
_DAY_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_MOST_ROWS = 60
_STDOUT = "-"


@click.command()
@click.argument("source", metavar="SOURCE")
@click.option("--top", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many people.")
@click.option("--since", type=click.DateTime(_DAY_FORMATS), required=True, help="The first day that counts.")
@click.option("--until", type=click.DateTime(_DAY_FORMATS), required=True, help="The first day that no longer counts.")
@click.option("--zone", metavar="ZONE", help="Whose clock days and times are on; without it the campaign's.")
@click.option("--out", metavar="FILE", help="Write the list there, as CSV; - is the screen.")
@click.option("--replace", is_flag=True, help="Let --out take the place of another file.")
@click.option("--query", metavar="SQL", help="For a database: a SELECT, or the name of a table.")
@click.option(
    "--exclude",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Leave out the people of this file: an id or a name a line, or CSV with id and reason.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="COLUMN[=VALUE]",
    help="Leave out people by a column: by its yes, by a value, or by anything (COLUMN=*).",
)
@click.option("--column", multiple=True, metavar="ROLE=NAME", help="Which column is the id, name, organisation, time.")
@click.option("--day-first", is_flag=True, help="Read 03/04/2026 as the third of April.")
@click.option("--accept-bad", is_flag=True, help="Go on though more than one row in a hundred cannot be read.")
@click.option("--totals", is_flag=True, help="Add the totals of everybody, and of each organisation on the list.")
@pass_screen
def rank(
    screen: Screen,
    source: str,
    top: int,
    since: datetime,
    until: datetime,
    zone: str | None,
    out: str | None,
    replace: bool,
    query: str | None,
    exclude: Path | None,
    leave_out: tuple[str, ...],
    column: tuple[str, ...],
    day_first: bool,
    accept_bad: bool,
    totals: bool,
) -> None:
    """Make the ranked list from a usage log SOURCE: a CSV or Parquet file, or the URL of a database.

    The log has a worker id, a name, an organisation and a time in each row. Everybody who is tied at the last place
    is on the list. The day of --until does not count any more. The log is only read.

    Example: campaign-bot rank usage.csv --since 2026-03-01 --until 2027-03-01 --out top20.csv

    What comes next: look at the list, then campaign-bot load top20.csv
    """
    from bot.ranking.exclusions import Exclusions, read_exclusions
    from bot.ranking.logs import count_log
    from bot.ranking.standings import stand

    _keep_the_log(source_of(source, screen.folder), out)
    window = _window(screen, since, until, zone, day_first=day_first)
    exclusions = read_exclusions(exclude) if exclude else Exclusions()
    log, marks = count_log(source_of(source, screen.folder), window, _wishes(column, leave_out), query=query)
    standings = stand(log, top=top, marks=marks, exclusions=exclusions, accept_bad=accept_bad)
    _tell(log, window, standings, totals=totals, quiet=out == _STDOUT)
    _write(standings, out, replace=replace)


def _keep_the_log(source: Path | str, out: str | None) -> None:
    """The log is only read, whatever --replace says. Raises UsageError."""
    if out is None or isinstance(source, str):
        return
    try:
        same = Path(out).samefile(source)
    except (OSError, ValueError):  # one of them is not there
        return
    if same:
        what = "--out is the log itself, which is never changed."
        raise UsageError(Problem(what=what, where=out, remedy="Choose another name, such as top20.csv."))


def _wishes(column: Sequence[str], leave_out: Sequence[str]) -> Wishes:
    from bot.ranking.log_columns import LeaveOut, Role, Wishes

    marks = [(heading.strip(), sign, value) for heading, sign, value in (text.partition("=") for text in leave_out)]
    return Wishes(
        columns=column_wishes(column, Role),
        leave_out=tuple(LeaveOut(heading=heading, value=value if sign else None) for heading, sign, value in marks),
    )


def _window(screen: Screen, since: datetime, until: datetime, zone: str | None, *, day_first: bool) -> Window:
    from zoneinfo import ZoneInfo

    from bot.ranking.moments import Window

    if until <= since:
        what = "--until is not after --since, so nothing would count."
        raise UsageError(Problem(what=what, remedy="--until is the first day that no longer counts."))
    if zone is None:
        zone = screen.config().zone if (screen.folder / "config.toml").is_file() else _DEFAULT_ZONE
    try:
        known = ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        remedy = "Write it as Europe/London or UTC."
        raise UsageError(Problem(what=f"There is no zone “{zone}”.", where="--zone", remedy=remedy)) from None
    return Window(zone=known, since=since, until=until, day_first=day_first)


def _tell(log: UsageLog, window: Window, standings: Standings, *, totals: bool, quiet: bool) -> None:
    """Show everything; on stderr when the list itself goes to stdout."""
    from bot.ranking.standings import over
    from bot.reports.words import one_line

    def tell(text: str = "") -> None:
        click.echo(text, err=quiet)

    tell(
        f"{log.source_name}: {log.rows:,} rows. Counted from {window.since:%Y-%m-%d %H:%M} to before "
        f"{window.until:%Y-%m-%d %H:%M}, on the clock of {window.zone.key}."
    )
    if not quiet:
        say(f"\n{_listed(standings)}")
    notes = (*log.notes, *standings.notes)
    tell()
    for note in notes:
        tell(f"! {one_line(note)}")
    listed = standings.listed_uses
    tell(
        f"\nFor the posts: {len(standings.places)} people, combined {over(listed)} times ({listed:,}); "
        f"best {standings.places[0].person.uses:,}, last {standings.places[-1].person.uses:,}."
    )
    if totals:
        tell(f"Everybody: {standings.people:,} people, combined {over(standings.uses)} times ({standings.uses:,}).")
        for name, people, uses in standings.organisations():
            tell(f"  {one_line(name)}: {people} on the list, combined {over(uses)} times ({uses:,})")


def _listed(standings: Standings) -> str:
    from bot.ranking import rank_label

    rows = [
        (
            rank_label(place.rank, tied=place.tied),
            place.person.worker_id,
            place.person.name,
            place.person.organisation,
            f"{place.person.uses:,}",
        )
        for place in standings.places
    ]
    more = f"\n… and {len(rows) - _MOST_ROWS:,} more" if len(rows) > _MOST_ROWS else ""
    return table(("Rank", "Id", "Name", "Organisation", "Count"), rows[:_MOST_ROWS]) + more


def _write(standings: Standings, out: str | None, *, replace: bool) -> None:
    from bot.ranking.list_file import list_text, write_list

    if out is None:
        say("\nNothing was written. Next: the same with --out top20.csv")
        return
    text = list_text(standings.places)
    if out == _STDOUT:
        sys.stdout.buffer.write(text.encode())
        return
    written = write_list(Path(out), text, replace=replace)
    say(f"\n✓ Wrote {out}." if written else f"\n✓ {out} holds exactly this list already.")
    say(f"Look at it, then: campaign-bot load {out}")
