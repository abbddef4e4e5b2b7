"""campaign-bot report: what became of the campaign, on the screen, as a page, for a spreadsheet, or for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json

if TYPE_CHECKING:
    from bot.reports.report import Report


@click.command()
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one page for a browser.")
@click.option("--md", type=click.Path(path_type=Path), metavar="FILE", help="Write it as Markdown; - for the screen.")
@click.option(
    "--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write a table for a spreadsheet; - for a pipe."
)
@click.option("--json", "as_json", is_flag=True, help="The report for programs.")
@click.option("--metrics", is_flag=True, help="First read from X how the posts are doing; the price is shown.")
@pass_screen
def report(screen: Screen, html: Path | None, md: Path | None, csv: Path | None, as_json: bool, metrics: bool) -> None:
    """Show what became of the campaign: every post with its slot, when it was sent, how late, its link and state; what
    went otherwise than planned and why; totals; and what it cost.

    Right at any time: while the campaign is under way, when it stopped half-way, and in practice.

    Example: campaign-bot report --html report.html

    What comes next: campaign-bot metrics, a day or a week later
    """
    with screen.shop() as shop:
        if metrics:
            from bot.cli.metrics import read_once

            read_once(shop, tell=not as_json)
        found = shop.bot.reporting.report()
    from bot.cli.files import PAGES, write_text

    written = [
        write_text(path, text(found), endings, encoding=encoding)
        for path, text, endings, encoding in (
            (html, _page, PAGES, "utf-8"),
            (md, _markdown, (".md", ".markdown"), "utf-8"),
            (csv, _table, (".csv",), "utf-8-sig"),
        )
        if path is not None
    ]
    if as_json:
        from bot.reports.report_files import report_json

        say_json(report_json(found))
    elif not written:
        from bot.reports.report_text import report_text

        say(report_text(found, colour=screen.colour))


def _page(found: Report) -> str:
    from bot.reports.report_html import report_html

    return report_html(found)


def _markdown(found: Report) -> str:
    from bot.reports.report_files import report_markdown

    return report_markdown(found)


def _table(found: Report) -> str:
    from bot.reports.report_files import report_csv

    return report_csv(found)
