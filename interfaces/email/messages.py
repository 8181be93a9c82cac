"""What an application sees and says for mail: the scope ``email``, one SMTP or LMTP transaction.

The types are for annotations and for the reference, which is made of them; at run time these are plain dicts.
"""

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["SCOPES", "EmailReceive", "EmailScope", "RecipientInfo", "TlsInfo"]


class AsgiVersions(TypedDict):
    """Which contract a scope follows."""

    version: Literal["3.0"]
    spec_version: Literal["1.0"]


class TlsInfo(TypedDict):
    """How the connection is encrypted."""

    version: str | None
    cipher: str | None
    client_subject: str | None


class RecipientInfo(TypedDict):
    """One recipient of the envelope."""

    address: str
    local: str
    domain: str
    """"" for "postmaster" alone."""
    tag: str | None
    """What stands behind the first "+" of the local part."""
    params: dict[str, str | int | bool]
    """NOTIFY and ORCPT, where the client said them (RFC 3461)."""


class EmailScope(TypedDict):
    """One message, from one transaction of SMTP or LMTP."""

    type: Literal["email"]
    asgi: AsgiVersions
    protocol: Literal["smtp", "lmtp", "webhook", "maildir"]
    transaction_id: str
    """Also in the reply to the client."""
    client: tuple[str, int | None] | None
    server: tuple[str, int | None] | None
    client_name: str | None
    """Its name in the DNS, if that leads back to it; None without one, and without `--email-authenticate iprev`."""
    helo: str
    """What the client calls itself."""
    tls: TlsInfo | None
    auth: dict[str, str] | None
    conversation: str | None
    """The first identifier of References, else that of In-Reply-To."""
    mail_from: str
    """The sender of the envelope; "" for a bounce."""
    mail_params: dict[str, str | int | bool]
    """SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH, REQUIRETLS, where the client said them."""
    rcpt_to: list[RecipientInfo]
    path: str
    """"domain/local" of the first recipient."""
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class Proof(TypedDict):
    """What one check found."""

    result: str
    """A word of RFC 8601 §2.7: pass, fail, softfail, neutral, none, policy, temperror or permerror."""
    domain: str
    """Whose it is: of iprev the client's name, of ARC who sealed it last."""
    reason: str
    """For people."""
    scope: NotRequired[Literal["mailfrom", "helo"]]
    """SPF: whose domain was looked at."""
    selector: NotRequired[str]
    """DKIM: the name of the key."""
    policy: NotRequired[Literal["none", "quarantine", "reject"]]
    """DMARC: what the domain asks for, of messages that fail."""
    sets: NotRequired[str]
    """ARC: how many servers have sealed it."""
    dmarc: NotRequired[str]
    """ARC: what the last of them says to have found by DMARC."""


class Authentication(TypedDict):
    """Who the message is proven to be from; None for what is not switched on, or not looked at of this client."""

    spf: Proof | None
    dkim: list[Proof]
    """One for each signature, from the top."""
    dmarc: Proof | None
    arc: Proof | None
    iprev: Proof | None


_From = TypedDict("_From", {"from": str | None})


class EmailReceive(_From):
    """In: the whole message. ``from`` is the sender of the envelope, None for a bounce."""

    type: Literal["email.receive"]
    id: str
    """The transaction's."""
    dedupe_key: str
    """Sender, first recipient and digest: the same when the client sends the message again."""
    dedupe_keys: list[str]
    """That of each of ``to``: a repeat may be for fewer of them, and what was done for each is known by its own."""
    attempt: int
    received_at: float
    """Unix seconds at which DATA began."""
    to: list[str]
    """The recipients of the envelope that this call is for: of a repeat, those whose fate is not known yet."""
    from_address: str
    """As ``from``, but "" for a bounce."""
    to_address: str
    """The first of ``to``; in a routing, the one that matched."""
    subject: str
    """Decoded."""
    message_id: str | None
    """Without angle brackets."""
    kind: Literal["message", "bounce", "auto-reply", "complaint", "list"]
    """Told from the header; answer none but the first, and no loop begins."""
    size: int
    digest: str
    """SHA-256 of what the client sent, in hexadecimal."""
    headers: list[tuple[bytes, bytes]]
    """Names in lower case, values unfolded, in their order, repeated ones as they came."""
    body: bytes
    """The message as it came behind our Received line, dots of SMTP taken away; b"" when there is a ``body_ref``."""
    body_ref: dict[str, Any] | None
    """``path`` and ``size`` of a file that holds a message too large for memory, as long as the scope lives:
    `interfaces.email.body.content(event)` and `opened(event)` read either, and `interfaces.email.message.parsed(event)`
    what is in it."""
    more_body: bool
    """False; with ``--email-stream`` True but in the last event of the message.

    There the first event has the beginning of the ``body`` and all but ``size``, ``digest``, ``dedupe_key`` and
    ``dedupe_keys``, the next ones ``id`` and ``body``, and the last those four, with whom it is for in ``to``."""
    authentication: NotRequired[Authentication]
    """With `--email-authenticate`."""


class EmailRcpt(_From):
    """In: whether there is such a recipient, with ``--email-ask-recipients``; in a scope of its own.

    Accept, reject and defer answer RCPT; to return accepts, and who has no route for the recipient refuses it.
    """

    type: Literal["email.rcpt"]
    id: str
    """The transaction's, which the message will have."""
    dedupe_key: str
    attempt: int
    received_at: float
    """Unix seconds."""
    to: list[str]
    """The recipient alone, as ``rcpt_to`` of the scope."""
    from_address: str
    """"" for a bounce."""
    to_address: str
    address: str
    """As ``to_address``."""
    params: dict[str, str | int | bool]
    """NOTIFY and ORCPT, where the client said them (RFC 3461)."""


class EmailDisconnect(TypedDict):
    """In, with ``--email-stream``: the message comes to nothing here, and what is said of it is nobody's."""

    type: Literal["email.disconnect"]
    code: int
    """What the client is told: why it is refused, or the verdict that a repeat gets. 421 where it has gone; 0: another
    call, which still runs, has the same message."""


class EmailAccept(TypedDict):
    """Out: it is taken; to return without a verdict says the same."""

    type: Literal["email.accept", "email.discard"]
    code: NotRequired[int]
    """2xx; 250 unless given."""
    enhanced: NotRequired[str]
    """An enhanced code (RFC 3463) of the same class, such as 2.0.0."""
    text: NotRequired[str]
    queue_id: NotRequired[str]
    """The application's own name for it, put into the reply."""


class EmailReject(TypedDict):
    """Out: it is refused for good. An application without a route for it says the same with 550 5.1.1."""

    type: Literal["email.reject"]
    code: NotRequired[int]
    """5xx; 550 unless given."""
    enhanced: NotRequired[str]
    text: NotRequired[str]


class EmailDefer(TypedDict):
    """Out: the client is to try again later; so it is when the application raises, or needs too long."""

    type: Literal["email.defer"]
    code: NotRequired[int]
    """4xx; 451 unless given."""
    enhanced: NotRequired[str]
    text: NotRequired[str]


class EmailStatus(TypedDict):
    """Out: the verdict of one recipient, before that of the others.

    LMTP tells the client each. SMTP has one reply: any 4xx, or refusals beside acceptances, make it 451, and of the
    repeat only what has no final verdict yet is run again.
    """

    type: Literal["email.status"]
    recipient: NotRequired[str]
    """An address of ``to``, or its ``index``."""
    index: NotRequired[int]
    code: int
    enhanced: NotRequired[str]
    text: NotRequired[str]


class SentFile(TypedDict):
    """A file of a message that is sent."""

    filename: NotRequired[str]
    content: bytes
    content_type: NotRequired[str]
    """Guessed from the name unless given."""
    content_id: NotRequired[str]
    """By which the HTML shows it: ``cid:…``."""
    inline: NotRequired[bool]


class EmailSend(TypedDict):
    """Out, and to the channel ``email.send`` from anywhere: a message to be sent.

    It waits in an outbox, as well kept as the channel layer is, and is tried for two days. Inside a scope it is taken
    on ``send``, and what can never be sent raises there.
    """

    type: Literal["email.send"]
    to: NotRequired[str | list[str]]
    """Addresses, such as "Ann <ann@example.org>"; ``cc`` and ``bcc`` likewise."""
    cc: NotRequired[str | list[str]]
    bcc: NotRequired[str | list[str]]
    from_address: NotRequired[str]
    """The author; of an answer, who was written to."""
    sender: NotRequired[str]
    """Who sends it in the author's name."""
    reply_to: NotRequired[str | list[str]]
    subject: NotRequired[str]
    text: NotRequired[str]
    html: NotRequired[str]
    attachments: NotRequired[list[SentFile]]
    headers: NotRequired[dict[str, str] | list[tuple[str, str]]]
    """Further fields."""
    raw: NotRequired[bytes]
    """The whole message, in place of all that makes one."""
    mail_from: NotRequired[str]
    """The sender of the envelope, where that is not the author; "" for none, so that no bounce comes."""
    reply_to_event: NotRequired[dict[str, Any]]
    """The ``email.receive`` that this answers, or its parts from `interfaces.email.sending.threads.kept(event)`."""
    reply_all: NotRequired[bool]
    message_id: NotRequired[str]
    """One is made unless it is given."""
    in_reply_to: NotRequired[str]
    references: NotRequired[list[str]]
    auto_submitted: NotRequired[str]
    """auto-replied or auto-generated: no program answers it, and it answers none; no: a human has written it."""
    dkim: NotRequired[bool]
    """False: without our signature."""
    notify: NotRequired[list[str]]
    """NEVER, or some of SUCCESS, FAILURE, DELAY (RFC 3461); ``ret`` and ``envid`` likewise."""
    ret: NotRequired[str]
    envid: NotRequired[str]
    id: NotRequired[str]
    """Correlation: an ``email.result`` names it."""
    reply_channel: NotRequired[str]
    """Where its results are to be sent."""
    dedupe_key: NotRequired[str]
    """However often it comes it is one message: the second gets the result of the first."""
    not_before: NotRequired[float]
    """Unix seconds; ``expires`` likewise: after it no attempt is begun."""
    expires: NotRequired[float]


class RecipientResult(TypedDict):
    """What became of a message for one recipient."""

    recipient: str
    status: Literal["accepted", "deferred", "failed", "uncertain"]
    """deferred: it is tried again. uncertain: all of it was sent, and the answer was lost; it is not tried again."""
    code: int | None
    """The reply of the next server; None where there was none, or it lets nobody in."""
    enhanced: str | None
    text: str


class EmailResult(TypedDict):
    """In: what became of an ``email.send`` that had an ``id``; else on its ``reply_channel``.

    The first comes after the first attempt. Where that has deferred recipients, a second one, the final one, is sent to
    the ``reply_channel`` when the last of them has its end.
    """

    type: Literal["email.result"]
    id: str
    ok: bool
    """Whether all have accepted it."""
    error: str
    """The first thing that is wrong, in a line."""
    final: bool
    """Whether nothing more will be told."""
    message_id: NotRequired[str]
    """Without angle brackets; not there when it could not be composed."""
    results: list[RecipientResult]
    suppressed: NotRequired[bool]
    """True: no program answers what this was to answer, so it was not sent."""


class EmailBounce(TypedDict):
    """In, in place of ``email.receive``: what came back of a message that was sent, with ``--email-bounce-key``.

    One for each recipient that a report speaks of; what the application says holds for the message that brought it. A
    complaint ("this is spam") is the same with the type ``email.complaint`` and the action "complained".
    """

    type: Literal["email.bounce", "email.complaint"]
    id: str
    """Of the ``email.send``."""
    message_id: str | None
    recipient: str
    """"" where the report does not say it, or names somebody for whom the return path was not made."""
    action: str
    """failed, delayed or delivered."""
    status: str
    """Such as 5.1.1."""
    diagnostic: str
    """What the other server has said."""
    hard: bool
    """Whether it will fail again."""
    raw: bytes
    """The beginning of the message that brought it."""
    dedupe_key: str
    attempt: int
    received_at: float
    to: list[str]
    """The return path that it came to."""
    to_address: str
    from_address: str


SCOPES: dict[type, tuple[type, ...]] = {
    EmailScope: (
        EmailReceive,
        EmailRcpt,
        EmailDisconnect,
        EmailAccept,
        EmailReject,
        EmailDefer,
        EmailStatus,
        EmailSend,
        EmailResult,
        EmailBounce,
    )
}
"""Each scope with the messages that may pass in it."""
