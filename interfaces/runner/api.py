"""Serving from code: ``interfaces.run`` blocks, ``interfaces.Server`` lives inside a running loop."""

import os
from types import TracebackType
from typing import Any, Self

from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions
from interfaces.runner.plan import Plan, make_plan
from interfaces.runner.process import run as run_process
from interfaces.runner.process import serving_of
from interfaces.runner.server import Serving
from interfaces.runner.sources import Environment, Keywords
from interfaces.runner.start import supervised, wants_supervisor
from interfaces.runner.worker import Worker
from interfaces.shared.asgi import Application
from interfaces.shared.listen import Address
from interfaces.shared.telemetry import Telemetry

__all__ = ["Server", "run"]


def _plan(app: Application | str, names: tuple[str, ...], options: dict[str, Any]) -> Plan:
    said = {"app": app, **options} if isinstance(app, str) else options
    return make_plan(names or ("http", "ws"), Keywords(said), Environment(os.environ))


def _application(app: Application | str, options: ServeOptions) -> Application:
    """What was given, or what it names. Raises ConfigError and ApplicationError."""
    if not isinstance(app, str):
        return app
    how = {"factory": options.factory, "wsgi": options.wsgi}
    return load(app, str(options.app_dir), threads=options.threads, **how)


def run(app: Application | str, *names: str, telemetry: Telemetry | None = None, **options: Any) -> int:
    """Serve ``app`` over the named interfaces (none: http and ws) until SIGTERM; the exit code.

    ``app`` may be "module:attribute", as the command line has it.
    ``options`` are those of the command line: ``http_bind=("127.0.0.1:8000",)``, ``drain=5``. Logging is
    not configured. With ``workers`` or ``reload`` this program is started again, once a worker, up to this
    call: let nothing that should happen once stand before. Raises ConfigError for an option that cannot be, and for
    an application that is not there.
    """
    plan = _plan(app, names, options)
    worker = Worker.here()
    if worker is None and wants_supervisor(plan.options):
        return supervised(plan.chosen, plan.options)
    name = app if isinstance(app, str) else getattr(app, "__qualname__", type(app).__qualname__)
    own = _application(app, plan.options)
    return run_process(own, plan.chosen, plan.options, app_name=name, telemetry=telemetry, worker=worker)


class Server:
    """``async with Server(app, "http", http_bind=("127.0.0.1:0",)) as server``: serves while it is entered.

    ``addresses`` says where; leaving drains. Raises ConfigError and ApplicationError on entry. Signals are
    the caller's, the loop too; ``workers`` and ``reload`` have no meaning here.
    """

    def __init__(
        self, app: Application | str, *names: str, telemetry: Telemetry | None = None, **options: Any
    ) -> None:
        self._plan = _plan(app, names, options)
        self._app = app
        self._telemetry = telemetry
        self._serving: Serving | None = None

    @property
    def options(self) -> ServeOptions:
        """The process-wide options it was made with."""
        return self._plan.options

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, with the ports that were taken."""
        return self._serving.addresses if self._serving is not None else []

    @property
    def beside(self) -> list[str]:
        """What stands beside the interfaces, in words: "console on http://127.0.0.1:8088"."""
        return list(self._serving.beside) if self._serving is not None else []

    async def __aenter__(self) -> Self:
        plan = self._plan
        app = _application(self._app, plan.options)
        self._serving = serving_of(app, plan.chosen, plan.options, telemetry=self._telemetry)
        await self._serving.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving is not None:
            await self._serving.__aexit__(kind, error, trace)
