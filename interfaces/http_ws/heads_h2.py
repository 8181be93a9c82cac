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
from interfaces.http_ws.wire_h1 import AUTHORITY, RequestHead
from interfaces.shared.errors import PeerError

__all__ = ["Head", "read_request", "read_trailers"]

MINOR: Final = 2
PLAIN, DROPPED, PSEUDO, BAD, HOST, LENGTH, COOKIE, EXPECT, TE = range(9)
_KINDS: Final[dict[bytes, int]] = {
    b":method": PSEUDO,
    b":scheme": PSEUDO,
    b":path": PSEUDO,
    b":authority": PSEUDO,
    b":protocol": PSEUDO,
    b"host": HOST,
    b"content-length": LENGTH,
    b"cookie": COOKIE,
    b"expect": EXPECT,
    b"te": TE,
    b"connection": BAD,
    b"keep-alive": BAD,
    b"proxy-connection": BAD,
    b"transfer-encoding": BAD,
    b"upgrade": BAD,
}
_KINDS_AT_MOST: Final = 1024
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_METHOD: Final = re.compile(rb"[A-Za-z][!#$%&'*+\-.^_`|~0-9A-Za-z]*")
_SCHEME: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*")
_TARGET: Final = bytes(byte for byte in range(0x21, 0x7F) if byte != 0x23)
_VALUE: Final = bytes(byte for byte in range(256) if byte in (0x09, 0x0A) or 0x20 <= byte != 0x7F)
"""Octets of values that are joined by LF."""
_DIGITS: Final = 18
_SCHEMES: Final = frozenset((b"http", b"https"))
_METHODS: Final = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"))
_PORTS: Final = {b"http": b":80", b"https": b":443"}


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


def _learn(name: bytes) -> int:
    """What a name means; remembered while there are few."""
    if not _NAME.fullmatch(name):
        raise malformed("a name of a field is malformed")
    kind = DROPPED if b"_" in name else PLAIN
    if len(_KINDS) < _KINDS_AT_MOST and len(name) <= 64:
        _KINDS[name] = kind
    return kind


def _check(values: list[bytes]) -> None:
    """Values without control characters, and without blanks around them."""
    said = b"\n%b\n" % b"\n".join(values)
    if (
        said.translate(None, _VALUE)
        or said.count(b"\n") != len(values) + 1
        or b"\n " in said
        or b" \n" in said
        or b"\t\n" in said
        or b"\n\t" in said
    ):
        raise malformed("a value of a field is malformed")


class _Reader:
    """Reads one list of fields."""

    def __init__(self) -> None:
        self.pseudo: dict[bytes, bytes] = {}
        self.host: bytes | None = None
        self.length: int = -1
        self.expects: bool = False
        self.cookies: list[bytes] = []
        self.headers: list[Any] = []

    def read(self, fields: list[Any]) -> None:
        """Take all of them."""
        headers = self.headers
        values: list[bytes] = []
        past = False
        for field in fields:
            name: bytes = field[0]
            value: bytes = field[1]
            values.append(value)
            known = _KINDS.get(name)
            kind = _learn(name) if known is None else known
            if kind == PSEUDO:
                if past or name in self.pseudo:
                    raise malformed("a pseudo-header field is repeated, or behind others")
                self.pseudo[name] = value
                continue
            past = True
            if kind == PLAIN or (kind != DROPPED and self._special(kind, value)):
                headers.append(field)
        _check(values)

    def _special(self, kind: int, value: bytes) -> bool:
        """Take note of a field that decides something here; False for one that is written anew."""
        if kind == COOKIE:
            self.cookies.append(value)
            return len(self.cookies) == 1
        if kind == HOST:
            if self.host is not None:
                raise malformed("more than one Host")
            self.host = value
            return False
        if kind == LENGTH:
            if self.length >= 0 or not value.isdigit() or len(value) > _DIGITS:
                raise malformed("Content-Length is not one number")
            self.length = int(value)
        elif kind == EXPECT:
            self.expects = value.lower() == b"100-continue"
        elif kind == BAD or value.lower() != b"trailers":
            raise malformed("a field that is about a connection")
        return True


def read_request(fields: list[Any], connect: bool) -> Head:
    """The head that ``fields`` say. Raises PeerError with a stream's code.

    ``connect``: extended CONNECT was offered.
    """
    reader = _Reader()
    reader.read(fields)
    pseudo = reader.pseudo
    head = Head()
    head.method = method = pseudo.get(b":method", b"")
    if method not in _METHODS and not _METHOD.fullmatch(method):
        raise malformed("malformed method")
    head.length = reader.length
    head.expects = reader.expects
    protocol = pseudo.get(b":protocol")
    if method == b"CONNECT" and protocol is None:
        if len(pseudo) != 2 or not pseudo.get(b":authority"):
            raise malformed("CONNECT has a method and an authority")
    else:
        _located(head, pseudo)
        if protocol is not None:
            if not connect or method != b"CONNECT" or not _METHOD.fullmatch(protocol):
                raise malformed("a protocol that was not offered")
            head.protocol = protocol
    head.authority = _authority(head.scheme, pseudo.get(b":authority"), reader.host)
    if not head.target:
        head.target = head.authority
    if len(reader.cookies) > 1:
        _crumbs(reader)
    head.fields = [(b"host", head.authority), *reader.headers]
    return head


def _located(head: Head, pseudo: dict[bytes, bytes]) -> None:
    """Scheme and path."""
    head.scheme = scheme = pseudo.get(b":scheme", b"").lower()
    head.target = target = pseudo.get(b":path", b"")
    if scheme not in _SCHEMES and not _SCHEME.fullmatch(scheme):
        raise malformed("malformed scheme")
    if target.translate(None, _TARGET) or (
        target[:1] != b"/" and (target != b"*" or head.method != b"OPTIONS")
    ):
        raise malformed("malformed path")


def _authority(scheme: bytes, authority: bytes | None, host: bytes | None) -> bytes:
    """Whom the request is for."""
    found = host if authority is None else authority
    if not found or not AUTHORITY.fullmatch(found):
        raise malformed("a request needs an authority")
    if authority is not None and host is not None and authority != host:
        port = _PORTS.get(scheme, b":")
        if authority.lower().removesuffix(port) != host.lower().removesuffix(port):
            raise malformed("Host is not the authority")
    return found


def _crumbs(reader: _Reader) -> None:
    """One Cookie of many, where the first was."""
    for at, field in enumerate(reader.headers):
        if field[0] == b"cookie":
            reader.headers[at] = (b"cookie", b"; ".join(reader.cookies))
            return


def read_trailers(fields: list[Any]) -> list[tuple[bytes, bytes]]:
    """Trailers, checked. Raises PeerError with a stream's code."""
    reader = _Reader()
    reader.read(fields)
    if reader.pseudo:
        raise malformed("a pseudo-header field among trailers")
    return reader.headers
