"""Hosts as others see them: what an address is made into by a secret, so that the same one is recognised. Pure.

Of IPv4 three parts, of the /32, /24 and /16 (of IPv6 /64, /48, /32): who bans an address range by a mask ``*.PART.PART.ip`` bans it, and
learns nothing of it.
"""

import hmac
from ipaddress import ip_address, ip_network

__all__ = ["Cloak"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


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
        found = ip_address(address.partition("%")[0])
        mapped = getattr(found, "ipv4_mapped", None)
        found = mapped or found
        lengths = (32, 24, 16) if found.version == 4 else (64, 48, 32)
        return ".".join([*(self._part(f"{ip_network((found, length), strict=False)}") for length in lengths), "ip"])

    def _part(self, said: str) -> str:
        digest = hmac.digest(self._key, said.encode(), "sha256")
        return "".join(_LETTERS[byte & 31] for byte in digest[:8])
