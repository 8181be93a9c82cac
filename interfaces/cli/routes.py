"""``interfaces routes``: which scope types and routes an application has."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions
from interfaces.runner.route_tree import Node, tree
from interfaces.runner.sources import Environment, Given, read_table
from interfaces.shared.options import Source, build

__all__ = ["routes"]


def _lines(nodes: Iterable[Node], indent: int = 0) -> Iterator[str]:
    for node in nodes:
        text = f"{'  ' * indent}{node.what}"
        yield f"{text:<39} {node.leads}".rstrip()
        yield from _lines(node.inner, indent + 1)


@click.command("routes")
@click.option("--app", metavar="MODULE:ATTRIBUTE", help="the application; that of the options unless given")
@click.option("--app-dir", metavar="DIRECTORY", help="directory to import it from")
@click.option("--factory", is_flag=True, default=None, help="call the attribute without arguments to get it")
@click.option("--config", metavar="FILE", help="interfaces.toml, or a file of that shape")
@click.option("--json", "as_json", is_flag=True, help='as JSON: a list of {"what", "leads", "inner": […]}')
def routes(config: str | None, as_json: bool, **given: Any) -> int:
    """Print the scope types that an application takes, and its routes, as far as they can be read.

    It is imported, and not called. A line is a route and what it leads to: the channels and filters of a Routing, the
    paths of a URLRouter, of Django's views and of Starlette's routes, the recipients, commands and networks of our
    routers. "*" stands for an application whose types cannot be told; whatever is served comes to it.
    """
    spelled = {name: value for name, value in given.items() if value is not None}
    path = config or os.environ.get("INTERFACES_CONFIG")
    table = read_table(Path(path) if path else None)
    sources: list[Source] = [Given(spelled), Environment(os.environ), *([table] if table else [])]
    options, _ = build((), ServeOptions, *sources)
    app = load(options.app, str(options.app_dir), factory=options.factory, wsgi=options.wsgi)
    nodes = tree(app)
    if as_json:
        click.echo(json.dumps([asdict(node) for node in nodes], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(nodes)))
    return 0
