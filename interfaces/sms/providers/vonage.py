"""Vonage: its Messages API (SMS, MMS, WhatsApp), and its SMS API; how a webhook is signed tells which it is of. Pure.

Messages API: a JWT in Authorization, signed by HS256 with the account's signature secret, with the digest of the body.
SMS API: the field sig, over all other sorted fields, by MD5 or an HMAC as the account's settings say; its webhooks are
signed once Vonage's support has turned that on. Either has a time. What is not answered by 2xx is tried again for a
day: so what is refused for good is answered 200, and what is deferred 503.

**The SMS API gives long messages in parts**, each a message of its own here, with concat-ref, concat-part and
concat-total in ``raw``: parts may come to different processes, and an answer lets Vonage forget one. The Messages API
gives them whole: choose it in the account's settings.

Source: developer.vonage.com: "Webhooks", "Signed webhooks", "Signing messages", "Inbound SMS", "Delivery receipts".
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import ModuleType

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Answer, Request, fresh, refusal, same
from interfaces.sms.accounts import Account
from interfaces.sms.providers import vonage_messages, vonage_sms
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Reply, Sent
from interfaces.sms.providers.forms import FORM, JSON, first, is_json, pairs
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.signing import any_fits, bare_jwt, basic_header, jwt_claims
from interfaces.sms.providers.values import record, said, text, whole

__all__ = ["WINDOW", "Vonage"]

WINDOW = 86_400.0
"""Seconds that a signature is good for, since Vonage tries for a day; within them a repeat is known by its id."""
DIGESTS: Mapping[str, str] = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512"}
HASH = "md5hash"
"""MD5 of fields and secret, which is an account's default."""
_WAYS: Mapping[str, ModuleType] = {"messages": vonage_messages, "sms": vonage_sms}


class Vonage(Answers):
    """``account``: the API key; ``secret``: the API secret; ``signing``: the signature secret, of the API settings.

    ``more``: api=messages or sms (by which one messages are sent), signature=md5hash, md5, sha1, sha256 or sha512 (how
    the SMS API signs).
    """

    name = "vonage"
    types = (JSON, FORM)
    patience = 4.5
    replies = False
    timed = True

    def __init__(self, account: Account) -> None:
        where = "of API settings in the dashboard"
        key = needed(account, "account", "the API key, on the dashboard's first page")
        secret = needed(account, "secret", "the API secret, on the dashboard's first page")
        if not account.signing:
            raise ConfigError(f"{named(account)}: signing is missing: the signature secret, {where}")
        self.keys = account.signing
        more = extras(account, {"api": "messages or sms", "signature": f"{HASH}, {', '.join(DIGESTS)}"})
        self.method = more.get("signature", HASH)
        if self.method != HASH and self.method not in DIGESTS:
            raise ConfigError(
                f"{named(account)}: more signature={self.method}: there is {HASH}, {', '.join(DIGESTS)}"
            )
        way = more.get("api", "messages")
        if way not in _WAYS:
            raise ConfigError(f"{named(account)}: more api={way}: there is {', '.join(_WAYS)}")
        self.way = _WAYS[way]
        self.url = base_url(account, self.way.API)
        self.headers = {"authorization": basic_header(key, secret)}

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """A message, or what became of one of ours. Raises PeerError."""
        token = bare_jwt(request.header(b"authorization"))
        found = record(said(request.body)) if is_json(request) else dict(first(pairs(request.body)))
        time = self._by_token(token, request.body) if token else self._by_field(found)
        if not fresh(time, now, WINDOW):
            raise refusal(403, "The signature is too old, or the clock is wrong")
        if text(found.get("message_uuid")):
            return (vonage_messages.read(found),)
        return (vonage_sms.read(found),)

    def _by_token(self, token: str, body: bytes) -> str:
        """When the token was signed, if it is for this body. Raises PeerError."""
        claims = jwt_claims(token, self.keys)
        if claims is None:
            raise refusal(403, "The token is not signed with the signature secret of this account")
        if not same(text(claims.get("payload_hash")).lower(), sha256(body).hexdigest()):
            raise refusal(403, "The token is that of another request")
        return str(whole(claims.get("iat")))

    def _by_field(self, found: Mapping[str, object]) -> str:
        """When the fields were signed. Raises PeerError."""
        covered = "".join(
            f"&{name}={text(value).replace('&', '_').replace('=', '_')}"
            for name, value in sorted(found.items())
            if name != "sig"
        )
        right = [self._signature(key.encode(), covered.encode("utf-8", "replace")) for key in self.keys]
        if not any_fits(text(found.get("sig")).lower(), right):
            raise refusal(
                403, "The signature does not fit: is it the signature secret, and the method of the account?"
            )
        return text(found.get("timestamp"))

    def _signature(self, key: bytes, covered: bytes) -> str:
        if self.method == HASH:
            return hashlib.md5(covered + key, usedforsecurity=False).hexdigest()
        return hmac.new(key, covered, DIGESTS[self.method]).hexdigest()

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200."""
        return Answer(200)

    def ask(self, message: Outgoing) -> Asked:
        """By the API that ``more`` says. ApplicationError."""
        only_text(message, "Vonage", self.way.LONGEST)
        if message.schedule_at > 0:
            raise ApplicationError("sms.send: Vonage schedules no messages: say not_before")
        asked: Asked = self.way.ask(message, self.url, self.headers)
        return asked

    def cancel(self, provider_id: str) -> None:
        """It schedules nothing."""

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """As that API answers."""
        sent: Sent = self.way.answered(status, headers, body)
        return sent
