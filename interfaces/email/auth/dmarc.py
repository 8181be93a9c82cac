"""DMARC: whether what was proven is of the author's organization, and what that one asks for otherwise (RFC 9989).

Where an organization ends the DNS is asked, name by name (§4.10), and no list of public suffixes. What RFC 7489 had and
this one has not is ignored, but for ``pct=0``, which said what ``t=y`` says: so domains still have it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from interfaces.email.auth import tags
from interfaces.email.auth.resolver import Resolver, Unanswered, labels
from interfaces.email.auth.results import Result

__all__ = ["check"]

QUERIES = 8
"""Names that are asked for one domain (RFC 9989 §4.10)."""
RECORD = 8192
"""Characters of a record."""
DOMAINS = 12
"""Proven domains whose organization is looked for: ten signatures, SPF, and the author's."""
_WORDS = ("none", "quarantine", "reject")
Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What asking upwards from a domain came to."""

    domain: str
    records: Mapping[str, Tags]
    """By the names that they stand at, the longest first."""

    @property
    def organization(self) -> str:
        """The organization's domain (§4.10.2)."""
        for name, record in self.records.items():
            if record.get("psd") == "n":
                return name
            if record.get("psd") == "y" and name != self.domain:
                depth = name.count(".") + 2
                return ".".join(self.domain.split(".")[-depth:])
        return list(self.records)[-1] if self.records else self.domain

    @property
    def policy(self) -> tuple[str, Tags] | None:
        """The record that holds for the domain, and where it stands: there, else the organization's, else above it."""
        for name in (self.domain, self.organization, *list(self.records)[-1:]):
            if name in self.records:
                return name, self.records[name]
        return None


async def check(
    resolver: Resolver, authors: Sequence[str], spf: Result | None, signatures: Iterable[Result]
) -> Result:
    """``authors``: the domains of From. What is proven: ``spf`` of the sender, and ``signatures``.

    ``more`` has the ``policy`` that the domain asks for: none, quarantine or reject.
    """
    names = sorted({_written(one) for one in authors})
    if len(names) != 1 or labels(names[0]) is None:
        said = "no author" if not names else "more than one author, or one without a domain"
        return Result("permerror", names[0][:253] if names else "", said)
    author = names[0]
    walks = _Walks(resolver)
    try:
        found = await walks.of(author)
        if found.policy is None:
            return Result("none", author, "there is no record")
        place, record = found.policy
        wanted = await _wanted(resolver, author, place, record)
    except Unanswered as error:
        return Result("temperror", author, str(error))
    proven = [("spf", spf)] if spf is not None else []
    proven += [("dkim", one) for one in signatures]
    return await _judged(walks, found, record, wanted, proven)


async def _judged(
    walks: "_Walks", found: _Found, record: Tags, wanted: str, proven: Sequence[tuple[str, Result]]
) -> Result:
    """Whether anything that is proven is of the author's organization."""
    author, later = found.domain, ""
    for method, one in proven:
        if one.result == "temperror":
            later = one.reason
        if one.result != "pass":
            continue
        strict = record.get("adkim" if method == "dkim" else "aspf", "r") == "s"
        try:
            if await walks.aligned(_written(one.domain), found, strict=strict):
                return Result("pass", author, f"{method} of {one.domain}", {"policy": wanted})
        except Unanswered as error:
            later = str(error)
    if later:
        return Result("temperror", author, later, {"policy": wanted})
    return Result("fail", author, "nothing that is proven is of the author's domain", {"policy": wanted})


async def _wanted(resolver: Resolver, author: str, place: str, record: Tags) -> str:
    """What the owner asks for, for messages of ``author`` that fail (§4.7)."""
    asked = [record.get("p", "none")]
    if author != place:
        asked.insert(0, record.get("sp", ""))
        if "np" in record and not (await resolver.ask(author, "A")).exists:
            asked.insert(0, record["np"])
    wanted = next((one.lower() for one in asked if one.lower() in _WORDS), "none")
    if record.get("t", "n").lower() == "y" or record.get("pct") == "0":  # being tried out: one step less
        wanted = _WORDS[max(0, _WORDS.index(wanted) - 1)]
    return wanted


class _Walks:
    """Questions upwards, each asked once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._known: dict[str, _Found] = {}

    async def of(self, domain: str) -> _Found:
        """What stands at and above ``domain``. Raises Unanswered."""
        if domain in self._known or len(self._known) >= DOMAINS:
            return self._known.get(domain) or _Found(domain, {})
        records: dict[str, Tags] = {}
        for name in _upwards(domain):
            record = await self._record(name)
            if record is None:
                continue
            records[name] = record
            if record.get("psd") == "n" or (record.get("psd") == "y" and name != domain):
                break
        found = self._known[domain] = _Found(domain, records)
        return found

    async def _record(self, name: str) -> Tags | None:
        """The one record at ``name``; several are none."""
        texts = (await self.resolver.ask(f"_dmarc.{name}", "TXT")).records
        found = [one for text in texts if len(text) <= RECORD and (one := _tags(text)) is not None]
        return found[0] if len(found) == 1 else None

    async def aligned(self, domain: str, author: _Found, *, strict: bool) -> bool:
        """Whether a proven domain is the author's (§4.10.2). Raises Unanswered."""
        if domain == author.domain:
            return True
        if strict or labels(domain) is None or domain.rpartition(".")[2] != author.domain.rpartition(".")[2]:
            return False
        return (await self.of(domain)).organization == author.organization


def _written(domain: str) -> str:
    """As the DNS has it, whether it came as U-labels or A-labels; what is no name as it came."""
    found = labels(domain)
    return b".".join(found).decode().lower() if found else domain.lower()


def _upwards(domain: str) -> list[str]:
    """The names to ask: the domain, then those above it, of a long one only the last seven labels (§4.10)."""
    parts = domain.split(".")
    above = [".".join(parts[-size:]) for size in range(min(len(parts) - 1, QUERIES - 1), 0, -1)]
    return [domain, *above]


def _tags(text: str) -> Tags | None:
    """The tags of a record; None when it is no record of DMARC. What is malformed in it counts for nothing."""
    first, _, rest = text.partition(";")
    name, _, version = first.partition("=")
    if name.strip() != "v" or version.strip() != "DMARC1":
        return None
    found: dict[str, str] = {}
    for part in rest.split(";"):
        try:
            for key, value in tags.read(part).items():
                found.setdefault(key.lower(), value)
        except ValueError:
            continue
    return found
