"""interfaces.layers.node with a real broker, and with everything that may happen to one."""

import asyncio
import contextlib
import gc
import socket
import time

import pytest
import uvloop
from redis.exceptions import NoPermissionError, ResponseError

from interfaces.layers.node import Node, Script
from interfaces.layers.settings import Settings
from interfaces.shared.errors import Unavailable
from tests.layers.faultproxy import FaultProxy

PAIR = Script("return {KEYS[1], ARGV[1]}")
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(main, new_loop=asyncio.new_event_loop):
    """Run ``main`` within a deadline; what is left unclosed warns, and a warning is an error."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(main(), 30))
    gc.collect()


@contextlib.asynccontextmanager
async def node_of(hosts, **keywords):
    """A node that is up; ``node.states`` and ``node.got`` are queues of what its hooks were told."""
    settings = Settings.of(hosts=hosts, **{"retry_first": 0.01, "retry_most": 0.05, **keywords})
    node = Node(settings, settings.hosts[0])
    node.states, node.got = asyncio.Queue(), asyncio.Queue()
    node.on_message = lambda name, payload: node.got.put_nowait((name, payload))
    await node.start()
    try:
        await node.ready(10)
        node.on_state.append(lambda up, reason: node.states.put_nowait((up, reason)))
        yield node
    finally:
        await node.close()


async def down_and_up(node):
    """Wait until it was told that the node is down and up again; why."""
    up, reason = await node.states.get()
    assert not up
    assert await node.states.get() == (True, "connected")
    return reason


# --- when all is well -------------------------------------------------------------------------------


@LOOPS
@pytest.mark.parametrize("protocol", [2, 3])
def test_commands_scripts_and_subscriptions_work(broker, new_loop, protocol):
    """The whole of the API, once; replies have RESP2's shape whatever is spoken."""

    async def main():
        host = {"address": broker.url, "protocol": protocol}
        async with node_of([host]) as node:
            key = broker.prefix + "k"
            assert await node.call("HSET", key, "f", b"\xff") == 1
            assert await node.call("HGETALL", key) == [b"f", b"\xff"]
            with pytest.raises(ResponseError):
                await node.call("LPUSH", key, "x")
            assert await node.run(PAIR, ["a"], [b"b"]) == [b"a", b"b"]
            await node.subscribe(key)
            assert await node.call("PUBLISH", key, b"\0x") == 1
            assert await node.got.get() == (key.encode(), b"\0x")
            await node.unsubscribe(key)
            assert await node.call("PUBLISH", key, b"x") == 0
            await node.subscribe()
            await node.writable()
            assert "up" in repr(node) and node.reason == ""
        assert await node.states.get() == (False, "closed")
        with pytest.raises(Unavailable, match="closed"):
            await node.call("PING")
        with pytest.raises(Unavailable, match="closed"):
            await node.ready(1)
        with pytest.raises(Unavailable, match="closed"):
            await node.subscribe("x")

    run(main, new_loop)


def test_what_is_told_runs_in_that_order(broker):
    """Commands and first uses of scripts of one turn: one write, and the broker runs them as they were told."""

    async def main():
        async with node_of(broker.hosts) as node:
            key, told = broker.prefix + "l", []
            push = Script("return redis.call('RPUSH', KEYS[1], ARGV[1]) -- " + key)
            writes = node._commands.pipe.writes
            for number in range(6):
                if number % 2:
                    node.tell(told.append, "RPUSH", key, number)
                else:
                    node.tell_script(told.append, push, [key], [number])
            assert await node.call("LRANGE", key, 0, -1) == [b"0", b"1", b"2", b"3", b"4", b"5"]
            assert told == [1, 2, 3, 4, 5, 6] and node._commands.pipe.writes == writes + 1

    run(main)


def test_a_forgotten_script_is_sent_again(fresh_broker):
    """SCRIPT FLUSH by somebody: the text follows, once, and the caller sees nothing of it."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts) as node:
            for _ in range(2):
                assert await node.run(PAIR, ["a"], ["b"]) == [b"a", b"b"]
                broker.command("SCRIPT", "FLUSH")
            node.tell_script(None, PAIR, ["a"], ["b"])
            with pytest.raises(ResponseError, match="my words"):
                await node.run(Script("return redis.error_reply('my words')"), [], [])

    run(main)


def test_subscriptions_of_one_turn_are_one_command(broker):
    """100 at once are one SUBSCRIBE, more than a batch are several; the order of opposites is kept."""

    async def main():
        async with FaultProxy(broker.server.path) as proxy, node_of([proxy.url], subscribe_batch=60) as node:
            names = [f"{broker.prefix}{number}" for number in range(100)]
            await asyncio.gather(*(node.subscribe(name) for name in names))
            assert b"".join(proxy.sent).count(b"\r\nSUBSCRIBE\r\n") == 2
            await asyncio.gather(
                node.unsubscribe(names[0]), node.subscribe(names[0]), node.unsubscribe(names[1])
            )
            assert await node.call("PUBSUB", "NUMSUB", *names[:3]) == [
                names[0].encode(), 1, names[1].encode(), 0, names[2].encode(), 1,
            ]  # fmt: skip

    run(main)


def test_the_brokers_clock(broker):
    """server_time is the broker's, whatever our own clock says; a step of either is seen at the next renewal."""

    async def main():
        settings = Settings.of(hosts=broker.hosts, clock_interval=0.01)
        node = Node(settings, settings.hosts[0], clock=lambda: time.monotonic() + 5000)
        assert abs(node.server_time() - time.time()) < 5
        await node.start()
        await node.ready(10)

        async def right():
            before = node.server_time()
            seconds, micros = map(int, await node.call("TIME"))
            return before - 0.5 < seconds + micros / 1e6 < node.server_time() + 0.5

        assert await right()
        node._offset -= 3600
        while not await right():
            await asyncio.sleep(0.005)
        await node.close()

    run(main)


def test_the_clock_is_corrected_only_by_what_is_proven():
    """The broker's time was read between question and answer: an offset that agrees with that stays."""
    now = [10.0]
    settings = Settings.of()
    node = Node(settings, settings.hosts[0], clock=lambda: now[0])
    node._set_clock(8.0, [b"100", b"500000"])
    assert node.server_time() == 101.5  # 100.5 was read at 9.0, give or take 1
    node._set_clock(9.0, [b"101", b"0"])
    assert node.server_time() == 101.5
    node._set_clock(9.5, ResponseError("no"))
    now[0] = 20.0
    node._set_clock(20.0, [b"50", b"0"])
    assert node.server_time() == 50.0


def test_a_user_with_few_rights(fresh_broker):
    """One who may not use INFO works; a name that it may not subscribe is refused and not remembered."""
    broker = fresh_broker()
    broker.command("ACL", "SETUSER", "u", "on", ">p", "~a*", "&a*", "+@all", "-@dangerous")

    async def main():
        host = {"address": broker.url, "username": "u", "password": "p"}
        async with node_of([host]) as node:
            await node.subscribe("a1")
            with pytest.raises(NoPermissionError):
                await node.subscribe("b1")
            with pytest.raises(NoPermissionError):
                await node.call("GET", "b")
            broker.command("CLIENT", "KILL", "TYPE", "pubsub")
            await down_and_up(node)
            assert await node.call("PUBLISH", "a1", "x") == 1

    run(main)


class Silent(asyncio.Protocol):
    """Says nothing, and ``gone`` when the connection is."""

    def __init__(self):
        self.gone = asyncio.Event()

    def connection_lost(self, _exc):
        self.gone.set()


def test_a_former_connection_is_closed_by_the_broker(fresh_broker):
    """What a network carries late for a connection that we have given up does nothing any more; twice as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fresh_broker(port=str(port))

    async def main():
        async with node_of([f"redis://127.0.0.1:{port}"]) as node:
            late = []
            for _ in range(2):
                pipe = node._commands.pipe
                late.append(pipe._transport)
                silent = Silent()
                late[-1].set_protocol(silent)
                pipe.connection_lost(OSError("as if the network were cut"))
                await down_and_up(node)
                late[-1].write(b"SET late 1\r\n")
                await silent.gone.wait()
            assert await node.call("EXISTS", "late") == 0
            assert len(node._fence._former) == 1

    run(main)


def test_hooks_and_callbacks_that_raise_harm_nobody(broker):
    """They are reported; the others are told."""

    async def main():
        said = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: said.append(context["exception"])
        )
        async with node_of(broker.hosts) as node:
            node.on_state.insert(0, lambda _up, _reason: 1 / 0)
            node.tell(lambda _reply: 1 / 0, "PING")
            assert await node.call("PING") == b"PONG"
        assert await node.states.get() == (False, "closed")
        assert [type(error) for error in said] == [ZeroDivisionError] * 2

    run(main)


# --- connections that are lost ----------------------------------------------------------------------


@LOOPS
def test_a_killed_connection_comes_back_with_its_subscriptions(fresh_broker, new_loop):
    """What was in flight fails, what comes after waits and runs; all names are there again, in batches."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts, subscribe_batch=4) as node:
            names = [f"n{number}" for number in range(10)]
            await node.subscribe(*names)
            blocked = node.call("BLPOP", "empty", 0)
            broker.command("CLIENT", "KILL", "TYPE", "pubsub")
            assert "closed by the broker" in await down_and_up(node)
            assert not blocked.done()  # commands go on while only the subscriber is away
            broker.command("CLIENT", "KILL", "TYPE", "normal")
            with pytest.raises(Unavailable, match="unknown"):
                await blocked
            assert not node.up
            told = []
            node.tell(told.append, "SET", "k", "v")
            node.tell_script(told.append, PAIR, ["a"], ["b"])
            assert await node.call("GET", "k") == b"v"
            assert told == [b"OK", [b"a", b"b"]]
            for name in names:
                assert await node.call("PUBLISH", name, name) == 1
                assert await node.got.get() == (name.encode(), name.encode())

    run(main, new_loop)


def test_a_subscriber_that_was_too_slow_is_told_so(fresh_broker):
    """client-output-buffer-limit cuts the subscriber: messages are missing, and the node says down, then up."""
    broker = fresh_broker(client_output_buffer_limit="pubsub 65536 0 0")

    async def main():
        async with node_of(broker.hosts) as node:
            await node.subscribe("c")
            node._subscriber.pipe._transport.pause_reading()
            for _ in range(400):  # of a size that the broker copies, and so counts
                broker.command("PUBLISH", "c", b"x" * 4096)
            node._subscriber.pipe._transport.resume_reading()
            await down_and_up(node)
            assert node.got.qsize() < 400
            await node.call("PUBLISH", "c", b"after")
            while (await node.got.get())[1] != b"after":
                pass

    run(main)


def test_a_broker_that_was_killed_and_restarted(fresh_broker):
    """kill -9: waiting commands fail after the timeout; after the restart all goes on, with the data and names."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts, timeout=0.05, commands_in_flight=100) as node:
            await node.subscribe("c")
            assert await node.run(PAIR, ["a"], ["b"]) == [b"a", b"b"]
            await node.call("SET", "k", "v")
            broker.kill()
            assert (await node.states.get())[0] is False
            waiting = [node.call("PING") for _ in range(101)]
            told = []
            node.tell(told.append, "PING")
            node.tell(None, "PING")
            for call in waiting:
                with pytest.raises(Unavailable):
                    await call
            assert isinstance(told[0], Unavailable)
            with pytest.raises(Unavailable, match="cannot connect"):
                await node.ready(0.1)
            with pytest.raises(Unavailable):
                await node.subscribe("late")
            await asyncio.to_thread(broker.restart)
            await node.ready(10)
            assert await node.call("GET", "k") == b"v"
            assert await node.run(PAIR, ["a"], ["b"]) == [b"a", b"b"]
            assert await node.call("PUBLISH", "c", "x") == 1
            assert await node.call("PUBLISH", "late", "x") == 0  # it was refused, and forgotten

    run(main)


def test_names_that_come_and_go_while_the_broker_is_away(fresh_broker):
    """subscribe waits for the reconnection; a name given up meanwhile is not there afterwards."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts, timeout=10) as node:
            await node.subscribe("old")
            broker.kill()
            assert (await node.states.get())[0] is False
            await node.unsubscribe("old")
            new = asyncio.ensure_future(node.subscribe("new"))
            call = node.call("PUBSUB", "NUMSUB", "old")
            await asyncio.to_thread(broker.restart)
            await new
            assert await call == [b"old", 0]
            assert await node.call("PUBLISH", "new", "x") == 1

    run(main)


# --- brokers and networks that are bad --------------------------------------------------------------


@LOOPS
def test_a_stopped_broker_is_noticed_on_both_connections(fresh_broker, new_loop):
    """SIGSTOP: no byte comes, no connection ends; both are given up, and come back when it goes on."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts, ping_interval=0.05, ping_timeout=0.1, connect_timeout=0.5) as node:
            await node.subscribe("c")
            call, lines = node.call("BLPOP", "none", 0), (node._commands, node._subscriber)
            broker.pause()
            up, reason = await node.states.get()
            assert not up and "does not answer" in reason
            with pytest.raises(Unavailable):
                await call
            while lines[0].pipe or lines[1].pipe:
                await asyncio.sleep(0.005)
            broker.go_on()
            assert (await node.states.get())[0] is True
            assert await node.call("PUBLISH", "c", "x") == 1

    run(main, new_loop)


def test_a_broker_that_is_busy_for_a_while_is_not_left(fresh_broker):
    """DEBUG SLEEP and CLIENT PAUSE for less than the deadline: replies are late, nothing is lost."""
    broker = fresh_broker()

    async def main():
        async with node_of(broker.hosts, ping_interval=0.02, ping_timeout=20) as node:
            broker.command("CLIENT", "PAUSE", 200)
            assert await node.call("INCR", "k") == 1
            node.tell(None, "DEBUG", "SLEEP", "0.2")
            assert await node.call("INCR", "k") == 2
            assert node.states.empty() and node.up

    run(main)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_bytes_that_come_sliced(broker, size):
    """Replies and messages in slices of any size are whole."""

    async def main():
        async with FaultProxy(broker.server.path) as proxy:
            proxy.slice = size
            async with node_of([proxy.url]) as node:
                await node.subscribe(broker.prefix)
                calls = [node.call("ECHO", b"\r\n%d" % number) for number in range(20)]
                node.tell(None, "PUBLISH", broker.prefix, b"$3\r\nx")
                assert await asyncio.gather(*calls) == [b"\r\n%d" % number for number in range(20)]
                assert await node.got.get() == (broker.prefix.encode(), b"$3\r\nx")

    run(main)


def test_resets_under_load_lose_nobody(broker):
    """Connections are cut again and again: every call ends, with its own reply or with Unavailable."""

    async def main():
        async with FaultProxy(broker.server.path) as proxy, node_of([proxy.url]) as node:
            done = {"own": 0, "unavailable": 0}

            async def caller(number):
                for count in range(50):
                    word = b"%d.%d" % (number, count)
                    try:
                        assert await node.call("ECHO", word) == word
                        done["own"] += 1
                    except Unavailable:
                        done["unavailable"] += 1

            callers = [asyncio.ensure_future(caller(number)) for number in range(20)]
            for _ in range(5):
                proxy.cut()
                while node.up:
                    await asyncio.sleep(0)
                await node.ready(10)
            await asyncio.gather(*callers)
            assert sum(done.values()) == 1000 and done["own"]
            assert await node.call("PING") == b"PONG"

    run(main)


def test_a_network_that_swallows_everything(broker):
    """Silence in both directions is noticed; a refusing one is tried again, slower and slower, until it works."""

    async def main():
        async with FaultProxy(broker.server.path) as proxy:
            speed = {"ping_interval": 0.05, "ping_timeout": 0.05, "connect_timeout": 0.2}
            async with node_of([proxy.url], **speed) as node:
                proxy.silent = True
                assert (await node.states.get())[0] is False
                proxy.silent, proxy.refuse, tried = False, True, proxy.accepted
                while proxy.accepted < tried + 4:
                    await asyncio.sleep(0.005)
                proxy.refuse = False
                assert (await node.states.get())[0] is True

    run(main)


def test_a_slow_confirmation_is_unavailable_and_undone(broker):
    """The broker confirms after the deadline: the caller was refused, and nothing stays subscribed."""

    async def main():
        async with FaultProxy(broker.server.path) as proxy, node_of([proxy.url], timeout=0.05) as node:
            proxy.delay = 0.2
            with pytest.raises(Unavailable, match="does not confirm"):
                await node.subscribe(broker.prefix)
            for count in (1, 0):
                while broker.command("PUBSUB", "NUMSUB", broker.prefix)[1] != count:
                    await asyncio.sleep(0.005)
            proxy.delay = 0
            while node._subscriber.pipe.in_flight:
                await asyncio.sleep(0.005)
            await node.subscribe(broker.prefix)
            assert await node.call("PUBLISH", broker.prefix, "x") == 1

    run(main)


def test_closing_while_it_connects(tmp_path):
    """A node that never reached a broker closes at once, and what waits is told."""

    async def main():
        settings = Settings.of(hosts=[f"unix://{tmp_path}/none"])
        node = Node(settings, settings.hosts[0])
        await node.start()
        call, name = node.call("PING"), asyncio.ensure_future(node.subscribe("x"))
        assert "down: not connected yet" in repr(node)
        await node.close()
        for waiting in (call, name):
            with pytest.raises(Unavailable, match="closed"):
                await waiting

    run(main)
