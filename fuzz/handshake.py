"""The WebSocket handshake's headers: an upgrade, plain HTTP, or a refusal, and an answer that is one head."""

from interfaces.http_ws.deflate import DeflateOptions, confirm, negotiate
from interfaces.http_ws.handshake import origin_allowed, parse, parse_extensions
from interfaces.shared.errors import PeerError

GOOD = (
    b"Upgrade:websocket\nConnection:keep-alive, Upgrade\nSec-WebSocket-Version:13\n"
    b"Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\n"
)
SEEDS = [
    GOOD,
    GOOD + b"Sec-WebSocket-Protocol:a, b\nOrigin:https://example.org:443",
    GOOD
    + b"Sec-WebSocket-Extensions:permessage-deflate; client_max_window_bits; server_max_window_bits=10, x",
    b'Sec-WebSocket-Extensions:permessage-deflate; server_no_context_takeover=""',
]


def one(data: bytes) -> None:
    """Each line is a header; only PeerError comes out, and what is agreed to can be said."""
    rows = [line.partition(b":") for line in data.split(b"\n")]
    headers = [(name.lower(), value) for name, _, value in rows]
    try:
        asked = parse(b"GET", "1.1", headers)
        offers = asked.extensions if asked else parse_extensions([value for _, value in headers])
    except PeerError:
        return
    agreed = negotiate(offers, DeflateOptions())
    if agreed is not None:
        assert 9 <= agreed.server_bits <= 15 and 9 <= agreed.client_bits <= 15
        assert b"\r" not in agreed.answer and b"\n" not in agreed.answer
    try:
        confirm(offers, DeflateOptions())
    except PeerError:
        pass
    origin_allowed(asked.origin if asked else data, ["https://example.org", "*.example.org"])
