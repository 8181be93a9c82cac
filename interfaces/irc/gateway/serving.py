"""The gateway, served: it listens, is linked with other containers, and drained."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from interfaces.irc.gateway.connection import Client
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.options import IrcOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address

__all__ = ["PORT", "check", "serving"]

PORT: Final = 6667
SETTLE: Final = 1.0
"""Seconds for the handshakes that go on when the server stops."""


def check(app: Application, options: IrcOptions, context: Context) -> None:
    """ConfigError for what :func:`serving` would refuse; nothing is opened."""
    Gateway(app, options, context)


@asynccontextmanager
async def serving(app: Application, options: IrcOptions, context: Context) -> AsyncIterator[list[Address]]:
    """Let IRC clients in; on leaving, tell them, and let their applications finish for ``context.drain`` seconds."""
    gateway = Gateway(app, options, context)
    gateway.tick()
    try:
        async with AsyncExitStack() as stack:
            listeners = await stack.enter_async_context(
                context.listening.open(
                    partial(Client, gateway), options.bind, PORT, alpn=(), limit=options.clients
                )
            )
            try:
                yield listeners.addresses
            finally:
                listeners.stop_accepting()
                gateway.begin_drain()
                await listeners.settled(min(SETTLE, context.drain))
                await gateway.drain(context.drain)
    finally:
        gateway.stop()
