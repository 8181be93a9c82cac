"""The interface of IRC: a user of networks, and a gateway that IRC clients connect to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any, ClassVar

from interfaces.irc.options import IrcOptions
from interfaces.shared.asgi import Application
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address

__all__ = ["Irc", "IrcOptions"]

_CLIENT, _SENDER = "interfaces.irc.client", "interfaces.irc.sending.sender"
_GATEWAY = "interfaces.irc.gateway.serving"
"""Imported where they are served."""


class Irc(Interface[IrcOptions]):
    """Each connection that is registered is one scope."""

    names: ClassVar[tuple[str, ...]] = ("irc",)
    options_class: ClassVar[type] = IrcOptions

    @property
    def paths(self) -> tuple[str, ...]:
        """Where IRC is spoken by WebSockets."""
        return (self.options.path,) if self.options.gateway and self.options.path else ()

    @property
    def single(self) -> str:
        """What several processes would do each for itself."""
        if self.options.send_spool:
            return "--irc-send-spool is of one process"
        if self.options.client and not all(network.lease for network in self.options.networks):
            return "a user of a network is one process: say lease = true in each [[irc.networks]], with a --layer"
        return ""

    @property
    def together(self) -> str:
        """Gateways are linked by the layer."""
        return "the processes of a gateway have one list of who is there" if self.options.gateway else ""

    def listens(self, *, http: bool) -> bool:
        """The gateway does."""
        return self.options.gateway

    async def check(self, context: Context) -> None:
        """ConfigError for what :meth:`serve` would refuse; no network is asked."""
        options = self.options
        if options.client:
            import_module(_CLIENT).check(options, context.layer)
            import_module(_SENDER).check(options, context.layer)
        if options.gateway:
            import_module(_GATEWAY).check(_nobody, options, context)

    async def diagnose(self, context: Context) -> AsyncIterator[Finding]:
        """What the world says of the options; asked by ``interfaces doctor``."""
        diagnosed = import_module("interfaces.irc.diagnosis").diagnosed  # imported where it is asked for
        async for finding in diagnosed(self.options):
            yield finding

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Be on the networks, let clients in; on leaving, say good-bye, in ``context.drain`` seconds."""
        options = self.options
        async with AsyncExitStack() as stack:
            others: dict[str, Any] = {}
            if options.client:
                client, sender = import_module(_CLIENT), import_module(_SENDER)
                networks = await stack.enter_async_context(client.networks(app, options, context))
                others = networks.others
                await stack.enter_async_context(sender.sending(options, context, networks))
            addresses: list[Address] = []
            if options.gateway:
                gateway = import_module(_GATEWAY)
                addresses = await stack.enter_async_context(gateway.serving(app, options, context, others))
            context.ready("irc", True)
            yield addresses


async def _nobody(_scope: object, _receive: object, _send: object) -> None:
    """An application where none is called."""
