"""``interfaces worker``: run the application for interface containers."""

import os
from pathlib import Path

import click
from click.core import ParameterSource

from interfaces.cli.names import click_option
from interfaces.cli.serve import serve_plan
from interfaces.runner.options import WorkerOptions
from interfaces.runner.plan import CheckedSource, Plan, worker_plan
from interfaces.runner.sources import Environment, Given, read_table
from interfaces.shared.options import flags

__all__ = ["worker"]

LISTENERS = ("tls_", "proxy_", "backlog", "reuse_port", "trusted_", "forwarded", "handshake_", "relay_bind",
             "relay_queue", "relay_wait", "relay_tls_cert", "relay_tls_key", "access_log")  # fmt: skip
"""Options that mean something only to who listens. ``relay`` is a container's as well."""
FLAGS = [
    flag for flag in flags((), WorkerOptions) if not flag.key.startswith(LISTENERS) and flag.key != "relay"
]


def plan_of(given: Given, config: Path | None) -> Plan:
    """What a worker is to do. Raises ConfigError."""
    variable = os.environ.get("INTERFACES_CONFIG")
    table = read_table(config or (Path(variable) if variable else None))
    sources: list[CheckedSource] = [given, Environment(os.environ)]
    if table:
        sources.append(table)
    return worker_plan(*sources)


@click.command(
    "worker",
    params=[
        click.Option(["--config"], metavar="FILE", help="interfaces.toml, or a file of that shape"),
        *map(click_option, FLAGS),
    ],
)
@click.pass_context
def worker(ctx: click.Context, /, config: str | None, **given: object) -> int:
    """Run the application for interface containers: those on the layer, or those named by --connect."""
    spelled = {
        flag.name: given[flag.words]
        for flag in FLAGS
        if ctx.get_parameter_source(flag.words) is ParameterSource.COMMANDLINE
    }
    return serve_plan(plan_of(Given(spelled), Path(config) if config else None))
