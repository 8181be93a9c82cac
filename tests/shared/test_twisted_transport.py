"""What asyncio promises of a transport, over a connection that Twisted accepted, on both event loops."""

import asyncio
import logging
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from interfaces.shared.listen import Listening
from interfaces.shared.tls import tls_extension
from tests.shared import twisted_tools
from tests.shared.twisted_tools import (
    AUTHORITY,
    MIB,
    PLAIN,
    PROXIED,
    TWISTED_TLS,
    V1,
    close,
    connect,
    pem,
    rest,
    talker,
    until,
)

pytestmark = TWISTED_TLS
run = twisted_tools.run
tls = twisted_tools.tls
SUITES = {"TLS_AES_128_GCM_SHA256": 0x1301, "TLS_AES_256_GCM_SHA384": 0x1302,
          "TLS_CHACHA20_POLY1305_SHA256": 0x1303}  # fmt: skip
"""RFC 8446 §B.4."""
twisted_anew = twisted_tools.twisted_anew


def test_tls_of_the_endpoint_is_told_when_its_handshake_is_done(run: Any, tls: Any) -> None:
    """The protocol sees an ssl_object from which the tls extension is made: certificate, version, suite."""

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
            shown = client[1].get_extra_info("ssl_object")
            assert extension["server_cert"] == ssl.DER_cert_to_PEM_cert(shown.getpeercert(binary_form=True))
            assert shown.cipher()[0] == secured.cipher()[0]
            assert extension["cipher_suite"] == SUITES[secured.cipher()[0]]
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


def test_a_closing_tls_connection_hears_the_client_agree(run: Any, tls: Any) -> None:
    """close() ends it also while reading is paused, delivering nothing of what comes meanwhile."""

    async def steps() -> None:
        kind, listening = talker(), Listening(handshake_timeout=60)
        async with listening.open(kind, [tls[0]], 0) as listeners:
            reader, writer = client = await connect(listeners, b"x", ssl=tls[1])
            assert await reader.readexactly(1) == b"x"
            (made,) = kind.made
            assert "BridgedTransport" in repr(made.transport)
            made.transport.pause_reading()
            writer.write(b"never heard")
            made.transport.close()
            assert await rest(reader) == b""
            await until(lambda: listening.gate.count == 0)
            assert (made.got, made.calls[-1][0]) == (b"x", "lost")
            await close(client)

    run(steps())


def test_our_end_of_the_stream_can_close_first(run: Any) -> None:
    """write_eof() with nothing waiting leaves at once; the client can go on."""

    async def steps() -> None:
        kind = talker(echo=False)
        async with Listening().open(kind, [PLAIN], 0) as listeners:
            reader, writer = client = await connect(listeners, b"x")
            await until(lambda: kind.made and kind.made[0].got)
            kind.made[0].transport.write_eof()
            assert await rest(reader) == b""
            writer.write(b"y")
            await until(lambda: kind.made[0].got == b"xy")
            await close(client)
            await until(lambda: kind.made[0].calls[-1] == ("lost", None))

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
