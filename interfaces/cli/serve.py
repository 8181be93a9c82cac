"""``interfaces serve NAME…``: serve until told to stop."""

from interfaces.cli.logs import configure
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions
from interfaces.runner.plan import Plan
from interfaces.runner.process import run
from interfaces.runner.start import supervised, wants_supervisor
from interfaces.runner.worker import Worker
from interfaces.shared.asgi import Application
from interfaces.shared.telemetry import Telemetry

__all__ = ["application_of", "run_serve", "serve", "serve_plan"]


def application_of(options: ServeOptions) -> Application:
    """Import the application that the options name. Raises ConfigError and ApplicationError."""
    return load(
        options.app, str(options.app_dir), factory=options.factory, wsgi=options.wsgi, threads=options.threads
    )


def serve_plan(plan: Plan) -> int:
    """Serve in this process, or supervise those that do (``--workers``, ``--reload``); gives the exit code.

    The application is imported, and the logs set up after it, only where it is served.
    """
    options = plan.options
    worker = Worker.here()
    if worker is None and wants_supervisor(options):
        configure(options)
        return supervised(plan.chosen, options)
    app = None if options.distributed else application_of(options)
    telemetry = Telemetry(access=configure(options))
    return run(app, plan.chosen, options, app_name=options.app, telemetry=telemetry, worker=worker)


def run_serve(invocation: Invocation) -> int:
    """Serve the application over the named interfaces; with --layer and without --app, workers run it."""
    return serve_plan(invocation.plan)


serve = NamesCommand("serve", run_serve)
