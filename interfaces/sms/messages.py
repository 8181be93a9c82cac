"""What an application sees and says for short messages: the scope ``sms``, one message or receipt.

The types are for annotations and for the reference, which is made of them; at run time these are plain dicts.
"""

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["SCOPES", "SmsReceive", "SmsScope", "SmsSend", "SmsStatus"]


class AsgiVersions(TypedDict):
    """Which contract a scope follows."""

    version: Literal["3.0"]
    spec_version: Literal["1.0"]


class SmsScope(TypedDict):
    """One message that somebody has sent us, or one receipt for a message of ours."""

    type: Literal["sms"]
    asgi: AsgiVersions
    provider: str
    """twilio, vonage …, or smpp."""
    transport: Literal["webhook", "smpp"]
    account: str
    """The name of the account, or bind, that it came by: of the options."""
    address: str
    """Our number."""
    bind: str | None
    """smpp: the bind."""
    path: str
    """receive/OUR NUMBER, status/STATUS."""
    conversation: str | None
    """"ours/theirs": its messages come one after the other."""
    client: tuple[str, int | None] | None
    server: tuple[str, int | None] | None
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class Media(TypedDict):
    """A picture, sound or film of a message."""

    url: str
    content_type: str
    size: int | None


class SmsReceive(TypedDict):
    """In: somebody has sent us a message."""

    type: Literal["sms.receive"]
    id: str
    """The provider's (MessageSid …), the SMSC's, or made of what it says."""
    dedupe_key: str
    attempt: int
    received_at: float
    """Unix seconds."""
    from_address: str
    """E.164, or letters and digits."""
    to_address: str
    from_raw: str
    """As it was said: with whatsapp: in front, or without a plus."""
    to_raw: str
    text: str
    encoding: Literal["gsm7", "ucs2", "binary"]
    data: bytes
    """Of a binary message."""
    segments: int
    media: list[Media]
    keyword: Literal["STOP", "START", "HELP"] | None
    """When that, in some language, is all that it says."""
    country: str | None
    """ISO 3166, of who has sent it."""
    sent_at: float | None
    duplicate: bool
    """Whether the provider says that it may have come before."""
    raw: dict[str, Any]
    """As the provider has it."""


class SmsStatus(TypedDict):
    """In: what became of a message of ours."""

    type: Literal["sms.status"]
    id: str
    """Ours: the id of the sms.send; "" where that is not known."""
    dedupe_key: str
    attempt: int
    received_at: float
    provider_id: str
    status: Literal["queued", "sent", "delivered", "undelivered", "failed", "rejected", "expired", "read"]
    error_code: str
    error_text: str
    at: float | None
    final: bool
    from_address: str
    to_address: str
    raw: dict[str, Any]


class SmsResult(TypedDict):
    """In: what became of the handing over of a message that the application has sent."""

    type: Literal["sms.result"]
    id: str
    ok: bool
    final: bool
    """False: it is tried again, and another result comes."""
    status: Literal["sent", "deferred", "failed", "uncertain"]
    provider_ids: list[str]
    account: str
    """Which account has taken it."""
    segments: int
    encoding: Literal["gsm7", "ucs2", "binary"]
    error: str
    retry_after: NotRequired[float]


class SmsSend(TypedDict):
    """Out: send a message."""

    type: Literal["sms.send"]
    to_address: str
    from_address: NotRequired[str]
    """One of our numbers; in a scope that which it came to."""
    account: NotRequired[str]
    """Which account sends it; by the rules of the options unless said."""
    text: NotRequired[str]
    data: NotRequired[bytes]
    media: NotRequired[list[str]]
    """URLs, for MMS."""
    encoding: NotRequired[Literal["auto", "gsm7", "ucs2"]]
    transliterate: NotRequired[bool]
    """Write letters that GSM 03.38 has not by those that it has, where that saves a part."""
    validity: NotRequired[float]
    """Seconds in which it may be delivered."""
    schedule_at: NotRequired[float]
    """Unix seconds."""
    status: NotRequired[bool]
    """Whether receipts are wanted."""
    ignore_opt_out: NotRequired[bool]
    """Send it although they have said STOP: what the law demands to be sent."""
    urgent: NotRequired[bool]
    """Send it in quiet hours, too: a code that somebody waits for. A reply is."""
    id: NotRequired[str]
    dedupe_key: NotRequired[str]
    reply_channel: NotRequired[str]
    not_before: NotRequired[float]
    expires: NotRequired[float]


class SmsReply(TypedDict):
    """Out: answer the message of the scope: in the provider's own answer when in time, else sent."""

    type: Literal["sms.reply"]
    text: NotRequired[str]
    media: NotRequired[list[str]]
    id: NotRequired[str]
    dedupe_key: NotRequired[str]


class SmsCancel(TypedDict):
    """Out: do not send a message that waits, or that is scheduled at the provider."""

    type: Literal["sms.cancel"]
    id: str


class SmsAccept(TypedDict):
    """Out: take it, now."""

    type: Literal["sms.accept"]


class SmsReject(TypedDict):
    """Out: refuse it for good."""

    type: Literal["sms.reject"]
    status: NotRequired[int]
    """HTTP's, or SMPP's command_status."""
    text: NotRequired[str]


class SmsDefer(TypedDict):
    """Out: have it tried again."""

    type: Literal["sms.defer"]


SCOPES: dict[type, tuple[type, ...]] = {
    SmsScope: (SmsReceive, SmsStatus, SmsAccept, SmsReject, SmsDefer, SmsReply, SmsSend, SmsCancel, SmsResult)
}
"""Each scope with the messages that may pass in it."""
