"""Hosts as others see them: what an address is made into by a secret, so that the same one is recognised. Pure.

Of IPv4 three parts, of the /32, /24 and /16 (of IPv6 /64, /48, /32): who bans an address range by a mask
``*.PART.PART.ip`` bans it, and learns nothing of it.
"""

import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

__all__ = ["Cloak", "block"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def block(address: str) -> str:
    """Whom ``address`` is counted to: itself, of IPv6 its /64, which is one customer's; "" on a unix socket."""
    if ":" not in address:
        return address
    found = _parsed(address)
    return f"{found}" if found.version == 4 else f"{ip_network((found, 64), strict=False)}"


def _parsed(address: str) -> IPv4Address | IPv6Address:
    """Without a zone; of an IPv4 one that came as IPv6 that."""
    found = ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


class Cloak:
    """Makes them by ``key``."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __repr__(self) -> str:
        return "<Cloak>"

    def host(self, address: str, account: str | None = None) -> str:
        """For who comes from ``address`` ("" on a unix socket); who is logged in has the account's name."""
        if account:
            return f"user/{''.join(letter if letter.isalnum() or letter in '-_.' else '-' for letter in account)}"
        if not address:
            return "local"
        found = _parsed(address)
        lengths = (32, 24, 16) if found.version == 4 else (64, 48, 32)
        return ".".join(
            [*(self._part(f"{ip_network((found, length), strict=False)}") for length in lengths), "ip"]
        )

    def _part(self, said: str) -> str:
        digest = hmac.digest(self._key, said.encode(), "sha256")
        return "".join(_LETTERS[byte & 31] for byte in digest[:8])
