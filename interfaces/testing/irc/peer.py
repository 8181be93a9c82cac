"""A client that is connected to the fake network: what it says, and what it is told."""

import asyncio
from collections.abc import Sequence
from typing import Any

from interfaces.irc.line import Line, form
from interfaces.irc.wire_irc import Wire
from interfaces.testing.irc.login import Login

__all__ = ["EARLY", "Peer"]

EARLY = frozenset({"AUTHENTICATE", "CAP", "NICK", "PASS", "PING", "PONG", "QUIT", "USER"})
"""What may be said before one is registered."""


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.nick = ""
        self.user = ""
        self.host = "fake.host"
        self.account = ""
        self.caps: set[str] = set()
        self.registered = False
        self.transport: Any = None
        self._wire = Wire()
        self.negotiating = False
        self.password = ""  # nosec B105 - none yet
        self.login: Login | None = None
        self._label = ""
        self._replies: list[tuple[bytes, str]] = []

    def __repr__(self) -> str:
        return f"<Peer {self.source}>"

    @property
    def source(self) -> str:
        """Who it is to others."""
        return f"{self.nick or '*'}!{self.user}@{self.host}"

    # --- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport = transport
        self.network.connections.add(self)
        self.network.dialled += 1
        greeting = self.network.faults.greeting
        if greeting:
            self.raw(greeting)
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        self.network.gone(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self._wire.feed(data)
        while isinstance(line := self._wire.next(), Line):
            self.network.heard(self, line)
            if not self.network.faults.silent:
                self._answer(line)
        self.network.changed()

    def _answer(self, line: Line) -> None:
        label = line.tags.get("label", "")
        self._label = label if "labeled-response" in self.caps else ""
        self._replies = []
        if line.command not in EARLY and not self.registered:
            self.numeric("451", [], "You have not registered")
        elif not self.network.command(self, line):
            self.numeric("421", [line.command], "Unknown command")
        self._flush()

    def _flush(self) -> None:
        """What was said to a line with a label has it."""
        label, replies = self._label, self._replies
        self._label, self._replies = "", []
        if not label:
            return
        if not replies:
            self.send("ACK", [], self.network.name, {"label": label})
        elif len(replies) == 1:
            self._write(_tagged(replies[0][0], f"label={label}"))
        else:
            name = self.network.number("l")
            self.send("BATCH", [f"+{name}", "labeled-response"], self.network.name, {"label": label})
            for body, batch in replies:
                self._write(body if batch else _tagged(body, f"batch={name}"))
            self.send("BATCH", [f"-{name}"], self.network.name)

    # --- saying -----------------------------------------------------------------------------------

    def send(
        self, command: str, params: Sequence[str], source: str = "", tags: dict[str, str] | None = None
    ) -> None:
        """A line, with those tags that it has asked for."""
        known = {
            key: value for key, value in (tags or {}).items()
            if key in ("batch", "label") or (key == "time" and "server-time" in self.caps)
            or (key == "account" and "account-tag" in self.caps) or "message-tags" in self.caps
        }  # fmt: skip
        body = form(command, params, source, known)
        if self._label:
            self._replies.append((body, known.get("batch", "")))
        else:
            self._write(body)

    def numeric(self, code: str, params: Sequence[str], text: str) -> None:
        """A numeric of the server."""
        self.send(code, [self.nick or "*", *params, text], self.network.name)

    def raw(self, line: str | bytes) -> None:
        """Any line."""
        data = line if isinstance(line, bytes) else line.encode()
        self._write(data + b"\r\n")

    def _write(self, data: bytes) -> None:
        split = self.network.faults.split
        if not split:
            self.transport.write(data)
            return
        for at in range(0, len(data), split):
            asyncio.get_running_loop().call_soon(self.transport.write, data[at : at + split])


def _tagged(body: bytes, tag: str) -> bytes:
    """A line with one more tag."""
    if body.startswith(b"@"):
        return b"@" + tag.encode() + b";" + body[1:]
    return b"@" + tag.encode() + b" " + body
