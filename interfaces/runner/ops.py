"""The operations port: ``/livez`` and ``/readyz``, for whoever supervises the process."""

from contextlib import AbstractAsyncContextManager

from interfaces import registry
from interfaces.runner.readiness import Readiness
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.bind import authority, parse_bind
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address

__all__ = ["ops_application", "serve_ops"]

PORT = 9000


def serve_ops(bind: str, readiness: Readiness) -> AbstractAsyncContextManager[list[Address]]:
    """Serve the operations port while it is entered, on 9000 unless told. Entering raises ConfigError."""
    kind = registry.load("http")
    where = parse_bind(bind, PORT)
    text = authority(where.host, where.port) if where.kind == "tcp" else bind
    context = Context(names=("http",), drain=1.0)
    return kind(kind.options_class(bind=(text,), drain_idle=0.0)).serve(ops_application(readiness), context)


def ops_application(readiness: Readiness) -> Application:
    """Answers 200 while the process lives, and while it may be given new work."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served here")
        status, lines = _page(scope["path"], readiness)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = "".join(f"{line}\n" for line in lines).encode()
        await send({"type": "http.response.body", "body": body})

    return answer


def _page(path: str, readiness: Readiness) -> tuple[int, list[str]]:
    if path == "/livez":
        return 200, ["ok"]
    if path != "/readyz":
        return 404, ["/livez or /readyz"]
    return (200 if readiness.ok else 503), readiness.lines or ["starting"]
