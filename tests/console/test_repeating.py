"""Calls that no peer has asked for: what they are given, that nothing leaves, and how they end."""

import asyncio
from typing import Any

import pytest

from interfaces.testing import Recorder
from tests.console.kit import EVENTS, SCOPES, run, tapped


def test_a_call_with_its_own_beginning_and_end() -> None:
    """The number of its scope comes back at once; what it says is in the book."""

    async def check() -> None:
        app = Recorder({"sms.receive": {"type": "sms.reply", "text": "hi"}})
        tap = tapped(app)
        assert tap.repeating.start(dict(SCOPES["sms"]), [dict(EVENTS["sms"])], 9) == 1
        await asyncio.gather(*tap.repeating.running)
        rows = list(tap.book.after(0))
        assert [(one.type, one.verdict) for one in rows] == [("sms.receive", "accepted"), ("sms.reply", "")]
        assert rows[0].call.scope["replayed"] == 9 and "replayed" not in app.scopes[0]
        assert not tap.repeating.running

    run(check)


def test_an_error_is_noted_and_goes_nowhere() -> None:
    """Nobody waits for it."""

    async def check() -> None:
        tap = tapped(Recorder({"sms.receive": ValueError("x")}))
        tap.repeating.start(dict(SCOPES["sms"]), [dict(EVENTS["sms"])], 1)
        await asyncio.gather(*tap.repeating.running)
        (only,) = tap.book.after(0)
        assert (only.verdict, only.error) == ("failed", "ValueError: x")

    run(check)


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; or with the console."""
    monkeypatch.setattr("interfaces.console.repeating.LONGEST", 0.01)

    async def check() -> None:
        ended: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(scope["type"])
                raise

        tap = tapped(app)
        tap.repeating.start(dict(SCOPES["sms"]), [], 1)
        await asyncio.gather(*tap.repeating.running)
        assert ended == ["sms"]
        monkeypatch.setattr("interfaces.console.repeating.LONGEST", 1000.0)
        tap.repeating.start(dict(SCOPES["irc"]), [dict(EVENTS["irc"])], 1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await tap.repeating.close()
        assert ended == ["sms", "irc"]

    run(check)


def test_mail_in_pieces_is_not_repeated_by_half() -> None:
    """Chaos repeats what comes whole."""

    async def check() -> None:
        tap = tapped(Recorder())
        tap.chaos.settings.duplicate = 1.0
        pieces = [
            {"type": "email.receive", "body": b"a", "more_body": True},
            {"type": "email.receive", "body": b"b"},
        ]

        async def receive() -> dict[str, Any]:
            return pieces.pop(0)

        hear = tap.repeating.heard(dict(SCOPES["email"]), receive)
        await hear()
        assert not tap.repeating.running
        await tap.repeating.close()

    run(check)
