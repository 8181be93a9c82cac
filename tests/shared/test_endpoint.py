"""Endpoints that listen through Twisted, and its reactor, on both event loops."""

import asyncio
import logging
import shutil
import socket
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import twisted.internet
import twisted.plugins
import uvloop

from interfaces.shared.bind import parse_bind
from interfaces.shared.endpoint import known_endpoint, reactor
from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listeners, Listening, Trusted
from interfaces.shared.tls import tls_extension

PLUGIN = Path(__file__).with_name("twisted_plugin.py")
AUTHORITY = trustme.CA()
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
PLAIN = "endpoint:plain:tcp:0:interface=127.0.0.1"
PROXIED = "endpoint:haproxy:tcp:0:interface=127.0.0.1"
MIB = 2**20

# Twisted's TLS uses what pyOpenSSL would rather not have used.
pytestmark = pytest.mark.filterwarnings("ignore:.*pyOpenSSL:DeprecationWarning")


@pytest.fixture(autouse=True)
def _twisted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The plug-in is found, and whatever reactor there was is there again afterwards."""
    home = tmp_path / "twisted" / "plugins"
    home.mkdir(parents=True)
    shutil.copy(PLUGIN, home / "interfaces_plugin.py")
    monkeypatch.setattr(twisted.plugins, "__path__", [*twisted.plugins.__path__, str(home)])
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", None)
    monkeypatch.delitem(sys.modules, "twisted.internet.reactor")
    monkeypatch.setattr(twisted.internet, "reactor", None, raising=False)
    yield
    sys.modules.pop("twisted.plugins.interfaces_plugin", None)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    """Runs a coroutine on a loop of either kind, for 20 seconds at most."""

    def run(steps: Awaitable[None]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(20):
                await steps

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(bounded())

    return run


class Talker(asyncio.Protocol):
    """Echoes, and keeps all that was said to it; ``made`` holds every one."""

    made: list["Talker"]
    proxied: Any = None
    half_open = False
    echo = True

    def __init__(self) -> None:
        self.made.append(self)
        self.got = b""
        self.calls: list[Any] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.calls.append("made")

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.echo:
            self.transport.write(data)

    def eof_received(self) -> bool:
        self.calls.append("eof")
        return self.half_open

    def pause_writing(self) -> None:
        self.calls.append("pause")

    def resume_writing(self) -> None:
        self.calls.append("resume")

    def connection_lost(self, error: Exception | None) -> None:
        self.calls.append(("lost", error))


def talker(**more: Any) -> type[Talker]:
    """A class of its own for one test."""
    return type("Talker", (Talker,), {"made": [], **more})


async def until(true: Callable[[], Any]) -> None:
    """Let the loop turn until ``true``."""
    while not true():
        await asyncio.sleep(0)


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(listeners: Listeners, first: bytes = b"", **more: Any) -> Client:
    """A connection to the last address, with what it says first."""
    text = str(listeners.addresses[-1])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(text.partition(":")[2].partition(" ")[0]), **more
    )
    writer.write(first)
    return reader, writer


async def close(*clients: Client) -> None:
    """Close; that the server may have done so before does not matter."""
    for _, writer in clients:
        writer.close()
        try:
            await writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the end, however that comes."""
    got = b""
    try:
        while data := await reader.read(65536):
            got += data
    except ConnectionError:
        pass
    return got


def pem(folder: Path, *blobs: trustme.Blob) -> str:
    """A file with certificates and keys."""
    path = folder / f"{len(list(folder.iterdir()))}.pem"
    path.write_bytes(b"".join(blob.bytes() for blob in blobs))
    return str(path)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[str, ssl.SSLContext]:
    """A bind with TLS by Twisted, and the context of a client that trusts it."""
    cert = AUTHORITY.issue_cert("127.0.0.1")
    own = pem(tmp_path, cert.private_key_pem, *cert.cert_chain_pems)
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return f"endpoint:plain:ssl:0:interface=127.0.0.1:privateKey={own}:certKey={own}", context


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


V1 = b"PROXY TCP4 192.0.2.1 198.51.100.2 4000 80\r\n"


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


def test_tls_of_the_endpoint_is_told_when_its_handshake_is_done(run: Any, tls: Any) -> None:
    """The protocol sees an ssl_object with the version, from which the tls extension is made."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [tls[0]], 0) as listeners:
            reader, _ = client = await connect(listeners, b"hello", ssl=tls[1])
            assert await reader.readexactly(5) == b"hello"
            secured = kind.made[0].transport.get_extra_info("ssl_object")
            assert (secured.version(), secured.selected_alpn_protocol()) == ("TLSv1.3", None)
            assert secured.cipher()[0].startswith("TLS_")
            extension = tls_extension(secured)
            assert extension["tls_version"] == 0x0304
            assert (extension["client_cert_name"], extension["client_cert_chain"]) == (None, [])
            assert not kind.made[0].transport.can_write_eof()
            await close(client)

    run(steps())


def test_a_client_certificate_is_told(run: Any, tmp_path: Path) -> None:
    """What the endpoint verified reaches the tls extension: name and certificate."""
    cert, mine = (
        AUTHORITY.issue_cert("127.0.0.1"),
        AUTHORITY.issue_cert("user@example.org", common_name="Ann"),
    )
    own = pem(tmp_path, cert.private_key_pem, *cert.cert_chain_pems)
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    mine.configure_cert(context)

    async def steps() -> None:
        kind = talker()
        bind = f"endpoint:mutual:{own}:{pem(tmp_path, AUTHORITY.cert_pem)}"
        async with Listening().open(kind, [bind], 0) as listeners:
            reader, _ = client = await connect(listeners, b"x", ssl=context)
            assert await reader.readexactly(1) == b"x"
            extension = tls_extension(kind.made[0].transport.get_extra_info("ssl_object"))
            assert extension["client_cert_name"].startswith("CN=Ann,")
            leaf = mine.cert_chain_pems[0].bytes().decode()
            assert extension["client_cert_chain"][0].split() == leaf.split()
            await close(client)

    run(steps())


def test_a_handshake_that_does_not_end_is_ended(run: Any, tls: Any) -> None:
    """Who connects and never speaks TLS goes after the handshake's time; at the end of all, at once."""

    async def steps() -> None:
        kind = talker()
        async with Listening(handshake_timeout=0.05).open(kind, [tls[0]], 0) as listeners:
            client = await connect(listeners)
            await rest(client[0])
            await close(client)
        listening = Listening(handshake_timeout=60)
        async with listening.open(kind, [tls[0]], 0) as listeners:
            client = await connect(listeners)
            await until(lambda: listeners.pending)
        await rest(client[0])
        await close(client)
        assert kind.made == []
        await until(lambda: listening.gate.count == 0)

    run(steps())


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_who_does_not_read_is_sent_no_more(run: Any, tls: Any, *, secure: bool) -> None:
    """While reading is paused nothing is delivered and the peer's window fills; then all comes, in order."""
    sent = b"".join(b"%07d\n" % number for number in range(2 * MIB))

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [tls[0] if secure else PLAIN], 0) as listeners:
            reader, writer = client = await connect(listeners, b"x", **({"ssl": tls[1]} if secure else {}))
            assert await reader.readexactly(1) == b"x"
            (made,) = kind.made
            made.echo, made.got = False, bytearray()
            made.transport.pause_reading()
            assert not made.transport.is_reading()
            sending = asyncio.ensure_future(_send(writer, sent))
            for _ in range(500):
                await asyncio.sleep(0)
            assert (made.got, sending.done()) == (b"", False)
            kept = len(made.transport._kept)
            assert kept <= (256 * 1024 if secure else 0)
            made.transport.resume_reading()
            assert made.transport.is_reading()
            await sending
            await until(lambda: len(made.got) == len(sent))
            assert made.got == sent
            await close(client)

    run(steps())


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    for at in range(0, len(data), 65536):
        writer.write(data[at : at + 65536])
        await writer.drain()


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_who_is_not_read_is_told_to_pause(run: Any, tls: Any, *, secure: bool) -> None:
    """Writing to a client that does not read pauses; what waits grows less as it reads, then it resumes."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [tls[0] if secure else PLAIN], 0) as listeners:
            reader, _ = client = await connect(listeners, b"x", **({"ssl": tls[1]} if secure else {}))
            await reader.readexactly(1)
            (made,) = kind.made
            written = 0
            while "pause" not in made.calls:
                made.transport.write(b"z" * MIB)
                written += MIB
                await asyncio.sleep(0)
            assert written <= 64 * MIB
            waiting = made.transport.get_write_buffer_size()
            assert waiting > 65536
            got = len(await reader.read(written))
            while got < written - 65536:
                got += len(await reader.read(MIB))
            await until(lambda: made.calls[-1] == "resume")
            assert made.transport.get_write_buffer_size() < waiting
            made.transport.close()
            assert got + len(await rest(reader)) == written
            await close(client)
            await until(lambda: made.calls[-1] == ("lost", None))

    run(steps())


def test_another_protocol_takes_over_in_the_middle_of_the_bytes(run: Any) -> None:
    """set_protocol() within data_received() gives the next bytes to the new one, and the end."""
    after = talker()

    class First(talker()):  # type: ignore[misc]
        def data_received(self, data: bytes) -> None:
            follower = after()
            follower.connection_made(self.transport)
            self.transport.set_protocol(follower)
            assert self.transport.get_protocol() is follower
            self.transport.writelines([b"up", b"graded"])

    async def steps() -> None:
        async with Listening().open(First, [PLAIN], 0) as listeners:
            reader, writer = client = await connect(listeners, b"upgrade")
            assert await reader.readexactly(8) == b"upgraded"
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            assert after.made[0].got == b"x"
            await close(client)
            await until(lambda: ("lost", None) in after.made[0].calls)
            assert First.made[0].calls == ["made"]

    run(steps())


def test_a_half_closed_client_still_gets_its_answer(run: Any) -> None:
    """The client's end of the stream is told; our end can go on, and be closed by itself."""

    async def steps() -> None:
        kind = talker(half_open=True)
        async with Listening().open(kind, [PLAIN], 0) as listeners:
            reader, writer = client = await connect(listeners, b"x")
            writer.write_eof()
            await until(lambda: kind.made and "eof" in kind.made[0].calls)
            made = kind.made[0]
            assert made.transport.can_write_eof()
            made.transport.write(b"z" * 8 * MIB)
            made.transport.write_eof()
            assert len(await rest(reader)) == 8 * MIB + 1
            assert not made.transport.is_closing()
            made.transport.close()
            await until(lambda: made.calls[-1] == ("lost", None))
            await close(client)

    run(steps())


def test_the_end_of_the_stream_waits_while_reading_is_paused(run: Any) -> None:
    """Bytes kept from before the pause come first, then the end."""

    class Careful(talker(half_open=True)):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transport.pause_reading()

    async def steps() -> None:
        async with Listening().open(Careful, [PROXIED], 0) as listeners:
            _, writer = client = await connect(listeners, V1 + b"late")
            writer.write_eof()
            await until(lambda: Careful.made)
            made = Careful.made[0]
            for _ in range(50):
                await asyncio.sleep(0)
            assert (made.got, made.calls) == (b"", ["made"])
            made.transport.resume_reading()
            await until(lambda: "eof" in made.calls)
            assert made.got == b"late"
            made.transport.abort()
            await close(client)

    run(steps())


def test_close_sends_what_waits_and_abort_does_not(run: Any) -> None:
    """A closed transport still empties itself, takes no more, hands on no more; an aborted one is gone."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [PLAIN], 0) as listeners:
            first = await connect(listeners, b"x")
            await until(lambda: kind.made)
            closed = kind.made[0].transport
            closed.write(b"z" * 8 * MIB)
            closed.close()
            closed.close()
            closed.write(b"never")
            closed.resume_reading()
            assert closed.is_closing()
            assert len(await rest(first[0])) >= 8 * MIB
            second = await connect(listeners, b"x")
            await until(lambda: len(kind.made) == 2)
            aborted = kind.made[1]
            aborted.transport.write(b"z" * 32 * MIB)
            aborted.transport.abort()
            aborted.transport.abort()
            assert len(await rest(second[0])) < 32 * MIB
            await until(lambda: aborted.calls[-1] == ("lost", None))
            await close(first, second)

    run(steps())


def test_a_peer_that_resets_is_told_as_an_error(run: Any) -> None:
    """connection_lost() gets an exception when the connection did not end well."""

    async def steps() -> None:
        kind = talker()
        async with Listening().open(kind, [PLAIN], 0) as listeners:
            with socket.create_connection(("127.0.0.1", listeners.addresses[0].port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                await until(lambda: kind.made)
            await until(lambda: kind.made[0].calls[-1] != "made")
            assert isinstance(kind.made[0].calls[-1][1], Exception)

    run(steps())


def test_what_came_before_a_reset_is_still_read(run: Any) -> None:
    """uvloop by itself forgets such a connection after one read, and nobody would ever hear its end."""

    class Careful(talker(echo=False)):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transport.pause_reading()

        def data_received(self, data: bytes) -> None:
            self.calls.append("data")

    async def steps() -> None:
        async with Listening().open(Careful, [PLAIN], 0) as listeners:
            with socket.create_connection(("127.0.0.1", listeners.addresses[0].port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.sendall(bytes(MIB // 2))
                await until(lambda: Careful.made)
            made = Careful.made[0]
            made.transport.resume_reading()
            await until(lambda: made.calls[-1] not in ("made", "data"))
            assert isinstance(made.calls[-1][1], Exception)

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


def test_the_reactor_lives_on_the_loop_and_ends_with_it(run: Any) -> None:
    """It is made once, is what Twisted's own code imports, runs threads and timers, and leaves no thread."""

    async def steps() -> None:
        loop = asyncio.get_running_loop()
        made = reactor(loop)
        from twisted.internet import reactor as imported
        from twisted.internet.task import deferLater
        from twisted.internet.threads import deferToThread

        assert made is imported is reactor(loop)
        assert made.running
        assert await deferToThread(lambda: 5).asFuture(loop) == 5
        assert await deferLater(made, 0.001, lambda: 6).asFuture(loop) == 6

    before = threading.active_count()
    run(steps())
    assert threading.active_count() == before
    assert not sys.modules["twisted.internet.reactor"].running
    run(steps())


def test_twisted_does_not_stop_a_loop_that_is_not_its_own(run: Any) -> None:
    """reactor.stop() ends Twisted's part; the loop goes on."""

    async def steps() -> None:
        made = reactor(asyncio.get_running_loop())
        ended: list[int] = []
        made.addSystemEventTrigger("before", "shutdown", ended.append, 1)
        made.stop()
        await until(lambda: not made.running)
        assert ended == [1]
        await asyncio.sleep(0.001)

    run(steps())


def test_a_reactor_that_runs_elsewhere_is_not_taken(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process has one reactor: whoever runs it on another loop is told."""

    class Foreign:
        running = True

    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", Foreign())

    async def steps() -> None:
        with pytest.raises(ConfigError, match="not on this event loop"):
            reactor(asyncio.get_running_loop())

    run(steps())


def test_a_reactor_of_this_loop_is_shared() -> None:
    """Inside a program of Twisted's that runs on asyncio already, its reactor serves."""
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor
    from twisted.internet.main import installReactor

    async def steps() -> None:
        loop = asyncio.get_running_loop()
        theirs = AsyncioSelectorReactor(loop)
        installReactor(theirs)
        theirs.startRunning(installSignalHandlers=False)
        assert reactor(loop) is theirs
        theirs.removeReader(theirs.waker)
        theirs.waker.connectionLost(None)

    asyncio.run(steps())


def test_a_reactor_that_never_ran_is_replaced(
    run: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Daphne among the INSTALLED_APPS installs one when it is imported; that is told, and no obstacle."""

    class Idle:
        running = False

    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", Idle())

    async def steps() -> None:
        assert reactor(asyncio.get_running_loop()).running

    with caplog.at_level(logging.WARNING, "interfaces.listen"):
        run(steps())
    assert "INSTALLED_APPS" in caplog.text


def test_what_goes_wrong_in_our_protocol_ends_its_connection_alone(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in a protocol is logged through Python's logging, and the next client is served."""

    class Clumsy(talker()):  # type: ignore[misc]
        def data_received(self, data: bytes) -> None:
            if data == b"die":
                raise ValueError("clumsy")
            super().data_received(data)

    async def steps() -> None:
        async with Listening().open(Clumsy, [PLAIN], 0) as listeners:
            first = await connect(listeners, b"die")
            assert await rest(first[0]) == b""
            second = await connect(listeners, b"x")
            assert await second[0].readexactly(1) == b"x"
            await close(first, second)

    with caplog.at_level(logging.ERROR, "twisted"):
        run(steps())
    assert "clumsy" in caplog.text
