"""HPACK, read: blocks of fields that a peer sends in HTTP/2. Pure.

RFC 7541 §2.3 (tables), §3 (decoding), §4 (the dynamic table and its size), §5 (integers, strings), §6 (fields);
RFC 9113 §4.3 (compression, errors), §6.5.2 (SETTINGS_HEADER_TABLE_SIZE, SETTINGS_MAX_HEADER_LIST_SIZE).

A connection that breaks these rules ends with COMPRESSION_ERROR: index 0, an index beyond both tables, integers
in more than five bytes after their prefix, strings and integers that are cut, Huffman code with EOS, with padding
of more than seven bits or of other bits than ones, a size update behind a field or above our limit, or none after
our limit went below the table's size.
More fields than the limits allow are a request that is refused: the block is read to its end, so that the table
stays what the peer takes it for, but no field above the limits is kept. Sixteen times the limit in one block ends
the connection, too, with ENHANCE_YOUR_CALM.
What a field may be is not judged here. That a literal is never to be indexed is for proxies; here it only tells
that its value is not remembered for other connections, as those of cookies and credentials are not.
"""

from typing import Any, Final

from interfaces.http_ws.hpack_tables import ENTRY, LAST, STATIC, TABLE_SIZE
from interfaces.http_ws.huffman import decode as unpacked
from interfaces.shared.errors import PeerError

__all__ = ["COMPRESSION_ERROR", "ENHANCE_YOUR_CALM", "Block", "Decoder"]

COMPRESSION_ERROR: Final = 0x9
ENHANCE_YOUR_CALM: Final = 0xB
CALM: Final = 16  # times the limit of the list, in one block: no mistake, but an attack

_BLOCKS: Final = 8  # that a connection remembers, and how long they may be
_BLOCK: Final = 256
_STRINGS: Final = 2048  # in Huffman code that a process remembers, and how long they may be
_STRING: Final = 256
_SECRET: Final = frozenset((b"authorization", b"cookie", b"proxy-authorization"))

# Entries are Any: compiled, what is known to be a pair is taken apart and made anew whenever it is passed on.
_static: Final[list[Any]] = [*STATIC]
_static_sizes: Final = [len(name) + len(value) + ENTRY for name, value in STATIC]
_strings: Final[dict[bytes, bytes]] = {}


def _wrong(text: str) -> PeerError:
    """The error of a block that cannot be read: the connection has to end."""
    return PeerError(text, COMPRESSION_ERROR)


class Block:
    """What one block says.

    ``fields`` are in order, and not to be changed: the same object is given for the same block again. ``note`` is
    for whoever reads it, to keep with it what was found out. ``too_large``: there were more than the limits allow,
    and only those before are here.
    """

    __slots__ = ("fields", "note", "too_large")

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.too_large: bool = False
        self.note: object = None

    def __repr__(self) -> str:
        return f"<Block of {len(self.fields)} fields{', too large' if self.too_large else ''}>"


class Decoder:
    """Reads one connection's blocks, each of which must be given, whole and in order.

    ``max_size`` bounds a block's fields, counted as SETTINGS_MAX_HEADER_LIST_SIZE does, ``max_fields`` their
    number. ``limit`` tells that the peer has acknowledged another SETTINGS_HEADER_TABLE_SIZE of ours.
    """

    __slots__ = (
        "_at", "_block", "_changed", "_entries", "_known", "_limit", "_lowest", "_size", "_sizes",
        "_table_size", "max_fields", "max_size",
    )  # fmt: skip

    def __init__(self, max_size: int = 65536, max_fields: int = 128) -> None:
        self.max_size: int = max_size
        self.max_fields: int = max_fields
        self._entries: list[Any] = []  # of the dynamic table, the newest last
        self._sizes: list[int] = []  # of the entries
        self._size: int = 0
        self._table_size: int = TABLE_SIZE
        self._limit: int = TABLE_SIZE
        self._lowest: int = TABLE_SIZE  # limit since the last block
        self._known: dict[bytes, Block] = {}
        self._block: bytes = b""
        self._at: int = 0
        self._changed: bool = False

    def limit(self, size: int) -> None:
        """From now on the dynamic table may have ``size`` bytes."""
        self._limit = size
        if size < self._lowest:
            self._lowest = size
            self._known.clear()  # the next block has to begin with an update

    def decode(self, block: bytes) -> Block:
        """The fields of ``block``. Raises PeerError, whose ``answer`` is the code to end the connection with."""
        known = self._known.get(block)  # what leaves the table alone says the same until the table changes
        if known is not None:
            return known
        self._block = block
        self._at = 0
        self._changed = False
        made = Block()
        try:
            if self._lowest < self._table_size or (block and block[0] & 0xE0 == 0x20):
                self._updates()
            self._read(made)
        except IndexError:
            raise _wrong("a block is cut, or an index is beyond the tables") from None
        finally:
            self._block = b""
        if self._changed:
            self._known.clear()
        elif len(block) <= _BLOCK and not made.too_large:
            if len(self._known) >= _BLOCKS:
                self._known.clear()
            self._known[block] = made
        return made

    def _read(self, made: Block) -> None:
        """The fields from where we are."""
        block = self._block
        entries = self._entries
        sizes = self._sizes
        fields: list[Any] = made.fields
        max_size = self.max_size
        max_fields = self.max_fields
        end = len(block)
        at = self._at
        total = 0
        while at < end:
            first = block[at]
            at += 1
            if first & 0x80 and first != 0xFF:
                index = first & 0x7F
                if index > LAST:
                    field = entries[LAST - index]
                    total += sizes[LAST - index]
                elif index:
                    field = _static[index]
                    total += _static_sizes[index]
                else:
                    raise _wrong("index 0")
            else:
                self._at = at
                field = self._entry(self._integer(0x7F)) if first == 0xFF else self._literal(first)
                total += len(field[0]) + len(field[1]) + ENTRY
                at = self._at
            if total > max_size or len(fields) >= max_fields:
                made.too_large = True
                if total > max_size * CALM:
                    raise PeerError("a block has far too many fields", ENHANCE_YOUR_CALM)
            else:
                fields.append(field)

    def _entry(self, index: int) -> Any:
        """The field in one of the tables. Raises IndexError beyond them."""
        return _static[index] if index <= LAST else self._entries[LAST - index]

    def _literal(self, first: int) -> Any:
        """A field whose value stands here; and its name, where no index of one does."""
        if first & 0x60 == 0x20:
            raise _wrong("a size update behind a field")
        mask = 0x3F if first & 0x40 else 0x0F
        index = first & mask
        if index == mask:
            index = self._integer(mask)
        name: bytes = self._entry(index)[0] if index else self._string(True)
        value = self._string(first & 0x50 != 0x10 and name not in _SECRET)
        field = (name, value)
        if first & 0x40:
            self._insert(field, len(name) + len(value) + ENTRY)
        return field

    def _string(self, shared: bool) -> bytes:
        """A string; ``shared`` tells that it may be remembered for others."""
        block = self._block
        start = self._at + 1
        first = block[start - 1]
        self._at = start
        length = first & 0x7F
        if length == 0x7F:
            length = self._integer(0x7F)
            start = self._at
        end = start + length
        if end > len(block):
            raise _wrong("a string is cut")
        self._at = end
        data = block[start:end]
        if first < 0x80:
            return data
        known = _strings.get(data)
        return known if known is not None else _unpacked(data, shared)

    def _integer(self, value: int) -> int:
        """An integer whose prefix is all ones: ``value``, and what follows it."""
        for shift in (0, 7, 14, 21, 28):
            byte = self._block[self._at]
            self._at += 1
            value += (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise _wrong("an integer is too long")

    def _updates(self) -> None:
        """The size updates at the beginning of a block (§4.2)."""
        block = self._block
        lowest = self._table_size
        while self._at < len(block) and block[self._at] & 0xE0 == 0x20:
            size = block[self._at] & 0x1F
            self._at += 1
            if size == 0x1F:
                size = self._integer(size)
            if size > self._limit:
                raise _wrong("a size update is above the limit")
            lowest = min(lowest, size)
            self._table_size = size
            self._evict()
            self._changed = True
        if lowest > self._lowest:
            raise _wrong("a size update is missing")
        self._lowest = self._limit

    def _insert(self, field: Any, size: int) -> None:
        """A new entry of the dynamic table; one that is larger than the table empties it (§4.4)."""
        self._changed = True
        self._entries.append(field)
        self._sizes.append(size)
        self._size += size
        if self._size > self._table_size:
            self._evict()

    def _evict(self) -> None:
        """Drop the oldest entries until the rest fits."""
        gone = 0
        while self._size > self._table_size:
            self._size -= self._sizes[gone]
            gone += 1
        if gone:
            del self._entries[:gone]
            del self._sizes[:gone]


def _unpacked(data: bytes, shared: bool) -> bytes:
    """A string in Huffman code; remembered for all connections, since browsers of one kind say the same."""
    try:
        text = unpacked(data)
    except ValueError as error:
        raise _wrong(str(error)) from None
    if shared and len(data) <= _STRING:
        if len(_strings) >= _STRINGS:
            _strings.clear()
        _strings[data] = text
    return text
