"""Accepting, handing over and refusing connections, with real sockets on both event loops."""

import asyncio
import errno
import gc
import json
import logging
import resource
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

from interfaces.shared.accept import Gate, descriptor_room
from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listeners, Listening, TlsFiles, Trusted
from interfaces.shared.proxy_header import ProxyHeader

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
LOCAL = Trusted.parse(["127.0.0.1", "unix"])


class Echo(asyncio.Protocol):
    """Says who is there, then every byte again; an empty line closes."""

    proxied: ProxyHeader | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(f"{self.proxied and self.proxied.source}\n".encode())

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)
        if data.endswith(b"\n\n"):
            self.transport.close()


class Client:
    """One connection to an Echo."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, listeners: Listeners, **more: Any) -> "Client":
        address = listeners.addresses[0]
        if address.kind == "unix":
            return cls(*await asyncio.open_unix_connection(address.path, **more))
        return cls(*await asyncio.open_connection(address.host, address.port, **more))

    async def line(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readline()

    async def ended(self) -> bool:
        """Whether the server closed without a word."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            pass


async def until(true: Callable[[], bool]) -> None:
    """Let the loop turn until ``true``."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[Any]], Any]:
    """Runs a coroutine on either loop; what it leaves to the garbage must not complain."""

    def runs(work: Any) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            done = runner.run(work)
        gc.collect()
        return done

    return runs


@pytest.mark.parametrize("text", ["127.0.0.1:0", "unix:{}/x.sock"])
def test_connections_get_their_protocol(run: Any, tmp_path: Path, text: str) -> None:
    """A client of a tcp or unix socket talks to what the factory made, and is counted while it does."""

    async def main() -> None:
        async with Listening().open(Echo, [text.format(tmp_path)], 0) as listeners:
            client = await Client.to(listeners)
            assert await client.line() == b"None\n"
            client.writer.write(b"hello\n")
            assert await client.line() == b"hello\n"
            assert (listeners.gate.count, listeners.listening.gate.count) == (1, 1)
            await client.close()
            await until(lambda: listeners.gate.count == listeners.listening.gate.count == 0)

    run(main())
    assert list(tmp_path.iterdir()) == []


def test_small_writes_leave_at_once(run: Any) -> None:
    """TCP_NODELAY is set on accepted connections, by whichever loop."""
    flags = []

    class Look(Echo):
        def connection_made(self, transport: Any) -> None:
            sock = transport.get_extra_info("socket")
            flags.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().connection_made(transport)

    async def main() -> None:
        async with Listening().open(Look, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            await client.line()
            await client.close()

    run(main())
    assert flags
    assert flags[0] != 0


def test_several_binds_listen_side_by_side(run: Any, tmp_path: Path) -> None:
    """Addresses come back in the order of the binds, with their ports."""

    async def main() -> None:
        binds = ["127.0.0.1:0", f"unix:{tmp_path}/x.sock", "127.0.0.1:0"]
        async with Listening().open(Echo, binds, 0) as listeners:
            assert [address.kind for address in listeners.addresses] == ["tcp", "unix", "tcp"]
            assert all(address.port for address in listeners.addresses if address.kind == "tcp")
            assert str(listeners.addresses[0]) in repr(listeners)

    run(main())


def test_a_bind_that_fails_opens_none(run: Any, tmp_path: Path) -> None:
    """When the second bind cannot be had the first is closed again, its file gone."""

    async def main() -> None:
        async with Listening().open(Echo, [f"unix:{tmp_path}/x.sock", "udp:127.0.0.1:0"], 0):
            pytest.fail("it listens on datagrams")

    with pytest.raises(ConfigError, match="datagram"):
        run(main())
    assert list(tmp_path.iterdir()) == []


def test_inherited_sockets_are_used(run: Any) -> None:
    """A bind that a supervising process opened is not opened again, and its port stays."""
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]

    async def main() -> None:
        listening = Listening(inherited={"the web": (sock.detach(),), f"127.0.0.1:{port}": ()})
        async with (
            listening.open(Echo, ["127.0.0.1:0"], 0),
            Listening(inherited={f"127.0.0.1:{port}": listening.inherited["the web"]}).open(
                Echo, [f"127.0.0.1:{port}"], 0
            ) as listeners,
        ):
            client = await Client.to(listeners)
            assert await client.line() == b"None\n"
            await client.close()

    run(main())


def test_stopping_closes_the_door_and_keeps_the_guests(run: Any) -> None:
    """Accepted connections go on, those that the kernel had connected are taken in, new ones are refused."""

    async def main() -> None:
        async with Listening().open(Echo, ["127.0.0.1:0"], 0) as listeners:
            address = listeners.addresses[0]
            client = await Client.to(listeners)
            assert await client.line() == b"None\n"
            # Connected by the kernel while the loop does nothing: nobody has accepted it yet.
            waiting = socket.create_connection((address.host, address.port))
            listeners.stop_accepting()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address.host, address.port))
            reader, writer = await asyncio.open_connection(sock=waiting)
            for each in (client, Client(reader, writer)):
                each.writer.write(b"on\n\n")
                while await each.line() != b"on\n":
                    pass
                await each.close()
            listeners.stop_accepting()

    run(main())


def test_a_limit_makes_further_connections_wait(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With two allowed, a third is served when one of them leaves; the log has one line however often."""

    async def main() -> None:
        async with Listening().open(Echo, ["127.0.0.1:0"], 0, limit=2) as listeners:
            clients = [await Client.to(listeners) for _ in range(5)]
            for at in range(3):
                assert await clients[at + 1].line() == b"None\n"
                assert listeners.gate.count == 2
                assert not clients[at + 2].reader._buffer
                await clients[at].close()
            for client in clients[3:]:
                await client.close()

    run(main())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "limit" in caplog.text


def test_the_limit_of_the_process_holds_for_all_listeners(run: Any) -> None:
    """Two interfaces share the process's room: one waits for the other's connection to end."""

    async def main() -> None:
        listening = Listening(connections=1)
        async with (
            listening.open(Echo, ["127.0.0.1:0"], 0) as one,
            listening.open(Echo, ["127.0.0.1:0"], 0) as two,
        ):
            first = await Client.to(one)
            assert await first.line() == b"None\n"
            second = await Client.to(two)
            await asyncio.sleep(0)
            assert listening.gate.count == 1
            await first.close()
            assert await second.line() == b"None\n"
            await second.close()

    run(main())


def test_a_factory_that_raises_costs_one_connection(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The peer is closed, the log says why, and the next one is served."""
    made: list[Any] = [Echo]

    def factory() -> Any:
        return made.pop()()

    async def main() -> None:
        made.append(lambda: 1 / 0)
        async with Listening().open(factory, ["127.0.0.1:0"], 0) as listeners:
            bad = await Client.to(listeners)
            assert await bad.ended()
            await bad.close()
            good = await Client.to(listeners)
            assert await good.line() == b"None\n"
            await good.close()
            await until(lambda: listeners.gate.count == 0)

    run(main())
    assert "ZeroDivisionError" in caplog.text


PROXIED = b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n"


@pytest.mark.parametrize("text", ["127.0.0.1:0", "unix:{}/x.sock"])
@pytest.mark.parametrize("parts", [[PROXIED + b"hi\n"], [PROXIED[:9], PROXIED[9:-1], b"\nhi\n"]])
def test_a_proxy_header_is_taken_off_before_the_protocol_reads(
    run: Any, tmp_path: Path, text: str, parts: list[bytes]
) -> None:
    """However it is split, the protocol knows the source and gets exactly the bytes after the header."""

    async def main() -> None:
        listening = Listening(trusted=LOCAL, proxy_protocol=True)
        async with listening.open(Echo, [text.format(tmp_path)], 0) as listeners:
            client = await Client.to(listeners)
            for part in parts:
                client.writer.write(part)
                await client.writer.drain()
                for _ in range(20):
                    await asyncio.sleep(0)
            assert await client.line() == b"('192.0.2.1', 56324)\n"
            assert await client.line() == b"hi\n"
            await client.close()

    run(main())


@pytest.mark.parametrize(
    ("trusted", "sent", "timeout"),
    [
        (LOCAL, b"GET / HTTP/1.1\r\n", 10),
        (LOCAL, PROXIED[:20], 0.01),
        (LOCAL, None, 10),
        (Trusted.parse(["10.0.0.0/8"]), PROXIED, 10),
    ],
    ids=["no header", "late", "hung up", "stranger"],
)
def test_without_a_header_from_a_trusted_proxy_nobody_gets_in(
    run: Any, trusted: Trusted, sent: bytes | None, timeout: float
) -> None:
    """No header, a slow one, none at all or a stranger's: closed, not counted any more, no protocol made."""

    def never() -> Any:
        pytest.fail("a protocol was made")

    async def main() -> None:
        listening = Listening(trusted=trusted, proxy_protocol=True, handshake_timeout=timeout)
        async with listening.open(never, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            if sent is None:
                client.writer.write_eof()
            else:
                client.writer.write(sent)
            assert await client.ended()
            await client.close()
            await until(lambda: listeners.gate.count == 0)

    run(main())


def test_the_proxy_protocol_needs_somebody_to_trust() -> None:
    """Otherwise anybody could say who he is."""
    with pytest.raises(ConfigError, match="no proxy is trusted"):
        Listening(proxy_protocol=True)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    """A certificate and its key in one file."""
    cert = trustme.CA().issue_cert("127.0.0.1")
    cert.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    return TlsFiles(cert=str(tmp_path / "both.pem"))


def any_server() -> ssl.SSLContext:
    """A client that believes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_a_proxy_header_comes_before_tls(run: Any, files: TlsFiles) -> None:
    """The header is in the clear, what follows is the client's own handshake."""

    async def main() -> None:
        listening = Listening(tls=files, trusted=LOCAL, proxy_protocol=True)
        async with listening.open(Echo, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            client.writer.write(PROXIED)
            await client.writer.start_tls(any_server())
            assert await client.line() == b"('192.0.2.1', 56324)\n"
            await client.close()

    run(main())


def test_a_failed_handshake_ends_one_connection(run: Any, files: TlsFiles) -> None:
    """Plain HTTP to a TLS port is closed and no longer counted, and TLS goes on."""

    async def main() -> None:
        async with Listening(tls=files).open(Echo, ["127.0.0.1:0"], 0) as listeners:
            plain = await Client.to(listeners)
            plain.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            async with asyncio.timeout(10):
                try:
                    await plain.reader.read()
                except ConnectionError:
                    pass
            await plain.close()
            await until(lambda: listeners.gate.count == 0 and not listeners.pending)
            good = await Client.to(listeners, ssl=any_server())
            assert await good.line() == b"None\n"
            await good.close()

    run(main())


def test_leaving_gives_up_handshakes_and_headers_that_hang(run: Any, files: TlsFiles) -> None:
    """Clients that never speak keep nothing open when the listeners are left."""

    async def main() -> None:
        tls = Listening(tls=files, handshake_timeout=600)
        proxied = Listening(trusted=LOCAL, proxy_protocol=True, handshake_timeout=600)
        async with (
            asyncio.timeout(60),
            tls.open(Echo, ["127.0.0.1:0"], 0) as one,
            proxied.open(Echo, ["127.0.0.1:0"], 0) as two,
        ):
            clients = [await Client.to(one), await Client.to(two)]
            await until(lambda: one.gate.count == two.gate.count == 1)
            assert one.pending
        for client in clients:
            assert await client.ended()
            await client.close()
        await until(lambda: tls.gate.count == proxied.gate.count == 0)

    run(main())


def test_a_handshake_has_its_time(run: Any, files: TlsFiles) -> None:
    """A client that does not begin TLS is closed when its seconds are over."""

    async def main() -> None:
        async with Listening(tls=files, handshake_timeout=0.01).open(Echo, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            assert await client.ended()
            await client.close()

    run(main())


@pytest.mark.parametrize("proxied", [False, True])
def test_those_on_their_way_in_are_waited_for(run: Any, files: TlsFiles, proxied: bool) -> None:
    """Until their handshake or PROXY header came to an end, or for the seconds given."""
    listening = Listening(trusted=LOCAL, proxy_protocol=True) if proxied else Listening(tls=files)

    async def main() -> None:
        async with listening.open(Echo, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            await until(lambda: listeners.gate.count == 1)
            await listeners.settled(0.01)
            assert listeners.gate.count == 1
            waiting = asyncio.ensure_future(listeners.settled(60))
            client.writer.write_eof()
            await waiting
            assert not listeners.pending | listeners._tasks
            await client.close()

    run(main())


def test_a_protocol_may_begin_tls_itself(run: Any, files: TlsFiles) -> None:
    """Without ALPN names the listener is plain, and the certificates are there for STARTTLS."""

    async def main() -> None:
        listening = Listening(tls=files)
        async with listening.open(Echo, ["127.0.0.1:0"], 0, alpn=None) as listeners:
            client = await Client.to(listeners)
            assert await client.line() == b"None\n"
            assert not listeners.addresses[0].tls
            await client.close()
        assert listening.secure(()) is listening.secure(())

    run(main())
    assert Listening().secure() is None


def test_an_endpoint_brings_its_own_certificate(run: Any, files: TlsFiles) -> None:
    """``ssl:`` of Twisted's strings listens with TLS without any other option."""

    async def main() -> None:
        bind = f"ssl:0:interface=127.0.0.1:privateKey={files.cert}"
        async with Listening().open(Echo, [bind], 0) as listeners:
            assert listeners.addresses[0].tls
            client = await Client.to(listeners, ssl=any_server())
            assert await client.line() == b"None\n"
            await client.close()

    run(main())


def test_reloading_says_when_a_certificate_had_to_stay(files: TlsFiles) -> None:
    """SIGHUP's answer covers every certificate that is in use."""
    listening = Listening(tls=files)
    listening.secure()
    assert listening.reload()
    Path(files.cert).unlink()
    assert not listening.reload()


def test_a_gate_tells_once_a_minute() -> None:
    """However often connections wait, the log stays readable."""
    gate = Gate(1)
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("interfaces.listen")
    log.addHandler(handler)
    try:
        for now in range(0, 121, 10):
            gate.wait(lambda: None, "full", float(now))
    finally:
        log.removeHandler(handler)
    assert lines == ["full: new connections wait until one closes (0 are open)"] * 3


def test_room_is_left_for_the_application() -> None:
    """The computed limit stays below RLIMIT_NOFILE by what is open and an eighth."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/dev/fd").iterdir())) - 1
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 64, hard))
        assert 64 - 8 - (used + 64) // 8 <= descriptor_room() <= 64 - 8
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_no_limit_of_the_system_is_no_limit_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """RLIM_INFINITY leaves room for any number."""
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (resource.RLIM_INFINITY,) * 2)
    assert descriptor_room() > 1_000_000
    assert repr(Gate(7)) == "Gate(0 of 7)"


class Short(socket.socket):
    """A listening socket for which there is no descriptor at first."""

    shortages = 1

    def accept(self) -> Any:
        if self.shortages:
            self.shortages -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


class ShortListening(Listening):
    def sockets(self, text: str, default_port: int) -> list[socket.socket]:
        (sock,) = super().sockets(text, default_port)
        return [Short(sock.family, sock.type, sock.proto, sock.detach())]


def test_a_shortage_is_waited_out(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that could not be accepted for want of descriptors is served after another try."""

    async def main() -> None:
        async with ShortListening().open(Echo, ["127.0.0.1:0"], 0) as listeners:
            client = await Client.to(listeners)
            assert await client.line() == b"None\n"
            await client.close()

    run(main())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "Too many open files" in caplog.text


SERVER = """
import asyncio, json, logging, os, resource, sys, time
from interfaces.shared.listen import Listening

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
logging.getLogger("asyncio").setLevel(logging.WARNING)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

class Tell(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(json.dumps({"cpu": time.process_time()}).encode() + b"\\n")

async def main():
    limit = int(sys.argv[2]) or None
    async with Listening(connections=limit).open(Tell, ["127.0.0.1:0"], 0) as listeners:
        print(listeners.addresses[0].port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

if sys.argv[1] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


def cpu_of(sock: socket.socket) -> float:
    """Seconds of CPU that the server has spent so far."""
    sock.sendall(b"?")
    return float(json.loads(sock.makefile().readline())["cpu"])


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("limit", ["0", "1000000"], ids=["by its limit", "by the kernel"])
def test_a_server_out_of_descriptors_is_calm_and_recovers(loop: str, limit: str) -> None:
    """64 descriptors, 192 clients: under 20 % CPU, at most 10 lines logged, answers when they have left.

    The first meets the computed limit, the second the kernel's EMFILE.
    """
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, loop, limit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        port = int(server.stdout.readline())
        clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(192)]
        before, since = cpu_of(clients[0]), time.monotonic()
        clients[-1].settimeout(1.5)
        with pytest.raises(TimeoutError):
            # The last one waits in the kernel's queue: neither served nor closed.
            clients[-1].recv(1)
        spent, passed = cpu_of(clients[0]) - before, time.monotonic() - since
        for client in clients:
            client.close()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as late:
            cpu_of(late)
        assert spent / passed < 0.2
    finally:
        _, logged = server.communicate(timeout=30)
    assert server.returncode == 0
    assert 1 <= len(logged.splitlines()) <= 10
