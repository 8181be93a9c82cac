"""What goes out for a request in HTTP/2: a block of fields, then data. Pure.

RFC 9113 §8.1 (an answer, interim ones, trailers), §8.2.2 (fields about a connection of HTTP/1.1 are left out), RFC 9110
(§6.4.1 statuses without content, §6.5.1 trailers, §8.6 Content-Length, §9.3.2 HEAD), RFC 8297.
What is about framing in HTTP/1.1, chunks and the end of the connection, has no place here: a stream ends by itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from interfaces.http_ws.answer import COMPLETE, NEW, SENDING, STARTED, TRAILERS, Answer
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.shared.errors import ApplicationError

__all__ = ["GO_ON", "AnswerH2", "refusal"]

_blocks: Final = Encoder()
"""Of all connections: it has no table, and whole blocks are remembered."""
GO_ON: Final = _blocks.head(100, ()).data
"""The block of 100 (Continue)."""
_PLAIN: Final = (b"content-type", b"text/plain; charset=utf-8")
_LATER: Final = (b"retry-after", b"1")
_FRAMING: Final = frozenset((b"content-length", b"date"))


def refusal(status: int, size: int, more: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """The block of an answer of our own, whose body is ``size`` octets of plain text; ``more`` are further fields."""
    fields = [_PLAIN, (b"content-length", b"%d" % size), *more]
    if status == 503:
        fields.append(_LATER)
    return _blocks.head(status, fields).data


class _Note:
    """What the fields of an answer say of its framing."""

    __slots__ = ("dated", "length")

    def __init__(self, headers: Iterable[Any]) -> None:
        self.length: int = -1
        self.dated: bool = False
        for spelt, value in headers:
            name = spelt.lower()
            if name == b"date":
                self.dated = True
            elif name == b"content-length":
                if self.length >= 0 or not value.isdigit():
                    raise ApplicationError("content-length is not one number")
                self.length = int(value)


class AnswerH2(Answer):
    """As :class:`interfaces.http_ws.answer.Answer`, but of one request, and what it gives is data.

    Its blocks are put in ``blocks``, and stand before the data that is given next, with which the stream ends where
    ``ends`` says so: what has no body does with its head. ``clock`` has ``date_block``, the block of the date.
    """

    def __init__(self, clock: Any, head_only: bool) -> None:
        # All that Answer has and is used here: it is made anew for every request.
        self.phase = NEW
        self.status = 0
        self.sent = 0
        self.keep_alive = True
        self.bodiless = head_only
        self._length = -1
        self._trailers = False
        self.clock = clock
        self.ends: bool = False
        self.blocks: list[bytes] = []
        self._fields: list[Any] = []

    def start(self, status: int, headers: Iterable[Any], date: bytes, trailers: bool = False) -> None:
        """``http.response.start``; its block is written with the first part of the body."""
        if self.phase != NEW:
            raise ApplicationError("http.response.start was sent twice")
        if not 200 <= status <= 999:
            raise ApplicationError(f"{status} is not a final status")
        fields = tuple(headers)
        if status == 204:
            fields = tuple([field for field in fields if field[0].lower() != b"content-length"])
        head = _blocks.head(status, fields)
        note = head.note
        if not isinstance(note, _Note):
            note = head.note = _Note(fields)
        self.status = status
        self._length = note.length
        if status == 204 or status == 304:
            self.bodiless = True
        self._trailers = trailers
        self.blocks.append(head.data if note.dated else head.data + self.clock.date_block)
        self.phase = STARTED

    def sized(self, size: int) -> None:
        """The body will have ``size`` bytes in all (a file's); it must agree with what the application said."""
        if self.phase != STARTED:
            raise ApplicationError("http.response.pathsend where no body is expected")
        if self._length not in (-1, size):
            raise ApplicationError("the size of the file is not the content-length")
        if self._length < 0 and self.status != 204:
            self._length = size
            self.blocks[-1] += _blocks.field(b"content-length", b"%d" % size)

    def body(self, data: bytes, more: bool) -> bytes:
        """``http.response.body``: the data to write."""
        if self.phase != STARTED and self.phase != SENDING:
            raise ApplicationError("http.response.body where none is expected")
        if self.bodiless:
            data = b""
        else:
            sent = self.sent + len(data)
            if self._length >= 0 and (sent > self._length or (sent < self._length and not more)):
                raise ApplicationError(
                    f"the body is {'longer' if sent > self._length else 'shorter'} than its content-length"
                )
            self.sent = sent
        self.phase = SENDING if more else TRAILERS if self._trailers else COMPLETE
        self.ends = self.bodiless or self.phase == COMPLETE
        return data

    def trailers(self, headers: Iterable[Any], wanted: bool, more: bool = False) -> bytes:
        """``http.response.trailers``: the last of them makes a block, which ends the stream."""
        if self.phase != TRAILERS:
            raise ApplicationError("http.response.trailers where none are expected")
        fields = [*headers]
        if any(field[0].lower() in _FRAMING for field in fields):
            raise ApplicationError("a trailer is about framing")
        block = _blocks.trailers(self._fields + fields)
        self._fields += fields
        if not more:
            self.phase = COMPLETE
            self.ends = True
            if block and not self.bodiless:
                self.blocks.append(block)
        return b""

    def hint(self, links: Iterable[bytes]) -> bytes:
        """``http.response.early_hint``: a 103 with the links, before the response starts (RFC 8297)."""
        if self.phase != NEW:
            raise ApplicationError("http.response.early_hint after the response has started")
        fields = [(b"link", link) for link in links]
        if fields:
            self.blocks.append(_blocks.head(103, fields).data)
        return b""
