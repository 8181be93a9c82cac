"""What the runner enters where ``--console`` asks for it: the tap before the application, and the page served."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit

from interfaces import registry
from interfaces.console.application import ConsoleApplication
from interfaces.console.guard import checked_bind
from interfaces.console.outgoing import Outgoing
from interfaces.console.redact import Redactor
from interfaces.console.state import Console
from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Serving
from interfaces.shared.asgi import Application
from interfaces.shared.bind import authority
from interfaces.shared.interface import Context

__all__ = ["opened"]

PLACES = ("local:", "embedded:", "memory:", "file:", "maildir:", "sqlite:", "django:", "unix:", "lmtp+unix:")
"""How options begin that count as secret, since they may be URLs with a password, and are none here."""


@asynccontextmanager
async def opened(app: Application, serving: Serving, options: ServeOptions) -> AsyncIterator[Application]:
    """Serve the console while it is entered, and give the application to serve. Entering raises ConfigError."""
    bind = checked_bind(options.console)
    every = [options, *(one.interface.options for one in serving.served)]
    console = Console(app, serving, options, Redactor(secret for one in every for secret in secrets_in(one)))
    page = ConsoleApplication(console)
    kind = registry.load("http")
    listens = kind.options_class(bind=(authority(bind.host, bind.port),), drain_idle=0.0, max_connections=256)
    async with kind(listens).serve(page, Context(names=("http",), drain=1.0)) as addresses:
        page.port = addresses[0].port
        serving.beside.append(f"console on http://{addresses[0]}")
        try:
            await console.place.start()
            with _outgoing(console, serving.layer):
                yield console.tap
        finally:
            page.streams.close()
            await console.close()


@contextmanager
def _outgoing(console: Console, layer: Any) -> Iterator[None]:
    """Note what senders take from the layer."""
    if layer is None:
        yield
        return
    layer.store = Outgoing(console.tap, console.conversation_of).around(layer.store)
    try:
        yield
    finally:
        del layer.store


def secrets_in(options: Any) -> Iterator[str]:
    """The values of all secret options, those in lists of tables too; of a URL its password."""
    for item in fields(options):
        value = getattr(options, item.name)
        for one in value if isinstance(value, tuple | list) else [value]:
            if is_dataclass(one) and not isinstance(one, type):
                yield from secrets_in(one)
            elif item.metadata.get("secret") and isinstance(one, str) and one:
                yield from _parts(one)


def _parts(secret: str) -> list[str]:
    """What of an option is secret: of a URL its password, of a place on this machine nothing."""
    if "://" in secret:
        return [password for one in secret.split(",") if (password := urlsplit(one).password)]
    return [] if secret.startswith(PLACES) else [secret]
