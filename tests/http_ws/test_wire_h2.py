"""The wire of HTTP/2: RFC 9113 by section, what is malformed, limits, and any split of the bytes."""

import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.events_h2 import Limits
from interfaces.http_ws.wire_h2 import Wire
from interfaces.shared.errors import ConfigError
from tests.http_ws.h2_frames import (
    ACK,
    COMPRESSION_ERROR,
    CONTINUATION,
    DATA,
    END,
    END_HEADERS,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    GET,
    GOAWAY,
    HEADERS,
    HELLO,
    PADDED,
    PING,
    POST,
    PREFACE,
    PRIORITIZED,
    PRIORITY,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Pairs,
    Server,
    block,
    data,
    failed,
    frame,
    frames,
    headers,
    number,
    post,
    reset,
    settings,
    told,
    window,
)
from tests.http_ws.sections import proves

ASKED = ("Asked", 1, (b"GET", b"/", ((b"host", b"a"),), -1, b""), True)
POSTED = ("Asked", 1, (b"POST", b"/", ((b"host", b"a"),), -1, b""), False)
WINDOW = 65535


def length(size: int) -> tuple[bytes, bytes]:
    """Content-Length."""
    return b"content-length", b"%d" % size


# --- §3.4: the preface ---


@proves("RFC9113 3.4", "RFC9113 3.3")
def test_the_preface() -> None:
    """Its octets, then SETTINGS, which may be empty; then frames of any kind."""
    server = Server(hello=b"")
    assert server.say(PREFACE) == []
    assert server.say(settings(), headers(1)) == [("Settled",), ASKED]
    assert server.heard() == [(SETTINGS, ACK, 0, b"")]


@proves("RFC9113 3.4", "RFC9113 5.4.1")
@pytest.mark.parametrize("at", [0, 1, 10, 23])
def test_another_preface(at: int) -> None:
    """The connection ends with the first octet that is another."""
    wrong = PREFACE[:at] + b"\0"
    server = Server(hello=b"")
    assert server.say(PREFACE[:at]) == []
    assert not server.wire.closing
    assert server.fails(b"\0") == failed(wrong, hello=b"") == PROTOCOL_ERROR


@proves("RFC9113 3.4")
@pytest.mark.parametrize(
    "first", [frame(SETTINGS, ACK), frame(PING, payload=bytes(8)), headers(1), frame(0xFE), window(0, 1)]
)
def test_settings_come_first(first: bytes) -> None:
    """Any other frame behind the preface, also their acknowledgement, ends the connection."""
    assert failed(first, hello=PREFACE) == PROTOCOL_ERROR


# --- §4: frames and blocks ---


@proves("RFC9113 4.1", "RFC9113 4.2")
def test_the_reserved_bit_and_the_largest_frame() -> None:
    """The bit above the stream's id is ignored; 16384 octets are taken."""
    server = Server()
    asked = headers(1 | 2**31, POST, END_HEADERS)
    assert server.say(asked, data(1 | 2**31, bytes(16384))) == [POSTED, ("Data", 1, bytes(16384), False)]
    assert server.heard() == []


@proves("RFC9113 4.1", "RFC9113 5.5")
def test_flags_that_have_no_meaning() -> None:
    """Are ignored, on frames of every type."""
    server = Server(hello=PREFACE + frame(SETTINGS, 0xFE) + frame(SETTINGS, 0xFF))
    unused = 0xFF & ~(END | END_HEADERS | PADDED | PRIORITIZED)
    assert server.say(frame(HEADERS, unused, 1, b"")) == []
    assert server.say(frame(CONTINUATION, 0xFF, 1, block(POST))) == [POSTED]
    assert server.say(frame(PRIORITY, 0xFF, 1, bytes(5)), frame(PING, 0xFE, payload=bytes(8))) == []
    assert server.say(frame(WINDOW_UPDATE, 0xFF, 1, number(1))) == []
    assert server.say(frame(DATA, unused, 1, b"x")) == [("Data", 1, b"x", False)]
    assert server.say(frame(RST_STREAM, 0xFF, 1, number(8))) == [("Reset", 1, 8)]
    assert server.say(frame(GOAWAY, 0xFF, 0, bytes(8))) == [("Away", 0, 0)]


@proves("RFC9113 4.2")
@pytest.mark.parametrize("kind", [DATA, HEADERS, SETTINGS, CONTINUATION, 0xFE])
def test_larger_frames(kind: int) -> None:
    """They end the connection as soon as their length is known, whatever it was said to be."""
    assert failed(frame(kind, 0, 1, b"", 16385)) == FRAME_SIZE_ERROR
    assert failed(frame(kind, 0, 1, b"", 20001), frame=20000) == FRAME_SIZE_ERROR
    assert not Server(frame=20000).say(frame(0xFE, 0, 1, bytes(20000)))


@proves("RFC9113 4.3", "RFC9113 6.10", "RFC9113 6.2")
@pytest.mark.parametrize("cuts", [(0,), (1,), (5, 5), (0, 3, 9, 12)])
def test_a_block_in_several_frames(cuts: tuple[int, ...]) -> None:
    """HEADERS and CONTINUATION are one block, wherever it is cut; END_STREAM is that of HEADERS."""
    said = block(GET)
    edges = [0, *cuts, len(said)]
    parts = [said[a:b] for a, b in pairwise(edges)]
    rest = [
        frame(CONTINUATION, END_HEADERS if part is parts[-1] else END, 1, part) for part in parts[1:-1]
    ] + [frame(CONTINUATION, END_HEADERS, 1, parts[-1])]
    for flags, end in ((END, True), (0, False)):
        server = Server()
        assert server.say(frame(HEADERS, flags, 1, parts[0]), *rest[:-1]) == []
        assert server.say(rest[-1]) == [(*ASKED[:3], end)]


@proves("RFC9113 6.10", "RFC9113 4.3", "RFC9113 5.5", "RFC9113 6.2")
@pytest.mark.parametrize(
    "between",
    [
        headers(3), data(1, b"x"), frame(PING, payload=bytes(8)), frame(CONTINUATION, END_HEADERS, 3), frame(0xFE),
        frame(CONTINUATION, END_HEADERS, 0), settings(), frame(PRIORITY, 0, 1, bytes(5)), reset(1), window(0, 1),
    ],
)  # fmt: skip
def test_nothing_comes_within_a_block(between: bytes) -> None:
    """Not even what is unknown, or CONTINUATION of another stream."""
    assert failed(frame(HEADERS, END, 1, b""), between) == PROTOCOL_ERROR


@proves("RFC9113 6.10")
@pytest.mark.parametrize(
    "before",
    [
        headers(1), post(1) + data(1, b"x"),
        frame(HEADERS, END, 1, block(GET)) + frame(CONTINUATION, END_HEADERS, 1),
    ],
    ids=["HEADERS", "DATA", "CONTINUATION"],
)  # fmt: skip
def test_continuation_of_nothing(before: bytes) -> None:
    """Ends the connection: on any stream, also right behind a block that is whole, or behind data."""
    for stream in (0, 1, 3):
        server = Server()
        server.say(before)
        assert server.fails(frame(CONTINUATION, END_HEADERS, stream, b"")) == PROTOCOL_ERROR


@proves("RFC9113 4.3")
def test_a_block_that_cannot_be_read() -> None:
    """Ends the connection, since the next one could not be read either; also of a stream that is over."""
    server = Server()
    server.asks()
    server.wire.reset(server.flows[1], 8)
    for stream in (1, 3):
        assert Server().fails(frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff")) == COMPRESSION_ERROR
    server.heard()
    assert server.fails(frame(HEADERS, END_HEADERS, 1, b"\x80")) == COMPRESSION_ERROR


@proves("RFC9113 4.3", "RFC9113 5.1", "RFC9113 6.8")
@pytest.mark.parametrize("how", ["refused", "malformed", "over"])
def test_the_table_follows_what_is_not_taken(how: str) -> None:
    """A block of a request that is refused or malformed, or of a stream that was reset, fills the table too."""
    server = Server(streams=1)
    indexed = b"\x40\x01x\x01y"
    asked = frame(HEADERS, END_HEADERS | END, 3, block(GET) + indexed)
    if how == "refused":
        server.asks(1)
        assert server.breaks(3, asked) == REFUSED_STREAM
        server.wire.send(server.flows[1], b"", True)
    elif how == "malformed":
        assert server.breaks(3, frame(HEADERS, END_HEADERS | END, 3, indexed)) == PROTOCOL_ERROR
    else:
        server.wire.reset(server.posts(3), 8)
        assert server.say(frame(HEADERS, END_HEADERS | END, 3, indexed)) == []
    (asked_,) = server.say(frame(HEADERS, END_HEADERS | END, 7, block(GET) + b"\xbe"))
    assert asked_[2][2] == ((b"host", b"a"), (b"x", b"y"))


@proves("RFC9113 4.3", "RFC9113 6.8")
def test_the_table_follows_what_comes_too_late() -> None:
    """Behind our GOAWAY, too: the next block can be read, and is refused as well."""
    server = Server()
    server.wire.goaway(0, 0)
    for stream, more in ((1, b"\x40\x01x\x01y"), (3, b"\xbe")):
        assert server.breaks(stream, frame(HEADERS, END_HEADERS, stream, block(GET) + more)) == REFUSED_STREAM


# --- §5: streams ---


@proves("RFC9113 5.1.1")
def test_ids_of_streams() -> None:
    """Odd ones, each above the last; an even one, 0, or one that was passed over ends the connection."""
    server = Server()
    assert [event for event, *_ in server.say(headers(1), headers(7), headers(2**31 - 1))] == ["Asked"] * 3
    assert server.wire.last == 2**31 - 1
    for stream in (0, 2):
        assert failed(headers(stream)) == PROTOCOL_ERROR
    for stream in (3, 5):
        assert failed(headers(7), headers(stream)) == PROTOCOL_ERROR
    assert failed(data(0, b"x")) == PROTOCOL_ERROR


@proves("RFC9113 5.1.2")
def test_streams_at_a_time() -> None:
    """Above the limit they are refused; those that are over do not count."""
    server = Server(streams=2)
    server.posts(1)
    server.asks(3)
    assert server.breaks(5, headers(5)) == REFUSED_STREAM
    server.wire.send(server.flows[1], b"", True)
    assert server.breaks(7, headers(7)) == REFUSED_STREAM
    server.say(data(1, b"", end=True))
    assert server.asks(9)
    server.say(reset(3))
    assert server.asks(11)


@proves("RFC9113 5.2.1", "RFC9113 6.9.1", "RFC9113 6.1")
def test_more_than_a_streams_window() -> None:
    """Is that stream's error; the others are served on."""
    server = Server()
    server.posts(1)
    server.posts(3)
    server.say(*[data(1, bytes(16384)) for _ in range(3)], data(1, bytes(16383)))
    assert server.breaks(1, data(1, b"x")) == FLOW_CONTROL_ERROR
    assert server.say(data(3, b"x")) == [("Data", 3, b"x", False)]


@proves("RFC9113 5.2.1", "RFC9113 6.9.1", "RFC9113 5.2.2")
def test_more_than_the_connections_window() -> None:
    """Ends the connection; data of streams that were reset counts, and is given back."""
    server = Server(connection_window=WINDOW, frame=60_000)
    server.posts(1)
    server.posts(3)
    assert server.fails(data(1, bytes(16_000)), data(3, bytes(50_000))) == FLOW_CONTROL_ERROR
    server = Server(connection_window=WINDOW)
    server.wire.reset(server.posts(1), 8)
    for _ in range(20):
        server.say(data(1, bytes(16384)))
    assert not server.wire.closing


@proves("RFC9113 6.9", "RFC9113 5.2.1")
@pytest.mark.parametrize("fields", [[length(5)], []])
def test_data_in_error_counts(fields: Pairs) -> None:
    """More than its length, or than its stream's window: all of it is given back, and no more."""
    server = Server(connection_window=WINDOW, window=1000)
    for stream in range(1, 41, 2):
        server.posts(stream, *fields)
        server.say(data(stream, bytes(16384)))
    assert not server.wire.closing
    given = [payload for kind, _, stream, payload in server.heard() if (kind, stream) == (WINDOW_UPDATE, 0)]
    assert 0 <= 20 * 16384 - sum(int.from_bytes(size, "big") for size in given) < WINDOW / 4


# --- §6.1, §6.2: DATA and HEADERS ---


@proves("RFC9113 6.1")
def test_data_and_its_end() -> None:
    """Data comes as it is framed; an end without data is told by itself, and empty data is not."""
    server = Server()
    assert server.say(post(1), data(1, b"ab"), data(1), data(1, b"c", end=True)) == [
        POSTED, ("Data", 1, b"ab", False), ("Data", 1, b"c", True),
    ]  # fmt: skip
    server.posts(3)
    assert server.say(data(3, b"x"), data(3, end=True)) == [("Data", 3, b"x", False), ("Ended", 3, ())]


@proves("RFC9113 6.1", "RFC9113 10.7")
@pytest.mark.parametrize(("pad", "taken"), [(0, b"abc"), (1, b"ab"), (3, b"")])
def test_padding_of_data(pad: int, taken: bytes) -> None:
    """It is left out, whatever its octets are."""
    server = Server()
    server.posts(1)
    said = frame(DATA, PADDED | END, 1, bytes((pad,)) + b"abc")
    assert server.say(said) == [("Data", 1, taken, True) if taken else ("Ended", 1, ())]


@proves("RFC9113 6.2", "RFC9113 5.3.2", "RFC9113 10.7")
@pytest.mark.parametrize("pad", [None, 0, 7, 255])
@pytest.mark.parametrize("priority", [None, number(0) + b"\xff", number(2**31 | 3) + b"\0"])
def test_padding_and_priority_of_headers(pad: int | None, priority: bytes | None) -> None:
    """Both are left out."""
    flags = END | END_HEADERS
    payload = block(GET)
    if priority is not None:
        flags |= PRIORITIZED
        payload = priority + payload
    if pad is not None:
        flags |= PADDED
        payload = bytes((pad,)) + payload + bytes(pad)
    assert Server().say(frame(HEADERS, flags, 1, payload)) == [ASKED]


@proves("RFC9113 6.1", "RFC9113 6.2", "RFC9113 4.2")
@pytest.mark.parametrize(
    ("kind", "flags", "payload", "code"),
    [
        (DATA, PADDED, b"", FRAME_SIZE_ERROR), (DATA, PADDED, b"\1", PROTOCOL_ERROR),
        (DATA, PADDED, b"\4abc", PROTOCOL_ERROR),
        (HEADERS, PADDED, b"", FRAME_SIZE_ERROR), (HEADERS, PADDED, b"\1", PROTOCOL_ERROR),
        (HEADERS, PADDED | PRIORITIZED, b"\1" + bytes(5), FRAME_SIZE_ERROR),
        (HEADERS, PRIORITIZED, bytes(4), FRAME_SIZE_ERROR), (HEADERS, PADDED, b"\xff" + bytes(254), PROTOCOL_ERROR),
    ],
)  # fmt: skip
def test_too_much_padding(kind: int, flags: int, payload: bytes, code: int) -> None:
    """As much as the frame has, or more, and what is cut, end the connection."""
    server = Server()
    server.posts(1)
    assert server.fails(frame(kind, flags | END_HEADERS, 1, payload)) == code


@proves("RFC9113 5.3.2", "RFC9113 5.4.2")
def test_a_stream_that_depends_on_itself() -> None:
    """Is an error of the stream, in a request and in trailers."""
    own = frame(HEADERS, END | END_HEADERS | PRIORITIZED, 1, number(2**31 | 1) + b"\7" + block(GET))
    assert Server().breaks(1, own) == PROTOCOL_ERROR
    server = Server()
    server.posts(1)
    assert server.breaks(1, own) == PROTOCOL_ERROR


# --- §8.1: requests ---


@proves("RFC9113 8.1", "RFC9113 8.3")
def test_trailers() -> None:
    """They end a body."""
    server = Server()
    server.posts(1)
    assert server.say(data(1, b"x"), headers(1, [(b"a", b"b"), (b"c", b"")])) == [
        ("Data", 1, b"x", False), ("Ended", 1, ((b"a", b"b"), (b"c", b""))),
    ]  # fmt: skip


@proves("RFC9113 8.1", "RFC9113 8.1.1", "RFC9113 8.3", "RFC9113 8.2.1")
@pytest.mark.parametrize(
    "trailers",
    [
        headers(1, [(b"a", b"b")], END_HEADERS), headers(1, GET), headers(1, [(b"A", b"b")]),
        headers(1, [(b"a", b"\n")]),
        headers(1, [(b"connection", b"close")]), headers(1, [(b"a", b"b")] * 129),
    ],
)  # fmt: skip
def test_malformed_trailers(trailers: bytes) -> None:
    """Without END_STREAM, with pseudo-header fields, malformed, or too many: the stream's error, and it is told."""
    server = Server()
    server.posts(1)
    assert server.say(trailers) == [("Reset", 1, PROTOCOL_ERROR)]
    assert server.heard() == [(RST_STREAM, 0, 1, number(PROTOCOL_ERROR))]


@proves("RFC9113 8.1.1", "RFC9113 5.4.2")
@pytest.mark.parametrize(
    "fields", [[], GET[1:], [*GET, (b"X", b"y")], [*GET, GET[0]], [*GET, (b"upgrade", b"h2")]]
)
def test_malformed_requests(fields: Pairs) -> None:
    """They are the stream's error, and nobody is told of a request; the next one is served."""
    server = Server()
    assert server.say(headers(1, fields)) == []
    assert server.heard() == [(RST_STREAM, 0, 1, number(PROTOCOL_ERROR))]
    assert server.wire.reason
    assert server.say(data(1, b"x"), headers(3)) == [("Asked", 3, *ASKED[2:])]


@proves("RFC9113 5.4", "RFC9113 5.4.2")
def test_an_error_is_told_once() -> None:
    """Of a request that is wrong in several ways, the first is, and what comes on its stream then is ignored."""
    server = Server()
    wrong = [(b"X", b"\n"), GET[0], (b"connection", b"close"), length(7), length(8)]
    own = frame(HEADERS, END_HEADERS | PRIORITIZED, 1, number(1) + b"\0" + block(wrong))
    assert server.say(own, window(1, 0), data(1, b"x"), headers(1, wrong), window(1, 2**31 - 1)) == []
    assert server.heard() == [(RST_STREAM, 0, 1, number(PROTOCOL_ERROR))]


@proves("RFC9113 8.1.1")
@pytest.mark.parametrize(
    "said",
    [
        [headers(1, [*POST, length(1)])],
        [post(1, length(5)), data(1, b"1234"), data(1, b"56")],
        [post(1, length(5)), data(1, b"1234", end=True)],
        [post(1, length(5)), data(1, b"1234"), data(1, end=True)],
        [post(1, length(5)), data(1, b"1234"), headers(1, [(b"a", b"b")])],
        [post(1, length(0)), data(1, b"1")],
    ],
)
def test_a_body_of_another_length(said: list[bytes]) -> None:
    """More or less than Content-Length says is the stream's error, before any of the excess is told."""
    server = Server()
    found = server.say(*said)
    assert server.heard()[-1] == (RST_STREAM, 0, 1, number(PROTOCOL_ERROR))
    assert sum(len(event[2]) for event in found if event[0] == "Data") <= 5
    assert [event for event in found if event[0] == "Reset"] == [("Reset", 1, PROTOCOL_ERROR)] * (
        len(said) > 1
    )


@proves("RFC9113 8.1.1", "RFC9110 8.6")
@pytest.mark.parametrize(
    "said",
    [
        [headers(1, [*POST, length(0)])],
        [post(1, length(0)), data(1, end=True)],
        [post(1, length(5)), data(1, b"1234"), data(1, b"5", end=True)],
        [post(1, length(5)), data(1, b"12345"), headers(1, [(b"a", b"b")])],
        [post(1, length(3)), frame(DATA, PADDED | END, 1, b"\2abc\0\0")],
    ],
)
def test_a_body_of_its_length(said: list[bytes]) -> None:
    """Padding does not count."""
    server = Server()
    assert "Reset" not in [event for event, *_ in server.say(*said)]
    assert server.heard() == []


@proves("RFC9113 8.2.3", "RFC9113 8.3.1")
def test_the_same_block_again() -> None:
    """Is read once, and says the same to each; what an application does to its fields is its own."""
    server = Server()
    said = block([*GET, (b"cookie", b"a=b"), (b"cookie", b"c=d")])
    for stream in range(1, 11, 2):
        server.wire.feed(frame(HEADERS, END | END_HEADERS, stream, said), 0.0)
        event: Any = server.wire.next()
        assert event.head.headers == [(b"host", b"a"), (b"cookie", b"a=b; c=d")]
        event.head.headers.clear()


@proves("RFC8441 3", "RFC8441 4", "RFC8441 5")
def test_extended_connect() -> None:
    """Only where SETTINGS_ENABLE_CONNECT_PROTOCOL was sent; then the stream is open both ways."""
    fields = [(b":method", b"CONNECT"), (b":protocol", b"websocket"), *GET[1:]]
    assert Server().breaks(1, headers(1, fields, END_HEADERS)) == PROTOCOL_ERROR
    server = Server(connect=True)
    (asked,) = server.say(headers(1, fields, END_HEADERS))
    assert asked == ("Asked", 1, (b"CONNECT", b"/", ((b"host", b"a"),), -1, b"websocket"), False)
    server.wire.respond(server.flows[1], b"\x88", False)
    server.wire.send(server.flows[1], b"\x81\0", False)
    assert server.say(data(1, b"\x81\x80")) == [("Data", 1, b"\x81\x80", False)]


@proves("RFC9113 8.5", "RFC8441 4")
@pytest.mark.parametrize("more", [[], [(b"content-length", b"1")]])
@pytest.mark.parametrize("fields", [[], [(b":protocol", b"websocket"), *GET[1:3]]])
def test_behind_connect_there_is_only_data(fields: Pairs, more: Pairs) -> None:
    """As much as both like, whatever length was said: trailers are the stream's error."""
    server = Server(connect=True)
    server.say(headers(1, [(b":method", b"CONNECT"), GET[3], *fields, *more], END_HEADERS))
    assert server.say(data(1, b"ab")) == [("Data", 1, b"ab", False)]
    assert server.say(headers(1, [(b"x", b"y")])) == [("Reset", 1, PROTOCOL_ERROR)]
    assert server.heard() == [(RST_STREAM, 0, 1, number(PROTOCOL_ERROR))]


@proves("RFC9113 8.5")
def test_connect() -> None:
    """It is told; whether there is a proxy is the connection's to say."""
    (asked,) = Server().say(headers(1, [(b":method", b"CONNECT"), (b":authority", b"a:80")], END_HEADERS))
    assert asked[2][:2] == (b"CONNECT", b"a:80")


# --- §10.5: limits ---


@proves("RFC9113 10.5.1", "RFC6585 5")
@pytest.mark.parametrize("flags", [END_HEADERS, END_HEADERS | END])
def test_fields_beyond_the_limits(flags: int) -> None:
    """Are answered with 431; the rest of a body is not wanted."""
    for more in ([(b"a", b"b")] * 10, [(b"a", b"b" * 500)]):
        server = Server(fields=10, header_size=600)
        assert server.say(headers(1, [*GET, *more], flags)) == []
        answer, *rest = server.heard()
        assert answer == (HEADERS, END | END_HEADERS, 1, b"\x08\x03431")
        assert rest == [(RST_STREAM, 0, 1, number(0))] * (not flags & END)
        if not flags & END:
            assert server.say(data(1, b"x")) == []
        assert server.say(headers(3)) == [("Asked", 3, *ASKED[2:])]


@proves("RFC9113 10.5.1", "RFC9113 6.10", "RFC9113 10.5")
def test_blocks_beyond_any_limit() -> None:
    """Twice the limit in several frames, 64 frames, or sixteen times the limit out of a table, end the connection."""
    first = frame(HEADERS, END, 1, b"")
    part = frame(CONTINUATION, 0, 1, bytes(1000))
    server = Server(header_size=5000)
    assert server.say(first, *[part] * 10) == []
    assert server.fails(part) == ENHANCE_YOUR_CALM
    server = Server()
    assert server.say(first, *[frame(CONTINUATION, 0, 1, b"")] * 63) == []
    assert server.fails(frame(CONTINUATION, 0, 1, b"")) == ENHANCE_YOUR_CALM
    bomb = b"\x40\x01x" + b"\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 200
    assert Server().fails(frame(HEADERS, END | END_HEADERS, 1, bomb)) == ENHANCE_YOUR_CALM


@proves("RFC9113 10.5")
def test_memory_is_bounded() -> None:
    """A frame that comes octet by octet, and many streams that were, keep little."""
    server = Server(resets=10**6)
    server.posts(1)
    tracemalloc.start()
    try:
        said = data(1, bytes(16384))
        for at in range(len(said) - 1):
            server.say(said[at : at + 1])
        assert tracemalloc.get_traced_memory()[0] < 2**21
        assert server.say(said[-1:])
        before = tracemalloc.get_traced_memory()[0]
        for stream in range(3, 10_000, 2):
            server.say(headers(stream), reset(stream))
            server.flows.clear()
            server.heard()
        assert tracemalloc.get_traced_memory()[0] - before < 2**17
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "limits",
    [
        {"streams": 0}, {"fields": 0}, {"header_size": 0}, {"window": 0}, {"resets": 0}, {"control": 0},
        {"frame": 16383},
        {"frame": 2**24}, {"window": 2**31}, {"connection_window": 65534}, {"connection_window": 2**31},
        {"table": -1},
    ],
)  # fmt: skip
def test_limits_that_cannot_be(limits: dict[str, int]) -> None:
    """Are the operator's error."""
    with pytest.raises(ConfigError):
        Limits(**limits)  # type: ignore[arg-type]


def test_who_feeds_without_asking_loses_nothing() -> None:
    """Bytes that were not looked at are kept."""
    wire = Wire(Limits())
    wire.begin(0.0)
    for part in (HELLO, headers(1), headers(3)):
        wire.feed(part, 0.0)
    found = []
    while (event := wire.next()) is not None:
        found.append(told(event)[0])
    assert found == ["Settled", "Asked", "Asked"]


# --- any split ---

STREAMS = st.sampled_from([1, 3, 5, 0, 2])
FRAMES = st.one_of(
    st.builds(headers, STREAMS, st.sampled_from([GET, POST, [(b"x", b"y")]]), st.sampled_from([END_HEADERS, 5])),
    st.builds(data, STREAMS, st.binary(max_size=20), st.booleans()),
    st.builds(window, STREAMS, st.sampled_from([0, 1, 2**31 - 1])),
    st.builds(reset, STREAMS),
    st.builds(frame, st.integers(0, 17), st.integers(0, 255), STREAMS, st.binary(max_size=12)),
    st.sampled_from([settings((4, 3)), settings((4, 100)), frame(PING, payload=bytes(8))]),
    st.binary(max_size=12),
)  # fmt: skip


def talk(said: list[bytes], answers: bool) -> tuple[list[Any], list[Any]]:
    """Feed pieces; events and frames that come of them, with an owner who answers each request at once."""
    wire = Wire(Limits(connect=True))
    wire.begin(0.0)
    found: list[Any] = []
    for part in said:
        wire.feed(part, 0.0)
        while (event := wire.next()) is not None:
            found.append(told(event))
            if found[-1][0] == "Asked" and answers:
                wire.respond(event.flow, b"\x88", False)  # type: ignore[union-attr]
                wire.send(event.flow, b"some body", True)  # type: ignore[union-attr]
            elif found[-1][0] == "Data":
                wire.consumed(event.flow, len(event.data))  # type: ignore[union-attr]
    return found, frames(b"".join(wire.out))


@proves("RFC9113 4.1")
@given(st.lists(FRAMES, max_size=12), st.lists(st.integers(1, 30), min_size=1, max_size=5), st.booleans())
def test_any_split_gives_the_same(said: list[bytes], sizes: list[int], answers: bool) -> None:
    """Events and what is written do not depend on how the bytes were cut, be they right or wrong."""
    whole = HELLO + b"".join(said)
    pieces = []
    at = turn = 0
    while at < len(whole):
        size = sizes[turn % len(sizes)]
        pieces.append(whole[at : at + size])
        at, turn = at + size, turn + 1
    assert talk(pieces, answers) == talk([whole], answers)


ENDS = {DATA: END, HEADERS: END}
FLAGS = {DATA: END, HEADERS: END | END_HEADERS, SETTINGS: ACK, PING: ACK, CONTINUATION: END_HEADERS}


@proves("RFC9113 4.1", "RFC9113 5.1", "RFC9113 5.4.2", "RFC9113 6.4")
@given(st.lists(FRAMES, max_size=12), st.booleans())
def test_what_is_written_is_sound(said: list[bytes], answers: bool) -> None:
    """Whatever comes: nothing pushed or padded, no flag without a meaning, nothing behind the end of a stream."""
    _, written = talk([HELLO, *said], answers)
    assert written[0][0] == SETTINGS and not written[0][1]
    over: set[int] = set()
    for at, (kind, flags, stream, payload) in enumerate(written):
        assert kind in (DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE)
        assert not flags & ~FLAGS.get(kind, 0)
        assert len(payload) <= 16384
        assert stream & 1 if kind in (DATA, HEADERS, RST_STREAM) else kind == WINDOW_UPDATE or not stream
        assert not stream & 2**31
        assert stream not in over or kind == RST_STREAM
        if flags & ENDS.get(kind, 0):
            over.add(stream)
        if kind == RST_STREAM:
            assert written[at:].count((kind, flags, stream, payload)) == 1
            over.add(stream)
        if kind == GOAWAY and payload[4:8] != number(0):
            assert at == len(written) - 1
