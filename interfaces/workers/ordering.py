"""Order within a connection, and events that have to wait.

Here one event of a connection is handled at a time, in the order in which they came, wherever they are handled; the
next one sees what the last one left in the session. So both levels of order that 2016 offered, for a price, hold for
every consumer. Two things differ from a stack of locks: an event whose worker died is handled again, before any later
one; and what others send to the application's own channels comes side by side, in no order.
"""

from collections.abc import Callable
from typing import Any

from interfaces.workers.calling import Consumer, wrapped
from interfaces.workers.message import Message
from interfaces.workers.outcome import ConsumeLater, DenyConnection

__all__ = ["ConsumeLater", "DenyConnection", "enforce_ordering"]


def enforce_ordering(consumer: Consumer | None = None, slight: bool = False) -> Any:
    """Say that the consumer relies on order: with ``slight`` that ``connect`` came first, else on all of it.

    Both hold anyway. ValueError for a message that is none of a connection's, and so has no ``order``.
    """

    def decorate(function: Consumer) -> Consumer:
        return wrapped(function, _ordered, blocks=False)

    decorator: Callable[[Consumer], Consumer] = decorate
    return decorator if consumer is None else decorate(consumer)


def _ordered(message: Message) -> None:
    if "order" not in message:
        raise ValueError(f"{message!r} has no order: enforce_ordering is for events of a connection")
