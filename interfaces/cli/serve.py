"""``interfaces serve NAME…``: serve until told to stop."""

from interfaces.cli.logs import configure
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions
from interfaces.runner.process import run
from interfaces.shared.asgi import Application
from interfaces.shared.telemetry import Telemetry

__all__ = ["application_of", "run_serve", "serve"]


def application_of(options: ServeOptions) -> Application:
    """Import the application that the options name. Raises ConfigError and ApplicationError."""
    return load(options.app, str(options.app_dir), factory=options.factory, wsgi=options.wsgi)


def run_serve(invocation: Invocation) -> int:
    """Serve the application over the named interfaces."""
    plan = invocation.plan
    options = plan.options
    app = application_of(options)
    telemetry = Telemetry(access=configure(options))
    return run(app, plan.chosen, options, app_name=options.app, telemetry=telemetry)


serve = NamesCommand("serve", run_serve)
