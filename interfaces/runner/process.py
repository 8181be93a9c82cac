"""One serving process: a loop, signals, the banner, and an exit code.

The first SIGTERM or SIGINT drains, the second stops at once; SIGHUP reads the certificates again. Under a
supervisor (``worker``) the process tells it, and no person, how it does; and drains when it is gone.
"""

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Timer

from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Chosen, Serving
from interfaces.runner.voice import banner, beat, loop_name, ops_lines, say
from interfaces.runner.worker import Worker
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.listen import Listening
from interfaces.shared.notify import ready, reloading, stopping
from interfaces.shared.proxy import Trusted
from interfaces.shared.strand import bound, shutdown
from interfaces.shared.telemetry import Telemetry
from interfaces.shared.tls import TlsFiles

__all__ = ["listening_of", "loop_factory", "run", "serving_of"]

log = logging.getLogger("interfaces.runner")

COUNTING = 1.0
"""Seconds between two times that a worker tells its supervisor what it has counted."""
YOUNG = 10_000
"""Objects more than before until those among the young are looked for that hold each other. A message is a hundred,
which go by themselves; to look after each 700 took a twentieth of the time."""
PYTHONS = (700, 2000)
"""What Python itself has for it; what an application has set stays."""
LEFTOVER = 2.0
"""Seconds for what the application leaves running, tasks and threads, when all else has ended."""


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The maker of event loops that the option ``loop`` names; None is asyncio's own."""
    if name == "asyncio":
        return None
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        if name == "uvloop":
            raise ConfigError("--loop uvloop: uvloop is not installed: pip install uvloop") from None
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def listening_of(options: ServeOptions, inherited: Mapping[str, tuple[int, ...]] | None = None) -> Listening:
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
    trusted = Trusted.parse(options.trusted_proxies, options.forwarded)
    listening = Listening(
        inherited=inherited or {},
        tls=tls,
        trusted=trusted,
        proxy_protocol=options.proxy_protocol,
        backlog=options.backlog,
        reuse_port=options.reuse_port,
        handshake_timeout=options.handshake_timeout,
    )
    listening.secure()  # now, before the application does anything that it would have to undo
    return listening


def serving_of(
    app: Application | None,
    chosen: Chosen,
    options: ServeOptions,
    *,
    telemetry: Telemetry | None = None,
    worker: Worker | None = None,
) -> Serving:
    """What these options ask for, not yet entered; the supervisor of a ``worker`` does its part of it."""
    bound(options.threads, options.max_sync_queue)
    return Serving(
        app,
        chosen,
        options,
        listening=listening_of(options, worker.inherited if worker else None),
        telemetry=telemetry,
        supervised=worker is not None,
    )


def run(
    app: Application | None,
    chosen: Chosen,
    options: ServeOptions,
    *,
    app_name: str = "",
    telemetry: Telemetry | None = None,
    worker: Worker | None = None,
) -> int:
    """Serve until told to stop. 0 after a clean drain, 2 for a configuration mistake, 1 otherwise."""
    try:
        serving = serving_of(app, chosen, options, telemetry=telemetry, worker=worker)
        process = _Process(serving, options, app_name, worker)
        with ExitStack() as stack:
            insisting = Timer(LEFTOVER, _insist)
            insisting.daemon = True
            stack.callback(insisting.cancel)
            stack.callback(shutdown)
            runner = stack.enter_context(asyncio.Runner(loop_factory=loop_factory(options.loop)))
            stack.callback(insisting.start)
            _run(runner.get_loop(), process)
    except (ConfigError, ApplicationError) as error:
        say(str(error))
        return 2 if isinstance(error, ConfigError) else 1
    except asyncio.CancelledError:
        pass  # told to stop while it started
    return 0


def _run(loop: asyncio.AbstractEventLoop, process: "_Process") -> None:
    """Run it to its end. A call of the application that raised SystemExit ends itself, not the process."""
    serving = loop.create_task(process.serve())
    while not serving.done():
        try:
            loop.run_until_complete(serving)
        except (SystemExit, KeyboardInterrupt):
            if not process.up:
                raise
    serving.result()


def _insist() -> None:
    """End the process although asyncio waits for tasks that take no cancelling, and for threads."""
    say(f"the application left tasks or threads that did not end in {LEFTOVER:g} s: stopping without them")
    os._exit(1)


@dataclass(eq=False)
class _Process:
    """A serving from the first signal handler to the last line."""

    serving: Serving
    options: ServeOptions
    app_name: str
    worker: Worker | None
    up: bool = False
    """Whether it ever served."""

    async def serve(self) -> None:
        """Start, serve until told to stop or until an interface ends, drain."""
        self.stop = asyncio.Event()
        self.starting = asyncio.current_task()
        self._heed_signals()
        self.serving.stop = self._end
        async with self.serving:
            self.starting = None
            self.up = True
            # What was made until now stays for good: no collection need look at it again.
            gc.collect()
            gc.freeze()
            if gc.get_threshold()[0] in PYTHONS:
                gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
            self._announce()
            await self._until_stop()
            stopping("draining")
            if self.worker is None:
                say(f"stopping: finishing what is in flight, for {self.options.drain:g} s at most")
        if self.worker is None:
            say("stopped")
        else:
            self.worker.count(self.serving.figures.counters())

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        if self.worker is None:
            loop.add_signal_handler(signal.SIGINT, self._told, signal.SIGINT)
        else:
            self.worker.on_orphaned(self._end)
        loop.add_signal_handler(signal.SIGTERM, self._told, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _told(self, number: signal.Signals) -> None:
        if self.stop.is_set():
            say(f"{number.name} again: stopping at once")
            os._exit(1)
        self._end()

    def _end(self) -> None:
        self.stop.set()
        if self.starting is not None:
            self.starting.cancel()

    def _reload(self) -> None:
        reloading(time.monotonic())
        if self.serving.reload():
            log.info("SIGHUP: the certificates were read again")
        ready("serving")

    def _announce(self) -> None:
        """Tell who started us that everything listens."""
        where = where_lines(self.serving, self.app_name)
        readiness = self.serving.readiness
        worker = self.worker
        if worker is not None:
            worker.tell(readiness.ok, readiness.lines, where=where, loop=loop_name())
            readiness.on_change = lambda: worker.tell(readiness.ok, readiness.lines)
            self._count(worker)
            return
        banner([*where, *ops_lines(self.serving.ops)], "one process", loop_name())
        ready("serving")
        beat()

    def _count(self, worker: Worker) -> None:
        """Tell the supervisor again and again what was counted."""
        worker.count(self.serving.figures.counters())
        worker.gauge(self.serving.figures.gauges())
        asyncio.get_running_loop().call_later(COUNTING, self._count, worker)

    async def _until_stop(self) -> None:
        """Wait until told to stop; raise what ends an interface before that."""
        tasks = {asyncio.ensure_future(self.stop.wait()), asyncio.ensure_future(self.serving.failed())}
        done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        for task in done:
            task.result()


def where_lines(serving: Serving, app_name: str) -> list[str]:
    """What listens where, for which application or for which workers."""
    lines = []
    app_name = app_name or "the application"
    behind = serving.behind.replace("{app}", app_name) or app_name
    for served in serving.served:
        secure = any(address.tls for address in served.addresses)
        where = ", ".join(str(address) for address in served.addresses)
        where = f" on {where}{' (TLS)' if secure else ''}" if where else ""
        lines.append(f"{' '.join(served.names)}{where} for {behind}")
        lines += served.context.keeps if served.context is not None else []
    return lines + serving.beside
