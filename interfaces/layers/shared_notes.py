"""Short texts that all containers of a broker remember for a while."""

from typing import Any

from redis.exceptions import ResponseError

from interfaces.layers.frames import opened, sealed
from interfaces.layers.hub import Hub
from interfaces.shared.errors import Unavailable

__all__ = ["SharedNotes"]


class SharedNotes:
    """The :class:`interfaces.layers.notes.Notes` at the brokers of a started hub; sealed where the layer has keys."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rules = hub.queues.rules

    def __repr__(self) -> str:
        return f"<SharedNotes of {self._hub!r}>"

    async def put(self, key: str, text: str, keep: float) -> None:
        """As the protocol says."""
        name = self._name(key)
        data = sealed(self._rules.cipher, name.encode(), text.encode("utf-8", "surrogatepass"))
        await self._call(key, "SET", name, data, "PX", max(1, int(keep * 1000)))

    async def get(self, key: str) -> str | None:
        """As the protocol says; what another key has sealed is nothing."""
        name = self._name(key)
        data = await self._call(key, "GET", name)
        plain = None if data is None else opened(self._rules.cipher, name.encode(), data)
        return None if plain is None else bytes(plain).decode("utf-8", "surrogatepass")

    def _name(self, key: str) -> str:
        return f"{self._rules.prefix}:Qn:{key}"

    async def _call(self, key: str, *words: Any) -> Any:
        try:
            return await self._hub.node_of(key).call(*words)
        except ResponseError as error:
            raise Unavailable(f"the broker refuses: {error}") from error
