"""``interfaces top``: what a running process does, again and again, until Ctrl+C."""

import sys
import time
from shutil import get_terminal_size

import click

from interfaces.cli.ops_client import OpsPort, Seconds, found_port, ops_option
from interfaces.cli.ops_figures import Look
from interfaces.cli.ops_screen import screen
from interfaces.cli.status import looked
from interfaces.shared.errors import Unavailable

__all__ = ["top"]

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""Another page of the terminal, without a cursor; and back."""
HOME, END_OF_LINE, BELOW = "\x1b[H", "\x1b[K", "\x1b[J"


@click.command("top")
@ops_option()
@click.option("--interval", type=Seconds(0.05, 3600), default=2.0, show_default=True, metavar="SECONDS",
              help="between two looks")  # fmt: skip
@click.option("--once", is_flag=True, help="show one screen, and end")
def top(ops: str, interval: float, once: bool) -> int:
    """Show what a process does, refreshed until Ctrl+C; as status does, without its exit code."""
    port = found_port(ops)
    try:
        if once or not sys.stdout.isatty():
            return _plain(port, interval, once=once)
        click.echo(ENTER, nl=False)
        try:
            _follow(port, interval)
        finally:
            click.echo(LEAVE, nl=False)
    except KeyboardInterrupt:
        pass
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1
    return 0


def _plain(port: OpsPort, interval: float, *, once: bool) -> int:
    """One screen below the other. Raises Unavailable."""
    before, began = Look.read(port.figures()), time.monotonic()
    while True:
        time.sleep(interval)
        now = time.monotonic()
        said, rates = looked(port, before, now - began)
        click.echo("\n".join(screen(said, rates)))
        if once:
            return 0
        click.echo("")
        before, began = rates.after, now


def _follow(port: OpsPort, interval: float) -> None:
    """One screen in the place of the other; a process that is away may come again. Raises Unavailable at the start."""
    before, began = Look.read(port.figures()), time.monotonic()
    while True:
        time.sleep(interval)
        now = time.monotonic()
        try:
            said, rates = looked(port, before, now - began)
        except Unavailable as error:
            _paint([str(error)])
            continue
        _paint(screen(said, rates))
        before, began = rates.after, now


def _paint(lines: list[str]) -> None:
    size = get_terminal_size()
    shown = [line[: size.columns] for line in lines[: size.lines - 1]]
    click.echo(HOME + "".join(f"{line}{END_OF_LINE}\n" for line in shown) + BELOW, nl=False)
