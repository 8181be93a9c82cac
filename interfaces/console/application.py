"""The console as an ASGI application: who may ask is asked first, then each path has its answer."""

import logging
from collections.abc import Callable
from typing import Any

from interfaces.console.guard import let_in
from interfaces.console.messages import Messages, fitting
from interfaces.console.pages import page
from interfaces.console.panels import Panels
from interfaces.console.state import Console
from interfaces.console.stream import Streams
from interfaces.console.web import Asked, asked_of, json_answer, number_of, read, send_answer
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, PeerError, PeerGone, Unavailable
from interfaces.shared.webhook import Answer, refusal

__all__ = ["ConsoleApplication"]

log = logging.getLogger("interfaces.console")
Handler = Callable[[Asked, list[str]], Any]


class ConsoleApplication:
    """``port`` is its own, which a Host has to have."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.port = 0
        self.streams = Streams(console.book)
        messages, panels = Messages(console), Panels(console)
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "state"): lambda asked, rest: json_answer(console.state()),
            ("GET", "messages"): messages.got,
            ("POST", "messages"): messages.posted,
            ("POST", "clear"): messages.cleared,
            ("GET", "conversations"): lambda asked, rest: json_answer(console.book.conversations()),
            ("GET", "wait"): messages.waited,
            ("GET", "chaos"): panels.chaos,
            ("POST", "chaos"): panels.disturb,
            ("GET", "simulate"): panels.shown,
            ("POST", "simulate"): panels.simulated,
            ("GET", "layer"): panels.layer,
            ("POST", "layer"): panels.retried,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise ApplicationError(f"{scope['type']} is not served here")
        headers = dict(reversed(scope["headers"]))
        try:
            let_in(scope["method"], scope["path"], headers, self.port)
            asked = asked_of(scope, headers)
            if asked.path == "/api/stream" and asked.method == "GET":
                await self.streams.serve(self._seen(asked), receive, send, fitting(asked))
                return
            asked.body = await read(receive)
            answer = await self._answered(asked)
        except PeerGone:
            return
        except PeerError as error:
            answer = error.answer if isinstance(error.answer, Answer) else Answer(400, str(error))
        except Unavailable as error:
            answer = Answer(503, self.console.redactor.text(str(error), 500))
        except Exception:
            log.exception("the console could not answer %s", scope["path"])
            answer = Answer(500, "the console failed at this; its log says why")
        await send_answer(send, answer)

    async def _answered(self, asked: Asked) -> Answer:
        if not asked.path.startswith("/api/"):
            if asked.method != "GET":
                raise refusal(405, "GET", (b"allow", b"GET"))
            return page(asked.path)
        first, *rest = asked.path.removeprefix("/api/").split("/")
        handler = self._handlers.get((asked.method, first))
        if handler is None:
            raise refusal(404, f"there is no {asked.method} {asked.path[:100]}")
        found = handler(asked, rest)
        return found if isinstance(found, Answer) else await found

    def _seen(self, asked: Asked) -> int:
        """After which id a stream begins: where it was cut, where it was asked to, else now.

        An id that is not there yet is of the process before this one: nothing of here has been seen.
        """
        book = self.console.book
        said = asked.headers.get(b"last-event-id", b"").decode("latin-1") or asked.query.get("after", "")
        number = number_of(said)
        return book.last if number is None else number if number <= book.last else 0
