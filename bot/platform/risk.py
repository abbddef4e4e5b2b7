"""Folders that would corrupt a database or run it twice: network drives, and folders that copy themselves elsewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.platform.command import output_of
from bot.platform.folders import home_folder, is_there, nearest_existing

if TYPE_CHECKING:
    from collections.abc import Iterable

# A database in WAL mode needs memory that all its readers share: https://www.sqlite.org/wal.html
_NETWORK_TYPES = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "ftp", "gfs2", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb2", "smb3", "smbfs",
        "vboxsf", "vmhgfs", "webdav",
    }
)  # fmt: skip
_LOCAL_FUSE = frozenset({"ext2", "ext4", "fuse-overlayfs", "mergerfs", "ntfs-3g", "ntfs", "exfat", "zfs"})

# Names of folders, in lower case, as the providers' own programs create them.
_SYNCHRONISED_NAMES = {
    "box sync": "Box",
    "com~apple~clouddocs": "iCloud Drive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "icloud drive": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "my drive": "Google Drive",
    "pcloud drive": "pCloud",
    "proton drive": "Proton Drive",
    "synologydrive": "Synology Drive",
}
_SYNCHRONISED_STEMS = {
    "dropbox": "Dropbox",
    "nextcloud": "Nextcloud",
    "onedrive": "OneDrive",
    "owncloud": "ownCloud",
}
_CLOUD_STORAGE = "cloudstorage"  # macOS keeps every provider's folder in ~/Library/CloudStorage
_MARKERS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
    ".stfolder": "Syncthing",
    ".tmp.driveupload": "Google Drive",
    ".SynologyWorkingDirectory": "Synology Drive",
}
_MOUNT_LINE = re.compile(r"^.* on (?P<point>/.*) \((?P<type>[^,)]+)", re.MULTILINE)
_DRIVE_REMOTE = 4  # https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getdrivetypew


def folder_risk(path: Path) -> Problem | None:
    """Why a database must not lie here, with a way out; None when nothing speaks against it."""
    folder = nearest_existing(path)
    if drive := _network_drive(folder):
        return Problem(
            what=f"This folder is on a network drive ({drive}), where a database breaks.",
            where=str(path),
            remedy="Move the campaign's folder to this computer's own disk, and share the preview page instead.",
        )
    if service := synchronised_by(path.absolute()) or synchronised_by(folder) or _marked(folder) or _icloud(folder):
        return Problem(
            what=f"This folder is copied to other computers by {service}, so a post could be sent twice or lost.",
            where=str(path),
            remedy="Move the campaign's folder out of the synchronised one, and share the preview page instead.",
        )
    return None


def synchronised_by(path: PurePath) -> str | None:
    """The service that a path's names give away, or None."""
    names = [part.casefold() for part in path.parts]
    for position, name in enumerate(names):
        if name in _SYNCHRONISED_NAMES:
            return _SYNCHRONISED_NAMES[name]
        for stem, service in _SYNCHRONISED_STEMS.items():
            # "OneDrive - Kind Hands", "Dropbox (Kind Hands)", "Nextcloud2": never "dropbox-notes"
            if re.fullmatch(rf"{stem}(\d+| - .+| \(.+\))?", name):
                return service
        if name == _CLOUD_STORAGE and names[position - 1] == "library" and position + 1 < len(names):
            return path.parts[position + 1].split("-")[0]
    return None


def network_mount(path: PurePosixPath, mounts: Iterable[tuple[str, str]]) -> str | None:
    """The type of the network file system that a path lies on, or None; of equal mount points the last counts."""
    best, best_type = PurePosixPath("/"), ""
    for point, kind in mounts:
        candidate = PurePosixPath(point)
        if path.is_relative_to(candidate) and len(candidate.parts) >= len(best.parts):
            best, best_type = candidate, kind
    if best_type == "9p" and best == PurePosixPath("/"):
        return None  # a virtual machine's own root, not a share
    return best_type if is_network_type(best_type) else None


def is_network_type(kind: str) -> bool:
    """Whether a file system type reaches over a network. A FUSE type counts unless it is known to be local."""
    if kind.startswith("fuse."):
        return kind.removeprefix("fuse.") not in _LOCAL_FUSE
    return kind.casefold() in _NETWORK_TYPES


def parse_proc_mounts(text: str) -> tuple[tuple[str, str], ...]:
    """(mount point, type) of each line of /proc/self/mounts, which writes a space as ``\\040``."""
    rows = (line.split(" ") for line in text.splitlines())
    return tuple((_unescape(row[1]), row[2]) for row in rows if len(row) > 2)  # noqa: PLR2004 - the third column


def parse_mount_output(text: str) -> tuple[tuple[str, str], ...]:
    """(mount point, type) of each line that ``mount`` prints on macOS."""
    return tuple((match["point"], match["type"]) for match in _MOUNT_LINE.finditer(text))


def is_unc(path: str) -> bool:
    r"""Whether a Windows path names a share: ``\\server\share`` or ``\\?\UNC\...``, not ``\\?\C:\...``."""
    text = path.replace("/", "\\").casefold()
    if text.startswith(("\\\\?\\", "\\\\.\\")):
        return text[4:].startswith("unc\\")
    return text.startswith("\\\\")


def icloud_desktop(folder: PurePath, home: PurePath, kept_in_icloud: Iterable[str]) -> bool:
    """Whether macOS copies this folder because "Desktop & Documents" is switched on for iCloud."""
    return any(folder.is_relative_to(home / name) for name in kept_in_icloud)


def _network_drive(folder: Path) -> str | None:
    if sys.platform == "win32":
        return "shared folder" if is_unc(str(folder)) or _is_remote_drive(folder) else None
    elif sys.platform == "darwin":
        return network_mount(PurePosixPath(folder), parse_mount_output(output_of("/sbin/mount")))
    else:
        return network_mount(PurePosixPath(folder), parse_proc_mounts(_proc_mounts()))


def _proc_mounts() -> str:
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


if sys.platform == "win32":

    def _is_remote_drive(folder: Path) -> bool:
        import ctypes

        return int(ctypes.windll.kernel32.GetDriveTypeW(folder.anchor)) == _DRIVE_REMOTE


def _marked(folder: Path) -> str | None:
    home = home_folder()
    for level in (folder, *folder.parents):
        for marker, service in _MARKERS.items():
            if level != home and is_there(level / marker):  # ~/.dropbox holds the program's own settings
                return service
    return None


def _icloud(folder: Path) -> str | None:
    home = home_folder()
    drive = home / "Library" / "Mobile Documents" / "com~apple~CloudDocs"  # on other systems it is not there
    kept = [name for name in ("Desktop", "Documents") if is_there(drive / name)]
    return "iCloud Drive" if icloud_desktop(folder, home, kept) else None


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
