"""The interface of mail on sockets of this machine: listeners and their roles, TLS, the drain."""

import asyncio
import smtplib
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest
import trustme

from interfaces.email.interface import Email, EmailOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address, Listening
from interfaces.shared.tls import TlsFiles
from tests.email.harness import EHLO, MESSAGE, QUIT, mail, scene

Seen = list[dict[str, Any]]


async def accept(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Takes every message, and keeps its scope in the state."""
    scope["state"]["seen"].append({**scope, "event": await receive()})


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority."""
    return trustme.CA()


@pytest.fixture
def listening(authority: trustme.CA, tmp_path: Path) -> Listening:
    """With a certificate of "localhost"."""
    pem = tmp_path / "localhost.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    return Listening(tls=TlsFiles(cert=str(pem)), handshake_timeout=1.0)


@asynccontextmanager
async def serving(
    *binds: str, listening: Listening | None = None, **options: Any
) -> AsyncIterator[tuple[list[Address], Context, Seen]]:
    """The interface with :func:`accept`; fails when anything of it is left behind."""
    seen: Seen = []
    context = Context(
        names=("email",), drain=5.0, state={"seen": seen}, listening=listening or Listening()
    )  # fmt: skip
    options = {"bind": binds or ("127.0.0.1:0",), "hostname": "mx.example", **options}
    async with Email(EmailOptions(**options)).serve(accept, context) as addresses:
        yield addresses, context, seen


def send(client: smtplib.SMTP) -> None:
    """Send one message."""
    client.sendmail("a@a.example", ["b@b.example"], MESSAGE)


async def blocking(work: Any, *words: Any) -> Any:
    """Run a client that blocks, in a thread."""
    return await asyncio.to_thread(work, *words)


@scene
async def test_each_listener_has_its_role(tmp_path: Path) -> None:
    """SMTP on the one, LMTP on the others: each greets as what it is, and the scope says so."""
    path = str(tmp_path / "lmtp")
    async with serving(lmtp_bind=("127.0.0.1:0", f"unix:{path}")) as (addresses, _, seen):
        smtp, lmtp, unix = addresses
        assert (smtp.kind, lmtp.kind, unix.path) == ("tcp", "tcp", path)

        def work() -> None:
            with smtplib.SMTP("127.0.0.1", smtp.port) as client:
                send(client)
            with smtplib.LMTP("127.0.0.1", lmtp.port) as client:
                send(client)
            with smtplib.LMTP(path) as client:
                send(client)

        await blocking(work)
    assert [one["protocol"] for one in seen] == ["smtp", "lmtp", "lmtp"]
    assert [one["client"] is None for one in seen] == [False, False, True]


@scene
async def test_lmtp_alone_is_served() -> None:
    """Without a listener for SMTP."""
    async with serving(bind=(), lmtp_bind=("127.0.0.1:0",)) as ((address,), _, seen):
        await blocking(lambda: send_lmtp(address))
    assert len(seen) == 1


def send_lmtp(address: Address) -> None:
    """Send one message by LMTP."""
    with smtplib.LMTP(address.host, address.port) as client:
        send(client)


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("tls", ["starttls", "required"])
@scene
async def test_starttls(authority: trustme.CA, listening: Listening, tls: str) -> None:
    """A real handshake upgrades the connection; afterwards all is as before it, in secret."""
    async with serving(listening=listening, tls=tls) as ((address,), _, seen):

        def work() -> None:
            with smtplib.SMTP("localhost", address.port) as client:
                client.starttls(context=trusting(authority))
                send(client)
                send(client)

        await blocking(work)
    assert [one["tls"]["version"] for one in seen] == ["TLSv1.3", "TLSv1.3"]


@scene
async def test_where_tls_is_required_no_mail_comes_without(listening: Listening) -> None:
    """530 5.7.0 at MAIL (RFC 3207 §4)."""
    async with serving(listening=listening, tls="required") as ((address,), _, seen):

        def work() -> int:
            with smtplib.SMTP("localhost", address.port) as client:
                client.ehlo()
                return client.mail("a@a.example")[0]

        assert await blocking(work) == 530
    assert seen == []


@scene
async def test_implicit_tls(authority: trustme.CA, listening: Listening) -> None:
    """TLS from the first byte, and STARTTLS is not offered within (RFC 8314)."""
    async with serving(listening=listening, tls="implicit") as ((address,), _, seen):

        def work() -> bool:
            with smtplib.SMTP_SSL("localhost", address.port, context=trusting(authority)) as client:
                send(client)
                return client.has_extn("starttls")

        assert not await blocking(work)
    assert seen[0]["tls"]["cipher"]


@pytest.mark.parametrize("tls", ["required", "implicit"])
@scene
async def test_tls_without_a_certificate_is_the_operators_mistake(tls: str) -> None:
    """One line, before anything listens; "starttls" alone is only not offered."""
    with pytest.raises(ConfigError, match="--tls-cert") as caught:
        async with serving(tls=tls):
            pass
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("how", ["hang up", "reset", "garbage", "silence"])
@scene
async def test_a_handshake_that_never_succeeds_leaves_nothing(listening: Listening, how: str) -> None:
    """Whatever a client does instead of TLS, its connection ends and is forgotten: the drain waits for nobody."""
    async with serving(listening=listening) as ((address,), context, _):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(EHLO + b"STARTTLS\r\n")
        await reader.readuntil(b"220 2.0.0 Ready to start TLS\r\n")
        if how == "garbage":
            writer.write(EHLO * 100)
        elif how != "silence":
            if how == "reset":
                sock = writer.get_extra_info("socket")
                sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        with suppress(OSError):
            await reader.read()
        writer.close()
        context.drain = 2.0
        before = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - before < 1.5, "the drain waited for a connection that is gone"


@scene
async def test_bytes_that_were_injected_behind_starttls_are_no_part_of_it(
    authority: trustme.CA, listening: Listening
) -> None:
    """CVE-2011-0411 on a real socket: commands in the clear, then the handshake; none of them is answered."""
    async with serving(listening=listening) as ((address,), _, seen):
        reader, writer = await asyncio.open_connection("localhost", address.port)
        writer.write(EHLO + b"STARTTLS\r\n" + EHLO + mail())
        await reader.readuntil(b"220 2.0.0 Ready to start TLS\r\n")
        await writer.start_tls(trusting(authority), server_hostname="localhost")
        writer.write(QUIT)
        assert await reader.read() == b"221 2.0.0 Bye\r\n"
        writer.close()
    assert seen == []


@scene
async def test_leaving_tells_who_is_idle_and_waits_for_messages() -> None:
    """421 to the one; the other's message is taken to its end, and acknowledged."""
    serve = serving()
    (address,), _, seen = await serve.__aenter__()
    idle, busy = [await asyncio.open_connection(address.host, address.port) for _ in range(2)]
    await idle[0].readline()
    busy[1].write(EHLO + mail()[:-3])
    await busy[0].readuntil(b"354 ")
    leaving = asyncio.ensure_future(serve.__aexit__(None, None, None))
    assert (await idle[0].read()).startswith(b"421 4.3.2 ")
    busy[1].write(b".\r\n")
    assert b"\r\n250 2.0.0 Ok " in await busy[0].read()
    await leaving
    assert len(seen) == 1
    for _, writer in (idle, busy):
        writer.close()


@scene
async def test_a_connection_too_many_waits_for_one_to_close() -> None:
    """In the kernel's queue, as ``max_connections`` says."""
    async with serving(max_connections=1) as ((address,), _, _seen):
        first = await asyncio.open_connection(address.host, address.port)
        await first[0].readline()
        second = await asyncio.open_connection(address.host, address.port)
        waiting = asyncio.ensure_future(second[0].readline())
        first[1].write(b"EHLO a\r\nNOOP\r\n")
        await first[0].readuntil(b"250 2.0.0 Ok\r\n")
        assert not waiting.done()
        first[1].write(QUIT)
        assert (await waiting).startswith(b"220 ")
        for _, writer in (first, second):
            writer.close()


@scene
async def test_counts_are_told_from_the_beginning() -> None:
    """A counter that appears with its first event hides that one from whoever looks at differences."""
    async with serving() as (_, context, _seen):
        assert {"email.abandoned", "email.timeouts", "email.late", "email.stalled"} <= {
            *context.telemetry.counts
        }
        assert not any(context.telemetry.counts.values())
