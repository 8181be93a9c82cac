"""Endpoints that listen through Twisted, on both event loops: what can be opened, by whom, how many."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from interfaces.shared.bind import parse_bind
from interfaces.shared.endpoint import known_endpoint, reactor
from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listening, Trusted
from tests.shared import twisted_tools
from tests.shared.twisted_tools import PLAIN, PROXIED, V1, close, connect, rest, talker, until

run = twisted_tools.run
twisted_anew = twisted_tools.twisted_anew


def test_a_kind_that_only_a_plugin_knows_serves(run: Any) -> None:
    """Any string that Twisted can parse listens: port 0 comes back, bytes go both ways, the gate counts."""

    async def steps() -> None:
        listening, kind = Listening(), talker()
        async with listening.open(kind, ["127.0.0.1:0", PLAIN], 0) as listeners:
            native, bridged = listeners.addresses
            assert (native.through, bridged.through, bridged.kind) == ("", "Twisted", "tcp")
            assert str(bridged) == f"127.0.0.1:{bridged.port} (through Twisted)"
            reader, writer = client = await connect(listeners, b"hello")
            assert await reader.readexactly(5) == b"hello"
            (made,) = kind.made
            assert listening.gate.count == 1
            assert made.transport.get_extra_info("peername") == writer.get_extra_info("sockname")
            assert made.transport.get_extra_info("sockname") == ("127.0.0.1", bridged.port)
            assert made.transport.get_extra_info("ssl_object") is None
            assert made.transport.get_extra_info("unknown", 5) == 5
            await close(client)
            await until(lambda: listening.gate.count == 0)
            assert made.calls == ["made", "eof", ("lost", None)]

    run(steps())


def test_a_unix_endpoint_gives_its_path(run: Any, tmp_path: Path) -> None:
    """An address without host and port arrives as asyncio writes it."""

    async def steps() -> None:
        kind, path = talker(), tmp_path / "s"
        async with Listening().open(kind, [f"endpoint:plain:unix:{path}"], 0) as listeners:
            assert str(listeners.addresses[0]) == f"unix:{path} (through Twisted)"
            reader, _ = client = await asyncio.open_unix_connection(path)
            client[1].write(b"x")
            assert await reader.readexactly(1) == b"x"
            assert kind.made[0].transport.get_extra_info("peername") == ""
            assert kind.made[0].transport.get_extra_info("sockname") == str(path)
            await close(client)
        assert not path.exists()

    run(steps())


def test_an_address_of_another_kind_is_shown_as_it_is(run: Any) -> None:
    """A port that is no socket's serves under the name that it gives itself."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, ["endpoint:veil"], 0) as listeners:
            address = listeners.addresses[0]
            assert address.kind == "endpoint"
            assert str(address).startswith("veiled.example:")
            reader, _ = client = await connect(listeners, b"x")
            assert await reader.readexactly(1) == b"x"
            await close(client)

    run(steps())


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_haproxy_endpoint_knows_the_client_from_the_start(run: Any, size: int) -> None:
    """However the header is split, the protocol is made after it, and gets the bytes behind it alone."""

    async def steps() -> None:
        kind, sent = talker(), V1 + b"hello"
        async with Listening().open(kind, [PROXIED], 0) as listeners:
            reader, writer = client = await connect(listeners)
            for at in range(0, len(sent), size):
                writer.write(sent[at : at + size])
                await asyncio.sleep(0)
            assert await reader.readexactly(5) == b"hello"
            assert kind.made[0].proxied.source == ("192.0.2.1", 4000)
            assert kind.made[0].got == b"hello"
            await close(client)

    run(steps())


def test_a_protocol_that_speaks_first_does_so_behind_a_header(run: Any) -> None:
    """SMTP's greeting leaves when the header is there, although the client says nothing more."""

    class Greeter(talker()):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            transport.write(f"hello {self.proxied.source[0]}".encode())

    async def steps() -> None:
        async with Listening().open(Greeter, [PROXIED], 0) as listeners:
            reader, _ = client = await connect(listeners, V1)
            assert await reader.readexactly(15) == b"hello 192.0.2.1"
            await close(client)

    run(steps())


@pytest.mark.parametrize(
    ("bind", "trusted", "first"),
    [
        (PROXIED, Trusted(), b"GET / HTTP/1.1\r\n"),
        (PROXIED, Trusted(), b""),
        (PLAIN, Trusted.parse(["192.0.2.9"]), V1),
    ],
    ids=["no header", "silence", "no trusted proxy"],
)
def test_a_connection_without_its_header_is_closed(
    run: Any, bind: str, trusted: Trusted, first: bytes
) -> None:
    """Neither garbage, nor silence, nor somebody whom nobody trusts gets a protocol."""

    async def steps() -> None:
        kind = talker()
        seconds = 10 if first else 0.05
        listening = Listening(trusted=trusted, proxy_protocol=bool(trusted), handshake_timeout=seconds)
        async with listening.open(kind, [bind], 0) as listeners:
            client = await connect(listeners, first)
            assert await rest(client[0]) == b""
            await until(lambda: listening.gate.count == 0)
            assert (kind.made, listeners.pending) == ([], set())
            await close(client)

    run(steps())


def test_a_client_that_ends_before_its_header_is_gone(run: Any) -> None:
    """Half a connection without a header is none."""

    async def steps() -> None:
        kind, listening = talker(), Listening()
        async with listening.open(kind, [PROXIED], 0) as listeners:
            reader, writer = client = await connect(listeners, V1[:10])
            writer.write_eof()
            assert await rest(reader) == b""
            await until(lambda: listening.gate.count == 0)
            assert kind.made == []
            await close(client)

    run(steps())


def test_the_process_wide_proxy_protocol_holds_for_endpoints(run: Any) -> None:
    """--proxy-protocol from a trusted peer gives the client, with or without haproxy: before it."""

    async def steps() -> None:
        kind = talker()
        listening = Listening(trusted=Trusted.parse(["127.0.0.1"]), proxy_protocol=True)
        for bind in (PLAIN, PROXIED):
            async with listening.open(kind, [bind], 0) as listeners:
                reader, _ = client = await connect(listeners, V1 + b"x")
                assert await reader.readexactly(1) == b"x"
                await close(client)
        assert [made.proxied.source for made in kind.made] == [("192.0.2.1", 4000)] * 2

    run(steps())


def test_at_the_limit_the_next_connection_waits(run: Any) -> None:
    """Three clients and one place: one after the other is served, nobody is turned away."""

    async def steps() -> None:
        listening, kind = Listening(connections=1), talker()
        async with listening.open(kind, [PLAIN], 0) as listeners:
            clients = [await connect(listeners, b"x") for _ in range(3)]
            for number, client in enumerate(clients, 1):
                assert await client[0].readexactly(1) == b"x"
                for _ in range(50):
                    await asyncio.sleep(0)
                assert (len(kind.made), listening.gate.count) == (number, 1)
                await close(client)
        assert listening.gate.count == 0

    run(steps())


def test_at_the_limit_a_port_of_another_kind_turns_away(run: Any) -> None:
    """Where nothing can make clients wait they are closed, until there is room again."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, ["endpoint:veil"], 0, limit=1) as listeners:
            first = await connect(listeners, b"x")
            assert await first[0].readexactly(1) == b"x"
            second = await connect(listeners)
            assert await rest(second[0]) == b""
            await close(first, second)
            await until(lambda: listeners.gate.count == 0)
            third = await connect(listeners, b"x")
            assert await third[0].readexactly(1) == b"x"
            await close(third)

    run(steps())


def test_connections_that_waited_when_listening_ended_are_served(run: Any) -> None:
    """stop_accepting() takes in whom the kernel has accepted, and nobody after that."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [PLAIN], 0) as listeners:
            address = listeners.addresses[0]
            waiting = [socket.create_connection(("127.0.0.1", address.port)) for _ in range(5)]
            listeners.stop_accepting()
            listeners.stop_accepting()
            assert len(kind.made) == 5
            for client in waiting:
                client.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", address.port)).close()
        await until(lambda: all(made.calls[-1] == ("lost", None) for made in kind.made))

    run(steps())


@pytest.mark.parametrize(
    ("bind", "why"),
    [
        ("endpoint:nonesuch:80", "Unknown endpoint type: 'nonesuch'"),
        ("endpoint:plain", "serverFromString"),
        ("endpoint:plain:tcp", "port"),
        ("endpoint:plain:tcp:TAKEN:interface=127.0.0.1", "Couldn't listen on 127.0.0.1"),
        ("endpoint:mutual:/missing:/missing", "No such file"),
    ],
)
def test_what_cannot_listen_is_one_line(run: Any, bind: str, why: str) -> None:
    """The operator reads which bind it was and what Twisted says; what was open before is closed."""

    async def steps() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
            free = other.getsockname()[1]
            other.close()
            text = bind.replace("TAKEN", str(taken.getsockname()[1]))
            with pytest.raises(ConfigError) as caught:
                async with Listening().open(talker(), [f"127.0.0.1:{free}", PLAIN, text], 0):
                    pass
        assert str(caught.value).startswith(f"bind {text}: ")
        assert "\n" not in str(caught.value)
        if why != "serverFromString":  # whose words these are
            assert why in str(caught.value)
        socket.create_server(("127.0.0.1", free)).close()

    run(steps())


def test_an_endpoint_can_be_tried_without_listening(run: Any) -> None:
    """`interfaces check` learns whether the string can be parsed."""

    async def steps() -> None:
        await known_endpoint(parse_bind(PLAIN, 0))
        with pytest.raises(ConfigError, match=r"bind endpoint:nonesuch: Unknown endpoint type"):
            await known_endpoint(parse_bind("endpoint:nonesuch", 0))

    run(steps())


def test_the_extra_is_named_where_it_is_missing(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Twisted the error says what to install, wherever it is asked for."""
    for name in [*sys.modules]:
        if name.startswith("interfaces.shared.twisted"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("interfaces.shared.twisted_bridge", raising=False)
    monkeypatch.setitem(sys.modules, "twisted", None)
    monkeypatch.setitem(sys.modules, "twisted.internet", None)

    async def steps() -> None:
        with pytest.raises(ConfigError, match=r"^bind endpoint:onion:80: .*asgi-interfaces\[twisted\]"):
            async with Listening().open(talker(), ["endpoint:onion:80"], 0):
                pass
        with pytest.raises(ConfigError, match=r"asgi-interfaces\[twisted\]"):
            await known_endpoint(parse_bind("endpoint:onion:80", 0))
        with pytest.raises(ConfigError, match=r"asgi-interfaces\[twisted\]"):
            reactor(asyncio.get_running_loop())

    run(steps())
