"""The four secrets of an account: read from the environment or a private file, kept out of everything else.

Never in the database, a log, an argument or an export. What the database may hold is the fingerprint.
On Windows, file modes say nothing about who can read a file; there the check of modes and owner is skipped and the
folder of the user's profile is relied on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import stat
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from traceback import format_exception
from types import TracebackType
from urllib.parse import quote

from bot.errors import CredentialsError, Problem
from bot.platform import sync_folder

VARIABLES: Mapping[str, str] = {
    "api_key": "X_API_KEY",
    "api_key_secret": "X_API_KEY_SECRET",
    "access_token": "X_ACCESS_TOKEN",
    "access_token_secret": "X_ACCESS_TOKEN_SECRET",
}
"""The environment variable of each secret; with ``_FILE`` at its end it names a file that holds it."""
_CONTEXT = b"campaign-bot credentials fingerprint 1"
_LARGEST = 64 * 1024
_ACCESS_TOKEN = re.compile(r"[0-9]{1,19}-[A-Za-z0-9_-]+")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOUNTED_BY_THE_SYSTEM = (Path("/run/secrets"), Path("/run/credentials"))
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_CONNECT = "Run 'campaign-bot connect' to enter them."


@dataclass(frozen=True, kw_only=True, repr=False)
class Credentials:
    """The OAuth 1.0a secrets of one account; they do not show themselves."""

    api_key: str
    api_key_secret: str
    access_token: str
    access_token_secret: str

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def user_id(self) -> str:
        """The account's id: X puts it before the hyphen of the access token."""
        return self.access_token.partition("-")[0]

    @property
    def values(self) -> tuple[str, ...]:
        """All four secrets, for whoever has to keep them out of a text."""
        return tuple(asdict(self).values())


def fingerprint(credentials: Credentials) -> str:
    """Tells whether credentials have changed, and nothing else: one way, because the secrets cannot be guessed."""
    return hmac.new(_CONTEXT, "\0".join(credentials.values).encode(), hashlib.sha256).hexdigest()


def default_path(config_dir: Path, network: str, handle: str) -> Path:
    """Where an account's secrets are kept unless the config names a file."""
    name, account = (re.sub(r"[^a-z0-9_]", "_", part.lower()) for part in (network, handle))
    return config_dir / "credentials" / f"{name}-{account}.toml"


def load_credentials(path: Path | None, environ: Mapping[str, str]) -> Credentials:
    """From the environment if it names any of the four, else from the file. Raises CredentialsError."""
    if any(environ.get(name) or environ.get(f"{name}_FILE") for name in VARIABLES.values()):
        return _checked(_from_environment(environ), VARIABLES)
    if path is None:
        raise CredentialsError(Problem(what="No credentials are set up for this account.", remedy=_CONNECT))
    return _checked(_from_file(path), {name: f"{path}, {name}" for name in VARIABLES})


def check_credentials(credentials: Credentials) -> Credentials:
    """Credentials as a person typed them, tidied. Raises CredentialsError with one problem per secret."""
    return _checked(asdict(credentials), {name: name.replace("_", " ") for name in VARIABLES})


def read_secret(name: str, environ: Mapping[str, str]) -> str:
    """A secret from its variable, or from the private file that ``name`` with ``_FILE`` names; empty without either.

    Raises CredentialsError when both are set, or the file is not private or not there.
    """
    named = environ.get(f"{name}_FILE")
    if named and environ.get(name):
        remedy = f"Unset {name} or {name}_FILE."
        raise CredentialsError(Problem(what="It is given twice, also as a file.", where=name, remedy=remedy))
    if named:
        return _read_private(Path(named), guarded=_mounted(Path(named), environ))
    return environ.get(name, "")


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for field, name in VARIABLES.items():
        try:
            values[field] = read_secret(name, environ)
        except CredentialsError as error:
            problems += error.problems
    if problems:
        raise CredentialsError(*problems)
    return values


def _mounted(path: Path, environ: Mapping[str, str]) -> bool:
    """Whether the system put the file there for this process (Docker, systemd): then its modes are the system's."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    places = (*_MOUNTED_BY_THE_SYSTEM, *([Path(folder)] if folder else []))
    return ".." not in path.parts and any(path.is_relative_to(place) for place in places)


def _from_file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(_read_private(path))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)", str(error))
        where = f"{path} {place.group() if place else ''}".strip()
        raise CredentialsError(
            Problem(what="It is not valid TOML.", where=where, remedy='Write lines such as api_key = "...".')
        ) from None
    return {name: value for name in VARIABLES if isinstance(value := table.get(name, ""), str)}


def _read_private(path: Path, *, guarded: bool = False) -> str:
    """The text of a file that only its owner can touch; checked on the opened file, not on its name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
    except FileNotFoundError:
        raise CredentialsError(
            Problem(what="There is no file with credentials.", where=str(path), remedy=_CONNECT)
        ) from None
    except OSError as error:
        raise CredentialsError(_unopened(path, error)) from None
    try:
        problem = _exposure(path, os.fstat(descriptor), guarded=guarded)
        content = b"" if problem else os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)
    if problem:
        raise CredentialsError(problem)
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise CredentialsError(Problem(what="It is not a text file.", where=str(path), remedy=_CONNECT)) from None


def _unopened(path: Path, error: OSError) -> Problem:
    if path.is_symlink():
        remedy = "Name the file itself."
        return Problem(what="It is a link, which could point anywhere.", where=str(path), remedy=remedy)
    return Problem(what=f"It cannot be read ({error.strerror}).", where=str(path), remedy="Check who owns it.")


def _exposure(path: Path, status: os.stat_result, *, guarded: bool) -> Problem | None:
    """Why a file is not private enough for secrets; None when it is. Windows has no modes to look at."""
    if not stat.S_ISREG(status.st_mode):
        return Problem(what="It is not a plain file.", where=str(path), remedy="Name the file with the credentials.")
    if guarded or os.name == "nt":
        return None
    if status.st_uid != os.geteuid():
        remedy = f"Run: chown {os.geteuid()} '{path}'"
        return Problem(what="It belongs to somebody else.", where=str(path), remedy=remedy)
    if status.st_mode & _OTHERS:
        remedy = f"Run: chmod 600 '{path}'"
        return Problem(what="Other people on this computer can read or change it.", where=str(path), remedy=remedy)
    return None


def _checked(values: Mapping[str, str], names: Mapping[str, str]) -> Credentials:
    tidy = {field: values.get(field, "").strip() for field in VARIABLES}
    problems = tuple(_problems(tidy, names))
    if problems:
        raise CredentialsError(*problems)
    return Credentials(**tidy)


def _problems(values: Mapping[str, str], names: Mapping[str, str]) -> Iterator[Problem]:
    for field, value in values.items():
        what, remedy = _mistake(field, value)
        if what:
            yield Problem(what=what, where=names[field], remedy=remedy)
    given = [value for value in values.values() if value]
    if len(set(given)) < len(given):
        where = ", ".join(names.values())
        yield Problem(what="Two of the four are the same.", where=where, remedy="Copy each one from X's console again.")


def _mistake(field: str, value: str) -> tuple[str, str]:
    """What is plainly wrong with one secret, and what to do about it; never the secret itself."""
    if not value:
        return "It is missing.", "All four are needed, from one place: four variables, or one file."
    if value[0] in _QUOTES or value[-1] in _QUOTES:
        return "It has quotation marks around it.", "Take them away."
    if not value.isascii() or not value.isprintable() or " " in value:
        return "It has characters in it that a secret of X never has.", "Copy it from X's console again."
    looks_like_token = _ACCESS_TOKEN.fullmatch(value) is not None
    if field == "access_token" and not looks_like_token:
        return "An access token begins with the account's number and a hyphen.", "Is it swapped with another one?"
    if field != "access_token" and looks_like_token:
        return "This looks like an access token.", "Is it swapped with another one?"
    return "", ""


def save_credentials(path: Path, credentials: Credentials) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises CredentialsError."""
    # A JSON string of printable ASCII is a TOML string too.
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in asdict(credentials).items()]
    text = "# Secrets: anybody who has these can post as you.\n" + "".join(lines)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, text.encode())
    except OSError as error:
        what = f"The credentials cannot be saved ({error.strerror})."
        raise CredentialsError(Problem(what=what, where=str(path), remedy="Check the folder.")) from None


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


HIDDEN = "[secret]"
_SHORTEST = 6
"""Shorter values are none of X's secrets, and hiding them would eat into ordinary words."""
_PATTERNS = (
    re.compile(r"(Bearer\s+)[^\s'\"]+", re.IGNORECASE),
    re.compile(r"(oauth_[a-z_]+=\"?)[^\"&,\s]+"),
)


class Redactor(logging.Filter):
    """Takes secrets out of log records, by their value and by the shape of what signed requests carry.

    A filter for handlers; ``install_redactor`` puts it where every record is made.
    """

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        super().__init__()
        self._values: tuple[str, ...] = ()
        self.add(hidden)

    def add(self, hidden: Iterable[str]) -> None:
        """Hide these too, also as they look inside a URL; the longest first, so that no tail stays behind."""
        worth_it = (value for value in hidden if len(value) >= _SHORTEST)
        values = {form for value in worth_it for form in (value, quote(value, safe=""))}
        self._values = tuple(sorted(values.union(self._values), key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\1{HIDDEN}", text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (cleaned := self.clean(message)) != message:
            record.msg, record.args = cleaned, ()
        if record.exc_info and record.exc_info[0]:
            trace = "".join(format_exception(*record.exc_info)).rstrip()
            if (cleaned := self.clean(trace)) != trace:
                # Formatters append exc_text as it stands when there is no exc_info to format.
                record.exc_info, record.exc_text = None, cleaned
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True

    def show(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """In place of ``sys.excepthook``: the traceback on stderr, without secrets."""
        sys.stderr.write(self.clean("".join(format_exception(kind, error, trace))))


class _RedactedRecord(logging.LogRecord):
    """Records are cleaned as they are made: whatever handler comes later, on whatever logger, gets them clean."""

    redactor = Redactor()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged
        self.redactor.filter(self)


def install_redactor(hidden: Iterable[str]) -> Redactor:
    """Keep these secrets out of all logs and tracebacks of this process, from now on. Calling again adds more."""
    _RedactedRecord.redactor.add(hidden)
    logging.setLogRecordFactory(_RedactedRecord)
    sys.excepthook = _RedactedRecord.redactor.show
    return _RedactedRecord.redactor
