"""Tag lists, ``v=1; d=example.org``: signatures, keys and policies are written so (RFC 6376 §3.2). Pure.

Refused, although lenient peers take it: a tag twice, a name that is no name, something without "=".
"""

import re

__all__ = ["read", "unfolded"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLANKS = re.compile(r"[ \t\r\n]+")


def read(text: str) -> dict[str, str]:
    """The tags in their order, blanks around names and values taken away. ValueError when it is no such list."""
    found: dict[str, str] = {}
    parts = text.split(";")
    if not parts[-1].strip():
        parts.pop()
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(f"{part.strip()[:40]!r} is no tag")
        if name in found:
            raise ValueError(f"the tag {name} twice")
        found[name] = value.strip()
    return found


def unfolded(value: str) -> str:
    """A value in which blanks mean nothing, without them: base64, names of fields."""
    return _BLANKS.sub("", value)
