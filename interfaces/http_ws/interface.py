"""The interface of HTTP and WebSockets: its options, and serving them on one listener."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from interfaces.http_ws.connection import Connection
from interfaces.http_ws.options import HttpWsOptions
from interfaces.http_ws.service import Service
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address

__all__ = ["HttpWs", "HttpWsOptions"]

_ALPN = {True: ("h2", "http/1.1"), False: ("http/1.1",)}
SETTLE = 2.0
"""Seconds for the handshakes that go on when the server stops."""


class HttpWs(Interface[HttpWsOptions]):
    """HTTP/1.1 and WebSockets. With ``ws`` alone, plain HTTP is answered with 426."""

    names: ClassVar[tuple[str, ...]] = ("http", "ws")
    options_class: ClassVar[type] = HttpWsOptions
    port: int = 8000
    """Where a bind names none."""

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Listen; on leaving, stop accepting and let what is in flight finish for ``context.drain`` seconds."""
        loop = asyncio.get_running_loop()
        options = self.options
        service = Service(app, options, context, loop)
        service.tick()
        try:
            async with context.listening.open(
                lambda: Connection(service),
                options.bind,
                self.port,
                alpn=_ALPN[options.h2],
                limit=options.max_connections,
            ) as listeners:
                for name in context.names:
                    context.ready(name, True)
                try:
                    yield listeners.addresses
                finally:
                    listeners.stop_accepting()
                    service.begin_drain()
                    await listeners.settled(min(SETTLE, context.drain))
                    await service.drain(context.drain)
        finally:
            service.stop()
