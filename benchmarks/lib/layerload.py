"""One measurement of one channel layer; run by ``layer.py`` with the peers' interpreter.

A driver (this process) and a worker (another one, but for layers that live in one process) talk
over the layer for some seconds; one line of JSON says how many operations that was and what CPU
time both and the broker spent.
"""

# ruff: noqa: ASYNC110 - counters in shared memory are polled

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent)

from procs import cpu_ns  # noqa: E402

MESSAGE = {
    "type": "websocket.receive",
    "text": "x" * 100,
    "bytes": None,
    "path": "/chat/room/1/",
    "reply_channel": "specific.abc!def",
}
BACKLOG = 20_000
COMPETING = 4000
RECEIVERS = 3

Layer = Any
Worker = Callable[[Layer, "Shared"], Awaitable[None]]
Driver = Callable[[Layer, "Shared", float], Awaitable[dict[str, Any]]]


class Shared:
    """What driver and worker tell each other beside the layer."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self.ready = context.Value("i", 0, lock=False)
        self.got = context.Value("q", 0, lock=False)
        self.last = context.Value("d", 0.0, lock=False)
        self.results = context.SimpleQueue()
        self.names: list[str] = []

    def took(self) -> None:
        """The worker got a message."""
        self.got.value += 1
        self.last.value = time.monotonic()

    async def until_got(self, count: int, patience: float = 2) -> None:
        """Wait for the worker's count, or for ``patience`` seconds in which it does not move."""
        seen, since = -1, time.monotonic()
        while self.got.value < count and time.monotonic() - since < patience:
            if self.got.value != seen:
                seen, since = self.got.value, time.monotonic()
            await asyncio.sleep(0.001)


def make(spec: str) -> Layer:
    """A layer from ``module:Class?{"keyword": ...}``."""
    try:
        from django.conf import settings  # noqa: PLC0415 - ours needs no Django
    except ImportError:
        pass
    else:
        if not settings.configured:
            settings.configure()
    where, _, keywords = spec.partition("?")
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)(**json.loads(keywords or "{}"))


async def forever(tasks: Iterable[Awaitable[None]], shared: Shared) -> None:
    """Run the worker's tasks, say so when they have had time to start."""
    running = [asyncio.ensure_future(task) for task in tasks]
    await asyncio.sleep(0.5)
    shared.ready.value += 1
    await asyncio.gather(*running)


# --- one way: 32 senders, one channel, one receiver ------------------------------------------


async def oneway_worker(layer: Layer, shared: Shared) -> None:
    """Take what comes."""

    async def take() -> None:
        while True:
            await layer.receive("work")
            shared.took()

    await forever([take()], shared)


async def oneway_driver(layer: Layer, shared: Shared, secs: float) -> dict[str, Any]:
    """Send from 32 tasks, never more than BACKLOG ahead of the receiver."""
    sent, start = 0, time.monotonic()

    async def send() -> None:
        nonlocal sent
        while time.monotonic() < start + secs:
            sent += 1
            await layer.send("work", MESSAGE)
            while sent - shared.got.value > BACKLOG and time.monotonic() < start + secs:
                await asyncio.sleep(0.001)

    await asyncio.gather(*(send() for _ in range(32)))
    await shared.until_got(sent)
    return {"n": shared.got.value, "secs": shared.last.value - start, "lost": sent - shared.got.value}


# --- request, worker, reply -------------------------------------------------------------------


async def rpc_worker(layer: Layer, shared: Shared) -> None:
    """Answer each request in a task of its own."""
    tasks: set[asyncio.Task[None]] = set()

    async def reply(message: dict[str, Any]) -> None:
        await layer.send(message["reply_channel"], {"type": "websocket.send", "text": message["text"]})

    async def take() -> None:
        while True:
            task = asyncio.ensure_future(reply(await layer.receive("work")))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    await forever([take()], shared)


async def rpc_driver(layer: Layer, shared: Shared, secs: float, clients: int) -> dict[str, Any]:
    """``clients`` askers, one request in flight each."""
    took: list[float] = []

    async def ask(end: float, keep: bool) -> None:
        channel = await layer.new_channel("specific")
        message = {**MESSAGE, "reply_channel": channel}
        while (start := time.monotonic()) < end:
            await layer.send("work", message)
            await layer.receive(channel)
            if keep:
                took.append(time.monotonic() - start)

    await asyncio.gather(*(ask(time.monotonic() + 0.3, False) for _ in range(clients)))
    start = time.monotonic()
    await asyncio.gather(*(ask(start + secs, True) for _ in range(clients)))
    secs = time.monotonic() - start
    took.sort()
    return {
        "n": len(took),
        "secs": secs,
        "p50_us": took[len(took) // 2] * 1e6,
        "p99_us": took[int(len(took) * 0.99)] * 1e6,
    }


# --- a group ------------------------------------------------------------------------------------


async def fanout_worker(layer: Layer, shared: Shared, members: int) -> None:
    """``members`` channels of this process in one group."""
    channels = [await layer.new_channel("specific") for _ in range(members)]
    for channel in channels:
        await layer.group_add("room", channel)

    async def take(channel: str) -> None:
        while True:
            await layer.receive(channel)
            shared.took()

    await forever([take(channel) for channel in channels], shared)


async def fanout_driver(layer: Layer, shared: Shared, secs: float, members: int) -> dict[str, Any]:
    """Send to the group, some messages ahead of the members."""
    sends, start, window = 0, time.monotonic(), max(16, 4000 // members)
    while time.monotonic() < start + secs:
        await layer.group_send("room", MESSAGE)
        sends += 1
        if shared.got.value < (sends - window) * members:
            await shared.until_got((sends - window) * members)
    await shared.until_got(sends * members)
    return {
        "n": shared.got.value,
        "secs": shared.last.value - start,
        "lost": sends * members - shared.got.value,
    }


# --- competing receivers --------------------------------------------------------------------------


async def competing_worker(layer: Layer, shared: Shared) -> None:
    """Take until nothing comes for three seconds, and hand in what came."""
    got: list[int] = []
    last = time.monotonic()

    async def take() -> None:
        nonlocal last
        while True:
            got.append((await layer.receive("work"))["i"])
            last = time.monotonic()

    taking = asyncio.ensure_future(take())
    await asyncio.sleep(0.5)
    shared.ready.value += 1
    last = time.monotonic()
    while time.monotonic() - last < 3:
        await asyncio.sleep(0.2)
    shared.results.put(got)
    taking.cancel()


async def competing_driver(layer: Layer, shared: Shared) -> dict[str, Any]:
    """Send COMPETING messages, and look at what the receivers hand in."""
    for i in range(COMPETING):
        await layer.send("work", {"type": "test", "i": i})
    results: list[list[int]] = []
    while len(results) < RECEIVERS:
        while shared.results.empty():
            await asyncio.sleep(0.1)
        results.append(shared.results.get())
    everything = [i for result in results for i in result]
    return {
        "sent": COMPETING,
        "received": len(everything),
        "duplicates": len(everything) - len(set(everything)),
        "lost": COMPETING - len(set(everything)),
        "inversions": sum(b < a for result in results for a, b in itertools.pairwise(result)),
        "shares": [len(result) for result in results],
    }


# --- running it -------------------------------------------------------------------------------------


def parts(test: str) -> tuple[Worker, Driver, int]:
    """The worker, the driver and how many workers."""
    kind, _, number = test.partition("-")
    count = int(number or 0)
    if kind == "oneway":
        return oneway_worker, oneway_driver, 1
    if kind == "rpc":
        return rpc_worker, lambda layer, shared, secs: rpc_driver(layer, shared, secs, count), 1
    if kind == "fanout":
        return (
            lambda layer, shared: fanout_worker(layer, shared, count),
            lambda layer, shared, secs: fanout_driver(layer, shared, secs, count),
            1,
        )
    return competing_worker, lambda layer, shared, secs: competing_driver(layer, shared), RECEIVERS


def work(spec: str, worker: Worker, shared: Shared) -> None:
    """A worker process."""

    async def main() -> None:
        await worker(make(spec), shared)

    try:
        asyncio.run(main())
    finally:
        os._exit(0)


async def run(args: argparse.Namespace, shared: Shared, pids: list[int]) -> dict[str, Any]:
    """The driver's figures, with the CPU time of ``pids``; the worker runs here where no process has it."""
    worker, driver, count = parts(args.test)
    layer = make(args.layer)
    local = [asyncio.ensure_future(worker(layer, shared)) for _ in range(count if args.one_process else 0)]
    while shared.ready.value < count:
        await asyncio.sleep(0.01)
        for task in local:
            if task.done():
                task.result()  # it has failed
    before = cpu_ns(pids)
    figures = await driver(layer, shared, args.dur)
    return {**figures, "cpu_ns": cpu_ns(pids) - before}


def main() -> None:
    """Print the figures of one measurement."""
    p = argparse.ArgumentParser()
    p.add_argument("--layer", required=True)
    p.add_argument("--test", required=True)
    p.add_argument("--dur", type=float, default=2)
    p.add_argument("--broker", type=int, default=0, help="pid, for its CPU time")
    p.add_argument("--one-process", action="store_true")
    p.add_argument("--uvloop", action="store_true")
    args = p.parse_args()
    if args.uvloop:
        import uvloop  # noqa: PLC0415 - only if it is asked for

        uvloop.install()
    worker, _, count = parts(args.test)
    shared, fork = Shared(), multiprocessing.get_context("fork")
    workers = [
        fork.Process(target=work, args=(args.layer, worker, shared), daemon=True)
        for _ in range(0 if args.one_process else count)
    ]
    for process in workers:
        process.start()
    pids = [os.getpid(), *(process.pid or 0 for process in workers), *([args.broker] if args.broker else [])]
    print(json.dumps(asyncio.new_event_loop().run_until_complete(run(args, shared, pids))), flush=True)
    for process in workers:
        process.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
