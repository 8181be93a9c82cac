"""SPF: whether a domain says that this address sends its mail (RFC 7208).

Bounded as §4.6.4 asks for: ten terms that ask the DNS, ten names of an MX or PTR, two lookups that find nothing.
"""

import re
from ipaddress import ip_address

from interfaces.email.auth.resolver import Kind, Resolver, Unanswered, labels
from interfaces.email.auth.results import Result
from interfaces.email.auth.spf_record import Ip, Record, Term, contains, expanded, nibbles, record, uses

__all__ = ["check"]

TERMS, NAMES, VOIDS = 10, 10, 2
"""How many terms may ask the DNS, names of one may be looked up, and lookups find nothing (RFC 7208 §4.6.4)."""
RECORD = 8192
"""Characters of a record."""
EXPLAINED = 400
"""Characters of what a domain says of a refusal."""

_WORDS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)


class _Stopped(Exception):  # noqa: N818 - it is a result
    """A result that ends the evaluation, of however many records."""

    def __init__(self, result: str, reason: str) -> None:
        self.result = result
        self.reason = reason


async def check(
    resolver: Resolver, client: str, helo: str, mail_from: str, host: str = "unknown", now: float = 0
) -> Result:
    """Whether ``client`` may send for the domain of ``mail_from``, or of ``helo`` where that is empty.

    ``host`` is our name, ``now`` the Unix time: what a domain may put into its explanation.
    """
    local, _, domain = mail_from.rpartition("@")
    scope = "mailfrom" if domain else "helo"
    domain = domain or helo
    parts = labels(domain)
    if parts is None or len(parts) < 2 or domain.startswith("["):
        return Result("none", domain[:253], "no domain to look at", {"scope": scope})
    address = ip_address(client.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    walk = _Evaluation(resolver, mapped or address, helo, f"{local or 'postmaster'}@{domain}")
    walk.fixed = {"r": host, "t": str(int(now))}
    try:
        result, reason = await walk.host(domain.removesuffix("."))
    except _Stopped as stopped:
        result, reason = stopped.result, stopped.reason
    return Result(result, domain, reason, {"scope": scope})


class _Evaluation:
    """One check, through the records that a record includes."""

    def __init__(self, resolver: Resolver, client: Ip, helo: str, sender: str) -> None:
        self.resolver = resolver
        self.client = client
        self.helo = helo
        self.sender = sender
        self.fixed: dict[str, str] = {}
        self.kind: Kind = "A" if client.version == 4 else "AAAA"
        self.terms = 0
        self.voids = 0
        self._confirmed: list[str] | None = None

    async def host(self, domain: str, *, outermost: bool = True) -> tuple[str, str]:
        """The result for ``domain``, and why (§4). Raises _Stopped for an error."""
        found = await self._record(domain)
        if found is None:
            return "none", "there is no record"
        for term in found.terms:
            if await self._matches(term, domain):
                result = _WORDS[term.qualifier]
                reason = f"{term.name} of {domain}"
                if result == "fail" and outermost and found.explanation:
                    reason = await self._explanation(found.explanation, domain) or reason
                return result, reason
        if not found.redirect:
            return "neutral", f"nothing of {domain} fits"
        self._count()
        target = await self._expanded(found.redirect, domain)
        result, reason = await self.host(target, outermost=outermost)
        if result == "none":
            raise _Stopped("permerror", f"redirect to {target[:100]}, which has no record")
        return result, reason

    async def _record(self, domain: str) -> Record | None:
        texts = [text for text in await self._ask(domain, "TXT", void=False) if _VERSION.match(text)]
        if not texts:
            return None
        if len(texts) > 1:
            raise _Stopped("permerror", f"{domain} has {len(texts)} records")
        if len(texts[0]) > RECORD:
            raise _Stopped("permerror", f"the record of {domain} is too long")
        try:
            return record(texts[0][6:])
        except ValueError as error:
            raise _Stopped("permerror", f"{domain}: {error}") from error

    async def _matches(self, term: Term, domain: str) -> bool:
        """Whether a mechanism fits (§5)."""
        if term.name == "all":
            return True
        if term.network is not None:
            return self.client.version == term.network.version and self.client in term.network
        self._count()
        target = await self._expanded(term.spec, domain) if term.spec else domain
        if term.name == "include":
            return await self._includes(target)
        if term.name == "exists":
            return bool(await self._ask(target, "A"))
        if term.name == "ptr":
            return any(_below(name, target) for name in await self._names())
        return await self._addressed(term, target)

    async def _addressed(self, term: Term, target: str) -> bool:
        """Whether a or mx fits: the addresses of a name, or of its mail servers."""
        names = await self._ask(target, "MX") if term.name == "mx" else [target]
        if len(names) > NAMES:
            raise _Stopped("permerror", f"{target[:100]} has more than {NAMES} MX")
        length = term.four if self.client.version == 4 else term.six
        for name in names:
            if any(contains(one, self.client, length) for one in await self._ask(name, self.kind)):
                return True
        return False

    async def _includes(self, target: str) -> bool:
        result, _ = await self.host(target, outermost=False)
        if result == "none":
            raise _Stopped("permerror", f"include of {target[:100]}, which has no record")
        return result == "pass"

    def _count(self) -> None:
        self.terms += 1
        if self.terms > TERMS:
            raise _Stopped("permerror", f"more than {TERMS} terms ask the DNS")

    async def _ask(self, name: str, kind: Kind, *, void: bool = True) -> list[str]:
        try:
            found = (await self.resolver.ask(name, kind)).records
        except Unanswered as error:
            raise _Stopped("temperror", str(error)) from error
        if void and not found:
            self._void()
        return list(found)

    def _void(self) -> None:
        self.voids += 1
        if self.voids > VOIDS:
            raise _Stopped("permerror", f"more than {VOIDS} lookups found nothing")

    async def _names(self) -> list[str]:
        """The client's names that lead back to it (§5.5); what cannot be asked is none."""
        if self._confirmed is None:
            self._confirmed = []
            try:
                names = (await self.resolver.ask(self.client.reverse_pointer, "PTR")).records
            except Unanswered:
                return self._confirmed
            if not names:
                self._void()
            for name in names[:NAMES]:
                try:
                    found = (await self.resolver.ask(name, self.kind)).records
                except Unanswered:
                    continue
                if any(contains(one, self.client, self.client.max_prefixlen) for one in found):
                    self._confirmed.append(name)
        return self._confirmed

    async def _expanded(self, text: str, domain: str, *, name: bool = True) -> str:
        """``text`` with its macros replaced (§7)."""
        if "%" not in text:
            return text.removesuffix(".") if name else text
        local, _, sender_domain = self.sender.rpartition("@")
        values = {
            "s": self.sender, "l": local, "o": sender_domain, "d": domain, "i": nibbles(self.client),
            "v": "in-addr" if self.client.version == 4 else "ip6", "h": self.helo, "c": str(self.client), **self.fixed,
        }  # fmt: skip
        if uses(text, "p"):
            values["p"] = await self._name(domain)
        try:
            return expanded(text, values, name=name)
        except ValueError as error:
            raise _Stopped("permerror", str(error)) from error

    async def _name(self, domain: str) -> str:
        """The macro p: the name of the client that is nearest to ``domain``."""
        names = await self._names()
        nearest = [one for one in names if one.lower() == domain.lower()]
        nearest += [one for one in names if _below(one, domain)] + names
        return nearest[0] if nearest else "unknown"

    async def _explanation(self, spec: str, domain: str) -> str:
        """What the domain says of a refusal (§6.2); "" when that cannot be had."""
        try:
            name = await self._expanded(spec, domain)
            texts = (await self.resolver.ask(name, "TXT")).records
            if len(texts) != 1 or not (texts[0].isascii() and texts[0].isprintable()):
                return ""
            return (await self._expanded(texts[0][:EXPLAINED], domain, name=False))[:EXPLAINED]
        except (_Stopped, Unanswered):
            return ""


def _below(name: str, domain: str) -> bool:
    """Whether it is that domain, or lies below it."""
    return f".{name}".lower().endswith(f".{domain}".lower())
