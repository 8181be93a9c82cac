"""The interface of IRC: a user of networks, and a gateway that IRC clients connect to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import ClassVar

from interfaces.irc.gateway.connection import Client
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.options import IrcOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address

__all__ = ["Irc", "IrcOptions"]


class Irc(Interface[IrcOptions]):
    """Each connection that is registered is one scope."""

    names: ClassVar[tuple[str, ...]] = ("irc",)
    options_class: ClassVar[type] = IrcOptions

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        options = self.options
        gateway = Gateway(app, options, context)
        gateway.tick()
        try:
            async with context.listening.open(partial(Client, gateway), options.bind, 6667, alpn=(), limit=options.clients) as listeners:
                yield listeners.addresses
                listeners.stop_accepting()
                gateway.begin_drain()
                await gateway.drain(context.drain)
        finally:
            gateway.stop()
