"""In front of the application: notes what passes, and passes it on as it is.

Whatever goes wrong with the noting is logged once, and never the application's affair.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from interfaces.console.book import Book
from interfaces.console.calls import Watch
from interfaces.console.chaos import Chaos
from interfaces.console.redact import Redactor
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send

__all__ = ["Tap"]

log = logging.getLogger("interfaces.console")
PASSED = frozenset({"lifespan"})
"""Types of scopes that are not noted: there is one, and the console is not there yet, or no more."""


class Tap:
    """An ASGI application that calls ``app``; ``book`` has what passed, ``chaos`` what goes wrong on purpose."""

    def __init__(self, app: Application, book: Book, redactor: Redactor, chaos: Chaos | None = None) -> None:
        self.app = app
        self.book = book
        self.redactor = redactor
        self.chaos = chaos or Chaos()
        self.scopes = 0
        self._told = False

    def __repr__(self) -> str:
        return f"<Tap of {self.app!r}>"

    def __getattr__(self, name: str) -> Any:
        """What else an application has, such as its routes."""
        return getattr(self.__dict__["app"], name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        if scope["type"] in PASSED:
            await self.app(scope, receive, send)
            return
        await self.noted(scope, receive, send)

    async def noted(self, scope: Scope, receive: Receive, send: Send, replayed: int = 0) -> None:
        """Serve one scope, with all that passes noted. ``replayed``: the message that it is a replay of."""
        self.scopes += 1
        watch: Watch | None = self.safely(
            lambda: Watch(self.book, self.redactor, scope, self.scopes, time.time, replayed)
        )
        if watch is None:
            await self.app(scope, receive, send)
            return
        noted = watch

        async def hear() -> Event:
            self.safely(noted.asks)
            event = await receive()
            self.safely(lambda: noted.hears(event))
            return event

        async def say(event: Event) -> None:
            entry = self.safely(lambda: noted.says(event))
            try:
                await send(event)
            except BaseException as error:
                failed = error
                self.safely(lambda: noted.unsaid(entry, failed))
                raise
            self.safely(lambda: noted.said(entry))

        try:
            await self.app(scope, hear, say)
        except BaseException as error:
            failed = error
            self.safely(lambda: noted.ends(failed))
            raise
        self.safely(lambda: noted.ends(None))

    def safely(self, note: Callable[[], Any]) -> Any:
        """Note something; an error of ours is logged the first time, and stays here."""
        try:
            return note()
        except Exception:
            if not self._told:
                self._told = True
                log.exception("the console could not note a message; the application goes on (told once)")
            return None
