"""What differs by operating system: each system's branch with sample data, this system's with the real thing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from bot.errors import DatabaseError, UsageError
from bot.platform import (
    config_dir,
    folder_risk,
    free_bytes,
    installation_id,
    protect_folder,
    sleep_risk,
    state_dir,
    user_name,
)
from bot.platform.command import output_of
from bot.platform.folders import _create_once
from bot.platform.risk import (
    icloud_desktop,
    is_network_type,
    is_unc,
    network_mount,
    parse_mount_output,
    parse_proc_mounts,
    synchronised_by,
)
from bot.platform.sleep import from_gnome, from_lid, from_pmset, from_powercfg

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="file modes mean nothing on Windows")


@pytest.mark.parametrize(
    ("system", "environ", "config", "state"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.config/campaign-bot", "/home/a/.local/state/campaign-bot"),
        (
            "linux",
            {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"},
            "/c/campaign-bot",
            "/s/campaign-bot",
        ),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "c"}, "/h/.config/campaign-bot", "/h/.local/state/campaign-bot"),
        (
            "darwin",
            {"HOME": "/Users/a", "XDG_CONFIG_HOME": "/c"},
            "/Users/a/Library/Application Support/campaign-bot",
            "/Users/a/Library/Application Support/campaign-bot/state",
        ),
        ("win32", {"APPDATA": "/R", "LOCALAPPDATA": "/L"}, "/R/campaign-bot", "/L/campaign-bot"),
        ("win32", {"USERPROFILE": "/U"}, "/U/AppData/Roaming/campaign-bot", "/U/AppData/Local/campaign-bot"),
        ("linux", {"CAMPAIGN_BOT_CONFIG_DIR": "/c", "CAMPAIGN_BOT_STATE_DIR": "/s"}, "/c", "/s"),
        ("win32", {"CAMPAIGN_BOT_CONFIG_DIR": "/c", "CAMPAIGN_BOT_STATE_DIR": "/s", "APPDATA": "/R"}, "/c", "/s"),
    ],
)
def test_each_system_keeps_settings_and_state_where_its_users_expect_them(
    system: str, environ: dict[str, str], config: str, state: str
) -> None:
    assert config_dir(environ, system) == Path(config)
    assert state_dir(environ, system) == Path(state)


@POSIX
def test_a_protected_folder_is_closed_to_others_even_if_it_was_open(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "secrets"
    protect_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    protect_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_a_plain_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be kept private") as caught:
        protect_folder(tmp_path / "file")
    assert caught.value.problems[0].remedy


def test_an_installation_keeps_its_id_and_another_gets_its_own(tmp_path: Path) -> None:
    first = installation_id(tmp_path / "one")
    assert installation_id(tmp_path / "one") == first
    assert installation_id(tmp_path / "two") != first
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["installation-id"]


def test_a_damaged_installation_id_is_reported_and_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "installation-id"
    file.write_text("not an id", encoding="ascii")
    with pytest.raises(DatabaseError, match=r"damaged\. Remove that file"):
        installation_id(tmp_path)
    assert file.read_text(encoding="ascii") == "not an id"


def test_a_state_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(DatabaseError, match="CAMPAIGN_BOT_STATE_DIR"):
        installation_id(tmp_path / "file" / "state")


def test_of_two_ids_that_are_made_at_once_the_first_one_lasts(tmp_path: Path) -> None:
    for made in ("first", "second"):
        _create_once(tmp_path / "installation-id", made)
    assert (tmp_path / "installation-id").read_text("ascii") == "first\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_processes_that_start_at_once_agree_on_the_installation_id(tmp_path: Path) -> None:
    code = "import pathlib, sys; from bot.platform import installation_id; print(installation_id(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path / "state")]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    answers = {child.communicate(timeout=60)[0] for child in children}
    assert len(answers) == 1
    assert len(answers.pop().strip()) == 36


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/home/a/Dropbox/week", "Dropbox"),
        ("/home/a/Dropbox (Kind Hands)/week", "Dropbox"),
        ("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/week", "iCloud Drive"),
        ("/Users/a/Library/CloudStorage/GoogleDrive-a@example.org/My Drive", "GoogleDrive"),
        ("/Users/a/Library/CloudStorage/Box-Box/week", "Box"),
        ("/home/a/Nextcloud2/week", "Nextcloud"),
        ("/home/a/Google Drive/week", "Google Drive"),
        ("/home/a/dropbox-notes/week", None),
        ("/home/a/campaigns/my-onedrive", None),
        ("/home/a/week", None),
    ],
)
def test_synchronised_folders_are_known_by_their_names(path: str, service: str | None) -> None:
    assert synchronised_by(PurePosixPath(path)) == service


def test_a_firms_onedrive_is_known_on_windows() -> None:
    assert synchronised_by(PureWindowsPath(r"C:\Users\a\OneDrive - Kind Hands\Documents\week")) == "OneDrive"
    assert synchronised_by(PureWindowsPath(r"G:\My Drive\week")) == "Google Drive"
    assert synchronised_by(PureWindowsPath(r"C:\Users\a\Documents\week")) is None


def test_a_desktop_kept_in_icloud_is_known_on_macos() -> None:
    home = PurePosixPath("/Users/a")
    assert icloud_desktop(home / "Documents" / "week", home, ["Documents"])
    assert not icloud_desktop(home / "Documents" / "week", home, [])
    assert not icloud_desktop(home / "campaigns", home, ["Documents", "Desktop"])


@pytest.mark.parametrize("marker", [".dropbox.cache", ".stfolder", ".nextcloudsync.log"])
def test_a_synchronised_folder_is_known_by_what_its_program_leaves_there(tmp_path: Path, marker: str) -> None:
    (tmp_path / marker).mkdir()
    problem = folder_risk(tmp_path / "not" / "there" / "yet")
    assert problem is not None
    assert "copied to other computers" in problem.what
    assert "Move the campaign's folder" in problem.remedy


def test_a_link_into_a_synchronised_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "OneDrive" / "week").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "OneDrive" / "week")
    problem = folder_risk(tmp_path / "link")
    assert problem is not None
    assert "OneDrive" in problem.what


def test_an_ordinary_folder_is_no_risk_and_has_room(tmp_path: Path) -> None:
    assert folder_risk(tmp_path) is None
    assert free_bytes(tmp_path / "not" / "there" / "yet") > 0


PROC_MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
server:/export /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/a/disk ext4 rw 0 0
//nas/team /mnt/the\\040team cifs rw 0 0
a@host:/ /mnt/ssh fuse.sshfs rw 0 0
C:\\134 /mnt/c 9p rw 0 0
/dev/sdc1 /mnt/stick fuse.exfat rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/week", None),
        ("/home/a/week", "nfs4"),
        ("/home/a/disk/week", None),
        ("/homes/a/week", None),
        ("/mnt/the team/week", "cifs"),
        ("/mnt/ssh/week", "fuse.sshfs"),
        ("/mnt/c/Users/a/week", "9p"),
        ("/mnt/stick/week", None),
    ],
)
def test_network_drives_are_known_on_linux(path: str, kind: str | None) -> None:
    assert network_mount(PurePosixPath(path), parse_proc_mounts(PROC_MOUNTS)) == kind


def test_the_last_of_two_mounts_in_one_place_counts() -> None:
    mounts = parse_proc_mounts("/dev/a / ext4 rw 0 0\n/dev/b /data ext4 rw 0 0\nnas:/d /data nfs rw 0 0\n")
    assert network_mount(PurePosixPath("/data/week"), mounts) == "nfs"


def test_the_own_root_of_a_virtual_machine_is_no_network_drive() -> None:
    assert network_mount(PurePosixPath("/data/week"), [("/", "9p")]) is None
    assert is_network_type("9p")


def test_network_drives_are_known_on_macos() -> None:
    printed = (
        "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
        "//anna@nas._smb._tcp.local/team on /Volumes/the team (smbfs, nodev, nosuid, mounted by anna)\n"
    )
    mounts = parse_mount_output(printed)
    assert network_mount(PurePosixPath("/Volumes/the team/week"), mounts) == "smbfs"
    assert network_mount(PurePosixPath("/Users/anna/week"), mounts) is None


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        (r"\\nas\team\week", True),
        ("//nas/team/week", True),
        (r"\\?\UNC\nas\team", True),
        (r"\\wsl.localhost\Debian\home", True),
        (r"\\?\C:\Users\a", False),
        (r"C:\Users\a", False),
    ],
)
def test_shares_are_known_on_windows(path: str, shared: bool) -> None:
    assert is_unc(path) is shared


def test_macos_says_when_it_goes_to_sleep() -> None:
    printed = "Currently in use:\n standby              1\n sleep                10 (sleep prevented by sharingd)\n displaysleep 5\n"
    assert "after 10 minutes" in (from_pmset(printed) or "")
    assert from_pmset(printed.replace("10 (", "0 (")) is None
    assert from_pmset("") is None


def test_windows_says_when_it_goes_to_sleep_in_any_language() -> None:
    printed = (
        "    Mögliche Einstellung (Minimum): 0x00000000\n    Mögliche Einstellung (Maximum): 0xffffffff\n"
        "  Index der aktuellen Wechselstromeinstellung: {}\n  Index der aktuellen Gleichstromeinstellung: {}\n"
    )
    assert "after 30 minutes" in (from_powercfg(printed.format("0x00000708", "0x00000000")) or "")
    assert "battery" in (from_powercfg(printed.format("0x00000000", "0x0000012c")) or "")
    assert from_powercfg(printed.format("0x00000000", "0x00000000")) is None
    assert from_powercfg("") is None


def test_a_linux_desktop_says_when_it_goes_to_sleep() -> None:
    assert "after 20 minutes" in (from_gnome("'suspend'\n", "uint32 1200\n") or "")
    assert from_gnome("'nothing'", "1200") is None
    assert from_gnome("'suspend'", "0") is None
    assert from_gnome("", "") is None


def test_a_laptop_is_asked_to_keep_its_lid_open() -> None:
    assert "lid" in (from_lid(has_battery=True, logind="#HandleLidSwitch=ignore\n") or "")
    assert from_lid(has_battery=True, logind="[Login]\nHandleLidSwitch=ignore\n") is None
    assert from_lid(has_battery=False, logind="") is None


def test_asking_this_computer_about_sleep_never_fails() -> None:
    risk = sleep_risk()
    assert risk is None or risk.endswith(".")


def test_a_command_that_is_missing_or_fails_prints_nothing() -> None:
    assert output_of("no-such-program-anywhere") == ""
    assert output_of(sys.executable, "-c", "print('lost'); raise SystemExit(3)") == ""
    assert output_of(sys.executable, "-c", "print('found')").strip() == "found"


def test_the_user_has_a_name() -> None:
    assert user_name()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become a user without a name")
def test_a_user_without_a_name_is_told_apart_by_number() -> None:
    code = "import os, pwd; from bot.platform import user_name; os.setuid(54321); print(user_name())"
    environ = {
        name: value for name, value in os.environ.items() if name not in {"LOGNAME", "USER", "LNAME", "USERNAME"}
    }
    child = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True, text=True)
    assert child.stdout.strip() == "user 54321"
