"""What HTTP/2's wire writes: blocks, data as windows allow, what is given back, resets, GOAWAY."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.frames_h2 import CANCEL, MOST, NO_ERROR
from tests.http_ws.h2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END,
    END_HEADERS,
    FLOW_CONTROL_ERROR,
    GOAWAY,
    HEADERS,
    HELLO,
    PADDED,
    PING,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Server,
    data,
    frame,
    headers,
    number,
    post,
    reset,
    settings,
    window,
)
from tests.http_ws.sections import proves

OK = b"\x88"
WINDOW = 65535


def payloads(server: Server) -> dict[int, bytes]:
    """The data that was written, by stream."""
    found: dict[int, bytes] = {}
    for kind, _, stream, payload in server.heard():
        if kind == DATA:
            found[stream] = found.get(stream, b"") + payload
    return found


@proves("RFC9113 8.1", "RFC9113 8.8")
def test_an_answer() -> None:
    """HEADERS, DATA, and END_STREAM on the last; then the stream is over."""
    server = Server()
    flow = server.asks()
    server.wire.respond(flow, OK, False)
    assert server.wire.send(flow, b"Hello", False)
    assert server.wire.send(flow, b"", False)
    assert server.wire.send(flow, b" world", True)
    assert server.heard() == [
        (HEADERS, END_HEADERS, 1, OK),
        (DATA, 0, 1, b"Hello"),
        (DATA, END, 1, b" world"),
    ]
    assert server.wire.flows == {}


@proves("RFC9113 8.1")
def test_the_forms_of_an_answer() -> None:
    """No body; interim answers before it; an end of its own; trailers."""
    server = Server()
    for stream in (1, 3, 5):
        server.asks(stream)
    one, three, five = server.flows.values()
    server.wire.respond(one, OK, True)
    server.wire.respond(three, b"\x08\x03103", False)
    server.wire.respond(three, OK, False)
    server.wire.send(three, b"", True)
    server.wire.respond(five, OK, False)
    server.wire.send(five, b"x", False)
    server.wire.respond(five, b"\0\1a\1b", True)
    assert server.heard() == [
        (HEADERS, END_HEADERS | END, 1, OK),
        (HEADERS, END_HEADERS, 3, b"\x08\x03103"),
        (HEADERS, END_HEADERS, 3, OK),
        (DATA, END, 3, b""),
        (HEADERS, END_HEADERS, 5, OK),
        (DATA, 0, 5, b"x"),
        (HEADERS, END_HEADERS | END, 5, b"\0\1a\1b"),
    ]
    assert server.wire.flows == {}


@proves("RFC9113 5.1")
def test_nothing_is_said_behind_the_end() -> None:
    """A stream that is over, or that we have ended, gets no frames any more."""
    server = Server()
    ended, gone = server.posts(1), server.posts(3)
    server.wire.respond(ended, OK, True)
    server.say(reset(3))
    server.heard()
    for flow in (ended, gone):
        server.wire.respond(flow, OK, False)
        assert server.wire.send(flow, b"x", True)
    server.wire.reset(gone, CANCEL)
    server.wire.consumed(gone, 5)
    assert server.heard() == []


@proves("RFC9113 4.2", "RFC9113 6.1", "RFC9113 6.5.2")
@pytest.mark.parametrize(("most", "frame_size"), [(16384, 16384), (20000, 16384), (2**24 - 1, 16384)])
def test_frames_are_as_large_as_the_peer_takes_them(most: int, frame_size: int) -> None:
    """Never larger than SETTINGS_MAX_FRAME_SIZE, nor than what is usual here; blocks neither."""
    server = Server(hello=HELLO + settings((4, MOST), (5, most)) + window(0, MOST - WINDOW))
    flow = server.asks()
    server.wire.respond(flow, bytes(40000), False)
    assert server.wire.send(flow, bytes(50000), True)
    written = server.heard()
    assert [kind for kind, *_ in written] == [HEADERS, CONTINUATION, CONTINUATION] + [DATA] * 4
    assert max(len(payload) for *_, payload in written) == frame_size
    assert [flags & END for kind, flags, *_ in written if kind == DATA] == [0, 0, 0, END]


@proves("RFC9113 6.5.2")
def test_larger_frames_where_both_take_them() -> None:
    """Who lets the peer send larger frames sends such itself, where the peer takes them."""
    server = Server(frame=30000, hello=HELLO + settings((4, MOST), (5, 20000)) + window(0, MOST - WINDOW))
    flow = server.asks()
    server.wire.send(flow, bytes(40000), True)
    assert [len(payload) for *_, payload in server.heard()] == [20000, 20000]


@proves("RFC9113 5.2", "RFC9113 5.2.1", "RFC9113 6.9", "RFC9113 6.9.1")
def test_no_more_is_sent_than_the_windows_allow() -> None:
    """A stream's window and the connection's both hold; what waits leaves when they open, and Room tells of it."""
    server = Server()
    one, three = server.asks(1), server.asks(3)
    assert not server.wire.send(one, bytes(WINDOW + 10), False)
    assert one.pending_size == 10
    assert not server.wire.send(three, b"abc", True)
    assert sum(len(payload) for *_, payload in server.heard()) == WINDOW
    assert server.say(window(1, 5)) == server.heard() == []
    assert server.say(window(0, 4)) == [("Room", 3)]
    assert server.heard() == [(DATA, END, 3, b"abc"), (DATA, 0, 1, b"\0")]
    assert server.say(window(0, 100)) == []
    assert [len(payload) for *_, payload in server.heard()] == [4]
    assert one.pending_size == 5
    assert server.say(window(1, 100)) == [("Room", 1)]
    assert one.pending_size == 0
    assert not one.pending


@proves("RFC9113 6.9.1", "RFC9113 6.1")
def test_an_empty_frame_needs_no_window() -> None:
    """END_STREAM alone leaves also when windows are closed, but not before what waits."""
    server = Server(hello=HELLO + settings((4, 0)))
    one, three = server.asks(1), server.asks(3)
    assert server.wire.send(one, b"", True)
    assert server.heard() == [(DATA, END, 1, b"")]
    assert not server.wire.send(three, b"x", False)
    assert not server.wire.send(three, b"", True)
    assert server.wire.send(three, b"more", True), "what stands behind the end is thrown away"
    assert server.heard() == []
    assert server.say(window(3, 9)) == [("Room", 3)]
    assert server.heard() == [(DATA, END, 3, b"x")]


@proves("RFC9113 8.1", "RFC9113 5.2")
def test_trailers_wait_behind_data() -> None:
    """And end the stream."""
    server = Server(hello=HELLO + settings((4, 1)))
    flow = server.asks()
    server.wire.respond(flow, OK, False)
    assert not server.wire.send(flow, b"xyz", False)
    server.wire.respond(flow, b"\0\1a\1b", True)
    assert server.heard()[1:] == [(DATA, 0, 1, b"x")]
    assert server.say(window(1, 2)) == [("Room", 1)]
    assert server.heard() == [(DATA, 0, 1, b"yz"), (HEADERS, END_HEADERS | END, 1, b"\0\1a\1b")]
    assert server.wire.flows == {}


@proves("RFC9113 4.3.1", "RFC7541 4.2")
@pytest.mark.parametrize("waits", ["before", "behind"])
def test_a_size_update_stands_in_the_block_that_leaves_first(waits: str) -> None:
    """Although trailers that wait were made before it was due, or before another block that leaves first."""
    server = Server(hello=HELLO + settings((4, 0)))
    one, three = server.asks(1), server.asks(3)
    assert not server.wire.send(one, b"x", False)
    changed = settings((1, 0))
    if waits == "behind":
        server.say(changed)
    server.wire.respond(one, b"\0\1a\1b", True)
    if waits == "before":
        server.say(changed)
    server.wire.respond(three, OK, True)
    first = [payload for kind, *_, payload in server.heard() if kind == HEADERS]
    server.say(window(1, 1))
    assert first == [b"\x20" + OK]
    assert [payload for kind, *_, payload in server.heard() if kind == HEADERS] == [b"\0\1a\1b"]


@proves("RFC9113 4.3.1", "RFC7541 4.2")
def test_a_size_update_stands_before_trailers() -> None:
    """Where these leave first; a block for a stream that is over takes none of it away."""
    server = Server(hello=HELLO + settings((4, 0)))
    one, gone = server.asks(1), server.asks(3)
    assert not server.wire.send(one, b"x", False)
    server.wire.respond(one, b"\0\1a\1b", True)
    server.say(settings((1, 0)), reset(3))
    server.wire.respond(gone, OK, True)
    server.say(window(1, 1))
    assert [payload for kind, *_, payload in server.heard() if kind == HEADERS] == [b"\x20\0\1a\1b"]


@proves("RFC9113 6.9.2", "RFC9113 6.9.1")
def test_an_end_needs_no_window_that_is_below_0() -> None:
    """END_STREAM alone leaves also then."""
    server = Server()
    flow = server.asks()
    server.wire.send(flow, b"abc", False)
    server.say(settings((4, 0)))
    server.heard()
    assert flow.window == -3
    assert server.wire.send(flow, b"", False)
    assert server.heard() == []
    assert server.wire.send(flow, b"", True)
    assert server.heard() == [(DATA, END, 1, b"")]


@proves("RFC9113 6.9.2")
def test_windows_of_several_streams_open_at_once() -> None:
    """Each of them is told of."""
    server = Server(hello=HELLO + settings((4, 0)))
    for stream in (1, 3):
        assert not server.wire.send(server.asks(stream), b"x", True)
    assert server.say(settings((4, 1))) == [("Room", 1), ("Room", 3)]


@proves("RFC9113 6.9.2", "RFC9113 6.9.3")
def test_another_initial_window() -> None:
    """SETTINGS change the windows of streams by the difference, below 0 too, and not the connection's."""
    server = Server()
    flow = server.asks()
    assert not server.wire.send(flow, bytes(WINDOW + 20), True)
    server.heard()
    server.say(window(0, 1000))
    assert server.say(settings((4, WINDOW + 5))) == []
    assert [len(payload) for kind, _, _, payload in server.heard() if kind == DATA] == [5]
    assert server.say(settings((4, 0))) == []
    assert flow.window == -WINDOW - 5
    assert server.say(window(1, WINDOW + 5)) == []
    assert flow.window == 0
    assert server.say(settings((4, 15))) == [("Room", 1)]
    assert server.asks(3).window == 15


@proves("RFC9113 5.2.1", "RFC9113 5.2.2")
def test_streams_share_the_connections_window() -> None:
    """What waits for it gets it by turns, a frame each, whoever asked for more."""
    server = Server(hello=HELLO + settings((4, MOST)))
    flows = [server.asks(stream) for stream in (1, 3, 5)]
    for flow in flows:
        server.wire.send(flow, bytes(1_000_000), True)
    server.heard()
    server.say(window(0, 6 * 16384))
    assert [(stream, len(payload)) for _, _, stream, payload in server.heard()] == [
        (1, 16384), (3, 16384), (5, 16384),
    ] * 2  # fmt: skip
    server.wire.reset(flows[1], CANCEL)
    server.heard()
    server.say(window(0, 3 * 16384))
    assert [stream for _, _, stream, _ in server.heard()] == [1, 5, 1]


@proves("RFC9113 5.2", "RFC9113 5.2.2")
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.sampled_from([1, 3, 5]), st.integers(0, 40_000)),
            st.tuples(st.just("open"), st.sampled_from([0, 1, 3, 5]), st.integers(1, 40_000)),
            st.tuples(st.just("initial"), st.just(0), st.sampled_from([0, 1, 100, WINDOW, 100_000])),
        ),
        max_size=20,
    )
)
def test_any_history_of_windows(steps: list[tuple[str, int, int]]) -> None:
    """No window is overrun, nothing waits that may leave, all arrives in order, and Room comes once it has."""
    server = Server()
    flows = {stream: server.asks(stream) for stream in (1, 3, 5)}
    windows = {0: WINDOW, 1: WINDOW, 3: WINDOW, 5: WINDOW}
    initial = WINDOW
    sent, got = (dict.fromkeys(flows, b"") for _ in range(2))
    for what, stream, size in steps:
        waiting = {stream for stream, flow in flows.items() if flow.pending}
        rooms: set[int] = set()
        if what == "send":
            part = bytes((len(sent[stream]) + at) & 255 for at in range(size))
            sent[stream] += part
            assert server.wire.send(flows[stream], part, False) == (not flows[stream].pending)
        elif what == "open":
            windows[stream] += size
            rooms = {room for _, room in server.say(window(stream, size))}
        else:
            for each in flows:
                windows[each] += size - initial
            initial = size
            rooms = {room for _, room in server.say(settings((4, size)))}
        for each, payload in payloads(server).items():
            got[each] += payload
            windows[0] -= len(payload)
            windows[each] -= len(payload)
        assert rooms == {each for each in waiting if not flows[each].pending}
        assert windows[0] >= 0
        for each, flow in flows.items():
            assert sent[each][: len(got[each])] == got[each]
            assert flow.pending_size == len(sent[each]) - len(got[each])
            assert flow.window == windows[each]
            assert not flow.pending_size or windows[0] == 0 or windows[each] <= 0


# --- what is given back ---


@proves("RFC9113 5.2.2", "RFC9113 6.9", "RFC9113 6.9.1")
def test_what_the_application_takes_is_given_back() -> None:
    """A quarter of a stream's window at a time, of the connection's likewise, and never more than was sent."""
    server = Server(window=1000, connection_window=WINDOW)
    flow = server.posts()
    server.say(*[data(1, bytes(100)) for _ in range(10)])
    assert flow.unread == 1000
    assert server.heard() == []
    server.wire.consumed(flow, 249)
    assert server.heard() == []
    server.wire.consumed(flow, 1)
    assert server.heard() == [(WINDOW_UPDATE, 0, 1, number(250))]
    server.wire.consumed(flow, 5000)
    assert server.heard() == [(WINDOW_UPDATE, 0, 1, number(750))]
    assert flow.unread == 0


@proves("RFC9113 6.9", "RFC9113 5.2.2")
def test_the_connections_window_is_given_back() -> None:
    """A quarter at a time, on streams that ended, were reset, or were not there any more as on others."""
    server = Server(connection_window=100_000)
    assert server.begun[1:] == [(WINDOW_UPDATE, 0, 0, number(100_000 - WINDOW))]
    server.posts(1)
    server.posts(3)
    server.say(data(1, bytes(10_000), end=True), data(3, bytes(10_000)))
    server.wire.respond(server.flows[1], OK, True)
    server.say(reset(3), data(3, bytes(4_000)))
    assert (WINDOW_UPDATE, 0, 0, number(24_000)) not in server.heard()
    server.posts(5)
    server.wire.refuse(server.flows[5])
    server.say(data(5, bytes(1_000)))
    assert server.heard()[-1] == (WINDOW_UPDATE, 0, 0, number(25_000))


@proves("RFC9113 5.2.2", "RFC9113 5.2.1")
def test_streams_that_nobody_reads_leave_the_others_room() -> None:
    """A hundred that are full to their windows hold those, and no more: the connection's is there for the next."""
    server = Server(streams=101)
    room = 1048576
    for stream in range(1, 201, 2):
        flow = server.posts(stream)
        for size in (16384, 16384, 16384, 16383):
            server.say(data(stream, bytes(size)))
            room -= size
            for kind, _, of, payload in server.heard():
                assert (kind, of) == (WINDOW_UPDATE, 0)
                room += int.from_bytes(payload, "big")
            assert room > 3 * 1048576 / 4
        assert (flow.unread, flow.room) == (WINDOW, 0)
    assert server.breaks(1, data(1, b"x")) == FLOW_CONTROL_ERROR
    flow = server.posts(201)
    for _ in range(100):
        assert server.say(data(201, bytes(16384))) == [("Data", 201, bytes(16384), False)]
        server.wire.consumed(flow, 16384)
    assert not server.wire.closing


@proves("RFC9113 6.9")
def test_no_window_for_a_stream_that_brings_no_more() -> None:
    """Neither when its body is complete, nor when the rest of it has room."""
    server = Server(window=1000)
    ended, known = server.posts(1), server.posts(3, (b"content-length", b"1100"))
    server.say(data(1, bytes(900), end=True), data(3, bytes(900)))
    server.wire.consumed(ended, 900)
    server.wire.consumed(known, 100)
    assert server.heard() == []
    server.wire.consumed(known, 150)
    assert server.heard() == [(WINDOW_UPDATE, 0, 3, number(250))]
    server.wire.consumed(known, 650)
    assert server.heard() == []


@proves("RFC9113 6.1", "RFC9113 10.7")
def test_padding_is_given_back_at_once() -> None:
    """It counts against the windows, and nobody takes it."""
    server = Server(window=400, connection_window=WINDOW)
    flow = server.posts()
    assert server.say(frame(DATA, PADDED, 1, b"\x63abc" + bytes(99))) == [("Data", 1, b"abc", False)]
    assert (flow.unread, flow.room) == (3, 397)
    assert server.heard() == [(WINDOW_UPDATE, 0, 1, number(100))]


# --- ends ---


@proves("RFC9113 6.4", "RFC9113 5.4.2")
def test_a_reset_throws_away_what_waits() -> None:
    """And is written once."""
    server = Server(hello=HELLO + settings((4, 1)))
    flow = server.asks()
    server.wire.send(flow, b"abc", True)
    server.heard()
    server.wire.reset(flow, CANCEL)
    server.wire.reset(flow, CANCEL)
    assert server.heard() == [(RST_STREAM, 0, 1, number(CANCEL))]
    assert not flow.pending
    assert flow.pending_size == 0
    assert server.say(window(1, 10)) == server.heard() == []


@proves("RFC9113 8.1")
def test_no_error_waits_for_the_answer() -> None:
    """A body that is not wanted is stopped behind the whole answer; what comes of it meanwhile is thrown away."""
    server = Server(hello=HELLO + settings((4, 2)), connection_window=WINDOW)
    flow = server.posts()
    server.say(data(1, b"12345"))
    server.wire.respond(flow, OK, False)
    server.wire.send(flow, b"abc", True)
    server.wire.reset(flow, NO_ERROR)
    assert server.heard() == [(HEADERS, END_HEADERS, 1, OK), (DATA, 0, 1, b"ab")]
    assert server.say(data(1, b"67890"), data(1), data(1, b"x", end=False)) == []
    assert flow.unread == 0
    server.say(window(1, 1))
    assert server.heard()[-2:] == [(DATA, END, 1, b"c"), (RST_STREAM, 0, 1, number(NO_ERROR))]
    assert server.wire.flows == {}


@proves("RFC9113 8.1", "RFC9113 6.9")
def test_a_body_that_is_not_wanted_gets_no_window() -> None:
    """Only the connection does; and what still comes is no flood."""
    server = Server(hello=HELLO + settings((4, 0)) + frame(SETTINGS, ACK), window=1000, control=3)
    flow = server.posts()
    server.wire.send(flow, b"abc", True)
    server.wire.reset(flow, NO_ERROR)
    for _ in range(1000):
        assert server.say(data(1, b"x")) == []
    assert server.heard() == []
    assert server.breaks(1, data(1, b"x")) == FLOW_CONTROL_ERROR


@proves("RFC9113 8.1")
@pytest.mark.parametrize("last", [data(1, b"x", end=True), data(1, end=True), headers(1, [(b"x", b"y")])])
def test_no_reset_where_the_body_ends_first(last: bytes) -> None:
    """A body that is complete before the answer has left needs no reset; of its end nobody is told."""
    server = Server(hello=HELLO + settings((4, 2)))
    flow = server.posts()
    server.wire.send(flow, b"abc", True)
    server.wire.reset(flow, NO_ERROR)
    assert server.say(last) == []
    assert server.say(window(1, 1)) == [("Room", 1)]
    assert server.heard() == [(DATA, 0, 1, b"ab"), (DATA, END, 1, b"c")]
    assert server.wire.flows == {}


@proves("RFC9113 8.7", "RFC9113 5.1.2")
def test_a_request_is_refused() -> None:
    """With REFUSED_STREAM: nothing was done, and it may be tried again."""
    server = Server()
    server.wire.refuse(server.asks())
    assert server.heard() == [(RST_STREAM, 0, 1, number(REFUSED_STREAM))]


@proves("RFC9113 6.8")
def test_going_away_in_two_steps() -> None:
    """First nothing is refused, then all above the last; the connection is served on."""
    server = Server()
    flow = server.asks(1)
    server.wire.goaway(MOST, NO_ERROR)
    server.wire.ping(b"draining")
    assert server.heard() == [(GOAWAY, 0, 0, number(MOST) + number(0)), (PING, 0, 0, b"draining")]
    server.asks(3)
    assert server.say(frame(PING, ACK, 0, b"draining")) == [("Pong", b"draining")]
    server.wire.goaway(3, NO_ERROR, "bye")
    assert server.heard() == [(GOAWAY, 0, 0, number(3) + number(0) + b"bye")]
    assert server.breaks(5, post(5), data(5, b"x")) == REFUSED_STREAM
    assert server.wire.send(flow, b"x", True)
    assert server.heard() == [(DATA, END, 1, b"x")]
    assert not server.wire.closing


@proves("RFC9113 6.8")
def test_the_last_stream_does_not_rise() -> None:
    """A later GOAWAY takes nothing back."""
    server = Server()
    server.wire.goaway(1, NO_ERROR)
    server.wire.goaway(MOST, NO_ERROR)
    assert [payload[:4] for *_, payload in server.heard()] == [number(1)] * 2
    assert server.breaks(3, headers(3)) == REFUSED_STREAM


@proves("RFC9113 5.4.1")
def test_the_owner_may_end_the_connection() -> None:
    """With a code, nothing is read any more."""
    server = Server()
    server.wire.goaway(server.wire.last, 2, "oops")
    assert server.wire.closing
    assert server.wire.reason == "oops"
    assert server.say(headers(1)) == []


@proves("RFC9113 10.5")
def test_what_waits_is_not_copied() -> None:
    """A large body is framed as views of it."""
    server = Server(hello=HELLO + settings((4, MOST)) + window(0, MOST - WINDOW))
    flow = server.asks()
    body = bytes(100_000)
    server.wire.send(flow, body, True)
    parts = [part for part in server.wire.out if isinstance(part, memoryview)]
    assert len(parts) == 7
    assert all(part.obj is body for part in parts)
    assert all(a.nbytes >= b.nbytes for a, b in pairwise(parts))
