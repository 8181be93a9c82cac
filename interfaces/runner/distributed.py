"""Applications in other processes: what stands in for one in an interface container, and the worker as an interface.

Imported only where the options ask for it.
"""

import os
import secrets
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar

from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.shared import strand
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address, Listening, TlsFiles
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.relay import Relay
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.direct import Direct
from interfaces.workers.transports.directory import Directory, Places
from interfaces.workers.transports.queue import Queue
from interfaces.workers.worker import Worker

__all__ = ["WorkerProcess", "relaying"]

TYPES = {"ws": "websocket"}
"""The scope type of a name, where it is called otherwise."""
HERE = "127.0.0.1:0"
"""Where a container listens for workers that find it through the layer, unless told."""


@asynccontextmanager
async def relaying(
    app: Application | None, options: ServeOptions, layer: Any, telemetry: Telemetry
) -> AsyncIterator[tuple[Application, str]]:
    """The application of a container some or all of whose scopes go to workers, and in words where they go.

    Entering raises ConfigError.
    """
    async with AsyncExitStack() as stack:
        transport = _direct(options, layer, telemetry)
        await stack.enter_async_context(transport)
        where = f"workers that connect to {', '.join(map(str, transport.addresses))}"
        relay = Relay(transport)
        if app is None:
            yield relay, where
        else:
            types = frozenset(TYPES.get(name, name) for name in options.relay)
            yield _Split(app, relay, types), f"{{app}}, {' and '.join(sorted(types))} for {where}"


def _direct(options: ServeOptions, layer: Any, telemetry: Telemetry) -> Direct:
    """The transport ``direct``."""
    tls = None
    if options.relay_tls_cert is not None:
        key = options.relay_tls_key
        tls = TlsFiles(cert=str(options.relay_tls_cert), key=str(key) if key else None)
    directory = _directory(layer)
    token = options.relay_token or (secrets.token_hex() if directory is not None else "")
    return Direct(
        options.relay_bind or HERE,
        token.encode(),
        Queue(options.relay_queue, options.relay_wait, telemetry.count),
        listening=Listening(tls=tls),
        directory=directory,
    )


def _directory(layer: Any) -> Directory | None:
    """Where containers and workers on a layer find each other."""
    return None


class _Split:
    """Calls the relay for some types of scopes, the application for all others."""

    def __init__(self, app: Application, relay: Relay, types: frozenset[str]) -> None:
        self.app = app
        self.relay = relay
        self.types = types

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        app = self.relay if scope["type"] in self.types else self.app
        await app(scope, receive, send)


class WorkerProcess(Interface[WorkerOptions]):
    """Takes scopes from interface containers; listens nowhere."""

    names: ClassVar[tuple[str, ...]] = ("worker",)
    options_class: ClassVar[type] = WorkerOptions

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Take scopes while it is entered; on leaving, finish them."""
        options = self.options
        strand.pool().threads = options.threads
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(_dialler(options, context.layer, name))
            worker = Worker(app, source, name=name, concurrency=options.concurrency, state=context.state)
            context.ready("worker", True)
            try:
                yield []
            finally:
                await worker.drain(context.drain)


def _dialler(options: WorkerOptions, layer: Any, name: str) -> Dialler:
    directory = Places(options.connect) if options.connect else _directory(layer)
    if directory is None:
        raise ConfigError("say where the interface containers are: --layer URL, or --connect HOST:PORT")
    needs_token = any(not address.startswith("unix:") for address in options.connect)
    if needs_token and not options.relay_token:
        raise ConfigError("--connect HOST:PORT needs --relay-token, the one of the interface containers")
    tls = None
    if options.relay_tls_ca is not None:
        try:
            tls = ssl.create_default_context(cafile=str(options.relay_tls_ca))
        except OSError as error:
            raise ConfigError(f"--relay-tls-ca {options.relay_tls_ca}: {error.strerror or error}") from None
        tls.check_hostname = False  # containers are found by address; that authority signs for nothing else
    return Dialler(
        directory, name, options.relay_token.encode(), tls=tls, only=options.only, exclude=options.exclude
    )
