"""The WebSocket wire: RFC 6455 section by section, then any split of the bytes, an oracle, and noise."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import connection as wsproto
from wsproto import events as wsproto_events
from wsproto.utilities import RemoteProtocolError

from interfaces.http_ws.wire_ws import Close, Failed, Limits, Ping, Pong, Wire
from interfaces.shared.errors import ApplicationError, ConfigError
from tests.http_ws.sections import proves
from tests.http_ws.ws_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    KEY,
    PING,
    PONG,
    TEXT,
    failure,
    frame,
    header,
    in_pieces,
    server,
    xor,
)

# --- §5: frames ---


@proves("RFC6455 5.1")
@pytest.mark.parametrize("first", [TEXT, BINARY, PING, CLOSE])
def test_unmasked_frames_of_a_client_are_refused(first: int) -> None:
    """A server closes with 1002 on a frame that is not masked, of any kind."""
    assert failure(server().feed(frame(first, b"", b""))) == 1002


@proves("RFC6455 5.1")
def test_masked_frames_of_a_server_are_refused() -> None:
    """A client closes with 1002 on a frame that is masked."""
    (event,) = Wire(Limits(), client=True).feed(frame(TEXT, b"hi"))
    assert isinstance(event, Failed)
    assert event.code == 1002


@proves("RFC6455 5.1", "RFC6455 6.1")
def test_a_server_sends_no_masks() -> None:
    """What a server sends has the mask bit clear and the payload as it is."""
    assert server().text("hi") == b"\x81\x02hi"
    assert server().binary(b"hi") == b"\x82\x02hi"


@proves("RFC6455 5.2", "RFC6455 5.8")
@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
@pytest.mark.parametrize("first", [TEXT, BINARY, PING, CLOSE])
def test_reserved_bits_are_refused(first: int, bit: int) -> None:
    """A reserved bit that no extension gave a meaning fails the connection."""
    assert failure(server().feed(frame(first | bit, b""))) == 1002


@proves("RFC6455 5.2", "RFC6455 5.8")
@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_reserved_opcodes_are_refused(opcode: int) -> None:
    """An unknown opcode fails the connection, data or control."""
    assert failure(server().feed(frame(FIN | opcode, b"x"))) == 1002


@proves("RFC6455 5.2", "RFC6455 6.1", "RFC6455 6.2")
@pytest.mark.parametrize("size", [0, 1, 124, 125, 126, 127, 128, 65535, 65536, 70000])
def test_every_form_of_the_length(size: int) -> None:
    """The three forms of the length are read and written, at their edges."""
    payload = b"x" * size
    for first, message in ((TEXT, payload.decode()), (BINARY, payload)):
        assert server().feed(frame(first, payload)) == [message]
    assert server().binary(payload) == frame(BINARY, payload, b"")
    assert server().text(payload.decode()) == frame(TEXT, payload, b"")


@proves("RFC6455 5.2")
@pytest.mark.parametrize(("size", "width"), [(0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)])
def test_lengths_have_their_shortest_form(size: int, width: int) -> None:
    """A length in more bytes than it needs is refused before the payload."""
    assert failure(server().feed(header(BINARY, size, width) + KEY)) == 1002


@proves("RFC6455 5.2")
def test_the_top_bit_of_a_length_is_refused() -> None:
    """The most significant bit of a 64-bit length must be 0."""
    assert failure(server().feed(header(BINARY, 1 << 63, 8) + KEY)) == 1002


@proves("RFC6455 5.3", "RFC6455 10.3")
def test_a_client_masks_with_keys_that_change() -> None:
    """A client's frames are masked, each with a key of its own."""
    client = Wire(Limits(), client=True)
    frames = [client.binary(bytes(32)) for _ in range(8)]
    keys = {data[2:6] for data in frames}
    assert len(keys) == 8
    assert all(data[1] == 0x80 | 32 for data in frames)
    assert [server().feed(data) for data in frames] == [[bytes(32)]] * 8


@proves("RFC6455 5.3")
@given(st.binary(min_size=1, max_size=64), st.integers(1, 7))
def test_the_key_goes_on_where_the_last_read_ended(payload: bytes, size: int) -> None:
    """Unmasking a payload that comes in pieces keeps its place in the key."""
    assert in_pieces(server(), frame(BINARY, payload), size) == [payload]


@proves("RFC6455 5.4")
def test_fragments_make_one_message() -> None:
    """Frames without FIN and a continuation with it are one message, empty ones among them."""
    data = frame(0x01, b"Hel") + frame(0x00, b"") + frame(0x00, b"l") + frame(CONTINUATION, b"o")
    assert server().feed(data) == ["Hello"]
    assert server().feed(frame(0x02, b"") + frame(CONTINUATION, b"")) == [b""]


@proves("RFC6455 5.4", "RFC6455 5.5")
def test_control_frames_come_between_fragments() -> None:
    """A ping between two fragments is told at once, before the message."""
    data = frame(0x01, b"Hel") + frame(PING, b"now") + frame(CONTINUATION, b"lo")
    assert server().feed(data) == [Ping(payload=b"now"), "Hello"]


@proves("RFC6455 5.4")
@pytest.mark.parametrize("first", [CONTINUATION, 0x00])
def test_nothing_to_continue(first: int) -> None:
    """A continuation without a message is refused, also after one that has ended."""
    assert failure(server().feed(frame(first, b"x"))) == 1002
    wire = server()
    assert wire.feed(frame(0x01, b"a") + frame(CONTINUATION, b"b")) == ["ab"]
    assert failure(wire.feed(frame(first, b"x"))) == 1002


@proves("RFC6455 5.4")
@pytest.mark.parametrize("first", [TEXT, BINARY, 0x01, 0x02])
def test_messages_do_not_interleave(first: int) -> None:
    """A new message inside another is refused."""
    assert failure(server().feed(frame(0x01, b"a") + frame(first, b"b"))) == 1002


@proves("RFC6455 5.5")
@pytest.mark.parametrize("opcode", [8, 9, 10])
def test_control_frames_are_whole_and_short(opcode: int) -> None:
    """A control frame that is fragmented, or longer than 125 bytes, is refused on its header."""
    assert failure(server().feed(frame(opcode, b""))) == 1002
    assert failure(server().feed(header(FIN | opcode, 126))) == 1002


@proves("RFC6455 5.5.2", "RFC6455 5.5.3")
@pytest.mark.parametrize("payload", [b"", b"Hello", bytes(125)])
def test_pings_and_pongs_carry_their_payload(payload: bytes) -> None:
    """A ping is told with its payload, and the pong made of it repeats it; a pong may come unasked."""
    assert server().feed(frame(PING, payload)) == [Ping(payload=payload)]
    assert server().feed(frame(PONG, payload)) == [Pong(payload=payload)]
    assert server().pong(payload) == frame(PONG, payload, b"")
    assert server().ping(payload) == frame(PING, payload, b"")


@proves("RFC6455 5.5")
def test_no_long_control_frames_are_sent() -> None:
    """A ping or pong above 125 bytes is the application's mistake."""
    for send in (server().ping, server().pong):
        with pytest.raises(ApplicationError, match="125"):
            send(bytes(126))


@proves("RFC6455 5.6", "RFC6455 6.2")
def test_text_is_str_and_binary_is_bytes() -> None:
    """The two kinds of messages come as the two types, also when there is nothing in them."""
    assert server().feed(frame(TEXT, "grün €𝄞".encode())) == ["grün €𝄞"]
    assert server().feed(frame(BINARY, b"\xff\x00")) == [b"\xff\x00"]
    assert server().feed(frame(TEXT)) == [""]
    assert server().feed(frame(BINARY)) == [b""]


@proves("RFC6455 5.7")
def test_the_examples_of_the_rfc() -> None:
    """Each frame of §5.7 is read, or written, as it stands there."""
    client = Wire(Limits(), client=True)
    assert client.feed(bytes.fromhex("810548656c6c6f")) == ["Hello"]
    assert server().feed(bytes.fromhex("818537fa213d7f9f4d5158")) == ["Hello"]
    assert client.feed(bytes.fromhex("010348656c80026c6f")) == ["Hello"]
    assert client.feed(bytes.fromhex("890548656c6c6f")) == [Ping(payload=b"Hello")]
    assert server().feed(bytes.fromhex("8a8537fa213d7f9f4d5158")) == [Pong(payload=b"Hello")]
    assert server().binary(bytes(256)) == bytes.fromhex("827e0100") + bytes(256)
    assert server().binary(bytes(65536)) == bytes.fromhex("827f0000000000010000") + bytes(65536)


@proves("RFC6455 6.2")
def test_one_read_may_hold_many_frames() -> None:
    """Frames that come together give their events in order; the rest waits for its own."""
    data = (
        frame(TEXT, b"one") + frame(PING, b"?") + frame(BINARY, b"two") + frame(PONG) + frame(TEXT, b"three")
    )
    wire = server()
    assert wire.feed(data[:-1]) == ["one", Ping(payload=b"?"), b"two", Pong(payload=b"")]
    assert wire.feed(data[-1:] + frame(TEXT, b"four")) == ["three", "four"]


@proves("RFC6455 6.1")
def test_lone_surrogates_cannot_be_sent() -> None:
    """Text that is no Unicode is the application's mistake, told as such."""
    with pytest.raises(ApplicationError, match="surrogates"):
        server().text("\ud800")


# --- §7: closing ---


@proves("RFC6455 5.5.1", "RFC6455 7.1.2", "RFC6455 7.1.3", "RFC6455 7.3")
def test_the_server_closes() -> None:
    """Our close frame is made once; messages may not follow it, pings and pongs are left out."""
    wire = server()
    assert wire.close(1000, "bye") == frame(CLOSE, b"\x03\xe8bye", b"")
    assert wire.closing
    assert wire.close(1001) == wire.ping(b"") == wire.pong(b"") == b""
    for send, data in ((wire.text, ""), (wire.binary, b""), (wire.text, "x" * 200)):
        with pytest.raises(ApplicationError, match="close"):
            send(data)


@proves("RFC6455 5.5.1", "RFC6455 7.1.4")
def test_messages_come_until_the_peer_has_closed_too() -> None:
    """After our close the peer's messages are still read; its close needs no answer then."""
    wire = server()
    wire.close(1000)
    assert wire.feed(frame(TEXT, b"last")) == ["last"]
    assert not wire.closed
    assert wire.feed(frame(CLOSE, b"\x03\xe8")) == [Close(code=1000, reason="", answer=b"")]
    assert wire.closed


@proves("RFC6455 5.5.1", "RFC6455 7.1.5", "RFC6455 7.1.6")
@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", 1005, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x03\xe9bye", 1001, "bye"),
        (b"\x0f\xa0" + "grün".encode(), 4000, "grün"),
        (b"\x03\xe8" + b"x" * 123, 1000, "x" * 123),
    ],
)
def test_the_peer_closes(payload: bytes, code: int, reason: str) -> None:
    """Code and reason are told, and the answer repeats the code; without one it has none."""
    wire = server()
    answer = frame(CLOSE, payload[:2], b"")
    assert wire.feed(frame(CLOSE, payload)) == [Close(code=code, reason=reason, answer=answer)]
    assert wire.closed


@proves("RFC6455 5.5.1", "RFC6455 7.1.3")
@pytest.mark.parametrize("data", [frame(CLOSE, b"\x03\xe8"), frame(3)])
def test_what_came_before_a_close_can_be_answered(data: bytes) -> None:
    """After the peer's close, or its mistake, messages can be sent until the answer has been written."""
    wire = server()
    wire.feed(data)
    assert wire.text("late") == frame(TEXT, b"late", b"")
    wire.end()
    assert wire.closing
    assert wire.close(1000) == b""
    with pytest.raises(ApplicationError, match="close"):
        wire.text("too late")


@proves("RFC6455 5.5.1", "RFC6455 7.1.4", "RFC6455 7.1.7")
def test_nothing_is_read_after_a_close() -> None:
    """Frames after the peer's close, or after a failure, are ignored, in the same read and in later ones."""
    wire = server()
    assert len(wire.feed(frame(CLOSE) + frame(TEXT, b"late") + frame(3, b""))) == 1
    assert wire.feed(frame(TEXT, b"later")) == []
    failed = server()
    assert len(failed.feed(frame(3, b"") + frame(TEXT, b"late"))) == 1
    assert failed.feed(frame(TEXT, b"later")) == []
    assert failed.closed


@proves("RFC6455 5.5.1")
def test_half_a_close_code_is_refused() -> None:
    """A close frame with one byte is malformed."""
    assert failure(server().feed(frame(CLOSE, b"\x03"))) == 1002


@proves("RFC6455 7.4", "RFC6455 7.4.1", "RFC6455 7.4.2")
@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_close_codes_that_are_used(code: int) -> None:
    """Registered codes and both free ranges come and go."""
    payload = code.to_bytes(2, "big")
    assert server().feed(frame(CLOSE, payload)) == [
        Close(code=code, reason="", answer=frame(CLOSE, payload, b""))
    ]
    assert server().close(code) == frame(CLOSE, payload, b"")


@proves("RFC6455 7.4", "RFC6455 7.4.1", "RFC6455 7.4.2")
@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_close_codes_that_are_not_on_the_wire(code: int) -> None:
    """Reserved and unknown codes are refused from the peer, and cannot be sent."""
    assert failure(server().feed(frame(CLOSE, code.to_bytes(2, "big")))) == 1002
    with pytest.raises(ApplicationError, match=str(code)):
        server().close(code)


@proves("RFC6455 7.1.6", "RFC6455 8.1")
def test_a_close_reason_is_utf8() -> None:
    """A reason that is not UTF-8 fails the connection with 1007."""
    assert failure(server().feed(frame(CLOSE, b"\x03\xe8\xff"))) == 1007


@proves("RFC6455 5.5", "RFC6455 7.1.6")
@pytest.mark.parametrize(("reason", "sent"), [("x" * 124, 123), ("x" * 122 + "ü", 122), ("€" * 50, 123)])
def test_long_reasons_are_cut_between_characters(reason: str, sent: int) -> None:
    """A reason above 123 bytes is cut where a character ends."""
    data = server().close(1000, reason)
    assert data[1] == sent + 2
    assert reason.startswith(data[4:].decode())


@proves("RFC6455 7.1.7")
def test_a_failure_after_our_close_has_no_answer() -> None:
    """No second close frame is made for a peer that breaks the protocol while closing."""
    wire = server()
    wire.close(1001)
    assert wire.feed(frame(3)) == [Failed(code=1002, reason="reserved opcode", answer=b"")]


# --- §8.1: UTF-8 ---

BAD_TEXT = [
    b"\x80",
    b"\xc0\xaf",
    b"\xc3\x28",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xff",
    b"cut \xe2\x82",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80\x65\x64",
]


@proves("RFC6455 8.1", "RFC6455 5.6")
@pytest.mark.parametrize("payload", BAD_TEXT)
def test_text_that_is_no_utf8(payload: bytes) -> None:
    """Overlong forms, surrogates, too high and cut characters fail with 1007, however they come."""
    assert failure(server().feed(frame(TEXT, payload))) == 1007
    assert failure(server().feed(frame(TEXT, payload + b" " * 200))) == 1007
    assert failure(in_pieces(server(), frame(TEXT, payload))) == 1007
    fragments = frame(0x01, payload[:1]) + frame(0x00, payload[1:]) + frame(CONTINUATION)
    assert failure(server().feed(fragments)) == 1007


@proves("RFC6455 8.1")
@pytest.mark.parametrize("first", [TEXT, 0x01])
def test_bad_text_fails_before_its_frame_is_there(first: int) -> None:
    """The first impossible byte of a long frame fails the connection, with the rest still to come."""
    payload = b"good \xf4\x90"
    wire = server()
    start = header(first, 1_000_000) + KEY
    assert wire.feed(start + xor(payload[:-1])) == []
    assert failure(wire.feed(xor(payload)[-1:])) == 1007


@proves("RFC6455 8.1")
def test_a_character_may_be_in_two_fragments() -> None:
    """Fragments cut text between bytes, not characters."""
    euro = "€".encode()
    data = frame(0x01, euro[:1]) + frame(0x00, euro[1:2]) + frame(PING) + frame(CONTINUATION, euro[2:])
    assert server().feed(data) == [Ping(payload=b""), "€"]


@proves("RFC6455 8.1")
def test_binary_may_be_anything() -> None:
    """What is wrong in text is right in a binary message."""
    for payload in BAD_TEXT:
        assert in_pieces(server(), frame(BINARY, payload)) == [payload]


# --- §10: limits ---


@proves("RFC6455 10.4", "RFC6455 7.4.1")
@pytest.mark.parametrize("first", [TEXT, BINARY, 0x01, 0x02])
@pytest.mark.parametrize("limits", [{"max_message": 100}, {"max_frame": 100}, {"max_message": 70000}])
def test_sizes_are_refused_on_the_header(first: int, limits: dict[str, int]) -> None:
    """A frame above a limit is refused with 1009 before its payload has come; one at it is taken."""
    (limit,) = limits.values()
    assert failure(server(**limits).feed(header(first, limit + 1) + KEY)) == 1009
    assert failure(server(**limits).feed(frame(first, b"x" * (limit + 1)))) == 1009
    events = server(**limits).feed(frame(first, b"x" * limit))
    assert events == [] if first < FIN else len(events) == 1


@proves("RFC6455 10.4")
def test_a_message_is_bounded_over_its_fragments() -> None:
    """Fragments that come to more than max_message are refused on the header of the one that is too much."""
    wire = server(max_message=100)
    assert wire.feed(frame(0x02, bytes(60)) + frame(0x00, bytes(40))) == []
    assert failure(wire.feed(header(CONTINUATION, 1) + KEY)) == 1009
    wire = server(max_message=100)
    assert wire.feed(frame(0x02, bytes(60)) + frame(CONTINUATION, bytes(40))) == [bytes(100)]


@proves("RFC6455 10.4")
def test_fragments_are_counted() -> None:
    """A message in more than max_fragments frames is refused, empty ones count."""
    wire = server(max_fragments=3)
    assert wire.feed(frame(0x01) + frame(0x00) + frame(CONTINUATION)) == [""]
    assert failure(wire.feed(frame(0x01) + frame(0x00) + frame(0x00) + frame(CONTINUATION))) == 1009


@proves("RFC6455 10.4")
def test_limits_are_at_least_one() -> None:
    """A limit of 0 is the operator's mistake; 1 is none."""
    assert server(max_message=1, max_frame=1, max_fragments=1).feed(frame(TEXT, b"x")) == ["x"]
    with pytest.raises(ConfigError):
        Limits(max_frame=0)


@proves("RFC6455 10.4")
def test_a_big_frame_in_small_reads_is_copied_in_linear_time() -> None:
    """1 MiB in reads of 64 bytes holds less than three times its size, and nothing of it is read twice."""
    payload = bytes(1 << 20)
    data = frame(BINARY, payload, bytes(4))
    wire = server()
    tracemalloc.start()
    events = in_pieces(wire, data, 64)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert events == [payload]
    assert peak < 3 << 20


@proves("RFC6455 10.4")
def test_an_incomplete_frame_reserves_nothing() -> None:
    """The header of a 16 MiB frame takes no memory for what has not come."""
    tracemalloc.start()
    wires = [server() for _ in range(100)]
    for wire in wires:
        assert wire.feed(header(BINARY, 16 << 20) + KEY + b"x") == []
    current, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert current < 100 * 2048


# --- any split, an oracle, noise ---

FRAMES = st.lists(
    st.builds(
        frame,
        st.sampled_from(
            [TEXT, TEXT, BINARY, BINARY, 0x01, 0x02, 0x00, CONTINUATION, CONTINUATION, PING, PONG, CLOSE]
        )
        | st.integers(0, 255),
        st.sampled_from([b"", b"\x03\xe8", b"\x03\xe8ok", "grün €𝄞".encode(), *BAD_TEXT])
        | st.text(max_size=50).map(str.encode)
        | st.binary(max_size=300),
        st.binary(min_size=4, max_size=4),
    ),
    max_size=8,
)
MESSAGES = st.lists(st.text(max_size=200) | st.binary(max_size=70000) | st.text(min_size=125, max_size=300))


@proves("RFC6455 6.2")
@given(FRAMES, st.lists(st.integers(0, 2000), max_size=10))
def test_any_split_gives_the_same_events(frames: list[bytes], cuts: list[int]) -> None:
    """However the bytes are cut into reads, the events are the same."""
    data = b"".join(frames)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    wire = server()
    split = [event for start, end in pairwise(bounds) for event in wire.feed(data[start:end])]
    assert split == server().feed(data)
    assert in_pieces(server(), data) == split


@proves("RFC6455 6.1", "RFC6455 6.2")
@given(MESSAGES, st.booleans(), st.integers(1, 4096))
def test_what_one_side_sends_the_other_reads(messages: list[str | bytes], client: bool, size: int) -> None:
    """Messages pass between the two roles unchanged, in both directions."""
    sender, reader = Wire(Limits(), client=client), Wire(Limits(), client=not client)
    data = b"".join(sender.text(m) if isinstance(m, str) else sender.binary(m) for m in messages)
    assert in_pieces(reader, data, size) == messages


def _by_wsproto(data: bytes) -> tuple[list[object], int]:
    """Messages, pings and pongs by wsproto, and the code it ends with, 0 for none."""
    peer = wsproto.Connection(wsproto.SERVER)
    seen: list[object] = []
    parts: list[object] = []
    peer.receive_data(data)
    try:
        for event in peer.events():
            if isinstance(event, wsproto_events.CloseConnection):
                return seen, event.code
            if isinstance(event, wsproto_events.Message):
                parts.append(event.data)
                if event.message_finished:
                    seen.append("".join(parts) if isinstance(event.data, str) else b"".join(parts))
                    parts = []
            else:
                seen.append(bytes(event.payload))
    except RemoteProtocolError as error:
        return seen, error.event_hint.code
    return seen, 0


@proves("RFC6455 5.2", "RFC6455 10.7")
@given(FRAMES)
def test_wsproto_reads_the_same(frames: list[bytes]) -> None:
    """Sequences of frames, sound and broken, come to the same messages and the same close code at wsproto."""
    data = b"".join(frames)
    seen: list[object] = []
    code = 0
    for event in server().feed(data):
        if isinstance(event, Close | Failed):
            code = event.code
        else:
            seen.append(event.payload if isinstance(event, Ping | Pong) else event)
    assert (seen, code) == _by_wsproto(data)


@proves("RFC6455 10.7")
@given(st.lists(st.binary(max_size=200)), st.booleans())
def test_noise_never_raises(reads: list[bytes], client: bool) -> None:
    """Random bytes give events or a failure, nothing else, in both roles."""
    wire = Wire(Limits(max_message=1000, max_frame=500, max_fragments=4), client=client)
    for data in reads:
        for event in wire.feed(data):
            assert isinstance(event, str | bytes | Ping | Pong | Close | Failed)
        assert len(wire._held) <= 131
