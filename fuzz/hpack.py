"""HPACK: blocks are read as the library hpack reads them, limits only cut, and what we write both read back."""

import random

import hpack
from hpack.exceptions import HPACKError

from interfaces.http_ws.hpack import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, Block, Decoder
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.shared.errors import ApplicationError, PeerError

Pairs = list[tuple[bytes, bytes]]

SIZE, FIELDS = 400, 6
WORDS = (
    b"\x82", b"\x86", b"\x84", b"\xbe", b"\xbf", b"\xc0", b"\xff\x00", b"\x88", b"\xc1",
    b"\x20", b"\x3f\x45", b"\x3f\xe1\x1f",
    b"\x41\x0fwww.example.com", b"\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
    b"\x58\x86\xa8\xeb\x10\x64\x9c\xbf",
    b"\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf",
    b"\x40\x0acustom-key\x0dcustom-header", b"\x04\x0c/sample/path", b"\x10\x08password\x06secret",
    b"\x0f\x28\x03a=b", b"\x7f\x00\x01x", b"\x40\x01a\x7f\x49" + b"b" * 200, b"\x00\x00\x00", b"\x1f\x08\x01y",
    b"\x60\x84\x25\xa8\x49\xe9", b"\x76\x02me", b"\x5f\x08text/css", b"\x79\x05close",
)  # fmt: skip
OF_A_CONNECTION = (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
LIMITS = (4096, 0, 64, 100, 8192)


def blocks(*said: bytes) -> bytes:
    """As :func:`one` takes them."""
    return b"".join(bytes((len(block),)) + block for block in said)


SEEDS = [
    b"\x00"
    + blocks(b"\x82\x86\x84" + WORDS[12], b"\x82\x86\x84\xbe" + WORDS[14], b"\x82\x87\x85\xbf" + WORDS[15]),
    b"\x00"
    + blocks(b"\x88" + WORDS[16] + WORDS[19], b"\x88\xbe\x0f\x28\x03a=b", b"\xbe" * 20, WORDS[21], b"\xbe"),
    b"\x02"
    + blocks(b"\x20\x3f\x21\x82" + WORDS[16], b"\xbe\x0f\x2f\x01x", b"\x82" + WORDS[18] + WORDS[22], b""),
    b"\x04" + blocks(b"\x3f\xe1\x3f" + b"".join(WORDS[12:17]), b"\xbe\xbf\xc0\xc1\xc2\xff\x00", b"\x82\x20"),
    b"\x00" + blocks(b"\x88\x5f\x08text/css\x76\x02me", b"\x88\xbf\xbe", b"\x88\xbf\xbe\x00\x04x-id\x0212"),
    b"\x03" + blocks(b"\x3f\x45" + WORDS[25], b"\xbe", b"\x20", b"\x3f\x45\x76\x02us", b"\xbe", b"\xbe\xbf"),
]


def ours(decoder: Decoder, block: bytes) -> Block | int:
    """What a block says, or the code with which the connection ends."""
    try:
        return decoder.decode(block)
    except PeerError as error:
        assert error.answer in (COMPRESSION_ERROR, ENHANCE_YOUR_CALM)
        return int(str(error.answer))


def theirs(decoder: hpack.Decoder, block: bytes) -> Pairs | int:
    """The same, as the library sees it."""
    try:
        return [(name, value) for name, value in decoder.decode(block, raw=True)]
    except HPACKError:
        return COMPRESSION_ERROR


def measured(fields: Pairs) -> int:
    """The size of a list."""
    return sum(len(name) + len(value) + 32 for name, value in fields)


def narrowed(decoder: Decoder, block: bytes, fields: Pairs) -> bool:
    """One with limits says the beginning of the same, and that it does; whether it goes on."""
    found = ours(decoder, block)
    if isinstance(found, int):
        assert found == ENHANCE_YOUR_CALM and measured(fields) > 16 * SIZE
        return False
    assert found.fields == fields[: len(found.fields)]
    assert (
        found.too_large
        == (len(found.fields) < len(fields))
        == (measured(fields) > SIZE or len(fields) > FIELDS)
    )
    assert measured(found.fields) <= SIZE and len(found.fields) <= FIELDS
    return True


class Answers:
    """What we write, with a table of our own and without, and two who read it."""

    def __init__(self, table: int) -> None:
        self.encoder = Encoder(table)
        self.decoder = Decoder(1 << 24, 1 << 20)
        self.library = hpack.Decoder(1 << 24)

    def limit(self, size: int) -> None:
        """The readers' limit."""
        self.encoder.limit(size)
        self.decoder.limit(size)
        self.library.max_allowed_table_size = size

    def check(self, fields: Pairs) -> None:
        """An answer with these fields says them to both, or is refused and changes nothing."""
        fields = [(name, value) for name, value in fields if name[:1] != b":"]
        kept = [(name.lower(), value) for name, value in fields if name.lower() not in OF_A_CONNECTION]
        for status in (200, 302, 200):
            try:
                data = self.encoder.head(status, fields).data
            except ApplicationError:
                continue
            data += self.encoder.field(b"date", b"%d" % len(fields))
            expected = [(b":status", b"%d" % status), *((name, value.strip(b" \t")) for name, value in kept)]
            expected.append((b"date", b"%d" % len(fields)))
            found = ours(self.decoder, data)
            if isinstance(found, int) or not found.fields == expected == theirs(self.library, data):
                raise AssertionError(f"{expected!r} is written as {data!r}, which is {found!r}")


class Reading:
    """One that has no limits, one that remembers nothing, one with limits, and the library's."""

    def __init__(self, limit: int) -> None:
        self.wide, self.fresh = Decoder(1 << 24, 1 << 20), Decoder(1 << 24, 1 << 20)
        self.narrow: Decoder | None = Decoder(SIZE, FIELDS)
        self.library = hpack.Decoder(1 << 24)
        self.limit = limit
        if limit != 4096:
            for decoder in (self.wide, self.fresh, self.narrow):
                decoder.limit(limit)
            self.library.max_allowed_table_size = limit

    def check(self, block: bytes) -> Pairs | None:
        """What a block says to all of them; None when it ends the connection."""
        found = ours(self.wide, block)
        self.fresh._known.clear()  # noqa: SLF001 - what is remembered must be what would be read again
        again = ours(self.fresh, block)
        if isinstance(found, int):
            assert theirs(self.library, block) == again == found == COMPRESSION_ERROR
            return None
        fields = found.fields
        if isinstance(again, int) or not fields == again.fields == theirs(self.library, block):
            raise AssertionError(f"{block!r} is {fields!r}")
        table = self.library.header_table
        assert self.wide._size == table._current_size <= self.limit  # noqa: SLF001 - the tables agree
        if self.narrow is not None and not narrowed(self.narrow, block, fields):
            self.narrow = None
        return fields


def one(data: bytes) -> None:
    """A byte that picks our limit, then blocks, each behind a byte that says how long it is."""
    if not data:
        return
    limit = LIMITS[data[0] % len(LIMITS)]
    reading = Reading(limit)
    answers = [Answers(table) for table in (0, 150, 4096)]
    at = 1
    while at < len(data):
        fields = reading.check(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
        if fields is None:
            return
        for answer in answers:
            if at & 1:
                answer.limit(limit)
            answer.check(fields)


def generate(rng: random.Random) -> bytes:
    """Blocks of sound words, some of them again, a few with a byte changed."""
    said: list[bytes] = []
    for _ in range(rng.randrange(1, 8)):
        block = bytearray(b"".join(rng.choices(WORDS[:9] * 2 + WORDS[12:], k=rng.randrange(8)))[:255])
        if rng.random() < 0.2:
            block[:0] = rng.choice(WORDS[9:12])
        if rng.random() < 0.2 and block:
            block[rng.randrange(len(block))] = rng.randrange(256)
        said += [bytes(block[:255])] * rng.choice((1, 1, 1, 2))
    return bytes((rng.choice((0, 0, 0, 1, 2, 3, 4)),)) + blocks(*said)
