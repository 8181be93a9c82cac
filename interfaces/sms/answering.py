"""What the application answers a message with: in the provider's own answer while that is open, else sent."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.sms.providers.base import Reply
from interfaces.sms.words import reply_of

__all__ = ["MOST", "Answering"]

MOST = 10
"""Replies in one answer; further ones are sent."""
Post = Callable[[Event], Awaitable[Any]]


class Answering:
    """Takes what the application of one message sends. ``send`` puts a message on its way; None: nobody sends.

    ``open``: whether the provider's answer takes replies; a message that comes again is answered by sending, so that
    its ``dedupe_key`` tells what was sent before.
    """

    def __init__(self, event: Mapping[str, Any], account: str, send: Post | None, *, open: bool) -> None:
        self.event = event
        self.account = account
        self.open = open and event["type"] == "sms.receive"
        self._kept: list[tuple[int, Reply]] = []
        """What stands in the answer, each with its number."""
        self._send = send
        self._number = 0

    async def __call__(self, event: Event) -> Any:
        """An sms.send, sms.reply or sms.cancel. ApplicationError; Unavailable."""
        if event["type"] != "sms.reply":
            return await self._sent(event)
        if self.event["type"] != "sms.receive":
            raise ApplicationError("sms.reply answers a message, and this is a receipt: use sms.send")
        reply = reply_of(event)
        self._number += 1  # of all, since those that come again are all sent, by the same numbers
        first = self.event["attempt"] == 1
        if self.open and first and not event.get("id") and len(self._kept) < MOST:
            self._kept.append((self._number, reply))
            return None
        return await self._sent(self._message(event, reply, self._number))

    @property
    def replies(self) -> list[Reply]:
        """What stands in the answer."""
        return [reply for _, reply in self._kept]

    def _message(self, event: Mapping[str, Any], reply: Reply, number: int) -> Event:
        """A reply as a message of its own, which is sent once however often the event comes."""
        made: dict[str, Any] = {
            "type": "sms.send",
            "to_address": self.event["from_address"],
            "from_address": self.event["to_address"],
            "account": self.account,
            "urgent": True,  # who has just written is awake
            "dedupe_key": f"{self.event['dedupe_key']} reply {number}",
        }
        if self.event.get("keyword"):  # they may be told that nothing more comes
            made["ignore_opt_out"] = True
        if reply.text:
            made["text"] = reply.text
        if reply.media:
            made["media"] = list(reply.media)
        return {**made, **{key: event[key] for key in ("id", "dedupe_key") if event.get(key)}}

    async def _sent(self, event: Event) -> Any:
        if self._send is None:
            raise ApplicationError(
                f"{event['type']}: nobody sends short messages here; give an account, or a --layer where a sender is"
            )
        return await self._send(self._ours(event))

    def _ours(self, event: Event) -> Event:
        """An sms.send with our number of this scope, unless it says another, or which account sends it."""
        ours = self.event["to_address" if self.event["type"] == "sms.receive" else "from_address"]
        if event["type"] != "sms.send" or event.get("from_address") or event.get("account") or not ours:
            return event
        return {**event, "from_address": ours}

    def closed(self) -> list[Reply]:
        """The answer leaves now: what stands in it. What comes later is sent."""
        self.open = False
        return self.replies

    async def spilled(self) -> None:
        """The answer carries nothing: what was to stand in it is sent."""
        self.open = False
        kept, self._kept = self._kept, []
        for number, reply in kept:
            await self._sent(self._message({}, reply, number))
