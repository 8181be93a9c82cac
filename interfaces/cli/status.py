"""``interfaces status``: one screen of what a running process does; exit code 0 if it is ready."""

import json
import time
from math import isnan
from typing import Any

import click

from interfaces.cli.ops_client import OpsPort, Seconds, found_port, ops_option
from interfaces.cli.ops_figures import Look, Rates
from interfaces.cli.ops_screen import rows, screen
from interfaces.shared.errors import Unavailable

__all__ = ["looked", "status"]


def looked(port: OpsPort, before: Look, seconds: float) -> tuple[dict[str, Any], Rates]:
    """What it says now, with the rates since ``before``, which was ``seconds`` ago. Raises Unavailable."""
    return port.status(), Rates(before, Look.read(port.figures()), seconds)


@click.command("status")
@ops_option()
@click.option("--seconds", type=Seconds(0.05, 60), default=1.0, show_default=True, metavar="SECONDS",
              help="over which rates are taken")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def status(ops: str, seconds: float, as_json: bool) -> int:
    """Show whether a process is ready and why not, what listens, and what it does; code 1 where it is not ready."""
    port = found_port(ops)
    try:
        before = Look.read(port.figures())
        began = time.monotonic()
        time.sleep(seconds)
        said, rates = looked(port, before, time.monotonic() - began)
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps({**said, "scopes": [_plain(row) for row in rows(rates)]}, indent=2))
    else:
        click.echo("\n".join(screen(said, rates)))
    return 0 if said["ready"] else 1


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON can say it."""
    return {key: None if isinstance(value, float) and isnan(value) else value for key, value in row.items()}
