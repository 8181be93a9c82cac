"""Encoded words in a header field. Pure.

RFC 2047, RFC 2231 §5 (a language behind the charset). Read beyond the standard, as mailers write it: blanks inside a
word, and a character that is cut in two by the end of one.
"""

import re
from binascii import Error, a2b_base64, a2b_qp

from interfaces.email.mime.charsets import text_of

__all__ = ["MOST", "base64", "decoded", "one_line"]

_WORD = re.compile(r"=\?([!-)+-<>@-~]{1,60}+)(?:\*[!->@-~]{0,60}+)?\?([bBqQ])\?([^?]*+)\?=")
_NEEDED = re.compile(rb"[^A-Za-z0-9+/]+")
_ENDS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
MOST = 1000
"""Encoded words of a field that are decoded; a field with more of them stays as it is."""


def base64(content: bytes | memoryview) -> bytes:
    """What base64 says, as far as it can be read: other characters are passed over, a broken end is cut."""
    try:
        return a2b_base64(content)
    except Error:
        sound = _NEEDED.sub(b"", content)
        sound = sound[: len(sound) - (len(sound) % 4 == 1)]
        return a2b_base64(sound + b"=" * (-len(sound) % 4))


def decoded(value: bytes) -> str:
    """The text of a field's value, in one line; a control character in it is a blank, so that none forges a field."""
    plain = text_of(value)
    if b"=?" not in value:
        return one_line(plain)
    words = list(_WORD.finditer(plain))
    if not words or len(words) > MOST:
        return one_line(plain)
    found: list[str] = []
    at, charset, kept = 0, "", b""
    for word in words:
        between = plain[at : word.start()]
        content = _content(word[2], word[3])
        if at and not between.strip(" \t\r\n") and word[1].lower() == charset:
            kept += content  # a character may be cut in two
        else:
            found.append(text_of(kept, charset))
            found.append(between if not at or between.strip(" \t\r\n") else "")
            charset, kept = word[1].lower(), content
        at = word.end()
    found += [text_of(kept, charset), plain[at:]]
    return one_line("".join(found))


def one_line(text: str) -> str:
    """``text`` with a blank for its ends of lines and other controls."""
    return _ENDS.sub(" ", text).strip()


def _content(kind: str, text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    if kind in "bB":
        return base64(content)
    return a2b_qp(content.replace(b" ", b"_"), header=True)
