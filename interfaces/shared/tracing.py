"""One trace over processes: the W3C ``traceparent`` in scopes and in messages, and who makes spans of it.

Nothing here knows OpenTelemetry. While nobody traces, which is the default, no tracer is installed and a message is
left as it is; :mod:`interfaces.runner.traced` installs one. Source: https://www.w3.org/TR/trace-context/ §3.2.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["KEY", "Tracer", "bare", "install", "parent_of", "stamped", "trace_id", "tracer"]

KEY = "traceparent"
"""Of a scope, and of a message to a channel that is taken up elsewhere: what the next span continues."""
_VALID = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
LONGEST = 256
"""Characters of a traceparent; this version has 55, a later one may have more."""

Ended = Callable[[str, str], None]
"""Takes the state of an attempt ("sent", "later" …) and its reason."""


class Tracer(Protocol):
    """Who makes spans."""

    def current(self) -> str:
        """The traceparent of the span that runs here, or ""."""
        ...

    def sending(self, way: str, parent: str, facts: Mapping[str, Any]) -> AbstractContextManager[Ended]:
        """A span around one attempt to send by ``way``, which continues ``parent``."""
        ...


class _Process:
    """What there is one of in a process."""

    tracer: Tracer | None = None


def install(tracer: Tracer | None) -> None:
    """Trace in this process from now on, or, with None, no more."""
    _Process.tracer = tracer


def tracer() -> Tracer | None:
    """Who makes spans in this process; None while nobody does."""
    return _Process.tracer


def stamped(message: dict[str, Any]) -> dict[str, Any]:
    """``message`` with the traceparent of what sends it; the same where nothing is traced, or it has one."""
    found = _Process.tracer
    if found is None or KEY in message:
        return message
    parent = found.current()
    return {**message, KEY: parent} if parent else message


def bare(message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """``message`` as its protocol knows it."""
    if KEY not in message:
        return message
    return {name: value for name, value in message.items() if name != KEY}


def parent_of(carrier: Mapping[str, Any]) -> str:
    """The traceparent of a scope or message; "" for none, and for what is none."""
    found = carrier.get(KEY)
    return found if isinstance(found, str) and len(found) <= LONGEST and _VALID.fullmatch(found) else ""


def trace_id(carrier: Mapping[str, Any]) -> str:
    """The 32 hexadecimal digits of the trace that a scope or message is of, or ""."""
    return parent_of(carrier)[3:35]
