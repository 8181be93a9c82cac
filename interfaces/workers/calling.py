"""How consumers are called: coroutine functions in the event loop, plain ones on the strand of their scope."""

import functools
from collections.abc import Callable, Mapping
from inspect import isawaitable, iscoroutinefunction
from typing import Any, TypeVar

from interfaces.shared.strand import current
from interfaces.workers.message import Message

__all__ = ["Consumer", "blocking", "call", "is_async", "wrapped"]

Result = TypeVar("Result")
Consumer = Callable[..., Any]
"""Takes a message, and the named groups of its route's filters as keywords."""


def is_async(consumer: Any) -> bool:
    """Whether calling it gives a coroutine."""
    return iscoroutinefunction(consumer) or iscoroutinefunction(getattr(consumer, "__call__", None))  # noqa: B004


async def blocking(function: Callable[..., Result], *args: Any) -> Result:
    """Call ``function`` on the strand of the scope in whose context this runs."""
    strand = current()
    borrowed = current() is strand  # outside a scope each call gets another, which nobody else will close
    try:
        return await strand.run(function, *args)
    finally:
        if not borrowed:
            strand.close()


async def call(consumer: Consumer, message: Message, kwargs: Mapping[str, Any]) -> None:
    """Run it to its end."""
    if is_async(consumer):
        await consumer(message, **kwargs)
        return
    result = await blocking(functools.partial(consumer, message, **kwargs))
    if isawaitable(result):  # a coroutine function in disguise: decorated by somebody else
        await result


def _nothing() -> None:
    """What most preparations leave to be done afterwards."""


def wrapped(
    consumer: Consumer, prepare: Callable[[Message], Callable[[], None] | None], blocks: bool
) -> Consumer:
    """``consumer`` with ``prepare(message)`` before it and what that returns after it, unless it raised.

    ``blocks`` says that both may; an async consumer then leaves them to the strand. A method may be given too.
    """
    if not is_async(consumer):

        @functools.wraps(consumer)
        def plain(*args: Any, **kwargs: Any) -> Any:
            finish = prepare(_message(args)) or _nothing
            result = consumer(*args, **kwargs)
            finish()
            return result

        return plain

    @functools.wraps(consumer)
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        message = _message(args)
        finish = (await blocking(prepare, message) if blocks else prepare(message)) or _nothing
        result = await consumer(*args, **kwargs)
        if blocks and finish is not _nothing:
            await blocking(finish)
        else:
            finish()
        return result

    return coroutine


def _message(args: tuple[Any, ...]) -> Message:
    for arg in args[:2]:
        if isinstance(arg, Message):
            return arg
    raise ValueError("the decorated consumer was called without a Message")
