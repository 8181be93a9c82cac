"""What a log line says of where it belongs: the id of its scope, the key of its message, its trace.

A scope gets its id when somebody first asks for it: a process that logs nothing of a request makes none for it. No
context variable is looked at, since whoever logs has the scope in hand.
"""

import os
from collections.abc import Mapping, MutableMapping
from itertools import count
from secrets import token_hex
from typing import Any

from interfaces.shared.tracing import trace_id

__all__ = ["ID", "about", "scope_id"]

ID = "scope_id"
"""The key of a scope, and of what logs say of it: "3f09c2a1-1f", unlike that of any other scope of any process."""

_numbers = count(1)


class _Process:
    """What there is one of in a process."""

    name = token_hex(4)


def _renamed() -> None:
    """A process that was forked numbers its own scopes."""
    _Process.name = token_hex(4)


os.register_at_fork(after_in_child=_renamed)


def scope_id(scope: MutableMapping[str, Any]) -> str:
    """The id of ``scope``; that of the container where the scope comes from one."""
    found = scope.get(ID)
    if not isinstance(found, str):
        found = scope[ID] = f"{_Process.name}-{next(_numbers):x}"
    return found


def about(carrier: Mapping[str, Any], dedupe_key: object = "") -> dict[str, str]:
    """What logs say beside their message (``extra=``) of a scope, an event or a message; only what there is.

    ``dedupe_key``: of the scope's event, where the carrier is not that itself.
    """
    found = {
        ID: scope_id(carrier)
        if "asgi" in carrier and isinstance(carrier, MutableMapping)
        else carrier.get(ID),
        "dedupe_key": dedupe_key or carrier.get("dedupe_key"),
        "trace_id": trace_id(carrier),
    }
    return {name: str(value) for name, value in found.items() if value}
