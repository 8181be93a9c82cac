"""Between HTTP or WebSocket and ASGI: scopes. Pure.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html (spec_version 2.5), RFC 9112 §3.2 (forms of the target).
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from interfaces.http_ws.wire_h1 import AUTHORITY, RequestHead, refused
from interfaces.shared.asgi import Scope

__all__ = ["Place", "http_scope", "websocket_scope"]

METHODS: dict[bytes, str] = {
    m.encode(): m for m in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
}
VERSIONS = ("1.0", "1.1", "2")
PERCENT = 0x25  # an octet is found faster than bytes are


class Place:
    """Where a connection is: what its scopes have in common."""

    def __init__(
        self,
        client: tuple[str, int | None] | None,
        server: tuple[str, int | None] | None,
        *,
        secure: bool = False,
        root_path: str = "",
        tls: dict[str, Any] | None = None,
    ) -> None:
        self.client = client
        self.server = server
        self.secure: bool = secure
        self.root_path: str = root_path
        self.tls = tls


def http_scope(head: RequestHead, place: Place, state: dict[str, Any]) -> Scope:
    """The scope of a request. Raises PeerError for a target that is of no known form."""
    scope = _scope("http", "https" if place.secure else "http", head, place)
    scope["method"] = METHODS.get(head.method) or _method(head.method)
    scope["state"] = state.copy()
    scope["extensions"] = {
        "http.response.trailers": {},
        "http.response.pathsend": {},
        "http.response.early_hint": {},
    }
    if place.tls is not None:
        scope["extensions"]["tls"] = place.tls.copy()
    return scope


def _method(method: bytes) -> str:
    """A method that is rare; CONNECT is a proxy's (RFC 9110 §9.3.6)."""
    if method == b"CONNECT":
        raise refused(405, "this is no proxy")
    return method.decode("ascii")


def websocket_scope(head: RequestHead, place: Place, state: dict[str, Any], subprotocols: list[str]) -> Scope:
    """The scope of a WebSocket. Raises PeerError as :func:`http_scope` does."""
    scope = _scope("websocket", "wss" if place.secure else "ws", head, place)
    scope["subprotocols"] = subprotocols
    scope["state"] = state.copy()
    scope["extensions"] = {"websocket.http.response": {}}
    if place.tls is not None:
        scope["extensions"]["tls"] = place.tls.copy()
    return scope


def _scope(kind: str, scheme: str, head: RequestHead, place: Place) -> dict[str, Any]:
    target = head.target
    if target[:1] != b"/" and (target != b"*" or head.method != b"OPTIONS"):
        target = _absolute(head, target)
    raw, _, query = target.partition(b"?")
    path = (unquote_to_bytes(raw) if PERCENT in raw else raw).decode("utf-8", "replace")
    root = place.root_path
    if root:
        path = root + path
        raw = root.encode() + raw
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": VERSIONS[head.minor],
        "scheme": scheme,
        "path": path,
        "raw_path": raw,
        "query_string": query,
        "root_path": root,
        "headers": head.headers,
        "client": place.client,
        "server": place.server,
    }


def _absolute(head: RequestHead, target: bytes) -> bytes:
    """Path and query of an absolute-form target, which also names the host (RFC 9112 §3.2.2)."""
    scheme, _, rest = target.partition(b"://")
    if scheme.lower() not in (b"http", b"https", b"ws", b"wss"):
        raise refused(400, "malformed request target")
    cut = min((i for i in (rest.find(b"/"), rest.find(b"?")) if i >= 0), default=len(rest))
    host = rest[:cut]
    if not host or not AUTHORITY.fullmatch(host):
        raise refused(400, "malformed request target")
    head.headers = [(b"host", host)] + [field for field in head.headers if field[0] != b"host"]
    path = rest[cut:]
    return path if path[:1] == b"/" else b"/" + path
