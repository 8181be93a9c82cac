"""The fake as an ASGI application: which path is what."""

from collections.abc import Callable

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.fakes.http import Answer, body_of, gone, headers_of, send_answer
from interfaces.testing.slack.methods.files import received
from interfaces.testing.slack.oauth import Approval, authorize
from interfaces.testing.slack.parse import parse
from interfaces.testing.slack.responses import respond
from interfaces.testing.slack.sockets import Sockets
from interfaces.testing.slack.web import WebApi

__all__ = ["SlackApplication"]

Cut = Callable[[tuple[str, int] | None], None]
"""Breaks the connection from an address."""
NOT_FOUND = Answer(status=404, body=b"not found", kind="text/plain; charset=utf-8")


class SlackApplication:
    """``/api/METHOD``, uploads, response URLs, OAuth's page, and ``/link/`` for Socket Mode (ASGI 3)."""

    def __init__(self, api: WebApi, sockets: Sockets, approval: Approval, cut: Cut) -> None:
        self.cut = cut
        self.api = api
        self.sockets = sockets
        self.approval = approval

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] == "websocket":
            await self.sockets.serve(scope, receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, await body_of(receive))
            try:
                if answer is None:
                    self.cut(scope["client"])
                    await gone(receive)
                else:
                    await send_answer(send, answer)
            except OSError:  # who asked has gone
                pass
        else:
            raise NotImplementedError(scope["type"])

    async def _answer(self, scope: Scope, body: bytes) -> Answer | None:
        path: str = scope["path"]
        if path.startswith("/api/"):
            name = path.removeprefix("/api/")
            return await self.api.answer(name, scope["query_string"], headers_of(scope), body)
        name = path.rpartition("/")[2]
        if path.startswith("/actions/"):
            return respond(self.api.world, name, body)
        if path.startswith("/upload/v1/"):
            status, text = received(self.api.world, name, self._file(scope, body))
            return Answer(status=status, body=text.encode(), kind="text/plain; charset=utf-8")
        if path == "/oauth/v2/authorize":
            return authorize(self.api.world, self.approval, scope["query_string"])
        return NOT_FOUND

    @staticmethod
    def _file(scope: Scope, body: bytes) -> bytes:
        """The content of an upload: the body, or the first file of a multipart one."""
        headers = headers_of(scope)
        if not headers.get("content-type", "").startswith("multipart/"):
            return body
        return next((each for each in parse(b"", headers, body).values() if isinstance(each, bytes)), b"")
