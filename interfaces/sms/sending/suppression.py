"""Who has said STOP to which of our numbers, and so gets nothing from it until they say START.

Source: CTIA's Messaging Principles §5.1.3; 47 CFR 64.1200(a)(10): it holds for who it was said to, and at once.
"""

import logging
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.sms.sending.recipients import bare

__all__ = ["HANDLED", "MOST", "Memory", "OptOuts", "Suppression", "opt_outs"]

log = logging.getLogger("interfaces.sms")

MOST = 1_000_000
"""Pairs of numbers that are remembered in memory, or in a file; then a further STOP is to come again."""
HANDLED = 10_000
"""Messages whose keyword was noted, so that a repeat of an old one undoes nothing."""
_DJANGO = "interfaces.django.opt_outs"


class OptOuts(Protocol):
    """Where they are remembered. Everything may raise Unavailable."""

    def describe(self) -> str:
        """How well they are kept, for the start."""
        ...

    async def open(self) -> None:
        """Before all else. ConfigError."""
        ...

    async def note(self, ours: str, theirs: str, *, out: bool) -> None:
        """``theirs`` wants nothing more of ``ours``, or wants it again; returns when it is kept."""
        ...

    async def has(self, ours: str, theirs: str) -> bool:
        """Whether ``theirs`` wants nothing of ``ours``; "" asks for any of ours."""
        ...

    async def close(self) -> None:
        """No more."""
        ...


class Memory:
    """In this process alone, and lost with it."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._of: dict[str, set[str]] = {}
        """Theirs → ours."""
        self._count = 0

    def __repr__(self) -> str:
        return f"<Memory of {self._count} opt-outs>"

    def __len__(self) -> int:
        return self._count

    def describe(self) -> str:
        """As the protocol says."""
        return "memory: other processes do not know them, and they are lost with this one"

    async def open(self) -> None:
        """Nothing."""

    async def note(self, ours: str, theirs: str, *, out: bool) -> None:
        """As the protocol says."""
        self.put(ours, theirs, out=out)

    def put(self, ours: str, theirs: str, *, out: bool) -> None:
        """The same, at once. Raises Unavailable when there is no room."""
        found = self._of.get(theirs, set())
        if out and ours not in found:
            self._fits()
            self._of.setdefault(theirs, set()).add(ours)
            self._count += 1
        elif not out and ours in found:
            found.discard(ours)
            self._count -= 1
            if not found:
                del self._of[theirs]

    def _fits(self) -> None:
        if self._count >= self.most:
            raise Unavailable(f"{self.most} opt-outs are remembered; use --sms-opt-out django:")

    def knows(self, ours: str, theirs: str) -> bool:
        """As :meth:`has`, at once."""
        found = self._of.get(theirs, ())
        return ours in found if ours else bool(found)

    async def has(self, ours: str, theirs: str) -> bool:
        """As the protocol says."""
        return self.knows(ours, theirs)

    async def close(self) -> None:
        """Nothing."""


def opt_outs(said: str) -> OptOuts | None:
    """What ``--sms-opt-out`` names; None for off. Raises ConfigError; opens nothing."""
    kind, _, rest = said.partition(":")
    if said == "off":
        return None
    if said == "memory":
        return Memory()
    if kind == "file" and rest:
        store: OptOuts = import_module("interfaces.sms.sending.opt_out_file").OptOutFile(Path(rest))
        return store
    if said in ("django", "django:"):
        try:
            found: OptOuts = import_module(_DJANGO).DjangoOptOuts()
        except ImportError as error:
            raise ConfigError(
                f"--sms-opt-out django: {error}; pip install 'asgi-interfaces[django]'"
            ) from error
        return found
    raise ConfigError(f"--sms-opt-out {said}: write memory, file:PATH, django: or off")


class Suppression:
    """Notes what people say, and says whom nothing is sent to. ``count``: something is counted."""

    def __init__(self, store: OptOuts | None, count: Callable[[str], None]) -> None:
        self.store = store
        self._count = count
        self._handled: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"<Suppression by {self.store!r}>"

    async def stops(self, ours: str, theirs: str) -> bool:
        """Whether nothing is to be sent from ``ours`` to ``theirs``. Unavailable."""
        return self.store is not None and await self.store.has(bare(ours), bare(theirs))

    async def hook(self, event: Event, _account: str) -> None:
        """Note a STOP or START before the application hears of it. Unavailable: it is to come again."""
        if self.store is None or event["type"] != "sms.receive" or event["keyword"] not in ("STOP", "START"):
            return
        if event["dedupe_key"] in self._handled:
            return
        out = event["keyword"] == "STOP"
        await self.store.note(bare(event["to_address"]), bare(event["from_address"]), out=out)
        self._count("sms.opted_out" if out else "sms.opted_in")
        self._handled[event["dedupe_key"]] = None
        if len(self._handled) > HANDLED:
            del self._handled[next(iter(self._handled))]
