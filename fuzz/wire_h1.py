"""HTTP/1.1 heads: refused with an answer of ours, or read into something that cannot be read otherwise."""

import re

from interfaces.http_ws.wire_h1 import CHUNKED, HeadLimits, HeadParser
from interfaces.shared.errors import PeerError

SEEDS = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /x?y=%20 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
    b"GET http://a/ HTTP/1.0\r\nX: \xff\tb \r\nCookie: c=d\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
]
VALUE = re.compile(rb"[\t -~\x80-\xff]*")


def one(data: bytes) -> None:
    """A head that is taken has one length, at most one Host, clean values, and is read alike twice."""
    head = data[: end + 4] if (end := data.find(b"\r\n\r\n")) >= 0 else data + b"\r\n\r\n"
    parser = HeadParser(HeadLimits(line=200, size=400, fields=8))
    first = _read(parser, head)
    if first is None:
        return
    assert _read(parser, head) == first, "the parser remembers something of the last head"
    lengths = sum(name == b"content-length" for name, _ in parser.headers)
    codings = sum(name == b"transfer-encoding" for name, _ in parser.headers)
    assert lengths + codings <= 1
    assert parser.length >= 0 if not codings else parser.length == CHUNKED
    assert sum(name == b"host" for name, _ in parser.headers) in ((1,) if parser.minor else (0, 1))
    for name, value in parser.headers:
        assert name == name.lower() and b"_" not in name
        assert VALUE.fullmatch(value) and value == value.strip(b" \t")


def _read(parser: HeadParser, head: bytes) -> object:
    try:
        parser.parse(head)
    except PeerError as error:
        assert isinstance(error.answer, bytes) and b"connection: close" in error.answer
        return None
    said = (parser.keep_alive, parser.expects, parser.upgrade)
    return parser.method, parser.target, parser.minor, list(parser.headers), parser.length, *said
