"""2016's view of a scope: its events as flat messages, its replies without a type. Pure.

Source: the message formats of Channels 1 for HTTP and WebSocket, and DEP 0006. What has a ``type`` is ASGI 3 and is
left as it is. Only the first event of a scope has all keys of the scope; later ones have its ``path``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from interfaces.layers.base import copied
from interfaces.shared.asgi import Scope
from interfaces.shared.marks import ID
from interfaces.shared.tracing import KEY

__all__ = ["WIRE", "answered", "event_of", "questions", "replies"]

_STAYS = frozenset({"type", "asgi", "extensions", "state", "user", "session", "cookies", "app", "url_route"})
"""Keys of a scope that are no part of a message, or were put in by a middleware."""
WIRE = {
    "http": frozenset({"http.response.start", "http.response.body"}),
    "websocket": frozenset({"websocket.send", "websocket.close"}),
    "irc": frozenset({"irc.send", "irc.action", "irc.deliver"}),
}
"""What reaches the peer when others send it to the reply channel, directly or through a group."""


def event_of(scope: Scope, event: Mapping[str, Any], reply_channel: str, order: int) -> dict[str, Any]:
    """``event``, number ``order`` of its scope, as the message of its channel."""
    found = _opening(scope) if order == 0 else {"path": scope.get("path", "")} | _marks(scope)
    found |= copied({key: value for key, value in event.items() if value is not None})
    found.update(reply_channel=reply_channel, order=order)
    return found


def _marks(scope: Scope) -> dict[str, Any]:
    """What logs and traces know the scope by, where they do."""
    return {key: scope[key] for key in (KEY, ID) if key in scope}


def _opening(scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in scope.items():
        if key not in _STAYS:
            try:
                found |= copied({key: value})
            except TypeError:
                continue  # an object of a middleware
    return found


def replies(kind: str, message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ASGI 3 messages that ``message`` means to a scope of type ``kind``. ValueError for one that means nothing."""
    try:
        return _replies(kind, message)
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"a reply does not fit: {error}") from None


def _replies(kind: str, message: Mapping[str, Any]) -> list[dict[str, Any]]:
    word = message.get("type")
    if word is not None and not isinstance(word, str):
        raise ValueError(f"the type of a message is a str, not {word!r}")
    if word is not None and word != "websocket.send":
        return [dict(message)]
    if kind == "websocket":
        return _websocket(message)
    if kind == "http":
        return _http(message)
    if word is not None:
        raise ValueError(f"{word} reaches no peer of {kind}")
    if kind == "irc" and (message.get("accept") is not None or message.get("close")):
        return [_irc(message)]
    return [{**message, "type": f"{kind}.send"}]


def _irc(message: Mapping[str, Any]) -> dict[str, Any]:
    """``{"accept": bool}``, with what ``irc.accept`` and ``irc.reject`` may have, or ``{"close": True}``."""
    found = {key: value for key, value in message.items() if key not in ("accept", "close")}
    word = "close" if message.get("accept") is None else "accept" if message["accept"] else "reject"
    return {**found, "type": f"irc.{word}"}


def questions(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What answers ``event`` when its consumer has no word for it; None: it asks nothing.

    Those of a handshake are not among them.
    """
    if event["type"] == "irc.join" and event.get("asked"):
        return {"type": "irc.accept", "channel": event["channel"]}
    if event["type"] == "irc.history":
        return {"type": "irc.history", "id": event["id"], "messages": []}
    return None


def answered(silent: Mapping[str, Any], word: dict[str, Any]) -> dict[str, Any] | None:
    """``word`` with the channel or id that is asked about, if it is an answer; ``silent`` is by :func:`questions`."""
    if word["type"] not in (silent["type"], "irc.reject"):
        return None
    return {**{key: silent[key] for key in ("channel", "id") if key in silent}, **word}


def _websocket(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``{"accept": bool}``, ``{"text" or "bytes": …}``, ``{"close": True or code}``, or several of them."""
    accept, close = message.get("accept"), message.get("close")
    found = _data(message)
    if accept is False:
        return [{"type": "websocket.close"}]
    if accept:
        extra = {key: message[key] for key in ("subprotocol", "headers") if key in message}
        found.insert(0, {"type": "websocket.accept", **extra})
    if close:
        found.append({"type": "websocket.close", "code": 1000 if close is True else int(close)})
    if not found and close is None and accept is None:
        raise ValueError(f"a reply has accept, text, bytes or close, not {sorted(message)}")
    return found


def _data(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The frame, if it has one."""
    text, data = message.get("text"), message.get("bytes")
    if text is not None and data is not None:
        raise ValueError("a reply has text or bytes, not both")
    if not isinstance(text, str | None) or not isinstance(data, bytes | bytearray | memoryview | None):
        raise ValueError("text is a str, bytes are bytes")  # noqa: TRY004 - a message is wrong here, not a call
    if text is not None:
        return [{"type": "websocket.send", "text": text}]
    return [] if data is None else [{"type": "websocket.send", "bytes": data}]


def _http(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``{"status", "headers", "content", "more_content"}``, then ``{"content", "more_content"}``."""
    if not message.keys() & {"status", "content", "more_content"}:
        raise ValueError(f"a response has status and content, not {sorted(message)}")
    found: list[dict[str, Any]] = []
    if "status" in message:
        headers = [
            [_bytes(name).lower(), _bytes(value)] for name, value in _pairs(message.get("headers") or ())
        ]
        found.append({"type": "http.response.start", "status": int(message["status"]), "headers": headers})
    content = message.get("content") or b""
    body = content.encode() if isinstance(content, str) else content
    if not isinstance(body, bytes):
        body = bytes(memoryview(body))  # a TypeError for what is no data
    more = bool(message.get("more_content", False))
    found.append({"type": "http.response.body", "body": body, "more_body": more})
    return found


def _pairs(headers: Any) -> Iterable[tuple[Any, Any]]:
    return headers.items() if isinstance(headers, Mapping) else headers


def _bytes(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value
