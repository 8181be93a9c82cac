"""What the API says of messages: lists, one of them, waiting for one, one again, one as a test."""

import asyncio
from collections.abc import Callable
from itertools import islice

from interfaces.console.detail import detail_of, html_of
from interfaces.console.entries import Entry
from interfaces.console.guard import MAIL_CSP
from interfaces.console.pytest_text import test_of
from interfaces.console.replay import events_of, scope_of
from interfaces.console.state import Console
from interfaces.console.web import Asked, json_answer, number_of
from interfaces.shared.webhook import Answer, refusal

__all__ = ["Messages", "fitting"]

MOST = 1000
"""Messages of one answer."""
USUAL = 200
LONGEST = 120.0
"""Seconds that somebody may wait."""
WAITERS = 64
"""Who wait at once."""
ANY = float(1 << 53)
HTML = b"text/html; charset=utf-8"
PYTHON = b"text/plain; charset=utf-8"


class Messages:
    """Answers from the console's book."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.book = console.book
        self.waiting = 0

    def got(self, asked: Asked, rest: list[str]) -> Answer:
        """Several, or one, or what is made of one."""
        match rest:
            case []:
                return self._several(asked)
            case [number]:
                return json_answer(detail_of(self._entry(number)))
            case [number, "pytest"]:
                text = test_of(self._entry(number), self.console.app_name)
                return Answer(200, content=(PYTHON, text.encode("utf-8", "backslashreplace")))
            case [number, "parts", index]:
                content = html_of(self._entry(number), index)
                return Answer(200, "", ((b"content-security-policy", MAIL_CSP),), (HTML, content))
        raise refusal(404, "there is no such page of a message")

    def posted(self, asked: Asked, rest: list[str]) -> Answer:
        """One again: the application is called with it, and what it says is noted, and goes nowhere."""
        if len(rest) != 2 or rest[1] != "replay":
            raise refusal(404, "POST /api/messages/ID/replay")
        entry = self._entry(rest[0])
        if entry.direction != "in" or not entry.whole or entry.type.endswith((".raised", ".dropped")):
            raise refusal(409, "only what came in, and is kept whole, can be replayed")
        repeating = self.console.tap.repeating
        if repeating.full:
            raise refusal(503, "too many replays run")
        same = (one for one in self.book.after(0) if one.call is entry.call)
        try:
            events = events_of(entry, asked.json().get("event"), same)
        except ValueError as error:
            raise refusal(400, str(error)) from None
        except RecursionError:
            raise refusal(400, "event is too deep") from None
        return json_answer({"scope": repeating.start(scope_of(entry), events, entry.id)})

    def cleared(self, asked: Asked, rest: list[str]) -> Answer:
        """Forget all of them."""
        self.book.clear()
        return json_answer({"ok": True})

    async def waited(self, asked: Asked, rest: list[str]) -> Answer:
        """The first that fits, now or within the time."""
        timeout, after = asked.number("timeout", 10, LONGEST), int(asked.number("after", 0, ANY))
        if self.waiting >= WAITERS:
            raise refusal(503, f"more than {WAITERS} wait")
        fits = fitting(asked)
        news = asyncio.Event()
        reader = self.book.follow(after, news.set)
        self.waiting += 1
        try:
            async with asyncio.timeout(timeout):
                while True:
                    news.clear()
                    new, _ = reader.take()
                    found = next(filter(fits, new), None)
                    if found is not None:
                        return json_answer(found.summary())
                    if not new:
                        await news.wait()
        except TimeoutError:
            raise refusal(408, f"no such message within {timeout:g} s") from None
        finally:
            self.waiting -= 1
            self.book.leave(reader)

    def _several(self, asked: Asked) -> Answer:
        limit = int(asked.number("limit", USUAL, MOST))
        fits = fitting(asked)
        if "after" in asked.query and "before" not in asked.query:
            found = list(islice(filter(fits, self.book.after(int(asked.number("after", 0, ANY)))), limit))
        else:
            before = int(asked.number("before", self.book.last + 1, ANY))
            found = list(islice(filter(fits, self.book.before(before)), limit))[::-1]
        shown = [one.summary() for one in found]
        return json_answer({"messages": shown, "last": self.book.last, "lost": self.book.lost})

    def _entry(self, text: str) -> Entry:
        number = number_of(text)
        found = None if number is None else self.book.get(number)
        if found is None:
            raise refusal(404, f"there is no message {text[:20]} here, or no more")
        return found


def fitting(asked: Asked) -> Callable[[Entry], bool]:
    """Whether a message is of the type, the protocol, the conversation, and has the text, that were asked for."""
    query = asked.query
    text, conversation = query.get("text", "").lower(), query.get("conversation", "")

    def fits(entry: Entry) -> bool:
        return (
            query.get("type", "") in ("", entry.type)
            and query.get("protocol", "") in ("", entry.protocol)
            and (not conversation or conversation in (entry.conversation, entry.shown_conversation))
            and query.get("direction", "") in ("", entry.direction)
            and (not text or entry.fits(text))
        )

    return fits
