"""The fake provider: its network, its server, and what an app is given of it."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.sms.accounts import Account
from interfaces.testing.fakes.clock import Clock
from interfaces.testing.fakes.http import body_of, gone, headers_of, send_answer
from interfaces.testing.fakes.serving import Connections, serving
from interfaces.testing.sms.api import Api, Call
from interfaces.testing.sms.limits import Limits, Throttle
from interfaces.testing.sms.network import Network
from interfaces.testing.sms.records import Delivery, Message

__all__ = ["OURS", "SECRET", "FakeSms"]

OURS = "+41445556677"
"""The app's number, unless others are given."""
SECRET = "fake-sms-secret"  # noqa: S105 - it is none
"""Of the account, unless another is given."""
AT_ONCE = 100
"""Conversations in which texts are on their way together, where many are sent."""


class FakeSms(Network):
    """``async with FakeSms() as sms:`` serves a provider on 127.0.0.1; ``sms.account()`` is the account at it.

    ``sms.webhook`` is set to where the app takes what it posts: "http://127.0.0.1:8001/sms/fake". It lives as long as
    a test, and forgets nothing: what was sent, posted and asked is kept to be looked at. ``limits`` turns rate limits
    on (a :class:`Limits`).

    ``scale`` (or a ``clock``): its seconds pass so many times as fast as real ones: those of limits and
    Retry-After, of repeats, schedules and validity. The 10 seconds that an app has to answer are real ones whatever
    the scale (``sms.poster.patience``); signatures have real time.
    """

    def __init__(
        self, *, numbers: tuple[str, ...] = (OURS,), secret: str = SECRET, limits: Limits | None = None,
        scale: float = 1.0, clock: Clock | None = None, port: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(secret, clock or Clock(scale), numbers)
        self.secret = secret
        """The API's token, and what is signed with."""
        self.throttle = Throttle(limits) if limits is not None else None
        self.api = Api(self, secret, self.throttle)
        self.api_url = ""
        """"http://127.0.0.1:PORT"."""
        self._connections = Connections()
        self._port = port
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"FakeSms({self.api_url or 'not entered'}, {len(self.sent)} messages)"

    async def __aenter__(self) -> Self:
        address = await self._stack.enter_async_context(serving(self, self._connections, self._port, 20.0))
        self.api_url = f"http://{address.host}:{address.port}"
        await self._stack.enter_async_context(self.poster)
        self._stack.push_async_callback(self.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        body = await body_of(receive)
        answer = await self.api.answer(scope["method"], scope["path"], headers_of(scope), body)
        try:
            if answer is None:
                self._connections.cut(scope["client"])
                await gone(receive)
            else:
                await send_answer(send, answer)
        except OSError:  # who asked has gone
            pass

    def account(self, **more: Any) -> Account:
        """The account at it, for :class:`interfaces.sms.options.SmsOptions`; ``more`` of its fields as wanted."""
        return Account(**{**self._said, **more})

    @property
    def variables(self) -> dict[str, str]:
        """The account as the environment of ``interfaces serve sms`` has it."""
        return {"INTERFACES_SMS_ACCOUNTS": json.dumps([self._said])}

    @property
    def _said(self) -> dict[str, Any]:
        return {
            "provider": "fake",
            "secret": self.secret,
            "api_url": self.api_url,
            "numbers": self.numbers,
            "rate": 0.0,
        }

    @property
    def calls(self) -> list[Call]:
        """All calls of the API, oldest first."""
        return self.api.calls

    @property
    def limited(self) -> dict[str, int]:
        """Sender, or "account" → how often it was answered with 429 by a limit."""
        return dict(self.throttle.limited) if self.throttle else {}

    @property
    def receipts(self) -> list[Delivery]:
        """Receipts that were posted, oldest first."""
        return [one for one in self.deliveries if one.kind == "receipt"]

    @property
    def messages(self) -> list[Message]:
        """What was handed over, oldest first."""
        return list(self.sent.values())

    def store(self, content: bytes, content_type: str = "image/jpeg") -> str:
        """Have something to be attached to a text: its URL."""
        url = f"{self.api_url}/media/{len(self.stored) + 1}"
        self.stored[url] = content, content_type
        return url

    async def pour(
        self, texts: Iterable[tuple[str, str]], *, to: str = "", at_once: int = AT_ONCE
    ) -> list[Delivery]:
        """Send many (number of a phone, text); each phone's one after the other, as people do. In the order given.

        ``at_once``: phones that text side by side.
        """
        rows = [(number, self.phone(number).row(text, to=to)) for number, text in texts]
        lines: dict[str, list[int]] = {}
        for at, (number, _) in enumerate(rows):
            lines.setdefault(number, []).append(at)
        left = iter(lines.items())
        done: list[Delivery | None] = [None] * len(rows)

        async def work() -> None:
            for number, places in left:
                phone = self.phone(number)
                for at in places:
                    done[at] = await self.post_text(phone, rows[at][1])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(lines))):
                group.create_task(work())
        return [one for one in done if one is not None]
