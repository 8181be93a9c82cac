"""What the connections of a listener share: the clock, the counts, the drain."""

import asyncio
import logging
import re
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.http_ws import service as module
from interfaces.http_ws.handshake import parse_extensions
from interfaces.shared import serving
from interfaces.shared.stream import Stream
from tests.http_ws.harness import GET, Bench, answers, echo, scene
from tests.http_ws.test_websocket import UPGRADE, opened


@scene
async def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tick takes the loop's time, looks at all deadlines and plans the next; stopped, it plans none."""
    async with Bench(echo) as bench:
        service = bench.service
        swept: list[float] = []
        service.connections.add(Swept(service.loop, swept.append))
        planned: list[Any] = []
        monkeypatch.setattr(service.loop, "call_later", lambda *plan: planned.append(plan) or Handle())
        service.tick()
        assert swept == [service.now - serving.TICK]
        assert abs(swept[0] - service.loop.time()) < 5
        ((seconds, again),) = planned
        assert (seconds, again) == (serving.TICK, service.tick)
        service.stop()
        assert Handle.cancelled == 1
        service.connections.clear()


@scene
async def test_a_loop_that_was_late_blames_no_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines, and what a WebSocket's peer was heard, move by the time that the loop itself lost."""
    async with Bench(header_timeout=1.0, ws_ping_interval=1.0, ws_ping_timeout=1.0) as bench:
        service = bench.service
        lazy, (silent, call) = bench.connect(), await opened(bench)
        monkeypatch.setattr(service.loop, "call_later", lambda *plan: Handle())
        service.now = service.loop.time() - 60
        lazy.protocol.deadline = silent.protocol.heard = service.now
        lazy.protocol.deadline += 1
        service.tick()
        await bench.settle()
        assert not lazy.closed
        assert not silent.closed
        assert not call.cancelled


class Swept(Stream):
    """A connection that does ``act`` when its deadlines are looked at."""

    def __init__(self, loop: Any, act: Any) -> None:
        super().__init__(loop)
        self.act = act

    def sweep(self, now: float) -> None:
        """Do it."""
        self.act(now)


class Handle:
    """A timer."""

    cancelled = 0

    def cancel(self) -> None:
        """Count it."""
        Handle.cancelled += 1


@scene
async def test_the_clock_goes_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that raises while its deadline is looked at does not stop the clock of the others."""
    async with Bench(echo) as bench:
        service = bench.service
        service.stop()
        service.connections.add(Swept(service.loop, lambda now: 1 / 0))
        planned: list[Any] = []
        monkeypatch.setattr(service.loop, "call_later", lambda *plan: planned.append(plan))
        with pytest.raises(ZeroDivisionError):
            service.tick()
        assert planned
        service.connections.clear()


@scene
async def test_the_date_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The date line is that of the clock, in the form of HTTP, and is only made when the second changes."""
    async with Bench(echo) as bench:
        service = bench.service
        made: list[float] = []
        monkeypatch.setattr(module, "time", lambda: 784111777.9)
        monkeypatch.setattr(module, "formatdate", _counted(made, module.formatdate))
        service.tick()
        service.stop()
        service.tick()
        service.stop()
        assert service.date == b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        assert len(made) == 1
        match = re.fullmatch(rb"date: (.+)\r\n", service.date)
        assert match is not None
        assert parsedate_to_datetime(match[1].decode()).timestamp() == 784111777


def _counted(made: list[float], make: Any) -> Any:
    def counted(second: float, **more: Any) -> str:
        made.append(second)
        found: str = make(second, **more)
        return found

    return counted


@scene
async def test_tls_is_in_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS the scheme is https or wss, the extension tells of it, and no half-close is sent."""
    monkeypatch.setattr(module, "tls_extension", lambda tls: {"tls_version": tls.number})
    tls = SimpleNamespace(number=772, selected_alpn_protocol=lambda: None)
    async with Bench() as bench:
        peer = bench.connect(tls=tls)
        call = await bench.call(peer)
        assert call.scope["scheme"] == "https"
        assert call.scope["extensions"]["tls"] == {"tls_version": 772}
        await call.finish()
        assert answers(peer.take(), end=True)[0][0] == 500
        peer = bench.connect(tls=tls)
        await peer.send(b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not peer.transport.ended and not peer.closed
        await bench.after(3)
        assert peer.transport.lost
        peer = bench.connect(tls=tls)
        call = await bench.call(peer, UPGRADE)
        assert call.scope["scheme"] == "wss"
        await call.send({"type": "websocket.close"})
        await bench.settle()
        assert peer.transport.lost


@scene
async def test_state_is_copied_for_each_scope() -> None:
    """What one scope puts into its state is not in the next one's; what the lifespan put there is."""
    shared: list[int] = []
    async with Bench(state={"shared": shared}) as bench:
        one = await bench.call(bench.connect())
        two = await bench.call(bench.connect(), UPGRADE)
        one.scope["state"]["own"] = 1
        assert two.scope["state"] == {"shared": shared}
        assert two.scope["state"]["shared"] is shared


@scene
async def test_compression_can_be_off() -> None:
    """ws_deflate off agrees to no offer."""
    offers = parse_extensions([b"permessage-deflate"])
    async with Bench(ws_deflate=False) as bench:
        assert bench.service.deflate(offers) is None
    async with Bench() as bench:
        assert bench.service.deflate(offers) is not None


# --- the drain ---


@scene
async def test_nothing_to_drain() -> None:
    """Without connections and calls, draining is over at once."""
    async with Bench() as bench:
        bench.service.begin_drain()
        assert await bench.service.drained(30)


@scene
async def test_what_is_in_flight_is_finished() -> None:
    """A request that was accepted is answered, with "connection: close", and then the drain is over."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        bench.service.begin_drain()
        draining = asyncio.ensure_future(bench.service.drain(30))
        await bench.settle()
        assert not draining.done()
        await call.answer(b"x")
        ((_, fields, body),) = answers(peer.take(), end=True)
        assert (b"connection", b"close") in fields
        assert body == b"x"
        await draining


@scene
async def test_what_is_idle_has_a_moment() -> None:
    """An idle connection may make one more request, which is the last, or is closed after drain_idle."""
    for asks in (True, False):
        async with Bench(echo) as bench:
            peer = bench.connect()
            await peer.send(GET)
            bench.service.begin_drain()
            assert not peer.closed
            if asks:
                out = await peer.send(GET)
                assert (b"connection", b"close") in answers(out, end=True)[0][1]
            else:
                await bench.after(1.5)
            assert peer.transport.lost


@scene
async def test_sockets_are_told_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open WebSockets get their 1012 spread over ws_drain_spread."""
    async with Bench(ws_drain_spread=0.4) as bench:
        for _ in range(4):
            await opened(bench)
        planned: list[float] = []
        monkeypatch.setattr(bench.service.loop, "call_later", lambda seconds, act: planned.append(seconds))
        bench.service.begin_drain()
        assert planned == pytest.approx([0.0, 0.1, 0.2, 0.3])


@scene
async def test_what_does_not_end_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """After its time, calls are cancelled and connections cut, with one line that counts them."""
    async with Bench() as bench:
        peers = [bench.connect() for _ in range(2)]
        call = await bench.call(peers[0])
        socket = await opened(bench)
        await bench.service.drain(0.0)
        assert call.cancelled and socket[1].cancelled
        assert all(peer.transport.aborted for peer in (*peers, socket[0]))
        assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
            "3 connections and 2 calls of the application were cut after 0.0 s"
        ]


@scene
async def test_a_connection_that_comes_while_we_drain() -> None:
    """One that was already accepted has a moment for a request."""
    async with Bench(echo) as bench:
        bench.service.begin_drain()
        bench.service.now = 1000.0
        peer = bench.connect()
        await bench.after(1.5)
        assert peer.closed
