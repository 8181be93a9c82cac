"""A delivery: claims and verdicts, and what an application's end decides."""

import asyncio
import gc
import weakref
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.delivery import Claim, Delivery, Verdict
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.shared.meter import metered
from interfaces.shared.telemetry import Telemetry


@pytest.mark.parametrize(("kind", "final"), [("accept", True), ("reject", True), ("defer", False)])
def test_only_a_temporary_refusal_may_not_be_kept(kind: str, final: bool) -> None:
    """The repeat of what was deferred runs again, so nobody may remember that verdict."""
    assert Verdict(kind).final is final


def test_a_claim_is_ours_by_its_token_alone() -> None:
    """One that another runs, and one that has its verdict, prove nothing."""
    assert Claim("k", token="t").ours
    assert not Claim("k").ours
    assert not Claim("k", verdict=Verdict("accept", {"code": 250})).ours


def test_a_verdict_carries_the_words_of_its_protocol() -> None:
    """They stay as they were said, and two of the same words are the same verdict."""
    said = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "no such user"})
    assert said.detail["code"] == 550
    assert said == Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "no such user"})
    assert said != Verdict("reject")


def test_what_was_decided_does_not_change() -> None:
    """A verdict that others wait for cannot be altered under them."""
    with pytest.raises(FrozenInstanceError):
        Verdict("accept").kind = "reject"
    with pytest.raises(FrozenInstanceError):
        Claim("k").token = "stolen"


# --- the call of an application for one message ---

UNROUTED = Verdict("reject", {"code": 550})
WORDS = {
    "mail.accept": lambda event: Verdict("accept", event),
    "mail.defer": lambda event: Verdict("defer", event),
}


def decided(app: Application) -> Verdict:
    """The verdict when ``app`` was called with one message."""

    async def main() -> Verdict:
        ended = asyncio.get_running_loop().create_future()
        delivery = Delivery(app, {"type": "mail"}, WORDS, lambda it: ended.set_result(it.outcome(UNROUTED)))
        delivery.start(asyncio.get_running_loop())
        delivery.last({"type": "mail.receive"})
        async with asyncio.timeout(5):
            verdict = await ended
        await asyncio.wait({delivery.task})
        return verdict

    return asyncio.run(main())


def raising(error: BaseException, *said: str) -> Application:
    """An application that says ``said`` and raises."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for kind in said:
            await send({"type": kind})
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ZeroDivisionError(), "defer"),
        (Unavailable("the broker"), "defer"),
        (PeerGone("of another session"), "defer"),
        (asyncio.CancelledError(), "defer"),
        (NoRoute("nobody"), "reject"),
    ],
)
def test_what_the_application_raises_before_a_verdict(error: BaseException, kind: str) -> None:
    """Whatever it is, nothing was accepted; but an address that is unknown stays so."""
    assert decided(raising(error)).kind == kind


def test_what_the_application_raises_behind_a_verdict_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What was decided stays decided."""
    assert decided(raising(ZeroDivisionError(), "mail.accept")).kind == "accept"
    assert "the application raised" in caplog.text


def test_a_normal_end_without_a_verdict_accepts() -> None:
    """To return is to have done it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    assert decided(app) == Verdict("accept")


@pytest.mark.parametrize("said", [[], ["mail.defer"]])
def test_to_ask_for_more_than_the_message_is_a_normal_end(said: list[str]) -> None:
    """The application is released: cancelled, once what it said has been taken as its verdict."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
            for kind in said:
                await send({"type": kind})
            await receive()
        except asyncio.CancelledError:
            seen.append("released")
            raise

    assert decided(app).kind == ("defer" if said else "accept")
    assert seen == ["released"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["mail.nonsense"], "mail knows no message 'mail.nonsense', but mail.accept, mail.defer"),
        (["mail.defer", "mail.accept"], "mail.accept after a verdict, which was defer"),
    ],
)
def test_what_is_no_verdict_raises_in_the_application(said: list[str], why: str) -> None:
    """With the words there are; a second one is a mistake, too."""
    raised = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for kind in said:
                await send({"type": kind})
        except ApplicationError as error:
            raised.append(str(error))

    decided(app)
    assert raised == [why]


def test_a_message_is_let_go_once_it_has_its_verdict() -> None:
    """A delivery that held itself in a circle would keep each body until the collector comes."""

    class Content:
        """What is in the event."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "mail.accept"})

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ended, content = loop.create_future(), Content()
        seen = weakref.ref(content)
        delivery = Delivery(app, {"type": "mail"}, WORDS, lambda it: ended.set_result(it.verdict))
        delivery.start(loop)
        delivery.last({"type": "mail.receive", "content": content})
        delivery.scope["state"] = content
        del content
        assert await ended == Verdict("accept", {"type": "mail.accept"})
        await asyncio.sleep(0)
        del delivery
        assert seen() is None

    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()


# --- what it sends to others ---


def talk(app: Application, post: Any) -> list[Any]:
    """What ``app`` gets, and its verdict, where ``post`` puts its messages on their way."""
    seen: list[Any] = []

    async def main() -> None:
        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            async def hear() -> Event:
                seen.append(await receive())
                return seen[-1]

            await app(scope, hear, send)

        def end(delivery: Delivery) -> None:
            seen.append(delivery.outcome(UNROUTED).kind)

        delivery = Delivery(noted, {"type": "mail"}, WORDS, end, frozenset({"mail.send"}))
        delivery.post = post
        delivery.start(asyncio.get_running_loop())
        delivery.last({"type": "mail.receive"})
        await asyncio.wait({delivery.task}, timeout=5)
        await asyncio.sleep(0)
        seen.append(len(delivery.results))

    asyncio.run(main())
    return seen


def test_the_result_of_what_it_sends_is_an_event() -> None:
    """While it is waited for, asking does not end the delivery; after it, asking does."""

    async def post(event: Event) -> Any:
        async def result() -> Event:
            await asyncio.sleep(0)
            return {"type": "mail.result", "id": event["id"]}

        return asyncio.ensure_future(result()) if "id" in event else None

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "mail.send"})
        await send({"type": "mail.send", "id": "m1"})
        while True:
            await receive()

    assert talk(app, post) == [{"type": "mail.receive"}, {"type": "mail.result", "id": "m1"}, "accept", 0]


def test_who_returns_waits_for_no_result() -> None:
    """What would have heard it is cancelled."""
    waiting: list[Any] = []

    async def post(_event: Event) -> Any:
        waiting.append(asyncio.ensure_future(asyncio.Event().wait()))
        return waiting[0]

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "mail.send", "id": "m1"})

    assert talk(app, post)[:2] == [{"type": "mail.receive"}, "accept"]
    assert waiting[0].cancelled()


def test_where_nobody_sends_it_is_told_what_is_missing() -> None:
    """As an error of the application's, which is to be tried again."""

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(ApplicationError, match=r"mail\.send: nobody sends here; a --layer"):
            await send({"type": "mail.send"})
        with pytest.raises(ApplicationError, match=r"but mail\.accept, mail\.defer, mail\.send"):
            await send({"type": "mail.shrug"})

    assert talk(app, None) == [{"type": "mail.receive"}, "accept", 0]


def test_what_is_logged_of_a_delivery_has_the_key_of_its_message(caplog: pytest.LogCaptureFixture) -> None:
    """By which the sender's repeats are known, too."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise ValueError("on purpose")

    async def run() -> None:
        scope = {"type": "test", "asgi": {}}
        delivery = Delivery(app, scope, {}, lambda ended: ended.outcome(Verdict("reject")))
        delivery.start(asyncio.get_running_loop())
        delivery.last({"type": "test.receive", "dedupe_key": "key 1"})
        await delivery.wait(5)

    asyncio.run(run())
    (record,) = caplog.records
    assert record.__dict__["dedupe_key"] == "key 1"
    assert record.__dict__["scope_id"]


@pytest.mark.parametrize(
    ("said", "verdict"), [("test.reject", "reject"), ("", "accept"), ("raise", "failed")]
)
def test_a_delivery_has_a_line_among_those_of_requests(said: str, verdict: str) -> None:
    """Who it came from, where to, what became of it, how long that took, and by what it is known elsewhere."""
    lines: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if said == "raise":
            raise Unavailable("on purpose")
        if said:
            await send({"type": said})

    async def run() -> None:
        with metered(Telemetry(access=lines.append).meters):
            scope = {"type": "test", "asgi": {}, "path": "a/b", "client": ("192.0.2.1", 7)}
            words = {"test.reject": lambda event: Verdict("reject")}
            delivery = Delivery(app, scope, words, lambda ended: ended.outcome(Verdict("reject")))
            delivery.start(asyncio.get_running_loop())
            delivery.last({"type": "test.receive", "dedupe_key": "key 1"})
            await delivery.wait(5)
            await asyncio.sleep(0)

    asyncio.run(run())
    (line,) = lines
    assert 0 <= line.pop("seconds") < 5
    assert line.pop("scope_id")
    assert line.pop("verdict") == ("unavailable" if said == "raise" else verdict)
    assert line == {"protocol": "test", "client": ("192.0.2.1", 7), "path": "a/b", "dedupe_key": "key 1"}


def test_where_no_lines_are_written_none_is_made() -> None:
    """The default: nothing is asked of the scope."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async def run() -> Delivery:
        with metered(Telemetry().meters):
            delivery = Delivery(app, {"type": "test", "asgi": {}}, {}, None)
            delivery.start(asyncio.get_running_loop())
            delivery.last({"type": "test.receive"})
            await delivery.wait(5)
            return delivery

    assert "scope_id" not in asyncio.run(run()).scope
