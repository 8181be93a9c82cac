"""Who is behind a proxy: the PROXY protocol (v1, v2), ``X-Forwarded-*`` and ``Forwarded`` (RFC 7239). Pure.

PROXY protocol: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt §2. Refused: anything that does not begin
with a header (there is no guessing), a v1 line over 107 bytes, a v2 header over 4 KiB, unknown versions, commands
and families, ports with a sign or leading zeros, addresses that are none, vectors that overrun.

Forwarded headers: one family of them is read, as the operator chose, never both mixed, for a proxy that sets the one
passes the other through as its client wrote it. Every list is read from its right end, where our own proxy wrote:
an element counts only when the hop that added it is trusted; the client is the first address that is not. An address
that cannot be read ends the walk, and the last that could be stands. What cannot be parsed counts as absent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from interfaces.shared.errors import ConfigError, PeerError

__all__ = ["Origin", "ProxyHeader", "Trusted", "forwarded", "read_proxy_header"]

Endpoint = tuple[str, int]
"""(address or path, port), as ASGI's ``client`` and ``server`` have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The proxies whose word about their clients is taken; empty trusts nobody."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    everyone: bool = False
    unix: bool = False
    """Peers on unix sockets."""
    headers: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    """Which family of headers our proxy sets."""

    @classmethod
    def parse(
        cls, texts: Iterable[str], headers: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    ) -> "Trusted":
        """From addresses and networks (``10.0.0.0/8``, ``::1``), ``unix`` and ``*``; ConfigError otherwise."""
        given = [text.strip() for text in texts]
        networks = []
        for text in given:
            if text in ("*", "unix"):
                continue
            try:
                networks.append(ip_network(text))
            except ValueError as error:
                raise ConfigError(f"trusted proxies: {error}; write addresses, networks, unix or *") from None
        return cls(networks=tuple(networks), everyone="*" in given, unix="unix" in given, headers=headers)

    def __bool__(self) -> bool:
        return self.everyone or self.unix or bool(self.networks)

    def __contains__(self, host: str | None) -> bool:
        """Whether the peer ``host`` is trusted; None or a path is a peer on a unix socket."""
        if self.everyone:
            return True
        if not host or host.startswith("/"):
            return self.unix
        address = _address(host)
        return address is not None and any(address in network for network in self.networks)


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


def _read_v2(data: bytes) -> ProxyHeader | None:
    version, command = data[12] >> 4, data[12] & 15
    family, transport = data[13] >> 4, data[13] & 15
    length = 16 + int.from_bytes(data[14:16], "big")
    if version != 2 or command > 1 or family > 3 or transport > 2 or length > _V2_MAX:
        raise PeerError("PROXY v2: an unknown version, command or family, or longer than 4 KiB")
    if len(data) < length:
        return None
    size = {0: 0, 1: 4, 2: 16, 3: 108}[family]
    start = 16 + (2 * size + (4 if family in (1, 2) else 0))
    if command == 0 or family == 0 or transport == 0:
        return ProxyHeader(length=length)
    if start > length:
        raise PeerError("PROXY v2: shorter than its addresses")
    source, destination = data[16 : 16 + size], data[16 + size : 16 + 2 * size]
    ports = (0, 0) if family == 3 else (_u16(data, start - 4), _u16(data, start - 2))
    return ProxyHeader(
        length=length,
        source=(_v2_address(family, source), ports[0]),
        destination=(_v2_address(family, destination), ports[1]),
        tls=_client_tls(data[start:length]),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The request's origin as far as trusted proxies tell."""

    client: Endpoint | None
    """Port 0 when only the address is known."""
    scheme: str
    host: str | None = None
    """What the client asked for, to stand in for ``Host``; None when nobody said."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy wrote: each part None when it did not, or not legibly."""

    client: Endpoint | None
    scheme: str | None
    host: str | None


_Headers = Iterable[tuple[bytes, bytes]]
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_SCHEMES = ("http", "https", "ws", "wss")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's token, no secret
_PAIR = re.compile(rf'[ \t]*({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)')


def forwarded(headers: _Headers, client: Endpoint | None, scheme: str, trusted: Trusted) -> Origin:
    """Who asked, and how, by the family of headers that ``trusted`` names (see the rules at the top).

    ``headers``: lower-case names. ``client`` and ``scheme``: of the connection itself; with a scheme of WebSocket the
    answer is one, too. Unchanged when the peer is not trusted; callers ask only when anybody is (``if trusted:``).
    """
    if (client[0] if client else None) not in trusted:
        return Origin(client=client, scheme=scheme)
    hops = _forwarded_hops(headers) if trusted.headers == "forwarded" else _x_forwarded_hops(headers)
    said_scheme, host = scheme, None
    for hop in hops:
        said_scheme, host = hop.scheme or said_scheme, hop.host or host
        if hop.client is None:
            break
        client = hop.client
        if client[0] not in trusted:
            break
    if scheme in ("ws", "wss"):
        said_scheme = {"http": "ws", "https": "wss"}.get(said_scheme, said_scheme)
    return Origin(client=client, scheme=said_scheme, host=host)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, an IPv4 one out of its IPv6 dress."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _node(text: str) -> Endpoint | None:
    """An address with or without port, IPv6 in brackets or bare; None for names, "unknown" and obfuscated ones."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    port = port.removeprefix(":")
    address = _address(host)
    return None if address is None else (str(address), int(port) if _PORT.fullmatch(port) else 0)


def _x_forwarded_hops(headers: _Headers) -> list[_Hop]:
    """The nearest proxy's first. A shorter list than that of addresses was set by one proxy for all."""
    lists: dict[bytes, list[str]] = {}
    for name, value in headers:
        if name.startswith(b"x-forwarded-"):
            lists.setdefault(name[12:], []).extend(part.strip() for part in value.decode("latin-1").split(","))
    addresses = lists.get(b"for", [""])

    def at(kind: bytes, back: int) -> str:
        values = lists.get(kind, [""])
        return values[-1 - min(back, len(values) - 1)]

    return [
        _Hop(
            _node(address),
            _scheme(at(b"proto", back)),
            _host(at(b"host", back), at(b"port", back)),
        )
        for back, address in enumerate(reversed(addresses))
    ]


def _forwarded_hops(headers: _Headers) -> list[_Hop]:
    """The nearest proxy's first. Each line is read by itself: an open quote in one cannot hide the next."""
    hops: list[_Hop] = []
    for value in reversed([value for name, value in headers if name == b"forwarded"]):
        elements = _elements(value.decode("latin-1"))
        if elements is None:
            return [*hops, _Hop(None, None, None)]
        for element in reversed(elements):
            hops.append(_Hop(_node(element.get("for", "")), _scheme(element.get("proto", "")), _host(element.get("host", ""))))
    return hops


def _elements(text: str) -> list[dict[str, str]] | None:
    """RFC 7239 §4; None when it does not follow its grammar."""
    elements: list[dict[str, str]] = [{}]
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None or match[1].lower() in elements[-1]:
            return None
        quoted = match[3]
        elements[-1][match[1].lower()] = match[2] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = match.end()
        if match[4] == ",":
            elements.append({})
    return elements


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in _SCHEMES else None


def _host(text: str, port: str = "") -> str | None:
    """``host`` or ``host:port``, ``X-Forwarded-Port`` added where it is missing; None for what is no authority."""
    if not _AUTHORITY.fullmatch(text):
        return None
    bare = not re.search(r":[0-9]+$", text) if not text.startswith("[") else text.endswith("]")
    return f"{text}:{port}" if bare and _PORT.fullmatch(port) and port not in ("0", "80", "443") else text
