"""The content of a message that is here whole, put into a body: checked as SMTP's, and a piece at a time.

Lines that end in LF alone, as files and providers have them, are made CRLF.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from interfaces.email.answers import verdict_of
from interfaces.email.body import Body
from interfaces.email.content import Content
from interfaces.email.service import Service
from interfaces.shared.delivery import Verdict

__all__ = ["PIECE", "filled"]

PIECE = 131_072
"""Bytes of a content that are looked at before others get their turn."""


async def filled(service: Service, body: Body, content: bytes | IO[bytes]) -> Verdict | None:
    """Put ``content`` into ``body``: the verdict when it cannot be taken; the body has been let go then. OSError."""
    limits = service.limits
    checked = Content(limits.max_size, limits.max_line, normalise=True)
    fault = b""
    try:
        async for piece, last in _pieces(content):
            checked.expect(len(piece), last=last)
            clean, _ = checked.chunk(piece, 0)
            fault = checked.fault or service.add(body, clean)
            if fault:
                break
    except BaseException:
        service.let_go(body)
        raise
    if fault:
        service.let_go(body)
    return verdict_of(fault) if fault else None


async def _pieces(content: bytes | IO[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """The content in pieces, and whether each is the last; between two of them others have their turn."""
    if isinstance(content, bytes):
        for at in range(0, len(content), PIECE):
            yield content[at : at + PIECE], at + PIECE >= len(content)
            await asyncio.sleep(0)
        return
    piece = await asyncio.to_thread(content.read, PIECE)
    while piece:
        following = await asyncio.to_thread(content.read, PIECE)
        yield piece, not following
        piece = following
