"""permessage-deflate: RFC 7692 section by section, then round trips, an oracle, and noise."""

import tracemalloc
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameProtocol

from interfaces.http_ws.deflate import Agreement, Deflate, DeflateOptions, Offer, confirm, negotiate, offer
from interfaces.http_ws.handshake import parse_extensions
from interfaces.http_ws.wire_ws import Failed, Limits, Wire
from interfaces.shared.errors import ConfigError, PeerError
from tests.http_ws.sections import proves
from tests.http_ws.ws_frames import BINARY, CONTINUATION, FIN, PING, TEXT, failure, frame, in_pieces

RSV1 = 0x40
ALL = DeflateOptions(takeover=True, window_bits=15, compress_from=0)
HELLO = bytes.fromhex("f248cdc9c90700")  # §7.2.3.1


def agreed(*values: str, options: DeflateOptions = ALL) -> str | None:
    """What the server answers to these values of Sec-WebSocket-Extensions."""
    agreement = negotiate(parse_extensions([value.encode() for value in values]), options)
    return None if agreement is None else agreement.answer.decode()


def inflating(agreement: Agreement | None = None, options: DeflateOptions = ALL, **limits: int) -> Wire:
    """A server's wire that has agreed to compression."""
    return Wire(Limits(**limits), Deflate(agreement or Agreement(), options))


def pair(agreement: Agreement, options: DeflateOptions) -> tuple[Wire, Wire]:
    """A server and a client that have agreed."""
    client = Wire(Limits(), Deflate(agreement, options, client=True), client=True)
    return inflating(agreement, options), client


def deflated(data: bytes, bits: int = 15) -> bytes:
    """A message's payload as §7.2.1 makes it."""
    made = zlib.compressobj(9, zlib.DEFLATED, -bits)
    return (made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


# --- §5, §7.1: negotiation ---


@proves("RFC7692 5", "RFC7692 5.1", "RFC7692 7", "RFC6455 9.2")
@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
        ('permessage-deflate; server_max_window_bits="10"', "permessage-deflate; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=15"),
        ("permessage-deflate; client_max_window_bits=8", "permessage-deflate; client_max_window_bits=8"),
        ("x-webkit-deflate-frame", None),
        ("permessage-bzip2, permessage-deflate", "permessage-deflate"),
    ],
)
def test_offers_and_answers(asked: str, answer: str | None) -> None:
    """With every freedom the server answers what was offered, and nothing to another extension."""
    assert agreed(asked) == answer


@proves("RFC7692 7.1", "RFC7692 7.1.1.1", "RFC7692 7.1.1.2", "RFC7692 7.1.2.1", "RFC7692 7.1.2.2")
@pytest.mark.parametrize(
    "parameters",
    [
        "unknown",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "client_max_window_bits=0",
        "client_max_window_bits=-9",
        "client_max_window_bits=9.0",
        "Server_No_Context_Takeover",
    ],
)
def test_offers_that_are_declined(parameters: str) -> None:
    """An unknown, repeated or malformed parameter declines the offer that has it, and no other."""
    assert agreed(f"permessage-deflate; {parameters}") is None
    assert agreed(f"permessage-deflate; {parameters}, permessage-deflate") == "permessage-deflate"


@proves("RFC7692 5.2", "RFC7692 7.1.3")
def test_the_first_offer_that_can_be_met_is_taken() -> None:
    """Offers are read in the client's order, over several header lines as in one."""
    first = "permessage-deflate; client_max_window_bits; server_max_window_bits=8"
    second = "permessage-deflate; client_max_window_bits"
    for values in ((f"{first}, {second}",), (first, second)):
        assert agreed(*values) == "permessage-deflate; client_max_window_bits=15"


@proves("RFC7692 7.3", "RFC7692 7.1.2.1")
def test_a_window_of_256_bytes_is_declined() -> None:
    """Zlib cannot compress with 8 bits, so an offer that wants it is declined rather than met with 9."""
    with pytest.raises(ValueError, match="option"):
        zlib.compressobj(6, zlib.DEFLATED, -8)
    assert agreed("permessage-deflate; server_max_window_bits=8") is None


@proves("RFC7692 7.1.1.1", "RFC7692 7.1.1.2", "RFC7692 7.1.2.1", "RFC7692 7.1.2.2")
def test_the_defaults_hold_no_memory() -> None:
    """By default no context is kept and windows are small; the client's only when it offered to bound it."""
    flags = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert agreed("permessage-deflate", options=DeflateOptions()) == f"{flags}; server_max_window_bits=12"
    asked = "permessage-deflate; client_max_window_bits=10; server_max_window_bits=9"
    bits = "server_max_window_bits=9; client_max_window_bits=10"
    assert agreed(asked, options=DeflateOptions()) == f"{flags}; {bits}"


@proves("RFC7692 5.1")
def test_it_can_be_switched_off() -> None:
    """With ``enabled`` off, every offer is declined."""
    assert agreed("permessage-deflate", options=DeflateOptions(enabled=False)) is None


@pytest.mark.parametrize(
    "wrong", [{"window_bits": 8}, {"window_bits": 16}, {"mem_level": 0}, {"level": 0}, {"level": 10}]
)
def test_options_that_zlib_cannot_do(wrong: dict[str, int]) -> None:
    """An option out of zlib's range is the operator's mistake, and the message names it."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        DeflateOptions(**wrong)


@proves("RFC7692 5.1")
@pytest.mark.parametrize("takeover", [False, True])
@pytest.mark.parametrize("bits", [9, 12, 15])
def test_client_and_server_agree(takeover: bool, bits: int) -> None:
    """The client reads in the server's answer to its offer what the server meant."""
    options = DeflateOptions(takeover=takeover, window_bits=bits)
    server = negotiate(parse_extensions([offer(options)]), options)
    assert server is not None
    client = confirm(parse_extensions([server.answer]), options)
    assert client is not None
    assert (client.server_takeover, client.client_takeover) == (takeover, takeover)
    assert (
        (client.server_bits, client.client_bits) == (server.server_bits, server.client_bits) == (bits, bits)
    )


@proves("RFC7692 5.1")
@pytest.mark.parametrize(
    "answers",
    [
        [("permessage-deflate", ())],  # the offer asks for server_no_context_takeover
        [("permessage-bzip2", ())],
        [("permessage-deflate", (("server_no_context_takeover", None),))] * 2,
        [("permessage-deflate", (("server_no_context_takeover", None), ("client_max_window_bits", None)))],
        [("permessage-deflate", (("server_no_context_takeover", None), ("client_max_window_bits", "8")))],
        [("permessage-deflate", (("x", None),))],
    ],
)
def test_answers_that_a_client_refuses(answers: Sequence[Offer]) -> None:
    """An answer that the offer does not cover fails the connection."""
    with pytest.raises(PeerError):
        confirm(answers, DeflateOptions())


@proves("RFC7692 5.1")
def test_no_answer_is_no_compression() -> None:
    """A server may decline by saying nothing."""
    assert confirm([], DeflateOptions()) is None


# --- §6: frames ---


@proves("RFC7692 4", "RFC7692 6", "RFC6455 9.1")
def test_rsv1_without_an_agreement() -> None:
    """A compressed message fails the connection when no extension was agreed to."""
    assert failure(Wire(Limits()).feed(frame(TEXT | RSV1, HELLO))) == 1002


@proves("RFC7692 6", "RFC7692 6.1")
@pytest.mark.parametrize("bits", [0x20, 0x10, 0x60, 0x50])
def test_the_other_bits_stay_reserved(bits: int) -> None:
    """permessage-deflate gives RSV1 a meaning, not RSV2 and RSV3."""
    assert failure(inflating().feed(frame(TEXT | bits, HELLO))) == 1002


@proves("RFC7692 6.1", "RFC7692 6.2")
@pytest.mark.parametrize("first", [CONTINUATION, 0x00])
def test_rsv1_is_on_the_first_frame_only(first: int) -> None:
    """RSV1 on a continuation fails the connection, of a compressed message or another."""
    for start in (0x01, 0x01 | RSV1):
        assert failure(inflating().feed(frame(start) + frame(first | RSV1))) == 1002


@proves("RFC7692 6.1")
def test_control_frames_are_not_compressed() -> None:
    """RSV1 on a control frame fails the connection."""
    assert failure(inflating().feed(frame(PING | RSV1))) == 1002


@proves("RFC7692 6.2")
def test_messages_may_come_uncompressed() -> None:
    """After an agreement each message is compressed or not, as its sender likes."""
    data = frame(TEXT, b"plain") + frame(TEXT | RSV1, HELLO) + frame(BINARY, b"plain")
    assert inflating().feed(data) == ["plain", "Hello", b"plain"]


@proves("RFC7692 6.1", "RFC7692 7.2.1")
def test_small_messages_are_sent_as_they_are() -> None:
    """Below compress_from, RSV1 is not set and the payload is untouched; from there it is compressed."""
    wire = inflating(options=DeflateOptions(compress_from=100))
    assert wire.text("x" * 99) == frame(TEXT, b"x" * 99, b"")
    assert wire.text("x" * 100)[0] == TEXT | RSV1
    assert wire.binary(b"x" * 100)[0] == BINARY | RSV1
    wire = inflating(options=DeflateOptions(compress_from=1000))
    for size in (125, 126, 999):
        assert wire.text("x" * size) == frame(TEXT, b"x" * size, b"")


@proves("RFC7692 6.1")
def test_what_does_not_shrink_is_sent_as_it_is() -> None:
    """Without a context, a message that would grow goes uncompressed; with one it must be compressed."""
    noise = bytes(range(256))
    alone = Agreement(server_takeover=False)
    assert inflating(alone, DeflateOptions(compress_from=0)).binary(noise)[0] == BINARY
    server, client = pair(Agreement(), ALL)
    data = server.binary(noise) + server.binary(noise)
    assert data[0] == BINARY | RSV1
    assert client.feed(data) == [noise, noise]


@proves("RFC7692 7.2.1")
def test_empty_messages_are_not_compressed() -> None:
    """An empty message is a plain empty frame, whatever the threshold: zlib makes no bytes of it."""
    server, client = pair(Agreement(), ALL)
    data = server.text("") + server.text("a") + server.text("") + server.binary(b"")
    assert client.feed(data) == ["", "a", "", b""]


# --- §7.2: payloads ---


@proves("RFC7692 7.2.3.1", "RFC7692 7.2.2")
def test_example_of_one_block() -> None:
    """One compressed block, in one frame and in two."""
    assert inflating().feed(frame(TEXT | RSV1, HELLO)) == ["Hello"]
    data = frame(0x01 | RSV1, HELLO[:3]) + frame(CONTINUATION, HELLO[3:])
    assert inflating().feed(data) == ["Hello"]


@proves("RFC7692 7.2.3.2", "RFC7692 7.1.1.2")
def test_example_of_a_shared_window() -> None:
    """The second "Hello" refers to the first, and fails when the client has agreed to share nothing."""
    data = frame(TEXT | RSV1, HELLO) + frame(TEXT | RSV1, bytes.fromhex("f200110000"))
    assert inflating().feed(data) == ["Hello", "Hello"]
    first, second = inflating(Agreement(client_takeover=False)).feed(data)
    assert first == "Hello"
    assert isinstance(second, Failed)
    assert second.code == 1007


@proves("RFC7692 7.2.3.3")
def test_example_of_a_stored_block() -> None:
    """A block with no compression."""
    assert inflating().feed(frame(TEXT | RSV1, bytes.fromhex("000500faff48656c6c6f00"))) == ["Hello"]


@proves("RFC7692 7.2.3.4")
@pytest.mark.parametrize("payload", ["f348cdc9c9070000", "f348cdc9c90700"])
@pytest.mark.parametrize("client_takeover", [True, False])
def test_example_of_a_final_block(payload: str, client_takeover: bool) -> None:
    """BFINAL ends a deflate stream, not the message nor the connection; also without its padding."""
    data = frame(TEXT | RSV1, bytes.fromhex(payload)) + frame(TEXT | RSV1, HELLO)
    assert inflating(Agreement(client_takeover=client_takeover)).feed(data * 2) == ["Hello"] * 4
    assert in_pieces(inflating(Agreement(client_takeover=client_takeover)), data * 2) == ["Hello"] * 4


@proves("RFC7692 7.2.3.5")
def test_example_of_two_blocks() -> None:
    """Two blocks in one message, with a flush between them."""
    payload = bytes.fromhex("f24805000000ffffcac9c90700")
    assert inflating().feed(frame(TEXT | RSV1, payload)) == ["Hello"]


@proves("RFC7692 7.2.3.6", "RFC7692 7.2.1")
def test_an_empty_last_fragment() -> None:
    """A message may end with the byte of an empty block, be nothing but that, or nothing at all."""
    flushed = HELLO + b"\x00\x00\xff\xff"
    data = frame(0x01 | RSV1, flushed) + frame(CONTINUATION, b"\x00")
    for empty in (b"\x00", b""):
        data += frame(TEXT | RSV1, empty) + frame(TEXT | RSV1, HELLO)
        assert inflating().feed(frame(TEXT | RSV1, empty) + frame(TEXT | RSV1, HELLO)) == ["", "Hello"]
    assert inflating().feed(data) == ["Hello", "", "Hello", "", "Hello"]


@proves("RFC7692 7.2.2")
@pytest.mark.parametrize("payload", [b"\xff", b"\x06", b"\x00\x01\x00\x00\x00", b"\x01\x00\x00\xff\xff\xff"])
def test_what_is_no_deflate_fails(payload: bytes) -> None:
    """A payload that cannot be inflated fails the connection with 1007."""
    assert failure(inflating().feed(frame(BINARY | RSV1, payload))) == 1007


@proves("RFC7692 7.1.2.1", "RFC7692 7.1.2.2")
@pytest.mark.parametrize("bits", [9, 10, 15])
@pytest.mark.parametrize("takeover", [True, False])
def test_windows_are_kept_to(bits: int, takeover: bool) -> None:
    """What is sent under a bound of the window can be inflated with a window of that size, byte by byte."""
    options = DeflateOptions(window_bits=bits, compress_from=0, takeover=takeover)
    agreement = Agreement(
        server_bits=bits, client_bits=bits, server_takeover=takeover, client_takeover=takeover
    )
    server, client = pair(agreement, options)
    data = b"".join(b"%d " % (i * i) for i in range(4000))
    for sender, reader in ((server, client), (client, server)):
        assert in_pieces(reader, sender.binary(data) + sender.binary(data), 7) == [data, data]


@proves("RFC7692 7.3", "RFC7692 7.1.2.2")
def test_a_client_with_zlibs_window_of_8_bits_is_read() -> None:
    """A client that agreed to 8 bits and whose zlib made 9 of it is understood."""
    data = b"".join(b"%d " % (i * i) for i in range(1000))
    wire = inflating(Agreement(client_bits=8))
    assert in_pieces(wire, frame(BINARY | RSV1, deflated(data, 9)), 5) == [data]


# --- §8: bounds ---


@proves("RFC7692 8", "RFC6455 10.4")
@pytest.mark.parametrize("split", [1, 100, 1 << 20])
def test_a_bomb_is_not_inflated(split: int) -> None:
    """100 MiB of zeros in 100 KiB end with 1009 at the limit, and take no more memory than that."""
    payload = deflated(bytes(100 << 20))
    data = frame(BINARY | RSV1, payload, bytes(4))
    wire = inflating(max_message=65536)
    tracemalloc.start()
    events = in_pieces(wire, data[:2000], split) + (wire.feed(data[2000:]) if len(data) > 2000 else [])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert failure(events) == 1009
    assert peak < 1 << 20


@proves("RFC7692 8")
def test_the_limit_is_exact() -> None:
    """A message that inflates to max_message is taken, one byte more is not, also over fragments."""
    for size, taken in ((1000, True), (1001, False)):
        payload = deflated(bytes(size))
        whole = frame(BINARY | RSV1, payload)
        parts = frame(0x02 | RSV1, payload[:4]) + frame(0x00, payload[4:5]) + frame(CONTINUATION, payload[5:])
        for data in (whole, parts):
            events = inflating(max_message=1000).feed(data)
            assert events == [bytes(size)] if taken else failure(events) == 1009


@proves("RFC7692 8")
def test_streams_in_a_message_are_counted() -> None:
    """Thousands of tiny streams with BFINAL, each of which would copy what follows it, are cut off."""
    assert failure(inflating().feed(frame(BINARY | RSV1, b"\x03\x00" * 5000))) == 1007
    assert inflating().feed(frame(BINARY | RSV1, b"\x03\x00" * 60 + b"\x00")) == [b""]


@proves("RFC7692 6.2", "RFC6455 8.1")
def test_compressed_text_is_checked_as_it_arrives() -> None:
    """Text that is no UTF-8 fails in the fragment that has it, before the message ends."""
    made = zlib.compressobj(wbits=-15)
    payload = made.compress(b"good \xff bad") + made.flush(zlib.Z_SYNC_FLUSH)
    assert failure(inflating().feed(frame(0x01 | RSV1, payload))) == 1007


@proves("RFC7692 8")
def test_nothing_is_kept_without_takeover() -> None:
    """After messages both ways no zlib object is left; with takeover both are."""
    for takeover in (False, True):
        options = DeflateOptions(compress_from=0, takeover=takeover)
        agreement = Agreement(server_takeover=takeover, client_takeover=takeover)
        server, client = pair(agreement, options)
        assert server.feed(client.text("x" * 500)) == ["x" * 500]
        assert client.feed(server.text("y" * 500)) == ["y" * 500]
        for wire in (server, client):
            deflate = wire._deflate
            assert deflate is not None
            assert (deflate._in is not None) == (deflate._out is not None) == takeover


# --- round trips, an oracle, noise ---

MESSAGES = st.lists(
    st.text(max_size=300) | st.binary(max_size=2000) | st.sampled_from(["ab" * 500, bytes(5000)])
)
OPTIONS = st.builds(
    DeflateOptions,
    takeover=st.booleans(),
    window_bits=st.integers(9, 15),
    mem_level=st.integers(1, 9),
    level=st.integers(1, 9),
    compress_from=st.sampled_from([0, 1, 100, 256]),
)


@proves("RFC7692 6.1", "RFC7692 6.2", "RFC7692 7.1.1.1")
@given(MESSAGES, OPTIONS, OPTIONS, st.booleans(), st.integers(1, 3000))
def test_what_one_side_sends_the_other_reads(
    messages: list[str | bytes], ours: DeflateOptions, theirs: DeflateOptions, to_client: bool, size: int
) -> None:
    """Whatever both sides' options, messages pass unchanged after their negotiation, in any pieces."""
    agreement = negotiate(parse_extensions([offer(theirs)]), ours)
    assert agreement is not None
    understood = confirm(parse_extensions([agreement.answer]), theirs)
    assert understood is not None
    server = Wire(Limits(), Deflate(agreement, ours))
    client = Wire(Limits(), Deflate(understood, theirs, client=True), client=True)
    sender, reader = (server, client) if to_client else (client, server)
    data = b"".join(sender.text(m) if isinstance(m, str) else sender.binary(m) for m in messages)
    assert in_pieces(reader, data, size) == messages


@proves("RFC7692 6.1", "RFC7692 6.2")
@given(st.lists(st.binary(min_size=1, max_size=3000), max_size=5), st.booleans())
def test_wsproto_reads_and_is_read(messages: list[bytes], takeover: bool) -> None:
    """Wsproto agrees to our answer, reads what we compress, and we read what it compresses."""
    extension = PerMessageDeflate(
        client_no_context_takeover=not takeover,
        server_no_context_takeover=not takeover,
        client_max_window_bits=11,
    )
    options = DeflateOptions(takeover=takeover, compress_from=0)
    agreement = negotiate(parse_extensions([f"{extension.name}; {extension.offer()}".encode()]), options)
    assert agreement is not None
    extension.finalize(agreement.answer.decode())
    peer = FrameProtocol(client=True, extensions=[extension])
    server = inflating(agreement, options)
    assert server.feed(b"".join(peer.send_data(message) for message in messages)) == messages
    peer.receive_bytes(b"".join(server.binary(message) for message in messages))
    assert b"".join(bytes(part.payload) for part in peer.received_frames()) == b"".join(messages)


@proves("RFC6455 10.7", "RFC7692 7.2.2")
@given(
    st.lists(
        st.builds(
            frame,
            st.sampled_from(
                [TEXT | RSV1, BINARY | RSV1, 0x01 | RSV1, 0x02 | RSV1, 0x00, CONTINUATION, FIN | 2]
            ),
            st.binary(max_size=60) | st.binary(max_size=400).map(deflated) | st.just(b"\x03\x00"),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_noise_never_raises_and_any_split_is_the_same(frames: list[bytes], takeover: bool) -> None:
    """Random payloads come to the same messages and the same close code, whole and byte by byte."""
    data = b"".join(frames)
    agreement = Agreement(client_takeover=takeover)
    whole = inflating(agreement, max_message=300).feed(data)
    pieces = in_pieces(inflating(agreement, max_message=300), data)
    assert [e.code if isinstance(e, Failed) else e for e in whole] == [
        e.code if isinstance(e, Failed) else e for e in pieces
    ]
