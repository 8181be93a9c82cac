"""A signature of DKIM or ARC: what its field says, whose key it names, and whether it fits (RFC 6376 §3.5, §6.1).

Refused, although lenient peers take it: SHA-1 (RFC 8301), a signature of a part of the body (``l=``: anybody may add
to it), one without From, tags twice.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from interfaces.email.auth import tags
from interfaces.email.auth.canonical import Field, chosen, field
from interfaces.email.auth.keys import PublicKey
from interfaces.email.auth.resolver import Resolver, Unanswered, labels
from interfaces.email.auth.results import Result

__all__ = ["Broken", "Signature", "key_of"]

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
NAMES = 1000
"""Fields that one signature may name."""
RECORDS = 5
"""Records at the name of a key that are looked at."""
_EMPTY = re.compile(rb"((?:\A[^:]*:|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


class Broken(Exception):  # noqa: N818 - it is a result
    """A signature that comes to nothing."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a DKIM-Signature, an ARC-Message-Signature or (without names and a body hash) an ARC-Seal says."""

    field: Field
    domain: str
    selector: str
    algorithm: str
    value: bytes
    identity: str = ""
    names: tuple[bytes, ...] = ()
    body: bytes = b""
    relaxed_header: bool = True
    relaxed_body: bool = True
    length: int | None = None

    @classmethod
    def read(cls, one: Field, found: dict[str, str], *, now: float) -> "Signature":
        """From the tags of its field. Raises Broken."""
        domain, selector, algorithm = (_needed(found, name).lower() for name in "dsa")
        if algorithm not in ALGORITHMS:
            raise Broken(
                "policy" if algorithm == "rsa-sha1" else "permerror", f"no algorithm for us: {algorithm[:40]}"
            )
        if labels(domain) is None or labels(selector) is None:
            raise Broken("permerror", "no name for a key")
        if (expires := found.get("x")) is not None and _number(expires) < max(
            now, _number(found.get("t", "0"))
        ):
            raise Broken("fail", "the signature has expired")
        if "dns/txt" not in tags.unfolded(found.get("q", "dns/txt")).lower().split(":"):
            raise Broken("permerror", "the key is nowhere that we know")
        value = _base64(_needed(found, "b"))
        return cls(field=one, domain=domain, selector=selector, algorithm=algorithm, value=value)

    @classmethod
    def of_message(cls, one: Field, found: dict[str, str], *, now: float) -> "Signature":
        """As :meth:`read`, of a field that signs a message."""
        plain = cls.read(one, found, now=now)
        names = tags.unfolded(_needed(found, "h")).lower().encode("ascii", "replace").split(b":")
        if b"from" not in names:
            raise Broken("permerror", "From is not signed")
        if len(names) > NAMES:
            raise Broken("permerror", f"more than {NAMES} fields are named")
        header, _, body = tags.unfolded(found.get("c", "simple/simple")).lower().partition("/")
        body = body or "simple"
        if {header, body} - {"simple", "relaxed"}:
            raise Broken("permerror", "no canonical form for us")
        length = _number(found["l"]) if "l" in found else None
        return cls(
            field=one, domain=plain.domain, selector=plain.selector, algorithm=plain.algorithm, value=plain.value,
            names=tuple(names), body=_base64(_needed(found, "bh")),
            relaxed_header=header == "relaxed", relaxed_body=body == "relaxed", length=length,
        )  # fmt: skip

    def covers(self, digest: bytes, size: int) -> None:
        """Raises Broken unless the body, whose canonical form has ``size`` bytes, is the one that was signed."""
        if self.length is not None and self.length < size:
            raise Broken("policy", f"only {self.length} of {size} bytes of the body are signed")
        if digest != self.body or (self.length is not None and self.length > size):
            raise Broken("fail", "the body has been changed")

    def fits(self, key: PublicKey, header: Sequence[Field]) -> None:
        """Raises Broken unless the signature is one of ``key`` and of the fields that it names."""
        self.check(
            key, b"".join(field(one, relaxed=self.relaxed_header) for one in chosen(header, self.names))
        )

    def check(self, key: PublicKey, before: bytes) -> None:
        """Raises Broken unless ``key`` signed ``before`` and this field."""
        data = before + field(self.unsigned, relaxed=self.relaxed_header).removesuffix(b"\r\n")
        if not key.fits(self.value, data, hashlib.sha256(data).digest()):
            raise Broken("fail", "the signature does not fit")

    @property
    def unsigned(self) -> Field:
        """The field with an empty ``b=``."""
        name, raw = self.field
        return name, _EMPTY.sub(rb"\1", raw.removesuffix(b"\r\n"), count=1) + b"\r\n"

    def result(self, word: str, reason: str = "") -> Result:
        """A result of this signature."""
        return Result(word, self.domain, reason, {"selector": self.selector})


async def key_of(signature: Signature, resolver: Resolver) -> PublicKey:
    """The key that a signature names, if that may be used for it. Raises Broken."""
    try:
        found = await resolver.ask(f"{signature.selector}._domainkey.{signature.domain}", "TXT")
    except Unanswered as error:
        raise Broken("temperror", str(error)) from error
    why = "there is no key"
    for text in found.records[:RECORDS]:
        try:
            key = PublicKey.of(text)
        except ValueError as error:
            why = str(error)
        else:
            return _usable(key, signature)
    raise Broken("permerror", why)


def _usable(key: PublicKey, signature: Signature) -> PublicKey:
    if key.kind != ALGORITHMS[signature.algorithm]:
        raise Broken("permerror", "the key is of another kind")
    if key.hashes and "sha256" not in key.hashes:
        raise Broken("permerror", "the key is not for SHA-256")
    if not {"*", "email"} & {*key.services}:
        raise Broken("permerror", "the key is not for mail")
    if "s" in key.flags and signature.identity and signature.identity != signature.domain:
        raise Broken("permerror", "the key is not for subdomains")
    return key


def _needed(found: dict[str, str], name: str) -> str:
    if not (value := found.get(name, "")):
        raise Broken("permerror", f"there is no {name}=")
    return value


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 76):
        raise Broken("permerror", f"{text[:20]!r} is no number")
    return int(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(tags.unfolded(text), validate=True)
    except binascii.Error as error:
        raise Broken("permerror", "that is no base64") from error
