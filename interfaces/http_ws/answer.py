"""What goes out for a request in HTTP/1.1: status line, fields, body framing. Pure.

RFC 9112 (§6 message body, §7.1 chunked, §9 connections), RFC 9110 (§6.4.1 statuses without content, §6.5.1
trailers, §8.6 Content-Length, §9.3.2 HEAD), RFC 8297.
Connection and Transfer-Encoding are the server's, but an application's "connection: close" is honoured; so is a Date.
What the application does wrong raises ApplicationError, with nothing written.
"""

import re
from collections.abc import Iterable
from typing import Any

from interfaces.http_ws.wire_h1 import status_line
from interfaces.shared.errors import ApplicationError

__all__ = ["Answer"]

Pair = Any
"""A name and a value, bytes both: a tuple or a list. Any, as compiled code would take no lists else."""
PLAIN, LENGTH, CONNECTION, CODING, DATE = range(5)
_SPECIAL = {b"content-length": LENGTH, b"connection": CONNECTION, b"transfer-encoding": CODING, b"date": DATE}
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_KINDS_AT_MOST = 1024
_LINES_AT_MOST = 1024
_REMEMBERED = 256
"""Bytes of a line that is remembered."""
_NUL = 0
NEW, STARTED, SENDING, TRAILERS, COMPLETE = range(5)

_kinds: dict[bytes, int] = {}
_lines: dict[tuple[bytes, bytes], bytes] = {}
"""Lines that need not be made and looked at again: most of an application's are the same in every answer."""


def _learn(name: bytes) -> int:
    """What a field's name means for the framing; remembered while there are few."""
    if not _NAME.fullmatch(name):
        raise ApplicationError("a response header's name is no token")
    kind = _SPECIAL.get(name.lower(), PLAIN)
    if len(_kinds) < _KINDS_AT_MOST:
        _kinds[name] = kind
    return kind


def _trailer(name: bytes, value: bytes) -> bytes:
    """A line of the trailers; what is about framing may not stand there (RFC 9110 §6.5.1)."""
    if _learn(name) != PLAIN:
        raise ApplicationError("a trailer is about framing")
    return b"%b: %b\r\n" % (name, value)


def _line(name: bytes, value: Any) -> bytes:
    """A field's line."""
    if type(value) is not bytes:
        value = bytes(value)
    return _lines.get((name, value)) or _made(name, value)


def _made(name: bytes, value: bytes) -> bytes:
    """The same, for the first time."""
    line = _sound(b"%b: %b\r\n" % (name, value), 1)
    if len(line) <= _REMEMBERED:
        if len(_lines) >= _LINES_AT_MOST:
            _lines.clear()
        _lines[name, value] = line
    return line


def _sound(block: bytes, lines: int) -> bytes:
    """So many lines, each of which ends with the only CRLF that it may hold."""
    if block.count(b"\n") != lines or block.count(b"\r") != lines or _NUL in block:
        raise ApplicationError("a response header holds CR, LF or NUL")
    return block


class Answer:
    """The answer to the request that is being answered; one object serves a connection's requests in turn.

    ``keep_alive`` says whether another may follow, ``bodiless`` whether no body is written, whatever the application
    sends as one; ``status`` and ``sent`` (bytes of body) are for the access line.
    """

    def __init__(self) -> None:
        self.phase: int = COMPLETE
        self.status: int = 0
        self.sent: int = 0
        self.keep_alive: bool = True
        self._minor: int = 1
        self.bodiless: bool = False
        self._chunked: bool = False
        self._length: int = -1
        self._trailers: bool = False
        self._head: bytes = b""
        self._tail: bytes = b""

    def begin(self, minor: int, head_only: bool, keep_alive: bool) -> None:
        """A request came: its HTTP minor version, whether it is HEAD, whether it wants the connection kept."""
        self.phase = NEW
        self.status = 0
        self.sent = 0
        self.keep_alive = keep_alive
        self._minor = minor
        self.bodiless = head_only
        self._chunked = False
        self._length = -1
        self._trailers = False
        self._tail = b""

    @property
    def on_the_wire(self) -> bool:
        """Whether some of it has been written, so that nothing else can be said any more."""
        return self.phase >= SENDING

    def start(self, status: int, headers: Iterable[Pair], date: bytes, trailers: bool = False) -> None:
        """``http.response.start``; written with the first part of the body. ``date`` is a whole line."""
        if self.phase != NEW:
            raise ApplicationError("http.response.start was sent twice")
        if not 200 <= status <= 999:
            raise ApplicationError(f"{status} is not a final status")
        parts = [status_line(status)]
        self.status = status
        self._length = -1
        for name, value in headers:
            kind = _kinds.get(name)
            if kind is None:
                kind = _learn(name)
            if kind == PLAIN or self._special(kind, value):
                parts.append(_line(name, value))
            if kind == DATE:
                date = b""
        head = b"".join(parts)
        if status == 204 or status == 304:
            self.bodiless = True
        self._trailers = trailers
        self._head = head + date if date else head
        self.phase = STARTED

    def _special(self, kind: int, value: bytes) -> bool:
        """Take note of a field about framing; False for one that is left out, since the server writes its own."""
        if kind == LENGTH:
            if self._length >= 0 or not value.isdigit():
                raise ApplicationError("content-length is not one number")
            self._length = int(value)
        elif kind == CONNECTION and b"close" in value.lower():
            self.keep_alive = False
        return (kind == LENGTH and self.status != 204) or kind == DATE

    def sized(self, size: int) -> None:
        """The body will have ``size`` bytes in all (a file's); it must agree with what the application said."""
        if self.phase != STARTED:
            raise ApplicationError("http.response.pathsend where no body is expected")
        if self._length not in (-1, size):
            raise ApplicationError("the size of the file is not the content-length")
        if self._length < 0 and self.status != 204:
            self._length = size
            self._head += b"content-length: %d\r\n" % size

    def body(self, data: bytes, more: bool) -> bytes:
        """``http.response.body``: the bytes to write."""
        if self.phase == STARTED:
            head = self._open(len(data), more)
        elif self.phase == SENDING:
            head = b""
        else:
            raise ApplicationError("http.response.body where none is expected")
        if self.bodiless:
            self.phase = SENDING if more else TRAILERS if self._trailers else COMPLETE
            return head
        self._count(len(data), more)
        if self._chunked:
            return self._chunk(head, data, more)
        self.phase = SENDING if more else TRAILERS if self._trailers else COMPLETE
        return head + data

    def _count(self, size: int, more: bool) -> None:
        """Hold the body to its length."""
        sent = self.sent + size
        length = self._length
        if length >= 0 and (sent > length or (sent < length and not more)):
            raise ApplicationError(
                f"the body is {'longer' if sent > length else 'shorter'} than its content-length"
            )
        self.sent = sent

    def _open(self, size: int, more: bool) -> bytes:
        """The head, with the framing that suits what is known of the body."""
        head = self._head
        if self._length < 0 and self.status != 204 and self.status != 304:
            if not more and not self._trailers:
                self._length = size
                if size or not self.bodiless:
                    head = b"%bcontent-length: %d\r\n" % (head, size)
            elif self._minor:
                self._chunked = True
                head += b"transfer-encoding: chunked\r\n"
            else:
                self.keep_alive = False
        if not self.keep_alive:
            head += b"connection: close\r\n"
        elif not self._minor:
            head += b"connection: keep-alive\r\n"
        return head + b"\r\n"

    def _chunk(self, head: bytes, data: bytes, more: bool) -> bytes:
        out = b"%b%x\r\n%b\r\n" % (head, len(data), data) if data else head
        if more:
            self.phase = SENDING
            return out
        if self._trailers:
            self.phase = TRAILERS
            return out
        self.phase = COMPLETE
        return out + b"0\r\n\r\n"

    def trailers(self, headers: Iterable[Pair], wanted: bool, more: bool = False) -> bytes:
        """``http.response.trailers``: what to write after the last of them.

        They are left out where the peer did not ask for them, and where the framing has no place for them.
        """
        if self.phase != TRAILERS:
            raise ApplicationError("http.response.trailers where none are expected")
        lines = [_trailer(name, value) for name, value in headers]
        block = _sound(b"".join(lines), len(lines))
        if wanted:
            self._tail += block
        if more:
            return b""
        self.phase = COMPLETE
        return b"0\r\n%b\r\n" % self._tail if self._chunked and not self.bodiless else b""

    def hint(self, links: Iterable[bytes]) -> bytes:
        """``http.response.early_hint``: a 103 with the links, before the response starts (RFC 8297)."""
        if self.phase != NEW:
            raise ApplicationError("http.response.early_hint after the response has started")
        lines = [b"link: %b\r\n" % link for link in links]
        block = _sound(b"".join(lines), len(lines))
        return b"%b%b\r\n" % (status_line(103), block) if self._minor and lines else b""
