"""The gateway, served: it listens, is linked with other containers, and drained."""

from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Final

from interfaces.irc.gateway.connection import Client
from interfaces.irc.gateway.linking import linked
from interfaces.irc.gateway.outside import gateway_say, outside
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.options import IrcOptions
from interfaces.irc.outcome import Outcome
from interfaces.shared.asgi import Application, Event
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address

__all__ = ["PORT", "check", "serving"]

PORT: Final = 6667
SETTLE: Final = 1.0
"""Seconds for the handshakes that go on when the server stops."""
Say = Callable[[Event], Outcome]
_WEBSOCKET: Final = "interfaces.irc.gateway.websocket"


def check(app: Application, options: IrcOptions, context: Context) -> None:
    """ConfigError for what :func:`serving` would refuse; nothing is opened."""
    Gateway(app, options, context)
    if options.path:
        import_module(_WEBSOCKET).mounting(options.path, context)


@asynccontextmanager
async def serving(
    app: Application, options: IrcOptions, context: Context, others: MutableMapping[str, Say]
) -> AsyncIterator[list[Address]]:
    """Let IRC clients in; on leaving, tell them, and let their applications finish for ``context.drain`` seconds.

    ``others``: where a sender looks for networks that it is not on.
    """
    gateway = Gateway(app, options, context)
    gateway.tick()
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(linked(gateway, context))
            listeners = await stack.enter_async_context(
                context.listening.open(
                    partial(Client, gateway), options.bind, PORT, alpn=(), limit=options.clients
                )
            )
            if options.path:  # imported where it is served
                websockets = import_module(_WEBSOCKET).websockets
                await stack.enter_async_context(websockets(gateway, context))
            others[options.network] = partial(gateway_say, gateway)
            try:
                async with outside(gateway, context):  # what is left is for others, once the drain begins
                    yield listeners.addresses
            finally:
                listeners.stop_accepting()
                gateway.begin_drain()
                await listeners.settled(min(SETTLE, context.drain))
                await gateway.drain(context.left())
    finally:
        gateway.stop()
