"""Capabilities that a client agrees on with a server, at registration and later. Pure.

IRCv3 capability-negotiation 302. A list that is refused is asked for one by one.
"""

from collections.abc import Iterable

from interfaces.irc.caps import Offer, requests
from interfaces.irc.client.login import Said
from interfaces.irc.line import Line

__all__ = ["WANTED", "Capabilities"]

WANTED = (
    "cap-notify", "server-time", "message-tags", "echo-message", "batch", "labeled-response", "account-tag",
    "account-notify", "away-notify", "extended-join", "setname", "multi-prefix", "userhost-in-names", "chghost",
    "invite-notify", "standard-replies", "draft/chathistory", "draft/event-playback",
)  # fmt: skip
"""What is of use to us, wherever it is offered."""


class Capabilities:
    """Those of one connection; ``wanted`` are asked for."""

    def __init__(self, wanted: Iterable[str] = WANTED) -> None:
        self.wanted = tuple(wanted)
        self.offer = Offer()
        self.agreed: set[str] = set()
        self.listed = False
        """Whether the whole offer was seen."""
        self._asked: list[str] = []
        self._refused: set[str] = set()

    def __repr__(self) -> str:
        return f"<Capabilities {' '.join(sorted(self.agreed))}>"

    @property
    def settled(self) -> bool:
        """Whether nothing that was asked has no answer yet."""
        return self.listed and not self._asked

    def feed(self, line: Line) -> list[Said]:
        """A CAP, and what to say to it."""
        verb = line.param(1).upper()
        names = line.params[-1].split() if len(line.params) > 2 else []
        if verb == "ACK":
            self._answered(names)
            self._agree(names)
        elif verb == "NAK":
            return self._refuse(names)
        elif verb in ("LS", "NEW", "DEL"):
            complete = self.offer.feed(line.params)
            if verb == "DEL":
                self.agreed.difference_update(names)
            elif complete:
                self.listed = self.listed or verb == "LS"
                return self._request()
        return []

    def _request(self) -> list[Said]:
        done = self.agreed | self._refused | {name for asked in self._asked for name in asked.split()}
        wanted = [name for name in self.wanted if name not in done]
        lists = requests(wanted, self.offer.values)
        self._asked += lists
        return [("CAP", "REQ", one) for one in lists]

    def _answered(self, names: list[str]) -> None:
        """The oldest list that has one of ``names`` in it is answered: a server may shorten what it repeats."""
        bare = {name.lstrip("-~=") for name in names}
        for asked in self._asked:
            if bare.intersection(asked.split()):
                self._asked.remove(asked)
                return
        if self._asked and not bare:
            del self._asked[0]

    def _agree(self, names: list[str]) -> None:
        for name in names:
            if name.startswith("-"):
                self.agreed.discard(name[1:])
            elif (bare := name.lstrip("~=")) in self.wanted:
                self.agreed.add(bare)

    def _refuse(self, names: list[str]) -> list[Said]:
        """Whether it is one of them alone that the server does not want shows when each is asked for."""
        before = list(self._asked)
        self._answered(names)
        gone = next(
            (one for one in before if one not in self._asked), ""
        )  # of what nobody asked for: nothing
        several = gone.split()
        if len(several) < 2:
            self._refused.update(several)
            return []
        self._asked += several
        return [("CAP", "REQ", one) for one in several]
