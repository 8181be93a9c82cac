"""A back end of the console that knows what tests tell it: recorded messages, and a workspace of Slack to press in.

``POST /fake`` changes it: ``add`` is a list of messages, or how many; ``answers`` are what paths below /api give;
``lost`` is told to all; ``cut`` ends the streams; ``anew`` forgets all. It answers with what the page posted.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from interfaces.console.guard import MAIL_CSP
from interfaces.console.pages import page
from interfaces.console.web import head, json_answer, send_answer
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Answer
from tests.browser import console_recorded

__all__ = ["application"]

SSE = b"text/event-stream"
OFF = {"delay": 0, "drop": 0, "duplicate": 0, "redeliver": 0, "broker_down": False, "protocols": []}
DETAIL = {"event", "scope_data", "wire", "traceback", "parts"}


class Fake:
    """The messages, what is answered, and what was asked."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = dict(console_recorded.ANSWERS)
        self.chaos = dict(OFF)
        self.lost = 0
        self.posted: list[list[Any]] = []
        self.listeners: set[asyncio.Queue[tuple[str, int, Any] | None]] = set()

    def add(self, what: Any) -> None:
        """Take messages; a number is that many of the recorded ones, again and again."""
        for each in console_recorded.many(what) if isinstance(what, int) else what:
            message = {**console_recorded.EMPTY, **each, "id": len(self.messages) + 1}
            self.messages.append(message)
            self.tell("message", message["id"], summary(message))

    def change(self, what: dict[str, Any]) -> None:
        """Change one that is there."""
        message = self.messages[what["id"] - 1]
        message.update(what)
        self.tell("update", message["id"], summary(message))

    def tell(self, *event: Any) -> None:
        """Hand an event to all that listen."""
        for listener in self.listeners:
            listener.put_nowait(event or None)

    def state(self) -> dict[str, Any]:
        """What is served where."""
        return {**self.answers["/state"], "last": len(self.messages), "lost": self.lost, "chaos": self.chaos}

    def listed(self, query: dict[str, str]) -> dict[str, Any]:
        """A page of summaries, ascending."""
        before = int(query.get("before") or len(self.messages) + 1) - 1
        limit = int(query.get("limit") or 500)
        found = self.messages[max(0, before - limit) : before]
        return {"messages": [*map(summary, found)], "last": len(self.messages), "lost": self.lost}

    def asked(self, path: str, query: dict[str, str]) -> Answer:
        """The answer for a GET. KeyError when there is none."""
        words = path.split("/")
        if path in self.answers and path != "/state":
            return json_answer(self.answers[path])
        if path.startswith("/messages/"):
            message = self.messages[int(words[2]) - 1]
            if words[3:] == ["pytest"]:
                return Answer(200, console_recorded.PYTEST.format(**message))
            if words[3:4] == ["parts"]:
                content = (b"text/html; charset=utf-8", message["parts"][int(words[4])]["html"].encode())
                return Answer(200, headers=((b"content-security-policy", MAIL_CSP),), content=content)
            return json_answer({key: value for key, value in message.items() if value is not None})
        known: dict[str, Callable[[], Any]] = {"/state": self.state, "/chaos": lambda: self.chaos}
        return json_answer(self.listed(query) if path == "/messages" else known[path]())

    def told(self, path: str, body: dict[str, Any]) -> Answer:
        """The answer for a POST."""
        self.posted.append([path, body])
        if path == "/chaos":
            self.chaos = {**OFF, **body}
            return json_answer(self.chaos)
        if path.endswith("/replay"):
            number = int(path.split("/")[2])
            scope = 900 + len(self.messages)
            self.add([{**self.messages[number - 1], "scope": scope, **body}])
            return json_answer({"scope": scope})
        refused = self.answers.get(f"POST {path}", {"ok": True})
        return json_answer(refused, 400 if "error" in refused else 200)

    def steer(self, body: dict[str, Any]) -> None:
        """What a test wants."""
        if body.get("anew"):
            vars(self).update(vars(Fake()) | {"listeners": self.listeners})
            self.answers["/state"] = {**self.answers["/state"], "run": str(time.monotonic())}
        self.answers |= body.get("answers", {})
        self.add(body.get("add", []))
        for each in body.get("change", []):
            self.change(each)
        if "lost" in body:
            self.lost = body["lost"]
            self.tell("lost", 0, {"lost": self.lost})
        if "cut" in body:
            self.tell()

    async def stream(self, after: int, send: Any) -> None:
        """Events, until the test cuts them."""
        queue: asyncio.Queue[tuple[str, int, Any] | None] = asyncio.Queue()
        for message in self.messages[after:]:
            queue.put_nowait(("message", message["id"], summary(message)))
        self.listeners.add(queue)
        await send({"type": "http.response.start", "status": 200, "headers": head(SSE)})
        await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
        try:
            while event := await queue.get():
                lines = f"event: {event[0]}\nid: {event[1]}\ndata: {json.dumps(event[2])}\n\n"
                await send({"type": "http.response.body", "body": lines.encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.listeners.discard(queue)


def summary(message: dict[str, Any]) -> dict[str, Any]:
    """What a row of the time line shows."""
    return {key: value for key, value in message.items() if key not in DETAIL}


FAKE = Fake()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The page, /api, and /fake for the test."""
    if scope["type"] != "http":
        return
    path, body = scope["path"], b""
    query = dict(pair.split("=", 1) for pair in scope["query_string"].decode().split("&") if pair)
    while (event := await receive()).get("more_body"):
        body += event["body"]
    body += event.get("body", b"")
    if path == "/api/stream":
        gone = asyncio.create_task(FAKE.stream(int(query.get("after") or 0), send))
        await receive()
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
        return
    try:
        answer = answered(scope["method"], path, query, json.loads(body or b"{}"))
    except (KeyError, IndexError):
        answer = json_answer({"error": f"there is no {path}"}, 404)
    except PeerError as error:
        answer = json_answer({"error": str(error)}, 404)
    await send_answer(send, answer)


def answered(method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
    """One request."""
    if path == "/fake":
        FAKE.steer(body)
        return json_answer({"posted": FAKE.posted})
    if not path.startswith("/api/"):
        return page(path)
    below = path.removeprefix("/api")
    return FAKE.told(below, body) if method == "POST" else FAKE.asked(below, query)
