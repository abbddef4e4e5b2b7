"""The real program on what it takes for another computer: ``python -m tests.reality.machine NAME run``."""

from __future__ import annotations

import socket
import sys


def main() -> None:
    name = sys.argv.pop(1)
    socket.gethostname = lambda: name
    from bot.cli import main as campaign_bot

    campaign_bot()


if __name__ == "__main__":
    main()
