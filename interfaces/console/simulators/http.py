"""Somebody with curl: one request to the listener, and its answer."""

import asyncio
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, ClassVar

from interfaces.console.redact import readable
from interfaces.console.simulators.base import TIMEOUT, Simulator, host_of, text
from interfaces.shared.bind import Address
from interfaces.shared.webhook import refusal

__all__ = ["HttpSimulator"]

READ = 2**20
"""Bytes of an answer that are read."""
Row = tuple[str, str]


class HttpSimulator(Simulator):
    """A connection a request."""

    name: ClassVar[str] = "http"

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """Ask; status, headers and body of the answer."""
        address = self.place.address("http")
        if address is None:
            raise refusal(409, self.missing)
        method, path = text(said, "method", "GET").upper(), text(said, "path", "/")
        body = text(said, "body", "").encode("utf-8", "surrogateescape")
        try:
            status, headers, content = await asyncio.to_thread(
                _ask, address, (method, path), rows(said.get("headers")), body
            )
        except (OSError, HTTPException, ValueError) as error:
            raise refusal(502, f"no answer: {error}") from None
        shown = readable(content)
        return {
            "status": status,
            "headers": headers,
            "body": shown if shown is not None else f"({len(content)} bytes)",
        }


def rows(said: Any) -> list[Row]:
    """Headers as an object, or as a list of pairs. PeerError."""
    if isinstance(said, dict):
        return [(str(name), str(value)) for name, value in said.items()]
    if said is None:
        return []
    if not isinstance(said, list) or not all(isinstance(row, list) and len(row) == 2 for row in said):
        raise refusal(400, "headers are an object, or a list of [name, value]")
    return [(str(name), str(value)) for name, value in said]


def unchecked() -> ssl.SSLContext:
    """For a listener of this machine, whose certificate is for another name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(
    address: Address, line: tuple[str, str], headers: list[Row], body: bytes
) -> tuple[int, list[list[str]], bytes]:
    """One request. Blocks."""
    host = host_of(address)
    if address.tls:
        connection: HTTPConnection = HTTPSConnection(host, address.port, timeout=TIMEOUT, context=unchecked())
    else:
        connection = HTTPConnection(host, address.port, timeout=TIMEOUT)
    try:
        connection.putrequest(
            *line, skip_accept_encoding=True, skip_host=any(n.lower() == "host" for n, _ in headers)
        )
        for name, value in headers:
            connection.putheader(name, value)
        if body and not any(name.lower() == "content-length" for name, _ in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        return response.status, [list(row) for row in response.getheaders()], response.read(READ)
    finally:
        connection.close()
