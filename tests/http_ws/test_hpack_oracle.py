"""HPACK beside the library hpack: each reads what the other writes, and both refuse the same.

Where the library is lenient and we are not: a limit that went down and up again between two blocks asks for an
update to the lowest (RFC 7541 §4.2), and the library looks at the last only. Where a list is too large, the library
ends the connection, and we read on. Its encoder says each of several updates, also those above the last limit, which
its own decoder refuses, and forgets one that is due when it is told the same size twice: it is told neither here.
"""

import hpack
import pytest
from hpack.exceptions import HPACKError
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.hpack import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, Block, Decoder
from interfaces.http_ws.hpack_encoder import Encoder, integer
from interfaces.http_ws.hpack_tables import STATIC
from interfaces.shared.errors import PeerError
from tests.http_ws.hpack_examples import EXAMPLES, Pairs
from tests.http_ws.sections import proves

OF_A_CONNECTION = {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
SIZES = st.sampled_from([0, 31, 50, 64, 100, 200, 4095, 4096, 5000, 70000])
NAMES = st.sampled_from(sorted({name for name, _ in STATIC[1:]} | {b"", b"x-a", b"x-b", b"x" * 130}))
TOKENS = st.sampled_from(
    sorted(
        {name for name, _ in STATIC[1:] if name[0] != 0x3A} | OF_A_CONNECTION | {b"x-a", b"X-B", b"x" * 130}
    )
)
VALUES = (
    st.sampled_from([b"", b"GET", b"/", b"gzip, deflate", b"1", b"2", b"a" * 126, b"a" * 300, b" x ", b"\t"])
    | st.binary(max_size=40)
    | st.text(max_size=60).map(str.encode)
)
LEGAL = VALUES.map(lambda value: value.translate(None, b"\r\n\0"))
HEADERS = st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=12)
ANSWER = st.tuples(st.sampled_from([200, 204, 302, 404, 418]), st.lists(st.tuples(TOKENS, LEGAL), max_size=8))


def wide() -> Decoder:
    """A decoder that no list here is too large for."""
    return Decoder(max_size=1 << 24, max_fields=1 << 20)


def ours(decoder: Decoder, block: bytes) -> Pairs | None:
    """The fields of a block, None where it ends the connection."""
    try:
        return decoder.decode(block).fields
    except PeerError as error:
        if error.answer != COMPRESSION_ERROR:
            raise
        return None


def theirs(decoder: hpack.Decoder, block: bytes) -> Pairs | None:
    """The same, as the library sees it."""
    try:
        return [(name, value) for name, value in decoder.decode(block, raw=True)]
    except HPACKError:
        return None


@proves("RFC7541 3.1", "RFC7541 4.2", "RFC7541 4.3", "RFC7541 4.4")
@given(st.lists(SIZES | st.tuples(HEADERS, st.booleans()), max_size=12))
def test_what_the_library_writes_is_read(
    steps: list[int | tuple[list[tuple[bytes, bytes, bool]], bool]],
) -> None:
    """Blocks of one connection, with tables that grow and shrink between them: fields and tables agree."""
    encoder = hpack.Encoder()
    decoder = wide()
    sizes: list[int] = []
    for step in steps:
        if isinstance(step, int):
            decoder.limit(step)
            sizes.append(step)
            continue
        for size in {min(sizes): None, sizes[-1]: None} if sizes else ():
            if size != encoder.header_table_size:
                encoder.header_table_size = size
        sizes.clear()
        headers, huffman = step
        block = encoder.encode(headers, huffman=huffman)
        assert ours(decoder, block) == [(name, value) for name, value, _ in headers]
        assert decoder._entries[::-1] == [*encoder.header_table.dynamic_entries]
        assert decoder._size == encoder.header_table._current_size


@proves("RFC7541 3.1", "RFC7541 4.2", "RFC7541 4.3", "RFC7541 4.4")
@given(st.sampled_from([0, 60, 300, 4096, 65536]), st.lists(SIZES | ANSWER | ANSWER.map(list), max_size=12))
def test_what_we_write_the_library_reads(table: int, steps: list[object]) -> None:
    """Answers, trailers and single fields, with a table and without, and limits that go up and down."""
    encoder = Encoder(table)
    decoder = hpack.Decoder()
    for step in steps:
        if isinstance(step, int):
            encoder.limit(step)
            decoder.max_allowed_table_size = step
            continue
        status, headers = step  # type: ignore[misc]
        expected = [(n.lower(), v.strip(b" \t")) for n, v in headers if n.lower() not in OF_A_CONNECTION]
        if isinstance(step, list):
            assert theirs(decoder, encoder.trailers(headers)) == expected
            continue
        for _ in range(2):
            block = encoder.head(status, headers).data + encoder.field(b"date", b"%d" % len(headers))
            found = theirs(decoder, block)
            assert found == [(b":status", b"%d" % status), *expected, (b"date", b"%d" % len(headers))]
        assert encoder._size <= decoder.header_table._current_size or not table


BLOCKS = [
    *(bytes.fromhex(block) for example in EXAMPLES.values() for block in example.blocks.split("\n\n")),
    b"\x20\x82",
    b"\x3f\x45\x7f\x00\x01a\xff\x80\x00",
    b"\x3f\xe1\x1f" + b"\x40\x01a\x01b" * 5 + b"\xbe\xc0\x7e\x01c\x0f\x2f\x01d\x1f\x31\x81\x1f",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sound block with a few bytes changed, put in or left out."""
    block = bytearray(draw(st.sampled_from(BLOCKS)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(block)))
        byte = draw(
            st.sampled_from([0, 0x1F, 0x20, 0x3F, 0x40, 0x7F, 0x80, 0xBE, 0xFF]) | st.integers(0, 255)
        )
        block[at : at + draw(st.integers(0, 2))] = bytes((byte,)) * draw(st.integers(0, 2))
    return bytes(block)


@proves("RFC7541 3.2", "RFC7541 5.1", "RFC7541 5.2", "RFC7541 6.1", "RFC7541 6.3")
@given(st.lists(mutated() | st.binary(max_size=40), max_size=6), st.none() | SIZES)
def test_noise_is_read_as_the_library_does(blocks: list[bytes], limit: int | None) -> None:
    """Random and changed bytes are refused by both, or say the same, until the first that ends the connection."""
    decoder, library = wide(), hpack.Decoder(max_header_list_size=1 << 24)
    if limit is not None:
        decoder.limit(limit)
        library.max_allowed_table_size = limit
    for block in blocks:
        said = ours(decoder, block)
        assert said == theirs(library, block)
        if said is None:
            return
        assert ours(decoder, block) == theirs(library, block)
        assert decoder._entries[::-1] == [*library.header_table.dynamic_entries]


@proves("RFC7541 7.3", "RFC9113 10.5.1")
@given(st.lists(mutated() | st.binary(max_size=200), max_size=4), st.integers(32, 300), st.integers(1, 10))
def test_limits_cut_what_is_said_and_nothing_else(blocks: list[bytes], size: int, fields: int) -> None:
    """What a narrow decoder says is the beginning of what a wide one does; the tables are the same."""
    narrow, decoder = Decoder(size, fields), wide()
    for block in blocks:
        said = ours(decoder, block)
        found, code = cut(narrow, block)
        if found is None:
            assert said is None or (code == ENHANCE_YOUR_CALM and measured(said) > 16 * size)
            return
        assert said is not None
        assert found.fields == said[: len(found.fields)]
        assert found.too_large == (found.fields != said) == (measured(said) > size or len(said) > fields)
        assert len(found.fields) <= fields
        assert narrow._entries == decoder._entries


def cut(decoder: Decoder, block: bytes) -> tuple[Block | None, object]:
    """What a block says, or the code with which the connection ends."""
    try:
        return decoder.decode(block), None
    except PeerError as error:
        return None, error.answer


def measured(said: Pairs | None) -> int:
    """The size of a list; where the block cannot be read, it may have been anything."""
    return 1 << 30 if said is None else sum(len(name) + len(value) + 32 for name, value in said)


def test_where_the_library_is_lenient() -> None:
    """The lowest limit of several has to be signalled; see above."""
    decoder, library = Decoder(), hpack.Decoder()
    for size in (100, 4096):
        decoder.limit(size)
        library.max_allowed_table_size = size
    assert theirs(library, b"\x82") == [(b":method", b"GET")]
    assert ours(decoder, b"\x82") is None


@pytest.mark.parametrize("value", [0, 1, 30, 31, 126, 127, 128, 4095, 4096, 1 << 20, (1 << 32) - 1])
@pytest.mark.parametrize("bits", [4, 5, 6, 7])
def test_integers_are_written_alike(value: int, bits: int) -> None:
    """In each prefix that HPACK has."""
    assert integer(value, (1 << bits) - 1, 0) == bytes(hpack.hpack.encode_integer(value, bits))
