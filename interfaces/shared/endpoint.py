"""Twisted, where somebody asks for it: endpoint strings that no native listener knows, and its reactor.

``haproxy:tcp:8000``, ``onion:…``, and every other kind that Twisted or one of its plug-ins parses. Such an
endpoint listens, accepts and speaks TLS by itself; our protocols get a transport in place of asyncio's.
Twisted is the extra ``twisted``, and is not imported before one of these functions is called.
"""

import asyncio
from typing import Any

from interfaces.shared.accept import Terms
from interfaces.shared.bind import Bind
from interfaces.shared.errors import ConfigError

__all__ = ["known_endpoint", "open_endpoint", "reactor"]


def reactor(loop: asyncio.AbstractEventLoop) -> Any:
    """Twisted's reactor on ``loop``: installed and started when it is first asked for, ended with the loop.

    A plug-in of Twisted's calls this before it imports ``twisted.internet.reactor``. An asyncio reactor that
    runs on ``loop`` already is given back. The loop has to end as asyncio.run() ends it, by cancelling its
    tasks. Raises ConfigError without the extra ``twisted``, and when a reactor runs elsewhere.
    """
    return _bridge().reactor_on(loop)


async def open_endpoint(bind: Bind, terms: Terms) -> Any:
    """Listen on what ``bind`` describes: a door with ``address``, ``close()`` and ``closed()``, accepting.

    Raises ConfigError when Twisted or the plug-in is missing, and for whatever the endpoint itself refuses.
    """
    try:
        return await _bridge().open_door(bind.path, terms)
    except ConfigError as error:
        raise ConfigError(f"bind {bind.text}: {error}") from error


async def known_endpoint(bind: Bind) -> None:
    """Parse what ``bind`` describes, and open nothing. Raises ConfigError as :func:`open_endpoint` does."""
    try:
        _bridge().parse(bind.path)
    except ConfigError as error:
        raise ConfigError(f"bind {bind.text}: {error}") from error


def _bridge() -> Any:
    try:
        from interfaces.shared import twisted_bridge  # noqa: PLC0415 - the extra [twisted]
    except ImportError as error:
        raise ConfigError("Twisted is needed: pip install 'asgi-interfaces[twisted]'") from error
    return twisted_bridge
