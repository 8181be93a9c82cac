"""interfaces.email.sending.transports.line: what a connection tells whoever waits, by whom and when it ends."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.sending.transports.line import AHEAD, Line, Lost
from interfaces.email.sending.transports.wire_client import Garbled, Reply
from tests.http_ws.harness import scene

LONG = 60
"""Seconds that no test waits for."""


class Wire(asyncio.Transport):
    """A transport without a network."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.aborted = self.closing = False

    def write(self, data: Any) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.aborted = self.closing = True


def opened() -> tuple[Line, Wire]:
    """A line that is connected."""
    line, wire = Line(), Wire()
    line.connection_made(wire)
    return line, wire


async def waiting(steps: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task that has come to where it waits."""
    task = asyncio.ensure_future(steps)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    return task


@scene
async def test_replies_come_in_their_order() -> None:
    """Those that are here before anybody asks are kept for whoever asks."""
    line, wire = opened()
    line.data_received(b"250 2.1.0 one\r\n250 two\r\n5")
    assert await line.reply(LONG) == Reply(250, "2.1.0", "one", ("2.1.0 one",))
    assert (await line.reply(LONG)).text == "two"
    task = await waiting(line.reply(LONG))
    line.data_received(b"50-no\r\n")
    assert not task.done()
    line.data_received(b"550 way\r\n")
    assert str(await task) == "550 no way"
    assert wire.said == b"" and line.idle


@given(st.sets(st.integers(1, 44), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_replies(places: set[int]) -> None:
    """Wherever the network cuts them."""
    data = b"220-mx.example\r\n220 ready\r\n354 go\r\n421 4.3.2 bye\r\n"
    cuts = [0, *sorted(places), len(data)]

    async def main() -> list[str]:
        line, _ = opened()
        for start, end in pairwise(cuts):
            line.data_received(data[start:end])
        return [str(await line.reply(LONG)) for _ in range(3)]

    assert asyncio.run(main()) == ["220 mx.example ready", "354 go", "421 4.3.2 bye"]


@scene
async def test_a_command_is_asked() -> None:
    """It is written, and the next reply is its own."""
    line, wire = opened()
    task = await waiting(line.ask(b"NOOP\r\n", LONG))
    assert wire.said == b"NOOP\r\n"
    line.data_received(b"250 ok\r\n")
    assert (await task).good


@scene
async def test_a_peer_that_reads_slowly_is_waited_for() -> None:
    """What is written waits until there is room again, then goes on."""
    line, _wire = opened()
    line.pause_writing()
    task = await waiting(line.write(b"x" * 100, LONG))
    line.resume_writing()
    await task
    await line.write(b"more", LONG)
    line.resume_writing()  # asyncio may say so when nobody waits
    assert not line.ended


@pytest.mark.parametrize("paused", [False, True])
@scene
async def test_a_peer_that_says_nothing_is_given_up(paused: bool) -> None:
    """In the time that is given, for a reply and for room alike; everything after that is told the same."""
    line, wire = opened()
    if paused:
        line.pause_writing()
    with pytest.raises(Lost, match=r"no answer within 0\.001 s"):
        await line.ask(b"NOOP\r\n", 0.001)
    assert wire.aborted and line.ended and not line.idle
    with pytest.raises(Lost, match=r"no answer within 0\.001 s"):
        await line.reply(LONG)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "the peer closed the connection"),
        (ConnectionResetError("reset"), "the connection was lost: reset"),
    ],
)
@pytest.mark.parametrize("paused", [False, True])
@scene
async def test_a_connection_that_ends_wakes_who_waits(
    error: Exception | None, told: str, paused: bool
) -> None:
    """For a reply, or for room: nobody waits for a connection that is no more."""
    line, _ = opened()
    if paused:
        line.pause_writing()
    task = await waiting(line.ask(b"NOOP\r\n", LONG))
    line.connection_lost(error)
    with pytest.raises(Lost) as lost:
        await task
    assert str(lost.value) == told
    assert line.gone.done()


@scene
async def test_what_was_said_before_the_end_is_read() -> None:
    """A server says 421 and hangs up: that it said so is the better reason."""
    line, _ = opened()
    line.data_received(b"421 4.3.2 too busy\r\n")
    line.connection_lost(None)
    assert (await line.reply(LONG)).code == 421
    with pytest.raises(Lost, match="the peer closed"):
        await line.reply(LONG)


@scene
async def test_the_first_reason_stays() -> None:
    """What ends a line is told, not what came of its end."""
    line, _ = opened()
    line.data_received(b"hello\r\n")
    line.connection_lost(ConnectionResetError("reset"))
    with pytest.raises(Garbled, match="no reply: b'hello'"):
        await line.reply(LONG)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "no reply"),
        (b"250-one\r\n550 two\r\n", "two codes"),
        (b"250 " + b"x" * 10_000, "does not end"),
        (b"250 ok\r\n" * (AHEAD + 1), f"more than {AHEAD} replies"),
    ],
)
@scene
async def test_what_is_no_dialogue_ends_the_line(data: bytes, told: str) -> None:
    """Garbled, the connection is ended at once, and what it says further is not read."""
    line, wire = opened()
    task = await waiting(line.reply(LONG)) if not data.endswith(b"ok\r\n") else None
    line.data_received(data)
    with pytest.raises(Garbled, match=told):
        await task if task is not None else line.check()
    assert wire.aborted
    before = line.unasked
    line.data_received(b"220 further\r\n")
    assert line.unasked == before


@scene
async def test_as_many_replies_as_may_be_are_kept() -> None:
    """One above is too many; AHEAD of them are not."""
    line, _ = opened()
    line.data_received(b"250 ok\r\n" * AHEAD)
    line.check()
    assert (await line.reply(LONG)).good


@pytest.mark.parametrize(
    ("data", "idle", "unasked"),
    [
        (b"", True, "part of a reply"),
        (b"421 4.3.2 bye\r\n", False, "421 4.3.2 bye"),
        (b"250 a\r\n421 b\r\n", False, "250 a; 421 b"),
        (b"42", False, "part of a reply"),
        (b"421-wait\r\n", False, "part of a reply"),
    ],
)
@scene
async def test_a_line_may_be_used_again_when_nothing_was_said(data: bytes, idle: bool, unasked: str) -> None:
    """A connection that is kept is of no use once its peer has said something unasked, such as 421."""
    line, _ = opened()
    line.data_received(data)
    assert (line.idle, line.unasked) == (idle, unasked)
    assert not line.ended


@scene
async def test_a_socket_that_is_closing_is_no_line() -> None:
    """Asyncio says so a moment later; until then nothing is written into it."""
    line, wire = opened()
    wire.closing = True
    with pytest.raises(Lost, match="the connection was lost"):
        await line.write(b"MAIL", LONG)
    assert wire.said == b"" and line.ended


@scene
async def test_before_it_is_connected_there_is_no_line() -> None:
    """Lost, not an AttributeError."""
    line = Line()
    with pytest.raises(Lost, match="there is no connection"):
        await line.write(b"x", LONG)
    line.bye()
    line.close()
    assert line.ended


@scene
async def test_who_is_cancelled_closes_the_line() -> None:
    """A reply that nobody waits for any more would be taken for the next one's."""
    line, wire = opened()
    task = await waiting(line.ask(b"NOOP\r\n", LONG))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wire.aborted
    with pytest.raises(Lost, match="the connection was closed"):
        line.check()


def _bye(line: Line) -> None:
    line.bye()


def _close(line: Line) -> None:
    line.close()


@pytest.mark.parametrize(("end", "said"), [(_bye, b"QUIT\r\n"), (_close, b"")])
@scene
async def test_a_line_is_ended_from_here(end: Callable[[Line], None], said: bytes) -> None:
    """With QUIT, or at once; twice is as good as once, and nothing can be said after it."""
    line, wire = opened()
    end(line)
    end(line)
    assert wire.said == said and wire.closing and wire.aborted == (said == b"")
    assert line.ended
    with pytest.raises(Lost, match="the connection was closed"):
        await line.ask(b"NOOP\r\n", LONG)
    line.bye()
    assert wire.said == said


@pytest.mark.parametrize("early", [b"250 ok\r\n", b"25"])
@scene
async def test_what_came_before_tls_is_not_believed(early: bytes) -> None:
    """RFC 3207 §6: somebody else may have written it; no handshake is begun."""
    line, wire = opened()
    line.data_received(early)
    with pytest.raises(Garbled, match="between STARTTLS and TLS"):
        await line.encrypt(ssl.create_default_context(), "mx.example", LONG)
    assert wire.aborted


@pytest.mark.parametrize("error", [ssl.SSLError(1, "no trust"), ConnectionResetError("reset")])
@scene
async def test_a_handshake_that_fails_is_a_lost_line(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kind of error it is; the reason is told."""

    async def start_tls(*_: Any, **__: Any) -> None:
        raise error

    line, _ = opened()
    monkeypatch.setattr(asyncio.get_running_loop(), "start_tls", start_tls)
    with pytest.raises(Lost, match=r"no TLS: .*(no trust|reset)"):
        await line.encrypt(ssl.create_default_context(), "mx.example", LONG)
    assert line.ended


@scene
async def test_after_the_handshake_the_line_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is checked, the time is bounded, and what is said goes through TLS."""
    asked: dict[str, Any] = {}
    secure = Wire()

    async def start_tls(*_: Any, **named: Any) -> Wire:
        asked.update(named)
        return secure

    line, plain = opened()
    monkeypatch.setattr(asyncio.get_running_loop(), "start_tls", start_tls)
    await line.encrypt(ssl.create_default_context(), "mx.example", 7)
    assert asked == {"server_hostname": "mx.example", "ssl_handshake_timeout": 7}
    await line.write(b"EHLO us\r\n", LONG)
    assert (plain.said, secure.said) == (b"", b"EHLO us\r\n")
