"""``interfaces tail``: what passes through a process that has the development console, a line a message."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from interfaces.cli.console_client import TIMEOUT, ConsoleClient, console_option
from interfaces.cli.ops_client import Seconds
from interfaces.shared.errors import Unavailable

__all__ = ["line_of", "tail"]

COLORS = {
    "email": "yellow", "slack": "magenta", "sms": "green", "irc": "cyan", "websocket": "blue", "http": "white",
}  # fmt: skip
BAD = {"failed": "red", "rejected": "red", "deferred": "yellow"}
"""Verdicts that are told, and how."""
PATIENCE = 30.0
"""Seconds that a process which starts again may take."""
PIECE = 60.0
"""Seconds of one question, of those that wait longer."""

Row = dict[str, Any]
Query = dict[str, Any]


@click.command("tail")
@console_option()
@click.option(
    "--protocol",
    default="",
    metavar="NAME",
    help="only messages of it: email, slack, sms, irc, websocket, http",
)
@click.option("--type", "kind", default="", metavar="TYPE", help="only messages of this type: email.receive")
@click.option("--text", default="", metavar="TEXT", help="only messages that have it somewhere")
@click.option(
    "--after",
    type=int,
    default=None,
    metavar="ID",
    help="begin behind this message; 0: with all that is kept",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
@click.option(
    "--wait", default="", metavar="TYPE", help="end with code 0 at the first message of this type that fits"
)
@click.option(
    "--timeout", type=Seconds(0), default=0.0, metavar="SECONDS", help="end with code 1 after it [never]"
)
def tail(console: str, as_json: bool, wait: str, timeout: float, after: int | None, **asked: str) -> int:
    """Follow what passes between the interfaces and the application, as the development console sees it."""
    query: Query = {
        "protocol": asked["protocol"],
        "type": wait or asked["kind"],
        "text": asked["text"],
        "after": after,
    }
    show = _json if as_json else _shown
    try:
        with ConsoleClient(console) as client:
            if wait:
                return _wait(client, query, timeout, show)
            return _follow(client, query, timeout, show)
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1


def _state(client: ConsoleClient) -> Row:
    """What the console says of itself. Raises Unavailable, also when that is none."""
    status, found = client.ask("/api/state")
    if status != 200 or "run" not in found:
        raise Unavailable(f"what answers there is no console: /api/state is {status}")
    return found


def _wait(client: ConsoleClient, query: Query, timeout: float, show: Callable[[Row], None]) -> int:
    """Show the first that fits, from now on unless --after says otherwise."""
    if query["after"] is None:
        query["after"] = _state(client).get("last", 0)
    end = time.monotonic() + timeout
    while True:
        left = end - time.monotonic() if timeout else PIECE
        if left <= 0:
            click.echo(f"interfaces: no {query['type']} within {timeout:g} s", err=True)
            return 1
        status, found = client.ask("/api/wait", {**query, "timeout": min(left, PIECE)})
        if status == 200:
            show(found)
            return 0
        if status != 408:
            raise Unavailable(f"the console says: {found.get('error', status)}")


def _follow(client: ConsoleClient, query: Query, timeout: float, show: Callable[[Row], None]) -> int:
    """Show all; where the process starts again, those of the new one."""
    end = time.monotonic() + timeout if timeout else float("inf")
    run = _state(client)["run"]
    while True:
        for name, row in client.stream(query, max(0.1, min(TIMEOUT, end - time.monotonic()))):
            if name in ("message", "update"):
                query = {**query, "after": max(query["after"] or 0, row["id"])}
                _told(name, row, show)
            if time.monotonic() >= end:
                return 1
        if time.monotonic() >= end:
            return 1
        was, run = run, _back(client)
        if run != was:
            query = {**query, "after": 0}


def _back(client: ConsoleClient) -> str:
    """Wait for a process that starts again; which one it is."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return str(_state(client)["run"])
        except Unavailable:
            if time.monotonic() >= until:
                raise
        time.sleep(0.1)


def _told(name: str, row: Row, show: Callable[[Row], None]) -> None:
    if name == "message" or row["verdict"] in BAD:
        show(row)


def _json(row: Row) -> None:
    click.echo(json.dumps(row))


def _shown(row: Row) -> None:
    click.echo(line_of(row))


def line_of(row: Row) -> str:
    """A message in one line: when, where, which way, what, and what became of it where that is bad."""
    moment = datetime.fromtimestamp(row["time"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
    arrow = "→" if row["direction"] == "in" else "←"
    kind = click.style(f"{row['type']:<20}", fg=COLORS.get(row["protocol"]))
    took = f" {row['took_ms']:g} ms" if row["took_ms"] is not None else ""
    verdict = row["verdict"]
    told = click.style(f" {verdict}", fg=BAD[verdict]) if verdict in BAD else ""
    error = click.style(f" {row['error']}", fg="red") if row["error"] else ""
    return f"{moment} {row['id']:>5} {arrow} {kind} {row['title']}{click.style(took, dim=True)}{told}{error}"
