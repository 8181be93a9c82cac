"""What communicators of deliveries share: a call of the application to its end, and what it sends meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

from interfaces.layers.base import Message, copied
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import ACCEPTED, Delivery, Verdict
from interfaces.shared.errors import ApplicationError

__all__ = ["decided", "posting"]


async def decided(make: Callable[[Callable[[Any], None]], Delivery], event: Event, timeout: float) -> Verdict:
    """The verdict on ``event``, of the call that ``make(on_end)`` gives; TimeoutError; what the application raised."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Verdict] = loop.create_future()

    def end(_session: Any) -> None:
        if not ended.done():  # as it is now: who is released is cancelled after that
            ended.set_result(call.outcome(ACCEPTED))

    call = make(end)
    call.start(loop)
    call.last(event)
    await asyncio.wait({ended}, timeout=timeout)
    late = not ended.done()
    await call.wait(0.0 if late else timeout)
    if late:
        raise TimeoutError(f"{call!r} did not end")
    if call.error is not None:
        raise call.error
    return ended.result()


def posting(
    sent: list[Event], check: Callable[[Message], object], result: Callable[[Event, int], Event]
) -> Callable[[Event], Any]:
    """A ``post`` of a call: what ``check`` lets pass is in ``sent``, and has its result where it has an id."""

    async def post(event: Event) -> Any:
        try:
            message = copied(dict(event))
        except TypeError as error:
            raise ApplicationError(f"{event['type']}: {error}") from None
        check(message)
        sent.append(message)
        if not event.get("id") or event.get("reply_channel"):
            return None
        return asyncio.ensure_future(_given(result(event, len(sent))))

    return post


async def _given(event: Event) -> Event:
    return event
