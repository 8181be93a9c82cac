"""Applications of interfaces over HTTP: in front of the user's where that is served, else on their own listener."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address

__all__ = ["PORT", "mounted"]

PORT = 8001
"""Where they listen when their bind names no port."""


@asynccontextmanager
async def mounted(
    app: Application, path: str, context: Context, *, bind: tuple[str, ...], max_body: int, name: str
) -> AsyncIterator[list[Address]]:
    """Have ``app`` answer ``path`` and all below it; the addresses, where it listens by itself.

    ``name``: of what is to be ready, where it listens.
    """
    if context.mounts is not None:
        context.mounts.mount(path, app)
        try:
            yield []
        finally:
            context.mounts.unmount(path)
        return
    listening = HttpWs(HttpWsOptions(bind=bind, max_body=max_body))
    listening.port = PORT
    own = replace(context, names=("http",), on_ready=lambda _name, ok, why: context.ready(name, ok, why))
    async with listening.serve(app, own) as addresses:
        yield addresses
