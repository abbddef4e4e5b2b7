"""``campaign-bot connect``: secrets go from a person's hands into a private file, and are seen nowhere else."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.bootstrap import credentials_path
from bot.cli import cli
from bot.cli.connect import connect as connect_command
from bot.cli.screen import Screen
from bot.config_reading import read_config
from bot.credentials import VARIABLES, Credentials, load_credentials
from bot.errors import CredentialsError, UsageError
from tests.campaigns import a_folder
from tests.fake_x import FakeXServer
from tests.fake_x.fixtures import CREDENTIALS, HANDLE

TYPED = "\n".join((*CREDENTIALS.values, ""))
WRITTEN = "".join(f'{name} = "{getattr(CREDENTIALS, name)}"\n' for name in VARIABLES)


class Terminal(Screen):
    """A person sits there."""

    @property
    def may_ask(self) -> bool:
        return True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMPAIGN_BOT_CONFIG_DIR", str(tmp_path / "settings"))
    for name in VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    return a_folder(tmp_path / "campaign", handle=f'handle = "@{HANDLE}"')


@pytest.fixture
def on_the_fake(folder: Path, fake_x: FakeXServer) -> Path:
    config = folder / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace('network = "x"', f'network = "x"\napi_base = "{fake_x.base}"'), "utf-8")
    return folder


def connect(folder: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "connect", *arguments], input=typed)


def connect_at_terminal(folder: Path, *arguments: str, typed: str) -> Result:
    screen = Terminal(folder=folder, actor="Ann Example", colour=False)
    return CliRunner().invoke(connect_command, list(arguments), obj=screen, input=typed)


def stored(folder: Path) -> Path:
    return credentials_path(read_config(folder, environ={}))


def saved(folder: Path) -> Credentials:
    return load_credentials(stored(folder), {})


def shows_no_secret(result: Result) -> bool:
    return not any(value in result.output or value in str(result.exception) for value in CREDENTIALS.values)


def test_four_secrets_are_asked_for_without_echo_and_saved(folder: Path) -> None:
    result = connect_at_terminal(folder, typed=TYPED)
    assert result.exit_code == 0, result.output
    assert saved(folder) == CREDENTIALS
    assert shows_no_secret(result)
    assert str(stored(folder)) in result.stdout
    assert "Only you can read it" in result.stdout
    assert "campaign-bot doctor --online" in result.stdout.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="left out: file modes say nothing on Windows")
def test_the_file_is_for_its_owner_alone(folder: Path) -> None:
    connect_at_terminal(folder, typed=TYPED)
    assert stat.S_IMODE(stored(folder).stat().st_mode) == 0o600


def test_secrets_in_the_wrong_order_are_noticed_and_nothing_is_saved(folder: Path) -> None:
    result = connect_at_terminal(folder, typed="\n".join((*reversed(CREDENTIALS.values), "")))
    assert isinstance(result.exception, CredentialsError)
    assert "swapped" in str(result.exception)
    assert shows_no_secret(result)
    assert not stored(folder).exists()


def test_a_script_is_told_which_variables_to_set(folder: Path) -> None:
    result = connect(folder)
    assert isinstance(result.exception, UsageError)
    for name in VARIABLES.values():
        assert name in str(result.exception)
    assert "--from-file" in str(result.exception)


def test_a_script_may_hand_them_over_on_the_standard_input(folder: Path) -> None:
    result = connect(folder, "--from-file", "-", typed=WRITTEN)
    assert result.exit_code == 0, result.output
    assert saved(folder) == CREDENTIALS
    assert shows_no_secret(result)
    assert "delete it" not in result.stdout


def test_a_file_that_still_holds_the_secrets_is_named(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "from-the-console.toml"
    file.write_text(WRITTEN, "utf-8")
    assert f"{file} still holds the secrets: delete it." in connect(folder, "--from-file", str(file)).stdout


@pytest.mark.parametrize("content", [CREDENTIALS.api_key, f"api_key = {CREDENTIALS.api_key}", 'api_key = "short"'])
def test_a_file_that_makes_no_sense_is_refused_without_repeating_it(folder: Path, content: str) -> None:
    result = connect(folder, "--from-file", "-", typed=content)
    assert isinstance(result.exception, CredentialsError)
    assert shows_no_secret(result)
    assert not stored(folder).exists()


def test_stored_credentials_are_replaced_only_on_purpose(folder: Path) -> None:
    connect_at_terminal(folder, typed=TYPED)
    other = WRITTEN.replace(CREDENTIALS.api_key_secret, "anotherSecret")
    refused = connect(folder, "--from-file", "-", typed=other)
    assert isinstance(refused.exception, UsageError)
    assert "--replace" in str(refused.exception)
    declined = connect_at_terminal(folder, typed="n\n")
    assert isinstance(declined.exception, UsageError)
    assert saved(folder) == CREDENTIALS
    assert connect(folder, "--from-file", "-", "--replace", typed=other).exit_code == 0
    assert saved(folder).api_key_secret == "anotherSecret"
    assert connect_at_terminal(folder, typed=f"y\n{TYPED}").exit_code == 0
    assert saved(folder) == CREDENTIALS


def test_variables_that_would_win_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_API_KEY", CREDENTIALS.api_key)
    result = connect(folder, "--from-file", "-", typed=WRITTEN)
    assert "X_API_KEY in the environment come" in result.stdout
    assert shows_no_secret(result)


def test_a_login_by_pin_brings_the_accounts_own_token(on_the_fake: Path, fake_x: FakeXServer) -> None:
    typed = f"{CREDENTIALS.api_key}\n{CREDENTIALS.api_key_secret}\n{fake_x.fake.pin}\n"
    result = connect_at_terminal(on_the_fake, "--pin", typed=typed)
    assert result.exit_code == 0, result.output
    assert saved(on_the_fake) == CREDENTIALS
    assert f"{fake_x.base}/oauth/authorize?oauth_token=" in result.stdout
    assert shows_no_secret(result)


def test_a_login_as_somebody_else_saves_nothing(on_the_fake: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.handle = "somebody_else"
    typed = f"{CREDENTIALS.api_key}\n{CREDENTIALS.api_key_secret}\n{fake_x.fake.pin}\n"
    result = connect_at_terminal(on_the_fake, "--pin", typed=typed)
    assert isinstance(result.exception, CredentialsError)
    assert "@somebody_else" in str(result.exception)
    assert f"@{HANDLE}" in str(result.exception)
    assert not stored(on_the_fake).exists()


def test_a_wrong_pin_is_refused_in_plain_words(on_the_fake: Path) -> None:
    typed = f"{CREDENTIALS.api_key}\n{CREDENTIALS.api_key_secret}\n0000000\n"
    result = connect_at_terminal(on_the_fake, "--pin", typed=typed)
    assert isinstance(result.exception, CredentialsError)
    assert "PIN" in str(result.exception)
    assert not stored(on_the_fake).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="left out: Windows has no pseudo-terminals of this kind")
def test_nothing_that_is_typed_appears_on_a_real_terminal(folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "-C", str(folder), "connect"]
    program = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = b""
    labels = ("API key", "API key secret", "Access token", "Access token secret")
    for label, value in zip(labels, CREDENTIALS.values, strict=True):
        while not shown.rstrip().endswith(f"{label}:".encode()):
            shown += os.read(ours, 1024)
        os.write(ours, f"{value}\n".encode())
    assert program.wait(timeout=30) == 0
    os.close(ours)
    assert not any(value.encode() in shown for value in CREDENTIALS.values)
    assert saved(folder) == CREDENTIALS
