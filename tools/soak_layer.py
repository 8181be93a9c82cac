#!/usr/bin/env python3
"""The layer over a broker, for longer than a test may take.

    python tools/soak_layer.py [--seconds N] [--calls N]      70 seconds an endurance part, 10,000 calls

- idle: a receiver that hears nothing for the whole time gets what comes then;
- threads: twenty threads call async_to_sync(group_send) all the time: two connections, no error, all arrive;
- killed: the broker is killed (-9) and started again under load: what it took arrives, once;
- deaf: subscribers are cut off (CLIENT KILL TYPE pubsub) under load: what does not arrive is counted.

Exit code 1 when one of them does not hold.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

from asgiref.sync import async_to_sync
from redis import Redis

from interfaces.layers.base import ChannelFull
from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import Unavailable

__all__ = ["main"]

LOST = ("layer.gap", "layer.gap_there", "layer.undeliverable", "layer.unsent", "layer.interrupted")


def layer(server: Embedded, prefix: str, **keywords: Any) -> RedisChannelLayer:
    """A layer that keeps everything."""
    return RedisChannelLayer([server.url], prefix=prefix, capacity=1_000_000, expiry=600, **keywords)


def say(part: str, ok: bool, **figures: object) -> bool:
    """Tell how a part ended."""
    print(
        f"{'ok  ' if ok else 'FAIL'} {part}: {', '.join(f'{name} {value}' for name, value in figures.items())}",
        flush=True,
    )
    return ok


async def idle(server: Embedded, seconds: float) -> bool:
    """Hear nothing, then something."""
    mine, others = layer(server, prefix := token_hex(8)), layer(server, prefix)
    channel = await mine.new_channel()
    waiting = [asyncio.ensure_future(mine.receive(name)) for name in ("work", channel)]
    await asyncio.sleep(seconds)
    started = time.monotonic()
    await others.send("work", {"n": 1})
    await others.send(channel, {"n": 2})
    got = [(await asyncio.wait_for(one, 10))["n"] for one in waiting]
    took = time.monotonic() - started
    await asyncio.gather(mine.close(), others.close())
    return say("idle", got == [1, 2], waited=f"{seconds:.0f} s", took=f"{took * 1000:.1f} ms")


async def threads(server: Embedded, calls: int) -> bool:
    """Call from threads that have no loop."""
    prefix = token_hex(8)
    mine, theirs = layer(server, prefix), layer(server, prefix)
    channel = await mine.new_channel()
    await mine.group_add("room", channel)
    client = Redis.from_url(server.url)
    before = len(client.client_list())
    errors: list[str] = []

    def view() -> None:
        for _ in range(calls // 20):
            try:
                async_to_sync(theirs.group_send)("room", {"n": 1})
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                errors.append(repr(error))

    workers = [threading.Thread(target=view) for _ in range(20)]
    for worker in workers:
        worker.start()
    most, got = 0, 0
    for got in range(1, calls // 20 * 20 + 1):
        await asyncio.wait_for(mine.receive(channel), 20)
        if got % 500 == 0:
            most = max(most, len(client.client_list()) - before)
    await asyncio.to_thread(lambda: [worker.join() for worker in workers])
    client.close()
    await asyncio.gather(mine.close(), theirs.close())
    return say("threads", most <= 2 and not errors, calls=got, connections=most, errors=errors[:3])


class Load:
    """Numbers sent to one channel: what was taken, refused or left open; and what arrived."""

    def __init__(self, sender: RedisChannelLayer, receiver: RedisChannelLayer, channel: str) -> None:
        self.sender, self.receiver, self.channel = sender, receiver, channel
        self.taken: set[int] = set()
        self.told: Counter[str] = Counter()
        self.got: Counter[int] = Counter()
        self.done = False

    async def send(self) -> None:
        """All the time."""
        number = 0
        while not self.done:
            number += 1
            try:
                await self.sender.send(self.channel, {"n": number})
            except (Unavailable, ChannelFull) as error:
                self.told[type(error).__name__] += 1
            else:
                self.taken.add(number)
            await asyncio.sleep(0.0005)

    async def receive(self) -> None:
        """All of it."""
        while True:
            self.got[(await self.receiver.receive(self.channel))["n"]] += 1

    async def run(self, trouble: Any, rounds: int) -> None:
        """Load, trouble now and then, and time for what is under way."""
        tasks = [asyncio.ensure_future(self.send()), asyncio.ensure_future(self.receive())]
        for _ in range(rounds):
            await asyncio.sleep(1)
            await asyncio.to_thread(trouble)
        await asyncio.sleep(2)
        self.done = True
        await asyncio.wait(tasks, timeout=6)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    @property
    def figures(self) -> dict[str, object]:
        """What there was."""
        return {
            "taken": len(self.taken),
            "refused": dict(self.told),
            "arrived": len(self.got),
            "missing": len(self.taken - self.got.keys()),
            "twice": sum(n > 1 for n in self.got.values()),
        }


async def killed(server: Embedded, rounds: int) -> bool:
    """A queue, and a broker that dies."""
    prefix = token_hex(8)
    load = Load(layer(server, prefix), layer(server, prefix), "work")

    def trouble() -> None:
        client = Redis.from_url(server.url)
        pid = client.info("server")["process_id"]
        client.close()
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        server.close()
        server.start()

    await load.run(trouble, rounds)
    await asyncio.gather(load.sender.close(), load.receiver.close())
    figures = load.figures
    return say("killed", not figures["missing"] and not figures["twice"], rounds=rounds, **figures)


async def deaf(server: Embedded, rounds: int) -> bool:
    """A specific channel, and subscribers that are cut off."""
    prefix = token_hex(8)
    counts: Counter[str] = Counter()
    sender, receiver = layer(server, prefix), layer(server, prefix)
    for one in (sender, receiver):
        one.count = lambda name, by: counts.update({name: by})
    load = Load(sender, receiver, await receiver.new_channel())

    def trouble() -> None:
        client = Redis.from_url(server.url)
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        client.close()

    await load.run(trouble, rounds)
    await asyncio.gather(sender.close(), receiver.close())
    figures = load.figures
    told = {name: counts[name] for name in LOST if counts[name]}
    silent = bool(figures["missing"]) and not told
    return say("deaf", not silent and not figures["twice"], rounds=rounds, **figures, counted=told)


async def run(seconds: float, calls: int) -> bool:
    """All parts."""
    with (
        TemporaryDirectory(prefix="soak-") as folder,
        Embedded() as still,
        Embedded(Path(folder, "broker"), appendonly=True, fsync=True) as dying,
    ):
        waiting = asyncio.ensure_future(idle(still, seconds))
        rounds = max(2, int(seconds / 10))
        held = [await threads(still, calls), await killed(dying, rounds), await deaf(dying, rounds)]
        return all([*held, await waiting])


def main() -> None:
    """Run it."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=70)
    p.add_argument("--calls", type=int, default=10_000)
    args = p.parse_args()
    sys.exit(not asyncio.run(run(args.seconds, args.calls)))


if __name__ == "__main__":
    main()
