"""Chunked bodies: any split of the bytes gives the same content, the same end and the same refusal."""

from interfaces.http_ws.wire_h1 import Chunked
from interfaces.shared.errors import PeerError

SEEDS = [
    b"\x035\r\nhello\r\n0\r\n\r\nGET",
    b'\x011;a=b;c="d\\"e"\r\nx\r\n0\r\nTrailer: x\r\n\r\n',
    b"\x08ff\r\n" + b"x" * 255 + b"\r\n00\r\n\r\n",
]


def one(data: bytes) -> None:
    """The first byte says how long the pieces are."""
    step, body = (data[0] % 16 + 1, data[1:]) if data else (1, b"")
    assert _read([body]) == _read([body[i : i + step] for i in range(0, len(body), step)])


def _read(pieces: list[bytes]) -> object:
    wire, content = Chunked(line=20, trailers=40), b""
    for at, piece in enumerate(pieces):
        try:
            content += wire.feed(piece)
        except PeerError:
            return "refused"
        if wire.done:
            return content, wire.rest + b"".join(pieces[at + 1 :])
    return content
