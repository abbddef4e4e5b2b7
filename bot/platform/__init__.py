"""What differs by operating system: folders, the runner's lock, sleep. Nothing else in the project asks which one it is."""

from bot.platform.folders import (
    config_dir,
    free_bytes,
    installation_id,
    protect_folder,
    state_dir,
    sync_folder,
    user_name,
)
from bot.platform.lock import LockHolder, RunnerLock
from bot.platform.process import ProcessIdentity, surely_gone, this_process
from bot.platform.risk import folder_risk
from bot.platform.sleep import sleep_risk

__all__ = [
    "LockHolder",
    "ProcessIdentity",
    "RunnerLock",
    "config_dir",
    "folder_risk",
    "free_bytes",
    "installation_id",
    "protect_folder",
    "sleep_risk",
    "state_dir",
    "surely_gone",
    "sync_folder",
    "this_process",
    "user_name",
]
