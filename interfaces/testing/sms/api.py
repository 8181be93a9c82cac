"""The fake's API: ``POST /messages``, ``GET`` and ``DELETE /messages/ID``, ``GET /media/N``; every call is kept."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from interfaces.testing.fakes.faults import Fault
from interfaces.testing.fakes.http import Answer, json_answer
from interfaces.testing.sms.limits import Throttle
from interfaces.testing.sms.network import Network
from interfaces.testing.sms.records import Message

__all__ = ["Api", "Call"]

PAGE = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
"""What stands in place of JSON when a server is down."""


@dataclass(slots=True, kw_only=True)
class Call:
    """What was asked, and what was answered."""

    name: str
    """send, look, cancel or media."""
    args: dict[str, Any]
    at: float
    """Unix seconds of the fake's clock."""
    key: str = ""
    """Its Idempotency-Key."""
    status: int = 0
    """Of the answer; 0: the connection was closed without one."""
    answer: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """Answer with this status and word."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = json_answer({"error": error, **more}, status)


class Api:
    """Answers calls; ``calls`` has all of them, oldest first, refused ones too."""

    def __init__(self, network: Network, secret: str, throttle: Throttle | None) -> None:
        self.network = network
        self.secret = secret
        self.throttle = throttle
        self.calls: list[Call] = []
        self.blocked: set[str] = set()
        """Phones whose owners have said STOP to the provider itself: 403, blocked."""
        self.honours_keys = True
        """Whether a repeat is known by its Idempotency-Key."""
        self._by_key: dict[str, Answer] = {}

    async def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """The answer to one request; None: break the connection."""
        kind, _, name = path.strip("/").partition("/")
        doing = {"GET": "look" if kind == "messages" else "media", "POST": "send", "DELETE": "cancel"}.get(
            method, ""
        )
        call = Call(name=doing, args={}, at=self.network.clock.time(), key=headers.get("idempotency-key", ""))
        self.calls.append(call)
        fault = self.network.faults.take(doing)
        if fault is not None and fault.delay:
            await self.network.clock.sleep(fault.delay)
        if fault is not None and fault.fails and not fault.after:
            return self._failed(call, fault)
        try:
            answer = await self._do(call, kind, name, headers, body)
        except Refused as refused:
            answer = refused.answer
        call.status = answer.status
        if answer.kind.startswith("application/json"):
            call.answer = json.loads(answer.body)
        return self._failed(call, fault) if fault is not None and fault.fails else answer

    async def _do(self, call: Call, kind: str, name: str, headers: dict[str, str], body: bytes) -> Answer:
        if kind == "media" and call.name == "media":
            return self._media(name)
        if headers.get("authorization") != f"Bearer {self.secret}":
            raise Refused(401, "unauthorized")
        if kind != "messages" or not call.name:
            raise Refused(404, "not_found")
        if call.name == "send":
            return await self._send(call, body)
        message = self.network.sent.get(name)
        if message is None:
            raise Refused(404, "not_found")
        if call.name == "cancel":
            if message.state != "scheduled":
                raise Refused(409, "too_late", state=message.state)
            message.state = "cancelled"
        return json_answer({"id": message.id, "state": message.state})

    async def _send(self, call: Call, body: bytes) -> Answer:
        try:
            args: Any = json.loads(body)
        except ValueError:
            raise Refused(400, "invalid_json") from None
        call.args = args
        if self.honours_keys and call.key in self._by_key:
            return self._by_key[call.key]
        message = self._message(args)
        self._allowed(message)
        told = self.network.hand_over(message)
        answer = json_answer({"id": message.id, "segments": message.segments, "state": message.state}, 202)
        if call.key:
            self._by_key[call.key] = answer
        if told is not None and self.network.faults.lot(self.network.faults.early):
            await told
        return answer

    def _message(self, args: dict[str, Any]) -> Message:
        """Raises Refused for what cannot be sent."""
        to, sender = str(args.get("to", "")), str(args.get("from", ""))
        if not (to.startswith("+") and to[1:].isdigit() and 8 <= len(to) <= 16):
            raise Refused(400, "invalid_number")
        if sender not in self.network.numbers:
            raise Refused(400, "unknown_sender")
        if not (args.get("text") or args.get("data") or args.get("media")):
            raise Refused(400, "empty")
        if to in self.blocked:
            raise Refused(403, "blocked")
        return Message(
            id="", sender=sender, recipient=to, text=args.get("text", ""), reference=args.get("id", ""),
            data=base64.b64decode(args.get("data", "")), encoding=args.get("encoding", ""),
            segments=args.get("segments", 1), media=tuple(args.get("media", ())), at=self.network.clock.time(),
            schedule_at=args.get("schedule_at", 0.0), validity=args.get("validity", 0.0),
            receipts=args.get("status", False), status_url=args.get("status_url", ""),
        )  # fmt: skip

    def _allowed(self, message: Message) -> None:
        """Give it its id. Raises Refused with 429 when that is too much."""
        if self.throttle is not None:
            whose, seconds = self.throttle.wait(message.sender, message.segments, message.at)
            if seconds:
                raise Limited(whose, seconds)
        message.id = self.network.id("FM")

    def _media(self, name: str) -> Answer:
        for url, (content, kind) in self.network.stored.items():
            if url.endswith(f"/media/{name}"):
                return Answer(body=content, kind=kind)
        raise Refused(404, "not_found")

    @staticmethod
    def _failed(call: Call, fault: Fault) -> Answer | None:
        call.status, call.answer = fault.status, {}
        if fault.close:
            call.status = 0
            return None
        if fault.garbage:
            return Answer(body=fault.garbage, status=fault.status)
        if fault.status == 429:
            said = {"error": fault.error or "rate_limited", "scope": "account"}
            return json_answer(said, 429, {"Retry-After": str(fault.retry_after)})
        if fault.error:
            return json_answer({"error": fault.error}, fault.status)
        return Answer(status=fault.status, body=PAGE, kind="text/html; charset=utf-8")


class Limited(Refused):
    """429: the sender, or the account, is to wait."""

    def __init__(self, whose: str, seconds: int) -> None:
        super().__init__(429, "rate_limited")
        scope = "account" if whose == "account" else "sender"
        said = {"error": "rate_limited", "scope": scope}
        self.answer = json_answer(said, 429, {"Retry-After": str(seconds)})
