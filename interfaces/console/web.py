"""Requests and answers of the console's own HTTP: small, whole, and JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from interfaces.console.guard import CSP, HEADERS
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import PeerGone
from interfaces.shared.webhook import Answer, refusal

__all__ = ["Asked", "asked_of", "head", "json_answer", "number_of", "read", "send_answer"]

MAX_BODY = 32 * 2**20
"""Bytes of a request's body: a mail with attachments, in base64."""
JSON = b"application/json"


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request that is let in, whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[bytes, bytes]
    body: bytes = field(default=b"", repr=False)

    def json(self) -> dict[str, Any]:
        """The body, an object; nothing is an empty one. PeerError with 400."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise refusal(400, f"the body is no JSON: {error}") from None
        except RecursionError:
            raise refusal(400, "the body is JSON too deep to read") from None
        if not isinstance(found, dict):
            raise refusal(400, "the body is a JSON object")
        return found

    def number(self, name: str, default: float, most: float) -> float:
        """A number of the query, 0 to ``most``. PeerError with 400."""
        said = self.query.get(name, "")
        try:
            found = float(said) if said else default
        except ValueError:
            raise refusal(400, f"{name}={said} is no number") from None
        if not 0 <= found <= most:
            raise refusal(400, f"{name}={said}: 0 to {most:g}")
        return found


def asked_of(scope: Scope, headers: Mapping[bytes, bytes]) -> Asked:
    """The request of a scope, its body not read."""
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
    return Asked(method=scope["method"], path=scope["path"], query=query, headers=headers)


def number_of(text: str) -> int | None:
    """A whole number, None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


async def read(receive: Receive) -> bytes:
    """The whole body. PeerError beyond MAX_BODY, PeerGone."""
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise PeerGone("the client has gone")
        body += event.get("body", b"")
        if len(body) > MAX_BODY:
            raise refusal(413, f"more than {MAX_BODY} bytes")
        more = event.get("more_body", False)
    return bytes(body)


def json_answer(content: Any, status: int = 200) -> Answer:
    """``content`` as JSON."""
    return Answer(status, content=(JSON, json.dumps(content, default=str).encode()))


def head(kind: bytes, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The header of an answer; a Content-Security-Policy among ``more`` stands in for ours."""
    policy = (
        ()
        if any(name == b"content-security-policy" for name, _ in more)
        else ((b"content-security-policy", CSP),)
    )
    return [(b"content-type", kind), *policy, *HEADERS, *more]


async def send_answer(send: Send, answer: Answer) -> None:
    """Send it; what has a text only is {"error": text} where it is a refusal."""
    if answer.content is None and answer.status >= 400:
        answer = Answer(
            answer.status, answer.text, answer.headers, json_answer({"error": answer.text}).content
        )
    kind, body = answer.content or (b"text/plain; charset=utf-8", answer.text.encode())
    headers = head(kind, *answer.headers, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
