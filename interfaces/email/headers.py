"""The header of a message, split in linear time and kept as it is. Pure.

RFC 5322 (§2.2 fields, §2.2.3 folding), RFC 2047 (encoded words). The standard library's parser needs seconds for some
hostile fields; here a field is bytes, and decoding one is asked for one at a time and bounded.
"""

import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header

__all__ = ["Headers", "identifier", "split"]

_NAME = re.compile(rb"[!-9;-~]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_IDENTIFIER = re.compile(rb"<([^<>\s]{1,998})>")
DECODED = 4000
"""Bytes of a field beyond which encoded words stay as they are."""


@dataclass(slots=True)
class Headers:
    """Fields in their order: names in lower case, values unfolded; ``end`` is where the body begins."""

    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    end: int = 0

    def first(self, name: bytes) -> bytes:
        """The first value of ``name``, b"" without one."""
        return next((value for found, value in self.fields if found == name), b"")

    def text(self, name: bytes) -> str:
        """The first value of ``name`` with its encoded words decoded, as far as that can be done."""
        value = self.first(name)
        plain = value.decode("utf-8", "replace")
        if b"=?" not in value or len(value) > DECODED:
            return plain
        try:
            return str(make_header(decode_header(plain)))
        except (HeaderParseError, LookupError, ValueError):
            return plain


def split(content: bytes) -> Headers:
    """Read the fields up to the empty line; what is no field ends the header, as servers take it."""
    found, at = Headers(), 0
    while True:
        end = content.find(b"\r\n", at)
        while end >= 0 and content[end + 2 : end + 3] in (b" ", b"\t"):
            end = content.find(b"\r\n", end + 2)
        line = content[at:end] if end >= 0 else content[at:]
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if not colon or not _NAME.fullmatch(name):
            found.end = at + 2 if not line and end >= 0 else at
            return found
        if b"\r\n" in value:
            value = _FOLD.sub(b"", value)
        found.fields.append((name.lower(), value.strip(b" \t")))
        if end < 0:
            found.end = len(content)
            return found
        at = end + 2


def identifier(value: bytes) -> str | None:
    """The first message identifier in a field, without its angle brackets."""
    found = _IDENTIFIER.search(value)
    return found[1].decode("utf-8", "replace") if found else None
