"""A provider that has no file of its own: ``more`` of its account says how it is believed, read and asked. Pure.

How each key is used stands in :mod:`generic_trust`, :mod:`generic_fields` and :mod:`generic_asking`, and with examples
in docs/howto/sms-providers.md. What is signed without a time is remembered, so that nobody replays it.
"""

from collections.abc import Mapping, Sequence

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean
from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Reply, Sent
from interfaces.sms.providers.forms import FORM, JSON
from interfaces.sms.providers.generic_asking import ASKING, asking
from interfaces.sms.providers.generic_fields import FIELDS, fields
from interfaces.sms.providers.generic_trust import TRUST, trust
from interfaces.sms.providers.settings import named

__all__ = ["Generic"]

ANSWERS = {
    "answer": "what is answered to what was taken, OK unless given",
    "replies": "text: the answer's body is the reply, and empty without one",
    "refused": "the status for what is refused for good, 200 unless given",
    "deferred": "the status that has it tried again, 503 unless given",
}
KNOWN = {**TRUST, **FIELDS, **ANSWERS, **ASKING}
FREE = ("status:", "send:", "header:")
"""How keys begin that have a name of the provider's in them."""


class Generic(Answers):
    """``signing``, or ``secret``: what webhooks are believed by. ``api_url``: where it is asked to send."""

    name = "generic"
    patience = 10.0

    def __init__(self, account: Account) -> None:
        more = _more(account)
        self.trust = trust(account, more)
        self.fields = fields(account, more)
        self.asking = asking(account, more)
        self.types = (JSON, FORM, "") if self.trust.gets else (JSON, FORM)
        self.timed = self.trust.timed
        self.replies = more.get("replies") == "text"
        if more.get("replies", "text") != "text":
            raise ConfigError(f"{named(account)}: more replies={more['replies']}: there is text")
        self.answer = more.get("answer", "" if self.replies else "OK")
        self.statuses = (
            _status(account, more, "refused", "200"),
            _status(account, more, "deferred", "503", 400),
        )

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """Messages and receipts. Raises PeerError."""
        self.trust.check(request, url, now)
        return self.fields.read(request, query=self.trust.gets)

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200, with the texts of replies where they are taken, one below the other."""
        said = "\n".join(one.text for one in replies if one.text) if self.replies else ""
        return Answer(
            200, content=(b"text/plain; charset=utf-8", (said or self.answer).encode("utf-8", "replace"))
        )

    def refused(self, status: int, text: str) -> Answer:
        """As the account says."""
        return Answer(
            self.statuses[0], content=(b"text/plain; charset=utf-8", self.answer.encode("utf-8", "replace"))
        )

    def deferred(self) -> Answer:
        """As the account says."""
        return Answer(self.statuses[1], "Try again later")

    def ask(self, message: Outgoing) -> Asked:
        """By the words of the account. ApplicationError."""
        return self.asking.ask(message)

    def cancel(self, provider_id: str) -> Asked | None:
        """It cannot be."""
        return None

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """By the places that the account names."""
        return self.asking.answered(status, headers, body)


def _more(account: Account) -> dict[str, str]:
    """The keys. ConfigError for one that is not known, or there twice."""
    found: dict[str, str] = {}
    for one in account.more:
        key, equals, value = one.partition("=")
        key = key.strip()
        if not equals:
            raise ConfigError(f"{named(account)}: more {one!r}: write key=value")
        if key not in KNOWN and not key.startswith(FREE):
            raise ConfigError(
                f"{named(account)}: more {key!r}: generic has no such key{did_you_mean(key, KNOWN)}"
            )
        if key in found:
            raise ConfigError(f"{named(account)}: more {key!r}: it is there twice")
        found[key] = value.strip()
    return found


def _status(account: Account, more: Mapping[str, str], key: str, usual: str, least: int = 200) -> int:
    value = more.get(key, usual)
    if not (value.isascii() and value.isdigit() and len(value) == 3 and least <= int(value) <= 599):
        raise ConfigError(f"{named(account)}: more {key}={value}: write a status of HTTP, {least} to 599")
    return int(value)
