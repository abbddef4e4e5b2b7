"""campaign-bot export: the plan for a spreadsheet or a calendar, or the whole campaign for the archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen
from bot.errors import CredentialsError, Problem, UsageError

if TYPE_CHECKING:
    from bot.config import Config

_KINDS = {".csv": "the plan for a spreadsheet", ".ics": "the plan for a calendar", ".zip": "the whole campaign"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-notes", is_flag=True, help="In a .zip: also the reasons and notes that people wrote.")
@pass_screen
def export(screen: Screen, file: Path, with_notes: bool) -> None:
    """Write the plan or the whole campaign into FILE. Its ending says what: .csv is the plan for a spreadsheet, .ics the
    plan for Outlook, Google or another calendar, .zip the whole campaign for the archive, without any secret.

    Example: campaign-bot export plan.ics

    What comes next: open the file, or put it away
    """
    from bot.cli.files import write_bytes

    ending = file.suffix.lower()
    if ending not in _KINDS:
        known = "; ".join(f"{name}: {what}" for name, what in _KINDS.items())
        raise UsageError(
            Problem(what="The ending of the file says what to write.", where=str(file), remedy=f"{known}.")
        )
    if with_notes and ending != ".zip":
        raise UsageError(Problem(what="--with-notes is for a .zip.", remedy="Leave it out, or write campaign.zip."))
    with screen.shop() as shop:
        exporting = shop.bot.exporting
        if ending == ".csv":
            content = exporting.plan_csv()
        elif ending == ".ics":
            content = exporting.plan_ics()
        else:
            content = exporting.archive(notes=with_notes, secrets=_secrets(shop.config))
        write_bytes(file, content, (ending,))
        exporting.record_export(_KINDS[ending])


def _secrets(config: Config) -> tuple[str, ...]:
    """The account's secrets, where they are at hand, so that none gets into the archive."""
    from bot.bootstrap import read_credentials

    try:
        return read_credentials(config).values
    except CredentialsError:
        return ()
