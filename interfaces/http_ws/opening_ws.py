"""How the handshake of a WebSocket is answered, in the words of the HTTP that it came over. Pure.

What is given is written as it is. RFC 6455 §4.2.2 here; websocket_h2 has RFC 8441's.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from interfaces.http_ws.answer import Answer
from interfaces.http_ws.handshake import Upgrade, accept_head
from interfaces.http_ws.wire_h1 import refusal

__all__ = ["Opening", "OpeningH1"]


class Opening:
    """Accepts, refuses, or lets the application answer. ``said`` is the status that was written."""

    def __init__(self, upgrade: Upgrade, method: str) -> None:
        self.upgrade = upgrade
        self.method = method
        self.said: int = 0

    def accept(self, subprotocol: str | None, headers: Iterable[Sequence[Any]], extension: bytes) -> bytes:
        """It becomes a WebSocket. Raises ApplicationError for what cannot be said."""
        raise NotImplementedError

    def refuse(self, status: int) -> bytes:
        """A status and its words instead."""
        raise NotImplementedError

    def start(self, status: int, headers: Iterable[Any], date: bytes) -> None:
        """The application's own answer begins. Raises ApplicationError for what is none."""
        raise NotImplementedError

    def body(self, data: bytes, more: bool) -> bytes:
        """A part of it."""
        raise NotImplementedError


class OpeningH1(Opening):
    """101, or an answer behind which the connection is closed."""

    def __init__(self, upgrade: Upgrade) -> None:
        super().__init__(upgrade, "GET")
        self._answer: Answer | None = None

    def accept(self, subprotocol: str | None, headers: Iterable[Sequence[Any]], extension: bytes) -> bytes:
        """The 101."""
        upgrade = self.upgrade
        self.said = 101
        return accept_head(upgrade.key, subprotocol, headers, extension, upgrade.subprotocols)

    def refuse(self, status: int) -> bytes:
        """A whole response."""
        self.said = status
        return refusal(status)

    def start(self, status: int, headers: Iterable[Any], date: bytes) -> None:
        """The head waits for the first part of the body."""
        answer = Answer()
        answer.begin(1, False, False)
        answer.start(status, headers, date)
        self._answer = answer
        self.said = status

    def body(self, data: bytes, more: bool) -> bytes:
        """The head and a part of the body, or that alone."""
        answer = self._answer
        return answer.body(data, more) if answer is not None else b""
