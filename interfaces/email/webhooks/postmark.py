"""Postmark's inbound webhook, with "Include raw email content in JSON payload" ticked. Pure.

Postmark signs nothing: the URL has a user and a password, https://user:password@…/email/postmark, which come as basic
authentication. 200 and 403 are not tried again, all else is for ten and a half hours.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from interfaces.email.headers import split
from interfaces.email.webhooks.posted import Posted, Provider, Read, address, told
from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Request, basic, refusal

__all__ = ["Postmark"]

_REALM = (b"www-authenticate", b'Basic realm="mail"')
HEADER = 65_536
"""Bytes at the beginning of a message that are looked at for its Return-Path."""


class _Full(msgspec.Struct):
    Email: str = ""


class _Inbound(msgspec.Struct):
    """What is read of it; the parsed parts and attachments are stepped over."""

    OriginalRecipient: str = ""
    RawEmail: str | None = None
    FromFull: _Full = msgspec.field(default_factory=_Full)


class Postmark(Provider):
    """Checks user and password, several while one replaces another."""

    name: ClassVar[str] = "postmark"
    types: ClassVar[tuple[str, ...]] = ("application/json",)
    growth: ClassVar[float] = 4.0  # the message once raw and once taken apart, as JSON
    rejected: ClassVar[int] = 403

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(secrets)
        if not all(one.partition(":")[0] and one.partition(":")[2] for one in secrets):
            raise ConfigError("--email-postmark-user: write user:password, as in the URL that Postmark has")

    def read(self, request: Request, now: float) -> Read:
        """Check the password, and read the message. Raises PeerError."""
        if not basic(request, self.secrets):
            raise refusal(401, "User and password do not fit", _REALM)
        said = told(request.body, _Inbound)
        if said is None:  # 400, which Postmark tries again
            raise refusal(400, "This is no inbound message of Postmark")
        if said.RawEmail is None:
            raise refusal(400, "No RawEmail: tick 'Include raw email content in JSON payload'")
        content = said.RawEmail.encode("utf-8", "surrogatepass")
        recipients = tuple(map(address, said.OriginalRecipient.split(",")))
        return Posted(sender=_sender(content, said.FromFull.Email), recipients=recipients, content=content)


def _sender(content: bytes, otherwise: str) -> str:
    """The sender of the envelope, which Postmark tells only in the message's Return-Path."""
    beginning = content[:HEADER]
    if b"\r\n" not in beginning:
        beginning = beginning.replace(b"\n", b"\r\n")
    path = split(beginning, 1000).firsts.get(b"return-path")
    return address(otherwise if path is None else path.decode("utf-8", "replace"))
