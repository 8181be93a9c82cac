"""interfaces.email.calls: what is asked before the application, and the application about recipients."""

from typing import Any

import pytest

from interfaces.email.service import Service
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import NoRoute
from tests.email.harness import MESSAGE, Bench, mail, scene

Said = dict[str, Any]
ASKING = {"ask_recipients": True}


# --- recipients: the application ---


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (None, b"250 2.1.5 Ok\r\n"),
        ({"type": "email.accept", "text": "Known"}, b"250 2.1.5 Known\r\n"),
        ({"type": "email.reject"}, b"550 5.7.1 Refused\r\n"),
        ({"type": "email.reject", "code": 551, "enhanced": "5.1.6", "text": "Moved"}, b"551 5.1.6 Moved\r\n"),
        ({"type": "email.defer", "enhanced": "4.2.1"}, b"451 4.2.1 Try again later\r\n"),
    ],
)
@scene
async def test_the_verdict_on_a_recipient_is_the_answer_to_rcpt(said: Said | None, reply: bytes) -> None:
    """Code, enhanced code and text are the application's; a normal end takes it."""
    async with Bench(**ASKING) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n")
        assert peer.take() == b""
        if said:
            await call.send(said)
        await call.finish()
        assert peer.take() == reply


@pytest.mark.parametrize(("error", "code"), [(NoRoute("nobody"), 550), (ZeroDivisionError("no"), 451)])
@scene
async def test_who_has_no_route_refuses_a_recipient(error: Exception, code: int) -> None:
    """550 5.1.1 as for a message; any other error is "try again"."""
    async with Bench(**ASKING) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n")
        await call.finish(error)
        assert await peer.codes() == [code]


@scene
async def test_what_the_application_is_asked() -> None:
    """One scope a recipient, with the id that its message has then; what is pipelined waits behind the answer."""
    async with Bench(**ASKING) as bench:
        peer = await bench.greeted()
        first = await bench.call(peer, mail(MESSAGE, "b@b.example", "c+1@c.example"))
        event = await first.receive()
        assert first.scope["rcpt_to"][0]["address"] == "b@b.example" and len(first.scope["rcpt_to"]) == 1
        assert first.scope["helo"] == "client.example"
        name = first.scope["transaction_id"]
        assert event.pop("received_at") > 0
        assert event == {
            "type": "email.rcpt",
            "id": name,
            "dedupe_key": f"{name} b@b.example",
            "attempt": 1,
            "from": "a@a.example",
            "to": ["b@b.example"],
            "from_address": "a@a.example",
            "to_address": "b@b.example",
            "address": "b@b.example",
            "params": {},
        }
        await first.send({"type": "email.reject"})
        await first.finish()
        second = bench.calls[1]
        assert second.scope["path"] == "c.example/c+1"
        await second.finish()
        message = bench.calls[2]
        assert (await message.receive())["to"] == ["c+1@c.example"]
        assert message.scope["transaction_id"] == second.scope["transaction_id"] == name
        await message.finish()
        assert await peer.codes() == [550, 250, 354, 250]


@scene
async def test_a_verdict_on_a_recipient_has_its_time() -> None:
    """451 then; the next command is answered, and what the application says later is nobody's."""
    async with Bench(recipient_timeout=5.0, **ASKING) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n")
        await bench.after(4)
        assert await peer.codes() == []
        await bench.after(2)
        assert await peer.codes() == [451, 503]
        assert bench.counted("email.late") == 1
        await call.finish()
        assert await peer.codes(b"NOOP\r\n") == [250]


@scene
async def test_a_client_that_ends_its_side_still_hears_of_its_recipient() -> None:
    """As it hears of a message: it may have said QUIT behind all of it."""
    async with Bench(**ASKING) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nQUIT\r\n")
        assert peer.transport.protocol.eof_received()
        await call.finish(NoRoute("nobody"))
        assert await peer.codes() == [550, 221]


@scene
async def test_who_guesses_addresses_is_sent_away() -> None:
    """Refusals count as errors."""

    async def nobody(*_: Any) -> Verdict:
        return Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No"})

    async with Bench(max_errors=2) as bench:
        bench.service.ask(nobody)
        peer = await bench.greeted()
        said = b"MAIL FROM:<a@a.example>\r\n" + b"RCPT TO:<b@b.example>\r\n" * 3
        assert await peer.codes(said) == [250, 550, 550, 421]


# --- recipients: who was added ---


@scene
async def test_who_was_added_is_asked_in_order_and_the_first_verdict_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """None goes on, accept spares the others; an error is logged and "try again"; the application hears nothing."""
    asked: list[tuple[str, str, str]] = []

    async def grey(place: Any, mail: Any, recipient: Any) -> Verdict | None:
        asked.append((place.helo, mail.sender.text, recipient.address.text))
        local = recipient.address.local
        return {"no": Verdict("defer"), "yes": Verdict("accept")}.get(local)

    async def broken(_place: Any, _mail: Any, recipient: Any) -> Verdict | None:
        if recipient.address.local == "bad":
            raise ZeroDivisionError
        return None

    async with Bench() as bench:
        bench.service.ask(grey)
        bench.service.ask(broken)
        peer = await bench.greeted()
        names = ("no@b", "yes@b", "bad@b", "else@b")
        assert await peer.codes(b"MAIL FROM:<a@a>\r\n") == [250]
        for name, code in zip(names, (451, 250, 451, 250), strict=True):
            assert await peer.codes(f"RCPT TO:<{name}>\r\n".encode()) == [code]
        assert asked == [("client.example", "a@a", name) for name in names]
        assert "ZeroDivisionError" in caplog.text
        assert not bench.calls


# --- messages: who was added ---


@scene
async def test_who_was_added_may_decide_before_the_application_or_add_to_its_event() -> None:
    """A refusal spares it; None, and accept, let it be called, with all that they put in."""
    seen: list[Any] = []

    async def before(transaction: Any, headers: Any, more: dict[str, Any]) -> Verdict | None:
        seen.append((transaction.id, headers.first(b"subject"), transaction.body.size > 0))
        more["authentication"] = {"spf": None}
        subject = headers.first(b"subject")
        return {b"no": Verdict("reject"), b"yes": Verdict("accept")}.get(subject)

    async with Bench() as bench:
        bench.service.before(before)
        peer = await bench.greeted()
        assert await peer.codes(mail(b"Subject: no\r\n\r\n")) == [250, 250, 354, 550]
        assert not bench.calls
        for subject in (b"yes", b"other"):
            call = await bench.call(peer, mail(b"Subject: %b\r\n\r\n" % subject))
            event = await call.receive()
            assert event["authentication"] == {"spf": None} and event["attempt"] == 1
            await call.finish()
            assert await peer.codes() == [250]
        assert [each[1:] for each in seen] == [(b"no", True), (b"yes", True), (b"other", True)]


@scene
async def test_an_error_before_the_application_is_try_again(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged; the repeat runs again."""

    async def before(*_: Any) -> None:
        raise ZeroDivisionError

    async with Bench() as bench:
        bench.service.before(before)
        peer = await bench.greeted()
        assert await peer.codes(mail()) == [250, 250, 354, 451]
        assert "ZeroDivisionError" in caplog.text and not bench.calls


# --- refusals beside acceptances ---


async def mixed(bench: Bench, peer: Any) -> None:
    """A message that one recipient takes and the other refuses."""
    call = await bench.call(peer, mail(MESSAGE, "b@b.example", "c@c.example"))
    await call.send({"type": "email.status", "index": 1, "code": 550, "text": "Not me"})
    await call.finish()


@scene
async def test_a_sender_is_told_who_refuses_what_others_take() -> None:
    """250 then, once it is sure that it will hear of it; a repeat may come, so each has its key."""
    told: list[Any] = []

    async def bounces(transaction: Any, refused: Any) -> None:
        told.append((transaction.mail.sender.text, transaction.body.whole.endswith(MESSAGE), refused))

    async with Bench() as bench:
        bench.service.bounces = bounces
        peer = await bench.greeted()
        await mixed(bench, peer)
        assert await peer.codes() == [250]
        ((sender, whole, ((recipient, verdict, key),)),) = told
        assert (sender, whole, recipient.address.text) == ("a@a.example", True, "c@c.example")
        assert verdict.detail["text"] == "Not me" and key.startswith("a@a.example\0c@c.example\0")


@scene
async def test_what_nobody_can_be_told_of_is_try_again(caplog: pytest.LogCaptureFixture) -> None:
    """451, and the repeat gets what is final."""

    async def bounces(*_: Any) -> None:
        raise ZeroDivisionError

    async with Bench() as bench:
        bench.service.bounces = bounces
        peer = await bench.greeted()
        await mixed(bench, peer)
        assert await peer.codes() == [451]
        assert "ZeroDivisionError" in caplog.text
        assert await peer.codes(mail(MESSAGE, "b@b.example")) == [250, 250, 354, 250]
        assert len(bench.calls) == 1


@scene
async def test_a_client_that_goes_while_its_sender_is_told_gets_the_verdict_with_its_repeat() -> None:
    """The application is not called twice."""
    waits: Any = None

    async def bounces(*_: Any) -> None:
        await waits

    async with Bench() as bench:
        waits = bench.service.loop.create_future()
        bench.service.bounces = bounces
        peer = await bench.greeted()
        await mixed(bench, peer)
        peer.transport.protocol.connection_lost(None)
        waits.set_result(None)
        await bench.settle()
        other = await bench.greeted()
        assert (await other.codes(mail(MESSAGE, "b@b.example", "c@c.example")))[-1] == 250
        assert len(bench.calls) == 1


# --- room on the disk ---


@scene
async def test_all_files_together_have_a_limit(tmp_path: Any) -> None:
    """A large message gets 452 beyond it, a small one goes on; with the verdict there is room again."""
    large = b"x" * 70 + b"\r\n"
    async with Bench(spool_above=65_536, max_spool=200_000, spool_folder=str(tmp_path)) as bench:
        one, two = await bench.greeted(), await bench.greeted()
        call = await bench.call(one, mail(large * 2000))
        service: Service = bench.service
        assert service.spooled > 140_000
        assert await two.codes(mail(large * 2000)) == [250, 250, 354, 452]
        assert bench.counted("email.spool_full") == 1
        small = await bench.call(two, mail(MESSAGE))
        await small.finish()
        assert await two.codes() == [250]
        await call.finish()
        assert service.spooled == 0
        again = await bench.call(two, mail(large * 2000))
        await again.finish()
        assert await two.codes() == [250]
