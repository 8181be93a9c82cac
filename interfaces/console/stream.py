"""Server-sent events: what is noted, as it is noted, to whoever follows.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from interfaces.console.book import Book, Reader
from interfaces.console.entries import Entry
from interfaces.console.web import head
from interfaces.shared.asgi import Receive, Send
from interfaces.shared.webhook import refusal

__all__ = ["Streams"]

FOLLOWERS = 64
"""Streams at once."""
BEAT = 15.0
"""Seconds of silence until a comment."""
KIND = b"text/event-stream; charset=utf-8"
Fits = Callable[[Entry], bool]


def every(_entry: Entry) -> bool:
    """Whether it fits, where nobody has asked for less."""
    return True


class Streams:
    """Serves streams of one book, until :meth:`close`."""

    def __init__(self, book: Book, beat: float = BEAT) -> None:
        self.book = book
        self.beat = beat
        self.running: set[asyncio.Event] = set()
        self._closed = False

    def close(self) -> None:
        """End all of them, so that nobody is waited for at the end."""
        self._closed = True
        for news in self.running:
            news.set()

    async def serve(self, after: int, receive: Receive, send: Send, fits: Fits = every) -> None:
        """Serve one until the client leaves, with what ``fits``. PeerError when there are too many."""
        if len(self.running) >= FOLLOWERS:
            raise refusal(503, f"more than {FOLLOWERS} streams")
        news = asyncio.Event()
        self.running.add(news)
        reader = self.book.follow(after, news.set)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": head(KIND)})
            await send(_piece(b": interfaces\n\n"))
            if after + 1 < self.book.first and self.book.lost:
                await send(_piece(_event("lost", {"lost": self.book.lost})))
            while not gone.done() and not self._closed:
                news.clear()
                text = _news(reader, fits)
                if text is None:
                    await self._waited(news, gone, send)
                elif text:
                    await send(_piece(text))
            if not gone.done():
                await send({"type": "http.response.body", "body": _event("bye", {})})
        except OSError:  # the client has gone
            pass
        finally:
            gone.cancel()
            self.book.leave(reader)
            self.running.discard(news)

    async def _waited(self, news: asyncio.Event, gone: asyncio.Future[None], send: Send) -> None:
        """Wait for something new, or for the client to leave; say after a while that we are still there."""
        waiting = asyncio.ensure_future(news.wait())
        try:
            both: set[asyncio.Future[Any]] = {waiting, gone}
            done, _ = await asyncio.wait(both, timeout=self.beat, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not done:
            await send(_piece(b": still here\n\n"))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _news(reader: Reader, fits: Fits) -> bytes | None:
    """What is new to ``reader``, as events; None when there is nothing."""
    parts = [_event("lost", {"lost": reader.book.lost})] if reader.missed() else []
    new, changed = reader.take()
    if not (new or changed or parts):
        return None
    parts += [_event("message", one.summary(), one.id) for one in filter(fits, new)]
    parts += [_event("update", one.summary()) for one in filter(fits, changed)]
    return b"".join(parts)


def _event(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    mark = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{mark}data: {json.dumps(data)}\n\n".encode()


def _piece(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}
