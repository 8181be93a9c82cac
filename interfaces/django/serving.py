"""Our server inside Django's own programs: runserver and live tests."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from interfaces.django.settings import options
from interfaces.runner.plan import Plan, make_plan
from interfaces.runner.process import loop_factory, serving_of
from interfaces.runner.sources import Environment, Given, Keywords, Table, read_table
from interfaces.shared.asgi import Application
from interfaces.shared.telemetry import Telemetry

__all__ = ["listen", "plan_of", "run"]


def plan_of(program: str, keywords: Mapping[str, Any], defaults: Mapping[str, Any]) -> Plan:
    """Make a plan of http and ws: keywords, environment, file, settings.INTERFACES, the program's defaults.

    Raises ConfigError for options that cannot be.
    """
    tables = [table for table in (read_table(), Table("settings.INTERFACES", options(), "setting")) if table]
    first = Keywords(keywords), Environment(os.environ)
    return make_plan(("http", "ws"), *first, *tables, Given(defaults, program))


def listen(host: str, port: int, *, ipv6: bool = False) -> socket.socket:
    """Open a listening socket; OSError as the system says it, which Django turns into words of its own."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ipv6 else socket.AF_INET)


def run(
    app: Application,
    plan: Plan,
    *,
    telemetry: Telemetry | None = None,
    started: Callable[[asyncio.AbstractEventLoop, asyncio.Event], None],
) -> None:
    """Serve in a loop of our own until the event given to ``started`` is set, in that loop."""

    async def serve() -> None:
        stop = asyncio.Event()
        async with serving_of(app, plan.chosen, plan.options, telemetry=telemetry):
            started(asyncio.get_running_loop(), stop)
            await stop.wait()

    with asyncio.Runner(loop_factory=loop_factory(plan.options.loop)) as runner:
        runner.run(serve())
