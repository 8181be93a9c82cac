"""A message that is not to be sent: where it waits it is given up, and where a provider has it, that is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interfaces.shared.pacing import back_off
from interfaces.shared.sendings import Sending, Tried
from interfaces.sms.providers.base import Provider, Sent
from interfaces.sms.sending.client import Client
from interfaces.sms.sending.known import Known
from interfaces.sms.sending.rests import LONGEST
from interfaces.sms.sending.results import tried

__all__ = ["Cancelling"]

_SENT = "it has been sent, and cannot be called back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """Makes the attempts of ``sms.cancel``."""

    client: Client
    known: Known
    providers: Mapping[str, Provider]
    binds: Any = None

    async def attempt(self, sending: Sending) -> Tried:
        """Once: whatever waits under this id is not sent, from now on. Unavailable."""
        name = str(sending.message.get("id") or "")
        if not name:
            return tried(sending, "failed", "sms.cancel: which message? It has no id")
        await self.known.cancel(name)
        found = await self.known.where(name)
        if found is None:
            return tried(sending, "sent")
        account, ids = found
        for one in ids:
            came = await self._asked(account, one)
            if came.state != "sent":
                delay: dict[str, Any] = {}
                if came.state == "later":
                    delay["delay"] = min(LONGEST, back_off(sending.number))
                return tried(sending, came.state, came.error, account=account, **delay)
        if not ids:
            return tried(sending, "failed", _SENT, account=account)
        return tried(sending, "sent", account=account, provider_ids=list(ids))

    async def _asked(self, account: str, provider_id: str) -> Sent:
        if self.binds is not None and account in self.binds.names:
            found: Sent = await self.binds.cancel(account, provider_id)
            return found
        provider = self.providers.get(account)
        asked = provider.cancel(provider_id) if provider is not None else None
        if asked is None:
            return Sent(state="failed", error=_SENT)
        answer = await self.client.ask(asked)
        if 200 <= answer.status <= 299:
            return Sent(state="sent")
        if not answer.status or answer.status in (408, 429) or answer.status >= 500:
            return Sent(state="later", error=answer.reason or f"{answer.status}")
        return Sent(state="failed", error=f"{_SENT} ({answer.status})")
