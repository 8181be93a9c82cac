"""People with IRC clients, on our gateway."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar

from interfaces.console.simulators.base import TIMEOUT, Place, Simulator, host_of, text
from interfaces.shared.webhook import refusal

__all__ = ["IrcSimulator"]

CLIENTS = 16
LINES = 200
"""Of one client."""
LONGEST = 16_384
"""Bytes of a line, with its tags."""
_NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}")
_WELCOME = re.compile(r":\S+ 001 (\S+)")
_OTHER = re.compile(r":\S+ (4\d\d|ERROR) |ERROR ")


@dataclass(slots=True, eq=False)
class Client:
    """One of them; ``ready`` is set when it is registered, or refused."""

    nick: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    channels: dict[str, None] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    registered: bool = False
    reading: Any = None

    def say(self, line: str) -> None:
        """Send a line."""
        clean = line.replace("\r", " ").replace("\n", " ").replace("\0", "")
        self.lines.append(f"> {clean}")
        self.writer.write(clean.encode("utf-8", "surrogateescape")[:510] + b"\r\n")

    async def read(self) -> None:
        """Keep what comes, and answer pings, until the end."""
        try:
            while line := await self.reader.readline():
                self._take(line.decode("utf-8", "replace").rstrip("\r\n"))
        except (OSError, ValueError):
            pass
        finally:
            self.lines.append("the connection ended")
            self.registered = False
            self.ready.set()
            self.writer.close()

    def _take(self, line: str) -> None:
        if line.startswith("PING"):
            self.writer.write(f"PONG {line[5:]}\r\n".encode())
            return
        self.lines.append(line)
        if found := _WELCOME.match(line):
            self.nick, self.registered = found[1], True
            self.ready.set()
        elif not self.registered and _OTHER.match(line):
            self.ready.set()
        words = line.split(" ")
        if len(words) > 2 and words[0].partition("!")[0] == f":{self.nick}":
            channel = words[2].removeprefix(":")
            if words[1] == "JOIN":
                self.channels[channel] = None
            elif words[1] == "PART":
                self.channels.pop(channel, None)


class IrcSimulator(Simulator):
    """Connects, joins, talks and leaves."""

    name: ClassVar[str] = "irc"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.clients: dict[str, Client] = {}

    @property
    def there(self) -> bool:
        """Whether the gateway listens."""
        served = self.place.served("irc")
        return served is not None and any(one.kind == "tcp" for one in served.addresses)

    @property
    def missing(self) -> str:
        """Why not."""
        return "the gateway of IRC is not served: interfaces dev irc"

    async def shown(self) -> dict[str, Any]:
        """All clients, with their lines."""
        return {
            "clients": [
                {"nick": one.nick, "channels": list(one.channels), "lines": list(one.lines)}
                for one in self.clients.values()
            ]
        }

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """``connect`` with a nick, ``join`` or ``part`` a channel, ``say`` something there, ``raw``, ``quit``."""
        deed, nick = text(said, "do"), text(said, "nick")
        if deed == "connect":
            return {"nick": await self._connect(nick)}
        client = self.clients.get(nick)
        if client is None:
            raise refusal(404, f"nobody is connected as {nick[:40]}")
        match deed:
            case "join" | "part":
                client.say(f"{deed.upper()} {_word(said, 'channel')}")
            case "say":
                client.say(f"PRIVMSG {_word(said, 'channel')} :{text(said, 'text')}")
            case "raw":
                client.say(text(said, "text"))
            case "quit":
                client.say(f"QUIT :{text(said, 'text', '')}")
                await self._gone(client)
                return {"nick": nick}
            case _:
                raise refusal(400, "do is connect, join, part, say, raw or quit")
        await client.writer.drain()
        return {"nick": client.nick}

    async def close(self) -> None:
        """End all connections."""
        tasks = [one.reading for one in self.clients.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.clients.clear()

    async def _connect(self, nick: str) -> str:
        """Register as ``nick``; the name that the gateway gave."""
        if not _NICK.fullmatch(nick):
            raise refusal(400, f"{nick[:40]!r} is no nick")
        for name in [name for name, one in self.clients.items() if one.reading.done()]:
            del self.clients[name]
        if nick in self.clients or len(self.clients) >= CLIENTS:
            raise refusal(409, f"{nick} is connected, or {CLIENTS} are")
        client = self.clients[nick] = await self._dialled(nick)
        client.reading = asyncio.ensure_future(client.read())
        client.say(f"NICK {nick}")
        client.say(f"USER {nick} 0 * :{nick} of the console")
        await asyncio.wait({asyncio.ensure_future(client.ready.wait())}, timeout=TIMEOUT)
        if not client.registered:
            last = next((line for line in reversed(client.lines) if line.startswith(":")), "no answer")
            await self._gone(client)
            raise refusal(409, f"the gateway did not let {nick} in: {last}")
        return client.nick

    async def _dialled(self, nick: str) -> Client:
        served = self.place.served("irc")
        address = next((one for one in (served.addresses if served else ()) if one.kind == "tcp"), None)
        if address is None or address.tls:
            raise refusal(409, self.missing)
        try:
            async with asyncio.timeout(TIMEOUT):
                return Client(
                    nick, *await asyncio.open_connection(host_of(address), address.port, limit=LONGEST)
                )
        except OSError as error:
            raise refusal(502, f"no answer: {error}") from None

    async def _gone(self, client: Client) -> None:
        """Wait for its end, and forget it."""
        await asyncio.wait({client.reading}, timeout=1.0)
        client.reading.cancel()
        await asyncio.gather(client.reading, return_exceptions=True)
        for name in [name for name, one in self.clients.items() if one is client]:
            del self.clients[name]


def _word(said: dict[str, Any], name: str) -> str:
    """A text that is one word."""
    found = text(said, name)
    if any(letter <= " " for letter in found) or found.startswith(":"):
        raise refusal(400, f"{name} is one word")
    return found
