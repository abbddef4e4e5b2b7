"""Letting the system keep the runner running: systemd, launchd, or the Windows Task Scheduler."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config import Config
    from bot.platform.service import Service, ServiceKind

_SECRETS = (
    "X_API_KEY",
    "X_API_KEY_SECRET",
    "X_ACCESS_TOKEN",
    "X_ACCESS_TOKEN_SECRET",
    "CAMPAIGN_BOT_SMTP_PASSWORD",
    "CAMPAIGN_BOT_WEBHOOK",
    "CAMPAIGN_BOT_DATABASE_URL",
)
_PASSED_ON = ("CAMPAIGN_BOT_CONFIG_DIR", "CAMPAIGN_BOT_STATE_DIR", *(f"{name}_FILE" for name in _SECRETS[:-1]))


@click.command()
@click.option(
    "--print", "action", flag_value="print", default=True, help="Show the file, and write nothing. The default."
)
@click.option("--install", "action", flag_value="install", help="Write it where your system looks for your services.")
@click.option("--uninstall", "action", flag_value="uninstall", help="Take it away again.")
@click.option(
    "--kind",
    type=click.Choice(["systemd", "launchd", "task"]),
    help="Linux, macOS or Windows. Without it, what this computer has.",
)
@click.option("--replace", is_flag=True, help="With --install: replace one that says something else.")
@click.pass_context
def service(ctx: click.Context, action: str, kind: str | None, replace: bool) -> None:
    """Let the system run the campaign: after a restart of the computer or of the program, without a window.

    It is a service of yours alone and needs no administrator. It begins nothing by itself: it says which commands do.

    \b
    Examples:
      campaign-bot service
      campaign-bot service --install
      campaign-bot service --kind launchd --print

    Then: campaign-bot status
    """
    from bot.platform.service import ServiceKind, default_kind, service_file, service_text

    screen: Screen = ctx.obj
    chosen = ServiceKind(kind) if kind else default_kind()
    made = _service(screen.config(), os.environ)
    file = service_file(chosen, made.name, os.environ)
    if action == "uninstall":
        _uninstall(chosen, made.name, file)
        return
    content = service_text(chosen, made)
    if action == "install":
        _install(chosen, made.name, file, content, replace=replace)
    else:
        say(content.decode("utf-16" if chosen is ServiceKind.TASK else "utf-8"))
        which = f" --kind {chosen}" if kind else ""
        put = f"campaign-bot service{which} --install"
        click.echo(f"Nothing was written. It belongs into {file}; to put it there: {put}", err=True)
    _say_what_it_does_not_know(chosen, os.environ)


def _service(config: Config, environ: Mapping[str, str]) -> Service:
    """The same folder always gets the same name, and two folders never do."""
    from bot.platform.service import Service, service_user

    words = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-")[:40].strip("-")
    mark = hashlib.sha256(str(config.folder).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Service(
        name="-".join(part for part in ("campaign-bot", words, mark) if part),
        description=f"campaign-bot: {config.name}",
        python=Path(sys.executable),
        folder=config.folder,
        environment={**_where_we_lie(), **{name: environ[name] for name in _PASSED_ON if environ.get(name)}},
        days=(config.first_day, config.last_day),
        user=service_user(environ),
    )


def _where_we_lie() -> dict[str, str]:
    """A checkout that is not installed has to be found by Python; the service starts in another folder."""
    import sysconfig

    import bot

    root = Path(bot.__file__).resolve().parent.parent
    places = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    return {} if root in places else {"PYTHONPATH": str(root)}


def _install(kind: ServiceKind, name: str, file: Path, content: bytes, *, replace: bool) -> None:
    """Raises UsageError rather than replace a file that says something else."""
    from bot.errors import Problem, UsageError
    from bot.platform.service import enabling

    try:
        present = file.read_bytes() if file.exists() else None
        if present is not None and present != content and not replace:
            remedy = "To replace it: campaign-bot service --install --replace"
            raise UsageError(
                Problem(what="There is one already, and it says something else.", where=str(file), remedy=remedy)
            )
        if present != content:
            _write(file, content)
    except OSError as error:
        raise UsageError(Problem(what=f"It cannot be written: {error.strerror}.", where=str(file))) from error
    say(f"✓ {'It is there already' if present == content else 'Written'}: {file}")
    say("To begin, run:")
    for command in enabling(kind, name, file):
        say(f"  {command}")
    say("It needs a recorded start, and waits for one. Next: campaign-bot start --no-run")


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.write_bytes(content)
    draft.replace(file)


def _uninstall(kind: ServiceKind, name: str, file: Path) -> None:
    from bot.errors import Problem, UsageError
    from bot.platform.service import disabling

    if not file.exists():
        raise UsageError(Problem(what="There is no service of this campaign.", where=str(file)))
    try:
        for link in file.parent.glob(f"*.wants/{file.name}"):
            link.unlink()
        file.unlink()
    except OSError as error:
        raise UsageError(Problem(what=f"It cannot be removed: {error.strerror}.", where=str(file))) from error
    say(f"✓ Removed: {file}")
    say("If it is still running, end it with:")
    for command in disabling(kind, name):
        say(f"  {command}")


def _say_what_it_does_not_know(kind: ServiceKind, environ: Mapping[str, str]) -> None:
    """A service does not see the variables of this window; secrets are not written into its file."""
    from bot.platform.service import ServiceKind as Kind

    unknown = [name for name in _SECRETS if environ.get(name)]
    if kind is Kind.TASK:  # its file has no place for variables
        unknown += [name for name in _PASSED_ON if environ.get(name)]
    if unknown:
        click.echo(f"! The service will not know {', '.join(unknown)}. See docs/where-to-run.md.", err=True)
