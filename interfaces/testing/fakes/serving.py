"""The fake's own server: HTTP and WebSockets on a free port, whose connections can be cut and silenced."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.runner.ops_drain import local
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address, Listeners, Listening
from interfaces.testing.fakes.http import Answer, headers_of, send_answer

__all__ = ["Connections", "for_programs", "serving"]

ELSEWHERE = frozenset({"cross-site", "same-site"})
"""What a browser says of a page of another origin."""
LED_TO = "/oauth/v2/authorize"
"""Where pages of others lead people."""


class Connections(Listening):
    """Listens, and keeps the connections that were accepted."""

    def __init__(self) -> None:
        super().__init__()
        self._made: list[Any] = []

    def open(self, factory: Any, *args: Any, **keywords: Any) -> Listeners:
        """As :meth:`Listening.open`, and remembers what ``factory`` makes."""

        def make() -> Any:
            self._made = [each for each in self._made if not _gone(each)]
            made = factory()
            self._made.append(made)
            return made

        return super().open(make, *args, **keywords)

    def transport(self, client: tuple[str, int] | None) -> Any:
        """The transport of the connection from this address; LookupError when it is gone."""
        for each in self._made:
            if not _gone(each) and each.transport.get_extra_info("peername")[:2] == client:
                return each.transport
        raise LookupError(f"no connection from {client}")

    def cut(self, client: tuple[str, int] | None) -> None:
        """Break the connection from this address, without a word, if it is still there."""
        try:
            self.transport(client).abort()
        except LookupError:
            pass


def for_programs(app: Application) -> Application:
    """``app``, that no page in a browser here asks by HTTP: its tokens and secrets everybody knows."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _of_a_page(scope["path"], headers_of(scope)):
            text = b"this is for programs on this machine, not for pages\n"
            await send_answer(send, Answer(status=403, body=text, kind="text/plain; charset=utf-8"))
        else:
            await app(scope, receive, send)

    return asked


def _of_a_page(path: str, headers: Mapping[str, str]) -> bool:
    if "origin" in headers or not local(headers.get("host", "")):
        return True
    return path != LED_TO and headers.get("sec-fetch-site") in ELSEWHERE


def _gone(connection: Any) -> bool:
    transport = getattr(connection, "transport", None)
    return transport is not None and bool(transport.is_closing())


@asynccontextmanager
async def serving(
    app: Application, connections: Connections, port: int, ping_interval: float
) -> AsyncIterator[Address]:
    """Serve ``app`` on 127.0.0.1; ``port`` 0 takes a free one."""
    options = HttpWsOptions(
        bind=(f"127.0.0.1:{port}",), ws_ping_interval=ping_interval, ws_drain_spread=0.0, drain_idle=0.0,
        ws_close_timeout=1.0, linger_timeout=0.2,
    )  # fmt: skip
    context = Context(names=("http", "ws"), listening=connections, drain=0.5)
    async with HttpWs(options).serve(for_programs(app), context) as addresses:
        yield addresses[0]
