"""The opening handshake of WebSocket, over HTTP/1.1 and HTTP/2, on headers that have been parsed. Pure.

RFC 6455 §4.2 (server), §4.4 (versions), §9.1 (extensions), §10.2 (Origin), §11.3 (headers); RFC 9110 §7.8; RFC 8441 §5.
Header names come in lower case. No upgrade at all, so plain HTTP: HTTP/1.0, no ``websocket`` in Upgrade, no
``upgrade`` in Connection.

Refused with 400, although lenient peers take it: another method than GET, a body, a missing, repeated or
malformed Sec-WebSocket-Key, subprotocols that are repeated or no tokens, Sec-WebSocket-Extensions that do not
follow the grammar, two Origins. Another version than 13 gets 426. HTTP/2 has no key, and any Content-Length is wrong.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

from interfaces.http_ws.deflate import Offer
from interfaces.http_ws.wire_h1 import refusal
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = [
    "Upgrade", "accept_fields", "accept_head", "accept_value", "origin_allowed", "parse", "parse_connect",
    "parse_extensions",
]  # fmt: skip

Headers = Sequence[tuple[bytes, bytes]]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_NAME = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_TOKEN = re.compile(_NAME)
_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_BLANKS = b" \t"
# Only single sets are possessive: groups that are, Python 3.11.2 matches wrongly, and 3.11.7 may raise
# SystemError for (both seen). Each part begins with a character of its own, so nothing is tried twice.
_QUOTED = rb'"((?:[\t !\x23-\x5b\x5d-\x7e]|\\[\t -~])+)"'
_ONE = rb"[ \t]*+;[ \t]*+(%b)(?:[ \t]*+=[ \t]*+(?:(%b)|%b))?" % (_NAME, _NAME, _QUOTED)
_PARAMETER = re.compile(_ONE)
_EXTENSION = re.compile(rb"[ \t]*+(?:(%b)((?:%b)*))?[ \t]*+(?:,|\Z)" % (_NAME, _ONE))
_OURS = frozenset(  # the handshake's own headers, and what a 101 cannot have (RFC 9110 §8.6, RFC 9112 §6.1)
    b"connection upgrade sec-websocket-accept sec-websocket-extensions sec-websocket-protocol "
    b"sec-websocket-version content-length transfer-encoding".split()
)
_VERSION_HEADERS = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What a client's handshake asks for: subprotocols in its order of preference, extensions as offered.

    ``key`` is empty over HTTP/2.
    """

    key: bytes
    subprotocols: list[str]
    extensions: list[Offer]
    origin: bytes | None


def _refused(status: int, text: str, headers: bytes = b"") -> PeerError:
    return PeerError(text, refusal(status, text, headers))


def parse(method: bytes, http_version: str, headers: Headers) -> Upgrade | None:
    """The handshake in a request's head, None when it is plain HTTP.

    Raises PeerError whose ``answer`` is the response to write (400, 426); the connection is then closed.
    """
    found = _collected(headers)
    if http_version == "1.0" or not (
        _names(found, b"upgrade", b"websocket") and _names(found, b"connection", b"upgrade")
    ):
        return None
    if method != b"GET":
        raise _refused(400, "a WebSocket begins with GET")
    if b"transfer-encoding" in found or found.get(b"content-length", [b"0"]) != [b"0"]:
        raise _refused(400, "a WebSocket handshake has no body")
    _check_version(found)
    keys = found.get(b"sec-websocket-key", [])
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise _refused(400, "exactly one Sec-WebSocket-Key of 16 bytes is needed")
    return _upgrade(found, keys[0])


def parse_connect(headers: Headers) -> Upgrade:
    """The handshake in the head of an extended CONNECT whose protocol is ``websocket`` (RFC 8441 §5).

    Raises PeerError as :func:`parse` does; another version than 13 is a 426 here, too, which HTTP/2 cannot say.
    """
    found = _collected(headers)
    if b"content-length" in found:
        raise _refused(400, "a WebSocket handshake has no body")
    _check_version(found)
    return _upgrade(found, b"")


def _collected(headers: Headers) -> dict[bytes, list[bytes]]:
    """The values of each field."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _check_version(found: dict[bytes, list[bytes]]) -> None:
    if found.get(b"sec-websocket-version") != [b"13"]:
        raise _refused(426, "version 13 is spoken here", _VERSION_HEADERS)


def _upgrade(found: dict[bytes, list[bytes]], key: bytes) -> Upgrade:
    """What the two versions of HTTP have in common."""
    origins = found.get(b"origin", [None])
    if len(origins) > 1:
        raise _refused(400, "more than one Origin")
    return Upgrade(
        key=key,
        subprotocols=_subprotocols(found.get(b"sec-websocket-protocol", [])),
        extensions=parse_extensions(found.get(b"sec-websocket-extensions", [])),
        origin=origins[0],
    )


def _names(found: dict[bytes, list[bytes]], header: bytes, word: bytes) -> bool:
    values = b",".join(found.get(header, [])).lower()
    return word in values and word in [part.strip(_BLANKS) for part in values.split(b",")]


def _subprotocols(values: list[bytes]) -> list[str]:
    if not values:
        return []
    names = [name.strip(_BLANKS) for name in b",".join(values).split(b",")]
    names = [name for name in names if name]  # a list may have empty elements (RFC 9110 §5.6.1.2)
    if not names or len(set(names)) != len(names) or not all(_TOKEN.fullmatch(name) for name in names):
        raise _refused(400, "malformed Sec-WebSocket-Protocol")
    return [name.decode("ascii") for name in names]


def parse_extensions(values: Sequence[bytes]) -> list[Offer]:
    """The extensions in the values of Sec-WebSocket-Extensions, with their parameters, in order (§9.1).

    Raises PeerError (400) when they do not follow the grammar.
    """
    offers: list[Offer] = []
    line = b",".join(values)
    at = 0
    while at < len(line):
        part = _EXTENSION.match(line, at)
        if part is None:
            raise _refused(400, "malformed Sec-WebSocket-Extensions")
        at = part.end()
        if part[1]:
            offers.append((part[1].decode("ascii"), _parameters(part[2])))
    if values and not offers:
        raise _refused(400, "malformed Sec-WebSocket-Extensions")
    return offers


def _parameters(text: bytes) -> tuple[tuple[str, str | None], ...]:
    parameters: list[tuple[str, str | None]] = []
    for name, plain, quoted in _PARAMETER.findall(text):
        value = re.sub(rb"\\(.)", rb"\1", quoted) if quoted else plain
        if value and not _TOKEN.fullmatch(value):  # what was quoted must be a token all the same (§9.1)
            raise _refused(400, "malformed Sec-WebSocket-Extensions")
        parameters.append((name.decode("ascii"), value.decode("ascii") if value else None))
    return tuple(parameters)


def accept_value(key: bytes) -> bytes:
    """Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2)."""
    return b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def accept_head(
    key: bytes,
    subprotocol: str | None = None,
    headers: Iterable[Sequence[Any]] = (),
    extension: bytes | None = None,
    offered: Sequence[str] | None = None,
) -> bytes:
    """The 101 response (§4.2.2), with :func:`accept_fields`. Raises ApplicationError."""
    fields = accept_fields(subprotocol, headers, extension, offered)
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: upgrade",
        b"sec-websocket-accept: " + accept_value(key),
    ]
    lines += [name + b": " + value for name, value in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def accept_fields(
    subprotocol: str | None = None,
    headers: Iterable[Sequence[Any]] = (),
    extension: bytes | None = None,
    offered: Sequence[str] | None = None,
) -> list[tuple[bytes, bytes]]:
    """The fields of a response that accepts. ``headers`` are the application's, ``extension`` is what was agreed to.

    Raises ApplicationError for a header that would break the response or belongs to the handshake, and for a
    subprotocol that is no token or not among those ``offered`` (when given): clients hang up on it (§4.1).
    """
    fields: list[tuple[bytes, bytes]] = []
    if subprotocol is not None:
        if offered is not None and subprotocol not in offered:
            raise ApplicationError(
                f"subprotocol {subprotocol!r} is none of those the client offered: {offered!r}"
            )
        name = subprotocol.encode("utf-8", "replace")
        if not _TOKEN.fullmatch(name):
            raise ApplicationError(f"subprotocol {subprotocol!r} is no token")
        fields.append((b"sec-websocket-protocol", name))
    if extension:
        fields.append((b"sec-websocket-extensions", extension))
    fields += [_field(header) for header in headers]
    return fields


def _field(header: Sequence[Any]) -> tuple[bytes, bytes]:
    name, value = header
    if not isinstance(name, bytes) or not isinstance(value, bytes):
        raise ApplicationError(f"a header's name and value are bytes, not {name!r} and {value!r}")
    if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ApplicationError(f"malformed header {name!r}: {value!r}")
    if name.lower() in _OURS:
        raise ApplicationError(f"{name!r} is written by the handshake, not by the application")
    return name, value


def origin_allowed(origin: bytes | None, allowed: Sequence[str]) -> bool:
    """Whether a page of ``origin`` may open a WebSocket here (§10.2), as Channels' validators judge it.

    ``allowed`` holds ``*`` (anything, also no Origin at all), hosts (``example.com``, with ``:8443`` for one
    port) or origins (``https://example.com``: the scheme's own port unless one is given, ``:*`` for any). A
    host that begins with a dot stands for itself and its subdomains, one with ``*.`` for these alone.
    """
    if "*" in allowed:
        return True
    if origin is None:
        return False
    try:
        parts = urlsplit(origin.decode("ascii").lower())
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return False
    if not host or not scheme:
        return False
    if port is None:
        port = _PORTS.get(scheme)
    return any(_matches(pattern.lower(), scheme, host, port) for pattern in allowed)


def _matches(pattern: str, scheme: str, host: str, port: int | None) -> bool:
    wanted_scheme, mark, rest = pattern.rpartition("://")
    if mark and wanted_scheme != scheme:
        return False
    wanted_host, colon, wanted_port = rest.rpartition(":")
    if not colon or "]" in wanted_port:  # [::1] ends with its last colon's group
        wanted_host, wanted_port = rest, str(_PORTS.get(scheme)) if mark else "*"
    if wanted_port not in ("*", str(port)):
        return False
    wanted_host = wanted_host.strip("[]")
    if wanted_host.startswith("*."):
        return host.endswith(wanted_host[1:])
    return host == wanted_host or (
        wanted_host.startswith(".") and (host.endswith(wanted_host) or host == wanted_host[1:])
    )
