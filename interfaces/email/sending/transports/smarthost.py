"""A server that takes our mail: a smart host by SMTP, or one that delivers by LMTP, over connections that are kept."""

import asyncio
import socket
import ssl
from collections import deque
from dataclasses import dataclass, field, replace

from interfaces.email.sending.outgoing import Commit, Outgoing, Result, results
from interfaces.email.sending.transports.dialogue import Dialogue, Times
from interfaces.email.sending.transports.line import Line, Lost
from interfaces.email.sending.transports.wire_client import Garbled, Reply, features, login

__all__ = ["Server", "Smarthost"]

IDLE = 20.0
"""Seconds that an unused connection is kept."""
ADDRESSES = 4
"""Addresses of its name that are tried, one after the other: one that does not answer is to hold up nobody."""
CLOSING = 2.0
"""Seconds that a server has to end a connection when we stop."""
MESSAGES = 100
"""Messages over one connection."""


class _RefusedError(Exception):
    """The server does not let us in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where it is, and how to come in."""

    host: str = ""
    """For TCP, and the name in its certificate."""
    port: int = 25
    path: str = ""
    """Of a unix socket, instead."""
    lmtp: bool = False
    tls: str = "offered"
    """"implicit", "starttls" (or not at all), "offered" (when it is, unverified), "off"."""
    context: ssl.SSLContext | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = 5
    """At once."""
    times: Times = field(default_factory=Times)

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


@dataclass(slots=True, eq=False)
class _Open:
    """A connection that can be used for a message."""

    line: Line
    offered: dict[str, str]
    sent: int = 0
    ending: asyncio.TimerHandle | None = None


class Smarthost:
    """Sends by ``server``; ``name`` is what we call ourselves to it."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self._free: deque[_Open] = deque()
        self._turn = asyncio.Semaphore(server.connections)
        self._closed = False
        self._lines: set[Line] = set()

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """As :meth:`Transport.send`; waits for a connection while all are in use."""
        async with self._turn:
            while (kept := self._kept()) is not None:
                dialogue = self._dialogue(kept)
                found = await self._over(kept, dialogue, mail, commit)
                if dialogue.clean or dialogue.spoken:
                    return found
            try:
                fresh = await self._connected()
            except _RefusedError as error:  # whoever runs this is to mend it: no message is lost to it
                return results(mail.recipients, "deferred", str(error))
            return await self._over(fresh, self._dialogue(fresh), mail, commit)

    async def close(self) -> None:
        """Say goodbye over what is idle; what is in use is closed behind its message."""
        self._closed = True
        while (kept := self._kept()) is not None:
            kept.line.bye()
        ending = [line for line in self._lines if line.ended]
        if ending:
            await asyncio.wait([line.gone for line in ending], timeout=CLOSING)
            for line in ending:
                line.close()

    # --- connections ---

    def _dialogue(self, kept: _Open) -> Dialogue:
        return Dialogue(kept.line, kept.offered, self.server.times, lmtp=self.server.lmtp)

    async def _over(
        self, kept: _Open, dialogue: Dialogue, mail: Outgoing, commit: Commit | None
    ) -> list[Result]:
        """Send it over one connection, which is kept for the next if it may be."""
        try:
            found = await dialogue.send(mail, commit)
            kept.sent += 1
            if dialogue.clean and not any(one.status == "accepted" for one in found):
                dialogue.clean = await self._reset(kept.line)
        except BaseException:
            kept.line.close()
            raise
        if dialogue.clean and kept.sent < MESSAGES and not self._closed:
            loop = asyncio.get_running_loop()
            kept.ending = loop.call_later(IDLE, self._end, kept)
            self._free.append(kept)
        elif dialogue.clean:
            kept.line.bye()
        else:
            kept.line.close()
        return found

    async def _reset(self, line: Line) -> bool:
        """Whether the server forgets the message that it did not take from everybody."""
        try:
            return (await line.ask(b"RSET\r\n", self.server.times.command)).good
        except (Lost, Garbled):
            return False

    def _kept(self) -> _Open | None:
        """The connection that was used last, out of the free ones; those that have ended are let go."""
        while self._free:
            kept = self._free.pop()
            if kept.ending is not None:
                kept.ending.cancel()
            if kept.line.idle:
                return kept
            kept.line.close()
        return None

    def _end(self, kept: _Open) -> None:
        self._free.remove(kept)
        kept.line.bye()

    # --- coming in ---

    async def _connected(self) -> _Open:
        """One that has said EHLO, has TLS and is logged in, as far as that is asked for. Raises _RefusedError."""
        server = self.server
        lines: list[Line] = []
        try:
            async with asyncio.timeout(server.times.connect):
                lines.append(await self._dialled())
                self._lines.add(lines[0])
                lines[0].gone.add_done_callback(lambda _: self._lines.discard(lines[0]))
                return _Open(lines[0], await self._greeted(lines[0]))
        except BaseException as error:
            for line in lines:
                line.close()
            if isinstance(error, TimeoutError):
                raise _RefusedError(f"{server} did not answer within {server.times.connect:g} s") from error
            if isinstance(error, OSError | Lost | Garbled):
                raise _RefusedError(f"{server} cannot be reached: {error}") from error
            raise

    async def _dialled(self) -> Line:
        server, loop = self.server, asyncio.get_running_loop()
        if server.path:
            return (await loop.create_unix_connection(Line, server.path))[1]
        found = (await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM))[:ADDRESSES]
        error: OSError = OSError(f"{server.host} has no address")
        for family, _, _, _, (address, port, *_) in found:
            try:
                async with asyncio.timeout(server.times.connect / len(found)):
                    return await self._to(str(address), int(port), family)
            except TimeoutError:
                error = OSError(f"no answer from {address}")
            except OSError as failed:
                error = failed
        raise error

    async def _to(self, address: str, port: int, family: int) -> Line:
        context = self.server.context if self.server.tls == "implicit" else None
        name = self.server.host if context is not None else None
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(
            Line, address, port, family=family, ssl=context, server_hostname=name
        )
        return line

    async def _greeted(self, line: Line) -> dict[str, str]:
        """What it offers, once we are in."""
        server, seconds = self.server, self.server.times.connect
        _expect(await line.reply(seconds), f"{server} refuses connections")
        offered = await self._hello(line)
        if server.tls == "starttls" or (server.tls == "offered" and "STARTTLS" in offered):
            if "STARTTLS" not in offered:
                raise _RefusedError(f"{server} offers no STARTTLS, and tls=starttls asks for it")
            _expect(await line.ask(b"STARTTLS\r\n", seconds), f"{server} begins no TLS")
            await line.encrypt(server.context or ssl.create_default_context(), server.host, seconds)
            offered = await self._hello(line)
        if server.user:
            await self._log_in(line, offered.get("AUTH", ""))
        return offered

    async def _hello(self, line: Line) -> dict[str, str]:
        server, seconds = self.server, self.server.times.connect
        word = "LHLO" if server.lmtp else "EHLO"
        reply = await line.ask(f"{word} {self.name}\r\n".encode(), seconds)
        if reply.code in (500, 502) and not server.lmtp:
            reply = replace(await line.ask(f"HELO {self.name}\r\n".encode(), seconds), lines=())
        _expect(reply, f"{server} does not take {self.name} for a client")
        return features(reply)

    async def _log_in(self, line: Line, mechanisms: str) -> None:
        server = self.server
        steps = login(mechanisms, server.user, server.password)
        if steps is None:
            raise _RefusedError(f"{server} offers no way to log in that we know: {mechanisms or 'none'}")
        for at, step in enumerate(steps, 1):
            reply = await line.ask(step, server.times.connect)
            if at < len(steps) and reply.code == 334:
                continue
            _expect(reply, f"{server} does not let {server.user} in")
            return


def _expect(reply: Reply, otherwise: str) -> None:
    if not reply.good:
        raise _RefusedError(f"{otherwise}: {reply}")
