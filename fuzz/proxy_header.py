"""PROXY headers: what is whole is read alike with more behind it, and what is cut off waits for more."""

from interfaces.shared.errors import PeerError
from interfaces.shared.proxy_header import ProxyHeader, read_proxy_header

V2 = b"\r\n\r\n\x00\r\nQUIT\n"
SEEDS = [
    b"PROXY TCP4 192.0.2.1 198.51.100.1 5000 443\r\n",
    b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 443\r\nGET",
    b"PROXY UNKNOWN\r\n",
    V2 + b"\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\x13\x88\x01\xbb",
    V2 + b"\x20\x00\x00\x00",
    V2 + b"\x21\x11\x00\x14\xc0\x00\x02\x01\xc6\x33\x64\x01\x13\x88\x01\xbb\x20\x00\x05\x01\x00\x00\x00\x00",
]


def one(data: bytes) -> None:
    """Byte by byte: None, None, … and then one answer that further bytes do not change."""
    final: object = None
    for end in range(1, len(data) + 1):
        found = _read(data[:end])
        assert final is None or found == final
        final = found
    if isinstance(final, ProxyHeader):
        assert final.length <= len(data)


def _read(data: bytes) -> object:
    try:
        return read_proxy_header(data)
    except PeerError:
        return "refused"
