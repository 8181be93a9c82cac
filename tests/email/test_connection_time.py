"""A connection of mail and time: deadlines in every phase, slow peers, the drain, TLS that begins later."""

import asyncio
from typing import Any

import pytest

from tests.email.harness import EHLO, ENVELOPE, MESSAGE, QUIT, Bench, Peer, Transport, mail, scene

GONE = b"421 4.4.2 You were silent or slow for too long\r\n"
DRAINING = b"421 4.3.2 Shutting down, come back soon\r\n"


# --- deadlines ---


@pytest.mark.parametrize(
    "before",
    [b"", EHLO, EHLO[:5], EHLO + ENVELOPE, EHLO + mail() + QUIT[:2]],
    ids=["greeting", "helo", "half a line", "envelope", "after a message"],
)
@scene
async def test_a_silent_client_is_told_and_cut(before: bytes) -> None:
    """Wherever it falls silent between messages; not before ``command_timeout``."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    async with Bench(app, command_timeout=10) as bench:
        peer = bench.connect()
        if before:
            await peer.send(before)
        await bench.after(9)
        assert not peer.closed
        peer.take()
        await bench.after(1.5)
        assert peer.take() == GONE
        assert peer.closed
        assert bench.counted("email.timeouts") == 1


@scene
async def test_a_byte_now_and_then_is_no_command() -> None:
    """A line that drips in has the time of one command, however many pieces it comes in."""
    async with Bench(command_timeout=10) as bench:
        peer = await bench.greeted()
        for byte in b"NOOP AAAAAAAAAA":
            if not peer.closed:
                peer.feed(bytes([byte]))
                await bench.after(2)
        assert peer.take() == GONE


@scene
async def test_every_command_has_its_time() -> None:
    """Whoever goes on talking stays, for longer than one ``command_timeout``."""
    async with Bench(command_timeout=10) as bench:
        peer = await bench.greeted()
        for _ in range(5):
            assert await peer.codes(b"NOOP\r\n") == [250]
            await bench.after(8)
        assert not peer.closed


@scene
async def test_a_message_that_stops_arriving_is_given_up() -> None:
    """421, no call, nothing left in flight."""
    async with Bench(data_timeout=10, min_rate=1) as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail()[:-2]) == [250, 250, 354]
        await bench.after(9)
        assert not peer.closed
        await bench.after(12)
        assert peer.take() == GONE
        assert bench.calls == []
        assert bench.service.in_flight == 0
        assert bench.counted("email.abandoned") == 1


@pytest.mark.parametrize(("rate", "stays"), [(1000, True), (50, False)])
@scene
async def test_a_slow_sender_needs_the_least_rate(rate: int, stays: bool) -> None:
    """One that brings ``min_rate`` on average may take as long as it needs; a slower one may not."""
    async with Bench(data_timeout=10, min_rate=100) as bench:
        peer = await bench.greeted()
        assert await peer.codes(ENVELOPE + b"DATA\r\n") == [250, 250, 354]
        for _ in range(60):
            if not peer.closed:
                peer.feed(b"%b\r\n" % (b"x" * (rate - 2)))
                await bench.after(1)
        assert peer.closed is not stays
        assert peer.take() == (b"" if stays else GONE)


@scene
async def test_a_chunk_that_never_comes_is_given_up() -> None:
    """BDAT between its chunks is within a message (RFC 3030)."""
    async with Bench(data_timeout=10, command_timeout=1000) as bench:
        peer = await bench.greeted()
        assert await peer.codes(ENVELOPE + b"BDAT 5\r\nA: 1\r") == [250, 250, 250]
        await bench.after(21)
        assert peer.take() == GONE


@scene
async def test_a_message_that_was_refused_may_not_go_on_for_ever() -> None:
    """What is left of one that is too large is read for one ``data_timeout``, however fast it comes."""
    async with Bench(max_size=1000, data_timeout=10, command_timeout=1000) as bench:
        peer = await bench.greeted()
        assert await peer.codes(ENVELOPE + b"DATA\r\n") == [250, 250, 354]
        for _ in range(30):
            if not peer.closed:
                peer.feed(b"%b\r\n" % (b"x" * 998) * 10)
                await bench.after(1)
        assert peer.take() == GONE


@scene
async def test_a_late_verdict_is_451_and_the_application_runs_on() -> None:
    """The client goes on with other messages; its repeat of this one gets the verdict, and no second call."""
    async with Bench(verdict_timeout=10) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await bench.after(9)
        assert peer.take() == b""
        await bench.after(2)
        assert peer.take() == b"451 4.4.5 No answer in time, try again later\r\n"
        assert not call.cancelled
        assert bench.counted("email.late") == 1
        assert bench.service.in_flight == (await call.receive())["size"] > len(MESSAGE)
        assert await peer.codes(mail(b"2\r\n")) == [250, 250, 354]
        await bench.calls[1].finish()
        assert await peer.codes() == [250]
        assert await peer.codes(mail()) == [250, 250, 354]
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await peer.codes() == [550]
        assert len(bench.calls) == 2


@scene
async def test_a_verdict_that_comes_in_time_ends_its_deadline() -> None:
    """What the client does afterwards has the time of a command."""
    async with Bench(verdict_timeout=10, command_timeout=100) as bench:
        peer = await bench.greeted()
        await (await bench.call(peer)).finish()
        assert await peer.codes() == [250]
        await bench.after(50)
        assert not peer.closed


@scene
async def test_a_client_that_reads_nothing_is_cut() -> None:
    """Its replies wait for ``send_timeout``, then it is gone; its message is not."""
    async with Bench(send_timeout=10) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        peer.stop_reading()
        await bench.after(9)
        assert not peer.transport.aborted
        await bench.after(2)
        assert peer.transport.aborted
        assert not call.cancelled
        assert bench.counted("email.stalled") == 1


@scene
async def test_a_client_that_reads_nothing_is_not_read_from() -> None:
    """Its answers would add up for as long as it sends, and it would never be cut; it goes on once it reads."""
    async with Bench(send_timeout=10) as bench:
        peer = await bench.greeted()
        peer.stop_reading()
        assert not peer.transport.reading
        peer.read_on()
        assert peer.transport.reading
        assert await peer.codes(b"NOOP\r\n") == [250]


@scene
async def test_a_client_that_does_not_take_the_last_reply_is_cut() -> None:
    """To close is to wait until all has left: that, too, has an end."""
    async with Bench(command_timeout=10, send_timeout=10) as bench:
        peer = await bench.greeted()
        peer.transport.unsent = 1  # too little for asyncio to say so
        await bench.after(11)
        assert peer.take() == GONE
        assert not peer.transport.lost
        await bench.after(11)
        assert peer.transport.aborted


# --- the drain ---


def drain(bench: Bench) -> None:
    """The server is told to stop."""
    now = bench.service.now
    bench.context.draining = True
    bench.service.begin_drain()
    bench.service.now = now  # the clock stays the test's


@pytest.mark.parametrize("before", [b"", EHLO + ENVELOPE], ids=["greeting", "envelope"])
@scene
async def test_an_idle_client_is_told_at_once_that_the_server_stops(before: bytes) -> None:
    """421 to all who are not within a message (RFC 5321 §3.8)."""
    async with Bench() as bench:
        peer = bench.connect()
        if before:
            await peer.send(before)
        peer.take()
        drain(bench)
        assert peer.take() == DRAINING
        assert peer.closed


@scene
async def test_a_message_that_arrives_while_the_server_stops_gets_its_verdict() -> None:
    """It is read to its end, decided and answered; then the client is told, and what it sent ahead is not taken."""
    async with Bench() as bench:
        peer = await bench.greeted()
        whole = mail()
        assert await peer.codes(whole[:-4]) == [250, 250, 354]
        drain(bench)
        assert not peer.closed
        call = await bench.call(peer, whole[-4:])
        await call.send({"type": "email.reject"})
        await call.finish()
        assert peer.take() == b"550 5.7.1 Refused\r\n" + DRAINING
        assert peer.closed


@scene
async def test_a_message_that_waits_for_its_verdict_gets_it_while_the_server_stops() -> None:
    """250, then 421; the service is idle afterwards."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        drain(bench)
        assert peer.take() == b""
        drained = asyncio.ensure_future(bench.service.drained(5))
        await call.finish()
        assert peer.take().endswith(DRAINING)
        assert await drained


@scene
async def test_a_message_that_nobody_waits_for_holds_the_drain() -> None:
    """The application runs on behind a hang-up: the server is not idle before it has ended."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await peer.leave()
        drain(bench)
        drained = asyncio.ensure_future(bench.service.drained(5))
        await bench.settle()
        assert not drained.done()
        await call.finish()
        assert await drained


@scene
async def test_who_comes_while_the_server_stops_is_told() -> None:
    """A connection that was accepted a moment too late."""
    async with Bench() as bench:
        drain(bench)
        peer = bench.connect()
        assert peer.take() == b"220 mx.example ESMTP\r\n" + DRAINING
        assert peer.closed


@scene
async def test_a_call_that_is_cut_by_the_drain_was_not_accepted() -> None:
    """Cancelled at its end: no 250 leaves."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        drain(bench)
        await bench.service.drain(0)
        await bench.settle()
        assert call.cancelled
        assert peer.take() == b""


# --- STARTTLS ---


class Shaking:
    """A loop whose TLS handshakes end when the test says so."""

    def __init__(self) -> None:
        self.real = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.real.create_future()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def start_tls(self, transport: Any, protocol: Any, context: Any, **_: Any) -> Any:
        """As asyncio's."""
        return await self.done


class Tls:
    """What asyncio knows of a TLS connection."""

    def version(self) -> str:
        """ssl.SSLObject's."""
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        """ssl.SSLObject's."""
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)

    def getpeercert(self) -> dict[str, Any]:
        """ssl.SSLObject's."""
        return {"subject": ((("commonName", "relay.example"),),)}


async def shaking(bench: Bench, after: bytes = b"") -> tuple[Peer, Shaking]:
    """A client for which a handshake goes on."""
    bench.service.tls = type("Offered", (), {"current": staticmethod(lambda now: None)})()  # type: ignore[assignment]
    peer = bench.connect()
    loop = peer.first.loop = Shaking()
    assert b"STARTTLS\r\n" in await peer.send(EHLO)
    assert await peer.codes(b"STARTTLS\r\n" + after) == [220]
    return peer, loop


async def secured(bench: Bench, peer: Peer, loop: Shaking) -> None:
    """The handshake is done."""
    transport = Transport(tls=Tls())
    transport.protocol, transport.out = peer.first, peer.transport.out
    peer.transport = transport
    loop.done.set_result(transport)
    await bench.settle()


@scene
async def test_starttls_begins_anew_in_secret() -> None:
    """EHLO has to be said again, STARTTLS is offered no more, and the scope tells of TLS (RFC 3207 §4.2)."""
    async with Bench() as bench:
        peer, loop = await shaking(bench)
        assert not peer.transport.reading
        await secured(bench, peer, loop)
        assert peer.transport.reading
        assert await peer.codes(ENVELOPE) == [503, 503]
        said = await peer.send(EHLO)
        assert b"STARTTLS" not in said
        assert b"REQUIRETLS" in said
        call = await bench.call(peer)
        assert call.scope["tls"] == {
            "version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "client_subject": "commonName=relay.example",
        }


@scene
async def test_what_was_said_in_the_clear_behind_starttls_is_dropped() -> None:
    """CVE-2011-0411: an injected command is not taken as one of the secret connection."""
    async with Bench() as bench:
        peer, loop = await shaking(bench, EHLO + mail())
        await secured(bench, peer, loop)
        assert await peer.codes() == []
        assert await peer.codes(b"NOOP\r\n") == [250]
        assert bench.calls == []


@scene
async def test_a_handshake_that_fails_ends_the_connection() -> None:
    """And nothing of it is left."""
    async with Bench() as bench:
        peer, loop = await shaking(bench)
        loop.done.set_exception(ConnectionResetError())
        await bench.settle()
        assert peer.transport.aborted
        assert not bench.service.connections


@scene
async def test_a_handshake_is_let_finish_while_the_server_stops() -> None:
    """No 421 in the clear can be said by then; it is said in secret."""
    async with Bench() as bench:
        peer, loop = await shaking(bench)
        drain(bench)
        assert peer.take() == b""
        await secured(bench, peer, loop)
        assert peer.take() == DRAINING


@scene
async def test_without_a_certificate_there_is_no_starttls() -> None:
    """It is neither offered nor taken."""
    async with Bench() as bench:
        peer = bench.connect()
        assert b"STARTTLS" not in await peer.send(EHLO)
        assert await peer.codes(b"STARTTLS\r\n") == [500]
