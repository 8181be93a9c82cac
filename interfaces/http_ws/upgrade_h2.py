"""The upgrade of HTTP/1.1 to HTTP/2 in a request ("Upgrade: h2c"), which is off where nobody asks for it. Pure.

RFC 7540 §3.2 and §3.2.1; RFC 9113 §3.1 has dropped it: what passes Upgrade on as a hop's field lets the requests
behind it by, unseen. So it is taken for a request that is simple, and anything else is answered over HTTP/1.1, which
the RFC allows: one without a body, that nothing follows, with one Upgrade, one HTTP2-Settings, a Connection that names
both and little else, and no field that a proxy adds.
"""

from base64 import urlsafe_b64decode
from typing import Final

from interfaces.http_ws.frames_h2 import SETTING
from interfaces.http_ws.heads_h2 import Head, read_request
from interfaces.http_ws.wire_h1 import RequestHead
from interfaces.shared.errors import PeerError

__all__ = ["SWITCHING", "asked"]

SWITCHING: Final = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
_SETTINGS: Final = 1024
"""Characters of HTTP2-Settings."""
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_OWN: Final = frozenset(
    (
        b"connection", b"host", b"http2-settings", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding",
        b"upgrade",
    )
)  # fmt: skip
"""Fields about the connection, which HTTP/2 says in other ways or not at all."""
_NAMED: Final = frozenset((b"upgrade", b"http2-settings"))
_MAY_BE_NAMED: Final = frozenset((b"keep-alive", b"te"))
"""In Connection, beside those two."""
_OF_A_PROXY: Final = frozenset((b"forwarded", b"via", b"x-real-ip"))
_FORWARDED: Final = b"x-forwarded-"


def asked(head: RequestHead) -> tuple[Head, bytes] | None:
    """The request as HTTP/2 has it, and the client's SETTINGS; None for one to be answered over HTTP/1.1."""
    if head.minor != 1 or head.length or any(map(_of_a_proxy, head.headers)):
        return None
    wanted, settings, hosts = [_said(head, name) for name in (b"upgrade", b"http2-settings", b"host")]
    words = _words(_said(head, b"connection"))
    if not len(wanted) == len(settings) == len(hosts) == 1 or words - _MAY_BE_NAMED != _NAMED:
        return None
    payload = _decoded(settings[0])
    if b"h2c" not in _words(wanted) or payload is None:
        return None
    try:
        return read_request(_fields(head, hosts[0]), False), payload
    except PeerError:
        return None


def _of_a_proxy(field: tuple[bytes, bytes]) -> bool:
    """Whether a proxy has added it."""
    return field[0] in _OF_A_PROXY or field[0].startswith(_FORWARDED)


def _said(head: RequestHead, wanted: bytes) -> list[bytes]:
    """The values of a field."""
    return [value for name, value in head.headers if name == wanted]


def _fields(head: RequestHead, host: bytes) -> list[tuple[bytes, bytes]]:
    """As HTTP/2 has them."""
    fields = [
        (b":method", head.method), (b":scheme", b"http"), (b":authority", host), (b":path", head.target),
        *[field for field in head.headers if field[0] not in _OWN],
    ]  # fmt: skip
    if b"trailers" in _words(_said(head, b"te")):
        fields.append((b"te", b"trailers"))
    return fields


def _words(values: list[bytes]) -> set[bytes]:
    """What a list names, in lower case."""
    return {word.strip(b" \t").lower() for value in values for word in value.split(b",")}


def _decoded(text: bytes) -> bytes | None:
    """The payload of SETTINGS, in base64url without padding; None for what is none."""
    if len(text) > _SETTINGS or len(text) % 4 == 1 or text.translate(None, _BASE64):
        return None
    payload = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return None if len(payload) % SETTING.size else payload
