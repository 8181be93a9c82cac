"""A durable queue of messages that were acknowledged, and that an application is still to hear of."""

from secrets import token_hex
from typing import Any

from interfaces.layers.base import ChannelFull
from interfaces.layers.durable import Terms
from interfaces.layers.outgoing import DurableStore
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["KeptStore"]


class KeptStore(DurableStore):
    """The store of a :class:`interfaces.shared.accepted.Accepted`: all containers of the layer share it."""

    async def keep(self, message: dict[str, Any], conversation: str | None, delay: float) -> None:
        """Keep it; it is not taken before ``delay`` seconds have passed. Raises Unavailable."""
        start = self._hub.node_of(self.channel).server_time() + delay if delay else 0.0
        terms = Terms(not_before=start)
        try:
            await self.queues.put(
                self.channel, message, id=token_hex(12), conversation=conversation, terms=terms
            )
        except (ChannelFull, ConfigError) as error:
            raise Unavailable(str(error)) from error
