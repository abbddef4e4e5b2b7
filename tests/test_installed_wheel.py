"""The wheel in a fresh virtual environment, used as a person uses it, from another folder; and a newer one in mid-week."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import venv
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from bot.credentials import VARIABLES
from bot.errors import ExitCode
from tests.fake_x import FakeXServer
from tests.fake_x.fixtures import CREDENTIALS, HANDLE

ROOT = Path(__file__).parent.parent
NAME = "Care Heroes of the Year"
CREATE = "POST /2/tweets"
NEWER = "99.0.0"
SHIPPED = ("bot", "templates", "migrations", "config.example.toml", "pyproject.toml", "README.md", "LICENSE")
PATIENCE = 60.0
"""Seconds that a runner may take to come to a post that is due."""

NEXT_REVISION = '''"""A column that this version has no use for."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{after}", "{before}"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("motto", sa.Text, nullable=False, server_default=""))
'''


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A virtual environment; ``home`` stands in for its user's own folders."""

    folder: Path
    home: Path

    @property
    def python(self) -> Path:
        return self.scripts / Path(sys.executable).name

    @property
    def scripts(self) -> Path:
        return Path(sysconfig.get_path("scripts", "venv", vars={"base": str(self.folder)}))

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", vars={"base": str(self.folder)}))

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the checkout's; the secrets stand where a service would have them."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        secrets = {VARIABLES[field]: value for field, value in asdict(CREDENTIALS).items()}
        homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(self.home))
        return kept | homes | secrets | {"CAMPAIGN_BOT_BY": "Ann Example", "PYTHONUNBUFFERED": "1"}

    def install(self, wheel: Path) -> None:
        words = ("-m", "pip", "--python", self.python, "install", "-q", "--no-deps", "--no-index", wheel)
        subprocess.run([sys.executable, *words], check=True, capture_output=True)

    def run(self, folder: Path, *words: str | Path, code: ExitCode = ExitCode.FINE) -> str:
        """One command in a folder, by the script that the wheel has installed; what it said, on both streams."""
        done = subprocess.run(
            [self.scripts / "campaign-bot", *words],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.stdout}"
        return done.stdout

    def run_until(self, folder: Path, said: str) -> None:
        """Be the runner until it has said this, then end it in good order."""
        command = [str(self.scripts / "campaign-bot"), "run"]
        with subprocess.Popen(
            command, cwd=folder, env=self.environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as runner:
            too_long = threading.Timer(PATIENCE, runner.kill)
            too_long.start()
            assert runner.stdout is not None
            lines = []
            for line in runner.stdout:
                lines.append(line)
                if said in line:
                    runner.send_signal(signal.SIGTERM)
            too_long.cancel()
        assert any(said in line for line in lines), lines
        assert runner.returncode == ExitCode.FINE


def built(tree: Path, to: Path) -> Path:
    """The wheel of a source tree."""
    words = ("-m", "build", "--wheel", "--no-isolation", "--outdir", to, tree)
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    (wheel,) = to.glob("*.whl")
    return wheel


def newer_version(to: Path) -> Path:
    """This source tree one release later: another number, and one more step in the history of the schema."""
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, to / name)
    version, migrate = to / "bot" / "__init__.py", to / "bot" / "storage" / "migrate.py"
    version.write_text(re.sub('__version__ = ".*"', f'__version__ = "{NEWER}"', version.read_text("utf-8")), "utf-8")
    before = re.findall(r'^HEAD = "(\d+)"', migrate.read_text("utf-8"), re.MULTILINE)[0]
    after = f"{int(before) + 1:04}"
    migrate.write_text(migrate.read_text("utf-8").replace(f'HEAD = "{before}"', f'HEAD = "{after}"'), "utf-8")
    step = NEXT_REVISION.format(before=before, after=after)
    (to / "migrations" / "versions" / f"{after}_motto.py").write_text(step, "utf-8")
    return to


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def installation(tmp_path: Path, wheel: Path) -> Installation:
    """A fresh environment that holds the wheel, and sees the dependencies (and only them) of this one."""
    made = Installation(folder=tmp_path / "venv", home=tmp_path / "home")
    venv.create(made.folder, symlinks=os.name != "nt")
    made.home.mkdir()
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (made.packages / "dependencies.pth").write_text("\n".join(sorted(here)), "utf-8")
    made.install(wheel)
    return made


@pytest.fixture
def week(installation: Installation, tmp_path: Path) -> Path:
    """What ``init`` writes, with a lawful basis filled in."""
    installation.run(tmp_path, "init", "week")
    config = tmp_path / "week" / "config.toml"
    config.write_text(config.read_text("utf-8").replace('basis = ""', 'basis = "consent"'), "utf-8")
    return tmp_path / "week"


def plan_and_sign(installation: Installation, week: Path) -> dict[str, str]:
    """Load, plan, preview and approve; gives the text of the first message of every post by its code."""
    assert "20 people" in installation.run(week, "load", "top20.csv")
    assert "campaign-bot preview" in installation.run(week, "plan")
    seen = json.loads(installation.run(week, "preview", "--json"))
    assert seen["plan_code"] in installation.run(week, "preview")
    assert "signed off" in installation.run(week, "approve", "--all", "--accept-warnings", "--code", seen["plan_code"])
    return {post["code"]: post["parts"][0]["text"] for post in seen["posts"]}


def test_what_is_imported_and_read_is_what_the_wheel_brought(installation: Installation, tmp_path: Path) -> None:
    program = "import bot.resources as r; print(r.__file__, r.templates_dir(), r.migrations_dir(), r.config_example())"
    words = [str(installation.python), "-c", program]
    said = subprocess.run(words, cwd=tmp_path, env=installation.environment, capture_output=True, text=True, check=True)
    places = said.stdout.split()
    assert len(places) == 4
    assert all(Path(place).is_relative_to(installation.packages / "bot") for place in places)


def test_a_list_becomes_a_rehearsed_and_started_week(installation: Installation, week: Path) -> None:
    plan_and_sign(installation, week)
    assert "nothing was sent" in installation.run(week, "start", "--dry-run")
    assert "The start is on record" in installation.run(week, "start", "--no-run", "--confirm", NAME)
    installation.run(week, "reschedule", "w20", "--to", "now")
    installation.run_until(week, "posted    w20")
    assert "✓ 1 posted" in installation.run(week)
    page = week / "week.html"
    installation.run(week, "preview", "--html", page)
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_an_upgrade_in_mid_week_goes_on_where_the_old_version_stopped(
    installation: Installation, week: Path, fake_x: FakeXServer, tmp_path: Path
) -> None:
    texts = go_live(installation, week, fake_x)
    installation.run(week, "reschedule", "w20", "--to", "now")
    installation.run_until(week, "posted    w20")

    installation.install(built(newer_version(tmp_path / "tree"), tmp_path / "dist"))
    assert NEWER in installation.run(week, "--version")
    assert "campaign-bot db upgrade" in installation.run(week, "run", code=ExitCode.USAGE)
    assert "The copy from before" in installation.run(week, "db", "upgrade")
    assert list(week.glob("*.backup.db"))
    assert "LIVE" in installation.run(week, "status")

    installation.run(week, "reschedule", "w19", "--to", "now")
    installation.run_until(week, "posted    w19")
    assert fake_x.fake.texts() == [texts["w20"], texts["w19"]]
    assert fake_x.fake.count(CREATE) == 2
    assert fake_x.fake.refusals == []


def go_live(installation: Installation, week: Path, fake_x: FakeXServer) -> dict[str, str]:
    """Plan, sign, prove the account, start; gives the texts by code. Posts may follow each other within a second."""
    config = week / "config.toml"
    text = config.read_text("utf-8").replace("live = false", "live = true")
    text = text.replace('handle = "@example_charity"', f'handle = "@{HANDLE}"\napi_base = "{fake_x.base}"')
    config.write_text(text.replace('catch_up_spacing = "30s"', 'catch_up_spacing = "1s"'), "utf-8")
    texts = plan_and_sign(installation, week)
    installation.run(week, "doctor", "--online")
    assert "The start is on record" in installation.run(week, "start", "--no-run", "--confirm", NAME)
    return texts
