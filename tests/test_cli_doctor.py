"""``campaign-bot doctor``: trouble is named before it happens, and X is asked whose credentials these are."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.bootstrap import credentials_path, lock_file, open_shop
from bot.cli import cli
from bot.clock import VirtualClock
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.core.doctoring import Level, clock_check, place_checks, progress_checks, proof_check, python_check, sleep_check
from bot.credentials import VARIABLES, Credentials, fingerprint, save_credentials
from bot.model import Account, Mode, PostState, RunnerRecord
from bot.platform import RunnerLock
from bot.ranking import read_list
from bot.reports.status_text import Decision, Status
from tests.campaigns import FRIDAY_BEFORE, a_folder
from tests.fake_x import FakeXServer, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.messages import Reply, oauth1_permissions, out_of_credit, unauthorised

ME = "GET /2/users/me"
NOW = FRIDAY_BEFORE


@pytest.fixture
def folder(tmp_path: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A campaign on the fake's account, without credentials and without a database."""
    monkeypatch.setenv("CAMPAIGN_BOT_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(tmp_path / "state"))
    for name in VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    api = f'network = "x"\napi_base = "{fake_x.base}"'
    return a_folder(tmp_path / "campaign", handle=f'handle = "@{HANDLE}"', network=api)


def doctor(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "doctor", *arguments])


def examined(folder: Path, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and what was found by name."""
    result = doctor(folder, "--json", *arguments)
    found = json.loads(result.stdout)
    assert found["ok"] is (result.exit_code == 0)
    return result.exit_code, {check["name"]: check for check in found["checks"]}


def connected(folder: Path, credentials: Credentials = CREDENTIALS) -> Path:
    path = credentials_path(read_config(folder, environ={}))
    save_credentials(path, credentials)
    return path


def loaded(folder: Path) -> Bot:
    bot = bot_of(folder)
    bot.load(read_list(folder / "top20.csv"), answers={})
    return bot


def bot_of(folder: Path) -> Bot:
    """On the Friday before the campaign's week, whatever the day of the test."""
    config = read_config(folder, environ={})
    return open_shop(config, actor="Ann Example", clock=VirtualClock(FRIDAY_BEFORE), create=True).bot


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "config.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_fresh_folder_has_no_problem_and_gets_no_database(folder: Path, fake_x: FakeXServer) -> None:
    code, found = examined(folder)
    assert code == 0
    assert {check["level"] for name, check in found.items() if name != "sleep"} == {"ok", "warning"}
    assert found["credentials"]["remedy"].endswith("campaign-bot connect")
    assert "none yet" in found["database"]["message"]
    assert not (folder / "campaign.db").exists()
    assert fake_x.fake.requests == []


def test_people_see_a_sign_a_word_and_what_comes_next(folder: Path) -> None:
    result = doctor(folder)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("✓ python")
    assert any(line.startswith("! credentials") for line in lines)
    assert lines[-2].startswith("No problem")
    assert lines[-1] == "Next: campaign-bot load LIST.csv"


def test_every_mistake_of_the_config_is_named(folder: Path) -> None:
    change(folder, 'zone = "Europe/London"', 'zone = "Europe/Lundon"')
    change(folder, 'spacing = "30m"', 'spacing = "30"')
    result = doctor(folder)
    assert result.exit_code == 2
    assert "Lundon" in result.stdout
    assert "spacing" in result.stdout
    assert result.stdout.splitlines()[-2].startswith("2 problems")


def test_without_a_campaign_it_says_how_to_begin_one(tmp_path: Path) -> None:
    code, found = examined(tmp_path)
    assert code == 2
    assert "campaign-bot init" in found["config"]["remedy"]


def test_a_missing_basis_is_a_warning(folder: Path) -> None:
    change(folder, 'basis = "consent"', 'basis = ""')
    code, found = examined(folder)
    assert (code, found["config"]["level"]) == (0, "warning")


def test_templates_that_are_broken_or_missing_are_problems(folder: Path) -> None:
    (folder / "templates" / "worker.txt.j2").write_text("{{ worker.name", "utf-8")
    (folder / "templates" / "organisation.txt.j2").unlink()
    result = doctor(folder)
    assert result.exit_code == 2
    assert "worker.txt.j2" in result.stdout
    assert "organisation.txt.j2: There is no such template." in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="left out: file modes say nothing on Windows")
def test_credentials_that_others_can_read_are_a_problem_even_in_practice(folder: Path) -> None:
    connected(folder).chmod(0o644)
    code, found = examined(folder)
    assert (code, found["credentials"]["level"]) == (2, "problem")
    assert "chmod 600" in found["credentials"]["remedy"]


def test_missing_credentials_are_a_problem_once_the_campaign_is_live(folder: Path) -> None:
    change(folder, "live = false", "live = true")
    code, found = examined(folder)
    assert (code, found["credentials"]["level"]) == (2, "problem")


def test_a_damaged_database_is_a_problem(folder: Path) -> None:
    (folder / "campaign.db").write_bytes(b"this is not a database, whatever its name says")
    code, found = examined(folder)
    assert (code, found["database"]["level"]) == (2, "problem")
    assert "doctor" not in found["database"]["remedy"]


def test_list_and_plan_are_told_of(folder: Path) -> None:
    bot = loaded(folder)
    _, found = examined(folder)
    assert "20 people of 13 organisations" in found["list"]["message"]
    assert "campaign-bot plan" in found["plan"]["message"]
    planned = bot.plan()
    _, found = examined(folder)
    assert planned.plan_code in found["plan"]["message"]
    change(folder, 'spacing = "30m"', 'spacing = "20m"')
    _, found = examined(folder)
    assert "config.toml differs" in found["plan"]["message"]


def test_a_campaign_that_is_started_and_has_no_runner_is_a_problem(folder: Path) -> None:
    bot = loaded(folder)
    bot.plan()
    assert examined(folder)[0] == 0
    bot.record_start()
    code, found = examined(folder)
    assert (code, found["runner"]["level"]) == (2, "problem")
    assert found["runner"]["remedy"] == "campaign-bot run"
    storage = bot.record.storage
    runner = RunnerRecord(runner_id="r1", host="here", pid=1, started_at=NOW, heartbeat_at=NOW)
    storage.delivery.announce(runner)
    with RunnerLock(lock_file(storage.database)):
        assert examined(folder)[1]["runner"]["message"] == "The runner is at work"


def test_x_confirms_the_account_and_the_proof_is_on_record(folder: Path, fake_x: FakeXServer) -> None:
    connected(folder)
    result = doctor(folder, "--online")
    assert result.exit_code == 0, result.output
    assert "US$0.01" in result.stdout
    assert f"belong to @{HANDLE}" in result.stdout
    account = bot_of(folder).account()
    assert (account.user_id, account.proof) == (CREDENTIALS.user_id, fingerprint(CREDENTIALS))
    assert fake_x.fake.count(ME) == 1
    assert not any(value in result.output for value in CREDENTIALS.values)


def test_the_handle_is_compared_without_case(folder: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.handle = HANDLE.upper()
    connected(folder)
    assert examined(folder, "--online")[0] == 0


def test_the_credentials_of_another_account_prove_nothing(folder: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.handle = "somebody_else"
    connected(folder)
    code, found = examined(folder, "--online")
    assert code == 2
    expected = f"These credentials belong to @somebody_else, config.toml says @{HANDLE}."
    assert found["online"]["message"] == expected
    assert bot_of(folder).account().proof is None


def test_changed_credentials_void_the_proof(folder: Path) -> None:
    bot = bot_of(folder)
    bot.record_proof(bot.account(), user_id=CREDENTIALS.user_id, fingerprint="that of the credentials before")
    connected(folder)
    code, found = examined(folder)
    assert (code, found["proof"]["level"]) == (0, "warning")
    assert "that proof is void" in found["proof"]["message"]
    _, found = examined(folder, "--online")
    assert "the old proof is void" in found["online"]["message"]
    assert examined(folder)[1]["proof"]["level"] == "ok"


def test_a_new_proof_ends_a_stop_of_the_account(folder: Path) -> None:
    bot = bot_of(folder)
    bot.account()
    with closing(sqlite3.connect(folder / "campaign.db")) as connection:
        connection.execute("UPDATE accounts SET stopped = 'X does not accept the credentials.'")
        connection.commit()
    connected(folder)
    assert "may post again" in examined(folder, "--online")[1]["online"]["message"]
    assert bot.account().stopped == ""


def test_asking_x_does_not_shorten_the_wait_that_x_has_asked_for(folder: Path) -> None:
    """The next post used to go out one second after it, fifteen minutes too early."""
    bot = bot_of(folder)
    bot.account()
    with closing(sqlite3.connect(folder / "campaign.db")) as connection, connection:
        connection.execute("UPDATE accounts SET resume_at = '2099-01-01T00:00:00.000000Z', stopped = 'No credit.'")
    connected(folder)
    assert examined(folder, "--online")[1]["online"]["level"] == "ok"
    account = bot.account()
    assert account.stopped == ""
    assert account.resume_at is not None
    assert account.resume_at.year == 2099


@pytest.mark.parametrize(
    ("reply", "reason", "remedy"),
    [
        (unauthorised(), "does not accept the credentials", "campaign-bot connect"),
        (out_of_credit(), "no API credit", "Buy credits or raise"),
        (oauth1_permissions(), "Read and write", "campaign-bot connect"),
    ],
)
def test_a_refusal_of_x_comes_with_a_remedy(
    folder: Path, fake_x: FakeXServer, reply: Reply, reason: str, remedy: str
) -> None:
    connected(folder)
    fake_x.fake.faults.append(faults.given(reply, on=ME))
    code, found = examined(folder, "--online")
    assert (code, found["online"]["level"]) == (2, "problem")
    assert reason in found["online"]["message"]
    assert remedy in found["online"]["remedy"]
    assert bot_of(folder).account().proof is None


def test_x_out_of_reach_is_a_problem_and_not_a_refusal(folder: Path, fake_x: FakeXServer) -> None:
    connected(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        change(folder, fake_x.base, f"http://127.0.0.1:{taken.getsockname()[1]}")
        code, found = examined(folder, "--online")
    assert (code, found["online"]["level"]) == (2, "problem")
    assert "internet connection" in found["online"]["remedy"]


def test_an_address_without_encryption_is_never_asked(folder: Path, fake_x: FakeXServer) -> None:
    connected(folder)
    change(folder, fake_x.base, "http://api.x.example")
    code, found = examined(folder, "--online")
    assert (code, found["online"]["level"]) == (2, "problem")
    assert "https" in found["online"]["message"] + found["online"]["remedy"]


def test_asking_x_needs_credentials(folder: Path, fake_x: FakeXServer) -> None:
    code, found = examined(folder, "--online")
    assert (code, found["online"]["level"]) == (2, "problem")
    assert "campaign-bot connect" in found["online"]["remedy"]
    assert fake_x.fake.requests == []


def test_a_real_process_ends_with_2_when_there_is_a_problem(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "-C", str(tmp_path), "doctor"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (2, "")
    assert "✗ config" in done.stdout


STARTED = Status(
    mode=Mode.LIVE,
    campaign="Lantern Week",
    account=HANDLE,
    zone="Europe/London",
    plan_code="4F7A-91",
    started=Decision(at=NOW),
    runner_seen_at=NOW,
    counts=((PostState.APPROVED, 3), (PostState.POSTED, 2)),
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (STARTED, {}),
        (replace(STARTED, runner_seen_at=None), {"runner": Level.PROBLEM}),
        (replace(STARTED, runner_seen_at=None, counts=((PostState.POSTED, 5),)), {}),
        (replace(STARTED, started=None, runner_seen_at=None), {}),
        (replace(STARTED, paused=Decision(at=NOW)), {"runner": Level.WARNING}),
        (replace(STARTED, config_differs=True), {"plan": Level.WARNING}),
        (replace(STARTED, account_stopped="X does not accept the credentials."), {"account": Level.PROBLEM}),
    ],
)
def test_how_far_the_campaign_has_come_is_judged(status: Status, expected: dict[str, Level]) -> None:
    found = {check.name: check.level for check in progress_checks(status)}
    assert {name: level for name, level in found.items() if level is not Level.OK} == expected


def test_a_live_campaign_without_proof_has_a_problem() -> None:
    account = Account(account_id=1, network="x", handle=HANDLE, proof="f")
    assert proof_check(account, "f", live=True).level is Level.OK
    assert proof_check(account, "g", live=True).level is Level.PROBLEM
    assert proof_check(account, None, live=True).remedy == "campaign-bot connect"
    assert proof_check(replace(account, proof=None), "f", live=False).level is Level.WARNING


def test_python_clock_and_sleep_are_judged_by_what_they_say() -> None:
    assert python_check((3, 11, 0)).level is Level.OK
    assert python_check((3, 10, 14)).level is Level.PROBLEM
    assert clock_check("Europe/London", NOW).message.startswith("It is Friday 5 March 2027 12:00 GMT")
    assert clock_check("Europe/London", NOW.replace(year=1970)).level is Level.PROBLEM
    assert sleep_check(None).level is Level.OK
    assert sleep_check("This computer goes to sleep after 15 minutes.").level is Level.WARNING


def test_a_synchronised_folder_is_a_problem_for_a_file_and_none_for_a_server(tmp_path: Path) -> None:
    synchronised = tmp_path / "OneDrive - Bright Care"
    synchronised.mkdir()
    levels = [check.level for check in place_checks(synchronised / "campaign.db", synchronised)]
    assert levels == [Level.PROBLEM, Level.OK]
    assert [check.level for check in place_checks(None, synchronised)] == [Level.OK, Level.OK]
