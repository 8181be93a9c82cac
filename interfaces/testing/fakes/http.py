"""What little of HTTP the fake needs: a whole body, and an answer in one piece."""

import json
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.asgi import Receive, Scope, Send

__all__ = ["Answer", "body_of", "gone", "headers_of", "json_answer", "send_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response in one piece."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer of JSON."""
    return Answer(status=status, body=json.dumps(body).encode(), headers=headers or {})


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts: list[bytes] = []
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            break
        parts.append(event.get("body", b""))
        more = event.get("more_body", False)
    return b"".join(parts)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send it."""
    headers = [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def gone(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
