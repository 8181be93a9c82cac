"""An application that records its scopes and events, and answers by script."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from interfaces.shared.asgi import Event, Receive, Scope, Send

__all__ = ["OK", "Call", "Recorder", "Reply"]

Reply = (
    Event
    | list[Event]
    | BaseException
    | type[BaseException]
    | Callable[["Call", Event], Any | Awaitable[Any]]
)
"""A message, several, an exception to raise, or a callable (also async) that gets the call and the event and
gives one of these or None."""

OK: list[Event] = [
    {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]},
    {"type": "http.response.body", "body": b"ok"},
]
DEFAULTS: dict[str, Reply] = {
    "lifespan.startup": {"type": "lifespan.startup.complete"},
    "lifespan.shutdown": {"type": "lifespan.shutdown.complete"},
    "http.request": OK,
    "websocket.connect": {"type": "websocket.accept"},
}


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of the application."""

    scope: Scope
    send: Send
    events: list[Event] = field(default_factory=list)
    error: BaseException | None = None
    """What ``send`` or the script raised, or the cancellation at its end."""
    ended: bool = False


class Recorder:
    """``Recorder({"udp.receive": {"type": "udp.send", "data": b"pong"}})``: an answer a type of event.

    It asks for events until a disconnect, or until it is released, as Channels' consumers do. Without a word
    in the script, requests get 200 "ok" (after the whole body), WebSockets are accepted, lifespan completed.
    """

    def __init__(self, script: Mapping[str, Reply | None] | None = None) -> None:
        self.script: dict[str, Reply | None] = {**DEFAULTS, **(script or {})}
        self.calls: list[Call] = []
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"Recorder({len(self.calls)} calls, {sum(not call.ended for call in self.calls)} running)"

    @property
    def scopes(self) -> list[Scope]:
        """Of all calls but lifespan's, in order."""
        return [call.scope for call in self.calls if call.scope["type"] != "lifespan"]

    @property
    def events(self) -> list[Event]:
        """Of all calls but lifespan's, call by call."""
        return [event for call in self.calls if call.scope["type"] != "lifespan" for event in call.events]

    async def until(self, enough: Callable[["Recorder"], Any], timeout: float = 5.0) -> None:
        """Wait until ``enough(recorder)`` is true; TimeoutError when that does not come to pass."""
        async with asyncio.timeout(timeout):
            while not enough(self):
                self._news.clear()
                await self._news.wait()

    async def got(self, kind: str, count: int = 1, timeout: float = 5.0) -> list[Event]:
        """Wait for ``count`` events of a type, and give them."""
        await self.until(lambda _: sum(event["type"] == kind for event in self.events) >= count, timeout)
        return [event for event in self.events if event["type"] == kind]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        call = Call(scope=scope, send=send)
        self.calls.append(call)
        self._news.set()
        try:
            more = True
            while more:
                event = await receive()
                call.events.append(event)
                self._news.set()
                more = not event["type"].endswith(".disconnect") and event["type"] != "lifespan.shutdown"
                if not event.get("more_body", False):
                    await self._reply(call, event, self.script.get(event["type"]))
        except BaseException as error:
            call.error = error
            raise
        finally:
            call.ended = True
            self._news.set()

    async def _reply(self, call: Call, event: Event, reply: Any) -> None:
        if callable(reply) and not isinstance(reply, type):
            reply = reply(call, event)
            if isawaitable(reply):
                reply = await reply
        if isinstance(reply, BaseException) or (isinstance(reply, type) and issubclass(reply, BaseException)):
            raise reply
        for message in [] if reply is None else reply if isinstance(reply, list) else [reply]:
            await call.send(message)
