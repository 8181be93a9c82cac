"""ARC: what servers before us say to have found, sealed by each of them (RFC 8617 §5.2)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interfaces.email.auth import tags
from interfaces.email.auth.authors import plain
from interfaces.email.auth.canonical import Field, field
from interfaces.email.auth.keys import PublicKey
from interfaces.email.auth.message import Message, value
from interfaces.email.auth.resolver import Resolver
from interfaces.email.auth.results import Result
from interfaces.email.auth.signatures import Broken, Signature, key_of

__all__ = ["check"]

SETS = 50
"""Servers of a chain (RFC 8617 §4.2.1)."""
RESULTS, MESSAGE, SEAL = KINDS = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
_DMARC = re.compile(r"[ \t]*dmarc[ \t]*=[ \t]*([a-z]+)", re.IGNORECASE | re.ASCII)
_INSTANCE = re.compile(r"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*;", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Set:
    """What one server added."""

    fields: Mapping[bytes, Field]
    seal: Mapping[str, str]


async def check(message: Message, resolver: Resolver, now: float) -> Result:
    """Whether the chain holds: none, pass, fail, or temperror. ``domain``: who sealed it last."""
    domain = ""
    try:
        chain = _chain(message)
        if not chain:
            return Result("none")
        last = chain[-1]
        domain = last.seal.get("d", "")[:253].lower()
        _claims(chain)
        found = tags.read(value(last.fields[MESSAGE]))
        signature = Signature.of_message(last.fields[MESSAGE], found, now=now)
        if SEAL in signature.names:
            raise Broken("fail", "a seal is signed by what it seals")
        seals = [_seal(one, now) for one in chain]
        digests = await message.digests({signature.relaxed_body})
        signature.covers(*digests[signature.relaxed_body])
        signing, *sealing = await _keys([signature, *seals], resolver)
        await message.work(signature.fits, signing, message.header)
        await message.work(_sealed, chain, seals, sealing)
    except ValueError as error:
        return Result("fail", domain, str(error))
    except Broken as broken:
        return Result("temperror" if broken.result == "temperror" else "fail", domain, broken.reason)
    return Result("pass", domain, "", {"sets": str(len(chain)), "dmarc": _dmarc(chain[-1])})


def _dmarc(last: _Set) -> str:
    """What the last server found by DMARC; "none" when it does not say."""
    for said in plain(value(last.fields[RESULTS]).replace("\r\n", "")).split(";"):
        if found := _DMARC.match(said):
            return found[1].lower()
    return "none"


def _chain(message: Message) -> list[_Set]:
    """The sets in their order. Raises Broken when something is missing, or there twice."""
    if message.too_large:
        raise Broken("fail", "the header is too large")
    sets: dict[int, dict[bytes, Field]] = {}
    for one in message.header:
        if one[0] not in KINDS:
            continue
        found = _INSTANCE.match(value(one)) if one[0] == RESULTS else None
        number = int(found[1]) if found else _number(one)
        there = sets.setdefault(number, {})
        if one[0] in there or not 1 <= number <= SETS:
            raise Broken("fail", f"i={number} twice, or beyond {SETS}")
        there[one[0]] = one
    if sorted(sets) != [*range(1, len(sets) + 1)] or any(len(one) < len(KINDS) for one in sets.values()):
        raise Broken("fail", "a part of the chain is missing")
    return [_Set(one, tags.read(value(one[SEAL]))) for _, one in sorted(sets.items())]


def _number(one: Field) -> int:
    text = tags.read(value(one)).get("i", "") if one[0] != RESULTS else ""
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise Broken("fail", "a part of the chain has no number")
    return int(text)


def _claims(chain: Sequence[_Set]) -> None:
    """What each server said of the chain before it (§5.1.1)."""
    for number, one in enumerate(chain, 1):
        said = one.seal.get("cv", "").lower()
        if said != ("none" if number == 1 else "pass"):
            raise Broken("fail", f"i={number} says {said[:20] or 'nothing'} of what came before it")
        if "h" in one.seal:
            raise Broken("fail", f"the seal i={number} names fields")


def _seal(one: _Set, now: float) -> Signature:
    return Signature.read(one.fields[SEAL], dict(one.seal), now=now)


async def _keys(signatures: Sequence[Signature], resolver: Resolver) -> list[PublicKey]:
    """The key of each; one that signed more than once is asked for once. Raises Broken."""
    names = {(one.selector, one.domain, one.algorithm): one for one in signatures}
    found = dict(
        zip(names, await asyncio.gather(*(key_of(one, resolver) for one in names.values())), strict=True)
    )
    return [found[one.selector, one.domain, one.algorithm] for one in signatures]


def _sealed(chain: Sequence[_Set], seals: Sequence[Signature], keys: Sequence[PublicKey]) -> None:
    """Each seal is of all before it (§5.1.1). Raises Broken."""
    before = b""
    for one, seal, key in zip(chain, seals, keys, strict=True):
        before += b"".join(field(one.fields[kind], relaxed=True) for kind in (RESULTS, MESSAGE))
        seal.check(key, before)
        before += field(one.fields[SEAL], relaxed=True)
