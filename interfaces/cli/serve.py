"""``interfaces serve NAME…``: serve until told to stop."""

from interfaces.cli.logs import configure
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions
from interfaces.runner.plan import Plan
from interfaces.runner.process import run
from interfaces.shared.asgi import Application
from interfaces.shared.telemetry import Telemetry

__all__ = ["application_of", "run_serve", "serve", "serve_plan"]


def application_of(options: ServeOptions) -> Application:
    """Import the application that the options name. Raises ConfigError and ApplicationError."""
    return load(options.app, str(options.app_dir), factory=options.factory, wsgi=options.wsgi)


def serve_plan(plan: Plan, inherited: dict[str, tuple[int, ...]] | None = None) -> int:
    """Import the application, set up the logs and serve, all in this process; gives the exit code.

    ``inherited``: the text of a bind to the descriptors that a supervising process opened for it.
    """
    options = plan.options
    app = application_of(options)
    telemetry = Telemetry(access=configure(options))
    return run(app, plan.chosen, options, app_name=options.app, telemetry=telemetry, inherited=inherited)


def run_serve(invocation: Invocation) -> int:
    """Serve the application over the named interfaces."""
    return serve_plan(invocation.plan)


serve = NamesCommand("serve", run_serve)
