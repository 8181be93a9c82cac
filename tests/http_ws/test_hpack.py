"""The decoder of HPACK: RFC 7541 section by section, limits, and what is remembered."""

import time
import tracemalloc

import pytest

from interfaces.http_ws import hpack
from interfaces.http_ws.hpack import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, Decoder
from interfaces.http_ws.hpack_encoder import integer
from interfaces.http_ws.hpack_tables import STATIC
from interfaces.http_ws.huffman import encode
from interfaces.shared.errors import PeerError
from tests.http_ws.hpack_examples import EXAMPLES, Pairs
from tests.http_ws.sections import proves


def said(decoder: Decoder, block: str | bytes) -> Pairs:
    """The fields of a block, which may be hexadecimal."""
    return decoder.decode(bytes.fromhex(block) if isinstance(block, str) else block).fields


def code(decoder: Decoder, block: str | bytes) -> object:
    """The code with which the connection ends."""
    with pytest.raises(PeerError) as caught:
        said(decoder, block)
    return caught.value.answer


def table(decoder: Decoder) -> Pairs:
    """The dynamic table, the newest first, as its own indexes tell it."""
    entries: Pairs = decoder._entries[::-1]
    assert decoder._sizes[::-1] == [len(name) + len(value) + 32 for name, value in entries]
    assert decoder._size == sum(decoder._sizes)
    assert [said(decoder, integer(index, 0x7F, 0x80)) for index in range(62, 62 + len(entries))] == [
        [entry] for entry in entries
    ]
    return entries


def literal(name: bytes, value: bytes, first: int = 0x40) -> bytes:
    """A field with its name, without Huffman code."""
    return bytes((first,)) + integer(len(name), 0x7F, 0) + name + integer(len(value), 0x7F, 0) + value


def coded(text: bytes) -> bytes:
    """A string in Huffman code."""
    data = encode(text)
    return integer(len(data), 0x7F, 0x80) + data


# --- appendix C ---


@proves("RFC7541 5.1", "RFC7541 C.1")
@pytest.mark.parametrize(("value", "prefix", "written"), [(10, 5, "0a"), (1337, 5, "1f9a0a"), (42, 8, "2a")])
def test_the_integers_of_the_examples(value: int, prefix: int, written: str) -> None:
    """Each integer of appendix C.1 is written, and read, as it stands there."""
    data = bytes.fromhex(written)
    assert integer(value, (1 << prefix) - 1, 0) == data
    if prefix == 5:
        decoder = Decoder()
        decoder.limit(1337)
        assert said(decoder, bytes((data[0] | 0x20,)) + data[1:]) == []
        assert decoder._table_size == value


@proves("RFC7541 6.1", "RFC7541 6.2.1", "RFC7541 6.2.2", "RFC7541 6.2.3", "RFC7541 C.2")
@pytest.mark.parametrize(
    ("block", "field", "size"),
    [
        ("400a637573746f6d2d6b65790d637573746f6d2d686561646572", (b"custom-key", b"custom-header"), 55),
        ("040c2f73616d706c652f70617468", (b":path", b"/sample/path"), 0),
        ("100870617373776f726406736563726574", (b"password", b"secret"), 0),
        ("82", (b":method", b"GET"), 0),
    ],
)
def test_the_representations_of_the_examples(block: str, field: tuple[bytes, bytes], size: int) -> None:
    """Each of the four kinds of appendix C.2 says its field; only one has it kept in the table."""
    decoder = Decoder()
    assert said(decoder, block) == [field]
    assert decoder._size == size
    assert table(decoder) == ([field] if size else [])


@proves("RFC7541 2.3.2", "RFC7541 4.1", "RFC7541 C.3", "RFC7541 C.4", "RFC7541 C.5", "RFC7541 C.6")
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_conversations_of_the_examples(example: str) -> None:
    """Requests and responses, without Huffman code and with it, and the table behind each block."""
    decoder = Decoder()
    given = EXAMPLES[example]
    assert said(decoder, given.update) == []
    for block, fields, size in zip(given.blocks.split("\n\n"), given.said, given.sizes, strict=True):
        assert said(decoder, block) == fields
        assert decoder._size == size
    assert table(decoder) == given.table


# --- §2.3, §3: tables and processing ---


@proves("RFC7541 2.3.1", "RFC7541 3.2", "RFC7541 6.1")
def test_each_entry_of_the_static_table() -> None:
    """Indexes 1 to 61 say the entry, and lend its name to literals of each kind."""
    for index in range(1, 62):
        assert said(Decoder(), integer(index, 0x7F, 0x80)) == [STATIC[index]]
        for mask, first in ((0x3F, 0x40), (0x0F, 0x00), (0x0F, 0x10)):
            assert said(Decoder(), integer(index, mask, first) + b"\x01x") == [(STATIC[index][0], b"x")]


@proves("RFC7541 2.3.3", "RFC7541 6.1")
@pytest.mark.parametrize("block", ["80", "be", "ff00", "7f00", "7e01780f2f0178", "ffffffffff7f"])
def test_indexes_beyond_the_tables(block: str) -> None:
    """Index 0, and one that no table has, end the connection: as a field, and as the name of one."""
    assert code(Decoder(), block) == COMPRESSION_ERROR


@proves("RFC7541 2.3.3", "RFC7541 4.4")
def test_an_entry_that_is_gone_is_beyond_the_tables() -> None:
    """What was evicted cannot be named; long indexes say what is there."""
    decoder = Decoder()
    for number in range(200):
        said(decoder, literal(b"n%03d" % number, b""))
    entries = table(decoder)
    assert len(entries) == 4096 // 36
    assert entries[0] == (b"n199", b"")
    assert code(decoder, integer(62 + len(entries), 0x7F, 0x80)) == COMPRESSION_ERROR


@proves("RFC7541 3.1", "RFC7541 2.3.2")
def test_order_and_repetition_are_kept() -> None:
    """Fields come in the order of the block; the same may be there twice, also in the table."""
    block = (
        literal(b"b", b"1") + literal(b"a", b"") + literal(b"b", b"1") + b"\xbf\xbe\x82" + literal(b"", b"")
    )
    decoder = Decoder()
    assert said(decoder, block) == [
        (b"b", b"1"), (b"a", b""), (b"b", b"1"), (b"a", b""), (b"b", b"1"), (b":method", b"GET"), (b"", b""),
    ]  # fmt: skip
    assert table(decoder) == [(b"", b""), (b"b", b"1"), (b"a", b""), (b"b", b"1")]
    assert said(Decoder(), b"") == []


# --- §4: the dynamic table ---


@proves("RFC7541 4.1", "RFC7541 4.4")
@pytest.mark.parametrize(("size", "kept"), [(4096 - 33, True), (4096 - 32, False), (10000, False)])
def test_an_entry_as_large_as_the_table(size: int, kept: bool) -> None:
    """One that fits stays alone; one that does not empties the table, and is no error."""
    decoder = Decoder()
    said(decoder, literal(b"x", b""))
    assert said(decoder, literal(b"n", bytes(size))) == [(b"n", bytes(size))]
    assert len(table(decoder)) == kept


@proves("RFC7541 4.4")
def test_a_name_is_taken_from_an_entry_that_goes() -> None:
    """The new entry's name may be that of the one which makes room for it."""
    decoder = Decoder()
    said(decoder, literal(b"name", bytes(4000)))
    assert said(decoder, b"\x7e" + integer(4010, 0x7F, 0) + bytes(4010)) == [(b"name", bytes(4010))]
    assert table(decoder) == [(b"name", bytes(4010))]


@proves("RFC7541 4.2", "RFC7541 4.3", "RFC7541 6.3")
def test_size_updates_make_room() -> None:
    """A smaller table keeps its newest entries, 0 none; a larger one has room again."""
    decoder = Decoder()
    said(decoder, literal(b"a", b"1") + literal(b"b", b"2") + literal(b"c", b"3"))
    assert said(decoder, integer(68, 0x1F, 0x20) + b"\xbf") == [(b"b", b"2")]
    assert table(decoder) == [(b"c", b"3"), (b"b", b"2")]
    assert said(decoder, integer(67, 0x1F, 0x20) + b"\xbe") == [(b"c", b"3")]
    assert said(decoder, b"\x20" + integer(4096, 0x1F, 0x20)) == []
    assert table(decoder) == []
    said(decoder, literal(b"d", bytes(4000)))
    assert len(table(decoder)) == 1


@proves("RFC7541 4.2", "RFC7541 6.3")
@pytest.mark.parametrize(
    "field", [b"\x82", literal(b"a", b"b"), literal(b"a", b"b", 0), literal(b"a", b"b", 16)]
)
def test_size_updates_stand_at_the_beginning(field: bytes) -> None:
    """Behind a field of any kind they end the connection; several before the first do not."""
    assert len(said(Decoder(), b"\x20\x21\x22\x23" + field)) == 1
    assert code(Decoder(), field + b"\x20") == COMPRESSION_ERROR


@proves("RFC7541 4.2", "RFC7541 6.3")
@pytest.mark.parametrize("limit", [None, 0, 100, 4095, 8192, 1 << 20])
def test_size_updates_above_our_limit(limit: int | None) -> None:
    """Above what we said, and was acknowledged, the connection ends; at it, all is well."""
    for above in (0, 1, 1000, 1 << 30):
        decoder = Decoder()
        if limit is not None:
            decoder.limit(limit)
        block = integer((4096 if limit is None else limit) + above, 0x1F, 0x20)
        assert (code(decoder, block) == COMPRESSION_ERROR) if above else (said(decoder, block) == [])


@proves("RFC7541 4.2", "RFC9113 4.3.1")
def test_a_lower_limit_has_to_be_followed() -> None:
    """The next block begins with an update to it or less, whether it is known already or not."""
    for block in (b"\x82", b"", literal(b"a", b"b"), integer(1025, 0x1F, 0x20)):
        decoder = Decoder()
        said(decoder, b"\x82")
        said(decoder, b"")
        decoder.limit(1024)
        assert code(decoder, block) == COMPRESSION_ERROR
    decoder = Decoder()
    decoder.limit(1024)
    assert said(decoder, integer(1024, 0x1F, 0x20) + b"\x82") == [(b":method", b"GET")]
    assert said(decoder, b"\x82") == [(b":method", b"GET")]


@proves("RFC7541 4.2")
def test_the_lowest_limit_has_to_be_followed() -> None:
    """When it went down and up between two blocks, the smallest is signalled, and then the last."""
    for block, fine in (
        (integer(100, 0x1F, 0x20) + integer(4096, 0x1F, 0x20), True),
        (integer(50, 0x1F, 0x20) + integer(2000, 0x1F, 0x20), True),
        (integer(4096, 0x1F, 0x20), False),
        (b"\x82", False),
    ):
        decoder = Decoder()
        decoder.limit(100)
        decoder.limit(4096)
        assert (said(decoder, block) == []) if fine else (code(decoder, block) == COMPRESSION_ERROR)


@proves("RFC7541 4.2")
def test_a_limit_that_the_table_keeps_asks_for_nothing() -> None:
    """No update is due where the table already is as small, or where the limit grew."""
    decoder = Decoder()
    said(decoder, integer(100, 0x1F, 0x20))
    decoder.limit(200)
    assert said(decoder, b"\x82") == [(b":method", b"GET")]
    decoder.limit(100_000)
    assert said(decoder, b"\x82") == [(b":method", b"GET")]
    assert said(decoder, integer(100_000, 0x1F, 0x20) + b"\x82") == [(b":method", b"GET")]


# --- §5: integers and strings ---


@proves("RFC7541 5.1")
@pytest.mark.parametrize("zeros", range(5))
def test_integers_may_have_zeros(zeros: int) -> None:
    """The same index in one to five bytes after its prefix."""
    decoder = Decoder()
    said(decoder, literal(b"a", b"b") * 2)
    assert said(decoder, b"\x7f" + b"\x80" * zeros + b"\x00\x01c") == [(b"a", b"c")]


@proves("RFC7541 5.1", "RFC7541 7.4")
@pytest.mark.parametrize("prefix", ["ff", "7f", "0f", "1f", "3f", "007f", "0001617f", "40ff"])
@pytest.mark.parametrize(
    "rest", ["808080808000", "ffffffffff7f", "ffffffffffffffffffff01", "ffffffff7f", "80"]
)
def test_integers_that_are_too_long(prefix: str, rest: str) -> None:
    """More than five bytes, more than can be there, and no end: in each place where an integer stands."""
    assert code(Decoder(), prefix + rest) == COMPRESSION_ERROR


@proves("RFC7541 5.2")
@pytest.mark.parametrize(
    "block",
    ["40", "4001", "400161", "40016101", "4001610278", "0001", "0f", "1f", "ff", "7f", "3f", "0081", "418c"],
)
def test_blocks_that_are_cut(block: str) -> None:
    """A block that ends within a field ends the connection."""
    assert code(Decoder(), block) == COMPRESSION_ERROR


@proves("RFC7541 5.2")
@pytest.mark.parametrize("string", ["81ff", "84ffffffff", "8100", "811e", "823fff"])
@pytest.mark.parametrize("before", ["40", "00", "10", "400161", "5a", "0f0b"])
def test_huffman_code_that_is_malformed(before: str, string: str) -> None:
    """EOS and wrong padding end the connection, in names and in values, also where nothing is kept of them."""
    assert code(Decoder(), before + string + "0161") == COMPRESSION_ERROR
    assert code(Decoder(max_size=40), "82" + before + string + "0161") == COMPRESSION_ERROR


@proves("RFC7541 5.2")
@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 254, 255, 256, 20000])
def test_every_length_of_a_string(size: int) -> None:
    """Strings are read at the edges of their length's forms."""
    assert said(Decoder(), literal(b"a" * size, b"b" * size)) == [(b"a" * size, b"b" * size)]


# --- limits ---


@proves("RFC9113 10.5.1", "RFC7541 7.3")
def test_the_size_of_a_list() -> None:
    """At the limit all is there; above it the block says so, and what came before the limit is there."""
    fields = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
    block = b"".join(literal(*field) for field in fields)
    whole = Decoder(max_size=3 * 34).decode(block)
    assert (whole.fields, whole.too_large) == (fields, False)
    decoder = Decoder(max_size=3 * 34 - 1)
    cut = decoder.decode(block + b"\xc0")
    assert (cut.fields, cut.too_large) == (fields[:2], True)
    assert repr(cut) == "<Block of 2 fields, too large>"
    assert table(decoder) == fields[::-1]


@proves("RFC9113 10.5.1", "RFC7541 7.3")
def test_the_number_of_fields() -> None:
    """As many as may be are there; one more and the block says so."""
    decoder = Decoder(max_fields=5)
    assert not decoder.decode(b"\x82" * 5).too_large
    cut = decoder.decode(b"\x82" * 6 + literal(b"a", b"b"))
    assert (cut.fields, cut.too_large) == ([(b":method", b"GET")] * 5, True)
    assert repr(decoder.decode(b"\x82")) == "<Block of 1 fields>"
    assert table(decoder) == [(b"a", b"b")]


@proves("RFC9113 10.5.1", "RFC7541 7.3")
def test_the_next_block_after_one_that_was_too_large() -> None:
    """The table is what the peer takes it for: its next request can be read. It is too large each time."""
    decoder = Decoder(max_size=200)
    block = literal(b"a", b"1") + literal(b"big", bytes(2000)) + literal(b"b", b"2")
    assert decoder.decode(block).too_large
    assert said(decoder, b"\xbe\xc0") == [(b"b", b"2"), (b"a", b"1")]
    for _ in range(2):
        found = decoder.decode(b"\xbe\xbf\xc0")
        assert (found.fields, found.too_large) == ([(b"b", b"2")], True)


@proves("RFC9113 10.5.1")
@pytest.mark.parametrize(
    "block", [b"\x82" * 40, literal(b"a", bytes(1600)), literal(b"a", bytes(400)) + b"\xbe" * 3]
)
def test_far_too_much_ends_the_connection(block: bytes) -> None:
    """Sixteen times the limit is an attack, whether it is in many fields or in one; less is not."""
    size = sum(len(name) + len(value) + 32 for name, value in said(Decoder(), block))
    assert Decoder(max_size=size // 16 + 1).decode(block).too_large
    assert code(Decoder(max_size=size // 16 - 1), block) == ENHANCE_YOUR_CALM


@proves("RFC7541 7.3", "RFC9113 10.5.1")
def test_a_bomb_is_bounded() -> None:
    """64 KiB that name an entry of 4 KiB again and again would be 256 MiB; a few are kept, in no time."""
    decoder = Decoder()
    said(decoder, literal(b"a", bytes(4000)))
    tracemalloc.start()
    began = time.process_time()
    assert code(decoder, b"\xbe" * 65536) == ENHANCE_YOUR_CALM
    took = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 17
    assert took < 0.5


@proves("RFC7541 7.3")
@pytest.mark.parametrize(
    "field",
    [
        b"\x82",
        b"\x40\x00\x00",
        b"\x20",
        b"\x00\x81\x1f\x00",
        b"\x40\x84\xff\xff\xfe\x3f\x00",
        literal(b"a", b"b"),
    ],
)
def test_the_time_that_a_block_takes_is_bounded(field: bytes) -> None:
    """64 KiB of the shortest of each kind, of which nothing is kept, take a fraction of a second."""
    decoder = Decoder(max_size=1 << 20, max_fields=1)
    began = time.process_time()
    assert decoder.decode(field * (65536 // len(field))).too_large != (field == b"\x20")
    assert time.process_time() - began < 1.5


# --- what is remembered ---


def test_a_block_that_is_known() -> None:
    """The same object, with what was noted, until the table changes."""
    decoder = Decoder()
    said(decoder, literal(b"a", b"1") + literal(b"b", b"2"))
    block = b"\x82\xbe\xbf"
    first = decoder.decode(block)
    assert first.note is None
    first.note = "seen"
    assert decoder.decode(block) is first
    said(decoder, literal(b"c", b"3"))
    other = decoder.decode(block)
    assert (other.fields, other.note) == ([(b":method", b"GET"), (b"c", b"3"), (b"b", b"2")], None)
    decoder.decode(integer(68, 0x1F, 0x20))
    assert decoder.decode(block) is not other


def test_what_a_connection_remembers_is_bounded() -> None:
    """A few blocks, none of which is long or too large, and not the last one."""
    decoder = Decoder(max_size=10_000)
    for number in range(100):
        decoder.decode(literal(b"a", b"%d" % number, 0))
    assert 1 <= len(decoder._known) <= 8
    decoder._known.clear()
    decoder.decode(literal(b"a", bytes(300), 0))
    decoder.decode(b"\x82" * 250)
    decoder.decode(literal(b"a", b"b"))
    assert not decoder._known
    assert decoder._block == b""
    assert code(decoder, b"\x82" * 8000) == ENHANCE_YOUR_CALM
    assert decoder._block == b""


def test_strings_are_remembered_for_all_connections() -> None:
    """What many say is decoded once, names and values, but no long strings, and not more than so many."""
    hpack._strings.clear()
    one, other = Decoder(), Decoder()
    block = b"\x40" + coded(b"user-agent") + coded(b"Mozilla/5.0")
    (field,), (again,) = said(one, block), said(other, block)
    assert field == (b"user-agent", b"Mozilla/5.0")
    assert field[0] is again[0] and field[1] is again[1]
    assert said(one, b"\x00\x01a" + coded(b"a" * 1000)) == [(b"a", b"a" * 1000)]
    assert len(hpack._strings) == 2
    for number in range(5000):
        said(one, b"\x00\x01a" + coded(b"%d" % number))
    assert 0 < len(hpack._strings) <= 2048


@pytest.mark.parametrize("before", ["1f11", "0f11", "60", "0f08", "0f22", "100161"])
def test_secrets_are_not_remembered(before: str) -> None:
    """Cookies, credentials, and what is never to be indexed, stay out of what connections have in common."""
    hpack._strings.clear()
    assert said(Decoder(), before + "86a8eb10649cbf")[0][1] == b"no-cache"
    assert not hpack._strings
