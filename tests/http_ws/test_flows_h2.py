"""Streams of HTTP/2: every state × every frame, as RFC 9113 §5.1 says it, in the table and on the wire."""

import pytest

from interfaces.http_ws import flows_h2 as flows
from interfaces.http_ws.flows_h2 import STATES, Bucket, Flow
from tests.http_ws.h2_frames import (
    CONTINUATION,
    END_HEADERS,
    GOAWAY,
    PRIORITY,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    RST_STREAM,
    STREAM_CLOSED,
    Server,
    data,
    frame,
    headers,
    number,
    post,
    reset,
    window,
)
from tests.http_ws.sections import proves

ONE = 3
"""The stream that is looked at."""
TRAILERS = headers(ONE, [(b"x", b"y")])
COMES = {
    "HEADERS": headers(ONE, [(b"x", b"y")], END_HEADERS),
    "HEADERS+END": TRAILERS,
    "DATA": data(ONE, b"z"),
    "DATA+END": data(ONE, b"z", end=True),
    "RST_STREAM": reset(ONE),
    "WINDOW_UPDATE": window(ONE, 1),
    "PRIORITY": frame(PRIORITY, 0, ONE, number(0) + b"\7"),
    "CONTINUATION": frame(CONTINUATION, END_HEADERS, ONE),
    "PUSH_PROMISE": frame(PUSH_PROMISE, END_HEADERS, ONE, number(2)),
}
ALWAYS = dict.fromkeys(("CONTINUATION", "PUSH_PROMISE"), ("connection", PROTOCOL_ERROR))
"""Of these, whatever the state is."""
FINE = "fine"
CONNECTION, STREAM = "connection", "stream"
# RFC 9113 §5.1, written down once more: what the peer may send in each state, and what becomes of it if not.
ALLOWED: dict[str, dict[str, tuple[str, int]]] = {
    "idle": dict.fromkeys(("DATA", "DATA+END", "RST_STREAM", "WINDOW_UPDATE"), (CONNECTION, PROTOCOL_ERROR)),
    "open": {"HEADERS": (STREAM, PROTOCOL_ERROR)},
    "half-closed (remote)": dict.fromkeys(("HEADERS", "HEADERS+END", "DATA", "DATA+END"), (STREAM, STREAM_CLOSED)),
    "half-closed (local)": {"HEADERS": (STREAM, PROTOCOL_ERROR)},
    "closed": dict.fromkeys(("HEADERS", "HEADERS+END", "DATA", "DATA+END"), (CONNECTION, STREAM_CLOSED)),
    "reset by us": {},
    "reset by the peer": dict.fromkeys(("HEADERS", "HEADERS+END", "DATA", "DATA+END"), (STREAM, STREAM_CLOSED)),
    "skipped": dict.fromkeys(("HEADERS", "HEADERS+END", "DATA", "DATA+END"), (CONNECTION, PROTOCOL_ERROR)),
}  # fmt: skip


def bring(state: str) -> Server:
    """A server whose stream is in this state."""
    server = Server()
    if state == "skipped":
        server.say(headers(ONE + 2))
    elif state != "idle":
        flow = server.asks(ONE, *([b""] if state not in ("half-closed (remote)", "closed") else []))
        if state in ("half-closed (local)", "closed"):
            server.wire.respond(flow, b"\x88", True)
        elif state == "reset by us":
            server.wire.reset(flow, 8)
        elif state == "reset by the peer":
            server.say(reset(ONE))
    server.heard()
    return server


def verdict(server: Server) -> object:
    """What was written: an error of the connection, one of the stream, or neither."""
    for kind, _, stream, payload in server.heard():
        if kind == GOAWAY:
            return CONNECTION, int.from_bytes(payload[4:8], "big")
        if kind == RST_STREAM:
            assert stream == ONE
            return STREAM, int.from_bytes(payload, "big")
    return FINE


@proves("RFC9113 5.1", "RFC9113 5.4.1", "RFC9113 5.4.2", "RFC9113 5.1.1")
@pytest.mark.parametrize("comes", COMES)
@pytest.mark.parametrize("state", ALLOWED)
def test_every_frame_in_every_state(state: str, comes: str) -> None:
    """What may come is taken or ignored; what may not is an error of the stream or of all, with the right code."""
    server = bring(state)
    if state == "idle" and comes.startswith("HEADERS"):
        server.say(post(ONE) if comes == "HEADERS" else headers(ONE))
        assert verdict(server) == FINE
        return
    told = server.say(COMES[comes])
    assert verdict(server) == {**ALLOWED[state], **ALWAYS}.get(comes, FINE)
    if state in ("reset by us", "reset by the peer", "closed", "skipped", "idle"):
        assert told == []


@proves("RFC9113 5.1")
@pytest.mark.parametrize(
    ("state", "comes", "after"),
    [
        ("open", "DATA", flows.OPEN), ("open", "DATA+END", flows.HALF_REMOTE),
        ("open", "HEADERS+END", flows.HALF_REMOTE),
        ("open", "RST_STREAM", flows.RESET_THERE), ("open", "WINDOW_UPDATE", flows.OPEN),
        ("open", "HEADERS", flows.RESET_HERE), ("half-closed (local)", "DATA", flows.HALF_LOCAL),
        ("half-closed (local)", "DATA+END", flows.CLOSED), ("half-closed (local)", "HEADERS+END", flows.CLOSED),
        ("half-closed (local)", "RST_STREAM", flows.RESET_THERE), ("half-closed (remote)", "DATA", flows.RESET_HERE),
        ("half-closed (remote)", "RST_STREAM", flows.RESET_THERE),
        ("half-closed (remote)", "WINDOW_UPDATE", flows.HALF_REMOTE),
    ],
)  # fmt: skip
def test_the_state_after_a_frame(state: str, comes: str, after: int) -> None:
    """A stream goes on as the RFC's figure has it, and is forgotten once it is over."""
    server = bring(state)
    server.say(COMES[comes])
    assert server.flows[ONE].state == after
    assert (ONE in server.wire.flows) == (after < flows.CLOSED)


@proves("RFC9113 5.1")
def test_the_state_after_what_we_send() -> None:
    """The end of an answer, and a reset."""
    for state, ended in (("open", flows.HALF_LOCAL), ("half-closed (remote)", flows.CLOSED)):
        server = bring(state)
        server.wire.send(server.flows[ONE], b"", True)
        assert server.flows[ONE].state == ended
        server = bring(state)
        server.wire.reset(server.flows[ONE], 8)
        assert server.flows[ONE].state == flows.RESET_HERE
        assert server.wire.flows == {}


def test_the_table_is_whole() -> None:
    """Each state has a row, each row a cell for all that happens, and each cell is a state, or what is wrong."""
    assert len(STATES) == flows.SKIPPED + 1
    for row in STATES:
        assert len(row) == flows.SENT_RESET + 1
        for cell in row:
            assert cell < len(STATES) or cell & ~0xFF in (
                flows.STREAM,
                flows.CONNECTION,
                flows.IGNORED,
                flows.NEVER,
            )


@proves("RFC9113 5.1")
def test_resets_are_remembered_for_a_while() -> None:
    """Of many streams that we reset the latest are known; an older one counts as ended."""
    server = Server(resets=10_000)
    for stream in range(1, 2000, 2):
        server.say(post(stream))
        server.wire.reset(server.flows[stream], 8)
    server.heard()
    assert server.say(data(1999, b"x"), data(1999 - 2 * 300, b"x")) == []
    assert server.heard() == []
    assert server.fails(data(1, b"x")) == STREAM_CLOSED


@proves("RFC9113 5.1.1")
def test_gaps_are_remembered_up_to_a_bound() -> None:
    """Ids that were skipped were never there; of more gaps than any client makes, the rest counts as ended."""
    for stream, code in ((3, PROTOCOL_ERROR), (3 + 4 * 70, STREAM_CLOSED)):
        server = Server()
        for number_ in range(80):
            server.asks(5 + 4 * number_)
            server.wire.send(server.flows[5 + 4 * number_], b"", True)
        assert server.fails(headers(stream)) == code


def test_a_stream_says_whether_more_may_come() -> None:
    """``open`` until the peer has ended it; and it can be logged."""
    for state in range(len(STATES)):
        flow = Flow(1, 10, 20, -1, state)
        assert flow.open == (state in (flows.OPEN, flows.HALF_LOCAL))
        assert "1" in repr(flow)


def test_a_bucket() -> None:
    """So many at once, then so many a second; time that goes back gives none."""
    bucket = Bucket(3, 2.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(11.5) for _ in range(3)] == [True, True, False]
    assert not bucket.take(5.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
