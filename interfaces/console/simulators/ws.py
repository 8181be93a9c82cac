"""Somebody with WebSockets: several may be open, and what comes is kept."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

from interfaces.console.simulators.base import TIMEOUT, Place, Simulator, text
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import refusal
from interfaces.testing.websocket import Close, Refused, WebSocketClient

__all__ = ["WsSimulator"]

SOCKETS = 16
"""That are kept, open or closed; the oldest closed one makes room."""
LINES = 200
"""Of one socket."""


@dataclass(slots=True)
class Socket:
    """One of them."""

    id: str
    path: str
    client: WebSocketClient
    state: str = "open"
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    reading: Any = None

    async def read(self) -> None:
        """Keep what comes, until the end."""
        try:
            while True:
                event = await self.client.receive(timeout=1e9)
                if isinstance(event, str):
                    self.lines.append(f"< {event[:65_536]}")
                elif isinstance(event, bytes):
                    self.lines.append(f"< ({len(event)} bytes)")
                else:
                    self.lines.append(
                        f"closed {event.code} {event.reason}" if isinstance(event, Close) else "broken"
                    )
                    return
        except (OSError, EOFError, PeerError):
            self.lines.append("the connection ended")
        finally:
            self.state = "closed"
            await self.client.raw.close()


class WsSimulator(Simulator):
    """Opens, sends and closes."""

    name: ClassVar[str] = "ws"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.sockets: dict[str, Socket] = {}
        self._numbers = count(1)

    async def shown(self) -> dict[str, Any]:
        """All of them, with what came and was sent."""
        return {
            "sockets": [
                {"id": one.id, "path": one.path, "state": one.state, "lines": list(one.lines)}
                for one in self.sockets.values()
            ]
        }

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """``open`` a path, ``send`` a text, or ``close``."""
        match text(said, "do"):
            case "open":
                return {"id": await self._open(text(said, "path", "/"))}
            case "send":
                socket = self._socket(said)
                if socket.state != "open":
                    raise refusal(409, f"socket {socket.id} is closed")
                words = text(said, "text", "")
                await socket.client.send(words)
                socket.lines.append(f"> {words[:65_536]}")
                return {"id": socket.id}
            case "close":
                socket = self._socket(said)
                if socket.state == "open":
                    await socket.client.raw.send(socket.client.wire.close(1000, ""))
                    await asyncio.wait({socket.reading}, timeout=TIMEOUT)
                self.sockets.pop(socket.id, None)
                return {"id": socket.id}
        raise refusal(400, "do is open, send or close")

    async def close(self) -> None:
        """End all of them."""
        tasks = [one.reading for one in self.sockets.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.sockets.clear()

    async def _open(self, path: str) -> str:
        address = self.place.address("ws")
        if address is None:
            raise refusal(409, self.missing)
        if address.tls:
            raise refusal(409, "this simulator does not speak TLS")
        self._make_room()
        if not path.startswith("/") or not path.isascii() or any(letter <= " " for letter in path):
            raise refusal(400, "path begins with / and is percent-encoded")
        try:
            async with asyncio.timeout(TIMEOUT):
                client = await WebSocketClient.connect(address, path)
        except Refused as refused:
            raise refusal(409, f"the handshake was answered with {refused.response.status}") from None
        except (OSError, EOFError, TimeoutError) as error:
            raise refusal(502, f"no answer: {error}") from None
        socket = Socket(str(next(self._numbers)), path, client)
        socket.reading = asyncio.ensure_future(socket.read())
        self.sockets[socket.id] = socket
        return socket.id

    def _make_room(self) -> None:
        if len(self.sockets) >= SOCKETS:
            closed = next((one.id for one in self.sockets.values() if one.state == "closed"), None)
            if closed is None:
                raise refusal(409, f"{SOCKETS} sockets are open: close one")
            del self.sockets[closed]

    def _socket(self, said: dict[str, Any]) -> Socket:
        found = self.sockets.get(text(said, "id"))
        if found is None:
            raise refusal(404, "there is no such socket")
        return found
