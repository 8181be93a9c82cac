"""A message once more, as it was or edited: what is given to the application. Pure.

What the page was shown is not all that there was: bytes were cut, secrets masked. A value that was not edited is the
original's.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from interfaces.console.entries import Entry

__all__ = ["events_of", "restored", "scope_of"]

FIRST = {"websocket": {"type": "websocket.connect"}}
LAST: dict[str, dict[str, Any]] = {
    "http": {"type": "http.disconnect"},
    "websocket": {"type": "websocket.disconnect", "code": 1005, "reason": ""},
}
"""What ends a call of this type."""


def scope_of(entry: Entry) -> dict[str, Any]:
    """The scope of the message's call, for another call."""
    scope = {key: _fresh(value) for key, value in entry.call.scope.items() if key != "replayed"}
    return {**scope, "state": dict(entry.call.state)}


def events_of(entry: Entry, edited: Any, before: Iterable[Entry]) -> list[dict[str, Any]]:
    """What the application is given: what opened the connection, the message, and the end.

    ``before``: the messages of the same call. ValueError for what is no event.
    """
    event = _fresh(entry.event)
    if edited is not None:
        if not isinstance(edited, dict) or not isinstance(edited.get("type"), str):
            raise ValueError('event is an object with a "type"')
        event = restored(edited, event, entry.call.redactor.data(entry.event))
    protocol = entry.protocol
    events = [event]
    if protocol == "http":
        events = [{**event, "more_body": False}]
    opening = FIRST.get(protocol) or _opening(protocol, before)
    if opening is not None and event["type"] != opening["type"]:
        events.insert(0, dict(opening))
    if protocol in LAST and event["type"] != LAST[protocol]["type"]:
        events.append(dict(LAST[protocol]))
    return events


def restored(edited: Any, original: Any, shown: Any) -> Any:
    """What was edited, as the application had it: bytes are bytes again, what was masked is what it was."""
    if edited == shown:
        return original
    if isinstance(edited, dict):
        if _is_bytes(edited) and (original is None or isinstance(original, bytes | bytearray)):
            return _bytes(edited, shown)
        olds, showns = (one if isinstance(one, Mapping) else {} for one in (original, shown))
        return {key: restored(value, olds.get(key), showns.get(key)) for key, value in edited.items()}
    if isinstance(edited, list):
        return _rows(edited, original, shown)
    return edited


def _rows(edited: list[Any], original: Any, shown: Any) -> Any:
    """A list: what stands where it stood, or was moved, is the original's; what is new is made."""
    olds, showns = (one if isinstance(one, list | tuple) else () for one in (original, shown))
    pairs = list(zip(showns, olds, strict=False))
    known = {str(one): old for one, old in pairs}
    make = _header if any(map(_is_header, olds)) else _new
    found = []
    for at, row in enumerate(edited):
        if at < len(pairs) and pairs[at][0] == row:  # two that are masked look the same
            found.append(pairs[at][1])
        else:
            found.append(known[str(row)] if str(row) in known else make(row))
    return tuple(found) if isinstance(original, tuple) else found


def _new(row: Any) -> Any:
    return restored(row, None, None)


def _is_header(row: Any) -> bool:
    return isinstance(row, list | tuple) and len(row) == 2 and isinstance(row[0], bytes)


def _header(row: Any) -> tuple[bytes, bytes]:
    if not (isinstance(row, list) and len(row) == 2):
        raise ValueError("a header is a name and a value")
    return str(row[0]).encode("latin-1", "replace"), str(row[1]).encode("utf-8", "surrogateescape")


def _is_bytes(value: dict[str, Any]) -> bool:
    return bool(value) and value.keys() <= {"base64", "text", "size"}


def _bytes(edited: dict[str, Any], shown: Any) -> bytes:
    """The text where that was edited, else the base64."""
    text = edited.get("text")
    was = shown.get("text") if isinstance(shown, dict) else None
    if isinstance(text, str) and (text != was or "base64" not in edited):
        return text.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(str(edited.get("base64", "")), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("base64 is no base64") from None


def _opening(protocol: str, before: Iterable[Entry]) -> dict[str, Any] | None:
    """Of IRC, how the connection began, if the book still has it."""
    if protocol != "irc":
        return None
    return next((_fresh(one.event) for one in before if one.type == "irc.connect"), None)


def _fresh(value: Any) -> Any:
    """A copy that the application may change."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, dict):
        return {key: _fresh(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        made = [_fresh(one) for one in value]
        return made if isinstance(value, list) else tuple(made)
    return value
