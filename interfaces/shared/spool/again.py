"""What somebody wants to be tried again: letters in ``DIR/again`` are put into their spool as if they were new."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

import msgspec

from interfaces.shared.spool import letters

__all__ = ["Putting", "put_again"]

log = logging.getLogger("interfaces.spool")


class Putting(Protocol):
    """The ``put`` of a spool."""

    def __call__(
        self, head: bytes, content: bytes, then: Callable[[bool], None], /, *, conversation: str | None,
        source: int, size: int,
    ) -> bool:  # fmt: skip
        """Keep a message."""
        ...


async def put_again(folder: Path, put: Putting) -> None:
    """Put each letter of ``folder`` that can be read, and remove it once it is kept; those without room stay."""
    for name in await asyncio.to_thread(lambda: list(letters.names(folder))):
        try:
            await _put(folder, name, put)
        except (OSError, msgspec.MsgspecError) as error:
            log.error("%s: %s cannot be tried again: %s", folder, name, error)  # noqa: TRY400


async def _put(folder: Path, name: str, put: Putting) -> None:
    letter, content = await asyncio.to_thread(letters.read, folder, name)
    kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    with content.open("rb") if content is not None else nullcontext() as file:
        source = file.fileno() if file is not None else -1
        if not put(letter.head, letter.content, kept.set_result, conversation=letter.conversation,
                   source=source, size=letter.size):  # fmt: skip
            return
        if await asyncio.shield(kept):
            await asyncio.to_thread(letters.remove, folder, name)
