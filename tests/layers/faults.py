"""What a layer over brokers must bear, as cases of any size: small in test_faults, large in tools/soak_layer.

Each case takes a :class:`Scene` and sizes, asserts what must hold, and returns what went in and what came out.
"""

import asyncio
import random
import signal
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress

from interfaces.layers.desks import BURST
from interfaces.shared.errors import Unavailable
from tests.layers.crew import STEP, Crew, send

PATIENCE = 30.0


class Scene:
    """Where a case plays: ``broker`` (of tests/layers/conftest), ``folder`` for logs, and further ``hosts``."""

    def __init__(self, broker, folder, hosts=None):
        self.broker, self.folder = broker, folder
        self.hosts = hosts or broker.hosts
        self.played = 0

    def crew(self, **keywords):
        """A crew with a prefix of its own."""
        self.played += 1
        return Crew(self.folder, self.hosts, f"{self.broker.prefix}x{self.played}", **keywords)

    @asynccontextmanager
    async def layers(self, count=2, **keywords):
        """Layers of one crew in this process, and the crew."""
        crew = self.crew(**keywords)
        layers = [crew.layer() for _ in range(count)]
        try:
            yield crew, *layers
        finally:
            for layer in layers:
                await layer.close()


async def until(true, seconds=PATIENCE):
    """Wait for what tells no event."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come in time"
        await asyncio.sleep(STEP)


async def sent_by(layer, channel):
    """Sends until it works: how many seconds that took."""
    begun = time.monotonic()
    while True:
        try:
            await layer.send(channel, {"tag": "again", "n": 0})
            return time.monotonic() - begun
        except Unavailable:
            if time.monotonic() - begun > PATIENCE:
                raise


def inversions(received):
    """How often a receiver got what its sender had sent before the last one."""
    last, count = {}, 0
    for tag, number in received:
        count += last.get(tag, -1) > number
        last[tag] = number
    return count


# --- delivery ---------------------------------------------------------------------------------------


async def receivers(scene, messages=4000, count=3):
    """Several processes share a queue: nothing twice, nothing lost, in order at each."""
    async with scene.crew() as crew, scene.layers(1) as (_, _layer):
        layer = crew.layer()
        for _ in range(count):
            await (await crew.mate()).do("receive", "q")
        await send(layer, "q", "m", range(messages), at_once=50)
        got = await crew.got(messages)
        await layer.close()
        turned = sum(inversions(mate.received) for mate in crew.mates)
        shares = [len(mate.received) for mate in crew.mates]
        twice = crew.received.total() - got
        assert (got, twice, turned) == (messages, 0, 0)
        assert min(shares) > 0
        return {"sent": messages, "received": got, "twice": twice, "inversions": turned, "shares": shares}


async def specific(scene, channels=100, each=5):
    """Sends to channels of other processes arrive, all of them, whatever the number of shards."""
    async with scene.crew() as crew:
        owners = [await crew.mate() for _ in range(2)]
        sender, names = crew.layer(), []
        for n in range(channels):
            names.append(await owners[n % 2].do("channel"))
            await owners[n % 2].do("receive", names[-1])
        for n, name in enumerate(names):
            await send(sender, name, f"c{n}", range(each), at_once=each)
        got = await crew.got(channels * each)
        await sender.close()
        assert got == crew.received.total() == channels * each
        assert not sum(inversions(mate.received) for mate in crew.mates)
        return {"shards": len(scene.hosts), "sent": channels * each, "received": got}


async def at_once(scene, sends=1000):
    """So many sends side by side, to a queue and to another process, all arrive."""
    async with scene.crew() as crew:
        mate, layer = await crew.mate(), crew.layer()
        channel = await mate.do("channel")
        await mate.do("receive", "q")
        await mate.do("receive", channel)
        ways = {"q": "queue", channel: "specific"}
        for to, tag in ways.items():
            assert len((await send(layer, to, tag, range(sends), at_once=sends))["sent"]) == sends
        got = await crew.got(2 * sends)
        await layer.close()
        assert got == crew.received.total() == 2 * sends
        return {"sent": 2 * sends, "received": got}


async def idle(scene, seconds=1.0):
    """A receive that waited for long still receives."""
    async with scene.layers() as (_, one, two):
        own = await one.new_channel()
        waiting = [asyncio.ensure_future(one.receive(name)) for name in ("q", own)]
        await asyncio.sleep(seconds)
        await two.send("q", {"n": 1})
        await two.send(own, {"n": 2})
        assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [{"n": 1}, {"n": 2}]
        return {"seconds": seconds, "received": 2}


async def cancelled(scene, messages=500):
    """Receives that are cancelled, once or twice, in a tight loop while messages come lose none."""
    async with scene.layers() as (_, one, two):
        own = await one.new_channel()
        got, cancels, chance = Counter(), 0, random.Random(1)
        sending = [
            asyncio.ensure_future(send(two, to, to, range(messages), at_once=5, pause=0.001))
            for to in ("q", own)
        ]
        while got.total() < 2 * messages:
            names = chance.choice([("q",), (own,), ("q", own)])
            task = asyncio.ensure_future(one.receive(*names))
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            for _ in range(chance.randrange(3)):
                task.cancel()
                await asyncio.sleep(0)
                cancels += 1
            task.cancel()
            with suppress(asyncio.CancelledError):
                message = await task
                got[message["tag"], message["n"]] += 1
            if all(task.done() for task in sending):
                with suppress(TimeoutError):
                    message = await asyncio.wait_for(one.receive("q", own), 2)
                    got[message["tag"], message["n"]] += 1
                    continue
                break
        assert len(got) == got.total() == 2 * messages, f"{2 * messages - len(got)} lost"
        return {"sent": 2 * messages, "received": got.total(), "cancels": cancels}


async def short_waits(scene, messages=300, waits=2000):
    """wait_for with timeouts about as long as a message takes loses none."""
    async with scene.layers() as (_, one, two):
        own = await one.new_channel()
        for to in ("q", own):
            sending = asyncio.ensure_future(send(two, to, "m", range(messages), pause=0.002))
            got, tries = [], 0
            while len(got) < messages and tries < 100 * waits:
                tries += 1
                with suppress(TimeoutError):
                    got.append((await asyncio.wait_for(one.receive(to), 0.0005 * (tries % 5)))["n"])
            await sending
            assert sorted(got) == list(range(messages))
        return {"sent": 2 * messages, "received": 2 * messages, "waits": tries}


async def large_and_small(scene, messages=60, seed=1):
    """Messages of all sizes to a process that reads at once: whoever has no credit now gets it again."""
    chance = random.Random(seed)
    async with scene.layers() as (_, one, two):
        own = await one.new_channel()
        reading = asyncio.ensure_future(_sizes(one, own, messages))
        sizes = [chance.choice([10, 100_000, 400_000, 700_000, 1_200_000]) for _ in range(messages)]
        for size in sizes:
            await send(two, own, "m", [0], pad=size, patient=True)
        assert await asyncio.wait_for(reading, PATIENCE) == sizes
        return {"sent": messages, "received": messages, "bytes": sum(sizes)}


async def _sizes(layer, channel, count):
    return [len((await layer.receive(channel))["pad"]) for _ in range(count)]


# --- processes that die, stop, or do not read ---------------------------------------------------------


async def killed(scene, kills=3, each=1500, seed=None, expiry=16):
    """Receivers killed at random points: nothing twice, at most a burst lost by each and all counted, nothing stuck."""
    chance = random.Random(seed)
    async with scene.crew(expiry=expiry) as crew:
        layer, lasting = crew.layer(), await crew.mate()
        await lasting.do("receive", "q", pause=0.001)
        sent = 0
        for n in range(kills):
            victim, enough = await crew.mate(), chance.randrange(each // 3)
            await victim.do("receive", "q")
            sending = asyncio.ensure_future(send(layer, "q", f"r{n}", range(each), at_once=50))
            while len(victim.received) <= enough and not sending.done():
                await asyncio.sleep(chance.random() / 200)
            await victim.kill()
            sent += len((await sending)["sent"])
        key = f"{crew.keywords['prefix']}:q:q"
        await until(lambda: scene.broker.command("XLEN", key) == 0)
        await crew.got(sent, 3)
        counts = (await lasting.do("told"))["counts"]
        got, twice = len(crew.received), crew.received.total() - len(crew.received)
        expired = counts.get("layer.expired", 0) + counted(layer, "layer.expired")
        uncertain = counts.get("layer.uncertain", 0)
        await layer.close()
        lost = sent - got
        owners = {
            message: [n for n, mate in enumerate(crew.mates) if message in mate.received]
            for message, by in crew.received.items()
            if by > 1
        }
        assert (twice, expired) == (0, 0), (sent, got, expired, owners)
        assert lost - kills <= uncertain <= kills * (BURST + 1)  # a message may die with its log's line
        return {"sent": sent, "received": got, "twice": twice, "lost": lost, "uncertain": uncertain}


def counted(layer, name):
    """What a layer of this process has counted."""
    return sum(hub.counts[name] for hub in layer._homes.hubs())


async def stopped(scene, messages=600, seconds=3.0):
    """A receiver stopped for longer than its lease and continued: nothing twice, nothing lost that is not counted."""
    async with scene.crew(expiry=4 * seconds / 3) as crew:
        layer = crew.layer()
        mates = [await crew.mate() for _ in range(2)]
        for mate in mates:
            await mate.do("receive", "q", pause=0.001)
        sending = asyncio.ensure_future(
            send(layer, "q", "m", range(messages), at_once=5, pause=seconds / messages)
        )
        await crew.got(messages // 10)
        mates[0].signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        mates[0].signal(signal.SIGCONT)
        await sending
        got = await crew.got(messages, 10)
        told = [(await mate.do("told"))["counts"] for mate in mates]
        expired, uncertain = (
            counted(layer, name) + sum(counts.get(name, 0) for counts in told)
            for name in ("layer.expired", "layer.uncertain")
        )
        await layer.close()
        assert crew.received.total() == got
        assert got + expired <= messages <= got + expired + uncertain
        return {"sent": messages, "received": got, "twice": 0, "expired": expired, "uncertain": uncertain}


async def attacked(scene, rounds=4, each=300, deeds="kill stop cut restart", seed=None, expiry=24):
    """Whatever is done to receivers of two queues and their broker under load: nothing twice, and nothing lost.

    But what processes had that were killed. Receivers are quick, slow, several in a process, or of both queues.
    """
    chance, kills, did = random.Random(seed), 0, Counter()
    ways = [
        ("q", {}),
        ("r", {"receivers": 3, "pause": 0.001}),
        ("qr", {}),
        ("q", {"receivers": 2, "pause": 0.02}),
    ]
    async with scene.crew(expiry=expiry, timeout=2.0) as crew:
        layer = crew.layer()

        async def mate(names, how):
            one = await crew.mate()
            await one.do("receive", *names, **how)
            return one

        mates, sent = [await mate(*way) for way in ways], 0
        for n in range(rounds):
            sending = [
                asyncio.ensure_future(send(layer, to, f"{to}{n}", range(each), at_once=20, pause=0.001))
                for to in "qr"
            ]
            while not all(one.done() for one in sending):
                deed, at = chance.choice(deeds.split()), chance.randrange(len(mates))
                did[deed] += 1
                await asyncio.sleep(chance.random() / 10)
                if deed == "kill":
                    kills += 1
                    await mates[at].kill()
                    mates[at] = await mate(*ways[at])
                elif deed == "stop":
                    mates[at].signal(signal.SIGSTOP)
                    await asyncio.sleep(chance.random() * 2)
                    mates[at].signal(signal.SIGCONT)
                elif deed == "cut":
                    scene.broker.command("CLIENT", "KILL", "TYPE", chance.choice(["normal", "pubsub"]))
                elif deed == "restart":
                    await asyncio.to_thread(scene.broker.kill)
                    await asyncio.to_thread(scene.broker.restart)
            sent += sum([len((await one)["sent"]) for one in sending])
        keys = [f"{crew.keywords['prefix']}:q:{name}" for name in "qr"]
        await until(lambda: not any(scene.broker.command("XLEN", key) for key in keys))
        await crew.got(sent, 1)
        counts = sum([Counter((await one.do("told"))["counts"]) for one in mates], Counter())
        got, twice = len(crew.received), crew.received.total() - len(crew.received)
        await layer.close()
        uncertain = counts["layer.uncertain"]
        assert (twice, counts["layer.expired"] + counted(layer, "layer.expired")) == (0, 0)
        assert sent - got <= kills * (BURST + 3), (sent, got, kills, counts)
        assert kills or not uncertain
        return {"sent": sent, "received": got, "twice": twice, "uncertain": uncertain, **did}


async def stopped_inbox(scene, messages=4000, pad=2000):
    """The owner of a channel is stopped: its sender is told at the window; what was sent arrives or is counted."""
    async with scene.crew() as crew:
        mate, layer = await crew.mate(), crew.layer()
        channel = await mate.do("channel")
        await mate.do("receive", channel)
        mate.signal(signal.SIGSTOP)
        found = await send(layer, channel, "m", range(messages), pad=pad, at_once=50)
        mate.signal(signal.SIGCONT)
        sent = len(found["sent"])
        got = await crew.got(sent, 10)
        await layer.close()
        assert len(found["full"]) > 0
        assert sent * pad <= layer.settings.window
        assert got == crew.received.total() == sent
        return {"tried": messages, "sent": sent, "refused": len(found["full"]), "received": got}


async def slow_inbox(scene, messages=200, capacity=10):
    """A consumer that does not read: what its channel does not hold is counted there."""
    async with scene.crew(capacity=capacity) as crew:
        mate, layer = await crew.mate(), crew.layer()
        channel = await mate.do("channel")
        await mate.do("add", "g", channel)
        found = await send(layer, channel, "m", range(messages // 2))
        grouped = await send(layer, "g", "g", range(messages // 2), group=True)
        queued = await send(layer, "q", "q", range(messages // 2))
        await until_counted(mate, "layer.full", messages - capacity)
        await mate.do("receive", channel)
        got = await crew.got(capacity)
        full = (await mate.do("told"))["counts"]["layer.full"]
        await layer.close()
        assert len(queued["sent"]) == capacity
        assert len(queued["full"]) == messages // 2 - capacity
        sent = len(found["sent"]) + len(grouped["sent"])
        assert sent == got + full
        return {"sent": sent, "received": got, "counted": full, "queue refused": len(queued["full"])}


async def until_counted(mate, name, least):
    """Wait until a mate has counted so many."""
    end = time.monotonic() + PATIENCE
    while (await mate.do("told"))["counts"].get(name, 0) < least:
        assert time.monotonic() < end
        await asyncio.sleep(STEP)


async def not_now(scene, seconds=1.2):
    """A broker that refuses to write for a while: Unavailable for senders, receivers wait and go on."""
    async with scene.layers() as (_, one, two):
        await two.send("warm", {"n": 0})
        waiting = asyncio.ensure_future(one.receive("q"))
        await asyncio.sleep(0.1)
        scene.broker.command("CONFIG", "SET", "min-replicas-to-write", "3")
        found = await send(two, "q", "m", range(5))
        await asyncio.sleep(seconds)
        assert not waiting.done()
        scene.broker.command("CONFIG", "SET", "min-replicas-to-write", "0")
        resumed = await sent_by(two, "q")
        assert (await asyncio.wait_for(waiting, PATIENCE))["tag"] == "again"
        assert len(found["unavailable"]) == 5
        return {"refused": 5, "resumed": round(resumed, 2)}
