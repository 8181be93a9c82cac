"""A server of mail that does what a test tells it to, on 127.0.0.1."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from interfaces.email.sending.outgoing import Outgoing
from interfaces.email.sending.transports.dialogue import Times
from interfaces.email.sending.transports.smarthost import Server, Smarthost

__all__ = ["ALL", "MAIL", "Peer", "mail"]

ALL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 10000000")
DROP = "drop"
"""Instead of a reply: the connection is cut."""
SILENT = "silent"


def mail(*recipients: str, content: bytes = b"Subject: x\r\n\r\nText\r\n", **more: Any) -> Outgoing:
    """A message on its way."""
    to = recipients or ("b@b.example",)
    said = {"id": "s1", "mail_from": "a@a.example", "message_id": "m@a.example", **more}
    return Outgoing(recipients=to, content=content, **said)


MAIL = mail()


class Peer:
    """``async with Peer({"RCPT": "550 5.1.1 no"}) as peer``: replies to the words that commands begin with.

    "." is the end of the content, "" the greeting, "content" what is said as soon as some of it is there; a reply is a
    text, a list of which each is said once and the last one ever after, DROP, SILENT or a function of the command.
    ``said`` has the commands, ``messages`` the contents.
    """

    def __init__(
        self, replies: Mapping[str, Any] | None = None, *, offers: tuple[str, ...] = ALL, lmtp: bool = False,
        tls: ssl.SSLContext | None = None, implicit: bool = False,
    ) -> None:  # fmt: skip
        self.replies = {
            key: [*value] if isinstance(value, list) else value for key, value in (replies or {}).items()
        }
        self.offers = offers
        self.lmtp = lmtp
        self.tls = tls
        self.implicit = implicit
        self.said: list[str] = []
        self.messages: list[bytes] = []
        self.connections = 0
        self.writes: list[int] = []
        self.port = 0
        self.open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.tls if self.implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self.open:
            writer.transport.abort()
        await self._server.wait_closed()

    def smarthost(self, **more: Any) -> Smarthost:
        """A transport that sends here."""
        said = {"host": "127.0.0.1", "port": self.port, "lmtp": self.lmtp, "tls": "off", **more}
        said.setdefault("times", Times(connect=5, command=5, end=5))
        return Smarthost(Server(**said), "us.example")

    def count(self, word: str) -> int:
        """How many commands began so."""
        return sum(line.startswith(word) for line in self.said)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going = self._answer(writer, "", "220 peer.example")
        self.taken = 0
        while going and (line := await reader.readline()):
            command = line.decode().rstrip("\r\n")
            self.said.append(command)
            word = command.partition(" ")[0].partition(":")[0].upper()
            said = self._reply(word, self._usual(word), command)
            going = self._write(writer, said)
            if going and said is not None and said[:1] in "23":
                going = await self._then(word, reader, writer)

    def _usual(self, word: str) -> str:
        """The reply of a server that has nothing against it."""
        if word in ("EHLO", "LHLO"):
            lines = ["peer.example", *self.offers]
            return "\r\n".join([*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}"])
        return {"DATA": "354 go", "STARTTLS": "220 2.0.0 go", "AUTH": "235 2.7.0 in"}.get(
            word, "250 2.0.0 ok"
        )

    async def _then(self, word: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """What follows a good reply; whether the connection goes on."""
        if word == "RCPT":
            self.taken += 1
        elif word == "STARTTLS":
            assert self.tls is not None
            await writer.start_tls(self.tls)
        elif word == "DATA":
            return await self._content(reader, writer)
        return word != "QUIT"

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if "content" in self.replies and not self._answer(writer, "content", ""):
            return False
        lines: list[bytes] = []
        while lines[-1:] != [b".\r\n"]:
            lines.append(await reader.readline())
            if not lines[-1]:
                return False
        self.messages.append(b"".join(lines[:-1]))
        answers = self.taken if self.lmtp else 1
        self.taken = 0
        return all(self._answer(writer, ".", "250 2.0.0 taken") for _ in range(answers))

    def _reply(self, key: str, usual: str, command: str) -> str | None:
        found = self.replies.get(key, usual)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(command)
        return usual if found is None else str(found)

    def _answer(self, writer: asyncio.StreamWriter, key: str, usual: str) -> bool:
        return self._write(writer, self._reply(key, usual, key))

    def _write(self, writer: asyncio.StreamWriter, said: str | None) -> bool:
        if said == DROP:
            writer.transport.abort()
            return False
        if said and said != SILENT:
            writer.write(said.encode() + b"\r\n")
        return True
