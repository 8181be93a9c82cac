"""Fields of a header, written: folded, and in encoded words where they have more than ASCII. Pure.

RFC 5322 (§2.2.3 folding, §3.4 addresses, §3.6.4 identifiers), RFC 2047 (encoded words), RFC 2231 (parameters). The
standard library's writer breaks long identifiers apart, needs minutes for some names, and let encoded words end a line
in versions that are in use; here a field is put together of pieces that were checked.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

from interfaces.email.sending.addresses import Mailbox, domain

__all__ = ["address_list", "date", "field", "identifiers", "made_id", "parameters", "unstructured"]

LINE = 78
"""Characters of a line, where it can be folded (RFC 5322 §2.1.1)."""
LONGEST = 998
"""Characters of a line that cannot."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&+.^_`|~-]+")
_ATOM = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_WORD = 45
"""Octets in an encoded word: 60 of base64, 75 with what is around them is the most."""


def field(name: str, pieces: Sequence[str]) -> bytes:
    """``name: pieces``, with a blank between two pieces, a new line where one more would be too long."""
    lines, line = [], f"{name}:"
    for piece in pieces:
        if len(line) + 1 + len(piece) > LINE and line.strip() and line != f"{name}:":
            lines.append(line)
            line = ""
        line += " " + piece
    return "\r\n".join([*lines, line, ""]).encode()


def unstructured(name: str, value: str) -> bytes:
    """A field of text, such as Subject."""
    value = value.strip()
    if _plain(value):
        return field(name, value.split(" "))
    return field(name, _encoded(value, LINE - 2 - len(name)))


def _plain(value: str) -> bool:
    """Whether it can stand as it is: ASCII, what is not taken for an encoded word, no word too long for a line."""
    whole = value.isascii() and "=?" not in value and "\t" not in value
    return whole and max(map(len, value.split(" "))) < LONGEST - 100 and "  " not in value


def _encoded(value: str, room: int = LINE) -> list[str]:
    """Encoded words, none of which ends within a character; ``room`` is what the first line has for the first."""
    words, part = [], b""
    most = min(_WORD, max(9, (room - 14) // 4 * 3))
    for char in value:
        octets = char.encode()
        if len(part) + len(octets) > most:
            words.append(part)
            part, most = b"", _WORD
        part += octets
    return [f"=?utf-8?b?{b64encode(word).decode()}?=" for word in [*words, part]]


def address_list(name: str, boxes: Iterable[Mailbox]) -> bytes:
    """A field of addresses, such as To."""
    pieces: list[str] = []
    for box in boxes:
        if pieces:
            pieces[-1] += ","
        pieces += [*_name(box.name, LINE - 2 - len(name)), f"<{box.address}>" if box.name else box.address]
    return field(name, pieces)


def _name(name: str, room: int) -> list[str]:
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > LINE:
        return _encoded(name, room)
    if _ATOMS.fullmatch(name) and "  " not in name:
        return name.split(" ")
    return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']


def identifiers(name: str, values: Iterable[str]) -> bytes:
    """A field of message identifiers; they are never broken."""
    return field(name, [f"<{value}>" for value in values])


def made_id(id: str, now: float, host: str) -> str:
    """A Message-ID of ours: of the send, and of the time, should an application use an id twice."""
    local = id if _ATOM.fullmatch(id) else sha256(id.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{local}.{int(now * 1000):x}@{domain(host, 'the name of this host')}"


def date(now: float, name: str = "Date") -> bytes:
    """The time, in UTC."""
    return f"{name}: {format_datetime(datetime.fromtimestamp(int(now), UTC))}\r\n".encode()


def parameters(name: str, value: str, named: Mapping[str, str]) -> bytes:
    """``name: value; key=value…``, as Content-Type has it; RFC 2231's way for what is no short ASCII."""
    pieces = [value]
    for key, said in named.items():
        for piece in _parameter(key, said):
            pieces[-1] += ";"
            pieces.append(piece)
    return field(name, pieces)


def _parameter(name: str, value: str) -> list[str]:
    """A parameter, in as many pieces as it needs."""
    if value.isascii() and len(value) <= LINE - 20:
        if _TOKEN.fullmatch(value):
            return [f"{name}={value}"]
        return [f'{name}="' + re.sub(r'(["\\])', r"\\\1", value) + '"']
    octets = [""]
    for one in re.findall("%..|[^%]", quote(value, safe="")):
        octets = [*octets, one] if len(octets[-1]) > _WORD else [*octets[:-1], octets[-1] + one]
    if len(octets) == 1:
        return [f"{name}*=utf-8''{octets[0]}"]
    first = [f"{name}*0*=utf-8''{octets[0]}"]
    return first + [f"{name}*{at}*={part}" for at, part in enumerate(octets[1:], 1)]
