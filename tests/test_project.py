"""The rules that keep the project clean and pleasant: sizes, locks, addresses, one version, one history."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot

ROOT = Path(__file__).parent.parent
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 40
GENERATED = {".git", ".venv", "build", "demo", "dist", "node_modules"}
LEFTOVERS = re.compile(r"__pycache__|^\.\w+_cache$|^\.hypothesis$|\.egg-info$")
BINARY = {".png", ".jpg", ".gif", ".ico", ".woff2", ".xlsx", ".xls", ".db", ".pdf"}
PYTHON_FOLDERS = ("bot", "tests", "benchmarks", "migrations")

# Put together here, so that this file does not hold them itself.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "--index" + "-url ", "npm" + "js.", "crates" + ".io/")
PLACES = re.compile(
    r"(?<![\w.~-])/(?:" + "|".join(("work", "root", "tmp/bash_jobs", "opt/py" + "pi")) + r")(?:/|\b(?=[\"' ]))"
)
SHARED = ".." + "/shared"


def project_files() -> list[Path]:
    """What git knows or would add; without git, everything that is not generated."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode == 0 and listed.stdout:
        found = {ROOT / name for name in listed.stdout.split("\0") if name}
    else:
        found = {path for path in ROOT.rglob("*") if not GENERATED & set(path.relative_to(ROOT).parts)}
    parts = {path: path.relative_to(ROOT).parts for path in found}
    return sorted(path for path in found if path.is_file() and not any(LEFTOVERS.search(part) for part in parts[path]))


def text_files() -> list[Path]:
    return [path for path in project_files() if path.suffix not in BINARY]


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def function_lengths(path: Path) -> dict[str, int]:
    """Lines from ``def`` to the end, without docstring and decorators, of each function of a file."""
    lengths = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = ast.get_docstring(node, clean=False) is not None
            docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
            lengths[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = (
                (node.end_lineno or node.lineno) - node.lineno + 1 - docstring
            )
    return lengths


def pyproject() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def pins(lock: str) -> dict[str, str]:
    """Exact versions by name, of one lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {address}"
        for path in text_files()
        for address in REGISTRIES
        if address in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in text_files()
        for match in PLACES.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_only_ci_knows_where_the_reference_lies() -> None:
    found = [path.relative_to(ROOT) for path in text_files() if SHARED in path.read_text(encoding="utf-8")]
    assert found in ([], [Path(".ci/run")])


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*PYTHON_FOLDERS)}
    assert {str(path): lines for path, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_reader_can_hold() -> None:
    lengths = {name: lines for path in python_files(*PYTHON_FOLDERS) for name, lines in function_lengths(path).items()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize(("folder", "bar"), [("bot", 20), ("tests", 25)])
def test_nine_functions_of_ten_are_short(folder: str, bar: int) -> None:
    lengths = sorted(lines for path in python_files(folder) for lines in function_lengths(path).values())
    assert lengths[len(lengths) * 9 // 10] <= bar


def test_the_version_stands_in_one_place() -> None:
    project = pyproject()
    assert project["project"]["dynamic"] == ["version"]
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "bot/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", bot.__version__)


def test_the_locks_cover_every_requirement() -> None:
    project = pyproject()["project"]
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    wanted = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": project["dependencies"] + extras,
        "requirements-build.lock": pyproject()["build-system"]["requires"],
    }
    for lock, requirements in wanted.items():
        pinned = pins(lock)
        for requirement in map(Requirement, requirements):
            version = pinned.get(canonicalize_name(requirement.name))
            assert version is not None, f"{lock} lacks {requirement}: run make lock"
            assert requirement.specifier.contains(version), f"{lock} has {version}, not {requirement}: run make lock"


def test_the_locks_agree_with_each_other() -> None:
    everything = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert pins(lock).items() <= everything.items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_history_of_the_schema_is_one_line() -> None:
    versions = ROOT / "migrations" / "versions"
    if not versions.is_dir():
        pytest.skip("there are no migrations yet")
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert not [revision.revision for revision in script.walk_revisions() if revision.is_merge_point]


def test_what_the_wheel_takes_along_is_what_the_program_looks_for() -> None:
    included = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {name: f"bot/_resources/{name}" for name in ("templates", "migrations", "config.example.toml")}


def test_make_lists_each_of_its_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)) == set(phony[1].split())
