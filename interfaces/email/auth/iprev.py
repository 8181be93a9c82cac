"""iprev: the client's name, if that leads back to its address (RFC 8601 §3, RFC 1912 §2.1)."""

import re
from ipaddress import ip_address

from interfaces.email.auth.resolver import Resolver, Unanswered
from interfaces.email.auth.results import Result

__all__ = ["check"]

NAMES = 10
"""Names of an address that are looked at."""
_HOST = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*", re.ASCII)


async def check(resolver: Resolver, client: str) -> Result:
    """``domain`` is the first name that leads back to ``client``, an address; "" unless the result is pass."""
    address = ip_address(client.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    failed = ""
    try:
        names = (await resolver.ask(address.reverse_pointer, "PTR")).records[:NAMES]
    except Unanswered as error:
        return Result("temperror", "", str(error))
    for name in filter(_HOST.fullmatch, names):
        try:
            found = await resolver.ask(name, "A" if address.version == 4 else "AAAA")
        except Unanswered as error:
            failed = str(error)
            continue
        if any(_same(one, address) for one in found.records):
            return Result("pass", name.lower())
    if failed:
        return Result("temperror", "", failed)
    return Result(
        "fail" if names else "permerror", "", "no name leads back" if names else "the address has no name"
    )


def _same(text: str, address: object) -> bool:
    try:
        return ip_address(text) == address
    except ValueError:
        return False
