"""What is switched on of the checks, for one message, within one deadline."""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from interfaces.email.auth import arc, dkim, dmarc, iprev, spf
from interfaces.email.auth.authors import domains
from interfaces.email.auth.keys import needed
from interfaces.email.auth.message import Message
from interfaces.email.auth.resolver import Resolver
from interfaces.email.auth.results import Result
from interfaces.shared.errors import ConfigError

__all__ = ["METHODS", "Checks", "Who"]

log = logging.getLogger("interfaces.email")
METHODS = ("spf", "dkim", "dmarc", "arc", "iprev")
UNKNOWN = Result("none", "", "the address of the client is not known")
LATE = Result("temperror", "", "no answer in time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What the client says of itself: ``client`` is its address, "" where that is not known or means nothing."""

    client: str
    helo: str
    mail_from: str


class Checks:
    """``methods``: of METHODS; DMARC brings SPF and DKIM along. ConfigError for others, or for a missing package.

    ``host``: our name. All of a message's checks have ``timeout`` seconds; what is not done then is "temperror".
    """

    def __init__(self, methods: Collection[str], resolver: Resolver, *, host: str, timeout: float) -> None:
        for one in methods:
            if one not in METHODS:
                raise ConfigError(f"--email-authenticate {one}: there is {', '.join(METHODS)}")
        self.methods = {*methods} | ({"spf", "dkim"} if "dmarc" in methods else set())
        self.resolver = resolver
        self.host = host
        self.timeout = timeout
        if self.methods & {"dkim", "arc"}:
            needed()

    async def of(self, who: Who, message: Message) -> dict[str, Any]:
        """The results by method, as events have them; None for what is not switched on."""
        now, resolver, client = time.time(), self.resolver, _address(who.client)
        begun: dict[str, asyncio.Task[Any]] = {}
        start = asyncio.ensure_future
        if client and "spf" in self.methods:
            begun["spf"] = start(spf.check(resolver, client, who.helo, who.mail_from, self.host, now))
        if client and "iprev" in self.methods:
            begun["iprev"] = start(iprev.check(resolver, client))
        if "dkim" in self.methods:
            begun["dkim"] = start(dkim.check(message, resolver, now))
        if "arc" in self.methods:
            begun["arc"] = start(arc.check(message, resolver, now))
        if "dmarc" in self.methods:
            begun["dmarc"] = start(self._dmarc(message, begun))
        try:
            if begun:
                await asyncio.wait(begun.values(), timeout=self.timeout)
        except asyncio.CancelledError:
            for one in begun.values():
                one.cancel()
            raise
        return {method: self._plain(method, begun.get(method)) for method in METHODS}

    async def _dmarc(self, message: Message, begun: Mapping[str, asyncio.Task[Any]]) -> Result:
        """Once it is known what SPF and DKIM say."""
        sender = begun.get("spf")
        results = [await _settled(one) for one in (sender, begun["dkim"]) if one is not None]
        signatures = results.pop()
        proven = results[0] if results else None
        signed = [signatures] if isinstance(signatures, Result) else signatures
        found = await dmarc.check(self.resolver, domains(message.named(b"from")), proven, signed)
        if sender is None and found.result == "fail":
            return Result("none", found.domain, UNKNOWN.reason, found.more)
        return found

    def _plain(self, method: str, task: "asyncio.Task[Any] | None") -> Any:
        """A task's result, as events have it; one that goes on is cancelled."""
        if method not in self.methods:
            return [] if method == "dkim" else None
        found = UNKNOWN if task is None else _result(method, task)
        if method == "dkim":
            return [one.plain for one in ([found] if isinstance(found, Result) else found)]
        return found.plain


def _result(method: str, task: "asyncio.Task[Any]") -> Any:
    if not task.done():
        task.cancel()
        return LATE
    error = None if task.cancelled() else task.exception()
    if error is not None:  # ours: a mail must not be lost by it
        log.error("the check of %s failed", method, exc_info=error)
        return Result("temperror", "", "the check failed")
    return task.result()


async def _settled(task: "asyncio.Task[Any]") -> Any:
    """Its result; one that failed counts as "temperror"."""
    await asyncio.wait([task])
    return _result("a proof", task)


def _address(text: str) -> str:
    """``text`` if it is an address."""
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return text
