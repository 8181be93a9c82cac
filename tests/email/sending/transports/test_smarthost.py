"""Connections that are kept, and how one comes in."""

import asyncio
import ssl
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import trustme

from interfaces.email.sending.outgoing import Result
from interfaces.email.sending.transports import smarthost
from interfaces.email.sending.transports.dialogue import Times
from interfaces.email.sending.transports.smarthost import MESSAGES, Server, Smarthost
from tests.email.sending.transports.peer import ALL, DROP, MAIL, SILENT, Peer
from tests.http_ws.harness import scene

AUTHORITY = trustme.CA()
AUTH = (*ALL, "AUTH PLAIN LOGIN")


def server_side() -> ssl.SSLContext:
    """A server's context, for "localhost" and 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def client_side(*, trusting: bool = True) -> ssl.SSLContext:
    """A client's, that knows the authority."""
    context = ssl.create_default_context()
    if trusting:
        AUTHORITY.configure_trust(context)
    return context


async def once(peer: Peer, **more: Any) -> Result:
    """What becomes of a message, by a transport of its own."""
    way = peer.smarthost(**more)
    (found,) = await way.send(MAIL)
    await way.close()
    return found


# --- connections that are kept ---


@scene
async def test_a_connection_is_used_again() -> None:
    """For the next message, also after one that was refused; at the end it says QUIT."""
    async with Peer({"RCPT": ["250 ok", "550 no", "250 ok"]}) as peer:
        way = peer.smarthost()
        assert [(await way.send(MAIL))[0].status for _ in range(3)] == ["accepted", "failed", "accepted"]
        await way.close()
        while peer.open:
            await asyncio.sleep(0)
        assert (peer.connections, peer.count("EHLO"), peer.count("RSET"), peer.said[-1]) == (1, 1, 1, "QUIT")


@scene
async def test_no_more_than_may_be_are_open() -> None:
    """Who comes later waits."""
    async with Peer() as peer:
        way = peer.smarthost(connections=2)
        found = await asyncio.gather(*(way.send(MAIL) for _ in range(10)))
        assert all(one.status == "accepted" for (one,) in found)
        assert peer.connections == 2
        await way.close()


@scene
async def test_a_kept_connection_that_has_ended_is_replaced() -> None:
    """Whether that was seen before, or only when the next message was begun: nothing of it was heard."""
    async with Peer() as peer:
        way = peer.smarthost()
        await way.send(MAIL)
        for writer in [*peer.open]:
            writer.transport.abort()
        (found,) = await way.send(MAIL)  # not yet seen: the loop has not run
        assert (found.status, peer.connections) == ("accepted", 2)
        for writer in [*peer.open]:
            writer.transport.abort()
        while way._free[0].line.idle:
            await asyncio.sleep(0)
        (found,) = await way.send(MAIL)
        assert (found.status, peer.connections) == ("accepted", 3)
        await way.close()


@scene
async def test_a_server_that_has_said_goodbye_is_not_spoken_to() -> None:
    """421 while nothing was asked: another connection."""
    async with Peer() as peer:
        way = peer.smarthost()
        await way.send(MAIL)
        (writer,) = peer.open
        writer.write(b"421 4.4.2 idle for too long\r\n")
        while way._free[0].line.idle:
            await asyncio.sleep(0)
        (found,) = await way.send(MAIL)
        assert (found.status, peer.connections) == ("accepted", 2)
        await way.close()


@scene
async def test_an_answer_to_a_kept_connection_counts() -> None:
    """Once the server has said anything, what follows is its word: the message is not begun elsewhere."""
    async with Peer({"MAIL": ["250 ok", "421 4.3.2 bye"]}) as peer:
        way = peer.smarthost()
        assert [(await way.send(MAIL))[0].code for _ in range(2)] == [250, 421]
        assert peer.connections == 1
        await way.close()


@scene
async def test_a_connection_is_not_used_for_ever() -> None:
    """Some servers count."""
    async with Peer() as peer:
        way = peer.smarthost()
        for _ in range(MESSAGES + 1):
            await way.send(MAIL)
        assert (peer.connections, peer.count("QUIT")) == (2, 1)
        await way.close()


@scene
async def test_an_idle_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time, with QUIT."""
    monkeypatch.setattr(smarthost, "IDLE", 0.01)
    async with Peer() as peer:
        way = peer.smarthost()
        await way.send(MAIL)
        while peer.open:
            await asyncio.sleep(0.001)
        assert peer.said[-1] == "QUIT"
        await way.close()


# --- coming in ---


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ({"": "554 5.7.1 not you"}, "refuses connections: 554 5.7.1 not you"),
        ({"": "421 busy"}, "refuses connections: 421 busy"),
        ({"EHLO": "550 5.7.1 who"}, "does not take us.example for a client: 550 5.7.1 who"),
        ({"": DROP}, "cannot be reached: "),
        ({"": SILENT}, "within 0.1 s"),
    ],
)
@scene
async def test_a_server_that_lets_nobody_in(replies: dict[str, str], told: str) -> None:
    """Is somebody's mistake that can be mended: no message fails for it, and the text says what."""
    async with Peer(replies) as peer:
        found = await once(peer, times=Times(connect=0.1, command=5, end=5))
        assert found.status == "deferred"
        assert told in found.text


@scene
async def test_a_server_that_is_not_there() -> None:
    """Is tried again."""
    async with Peer() as peer:
        pass
    found = await once(peer)
    assert (found.status, found.code) == ("deferred", None)
    assert f"127.0.0.1:{peer.port} cannot be reached" in found.text


@scene
async def test_every_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """One where nobody listens, then the one that does; a name without any is told."""
    async with Peer() as peer, Peer() as other:
        dead, alive = other.port, peer.port
        await other.__aexit__(None, None, None)
        found = [(2, 1, 6, "", ("127.0.0.1", dead)), (2, 1, 6, "", ("127.0.0.1", alive))]

        async def addresses(*_: Any, **__: Any) -> Any:
            return found

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", addresses)
        assert (await once(peer, host="mx.example")).status == "accepted"
        found.clear()
        assert (await once(peer, host="mx.example")).text.endswith(
            "cannot be reached: mx.example has no address"
        )


@scene
async def test_a_unix_socket(tmp_path: Path) -> None:
    """Of an LMTP server on this machine."""
    peer = Peer(lmtp=True)
    server = await asyncio.start_unix_server(peer._serve, tmp_path / "lmtp")
    way = Smarthost(Server(path=str(tmp_path / "lmtp"), host="localhost", lmtp=True, tls="off"), "us.example")
    assert [one.status for one in await way.send(MAIL)] == ["accepted"]
    await way.close()
    server.close()
    await server.wait_closed()
    while peer.open:
        await asyncio.sleep(0)


@scene
async def test_tls_from_the_start_and_after_starttls() -> None:
    """The server is known by its certificate; what it offers is asked for again."""
    async with Peer(tls=server_side(), implicit=True) as peer:
        assert (await once(peer, tls="implicit", context=client_side())).status == "accepted"
    async with Peer(tls=server_side(), offers=(*ALL, "STARTTLS")) as peer:
        assert (await once(peer, tls="starttls", context=client_side())).status == "accepted"
        assert [line.partition(" ")[0] for line in peer.said[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]
        assert (await once(peer, tls="off")).status == "accepted"


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@scene
async def test_a_certificate_of_somebody_else(tls: str) -> None:
    """Gets nothing, and it is told why."""
    async with Peer(tls=server_side(), implicit=tls == "implicit", offers=("STARTTLS",)) as peer:
        found = await once(peer, tls=tls, context=client_side(trusting=False))
        assert found.status == "deferred"
        assert "certificate" in found.text.lower()
        assert peer.messages == []


@pytest.mark.parametrize(
    ("offers", "replies", "told"),
    [
        (ALL, {}, "offers no STARTTLS"),
        (("STARTTLS",), {"STARTTLS": "454 4.7.0 no"}, "begins no TLS"),
        (("STARTTLS",), {"STARTTLS": "220 go\r\n250 forged"}, "between STARTTLS and TLS"),
        (("STARTTLS",), {"STARTTLS": "220 go\r\n250-forg"}, "between STARTTLS and TLS"),
    ],
)
@scene
async def test_no_tls_no_mail(offers: tuple[str, ...], replies: dict[str, str], told: str) -> None:
    """Who takes STARTTLS away, or writes something before it, gets neither the mail nor the password."""
    async with Peer(replies, offers=offers, tls=server_side()) as peer:
        found = await once(peer, tls="starttls", context=client_side(), user="u", password="p")
        assert found.status == "deferred"
        assert told in found.text
        assert peer.count("AUTH") == peer.count("MAIL") == 0


@scene
async def test_a_user_logs_in() -> None:
    """In one line, or in three."""
    async with Peer(offers=AUTH) as peer:
        assert (await once(peer, user="u", password="p ä")).status == "accepted"
        assert b64decode(peer.said[1].removeprefix("AUTH PLAIN ")).decode() == "\0u\0p ä"
    steps = {"AUTH": "334 VXNlcm5hbWU6", "DQ==": "334 x"}
    async with Peer(steps | {"DQ==": "334 UGFzc3dvcmQ6", "CA==": "235 in"}, offers=("AUTH LOGIN",)) as peer:
        assert (await once(peer, user="u", password="p")).status == "accepted"
        assert peer.said[1:4] == ["AUTH LOGIN", "dQ==", "cA=="]


@pytest.mark.parametrize(
    ("offers", "replies", "told"),
    [
        (AUTH, {"AUTH": "535 5.7.8 no"}, "does not let u in: 535 5.7.8 no"),
        (("AUTH LOGIN",), {"AUTH": "504 5.5.4 no"}, "does not let u in: 504"),
        (("AUTH CRAM-MD5",), {}, "no way to log in that we know: CRAM-MD5"),
        (ALL, {}, "no way to log in that we know: none"),
    ],
)
@scene
async def test_a_user_who_is_not_let_in(
    offers: tuple[str, ...], replies: dict[str, str], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Loses no mail: it waits until somebody has mended the password, which is nowhere to read.

    It is no reply to a message: so all rest, instead of each trying the password.
    """
    async with Peer(replies, offers=offers) as peer:
        found = await once(peer, user="u", password="geheim")
        assert (found.status, found.code) == ("deferred", None)
        assert told in found.text
        assert "geheim" not in found.text + caplog.text


def test_a_password_is_not_shown() -> None:
    """By nothing that prints the server."""
    assert "geheim" not in repr(Server(host="h", user="u", password="geheim"))
