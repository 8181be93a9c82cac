"""One serving process: a loop, signals, the banner, and an exit code.

The first SIGTERM or SIGINT drains, the second stops at once; SIGHUP reads the certificates again.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from interfaces.runner.ops import ops_interface
from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Serving
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Interface
from interfaces.shared.listen import Listening
from interfaces.shared.notify import notify
from interfaces.shared.proxy import Trusted
from interfaces.shared.telemetry import Telemetry
from interfaces.shared.tls import TlsFiles

__all__ = ["listening_of", "loop_factory", "run", "serving_of"]

log = logging.getLogger("interfaces")
Chosen = Sequence[tuple[Interface[Any], tuple[str, ...]]]


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The maker of event loops that the option ``loop`` names; None is asyncio's own."""
    if name == "asyncio":
        return None
    try:
        import uvloop
    except ImportError:
        if name == "uvloop":
            raise ConfigError("--loop uvloop: uvloop is not installed: pip install uvloop") from None
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def listening_of(options: ServeOptions, inherited: dict[str, tuple[int, ...]] | None = None) -> Listening:
    """How a process with these options listens. ConfigError for certificates that cannot be used."""
    tls = None
    if options.tls_cert is not None:
        tls = TlsFiles(
            cert=str(options.tls_cert),
            key=str(options.tls_key) if options.tls_key else None,
            password=options.tls_key_password or None,
            client_ca=str(options.tls_client_ca) if options.tls_client_ca else None,
            client_required=options.tls_client_required,
            sni=tuple((s.hostname, str(s.cert), str(s.key)) for s in options.tls_sni),
        )
    family = options.forwarded
    trusted = Trusted() if family == "off" else Trusted.parse(options.trusted_proxies, family)
    return Listening(
        inherited=inherited or {},
        tls=tls,
        trusted=trusted,
        proxy_protocol=options.proxy_protocol,
        backlog=options.backlog,
        reuse_port=options.reuse_port,
    )


def serving_of(
    app: Application,
    chosen: Chosen,
    options: ServeOptions,
    *,
    telemetry: Telemetry | None = None,
    inherited: dict[str, tuple[int, ...]] | None = None,
) -> Serving:
    """What these options ask for, not yet entered."""
    return Serving(
        app,
        chosen,
        listening=listening_of(options, inherited),
        telemetry=telemetry,
        lifespan=options.lifespan,
        drain=options.drain,
        drain_delay=options.drain_delay,
        ops=ops_interface(options.ops_bind) if options.ops_bind else None,
    )


def run(
    app: Application,
    chosen: Chosen,
    options: ServeOptions,
    *,
    app_name: str = "",
    telemetry: Telemetry | None = None,
    inherited: dict[str, tuple[int, ...]] | None = None,
) -> int:
    """Serve until told to stop. 0 after a clean drain, 2 for a configuration mistake, 1 otherwise."""
    try:
        serving = serving_of(app, chosen, options, telemetry=telemetry, inherited=inherited)
        with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
            runner.run(_serve(serving, app_name, options))
    except (ConfigError, ApplicationError) as error:
        say(str(error))
        return 2 if isinstance(error, ConfigError) else 1
    return 0


def say(text: str) -> None:
    """A line for the person who started us, on stderr."""
    print(f"interfaces: {text}", file=sys.stderr, flush=True)


async def _serve(serving: Serving, app_name: str, options: ServeOptions) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def told(number: signal.Signals) -> None:
        if stop.is_set():
            say(f"{number.name} again: stopping at once")
            os._exit(1)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    async with serving:
        loop.add_signal_handler(signal.SIGHUP, serving.reload)
        gc.collect()
        gc.freeze()
        for line in banner(serving, app_name, options):
            say(line)
        notify("READY=1")
        await _until(stop, serving)
        notify("STOPPING=1")
        say(f"stopping: finishing what is in flight, for {options.drain:g} s at most")
    say("stopped")


async def _until(stop: asyncio.Event, serving: Serving) -> None:
    """Wait until told to stop; raise what ends an interface before that."""
    waiting = asyncio.ensure_future(stop.wait())
    failing = asyncio.ensure_future(serving.failed())
    done, late = await asyncio.wait({waiting, failing}, return_when=asyncio.FIRST_COMPLETED)
    for task in late:
        task.cancel()
    for task in done:
        task.result()


def banner(serving: Serving, app_name: str, options: ServeOptions) -> list[str]:
    """What listens where, for which application, in which mode."""
    what = app_name or "the application"
    lines = []
    for served in serving.served:
        secure = any(address.tls for address in served.addresses)
        where = ", ".join(str(address) for address in served.addresses)
        lines.append(f"{' '.join(served.names)} on {where}{' (TLS)' if secure else ''} for {what}")
    mode = "one process" if options.workers == 1 else f"{options.workers} workers"
    lines.append(f"{mode}, pid {os.getpid()}, {type(asyncio.get_running_loop()).__module__.partition('.')[0]} loop, "
                 f"nothing is kept: what is in flight lives in memory")  # fmt: skip
    return lines
