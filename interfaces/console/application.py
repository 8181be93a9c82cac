"""The console as an ASGI application: who may ask is asked first, then each path has its answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any

from interfaces.console.entries import Entry
from interfaces.console.guard import let_in
from interfaces.console.pages import page
from interfaces.console.state import Console
from interfaces.console.stream import Streams
from interfaces.console.web import Asked, asked_of, json_answer, read, send_answer
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, PeerError, PeerGone, Unavailable
from interfaces.shared.webhook import Answer, refusal

__all__ = ["ConsoleApplication"]

log = logging.getLogger("interfaces.console")
MOST = 1000
"""Messages of one answer."""
LONGEST = 120.0
"""Seconds that somebody may wait."""
Handler = Callable[[Asked], Awaitable[Answer] | Answer]


class ConsoleApplication:
    """``port`` is its own, which a Host has to have."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.book = console.book
        self.port = 0
        self.streams = Streams(console.book)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise ApplicationError(f"{scope['type']} is not served here")
        headers = dict(reversed(scope["headers"]))
        try:
            let_in(scope["method"], scope["path"], headers, self.port)
            asked = asked_of(scope, headers)
            if asked.path == "/api/stream":
                await self.streams.serve(self._seen(asked), receive, send)
                return
            asked.body = await read(receive) if asked.method != "GET" else b""
            answer = await self._answered(asked)
        except PeerGone:
            return
        except PeerError as error:
            answer = error.answer if isinstance(error.answer, Answer) else Answer(400, str(error))
        except Unavailable as error:
            answer = Answer(503, str(error))
        await send_answer(send, answer)

    async def _answered(self, asked: Asked) -> Answer:
        if not asked.path.startswith("/api/"):
            if asked.method != "GET":
                raise refusal(405, "GET", (b"allow", b"GET"))
            return page(asked.path)
        parts = asked.path.removeprefix("/api/").split("/")
        handler = self._handlers().get((asked.method, parts[0]))
        if handler is None:
            raise refusal(404, f"there is no {asked.method} {asked.path}")
        found = handler(asked, parts[1:])
        return found if isinstance(found, Answer) else await found

    def _handlers(self) -> dict[tuple[str, str], Callable[[Asked, list[str]], Any]]:
        return {
            ("GET", "state"): lambda asked, rest: json_answer(self.console.state()),
            ("GET", "messages"): self._messages,
            ("GET", "conversations"): lambda asked, rest: json_answer(self.book.conversations()),
            ("GET", "wait"): self._wait,
        }

    def _seen(self, asked: Asked) -> int:
        """After which id a stream begins: where it was cut, where it was asked to, else now."""
        said = asked.headers.get(b"last-event-id", b"").decode("latin-1") or asked.query.get("after", "")
        return min(int(said), self.book.last) if said.isascii() and said.isdigit() and len(said) < 16 else self.book.last

    # --- messages ---------------------------------------------------------------------------------

    def _messages(self, asked: Asked, rest: list[str]) -> Answer:
        if rest:
            return json_answer(self._entry(rest[0]).detail())
        limit = int(asked.number("limit", 200, MOST))
        fits = _fitting(asked)
        backwards = "before" in asked.query or "after" not in asked.query
        if backwards:
            before = int(asked.number("before", self.book.last + 1, 1 << 53))
            found = list(islice(filter(fits, self.book.before(before)), limit))[::-1]
        else:
            found = list(islice(filter(fits, self.book.after(int(asked.number("after", 0, 1 << 53)))), limit))
        shown = [one.summary() for one in found]
        return json_answer({"messages": shown, "last": self.book.last, "lost": self.book.lost})

    def _entry(self, text: str) -> Entry:
        found = self.book.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else None
        if found is None:
            raise refusal(404, f"there is no message {text[:20]} here, or no more")
        return found

    async def _wait(self, asked: Asked, rest: list[str]) -> Answer:
        """The first that fits, now or within the time."""
        timeout = asked.number("timeout", 10, LONGEST)
        after = int(asked.number("after", 0, 1 << 53))
        fits = _fitting(asked)
        news = asyncio.Event()
        reader = self.book.follow(after, news.set)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    news.clear()
                    new, _ = reader.take()
                    found = _first(filter(fits, new))
                    if found is not None:
                        return json_answer(found.summary())
                    if not new:
                        await news.wait()
        except TimeoutError:
            raise refusal(408, f"no such message within {timeout:g} s") from None
        finally:
            self.book.leave(reader)


def _first(found: Iterable[Entry]) -> Entry | None:
    return next(iter(found), None)


def _fitting(asked: Asked) -> Callable[[Entry], bool]:
    """Whether a message is of the type, the protocol, the conversation, and has the text, that were asked for."""
    query = asked.query
    text = query.get("text", "").lower()

    def fits(entry: Entry) -> bool:
        return (
            query.get("type", "") in ("", entry.type)
            and query.get("protocol", "") in ("", entry.protocol)
            and query.get("conversation", "") in ("", entry.conversation)
            and query.get("direction", "") in ("", entry.direction)
            and (not text or entry.fits(text))
        )

    return fits
