"""Who lives: every hub renews a key that lapses, and looks after the hubs that matter to it.

The key of a process that hangs lapses. One that was killed is known sooner: its connections are closed, so nobody is
subscribed where it listened; who only lost a connection is back within the grace.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import Any

from interfaces.layers.node import Node

__all__ = ["BEAT", "GRACE", "LEASE", "Leases"]

LEASE = 10.0
"""Seconds that a hub counts as alive after it last said so."""
BEAT = 2.0
"""Seconds between two looks."""
GRACE = 1.5
"""Seconds in which a hub that is subscribed no more may come back; less than a beat, so that the next look decides."""


class Leases:
    """The lease of the hub ``address``, and those of others. ``on_lapsed(hub)`` is told who is gone."""

    def __init__(
        self, prefix: str, address: str, clock: Callable[[], float], on_lapsed: Callable[[str], None]
    ) -> None:
        self.address = address
        self._prefix, self._clock, self._on_lapsed = prefix, clock, on_lapsed
        self._renewed = clock()
        self._judged: dict[Node, float] = {}
        self._silent: dict[str, tuple[float, float]] = {}
        """Hubs that were not subscribed: when that was seen first, and last."""

    def key(self, hub: str) -> str:
        """The lease of ``hub``."""
        return f"{self._prefix}:h:{hub}"

    @property
    def lapsed(self) -> bool:
        """Whether our own lease has not been renewed in time: this process was stopped, for others it was gone."""
        return self._clock() - self._renewed > LEASE

    def renew(self, node: Node, then: Callable[[Any], None] | None = None) -> None:
        """Say that we live; ``then`` gets the broker's answer."""
        self._renewed = self._clock()
        node.tell(then, "SET", self.key(self.address), b"1", "PX", int(LEASE * 1000))

    def end(self, node: Node) -> None:
        """Say that we do not."""
        node.tell(None, "DEL", self.key(self.address))

    def went(self, node: Node) -> None:
        """A broker is lost: nobody is judged by what it says before it :meth:`came`, as it may have lost its keys."""
        self._judged[node] = inf

    def came(self, node: Node) -> None:
        """A broker is back: others first have to renew what a restart may have lost."""
        self._judged[node] = self._clock() + LEASE

    def check(self, node: Node, hubs: Mapping[str, bytes]) -> None:
        """Look after ``hubs``, each with the name under which it listens at ``node``, in two commands."""
        if hubs:
            names = list(hubs)
            node.tell(partial(self._checked, node, names), "MGET", *map(self.key, names))
            node.tell(partial(self._counted, node, names), "PUBSUB", "NUMSUB", *hubs.values())

    def _checked(self, node: Node, hubs: list[str], reply: Any) -> None:
        if isinstance(reply, Exception) or self._clock() < self._judged.get(node, 0.0):
            return
        for hub, lease in zip(hubs, reply, strict=True):
            if lease is None:
                self._on_lapsed(hub)

    def _counted(self, node: Node, hubs: list[str], reply: Any) -> None:
        """The broker says how many are subscribed: a list of name, number, name, number."""
        now = self._clock()
        if isinstance(reply, Exception) or now < self._judged.get(node, 0.0):
            return
        # Seen too long ago: this process was busy or stopped, or did not care meanwhile.
        self._silent = {hub: seen for hub, seen in self._silent.items() if now - seen[1] <= 2 * BEAT}
        for hub, number in zip(hubs, reply[1::2], strict=True):
            if number:
                self._silent.pop(hub, None)
                continue
            first = self._silent.get(hub, (now, now))[0]
            self._silent[hub] = first, now
            if now - first >= GRACE:
                del self._silent[hub]
                self._on_lapsed(hub)
