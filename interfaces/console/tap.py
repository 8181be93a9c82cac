"""In front of the application: notes what passes, and passes it on as it is, unless chaos is asked for.

Whatever goes wrong with the noting is logged once, and never the application's affair.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from interfaces.console.book import Book
from interfaces.console.calls import DELIVERIES, Watch
from interfaces.console.chaos import Chaos
from interfaces.console.posted import Posted
from interfaces.console.redact import Redactor
from interfaces.console.repeating import Repeating
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import Unavailable

__all__ = ["Tap"]

log = logging.getLogger("interfaces.console")
PASSED = frozenset({"lifespan"})
"""Types of scopes that are not noted: there is one, and the console is not there yet, or no more."""
TALKS = {"websocket": "websocket.receive", "irc": "irc.message"}
"""Types of scopes with many messages, and the one that may come twice."""


class Tap:
    """An ASGI application that calls ``app``; ``book`` has what passed, ``chaos`` what goes wrong on purpose."""

    def __init__(self, app: Application, book: Book, redactor: Redactor, chaos: Chaos | None = None) -> None:
        self.app = app
        self.book = book
        self.redactor = redactor
        self.chaos = chaos or Chaos()
        self.repeating = Repeating(self)
        self.posted = Posted()
        self.scopes = 0
        self._told = False

    def __repr__(self) -> str:
        return f"<Tap of {self.app!r}>"

    def __getattr__(self, name: str) -> Any:
        """What else an application has, such as its routes."""
        return getattr(self.__dict__["app"], name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        kind = scope["type"]
        if kind in PASSED:
            await self.app(scope, receive, send)
            return
        watch = self.watched(scope)
        if kind in TALKS or kind in DELIVERIES or kind == "http":
            if self.chaos.strikes("drop", kind):
                if watch is not None:
                    self.safely(watch.dropped)
                raise Unavailable("dropped by the console's chaos")
            receive = self._disturbed(kind, receive)
            if kind in DELIVERIES:
                receive = self.repeating.heard(dict(scope), receive)
        await self.noted(watch, scope, receive, send)

    def watched(self, scope: Scope, replayed: int = 0) -> Watch | None:
        """What notes one call; None where that cannot be. ``replayed``: the message that it is a replay of."""
        self.scopes += 1
        made: Watch | None = self.safely(
            lambda: Watch(self.book, self.redactor, scope, self.scopes, time.time, replayed)
        )
        return made

    async def noted(self, watch: Watch | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, with all that passes noted."""
        if watch is None:
            await self.app(scope, receive, send)
            return

        async def hear() -> Event:
            self.safely(watch.asks)
            event = await receive()
            self.safely(lambda: watch.hears(event))
            return event

        async def say(event: Event) -> None:
            entry = self.safely(lambda: watch.says(event))
            if entry is not None and not watch.replayed:
                self.safely(lambda: self.posted.add(entry))
            try:
                await send(event)
            except BaseException as error:
                failed = error
                self.safely(lambda: watch.unsaid(entry, failed))
                raise
            self.safely(lambda: watch.said(entry))

        try:
            await self.app(scope, hear, say)
        except BaseException as error:
            failed = error
            self.safely(lambda: watch.ends(failed))
            raise
        self.safely(lambda: watch.ends(None))

    def safely(self, note: Callable[[], Any]) -> Any:
        """Note something; an error of ours is logged the first time, and stays here."""
        try:
            return note()
        except Exception:
            if not self._told:
                self._told = True
                log.exception("the console could not note a message; the application goes on (told once)")
            return None

    def _disturbed(self, kind: str, receive: Receive) -> Receive:
        """``receive``, that waits and says things twice as chaos has it."""
        twice: list[Event] = []
        first = True

        async def disturbed() -> Event:
            nonlocal first
            if twice:
                return twice.pop()
            if (first or kind in TALKS) and (seconds := self.chaos.delay(kind)):
                await asyncio.sleep(
                    seconds
                )  # before it is taken: who is cancelled meanwhile has lost nothing
            first = False
            event = await receive()
            if event["type"] == TALKS.get(kind) and self.chaos.strikes("duplicate", kind):
                twice.append(dict(event))
            return event

        return disturbed
