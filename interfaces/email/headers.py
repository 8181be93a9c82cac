"""The header of a message, split in linear time and kept as it is. Pure.

RFC 5322 (§2.2 fields, §2.2.3 folding), RFC 2047 (encoded words). The standard library's parser needs seconds for some
hostile fields; here a field is bytes, and decoding one is asked for one at a time and bounded.
"""

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from itertools import islice
from typing import Final

__all__ = ["Headers", "conversation", "identifier", "identifiers", "split"]

_NAME = re.compile(rb"[!-9;-~]+")
_IDENTIFIER = re.compile(rb"<([^<>\s]{1,998})>")
_COMMON = {
    name: name.lower()
    for name in b"""
        Received Return-Path Delivered-To From To Cc Subject Date Message-ID Message-Id In-Reply-To References Reply-To
        Sender MIME-Version Mime-Version Content-Type Content-Transfer-Encoding Content-Disposition Content-Language
        DKIM-Signature ARC-Seal ARC-Message-Signature ARC-Authentication-Results Authentication-Results Received-SPF
        List-Id List-Unsubscribe List-Unsubscribe-Post List-Help List-Post List-Archive Precedence Auto-Submitted
        User-Agent X-Mailer Organization Importance X-Priority Thread-Topic Thread-Index Feedback-ID
    """.split()
}
"""Names as they are mostly written, which need no second look."""
CR: Final = 13
BLANK: Final = 32
ORDINARY: Final = 16384
"""Bytes of a header that is read in one go."""
DECODED = 4000
"""Bytes of a field beyond which encoded words stay as they are."""


@dataclass(slots=True, init=False)
class Headers:
    """Fields in their order: names in lower case, values unfolded; ``end`` is where the body begins."""

    fields: list[tuple[bytes, bytes]]
    end: int
    _firsts: dict[bytes, bytes] = field(repr=False, compare=False)

    def __init__(self, fields: list[tuple[bytes, bytes]] | None = None, end: int = 0) -> None:
        self.fields = [] if fields is None else fields
        self.end = end
        self._firsts = {}

    @property
    def firsts(self) -> dict[bytes, bytes]:
        """The first value of each name."""
        if not self._firsts:
            self._firsts = dict(reversed(self.fields))
        return self._firsts

    def first(self, name: bytes) -> bytes:
        """The first value of ``name``, b"" without one."""
        return self.firsts.get(name, b"")

    def text(self, name: bytes) -> str:
        """The first value of ``name`` with its encoded words decoded, as far as that can be done."""
        value = self.first(name)
        plain = value.decode("utf-8", "replace")
        if (
            value.find(b"=?") < 0 or len(value) > DECODED
        ):  # twice as fast as "in", which asks for a number first
            return plain
        try:
            return " ".join(str(make_header(decode_header(plain))).splitlines())  # none can forge a field
        except (MessageError, LookupError, ValueError):
            return plain


def split(content: bytes, most: int = 1 << 30) -> Headers:
    """Read the fields up to the empty line; what is no field ends the header, as servers take it.

    No more than one beyond ``most`` is read: a megabyte may have a quarter of a million.
    """
    end = content.find(b"\r\n\r\n", 0, ORDINARY)
    if end > 0 and content[0] != CR:
        ordinary = _ordinary(content[:end])
        if ordinary is not None and len(ordinary) <= most:
            return Headers(ordinary, end + 4)
    return _any(content, most)


def _any(content: bytes, most: int) -> Headers:
    """As :func:`split`, of whatever there is."""
    fields: list[tuple[bytes, bytes]] = []
    at, size = 0, len(content)
    while True:
        first = content.find(b"\r\n", at)
        if first == at:  # what follows the empty line folds nothing
            return Headers(fields, at + 2)
        end = _unfolded(content, first, size)
        line = content[at:end] if end >= 0 else content[at:]
        colon = line.find(b":")
        name = _COMMON.get(line[:colon]) if colon > 0 else None
        if name is None:
            name = line[:colon].rstrip(b" \t").lower()
            if colon < 0 or not _NAME.fullmatch(name):
                return Headers(fields, at)
        value = line[colon + 1 :]
        fields.append((name, (value if end == first else value.replace(b"\r\n", b"")).strip(b" \t")))
        if end < 0:
            return Headers(fields, size)
        at = end + 2
        if len(fields) > most:
            return Headers(fields, at)


def _ordinary(head: bytes) -> list[tuple[bytes, bytes]] | None:
    """The fields of ``head``, which is all of a header, with few calls; None when not each line is one."""
    fields: list[tuple[bytes, bytes]] = []
    for line in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").split(b"\r\n"):
        said, colon, value = line.partition(b":")
        name = _COMMON.get(said)
        if name is None or not colon:
            name = said.rstrip(b" \t").lower()
            if not colon or not _NAME.fullmatch(name):
                return None
        fields.append((name, _bare(value)))
    return fields


def _bare(value: bytes) -> bytes:
    """``value`` without the blanks around it, which mostly is one in front."""
    if len(value) > 1 and value[0] == BLANK and value[1] > BLANK and value[-1] > BLANK:
        return value[1:]
    return value.strip(b" \t")


def _unfolded(content: bytes, end: int, size: int) -> int:
    """Where a field ends whose first line ends at ``end``: no blank begins the line after it."""
    while 0 <= end < size - 2 and content[end + 2] in (32, 9):
        end = content.find(b"\r\n", end + 2)
    return end


def identifier(value: bytes) -> str | None:
    """The first message identifier in a field, without its angle brackets."""
    found = _IDENTIFIER.search(value) if value else None
    return found[1].decode("utf-8", "replace") if found is not None else None


def identifiers(value: bytes, most: int) -> list[str]:
    """All of them, up to ``most``."""
    return [found[1].decode("utf-8", "replace") for found in islice(_IDENTIFIER.finditer(value), most)]


def conversation(headers: Headers) -> str | None:
    """The message that began the thread, or at least the one that is answered; None where none is."""
    return identifier(headers.first(b"references")) or identifier(headers.first(b"in-reply-to"))
