"""What communicators of deliveries share."""

import asyncio
from functools import partial
from typing import Any

import pytest

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Delivery, Verdict
from interfaces.shared.errors import ApplicationError
from interfaces.testing.deliveries import decided, posting

WORDS: Any = {"chat.defer": lambda _event: DEFERRED}


def verdict(app: Application, timeout: float = 5.0) -> Verdict:
    """Of one call."""
    return asyncio.run(decided(partial(Delivery, app, {"type": "chat"}, WORDS), {"type": "chat.in"}, timeout))


def test_a_call_is_run_to_its_end() -> None:
    """One that asks for ever has accepted; one that says a word has decided."""

    async def loops(_scope: Scope, receive: Receive, _send: Send) -> None:
        while True:
            await receive()

    async def says(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "chat.defer"})

    assert verdict(loops) == ACCEPTED
    assert verdict(says) == DEFERRED


def test_what_it_raises_is_raised_and_what_hangs_is_ended() -> None:
    """A test sees its own error, and never waits for ever."""
    ended = []

    async def raises(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    async def hangs(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    with pytest.raises(ZeroDivisionError):
        verdict(raises)
    with pytest.raises(TimeoutError, match="did not end"):
        verdict(hangs, 0.01)
    assert ended == [1]


def test_what_is_sent_is_checked_and_kept() -> None:
    """As a sender would take it; the result is given where one is waited for."""
    sent: list[Event] = []

    def check(message: Event) -> None:
        if "text" not in message:
            raise ApplicationError("it has no text")

    async def main() -> None:
        post = posting(
            sent, check, lambda event, number: {"type": "chat.result", "id": event["id"], "n": number}
        )
        assert await post({"type": "chat.send", "text": "a"}) is None
        assert await post({"type": "chat.send", "text": "b", "id": "1", "reply_channel": "c"}) is None
        result = await post({"type": "chat.send", "text": "c", "id": "2"})
        assert await result == {"type": "chat.result", "id": "2", "n": 3}
        with pytest.raises(ApplicationError, match="no text"):
            await post({"type": "chat.send"})
        with pytest.raises(ApplicationError, match=r"chat\.send"):
            await post({"type": "chat.send", "text": object()})

    asyncio.run(main())
    assert [one["text"] for one in sent] == ["a", "b", "c"]
