"""What a container hears of the others: which of it is done here, and what has to be told again. Pure.

Messages of a container are numbered. One that is missing, or a beat whose sums are not those that are had here,
although both have heard the same: all rows of that container are asked for. They come in its stream, between its
acts, so each row is as it was at its place. What is done here is in :mod:`linked_acts`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from itertools import islice
from typing import Any, Final

from interfaces.irc.gateway.linked_acts import Acts, Limits, Peer
from interfaces.irc.gateway.linked_deeds import Deeds
from interfaces.irc.gateway.linked_own import Known, Own
from interfaces.irc.gateway.linked_rules import Ledger
from interfaces.shared.errors import ApplicationError

__all__ = ["AGAIN", "MALFORMED", "SILENT", "SKIPS", "Peers"]

SILENT: Final = 30.0
"""Seconds without a word after which a container is split off."""
AGAIN: Final = 5.0
"""Seconds until rows that do not come are asked for again."""
SKIPS: Final = 3
"""Beats that are not compared, since not both had heard the same; the next is compared whatever it is."""
PIECE: Final = 5
"""Users that come or go before others may run: each may be told to thousands."""
MALFORMED: Final = ApplicationError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError
"""What comes of a message that makes no sense."""
REMEMBERED: Final = 1000
"""Containers that were split off, of which it is remembered."""


class Peers(Acts):
    """The side that hears. ``count(name)`` counts what is rare; what is to be asked for is in ``asks``."""

    def __init__(
        self, known: Known, own: Own, deeds: Deeds, limits: Limits, count: Callable[[str], None]
    ) -> None:
        super().__init__(known, own, deeds, limits, count)
        self.asks: set[str] = set()
        self.asked = False
        """Whether somebody wants all of our rows."""
        self.malformed: Callable[[str, Exception], None] = lambda _name, _error: count("irc.link.malformed")
        """Is told which container says what cannot be."""
        self._gone: dict[str, None] = {}

    @property
    def seen(self) -> dict[str, int]:
        """How much was heard of each."""
        return {peer.name: peer.n for peer in self.peers.values() if peer.n is not None}

    @property
    def busy(self) -> bool:
        """Whether not all that was heard is done: then sums say nothing."""
        return bool(self.ghosts) or any(peer.wanted for peer in self.peers.values())

    def hearing(self, sender: str, message: Mapping[str, Any], now: float) -> Iterator[None]:
        """A message of another container, done in pieces: between two of them others may run."""
        peer = self.peers.get(sender)
        if peer is None:
            if len(self.peers) >= self.limits.peers:
                self.count("irc.link.refused")
                return
            peer = self.peers[sender] = Peer(sender, now, sender in self._gone)
            self.known.ledgers[sender] = Ledger()
            self._ask(peer, now)
        peer.heard = now
        kind = message["kind"]
        if kind == "acts":
            yield from self._numbered(peer, message)
        elif kind == "rows":
            yield from self._rows(peer, message)
        elif kind == "beat":
            self._beat(peer, message)
        elif kind == "ask":
            self.asked = self.asked or not message["of"] or self.known.me in message["of"]
        elif kind == "bye":
            self.split(peer)

    def tick(self, now: float) -> None:
        """Time goes by: who is silent is split off, what does not come is asked for again."""
        for peer in [*self.peers.values()]:
            if now - peer.heard >= SILENT:
                self.count("irc.link.split")
                self.split(peer)
            elif peer.wanted and now - peer.asked >= AGAIN:
                self._ask(peer, now)

    def split(self, peer: Peer) -> None:
        """It is gone; its users are ghosts until :meth:`leaving` has made them quit."""
        for user in peer.users.values():
            del self.known.ids[user]
            self.ghosts[user] = None
        del self.peers[peer.name], self.known.ledgers[peer.name]
        self.asks.discard(peer.name)
        self._gone[peer.name] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def leaving(self) -> Iterator[None]:
        """Have ghosts quit, in pieces."""
        while self.ghosts:
            home = next(iter(self.ghosts)).home
            some = [user for user in islice(self.ghosts, PIECE) if user.home == home]
            with self.deeds.batch("netsplit", home):
                for user in some:
                    self.lay(user)
            yield

    # --- the stream of one ------------------------------------------------------------------------

    def _want(self, peer: Peer) -> None:
        if not peer.wanted:
            self.count("irc.link.resync")
        peer.wanted, peer.run = True, None
        if peer.heard - peer.asked >= AGAIN:
            self._ask(peer, peer.heard)

    def _ask(self, peer: Peer, now: float) -> None:
        peer.asked, peer.run = now, None
        self.asks.add(peer.name)

    def _numbered(self, peer: Peer, message: Mapping[str, Any]) -> Iterator[None]:
        n = message["n"]
        if n and (peer.n is None or n <= peer.n):
            return  # all rows will say it, or have said it
        if n and peer.n is not None and n != peer.n + 1:
            self._want(peer)
        for name, *words in message["acts"]:
            act = self.table.get(name)
            if act is not None:
                self._do(act, peer, *words)
                yield
        if n:
            peer.n = n

    def _rows(self, peer: Peer, message: Mapping[str, Any]) -> Iterator[None]:
        run, part = message["run"], message["part"]
        if not peer.wanted:
            return
        if part == 0:
            peer.n, peer.unseen, peer.partial = message["n"], {*peer.users}, False
        elif peer.run != (run, part) or peer.n != message["n"]:
            return  # it will be asked for again
        peer.run = (run, part + 1)
        for at in range(0, len(message["users"]), PIECE):
            with self.deeds.batch("netjoin", peer.name) if peer.back else nullcontext():
                for row in message["users"][at : at + PIECE]:
                    self._do(self.row, peer, row)
            yield
        for register in message["rooms"]:
            self._do(self.settled, peer, register)
            yield
        if message["end"]:
            for uid in peer.unseen:
                self._do(self.quit, peer, uid, "Connection closed")
                yield
            peer.wanted, peer.back, peer.run, peer.skipped = False, False, None, 0

    def _do(self, deed: Callable[..., None], peer: Peer, *words: Any) -> None:
        """Nothing where the container was split off meanwhile; what makes no sense is counted."""
        if self.peers.get(peer.name) is not peer:
            return
        try:
            deed(peer, *words)
        except MALFORMED as error:
            self.malformed(peer.name, error)

    def _beat(self, peer: Peer, message: Mapping[str, Any]) -> None:
        if peer.n is None or peer.wanted:
            return
        if message["n"] > peer.n:
            self._want(peer)
            return
        if not self._comparable(peer, message):
            peer.skipped += 1
            if peer.skipped <= SKIPS:
                return
        peer.skipped = 0
        sums = self.known.ledgers[peer.name].total, self.known.rooms.total
        if sums != (message["users"], message["rooms"]) and not peer.partial:
            self._want(peer)

    def _comparable(self, peer: Peer, message: Mapping[str, Any]) -> bool:
        """Whether both have heard the same, and have done it."""
        if self.ghosts or message["busy"] or self.own.waiting:
            return False
        seen = message["seen"]
        others = [one for one in self.peers.values() if one is not peer]
        return seen.get(self.known.me) == self.own.n and all(seen.get(one.name) == one.n for one in others)
