"""Which hub serves which loop: lasting loops, loops of one call, threads, forks, ends."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings

import pytest
import uvloop
from asgiref.sync import async_to_sync

from interfaces.layers.homes import VISITS
from interfaces.layers.redis import RedisChannelLayer
from tests.layers.conftest import until


def connections(broker):
    """Ids of connections to the broker, but for the one that asks."""
    return [
        line for line in broker.command("CLIENT", "LIST").decode().splitlines() if "cmd=client" not in line
    ]


@pytest.fixture(name="layer")
def fixture_layer(fresh_broker):
    """A layer at a server of this test alone, which sees all connections go in the end."""
    broker = fresh_broker()
    layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, capacity=100_000)
    layer.broker = broker
    yield layer
    asyncio.run(layer.close())
    until(lambda: not connections(broker))


def test_calls_from_threads_share_two_connections(layer):
    """Twenty threads call async_to_sync(group_send) again and again: two connections, and all messages come."""

    async def main():
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        errors = []

        def view():
            try:
                for _ in range(50):
                    async_to_sync(layer.group_send)("room", {"n": 1})
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                errors.append(error)

        threads = [threading.Thread(target=view) for _ in range(20)]
        for thread in threads:
            thread.start()
        for _ in range(1000):
            await asyncio.wait_for(layer.receive(channel), 20)
        assert not errors
        assert len(connections(layer.broker)) == 4  # two of this loop, two of the thread
        await asyncio.to_thread(lambda: [thread.join() for thread in threads])

    asyncio.run(main())
    until(lambda: len(connections(layer.broker)) == 2)


def test_work_with_a_hub_is_done_where_that_lasts(layer):
    """In the thread for a loop of one call, in the loop itself once it has a hub; what it gives comes back."""

    async def who(hub):
        return hub, asyncio.get_running_loop()

    async def main():
        await layer.new_channel()
        return (await layer.with_hub(who))[1] is asyncio.get_running_loop()

    first, loop = asyncio.run(layer.with_hub(who))
    assert loop.is_running()
    assert asyncio.run(layer.with_hub(who)) == (first, loop)
    assert asyncio.run(main())


def test_a_loop_that_sends_often_has_a_hub_of_its_own(layer):
    """The first calls go over the thread, later ones do not; its connections end with the loop."""

    async def main():
        for n in range(VISITS + 1):
            assert layer._homes.running() is None
            await layer.send("work", {"n": n})
        assert layer._homes.running() is not None
        assert len(layer._homes.hubs()) == 2

    asyncio.run(main())
    assert len(layer._homes.hubs()) == 1
    assert asyncio.run(layer.receive("work")) == {"n": 0}


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_nothing_is_left_when_a_loop_ends(layer, runner):
    """No warning, no connection, no lost message: what a receiver had not got is there for the next loop."""

    async def main():
        waiting = asyncio.ensure_future(layer.receive("other"))
        await layer.group_add("room", await layer.new_channel())
        for n in range(100):
            await layer.send("work", {"n": n})
        for n in range(20):
            assert await layer.receive("work") == {"n": n}
        assert not waiting.done()

    async def rest():
        return [(await layer.receive("work"))["n"] for _ in range(80)]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runner(main())
        gc.collect()
        assert len(connections(layer.broker)) in (0, 2)  # of the thread, which the first sends may have used
        assert sorted(runner(rest())) == list(range(20, 100))


def test_a_forked_child_begins_anew(layer):
    """A child does not use its parent's connections, nor close them."""

    async def both():
        await layer.send("work", {"n": os.getpid()})

    asyncio.run(both())
    child = os.fork()
    if not child:
        code = 1
        try:
            asyncio.run(both())
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    asyncio.run(both())

    async def rest():
        return [(await layer.receive("work"))["n"] for _ in range(3)]

    assert asyncio.run(rest()) == [os.getpid(), child, os.getpid()]


def test_a_loop_that_was_closed_without_ceremony_is_forgotten(layer):
    """A loop that never ran its generators' ends keeps nothing of us alive once another one comes."""

    async def begin():
        await layer.new_channel()
        return layer.hub()

    loop = asyncio.new_event_loop()
    hub = loop.run_until_complete(begin())
    loop.run_until_complete(hub.close())
    loop.close()
    assert list(layer._homes.of) == [loop]

    async def main():
        await layer.send("work", {"n": 1})
        await layer.receive("work")
        assert list(layer._homes.of) == [asyncio.get_running_loop()]

    asyncio.run(main())


def test_a_process_that_only_sends_ends_without_a_word(layer):
    """A script that sends once in a loop of one call exits at once, with nothing on stderr."""
    program = (
        "import asyncio, sys; from interfaces.layers.redis import RedisChannelLayer\n"
        "layer = RedisChannelLayer([sys.argv[1]], prefix=sys.argv[2])\n"
        "asyncio.run(layer.send('work', {'n': 1}))\n"
    )
    words = [sys.executable, "-X", "dev", "-W", "error", "-c", program, layer.broker.url, layer.broker.prefix]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert asyncio.run(layer.receive("work")) == {"n": 1}


def test_closing_closes_the_hubs_of_all_loops(layer):
    """Also that of a loop which runs in another thread."""
    begun, end = threading.Event(), threading.Event()

    async def other():
        await layer.new_channel()
        begun.set()
        await asyncio.to_thread(end.wait, 20)

    thread = threading.Thread(target=lambda: asyncio.run(other()))
    thread.start()
    assert begun.wait(20)
    asyncio.run(layer.close())
    until(lambda: not connections(layer.broker))
    end.set()
    thread.join()
