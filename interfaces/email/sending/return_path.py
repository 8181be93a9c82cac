"""Return paths that are signed: a bounce to one is of a message of ours, whatever else it says. Pure.

``bounce+ID-SEAL@domain``: the id of the send, and in base32 the day, a mark of the recipient and 64 bits of HMAC-SHA256
over all of that. In letters without case, as some servers change it; within the 64 octets of a local part (RFC 5321
§4.5.3.1.1). Who reads the address of one message can forge bounces of that one, and of no other.
"""

import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error
from dataclasses import dataclass, field, replace
from hashlib import sha256

from interfaces.email.sending.addresses import domain, mailbox
from interfaces.email.sending.outgoing import Outgoing
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["DAYS", "ReturnPath", "Signed"]

DAYS = 30
"""Days for which an address is valid: servers give up after five (RFC 5321 §4.5.4.1), people complain later."""
KEY = 16
"""Octets that a key has at least."""
_LOCAL = 64
_PLAIN = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_CODED = re.compile(r"x--[a-z2-7]+")
_SEALED = re.compile(r"(?P<id>.+)-(?P<seal>[a-z2-7]{23})")
_DAY = 86_400
_ANYBODY = bytes(4)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signed address says."""

    id: str
    """Of the send."""
    day: int
    """On which it was signed, since 1970."""
    mark: bytes = field(repr=False)
    path: "ReturnPath" = field(repr=False, compare=False)

    def of(self, recipient: str) -> bool:
        """Whether it was made for ``recipient``; an address for all of them is for each."""
        return self.mark == _ANYBODY or self.mark == self.path.mark(self.id, recipient)


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Makes and reads the addresses of one ``key``. ``domain``: where bounces are received."""

    key: bytes = field(repr=False)
    domain: str
    prefix: str = "bounce"
    days: int = DAYS

    def __post_init__(self) -> None:
        if len(self.key) < KEY:
            raise ConfigError(f"the key of return paths has {len(self.key)} octets; it needs {KEY} at least")
        try:
            mailbox(f"{self.prefix}@{domain(self.domain, 'its domain')}", "its prefix")
        except ApplicationError as error:
            raise ConfigError(f"return paths: {error}") from None

    def sign(self, id: str, now: float, recipient: str = "") -> str:
        """The return path of a send, for one ``recipient`` (VERP) or for all; ApplicationError for too long an id."""
        day = int(now) // _DAY
        coded = _coded(id)
        local = f"{self.prefix}+{coded}-{self._seal(id, day, self.mark(id, recipient) if recipient else _ANYBODY)}"
        if len(local) > _LOCAL:
            raise ApplicationError(f"the id {id[:60]!r} is too long for a signed return path")
        return f"{local}@{domain(self.domain, 'the domain of bounces')}"

    def signed(self, mail: Outgoing, now: float) -> Outgoing:
        """``mail`` with such a return path; what has the null sender keeps it."""
        only = mail.recipients[0] if len(mail.recipients) == 1 else ""
        return replace(mail, mail_from=self.sign(mail.id, now, only)) if mail.mail_from else mail

    def read(self, address: str, now: float) -> Signed | None:
        """What ``address`` says; None when it is none of ours, or too old."""
        local, _, place = address.lower().rpartition("@")
        prefix, plus, rest = local.partition("+")
        found = _SEALED.fullmatch(rest)
        if found is None or not plus or prefix != self.prefix.lower() or len(local) > _LOCAL:
            return None
        if place != domain(self.domain, "the domain of bounces").lower():
            return None
        try:
            seal = b32decode(found["seal"].upper() + "=")
            known = _decoded(found["id"])
        except (Error, UnicodeDecodeError):
            return None
        day, mark = int.from_bytes(seal[:2], "big"), seal[2:6]
        if not hmac.compare_digest(self._seal(known, day, mark), found["seal"]):
            return None
        return Signed(known, day, mark, self) if 0 <= int(now) // _DAY - day <= self.days else None

    def mark(self, id: str, recipient: str) -> bytes:
        """Four octets of a recipient, without its case."""
        return self._digest(b"recipient", id, recipient.lower().encode("utf-8", "replace"))[:4]

    def _seal(self, id: str, day: int, mark: bytes) -> str:
        dated = day.to_bytes(2, "big") + mark
        return b32encode(dated + self._digest(b"address", id, dated)[:8]).decode().lower().rstrip("=")

    def _digest(self, purpose: bytes, id: str, said: bytes) -> bytes:
        return hmac.digest(self.key, b"\0".join([purpose, id.encode("utf-8", "replace"), said]), sha256)


def _coded(id: str) -> str:
    """An id in letters without case: as it is, where it is such, else in base32."""
    if _PLAIN.fullmatch(id) and not id.startswith("x--"):
        return id
    return "x--" + b32encode(id.encode("utf-8", "replace")).decode().lower().rstrip("=")


def _decoded(coded: str) -> str:
    if not _CODED.fullmatch(coded):
        return coded
    letters = coded[3:].upper()
    return b32decode(letters + "=" * (-len(letters) % 8)).decode()
