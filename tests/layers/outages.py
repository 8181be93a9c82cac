"""What a layer must bear of its brokers and the network, and of strangers: more cases, as those of faults."""

import asyncio
import gc
import itertools
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec
from asgiref.sync import async_to_sync

from interfaces.layers.frames import WINDOW, Outgoing, encode
from interfaces.shared.errors import Unavailable
from tests.layers.crew import STEP, send, used
from tests.layers.faultproxy import FaultProxy
from tests.layers.faults import PATIENCE, counted, sent_by, until

QUICK = {"ping_interval": 0.5, "ping_timeout": 0.5, "connect_timeout": 0.5, "timeout": 0.5, "retry_most": 0.2}
MIB = 1 << 20
MOST_GROWN = 1_500_000
"""Bytes, however many channels there were."""


# --- the broker is lost -------------------------------------------------------------------------------


async def cut_off(scene, messages=3000, cuts=3):
    """CLIENT KILL TYPE pubsub under load: what does not arrive, each side has been told of."""
    async with scene.crew() as crew:
        mate, layer = await crew.mate(), crew.layer()
        losses, gaps = [], []
        layer.on_loss.append(losses.append)
        channel, mine = await mate.do("channel"), await layer.new_channel()
        layer.hub().mail.on_gap.append(lambda *words: gaps.append(words))
        await mate.do("add", "g", channel)
        await mate.do("receive", channel)
        sending = [
            asyncio.ensure_future(send(layer, channel, "m", range(messages), at_once=5, patient=True)),
            asyncio.ensure_future(send(layer, "g", "g", range(messages), group=True, at_once=5)),
        ]
        back = mate.begin("send", mine, "b", [0, messages], at_once=5, patient=True)
        got = asyncio.ensure_future(drained(layer, mine))
        for _ in range(cuts):
            await asyncio.sleep(0.15)
            scene.broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        found, grouped, backward = *(await asyncio.gather(*sending)), await back
        await sent_by(layer, channel)
        await asyncio.sleep(1.5)
        told, here = await mate.do("told"), layer.hub().counts
        heard = crew.received
        lost = len(found["sent"]) - sum(tag == "m" for tag, _ in heard)
        lost_group = len(grouped["sent"]) - sum(tag == "g" for tag, _ in heard)
        received = await got
        lost_back = len(backward["sent"]) - len(received)
        noted = {
            "there": told["counts"].get("layer.gap", 0) + here["layer.undeliverable"],
            "here": here["layer.gap"] + told["counts"].get("layer.undeliverable", 0),
        }
        await layer.close()
        assert heard.total() == len(heard)
        assert len(set(received)) == len(received)
        assert not lost or noted["there"]
        assert not lost_back or noted["here"]
        assert told["losses"] >= 1 <= len(losses)
        return {
            "sent": len(found["sent"]), "lost": lost, "sent back": len(backward["sent"]), "lost back": lost_back,
            "to group": len(grouped["sent"]), "lost in group": lost_group, "noted": noted,
            "losses told": [told["losses"], len(losses)],
        }  # fmt: skip


async def drained(layer, channel, quiet=2.0, count=0):
    """The numbers that come, until none has for so long; so many come for sure, however long that takes."""
    numbers = []
    with suppress(TimeoutError):
        while True:
            wait = PATIENCE if len(numbers) < count else quiet
            numbers.append((await asyncio.wait_for(layer.receive(channel), wait))["n"])
    return numbers


async def ended(layer, channel):
    """The numbers that come, until -1."""
    numbers = []
    while (number := (await layer.receive(channel))["n"]) != -1:
        numbers.append(number)
    return numbers


async def broker_killed(scene, restarts=3, timeout=0.3, away=None):
    """kill -9 of the broker under load, again and again: clear refusals in time, service resumes, nothing leaks.

    The broker keeps what it confirmed (append-only, always synced): what was sent is received, once. It is ``away``
    for twice the timeout, or for less: then what is sent meanwhile waits, and only what was under way is refused.
    """
    away = 2 * timeout if away is None else away
    async with scene.crew(timeout=timeout) as crew:
        mate, layer = await crew.mate(), crew.layer()
        channel = await mate.do("channel")
        for name in ("q", channel):
            await mate.do("receive", name)
        sent = unavailable = 0
        slowest = resumed = 0.0
        levels = []
        for n in range(restarts):
            ways = [
                send(layer, to, f"{to}{n}", range(1000), at_once=20, pause=0.002, group=group)
                for to, group in (("q", False), (channel, False), ("g", True))
            ]
            sending = asyncio.ensure_future(asyncio.gather(*ways))
            await asyncio.sleep(0.1)
            await asyncio.to_thread(scene.broker.kill)
            await asyncio.sleep(away)
            await asyncio.to_thread(scene.broker.restart)
            resumed = max(resumed, await sent_by(layer, "q"))
            for found in await sending:
                unavailable += len(found["unavailable"])
                slowest = max(slowest, found["slowest"])
            queued = (await asyncio.gather(sending))[0][0]["sent"]
            sent += len(queued)
            await until(lambda n=n, queued=queued: missing(crew, f"q{n}", queued) == 0)
            await until(lambda: layer.ready)
            levels.append((len(asyncio.all_tasks()), used()["files"], (await mate.do("told"))["tasks"]))
        twice = sum(
            by - 1 for (tag, _), by in crew.received.items() if tag.startswith("q") and tag != "again"
        )
        await layer.close()
        assert twice == 0
        assert unavailable > 0 or away < timeout
        assert unavailable <= 3 * 20 * restarts or away > timeout  # no more than what was under way
        assert slowest < timeout + 5
        assert resumed < PATIENCE / 2
        assert all(last <= first + 2 for first, last in zip(levels[0], levels[-1], strict=True)), levels
        return {
            "restarts": restarts, "confirmed": sent, "received": sent, "twice": twice, "unavailable": unavailable,
            "slowest": round(slowest, 2), "resumed": round(resumed, 2), "tasks, files, theirs": [levels[0], levels[-1]],
        }  # fmt: skip


async def restarted(scene, restarts=3, groups=500):
    """Whatever is sent to a group once its broker died is heard by the members of this process, or refused.

    What it had confirmed when it died may have died with it, as everything that is on the way.
    """
    async with scene.layers(timeout=0.2) as (_, layer, other):
        own, theirs = await layer.new_channel(), await other.new_channel()
        await asyncio.gather(*(layer.group_add(f"g{n}", own) for n in range(groups)))
        await other.group_add("g0", theirs)  # who comes back sooner, and hears it
        sent, dying, refused, killing, done = [], set(), 0, False, False

        async def sending():
            nonlocal refused
            for n in itertools.takewhile(lambda _n: not done, itertools.count()):
                try:
                    await layer.group_send("g0", {"n": n})
                except Unavailable:
                    refused += 1
                else:
                    sent.append(n)
                if killing:
                    dying.add(n)
                await asyncio.sleep(0)

        working, got = asyncio.ensure_future(sending()), asyncio.ensure_future(ended(layer, own))
        for _ in range(restarts):
            killing = True
            await asyncio.to_thread(scene.broker.kill)
            killing = False
            await asyncio.to_thread(scene.broker.restart)
            before = len(sent)
            await until(lambda before=before: len(sent) > before + 500)
        done = True
        await working
        await layer.group_send("g0", {"n": -1})
        heard = await asyncio.wait_for(got, PATIENCE)
        assert heard == sorted(set(heard))
        unheard = set(sent) - set(heard)
        assert unheard <= dying, (unheard, dying)
        return {"restarts": restarts, "sent": len(sent), "died with it": len(unheard), "refused": refused}


def missing(crew, tag, numbers):
    """How many of these were not received."""
    heard = crew.received
    return sum((tag, number) not in heard for number in numbers)


async def paused(scene, seconds=2.0, **keywords):
    """A broker that is stopped: clear refusals once its silence is noticed, and service when it goes on."""
    async with scene.layers(**(keywords or QUICK)) as (_, one, two):
        own = await one.new_channel()
        await one.group_add("g", own)
        waiting = asyncio.ensure_future(one.receive("q"))
        await two.send(own, {"n": 0})
        await one.receive(own)
        limits = two.settings
        most = limits.ping_interval + limits.ping_timeout + limits.timeout + limits.connect_timeout + 5
        begun, ends = time.monotonic(), []
        scene.broker.pause()
        try:
            while time.monotonic() - begun < seconds:
                start = time.monotonic()
                with suppress(Unavailable):
                    await asyncio.wait_for(two.send("q", {"n": 1}), most)
                ends.append(time.monotonic() - start)
        finally:
            scene.broker.go_on()
        resumed = await sent_by(two, "q")
        await asyncio.wait_for(waiting, PATIENCE)
        await until(lambda: one.ready and two.ready)
        await two.group_send("g", {"n": 2})
        assert await asyncio.wait_for(one.receive(own), 5) == {"n": 2}
        return {"refused": len(ends), "slowest": round(max(ends), 2), "resumed": round(resumed, 2)}


async def bad_network(scene, messages=200, delay=0.05, size=None, chunk=0):
    """Latency and sliced bytes change nothing but the pace."""
    async with FaultProxy(scene.broker.server.path) as proxy:
        proxy.delay, proxy.slice = delay, size
        async with scene.crew() as crew:
            one, two = (crew.layer(hosts=[proxy.url]) for _ in range(2))
            own = await one.new_channel()
            got = [
                asyncio.ensure_future(drained(one, name, 0.5 + 10 * delay, messages)) for name in ("q", own)
            ]
            ways = [send(two, to, to, range(messages), at_once=20, pad=chunk) for to in ("q", own)]
            found = await asyncio.gather(*ways)
            numbers = [sorted(part) for part in await asyncio.gather(*got)]
            await one.close()
            await two.close()
            assert all(len(part["sent"]) == messages for part in found)
            assert numbers == [[*range(messages)]] * 2
            return {"sent": 2 * messages, "received": 2 * messages, "slowest": round(found[0]["slowest"], 2)}


async def half_open(scene, messages=50):
    """A network that swallows everything: refusals in time, and all is well once it carries again."""
    async with FaultProxy(scene.broker.server.path) as proxy, scene.crew(**QUICK) as crew:
        one, two = crew.layer(hosts=[proxy.url]), crew.layer()
        own = await one.new_channel()
        await one.group_add("g", own)
        await two.send(own, {"n": 0})
        await one.receive(own)
        proxy.silent = True
        begun = time.monotonic()
        found = await send(one, "q", "m", range(5))
        took = time.monotonic() - begun
        lost = await send(two, own, "m", range(messages), at_once=10)
        proxy.silent = False
        proxy.cut()
        await sent_by(one, "q")
        await until(lambda: one.ready)
        await two.group_send("g", {"tag": "g", "n": -1})
        got = [(await asyncio.wait_for(one.receive(own), PATIENCE))["n"]]
        while got[-1] != -1:
            got.append((await asyncio.wait_for(one.receive(own), PATIENCE))["n"])
        gaps = counted(one, "layer.gap") + counted(two, "layer.undeliverable")
        for layer in (one, two):
            await layer.close()
        assert len(found["unavailable"]) == 5
        assert len(got) - 1 == len(lost["sent"]) or gaps
        numbers = {"sent": len(lost["sent"]), "received": len(got) - 1, "noted": gaps}
        return {"refused": 5, "seconds": round(took, 2), **numbers}


# --- groups and threads -------------------------------------------------------------------------------


async def joins(scene, times=100):
    """What is sent to a group after group_add returned reaches it, from another process, under load."""
    async with scene.crew() as crew:
        mate, loud, layer = await crew.mate(), await crew.mate(), crew.layer()
        load = loud.begin("send", "elsewhere", "load", [0, 100_000], group=True, at_once=20)
        for n in range(times):
            channel = await mate.do("channel")
            await mate.do("receive", channel)
            await mate.do("add", f"g{n}", channel) if n % 2 else await layer.group_add(f"g{n}", channel)
            await layer.group_send(f"g{n}", {"tag": "join", "n": n})
        await until(lambda: sum(tag == "join" for tag, _ in crew.received) == times, 10)
        before = crew.received.total()
        scene.broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        await sent_by(layer, channel)
        await until(lambda: layer.ready)
        while "again" not in {tag for tag, _ in crew.received}:
            await asyncio.sleep(STEP)
            await sent_by(layer, channel)
        await asyncio.gather(*(layer.group_send(f"g{n}", {"tag": "after", "n": n}) for n in range(times)))
        await until(lambda: sum(tag == "after" for tag, _ in crew.received) == times, 10)
        load.cancel()
        await loud.kill()
        await layer.close()
        return {"joined": times, "heard": before, "heard after a reconnect": times}


async def threads(scene, calls=1000, count=20):
    """async_to_sync(group_send) from many threads: two connections, no error, all of it arrives."""
    async with scene.crew() as crew:
        mate = await crew.mate()
        channel = await mate.do("channel")
        await mate.do("add", "g", channel)
        await mate.do("receive", channel)
        before = scene.broker.command("CLIENT", "LIST").count(b"\n")
        layer, most = crew.layer(), 0

        def call(n):
            async_to_sync(layer.group_send)("g", {"tag": "t", "n": n})

        with ThreadPoolExecutor(count) as pool:
            loop = asyncio.get_running_loop()
            working = asyncio.gather(*(loop.run_in_executor(pool, call, n) for n in range(calls)))
            while not working.done():
                most = max(most, scene.broker.command("CLIENT", "LIST").count(b"\n") - before)
                await asyncio.sleep(STEP)
            await working
        got = await crew.got(calls, 10)
        full = (await mate.do("told"))["counts"].get("layer.full", 0)
        await layer.close()
        assert most <= 2
        assert (got, full) == (calls, 0)
        return {"calls": calls, "connections": most, "received": got, "counted": full}


# --- strangers and memory -----------------------------------------------------------------------------


def strange(prefix, hub):
    """What somebody else might publish: (name, payload)."""
    inbox, group = f"{prefix}:p:{hub}", f"{prefix}:g:g"
    deep = b"\x91" * 60_000 + b"\xc0"
    forged = Outgoing("0123456789abcdef", (1 << 52), WINDOW)
    forged.put(0, encode(["nobody", {"a": 1}]), 1)
    forged.put(0, encode([b"\xff", "no message"]), 1)
    forged.put(99, encode({}), 0)
    for kind in (1, 2, 3, 7):
        forged.put(kind, encode({"a": [1]}), 0)
        forged.put(kind, encode([[], [5, None]]), 0)
    frames = [*forged.frames(0, 1 << 52, 1 << 52)]
    damaged = b"\x02" + frames[0][1:], b"\x01" + deep, frames[0][:-3]
    for payload in (b"", b"\x00", b"\x01", b"\xff" * 100, *damaged, *frames):
        yield inbox, payload
        yield group, payload
    yield group, b"\x01" + msgspec.msgpack.encode([{"a": 1}, ["f" * 128, 1]])
    yield group, b"\x01" + msgspec.msgpack.encode([{"m": nested(700)}])
    yield f"{prefix}:r:{hub}", b"\xff\xfe"
    yield f"{prefix}:r:{hub}", b"q" * 100_000


def nested(levels):
    """Lists within lists."""
    value = None
    for _ in range(levels):
        value = [value]
    return value


async def strangers(scene, rounds=20):
    """Whatever a stranger publishes or pushes: it is counted, nobody is disturbed."""
    loop, raised = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _loop, context: raised.append(context))
    async with scene.layers() as (crew, one, two):
        prefix, hub = crew.keywords["prefix"], one.hub().address
        own = await one.new_channel()
        await one.group_add("g", own)
        await two.send("q", {"n": 0})
        await one.receive("q")
        for n in range(rounds):
            for name, payload in strange(prefix, hub):
                scene.broker.command("PUBLISH", name, payload)
            for payload in (b"", b"\xff", b"\x91" * 60_000, encode([1])):
                scene.broker.command("XADD", f"{prefix}:q:q", "*", "d", payload)
                scene.broker.command("ZADD", f"{prefix}:d", 1, payload + b"%d" % n)
            await asyncio.gather(
                two.send(own, {"n": 1}), two.group_send("g", {"n": 2}), two.send("q", {"n": 3})
            )
            got = [await asyncio.wait_for(one.receive(own), 5), await asyncio.wait_for(one.receive(own), 5)]
            while {"n": 1} not in got or {"n": 2} not in got:
                got.append(await asyncio.wait_for(one.receive(own), 5))
            assert await asyncio.wait_for(one.receive("q"), 5) == {"n": 3}
            while one.hub().inbox.buffered(own):
                await one.receive(own)
        counts = {
            name.removeprefix("layer."): by for name, by in (one.hub().counts + two.hub().counts).items()
        }
    loop.set_exception_handler(None)
    assert not raised
    return {"rounds": rounds, "counted": counts}


async def large(scene, size=10 * MIB, times=3):
    """Messages of 10 MiB arrive; one beyond the limit is refused."""
    async with scene.layers() as (_, one, two):
        own = await one.new_channel()
        await one.group_add("g", own)
        for to in [own, "q"] * times:
            await two.send(to, {"pad": b"x" * size})
            assert len((await asyncio.wait_for(one.receive(to), 20))["pad"]) == size
            await two.group_send("g", {"pad": b"x" * size})
            assert len((await asyncio.wait_for(one.receive(own), 20))["pad"]) == size
        refused = 0
        for to in (own, "q"):
            try:
                await two.send(to, {"pad": b"x" * (17 * MIB)})
            except ValueError:
                refused += 1
        assert refused == 2
        return {"sent": 4 * times, "received": 4 * times, "refused": refused}


async def memory(scene, channels=2000, groups=200, warm=5000):
    """Channels and groups that were opened and dropped leave nothing behind, here and at the broker."""
    async with scene.layers(capacity=100) as (crew, one, two):

        async def use(count):
            for start in range(0, count, 100):
                names = [await one.new_channel() for _ in range(100)]
                pairs = [(f"g{n % groups}", name) for n, name in enumerate(names, start)]
                await asyncio.gather(*(one.group_add(*pair) for pair in pairs))
                await asyncio.gather(*(two.send(name, {"n": 1}) for name in names))
                await two.group_send(pairs[0][0], {"n": 2})
                await asyncio.gather(*(asyncio.wait_for(one.receive(name), 5) for name in names))
                await asyncio.gather(*(one.group_discard(*pair) for pair in pairs))
                for name in names:
                    while one.hub().inbox.buffered(name):
                        await one.receive(name)

        await use(warm)  # names that are remembered, up to a bound
        gc.collect()
        tracemalloc.start()
        before, level = tracemalloc.get_traced_memory()[0], used()
        await use(channels)
        gc.collect()
        grown, after = tracemalloc.get_traced_memory()[0] - before, used()
        tracemalloc.stop()
        prefix = crew.keywords["prefix"]
        await until(lambda: not scene.broker.command("PUBSUB", "CHANNELS", f"{prefix}:g:*"))
        keys = len(scene.broker.command("KEYS", f"{prefix}:[^h]*"))
        left = len(one.hub().inbox.channels), len(one.hub().groups), len(one.hub().nodes[0]._names)
        assert grown < MOST_GROWN
        assert left[:2] == (0, 0)
        assert left[2] <= 2
        return {
            "channels": channels,
            "bytes": grown,
            "keys left": keys,
            "tasks": [level["tasks"], after["tasks"]],
        }
