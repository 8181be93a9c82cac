"""Whether containers and workers of one layer have a transport in common: those without would wait in silence."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from interfaces.workers.transports.leases import Leases

__all__ = ["LONGEST", "LOOK", "Meeting", "apart"]

log = logging.getLogger("interfaces.workers")

LOOK = 5.0
LONGEST = 60.0
"""Seconds until who else is there is looked at, and between two looks in the end; doubled in between."""
OTHERS = {"container": "worker", "worker": "container"}
MEND = {
    "redis": "start the workers without --transport direct, or the containers with --relay-bind",
    "direct": "start the workers without --transport redis, or the containers with --transport redis",
}
"""What helps where the containers have only this one."""


class Meeting:
    """While it is entered, others know that ``role``, a "container" or a "worker", takes these ``ways``.

    If it ``looks``, the log says once when there are others and none of them takes any of them.
    """

    def __init__(self, layer: Any, role: str, ways: Iterable[str], *, looks: bool = True) -> None:
        self._leases = Leases(layer, "relay:ways", "others do not know which transports are taken here")
        self._role = role
        self._ways = sorted(ways)
        self._looks = looks
        self._looking: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Meeting of a {self._role}: {' and '.join(self._ways)}>"

    async def __aenter__(self) -> Self:
        await self._leases.announce((self._role, self._ways))
        if self._looks:
            self._looking = asyncio.ensure_future(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._leases.announce(None)

    async def _look(self) -> None:
        said, pause = "", LOOK
        while True:
            await asyncio.sleep(pause)
            pause = min(LONGEST, pause * 2)
            try:
                found = await self._leases.found(2)
            except Exception as error:  # noqa: BLE001 - whatever a broker says, it may say something else later
                log.debug("who else is there cannot be told: %s", error)
                continue
            others = [ways for role, ways in found if role == OTHERS[self._role] and isinstance(ways, list)]
            words = apart(self._role, self._ways, others)
            if words and words != said:
                log.warning("%s", words)
            said = words


def apart(role: str, ways: Sequence[str], others: Sequence[Iterable[Any]]) -> str:
    """What to tell the operator when there are ``others``, and none with one of ``ways``; "" otherwise."""
    theirs = {str(way) for each in others for way in each}
    if not others or theirs & set(ways):
        return ""
    mine, yours = " and ".join(ways), " and ".join(sorted(theirs)) or "none"
    container = ways if role == "container" else sorted(theirs)
    mend = MEND.get(container[0] if len(container) == 1 else "", "give both one transport in common")
    return (
        f"no {OTHERS[role]} on this layer can be met: the transport of this {role} is {mine}, that of"
        f" the {OTHERS[role]}s is {yours}; {mend}"
    )
