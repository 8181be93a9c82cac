r"""A line of IRC: tags, source, command and parameters, read and written. Pure.

RFC 1459 and RFC 2812 §2.3, "Message format" of modern.ircdocs.horse, IRCv3 message-tags. Bytes that are no UTF-8 are
read as Latin-1, and the line says so. A command is upper case. Written is only what reads back as it was meant: a CR,
LF or NUL, a space or a leading colon in a parameter that is not the last, and an empty one there are refused, whatever
an application says.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from interfaces.shared.errors import ApplicationError

__all__ = ["BODY", "TAGS", "Line", "escaped", "form", "form_tags", "parse", "unescaped"]

TAGS: Final = 8191
"""Octets of tags, "@" and the blank behind them counted in (message-tags)."""
BODY: Final = 512
"""Octets of all else, with CR LF (RFC 1459 §2.3)."""
_ESCAPES: Final = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_UNESCAPES: Final = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPED: Final = re.compile(r"\\(.?)", re.DOTALL)
_TO_ESCAPE: Final = re.compile(r"[; \\\r\n]")
_KEY: Final = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_BROKEN: Final = re.compile(r"[\r\n\0]")
_MIDDLE: Final = re.compile(r"[^ :][^ ]*").fullmatch
_COMMAND: Final = re.compile(r"[A-Z]+|[0-9]{3}")
_NONE: Final[dict[str, str]] = {}


class Line:
    """One line. ``tags`` are unescaped; ``source`` is "" where there is none; ``utf8``: whether it was that."""

    __slots__ = ("command", "params", "source", "tags", "utf8")

    def __init__(
        self, command: str, params: list[str], source: str, tags: Mapping[str, str], utf8: bool
    ) -> None:
        self.command = command
        self.params = params
        self.source = source
        self.tags = tags
        self.utf8 = utf8

    def __repr__(self) -> str:
        return f"<Line {self.source} {self.command} {self.params}>"

    def param(self, place: int) -> str:
        """The parameter at ``place``; "" where there is none."""
        return self.params[place] if place < len(self.params) else ""


def parse(data: bytes) -> Line | None:
    """Read a line without its end; None for one that has no command."""
    utf8 = True
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        utf8 = False
    tags: Mapping[str, str] = _NONE
    source = ""
    if text.startswith("@"):
        said, _, text = text[1:].partition(" ")
        tags = _tags(said)
        text = text.lstrip(" ")
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
        if text.startswith(":"):
            return None
    middle, colon, trailing = text.partition(" :")
    params = middle.split(" ")
    if "" in params:
        params = [one for one in params if one]
    if colon:
        params.append(trailing)
    if not params or (colon and not middle.strip(" ")):
        return None
    return Line(params.pop(0).upper(), params, source, tags, utf8)


def _tags(said: str) -> Mapping[str, str]:
    found = {}
    for one in said.split(";"):
        key, _, value = one.partition("=")
        if key:
            found[key] = unescaped(value) if "\\" in value else value
    return found


def unescaped(value: str) -> str:
    """The value of a tag as it is meant; a backslash before anything else falls away, as does one at the end."""
    return _ESCAPED.sub(lambda found: _UNESCAPES.get(found[1], found[1]), value)


def escaped(value: str) -> str:
    """The value of a tag as it is written."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], value)


def form_tags(tags: Mapping[str, str]) -> str:
    """``@key=value;… `` with a blank behind it; "" for none. ApplicationError for a key that is none, or a NUL."""
    if not tags:
        return ""
    for key, value in tags.items():
        if not _KEY.fullmatch(key) or "\0" in value:
            raise ApplicationError(f"{key!r}: {value!r} is no tag of IRC")
    said = ";".join(f"{key}={escaped(value)}" if value else key for key, value in tags.items())
    if len(said.encode(errors="replace")) + 2 > TAGS:
        raise ApplicationError(f"the tags of a line have at most {TAGS} octets")
    return f"@{said} "


def form(
    command: str,
    params: Iterable[str] = (),
    source: str = "",
    tags: Mapping[str, str] = _NONE,
    *,
    text: bool = False,
) -> bytes:
    """The bytes of a line, with its end. ApplicationError for what would be read as something else.

    ``text``: its last parameter has a colon even where that is not needed.
    """
    words = [*params]
    if not _COMMAND.fullmatch(command):
        raise ApplicationError(f"{command!r} is no command of IRC")
    for word in (source or "-", *words[:-1]):
        if not _MIDDLE(word):
            raise ApplicationError(f"{command}: {word!r} cannot stand there in a line of IRC")
    if words and (text or not _MIDDLE(words[-1])):
        words[-1] = f":{words[-1]}"
    body = " ".join((f":{source}", command, *words) if source else (command, *words))
    if _BROKEN.search(body):
        raise ApplicationError(f"{command}: a line of IRC has no CR, LF or NUL in it")
    return f"{form_tags(tags)}{body}\r\n".encode(errors="replace")
