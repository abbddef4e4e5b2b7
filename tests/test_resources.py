"""Where the root folders are found, in a checkout and in an installed copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.resources import locate, migrations_dir, templates_dir

ROOT = Path(__file__).parent.parent


def test_a_checkout_uses_the_folders_beside_the_package() -> None:
    assert templates_dir() == ROOT / "templates"
    assert migrations_dir() == ROOT / "migrations"


def test_the_installed_copy_comes_before_a_folder_of_the_same_name_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "bot"
    (package / "_resources" / "templates").mkdir(parents=True)
    (package.parent / "templates").mkdir()
    assert locate("templates", package) == package / "_resources" / "templates"


def test_an_incomplete_installation_says_what_is_missing_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"templates is missing.*_resources"):
        locate("templates", tmp_path / "bot")
