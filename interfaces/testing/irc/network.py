"""The fake network: where it listens, who and what is there, and what a test has it do.

``async with FakeNetwork() as fake`` listens on a free port; ``fake.network()`` is an entry of ``[[irc.networks]]``.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

from interfaces.irc.line import Line
from interfaces.irc.networks import Network
from interfaces.testing.irc.commands import COMMANDS
from interfaces.testing.irc.peer import Peer
from interfaces.testing.irc.registering import EARLY_COMMANDS
from interfaces.testing.irc.rooms import Room, Spoken, stamped

__all__ = ["CAPS", "FakeNetwork", "Faults"]

CAPS: dict[str, str] = {
    "cap-notify": "", "sasl": "PLAIN,EXTERNAL,SCRAM-SHA-256", "server-time": "", "message-tags": "", "batch": "",
    "echo-message": "", "labeled-response": "", "account-tag": "", "draft/chathistory": "", "extended-join": "",
    "draft/event-playback": "", "multi-prefix": "", "standard-replies": "",
}  # fmt: skip
"""What it offers unless told otherwise."""
_ISUPPORT = {
    "NETWORK": "Fake", "CASEMAPPING": "rfc1459", "CHANTYPES": "#", "PREFIX": "(ov)@+",
    "CHANMODES": "b,k,l,imnst", "NICKLEN": "30", "CHATHISTORY": "50", "STATUSMSG": "@+", "MODES": "4",
}  # fmt: skip


@dataclass(slots=True)
class Faults:
    """What goes wrong."""

    silent: bool = False
    """Whether nothing is answered."""
    no_pong: bool = False
    """Whether PING is not."""
    greeting: str = ""
    """The line that everybody gets who connects, and nothing else."""
    taken: set[str] = field(default_factory=set)
    """Nicks that somebody has."""
    bad_nicks: set[str] = field(default_factory=set)
    nak: set[str] = field(default_factory=set)
    """Capabilities that are offered and refused."""
    split: int = 0
    """Octets of each write; 0: whole lines."""
    drop_after: int = 0
    """Messages after which the connection is cut, before they are answered elsewhere."""


class FakeNetwork:
    """A server with users. ``accounts``: passwords by name; ``certified``: whose every client certificate is."""

    def __init__(
        self,
        *,
        caps: dict[str, str] | None = None,
        accounts: dict[str, str] | None = None,
        password: str = "",
        certified: str = "",
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = "irc.fake"
        self.caps = dict(CAPS if caps is None else caps)
        self.isupport = dict(_ISUPPORT)
        self.accounts = accounts or {}
        self.password = password
        self.certified = certified
        self.clock = clock
        self.faults = Faults()
        self.connections: set[Peer] = set()
        self.dialled = 0
        """Connections so far."""
        self.rooms: dict[str, Room] = {}
        self.lines: list[str] = []
        """What came, without tags, of the last ten thousand lines."""
        self.tagged: list[Line] = []
        """The same as they are."""
        self.spoken: list[Spoken] = []
        self.quits: list[str] = []
        self.pongs: list[str] = []
        self.port = 0
        self._tls = tls
        self._numbers = count(1)
        self._server: Any = None
        self._waiters: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        return f"<FakeNetwork on {self.port}, {len(self.connections)} connections>"

    def network(self, **more: Any) -> Network:
        """An entry of the options for it; it is spoken to as fast as can be."""
        usual = {
            "name": "fake", "host": "localhost" if self._tls else "127.0.0.1", "port": self.port,
            "tls": self._tls is not None, "nick": "bot", "rate": 0.0,
        }  # fmt: skip
        return Network(**{**usual, **more})

    # --- listening --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def listen(self, port: int = 0) -> None:
        """Begin; again after :meth:`stop`, on the same port if that is given."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Peer(self), "127.0.0.1", port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut all connections, and listen no more."""
        self._server.close()
        self.drop()
        await self.until(lambda: not self.connections)
        await self._server.wait_closed()

    async def until(self, done: Callable[[], Any], seconds: float = 5.0) -> None:
        """Wait until ``done()``, which is asked whenever something has happened; TimeoutError."""
        async with asyncio.timeout(seconds):
            while not done():
                future = asyncio.get_running_loop().create_future()
                self._waiters.append(future)
                await future

    def changed(self) -> None:
        """Something has happened."""
        waiters, self._waiters = self._waiters, []
        for one in waiters:
            if not one.done():
                one.set_result(None)

    # --- who is there -----------------------------------------------------------------------------

    @property
    def peers(self) -> list[Peer]:
        """Those that are registered."""
        return [one for one in self.connections if one.registered]

    def peer(self, nick: str = "") -> Peer:
        """Who is called so; the only one unless said. LookupError."""
        found = [one for one in self.peers if not nick or one.nick == nick]
        if not found:
            raise LookupError(f"nobody is called {nick}")
        return found[0]

    async def here(self, nick: str = "", channel: str = "") -> Peer:
        """Wait for somebody to be registered, and in ``channel``."""
        await self.until(
            lambda: any(
                (not nick or one.nick == nick) and (not channel or one.nick in self.room(channel).members)
                for one in self.peers
            )
        )
        return self.peer(nick)

    def room(self, name: str) -> Room:
        """The channel, which there is from now on."""
        return self.rooms.setdefault(name, Room(name))

    def taken(self, nick: str, peer: Peer | None) -> bool:
        """Whether somebody else is called so."""
        virtual = any(nick in room.members and room.members[nick] is None for room in self.rooms.values())
        others = any(one.nick == nick and one is not peer for one in self.connections)
        return nick in self.faults.taken or virtual or others

    # --- what a test has happen -------------------------------------------------------------------

    def send(self, line: str | bytes) -> None:
        """Any line, to all who are registered."""
        for peer in self.peers:
            peer.raw(line)

    def join(self, nick: str, channel: str) -> None:
        """Somebody joins."""
        self.enters(nick, channel, None)

    def say(self, nick: str, target: str, text: str, command: str = "PRIVMSG", **tags: str) -> Spoken:
        """Somebody speaks, to a channel or a nick."""
        spoken = Spoken(f"{nick}!{nick}@somewhere", command, target, text, self.stamp() | tags)
        self.spoke(spoken, None)
        return spoken

    def quit(self, nick: str, reason: str = "gone", batch: str = "") -> None:
        """Somebody leaves the network."""
        tags = {"batch": batch} if batch else {}
        told = {
            peer for room in self.rooms.values() if nick in room.members for peer in room.members.values()
        }
        for room in self.rooms.values():
            room.members.pop(nick, None)
        self.faults.taken.discard(nick)
        for peer in told:
            if peer is not None and peer.nick != nick:
                peer.send("QUIT", [reason], f"{nick}!{nick}@somewhere", tags)

    def netsplit(self, nicks: Iterable[str]) -> None:
        """Some leave at once, since two servers are apart."""
        name = self.number("n")
        self.send(f":{self.name} BATCH +{name} netsplit a.fake b.fake")
        for nick in nicks:
            self.quit(nick, "a.fake b.fake", name)
        self.send(f":{self.name} BATCH -{name}")

    def drop(self) -> None:
        """Cut all connections."""
        for peer in list(self.connections):
            peer.transport.abort()

    def kill(self, reason: str = "Killed") -> None:
        """Close all connections with an ERROR."""
        for peer in list(self.connections):
            peer.raw(f"ERROR :Closing Link: {reason}")
            peer.transport.close()

    # --- what connections have happen -------------------------------------------------------------

    def heard(self, peer: Peer, line: Line) -> None:
        """A line came."""
        if len(self.lines) >= 10_000:
            del self.lines[:5000], self.tagged[:5000]
        self.lines.append(" ".join((line.command, *line.params)))
        self.tagged.append(line)

    def command(self, peer: Peer, line: Line) -> bool:
        """Do what it says; False for a command that there is not."""
        early, later = EARLY_COMMANDS.get(line.command), COMMANDS.get(line.command)
        if early is not None:
            early(peer, line)
        elif later is not None:
            later(self, peer, line)
        return early is not None or later is not None

    def arrived(self, peer: Peer) -> None:
        """Somebody is registered."""
        self.changed()

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        self.connections.discard(peer)
        for room in self.rooms.values():
            if room.members.get(peer.nick) is peer:
                del room.members[peer.nick]
        self.changed()

    def renamed(self, peer: Peer, nick: str) -> None:
        """Somebody is called otherwise."""
        old, source = peer.nick, peer.source
        told = {
            peer,
            *(one for room in self.rooms.values() if old in room.members for one in room.members.values()),
        }
        for room in self.rooms.values():
            if old in room.members:
                room.members[nick] = room.members.pop(old)
        peer.nick = nick
        for one in told:
            if one is not None:
                one.send("NICK", [nick], source)

    def enters(self, nick: str, channel: str, peer: Peer | None) -> None:
        """Somebody is in a channel, and all there hear it."""
        room = self.room(channel)
        if not room.members:
            room.ops.add(nick)
        room.members[nick] = peer
        source = peer.source if peer is not None else f"{nick}!{nick}@somewhere"
        account = (peer.account if peer is not None else "") or "*"
        for one in room.members.values():
            if one is not None:
                more = [account, nick] if "extended-join" in one.caps else []
                one.send("JOIN", [channel, *more], source, self.stamp())

    def relay(self, command: str, params: Sequence[str], source: str, channel: str) -> None:
        """All in a channel hear it; of a nick only that."""
        room = self.rooms.get(channel)
        members = room.members.values() if room else [one for one in self.peers if one.nick == channel]
        for one in members:
            if one is not None:
                one.send(command, params, source, self.stamp())

    def spoke(self, spoken: Spoken, peer: Peer | None) -> None:
        """Somebody has said something: it is kept, and all hear it but they themselves."""
        self.spoken.append(spoken)
        room = self.rooms.get(spoken.target)
        told = (
            room.members.values()
            if room is not None
            else [one for one in self.peers if one.nick == spoken.target]
        )
        for one in told:
            if one is not None and one is not peer:
                params = [spoken.target] if spoken.command == "TAGMSG" else [spoken.target, spoken.text]
                one.send(spoken.command, params, spoken.source, spoken.tags)

    def stamp(self) -> dict[str, str]:
        """The tags of what happens now."""
        return {"time": stamped(self.clock()), "msgid": self.number("m")}

    def number(self, letter: str) -> str:
        """A name that nothing else has."""
        return f"{letter}{next(self._numbers)}"

    # --- history ----------------------------------------------------------------------------------

    def history(self, target: str, nick: str) -> list[Spoken]:
        """What was said in a channel, or between two."""
        if target in self.rooms:
            return [one for one in self.spoken if one.target == target]
        both = {target, nick}
        return [one for one in self.spoken if {one.source.partition("!")[0], one.target} == both]

    def targets(self, nick: str) -> dict[str, str]:
        """Where something was said that ``nick`` may hear of, and when last."""
        found = {}
        for one in self.spoken:
            source = one.source.partition("!")[0]
            if one.target in self.rooms:
                found[one.target] = one.tags["time"]
            elif nick in (one.target, source):
                found[source if one.target == nick else one.target] = one.tags["time"]
        return found
