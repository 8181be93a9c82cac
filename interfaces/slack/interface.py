"""The interface of Slack: events by its Events API or Socket Mode, and what applications say to it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import ClassVar

from interfaces.http_ws.mounting import mounted
from interfaces.layers import receiving
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.slack.events import Events
from interfaces.slack.installations.opening import install_app, installations
from interfaces.slack.options import SlackOptions
from interfaces.slack.service import Service

__all__ = ["Slack", "SlackOptions"]

_SENDER = "interfaces.slack.sending.sender"


class Slack(Interface[SlackOptions]):
    """What Slack tells is a delivery of the application each; its verdict is the acknowledgement."""

    names: ClassVar[tuple[str, ...]] = ("slack",)
    options_class: ClassVar[type] = SlackOptions

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the Events API posts, and where the app is installed; none with Socket Mode and one token."""
        options = self.options
        return (options.path,) if options.http or options.installations else ()

    @property
    def single(self) -> str:
        """The spools, which are of one process."""
        for name in ("spool", "send_spool"):
            if getattr(self.options, name):
                return f"--slack-{name.replace('_', '-')} is of one process"
        return ""

    def listens(self, *, http: bool) -> bool:
        """Where HTTP is served that has our paths, too."""
        return bool(self.paths) and not http

    async def check(self, context: Context) -> None:
        """ConfigError for what :meth:`serve` would refuse; Slack is asked nothing."""
        options = self.options
        self._fits(context)
        installations(options, context)
        if options.send:
            import_module(_SENDER).check(options, context.layer)

    def _fits(self, context: Context) -> None:
        """ConfigError for what the layer is no good for."""
        receiving.check(self.options.keeping, context.layer)
        if self.options.socket and self.options.socket_leader and not hasattr(context.layer, "hub"):
            raise ConfigError("--slack-socket-leader needs a --layer with a broker, which containers share")

    async def diagnose(self, context: Context) -> AsyncIterator[Finding]:
        """What the world says of the options; asked by ``interfaces doctor``."""
        diagnosed = import_module("interfaces.slack.diagnosis").diagnosed  # imported where it is asked for
        async for finding in diagnosed(self.options):
            yield finding

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Take what Slack tells; on leaving, take no more, and let what runs finish in ``context.drain`` seconds."""
        options = self.options
        self._fits(context)  # before Slack is asked anything
        async with AsyncExitStack() as stack:
            found = installations(options, context)
            await found.open()
            stack.push_async_callback(found.close)
            service = Service(app, options, context, found, await receiving.stores(options.keeping, context))
            if options.send or context.layer is not None:
                sender = import_module(_SENDER)  # imported where it is served
                service.intake.post = await stack.enter_async_context(sender.sending(options, context, found))
            await stack.enter_async_context(receiving.keeping(service.reception, options.keeping, context))
            stack.push_async_callback(receiving.drained, service.reception, context)
            addresses: list[Address] = []
            if self.paths:
                install = install_app(options, found, context)
                pages = {"install": install, "oauth_redirect": install} if install is not None else {}
                own = Events(service, pages)
                addresses = await stack.enter_async_context(
                    mounted(
                        own, options.path, context, bind=options.bind, max_body=options.max_body, name="slack"
                    )
                )
            if options.socket:
                socket = import_module("interfaces.slack.socket")  # and a WebSocket client with it
                await stack.enter_async_context(socket.socket_mode(service, context))
            else:
                context.ready("slack", True)
            yield addresses
