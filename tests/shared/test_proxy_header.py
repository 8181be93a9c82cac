"""The PROXY protocol, as HAProxy's document has it."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import PeerError
from interfaces.shared.proxy_header import ProxyHeader, read_proxy_header

V2 = b"\r\n\r\n\x00\r\nQUIT\n"


def v2(first: int, family: int, body: bytes) -> bytes:
    """A header of version 2, the command in ``first``."""
    return V2 + struct.pack("!BBH", first, family, len(body)) + body


def inet(source: str, destination: str, *ports: int) -> bytes:
    """Its addresses."""
    return ip_address(source).packed + ip_address(destination).packed + struct.pack("!HH", *ports)


def vector(kind: int, value: bytes) -> bytes:
    """A type, a length, a value."""
    return struct.pack("!BH", kind, len(value)) + value


FOUR = inet("192.0.2.1", "198.51.100.9", 56324, 443)
SIX = inet("2001:db8::1", "2001:db8::2", 1, 65535)
UNIX = b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0")
SSL = vector(0x20, b"\x01" + bytes(4) + vector(0x21, b"TLSv1.3"))
HEADERS = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n", ("192.0.2.1", 56324), ("198.51.100.9", 443), False),
    (b"PROXY TCP6 2001:DB8::1 ::2 0 65535\r\n", ("2001:db8::1", 0), ("::2", 65535), False),
    (b"PROXY UNKNOWN\r\n", None, None, False),
    (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None, None, False),
    (v2(0x21, 0x11, FOUR), ("192.0.2.1", 56324), ("198.51.100.9", 443), False),
    (v2(0x21, 0x21, SIX), ("2001:db8::1", 1), ("2001:db8::2", 65535), False),
    (v2(0x21, 0x31, UNIX), ("/run/a", 0), ("/run/b", 0), False),
    (v2(0x21, 0x11, FOUR + vector(1, b"h2") + SSL + vector(4, bytes(99))), ("192.0.2.1", 56324),
     ("198.51.100.9", 443), True),
    (v2(0x21, 0x11, FOUR + vector(0x20, bytes(5))), ("192.0.2.1", 56324), ("198.51.100.9", 443), False),
    (v2(0x20, 0x00, b""), None, None, False),
    (v2(0x20, 0x11, FOUR), None, None, False),
    (v2(0x21, 0x00, b"anything"), None, None, False),
    (v2(0x21, 0x00, bytes(4080)), None, None, False),
]  # fmt: skip


@pytest.mark.parametrize(("header", "source", "destination", "tls"), HEADERS)
def test_both_versions_tell_who_speaks(header: bytes, source: object, destination: object, tls: bool) -> None:
    """Every family of both versions gives its addresses; UNKNOWN, UNSPEC and LOCAL give none."""
    said = ProxyHeader(length=len(header), source=source, destination=destination, tls=tls)
    assert read_proxy_header(header + b"GET / HTTP/1.1\r\n") == said


@pytest.mark.parametrize("header", [header for header, *_ in HEADERS])
def test_any_part_of_a_header_waits_for_the_rest(header: bytes) -> None:
    """Wherever the bytes are split, nothing is refused and nothing is read too early."""
    assert all(read_proxy_header(header[:cut]) is None for cut in range(len(header)))
    assert read_proxy_header(header) == read_proxy_header(header + header)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"proxy UNKNOWN\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\n",
        b"PROXY " + b"x" * 101,
        b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 56324\r\n",
        b"PROXY TCP4  192.0.2.1 198.51.100.9 56324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443 \r\n",
        b"PROXY TCP4 192.0.2.1 2001:db8::1 56324 443\r\n",
        b"PROXY TCP4 192.0.2.01 198.51.100.9 56324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 056324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 -1 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.9 65536 443\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.9 56324 443\r\n",
        V2[:11] + b"X",
        v2(0x11, 0x11, FOUR),
        v2(0x22, 0x11, FOUR),
        v2(0x21, 0x41, FOUR),
        v2(0x21, 0x13, FOUR),
        v2(0x21, 0x11, FOUR[:-1]),
        v2(0x21, 0x11, FOUR + b"\x04"),
        v2(0x21, 0x11, FOUR + vector(4, b"xx")[:-1]),
        v2(0x21, 0x00, bytes(4081)),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """No guessing: what is not exactly a header ends the connection."""
    with pytest.raises(PeerError):
        read_proxy_header(data)


@given(st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", V2, V2 + b"\x21\x11"]), st.binary(max_size=300))
def test_no_bytes_do_anything_but_wait_tell_or_be_refused(start: bytes, rest: bytes) -> None:
    """Random bytes never raise anything but PeerError, and a header never claims more than there is."""
    try:
        header = read_proxy_header(start + rest)
    except PeerError:
        return
    assert header is None or header.length <= len(start + rest)
