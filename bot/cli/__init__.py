"""The command line: parse, one call on ``Bot``, show. Every command lives in a module that is imported when it is used."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from bot import __version__
from bot.cli.screen import Screen, fail
from bot.errors import CampaignBotError, ExitCode

COMMANDS: Mapping[str, tuple[str, str]] = {
    # name: (module, one line of help), in the order of a campaign
    "demo": ("bot.cli.demo", "Show a whole campaign week in seconds, without an account."),
    "init": ("bot.cli.setup", "Write config.toml, the templates and a sample list into a folder."),
    "connect": ("bot.cli.connect", "Store the account's secrets, readable by you alone."),
    "doctor": ("bot.cli.doctor", "Check everything that could go wrong before it does."),
    "rank": ("bot.cli.rank", "Make the ranked list from a usage log."),
    "load": ("bot.cli.load", "Load the ranked list, and show what changed."),
    "fix": ("bot.cli.fix", "Correct one value of the list, with every post that it touches."),
    "contributions": ("bot.cli.contributions", "Take in and moderate what people sent in for a day of posts."),
    "plan": ("bot.cli.plan", "Give every post its slot and its final text."),
    "check": ("bot.cli.check", "Run all checks over the plan."),
    "preview": ("bot.cli.preview", "Show the week exactly as it will be sent."),
    "approve": ("bot.cli.approve", "Sign posts off, exactly as previewed."),
    "start": ("bot.cli.start", "Start the campaign (or rehearse it: --dry-run)."),
    "run": ("bot.cli.start", "Be the runner of a campaign that was started."),
    "status": ("bot.cli.status", "What is next, what is wrong, what to do."),
    "log": ("bot.cli.status", "Who did what, when."),
    "pause": ("bot.cli.steer", "Stop everything at once."),
    "resume": ("bot.cli.steer", "Go on after a pause; what was missed waits for you."),
    "skip": ("bot.cli.steer", "Decide that a post is not sent."),
    "retry": ("bot.cli.steer", "Send what is missing of a post, now."),
    "reschedule": ("bot.cli.steer", "Move a post to another time."),
    "resolve": ("bot.cli.resolving", "Say what became of a post that got no clear answer."),
    "delete": ("bot.cli.mend", "Take a post off the network."),
    "correct": ("bot.cli.mend", "Correct a post that is out."),
    "withdraw": ("bot.cli.withdraw", "Take a person out of every post, at once."),
    "stop-list": ("bot.cli.stop_list", "Names that must never be said."),
    "winner": ("bot.cli.winner", "Preview the winner thread, or send it now."),
    "hashtag": ("bot.cli.hashtag", "Count who uses the campaign's hashtag, within a budget."),
    "article": ("bot.cli.article", "Write the article that tells of the week."),
    "report": ("bot.cli.report", "Show what became of the campaign, and what it cost."),
    "metrics": ("bot.cli.metrics", "Read from X how the posts are doing."),
    "export": ("bot.cli.export", "Write the plan or the whole campaign into a file."),
    "health": ("bot.cli.health", "Say whether all is well, for monitors."),
    "service": ("bot.cli.service", "Let the system run the campaign, also after a restart."),
    "forget": ("bot.cli.forget", "Erase personal data after the campaign, and prove it."),
    "db": ("bot.cli.db", "Look after the database."),
}


class LazyGroup(click.Group):
    """Knows every command's name and help, and imports its module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # given by click
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command = getattr(module, cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands, in the order of a campaign"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            ctx.fail(f"There is no command “{args[0]}”.{hint} campaign-bot --help lists them all.")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C",
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CAMPAIGN_BOT_FOLDER",
    default=Path(),
    help="The campaign's folder; without it, the folder you are in.",
)
@click.option("--by", envvar="CAMPAIGN_BOT_BY", default="", help="Your name, for the log. Default: your user name.")
@click.option("-v", "--verbose", count=True, help="Say more on stderr; twice for everything.")
@click.option(
    "--log-file", type=click.Path(path_type=Path, dir_okay=False), help="Also log into this file; it rotates."
)
@click.option("--no-colour", is_flag=True, help="No colours (also by the variable NO_COLOR).")
@click.version_option(__version__, prog_name="campaign-bot")
@click.pass_context
def cli(ctx: click.Context, folder: Path, by: str, verbose: int, log_file: Path | None, no_colour: bool) -> None:
    """A ranked list in, a whole campaign week out: planned, signed off, and posted exactly once.

    Without a command it shows the status of the campaign in this folder.
    """
    from bot.cli.logs import set_up_logs

    set_up_logs(verbose, log_file)
    ctx.obj = Screen(folder=folder, actor=by, colour=_colour(no_colour))
    if ctx.invoked_subcommand is None:
        command = cli.get_command(ctx, "status")
        if command is not None:
            ctx.invoke(command)


def _colour(no_colour: bool) -> bool:
    return not no_colour and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def main() -> None:
    """Run, and turn whatever happens into words and an exit code; no traceback reaches a person.

    Whoever reads stdout and goes away before its end gets click's exit code, 1: what was not said may have been a no.
    """
    _speak_utf8()
    try:
        code = cli.main(prog_name="campaign-bot", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        click.echo("\nStopped.", err=True)
        code = ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except CampaignBotError as error:
        fail(error)
        code = error.exit_code
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)
        code = ExitCode.USAGE
    except Exception as error:
        logging.getLogger(__name__).debug("A mistake of ours.", exc_info=True)
        click.echo(
            f"✗ campaign-bot made a mistake ({type(error).__name__}: {error}). Nothing half-done was saved.\n"
            "  Please report it; campaign-bot -vv shows the details.",
            err=True,
        )
        code = ExitCode.BUG
    sys.exit(int(code or 0))


def _speak_utf8() -> None:
    """Names have accents; a console of another encoding must not stop a campaign."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
