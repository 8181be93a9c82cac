"""Client addresses, and the networks that one client moves in. Pure."""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from interfaces.shared.errors import ConfigError

__all__ = ["Ip", "address", "around", "networks", "within"]

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def address(client: tuple[str, int | None] | None) -> Ip | None:
    """The address of a client, None where it has none: on a unix socket."""
    try:
        found = ip_address(client[0].partition("%")[0]) if client else None
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def around(client: Ip, four: int = 32, six: int = 64) -> str:
    """The network that counts as one client: of IPv6 what one customer is given."""
    return str(ip_network(f"{client}/{four if client.version == 4 else six}", strict=False))


def networks(texts: Sequence[str], option: str) -> tuple[Network, ...]:
    """Networks from ``192.0.2.0/24``, or single addresses. ConfigError when one is none."""
    try:
        return tuple(ip_network(one, strict=False) for one in texts)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}; write networks, such as 192.0.2.0/24") from error


def within(client: Ip, some: Collection[Network]) -> bool:
    """Whether the client is in one of them."""
    return any(client.version == one.version and client in one for one in some)
