"""The content of a message for an application: ``parsed(event)``, in a plain function, and ``await aparsed(event)``.

A consumer has ``self.parsed(message)``, which is both. It is made on demand, wherever the message is: in memory or,
when it is large, in a file, which is mapped and not read.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from interfaces.email.body import opened
from interfaces.email.mime import LIMITS, Limits, MimeError, Parsed
from interfaces.shared.errors import ApplicationError

__all__ = ["AT_ONCE", "aparsed", "parsed"]

AT_ONCE = 65_536
"""Bytes of a message that are taken apart on the event loop; a larger one is in a thread."""


def parsed(event: Mapping[str, Any], limits: Limits = LIMITS) -> Parsed:
    """The content of an ``email.receive``; MimeError for a message beyond the limits.

    In async code say :func:`aparsed`, as a large message takes its time. ApplicationError for a piece of a message.
    """
    if event.get("more_body") or (
        event.get("body_ref") is None and len(event["body"]) < event.get("size", 0)
    ):
        raise ApplicationError(
            "parsed: the message comes in pieces (--email-stream); collect them, and say Parsed.of(content)"
        )
    with opened(event) as file:
        return Parsed.of(file, limits)


async def aparsed(event: Mapping[str, Any], limits: Limits = LIMITS) -> Parsed:
    """As :func:`parsed`, a large message in a thread, with its texts read there as well."""
    if event.get("size", 0) <= AT_ONCE:
        return parsed(event, limits)
    return await asyncio.to_thread(_read, event, limits)


def _read(event: Mapping[str, Any], limits: Limits) -> Parsed:
    found = parsed(event, limits)
    with suppress(MimeError):  # whoever asks for a text hears of it then
        _ = found.html, found.reply_text
    return found
