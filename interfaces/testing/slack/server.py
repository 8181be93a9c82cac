"""The fake as an ASGI application: which path is what."""

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.slack.http import Answer, Broken, body_of, headers_of, send_answer
from interfaces.testing.slack.sockets import Sockets
from interfaces.testing.slack.web import WebApi

__all__ = ["SlackApplication"]

NOT_FOUND = Answer(status=404, body=b"not found", kind="text/plain; charset=utf-8")


class SlackApplication:
    """``/api/METHOD``, and ``/link/`` for Socket Mode (ASGI 3)."""

    def __init__(self, api: WebApi, sockets: Sockets) -> None:
        self.api = api
        self.sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] == "websocket":
            await self.sockets.serve(scope, receive, send)
        elif scope["type"] == "http":
            try:
                await send_answer(send, await self._answer(scope, await body_of(receive)))
            except (Broken, OSError):
                pass
        else:
            raise NotImplementedError(scope["type"])

    async def _answer(self, scope: Scope, body: bytes) -> Answer | None:
        path: str = scope["path"]
        if path.startswith("/api/"):
            name = path.removeprefix("/api/")
            return await self.api.answer(name, scope["query_string"], headers_of(scope), body)
        return NOT_FOUND
