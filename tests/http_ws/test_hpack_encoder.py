"""The encoder of HPACK: what it says, what it refuses, what it remembers, and a table of its own."""

import hpack
import pytest

from interfaces.http_ws import hpack_encoder
from interfaces.http_ws.hpack_encoder import Encoder, integer
from interfaces.shared.errors import ApplicationError
from tests.http_ws.hpack_examples import Pairs
from tests.http_ws.sections import proves

HTML = (b"content-type", b"text/html; charset=utf-8")
SERVER = (b"server", b"interfaces")
DATE = (b"date", b"Mon, 21 Oct 2013 20:13:21 GMT")
COOKIE = (b"set-cookie", b"a=b")


def read(block: bytes, decoder: hpack.Decoder | None = None) -> Pairs:
    """What the library makes of a block."""
    return [(name, value) for name, value in (decoder or hpack.Decoder()).decode(block, raw=True)]


def fields(headers: object) -> Pairs:
    """What the block of an answer with these headers says behind its status."""
    return read(Encoder().head(200, headers).data)[1:]


# --- fields ---


@proves("RFC7541 6.1", "RFC7541 6.2.2", "RFC9113 8.3.2")
@pytest.mark.parametrize("status", [100, 103, 200, 201, 204, 206, 301, 304, 400, 404, 418, 500, 503, 999])
@pytest.mark.parametrize("table", [0, 4096])
def test_the_status_comes_first(status: int, table: int) -> None:
    """In one byte where the static table has it, else in five."""
    data = Encoder(table).head(status, [SERVER]).data
    assert read(data) == [(b":status", b"%d" % status), SERVER]
    assert (data[0] == 0x08) == (status not in (200, 204, 206, 304, 400, 404, 500))


@pytest.mark.parametrize("status", [-1, 0, 99, 1000, 1 << 70])
def test_no_status(status: int) -> None:
    """What has not three digits is the application's mistake."""
    with pytest.raises(ApplicationError, match="no status"):
        Encoder().head(status, [])


@proves("RFC7541 6.2.2", "RFC7541 5.2")
def test_the_bytes_of_a_block() -> None:
    """Names of the static table by their index; Huffman code only where values are few, and it is shorter."""
    headers = [
        (b"Content-Type", b"text/plain"),
        (b"content-length", b"12"),
        (b"x-id", b"aaaa"),
        (b"vary", b"*"),
    ]
    assert Encoder().head(200, headers).data.hex(" ") == (
        "88 0f 10 87 49 7c a5 8a e8 19 aa 0f 0d 02 31 32 00 83 f2 b1 a4 04 61 61 61 61 0f 2c 01 2a"
    )


@proves("RFC9113 8.2")
def test_names_are_in_lower_case() -> None:
    """However the application spells them."""
    assert fields([(b"X-ID", b"A"), (b"ETag", b"B"), (b"SERVER", b"C")]) == [
        (b"x-id", b"A"), (b"etag", b"B"), (b"server", b"C"),
    ]  # fmt: skip


@proves("RFC9113 8.2.1")
@pytest.mark.parametrize("name", [b"server", b"x"])
def test_values_have_no_blanks_around_them(name: bytes) -> None:
    """Those around a value are left out, those inside stay; an empty value stays."""
    assert fields([(name, b" \ta \t b\t "), (name, b""), (name, b" "), (name, b"\xff")]) == [
        (name, b"a \t b"), (name, b""), (name, b""), (name, b"\xff"),
    ]  # fmt: skip


@proves("RFC9113 8.2.2")
@pytest.mark.parametrize("table", [0, 4096])
def test_what_belongs_to_another_protocol_is_left_out(table: int) -> None:
    """Fields that are about a connection of HTTP/1.1 are no error, and are not said."""
    headers = [
        (b"Connection", b"close"), (b"keep-alive", b"timeout=1"), (b"proxy-connection", b"close"), SERVER,
        (b"transfer-encoding", b"chunked"), (b"Upgrade", b"h2c"),
    ]  # fmt: skip
    assert read(Encoder(table).head(200, headers).data) == [(b":status", b"200"), SERVER]
    assert Encoder(table).field(b"connection", b"close") == b""


@proves("RFC9113 8.2.1", "RFC9112 11.1")
@pytest.mark.parametrize("table", [0, 4096])
@pytest.mark.parametrize("name", [b"server", b"x", b"set-cookie"])
@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\0b", b"\n", b"a\r"])
def test_values_that_cannot_be_said(table: int, name: bytes, value: bytes) -> None:
    """CR, LF and NUL are refused, wherever they stand, each time, and in trailers."""
    encoder = Encoder(table)
    for _ in range(2):
        with pytest.raises(ApplicationError, match="CR, LF or NUL"):
            encoder.head(200, [SERVER, (name, value)])
        with pytest.raises(ApplicationError, match="CR, LF or NUL"):
            encoder.trailers([SERVER, (name, value)])
    assert read(encoder.head(200, [SERVER]).data) == [(b":status", b"200"), SERVER]


@proves("RFC9113 8.2.1", "RFC9113 8.3.2")
@pytest.mark.parametrize("name", [b"", b":status", b":path", b"a b", b"a:", b"a\n", b"a\0", b"\xe4", b"(x)"])
def test_names_that_cannot_be_said(name: bytes) -> None:
    """A name is a token: no pseudo-header, no blank, nothing that is not ASCII."""
    with pytest.raises(ApplicationError, match="no token"):
        Encoder().head(200, [SERVER, (name, b"x")])
    with pytest.raises(ApplicationError, match="no token"):
        Encoder().field(name, b"x")


@pytest.mark.parametrize("bad", [[("server", b"x")], [(b"server", "x")], [(b"x", 1)], [b"x"], [(b"x", None)]])
def test_what_is_no_bytes(bad: object) -> None:
    """Strings and numbers are refused as Python refuses them, and nothing is remembered of them."""
    for _ in range(2):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            Encoder().head(200, bad)


@pytest.mark.parametrize("table", [0, 4096])
def test_headers_of_any_shape(table: int) -> None:
    """Lists, tuples, generators, pairs that are lists: the same block."""
    encoder = Encoder(table)
    decoder = hpack.Decoder()
    shapes = [
        [HTML, SERVER], (HTML, SERVER), iter([HTML, SERVER]), [[*HTML], [*SERVER]], ([*one] for one in (HTML, SERVER)),
    ]  # fmt: skip
    for headers in shapes:
        assert read(encoder.head(200, headers).data, decoder) == [(b":status", b"200"), HTML, SERVER]
    for headers in ([HTML, COOKIE], iter([[*HTML], [*COOKIE]])):
        assert read(encoder.trailers(headers), decoder) == [HTML, COOKIE]


@proves("RFC7541 7.1.3", "RFC7541 6.2.3")
@pytest.mark.parametrize("table", [0, 4096])
@pytest.mark.parametrize("name", [b"set-cookie", b"authorization", b"Cookie", b"proxy-authorization"])
def test_secrets_are_never_indexed(table: int, name: bytes) -> None:
    """They are literals that no proxy may index either, and no block with them is remembered."""
    encoder = Encoder(table)
    for _ in range(3):
        head = encoder.head(200, [(name, b"secret")])
        assert encoder.head(200, [(name, b"secret")]) is not head
        found = hpack.Decoder().decode(head.data, raw=True)[1]
        assert tuple(found) == (name.lower(), b"secret")
        assert isinstance(found, hpack.NeverIndexedHeaderTuple)


@proves("RFC7541 5.1")
@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 254, 255, 256, 257, 1000, 40000])
@pytest.mark.parametrize("name", [b"x", b"server", b"x" * 200])
def test_every_length(size: int, name: bytes) -> None:
    """Values and names are written at the edges of their length's forms."""
    assert fields([(name, b"a" * size)]) == [(name, b"a" * size)]
    assert integer(size, 0x7F, 0x80)[0] == 0x80 | min(size, 0x7F)


def test_trailers_and_single_fields() -> None:
    """Trailers have no status; one field more can stand behind a block."""
    encoder = Encoder()
    assert read(encoder.trailers([(b"Checksum", b"1"), (b"connection", b"close")])) == [(b"checksum", b"1")]
    assert encoder.trailers([]) == b""
    assert read(encoder.head(200, [HTML]).data + encoder.field(*DATE)) == [(b":status", b"200"), HTML, DATE]


# --- what is remembered ---


def test_a_block_that_is_known() -> None:
    """The same object with what was noted, on any connection; another status or field is another block."""
    headers = [HTML, (b"x-test", b"known")]
    head = Encoder().head(200, headers)
    assert head.note is None
    head.note = "seen"
    assert Encoder().head(200, tuple(headers)) is head
    assert Encoder().head(404, headers) is not head
    assert Encoder().head(200, headers[:1]) is not head
    own = Encoder(4096)
    assert own.head(200, headers).note is None


def test_what_a_process_remembers_is_bounded() -> None:
    """Blocks that are not long, names, and values of names that have few; not more of each than so many."""
    encoder = Encoder()
    for number in range(3000):
        encoder.head(200, [(b"x-%d" % number, b"x"), (b"server", b"%d" % number)])
    assert 0 < len(hpack_encoder._heads) <= 512
    assert 0 < len(hpack_encoder._names) <= 1024
    assert 0 < len(hpack_encoder._names[b"server"].values) <= 64
    assert fields([(b"x-2999", b"new")]) == [(b"x-2999", b"new")]
    long = [(b"x", b"y" * 2000)]
    assert encoder.head(200, long) is not encoder.head(200, long)
    before = {*hpack_encoder._names[b"server"].values}
    assert fields([(b"server", b"a" * 300)]) == [(b"server", b"a" * 300)]
    assert {*hpack_encoder._names[b"server"].values} == before


# --- a table of our own ---


@proves("RFC7541 2.3.2", "RFC7541 6.2.1")
def test_what_is_said_again_is_a_byte() -> None:
    """Fields with few values get an index; others, and secrets, do not."""
    encoder = Encoder(4096)
    decoder = hpack.Decoder()
    headers = [HTML, (b"content-length", b"1"), SERVER, (b"x-id", b"2"), COOKIE]
    first = encoder.head(200, headers).data
    again = encoder.head(200, headers).data
    assert read(first, decoder) == read(again, decoder) == [(b":status", b"200"), *headers]
    assert [*decoder.header_table.dynamic_entries] == [SERVER, HTML]
    assert again == b"\x88\xbf\x0f\x0d\x011\xbe" + Encoder().trailers(headers[3:])
    assert encoder.field(*SERVER) == b"\xbe"


def test_a_known_block_says_what_the_table_has() -> None:
    """Blocks are remembered until the table changes, and then say the new indexes."""
    encoder = Encoder(4096)
    decoder = hpack.Decoder()
    said = []
    for second in range(5):
        for _ in range(3):
            date = (b"date", b"Mon, 21 Oct 2013 20:13:2%d GMT" % second)
            head = encoder.head(200, [HTML, SERVER])
            data = head.data + encoder.field(*date)
            assert read(data, decoder) == [(b":status", b"200"), HTML, SERVER, date]
            said.append(len(data))
    assert encoder.head(200, [HTML, SERVER]) is encoder.head(200, [HTML, SERVER])
    assert said[1:3] == [4, 4] and said[-1] == 4
    assert Encoder(4096).head(200, [HTML, SERVER]).data != head.data


def test_a_block_that_is_refused_leaves_the_table_alone() -> None:
    """It is not sent: what it would have put into the table must not be named later."""
    encoder = Encoder(4096)
    decoder = hpack.Decoder()
    for bad in ((b"x", b"\n"), (b"server", b"\r"), (b"a b", b"")):
        with pytest.raises(ApplicationError):
            encoder.head(200, [HTML, SERVER, bad])
        with pytest.raises(ApplicationError):
            encoder.trailers([HTML, SERVER, bad])
    assert read(encoder.head(200, [HTML]).data, decoder) == [(b":status", b"200"), HTML]
    assert encoder.field(*HTML) == b"\xbe"


@proves("RFC7541 4.4")
def test_old_entries_make_room() -> None:
    """The oldest go first, as at the peer; one that would take more than half of the table does not go in."""
    encoder = Encoder(200)
    decoder = hpack.Decoder()
    for number in range(20):
        for value in (b"%d" % number, b"a" * 100, b"%d" % (number // 3)):
            data = encoder.head(200, [(b"server", value), (b"vary", value)]).data
            assert read(data, decoder) == [(b":status", b"200"), (b"server", value), (b"vary", value)]
        assert encoder._size <= 200
        assert len(encoder._entries) == len(encoder._indexes) <= 5
    assert (b"server", b"a" * 100) not in decoder.header_table.dynamic_entries


# --- the peer's limit ---


@proves("RFC7541 4.2", "RFC7541 6.3", "RFC9113 4.3.1")
def test_a_lower_limit_is_followed_without_a_table() -> None:
    """The next block says once that the table is empty, and for good; a known block is still known."""
    encoder = Encoder()
    plain = encoder.head(200, [SERVER])
    encoder.limit(8192)
    assert encoder.head(200, [SERVER]) is plain
    encoder.limit(4095)
    assert encoder.head(200, [SERVER]).data == b"\x20" + plain.data
    assert encoder.head(200, [SERVER]) is plain
    for size in (0, 100, 65536):
        encoder.limit(size)
        assert encoder.head(200, [SERVER]) is plain
    other = Encoder()
    other.limit(0)
    assert other.trailers([SERVER]) == b"\x20" + encoder.trailers([SERVER])
    assert other.trailers([SERVER]) == encoder.trailers([SERVER])


@proves("RFC7541 4.2", "RFC7541 4.3", "RFC7541 6.3")
@pytest.mark.parametrize(
    ("table", "limits", "update"),
    [
        (4096, [4096], ""),
        (4096, [65536], ""),
        (4096, [100], "3f45"),
        (4096, [0], "20"),
        (4096, [0, 4096], "20 3fe11f"),
        (4096, [1000, 50, 80], "3f13 3f31"),
        (4096, [10, 30], "2a 3e"),
        (65536, [], ""),
        (65536, [16384], "3fe17f"),
        (65536, [1 << 30], "3fe1ff03"),
        (65536, [100, 16384], "3f45 3fe17f"),
        (100, [], ""),
        (100, [4095], "3f45"),
        (100, [50], "3f13"),
        (100, [50, 4096], "3f13 3f45"),
    ],
)
def test_size_updates(table: int, limits: list[int], update: str) -> None:
    """The smallest limit since the last block, and what we make of the last; nothing where nothing is due."""
    encoder = Encoder(table)
    decoder = hpack.Decoder()
    read(encoder.head(200, [HTML, SERVER]).data, decoder)
    for size in limits:
        encoder.limit(size)
        decoder.max_allowed_table_size = size
    data = encoder.head(200, [HTML]).data
    assert data.startswith(bytes.fromhex(update))
    assert data[len(bytes.fromhex(update))] == 0x88
    assert read(data, decoder) == [(b":status", b"200"), HTML]
    assert encoder.head(200, [HTML]).data[0] == 0x88
    assert decoder.header_table._current_size >= encoder._size


@proves("RFC7541 4.3")
def test_a_limit_of_zero_ends_the_table() -> None:
    """Nothing is indexed any more, until there is room again."""
    encoder = Encoder(4096)
    decoder = hpack.Decoder()
    for size, entries in ((4096, 2), (0, 0), (73, 0), (90, 1), (4096, 2), (101, 2), (84, 1), (4096, 2)):
        encoder.limit(size)
        decoder.max_allowed_table_size = size
        for _ in range(2):
            assert read(encoder.head(200, [SERVER, (b"vary", b"*")]).data, decoder)[1:] == [
                SERVER,
                (b"vary", b"*"),
            ]
        assert len(encoder._entries) == len(decoder.header_table.dynamic_entries) == entries
