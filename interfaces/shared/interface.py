"""The plug-in contract: a third party that implements :class:`Interface` has a protocol of its own.

Register the class in the entry-point group ``interfaces`` under each of its names.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from math import inf
from typing import Any, ClassVar, Final, Generic, TypeVar

from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import Finding
from interfaces.shared.listen import Address, Listening
from interfaces.shared.telemetry import Telemetry
from interfaces.shared.webhook import Mounts

__all__ = ["Context", "Interface"]

Options = TypeVar("Options")
LAST: Final = 1.0
"""Seconds for what ends last, whatever took the time before it."""


def _unheard(name: str, ok: bool, reason: str) -> None:
    """Where nobody asked to be told about readiness."""


@dataclass(kw_only=True)
class Context:
    """What a running process gives to its interfaces."""

    names: tuple[str, ...] = ()
    """The names of this interface that were asked for."""
    state: dict[str, Any] = field(default_factory=dict)
    """The lifespan's state; each scope gets a shallow copy."""
    listening: Listening = field(default_factory=Listening)
    """How to listen: inherited sockets, TLS, trusted proxies."""
    telemetry: Telemetry = field(default_factory=Telemetry)
    """Where counts and access lines go."""
    layer: Any = None
    """The channel layer (an :class:`interfaces.layers.base.Layer`), or None."""
    mounts: Mounts | None = None
    """Where to mount what is to answer :attr:`Interface.paths`; None where HTTP is not served: listen, then."""
    keeps: list[str] = field(default_factory=list)
    """To be said at the start: what is kept of what is in flight, and how well; a line each."""
    on_ready: Callable[[str, bool, str], None] = _unheard
    draining: bool = False
    """True from the moment the process was told to stop."""
    drain: float = 30.0
    """Seconds that what is in flight gets to finish in."""
    ends: float = inf
    """The loop's time at which these are over, once they have begun."""

    def ready(self, name: str, ok: bool, reason: str = "") -> None:
        """Say whether part ``name`` can do its work; ``/readyz`` shows it."""
        self.on_ready(name, ok, reason)

    def left(self) -> float:
        """Seconds of the drain that are left, all of them before it begins: for what ends behind something else.

        At least ``LAST``, if the whole drain is not shorter: it may have to say something that it has just got.
        """
        seconds = max(LAST, self.ends - asyncio.get_running_loop().time())
        return min(seconds, self.drain)

    def outgoing(self, channel: str) -> AsyncIterator[Event]:
        """Messages sent to the top-level ``channel`` from anywhere; ConfigError without a layer.

        Several takers share them, each message goes to one. Whoever stops iterating leaves the rest to the others: do
        so when the drain begins, and send what was taken.
        """
        if self.layer is None:
            raise ConfigError(f"{channel}: top-level channels need a channel layer")
        found: AsyncIterator[Event] = self.layer.consume(channel)
        return found


class Interface(ABC, Generic[Options]):
    """Translates one protocol into ASGI events and back."""

    names: ClassVar[tuple[str, ...]]
    """What ``interfaces serve`` calls it; one instance serves all of its names that were asked for."""
    options_class: ClassVar[type]
    """A frozen dataclass made with :func:`interfaces.shared.options.option`."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.options!r})"

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that it answers over HTTP, in front of the application, where that is served here."""
        return ()

    @property
    def single(self) -> str:
        """What of its options only one process can do, in words for ``--workers``; "" when several can serve."""
        return ""

    @property
    def together(self) -> str:
        """What several processes of it do together, by a broker, in words for ``--workers``; "" for nothing."""
        return ""

    def listens(self, *, http: bool) -> bool:
        """Whether it listens on its option ``bind``. ``http``: whether HTTP is served, and answers :attr:`paths`."""
        return True

    def more_binds(self, *, http: bool) -> list[tuple[str, int]]:
        """Addresses beside the option ``bind`` that it listens on, each with its default port.

        Several worker processes share them. ``http``: whether HTTP is served, and :attr:`paths` are answered there.
        """
        return []

    async def check(self, context: Context) -> None:
        """Look at what :meth:`serve` would need, and change nothing; ``interfaces check`` asks. ConfigError."""

    async def diagnose(self, context: Context) -> AsyncIterator[Finding]:
        """Ask what can be asked of the world without changing it; ``interfaces doctor`` does.

        DNS, tokens, servers it depends on: whatever :meth:`check` leaves out since it takes time. Each within
        :data:`interfaces.shared.findings.PATIENCE`; raises nothing.
        """
        nothing: tuple[Finding, ...] = ()
        for finding in nothing:
            yield finding

    @abstractmethod
    def serve(self, app: Application, context: Context) -> AbstractAsyncContextManager[list[Address]]:
        """Entering is being ready (the addresses come back), leaving is being drained.

        Raises ConfigError when the operator's settings cannot work.
        """
