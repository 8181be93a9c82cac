"""Run an application without a server, as a peer would see it, under the names of Channels' communicators.

The application runs in a :class:`Session`, so the end is the real one: after the last event, asking for a
further one releases it. Nothing sleeps: a timeout is only how long a test may hang.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import unquote, urlsplit

from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.session import Session
from interfaces.testing.raw import Response

__all__ = ["Communicator", "HttpCommunicator", "LifespanCommunicator", "Verdict", "WebsocketCommunicator"]

Headers = Iterable[tuple[bytes, bytes]]
_CAPACITY = 10_000
_TURNS = 10
"""Turns of the loop after which an application that asks for an event will not send any more by itself."""
_WORDS = ("accept", "reject", "defer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a delivery: no word and a normal end is "accept", an error before any word "defer"."""

    word: Literal["accept", "reject", "defer"]
    event: Event | None = None
    """The application's own message, if it sent one."""
    error: BaseException | None = None


class Communicator:
    """One instance of ``app`` with ``scope``, of any type; it starts when something is asked of it.

    ``outputs`` are the messages it sent that nobody took yet. What the application raises is raised by the
    method that notices. ``async with`` ends it: its last event has been given then.
    """

    def __init__(self, app: Application, scope: Mapping[str, Any]) -> None:
        self.scope: Scope = {"asgi": {"version": "3.0", "spec_version": "1.0"}, "state": {}, **scope}
        self.outputs: deque[Event] = deque()
        self.session = Session(app, self.scope, self._sent, capacity=_CAPACITY, on_end=self._ended)
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.session!r}, {len(self.outputs)} outputs)"

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.stop()
            await self.session.wait(1)
        else:
            await self.finish()

    async def send_input(self, event: Event) -> None:
        """Give the application an event."""
        self._start()
        self._raise()
        await self.session.put(event)

    async def receive_output(self, timeout: float = 1.0) -> Event:
        """The next message it sends. TimeoutError; AssertionError when it has ended and sends no more."""
        self._start()
        async with asyncio.timeout(timeout):
            while not self.outputs:
                if self.session.ended:
                    self._raise()
                    raise AssertionError("the application has ended and sent nothing more")
                self._news.clear()
                await self._news.wait()
        return self.outputs.popleft()

    async def receive_nothing(self, timeout: float = 0.1) -> bool:
        """Whether it sends nothing: known as soon as it only waits for an event, else after ``timeout``."""
        await self._settled(timeout, heard=True)
        return not self.outputs

    async def wait(self, timeout: float = 1.0) -> None:
        """Wait until it ends by itself, and raise what it raised; TimeoutError when it does not."""
        self._start()
        if not await self.session.wait(timeout):
            raise TimeoutError(f"{self.session!r} did not end")
        self._raise()

    async def finish(self, event: Event | None = None, timeout: float = 1.0) -> None:
        """Give the last event, if there is one, and wait for the end."""
        self._start()
        self.session.last(event)
        await self.wait(timeout)

    async def verdict(self, event: Event | None = None, timeout: float = 1.0) -> Verdict:
        """Give a delivery's last event, and say what it came to; the other messages stay in ``outputs``."""
        self._start()
        self.session.last(event)
        if not await self.session.wait(timeout):
            raise TimeoutError(f"{self.session!r} came to no verdict")
        error = self.session.error
        for output in self.outputs:
            word = output["type"].rpartition(".")[2]
            if word in _WORDS:
                return Verdict(word=word, event=output, error=error)
        return Verdict(word="accept" if error is None else "defer", error=error)

    def stop(self) -> None:
        """Cancel it."""
        self.session.cancel()

    async def _settled(self, timeout: float, *, heard: bool = False) -> bool:
        """Whether it only waits for an event now, or, as of ``heard``, has sent something; False after ``timeout``."""
        self._start()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        turns = 0
        while turns < _TURNS and loop.time() < deadline and not (heard and self.outputs):
            quiet = self.session.ended or (self.session.asking and not self.session.waiting)
            turns = turns + 1 if quiet else 0
            await asyncio.sleep(0)
        self._raise()
        return turns == _TURNS

    def _start(self) -> None:
        if self.session.task is None and not self.session.ended:
            self.session.start(asyncio.get_running_loop())

    def _raise(self) -> None:
        if self.session.error is not None:
            raise self.session.error

    async def _sent(self, event: Event) -> None:
        self.outputs.append(event)
        self._news.set()

    def _ended(self, session: Session) -> None:
        self._news.set()


class HttpCommunicator(Communicator):
    """One request; ``body`` in one part, or in several that the application gets one by one."""

    def __init__(
        self,
        app: Application,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Headers = (),
    ) -> None:
        super().__init__(app, _scope("http", "http", path, headers) | {"method": method.upper()})
        self._parts = [body] if isinstance(body, bytes) else list(body)

    async def get_response(self, timeout: float = 1.0) -> Response:
        """Send the request, and wait until the response is complete. AssertionError for one that is none."""
        for at, part in enumerate(self._parts, 1):
            more = at < len(self._parts)
            await self.send_input({"type": "http.request", "body": part, "more_body": more})
        start = await self._final(timeout)
        parts = []
        more = True
        while more:
            event = await self.receive_output(timeout)
            _expect(event, "http.response.body")
            parts.append(bytes(event.get("body", b"")))
            more = event.get("more_body", False)
        self.session.last({"type": "http.disconnect"})
        headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
        return Response(status=start["status"], headers=headers, body=b"".join(parts))

    async def _final(self, timeout: float) -> Event:
        """The start of the response, after any early hints."""
        event = await self.receive_output(timeout)
        while event["type"] == "http.response.early_hint":
            event = await self.receive_output(timeout)
        return _expect(event, "http.response.start")


class WebsocketCommunicator(Communicator):
    """One WebSocket. ``response_headers`` are those of the accept, or of the response that denied it."""

    def __init__(
        self,
        app: Application,
        path: str,
        headers: Headers = (),
        subprotocols: Iterable[str] = (),
        spec_version: str = "2.5",
    ) -> None:
        scope = _scope("websocket", "ws", path, headers)
        scope["asgi"]["spec_version"] = spec_version
        super().__init__(app, scope | {"subprotocols": list(subprotocols)})
        self.response_headers: list[tuple[bytes, bytes]] = []

    async def connect(self, timeout: float = 1.0) -> tuple[bool, Any]:
        """(True, subprotocol), (False, close code), or (False, status) where it sent a response instead."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout)
        self.response_headers = list(answer.get("headers", ()))
        if answer["type"] == "websocket.close":
            return False, answer.get("code", 1000)
        if answer["type"] == "websocket.http.response.start":
            return False, answer["status"]
        return True, _expect(answer, "websocket.accept").get("subprotocol")

    async def send_to(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Send a message, of text or of bytes; either may be empty."""
        if (text_data is None) == (bytes_data is None):
            raise AssertionError("a message is either text_data or bytes_data")
        content = {"bytes": bytes_data} if text_data is None else {"text": text_data}
        await self.send_input({"type": "websocket.receive", **content})

    async def send_json_to(self, data: Any) -> None:
        """Send ``data`` as a text message of JSON."""
        await self.send_to(text_data=json.dumps(data))

    async def receive_from(self, timeout: float = 1.0) -> str | bytes:
        """The next message. AssertionError when the application closes instead."""
        event = _expect(await self.receive_output(timeout), "websocket.send")
        text, data = event.get("text"), event.get("bytes")
        if (text is None) == (data is None):
            raise AssertionError(f"a message has either text or bytes: {event!r}")
        if not isinstance(text if data is None else data, str if data is None else bytes):
            raise TypeError(f"text is a str, bytes are bytes: {event!r}")
        return cast("str | bytes", text if data is None else data)

    async def receive_json_from(self, timeout: float = 1.0) -> Any:
        """The next message, which has to be text, as JSON."""
        text = await self.receive_from(timeout)
        if not isinstance(text, str):
            raise TypeError(f"JSON comes as text, this is {text!r}")
        return json.loads(text)

    async def disconnect(self, code: int = 1000, reason: str = "", timeout: float = 1.0) -> None:
        """Close from the peer's side, and wait for the application's end."""
        await self.finish({"type": "websocket.disconnect", "code": code, "reason": reason}, timeout)


class LifespanCommunicator(Communicator):
    """The lifespan; ``state`` is what the application puts into it."""

    def __init__(self, app: Application) -> None:
        super().__init__(app, {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}})
        self.state: dict[str, Any] = self.scope["state"]

    async def startup(self, timeout: float = 1.0) -> None:
        """AssertionError with its words when the application says that it cannot start."""
        await self._step("startup", timeout)

    async def shutdown(self, timeout: float = 1.0) -> None:
        """Wait for its clean-up and its end."""
        await self._step("shutdown", timeout)
        await self.finish(timeout=timeout)

    async def _step(self, step: str, timeout: float) -> None:
        await self.send_input({"type": f"lifespan.{step}"})
        event = await self.receive_output(timeout)
        if event["type"] == f"lifespan.{step}.failed":
            raise AssertionError(f"{step} failed: {event.get('message', '')}")
        _expect(event, f"lifespan.{step}.complete")


def _scope(kind: str, scheme: str, target: str, headers: Headers) -> dict[str, Any]:
    """What the scopes of HTTP and WebSockets have in common; ``target`` is a path or a URL."""
    url = urlsplit(target)
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("ascii", "backslashreplace"),
        "query_string": url.query.encode("utf-8"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }


def _expect(event: Event, kind: str) -> Event:
    if event["type"] != kind:
        raise AssertionError(f"expected {kind}, got {event!r}")
    return event
