"""What goes out for a request in HTTP/2: a block of fields, then data. Pure.

RFC 9113 §8.1 (an answer, interim ones, trailers), §8.2.2 (fields about a connection of HTTP/1.1 are left out), RFC 9110
(§6.4.1 statuses without content, §6.5.1 trailers, §9.3.2 HEAD), RFC 8297. What is about framing in HTTP/1.1, chunks and
the end of the connection, has no place here: a stream ends by itself.
"""

from collections.abc import Iterable
from typing import Any

from interfaces.http_ws.answer import COMPLETE, NEW, SENDING, STARTED, TRAILERS, Answer
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.shared.errors import ApplicationError

__all__ = ["AnswerH2"]


class _Note:
    """What the fields of an answer say of its framing."""

    __slots__ = ("dated", "length")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.length: int = -1
        self.dated: bool = False
        for name, value in headers:
            name = name.lower()
            if name == b"date":
                self.dated = True
            elif name == b"content-length":
                if self.length >= 0 or not value.isdigit():
                    raise ApplicationError("content-length is not one number")
                self.length = int(value)


class AnswerH2(Answer):
    """As :class:`interfaces.http_ws.answer.Answer`; what it gives is data, and its blocks wait in ``blocks``.

    ``clock`` has ``date_block``, the block of the date. A block stands before all data that was not given yet.
    """

    def __init__(self, encoder: Encoder, clock: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.clock = clock
        self.blocks: list[bytes] = []
        self._fields: list[tuple[bytes, bytes]] = []

    def start(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], date: bytes, trailers: bool = False
    ) -> None:
        """``http.response.start``; its block is written with the first part of the body."""
        if self.phase != NEW:
            raise ApplicationError("http.response.start was sent twice")
        if not 200 <= status <= 999:
            raise ApplicationError(f"{status} is not a final status")
        head = self.encoder.head(status, headers)
        note = head.note
        if not isinstance(note, _Note):
            note = head.note = _Note(headers)
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
            self.blocks[-1] += self.encoder.field(b"content-length", b"%d" % size)

    def body(self, data: bytes, more: bool) -> bytes:
        """``http.response.body``: the data to write."""
        if self.phase != STARTED and self.phase != SENDING:
            raise ApplicationError("http.response.body where none is expected")
        if self.bodiless:
            data = b""
        else:
            self._count(len(data), more)
        self.phase = SENDING if more else TRAILERS if self._trailers else COMPLETE
        return data

    def trailers(self, headers: Iterable[tuple[bytes, bytes]], wanted: bool, more: bool = False) -> bytes:
        """``http.response.trailers``: the last of them makes a block, which ends the stream."""
        if self.phase != TRAILERS:
            raise ApplicationError("http.response.trailers where none are expected")
        fields = [*headers]
        if any(name.lower() in (b"content-length", b"date") for name, _ in fields):
            raise ApplicationError("a trailer is about framing")
        self._fields += fields
        if not more:
            self.phase = COMPLETE
            if self._fields and not self.bodiless:
                self.blocks.append(self.encoder.trailers(self._fields))
        return b""

    def hint(self, links: Iterable[bytes]) -> bytes:
        """``http.response.early_hint``: a 103 with the links, before the response starts (RFC 8297)."""
        if self.phase != NEW:
            raise ApplicationError("http.response.early_hint after the response has started")
        fields = [(b"link", link) for link in links]
        if fields:
            self.blocks.append(self.encoder.head(103, fields).data)
        return b""
