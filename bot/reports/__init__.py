"""What is shown, and how: on the screen, as pages, as files. Pure, but for the style sheets and templates of this package."""

from __future__ import annotations

from importlib.resources import files


def resource(name: str) -> str:
    """The text of a style sheet or template that lies here."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
