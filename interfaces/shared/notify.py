"""Tells systemd, or whoever started us, how we do: the protocol of sd_notify(3) and sd_watchdog_enabled(3).

``Type=notify``: READY=1 when everything listens, STOPPING=1 when draining begins. ``Type=notify-reload``:
RELOADING=1 on SIGHUP, then READY=1. ``WatchdogSec=``: WATCHDOG=1 at half the interval.
"""

import os
import socket
from collections.abc import Mapping

__all__ = ["notify", "ready", "reloading", "stopping", "watchdog", "watchdog_interval"]


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send ``VARIABLE=value`` lines in one datagram; False when nobody listens for them. Never raises."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            # Never wait for a service manager that does not read.
            sock.setblocking(False)
            sock.sendto("\n".join(lines).encode(), "\0" + path[1:] if path[0] == "@" else path)
    except OSError:
        return False
    return True


def ready(status: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Everything listens; ``status`` is what ``systemctl status`` shows."""
    return notify("READY=1", f"STATUS={status}", environ=environ)


def reloading(now: float, environ: Mapping[str, str] = os.environ) -> bool:
    """A reload begins; ``now`` are seconds of CLOCK_MONOTONIC. :func:`ready` ends it."""
    return notify("RELOADING=1", f"MONOTONIC_USEC={int(now * 1_000_000)}", environ=environ)


def stopping(status: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Draining begins."""
    return notify("STOPPING=1", f"STATUS={status}", environ=environ)


def watchdog(environ: Mapping[str, str] = os.environ) -> bool:
    """Still alive."""
    return notify("WATCHDOG=1", environ=environ)


def watchdog_interval(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two calls of :func:`watchdog`, half of what is granted; None when nobody watches us."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000
