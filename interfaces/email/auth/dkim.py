"""DKIM: whose signatures a message has, and whether they fit (RFC 6376 §6, RFC 8301, RFC 8463)."""

import asyncio
from dataclasses import replace

from interfaces.email.auth import tags
from interfaces.email.auth.canonical import Field
from interfaces.email.auth.message import Digests, Message, value
from interfaces.email.auth.resolver import Resolver
from interfaces.email.auth.results import Result
from interfaces.email.auth.signatures import Broken, Signature, key_of

__all__ = ["check"]

SIGNATURES = 10
"""Signatures of a message that are looked at, from its top."""


async def check(message: Message, resolver: Resolver, now: float) -> list[Result]:
    """A result for each signature; the last one says so when there were more than are looked at."""
    found = message.named(b"dkim-signature")
    if message.too_large:
        return [Result("policy", "", "the header is too large")]
    some = found[:SIGNATURES]
    read = [_read(one, now) for one in some]
    kinds = {one.relaxed_body for one in read if isinstance(one, Signature)}
    digests = await message.digests(kinds)
    results = list(await asyncio.gather(*(_result(one, message, digests, resolver) for one in read)))
    if len(found) > len(some):
        results.append(Result("policy", "", f"{len(found) - len(some)} more signatures were not looked at"))
    return results


def _read(one: Field, now: float) -> Signature | Result:
    """A signature, or what is wrong with it."""
    found: dict[str, str] = {}
    try:
        found = tags.read(value(one))
        if found.get("v") != "1":
            raise Broken("permerror", "of another version")
        signature = Signature.of_message(one, found, now=now)
        identity = found.get("i", "").rpartition("@")[2].lower()
        if identity and not f".{identity}".endswith(f".{signature.domain}"):
            raise Broken("permerror", "the identity is not of the domain")
        return replace(signature, identity=identity)
    except ValueError as error:
        return Result("permerror", "", str(error))
    except Broken as broken:
        shown = found.get("d", "")[:253].lower()
        return Result(broken.result, shown, broken.reason, {"selector": found.get("s", "")[:253]})


async def _result(one: Signature | Result, message: Message, digests: Digests, resolver: Resolver) -> Result:
    if isinstance(one, Result):
        return one
    try:
        one.covers(*digests[one.relaxed_body])
        key = await key_of(one, resolver)
        await message.work(one.fits, key, message.header)
    except Broken as broken:
        return one.result(broken.result, broken.reason)
    return one.result("pass", "the domain is trying it out" if "y" in key.flags else "")
