"""Messages of WebSockets whose end has not come: what they hold is counted, of all sockets together."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.deflate import Agreement, Deflate, DeflateOptions
from interfaces.http_ws.wire_ws import Failed, Limits, Wire
from tests.http_ws.harness import Bench, scene
from tests.http_ws.test_websocket import UPGRADE, opened
from tests.http_ws.ws_frames import BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame

HALF = frame(BINARY & ~FIN, bytes(500))
END = frame(CONTINUATION, b"end")
CROWDED = frame(CLOSE, b"\x03\xf5too much in flight", b"")


def test_what_is_held_of_a_message_is_known() -> None:
    """Frame after frame, in the middle of one too, and nothing of one that is whole."""
    wire = Wire(Limits())
    held = []
    for data in (
        frame(TEXT, b"whole"),
        HALF,
        frame(CONTINUATION & ~FIN, bytes(10)),
        frame(PING, b"x"),
        END,
        HALF[:308],
    ):
        wire.feed(data)
        held.append(wire.unfinished)
    assert held == [0, 500, 510, 510, 0, 300]


def test_what_is_held_is_what_was_inflated() -> None:
    """A few compressed bytes may be many."""
    deflate = Deflate(Agreement(server_takeover=False, client_takeover=False), DeflateOptions())
    wire = Wire(Limits(), deflate)
    made = zlib.compressobj(wbits=-15)
    packed = made.compress(bytes(100_000)) + made.flush(zlib.Z_SYNC_FLUSH)
    assert len(packed) < 1000
    wire.feed(frame((BINARY & ~FIN) | 0x40, packed))
    assert wire.unfinished == 100_000


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=8), st.integers(1, 50))
def test_it_is_the_same_however_the_bytes_come(parts: list[tuple[bool, bytes]], size: int) -> None:
    """In pieces or at once; never more than was said, and nothing after a mistake."""
    first, said = True, b""
    for end, payload in parts:
        said += frame((BINARY if first else CONTINUATION) & ~FIN | (FIN if end else 0), payload)
        first = end
    whole, cut = Wire(Limits()), Wire(Limits())
    whole.feed(said)
    for at in range(0, len(said), size):
        cut.feed(said[at : at + size])
    assert whole.unfinished == cut.unfinished <= len(said)
    assert isinstance(
        whole.feed(b"\xff\xff")[-1] if not whole.closed else Failed(code=0, reason="", answer=b""), Failed
    )
    assert whole.unfinished == 0


def test_a_wire_is_failed_by_its_owner() -> None:
    """With a code of its choice; nothing is held or read after that."""
    wire = Wire(Limits())
    wire.feed(HALF)
    failed = wire.refuse(1013, "too much in flight")
    assert (failed.code, failed.answer) == (1013, CROWDED)
    assert (wire.unfinished, wire.closed, wire.feed(END)) == (0, True, [])


@scene
async def test_all_sockets_together_hold_so_much() -> None:
    """Who brings more is closed with 1013 and counted; the others go on, and there is room again."""
    async with Bench(ws_max_unfinished=1200) as bench:
        (one, its), (two, _), (three, last) = [await opened(bench) for _ in range(3)]
        assert [await peer.send(HALF) for peer in (one, two)] == [b"", b""]
        assert bench.service.unfinished == 1000
        assert await three.send(HALF) == CROWDED
        assert bench.service.unfinished == 1000
        assert await last.receive() == {
            "type": "websocket.disconnect",
            "code": 1013,
            "reason": "too much in flight",
        }
        assert bench.telemetry.counts["ws.crowded"] == 1
        assert await one.send(END) == b""
        assert bench.service.unfinished == 500
        assert await its.receive() == {"type": "websocket.receive", "bytes": bytes(500) + b"end"}
        four, _ = await opened(bench)
        assert await four.send(HALF) == b""
        assert bench.service.unfinished == 1000


@scene
async def test_who_goes_leaves_nothing_behind() -> None:
    """Cut off, refused for something else, or closed in the middle of its message."""
    async with Bench() as bench:
        for end in (b"", b"\xff\xff", frame(CLOSE, b"\x03\xe8")):
            peer, _ = await opened(bench)
            await peer.send(HALF)
            assert bench.service.unfinished == 500
            if end:
                await peer.send(end)
            peer.transport.lose()
            await bench.settle()
            assert bench.service.unfinished == 0


@scene
async def test_messages_that_come_whole_are_not_weighed() -> None:
    """However large in one read, and however many: they wait by the limits of the inbox."""
    async with Bench(ws_max_unfinished=10) as bench:
        peer, call = await opened(bench)
        assert await peer.send(
            frame(BINARY, bytes(60)) + frame(PING, b"") + frame(TEXT, b"x" * 100)
        ) == frame(PONG, b"", b"")
        assert [len((await call.receive()).get(key)) for key in ("bytes", "text")] == [60, 100]
        assert bench.service.unfinished == 0


@scene
async def test_what_comes_before_the_accept_is_weighed_once_it_is_read() -> None:
    """The beginning of a message that was sent ahead of the answer to the handshake."""
    async with Bench(ws_max_unfinished=100) as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await peer.send(HALF)
        assert bench.service.unfinished == 0
        assert (await call.receive())["type"] == "websocket.connect"
        await call.send({"type": "websocket.accept"})
        await bench.settle()
        assert peer.take().endswith(CROWDED)
        assert bench.service.unfinished == 0
