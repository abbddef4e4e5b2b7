"""Where the files lie that are not code: inside an installed copy, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def templates_dir() -> Path:
    """The templates that a new campaign begins with."""
    return locate("templates")


def migrations_dir() -> Path:
    """The history of the database's schema."""
    return locate("migrations")


def config_example() -> Path:
    """The commented config that a new campaign begins with."""
    return locate("config.example.toml")


def sample_list() -> Path:
    """A ranked list of people who do not exist."""
    return _PACKAGE / "samples" / "top20.csv"


def day_example() -> Path:
    """The commented config that a day of contributions begins with."""
    return _PACKAGE / "samples" / "day.toml"


def sample_contributions() -> Path:
    """Contributions of people who do not exist, some of which the checks stop."""
    return _PACKAGE / "samples" / "contributions.csv"


def locate(name: str, package: Path = _PACKAGE) -> Path:
    """A file or folder of the project's root: the installed copy first, else the one of the checkout.

    Raises ``FileNotFoundError`` where neither is there, which means that the installation is incomplete.
    """
    places = (package / "_resources" / name, package.parent / name)
    for place in places:
        if place.exists():
            return place
    message = f"{name} is missing from this installation: looked for {' and '.join(map(str, places))}"
    raise FileNotFoundError(message)
