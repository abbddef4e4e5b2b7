"""A service's file says what was meant, whatever the folder is called: each is read back by the rules of its format."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from bot.errors import ExitCode, UsageError
from bot.platform.service import CANNOT_HEAL, Service, ServiceKind, default_kind, enabling, service_file, service_text
from tests.campaigns import a_folder
from tests.test_runner_process import until
from tests.underway import campaign_bot, code_of, fine, refusal

FOLDERS = (
    "/srv/care-heroes",
    "/srv/Care Heroes & Co",
    '/srv/100% "quoted" $HOME ${x}',
    "/srv/it's <b>; rm -rf",
    "/srv/backslash\\",
    "/srv/Überraschung für Siân %h %%",
)
SPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def a_service(folder: str = "/srv/care heroes", python: str = "/opt/my venv/bin/python") -> Service:
    return Service(
        name="campaign-bot-lantern-week-1a2b3c4d",
        description="campaign-bot: Lantern & Week 100%",
        python=Path(python),
        folder=Path(folder),
        environment={"CAMPAIGN_BOT_STATE_DIR": f"{folder}/state"},
        days=(date(2027, 3, 8), date(2027, 3, 12)),
        user="OFFICE\\ann",
    )


def unit(service: Service) -> dict[str, str]:
    """The settings of a unit; a line that ends in a backslash would go on, and none does."""
    lines = service_text(ServiceKind.SYSTEMD, service).decode().splitlines()
    assert not any(line.endswith("\\") for line in lines)
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def unit_words(line: str, *, in_command: bool = True) -> list[str]:
    """A line of words read as systemd does: quotes and backslashes, then %% and, but for the program, $$."""
    found = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
    words = [plain(word) for word in found]
    if not in_command:
        return words
    assert "$" not in words[0]
    assert not any(re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word) for word in words)
    return [word.replace("$$", "$") for word in words]


def plain(text: str) -> str:
    """Without the specifiers of systemd: only %% may stand there."""
    assert not re.search(r"(?<!%)(%%)*%(?!%)", text)
    return text.replace("%%", "%")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_unit_read_back_runs_the_folder_that_was_meant(folder: str) -> None:
    service = a_service(folder)
    settings = unit(service)
    assert unit_words(settings["ExecStart"]) == [str(service.python), *service.arguments(log_file=False)]
    assert Path(plain(settings["WorkingDirectory"])) == Path(folder)
    assert unit_words(settings["Environment"], in_command=False) == [f"CAMPAIGN_BOT_STATE_DIR={folder}/state"]


def test_a_python_with_a_dollar_in_its_path_is_started_too() -> None:
    command = unit(a_service(python="/opt/$venv/bin/python"))["ExecStart"]
    assert command.startswith("/usr/bin/env ")
    assert unit_words('"env" ' + command)[1] == "/opt/$venv/bin/python"


def test_a_unit_starts_again_unless_only_a_person_can_help() -> None:
    settings = unit(a_service())
    assert settings["Restart"] == "on-failure"
    assert settings["StartLimitIntervalSec"] == "0"
    assert settings["After"] == "network-online.target"
    assert settings["RestartPreventExitStatus"].split() == [str(code) for code in CANNOT_HEAL]
    assert ExitCode.PERSON_NEEDED in CANNOT_HEAL
    assert not {ExitCode.FINE, ExitCode.BUG, ExitCode.USAGE, ExitCode.LOCKED} & set(CANNOT_HEAL)


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed, so the unit is NOT verified by systemd itself")
    folder = tmp_path / "100% of “Care & Heroes”"
    folder.mkdir()
    file = tmp_path / "campaign-bot-test.service"
    file.write_bytes(service_text(ServiceKind.SYSTEMD, a_service(str(folder), python=sys.executable)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(file)],
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    about_us = [line for line in (done.stdout + done.stderr).splitlines() if "campaign-bot" in line]
    assert about_us == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_property_list_read_back_runs_the_folder_that_was_meant(folder: str) -> None:
    service = a_service(folder)
    found = plistlib.loads(service_text(ServiceKind.LAUNCHD, service))
    assert found["ProgramArguments"][:2] == ["/bin/sh", "-c"]
    assert found["ProgramArguments"][4:] == [str(service.python), *service.arguments(log_file=True)]
    assert found["WorkingDirectory"] == folder
    assert found["EnvironmentVariables"] == service.environment
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert found["Label"] == service.name


def wrapped(tmp_path: Path, program: str) -> list[str]:
    """The command line of a property list, with a program of its own in the place of the runner."""
    file = tmp_path / "it's a $program"
    file.write_text(f"import os, signal, sys, time\n{program}\n", "utf-8")
    words: list[str] = plistlib.loads(service_text(ServiceKind.LAUNCHD, a_service()))["ProgramArguments"]
    return [*words[:4], sys.executable, "-c", "import runpy, sys; runpy.run_path(sys.argv[1])", str(file), "two  words"]


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="there is no /bin/sh here, so the wrapper is NOT run")
@pytest.mark.parametrize("code", range(10))
def test_launchd_starts_the_runner_again_unless_only_a_person_can_help(tmp_path: Path, code: int) -> None:
    """It does so after every exit code but 0."""
    done = subprocess.run(wrapped(tmp_path, f"assert sys.argv[2] == 'two  words'\nsys.exit({code})"), check=False)
    assert done.returncode == (0 if code in CANNOT_HEAL else code)


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
@pytest.mark.parametrize(("code", "seen"), [(0, 0), (6, 0), (1, 1)])
def test_a_runner_that_launchd_stops_is_waited_for(tmp_path: Path, shell: str, code: int, seen: int) -> None:
    """A call may be under way when the signal comes. On macOS /bin/sh is a bash."""
    if not Path(shell).exists():
        pytest.skip(f"there is no {shell} here, so the wrapper is NOT run in it")
    said = tmp_path / "said"
    program = (
        f"out = open({str(said)!r}, 'a', buffering=1)\n"
        "def end(*_):\n    out.write('signal\\n')\n    time.sleep(0.5)\n    out.write('recorded\\n')\n"
        f"    sys.exit({code})\n"
        "signal.signal(signal.SIGTERM, end)\nout.write('ready\\n')\ntime.sleep(30)\n"
    )
    runner = subprocess.Popen([shell, *wrapped(tmp_path, program)[1:]])
    try:
        until(lambda: said.exists() and "ready" in said.read_text("utf-8"))
        runner.terminate()
        assert runner.wait(10) == seen
    finally:
        runner.kill()
    assert said.read_text("utf-8").splitlines() == ["ready", "signal", "recorded"]


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="there is no /bin/sh here, so the wrapper is NOT run")
def test_a_runner_that_is_killed_is_started_again_by_launchd(tmp_path: Path) -> None:
    done = subprocess.run(wrapped(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"), check=False)
    assert done.returncode == 128 + 9


def task_of(service: Service) -> ET.Element:
    return ET.fromstring(service_text(ServiceKind.TASK, service))  # noqa: S314  # we have just written it


def windows_words(line: str) -> list[str]:
    """A command line read as Windows programs do: backslashes count double only before a quote."""
    words: list[str] = []
    word, quoted, at = "", False, 0
    while at < len(line):
        slashes = re.match(r"\\*", line[at:])
        run = slashes.end() if slashes else 0
        if run and line[at + run : at + run + 1] == '"':
            word += "\\" * (run // 2) + ('"' if run % 2 else "")
            at += run + run % 2
        elif run:
            word, at = word + "\\" * run, at + run
        elif line[at] == '"':
            quoted, at = not quoted, at + 1
        elif line[at] == " " and not quoted:
            words, word, at = [*words, word], "", at + 1
        else:
            word, at = word + line[at], at + 1
    return [*words, word]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_task_read_back_runs_the_folder_that_was_meant(folder: str) -> None:
    service = a_service(folder)
    task = task_of(service)
    said = {name: task.findtext(f".//t:Exec/t:{name}", namespaces=SPACE) for name in ("Command", "Arguments")}
    assert said["Command"] == str(service.python)
    assert windows_words(said["Arguments"] or "") == list(service.arguments(log_file=True))
    assert task.findtext(".//t:Exec/t:WorkingDirectory", namespaces=SPACE) == folder


def test_a_task_never_ends_by_itself_and_wakes_the_computer_in_the_week() -> None:
    task = task_of(a_service())
    wanted = {
        "Settings/t:ExecutionTimeLimit": "PT0S",
        "Settings/t:WakeToRun": "true",
        "Settings/t:StopIfGoingOnBatteries": "false",
        "Settings/t:DisallowStartIfOnBatteries": "false",
        "Settings/t:MultipleInstancesPolicy": "IgnoreNew",
        "Settings/t:RestartOnFailure/t:Interval": "PT1M",
        "Triggers/t:TimeTrigger/t:StartBoundary": "2027-03-08T00:00:00",
        "Triggers/t:TimeTrigger/t:EndBoundary": "2027-03-14T00:00:00",
        "Triggers/t:TimeTrigger/t:Repetition/t:Interval": "PT15M",
        "Triggers/t:LogonTrigger/t:UserId": "OFFICE\\ann",
        "Principals/t:Principal/t:RunLevel": "LeastPrivilege",
    }
    assert {path: task.findtext(f"t:{path}", namespaces=SPACE) for path in wanted} == wanted


@pytest.mark.parametrize("kind", ServiceKind)
def test_a_folder_with_a_line_break_is_refused(kind: ServiceKind) -> None:
    with pytest.raises(UsageError, match="unprintable"):
        service_text(kind, a_service("/srv/care\nExecStartPre=/bin/evil"))


@pytest.mark.parametrize(
    ("system", "kind"),
    [("linux", ServiceKind.SYSTEMD), ("darwin", ServiceKind.LAUNCHD), ("win32", ServiceKind.TASK)],
)
def test_each_system_gets_what_it_has(system: str, kind: ServiceKind) -> None:
    assert default_kind(system) is kind


def test_the_commands_to_begin_are_quoted_for_a_shell() -> None:
    file = Path("/Users/Ann's Mac/Library/LaunchAgents/x.plist")
    (command,) = enabling(ServiceKind.LAUNCHD, "x", file)
    assert shlex.split(command)[-1] == str(file)
    assert enabling(ServiceKind.SYSTEMD, "x", file)[-1] == "loginctl enable-linger"


# The command.


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_folder(tmp_path / "Care Heroes & Co")


def installed(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()] if home.exists() else []


def test_without_an_option_it_only_shows(folder: Path, home: Path) -> None:
    said = fine(campaign_bot(folder, "service", "--kind", "systemd"))
    assert f'"-C" "{folder}" "run"' in said
    assert fine(campaign_bot(folder, "service", "--kind", "systemd", "--print")) == said
    assert installed(home) == []


@pytest.mark.parametrize("kind", list(ServiceKind))
def test_every_kind_can_be_shown_anywhere(folder: Path, home: Path, kind: ServiceKind) -> None:
    assert "campaign-bot-care-heroes-of-the-year-" in fine(campaign_bot(folder, "service", "--kind", kind.value))


def test_it_is_installed_once_and_never_replaced_unasked(folder: Path, home: Path) -> None:
    install = ("service", "--kind", "systemd", "--install")
    said = fine(campaign_bot(folder, *install))
    (file,) = installed(home)
    assert file.parent == home / ".config" / "systemd" / "user"
    assert f"systemctl --user enable --now {file.name}" in said
    assert "loginctl enable-linger" in said
    assert "It is there already" in fine(campaign_bot(folder, *install))
    file.write_text("[Service]\nExecStart=/my/own\n")
    assert "says something else" in refusal(campaign_bot(folder, *install), ExitCode.USAGE)
    assert file.read_text() == "[Service]\nExecStart=/my/own\n"
    fine(campaign_bot(folder, *install, "--replace"))
    assert str(folder) in file.read_text()
    assert installed(home) == [file]


def test_it_is_taken_away_with_the_link_that_enabled_it(folder: Path, home: Path) -> None:
    fine(campaign_bot(folder, "service", "--kind", "systemd", "--install"))
    (file,) = installed(home)
    wants = file.parent / "default.target.wants"
    wants.mkdir()
    (wants / file.name).symlink_to(file)
    said = fine(campaign_bot(folder, "service", "--kind", "systemd", "--uninstall"))
    assert f"systemctl --user stop {file.name}" in said
    assert [path for path in file.parent.rglob("*") if not path.is_dir()] == []
    assert "no service" in refusal(campaign_bot(folder, "service", "--kind", "systemd", "--uninstall"), ExitCode.USAGE)


def test_two_folders_of_one_name_get_two_services(folder: Path, home: Path, tmp_path: Path) -> None:
    other = a_folder(tmp_path / "other")
    for place in (folder, other):
        fine(campaign_bot(place, "service", "--kind", "launchd", "--install"))
    assert len(installed(home)) == 2


def test_secrets_of_the_environment_are_not_written_down(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X_API_KEY", "wonderful-secret")
    monkeypatch.setenv("CAMPAIGN_BOT_SMTP_PASSWORD_FILE", "/home/ann/smtp password")
    result = campaign_bot(folder, "service", "--kind", "systemd")
    assert code_of(result) is ExitCode.FINE
    assert "wonderful-secret" not in result.output
    assert "will not know X_API_KEY." in result.output
    assert '"CAMPAIGN_BOT_SMTP_PASSWORD_FILE=/home/ann/smtp password"' in result.output


def test_the_command_line_of_the_unit_really_runs(folder: Path, home: Path) -> None:
    said = fine(campaign_bot(folder, "service", "--kind", "systemd"))
    command = next(line for line in said.splitlines() if line.startswith("ExecStart=")).removeprefix("ExecStart=")
    settings = [line for line in said.splitlines() if line.startswith("Environment=")]
    environ = dict(word.split("=", 1) for line in settings for word in unit_words(line, in_command=False))
    done = subprocess.run(unit_words(command), cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert "campaign-bot load" in done.stderr


def test_the_file_lies_where_each_system_looks(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "CAMPAIGN_BOT_STATE_DIR": str(tmp_path / "state")}
    places = {kind: service_file(kind, "x", environ).relative_to(tmp_path).as_posix() for kind in ServiceKind}
    assert places == {
        ServiceKind.SYSTEMD: ".config/systemd/user/x.service",
        ServiceKind.LAUNCHD: "Library/LaunchAgents/x.plist",
        ServiceKind.TASK: "state/x.xml",
    }
