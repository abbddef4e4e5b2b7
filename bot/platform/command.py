"""Asking another program of this computer, for facts that are nice to know and never needed."""

from __future__ import annotations

SECONDS = 5.0


def output_of(*command: str) -> str:
    """What a command printed; empty when it is not there, fails, or takes longer than ``SECONDS``. Never raises."""
    import subprocess  # imported here: it costs 5 ms, and most commands never ask

    try:
        # The commands are constants of this package, and no shell reads them.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, check=True, stdin=subprocess.DEVNULL, timeout=SECONDS
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")
