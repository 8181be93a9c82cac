"""``interfaces demo``: the chat, served by our own server. It needs the extra [demo]."""

from importlib import import_module

import click

from interfaces.shared.bind import parse_bind
from interfaces.shared.errors import ConfigError

__all__ = ["demo"]


@click.command()
@click.option(
    "--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help="where to listen [127.0.0.1:8000]"
)
def demo(bind: str) -> int:
    """Serve a chat to try: rooms, history and presence."""
    where = parse_bind(bind, 8000)
    if where.kind != "tcp":
        raise ConfigError(f"--bind {bind}: the demo listens on HOST:PORT")
    # By name: the demo and the command line stand side by side, and neither knows the other.
    code: int = import_module("interfaces.demo.command").main(where.host, where.port)
    return code
