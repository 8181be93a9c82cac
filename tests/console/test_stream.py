"""Server-sent events: what is new, what changes later, what was lost, and an end that nobody waits for."""

import asyncio
from typing import Any

import pytest

from interfaces.console.book import Book
from interfaces.console.stream import Streams
from interfaces.shared.errors import PeerError
from interfaces.testing import Recorder
from interfaces.testing.raw import RawClient
from tests.console.kit import Served, entry, run, served


class Browser:
    """What a stream sends, as the browser's events; ``leave`` closes it."""

    def __init__(self) -> None:
        self.text = ""
        self.leave: asyncio.Event = asyncio.Event()
        self.news = asyncio.Event()
        self.start: dict[str, Any] = {}
        self.ended = False

    async def receive(self) -> dict[str, Any]:
        """Nothing, until it leaves."""
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: dict[str, Any]) -> None:
        """Keep it."""
        if event["type"] == "http.response.start":
            self.start = event
        else:
            self.text += event["body"].decode()
            self.ended = not event.get("more_body", False)
        self.news.set()

    async def until(self, text: str) -> None:
        """Wait until it has come."""
        while text not in self.text:
            self.news.clear()
            await self.news.wait()

    @property
    def events(self) -> list[str]:
        """Name and id of each, in order."""
        found = []
        for block in self.text.split("\n\n"):
            rows = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
            if "event" in rows:
                found.append(f"{rows['event']} {rows.get('id', '')}".strip())
        return found


def test_new_ones_changes_and_what_was_lost() -> None:
    """In their order; each message has its id, so that a browser knows where to go on."""

    async def check() -> None:
        book, browser = Book(entries=3), Browser()
        streams = Streams(book)
        book.add(entry())
        task = asyncio.ensure_future(streams.serve(0, browser.receive, browser.send))
        await browser.until("id: 1")
        for _ in range(2):
            book.add(entry())
        await browser.until("id: 3")
        book.changed(book.get(2) or entry())
        await browser.until("event: update")
        book.add(entry())
        await browser.until("id: 4")
        assert browser.events == ["message 1", "message 2", "message 3", "update", "lost", "message 4"]
        assert (b"content-type", b"text/event-stream; charset=utf-8") in browser.start["headers"]
        browser.leave.set()
        await task
        assert not streams.running and not browser.ended

    run(check)


def test_only_what_fits() -> None:
    """Changes, too."""

    async def check() -> None:
        book, browser = Book(), Browser()
        fits = lambda one: one.protocol == "sms"  # noqa: E731
        task = asyncio.ensure_future(Streams(book).serve(0, browser.receive, browser.send, fits))
        await browser.until("interfaces")
        for one in ("http", "sms", "http"):
            book.changed(book.add(entry(one)))
        await browser.until("id: 2")
        book.changed(book.get(3) or entry())
        book.add(entry("sms"))
        await browser.until("id: 4")
        assert browser.events == ["message 2", "message 4"]
        browser.leave.set()
        await task

    run(check)


def test_who_comes_late_is_told_what_is_lost() -> None:
    """Where the id that it had seen has fallen out."""

    async def check() -> None:
        book, browser = Book(entries=2), Browser()
        for _ in range(5):
            book.add(entry())
        task = asyncio.ensure_future(Streams(book).serve(1, browser.receive, browser.send))
        await browser.until("id: 5")
        assert browser.events == ["lost", "message 4", "message 5"]
        browser.leave.set()
        await task

    run(check)


def test_signs_of_life() -> None:
    """After a while of silence."""

    async def check() -> None:
        browser = Browser()
        task = asyncio.ensure_future(Streams(Book(), beat=0.01).serve(0, browser.receive, browser.send))
        await browser.until("still here")
        browser.leave.set()
        await task

    run(check)


def test_the_end_of_the_server_ends_them() -> None:
    """They say good-bye, and whoever comes then is told at once."""

    async def check() -> None:
        streams, browser, late = Streams(Book()), Browser(), Browser()
        task = asyncio.ensure_future(streams.serve(0, browser.receive, browser.send))
        await browser.until("interfaces")
        streams.close()
        await task
        await streams.serve(0, late.receive, late.send)
        assert browser.events == late.events == ["bye"] and browser.ended

    run(check)


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is told to come later."""
    monkeypatch.setattr("interfaces.console.stream.FOLLOWERS", 1)

    async def check() -> None:
        streams, browser = Streams(Book()), Browser()
        task = asyncio.ensure_future(streams.serve(0, browser.receive, browser.send))
        await browser.until("interfaces")
        with pytest.raises(PeerError):
            await streams.serve(0, Browser().receive, Browser().send)
        browser.leave.set()
        await task

    run(check)


def test_a_client_that_breaks_off_harms_nobody() -> None:
    """Its reader is told off."""

    async def check() -> None:
        async def broken(event: Any) -> None:
            raise OSError("reset")

        streams = Streams(Book())
        await streams.serve(0, Browser().receive, broken)
        assert not streams.running and not streams.book._readers

    run(check)


@pytest.mark.parametrize(
    ("query", "last", "first"),
    [("", "", None), ("?after=0", "", 1), ("?after=1", "", 2), ("?after=1", "0", 1), ("?after=99", "", 1),
     ("?after=x", "", None)],
)  # fmt: skip
def test_where_it_begins(query: str, last: str, first: int | None) -> None:
    """From now on, behind an id, where it was cut; with an id of the process before: at the beginning."""

    async def check() -> None:
        async with served(Recorder()) as here:
            await here.client.post("simulate/http", {"path": "/"})
            async with await RawClient.connect(here.client.address) as raw:
                seen = f"Last-Event-ID: {last}\r\n" if last else ""
                host = f"127.0.0.1:{here.client.address.port}"
                await raw.send(f"GET /api/stream{query} HTTP/1.1\r\nHost: {host}\r\n{seen}\r\n".encode())
                await raw.read_until(b": interfaces")
                await here.client.post("simulate/http", {"path": "/"})
                text = (await raw.read_until(b"id: 3\n")).decode()
                assert (f"id: {first or 3}\n" in text) and (first is not None or "id: 1\n" not in text)

    run(check)


def test_a_server_with_streams_stops_at_once() -> None:
    """Nobody waits for a page that is open."""

    async def check() -> None:
        here: Served
        async with served(Recorder(), drain=5.0) as here:
            raw = await RawClient.connect(here.client.address)
            host = f"127.0.0.1:{here.client.address.port}"
            await raw.send(f"GET /api/stream HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            await raw.read_until(b": interfaces")
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 3
        assert b"event: bye" in await raw.read_all()
        await raw.close()

    run(check)
