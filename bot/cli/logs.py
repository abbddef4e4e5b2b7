"""Logs: on stderr and, if asked for, in a file that rotates. Neither ever holds a secret."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bot.errors import Problem, UsageError

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_FILE_SIZE, _FILES = 1_000_000, 5
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def set_up_logs(verbose: int, log_file: Path | None) -> None:
    """Warnings on stderr (more with ``verbose``); everything from INFO on in the file. Raises UsageError."""
    level = _LEVELS[min(verbose, len(_LEVELS) - 1)]
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(level)
    handlers: list[logging.Handler] = [screen]
    if log_file is not None:
        try:
            file = RotatingFileHandler(log_file, maxBytes=_FILE_SIZE, backupCount=_FILES, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                Problem(what=f"The log file cannot be written: {error.strerror}.", where=str(log_file))
            ) from error
        file.setLevel(min(level, logging.INFO))
        handlers.append(file)
    logging.basicConfig(level=min(level, logging.INFO), format=_FORMAT, handlers=handlers, force=True)
    for name in ("tweepy", "urllib3", "requests_oauthlib", "oauthlib", "sqlalchemy", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
