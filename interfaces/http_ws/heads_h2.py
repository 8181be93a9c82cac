"""A request's fields in HTTP/2: checked, and made what HTTP/1.1 would have said. Pure.

RFC 9113 §8.1.1 (malformed requests), §8.2.1 (what names and values may be), §8.2.2 (fields about a connection), §8.2.3
(Cookie), §8.3.1 (pseudo-header fields), §8.5 (CONNECT); RFC 8441 §4 (extended CONNECT).

Malformed is, beyond what the RFCs demand: a name that is no token, a value with any control character but tab, a path
with a blank, a fragment or raw UTF-8, a second Content-Length or Host, and a Host that is not the authority.
Fields with an underscore in their name are dropped, as HTTP/1.1's are.
"""

import re
from typing import Any, Final

from interfaces.http_ws.frames_h2 import PROTOCOL_ERROR
from interfaces.http_ws.wire_h1 import AUTHORITY as HOSTS
from interfaces.http_ws.wire_h1 import RequestHead
from interfaces.shared.errors import PeerError

__all__ = ["Head", "read_request", "read_trailers"]

MINOR: Final = 2
METHOD: Final = 0
SCHEME: Final = 1
PATH: Final = 2
AUTHORITY: Final = 3
PROTOCOL: Final = 4
PLAIN: Final = 5
"""Those below are pseudo-header fields."""
DROPPED: Final = 6
HOST: Final = 7
LENGTH: Final = 8
COOKIE: Final = 9
EXPECT: Final = 10
SECRET: Final = 11
TE: Final = 12
BAD: Final = 13

_KINDS: Final[dict[bytes, int]] = {
    b":method": METHOD,
    b":scheme": SCHEME,
    b":path": PATH,
    b":authority": AUTHORITY,
    b":protocol": PROTOCOL,
    b"host": HOST,
    b"content-length": LENGTH,
    b"cookie": COOKIE,
    b"authorization": SECRET,
    b"proxy-authorization": SECRET,
    b"expect": EXPECT,
    b"te": TE,
    b"connection": BAD,
    b"keep-alive": BAD,
    b"proxy-connection": BAD,
    b"transfer-encoding": BAD,
    b"upgrade": BAD,
}
_KINDS_AT_MOST: Final = 1024
_FIELDS_AT_MOST: Final = 2048  # that a process remembers, and how long they may be
_FIELD: Final = 256
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_DIGITS: Final = 18
_PSEUDO: Final[list[re.Pattern[bytes]]] = [
    re.compile(rb"[A-Za-z][!#$%&'*+\-.^_`|~0-9A-Za-z]*"),  # METHOD
    re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*"),  # SCHEME
    re.compile(rb"/[!\"$-~]*|\*"),  # PATH
    HOSTS,  # AUTHORITY
    re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"),  # PROTOCOL
]
_VALUE: Final = bytes([byte for byte in range(256) if byte == 0x09 or 0x20 <= byte != 0x7F])
_BLANK: Final = 0x20
_PORTS: Final = {b"http": b":80", b"https": b":443"}

_fields: Final[dict[Any, int]] = {}


class Head(RequestHead):
    """The head of a request; ``headers`` begin with Host, which is ``authority``.

    ``protocol`` is that of an extended CONNECT, else empty; ``target`` the path, or the authority of another CONNECT.
    """

    def __init__(self) -> None:
        super().__init__()
        self.minor = MINOR
        self.length = -1
        self.scheme: bytes = b""
        self.authority: bytes = b""
        self.protocol: bytes = b""
        self.expects: bool = False
        self.fields: list[tuple[bytes, bytes]] = []
        """What ``headers`` is a copy of."""


def malformed(text: str) -> PeerError:
    """The error of a request that cannot be taken."""
    return PeerError(text, PROTOCOL_ERROR)


def _kind(name: bytes) -> int:
    """What a name means; remembered while there are few."""
    known = _KINDS.get(name)
    if known is not None:
        return known
    if not _NAME.fullmatch(name):
        raise malformed("a name of a field is malformed")
    kind = DROPPED if b"_" in name else PLAIN
    if len(_KINDS) < _KINDS_AT_MOST and len(name) <= _FIELD:
        _KINDS[name] = kind
    return kind


def _judged(field: Any) -> int:
    """What a field means. One that is right is remembered, for all connections: the next request has it, too."""
    name: bytes = field[0]
    value: bytes = field[1]
    kind = _kind(name)
    if kind < PLAIN:
        fine = _PSEUDO[kind].fullmatch(value) is not None
    else:
        fine = not value.translate(None, _VALUE)
        if fine and value:
            fine = value[0] > _BLANK and value[-1] > _BLANK
    if not fine:
        raise malformed("a value of a field is malformed")
    if kind != COOKIE and kind != SECRET and len(name) + len(value) <= _FIELD:
        if len(_fields) >= _FIELDS_AT_MOST:
            _fields.clear()
        _fields[field] = kind
    return kind


class _Reader:
    """Reads one list of fields."""

    __slots__ = ("cookies", "crumb", "expects", "headers", "host", "length", "pseudo")

    def __init__(self) -> None:
        self.pseudo: list[bytes] = [b"", b"", b"", b"", b""]
        self.host: bytes = b""
        self.length: int = -1
        self.expects: bool = False
        self.cookies: list[bytes] = []
        self.crumb: int = 0
        self.headers: list[Any] = []

    def read(self, fields: list[Any]) -> None:
        """Take all of them."""
        headers = self.headers
        pseudo = self.pseudo
        past = False
        for field in fields:
            known = _fields.get(field)
            kind = _judged(field) if known is None else known
            if kind < PLAIN:
                if past or pseudo[kind]:
                    raise malformed("a pseudo-header field is repeated, or behind others")
                pseudo[kind] = field[1]
                if not field[1]:
                    raise malformed("a pseudo-header field is empty")
                continue
            past = True
            if kind == PLAIN or self._special(kind, field[1]):
                headers.append(field)

    def _special(self, kind: int, value: bytes) -> bool:
        """Take note of a field that decides something here; False for one that is left out, or written anew."""
        if kind == COOKIE:
            self.cookies.append(value)
            if len(self.cookies) == 1:
                self.crumb = len(self.headers)
                return True
            return False
        if kind == HOST:
            self._host(value)
        elif kind == LENGTH:
            self._length(value)
        elif kind == EXPECT:
            self.expects = value.lower() == b"100-continue"
        elif kind == BAD or (kind == TE and value.lower() != b"trailers"):
            raise malformed("a field that is about a connection")
        return kind != HOST and kind != DROPPED

    def _host(self, value: bytes) -> None:
        if self.host or not value or not HOSTS.fullmatch(value):
            raise malformed("Host is not one name")
        self.host = value

    def _length(self, value: bytes) -> None:
        if self.length >= 0 or not value.isdigit() or len(value) > _DIGITS:
            raise malformed("Content-Length is not one number")
        self.length = int(value)

    def joined(self) -> list[Any]:
        """The fields, with one Cookie of many, where the first was."""
        if len(self.cookies) > 1:
            self.headers[self.crumb] = (b"cookie", b"; ".join(self.cookies))
        return self.headers


def read_request(fields: list[Any], connect: bool) -> Head:
    """The head that ``fields`` say. Raises PeerError with a stream's code.

    ``connect``: extended CONNECT was offered.
    """
    reader = _Reader()
    reader.read(fields)
    method, scheme, path, authority, protocol = reader.pseudo
    head = Head()
    head.method = method
    head.scheme = scheme.lower()
    head.authority = _authority(head.scheme, authority, reader.host)
    head.protocol = protocol
    head.length = reader.length
    head.expects = reader.expects
    if protocol and not (connect and method == b"CONNECT"):
        raise malformed("a protocol that was not offered")
    if method == b"CONNECT" and not protocol:
        if scheme or path or not authority:
            raise malformed("CONNECT has a method and an authority")
        head.target = authority
    else:
        head.target = path
        _complete(head)
    head.fields = [(b"host", head.authority), *reader.joined()]
    return head


def _complete(head: Head) -> None:
    """Whether a request has all that it needs."""
    if not head.method or not head.scheme or not head.target:
        raise malformed("a request needs a method, a scheme and a path")
    if head.target == b"*" and head.method != b"OPTIONS":
        raise malformed("only OPTIONS asks about the server itself")


def _authority(scheme: bytes, authority: bytes, host: bytes) -> bytes:
    """Whom the request is for."""
    if not authority:
        if not host:
            raise malformed("a request needs an authority")
        return host
    if host and authority != host:
        port = _PORTS.get(scheme, b":")
        if authority.lower().removesuffix(port) != host.lower().removesuffix(port):
            raise malformed("Host is not the authority")
    return authority


def read_trailers(fields: list[Any]) -> list[tuple[bytes, bytes]]:
    """Trailers, checked. Raises PeerError with a stream's code."""
    reader = _Reader()
    reader.read(fields)
    if any(reader.pseudo):
        raise malformed("a pseudo-header field among trailers")
    return reader.joined()
