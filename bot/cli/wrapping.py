"""Long lines on a terminal: broken between words, never inside a command that somebody may copy."""

from __future__ import annotations

import re

_NARROWEST = 40
_PAINT = r"\x1b\[[0-9;]*m"
_ESCAPE = re.compile(_PAINT)
_SIGNED = re.compile(rf"(?:{_PAINT})*(?P<indent> *)(?:{_PAINT})*(?:[!✗✓→●»‖~?](?:{_PAINT})* |Next: )")
_ENDS_A_COMMAND = (",", ";", ")", ":", ".")


def fitted(text: str, width: int) -> str:
    """Break what the program says, lines that begin with a sign, to ``width`` columns; what goes on is indented.

    Everything else stays as it is: tables, texts of posts, and a command that is longer than the line. A terminal
    breaks such a command itself, so that copying it still gives one line.
    """
    if width < _NARROWEST:
        return text
    return "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    found = _SIGNED.match(line)
    if found is None or _columns(line) <= width:
        return line
    indent = " " * (len(found["indent"]) + 2)
    first, *rest = _pieces(line[found.end() :])
    lines = [line[: found.end()] + first]
    for piece in rest:
        if _columns(f"{lines[-1]} {piece}") <= width:
            lines[-1] += f" {piece}"
        elif piece:
            lines.append(indent + piece)
    return "\n".join(one.rstrip(" ") for one in lines)


def _pieces(text: str) -> list[str]:
    """Words, and whole commands as one."""
    pieces: list[str] = []
    inside = False
    for word in text.split(" "):
        if inside:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
            inside = _ESCAPE.sub("", word).lstrip("(") == "campaign-bot"
        if inside and pieces[-1].count('"') % 2 == 0 and _ESCAPE.sub("", word).endswith(_ENDS_A_COMMAND):
            inside = False
    return pieces


def _columns(text: str) -> int:
    return len(_ESCAPE.sub("", text))
