"""What a process says to whoever started it: lines on stderr, and signs of life for a service manager."""

import asyncio
import os
import re
import sys
from collections.abc import Iterable

from interfaces.shared.bind import Address
from interfaces.shared.notify import watchdog, watchdog_interval

__all__ = ["banner", "beat", "loop_name", "ops_lines", "say"]

KEPT = re.compile(r": (?:process-crash|host-crash|replica)\b")
"""What a line says that tells how well something is kept."""


def say(text: str) -> None:
    """A line for the person who started us, on stderr; that nobody reads it any more harms nothing."""
    try:
        sys.stderr.write(f"interfaces: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def banner(where: Iterable[str], mode: str, loop: str) -> None:
    """Say what listens where, in which mode, and what is kept of it."""
    where = list(where)
    for line in where:
        say(line)
    kept = "all else that" if any(KEPT.search(line) for line in where) else "nothing is kept: what"
    say(f"{mode}, pid {os.getpid()}, {loop} loop, {kept} is in flight lives in memory")


def ops_lines(addresses: Iterable[Address]) -> list[str]:
    """Where the operations port is."""
    return [f"/livez, /metrics and /readyz on {address}" for address in addresses]


def loop_name() -> str:
    """Whose event loop runs: "asyncio" or "uvloop"."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def beat() -> None:
    """Tell a service manager that watches us (WATCHDOG_USEC) again and again that the loop turns."""
    seconds = watchdog_interval()
    if seconds is not None:
        watchdog()
        asyncio.get_running_loop().call_later(seconds, beat)
