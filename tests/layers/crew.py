"""Processes that use a layer and do what they are told: what kill -9, SIGSTOP and a lost broker do shows only there.

A mate is told in lines of JSON on its stdin and answers on its stdout. What it receives it writes at once to
a file, a line each, so that it is known even of one that was killed. Messages are ``{tag, n}``, padded if wanted.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from interfaces.layers.base import ChannelFull
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import Unavailable

ROOT = Path(__file__).parents[2]
STEP = 0.02


def used():
    """What this process holds: tasks, descriptors, KiB of memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "tasks": len(asyncio.all_tasks()),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "memory": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
    }


class Hand:
    """A mate's own side: each public method is something that it can be told."""

    def __init__(self, log, keywords):
        self.losses = []
        self.layer = RedisChannelLayer(**keywords, on_loss=self.losses.append)
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.tasks = set()

    async def channel(self):
        """A channel of its own."""
        return await self.layer.new_channel()

    async def receive(self, *channels, receivers=1, pause=0.0):
        """Begin to receive, for ever."""
        for _ in range(receivers):
            task = asyncio.create_task(self._receive(channels, pause))
            self.tasks.add(task)

    async def rest(self):
        """Receive no more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    async def _receive(self, channels, pause):
        while True:
            message = await self.layer.receive(*channels)
            os.write(self.log, f"{message['tag']} {message['n']}\n".encode())
            if pause:
                await asyncio.sleep(pause)

    async def send(self, to, tag, numbers, **how):
        """See :func:`send`."""
        return await send(self.layer, to, tag, range(*numbers), **how)

    async def add(self, group, channel):
        """To a group."""
        await self.layer.group_add(group, channel)

    async def told(self):
        """What was counted, how often the broker was lost, and what the process holds."""
        return {"counts": self.layer.hub().counts, "losses": len(self.losses), **used()}

    async def close(self):
        """Leave in good order."""
        await self.rest()
        await self.layer.close()


async def send(layer, to, tag, numbers, *, group=False, at_once=1, pause=0.0, pad=0, patient=False):
    """Send {tag, n}: the numbers by how it ended (sent, full, unavailable), and the seconds that the slowest took.

    ``patient``: what does not fit is tried again; ``at_once``: so many sends side by side.
    """
    with contextlib.suppress(Unavailable):
        await (
            layer.hub().started()
        )  # a loop's first sends may go another way, side by side with the next ones
    deed, found, slowest = (
        layer.group_send if group else layer.send,
        {"sent": [], "full": [], "unavailable": []},
        0.0,
    )

    async def one(number):
        nonlocal slowest
        begun = time.monotonic()
        while True:
            try:
                await deed(to, {"tag": tag, "n": number, "pad": b"x" * pad})
                found["sent"].append(number)
            except ChannelFull:
                if patient:
                    await asyncio.sleep(0.01)
                    begun = time.monotonic()
                    continue
                found["full"].append(number)
            except Unavailable:
                found["unavailable"].append(number)
            break
        slowest = max(slowest, time.monotonic() - begun)

    for start in range(0, len(numbers), at_once):
        await asyncio.gather(*map(one, numbers[start : start + at_once]))
        if pause:
            await asyncio.sleep(pause)
    return {**found, "slowest": slowest}


async def _serve(log, keywords):
    hand, loop = Hand(log, keywords), asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def answer(number, name, words, how):
        try:
            reply = await getattr(hand, name)(*words, **how)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps([number, reply]), flush=True)

    tasks = set()
    while line := await reader.readline():
        tasks.add(asyncio.create_task(answer(*json.loads(line))))
    await hand.close()


class Mate:
    """Our side of a mate: ``await mate.do(name, *words, **how)`` for what :class:`Hand` can."""

    def __init__(self, process, log):
        self.process, self.log = process, log
        self.pid = process.pid
        self.waiting = {}
        self.reading = asyncio.create_task(self._read())

    async def _read(self):
        while line := await self.process.stdout.readline():
            number, reply = json.loads(line)
            if not (waiting := self.waiting.pop(number)).done():
                waiting.set_result(reply)
        for waiting in self.waiting.values():
            waiting.cancel()

    def begin(self, name, *words, **how):
        """Tell it, and go on: a future of its answer."""
        number = len(self.waiting) + id(object()) + time.monotonic_ns()
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        self.process.stdin.write(json.dumps([number, name, words, how]).encode() + b"\n")
        return future

    async def do(self, name, *words, **how):
        """Tell it, and wait for its answer."""
        reply = await asyncio.wait_for(self.begin(name, *words, **how), 120)
        assert not (isinstance(reply, dict) and "error" in reply), reply
        return reply

    def signal(self, number):
        """Send it a signal."""
        os.kill(self.pid, number)

    @property
    def received(self):
        """What it received, in its order: (tag, n)."""
        if not self.log.exists():
            return []
        words = [line.split() for line in self.log.read_text(encoding="ascii").splitlines()]
        return [(tag, int(number)) for tag, number in words]

    async def kill(self):
        """kill -9."""
        self.signal(signal.SIGKILL)
        await self.end()

    async def end(self):
        """Leave in good order, unless it is dead already."""
        self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), 30)
        await self.reading


class Crew:
    """Mates on the same brokers: ``async with Crew(folder, hosts, prefix) as crew: mate = await crew.mate()``."""

    def __init__(self, folder, hosts, prefix, **keywords):
        self.folder = Path(folder)
        self.keywords = {"hosts": hosts, "prefix": prefix, "capacity": 100_000, **keywords}
        self.mates = []

    async def mate(self, **keywords):
        """One more process."""
        log = self.folder / f"{len(self.mates)}-{time.monotonic_ns()}"
        words = json.dumps([str(log), {**self.keywords, **keywords}])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.layers.crew", words,
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        )  # fmt: skip
        self.mates.append(Mate(process, log))
        return self.mates[-1]

    def layer(self, **keywords):
        """A layer in this process."""
        return RedisChannelLayer(**{**self.keywords, **keywords})

    @property
    def received(self):
        """By all of them: how often each message."""
        return Counter(message for mate in self.mates for message in mate.received)

    async def got(self, count, seconds=30.0):
        """Wait until ``count`` different messages were received; how many were."""
        end = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < end:
            await asyncio.sleep(STEP)
        return len(self.received)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for mate in self.mates:
            if mate.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    mate.signal(signal.SIGCONT)
                await mate.end()


if __name__ == "__main__":
    asyncio.run(_serve(*json.loads(sys.argv[1])))
