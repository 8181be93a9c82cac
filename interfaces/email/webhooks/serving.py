"""The webhooks of mail: requests to messages, verdicts to statuses, on HTTP's server or a listener of their own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from interfaces.email.intake import Intake
from interfaces.email.options import PROVIDERS, EmailOptions
from interfaces.email.service import Service
from interfaces.email.translate import Place
from interfaces.email.webhooks.fetch import fetch
from interfaces.email.webhooks.posted import Posted, Provider, Read, Wanted
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address
from interfaces.shared.noise import Noise
from interfaces.shared.webhook import Answer, Request, Room, Webhook, refusal

__all__ = ["Webhooks", "provider", "served"]

CLASSES = {"mailgun": "Mailgun", "postmark": "Postmark", "sendgrid": "Sendgrid", "ses": "Ses"}
"""The class of each, in the module of its name."""
PORT = 8001
"""Where they listen when their bind names no port."""
ENVELOPE = 1_048_576
"""Bytes that a request may have beside the message."""
LARGE = 262_144
"""Bytes of a request beyond which it is read in a thread."""
FETCHES = 4
"""Certificates and confirmations that are fetched at once."""


def provider(name: str, options: EmailOptions) -> Provider:
    """The provider that is called ``name``. Raises ConfigError."""
    made = getattr(import_module(f"interfaces.email.webhooks.{name}"), CLASSES[name])
    option, _ = PROVIDERS[name]
    found: Provider = made(getattr(options, option))
    return found


class _Hook:
    """The webhook of one provider."""

    def __init__(self, webhooks: "Webhooks", provider: Provider) -> None:
        service = webhooks.intake.service
        self.webhooks = webhooks
        self.provider = provider
        self.refused = Noise(service.count, "email.webhooks_refused", "interfaces.email")
        self.reading = asyncio.Lock()  # what a provider remembers is for one thread
        largest = int(service.limits.max_size * provider.growth) + ENVELOPE
        self.app = Webhook(self.handle, types=provider.types, max_body=largest, room=webhooks.room)

    async def handle(self, request: Request) -> Answer:
        """The answer to a request."""
        try:
            found = await self.read(request)
            if not isinstance(found, Posted):
                return found
            return await self.deliver(request, found)
        except PeerError as error:
            self.refused(f"webhook {self.provider.name}", error)
            raise

    async def read(self, request: Request) -> Posted | Answer:
        """What was posted, when all that it needs has been fetched."""
        for _ in range(2):
            found = await self.read_once(request)
            if not isinstance(found, Wanted):
                return found
            async with self.webhooks.fetching:
                content = await self.webhooks.fetch(found.url)
            if (answer := self.provider.got(found, content)) is not None:
                return answer
        raise refusal(503, "Too much is wanted for it")

    async def read_once(self, request: Request) -> Read:
        """What the provider's file says."""
        now = self.webhooks.clock()
        async with self.reading:
            if len(request.body) > LARGE:
                return await asyncio.to_thread(self.provider.read, request, now)
            return self.provider.read(request, now)

    async def deliver(self, request: Request, posted: Posted) -> Answer:
        """The application's verdict, as the provider's status."""
        recipients = [one for one in posted.recipients if one]
        if not recipients:
            raise refusal(400, "It has no recipient")
        tls = {"version": None, "cipher": None, "client_subject": None} if request.secure else None
        place = Place(protocol="webhook", client=request.client, server=None, tls=tls)
        place.helo = self.provider.name
        intake = self.webhooks.intake
        seconds = min(self.provider.patience, intake.service.options.verdict_timeout)
        verdicts = await intake.deliver(
            place, (posted.sender, recipients), posted.content, seconds=seconds, heard=False
        )
        return answer_to(verdicts, self.provider.rejected)


def answer_to(verdicts: Sequence[Verdict], rejected: int) -> Answer:
    """One status for all recipients: one that is deferred has it tried again, one that is accepted is enough."""
    said = min(verdicts, key=lambda one: ("defer", "accept", "reject").index(one.kind))
    status = {"defer": 503, "accept": 200, "reject": rejected}[said.kind]
    code, enhanced, text = (said.detail.get(name, "") for name in ("code", "enhanced", "text"))
    return Answer(status, f"{code} {enhanced} {text}".strip() or "Ok")


class Webhooks:
    """An ASGI application: ``PATH/PROVIDER``, and all below it. Making it raises ConfigError."""

    def __init__(
        self,
        intake: Intake,
        options: EmailOptions,
        *,
        fetch: Callable[[str], Awaitable[bytes]] = fetch,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.intake = intake
        self.path = options.webhooks_path
        self.room = Room(options.webhooks_in_flight)
        self.fetch = fetch
        self.clock = clock
        self.fetching = asyncio.Semaphore(FETCHES)
        self.hooks = {name: _Hook(self, provider(name, options)).app for name in options.providers}
        intake.service.context.telemetry.count("email.webhooks_refused", 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        path: str = scope["path"]
        name = (
            path.removeprefix(self.path + "/").partition("/")[0] if path.startswith(self.path + "/") else ""
        )
        hook = self.hooks.get(name)
        if hook is not None:
            await hook(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body"})


@asynccontextmanager
async def served(service: Service, context: Context) -> AsyncIterator[list[Address]]:
    """Answer the webhooks: on the server of HTTP where there is one, else on a listener of their own."""
    options = service.options
    app = Webhooks(Intake(service), options)
    if context.mounts is not None:
        context.mounts.mount(app.path, app)
        try:
            yield []
        finally:
            context.mounts.unmount(app.path)
        return
    try:
        http: Any = import_module("interfaces.http_ws.interface")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--email-webhooks needs {error.name}: pip install 'asgi-interfaces[http]'"
        ) from error
    most = max(hook.max_body for hook in app.hooks.values())
    listening = http.HttpWs(http.HttpWsOptions(bind=options.webhooks_bind, max_body=most))
    listening.port = PORT
    own = replace(
        context, names=("http",), on_ready=lambda _name, ok, why: context.ready("email webhooks", ok, why)
    )
    async with listening.serve(app, own) as addresses:
        yield addresses
