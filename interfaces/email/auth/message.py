"""A message as checks look at it: its fields as they came, and the digests of its body, made once and off the loop."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import IO, Any

from interfaces.email.auth.canonical import Body, Field, fields

__all__ = ["Digests", "Message"]

PIECE = 65_536
"""Bytes of a body that are read at once: between two pieces the event loop has its turn."""
LARGEST = 262_144
"""Bytes of a header; what signs a larger one is not looked at."""

Digests = dict[bool, tuple[bytes, int]]
"""Digest and size of the canonical form of a body, by whether it is relaxed."""


@dataclass(slots=True)
class Message:
    """``header`` without what we have put in front; the file that ``opened`` gives has the body from ``start`` on."""

    header: list[Field]
    opened: Callable[[], IO[bytes]]
    start: int
    too_large: bool = False
    small: bool = False
    """What it costs to look at is less than to have another thread do it."""

    @classmethod
    def of(
        cls, head: bytes, opened: Callable[[], IO[bytes]], *, own: int = 0, size: int = LARGEST
    ) -> "Message":
        """``head``: the bytes up to the body; ``own``: how many fields at its beginning are ours; ``size``: of all."""
        if len(head) > LARGEST:
            return cls([], opened, len(head), too_large=True)
        return cls(fields(head)[own:], opened, len(head), small=size <= PIECE)

    def named(self, name: bytes) -> list[Field]:
        """The fields of that name, in lower case."""
        return [one for one in self.header if one[0] == name]

    async def digests(self, kinds: Collection[bool]) -> Digests:
        """The digests of the body for each of ``kinds``: relaxed, or not. OSError when it cannot be read."""
        if not kinds:
            return {}
        found: Digests = await self.work(self._digests, set(kinds))
        return found

    async def work(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """Do what takes as long as the message is large: outside the event loop, unless it is small."""
        return do(*arguments) if self.small else await asyncio.to_thread(do, *arguments)

    def _digests(self, kinds: Iterable[bool]) -> Digests:
        bodies = {kind: Body(relaxed=kind) for kind in kinds}
        with self.opened() as file:
            file.seek(self.start)
            while piece := file.read(PIECE):
                for body in bodies.values():
                    body.add(piece)
        return {kind: (body.digest(), body.size) for kind, body in bodies.items()}


def value(one: Field) -> str:
    """What a field says, folded as it came."""
    return one[1].partition(b":")[2].decode("utf-8", "replace")
