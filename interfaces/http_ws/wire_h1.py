"""HTTP/1.1 on the wire: heads and chunks in, heads and chunks out. Pure.

RFC 9112 (§2.2 empty lines, §3 request line, §5 fields, §6 body length, §7 chunked, §9.3 persistence, §11.2 smuggling),
RFC 9110 (§5.5 values, §7.2 Host, §10.1.1 Expect). httptools splits a complete head; everything that decides
where a message ends, or that httptools lets pass, is checked here on the raw bytes.

Refused, although lenient peers take it: bare LF or CR, folded lines, more than one empty line before a request,
other versions than 1.0 and 1.1, blanks around the parts of the request line, a fragment or raw UTF-8 in the target,
a missing or second Host, Content-Length with Transfer-Encoding, any coding but a single "chunked", Transfer-Encoding in
HTTP/1.0, chunk sizes that are not plain hexadecimal, malformed chunk extensions and trailers.
Fields with an underscore in their name are dropped: CGI-style names cannot tell them from a dash.
"""

import re
from http import HTTPStatus
from typing import Any

import httptools

from interfaces.shared.errors import PeerError

__all__ = [
    "AUTHORITY",
    "CHUNKED",
    "CONTINUE",
    "Body",
    "Chunked",
    "HeadLimits",
    "HeadParser",
    "refusal",
    "status_line",
]

CHUNKED = -1
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HOST, LENGTH, CODING, EXPECT, UPGRADE = range(5)
_SPECIAL = {
    b"host": HOST,
    b"content-length": LENGTH,
    b"transfer-encoding": CODING,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
}
_LINES: dict[int, bytes] = {
    int(s): b"HTTP/1.1 %d %s\r\n" % (int(s), s.phrase.encode("ascii")) for s in HTTPStatus
}
AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::[0-9]*)?")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_EXTENSION = re.compile(
    rb"(?:[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|\"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t -~\x80-\xff])*\"))?)*"
    % (_TOKEN, _TOKEN)
)
_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"))
_METHOD = re.compile(rb"[A-Za-z](?:%b)?" % _TOKEN)
_TARGET = bytes(byte for byte in range(0x21, 0x7F) if byte != 0x23)
_FIELD = re.compile(rb"%b:[\t -~\x80-\xff]*" % _TOKEN)
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_KNOWN_AT_MOST = 1024
REMEMBERED = 4096


def status_line(status: int) -> bytes:
    """The status line, with the phrase of the registry or none."""
    return _LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def refusal(status: int, text: str = "", headers: bytes = b"") -> bytes:
    """A whole answer that ends the connection; 503 asks for another try. Nothing that the peer sent is in it."""
    if status == 503:
        headers += b"retry-after: 1\r\n"
    body = (text or HTTPStatus(status).phrase).encode("ascii") + b"\n"
    return (
        b"%bcontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n%b\r\n%b"
        % (status_line(status), len(body), headers, body)
    )


def refused(status: int, text: str) -> PeerError:
    """The error of a message that cannot be taken; ``answer`` is ready to be written."""
    return PeerError(text, refusal(status, text))


class HeadLimits:
    """Bounds of a head: bytes of its request line, bytes in all, number of fields."""

    def __init__(self, line: int = 8192, size: int = 32768, fields: int = 128) -> None:
        self.line: int = line
        self.size: int = size
        self.fields: int = fields


class RequestHead:
    """What the head of a request says in every version of HTTP. ``minor`` is its version's place in VERSIONS."""

    def __init__(self) -> None:
        self.method: bytes = b""
        self.target: bytes = b""
        self.minor: int = 1
        self.headers: list[tuple[bytes, bytes]] = []
        self.length: int = 0


class HeadParser(RequestHead):
    """Reads one complete head after the other; its attributes are those of the last."""

    def __init__(self, limits: HeadLimits) -> None:
        super().__init__()
        self.limits = limits
        self.keep_alive: bool = True
        self.expects: bool = False
        self.upgrade: bytes = b""
        self._hosts: int = 0
        self._blanks: bool = False
        self._block: bytes = b""
        self._block_minor: int = 1
        self._block_headers: list[tuple[bytes, bytes]] = []
        self._parser: Any = httptools.HttpRequestParser(self)

    def parse(self, head: bytes) -> None:
        """Read ``head``, which ends with the empty line. Raises PeerError."""
        end = head.find(b"\r\n")
        if end > self.limits.line or len(head) > self.limits.size:
            raise self.premature(head) or refused(400, "malformed request line")
        self._request_line(head, end)
        block = head[end:]
        if block == self._block and self.minor == self._block_minor:
            self.headers = (
                self._block_headers.copy()
            )  # the same fields as last time: what they said still holds
            return
        self._block = b""
        if head.count(b"\r\n") - 2 > self.limits.fields:
            raise refused(431, "too many header fields")
        self._fields(head)
        if self._hosts != 1 and (self._hosts or self.minor):
            raise refused(400, "exactly one Host is needed")
        self._block = block if len(block) <= REMEMBERED else b""
        self._block_minor = self.minor
        self._block_headers = self.headers.copy()

    def premature(self, part: bytes) -> PeerError | None:
        """Why a head that begins with ``part`` is refused before it is whole; None while it may become one."""
        first = part.find(b"\n")
        if not part[:1].isalpha():
            return refused(400, "malformed request line")
        if (len(part) if first < 0 else first) > self.limits.line + 1:
            return refused(414, "the request line is too long")
        if len(part) > self.limits.size:
            return refused(431, "the header is too large")
        if first >= 0 and part[first - 1 : first] != b"\r":
            return refused(400, "malformed request line")
        return None

    def _request_line(self, head: bytes, end: int) -> None:
        if head.endswith(b" HTTP/1.1", 0, end):
            self.minor = 1
        elif head.endswith(b" HTTP/1.0", 0, end):
            self.minor = 0
        else:
            raise self._no_version(head[:end])
        space = head.find(b" ")
        self.method = method = head[:space]
        if space + 1 >= end - 9:  # compiled, a slice that ends before it begins is an error
            raise refused(400, "malformed request line")
        self.target = target = head[space + 1 : end - 9]
        if target.translate(None, _TARGET):
            raise refused(400, "malformed request line")
        if method not in _METHODS or target[0] != 0x2F:
            if not _METHOD.fullmatch(method):
                raise refused(400, "malformed request line")
            self._block = b""  # httptools must judge it, whatever is remembered of the fields

    def _fields(self, head: bytes) -> None:
        self.headers = []
        self.length = 0
        self.expects = False
        self.upgrade = b""
        self._hosts = 0
        self._blanks = b" \r\n" in head or b"\t\r\n" in head
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            self._parser = httptools.HttpRequestParser(self)
        except httptools.HttpParserInvalidMethodError:
            raise refused(501, "unknown method") from None
        except httptools.HttpParserCallbackError as error:
            raise (error.__context__ if isinstance(error.__context__, PeerError) else error) from None
        except httptools.HttpParserError:
            raise refused(400, "malformed header") from None
        else:
            if self.length or not self.keep_alive:
                self._parser = httptools.HttpRequestParser(self)

    def on_headers_complete(self) -> None:
        """httptools: all fields were given."""
        self.keep_alive = self._parser.should_keep_alive() and (self.minor == 1 or not self._closes())

    def _closes(self) -> bool:
        """Whether "close" stands beside "keep-alive": it wins (RFC 9112 §9.3), also in HTTP/1.0."""
        said = b",".join([value for name, value in self.headers if name == b"connection"])
        return b"close" in [word.strip(b" \t") for word in said.lower().split(b",")]

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one field; names are made lower case and shared."""
        known = _known.get(name)
        if not known:
            known = _learn(name)
            if not known:
                return
        if self._blanks:
            value = value.strip(b" \t")
        self.headers.append((known, value))
        kind = _SPECIAL.get(known)
        if kind is not None:
            self._special(kind, value)

    def _special(self, kind: int, value: bytes) -> None:
        """Take note of a field that decides something here."""
        if kind == HOST:
            self._hosts += 1
            if not AUTHORITY.fullmatch(value):
                raise refused(400, "malformed Host")
        elif kind == LENGTH:
            self.length = int(value)
        elif kind == CODING:
            self._coding(value)
        elif kind == EXPECT:
            self._expect(value)
        else:
            self.upgrade = value

    def _coding(self, value: bytes) -> None:
        if self.length == CHUNKED:
            raise refused(400, "more than one Transfer-Encoding")
        if value.lower() != b"chunked":
            raise refused(501, "unknown transfer coding")
        if not self.minor:
            raise refused(400, "no transfer codings in HTTP/1.0")
        self.length = CHUNKED

    def _expect(self, value: bytes) -> None:
        if value.lower() != b"100-continue":
            raise refused(417, "unknown expectation")
        self.expects = self.minor == 1

    def _no_version(self, line: bytes) -> PeerError:
        if _VERSION.fullmatch(line.rpartition(b" ")[2]):
            return refused(505, "HTTP/1.1 is spoken here")
        return refused(400, "malformed request line")


_known: dict[bytes, bytes] = {}


def _learn(name: bytes) -> bytes:
    """The name in lower case, empty for one to be dropped; remembered while there are few."""
    lower = b"" if b"_" in name else name.lower()
    if len(_known) < _KNOWN_AT_MOST and len(name) <= 64:
        _known[name] = lower
    return lower


class Chunked:
    """Takes a chunked body apart, whatever the split of its bytes.

    ``line`` bounds a chunk's size line with its extensions, ``trailers`` the bytes of all trailer fields.
    """

    def __init__(self, line: int = 1024, trailers: int = 8192) -> None:
        self.done: bool = False
        self.rest: bytes = b""
        self._line: int = line
        self._trailers: int = trailers
        self._left: int = 0
        self._data_end: bool = False
        self._in_trailers: bool = False
        self._held: bytes = b""
        self._budget: int = 16 * line

    def feed(self, data: bytes) -> bytes:
        """The content in ``data``; after ``done``, ``rest`` is what follows. Raises PeerError."""
        if self._held:
            data = self._held + data
            self._held = b""
        parts: list[bytes] = []
        at = 0
        end = len(data)
        while at < end and not self.done:
            if self._left:
                part = data[at : at + self._left]
                parts.append(part)
                at += len(part)
                self._left -= len(part)
                self._data_end = not self._left
                continue
            stop = data.find(b"\n", at)
            if stop < 0:
                self._hold(data, at)
                break
            line = data[at:stop]
            at = stop + 1
            if line[-1:] != b"\r":
                raise refused(400, "malformed chunked body")
            self._take(line[:-1])
        if self.done:
            self.rest = data[at:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _hold(self, data: bytes, at: int) -> None:
        limit = self._trailers if self._in_trailers else self._line
        if len(data) - at > limit + 1:
            if self._in_trailers:
                raise refused(431, "the trailers are too large")
            raise refused(400, "malformed chunked body")
        self._held = data[at:]

    def _take(self, line: bytes) -> None:
        if self._data_end:
            if line:
                raise refused(400, "malformed chunked body")
            self._data_end = False
        elif self._in_trailers:
            self._trailer(line)
        else:
            self._chunk(line)

    def _chunk(self, line: bytes) -> None:
        size = _SIZE.match(line)
        if size is None or len(line) > self._line:
            raise refused(400, "malformed chunked body")
        if size.end() != len(line):
            self._budget -= len(line) - size.end()
            if self._budget < 0 or not _EXTENSION.fullmatch(line, size.end()):
                raise refused(400, "malformed chunked body")
        self._left = int(size.group(), 16)
        self._in_trailers = not self._left

    def _trailer(self, line: bytes) -> None:
        self._trailers -= len(line) + 2
        if self._trailers < 0:
            raise refused(431, "the trailers are too large")
        if not line:
            self.done = True
        elif not _FIELD.fullmatch(line):
            raise refused(400, "malformed trailer")


class Body:
    """A request's body as it comes in: of a known length, or chunked and of at most ``limit`` bytes.

    ``left`` is what may still come; ``known`` whether that is what will.
    """

    def __init__(self, length: int, limit: int, line: int, trailers: int) -> None:
        self.known: bool = length != CHUNKED
        self.left: int = length if self.known else limit
        self.done: bool = False
        self.rest: bytes = b""
        self._chunked: Chunked | None = None if self.known else Chunked(line, trailers)

    def feed(self, data: bytes) -> bytes:
        """The content in ``data``; after ``done``, ``rest`` is what follows. Raises PeerError."""
        chunked = self._chunked
        if chunked is not None:
            data = chunked.feed(data)
            if len(data) > self.left:
                raise refused(413, "the body is too large")
            self.done = chunked.done
            self.rest = chunked.rest
        else:
            self.done = len(data) >= self.left
            if len(data) > self.left:
                self.rest = data[self.left :]
                data = data[: self.left]
        self.left -= len(data)
        return data
