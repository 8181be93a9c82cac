"""What the inspector shows of a message besides: the raw message, and the parts of a mail."""

import json
from typing import Any

from interfaces.console.entries import Entry
from interfaces.console.redact import Redactor
from interfaces.console.telling import words_of
from interfaces.email.mime.limits import MimeError
from interfaces.email.mime.view import Parsed
from interfaces.shared.webhook import refusal

__all__ = ["detail_of", "html_of", "wire_of"]

RAW = ("raw", "payload", "envelope")
"""Where a protocol's own form stands in an event."""
PARTS = 100
"""Of a mail, that are shown."""


def detail_of(entry: Entry) -> dict[str, Any]:
    """All of it, as the API says it."""
    return entry.detail() | {"wire": wire_of(entry), "parts": parts_of(entry)}


def wire_of(entry: Entry) -> str | None:
    """The message as it came, without secrets: a mail's source, a request's head and body; else what is raw."""
    redactor, event, scope = entry.call.redactor, entry.event, entry.call.scope
    if entry.type == "email.receive":
        return redactor.text(_text(event.get("body")))
    if entry.type == "http.request":
        query = _text(scope.get("query_string"))
        first = f"{scope.get('method')} {_text(scope.get('raw_path'))}{'?' + query if query else ''}"
        return redactor.text(
            f"{first} HTTP/{scope.get('http_version', '')}\n{_head(redactor, scope)}\n{_text(event.get('body'))}"
        )
    if entry.type == "http.response.start":
        return redactor.text(
            f"{_text(event.get('status'))}\n{_head(redactor, event)}\n{_text(event.get('body'))}"
        )
    found = next((event[name] for name in RAW if event.get(name)), None)
    if isinstance(event.get("event"), dict):  # of Slack's Events API: what came around it, and itself
        found = {**(event.get("envelope") or {}), "event": event["event"]}
    if found is None:
        return None
    if isinstance(found, bytes | bytearray | str):
        return redactor.text(_text(found))
    return json.dumps(redactor.data(found), indent=2, ensure_ascii=False)


def parts_of(entry: Entry) -> list[dict[str, Any]]:
    """The parts of a mail; of HTML only that it is there. Empty for what is none, or cannot be read."""
    parsed = _parsed(entry)
    if parsed is None:
        return []
    redactor = entry.call.redactor
    try:
        texts = [("text/plain", parsed.text), ("text/html", parsed.html)]
        found = [
            {
                "type": kind,
                "name": "",
                "size": len(text),
                **({"text": redactor.text(text)} if kind == "text/plain" else {}),
            }
            for kind, text in texts
            if text
        ]
        found += [
            {"type": one.content_type, "name": redactor.text(one.filename), "size": one.size}
            for one in parsed.attachments[:PARTS]
        ]
    except MimeError:
        return []
    return [{"index": at, **one} for at, one in enumerate(found)]


def html_of(entry: Entry, index: str) -> bytes:
    """The HTML of a mail, for a frame that can do nothing. PeerError with 404."""
    parsed = _parsed(entry)
    parts = parts_of(entry)
    known = index.isascii() and index.isdigit() and int(index) < len(parts)
    if parsed is None or not known or parts[int(index)]["type"] != "text/html":
        raise refusal(404, "there is no such HTML part")
    return entry.call.redactor.text(parsed.html, 2**20).encode("utf-8", "replace")


def _parsed(entry: Entry) -> Parsed | None:
    body = entry.event.get("body")
    if (
        entry.type != "email.receive"
        or not isinstance(body, bytes | bytearray)
        or not body
        or not entry.whole
    ):
        return None
    try:
        return Parsed.of(bytes(body))
    except MimeError:
        return None


def _head(redactor: Redactor, values: Any) -> str:
    rows = redactor.data(values.get("headers") or [], "headers")
    pairs = (row for row in rows if isinstance(row, list) and len(row) == 2) if isinstance(rows, list) else ()
    return "".join(f"{name}: {value}\n" for name, value in pairs)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return words_of(value)
