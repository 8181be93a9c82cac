"""Who lives: every hub renews a key that lapses, and looks at the keys of the hubs that matter to it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from interfaces.layers.node import Node

__all__ = ["LEASE", "Leases"]

LEASE = 10.0
"""Seconds that a hub counts as alive after it last said so."""


class Leases:
    """The lease of the hub ``address``, and those of others. ``on_lapsed(hub)`` is told who is gone."""

    def __init__(
        self, prefix: str, address: str, clock: Callable[[], float], on_lapsed: Callable[[str], None]
    ) -> None:
        self.address = address
        self._prefix, self._clock, self._on_lapsed = prefix, clock, on_lapsed
        self._renewed = clock()
        self._judged: dict[Node, float] = {}

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

    def came(self, node: Node) -> None:
        """A broker is back: others first have to renew what a restart may have lost."""
        self._judged[node] = self._clock() + LEASE

    def check(self, node: Node, hubs: Sequence[str]) -> None:
        """Look at the leases of ``hubs``, which listen at ``node``, in one command."""
        if hubs:
            node.tell(partial(self._checked, node, hubs), "MGET", *map(self.key, hubs))

    def _checked(self, node: Node, hubs: Sequence[str], reply: Any) -> None:
        if isinstance(reply, Exception) or self._clock() < self._judged.get(node, 0.0):
            return
        for hub, lease in zip(hubs, reply, strict=True):
            if lease is None:
                self._on_lapsed(hub)
