"""Order between what a scope says to its peer and what it says to groups that it is in.

The first goes straight to the peer, the other comes back through the layer. So a message to such a group carries a
mark, and own words wait until the last one has come back. Whoever else gets the message sees one key more.
"""

import asyncio
from secrets import token_hex
from typing import Any

__all__ = ["KEY", "PATIENCE", "Echoes"]

KEY = "__order__"
PATIENCE = 1.0
"""Seconds that own words wait for a mark; a message may have been lost by contract."""


class Echoes:
    """The marks that one scope waits for."""

    def __init__(self) -> None:
        self._token = token_hex(4)
        self._number = 0
        self._awaited: dict[str, str] = {}  # one for each group: what a group carries stays in order
        self._quiet: asyncio.Future[None] | None = None

    def marked(self, group: str, message: dict[str, Any]) -> dict[str, Any]:
        """``message`` to ``group``, as it is to be sent."""
        self._number += 1
        mark = self._awaited[group] = f"{self._token}{self._number:x}"
        return message | {KEY: mark}

    def heard(self, message: dict[str, Any]) -> None:
        """A message has come, which loses its mark."""
        mark = message.pop(KEY, None)
        if mark is not None:
            self._awaited = {group: one for group, one in self._awaited.items() if one != mark}
            self._look()

    def left(self, group: str) -> None:
        """Nothing comes back from there any more."""
        self._awaited.pop(group, None)
        self._look()

    async def settled(self) -> bool:
        """Wait until all have come back; False when that took too long, and they are not waited for again."""
        if not self._awaited:
            return True
        self._quiet = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._quiet
        except TimeoutError:
            self._awaited.clear()
            return False
        return True

    def _look(self) -> None:
        if not self._awaited and self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(None)
