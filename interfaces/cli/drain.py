"""``interfaces drain``: have a running process stop gracefully, wait for it, and say what it waits for."""

import os
import select
import signal
import time
from collections.abc import Callable

import click

from interfaces.cli.ops_client import OpsPort, Seconds, found_port, ops_option
from interfaces.cli.ops_figures import Look
from interfaces.cli.ops_screen import waits
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["drain"]

LOOK = 0.25
"""Seconds between two looks at what it waits for."""


@click.command("drain")
@ops_option()
@click.option("--pid", type=click.IntRange(1), metavar="N", help="send SIGTERM to this process instead")
@click.option("--timeout", type=Seconds(0), default=600.0, show_default=True, metavar="SECONDS",
              help="end with code 1 when it has not ended by then; it goes on draining")  # fmt: skip
def drain(ops: str, pid: int | None, timeout: float) -> int:
    """Have a process finish what is in flight and end; wait for that, and say what it waits for."""
    if pid is not None and ops:
        raise click.UsageError("--pid and --ops name the same: say one of them")
    until = time.monotonic() + timeout
    try:
        ended = _by_signal(pid, until) if pid is not None else _by_port(found_port(ops), until)
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1
    click.echo("ended" if ended else f"it has not ended after {timeout:g} s, and goes on draining")
    return 0 if ended else 1


def _by_port(port: OpsPort, until: float) -> bool:
    """Ask the operations port, which is there until all else has ended. Raises Unavailable and ConfigError."""
    pid = port.status()["pid"]
    status, why = port.ask("/drain", "POST")
    if status != 202:
        raise ConfigError(f"{port} does not drain: {' '.join(why.split())}; or say --pid N on its machine")
    click.echo(f"draining process {pid}")
    said = ""

    def gone() -> bool:
        nonlocal said
        try:
            words = waits(Look.read(port.figures()))
        except Unavailable:
            return True
        if words != said:
            said = words
            click.echo(f"waiting for {words or 'the end of the process'}")
        return False

    return _until(gone, until)


def _by_signal(pid: int, until: float) -> bool:
    """Send SIGTERM, and wait for the end of the process. Raises ConfigError for one that is not ours to end."""
    try:
        descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        raise ConfigError(f"--pid {pid}: there is no such process") from None
    except PermissionError:
        raise ConfigError(f"--pid {pid}: this user may not end it") from None
    click.echo(f"draining process {pid}: waiting for its end")
    if descriptor < 0:
        return _until(lambda: not _there(pid), until)
    try:  # readable once it has ended, also before its parent has heard of that
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        return bool(ready)
    finally:
        os.close(descriptor)


def _there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(gone: Callable[[], bool], until: float) -> bool:
    while not gone():
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK)
    return True
