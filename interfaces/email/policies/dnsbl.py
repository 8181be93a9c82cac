"""DNS lists of addresses that send what nobody wants (RFC 5782): asked before the content comes.

A list that does not answer refuses nobody, and neither does one that answers with an error (127.255.255.0/24, as
Spamhaus does to resolvers that it does not serve).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from interfaces.email.auth.resolver import Resolver, Unanswered
from interfaces.email.policies.networks import Ip
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ConfigError

__all__ = ["Lists"]

log = logging.getLogger("interfaces.email")
_WRITTEN = re.compile(
    r"(?P<zone>[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)(?:=127\.0\.0\.(?:\[(?P<some>[0-9;.]+)\]|(?P<one>[0-9]+)))?(?P<defer>:defer)?",
    re.IGNORECASE | re.ASCII,
)
_RANGE = re.compile(r"(?P<first>[0-9]{1,3})(?:\.\.(?P<last>[0-9]{1,3}))?", re.ASCII)
MOST = 20
"""Lists that one client is looked up in."""


@dataclass(frozen=True, slots=True)
class _List:
    """A zone, which of its answers count (all without ``codes``), and whether they only put off."""

    zone: str
    codes: frozenset[int]
    defer: bool


class Lists:
    """``texts``: ``zone``, ``zone=127.0.0.[2;4..7]`` or either with ``:defer`` behind it. ConfigError for others."""

    def __init__(self, texts: Sequence[str], resolver: Resolver, timeout: float) -> None:
        if len(texts) > MOST:
            raise ConfigError(f"--email-dnsbl: {len(texts)} lists are more than {MOST}")
        self.lists = [_list(one) for one in texts]
        self.resolver = resolver
        self.timeout = timeout

    async def verdict(self, client: Ip) -> Verdict | None:
        """A refusal, when a list has the client: the first that refuses, else the first that puts off."""
        tasks = [asyncio.ensure_future(self._has(one, client)) for one in self.lists]
        try:
            await asyncio.wait(tasks, timeout=self.timeout)
        finally:
            late = [task for task in tasks if not task.done()]
            for task in late:
                task.cancel()
        found = [
            one
            for one, task in zip(self.lists, tasks, strict=True)
            if task not in late and not task.cancelled() and task.result()
        ]
        found.sort(key=lambda one: one.defer)
        return _said(found[0], client) if found else None

    async def _has(self, one: _List, client: Ip) -> bool:
        name = client.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
        try:
            found = (await self.resolver.ask(f"{name}.{one.zone}", "A")).records
        except Unanswered as error:
            log.warning("the list %s: %s", one.zone, error)
            return False
        if any(record.startswith("127.255.255.") for record in found):
            log.warning("the list %s does not serve our resolver: %s", one.zone, ", ".join(found[:5]))
            return False
        last = {int(record.rpartition(".")[2]) for record in found if record.startswith("127.")}
        return bool(last & one.codes if one.codes else last)


def _said(one: _List, client: Ip) -> Verdict:
    if one.defer:
        return Verdict(
            "defer", {"code": 451, "enhanced": "4.7.1", "text": f"{client} is listed at {one.zone}"}
        )
    return Verdict("reject", {"code": 550, "enhanced": "5.7.1", "text": f"{client} is listed at {one.zone}"})


def _list(text: str) -> _List:
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ConfigError(
            f"--email-dnsbl {text}: write zen.spamhaus.org, or zen.spamhaus.org=127.0.0.[2;4..7]"
        )
    codes: set[int] = set()
    for part in filter(None, (found["some"] or found["one"] or "").split(";")):
        span = _RANGE.fullmatch(part)
        some = range(int(span["first"]), int(span["last"] or span["first"]) + 1) if span is not None else ()
        if not some or some[-1] > 255:
            raise ConfigError(f"--email-dnsbl {text}: {part} is no code, such as 2 or 4..7")
        codes |= {*some}
    return _List(found["zone"].lower(), frozenset(codes), found["defer"] is not None)
