"""``interfaces demo``: a help desk over every protocol, served by our own servers. It needs the extra [demo]."""

from importlib import import_module

import click

__all__ = ["demo"]


@click.command()
@click.option("--bind", default="", metavar="HOST:PORT", help="where the pages are [127.0.0.1:8000]")
@click.option(
    "--port-base",
    type=int,
    metavar="PORT",
    help="the first of six ports in a row, for all; 0: any free ones [8000 8025 6667 8003 8004 8088]",
)
@click.option(
    "--state", default="", metavar="DIRECTORY", help="where all is kept [~/.local/state/interfaces/demo]"
)
@click.option(
    "--console", metavar="HOST:PORT", help="where the console is, which shows all that passes; '' is none"
)
@click.option("--fresh", is_flag=True, help="begin anew: forget what is kept there")
def demo(bind: str, port_base: int | None, console: str | None, state: str, fresh: bool) -> int:
    """Open a help desk to try: mail, texts, browsers, IRC and a fake Slack in one conversation."""
    # By name: the demo and the command line stand side by side, and neither knows the other.
    main = import_module("interfaces.demo.command").main
    code: int = main(bind, port_base=port_base, console=console, state=state, fresh=fresh)
    return code
