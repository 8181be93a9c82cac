"""The interface of short messages: providers' webhooks, binds to SMSCs, binds of others to us, and what is sent."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any, ClassVar

from interfaces.http_ws.mounting import mounted
from interfaces.layers import receiving
from interfaces.shared.asgi import Application
from interfaces.shared.fetching import fetch
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.sms.numbers import check_region
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Provider
from interfaces.sms.providers.opening import provider
from interfaces.sms.service import Service
from interfaces.sms.webhook import Hooks

__all__ = ["Sms", "SmsOptions"]

_SENDER, _SMPP = "interfaces.sms.sending.sender", "interfaces.sms.smpp"
"""Imported where they are served."""


class Sms(Interface[SmsOptions]):
    """What somebody texts is a delivery of the application each; its verdict is what the provider is told."""

    names: ClassVar[tuple[str, ...]] = ("sms",)
    options_class: ClassVar[type] = SmsOptions

    @property
    def paths(self) -> tuple[str, ...]:
        """Where providers post."""
        return (self.options.path,) if self.options.accounts else ()

    @property
    def single(self) -> str:
        """The spools, which are of one process."""
        for name in ("spool", "send_spool"):
            if getattr(self.options, name):
                return f"--sms-{name.replace('_', '-')} is of one process"
        return ""

    def listens(self, *, http: bool) -> bool:
        """Where HTTP is served that has our paths, too."""
        return bool(self.paths) and not http

    def more_binds(self, *, http: bool) -> list[tuple[str, int]]:
        """Where other systems bind to us."""
        return [(text, 2775) for text in self.options.gateway_bind]

    async def check(self, context: Context) -> None:
        """ConfigError for what :meth:`serve` would refuse; no provider is asked."""
        options = self.options
        _providers(options)
        if options.binds or options.gateway_bind:
            import_module(_SMPP).check(options)
        receiving.check(options.keeping, context.layer)
        if options.send:
            import_module(_SENDER).check(options, context.layer)

    async def diagnose(self, context: Context) -> AsyncIterator[Finding]:
        """What the world says of the options; asked by ``interfaces doctor``."""
        diagnosed = import_module("interfaces.sms.diagnosis").diagnosed  # imported where it is asked for
        async for finding in diagnosed(self.options):
            yield finding

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Take what is texted; on leaving, take no more, and let what runs finish in ``context.drain`` seconds."""
        options = self.options
        providers = _providers(options)
        async with AsyncExitStack() as stack:
            known = await receiving.stores(options.keeping, context)
            service = Service(app, options, context, known)
            binds: Any = None
            if options.binds:  # outermost: what is sent in the end still finds them
                binds = await stack.enter_async_context(import_module(_SMPP).binds(service, context))
            if options.send or context.layer is not None:
                sender = import_module(_SENDER)
                await stack.enter_async_context(sender.sending(service, context, providers, binds))
            await stack.enter_async_context(receiving.keeping(service.reception, options.keeping, context))
            stack.push_async_callback(receiving.drained, service.reception, context)
            addresses: list[Address] = []
            if options.gateway_bind:
                gateway = import_module(_SMPP).gateway(service, context)
                addresses += await stack.enter_async_context(gateway)
            if providers:
                hooks = Hooks(service, providers, fetch)
                addresses += await stack.enter_async_context(
                    mounted(
                        hooks, options.path, context, bind=options.bind, max_body=options.max_body, name="sms"
                    )
                )
            context.ready("sms", True)
            yield addresses


def _providers(options: SmsOptions) -> list[tuple[str, Provider]]:
    """Each account's, by its name. ConfigError, for a region that is none, too."""
    check_region(options.region)
    return [(name, provider(one)) for name, one in zip(options.names, options.accounts, strict=True)]
