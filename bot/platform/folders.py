"""Folders of this computer's user: where settings and state lie, who may read them, how much room is left."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import DatabaseError, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "campaign-bot"
_ID_FILE = "installation-id"


def config_dir(environ: Mapping[str, str], system: str = sys.platform) -> Path:
    """Where a user's settings and credentials lie. Creates nothing. Raises ``UsageError`` without a home folder.

    https://specifications.freedesktop.org/basedir-spec/latest/ says that a relative path there is to be ignored.
    """
    if chosen := environ.get("CAMPAIGN_BOT_CONFIG_DIR"):
        return Path(chosen).expanduser()
    if system == "win32":
        return _windows(environ, "APPDATA", "Roaming")
    if system == "darwin":
        return _home(environ) / "Library" / "Application Support" / NAME
    return _xdg(environ, "XDG_CONFIG_HOME", ".config")


def state_dir(environ: Mapping[str, str], system: str = sys.platform) -> Path:
    """Where this installation remembers what must not travel with a campaign's folder. Creates nothing.

    On Windows it is the local folder: a roaming one would carry the installation's id to another computer.
    Raises ``UsageError`` without a home folder.
    """
    if chosen := environ.get("CAMPAIGN_BOT_STATE_DIR"):
        return Path(chosen).expanduser()
    if system == "win32":
        return _windows(environ, "LOCALAPPDATA", "Local")
    if system == "darwin":
        return _home(environ) / "Library" / "Application Support" / NAME / "state"
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def protect_folder(path: Path) -> None:
    """Make a folder that only its owner can enter; one that is there is closed to others. Raises ``UsageError``.

    On Windows the user's profile is private already, and modes mean nothing.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform != "win32" and path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise UsageError(
            Problem(
                what=f"This folder cannot be kept private: {error.strerror or error}.",
                where=str(path),
                remedy="Choose a folder of your own, on a disk that knows owners.",
            )
        ) from error


def installation_id(folder: Path) -> str:
    """The lasting id of this installation, made on first use. ``folder`` is ``state_dir``.

    Raises ``DatabaseError`` when it cannot be kept or has been damaged.
    """
    path = folder / _ID_FILE
    try:
        if not path.exists():
            protect_folder(folder)
            _create_once(path, str(uuid.uuid4()))
        return str(uuid.UUID(path.read_text(encoding="ascii").strip()))
    except ValueError as error:
        remedy = "Remove that file; campaigns of this computer then ask for --take-over once."
        raise DatabaseError(
            Problem(what="The id of this installation is damaged.", where=str(path), remedy=remedy)
        ) from error
    except (OSError, UsageError) as error:
        remedy = "Set CAMPAIGN_BOT_STATE_DIR to a folder that you may write to and that outlives a restart."
        raise DatabaseError(
            Problem(what="The id of this installation cannot be kept.", where=str(path), remedy=remedy)
        ) from error


def free_bytes(path: Path) -> int:
    """Room left on the disk of a path, whether or not the path is there yet."""
    return shutil.disk_usage(nearest_existing(path)).free


def nearest_existing(path: Path) -> Path:
    """The path itself or the closest folder above it that exists, absolute, links followed."""
    found = path.absolute()
    while not is_there(found) and found != found.parent:
        found = found.parent
    return found.resolve()


def is_there(path: Path) -> bool:
    """Whether a path exists, as far as this user is allowed to know."""
    try:
        return path.exists()
    except OSError:  # before Python 3.14, a folder above that may not be entered
        return False


def home_folder() -> Path:
    """The user's home folder, or the root for a user that has none. Never raises."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def user_name() -> str:
    """Who is logged in, for the record of who did what; the number where the account has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # which of them depends on the version of Python and the system
        if sys.platform != "win32":
            return f"user {os.getuid()}"
        else:
            return "unknown user"


def sync_folder(folder: Path) -> None:
    """Make the names in it last through a power cut: a new file is only found again when its name is on the disk too.
    Windows has no such call. Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create_once(path: Path, text: str) -> None:
    """Write a whole file or none; of two processes that do so at once, the first wins."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _home(environ: Mapping[str, str]) -> Path:
    if home := environ.get("HOME") or environ.get("USERPROFILE"):
        return Path(home)
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageError(
            Problem(
                what="This user has no home folder.",
                remedy="Set CAMPAIGN_BOT_CONFIG_DIR and CAMPAIGN_BOT_STATE_DIR to folders that may be used instead.",
            )
        ) from error


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    chosen = Path(environ.get(variable, ""))
    return (chosen if chosen.is_absolute() else _home(environ) / default) / NAME


def _windows(environ: Mapping[str, str], variable: str, default: str) -> Path:
    if chosen := environ.get(variable):
        return Path(chosen) / NAME
    return _home(environ) / "AppData" / default / NAME
