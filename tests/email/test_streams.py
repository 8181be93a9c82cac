"""interfaces.email.streams: a message that the application gets while it comes in."""

import hashlib
from typing import Any

import pytest

from interfaces.email import streams
from interfaces.shared.delivery import Verdict
from tests.email.harness import ENVELOPE, MESSAGE, Bench, Call, mail, scene

HEADER = b"Subject: one\r\n\r\n"
START = ENVELOPE + b"DATA\r\n" + HEADER
LINE = b"x" * 70 + b"\r\n"
Event = dict[str, Any]


def streaming(app: Any = None, **options: Any) -> Bench:
    """A service that streams."""
    return Bench(app, stream=True, **options)


async def rest(call: Call) -> tuple[bytes, Event]:
    """All that is left of a message, and its last event."""
    found = b""
    while True:
        event = await call.receive()
        found += event.get("body", b"")
        if not event.get("more_body", False):
            return found, event


@scene
async def test_the_application_is_called_once_the_header_is_whole() -> None:
    """The first event has the header and all that is told by it; the last what is known at the end."""
    async with streaming() as bench:
        peer = await bench.greeted()
        assert await peer.codes(ENVELOPE + b"DATA\r\nSubject: one\r\n") == [250, 250, 354]
        assert not bench.calls
        call = await bench.call(peer, b"\r\n" + LINE)
        first = await call.receive()
        assert first["subject"] == "one" and first["more_body"] and first["to"] == ["b@b.example"]
        assert first["body"].startswith(b"Received: ") and first["body"].endswith(HEADER + LINE)
        assert not {"digest", "size", "dedupe_key", "dedupe_keys"} & {*first}
        await peer.send(LINE)
        assert await call.receive() == {
            "type": "email.receive", "id": call.scope["transaction_id"], "body": LINE, "more_body": True,
        }  # fmt: skip
        await peer.send(LINE + b".\r\n")
        body, last = await rest(call)
        digest = hashlib.sha256(HEADER + LINE * 3).hexdigest()
        assert body == LINE and last["digest"] == digest
        assert last["dedupe_keys"] == [last["dedupe_key"]] == [f"a@a.example b@b.example {digest}"]
        assert last["size"] == len(first["body"]) + 2 * len(LINE)
        assert await peer.codes() == []
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await peer.codes() == [550]


@pytest.mark.parametrize("content", [MESSAGE, b"Subject: no body\r\n", b"", b"\r\n", b"\r\nText\r\n"])
@scene
async def test_any_message_comes_whole(content: bytes) -> None:
    """One whose header never ends, too, and one without."""
    async with streaming() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, mail(content))
        body, last = await rest(call)
        assert body.endswith(content) and body.count(b"\r\n") == content.count(b"\r\n") + 3
        assert last["size"] == len(body)
        await call.finish()
        assert await peer.codes() == [250]


@scene
async def test_a_slow_application_makes_its_client_wait() -> None:
    """No more is read while 256 KiB wait; what was read is in flight until it is taken."""
    async with streaming() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, START + LINE)
        await peer.send(LINE * 4000)
        assert not peer.transport.reading
        assert bench.service.in_flight > 250_000
        first = await call.receive()
        assert not peer.transport.reading
        await call.receive()
        assert peer.transport.reading and bench.service.in_flight == 0
        assert first["more_body"]
        await peer.send(b".\r\n")
        assert (await rest(call))[1]["size"] > 280_000
        await call.finish()
        assert await peer.codes() == [250]


@scene
async def test_an_application_that_takes_nothing_is_too_late() -> None:
    """451 at the end of what its client goes on to send, which is dropped; the application hears of it."""
    async with streaming(data_timeout=10.0) as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, START + LINE * 4000)
        assert not peer.transport.reading
        await bench.after(11)
        assert peer.transport.reading and bench.counted("email.late") == 1
        assert await peer.codes(LINE * 2000 + b".\r\n") == [451]
        assert (await rest(call))[1] == {"type": "email.disconnect", "code": 451}
        await call.finish()


@pytest.mark.parametrize(
    ("then", "code", "codes"),
    [(None, 421, []), (b"bare\n\r\n.\r\n", 550, [550]), (b"y" * 1001 + b"\r\n.\r\n", 500, [500])],
)
@scene
async def test_a_message_that_comes_to_nothing_is_told(
    then: bytes | None, code: int, codes: list[int]
) -> None:
    """With what the client is told, 421 where it has gone; what the application says of it is nobody's."""
    async with streaming() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, START)
        if then is None:
            await peer.leave()
        else:
            assert await peer.codes(then) == codes
        assert (await rest(call))[1] == {"type": "email.disconnect", "code": code}
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await peer.codes() == []


@scene
async def test_a_verdict_before_the_end_waits_for_it() -> None:
    """The rest is read and dropped."""
    async with streaming() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, START)
        await call.send({"type": "email.reject", "text": "By its subject"})
        await call.finish()
        assert await peer.codes(LINE * 10_000) == []
        assert bench.service.in_flight == 0
        assert await peer.send(b".\r\n") == b"550 5.7.1 By its subject\r\n"


@scene
async def test_the_repeat_of_a_message_gets_the_verdict_that_was_not_heard() -> None:
    """Which the application that was called for it is told."""
    async with streaming() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, mail())
        await peer.leave()
        await call.send({"type": "email.reject", "code": 554})
        again = await bench.greeted()
        second = await bench.call(again, mail())
        assert (await rest(second))[1] == {"type": "email.disconnect", "code": 0}, "the first still runs"
        await second.finish()
        await call.finish()
        assert await again.codes() == [554]
        await again.leave()
        third = await bench.greeted()
        last = await bench.call(third, mail())
        assert (await rest(last))[1] == {"type": "email.disconnect", "code": 554}
        await last.finish()


@scene
async def test_a_repeat_is_for_those_whose_fate_is_not_known() -> None:
    """The last event says who that is, and the verdict counts for them."""
    async with streaming() as bench:
        peer = await bench.greeted()
        both = mail(MESSAGE, "b@b.example", "c@c.example")
        call = await bench.call(peer, both)
        await call.send({"type": "email.status", "index": 1, "code": 451})
        await call.finish()
        assert await peer.codes() == [451]
        again = await bench.call(peer, both)
        _, last = await rest(again)
        assert last["to"] == ["c@c.example"] and last["dedupe_key"].startswith("a@a.example c@c.example ")
        await again.finish()
        assert await peer.codes() == [250]


@scene
async def test_who_comes_before_the_application_looks_at_all_of_it() -> None:
    """Once it is whole: then a refusal is told to the application, and what is found is in the last event."""

    async def before(transaction: Any, _headers: Any, more: Event) -> Verdict | None:
        more["seen"] = transaction.body.whole.endswith(MESSAGE)
        refused = transaction.recipients[0].address.local == "no"
        return Verdict("reject", {"code": 554, "enhanced": "5.7.1", "text": "No"}) if refused else None

    async with streaming() as bench:
        bench.service.before(before)
        peer = await bench.greeted()
        call = await bench.call(peer, mail())
        assert (await rest(call))[1]["seen"]
        await call.finish()
        assert await peer.codes() == [250]
        assert await peer.codes(mail(MESSAGE, "no@b.example")) == [250, 250, 354, 554]
        refused = bench.calls[1]
        assert (await rest(refused))[1] == {"type": "email.disconnect", "code": 554}
        await refused.finish()


@scene
async def test_a_header_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many fields are refused; one that does not end is given to the application as far as it is there."""
    async with streaming(max_headers=50) as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail(b"a: b\r\n" * 60 + b"\r\n")) == [250, 250, 354, 554]
        assert await peer.codes(mail(b"a: b\r\n" * 60)) == [250, 250, 354, 554]
        assert not bench.calls
        assert streams.LONGEST_HEADER == 262_144
        call = await bench.call(peer, ENVELOPE + b"DATA\r\na: b\r\n" + b" folded\r\n" * 30_000)
        assert (await call.receive())["headers"][1][0] == b"a"
        await peer.send(b".\r\n")
        await call.finish()
        assert await peer.codes() == [250]
