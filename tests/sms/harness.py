"""A service of short messages without a network: its application, a provider of its own, what was sent and counted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.webhook import Answer, Request, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Read, Receipt, Reply, Sent, Wanted
from interfaces.sms.service import Service
from interfaces.sms.translate import Place
from interfaces.sms.webhook import Hooks
from interfaces.testing.recorder import Recorder

__all__ = ["NOW", "OURS", "THEIRS", "Desk", "Plain", "inbound"]

NOW = 1_700_000_000.0
OURS, THEIRS = "+41445556677", "+41790000001"
PLACE = Place(provider="plain", account="plain", transport="webhook", replies=True)


def inbound(text: str = "hi", **more: Any) -> Inbound:
    """A message of theirs."""
    return Inbound(**{"id": "m1", "sender": THEIRS, "recipient": OURS, "text": text, **more})


class Plain:
    """A provider whose requests are JSON, signed by the word "secret" in a header."""

    name = "plain"
    types = ("application/json",)
    patience = 5.0
    replies = True
    timed = True

    def read(self, request: Request, url: str, now: float) -> Read:
        """Messages, receipts, or what is wanted first."""
        if request.header(b"x-signature") != "secret":
            raise refusal(403, "Its signature is wrong")
        said = json.loads(request.body)
        self.url = url
        if "want" in said and not said.get("got"):
            return Wanted(said["want"])
        return [Receipt(**one) if "provider_id" in one else Inbound(**one) for one in said["messages"]]

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """It is there."""
        return Answer(200, f"{wanted.url}: {content.decode()}")

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """Texts, one a line."""
        return Answer(200, content=(b"text/x-replies", "\n".join(one.text for one in replies).encode()))

    def refused(self, status: int, text: str) -> Answer:
        """For good."""
        return Answer(status, text)

    def deferred(self) -> Answer:
        """Again."""
        return Answer(503, "Later")

    def ask(self, message: Outgoing) -> Asked:
        """Not asked here."""
        raise NotImplementedError

    def cancel(self, provider_id: str) -> Asked | None:
        """It cannot."""
        return None

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """Not asked here."""
        raise NotImplementedError


class Desk:
    """A service whose application is a Recorder with ``script``, unless ``app`` is given. ``sent``: what it sends."""

    def __init__(self, script: Any = None, *, app: Application | None = None, **options: Any) -> None:
        self.recorder = Recorder(script)
        self.context = Context(names=("sms",), state={"pool": 1})
        given = {"accounts": (Account(provider="generic", name="plain"),), "patience": 5.0, **options}
        self.options = SmsOptions(**given)
        self.dedupe = LocalDedupe()
        stores = (self.dedupe, Conversations())
        self.service = Service(app or self.recorder, self.options, self.context, stores, lambda: NOW)
        self.sent: list[dict[str, Any]] = []
        self.service.post = self._post
        self.provider = Plain()
        self.fetched: list[str] = []
        self.hooks = Hooks(self.service, [("plain", self.provider)], self._fetch)

    async def _post(self, event: Any) -> None:
        self.sent.append(dict(event))

    async def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return b"content"

    def counted(self, name: str) -> int:
        """How often, behind "sms."."""
        return int(self.context.telemetry.counts[f"sms.{name}"])

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events that the application got."""
        return [event for call in self.recorder.calls for event in call.events]

    async def take(self, found: Inbound | Receipt, place: Place = PLACE) -> Any:
        """The verdict, and what stands in the answer."""
        return await self.service.take(found, place)

    async def post(self, *messages: dict[str, Any], path: str = "/sms/plain", **more: Any) -> "Answered":
        """A request of the provider's; ``signature`` and ``headers`` may be said, and keys of its body."""
        headers = {"content-type": "application/json", "host": "me.example", **more.pop("headers", {})}
        headers["x-signature"] = more.pop("signature", "secret")
        body = json.dumps({"messages": messages, **more}).encode()
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"a=1", "client": ("10.0.0.1", 9),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "scheme": "https",
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        answered = Answered()
        await self.hooks(scope, receive, answered.send)
        return answered


class Answered:
    """What was answered."""

    status = 0
    headers: dict[bytes, bytes]
    body = b""

    async def send(self, event: Any) -> None:
        """ASGI's."""
        if event["type"] == "http.response.start":
            self.status, self.headers = event["status"], dict(event["headers"])
        else:
            self.body += event.get("body", b"")
