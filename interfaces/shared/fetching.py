"""Small things fetched by https, from addresses that a provider's file has checked."""

import asyncio
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from interfaces.shared.errors import Unavailable

__all__ = ["fetch"]

LARGEST = 65_536
"""Bytes that are read."""
TIMEOUT = 10.0
"""Seconds for each step of it."""


class _Stay(HTTPRedirectHandler):
    """Follows nobody anywhere else."""

    def redirect_request(self, *_arguments: Any) -> None:
        """No request: the redirection is an error."""
        return


def _fetched(url: str) -> bytes:
    request = Request(url, headers={"User-Agent": "asgi-interfaces"})  # noqa: S310 - https alone comes here
    with build_opener(_Stay()).open(request, timeout=TIMEOUT) as answer:
        found: bytes = answer.read(LARGEST + 1)
    return found


async def fetch(url: str) -> bytes:
    """What is at ``url``, read in a thread. Raises Unavailable when it cannot be had."""
    if not url.startswith("https://"):
        raise Unavailable(f"{url}: only https is fetched")
    try:
        found = await asyncio.to_thread(_fetched, url)
    except HTTPError as error:
        error.close()
        raise Unavailable(f"{url}: {error.code}") from error
    except OSError as error:
        raise Unavailable(f"{url}: {error}") from error
    if len(found) > LARGEST:
        raise Unavailable(f"{url}: more than {LARGEST} bytes")
    return found
