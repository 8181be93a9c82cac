"""Frames about an HTTP/2 connection and its streams: SETTINGS, PING, priorities, resets, windows, GOAWAY, floods."""

import pytest

from interfaces.http_ws.events_h2 import LIMITED
from interfaces.http_ws.hpack import Decoder
from tests.http_ws.h2_frames import (
    ACK,
    CANCEL,
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
    MOST,
    PING,
    PRIORITY,
    PRIORITY_UPDATE,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Server,
    data,
    failed,
    frame,
    headers,
    number,
    post,
    reset,
    settings,
    window,
)
from tests.http_ws.sections import proves

WINDOW = 65535

# --- §6.5: SETTINGS ---


def said(server: Server) -> dict[int, int]:
    """The settings that a server begins with."""
    kind, flags, stream, payload = server.begun[0]
    assert (kind, flags, stream) == (SETTINGS, 0, 0)
    return {
        int.from_bytes(payload[at : at + 2], "big"): int.from_bytes(payload[at + 2 : at + 6], "big")
        for at in range(0, len(payload), 6)
    }


@proves("RFC9113 3.4", "RFC9113 6.5", "RFC9113 6.5.2", "RFC9218 2.1", "RFC9113 5.3.2")
def test_our_settings_come_first() -> None:
    """The usual limits are said, and that the priorities of RFC 7540 are not looked at; nothing that is the default."""
    server = Server()
    assert said(server) == {3: 100, 6: 32768, 9: 1}
    assert server.begun[1:] == [(WINDOW_UPDATE, 0, 0, number(1048576 - WINDOW))]


@proves("RFC9113 6.5.2", "RFC8441 3")
def test_all_our_settings() -> None:
    """Every limit that is not the default is said."""
    server = Server(
        streams=7, header_size=900, table=0, window=1000, connection_window=WINDOW, frame=20000, connect=True
    )
    assert said(server) == {3: 7, 6: 900, 9: 1, 1: 0, 4: 1000, 5: 20000, 8: 1}
    assert server.begun[1:] == []


@proves("RFC9113 6.5", "RFC9113 6.5.3")
def test_settings_are_acknowledged() -> None:
    """Each of them; acknowledgements are not, whether they were asked for or not."""
    server = Server()
    assert server.say(settings((1, 10)), settings(), frame(SETTINGS, ACK), frame(SETTINGS, ACK)) == []
    assert server.heard() == [(SETTINGS, ACK, 0, b"")] * 2


@proves("RFC9113 6.5")
def test_the_first_settings_are_told() -> None:
    """Once."""
    server = Server(hello=b"")
    assert server.say(HELLO) == [("Settled",)]
    assert server.say(settings()) == []


@proves("RFC9113 6.5", "RFC9113 4.2")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(SETTINGS, 0, 1), PROTOCOL_ERROR), (frame(SETTINGS, ACK, 1), PROTOCOL_ERROR),
        (frame(SETTINGS, ACK, 0, bytes(6)), FRAME_SIZE_ERROR), (frame(SETTINGS, 0, 0, bytes(5)), FRAME_SIZE_ERROR),
        (frame(SETTINGS, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    ],
)  # fmt: skip
def test_malformed_settings(wrong: bytes, code: int) -> None:
    """On a stream, an acknowledgement with settings, and a length that is no multiple of six."""
    assert failed(wrong) == code


@proves("RFC9113 6.5.2", "RFC8441 3", "RFC9218 2.1")
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        (2, 2, PROTOCOL_ERROR), (4, 2**31, FLOW_CONTROL_ERROR), (4, 2**32 - 1, FLOW_CONTROL_ERROR),
        (5, 16383, PROTOCOL_ERROR), (5, 0, PROTOCOL_ERROR), (5, 2**24, PROTOCOL_ERROR), (8, 2, PROTOCOL_ERROR),
        (9, 2, PROTOCOL_ERROR), (1, 2**32 - 1, None), (1, 0, None), (2, 0, None), (2, 1, None), (3, 0, None),
        (4, 2**31 - 1, None), (5, 16384, None), (5, 2**24 - 1, None), (6, 0, None), (8, 1, None), (9, 1, None),
        (0, 5, None), (0x0A0A, 2**32 - 1, None),
    ],
)  # fmt: skip
def test_values_of_settings(name: int, value: int, code: int | None) -> None:
    """Those that cannot be end the connection; all others are taken, unknown ones ignored."""
    if code is None:
        server = Server()
        server.say(settings((name, value)))
        assert server.heard() == [(SETTINGS, ACK, 0, b"")]
    else:
        assert failed(settings((name, value))) == code


@proves("RFC9113 6.5.3", "RFC9113 6.5.2")
def test_settings_are_taken_in_their_order() -> None:
    """The last of several that say the same counts."""
    server = Server()
    server.say(settings((4, 5), (5, 17000), (4, 7), (5, 16384)))
    assert server.asks().window == 7


@proves("RFC9113 6.9.2")
def test_a_window_that_settings_make_too_large() -> None:
    """Ends the connection with FLOW_CONTROL_ERROR."""
    server = Server()
    server.asks()
    server.say(window(1, MOST - WINDOW))
    assert server.fails(settings((4, WINDOW + 1))) == FLOW_CONTROL_ERROR


@proves("RFC9113 4.3.1", "RFC9113 6.5.2")
def test_the_size_of_the_peers_table() -> None:
    """The next block of an answer says what we make of it, as it must."""
    server = Server()
    server.say(settings((1, 100)))
    block = server.wire.encoder.head(200, ()).data
    decoder = Decoder()
    decoder.limit(100)
    assert decoder.decode(block).fields == [(b":status", b"200")]
    assert block != b"\x88"


@proves("RFC9113 4.3.1", "RFC9113 6.5.3")
def test_the_size_of_our_table() -> None:
    """It holds from the acknowledgement on."""
    block = b"\x3f\x21" + headers(1)[9:]
    asked = frame(HEADERS, END | END_HEADERS, 1, b"\x3f\xe1\x3f" + headers(1)[9:])
    large = Server(table=8192)
    assert large.say(asked)[0][0] == "Asked"
    small = Server(table=64)
    assert small.say(frame(HEADERS, END | END_HEADERS, 1, block))[0][0] == "Asked"
    for server in (Server(), Server(table=8192, hello=HELLO), Server(table=64)):
        assert server.fails(asked) == 9


@proves("RFC9113 6.9.2", "RFC9113 6.9.3", "RFC9113 6.5.3")
def test_a_smaller_window_holds_once_it_is_acknowledged() -> None:
    """Until then the peer may send what it could before."""
    server = Server(window=100, hello=HELLO)
    assert len(server.say(post(1), data(1, bytes(10_000)), data(1, bytes(6384)))) == 3
    server.say(frame(SETTINGS, ACK))
    assert server.flows[1].room == 100 - 16384
    server.posts(3)
    assert server.breaks(3, data(3, bytes(101))) == FLOW_CONTROL_ERROR
    assert server.breaks(1, data(1, b"x")) == FLOW_CONTROL_ERROR


# --- §6.7, §6.8: PING, GOAWAY ---


@proves("RFC9113 6.7")
def test_a_ping_is_answered() -> None:
    """With the same octets; answers are told and not answered; other flags are ignored."""
    server = Server()
    assert server.say(frame(PING, 0xFE, 0, b"abcdefgh")) == []
    assert server.heard() == [(PING, ACK, 0, b"abcdefgh")]
    assert server.say(frame(PING, ACK, 0, b"hgfedcba")) == [("Pong", b"hgfedcba")]
    assert server.heard() == []


@proves("RFC9113 6.7")
def test_a_ping_is_answered_before_data_that_waits() -> None:
    """For a window, however much it is; and before what the window update behind it lets leave."""
    server = Server()
    flow = server.asks()
    server.wire.send(flow, bytes(10**6), True)
    server.heard()
    server.say(frame(PING, payload=b"abcdefgh"), window(0, 9), window(1, 9))
    assert server.heard() == [(PING, ACK, 0, b"abcdefgh"), (DATA, 0, 1, bytes(9))]


@proves("RFC9113 6.7", "RFC9113 6.8", "RFC9113 4.2")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(PING, 0, 1, bytes(8)), PROTOCOL_ERROR), (frame(PING, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
        (frame(PING, ACK, 0, bytes(9)), FRAME_SIZE_ERROR), (frame(PING), FRAME_SIZE_ERROR),
        (frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR), (frame(GOAWAY, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    ],
)  # fmt: skip
def test_malformed_ping_and_goaway(wrong: bytes, code: int) -> None:
    """Both are of the connection; a PING has eight octets, GOAWAY at least as many."""
    assert failed(wrong) == code


@proves("RFC9113 6.8", "RFC9113 7")
@pytest.mark.parametrize("code", [0, 11, 0xFFFFFFFF])
def test_the_peer_goes_away(code: int) -> None:
    """It is told, with whatever code, and streams that are open are served on."""
    server = Server()
    flow = server.asks()
    assert server.say(frame(GOAWAY, 0, 0, number(2**31) + number(code) + b"bye")) == [("Away", code, 0)]
    assert server.wire.send(flow, b"x", True)
    assert not server.wire.closing


# --- §6.3, RFC 9218: priorities ---


@proves("RFC9113 6.3", "RFC9113 5.3.2")
def test_priorities_are_read_and_not_followed() -> None:
    """Of streams in any state, those too that will never be."""
    server = Server()
    server.asks(5)
    server.wire.send(server.flows[5], b"", True)
    server.heard()
    for stream in (1, 2, 5, 7, MOST):
        assert server.say(frame(PRIORITY, 0xFF, stream, number(2**31 | 3) + b"\xff")) == []
    assert server.heard() == []
    assert server.asks(7)


@proves("RFC9113 6.3", "RFC9113 4.2")
@pytest.mark.parametrize(
    ("stream", "payload", "code"),
    [(0, bytes(5), PROTOCOL_ERROR), (9, bytes(4), FRAME_SIZE_ERROR), (9, number(9) + b"\1", PROTOCOL_ERROR)],
)
def test_malformed_priorities(stream: int, payload: bytes, code: int) -> None:
    """Of no stream; and of one that is not there yet, and could not be told, so that the connection is."""
    assert failed(frame(PRIORITY, 0, stream, payload)) == code


@proves("RFC9113 6.3", "RFC9113 5.4.2")
@pytest.mark.parametrize(
    ("payload", "code"),
    [(bytes(4), FRAME_SIZE_ERROR), (bytes(6), FRAME_SIZE_ERROR), (b"\x80\0\0\1\7", PROTOCOL_ERROR)],
)
def test_malformed_priorities_of_a_stream(payload: bytes, code: int) -> None:
    """Another length than five, or the stream itself as what it depends on, are the stream's error."""
    server = Server()
    server.asks(1)
    assert server.breaks(1, frame(PRIORITY, 0, 1, payload)) == code
    assert server.breaks(1, frame(PRIORITY, 0, 1, payload)) == code


@proves("RFC9218 7.1")
def test_priority_updates_are_read_and_not_followed() -> None:
    """Also of streams that are still to come, and whatever they say."""
    server = Server()
    assert server.say(frame(PRIORITY_UPDATE, 0xFF, 0, number(2**31 | 5) + b"u=0, i")) == []
    assert server.say(frame(PRIORITY_UPDATE, 0, 0, number(7) + b"\xff")) == []
    assert server.heard() == []


@proves("RFC9218 7.1")
@pytest.mark.parametrize(
    ("stream", "payload", "code"),
    [
        (1, number(1), PROTOCOL_ERROR),
        (0, bytes(3), FRAME_SIZE_ERROR),
        (0, number(0) + b"u=1", PROTOCOL_ERROR),
        (0, number(2) + b"u=1", PROTOCOL_ERROR),
        (0, number(MOST - 1) + b"u=1", PROTOCOL_ERROR),
    ],
)
def test_malformed_priority_updates(stream: int, payload: bytes, code: int) -> None:
    """On a stream, cut, of no stream, or of one that we would have pushed."""
    assert failed(frame(PRIORITY_UPDATE, 0, stream, payload)) == code


@proves("RFC9218 7.1")
def test_priorities_of_streams_to_come_are_bounded() -> None:
    """With those that are there they are as many as there may be streams; one that came counts as itself."""
    server = Server(streams=3)

    def priority(stream: int) -> bytes:
        return frame(PRIORITY_UPDATE, 0, 0, number(stream) + b"u=1")

    server.asks(1)
    for stream in (3, 3, 5, 1, 3):
        assert server.say(priority(stream)) == []
    server.asks(3)
    server.asks(5)
    server.say(priority(5), priority(1), reset(1), reset(3))
    assert server.say(priority(7), priority(9)) == []
    assert server.wire._prioritized == {7, 9}
    assert server.fails(priority(2**31 - 1)) == PROTOCOL_ERROR


# --- §6.4, §6.6, §6.9, §5.5 ---


@proves("RFC9113 6.4", "RFC9113 7")
def test_the_peer_resets_a_stream() -> None:
    """Its owner is told with which code; of a stream that is over, nobody is."""
    server = Server()
    server.asks()
    assert server.say(reset(1, 0xFFFF)) == [("Reset", 1, 0xFFFF)]
    assert server.say(reset(1)) == []
    assert server.heard() == []
    assert server.wire.flows == {}


@proves("RFC9113 6.4", "RFC9113 4.2", "RFC9113 6.9")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (reset(0), PROTOCOL_ERROR), (reset(2), PROTOCOL_ERROR), (reset(3), PROTOCOL_ERROR),
        (frame(RST_STREAM, 0, 1, bytes(3)), FRAME_SIZE_ERROR), (frame(RST_STREAM, 0, 1, bytes(5)), FRAME_SIZE_ERROR),
        (window(2, 1), PROTOCOL_ERROR), (window(3, 1), PROTOCOL_ERROR), (window(0, 0), PROTOCOL_ERROR),
        (window(0, MOST), FLOW_CONTROL_ERROR), (frame(WINDOW_UPDATE, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
        (frame(WINDOW_UPDATE, 0, 1, bytes(5)), FRAME_SIZE_ERROR),
    ],
)  # fmt: skip
def test_resets_and_windows_that_end_the_connection(wrong: bytes, code: int) -> None:
    """Of streams that are not there, of another length, and windows of the connection that cannot be."""
    server = Server()
    server.asks(1)
    assert server.fails(wrong) == code


@proves("RFC9113 6.9", "RFC9113 6.9.1", "RFC9113 5.4.2")
@pytest.mark.parametrize(("more", "code"), [(0, PROTOCOL_ERROR), (MOST, FLOW_CONTROL_ERROR)])
def test_windows_that_end_a_stream(more: int, code: int) -> None:
    """No increment, and one beyond 2^31-1."""
    server = Server()
    server.asks(1)
    server.asks(3)
    assert server.breaks(1, window(1, more)) == code
    assert server.say(window(1, more)) == []
    assert server.heard() == []
    assert [*server.wire.flows] == [3]


@proves("RFC9113 6.9.1")
def test_the_largest_windows() -> None:
    """2^31-1 is one; the reserved bit is ignored."""
    server = Server()
    flow = server.asks()
    server.say(window(1, 2**31 | (MOST - WINDOW)), window(0, MOST - WINDOW))
    assert flow.window == MOST
    assert server.fails(window(0, 1)) == FLOW_CONTROL_ERROR


@proves("RFC9113 6.6", "RFC9113 8.4")
def test_clients_do_not_push() -> None:
    """PUSH_PROMISE ends the connection, on any stream."""
    for stream in (0, 1, 2):
        assert failed(frame(PUSH_PROMISE, END_HEADERS, stream, number(2) + headers(2)[9:])) == PROTOCOL_ERROR


@proves("RFC9113 5.5", "RFC9113 4.1")
def test_what_is_unknown_is_ignored() -> None:
    """Types of frames, on any stream, of any length, and flags."""
    server = Server()
    for kind in (0x0A, 0x0B, 0x0C, 0x21, 0xFF):
        for stream in (0, 1, 2):
            assert server.say(frame(kind, 0xFF, stream, b"grease")) == []
    assert server.say(frame(WINDOW_UPDATE, 0xFF, 0, number(5))) == []
    assert server.heard() == []


# --- §10.5: floods ---

WASTE = {
    "PING": frame(PING, payload=bytes(8)),
    "PONG": frame(PING, ACK, payload=bytes(8)),
    "SETTINGS": settings((4, 7)),
    "ACK": frame(SETTINGS, ACK),
    "PRIORITY": frame(PRIORITY, 0, 9, bytes(5)),
    "PRIORITY_UPDATE": frame(PRIORITY_UPDATE, 0, 0, number(9)),
    "GOAWAY": frame(GOAWAY, payload=bytes(8)),
    "WINDOW_UPDATE": window(0, 1),
    "WINDOW_UPDATE of a stream": window(1, 1),
    "WINDOW_UPDATE of none": window(3, 1),
    "RST_STREAM of none": reset(3),
    "DATA": data(1),
    "DATA of none": data(5),
    "padding": frame(DATA, 0x8, 1, b"\2\0\0"),
    "trailers of none": headers(5, [(b"a", b"b")]),
    "unknown": frame(0xFE),
}


@proves("RFC9113 10.5")
@pytest.mark.parametrize("name", WASTE)
def test_floods_of_what_brings_nothing(name: str) -> None:
    """So many at once, a tenth of them a second after that; then ENHANCE_YOUR_CALM."""
    server = Server(control=50, resets=10_000)
    server.asks(1, b"")
    server.asks(3)
    server.asks(5, b"")
    server.wire.reset(server.flows[5], CANCEL)
    server.wire.send(server.flows[3], b"", True)
    server.wire._free = 0
    for _ in range(50):
        server.say(WASTE[name])
    assert not server.wire.closing, server.wire.reason
    server.now += 1
    for _ in range(5):
        server.say(WASTE[name])
    assert not server.wire.closing
    server.heard()
    assert server.fails(WASTE[name]) == ENHANCE_YOUR_CALM


def taken(server: Server, said: bytes) -> int:
    """How often this is taken before it ends the connection."""
    for count in range(1000):
        server.say(said)
        if server.wire.closing:
            return count
    return 1000


@proves("RFC9113 10.5")
def test_who_answers_data_is_no_flood() -> None:
    """Frames of data that we send, and requests, allow a few frames for each, which may come later, up to the limit."""
    server = Server(control=5, hello=HELLO + settings((4, MOST)))
    flow = server.asks()
    for _ in range(1000):
        server.wire.send(flow, b"event", False)
        server.say(window(0, 5), window(1, 5), frame(PING, payload=bytes(8)))
    assert not server.wire.closing
    for _ in range(1000):
        server.wire.send(flow, b"event", False)
    server.heard()
    assert taken(server, frame(PING, payload=bytes(8))) == 5 + 4, "the second SETTINGS took one"


@proves("RFC9113 10.5")
def test_tiny_windows_are_a_flood() -> None:
    """Who has the same body sent octet by octet is cut, however much it gets."""
    server = Server(control=50, hello=HELLO + settings((4, 1)))
    flow = server.asks()
    server.wire.send(flow, bytes(100_000), True)
    assert taken(server, window(1, 1)) < 60


@proves("RFC9113 10.5", "RFC9113 5.4.1")
@pytest.mark.parametrize(
    "said_",
    [
        lambda stream: headers(stream) + reset(stream),
        lambda stream: post(stream) + window(stream, 0),
        lambda stream: headers(stream, GET[1:]),
        lambda stream: headers(stream, [*GET, *[(b"a", b"b")] * 5]),
        lambda stream: headers(stream) + data(stream, b"x"),
    ],
    ids=["rapid reset", "made to reset", "malformed", "too large", "late data"],
)
def test_floods_of_streams_that_come_to_nothing(said_) -> None:  # type: ignore[no-untyped-def]
    """So many at once, a tenth of them a second after that; then ENHANCE_YOUR_CALM, whoever resets them."""
    server = Server(resets=30, fields=6)
    streams = iter(range(1, 2000, 2))
    for _ in range(30):
        server.say(said_(next(streams)))
    assert not server.wire.closing, server.wire.reason
    server.now += 1
    for _ in range(3):
        server.say(said_(next(streams)))
    assert not server.wire.closing
    last = next(streams)
    server.say(said_(last))
    assert server.heard()[-1] == (GOAWAY, 0, 0, number(last) + number(11) + b"too many streams were reset")


@proves("RFC9113 10.5", "RFC9113 5.1.2")
def test_a_flood_of_streams() -> None:
    """Those above the limit are refused, and then they are a flood."""
    server = Server(resets=30, streams=10)
    told = server.say(*[headers(stream) for stream in range(1, 200, 2)])
    assert [event for event, *_ in told] == ["Asked"] * 10
    written = server.heard()
    assert written[:-1] == [(RST_STREAM, 0, 21 + 2 * at, number(REFUSED_STREAM)) for at in range(31)]
    assert written[-1][3][4:8] == number(ENHANCE_YOUR_CALM)


@proves("RFC9113 10.5")
def test_settings_cost_what_their_octets_do() -> None:
    """Many values in one frame are looked at once for all streams."""
    server = Server()
    for stream in range(1, 201, 2):
        server.asks(stream)
    server.say(settings(*[(4, value) for value in range(2000)]))
    assert {flow.window for flow in server.wire.flows.values()} == {1999}


@proves("RFC9113 6.8", "RFC9113 5.4.1")
def test_events_before_an_error_are_told() -> None:
    """What came before the frame that ends the connection is not lost, and nothing behind it is looked at."""
    server = Server()
    assert server.say(post(1), data(1, b"x"), reset(1), frame(PING), headers(3)) == [
        ("Asked", 1, (b"POST", b"/", ((b"host", b"a"),), -1, b""), False),
        ("Data", 1, b"x", False),
        ("Reset", 1, CANCEL),
    ]
    assert server.heard() == [(GOAWAY, 0, 0, number(1) + number(FRAME_SIZE_ERROR) + b"PING has eight octets")]
    assert server.wire.last == 1


# --- what was reached is told ---

WASTED = {
    "ping_flood": ("PING", "PONG"),
    "settings_flood": ("SETTINGS", "ACK"),
    "priority_flood": ("PRIORITY", "PRIORITY_UPDATE"),
    "window_update_flood": ("WINDOW_UPDATE", "WINDOW_UPDATE of a stream", "WINDOW_UPDATE of none"),
    "rapid_reset": ("RST_STREAM of none",),
    "empty_frame_flood": ("DATA", "DATA of none", "padding", "trailers of none"),
    "frame_flood": ("GOAWAY", "unknown"),
}
OTHERS = {
    "rapid_reset": [headers(1) + reset(1), headers(3) + reset(3)],
    "continuation_flood": [frame(HEADERS, END, 1), *[frame(CONTINUATION, 0, 1)] * 64],
    "header_bytes": [
        frame(HEADERS, END | END_HEADERS, 1, b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 200)
    ],
    "too_many_fields": [headers(1, [*GET, *[(b"a", b"b")] * 130])],
    "refused_streams": [headers(1), headers(3)],
    "window_overrun": [post(1), data(1, bytes(16384)), data(1, bytes(16384))],
}


@proves("RFC9113 10.5")
@pytest.mark.parametrize("name", WASTE)
def test_the_kind_of_a_flood_is_told(name: str) -> None:
    """That of the frame which was one too many."""
    server = Server(control=5, resets=10_000)
    server.asks(1, b"")
    server.asks(3)
    server.asks(5, b"")
    server.wire.reset(server.flows[5], CANCEL)
    server.wire.send(server.flows[3], b"", True)
    server.wire._free = 0
    server.say(*[WASTE[name]] * 5)
    assert server.wire.limited == []
    server.say(*[WASTE[name]] * 2)
    assert [name in WASTED[kind] for kind in server.wire.limited] == [True]


@proves("RFC9113 10.5")
@pytest.mark.parametrize("kind", OTHERS)
def test_the_kind_of_a_limit_is_told(kind: str) -> None:
    """Whether it ended the connection, a stream, or was answered."""
    server = Server(resets=1, streams=1, window=20_000, header_size=8192)
    server.say(*OTHERS[kind])
    assert server.wire.limited == [kind]


def test_every_kind_is_tested() -> None:
    """And named."""
    assert sorted({*WASTED, *OTHERS}) == [*LIMITED]
    assert sorted(name for names in WASTED.values() for name in names) == sorted(WASTE)


def test_no_kind_where_no_limit_is_reached() -> None:
    """Behind our GOAWAY streams are refused as the protocol has it; a late reset costs nothing yet."""
    server = Server()
    server.wire.goaway(0, 0)
    server.say(headers(1), post(3), data(3, b"x"), frame(0xFE), reset(3))
    assert server.wire.limited == []
