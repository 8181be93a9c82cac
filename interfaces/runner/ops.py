"""The operations port: ``/livez`` and ``/readyz``, for whoever supervises the process."""

from typing import Any

from interfaces import registry
from interfaces.runner.readiness import Readiness
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.bind import parse_bind
from interfaces.shared.interface import Interface

__all__ = ["ops_application", "ops_interface"]

PORT = 9000


def ops_interface(bind: str) -> Interface[Any]:
    """The HTTP server of the operations port; a bare host gets port 9000."""
    kind = registry.load("http")
    where = parse_bind(bind, PORT)
    text = f"{where.text}:{PORT}" if where.kind == "tcp" and where.port == PORT and str(PORT) not in bind else bind
    found: Interface[Any] = kind(kind.options_class(bind=(text,)))
    return found


def ops_application(readiness: Readiness) -> Application:
    """Answers 200 while the process lives, and while it may be given new work."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served here")
        status, lines = _page(scope["path"], readiness)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": "".join(f"{line}\n" for line in lines).encode()})

    return answer


def _page(path: str, readiness: Readiness) -> tuple[int, list[str]]:
    if path == "/livez":
        return 200, ["ok"]
    if path != "/readyz":
        return 404, ["/livez or /readyz"]
    lines = [f"{name}: {'ok' if ok else reason or 'not ready'}" for name, (ok, reason) in readiness.parts.items()]
    if readiness.draining:
        lines.append("draining")
    return (200 if readiness.ok else 503), lines or ["starting"]
