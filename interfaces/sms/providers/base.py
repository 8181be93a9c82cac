"""What every provider's file has to say: how its webhooks read, and how it is asked to send. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from interfaces.shared.webhook import Answer, Request, Wanted

__all__ = [
    "STATUSES", "Asked", "Attached", "Inbound", "Outgoing", "Provider", "Read", "Receipt", "Reply", "Sent", "Status",
    "Wanted",
]  # fmt: skip

Status = Literal["queued", "sent", "delivered", "undelivered", "failed", "rejected", "expired", "read"]
STATUSES: Mapping[Status, bool] = {
    "queued": False, "sent": False, "delivered": True, "undelivered": True, "failed": True, "rejected": True,
    "expired": True, "read": True,
}  # fmt: skip
"""What can become of a message, and whether that is the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A picture, sound or film of a message."""

    url: str
    content_type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message that somebody has sent us. Addresses as the provider has them."""

    id: str
    """The provider's; "" where it gives none."""
    sender: str
    recipient: str
    text: str = ""
    encoding: Literal["", "gsm7", "ucs2", "binary"] = ""
    """"" where the provider does not say it."""
    data: bytes = b""
    segments: int = 1
    media: tuple[Attached, ...] = ()
    sent_at: float | None = None
    """Unix seconds."""
    keyword: Literal["", "STOP", "START", "HELP"] = ""
    """What the provider has taken it for itself, by words that an account may have chosen."""
    duplicate: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message of ours."""

    provider_id: str
    status: Status
    id: str = ""
    """Ours, where the provider gives it back."""
    sender: str = ""
    recipient: str = ""
    error_code: str = ""
    error_text: str = ""
    at: float | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the application answers in the provider's own answer."""

    text: str = ""
    media: tuple[str, ...] = ()


Read = Sequence[Inbound | Receipt] | Answer | Wanted
"""What a request says: messages and receipts; or what is to be answered; or what is wanted first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to be sent; addresses in E.164, or letters and digits."""

    id: str
    sender: str
    recipient: str
    text: str = ""
    data: bytes = b""
    encoding: Literal["gsm7", "ucs2", "binary"] = "gsm7"
    segments: int = 1
    media: tuple[str, ...] = ()
    validity: float = 0.0
    """Seconds; 0: the provider's."""
    schedule_at: float = 0.0
    """Unix seconds; 0: now."""
    status: bool = True
    """Whether receipts are wanted."""
    status_url: str = ""
    """Where they are to be posted; "" where we have no public address."""
    now: float = 0.0
    """Unix seconds, when it is asked: what signs requests, or says when a message ends, needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An HTTP request to a provider. Its headers have secrets."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    idempotent: bool = False
    """Whether it may be repeated when nobody knows what became of it: it has a key that the provider honours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a provider said to that."""

    state: Literal["sent", "later", "failed", "uncertain"]
    provider_ids: tuple[str, ...] = ()
    error: str = ""
    retry_after: float | None = None
    segments: int | None = None
    wide: bool = False
    """later: the whole account is to rest, and not this sender alone."""


class Provider(Protocol):
    """A provider; made of an :class:`interfaces.sms.accounts.Account`. ConfigError for what it lacks."""

    name: str
    types: tuple[str, ...]
    """Media types of what it posts; "" where it asks by GET, too, with all in the query."""
    patience: float
    """Seconds that it waits for an answer."""
    replies: bool
    """Whether an answer may have messages in it."""
    timed: bool
    """Whether the signature covers a time; what is signed without one is remembered, so that nobody replays it."""

    def read(self, request: Request, url: str, now: float) -> Read:
        """What is posted; the signature first. Raises PeerError with the answer: 403 for a wrong signature.

        ``url`` is the address as the world sees it, with the query; ``now`` in Unix seconds.
        """
        ...

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """What was wanted is there; an answer where that was all."""
        ...

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """The answer to what was taken."""
        ...

    def refused(self, status: int, text: str) -> Answer:
        """The answer to what the application refuses for good: one that is not repeated."""
        ...

    def deferred(self) -> Answer:
        """The answer that has the provider try again."""
        ...

    def ask(self, message: Outgoing) -> Asked:
        """How it is asked to send ``message``. ApplicationError for what it cannot send."""
        ...

    def cancel(self, provider_id: str) -> Asked | None:
        """How it is asked not to send what is scheduled; None: it cannot be."""
        ...

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """What its answer to :meth:`ask` says; header names in lower case."""
        ...
