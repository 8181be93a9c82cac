"""What the DNS is asked: an asynchronous resolver, and what it has to be for whoever brings another.

dnspython asks, with a cache that is bounded. A name that does not exist is an answer; whatever else goes wrong is
:class:`Unanswered`, which becomes "temperror" or "try again", and nobody's crash.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, Protocol

from interfaces.shared.errors import ConfigError

__all__ = ["NOTHING", "Answer", "Dns", "Kind", "Resolver", "Unanswered", "labels"]

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]

CACHED = 10_000
"""Answers that are remembered, each as long as its owner allows."""
AT_ONCE = 256
"""Questions that wait for their answers; further ones wait for those."""
TRY = 2.0
"""Seconds until a question is asked again, of the next server."""
RECORDS = 1000
"""Records of one answer that are looked at."""
LONGEST = 253
"""Characters of a name (RFC 1035 §2.3.4)."""


class Unanswered(Exception):  # noqa: N818 - a state of the DNS
    """No server answered in time, or one could not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``records`` as text: addresses, names without a dot at their end (of MX the preferred first), or texts.

    Without any, ``exists`` tells whether there is such a name at all.
    """

    records: tuple[str, ...] = ()
    exists: bool = True


NOTHING = Answer((), exists=False)


class Resolver(Protocol):
    """Asks the DNS."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        """The records of that kind. Raises Unanswered."""
        ...


def labels(name: str) -> list[bytes] | None:
    """The labels of ``name`` as the DNS has them, U-labels converted; None for what can be no name."""
    name = name.removesuffix(".")
    if not name or len(name) > LONGEST:
        return None
    try:
        found = [one.encode("ascii" if one.isascii() else "idna") for one in name.split(".")]
    except UnicodeError:
        return None
    fits = all(0 < len(one) <= 63 for one in found) and sum(map(len, found)) + len(found) <= LONGEST + 1
    return found if fits else None


class Dns:
    """The resolver of a process. ``servers``: ``ADDRESS`` or ``ADDRESS:PORT``; those of the system when there are none.

    A question has ``timeout`` seconds in all. ConfigError when it cannot be made.
    """

    def __init__(self, servers: Sequence[str] = (), timeout: float = 5.0) -> None:
        self._names = _dns("name")
        self._gone: type[Exception] = _dns("resolver").NXDOMAIN
        self._failed: type[Exception] = _dns("exception").DNSException
        try:
            self._resolver = _dns("asyncresolver").Resolver(configure=not servers)
        except _dns("resolver").NoResolverConfiguration as error:
            raise ConfigError("--email-dns: the system names no servers to ask; name some") from error
        if servers:
            self._resolver.nameservers = [_server(one, timeout) for one in servers]
        self._resolver.lifetime = timeout
        self._resolver.timeout = min(TRY, timeout)
        self._resolver.cache = _dns("resolver").LRUCache(CACHED)
        self._resolver.use_edns(0, 0, 1232)  # DNS flag day 2020: no larger answer is fragmented on its way
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ask(self, name: str, kind: Kind) -> Answer:
        """The records of that kind. Raises Unanswered."""
        parts = labels(name)
        if parts is None:
            return NOTHING
        asked = self._names.Name([*parts, b""])
        try:
            async with self._turns:
                found = await self._resolver.resolve(asked, kind, raise_on_no_answer=False, search=False)
        except self._gone:
            return NOTHING
        except (self._failed, OSError) as error:
            raise Unanswered(f"{kind} {name[:100]}: {_why(error)}") from error
        return Answer(_texts(kind, found.rrset or ()))


def _texts(kind: Kind, records: Sequence[Any]) -> tuple[str, ...]:
    some = list(records)[:RECORDS]
    if kind == "TXT":
        return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in some)
    if kind == "MX":
        some.sort(key=lambda one: int(one.preference))
        return tuple(_host(one.exchange) for one in some)
    if kind == "PTR":
        return tuple(_host(one.target) for one in some)
    return tuple(str(one.address) for one in some)


def _host(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)).removesuffix(".")  # "." of a null MX becomes ""


def _why(error: Exception) -> str:
    """One line; dnspython's are long."""
    return type(error).__name__ if isinstance(error, OSError) else str(error).partition("\n")[0][:200]


def _server(text: str, timeout: float) -> Any:
    """A nameserver from ``ADDRESS``, ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
        if not 0 < int(port) < 65536:
            raise ValueError
    except ValueError as error:
        raise ConfigError(f"--email-dns {text}: write an address, such as 127.0.0.1 or [::1]:53") from error
    return _dns("nameserver").Do53Nameserver(address, int(port))


def _dns(module: str) -> Any:
    try:
        return import_module(f"dns.{module}")
    except ImportError as error:
        raise ConfigError(
            "--email-authenticate needs dnspython: pip install 'asgi-interfaces[email-auth]'"
        ) from error
