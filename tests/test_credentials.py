"""Secrets are read from private places, checked, kept, and never shown."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.credentials import (
    VARIABLES,
    Credentials,
    Redactor,
    check_credentials,
    default_path,
    fingerprint,
    install_redactor,
    load_credentials,
    save_credentials,
)
from bot.errors import CredentialsError

GOOD = Credentials(
    api_key="canaryKey",
    api_key_secret="canaryKeySecret",
    access_token="12345-canaryToken",
    access_token_secret="canaryS",
)
ENVIRON = {name: getattr(GOOD, field) for field, name in VARIABLES.items()}
needs_modes = pytest.mark.skipif(os.name == "nt", reason="left out: file modes say nothing on Windows")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = default_path(tmp_path, "x", "Bright_Care")
    save_credentials(path, GOOD)
    return path


def refused(path: Path | None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(CredentialsError) as caught:
        load_credentials(path, environ or {})
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_what_is_saved_is_loaded_again(saved: Path) -> None:
    assert load_credentials(saved, {}) == GOOD
    assert saved.name == "x-bright_care.toml"


@needs_modes
def test_what_is_saved_is_private_and_leaves_nothing_beside_it(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(saved.parent.stat().st_mode) == 0o700
    assert list(saved.parent.iterdir()) == [saved]


@needs_modes
def test_saving_again_replaces_the_file_also_where_a_link_stood(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    saved.unlink()
    saved.symlink_to(other)
    save_credentials(saved, GOOD)
    assert (other.read_text(), saved.is_symlink()) == ("mine", False)
    assert load_credentials(saved, {}) == GOOD


def test_odd_characters_survive_saving(tmp_path: Path) -> None:
    odd = replace(GOOD, api_key='a"b\\c#d')
    save_credentials(tmp_path / "odd.toml", odd)
    assert load_credentials(tmp_path / "odd.toml", {}) == odd


@needs_modes
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o777])
def test_a_file_that_others_can_touch_is_refused_with_the_command_to_run(saved: Path, mode: int) -> None:
    saved.chmod(mode)
    assert f"chmod 600 '{saved}'" in refused(saved)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="left out: only root can give a file away")
def test_a_file_of_somebody_else_is_refused(saved: Path) -> None:
    os.chown(saved, 12345, -1)
    assert "somebody else" in refused(saved)


@needs_modes
def test_a_link_is_refused(saved: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(saved)
    assert "link" in refused(link)


@needs_modes
def test_a_folder_and_a_pipe_are_refused_at_once(tmp_path: Path) -> None:
    assert "plain file" in refused(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert "plain file" in refused(pipe)


def test_a_missing_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    assert "campaign-bot connect" in refused(tmp_path / "none.toml")
    assert "campaign-bot connect" in refused(None)


def test_a_broken_file_is_explained_without_its_content(saved: Path) -> None:
    saved.write_text('api_key = "canary\n')
    assert "not valid TOML" in refused(saved)
    saved.write_bytes(b"\xff\xfecanary")
    assert "text file" in refused(saved)


def test_every_missing_secret_of_a_file_is_named_at_once(saved: Path) -> None:
    saved.write_text('api_key = "canary"\naccess_token = 7\n')
    problems = refused(saved)
    assert all(name in problems for name in ("api_key_secret", "access_token", "access_token_secret"))


def test_the_environment_comes_before_the_file(saved: Path) -> None:
    assert load_credentials(saved, ENVIRON | {"X_API_KEY": " other\n"}).api_key == "other"


@pytest.mark.parametrize("missing", list(VARIABLES.values()))
def test_half_an_environment_is_never_filled_up_from_the_file(saved: Path, missing: str) -> None:
    environ = {name: value for name, value in ENVIRON.items() if name != missing}
    assert missing in refused(saved, environ)


def test_each_variable_can_name_a_file(tmp_path: Path) -> None:
    environ = {}
    for name, value in ENVIRON.items():
        file = tmp_path / name
        file.touch(mode=0o600)
        file.write_text(f"{value}\n")
        environ[f"{name}_FILE"] = str(file)
    assert load_credentials(None, environ) == GOOD
    assert "given twice" in refused(None, environ | {"X_API_KEY": "canary"})


@needs_modes
def test_a_named_file_must_be_private_unless_the_system_mounted_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GOOD.api_key)
    file.chmod(0o444)
    environ = {name: value for name, value in ENVIRON.items() if name != "X_API_KEY"} | {"X_API_KEY_FILE": str(file)}
    assert "chmod 600" in refused(None, environ)
    assert load_credentials(None, environ | {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == GOOD


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("api_key", "", "missing"),
        ("api_key", '"canary"', "quotation marks"),
        ("api_key", "“canary”", "quotation marks"),
        ("api_key", "canary key", "characters"),
        ("api_key", "canary\x00", "characters"),
        ("api_key", "can\u00e4ry", "characters"),
        ("api_key", "99999-canary", "looks like an access token"),
        ("access_token", "canarySecret", "hyphen"),
        ("access_token", "Bearer-canary", "hyphen"),
        ("access_token_secret", "12345-canaryOther", "swapped"),
        ("api_key_secret", GOOD.api_key, "the same"),
    ],
)
def test_a_secret_that_is_plainly_wrong_is_named_and_not_shown(field: str, value: str, word: str) -> None:
    with pytest.raises(CredentialsError, match=word) as caught:
        check_credentials(Credentials(**(asdict(GOOD) | {field: value})))
    assert "canary" not in str(caught.value)


def test_credentials_do_not_show_themselves() -> None:
    assert "canary" not in repr(GOOD)
    assert "canary" not in f"{GOOD}"
    assert GOOD.user_id == "12345"


def test_a_fingerprint_changes_with_each_secret_and_tells_none() -> None:
    changed = [replace(GOOD, **{field: f"{value}x"}) for field, value in asdict(GOOD).items()]
    prints = {fingerprint(one) for one in (GOOD, *changed)}
    assert len(prints) == 5
    assert fingerprint(GOOD) == fingerprint(replace(GOOD))
    assert not any(value in fingerprint(GOOD) for value in GOOD.values)


@pytest.fixture
def redactor() -> Iterator[Redactor]:
    factory, hook = logging.getLogRecordFactory(), sys.excepthook
    yield install_redactor(GOOD.values)
    logging.setLogRecordFactory(factory)
    sys.excepthook = hook


@pytest.mark.usefixtures("redactor")
def test_no_log_line_and_no_traceback_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("anything.at.all")
    log.error("token %s in %s", GOOD.access_token, {"secret": GOOD.api_key_secret})
    try:
        int(GOOD.access_token_secret)
    except ValueError:
        log.exception("it failed")
    assert "canary" not in caplog.text
    assert "ValueError: invalid literal" in caplog.text
    assert caplog.text.count("[secret]") == 3


def test_what_signed_requests_carry_is_hidden_by_its_shape(redactor: Redactor) -> None:
    line = 'Authorization: OAuth oauth_token="abc", oauth_signature="d%3D", Bearer xyz /?oauth_verifier=7&a=1'
    cleaned = redactor.clean(line)
    assert all(part not in cleaned for part in ("abc", "d%3D", "xyz", "=7"))
    assert cleaned.endswith("&a=1")


def test_an_ordinary_line_stays_as_it_is(redactor: Redactor) -> None:
    assert redactor.clean("posted w07 in 0.3 s") == "posted w07 in 0.3 s"


def test_a_crash_shows_no_secret(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    redactor.show(RuntimeError, RuntimeError(f"with {GOOD.api_key}"), None)
    assert capsys.readouterr().err == "RuntimeError: with [secret]\n"
