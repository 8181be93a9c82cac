"""The smallest IRC relay in asyncio, to compare with and to try the bench: irc_relay.py PORT.

Knows NICK, USER, JOIN, PING and PRIVMSG to a channel; no checks, no limits.
"""

import asyncio
import sys
from typing import Any

try:
    from uvloop import run
except ImportError:
    from asyncio import run

channels: dict[bytes, set[Any]] = {}


class Member(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport, self.rest, self.nick = transport, b"", b"*"

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        for members in channels.values():
            members.discard(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        out: dict[bytes, list[bytes]] = {}
        for line in lines:
            command, _, rest = line.partition(b" ")
            if command == b"PRIVMSG":
                target, _, text = rest.partition(b" ")
                out.setdefault(target, []).append(b":%b!u@h PRIVMSG %b %b\r\n" % (self.nick, target, text))
            elif command == b"NICK":
                self.nick = rest
            elif command == b"USER":
                self.transport.write(b":relay 001 %b :Welcome\r\n" % self.nick)
            elif command == b"PING":
                self.transport.write(b":relay PONG relay %b\r\n" % rest)
            elif command == b"JOIN":
                channels.setdefault(rest, set()).add(self)
                self.transport.write(
                    b":%b!u@h JOIN %b\r\n:relay 353 %b = %b :%b\r\n:relay 366 %b %b :End\r\n"
                    % (self.nick, rest, self.nick, rest, self.nick, self.nick, rest)
                )
        for target, said in out.items():
            block = b"".join(said)
            for member in channels.get(target, ()):
                if member is not self:
                    member.transport.write(block)


async def main() -> None:
    """Listen until ended."""
    server = await asyncio.get_running_loop().create_server(Member, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


run(main())
