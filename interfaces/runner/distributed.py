"""Applications in other processes: what stands in for one in an interface container, and the worker as an interface.

Imported only where the options ask for it.
"""

import asyncio
import logging
import os
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, ClassVar

from interfaces.registry import BUILTIN
from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address, Listening, TlsFiles
from interfaces.shared.noise import Noise
from interfaces.shared.options import did_you_mean
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.background import STORES, Background, finished, worker_ready
from interfaces.workers.relay import Relay
from interfaces.workers.routing import Routing
from interfaces.workers.transports.both import Both
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.direct import Direct
from interfaces.workers.transports.directory import Places
from interfaces.workers.transports.meeting import Meeting
from interfaces.workers.transports.queue import Queue
from interfaces.workers.transports.redis import Redis
from interfaces.workers.transports.registry import Registry
from interfaces.workers.transports.take import Taker
from interfaces.workers.worker import Worker

__all__ = ["WorkerProcess", "relayed_types", "relaying"]

log = logging.getLogger("interfaces.workers")

BACKGROUND = 40
"""Messages of the application's own channels that are handled at once."""
TYPES = {"ws": "websocket"}
"""The scope type of a name, where it is called otherwise."""
COUNTS = ("relay.full", "relay.late", "relay.refused", "relay.malformed")
"""What a container counts: told from the beginning, since what is there only after the first time hides that one."""
WORKER_COUNTS = ("relay.expired", "relay.refused", "relay.malformed", "worker.stuck")
"""What a worker counts."""
HERE = "127.0.0.1:0"
"""Where a container listens for workers that find it through the layer, unless told."""


@asynccontextmanager
async def relaying(
    app: Application | None, options: ServeOptions, layer: Any, telemetry: Telemetry, served: Iterable[str]
) -> AsyncIterator[tuple[Application, str]]:
    """The application of a container some or all of whose scopes go to workers, and in words where they go.

    ``served`` are the names of the interfaces.
    Entering raises ConfigError.
    """
    types = relayed_types(options.relay, served, alone=app is None)
    for name in COUNTS:
        telemetry.count(name, 0)
    async with AsyncExitStack() as stack:
        transport: Direct | Redis
        if options.transport == "direct" or (options.transport == "auto" and options.relay_bind):
            transport = await stack.enter_async_context(_direct(options, layer, telemetry))
            where = f"workers that connect to {', '.join(map(str, transport.addresses))}"
        else:
            _require_broker(layer)
            redis = Redis(layer, options.relay_queue, options.relay_wait, telemetry.count)
            transport = await stack.enter_async_context(redis)
            where = "workers on the layer"
        if _has_broker(layer):
            way = "redis" if isinstance(transport, Redis) else "direct"
            await stack.enter_async_context(Meeting(layer, "container", [way]))
        relay = Relay(transport, layer)
        if app is None:
            yield relay, where
        else:
            yield _Split(app, relay, types), f"{{app}}, {' and '.join(sorted(types))} for {where}"


def _direct(options: ServeOptions, layer: Any, telemetry: Telemetry) -> Direct:
    """The transport ``direct``."""
    tls = None
    if options.relay_tls_cert is not None:
        key = options.relay_tls_key
        tls = TlsFiles(cert=str(options.relay_tls_cert), key=str(key) if key else None)
    directory = Registry(layer) if _has_broker(layer) else None
    token, tells = options.relay_token, False
    if not token and directory is not None:
        token, tells = secrets.token_hex(), True
    if not options.relay_bind and directory is None:
        raise ConfigError(
            "--transport direct without a broker needs --relay-bind: workers would find nothing"
        )
    return Direct(
        options.relay_bind or HERE,
        token.encode(),
        Queue(options.relay_queue, options.relay_wait, telemetry.count),
        listening=Listening(tls=tls),
        directory=directory,
        tells=tells,
    )


def relayed_types(relay: Iterable[str], names: Iterable[str], *, alone: bool) -> frozenset[str]:
    """The types of scopes that ``--relay`` names. ConfigError for one that none of the interfaces ``names`` has.

    Those of third parties may have any. ConfigError also where somebody would have nothing to do: the relay is
    ``alone``, without an application here, and does not take all that is served; or it is not, and does.
    """
    types = frozenset(TYPES.get(name, name) for name in relay)
    known = {TYPES.get(name, name) for name in names if name in BUILTIN}
    ours = set(names) <= BUILTIN.keys()
    for kind in sorted(types - known) if ours else ():
        raise ConfigError(
            f"--relay {kind}: that is not served; {' and '.join(sorted(known))} may be relayed"
            f"{did_you_mean(kind, sorted(known))}"
        )
    if types and alone and (others := sorted(known - types)):
        raise ConfigError(
            f"--relay {' '.join(sorted(types))}: nobody would run {' and '.join(others)}; say --app MODULE:ATTRIBUTE"
            " for it, or leave --relay out: workers run everything then"
        )
    if types and not alone and ours and types == known:
        raise ConfigError(
            f"--relay {' '.join(sorted(types))}: that is all that is served, so the application here would run"
            " nothing; leave both --relay and --app out (--app '' where a file names it)"
        )
    return types


def _has_broker(layer: Any) -> bool:
    """Whether processes meet through ``layer``."""
    return hasattr(layer, "hub")


def _require_broker(layer: Any) -> None:
    if not _has_broker(layer):
        raise ConfigError(
            "workers cannot be reached through this layer: say --layer redis://HOST or embedded:"
        )


class _Split:
    """Calls the relay for some types of scopes, the application for all others."""

    def __init__(self, app: Application, relay: Relay, types: frozenset[str]) -> None:
        self.app = app
        self.relay = relay
        self.types = types

    def carries(self, kind: str) -> int:
        """As the relay says it; 0 where the application is here."""
        return self.relay.carries(kind) if kind in self.types else 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        app = self.relay if scope["type"] in self.types else self.app
        await app(scope, receive, send)


class WorkerProcess(Interface[WorkerOptions]):
    """Takes scopes from interface containers; listens nowhere."""

    names: ClassVar[tuple[str, ...]] = ("worker",)
    options_class: ClassVar[type] = WorkerOptions
    alone = True
    """Whether nothing else here reads the channels that consumers of the application have."""

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Take scopes while it is entered; on leaving, finish them."""
        options = self.options
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        for counted in WORKER_COUNTS:
            context.telemetry.count(counted, 0)
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(_source(options, context, name))
            if _has_broker(context.layer):
                ways = [options.transport] if options.transport != "auto" else ["direct", "redis"]
                meeting = Meeting(context.layer, "worker", ways, looks=not options.connect)
                await stack.enter_async_context(meeting)
            worker = Worker(
                app,
                source,
                name=name,
                concurrency=options.concurrency,
                state=context.state,
                count=context.telemetry.count,
            )
            works = [*_background(app, options, context.layer), *await _stored(options, context.layer, stack)]
            tasks = [asyncio.ensure_future(work.run()) for work in works]
            if self.alone and (unread := _unread(app)):
                log.info("not read here but by manage.py runworker: channel %s", ", ".join(unread))
            context.ready("worker", True)
            worker_ready.send()
            try:
                yield []
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(worker.drain(context.drain), finished(tasks, works, context.drain))


def _source(options: WorkerOptions, context: Context, name: str) -> Any:
    """Where the worker's scopes come from: the layer's queues, containers that it dials, or both."""
    sources: list[Any] = []
    layer = context.layer
    if options.transport != "direct" and layer is not None:
        _require_broker(layer)
        sources.append(Taker(layer, context.telemetry.count, only=options.only, exclude=options.exclude))
    if options.connect or (options.transport != "redis" and layer is not None):
        sources.append(_dialler(options, layer, name, context.telemetry.count))
    return Both(sources)


def _background(app: Application, options: WorkerOptions, layer: Any) -> list[Background]:
    """Functions on the application's own channels, if it has any and there is a layer; they need no Routing."""
    if not _has_broker(layer):
        return []
    routing = next((found for found in _parts(app) if isinstance(found, Routing)), None) or Routing([])

    def wanted() -> set[str]:
        return {channel for channel in routing.background_channels() if _takes(options, channel)}

    if not wanted():
        return []
    return [Background(routing.attempt, wanted, layer, concurrency=min(options.concurrency, BACKGROUND))]


async def _stored(options: WorkerOptions, layer: Any, stack: AsyncExitStack) -> list[Background]:
    """Work on channels whose messages are kept elsewhere. ConfigError where they are not kept well enough."""
    works = []
    for channel, opened in STORES.items():
        if _has_broker(layer) and _takes(options, channel):
            store = await stack.enter_async_context(opened(layer))
            limit = min(options.concurrency, BACKGROUND)
            works.append(Background(store.attempt, partial(list, [channel]), store, concurrency=limit))
    return works


def _unread(app: Any) -> list[str]:
    """Channels that have class consumers, as a ChannelNameRouter says; their scopes need more than a worker has."""
    router = (getattr(app, "application_mapping", None) or {}).get("channel")
    return sorted(getattr(router, "application_mapping", None) or {})


def _parts(app: Any) -> list[Any]:
    mapping = getattr(app, "application_mapping", None)
    inner = getattr(app, "inner", None)  # of what puts it into spans
    return [app, inner, *(mapping.values() if isinstance(mapping, Mapping) else ())]


def _takes(options: WorkerOptions, channel: str) -> bool:
    """Whether --only and --exclude leave ``channel`` to this worker."""
    if options.only and not any(fnmatchcase(channel, glob) for glob in options.only):
        return False
    return not any(fnmatchcase(channel, glob) for glob in options.exclude)


def _dialler(options: WorkerOptions, layer: Any, name: str, count: Callable[[str], None]) -> Dialler:
    if not options.connect:
        _require_broker(layer)
    directory = Places(options.connect) if options.connect else Registry(layer)
    tls = None
    if options.relay_tls_ca is not None:
        try:
            tls = ssl.create_default_context(cafile=str(options.relay_tls_ca))
        except OSError as error:
            raise ConfigError(f"--relay-tls-ca {options.relay_tls_ca}: {error.strerror or error}") from None
        tls.check_hostname = False  # containers are found by address; that authority signs for nothing else
    dialler = Dialler(
        directory, name, options.relay_token.encode(), tls=tls, only=options.only, exclude=options.exclude
    )
    dialler.malformed = Noise(count, "relay.malformed")
    return dialler
