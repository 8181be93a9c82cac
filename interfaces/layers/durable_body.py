"""What lies in the broker of an item: pure."""

from typing import Any, Self

import msgspec

from interfaces.layers.base import copied
from interfaces.layers.frames import Cipher, encode, opened, sealed

__all__ = ["Body"]


class Body(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An item's message and what does not change about it. ``put_at`` is the broker's time, Unix seconds."""

    message: dict[str, Any]
    dedupe_key: str
    conversation: str | None
    put_at: float

    def sealed(self, cipher: Cipher | None, key: str) -> bytes:
        """For the broker, bound to the key it lies under. TypeError for what no layer would take, ValueError."""
        plain = msgspec.structs.replace(self, message=copied(self.message))
        return sealed(cipher, key.encode(), encode(plain))

    @classmethod
    def opened(cls, cipher: Cipher | None, key: str, data: bytes) -> Self | None:
        """What was sealed; None when it was not with a key of ours, or is damaged."""
        plain = opened(cipher, key.encode(), data)
        try:
            return None if plain is None else msgspec.msgpack.decode(plain, type=cls)
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError):
            return None
