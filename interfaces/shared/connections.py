"""Django's database connections of this thread, which sync work may leave there.

Django is never imported here: whoever uses it has loaded it. Connections that a test lends to all threads
(``allow_thread_sharing``) are the test's own business.
"""

import sys
from collections.abc import Callable
from typing import Any, Literal, TypeVar

__all__ = ["close", "freshly", "left", "put_away"]

Result = TypeVar("Result")


def left() -> Literal["nothing", "connection", "transaction"]:
    """What is open here; autocommit that was turned off means a transaction, as ``atomic()`` does."""
    connections = _connections()
    for connection in connections:
        if connection.in_atomic_block or connection.autocommit != connection.settings_dict["AUTOCOMMIT"]:
            return "transaction"
    return "connection" if connections else "nothing"


def put_away() -> None:
    """Roll back what is open; close what is too old to stay (CONN_MAX_AGE), as Django does after a request."""
    for connection in _connections():
        if connection.in_atomic_block:
            connection.close()
            del sys.modules["django.db"].connections[connection.alias]
        connection.close_if_unusable_or_obsolete()


def close() -> None:
    """Close all."""
    for connection in _connections():
        connection.close()


def freshly(fn: Callable[..., Result], *args: Any) -> Result:
    """Call ``fn``; before and after close what is too old, as Django does around a request."""
    _close_old()
    try:
        return fn(*args)
    finally:
        _close_old()


def _close_old() -> None:
    for connection in _connections():
        connection.close_if_unusable_or_obsolete()


def _connections() -> list[Any]:
    """Those that are open. None while Django has no settings, or is just being imported by another thread."""
    connections = getattr(sys.modules.get("django.db"), "connections", None)
    if connections is None or not sys.modules["django.conf"].settings.configured:
        return []
    return [
        connection
        for connection in connections.all(initialized_only=True)
        if connection.connection is not None and not connection.allow_thread_sharing
    ]
