"""What the peer of a relayed scope is told when its application cannot go on: in the words of its protocol."""

from typing import Any

from interfaces.shared.asgi import Event, Scope, Send
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.workers.transports.base import Lost

__all__ = ["Telling", "ending"]

TEXT = (b"content-type", b"text/plain; charset=utf-8")


class Telling:
    """``send`` of a scope, which remembers how far the answer is."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.kind: str = scope["type"]
        self.begun = False
        """Whether the peer has been told something: an answer has begun, a handshake was answered."""
        self._accepted = False
        self.complete = False
        """Whether there is nothing more to tell."""
        self._denies = "websocket.http.response" in (scope.get("extensions") or {})
        self._send = send

    async def send(self, event: Event) -> None:
        """Hand it on."""
        kind = event["type"]
        await self._send(event)
        self.begun = True
        if kind == "websocket.accept":
            self._accepted = True
        if kind == "websocket.close" or (
            kind.endswith("response.body") and not event.get("more_body", False)
        ):
            self.complete = True

    async def failed(self, error: Exception) -> None:
        """Tell the peer, or raise what makes the interface tell it."""
        if isinstance(error, (NoRoute, PeerGone)) or self.kind not in ("http", "websocket"):
            raise error
        if self.complete:
            return
        if self.begun:
            await self._broken(error)
        elif self.kind == "http" or self._denies:
            await self._refused(error)
        else:
            raise error

    async def _refused(self, error: Exception) -> None:
        """Answer with a status."""
        prefix = "websocket.http.response" if self.kind == "websocket" else "http.response"
        headers = [TEXT]
        status, text = 500, b"Internal Server Error\n"
        if isinstance(error, Lost):
            status, text = 502, b"Bad Gateway\n"
        elif isinstance(error, Unavailable):
            status, text = 503, b"Service Unavailable\n"
            headers.append((b"retry-after", b"1"))
        headers.append((b"content-length", b"%d" % len(text)))
        await self.send({"type": f"{prefix}.start", "status": status, "headers": headers})
        await self.send({"type": f"{prefix}.body", "body": text})

    async def _broken(self, error: Exception) -> None:
        """Break off what has begun."""
        if self._accepted:
            again = isinstance(error, Unavailable) and not isinstance(error, Lost)
            await self.send({"type": "websocket.close", "code": 1013 if again else 1011})
        else:
            raise PeerGone("the answer was broken off")


def ending(facts: Any) -> Exception | None:
    """The error that stands for how the application ended at the worker; None for an end that is none."""
    how = facts.get("how", "ok") if isinstance(facts, dict) else "ok"
    if how == "no-route":
        return NoRoute("the application knows no such address")
    if how == "error" and facts.get("later"):
        return Unavailable("the application needs what is not available; the worker's log says what")
    if how == "error":
        return ApplicationError("the application raised; the worker's log says what")
    return Lost("the worker stopped before the application had ended") if how == "cancelled" else None
