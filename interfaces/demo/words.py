"""What a visitor may send: JSON objects of known kinds, with every length bounded; and what others say, made to fit.

Pure.
"""

import hashlib
import json
import re
import unicodedata
from typing import Any

__all__ = [
    "NAME_MAX",
    "SLUG",
    "SLUG_RE",
    "TEXT_MAX",
    "Refused",
    "author",
    "fit",
    "key_of",
    "parse",
    "read_key",
    "read_name",
    "read_text",
    "read_who",
]

NAME_MAX = 32
TEXT_MAX = 2000
FRAME_MAX = 16_384
SLUG = r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
"""A room's name: 1 to 32 small letters, digits and inner hyphens."""
SLUG_RE = re.compile(SLUG)
TOKEN = re.compile(r"[A-Za-z0-9-]{8,36}")


class Refused(Exception):  # noqa: N818 - an answer to the visitor, not a fault
    """What the visitor sent is not taken: ``code`` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def parse(frame: str | None) -> dict[str, Any]:
    """Read a text frame as a JSON object; Refused when it is anything else, or above 16 KiB characters."""
    if frame is None or len(frame) > FRAME_MAX:
        raise Refused("malformed", "Only short text frames are understood here.")
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError):
        raise Refused("malformed", "This is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused("malformed", "This is not a JSON object.")
    return found


def read_name(value: object) -> str:
    """Read a visitor's name: 1 to 32 printable characters, runs of blanks made one."""
    name = unicodedata.normalize("NFC", " ".join(value.split())) if isinstance(value, str) else ""
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise Refused("name", f"A name has 1 to {NAME_MAX} printable characters.")
    return name


def read_text(value: object) -> str:
    """Read a message: 1 to 2000 characters, without control characters other than line feed and tab."""
    text = value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    # Cs: half a surrogate pair is valid JSON, but no database can keep it.
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise Refused("text", "A message has no control characters.")
    if not text or len(text) > TEXT_MAX:
        raise Refused("text", f"A message has 1 to {TEXT_MAX} characters.")
    return text


def read_key(value: object) -> str:
    """Read an identifier the visitor made: 8 to 36 letters, digits and hyphens."""
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise Refused("malformed", "An identifier has 8 to 36 letters, digits and hyphens.")
    return value


def read_who(value: object) -> str:
    """Turn a visitor's secret into the public name that goes with it (12 hexadecimal digits)."""
    return hashlib.sha256(read_key(value).encode()).hexdigest()[:12]


def author(side: str, account: str, name: str) -> dict[str, str]:
    """Who says something on another side than the web: always the same one for the same ``account`` there."""
    digest = hashlib.sha256(f"{side} {account}".encode("utf-8", "replace")).hexdigest()
    return {"who": digest[:12], "name": fit(name, NAME_MAX) or side}


def key_of(dedupe_key: str) -> str:
    """The identifier of a message that has come from elsewhere, and may come again."""
    return hashlib.sha256(dedupe_key.encode("utf-8", "replace")).hexdigest()[:32]


def fit(text: str, most: int, lines: bool = False) -> str:
    """``text`` without what no message may have, and cut; with ``lines`` it keeps its lines."""
    kept = "".join("\ufffd" if unicodedata.category(char) == "Cs" else char for char in text[: 4 * most])
    split = kept.splitlines() if lines else [kept]
    printable = ("".join(char if char.isprintable() else " " for char in line) for line in split)
    whole = "\n".join(" ".join(line.split()) if not lines else line.rstrip() for line in printable).strip()
    return whole if len(whole) <= most else f"{whole[: most - 1].rstrip()}…"
