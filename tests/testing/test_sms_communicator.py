"""interfaces.testing.sms_communicator: what it gives is what the server would, and what it tells is what was said."""

import asyncio
from typing import Any

import pytest

from interfaces.shared.errors import ApplicationError, NoRoute
from interfaces.sms.providers.base import Inbound, Receipt
from interfaces.testing.sms_communicator import SmsCommunicator
from tests.http_ws.harness import scene
from tests.sms.harness import PLACE, Desk

OURS, THEIRS = "+41445556677", "+41791234567"
SEND = {"type": "sms.send", "to_address": THEIRS, "text": "x"}


class Script:
    """An application that sends what it is told, and keeps its scopes and events."""

    def __init__(self, *said: Any, error: Exception | None = None) -> None:
        self.said = said
        self.error = error
        self.scopes: list[Any] = []
        self.events: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.events.append(await receive())
        for one in self.said:
            await send(dict(one))
        if self.error is not None:
            raise self.error
        while any("id" in one for one in self.said):  # as Channels' consumers: until it is released
            self.events.append(await receive())


@scene
async def test_what_it_gives_is_what_the_server_gives() -> None:
    """Scope and event of a text and of a receipt, but for when and by which account they came."""
    script, desk = Script(), Desk()
    communicator = SmsCommunicator(script)
    said = await communicator.text("Hi \u20ac", id="i1", sent_at=5.0)
    await communicator.status("failed", provider_id="p1", id="m1", error_code="30003", at=None)
    await desk.take(Inbound(id="i1", sender=THEIRS, recipient=OURS, text="Hi \u20ac", sent_at=5.0))
    await desk.take(
        Receipt(provider_id="p1", id="m1", status="failed", error_code="30003", sender=OURS, recipient=THEIRS)
    )
    other = {"received_at", "dedupe_key"}
    for ours, theirs in zip(script.events, desk.heard, strict=True):
        assert {**ours, **dict.fromkeys(other)} == {**theirs, **dict.fromkeys(other)}
    other = {"provider", "account", "state"}
    for ours, call in zip(script.scopes, desk.recorder.calls, strict=True):
        assert {**ours, **dict.fromkeys(other)} == {**call.scope, **dict.fromkeys(other)}
    assert PLACE.transport == said.scope["transport"]
    assert (said.verdict, said.replies, said.sent) == ("accept", [], [])


@scene
async def test_what_may_be_said_of_a_text() -> None:
    """Its numbers, pictures, bytes, how often it came, and what is in its scope."""
    script = Script()
    communicator = SmsCommunicator(script, theirs="+15550001111", ours="Shop", scope={"user": "ada"})
    await communicator.text(media=["https://x/1"], attempt=2)
    await communicator.text("", data=b"\x01", recipient="+41445550000")
    first, second = script.events
    assert (first["from_address"], first["to_address"], first["attempt"]) == ("+15550001111", "Shop", 2)
    assert first["media"][0]["url"] == "https://x/1" and first["id"] != second["id"]
    assert (second["encoding"], second["to_address"]) == ("binary", "+41445550000")
    assert script.scopes[0]["user"] == "ada"
    assert repr(communicator) == "SmsCommunicator(+15550001111 to Shop)"


@scene
async def test_what_an_application_raises_is_raised() -> None:
    """Its own error, a route that there is not, and what no sender would take."""
    for error in (ValueError("mine"), NoRoute("nobody")):
        with pytest.raises(type(error), match=str(error)):
            await SmsCommunicator(Script(error=error)).text("hi")
    for wrong in ({"to_address": "Ada"}, {"text": ""}, {"text": object()}, {"tekst": "x"}):
        with pytest.raises(ApplicationError):
            await SmsCommunicator(Script({**SEND, **wrong})).text("hi")
    with pytest.raises(ApplicationError, match="this is a receipt"):
        await SmsCommunicator(Script({"type": "sms.reply", "text": "x"})).status()
    with pytest.raises(ApplicationError, match="no text"):
        await SmsCommunicator(Script({"type": "sms.cancel", "id": "x", "text": "x"})).text("hi")


@scene
async def test_replies_to_what_is_refused_are_sent() -> None:
    """The answer that refuses has no room for them."""
    said = await SmsCommunicator(Script({"type": "sms.reply", "text": "no"}, {"type": "sms.defer"})).text(
        "hi"
    )
    assert (said.verdict, said.replies, [one["text"] for one in said.sent]) == ("defer", [], ["no"])
    assert said.texts == ["no"]


@scene
async def test_an_application_that_does_not_end_is_told() -> None:
    """A test does not hang for ever."""

    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.Event().wait()

    communicator = SmsCommunicator(hangs)
    communicator.timeout = 0.01
    with pytest.raises(TimeoutError, match="did not end"):
        await communicator.text("hi")


@scene
async def test_who_waits_for_a_result_gets_it() -> None:
    """It is ok, unless the test says otherwise; who has it sent elsewhere waits for none here."""
    script = Script({**SEND, "id": "m1"})
    communicator = SmsCommunicator(script)
    communicator.result = {"ok": False, "status": "failed", "error": "no credit"}
    await communicator.text("hi")
    result = script.events[1]
    assert (result["type"], result["id"], result["error"]) == ("sms.result", "m1", "no credit")
    elsewhere = Script({**SEND, "id": "m1", "reply_channel": "c"})
    await SmsCommunicator(elsewhere).text("hi")
    assert len(elsewhere.events) == 1
