"""examples/udp: a protocol from outside, by its entry point, passing the contract suite."""

import asyncio
import importlib.util
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

import interfaces
from interfaces import registry
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.telemetry import Telemetry
from interfaces.testing import Recorder
from interfaces.testing.contract import InterfaceContract

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "udp"


def load():
    """The module, as if it were installed."""
    name = "udp_interface"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


udp = load()


class Peer(asyncio.DatagramProtocol):
    """A socket that keeps what it gets."""

    def __init__(self):
        self.got = asyncio.Queue()

    def datagram_received(self, data, address):
        self.got.put_nowait(data)


class SourcePeer(Peer):
    """One that also keeps from where."""

    def datagram_received(self, data, address):
        self.got.put_nowait((data, address))


async def peer(address):
    """A connected peer: (transport, queue)."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Peer, remote_addr=(address.host, address.port))
    return transport, protocol.got


class TestContract(InterfaceContract):
    """The suite."""

    interface_class = udp.Udp
    kind = "udp"
    binds = ("udp:127.0.0.1:0",)
    first = "udp.receive"
    script: ClassVar = {"udp.receive": {"type": "udp.send", "data": b"pong"}}
    answer = b"pong"
    scope_keys = (*InterfaceContract.scope_keys, "conversation")

    async def exchange(self, address):
        """A datagram there, and one back; a second one answers for the first when that is refused."""
        transport, got = await peer(address)
        try:
            transport.sendto(b"ping")
            async with asyncio.timeout(0.2):
                return await got.get()
        except TimeoutError:
            return None
        finally:
            transport.close()


def serve(app, **options):
    """Serve on a free port: (context manager, telemetry)."""
    telemetry = Telemetry()
    options = udp.UdpOptions(bind=("udp:127.0.0.1:0",), **options)
    return udp.Udp(options).serve(app, Context(telemetry=telemetry, drain=1)), telemetry


def test_the_messages_are_those_of_2016_and_of_every_delivery():
    """Addresses both ways, and what correlates and deduplicates."""

    async def main():
        recorder = Recorder({"udp.receive": {"type": "udp.send", "data": b"pong"}})
        served, _ = serve(recorder)
        async with served as (address,):
            transport, got = await peer(address)
            transport.sendto(b"ping")
            assert await got.get() == b"pong"
            (event,) = await recorder.got("udp.receive")
            host, port = transport.get_extra_info("sockname")
            transport.close()
        assert (event["data"], event["client_host"], event["client_port"]) == (b"ping", host, port)
        assert (event["server_host"], event["server_port"]) == (address.host, address.port)
        assert event["id"] == event["dedupe_key"]
        assert (event["attempt"], type(event["received_at"])) == (1, float)
        assert recorder.calls[0].ended

    asyncio.run(main())


def test_an_answer_can_go_elsewhere():
    """client_host and client_port of udp.send, as 2016 had them."""

    async def main():
        other = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
        port = other[0].get_extra_info("sockname")[1]
        reply = {"type": "udp.send", "data": b"over here", "client_host": "127.0.0.1", "client_port": port}
        served, _ = serve(Recorder({"udp.receive": reply}))
        async with served as (address,):
            transport, _ = await peer(address)
            transport.sendto(b"ping")
            assert await other[1].got.get() == b"over here"
            transport.close()
        other[0].close()

    asyncio.run(main())


def test_too_many_at_once_are_dropped_and_counted():
    """The application works on max_in_flight of them, memory does not grow with the rest."""

    async def main():
        gate = asyncio.Event()

        async def wait(call, event):
            await gate.wait()
            return {"type": "udp.send", "data": event["data"]}

        recorder = Recorder({"udp.receive": wait})
        served, telemetry = serve(recorder, max_in_flight=2)
        async with served as (address,):
            transport, got = await peer(address)
            for number in range(5):
                transport.sendto(b"%d" % number)
            while telemetry.counts["udp.dropped"] < 3:
                await asyncio.sleep(0.001)
            assert len(recorder.calls) == 2
            gate.set()
            assert {await got.get(), await got.get()} == {b"0", b"1"}
            transport.close()

    asyncio.run(main())


def test_datagrams_can_be_sent_from_anywhere(caplog):
    """What is sent to the channel udp.send arrives; what cannot be sent is counted, and stops nothing."""

    async def main():
        layer, telemetry = LocalChannelLayer(), Telemetry()
        options = udp.UdpOptions(bind=("udp:127.0.0.1:0", "udp:127.0.0.1:0"))
        context = Context(layer=layer, telemetry=telemetry, drain=1)
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(SourcePeer, local_addr=("127.0.0.1", 0))
        host, port = transport.get_extra_info("sockname")
        message = {"data": b"ping", "client_host": host, "client_port": port}
        await layer.send("udp.send", {**message, "data": b"before"})
        async with udp.Udp(options).serve(Recorder(), context) as (_, second):
            assert (await protocol.got.get())[0] == b"before"
            for wrong in (
                {"data": b"no address"}, {**message, "data": "text"}, {**message, "client_host": "localhost"},
                {**message, "client_host": "::1"}, {**message, "client_port": 65536}, {**message, "server_port": 1},
                {**message, "type": "udp.nonsense"}, {"data": b"no port", "client_host": host},
            ):  # fmt: skip
                await layer.send("udp.send", wrong)
            await asyncio.to_thread(
                asyncio.run, layer.send("udp.send", {**message, "server_port": second.port})
            )
            assert await protocol.got.get() == (b"ping", (second.host, second.port))
        assert telemetry.counts["udp.refused"] == 8
        await layer.send("udp.send", {**message, "data": b"after"})
        assert (await layer.receive("udp.send"))["data"] == b"after"
        transport.close()

    asyncio.run(main())
    assert len(caplog.records) == 8


def test_without_a_layer_nothing_is_taken():
    """The interface serves as before."""

    async def main():
        served, _ = serve(Recorder())
        async with served:
            assert not [task for task in asyncio.all_tasks() if task.get_name() == "udp.send"]

    asyncio.run(main())


def test_a_stream_is_no_place_for_datagrams():
    """ConfigError says what to write."""

    async def main():
        with pytest.raises(ConfigError, match="udp:HOST:PORT"):
            async with udp.Udp(udp.UdpOptions(bind=("127.0.0.1:0",))).serve(Recorder(), Context()):
                pass

    asyncio.run(main())


def test_it_is_served_by_its_name(monkeypatch):
    """``interfaces serve udp`` finds it through the entry point that its pyproject.toml declares."""
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [
        EntryPoint(name, value, "interfaces") for name, value in project["entry-points"]["interfaces"].items()
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    registry._third_parties.cache_clear()
    try:
        assert "udp" in registry.names()
        assert registry.load("udp") is udp.Udp

        async def main():
            app = Recorder({"udp.receive": {"type": "udp.send", "data": b"pong"}})
            async with interfaces.Server(app, "udp", udp_bind=("udp:127.0.0.1:0",)) as server:
                transport, got = await peer(server.addresses[0])
                transport.sendto(b"ping")
                assert await got.get() == b"pong"
                transport.close()

        asyncio.run(main())
    finally:
        registry._third_parties.cache_clear()
