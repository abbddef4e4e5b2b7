"""init: a new campaign's folder."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.screen import Screen, pass_screen, say

_WHAT = {
    "config.toml": "the campaign: name, days, account, posting times",
    "templates": "the texts of the posts; change them as you like",
    "top20.csv": "a sample list of people who do not exist",
    "contributions.csv": "sample contributions of people who do not exist; the checks stop some",
    ".gitignore": "keeps the database out of version control",
}
_TO_FILL_IN = (
    ("campaign", "name", "what the campaign is called; you type it to start"),
    ("account", "handle", "the account on X that posts"),
    ("privacy", "basis", "why you may name these people in public"),
)


@click.command()
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--kind",
    type=click.Choice(["week", "day"]),
    default="week",
    help="A week about a ranked list, or a day of contributions.",
)
@click.option(
    "--here-anyway", is_flag=True, help="Even in a synchronised or network folder, for a database that lies elsewhere."
)
@pass_screen
def init(screen: Screen, directory: Path | None, kind: str, here_anyway: bool) -> None:
    """Write config.toml, the templates and a sample list into a folder.

    The week in config.toml is the next full Monday to Friday; with --kind day, the day is the next Monday. Nothing that is
    there already is overwritten.

    \b
    Example:
      campaign-bot init care-heroes

    Next, fill in config.toml, and load your list: campaign-bot load LIST.csv
    """
    from bot.clock import SystemClock
    from bot.config_reading import example_config
    from bot.core.setting_up import new_files, set_up
    from bot.resources import day_example

    folder = screen.folder / (directory or Path())
    if not here_anyway:
        _refuse_risky(folder)
    day = kind == "day"
    text = example_config(SystemClock().now().astimezone().date(), day_example() if day else None)
    made = set_up(folder, new_files(text, day=day))
    say(f"A new campaign lies in {made.folder.resolve()}:")
    for name in dict.fromkeys(path.partition("/")[0] for path in made.written):
        say(f"  {name:<17}  {_WHAT[name]}")
    for name in made.kept:
        say(f"  {name:<17}  was there already, and is left as it is")
    _say_next(text, folder, day=day)


def _say_next(text: str, folder: Path, *, day: bool) -> None:
    from bot.config_tables import lines_of_keys

    lines = lines_of_keys(text)
    say()
    say("Open config.toml in any text editor. Three settings have to be yours:")
    for table, key, meaning in _TO_FILL_IN:
        say(f"  line {lines[table, 1, key]:>3}  {key:<7}  {meaning}")
    say()
    if folder.resolve() != Path.cwd():
        say(f"Next: cd {folder}")
    if day:
        say(
            "Next: campaign-bot contributions load contributions.csv   (or your own)\n"
            "Then: campaign-bot contributions review"
        )
    else:
        say("Next: campaign-bot load top20.csv   (or your own list; then: campaign-bot plan)")


def _refuse_risky(folder: Path) -> None:
    """Raises UsageError for a folder that a database must not lie in."""
    from bot.errors import Problem, UsageError
    from bot.platform import folder_risk

    risk = folder_risk(folder)
    if risk is not None:
        also = "If the database will lie elsewhere ([database] url in config.toml), add --here-anyway."
        raise UsageError(Problem(what=risk.what, where=risk.where, remedy=f"{risk.remedy} {also}"))
