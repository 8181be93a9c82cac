"""An ``email.send`` of an application as a message that can be sent. Pure.

RFC 5322 (the header), RFC 3834 (Auto-Submitted, the null return path), RFC 3461 (NOTIFY, RET, ENVID), RFC 6531.

Refused: a line's end or a control character in any field, address or name of a file; several addresses in one text;
fields that are made of keys; keys that nobody knows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from interfaces.email.headers import identifier, split
from interfaces.email.sending.addresses import Mailbox, addresses, beyond_ascii, mailbox, mailboxes, text_of
from interfaces.email.sending.content import Part, body, boundaries, canonical
from interfaces.email.sending.fields import address_list, date, identifiers, made_id, unstructured
from interfaces.email.sending.outgoing import Outgoing
from interfaces.email.sending.threads import answer, bounded
from interfaces.shared.errors import ApplicationError

__all__ = ["FIELDS", "KEYS", "RECIPIENTS", "SIZE", "VALUE", "compose"]

SIZE = 50 * 2**20
"""Octets of a message."""
RECIPIENTS = 1000
"""Recipients of one message."""
FIELDS = 100
"""Fields that an application adds."""
VALUE = 10_000
"""Characters of a field, the subject too."""
_ENVELOPE = frozenset(str.split("to cc bcc mail_from notify ret envid raw"))
_TEXT = frozenset(
    str.split(
        """from_address sender reply_to subject text html attachments headers auto_submitted in_reply_to
        references message_id reply_to_event reply_all"""
    )
)
_BESIDE = frozenset(
    str.split(
        """type id dedupe_key attempt received_at reply_channel dkim not_before expires channel conversation"""
    )
)
KEYS = _ENVELOPE | _TEXT | _BESIDE
"""Everything that an ``email.send`` may say; some is for the sender that takes it."""
_MADE = frozenset(
    str.split(
        """from to cc bcc reply-to sender subject date message-id in-reply-to references auto-submitted mime-
        version return-path received resent-bcc"""
    )
)
_NAME = re.compile(r"[!-9;-~]{1,76}")
_IDENTIFIER = re.compile(r"[!-;=?-~]{1,900}")
_SUBMITTED = frozenset({"auto-replied", "auto-generated", "auto-notified", "no"})
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_ENVID = re.compile(r"[!-*,-<>-~]{1,100}")
_FIELD = re.compile(rb"[^\r\n][^\r]*\r\n(?:[ \t][^\r]*\r\n)*|\r\n")
_BLIND = re.compile(rb"(?:(?:resent-)?bcc|return-path)[ \t]*:", re.IGNORECASE)
"""Fields that tell each recipient what is none of theirs."""
_LINE = 998
_LATEST = 253_402_300_800
"""Unix seconds of the year 10000, which no Date can name."""


@dataclass(frozen=True, slots=True)
class _Send:
    """What of a send is not in its message."""

    now: float
    host: str
    id: str
    max_size: int


def compose(message: Mapping[str, Any], *, now: float, host: str, id: str, max_size: int = SIZE) -> Outgoing:
    """Make it of ``message``, an ``email.send`` as ``messages.py`` has it, with what it answers filled in.

    ``now``: Unix seconds, for Date. ``host``: our name, for Message-ID. ``id``: of the send. ApplicationError, one
    line, for what cannot be sent; Suppressed, which is one, for an automatic answer that would begin a loop.
    """
    try:
        return _composed(message, _Send(now, host, id, max_size))
    except (
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
    ) as error:  # it came as msgpack, from anybody
        raise ApplicationError(
            f"email.send has a value of a wrong kind: {' '.join(str(error).split())}"
        ) from None


def _composed(message: Mapping[str, Any], send: _Send) -> Outgoing:
    unknown = sorted(key for key in message.keys() - KEYS if not key.startswith("__"))
    if unknown:
        raise ApplicationError(f"email.send knows no {unknown[0]!r}; it knows {', '.join(sorted(KEYS))}")
    for key in ("not_before", "expires"):
        _check_time(message.get(key), key)
    if message.get("raw") is not None:
        return _raw(message, send)
    if message.get("reply_to_event") is not None:
        message = answer(message)
    elif message.get("reply_all"):
        raise ApplicationError("reply_all needs a reply_to_event")
    if _weight(message) > send.max_size:
        raise ApplicationError(f"the message is larger than {send.max_size} octets")
    author = mailbox(message.get("from_address"), "from_address")
    shown = {name: mailboxes(message.get(name), name) for name in ("to", "cc", "reply_to")}
    mail_id = _message_id(message.get("message_id"), send)
    lines = [address_list("From", [author]), *_addressed(message, shown), *_texts(message)]
    lines += [
        date(send.now),
        identifiers("Message-ID", [mail_id]),
        *_thread(message),
        *_added(message.get("headers")),
    ]
    content = body(message, boundaries(f"{send.id} {send.now}"))
    header = b"".join([*lines, b"MIME-Version: 1.0\r\n", content.header])
    utf8 = beyond_ascii(box.address for boxes in ([author], *shown.values()) for box in boxes)
    mail = Outgoing(
        id=send.id,
        mail_from=_return_path(message, author),
        recipients=_recipients(message),
        content=Part(header, content.body).whole,
        message_id=mail_id,
    )
    return _finished(mail, message, send.max_size, utf8=utf8)


def _check_time(value: Any, key: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise ApplicationError(f"{key} is {value!r}; it is a time in Unix seconds")


def _raw(message: Mapping[str, Any], send: _Send) -> Outgoing:
    """A message that is complete; only what would be told to everybody is taken out, and what it lacks is put in."""
    content = _whole(message)
    found = split(content)
    if not found.fields or not content.endswith(b"\r\n\r\n", 0, found.end):
        raise ApplicationError("raw has no header, or one that no empty line ends")
    lines = [line for line in _FIELD.findall(content[: found.end]) if not _BLIND.match(line)]
    mail_id = identifier(found.first(b"message-id"))
    if mail_id is None or not mail_id.isascii():
        mail_id = _message_id(None, send)
        lines.insert(0, identifiers("Message-ID", [mail_id]))
    if not found.first(b"date"):
        lines.insert(0, date(send.now))
    header = b"".join(lines)
    author = mailbox(message["from_address"], "from_address") if message.get("from_address") else None
    mail = Outgoing(
        id=send.id,
        mail_from=_return_path(message, author),
        recipients=_recipients(message),
        content=header + content[found.end :],
        message_id=mail_id,
    )
    return _finished(mail, message, send.max_size, utf8=not header.isascii())


def _whole(message: Mapping[str, Any]) -> bytes:
    """``raw`` in lines that a server takes, if nothing else is said that would have to be put into it."""
    beside = sorted(key for key in message.keys() & _TEXT if message[key] and key != "from_address")
    if beside:
        raise ApplicationError(f"raw is the whole message: it goes with no {beside[0]}")
    if not isinstance(message["raw"], bytes):
        raise ApplicationError(f"raw is a {type(message['raw']).__name__}; it is to be bytes")
    if message.get("mail_from") is None and not message.get("from_address"):
        raise ApplicationError('raw needs a mail_from, "" for the null sender')
    content = canonical(message["raw"])
    if b"\0" in content or max(map(len, content.split(b"\r\n"))) > _LINE:
        raise ApplicationError(f"raw has NUL, or a line of more than {_LINE} octets")
    return content


def _finished(mail: Outgoing, message: Mapping[str, Any], max_size: int, *, utf8: bool) -> Outgoing:
    """With what else the envelope has; ``utf8``: the header needs SMTPUTF8."""
    if len(mail.content) > max_size:
        raise ApplicationError(f"the message is larger than {max_size} octets")
    return replace(
        mail,
        smtputf8=utf8 or beyond_ascii([mail.mail_from, *mail.recipients]),
        notify=_notify(message.get("notify")),
        ret=_ret(message.get("ret")),
        envid=_envid(message.get("envid")),
    )


def _recipients(message: Mapping[str, Any]) -> tuple[str, ...]:
    boxes = [box for name in ("to", "cc", "bcc") for box in mailboxes(message.get(name), name)]
    found = addresses(boxes)
    if not found or len(found) > RECIPIENTS:
        raise ApplicationError(f"{len(found)} recipients; a message has 1 to {RECIPIENTS}, in to, cc and bcc")
    return tuple(found)


def _return_path(message: Mapping[str, Any], author: Mailbox | None) -> str:
    """Where bounces go: nowhere for an automatic answer, unless the application says more."""
    said = message.get("mail_from")
    if said is None:
        return "" if message.get("auto_submitted") == "auto-replied" or author is None else author.address
    return mailbox(said, "mail_from").address if said else ""


def _weight(message: Mapping[str, Any]) -> int:
    """Octets that it will have at least, before anything of it is encoded."""
    files = message.get("attachments")
    contents = (
        [one.get("content") for one in files if isinstance(one, Mapping)]
        if isinstance(files, list | tuple)
        else []
    )
    contents += [message.get("text"), message.get("html")]
    return sum(len(one) for one in contents if isinstance(one, str | bytes))


def _addressed(message: Mapping[str, Any], shown: Mapping[str, list[Mailbox]]) -> Iterable[bytes]:
    if message.get("sender"):
        yield address_list("Sender", [mailbox(message["sender"], "sender")])
    for key, name in (("reply_to", "Reply-To"), ("to", "To"), ("cc", "Cc")):
        if shown[key]:
            yield address_list(name, shown[key])
    if not shown["to"] and not shown["cc"]:
        yield b"To: undisclosed-recipients:;\r\n"


def _texts(message: Mapping[str, Any]) -> Iterable[bytes]:
    """Subject, and Auto-Submitted."""
    subject = text_of(message.get("subject") or "", "subject", VALUE)
    if subject:
        yield unstructured("Subject", subject)
    submitted = message.get("auto_submitted")
    if submitted not in (None, False):
        if submitted not in _SUBMITTED:
            raise ApplicationError(
                f"auto_submitted is {submitted!r}; it is one of {', '.join(sorted(_SUBMITTED))}"
            )
        if submitted != "no":
            yield f"Auto-Submitted: {submitted}\r\n".encode()


def _thread(message: Mapping[str, Any]) -> Iterable[bytes]:
    for key, name in (("in_reply_to", "In-Reply-To"), ("references", "References")):
        value = message.get(key) or ()
        found = [_identified(one, key) for one in ([value] if isinstance(value, str) else value)]
        if found:
            yield identifiers(name, bounded(found))


def _identified(value: Any, what: str) -> str:
    said = text_of(value, what, 902).strip()
    if said.startswith("<") and said.endswith(">"):
        said = said[1:-1]
    if not _IDENTIFIER.fullmatch(said):
        raise ApplicationError(f"{what}: no message identifier: {said[:60]!r}; several are a list")
    return said


def _added(value: Any) -> Iterable[bytes]:
    """The fields of the application's own, a dict or pairs."""
    pairs = [*value.items()] if isinstance(value, Mapping) else [*(value or ())]
    if len(pairs) > FIELDS:
        raise ApplicationError(f"headers has {len(pairs)} fields; {FIELDS} are the most")
    for pair in pairs:
        if isinstance(pair, str | bytes) or len(pair) != 2:
            raise ApplicationError("headers is a dict, or a list of (name, value)")
        yield _field(*(one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in pair))


def _field(name: Any, text: Any) -> bytes:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ApplicationError(f"headers: no name of a field: {name!r}")
    if name.lower() in _MADE or name.lower().startswith("content-"):
        raise ApplicationError(f"headers: {name} is made of the keys of email.send, or by who sends it")
    return unstructured(name, text_of(text, f"headers: {name}", VALUE))


def _message_id(value: Any, send: _Send) -> str:
    """The application's, or ours."""
    return _identified(value, "message_id") if value else made_id(send.id, send.now, send.host)


def _notify(value: Any) -> tuple[str, ...]:
    words = tuple(
        str(one).strip().upper() for one in (value.split(",") if isinstance(value, str) else value or ())
    )
    if words != ("NEVER",) and not _NOTIFY.issuperset(words):
        raise ApplicationError(f"notify is {value!r}; it is NEVER, or some of SUCCESS, FAILURE and DELAY")
    return tuple(dict.fromkeys(words))


def _ret(value: Any) -> str:
    if value and str(value).upper() not in ("FULL", "HDRS"):
        raise ApplicationError(f"ret is {value!r}; it is FULL or HDRS")
    return str(value or "").upper()


def _envid(value: Any) -> str:
    if value and not (isinstance(value, str) and _ENVID.fullmatch(value)):
        raise ApplicationError(f"envid is {value!r}; it is at most 100 printable characters without + and =")
    return str(value or "")
