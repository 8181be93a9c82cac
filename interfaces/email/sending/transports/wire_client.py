"""The client's side of SMTP and LMTP: commands as bytes, replies from bytes. Pure.

RFC 5321 (§4.1 commands, §4.2 replies, §4.5.2 dots), RFC 2033 (LMTP), RFC 1870 (SIZE), RFC 3461 (DSN), RFC 4616 (PLAIN),
RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 2034 (enhanced codes).

Refused, although lenient clients take it: a reply without three digits, whose lines have different codes, or that is
longer than any that makes sense.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from interfaces.email.sending.outgoing import Outgoing

__all__ = [
    "Garbled",
    "Replies",
    "Reply",
    "features",
    "impossible",
    "login",
    "mail_from",
    "rcpt_to",
    "stuffed",
]

LINE, LINES = 2048, 200
"""Octets of a line of a reply, and lines of one."""
TEXT = 500
"""Characters of a reply that are kept."""
_LINE = re.compile(rb"(?P<code>[2-5][0-9]{2})(?:(?P<sign>[ -])(?P<text>.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?= |\Z)")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+")
_BARE = re.compile(rb"^\.", re.MULTILINE)


class Garbled(Exception):  # noqa: N818 - the peer's
    """What came is no reply; the connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: its lines in one text, without the enhanced code, which is by itself."""

    code: int
    enhanced: str | None
    text: str
    lines: tuple[str, ...] = ()
    """As they came, without codes."""

    @property
    def good(self) -> bool:
        """2xx."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return " ".join(str(one) for one in (self.code, self.enhanced, self.text) if one)


class Replies:
    """Reads replies from pieces of any size."""

    __slots__ = ("_buffer", "_code", "_lines")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._code = b""

    @property
    def between(self) -> bool:
        """Whether nothing of a further reply is here."""
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now. Raises Garbled."""
        self._buffer += data
        found: list[Reply] = []
        *lines, rest = bytes(self._buffer).split(b"\n")
        if len(rest) > LINE:
            raise Garbled("a reply with a line that does not end")
        self._buffer = bytearray(rest)
        for line in lines:
            reply = self._line(line.removesuffix(b"\r"))
            if reply is not None:
                found.append(reply)
        return found

    def _line(self, line: bytes) -> Reply | None:
        said = _LINE.fullmatch(line)
        if said is None or len(line) > LINE:
            raise Garbled(f"no reply: {line[:60]!r}")
        if self._lines and said["code"] != self._code:
            raise Garbled(f"a reply with two codes: {line[:60]!r}")
        self._code = said["code"]
        self._lines.append(_UNSEEN.sub(" ", (said["text"] or b"").decode("utf-8", "replace")))
        if len(self._lines) > LINES:
            raise Garbled(f"a reply of more than {LINES} lines")
        if said["sign"] == b"-":
            return None
        lines, self._lines = tuple(self._lines), []
        return _reply(int(said["code"]), lines)


def _reply(code: int, lines: tuple[str, ...]) -> Reply:
    found = _ENHANCED.match(lines[0])
    enhanced = found[0] if found is not None and found[1] == str(code)[0] else None
    plain = [line.removeprefix(enhanced) if enhanced else line for line in lines]
    text = " ".join(" ".join(plain).split())[:TEXT]
    return Reply(code, enhanced, text, lines)


def features(reply: Reply) -> dict[str, str]:
    """What the reply to EHLO or LHLO offers: names in capitals, with their parameters."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        name, _, rest = line.strip().replace("AUTH=", "AUTH ").partition(" ")
        found.setdefault(name.upper(), rest.strip())
    return found


def impossible(mail: Outgoing, offered: Mapping[str, str]) -> tuple[int, str, str] | None:
    """Why the peer cannot take ``mail``: a code, an enhanced code and a text, as it would say them itself."""
    if mail.smtputf8 and "SMTPUTF8" not in offered:
        return 553, "5.6.7", "The next server takes no addresses or headers beyond ASCII (SMTPUTF8)"
    if mail.eight_bit and "8BITMIME" not in offered:
        return 554, "5.6.3", "The next server takes no 8-bit content (8BITMIME)"
    size = offered.get("SIZE", "")
    if size.isascii() and size.isdigit() and len(size) < 20 and 0 < int(size) < len(mail.content):
        return 552, "5.3.4", f"The next server takes no more than {size} octets"
    return None


def mail_from(mail: Outgoing, offered: Mapping[str, str]) -> bytes:
    """MAIL, with the parameters that the peer knows."""
    words = [f"MAIL FROM:<{mail.mail_from}>"]
    if "SIZE" in offered:
        words.append(f"SIZE={len(mail.content)}")
    if mail.eight_bit:
        words.append("BODY=8BITMIME")
    if mail.smtputf8:
        words.append("SMTPUTF8")
    if "DSN" in offered:
        words += [f"{name}={value}" for name, value in (("RET", mail.ret), ("ENVID", mail.envid)) if value]
    return " ".join(words).encode() + b"\r\n"


def rcpt_to(recipient: str, mail: Outgoing, offered: Mapping[str, str]) -> bytes:
    """RCPT, with the parameters that the peer knows."""
    notify = f" NOTIFY={','.join(mail.notify)}" if mail.notify and "DSN" in offered else ""
    return f"RCPT TO:<{recipient}>{notify}\r\n".encode()


def stuffed(content: bytes) -> bytes:
    """The content as it follows DATA, without the end."""
    if content.startswith(b".") or b"\n." in content:
        return _BARE.sub(b"..", content)
    return content


def login(mechanisms: str, user: str, password: str) -> list[bytes] | None:
    """The lines that log in, each of which waits for a reply; None when no mechanism fits."""
    known = mechanisms.upper().split()
    if "PLAIN" in known:
        return [b"AUTH PLAIN " + b64encode(f"\0{user}\0{password}".encode()) + b"\r\n"]
    if "LOGIN" in known:
        return [b"AUTH LOGIN\r\n", b64encode(user.encode()) + b"\r\n", b64encode(password.encode()) + b"\r\n"]
    return None
