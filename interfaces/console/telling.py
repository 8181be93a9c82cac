"""One line that says what a message is, and which conversation it belongs to. Pure; nothing is masked here."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TITLE", "conversation_of", "printable", "searched", "text_of", "title_of", "words_of"]

TITLE = 120
"""Characters of a title."""
LOOKED = 4096
"""Characters or bytes of a text that a title is made from."""
_TEXTS = (
    "text",
    "subject",
    "body",
    "bytes",
    "reason",
    "command",
    "message",
    "nick",
    "status",
    "code",
    "data",
)
"""Where a message says what it says, the first that is there."""

_SEARCHED = ("subject", "text", "body", "bytes", "from", "to", "from_address", "to_address", "type")

Event = Mapping[str, Any]


def title_of(scope: Event, event: Event) -> str:
    """What the event says, in one line."""
    return printable(_maker(str(event.get("type")))(scope, event))[: TITLE * 4]


def printable(text: str) -> str:
    """``text`` in one line, without signs that terminals obey."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))


def conversation_of(scope: Event, event: Event) -> str:
    """Which conversation it belongs to: of mail the thread, of Slack channel and thread, of phones the pair."""
    kind = str(scope.get("type", ""))
    name = scope.get("conversation")
    if kind in _PLACES or not name:
        name = _NAMES.get(kind, _path)(scope, event)
    return f"{kind}:{name or _path(scope, event)}"


def _path(scope: Event, event: Event) -> str:
    return text_of(scope.get("path"))


def _mail_thread(scope: Event, event: Event) -> str:
    return _thread(event) or text_of(scope.get("transaction_id") or event.get("to"))


def _pair(scope: Event, event: Event) -> str:
    return f"{text_of(event.get('from'))}/{text_of(event.get('to'))}"


def _irc_room(scope: Event, event: Event) -> str:
    return f"{scope.get('network', '')}/{_room(scope, event)}"


def _slack_thread(scope: Event, event: Event) -> str:
    team = scope.get("installation") or event.get("installation") or event.get("team_id") or ""
    channel = scope.get("channel") or event.get("channel") or scope.get("user") or ""
    return f"{team}/{channel}/{event.get('thread_ts') or ''}"


def _thread(event: Event) -> str:
    """The first mail of a thread, else the mail itself."""
    references = (
        event.get("references") or event.get("in_reply_to") or event.get("message_id") or event.get("id")
    )
    first = references[0] if isinstance(references, list | tuple) and references else references
    return text_of(first).split(" ")[0].strip("<>")


_NAMES: dict[str, Callable[[Event, Event], str]] = {
    "email": _mail_thread, "sms": _pair, "irc": _irc_room, "slack": _slack_thread,
}  # fmt: skip
_PLACES = frozenset({"http", "websocket", "irc"})
"""Types of scopes whose own conversation, if they have one, is not where the message is."""


def searched(title: str, event: Event) -> str:
    """What a search looks through."""
    said = [text_of(event.get(name))[:LOOKED] for name in _SEARCHED]
    return "\n".join([title, *said])


def text_of(value: Any) -> str:
    """A value of a message as text for people."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value[:LOOKED]).decode("utf-8", "replace")
    if isinstance(value, str):
        return value[:LOOKED]
    if isinstance(value, list | tuple):
        return ", ".join(text_of(one) for one in value[:8])
    if isinstance(value, Mapping):
        return text_of(value.get("address") or value.get("text") or value.get("name") or "")
    return words_of(value)[:LOOKED]


def words_of(value: Any) -> str:
    """What a value that is no text says of itself, "" for None; it may fail at that."""
    try:
        return "" if value is None else str(value)
    except Exception:  # noqa: BLE001 - an object of the application's, or a number of too many digits
        return f"<{type(value).__name__}>"


def _plain(scope: Event, event: Event) -> str:
    return next((said for name in _TEXTS if (said := text_of(event.get(name)))), "")


def _room(scope: Event, event: Event) -> str:
    """Where a line of IRC is: the channel, else who it is with."""
    target = text_of(event.get("channel") or event.get("target") or event.get("to") or "")
    if target and target[0] in "#&+!":
        return target
    source = event.get("source")
    return (
        text_of(source.get("nick") if isinstance(source, Mapping) else "")
        or target
        or text_of(scope.get("nick"))
    )


def _request(scope: Event, event: Event) -> str:
    query = text_of(scope.get("query_string"))
    return f"{scope.get('method', '')} {scope.get('path', '')}{'?' + query if query else ''}"


def _response(scope: Event, event: Event) -> str:
    rows = event.get("headers")
    every = rows if isinstance(rows, list | tuple) else ()
    pairs = [row for row in every if isinstance(row, list | tuple) and len(row) == 2]
    kinds = (text_of(value) for name, value in pairs if text_of(name).lower() == "content-type")
    return f"{text_of(event.get('status'))} {next(kinds, '')}"


def _opened(scope: Event, event: Event) -> str:
    query = text_of(scope.get("query_string"))
    return f"{scope.get('path', '')}{'?' + query if query else ''}"


def _closed(scope: Event, event: Event) -> str:
    return f"{event.get('code', '')} {text_of(event.get('reason'))}"


def _mail(scope: Event, event: Event) -> str:
    return (
        f"{text_of(event.get('from')) or '<>'} → {text_of(event.get('to'))}: {text_of(event.get('subject'))}"
    )


def _sent_mail(scope: Event, event: Event) -> str:
    said = text_of(event.get("subject")) or text_of(event.get("text"))
    return f"→ {text_of(event.get('to') or scope.get('mail_from'))}: {said}"


def _verdict(scope: Event, event: Event) -> str:
    return " ".join(
        text_of(event.get(name)) for name in ("to", "code", "enhanced", "status", "text", "reason")
    )


def _phone(scope: Event, event: Event) -> str:
    sender = text_of(event.get("from_address") or event.get("from"))
    return f"{sender} → {text_of(event.get('to_address') or event.get('to'))}: {text_of(event.get('text'))}"


def _receipt(scope: Event, event: Event) -> str:
    return f"{text_of(event.get('to_address'))} {text_of(event.get('status'))} {text_of(event.get('error_text'))}"


def _line(scope: Event, event: Event) -> str:
    source = event.get("source")
    nick = text_of(source.get("nick")) if isinstance(source, Mapping) else ""
    target = text_of(event.get("channel") or event.get("target"))
    said = text_of(event.get("text") or event.get("reason") or event.get("topic") or event.get("nick"))
    return f"{nick} {target}: {said}" if nick or target else said


def _slack(scope: Event, event: Event) -> str:
    """Who did what where: the words of a message, a command, what was pressed."""
    names = ("event_type", "command", "action_id", "callback_id", "method")
    did = " ".join(found for name in names if (found := text_of(event.get(name))))
    said = text_of(event.get("text") or event.get("value") or event.get("error"))
    where = text_of(event.get("channel") or scope.get("channel"))
    return f"{text_of(event.get('user') or scope.get('user'))} {where}: {did} {said}"


_WORDS = frozenset({"accept", "reject", "defer", "discard", "status"})
_TITLES: dict[str, Callable[[Event, Event], str]] = {
    "http.request": _request,
    "http.response.start": _response,
    "websocket.connect": _opened,
    "websocket.disconnect": _closed,
    "websocket.close": _closed,
    "email.receive": _mail,
    "email.send": _sent_mail,
    "sms.receive": _phone,
    "sms.send": _phone,
    "sms.status": _receipt,
}
_OTHERS = {"irc": _line, "slack": _slack}


def _maker(kind: str) -> Callable[[Event, Event], str]:
    protocol, _, word = kind.partition(".")
    if kind in _TITLES:
        return _TITLES[kind]
    return _verdict if word in _WORDS else _OTHERS.get(protocol, _plain)
