"""``manage.py runserver`` on our own server, for development: HTTP and WebSockets, static files, reload.

Django's command stays in charge of addresses, checks, migrations, messages and the reloader; only what it
thinks is a WSGI server is ours.
"""

import asyncio
import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from interfaces.cli.logs import configure
from interfaces.django.serving import listen, plan_of, run
from interfaces.django.settings import application_path
from interfaces.runner.plan import Plan
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.telemetry import Telemetry

__all__ = ["Command", "DevelopmentServer"]

DEFAULTS = {"access_log": True, "drain": 1.0, "http.drain_idle": 0.0, "ws.drain_spread": 0.0}
"""What differs from production: a line a request, and no long wait at Ctrl+C."""


def make_plan(keywords: dict[str, Any]) -> Plan:
    """Make the plan of a development server."""
    return plan_of("runserver", keywords, DEFAULTS)


class DevelopmentServer:
    """Does what ``django.core.servers.basehttp.run`` asks of a WSGI server."""

    def __init__(self, address: tuple[str, int], handler: Any, *, ipv6: bool = False) -> None:
        self.socket = listen(*address, ipv6=ipv6)
        self.server_port: int = self.socket.getsockname()[1]
        self.app: Application | None = None

    def set_app(self, app: Application) -> None:
        """Take the application, which is an ASGI one."""
        self.app = app

    def serve_forever(self) -> None:
        """Serve until SIGTERM, or Ctrl+C, which raises KeyboardInterrupt."""
        assert self.app is not None  # noqa: S101 - basehttp calls set_app() first
        plan = make_plan({"http_bind": (f"fd:{self.socket.detach()}",)})
        run(self.app, plan, telemetry=Telemetry(access=configure(plan.options)), started=self.heed_signals)

    @staticmethod
    def heed_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        """Drain on SIGTERM; under the reloader we are no main thread, and it answers the signal."""
        if threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(signal.SIGTERM, stop.set)


class Command(RunserverCommand):
    """Django's options, and ``--noasgi``."""

    help = "Starts a development server for HTTP and WebSockets that also serves static files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--noasgi`` to Django's."""
        super().add_arguments(parser)
        parser.add_argument(
            "--noasgi",
            action="store_false",
            dest="use_asgi",
            help="Serve WSGI_APPLICATION by Django's own WSGI server.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a configuration that cannot be served before the reloader starts."""
        if options["use_asgi"]:
            try:
                application_path()
                make_plan({})
            except ConfigError as error:
                raise CommandError(str(error)) from error
            # One server with a loop, not a thread a request.
            options["use_threading"] = False
            self.server_cls = DevelopmentServer
        super().handle(*args, **options)

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Serve; what is wrong with the configuration is one line, as with a port in use."""
        try:
            super().inner_run(*args, **options)
        except (ConfigError, ApplicationError) as error:
            self.stderr.write(f"Error: {error}")
            # sys.exit() would end only the reloader's thread.
            os._exit(2 if isinstance(error, ConfigError) else 1)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        """Give ASGI_APPLICATION, behind the static files where those are served."""
        if not options["use_asgi"]:
            return super().get_handler(*args, **options)
        # Django's import, and not the runner's: the reloader reads the failing file off the traceback.
        app = import_string(settings.ASGI_APPLICATION)
        wanted = options["use_static_handler"] and (settings.DEBUG or options["insecure_serving"])
        return (
            ASGIStaticFilesHandler(app) if wanted and apps.is_installed("django.contrib.staticfiles") else app
        )
