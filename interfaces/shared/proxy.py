"""Who is behind an HTTP proxy: ``X-Forwarded-*`` and ``Forwarded`` (RFC 7239 §4–6), from trusted peers. Pure.

One family of headers is read, as the operator chose, and never both mixed: a proxy that sets the one passes
the other through as its client wrote it. Every list is read from its right end, where our own proxy wrote: an
element counts only when the hop that added it is trusted, and the client is the first address that is not. An
address that cannot be read (none, a name, "unknown", obfuscated) ends the walk, and the last that could be
stands. Schemes and hosts come from the farthest hop that counts. What does not follow its grammar counts as
absent; a line of ``Forwarded`` that does not, hides what stands left of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from interfaces.shared.errors import ConfigError

__all__ = ["Origin", "Trusted", "forwarded"]

Endpoint = tuple[str, int]
"""(address or path, port), as ASGI's ``client`` has it."""
Family = Literal["x-forwarded", "forwarded", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The proxies whose word about their clients is taken; empty trusts nobody."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    everyone: bool = False
    unix: bool = False
    """Peers on unix sockets."""
    headers: Family = "x-forwarded"
    """Which family of headers our proxy sets."""

    @classmethod
    def parse(cls, texts: Iterable[str], headers: Family = "x-forwarded") -> "Trusted":
        """From addresses, networks (``10.0.0.0/8``, ``::1``), ``unix`` and ``*``; ConfigError otherwise."""
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


_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_Headers = Iterable[tuple[bytes, bytes]]
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_SCHEMES = ("http", "https", "ws", "wss")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's token, no secret
_PAIR = re.compile(rf'[ \t]*({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)')


def forwarded(headers: _Headers, client: Endpoint | None, scheme: str, trusted: Trusted) -> Origin:
    """Who asked, and how, by the family of headers that ``trusted`` names (see the rules at the top).

    ``headers``: lower-case names. ``client`` and ``scheme``: of the connection itself; for ws or wss the
    answer is ws or wss, else http or https. Unchanged when the peer is not trusted; ask only when anybody
    is (``if trusted:``).
    """
    if trusted.headers == "off" or (client[0] if client else None) not in trusted:
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
    secure = said_scheme in ("https", "wss")
    plain, secured = ("ws", "wss") if scheme in ("ws", "wss") else ("http", "https")
    return Origin(client=client, scheme=secured if secure else plain, host=host)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, an IPv4 one out of its IPv6 dress."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _node(text: str) -> Endpoint | None:
    """An address, with or without port; None for names, "unknown" and obfuscated ones."""
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
            parts = value.decode("latin-1").split(",")
            lists.setdefault(name[12:], []).extend(part.strip() for part in parts)
    addresses = lists.get(b"for", [""])

    def at(kind: bytes, back: int) -> str:
        values = lists.get(kind, [""])
        return values[-1 - min(back, len(values) - 1)]

    return [
        _Hop(_node(address), _scheme(at(b"proto", back)), _host(at(b"host", back), at(b"port", back)))
        for back, address in enumerate(reversed(addresses))
    ]


def _forwarded_hops(headers: _Headers) -> list[_Hop]:
    """The nearest proxy's first. Each line is read by itself: an open quote in one cannot hide the next."""
    hops: list[_Hop] = []
    for value in reversed([value for name, value in headers if name == b"forwarded"]):
        elements = _elements(value.decode("latin-1"))
        if elements is None:
            return [*hops, _Hop(None, None, None)]
        hops += [
            _Hop(_node(said.get("for", "")), _scheme(said.get("proto", "")), _host(said.get("host", "")))
            for said in reversed(elements)
        ]
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
    """``text``, and ``port`` where it has none; None for what is no authority."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    missing = match[1] is None and _PORT.fullmatch(port) and port not in ("0", "80", "443")
    return f"{text}:{port}" if missing else text
