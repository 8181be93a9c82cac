"""Texts and words as lines of IRC: cut to the octets that there is room for, and freed of formatting. Pure.

RFC 1459 §2.3: a line has 512 octets, with the source that the server puts before it on its way to others. Cut is at a
blank where that wastes less than a third of a line, else between what a reader takes for characters, and inside such a
one only where it is longer than a line. Formatting: modern.ircdocs.horse/formatting.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from interfaces.irc.line import BODY
from interfaces.shared.errors import ApplicationError
from interfaces.shared.graphemes import clusters, is_loose

__all__ = ["MOST", "clipped", "packed", "pieces", "plain", "room"]

MOST: Final = 100
"""Pieces of one text."""
_LEAST: Final = 4
"""Octets of the longest character."""
_LINE: Final = re.compile(r"[^\r\n]+")
_FORMATTING: Final = re.compile(
    r"[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    r"|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
)


def room(command: str, target: str, source: str, limit: int = BODY) -> int:
    """Octets for the text of such a line as others get it: ``:source COMMAND target :text``, of ``limit`` in all."""
    return limit - len(f":{source} {command} {target} :\r\n".encode(errors="replace"))


def pieces(text: str, room: int, most: int = MOST) -> list[str]:
    """``text`` in pieces of at most ``room`` octets of UTF-8; lines with nothing but blanks are left out.

    ApplicationError for one that makes more than ``most``, or where there is no room for a character.
    """
    if room < _LEAST:
        raise ApplicationError("there is no room for a text in a line of IRC: its target is too long")
    found: list[str] = []
    for line in _LINE.finditer(text):
        for piece in _cut(line[0], room):
            if len(found) == most:
                raise ApplicationError(f"a text becomes at most {most} messages of IRC")
            found.append(piece)
    return found


def _cut(line: str, room: int) -> Iterator[str]:
    """The blanks at which it is cut fall away."""
    rest = line.rstrip(" ")
    while rest:
        end = _fitting(rest, room)
        if end < len(rest):
            end = _place(rest, end, room)
        if piece := rest[:end].rstrip(" "):
            yield piece
        rest = rest[end:].lstrip(" ")


def _fitting(text: str, room: int) -> int:
    """How many characters fit."""
    data = text[:room].encode(errors="replace")
    return min(len(text), room) if len(data) <= room else len(data[:room].decode(errors="ignore"))


def _place(text: str, end: int, room: int) -> int:
    """Where to cut a text of which ``end`` characters fit, and not all."""
    blank, edge = _places(text, end)
    if blank > 0 and 3 * len(text[:blank].encode(errors="replace")) >= 2 * room:
        return blank
    return edge or end


def _places(text: str, end: int) -> tuple[int, int]:
    """The last blank that is not behind ``end``, and the last edge of a character as readers know it."""
    window = text[: end + 1]
    if is_loose(window):
        return window.rfind(" "), end
    blank = edge = at = 0
    for one in clusters(window):
        edge = at
        if one == " ":
            blank = at
        at += len(one)
    return blank, edge


def clipped(text: str, most: int) -> str:
    """The beginning of ``text`` with at most ``most`` octets."""
    data = text.encode(errors="replace")
    return text if len(data) <= most else data[: max(most, 0)].decode(errors="ignore")


def packed(words: Iterable[str], room: int, between: str = " ") -> Iterator[str]:
    """``words`` in lines of at most ``room`` octets each; a word that is longer has one for itself."""
    line: list[str] = []
    size = -1
    for word in words:
        more = (len(word) if word.isascii() else len(word.encode(errors="replace"))) + 1
        if size + more > room and line:
            yield between.join(line)
            line, size = [], -1
        line.append(word)
        size += more
    if line:
        yield between.join(line)


def plain(text: str) -> str:
    """``text`` without bold, colours and the like."""
    return _FORMATTING.sub("", text)
