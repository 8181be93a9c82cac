"""How a message is sent to Slack: one attempt for an outbox, which is one call, or one part of a long text.

What was posted of a text in parts is told as ``parts``, so that the next attempt goes on behind it. What may be
repeated is not written down as begun: a process that dies meanwhile costs nothing but the repeat.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.sendings import Sending, Tried
from interfaces.slack.installations.base import Installations
from interfaces.slack.sending.answers import Answer, Outcome, outcome
from interfaces.slack.sending.calls import Call, calls_of, method_of
from interfaces.slack.sending.client import Client

__all__ = ["CHANNEL", "RESPONSE", "TRIGGER", "SlackWay", "as_said", "wide"]

CHANNEL = "slack.send"
TRIGGER = 3.0
"""Seconds from when a message is put, in which what needs a trigger_id can be done."""
RESPONSE = 2**20
"""Octets of Slack's answer, as JSON, that a result can have."""
_UNKNOWN = "its sender ended before it was known what became of it"
_STATUS: Mapping[str, str] = {
    "sent": "sent", "later": "deferred", "failed": "failed", "uncertain": "uncertain",
}  # fmt: skip


def wide(place: str) -> str:
    """The wider place of one: all channels of a workspace, for one method."""
    return place.rpartition("/")[0]


def as_said(seconds: float) -> float:
    """Slack's seconds are ours."""
    return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWay:
    """The :class:`interfaces.shared.sendings.Way` of Slack. ``clock`` gives Unix seconds.

    ``interval``: seconds between two posts to a channel. ``single``: whether there is one token, for all teams.
    ``real``: how long seconds are that Slack says; other than that in tests alone.
    """

    client: Client
    installations: Installations
    interval: float = 1.0
    single: bool = False
    name: str = CHANNEL
    result: str = "slack.result"
    clock: Callable[[], float] = field(default=time.time, repr=False)
    real: Callable[[float], float] = field(default=as_said, repr=False)

    def place(self, message: Event) -> str:
        """Whose token, which method, which channel; without a channel all that has none."""
        home = "" if self.single else message.get("team_id") or message.get("enterprise_id") or ""
        args = message.get("args") if message.get("type") == "slack.call" else message
        channel = args.get("channel") if isinstance(args, Mapping) else ""
        return f"{home}/{method_of(message)}/{str(channel or '').replace('/', '')}"

    # --- an attempt -------------------------------------------------------------------------------

    async def attempt(self, sending: Sending) -> Tried:
        """Make the next call that the message needs."""
        try:
            calls = calls_of(sending.message, self.client.api_url)
        except ApplicationError as error:
            return _tried(sending, Outcome(state="failed", error=str(error)))
        parts = _parts(sending)
        if len(parts) >= len(calls):  # as it was settled by one that was killed then
            return _tried(sending, Outcome(state="sent"))
        call, tries = calls[len(parts)], sending.number - len(parts)
        if self._late(sending, 0.0):
            return _tried(sending, Outcome(state="failed", error="expired_trigger_id"))
        token, problem = await self._token(sending.message)
        if problem is not None:
            return _tried(sending, problem)
        answer = await self._made(sending, call, token)
        came = outcome(call, answer, tries)
        if came.state == "later" and self._late(sending, came.delay):
            came = Outcome(state="failed", error="expired_trigger_id")
        if came.state == "sent" and len(parts) + 1 < len(calls):
            return self._goes_on(sending, call, answer)
        return self._settled(sending, call, answer, came)

    def _late(self, sending: Sending, delay: float) -> bool:
        """Whether its trigger is of no use any more in ``delay`` seconds."""
        message = sending.message
        return bool(message.get("trigger_id")) and self.clock() + delay >= sending.put_at + TRIGGER

    async def _token(self, message: Event) -> tuple[str, Outcome | None]:
        team, enterprise = message.get("team_id"), message.get("enterprise_id")
        try:
            found = await self.installations.find(team, enterprise)
        except Unavailable as error:
            return "", Outcome(state="later", error=str(error), delay=5.0, down=True)
        if found is None:
            return "", Outcome(state="failed", error="not_installed")
        return found.token, None

    async def _made(self, sending: Sending, call: Call, token: str) -> Answer:
        if call.kind == "upload":
            return await self._uploaded(sending, call, token)
        if not call.safe:
            await sending.commit()
        if call.kind == "respond":
            return await self.client.respond(call.url, call.args)
        args = {**call.args, "ts": _parts(sending)[0]} if call.follows else call.args
        return await self.client.call(call.method, args, token)

    async def _uploaded(self, sending: Sending, call: Call, token: str) -> Answer:
        """Nobody sees the files until they are complete, so all before that may be repeated."""
        done = []
        for one in call.files:
            content = one["content"].encode() if isinstance(one["content"], str) else one["content"]
            args = {"filename": one["filename"], "length": len(content)}
            args |= {to: one[of] for of, to in _FILE.items() if one.get(of)}
            asked = await self.client.call("files.getUploadURLExternal", args, token)
            if asked.word:
                return _not_begun(asked)
            sent = await self.client.upload(str(asked.data.get("upload_url")), content)
            if sent.word:
                return _not_begun(sent)
            done.append({"id": asked.data.get("file_id"), "title": one.get("title") or one["filename"]})
        await sending.commit()
        return await self.client.call(call.method, {**call.args, "files": done}, token)

    # --- what is told of it -----------------------------------------------------------------------

    def _goes_on(self, sending: Sending, call: Call, answer: Answer) -> Tried:
        """A part is posted: the next follows as soon as its channel may have it."""
        told = _told(sending, "later", "") | {"parts": [*_parts(sending), _ts(answer)]}
        rest = self.interval if call.posts else 0.0
        return Tried(state="later", told=_placed(told, call, answer), delay=rest, rest=rest, quiet=True)

    def _settled(self, sending: Sending, call: Call, answer: Answer, came: Outcome) -> Tried:
        told = _told(sending, came.state, came.error)
        delay, rest = self.real(came.delay) if came.rest else came.delay, self.real(came.rest)
        if came.state == "sent":
            parts = [*_parts(sending), _ts(answer)]
            told = _placed(told, call, answer) | ({"parts": parts} if len(parts) > 1 else {})
            if call.tells:
                told |= _response(answer)
        elif came.state == "later":
            told["retry_after"] = delay
        paced = self.interval if call.posts and came.state in ("sent", "uncertain") else 0.0
        said = ": ".join(filter(None, (call.method, came.error, answer.reason or answer.detail)))
        return Tried(
            state=came.state,
            told=told,
            reason=said if came.error else "",
            delay=delay,
            down=came.down,
            rest=max(paced, rest),
            rest_wide=rest,
        )

    def unknown(self, sending: Sending) -> Tried:
        """What was begun and may have been done is uncertain."""
        return _tried(sending, Outcome(state="uncertain", error=_UNKNOWN))

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """It has failed, for the reason last heard."""
        return _tried(sending, Outcome(state="failed", error=str(sending.earlier.get("error") or reason)))


_FILE: Mapping[str, str] = {"alt_text": "alt_txt", "snippet_type": "snippet_type"}
"""What a file may say, and what Slack calls it."""


def _not_begun(answer: Answer) -> Answer:
    """Of a step that may be repeated: what is in doubt is tried again."""
    in_doubt = not answer.status or answer.status >= 500 or answer.word in ("internal_error", "fatal_error")
    if in_doubt and not answer.unreached:
        return Answer(status=503, data={"ok": False, "error": "service_unavailable"}, reason=answer.word)
    return answer


def _parts(sending: Sending) -> list[str]:
    """What was posted of it before; after a result that has all of it there is nothing left."""
    return list(sending.earlier.get("parts") or ())


def _ts(answer: Answer) -> str:
    found = answer.data.get("ts") or answer.data.get("message_ts") or answer.data.get("scheduled_message_id")
    return str(found or "")


def _told(sending: Sending, state: str, error: str) -> dict[str, Any]:
    """The parts that all results have, and what is known from before."""
    before = {key: sending.earlier[key] for key in ("channel", "ts", "parts") if key in sending.earlier}
    return {**before, "ok": state == "sent", "error": error, "status": _STATUS[state]}


def _placed(told: dict[str, Any], call: Call, answer: Answer) -> dict[str, Any]:
    """With where the first part is."""
    channel, ts = answer.data.get("channel") or call.args.get("channel"), _ts(answer)
    if isinstance(channel, str):
        told.setdefault("channel", channel)
    if ts:
        told.setdefault("ts", ts)
    return told


def _response(answer: Answer) -> dict[str, Any]:
    """Slack's answer, where it is not too large for a result."""
    if len(msgspec.json.encode(answer.data)) > RESPONSE:
        return {"response": {}, "error": "response_too_large"}
    return {"response": dict(answer.data)}


def _tried(sending: Sending, came: Outcome) -> Tried:
    state: Literal["sent", "later", "failed", "uncertain"] = came.state
    told = _told(sending, state, came.error)
    if state == "later":
        told["retry_after"] = came.delay
    return Tried(state=state, told=told, reason=came.error, delay=came.delay, down=came.down)
