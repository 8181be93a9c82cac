"""A live server for tests, HTTP and WebSockets, in place of ChannelsLiveServerTestCase.

The server runs in a thread of the test process: no pickling, nothing to set up twice, and databases in memory
work, since its threads use the test's connection, as with Django's own live server.
"""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar
from unittest.mock import patch

from channels.routing import get_default_application
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from django.test import testcases
from django.utils.functional import classproperty

from interfaces.django.serving import listen, plan_of, run
from interfaces.shared.asgi import Application
from interfaces.shared.strand import shutdown

__all__ = ["LiveServerTestCase", "LiveServerThread"]

DEFAULTS = {"drain": 1.0, "http.drain_idle": 0.0, "ws.drain_spread": 0.0}


class LiveServerThread(testcases.LiveServerThread):
    """Runs our server for ASGI_APPLICATION; ``static_handler`` wraps it, unless it is None."""

    port: int
    loop: asyncio.AbstractEventLoop | None = None
    stop: asyncio.Event | None = None

    def run(self) -> None:
        """Serve until terminated; an error on the way up goes to the test."""
        try:
            with ExitStack() as stack:
                share(stack, self.connections_override or {})
                # Else a database that wants to be dropped would find the sync threads connected.
                stack.callback(shutdown)
                self.serve()
        except Exception as error:  # noqa: BLE001 - raised again by the test case
            self.error = error
        finally:
            self.is_ready.set()

    def serve(self) -> None:
        """Listen on host and port (0: any), and serve."""
        app: Application = get_default_application()
        if self.static_handler is not None:
            app = self.static_handler(app)
        sock = listen(self.host, self.port)
        self.port = sock.getsockname()[1]
        plan = plan_of("LiveServerTestCase", {"http_bind": (f"fd:{sock.detach()}",)}, DEFAULTS)
        run(app, plan, started=self.started)

    def started(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        """Let the tests begin."""
        self.loop, self.stop = loop, stop
        self.is_ready.set()

    def terminate(self) -> None:
        """Drain the server and wait for its end."""
        if self.loop is not None and self.stop is not None:
            self.loop.call_soon_threadsafe(self.stop.set)
        self.join()


def share(stack: ExitStack, shared: Mapping[str, Any]) -> None:
    """Give every thread the ``shared`` connections: sync code runs on threads that are not ours to set up."""
    create = connections.create_connection
    if shared:
        stack.enter_context(
            patch.object(connections, "create_connection", lambda alias: shared.get(alias) or create(alias))
        )


class LiveServerTestCase(testcases.LiveServerTestCase):
    """A real server at ``live_server_url`` and ``live_server_ws_url`` for the tests of a class.

    ``serve_static`` serves static files as runserver does, straight from where they are written.
    """

    server_thread_class = LiveServerThread
    static_handler: ClassVar[Any] = ASGIStaticFilesHandler
    serve_static: ClassVar[bool] = True

    @classproperty
    def live_server_ws_url(cls) -> str:  # noqa: N805 - Django's decorator makes it one
        """``ws://host:port`` of the server."""
        return f"ws://{cls.host}:{cls.server_thread.port}"

    @classmethod
    def _create_server_thread(cls, connections_override: Mapping[str, Any]) -> LiveServerThread:
        return cls.server_thread_class(
            cls.host,
            cls.static_handler if cls.serve_static else None,
            connections_override=connections_override,
            port=cls.port,
        )
