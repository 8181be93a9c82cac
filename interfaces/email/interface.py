"""The interface of mail: its options, and serving SMTP and LMTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from interfaces.email.checking import check_files, check_tls, checked
from interfaces.email.connection import Connection
from interfaces.email.options import EmailOptions
from interfaces.email.service import Service
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address, Listeners

__all__ = ["Email", "EmailOptions"]

SETTLE = 2.0
"""Seconds for the handshakes that go on when the server stops."""


class Email(Interface[EmailOptions]):
    """Mail over SMTP and LMTP: the application's verdict is the reply to a message."""

    names: ClassVar[tuple[str, ...]] = ("email",)
    options_class: ClassVar[type] = EmailOptions

    @property
    def paths(self) -> tuple[str, ...]:
        """The webhooks', where there are any."""
        return (self.options.webhooks_path,) if self.options.webhooks else ()

    @property
    def single(self) -> str:
        """The spool of sending: what was sent, under which key, is known to the process that has it."""
        return "--email-send-spool is of one process" if self.options.send_spool else ""

    def more_binds(self, *, http: bool) -> list[tuple[str, int]]:
        """Those of users and of LMTP, and the webhooks' where they are not answered by HTTP."""
        options = self.options
        doors = [(options.submission_bind, 8587), (options.lmtp_bind, 8024)]
        if options.webhooks and not http:
            doors.append((options.webhooks_bind, 8001))
        return [(text, port) for binds, port in doors for text in binds]

    async def check(self, context: Context) -> None:
        """ConfigError for what :meth:`serve` would refuse."""
        await checked(Service(_nobody, self.options, context, asyncio.get_running_loop()))

    async def diagnose(self, context: Context) -> AsyncIterator[Finding]:
        """What the world says of the options; asked by ``interfaces doctor``."""
        diagnosed = import_module("interfaces.email.diagnosis").diagnosed  # imported where it is asked for
        async for finding in diagnosed(self.options):
            yield finding

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Listen; on leaving, stop accepting, and let messages get their verdicts for ``context.drain`` seconds."""
        options = self.options
        check_tls(options, context.listening.tls)
        check_files(options)
        service = Service(app, options, context, asyncio.get_running_loop())
        service.tick()
        try:
            async with AsyncExitStack() as stack:
                post = await _behind(stack, service)
                listeners = [await stack.enter_async_context(one) for one in _doors(service)]
                addresses = [address for one in listeners for address in one.addresses]
                if options.webhooks:
                    addresses += await stack.enter_async_context(_webhooks(service, context))
                if options.maildir:
                    await stack.enter_async_context(_maildirs(service, context))
                context.ready("email", True)
                try:
                    yield addresses
                finally:
                    await _drained(service, listeners, post)
        finally:
            service.stop()


async def _nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Where there is no application: nothing comes."""


async def _behind(stack: AsyncExitStack, service: Service) -> Any:
    """Enter what stands behind the listeners; the sender, or None."""
    options, context, post = service.options, service.context, None
    if options.send or context.layer is not None:
        post = await stack.enter_async_context(_sending(options, context))
        if post is not None:
            post.receives(service)
    if options.guarded:
        await stack.enter_async_context(_guarded(service))
    if options.dedupe == "shared":
        await stack.enter_async_context(_sharing(service))
    if options.ack == "accepted":  # last: what was kept before begins at once
        await stack.enter_async_context(_accepting(service))
    return post


def _doors(service: Service) -> list[Listeners]:
    """Where SMTP and LMTP are spoken, and to whom."""
    options = service.options
    doors: list[tuple[tuple[str, ...], int, dict[str, bool]]] = [
        (options.bind, 8025, {}),
        (options.submission_bind, 8587, {"users": True}),
        (options.lmtp_bind, 8024, {"lmtp": True}),
    ]
    alpn = () if options.tls == "implicit" else None
    return [
        service.context.listening.open(
            partial(Connection, service, **role), binds, port, alpn=alpn, limit=options.max_connections
        )
        for binds, port, role in doors
        if binds
    ]


async def _drained(service: Service, listeners: list[Listeners], post: Any) -> None:
    """Stop accepting, and wait for the verdicts of what is there; what is left of the time is the sender's."""
    drain = service.context.drain
    for one in listeners:
        one.stop_accepting()
    if service.accepting is not None:
        service.accepting.leave()
    service.begin_drain()
    end = service.loop.time() + drain
    for one in listeners:
        await one.settled(min(SETTLE, drain))
    await service.drain(drain)
    if post is not None:
        post.drain = max(SETTLE, end - service.loop.time())


def _sending(options: EmailOptions, context: Context) -> AbstractAsyncContextManager[Any]:
    """The sender, which is imported where there is one, or where a layer leads to one."""
    from interfaces.email.sending.sender import sending  # noqa: PLC0415 - and a channel layer with it

    return sending(options, context)


def _guarded(service: Service) -> AbstractAsyncContextManager[None]:
    """Checks and policies in front of the application, which are imported where there are some."""
    from interfaces.email.policies.guard import guard  # noqa: PLC0415 - and an extra with them

    return guard(service)


def _sharing(service: Service) -> AbstractAsyncContextManager[None]:
    """What is known of repeats, shared with other containers, which is imported where it is."""
    from interfaces.email.elsewhere import sharing  # noqa: PLC0415 - and redis with it

    return sharing(service)


def _accepting(service: Service) -> AbstractAsyncContextManager[None]:
    """What keeps accepted messages, which is imported where they are answered before the application."""
    from interfaces.email.accepted import accepting  # noqa: PLC0415 - and a spool, or a layer

    return accepting(service)


def _webhooks(service: Service, context: Context) -> AbstractAsyncContextManager[list[Address]]:
    """The webhooks, which are imported where there are some."""
    from interfaces.email.webhooks.serving import served  # noqa: PLC0415 - and HTTP with them

    return served(service, context)


def _maildirs(service: Service, context: Context) -> AbstractAsyncContextManager[None]:
    """The Maildirs, which are looked at where there are some."""
    from interfaces.email.maildir import watched  # noqa: PLC0415 - as above

    return watched(service, context)
