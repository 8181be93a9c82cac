"""The webhooks of mail: which there are, and where they listen, on HTTP's server or by themselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from interfaces.email.intake import Intake
from interfaces.email.options import EmailOptions
from interfaces.email.options_ways import PROVIDERS
from interfaces.email.service import Service
from interfaces.email.webhooks.hook import Clock, Fetch, Hook
from interfaces.email.webhooks.posted import Provider
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import ConfigError
from interfaces.shared.fetching import fetch
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address
from interfaces.shared.webhook import Room

__all__ = ["Webhooks", "provider", "served"]

CLASSES = {"mailgun": "Mailgun", "postmark": "Postmark", "sendgrid": "Sendgrid", "ses": "Ses"}
"""The class of each, in the module of its name."""
FETCHES = 4
"""Certificates and confirmations that are fetched at once."""


def provider(name: str, options: EmailOptions) -> Provider:
    """The provider that is called ``name``. Raises ConfigError."""
    made = getattr(import_module(f"interfaces.email.webhooks.{name}"), CLASSES[name])
    option, _ = PROVIDERS[name]
    found: Provider = made(getattr(options, option))
    return found


class Webhooks:
    """An ASGI application: ``PATH/PROVIDER``, and all below it. Making it raises ConfigError."""

    def __init__(
        self, intake: Intake, options: EmailOptions, *, fetch: Fetch = fetch, clock: Clock = time.time
    ) -> None:
        self.path = options.webhooks_path
        self._fetch = fetch
        self._fetching = asyncio.Semaphore(FETCHES)
        room = Room(options.webhooks_in_flight)
        self.hooks = {
            name: Hook(intake, provider(name, options), room, self.fetch, clock).app
            for name in options.providers
        }
        intake.service.context.telemetry.count("email.webhooks_refused", 0)

    async def fetch(self, url: str) -> bytes:
        """What is at ``url``; a few at once. Raises Unavailable."""
        async with self._fetching:
            return await self._fetch(url)

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
    try:
        http: Any = import_module("interfaces.http_ws.mounting")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--email-webhooks needs {error.name}: pip install 'asgi-interfaces[http]'"
        ) from error
    most = max(hook.max_body for hook in app.hooks.values())
    async with http.mounted(
        app, app.path, context, bind=options.webhooks_bind, max_body=most, name="email webhooks"
    ) as addresses:
        yield addresses
