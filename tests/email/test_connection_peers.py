"""Connections of mail and their peers: hang-ups and repeats, how much is in flight, who is there."""

from pathlib import Path

import pytest

from interfaces.email.service import CALL
from interfaces.shared.errors import ConfigError
from tests.email.harness import EHLO, ENVELOPE, MESSAGE, QUIT, Bench, mail, scene


def read(path: str) -> bytes:
    """A file, as an application reads one that is named in its event."""
    return Path(path).read_bytes()


@scene
async def test_a_hang_up_cancels_nothing_and_the_repeat_joins() -> None:
    """The application runs on without its client; when that comes again with the same, it gets that verdict."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await peer.leave()
        assert not call.cancelled
        again = await bench.greeted()
        assert await again.codes(mail()) == [250, 250, 354]
        assert len(bench.calls) == 1, "called twice for one message"
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await again.codes() == [550]


@scene
async def test_what_its_repeat_has_heard_is_no_repeat_any_more() -> None:
    """Once the answer that was lost has been read after all, the same once more is meant: a call of its own."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await peer.leave()
        await call.finish()
        again = await bench.greeted()
        assert await again.codes(mail()) == [250, 250, 354, 250]
        assert len(bench.calls) == 1
        assert await again.codes(mail()) == [250, 250, 354]
        assert len(bench.calls) == 2
        await bench.calls[1].finish()
        assert await again.codes() == [250]


@pytest.mark.parametrize("quits", [QUIT, b""])
@scene
async def test_a_client_that_ends_its_side_still_gets_the_reply(quits: bytes) -> None:
    """Exim sends QUIT ahead and shuts down its side: with the connection cut it would send again, for days."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, mail() + quits)
        peer.end()
        await bench.settle()
        assert not peer.closed
        await call.finish()
        assert await peer.codes() == ([250, 221] if quits else [250])
        assert peer.closed


@scene
async def test_the_repeat_of_a_client_that_ended_its_side_joins() -> None:
    """To end its side is all that can be seen of a client that was killed, too."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        peer.end()
        again = await bench.greeted()
        assert await again.codes(mail()) == [250, 250, 354]
        await peer.leave()
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await again.codes() == [550]
        assert len(bench.calls) == 1


@pytest.mark.parametrize("said", [b"", mail()[:-2], mail()[:20]])
@scene
async def test_a_client_that_ends_its_side_between_or_within_messages_is_gone(said: bytes) -> None:
    """There is nothing to answer."""
    async with Bench() as bench:
        peer = await bench.greeted()
        if said:
            await peer.send(said)
        peer.end()
        await bench.settle()
        assert peer.transport.lost
        assert bench.calls == []


@scene
async def test_a_hang_up_within_a_message_calls_nobody() -> None:
    """An incomplete message is forgotten, with its bytes in flight."""
    async with Bench() as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail()[:-2]) == [250, 250, 354]
        assert bench.service.in_flight > 0
        await peer.leave()
        assert bench.calls == []
        assert bench.service.in_flight == 0


@pytest.mark.parametrize("content", [MESSAGE + b".\r\n", MESSAGE], ids=["waits", "received"])
@scene
async def test_too_many_bytes_in_flight_are_452_at_mail(content: bytes) -> None:
    """Messages that are received or wait for their verdict count; the next is told to come later, until they go."""
    async with Bench(max_in_flight=20) as bench:
        busy, other = await bench.greeted(), await bench.greeted()
        assert await busy.codes(ENVELOPE + b"DATA\r\n" + content) == [250, 250, 354]
        assert await other.codes(ENVELOPE) == [452, 503]
        if bench.calls:
            await bench.calls[0].finish()
        else:
            await busy.leave()
        assert await other.codes(b"RSET\r\n" + ENVELOPE) == [250, 250, 250]


@scene
async def test_clients_that_go_leave_no_more_calls_than_there_is_memory_for() -> None:
    """A call counts beside its message, since it goes on without its client."""
    async with Bench(max_in_flight=2 * CALL) as bench:
        for subject in (b"one", b"two"):
            peer = await bench.greeted()
            await bench.call(peer, mail(b"Subject: %b\r\n\r\n" % subject))
            await peer.leave()
        other = await bench.greeted()
        assert await other.codes(ENVELOPE) == [452, 503]
        await bench.calls[0].finish()
        assert await other.codes(b"RSET\r\n" + ENVELOPE) == [250, 250, 250]
        await bench.calls[1].finish()


@scene
async def test_messages_that_had_begun_do_not_exceed_the_memory_together() -> None:
    """What comes when it is used up goes to files: all of it is received, and none is refused half-way."""
    lines = b"%b\r\n" % (b"x" * 998) * 50
    async with Bench(max_in_flight=100_000) as bench:
        peers = [await bench.greeted() for _ in range(4)]
        for peer in peers:
            assert await peer.codes(ENVELOPE + b"DATA\r\n") == [250, 250, 354]
        for _ in range(4):
            for peer in peers:
                peer.feed(lines)
        assert bench.service.in_flight < 100_000 + 4 * len(lines)
        for peer in peers:
            peer.feed(b".\r\n")
        await bench.settle()
        for call in bench.calls:
            event = await call.receive()
            assert read(event["body_ref"]["path"]).endswith(lines * 4)
            await call.finish()
        assert [await peer.codes() for peer in peers] == [[250]] * 4


@scene
async def test_a_message_keeps_its_header_though_memory_is_used_up() -> None:
    """What begins when others have filled the memory has its fields in the event all the same."""
    async with Bench(max_in_flight=100_000) as bench:
        peer = await bench.greeted()
        assert await peer.codes(ENVELOPE) == [250, 250]
        bench.service.in_flight += 200_000
        assert await peer.codes(b"DATA\r\n") == [354]
        lines = b"%b\r\n" % (b"x" * 998) * 70
        call = await bench.call(peer, b"Subject: one\r\n\r\n" + lines + b".\r\n")
        event = await call.receive()
        assert event["subject"] == "one"
        assert read(event["body_ref"]["path"]).endswith(lines)
        await call.finish()
        bench.service.in_flight -= 200_000


@scene
async def test_what_a_client_is_refused_leaves_nothing_in_flight() -> None:
    """Too large, a bare LF: told at the end of it, no application is called, the connection goes on."""
    async with Bench(max_size=1000, max_line=1000) as bench:
        peer = await bench.greeted()
        large = mail(b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n")
        assert await peer.codes(large, 100) == [250, 250, 354, 552]
        assert await peer.codes(mail(b"a\nb\r\n")) == [250, 250, 354, 550]
        assert bench.service.in_flight == 0
        assert bench.counted("email.abandoned") >= 1
        assert bench.calls == []


@scene
async def test_too_many_header_fields_are_554() -> None:
    """And pipelined ones, too; the connection goes on, nothing is left in flight."""
    async with Bench(max_headers=50) as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail(b"A: 1\r\n" * 50) * 3) == [250, 250, 354, 554] * 3
        assert bench.calls == []
        assert bench.service.in_flight == 0
        await bench.call(peer, mail(b"A: 1\r\n" * 49))  # and our Received


@scene
async def test_one_connection_too_many_of_an_address_is_421() -> None:
    """The others of it stay, another address is welcome, and so is it when one has left."""
    async with Bench(max_connections_per_address=1) as bench:
        first = await bench.greeted()
        crowded = bench.connect()
        assert crowded.closed
        assert await crowded.codes() == [220, 421]
        assert (await bench.greeted(("127.0.0.2", 1))).closed is False
        await crowded.leave()
        await first.leave()
        await bench.greeted()


@scene
async def test_clients_of_a_unix_socket_are_not_one_address() -> None:
    """They have none: Postfix may open as many as it likes."""
    async with Bench(max_connections_per_address=1) as bench:
        for _ in range(3):
            await bench.greeted("", "/run/lmtp.sock", lmtp=True)


@scene
async def test_the_scope_tells_who_is_there() -> None:
    """Addresses, the name that was said, and the lifespan's state as a copy."""
    shared: list[int] = []
    async with Bench(state={"shared": shared}) as bench:
        peer = await bench.greeted(("192.0.2.1", 25000))
        call = await bench.call(peer)
        scope = call.scope
        assert (scope["client"], scope["server"]) == (("192.0.2.1", 25000), ("127.0.0.1", 80))
        assert scope["helo"] == "client.example"
        assert scope["state"] == {"shared": shared}
        assert scope["state"] is not bench.context.state
        assert scope["tls"] is None


@scene
async def test_helo_of_the_next_message_is_the_one_that_was_said_last() -> None:
    """EHLO may be said again between messages (RFC 5321 §4.1.4)."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, EHLO.replace(b"client", b"other") + mail())
        assert call.scope["helo"] == "other.example"


# --- a proxy in front ---

PROXY = b"XCLIENT NAME=c.example ADDR=192.0.2.7 PORT=4025 LOGIN=me DESTADDR=192.0.2.9 DESTPORT=25\r\n"


@scene
async def test_a_proxy_that_is_trusted_says_who_its_client_is() -> None:
    """The scope and the Received line are of that client; what it may hold is counted under its own address."""
    async with Bench(xclient_from=("127.0.0.0/8",), max_connections_per_address=1) as bench:
        peer = await bench.greeted()
        assert await peer.codes(PROXY + EHLO) == [220, 250]
        call = await bench.call(peer)
        assert call.scope["client"] == ("192.0.2.7", 4025)
        assert call.scope["server"] == ("192.0.2.9", 25)
        assert call.scope["client_name"] == "c.example"
        assert call.scope["auth"] == {"user": "me", "mechanism": "XCLIENT"}
        assert b"(c.example [192.0.2.7])" in (await call.receive())["body"]
        await call.finish()
        assert await peer.codes() == [250]
        other = await bench.greeted()
        assert await other.codes(PROXY) == [220, 421]
        assert other.closed


@pytest.mark.parametrize("options", [{}, {"xclient_from": ("192.0.2.0/24", "unix")}])
@scene
async def test_nobody_else_says_who_a_client_is(options: dict[str, tuple[str, ...]]) -> None:
    """The command is unknown then, and the address stays."""
    async with Bench(**options) as bench:
        peer = await bench.greeted()
        assert await peer.codes(PROXY) == [500]
        call = await bench.call(peer)
        assert call.scope["client"] == ("127.0.0.1", 4000)
        await call.finish()


@scene
async def test_no_proxy_speaks_lmtp() -> None:
    """Whose clients are servers of one's own."""
    async with Bench(xclient_from=("*",)) as bench:
        peer = await bench.greeted(lmtp=True)
        assert await peer.codes(PROXY) == [500]


@scene
async def test_a_network_that_is_none_is_told_by_its_option() -> None:
    """One line that says where it was written."""
    with pytest.raises(ConfigError, match=r"^--email-xclient-from: '10"):
        Bench(xclient_from=("10.0.0.0/99",))
