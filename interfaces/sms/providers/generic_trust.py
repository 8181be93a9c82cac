"""How a provider is believed that has no file of its own: an HMAC, a password, or a token in a header. Pure.

There is no way to believe nobody: without a secret an account is refused.
"""

import base64
import hmac
from dataclasses import dataclass, field

from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Request, basic, fresh, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.settings import named, signing
from interfaces.sms.providers.signing import any_fits

__all__ = ["TRUST", "Trust", "trust"]

TRUST = {
    "auth": "hmac, basic or token",
    "header": "of the signature, or of the token",
    "prefix": "what stands there in front: sha256=, Bearer",
    "digest": "sha256, sha1, sha384 or sha512",
    "coding": "hex or base64",
    "signed": "what is signed: {body}, {timestamp}.{body}, {url}{body}",
    "timestamp": "the header of the time, Unix seconds or milliseconds",
}
"""The keys of ``more`` that say it."""
WINDOW = 300.0
"""Seconds that a request may be old whose time is signed."""
DIGESTS = ("sha256", "sha1", "sha384", "sha512")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a request has to say."""

    way: str
    keys: tuple[str, ...] = field(repr=False)
    header: bytes = b""
    prefix: str = ""
    digest: str = "sha256"
    coding: str = "hex"
    template: str = "{body}"
    timestamp: bytes = b""

    @property
    def timed(self) -> bool:
        """Whether a time is signed."""
        return self.way == "hmac" and "{timestamp}" in self.template

    @property
    def gets(self) -> bool:
        """Whether what stands in a query is covered, so that GET can be believed."""
        return self.way != "hmac" or "{url}" in self.template

    def check(self, request: Request, url: str, now: float) -> None:
        """Raises PeerError with 403 for who is not to be believed."""
        if self.way == "basic":
            if not basic(request, self.keys):
                raise refusal(403, "The password does not fit")
            return
        given = request.header(self.header)
        bare = given.removeprefix(self.prefix).strip()
        if self.way == "token":
            fits = any_fits(bare, self.keys)
        else:
            said = bare.lower() if self.coding == "hex" else bare
            covered = not request.body or "{body}" in self.template
            fits = any_fits(said, self._made(request, url)) and covered
        if not (fits and given.startswith(self.prefix)):
            raise refusal(403, "The signature does not fit")
        if self.timed and not fresh(_seconds(request.header(self.timestamp)), now, WINDOW):
            raise refusal(403, "The request is too old, or the clock is wrong")

    def _made(self, request: Request, url: str) -> list[str]:
        """The signatures that would be right."""
        text = self.template.encode()
        before, _, after = text.partition(b"{body}")
        stamp = request.headers.get(self.timestamp, b"")
        said = [
            part.replace(b"{timestamp}", stamp).replace(b"{url}", url.encode("utf-8", "replace"))
            for part in (before, after)
        ]
        covered = said[0] + (request.body if b"{body}" in text else b"") + said[1]
        made = [hmac.new(key.encode(), covered, self.digest).digest() for key in self.keys]
        return [base64.b64encode(one).decode() if self.coding == "base64" else one.hex() for one in made]


def _seconds(said: str) -> str:
    """Milliseconds as seconds."""
    return said[:-3] if len(said) == 13 and said.isdigit() else said


def trust(account: Account, more: dict[str, str]) -> Trust:
    """Of the keys of an account. ConfigError for what is missing, or leaves something open to anybody."""
    name = named(account)
    way, coding = more.get("auth", "hmac"), more.get("coding", "hex")
    digest, template = more.get("digest", "sha256"), more.get("signed", "{body}")
    for key, value, known in (
        ("auth", way, ("hmac", "basic", "token")),
        ("coding", coding, ("hex", "base64")),
        ("digest", digest, DIGESTS),
    ):
        if value not in known:
            raise ConfigError(f"{name}: more {key}={value}: there is {', '.join(known)}")
    keys = signing(
        account, "what webhooks are signed with, NAME:PASSWORD for auth=basic, or the token for auth=token"
    )
    if way == "basic" and not all(":" in key for key in keys):
        raise ConfigError(f"{name}: signing: write NAME:PASSWORD for auth=basic")
    header, timestamp = more.get("header", ""), more.get("timestamp", "")
    if way != "basic" and not header:
        raise ConfigError(
            f"{name}: more header is missing: which header has the signature, header=X-Signature"
        )
    if "{body}" not in template and "{url}" not in template:
        raise ConfigError(f"{name}: more signed={template}: {{body}} has to be in it, or {{url}} for GET")
    if ("{timestamp}" in template) is not bool(timestamp):
        raise ConfigError(f"{name}: more timestamp and {{timestamp}} in signed: one needs the other")
    return Trust(
        way=way,
        keys=keys,
        header=header.lower().encode("latin-1", "replace"),
        prefix=more.get("prefix", ""),
        digest=digest,
        coding=coding,
        template=template,
        timestamp=timestamp.lower().encode("latin-1", "replace"),
    )
