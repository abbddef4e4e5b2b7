"""connect: the account's secrets, from a person's hands into a file that only its owner can read."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from bot.cli.screen import Screen, pass_screen, say

if TYPE_CHECKING:
    from bot.config import Config
    from bot.credentials import Credentials

_LABELS = {
    "api_key": "API key",
    "api_key_secret": "API key secret",
    "access_token": "Access token",
    "access_token_secret": "Access token secret",
}


@click.command()
@click.option("--pin", is_flag=True, help="Log in with a PIN: for an account that does not own the app on X.")
@click.option(
    "--from-file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help='Read the four from a file with lines such as api_key = "..."; - is the standard input.',
)
@click.option("--replace", is_flag=True, help="Replace credentials that are stored already, without asking.")
@pass_screen
def connect(screen: Screen, pin: bool, from_file: TextIO | None, replace: bool) -> None:
    """Store the account's secrets, readable by you alone.

    Asks for the four secrets from X's developer console and does not show them while you type or paste. They are
    never given as arguments, because other people on a computer can see those. docs/x-setup.md says where to find them.

    \b
    Examples:
      campaign-bot connect
      campaign-bot connect --pin
      campaign-bot connect --from-file - < secrets.toml

    Next, have X confirm whose they are: campaign-bot doctor --online
    """
    from bot.bootstrap import credentials_path
    from bot.credentials import install_redactor, save_credentials

    config = screen.config()
    path = credentials_path(config)
    if from_file is None and not screen.may_ask:
        raise _nobody_to_ask()
    _refuse_to_surprise(screen, path, replace=replace)
    if from_file is not None:
        credentials = _from_file(from_file)
    elif pin:
        credentials = _by_pin(config)
    else:
        credentials = _asked(config)
    install_redactor(credentials.values)
    save_credentials(path, credentials)
    _say_saved(config, path, from_file)


def _nobody_to_ask() -> Exception:
    from bot.credentials import VARIABLES
    from bot.errors import Problem, UsageError

    names = ", ".join(VARIABLES.values())
    return UsageError(
        Problem(
            what="The secrets are asked for at a terminal, and there is none.",
            remedy=f"Set the environment variables {names} instead (or each with _FILE at its end, naming a file "
            "that holds it), or use --from-file.",
        )
    )


def _refuse_to_surprise(screen: Screen, path: Path, *, replace: bool) -> None:
    """Credentials that are stored already are replaced only on purpose. Raises UsageError."""
    from bot.errors import Problem, UsageError

    if replace or not path.exists():
        return
    if not screen.confirm(f"Credentials are stored already ({path}). Replace them?", otherwise="Add --replace."):
        raise UsageError(Problem(what="Nothing was changed; the stored credentials stay.", where=str(path)))


def _asked(config: Config) -> Credentials:
    from bot.credentials import Credentials, check_credentials

    say(f"The four secrets of @{config.account.handle}, from X's developer console (docs/x-setup.md).")
    say("Paste each one and press Enter. You will not see it.")
    return check_credentials(Credentials(**{name: _secret(label) for name, label in _LABELS.items()}))


def _secret(label: str) -> str:
    typed: str = click.prompt(label, hide_input=True)
    return typed.strip()


def _by_pin(config: Config) -> Credentials:
    """Raises CredentialsError when X refuses, or when another account was logged in; NetworkRefusedError."""
    from bot.credentials import install_redactor
    from bot.errors import CredentialsError, Problem
    from bot.publishers.x import begin_pin_login

    handle = config.account.handle
    say("The two keys of the app, from X's developer console. You will not see them.")
    keys = _secret(_LABELS["api_key"]), _secret(_LABELS["api_key_secret"])
    install_redactor(keys)
    login = begin_pin_login(*keys, api_base=config.account.api_base)
    say(f"\nOpen this address in a browser where @{handle} is logged in, allow the app, and note the PIN:")
    say(f"  {login.url}\n")
    credentials, identity = login.finish(click.prompt("PIN"))
    if identity.handle.lower() not in {"", handle.lower()}:
        raise CredentialsError(
            Problem(
                what=f"The browser was logged in as @{identity.handle}, and config.toml says @{handle}. "
                "Nothing was saved.",
                remedy=f"Log in to X as @{handle}, or correct handle in config.toml; then: campaign-bot connect --pin",
            )
        )
    return credentials


def _from_file(file: TextIO) -> Credentials:
    """Raises CredentialsError, which never repeats what the file holds."""
    from bot.credentials import Credentials, check_credentials
    from bot.errors import CredentialsError, Problem

    try:
        table = tomllib.loads(file.read())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise CredentialsError(
            Problem(
                what="It cannot be understood.",
                where=file.name,
                remedy='Write four lines such as api_key = "...", with straight quotes: ' + ", ".join(_LABELS) + ".",
            )
        ) from None
    return check_credentials(Credentials(**{name: str(table.get(name, "")) for name in _LABELS}))


def _say_saved(config: Config, path: Path, from_file: TextIO | None) -> None:
    from bot.credentials import VARIABLES

    say(f"Saved for @{config.account.handle}: {path}")
    if sys.platform == "win32":
        say("It lies in your own user profile; keep that to yourself.")
    else:
        say("Only you can read it (and the administrator of this computer).")
    if from_file is not None and from_file is not sys.stdin and Path(from_file.name).is_file():
        say(f"{from_file.name} still holds the secrets: delete it.")
    given = [name for name in VARIABLES.values() if os.environ.get(name) or os.environ.get(f"{name}_FILE")]
    if given:
        say(f"Mind: {', '.join(given)} in the environment come first; unset them to use this file.")
    say("Nothing goes live before X has confirmed whose credentials these are.")
    say("Next: campaign-bot doctor --online   (one question to X, about US$0.01)")
