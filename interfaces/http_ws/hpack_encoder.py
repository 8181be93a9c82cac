"""HPACK, written: the blocks of fields that a server sends in HTTP/2. Pure.

RFC 7541 §4.2 (size updates), §5 (integers, strings), §6 (fields), §7.1.3 (what is never indexed); RFC 9113 §8.2
(names in lower case, values without blanks around them), §8.2.2 (fields that are about a connection of HTTP/1.1:
left out), §8.3.2 (":status").

Without a table of its own an encoder says the same bytes for the same fields, on every connection, and whole blocks
are remembered for all of them. With a table it says a byte for each field that it has said before, and takes longer
whenever something is new. Only fields that have few values are indexed; those, and no others, are written in
Huffman code where that is shorter.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from interfaces.http_ws.hpack_tables import ENTRY, LAST, STATIC_FIELDS, STATIC_NAMES, TABLE_SIZE
from interfaces.http_ws.huffman import bits
from interfaces.http_ws.huffman import encode as packed
from interfaces.shared.errors import ApplicationError

__all__ = ["Encoder", "Head", "integer"]

_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NAMES_AT_MOST: Final = 1024
_VALUES_AT_MOST: Final = 64  # of a name, and how long they may be
_VALUE: Final = 256
_HEADS_AT_MOST: Final = 512  # and how long they may be
_HEAD: Final = 1024
_OF_A_CONNECTION: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
)
_SECRET: Final = frozenset(
    (b"authentication-info", b"authorization", b"cookie", b"proxy-authorization", b"set-cookie")
)
# What is worth an entry of a table: an answer has few of their values, and the next one has the same.
_HOT: Final = frozenset(
    (
        b"accept-ranges", b"access-control-allow-credentials", b"access-control-allow-headers",
        b"access-control-allow-methods", b"access-control-allow-origin", b"access-control-expose-headers",
        b"access-control-max-age", b"alt-svc", b"cache-control", b"content-encoding", b"content-language",
        b"content-type", b"cross-origin-embedder-policy",
        b"cross-origin-opener-policy", b"cross-origin-resource-policy", b"date", b"permissions-policy", b"pragma",
        b"referrer-policy", b"server", b"strict-transport-security", b"vary", b"via", b"x-content-type-options",
        b"x-frame-options", b"x-powered-by", b"x-xss-protection",
    )
)  # fmt: skip

Pairs = tuple[tuple[bytes, bytes], ...]


def integer(value: int, mask: int, first: int) -> bytes:
    """``value`` behind the bits of ``first``, in a prefix whose bits are those of ``mask`` (§5.1)."""
    if value < mask:
        return bytes((first | value,))
    out = [first | mask]
    value -= mask
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _string(data: bytes, short: bool) -> bytes:
    """A string (§5.2); ``short`` tells to look whether Huffman code is shorter."""
    if short and bits(data) <= 8 * len(data) - 8:
        data = packed(data)
        return integer(len(data), 0x7F, 0x80) + data
    return integer(len(data), 0x7F, 0) + data


class _Name:
    """What is known of a name: how it is written with and without indexing; nothing for one that is left out."""

    __slots__ = ("hot", "indexing", "literal", "lower", "secret", "values")

    def __init__(self, lower: bytes) -> None:
        self.lower: bytes = lower
        self.hot: bool = lower in _HOT
        self.secret: bool = lower in _SECRET
        self.values: dict[bytes, bytes] = {}  # of hot ones: how they are written without indexing
        self.literal: bytes = b""
        self.indexing: bytes = b""
        if lower not in _OF_A_CONNECTION:
            index = STATIC_NAMES.get(lower, 0)
            name = b"" if index else _string(lower, True)
            self.literal = integer(index, 0x0F, 0x10 if self.secret else 0) + name
            self.indexing = integer(index, 0x3F, 0x40) + name


class Head:
    """The block of an answer's fields. ``note`` is for whoever asks for it, to keep what was found out of them."""

    __slots__ = ("data", "note")

    def __init__(self, data: bytes) -> None:
        self.data: bytes = data
        self.note: object = None


_sizes: Final = [integer(size, 0x7F, 0) for size in range(0x7F)]
_names: Final[dict[bytes, _Name]] = {}
_heads: Final[dict[tuple[int, Pairs], Head]] = {}
_statuses: Final = {
    status: integer(STATIC_FIELDS[b":status", b"%d" % status], 0x7F, 0x80)
    for status in (200, 204, 206, 304, 400, 404, 500)
}


def _learn(name: bytes) -> _Name:
    """What a name is; remembered while there are few."""
    if not _NAME.fullmatch(name):
        raise ApplicationError("a response header's name is no token")
    known = _Name(name.lower())
    if len(_names) < _NAMES_AT_MOST:
        _names[name] = known
    return known


def _literal(name: _Name, value: bytes) -> bytes:
    """A field that leaves the table alone."""
    if b"\n" in value or b"\r" in value or b"\0" in value:
        raise ApplicationError("a response header holds CR, LF or NUL")
    said, value = value, value.strip(b" \t")
    if not name.hot or len(value) > _VALUE:
        size = len(value)
        return name.literal + (_sizes[size] if size < 0x7F else integer(size, 0x7F, 0)) + value
    written = name.literal + _string(value, True)
    if len(name.values) >= _VALUES_AT_MOST:
        name.values.clear()
    name.values[said] = written
    return written


def _pairs(headers: Iterable[Any]) -> Pairs:
    """Pairs of whatever kind, lists among them, as tuples."""
    return tuple([(name, value) for name, value in headers])


class Encoder:
    """Writes one connection's blocks, each of which must be sent, in the order in which they were made.

    ``table`` bounds a table of our own, 0 for none. ``limit`` tells of the peer's SETTINGS_HEADER_TABLE_SIZE, when
    it is acknowledged. ``due``: a block begins with :meth:`updates` then, those of another encoder, too.
    """

    __slots__ = (
        "_announced", "_count", "_entries", "_heads", "_indexes", "_limit", "_lowest", "_most", "_size",
        "_table_size", "due",
    )  # fmt: skip

    def __init__(self, table: int = 0) -> None:
        self._most: int = table
        self._table_size: int = min(table, TABLE_SIZE)
        self._limit: int = TABLE_SIZE
        self._lowest: int = TABLE_SIZE  # limit since the last block
        self._announced: int = TABLE_SIZE  # above ours, the peer only keeps what we have forgotten
        self.due: bool = False
        self._size: int = 0
        self._count: int = 0  # of all entries that were ever made
        self._entries: list[tuple[tuple[bytes, bytes], int]] = []  # with their sizes, the oldest first
        self._indexes: dict[tuple[bytes, bytes], int] = {}  # which entry a field is
        self._heads: dict[tuple[int, Pairs], Head] = {} if table else _heads

    def limit(self, size: int) -> None:
        """From now on the dynamic table may have ``size`` bytes; the next block says what we make of it."""
        self._limit = size
        self._lowest = min(self._lowest, size)
        self._table_size = min(size, self._most)
        self._evict()
        if self._most:
            self._heads.clear()  # what had no room may have it now
        self.due = self._lowest < self._announced or self._table_size > self._announced

    def head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> Head:
        """The block of an answer. Raises ApplicationError for what cannot be said.

        The same object may be given again for the same fields: of another answer, and on another connection.
        """
        fields = tuple(headers)
        key: Any = (status, fields)  # Any: compiled, it is one object, and not taken apart
        try:
            known = self._heads.get(key)
        except TypeError:
            fields = _pairs(fields)
            key = (status, fields)
            known = self._heads.get(key)
        if known is None:
            known = self._head(status, fields, key)
        return Head(self.updates() + known.data) if self.due else known

    def trailers(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The block of an answer's trailers. Raises ApplicationError for what cannot be said."""
        parts = [b""]
        self._fields(parts, _pairs(headers))
        if self.due:
            parts[0] = self.updates()
        return b"".join(parts)

    def field(self, name: bytes, value: bytes) -> bytes:
        """One field more, to stand at the end of the block that was just made: the date."""
        parts: list[bytes] = []
        self._fields(parts, ((name, value),))
        return b"".join(parts)

    def _head(self, status: int, headers: Pairs, key: Any) -> Head:
        """A block that is not known; the next one like it is, unless it changed the table or has a secret."""
        first = _statuses.get(status)
        if first is None:
            if not 100 <= status <= 999:
                raise ApplicationError(f"{status} is no status")
            first = b"\x08\x03%d" % status
        parts = [first]
        kept = self._fields(parts, headers)
        made = Head(b"".join(parts))
        if kept and len(made.data) <= _HEAD:
            if len(self._heads) >= _HEADS_AT_MOST:
                self._heads.clear()
            self._heads[key] = made
        return made

    def _fields(self, parts: list[bytes], headers: Pairs) -> bool:
        """Write fields; whether the same bytes would say them again, and may be kept."""
        kept = True
        table = self._most != 0
        hot: list[tuple[int, _Name, bytes]] = []
        for spelt, value in headers:
            name = _names.get(spelt)
            if name is None:
                name = _learn(spelt)
            if not name.literal:
                continue
            if name.hot:
                if table:
                    hot.append((len(parts), name, value))
                known = name.values.get(value)
                parts.append(known if known is not None else _literal(name, value))
            else:
                parts.append(_literal(name, value))
                if name.secret:
                    kept = False
        for at, name, value in hot:  # all is known to be right: the block will be sent
            if self._indexed(parts, at, name, value):
                kept = False
        return kept

    def _indexed(self, parts: list[bytes], at: int, name: _Name, value: bytes) -> bool:
        """Say a field by its index, or with one for the next time; whether that changed the table."""
        value = value.strip(b" \t")
        field = (name.lower, value)
        count = self._indexes.get(field, 0)
        if count:
            parts[at] = integer(LAST + 1 + self._count - count, 0x7F, 0x80)
            return False
        size = len(name.lower) + len(value) + ENTRY
        if 2 * size > self._table_size:
            return False
        parts[at] = name.indexing + parts[at][len(name.literal) :]
        self._heads.clear()
        self._count += 1
        self._indexes[field] = self._count
        self._entries.append((field, size))
        self._size += size
        self._evict()
        return True

    def _evict(self) -> None:
        """Forget the oldest entries until the rest fits, as the peer does."""
        gone = 0
        while self._size > self._table_size:
            field, size = self._entries[gone]
            self._size -= size
            del self._indexes[field]
            gone += 1
        if gone:
            del self._entries[:gone]
            self._heads.clear()

    def updates(self) -> bytes:
        """The size updates that are due, for the beginning of a block (§4.2)."""
        least = min(self._lowest, self._table_size)
        out = integer(least, 0x1F, 0x20) if self._lowest < self._announced else b""
        if not out or self._table_size > least:
            out += integer(self._table_size, 0x1F, 0x20)
        self._announced = self._table_size
        self._lowest = self._limit
        self.due = False
        return out
