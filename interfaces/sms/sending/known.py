"""What is known of messages that were sent: whose a receipt is, what can be cancelled, and what is not to be sent."""

import asyncio
import logging
from collections.abc import Sequence

from interfaces.layers.notes import Notes
from interfaces.shared.asgi import Event
from interfaces.shared.errors import Unavailable

__all__ = ["AHEAD", "PAUSES", "REMEMBERED", "Known"]

log = logging.getLogger("interfaces.sms")

REMEMBERED = 259_200.0
"""Seconds: providers tell what became of a message for as long as they try, which is three days at most."""
PAUSES = (0.1, 0.4)
"""Seconds after which it is asked again whose a receipt is: it may be here before what it is of has been noted."""
AHEAD = 100
"""Receipts that wait so at once; further ones have no id then, as those have that nobody knows."""


class Known:
    """Ids of ours and of providers; a hook in front of the application gives receipts our ``id``."""

    def __init__(self, notes: Notes, pauses: Sequence[float] = PAUSES) -> None:
        self.notes = notes
        self.pauses = pauses
        self._ahead = 0

    def __repr__(self) -> str:
        return f"<Known in {self.notes!r}>"

    async def sent(self, account: str, provider_ids: tuple[str, ...], id: str) -> None:
        """``account`` has taken our message ``id``. What cannot be noted is not: the message has been sent."""
        try:
            for one in provider_ids:
                await self.notes.put(_theirs(account, one), id, REMEMBERED)
            await self.notes.put(f"sms:ours:{id}", "\n".join((account, *provider_ids)), REMEMBERED)
        except Unavailable as error:
            log.warning("the receipt of %s will not have its id: %s", id, error)

    async def of(self, account: str, provider_id: str) -> str:
        """Our id of what ``account`` calls so; "" where nobody knows. Unavailable."""
        return await self.notes.get(_theirs(account, provider_id)) or ""

    async def where(self, id: str) -> tuple[str, tuple[str, ...]] | None:
        """Which account has taken our message ``id``, and what it calls it; None: none yet. Unavailable."""
        found = await self.notes.get(f"sms:ours:{id}")
        if found is None:
            return None
        account, *provider_ids = found.split("\n")
        return account, tuple(provider_ids)

    async def cancel(self, id: str) -> None:
        """Our message ``id`` is not to be sent, wherever it waits. Unavailable."""
        await self.notes.put(f"sms:cancelled:{id}", "1", REMEMBERED)

    async def cancelled(self, id: str) -> bool:
        """Whether somebody has said so. Unavailable."""
        return await self.notes.get(f"sms:cancelled:{id}") is not None

    async def hook(self, event: Event, account: str) -> None:
        """Give a receipt our ``id``, where the provider has not. Without the broker it has none."""
        if event["type"] != "sms.status" or event["id"] or not event["provider_id"]:
            return
        try:
            event["id"] = await self.of(account, event["provider_id"])
            if not event["id"] and self._ahead < AHEAD:
                event["id"] = await self._later(account, event["provider_id"])
        except Unavailable as error:
            log.warning("a receipt has no id: %s", error)

    async def _later(self, account: str, provider_id: str) -> str:
        """The same, for a receipt that has been faster than the answer to what it is of, or than another container."""
        self._ahead += 1
        try:
            for pause in self.pauses:
                await asyncio.sleep(pause)
                if found := await self.of(account, provider_id):
                    return found
            return ""
        finally:
            self._ahead -= 1


def _theirs(account: str, provider_id: str) -> str:
    return f"sms:theirs:{account}:{provider_id}"
