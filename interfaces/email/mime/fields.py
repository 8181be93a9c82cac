"""Content-Type and Content-Disposition: a word and its parameters. Pure.

RFC 2045 §5.1, RFC 2183, RFC 2231 (parameters in pieces, and with a charset). Read beyond the standards, as mailers
write it: encoded words and 8-bit characters in a parameter, blanks around "=", no end of a quoted string.
"""

import re
from urllib.parse import unquote_to_bytes

from interfaces.email.mime.charsets import text_of
from interfaces.email.mime.words import decoded, one_line

__all__ = ["LONGEST", "Parameters", "media_type", "parameters", "word"]

Parameters = dict[str, str]
"""By their names in lower case."""

_WORD = re.compile(rb"[ \t]*+([^\s;()\"]++)")
_TYPE = re.compile(r"[!#$&^_.+a-z0-9-]{1,127}/[!#$&^_.+a-z0-9-]{1,127}")
_PARAMETER = re.compile(
    rb";[\s]*+([^\s=;\"()*]++)(?:\*([0-9]{1,3}+))?(\*)?\s*+=\s*+(?:\"((?:[^\"\\]++|\\.)*+)\"?|([^;\s]*+))",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
LONGEST = 65_536
"""Bytes of a field that are looked at."""
MOST = 1000
"""Parameters of a field, or pieces of them, that are looked at."""

Pieces = dict[int, tuple[bytes, bool]]
"""By their number: the bytes, and whether they are percent-encoded."""


def word(value: bytes, *, default: str = "") -> str:
    """The word that a field begins with, in lower case: a type such as text/plain, or a disposition."""
    found = _WORD.match(value, 0, LONGEST)
    return found[1].decode("latin-1").lower() if found else default


def media_type(value: bytes, default: str = "text/plain") -> str:
    """The type that a Content-Type says, in lower case; ``default`` without one, text/plain for what is none."""
    if not value:
        return default
    said = word(value)
    return said if _TYPE.fullmatch(said) else "text/plain"


def parameters(value: bytes) -> Parameters:
    """The parameters of a field; the first of a name counts, and the one in pieces or with a charset before others."""
    if b";" not in value:
        return {}
    plain: Parameters = {}
    pieces: dict[str, Pieces] = {}
    for count, found in enumerate(_PARAMETER.finditer(value, 0, LONGEST)):
        if count >= MOST:
            break
        name = found[1].decode("latin-1").lower()
        quoted, token = found[4], found[5]
        content = token if quoted is None else _ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted
        if found[2] is None and found[3] is None:
            plain.setdefault(name, decoded(content))
        else:
            pieces.setdefault(name, {}).setdefault(int(found[2] or 0), (content, found[3] is not None))
    for name, parts in pieces.items():
        plain[name] = _joined(parts)
    return plain


def _joined(pieces: Pieces) -> str:
    """RFC 2231: the pieces from 0 on, as far as none is missing; the charset stands in the first."""
    content, charset = b"", ""
    collected: list[bytes] = []
    for number in range(len(pieces)):
        if number not in pieces:
            break
        content, encoded = pieces[number]
        if number == 0 and encoded and content.count(b"'") >= 2:
            said, _, content = content.split(b"'", 2)
            charset = said.decode("latin-1")
        collected.append(unquote_to_bytes(content) if encoded else content)
    return one_line(text_of(b"".join(collected), charset))
