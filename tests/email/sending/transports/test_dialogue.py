"""One message over a connection: what each reply, and each end of the connection, means for each recipient."""

import asyncio
from typing import Any

import pytest

from interfaces.email.sending.outgoing import Outgoing, Result
from interfaces.email.sending.transports.dialogue import PIECE, Times
from tests.email.sending.transports.peer import ALL, DROP, MAIL, SILENT, Peer, mail
from tests.http_ws.harness import scene

PLAIN = ("SIZE",)
"""A server without PIPELINING."""
THREE = mail("b@b.example", "c@c.example", "d@d.example")


def statuses(found: list[Result]) -> list[str]:
    """In the order of the recipients."""
    return [one.status for one in found]


async def sent(peer: Peer, message: Outgoing = MAIL, **more: Any) -> list[Result]:
    """What becomes of a message."""
    way = peer.smarthost(**more)
    try:
        return await way.send(message)
    finally:
        await way.close()


@pytest.mark.parametrize("offers", [ALL, PLAIN])
@pytest.mark.parametrize("lmtp", [False, True])
@scene
async def test_a_message_is_taken(offers: tuple[str, ...], lmtp: bool) -> None:
    """Byte for byte, with the peer's words."""
    content = b".a\r\n..\r\n\r\n.\r\nx\r\n.b\r\n"
    async with Peer(offers=offers, lmtp=lmtp) as peer:
        found = await sent(peer, mail("b@b.example", "c@c.example", content=content))
        assert found == [
            Result("b@b.example", "accepted", 250, "2.0.0", "taken"),
            Result("c@c.example", "accepted", 250, "2.0.0", "taken"),
        ]
        assert peer.messages == [b"..a\r\n...\r\n\r\n..\r\nx\r\n..b\r\n"]
        assert peer.said[0] == ("LHLO us.example" if lmtp else "EHLO us.example")
        assert peer.said[1:5] == [
            f"MAIL FROM:<a@a.example> SIZE={len(content)}", "RCPT TO:<b@b.example>", "RCPT TO:<c@c.example>", "DATA",
        ]  # fmt: skip


@scene
async def test_too_many_recipients_are_not_refused_for_good() -> None:
    """However a server says it (RFC 5321 §4.5.3.1.10): who is left is tried again."""
    replies = {"RCPT": ["250 ok", "550 5.5.3 too many", "552 5.5.3 too many"]}
    async with Peer(replies) as peer:
        assert statuses(await sent(peer, THREE)) == ["accepted", "deferred", "deferred"]


@pytest.mark.parametrize("offers", [ALL, PLAIN])
@scene
async def test_each_recipient_has_its_own_reply(offers: tuple[str, ...]) -> None:
    """Who is refused fails, who is deferred is tried again, and the others have it."""
    replies = {"RCPT": ["550 5.1.1 no such user", "250 ok", "452 4.5.3 too many"]}
    async with Peer(replies, offers=offers) as peer:
        assert await sent(peer, THREE) == [
            Result("b@b.example", "failed", 550, "5.1.1", "no such user"),
            Result("c@c.example", "accepted", 250, "2.0.0", "taken"),
            Result("d@d.example", "deferred", 452, "4.5.3", "too many"),
        ]


@scene
async def test_lmtp_answers_for_each() -> None:
    """In the order of those who were taken; what was not answered for is uncertain."""
    async with Peer({".": ["250 2.0.0 a", "451 4.2.0 b"]}, lmtp=True) as peer:
        assert statuses(await sent(peer, mail("b@b.example", "c@c.example"))) == ["accepted", "deferred"]
    async with Peer({"RCPT": ["250 ok", "550 no", "250 ok"], ".": ["250 2.0.0 a", DROP]}, lmtp=True) as peer:
        assert statuses(await sent(peer, THREE)) == ["accepted", "failed", "uncertain"]


@pytest.mark.parametrize("offers", [ALL, PLAIN])
@pytest.mark.parametrize(
    ("replies", "status", "code"),
    [
        ({"MAIL": "550 5.7.1 no"}, "failed", 550),
        ({"MAIL": "451 4.3.0 later"}, "deferred", 451),
        ({"MAIL": "530 5.7.0 log in"}, "deferred", 530),
        ({"RCPT": "550 5.1.1 no"}, "failed", 550),
        ({"RCPT": "450 4.2.0 later"}, "deferred", 450),
        ({"DATA": "554 5.5.1 no"}, "failed", 554),
        ({"DATA": "451 4.3.0 later"}, "deferred", 451),
        ({".": "554 5.6.0 no"}, "failed", 554),
        ({".": "452 4.3.1 full"}, "deferred", 452),
        ({".": "421 4.3.2 bye"}, "deferred", 421),
        ({".": "354 what"}, "deferred", 354),
        ({"DATA": "250 what"}, "deferred", 250),
    ],
)
@scene
async def test_what_a_reply_means(
    replies: dict[str, str], status: str, code: int, offers: tuple[str, ...]
) -> None:
    """5xx is for ever, 4xx is not, and what is about us and not about the message is not for ever either."""
    async with Peer(replies, offers=offers) as peer:
        (found,) = await sent(peer)
        assert (found.status, found.code) == (status, code)


@pytest.mark.parametrize("how", [DROP, "junk", "25 short", "250-ok\r\n251 two"])
@pytest.mark.parametrize("offers", [ALL, PLAIN])
@pytest.mark.parametrize("lmtp", [False, True])
@pytest.mark.parametrize(
    ("where", "status"),
    [("", "deferred"), ("EHLO", "deferred"), ("MAIL", "deferred"), ("RCPT", "deferred"), ("DATA", "deferred"),
     ("content", "deferred"), (".", "uncertain")],
)  # fmt: skip
@scene
async def test_an_end_in_each_phase(
    where: str, status: str, how: str, offers: tuple[str, ...], lmtp: bool
) -> None:
    """A connection that is cut, or a reply that is none: only behind the end of the content is it uncertain."""
    where = "LHLO" if lmtp and where == "EHLO" else where
    content = (b"x" * 900 + b"\r\n") * (5000 if where == "content" else 1)
    async with Peer({where: how}, offers=offers, lmtp=lmtp) as peer:
        found = await sent(peer, mail("b@b.example", "c@c.example", content=content))
        assert statuses(found) == [status, status]
        assert all(one.text and "\n" not in one.text for one in found)
        assert len(peer.messages) == (where == ".")


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("", "deferred"),
        ("EHLO", "deferred"),
        ("MAIL", "deferred"),
        ("RCPT", "deferred"),
        ("DATA", "deferred"),
        (".", "uncertain"),
    ],
)
@scene
async def test_a_peer_that_says_nothing(where: str, status: str) -> None:
    """Has its time, and no more."""
    async with Peer({where: SILENT}) as peer:
        (found,) = await sent(peer, times=Times(connect=0.05, command=0.05, end=0.05))
        assert found.status == status
        assert "within 0.05 s" in found.text


@scene
async def test_a_peer_that_does_not_read_has_its_time() -> None:
    """And nothing was delivered."""
    content = (b"x" * 900 + b"\r\n") * 20_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for _ in range(4):
            await reader.readline()
            writer.write(b"354 go\r\n" if _ == 3 else b"250 ok\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await stop.wait()
        writer.transport.abort()

    stop = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    peer = Peer()
    peer.port = server.sockets[0].getsockname()[1]
    (found,) = await sent(peer, mail(content=content), times=Times(connect=5, command=0.1, end=5))
    assert (found.status, found.text) == ("deferred", "no answer within 0.1 s")
    stop.set()
    server.close()
    await server.wait_closed()
    assert len(content) > PIECE


# --- commit ---


@scene
async def test_commit_comes_before_the_end_of_the_content() -> None:
    """When it is called the peer has no message, and once it has returned it gets one."""
    seen: list[int] = []

    async with Peer() as peer:

        async def commit() -> None:
            seen.append(len(peer.messages))

        way = peer.smarthost()
        (found,) = await way.send(MAIL, commit)
        assert (found.status, seen, len(peer.messages)) == ("accepted", [0], 1)
        await way.close()


@scene
async def test_commit_that_raises_delivers_nothing() -> None:
    """What it raises is raised, and the connection is of no use any more."""

    async def commit() -> None:
        raise LookupError("another has it")

    async with Peer() as peer:
        way = peer.smarthost()
        with pytest.raises(LookupError, match="another has it"):
            await way.send(MAIL, commit)
        (found,) = await way.send(MAIL)
        assert (found.status, len(peer.messages), peer.connections) == ("accepted", 1, 2)
        await way.close()


@pytest.mark.parametrize(
    "replies", [{"RCPT": "550 no"}, {"MAIL": "451 no"}, {"DATA": "451 no"}, {"MAIL": DROP}]
)
@scene
async def test_commit_is_not_asked_for_nothing(replies: dict[str, str]) -> None:
    """Where nobody takes the message there is nothing that cannot be undone."""

    async def commit() -> None:
        raise AssertionError

    async with Peer(replies) as peer:
        way = peer.smarthost()
        (found,) = await way.send(MAIL, commit)
        assert found.status in ("deferred", "failed")
        await way.close()


@scene
async def test_who_is_cancelled_delivers_nothing() -> None:
    """While it waits for commit, the end of the content is not sent: the connection ends."""
    async with Peer() as peer:
        begun = asyncio.Event()

        async def commit() -> None:
            begun.set()
            await asyncio.Event().wait()

        way = peer.smarthost()
        task = asyncio.create_task(way.send(MAIL, commit))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while peer.open:
            await asyncio.sleep(0)
        assert peer.messages == []
        await way.close()


# --- what the peer offers ---


@scene
async def test_parameters_are_said_to_who_knows_them() -> None:
    """SIZE, 8BITMIME, SMTPUTF8, and those of delivery reports."""
    message = mail(
        "jörg@b.example",
        content="ü\r\n".encode(),
        smtputf8=True,
        notify=("FAILURE", "DELAY"),
        ret="HDRS",
        envid="e1",
    )
    async with Peer() as peer:
        assert statuses(await sent(peer, message)) == ["accepted"]
        assert peer.said[1] == "MAIL FROM:<a@a.example> SIZE=4 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=e1"
        assert peer.said[2] == "RCPT TO:<jörg@b.example> NOTIFY=FAILURE,DELAY"
    async with Peer(offers=("X",)) as peer:
        assert statuses(await sent(peer, mail(notify=("NEVER",), ret="FULL"))) == ["accepted"]
        assert peer.said[1:3] == ["MAIL FROM:<a@a.example>", "RCPT TO:<b@b.example>"]


@pytest.mark.parametrize(
    ("message", "code", "enhanced"),
    [
        (mail("jörg@b.example", smtputf8=True), 553, "5.6.7"),
        (mail(content=b"\xff\r\n"), 554, "5.6.3"),
        (mail(content=b"x" * 500), 552, "5.3.4"),
    ],
)
@scene
async def test_what_the_peer_cannot_take_fails_without_being_sent(
    message: Outgoing, code: int, enhanced: str
) -> None:
    """By the code that the peer would say; the connection stays."""
    async with Peer(offers=("SIZE 300",)) as peer:
        way = peer.smarthost()
        (found,) = await way.send(message)
        assert (found.status, found.code, found.enhanced) == ("failed", code, enhanced)
        assert statuses(await way.send(MAIL)) == ["accepted"]
        assert (peer.connections, len(peer.messages)) == (1, 1)
        await way.close()


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", "SIZE ¹", "SIZE " + "9" * 30])
@scene
async def test_a_size_that_says_nothing_stops_nothing(size: str) -> None:
    """None, zero, no number."""
    async with Peer(offers=(size,)) as peer:
        assert statuses(await sent(peer)) == ["accepted"]


@scene
async def test_an_old_server_is_greeted_its_own_way() -> None:
    """HELO, when it knows no EHLO."""
    async with Peer({"EHLO": "502 5.5.1 what"}) as peer:
        assert statuses(await sent(peer)) == ["accepted"]
        assert peer.said[:3] == ["EHLO us.example", "HELO us.example", "MAIL FROM:<a@a.example>"]


@scene
async def test_a_thousand_recipients_are_asked_at_once() -> None:
    """Where the peer allows that; each has its reply."""
    many = [f"r{at}@b.example" for at in range(1000)]
    replies = {"RCPT": lambda command: "550 5.1.1 no" if "9@" in command else None}
    async with Peer(replies) as peer:
        found = await sent(peer, mail(*many))
        assert [one.recipient for one in found] == many
        assert [one.status == "failed" for one in found] == ["9@" in one for one in many]
