"""The PROXY protocol, v1 and v2: who is behind a proxy that speaks for its client's connection. Pure.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt §2. Refused: anything that does not begin with a
header (there is no guessing), a v1 line over 107 bytes, a v2 header over 4 KiB, unknown versions, commands
and families, ports with leading zeros, addresses that are none, vectors that overrun. TLVs are passed over,
but for whether the client spoke TLS. Bytes after the header are not looked at.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from interfaces.shared.errors import PeerError

__all__ = ["ProxyHeader", "read_proxy_header"]

Endpoint = tuple[str, int]
"""(address or path, port), as ASGI's ``client`` and ``server`` have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyHeader:
    """What a proxy said of one connection."""

    length: int
    """Bytes of the header; the peer's own follow."""
    source: Endpoint | None = None
    """The client; None when the proxy does not know, or speaks for itself (LOCAL, a health check)."""
    destination: Endpoint | None = None
    tls: bool = False
    """Whether the client spoke TLS with the proxy (v2's PP2_CLIENT_SSL)."""


_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V1_MAX = 107
_V2_MAX = 4096
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_PP2_TYPE_SSL = 0x20
_PP2_CLIENT_SSL = 0x01


def read_proxy_header(data: bytes) -> ProxyHeader | None:
    """The header that ``data`` begins with, or None while it is not whole; PeerError when it is none."""
    if data.startswith(_V2[: len(data)]):
        return _read_v2(data) if len(data) >= 16 else None
    if data.startswith(b"PROXY "[: len(data)]):
        return _read_v1(data)
    raise PeerError("no PROXY protocol header")


def _read_v1(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\r\n", 0, _V1_MAX)
    if end < 0:
        if len(data) >= _V1_MAX or b"\n" in data:
            raise PeerError("PROXY v1: no CRLF within 107 bytes")
        return None
    fields = data[:end].decode("latin-1").split(" ")
    if fields[1] == "UNKNOWN":
        return ProxyHeader(length=end + 2)
    if len(fields) != 6 or fields[1] not in ("TCP4", "TCP6"):
        raise PeerError("PROXY v1: not a line of family, two addresses and two ports")
    kind = IPv4Address if fields[1] == "TCP4" else IPv6Address
    _, _, source, destination, source_port, destination_port = fields
    return ProxyHeader(
        length=end + 2,
        source=(_v1_address(kind, source), _v1_port(source_port)),
        destination=(_v1_address(kind, destination), _v1_port(destination_port)),
    )


def _v1_address(kind: type[IPv4Address] | type[IPv6Address], text: str) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise PeerError("PROXY v1: an address that is none") from None


def _v1_port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise PeerError("PROXY v1: a port that is none")
    return int(text)


_SIZES = (0, 4, 16, 108)
"""Bytes of an address by family: unspecified, IPv4, IPv6, unix."""


def _read_v2(data: bytes) -> ProxyHeader | None:
    version, command = data[12] >> 4, data[12] & 15
    family, transport = data[13] >> 4, data[13] & 15
    length = 16 + _u16(data, 14)
    if version != 2 or command > 1 or family > 3 or transport > 2 or length > _V2_MAX:
        raise PeerError("PROXY v2: an unknown version, command or family, or longer than 4 KiB")
    if len(data) < length:
        return None
    if 0 in (command, family, transport):
        return ProxyHeader(length=length)
    size = _SIZES[family]
    end = 16 + 2 * size
    vectors = end if family == 3 else end + 4
    if vectors > length:
        raise PeerError("PROXY v2: shorter than its addresses")
    ports = (0, 0) if family == 3 else (_u16(data, end), _u16(data, end + 2))
    return ProxyHeader(
        length=length,
        source=(_v2_address(family, data[16 : 16 + size]), ports[0]),
        destination=(_v2_address(family, data[16 + size : end]), ports[1]),
        tls=_client_tls(data[vectors:length]),
    )


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _v2_address(family: int, packed: bytes) -> str:
    if family == 1:
        return str(IPv4Address(packed))
    if family == 2:
        return str(IPv6Address(packed))
    return packed.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _client_tls(vectors: bytes) -> bool:
    """Walk the type-length-value vectors (§2.2); all but SSL's are passed over."""
    at, found = 0, False
    while at < len(vectors):
        end = at + 3 + _u16(vectors, at + 1)
        if at + 3 > len(vectors) or end > len(vectors):
            raise PeerError("PROXY v2: a vector longer than the header")
        if vectors[at] == _PP2_TYPE_SSL and end > at + 3:
            found = bool(vectors[at + 3] & _PP2_CLIENT_SSL)
        at = end
    return found
