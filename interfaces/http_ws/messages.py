"""What an application sees and says for HTTP and WebSockets: ASGI 3 exactly, nothing asgiref does not name.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html (spec_version 2.5) and its extensions.
The types are for annotations and for the reference, which is made of them; at run time these are plain dicts.
"""

from collections.abc import Iterable
from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["SCOPES", "HttpScope", "WebsocketScope"]

Headers = Iterable[tuple[bytes, bytes]]


class AsgiVersions(TypedDict):
    """Which contract a scope follows."""

    version: Literal["3.0"]
    spec_version: Literal["2.5"]


class _Connection(TypedDict):
    """What both kinds of scopes have."""

    asgi: AsgiVersions
    http_version: Literal["1.0", "1.1", "2"]
    path: str
    """Percent-decoded, as UTF-8; ``root_path`` is its beginning."""
    raw_path: bytes
    """As it was sent."""
    query_string: bytes
    """What stands after the first question mark, as it was sent."""
    root_path: str
    """Where the application is mounted: the option ``http.root_path``."""
    headers: list[tuple[bytes, bytes]]
    """Names in lower case, in the order they came; names with an underscore are left out."""
    client: tuple[str, int | None] | None
    """Address and port of the client, or what a trusted proxy says of it; None on a unix socket."""
    server: tuple[str, int | None] | None
    """Address and port it connected to; the path and None for a unix socket."""
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class HttpScope(_Connection):
    """A request."""

    type: Literal["http"]
    method: str
    scheme: Literal["http", "https"]


class WebsocketScope(_Connection):
    """A WebSocket, from its handshake to its close."""

    type: Literal["websocket"]
    scheme: Literal["ws", "wss"]
    subprotocols: list[str]
    """What the client offers, in its order."""


class HttpRequest(TypedDict):
    """In: a part of the request's body."""

    type: Literal["http.request"]
    body: bytes
    more_body: bool


class HttpDisconnect(TypedDict):
    """In: the client is gone, or the answer is complete."""

    type: Literal["http.disconnect"]


class HttpResponseStart(TypedDict):
    """Out: status and headers; they leave with the first part of the body."""

    type: Literal["http.response.start"]
    status: int
    """200 to 999."""
    headers: NotRequired[Headers]
    """Connection and Transfer-Encoding are the server's, but ``connection: close`` is honoured; so is a Date."""
    trailers: NotRequired[bool]
    """Whether ``http.response.trailers`` follows the body."""


class HttpResponseBody(TypedDict):
    """Out: a part of the body."""

    type: Literal["http.response.body"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


class HttpResponseTrailers(TypedDict):
    """Out (extension ``http.response.trailers``): fields after a chunked body, for clients that ask for them."""

    type: Literal["http.response.trailers"]
    headers: NotRequired[Headers]
    more_trailers: NotRequired[bool]


class HttpResponsePathsend(TypedDict):
    """Out (extension ``http.response.pathsend``): the file is the body."""

    type: Literal["http.response.pathsend"]
    path: str
    """Absolute."""


class HttpResponseEarlyHint(TypedDict):
    """Out (extension ``http.response.early_hint``): a 103 before the response (RFC 8297)."""

    type: Literal["http.response.early_hint"]
    links: Iterable[bytes]
    """Values of Link fields."""


class WebsocketConnect(TypedDict):
    """In: the handshake; answer with accept, close or a response."""

    type: Literal["websocket.connect"]


class WebsocketAccept(TypedDict):
    """Out: the handshake succeeds."""

    type: Literal["websocket.accept"]
    subprotocol: NotRequired[str | None]
    """One of those offered."""
    headers: NotRequired[Headers]


class WebsocketReceive(TypedDict):
    """In: a whole message; one of ``text`` and ``bytes`` is there."""

    type: Literal["websocket.receive"]
    text: NotRequired[str]
    bytes: NotRequired[bytes]


class WebsocketSend(TypedDict):
    """Out: a message, of ``bytes`` where they are not None, else of ``text``."""

    type: Literal["websocket.send"]
    text: NotRequired[str | None]
    bytes: NotRequired[bytes | None]


class WebsocketClose(TypedDict):
    """Out: close; before accept, deny the handshake with 403."""

    type: Literal["websocket.close"]
    code: NotRequired[int]
    """1000 unless given."""
    reason: NotRequired[str | None]
    """At most 123 bytes of UTF-8 are sent."""


class WebsocketDisconnect(TypedDict):
    """In: no more will come."""

    type: Literal["websocket.disconnect"]
    code: int
    """The peer's; 1005 without one, 1006 when the connection was lost, ours when we ended it."""
    reason: str


class WebsocketHttpResponseStart(TypedDict):
    """Out (extension ``websocket.http.response``): deny the handshake with a response of one's own."""

    type: Literal["websocket.http.response.start"]
    status: int
    headers: NotRequired[Headers]


class WebsocketHttpResponseBody(TypedDict):
    """Out (extension ``websocket.http.response``): its body."""

    type: Literal["websocket.http.response.body"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


SCOPES: dict[type, tuple[type, ...]] = {
    HttpScope: (
        HttpRequest,
        HttpDisconnect,
        HttpResponseStart,
        HttpResponseBody,
        HttpResponseTrailers,
        HttpResponsePathsend,
        HttpResponseEarlyHint,
    ),
    WebsocketScope: (
        WebsocketConnect,
        WebsocketAccept,
        WebsocketReceive,
        WebsocketSend,
        WebsocketClose,
        WebsocketDisconnect,
        WebsocketHttpResponseStart,
        WebsocketHttpResponseBody,
    ),
}
"""Each scope with the messages that may pass in it."""
