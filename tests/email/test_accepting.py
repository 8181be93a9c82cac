"""interfaces.email.accepting: messages that are answered once they are kept, and handled after that."""

import asyncio
import errno
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from interfaces.email.accepting import Accepting
from interfaces.shared.spool import letters
from interfaces.shared.spool.store import Rules, Spool
from tests.email.harness import Bench, mail, scene
from tests.shared.spool.test_store import Clock


class App:
    """Notes its events, and says what was set for their subjects; ``go`` may hold it."""

    def __init__(self):
        self.events, self.scopes, self.words = [], [], {}
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, scope, receive, send):
        event = await receive()
        self.scopes.append(scope)
        self.events.append(event)
        await self.go.wait()
        words = self.words.get(event["subject"], [])
        for word in words.pop(0) if words else []:
            if isinstance(word, Exception):
                raise word
            await send(word)

    def told(self, *keys):
        """These keys of all events."""
        return [tuple(event[key] for key in keys) for event in self.events]


@asynccontextmanager
async def house(folder, app=None, *, attempts=5, at_once=10, **options):
    """A bench whose messages are kept in ``folder``; time is that of ``clock``."""
    app = app or App()
    async with Bench(app, ack="accepted", spool=str(folder), **options) as bench:
        bench.clock = Clock()
        spool = Spool(folder, rules=Rules(at_once=at_once), clock=bench.clock)
        await spool.open()
        one = Accepting(bench.service, spool, at_once=at_once, attempts=attempts)
        running = asyncio.ensure_future(one.run())
        bench.service.accepting, bench.accepting, bench.spool, bench.app = one, one, spool, app
        try:
            yield bench
        finally:
            one.leave()
            await running
            for session in list(bench.service.sessions):
                session.cancel()
            while bench.service.tasks or bench.service.sessions:
                await asyncio.sleep(0.001)
            await spool.close()


async def replies(peer, data, n=4):
    """The codes, once there are so many: keeping takes a moment of the disk."""
    found = await peer.codes(data)
    while len(found) < n:
        await asyncio.sleep(0.001)
        found += await peer.codes()
    return found


async def later(bench):
    """Time goes by."""
    await asyncio.sleep(0.001)
    bench.clock.now += 1
    bench.spool._bell.set()


async def empty(bench):
    """Wait until nothing is kept any more."""
    while len(bench.spool) or bench.accepting.running:
        await asyncio.sleep(0.001)


def message(subject="one", *fields):
    """A message, with more fields."""
    return "\r\n".join([f"Subject: {subject}", *fields, "", "Text", ""]).encode()


@scene
async def test_a_message_is_answered_before_the_application_decides(tmp_path):
    """It is on the disk then, and is the same as by SMTP."""
    async with house(tmp_path) as bench:
        bench.app.go.clear()
        peer = await bench.greeted()
        assert await replies(peer, mail(message())) == [250, 250, 354, 250]
        assert len(bench.spool) == 1
        bench.app.go.set()
        await empty(bench)
        (event,), (scope,) = bench.app.events, bench.app.scopes
        assert (event["attempt"], event["to"], event["body"][-8:]) == (1, ["b@b.example"], b"\r\nText\r\n")
        assert event["id"] == scope["transaction_id"] and event["size"] == len(event["body"])


@scene
async def test_what_was_accepted_survives_the_server(tmp_path):
    """With the time of its first reception and its key; attempts count on."""
    async with house(tmp_path) as bench:
        bench.app.go.clear()
        peer = await bench.greeted()
        await replies(peer, mail(message()))
        while not bench.app.events:
            await asyncio.sleep(0.001)
        first = bench.app.events[0]
    async with house(tmp_path) as bench:
        await empty(bench)
        (event,) = bench.app.events
        for key in ("id", "dedupe_key", "dedupe_keys", "received_at", "digest", "headers", "body"):
            assert event[key] == first[key]


@scene
async def test_try_again_is_for_us_now(tmp_path):
    """After a pause, for whom it was said, with the attempt."""
    app = App()
    app.words["one"] = [
        [{"type": "email.status", "index": 1, "code": 451}],
        [RuntimeError("down")],
        [{"type": "email.accept"}],
    ]
    async with house(tmp_path, app) as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message(), "b@b.example", "c@c.example"), 5)
        for number in (1, 2, 3):
            while len(app.events) < number:
                await later(bench)
        await empty(bench)
        both = ["b@b.example", "c@c.example"]
        assert app.told("attempt", "to") == [(1, both), (2, both[1:]), (3, both[1:])]
        assert app.events[2]["dedupe_keys"] == app.events[0]["dedupe_keys"][1:]


@scene
async def test_a_refusal_is_a_letter_where_nobody_sends(tmp_path):
    """With what was said; a part of the recipients too, while the others are done."""
    app = App()
    app.words["all"] = [[{"type": "email.reject", "text": "No such list"}]]
    app.words["some"] = [[{"type": "email.status", "index": 0, "code": 550}]]
    async with house(tmp_path, app) as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message("all")))
        await replies(peer, mail(message("some"), "b@b.example", "c@c.example"), 5)
        while len(list(letters.names(tmp_path / "dead"))) < 2 or len(bench.spool):
            await asyncio.sleep(0.001)
        first, second = (
            letters.read(tmp_path / "dead", name)[0] for name in letters.names(tmp_path / "dead")
        )
        assert first.reason == "550 5.7.1 No such list" and second.reason.startswith("b@b.example: 550")
        assert first.content.endswith(b"Text\r\n")


@scene
async def test_a_refusal_is_told_to_the_sender_where_that_can_be(tmp_path):
    """Of each recipient, by its key; if it cannot be told, it is tried again; the null sender is told nothing."""
    app, told = App(), []
    app.words["one"] = [[{"type": "email.reject"}], [{"type": "email.reject"}], [{"type": "email.reject"}]]

    async def bounces(transaction, refused):
        told.append([(one.address.text, said.kind, key[-64:]) for one, said, key in refused])
        if len(told) == 1:
            raise RuntimeError("not now")

    async with house(tmp_path, app) as bench:
        bench.service.bounces = bounces
        peer = await bench.greeted()
        await replies(peer, mail(message()))
        while len(told) < 2:
            await later(bench)
        await empty(bench)
        digest = app.events[0]["digest"]
        assert told == [[("b@b.example", "reject", digest)]] * 2 and app.told("attempt") == [(1,), (2,)]
        await replies(peer, mail(message(), sender=""))
        await empty(bench)
        assert len(told) == 2
        while len(list(letters.names(tmp_path / "dead"))) < 1:
            await asyncio.sleep(0.001)


@scene
async def test_who_fails_again_and_again_is_given_up(tmp_path):
    """After so many attempts, with the last reason."""
    app = App()
    app.words["one"] = [[{"type": "email.defer", "text": "Busy"}] for _ in range(9)]
    async with house(tmp_path, app, attempts=3) as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message()))
        while len(bench.spool):
            await later(bench)
        assert app.told("attempt") == [(1,), (2,), (3,)]
        (name,) = letters.names(tmp_path / "dead")
        assert letters.read(tmp_path / "dead", name)[0].reason == "3 attempts: 451 4.3.0 Busy"


@scene
async def test_who_ends_the_process_is_given_up(tmp_path):
    """Its attempts are counted before they begin."""
    spool = Spool(tmp_path, clock=Clock())
    await spool.open()
    done = asyncio.get_running_loop().create_future()
    spool.put(b"head", b"content", done.set_result)
    await done
    (kept,) = await spool.take(1)
    kept.attempt = 5
    spool.later(kept, 0.0)
    await spool.close()
    async with house(tmp_path) as bench:
        await empty(bench)
        assert bench.app.events == []
        (name,) = letters.names(tmp_path / "dead")
        assert "ended with its process" in letters.read(tmp_path / "dead", name)[0].reason


@scene
async def test_what_cannot_be_read_is_given_up(tmp_path):
    """A head that is none, as of a later version."""
    spool = Spool(tmp_path, clock=Clock())
    await spool.open()
    done = asyncio.get_running_loop().create_future()
    spool.put(msgspec.msgpack.encode({"version": 9}), b"content", done.set_result)
    await done
    await spool.close()
    async with house(tmp_path) as bench:
        await empty(bench)
        (name,) = letters.names(tmp_path / "dead")
        assert "version 9" in letters.read(tmp_path / "dead", name)[0].reason


@scene
async def test_a_large_message_is_a_file(tmp_path):
    """Of the spool, without a copy; the application reads it by its reference, after a restart too."""
    app = App()
    app.go.clear()
    text = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 20_000
    async with house(tmp_path, app) as bench:
        peer = await bench.greeted()
        await replies(peer, mail(text))
        while not app.events:
            await asyncio.sleep(0.001)
        assert len(list((tmp_path / "files").iterdir())) == 1
    async with house(tmp_path) as bench:
        bench.app.go.clear()
        while not bench.app.events:
            await asyncio.sleep(0.001)
        (event,) = bench.app.events
        content = await asyncio.to_thread(Path(event["body_ref"]["path"]).read_bytes)
        assert content.endswith(text) and event["body"] == b"" and event["size"] == len(content)
        assert event["subject"] == "large"
        bench.app.go.set()
        await empty(bench)
    assert list((tmp_path / "files").iterdir()) == []


@scene
async def test_a_thread_comes_in_its_order(tmp_path):
    """The answer waits for what it answers; others do not."""
    async with house(tmp_path) as bench:
        bench.app.go.clear()
        peer = await bench.greeted()
        await replies(peer, mail(message("root", "Message-ID: <r@x>")))
        await replies(peer, mail(message("answer", "References: <r@x>", "Message-ID: <a@x>")))
        await replies(peer, mail(message("other", "Message-ID: <o@x>")))
        while len(bench.app.events) < 2:
            await asyncio.sleep(0.001)
        assert bench.app.told("subject") == [("root",), ("other",)]
        bench.app.go.set()
        await empty(bench)
        assert bench.app.told("subject")[2] == ("answer",)


@scene
async def test_so_many_are_called_at_once(tmp_path):
    """The others wait on the disk, and each comes once."""
    async with house(tmp_path, at_once=2) as bench:
        bench.app.go.clear()
        peer = await bench.greeted()
        for number in range(5):
            await replies(peer, mail(message(str(number))))
        while len(bench.app.events) < 2:  # the answer does not wait for the calls
            await asyncio.sleep(0.001)
        assert len(bench.app.events) == 2 and len(bench.spool) == 5
        bench.app.go.set()
        await empty(bench)
        assert sorted(bench.app.told("subject", "attempt")) == [(str(number), 1) for number in range(5)]


@scene
async def test_without_room_the_client_tries_again(tmp_path):
    """452, and nothing is kept."""
    async with house(tmp_path) as bench:
        bench.spool.rules = Rules(max_messages=0)
        peer = await bench.greeted()
        assert await replies(peer, mail(message())) == [250, 250, 354, 452]
        assert len(bench.spool) == 0 and bench.app.events == []


@scene
async def test_what_hangs_up_meanwhile_is_kept_once(tmp_path):
    """Its repeat gets the answer that it did not hear."""
    async with house(tmp_path) as bench:
        peer = await bench.greeted()
        await peer.send(mail(message()))
        peer.transport.protocol.connection_lost(None)
        other = await bench.greeted()
        assert await replies(other, mail(message())) == [250, 250, 354, 250]
        await empty(bench)
        assert len(bench.app.events) == 1


@pytest.mark.parametrize("where", ["load", "path"])
@scene
async def test_a_machine_that_is_short_of_something_gives_nothing_up(tmp_path, monkeypatch, where):
    """What cannot be read for want of a file descriptor, say, is tried again; what is damaged is not."""
    async with house(tmp_path) as bench:
        short = [OSError(errno.EMFILE, "Too many open files")]
        there = getattr(bench.spool, where)

        def wanting(kept):
            if short:
                raise OSError("it cannot be read") from short.pop()
            return there(kept)

        monkeypatch.setattr(bench.spool, where, wanting)
        peer = await bench.greeted()
        await replies(peer, mail(message()))
        while len(bench.spool):
            await later(bench)
        assert [event["attempt"] for event in bench.app.events] == [2]
        assert bench.counted("email.given_up") == 0
