"""The Web API: finds the method, lets in who may, and answers in Slack's words; records every call."""

from typing import Any

from interfaces.testing.fakes.faults import Fault, Faults
from interfaces.testing.fakes.http import Answer, json_answer
from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.limits import POSTS, Throttle
from interfaces.testing.slack.methods.table import METHODS
from interfaces.testing.slack.parse import basic, bearer, parse
from interfaces.testing.slack.state import Token
from interfaces.testing.slack.world import World

__all__ = ["WebApi"]

PAGE = b"<!DOCTYPE html><html><body>Slack is having trouble</body></html>"
"""What stands in place of JSON when a server of Slack's is down."""


class WebApi:
    """Answers calls; ``calls`` has all of them, oldest first, refused ones too."""

    def __init__(self, world: World, faults: Faults, throttle: Throttle | None) -> None:
        self.world = world
        self.faults = faults
        self.throttle = throttle
        self.calls: list[Call] = []

    def __repr__(self) -> str:
        return f"WebApi({len(self.calls)} calls)"

    async def answer(self, name: str, query: bytes, headers: dict[str, str], body: bytes) -> Answer | None:
        """The answer to one request; None: break the connection."""
        call = Call(method=name, args={}, at=self.world.clock.time(), basic=basic(headers))
        self.calls.append(call)
        self.world.settle()
        try:
            call.args = parse(query, headers, body)
            call.token = bearer(headers) or str(call.args.pop("token", ""))
        except SlackRefused as refused:
            return self._said(call, json_answer(refused.answer), refused.answer)
        fault = self.faults.take(name)
        if fault is not None and fault.delay:
            await self.world.clock.sleep(fault.delay)
        if fault is None or not fault.fails:
            return self._do(call)
        if fault.after:
            self._do(call)
        return self._failed(call, fault)

    def _do(self, call: Call) -> Answer:
        method = METHODS.get(call.method)
        try:
            if method is None:
                raise SlackRefused("unknown_method", req_method=call.method)
            self._let_in(call, method)
            seconds = self._limited(call, method)
            if seconds:
                said = {"ok": False, "error": "ratelimited"}
                return self._said(call, json_answer(said, 429, {"Retry-After": str(seconds)}), said)
            said = {"ok": True, **method.do(self.world, call)}
        except SlackRefused as refused:
            said = refused.answer
        headers: dict[str, str] = {}
        if call.who is not None:
            headers["X-OAuth-Scopes"] = ",".join(call.who.scopes)
        if method is not None and method.scope:
            headers["X-Accepted-OAuth-Scopes"] = method.scope
        return self._said(call, json_answer(said, headers=headers), said)

    def _let_in(self, call: Call, method: Method) -> None:
        if not method.kinds:
            return
        if not call.token:
            raise SlackRefused("not_authed")
        token = self.world.tokens.get(call.token)
        if token is None:
            raise SlackRefused("invalid_auth")
        self._check(token, method)
        call.who = token  # also of who lacks the scope: the answer's headers say which there are
        if method.scope and token.scopes and method.scope not in token.scopes:
            raise SlackRefused("missing_scope", needed=method.scope, provided=",".join(token.scopes))

    def _check(self, token: Token, method: Method) -> None:
        if token.revoked:
            raise SlackRefused("token_revoked")
        if token.expires_at is not None and token.expires_at <= self.world.clock.time():
            raise SlackRefused("token_expired")
        if token.kind not in method.kinds:
            raise SlackRefused("not_allowed_token_type")

    def _limited(self, call: Call, method: Method) -> int:
        if self.throttle is None:
            return 0
        now = self.world.clock.time()
        seconds = self.throttle.wait(call.method, method.tier, call.token, now)
        if seconds or call.method not in POSTS or call.who is None:
            return seconds
        try:
            channel = self.world.channel(call.args.get("channel"), call.who)
        except SlackRefused:
            return 0  # the method says it
        return self.throttle.wait_to_post(call.method, channel.id, channel.team_id, now)

    def _failed(self, call: Call, fault: Fault) -> Answer | None:
        call.status, call.answer = fault.status, {}
        if fault.close:
            call.status = 0
            return None
        if fault.status == 429:
            said: dict[str, Any] = {"ok": False, "error": "ratelimited"}
            return self._said(call, json_answer(said, 429, {"Retry-After": str(fault.retry_after)}), said)
        if fault.garbage:
            return Answer(body=fault.garbage)
        if fault.error:
            said = {"ok": False, "error": fault.error}
            return self._said(call, json_answer(said, fault.status), said)
        return Answer(status=fault.status, body=PAGE, kind="text/html; charset=utf-8")

    @staticmethod
    def _said(call: Call, answer: Answer, said: dict[str, Any]) -> Answer:
        call.status, call.answer = answer.status, said
        return answer
