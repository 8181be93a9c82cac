"""interfaces.email.intake: whole messages, with the limits, repeats and verdicts of SMTP."""

import asyncio
import io
from typing import Any

import pytest

from interfaces.email.filling import PIECE
from interfaces.email.intake import Intake
from interfaces.email.translate import Place
from interfaces.shared.delivery import Verdict
from tests.email.harness import Bench, scene

MESSAGE = b"Subject: one\n\nText\n"
TO = ("me@a.example", ["you@b.example"])


def place(**more: Any) -> Place:
    """A file of this machine."""
    return Place(**{"protocol": "maildir", "client": None, "server": None, **more})


class Desk:
    """An intake whose application notes what it gets, and says ``words``; ``go`` may hold it."""

    def __init__(self, bench, *words):
        self.intake, self.words, self.events, self.scopes = Intake(bench.service), words, [], []
        self.go = asyncio.Event()
        self.go.set()
        bench.service.app = self

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        self.events.append(await receive())
        await self.go.wait()
        for word in self.words:
            await send(word)

    async def kinds(self, envelope=TO, content=MESSAGE, **more):
        """The verdicts, in short."""
        return [one.kind for one in await self.intake.deliver(place(), envelope, content, **more)]


@scene
async def test_a_message_comes_as_by_smtp():
    """Lines end in CRLF, a trace line stands in front, the digest is of what came behind it."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert await desk.kinds(attempt=3) == ["accept"]
        (event,), (scope,) = desk.events, desk.scopes
        assert event["body"].endswith(b"\r\n\r\nText\r\n".join([b"Subject: one", b""]))
        assert event["body"].startswith(b"Received: by mx.example with LOCAL id %b;" % event["id"].encode())
        assert (event["attempt"], event["from"], event["to"]) == (3, "me@a.example", ["you@b.example"])
        assert scope["protocol"] == "maildir" and scope["client"] is None and scope["mail_params"] == {}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@scene
async def test_a_digest_does_not_depend_on_how_it_came(ends):
    """In one piece or from a file, with LF or CRLF, also where a CRLF falls between two pieces."""
    async with Bench() as bench:
        desk = Desk(bench)
        content = b"Subject: x" + ends + ends + (b"x" * 99 + ends) * (PIECE // 50)
        await desk.kinds(content=content)
        await desk.kinds(content=io.BytesIO(content))
        first, second = desk.events
        assert first["digest"] == second["digest"] and first["size"] == second["size"]
        assert first["body"].count(b"\r\n") == first["body"].count(b"\n") == first["body"].count(b"\r")


@scene
async def test_each_recipient_has_its_verdict():
    """In their order: what is no address is refused, and the application asked for the others."""
    async with Bench() as bench:
        desk = Desk(bench, {"type": "email.status", "index": 1, "code": 451})
        envelope = ("me@a.example", ["no address", "a@b.example", "x", "c@b.example", "a@b> NOTIFY=NEVER"])
        assert await desk.kinds(envelope) == ["reject", "accept", "reject", "defer", "reject"]
        assert desk.events[0]["to"] == ["a@b.example", "c@b.example"]
        assert await desk.kinds(("me@a.example", ["x"])) == ["reject"] and len(desk.events) == 1


@pytest.mark.parametrize("sender", ["", "no address", "a@b> SIZE=1", "\udcff@x", "a@b\r\n"])
@scene
async def test_who_cannot_be_answered_is_nobody(sender):
    """A sender that is no address becomes the null sender."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert await desk.kinds((sender, ["you@b.example"])) == ["accept"]
        assert desk.events[0]["from"] is None and "SIZE" not in desk.scopes[0]["mail_params"]


@scene
async def test_addresses_beyond_ascii():
    """Are those of SMTPUTF8, and the scope says so."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert await desk.kinds(("grüße@a.example", ["jörg@b.example", "b@b.example"])) == ["accept"] * 2
        assert (
            desk.scopes[0]["mail_params"] == {"SMTPUTF8": True}
            and desk.events[0]["from"] == "grüße@a.example"
        )


@pytest.mark.parametrize(
    ("content", "code"), [(b"x\n" * 60_000, 552), (b"x" * 1500 + b"\n", 500), (b"A: b\n" * 60, 554)]
)
@scene
async def test_the_limits_hold(content, code):
    """Size, lines, fields; nothing stays in flight, and the application hears nothing."""
    async with Bench(max_size=100_000, max_headers=50) as bench:
        desk = Desk(bench)
        (said,) = await desk.intake.deliver(place(), TO, content)
        assert said.detail["code"] == code and desk.events == []


@scene
async def test_recipients_have_a_limit():
    """Too many are tried again, none is refused."""
    async with Bench(max_recipients=100) as bench:
        desk = Desk(bench)
        assert await desk.kinds(("", [f"r{n}@b.example" for n in range(101)])) == ["defer"] * 101
        assert await desk.kinds(("", [])) == ["reject"]
        assert await desk.kinds(("", [f"r{n}@b.example" for n in range(100)])) == ["accept"] * 100


@scene
async def test_what_is_in_flight_has_a_limit():
    """Beyond it, and while the server stops, a message is to be tried again."""
    async with Bench(max_in_flight=10) as bench:
        desk = Desk(bench)
        bench.service.in_flight = 10
        assert await desk.kinds() == ["defer"]
        bench.service.in_flight, bench.service.draining = 0, True
        assert await desk.kinds() == ["defer"]
        bench.service.draining = False
        assert await desk.kinds() == ["accept"]


@scene
async def test_a_file_that_cannot_be_read_holds_nothing():
    """The error is whose file it is; nothing stays in flight."""

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("gone")

    async with Bench() as bench:
        desk = Desk(bench)
        with pytest.raises(OSError, match="gone"):
            await desk.kinds(content=Broken())
        assert desk.events == []


@scene
async def test_a_spool_that_cannot_be_written():
    """Is tried again."""
    async with Bench(spool_folder="/nowhere/at/all", spool_above=65_536) as bench:
        desk = Desk(bench)
        (said,) = await desk.intake.deliver(place(), TO, b"x\n" * 100_000)
        assert said.detail["code"] == 452 and desk.events == []


@scene
async def test_who_does_not_wait_leaves_the_call_running():
    """Its repeat joins it, and gets the verdict; so it is for who was cancelled."""
    async with Bench() as bench:
        desk = Desk(bench, {"type": "email.reject"})
        desk.go.clear()
        assert await desk.kinds(seconds=0) == ["defer"]
        waiting = asyncio.ensure_future(desk.kinds())
        await asyncio.sleep(0.01)
        waiting.cancel()
        again = asyncio.ensure_future(desk.kinds())
        await asyncio.sleep(0.01)
        desk.go.set()
        assert await again == ["reject"] and len(desk.events) == 1 and bench.counted("email.late") == 1


@pytest.mark.parametrize("heard", [True, False])
@scene
async def test_the_same_once_more(heard):
    """Means it where the verdict was heard; else it is a repeat, but of what was deferred."""
    async with Bench() as bench:
        desk = Desk(bench)
        desk.words = ({"type": "email.defer"},)
        assert await desk.kinds(heard=heard) == ["defer"]
        desk.words = ({"type": "email.reject"},)
        assert await desk.kinds(heard=heard) == ["reject"]
        desk.words = ()
        assert await desk.kinds(heard=heard) == (["accept"] if heard else ["reject"])
        assert len(desk.events) == 2 + heard


@scene
async def test_a_repeat_with_a_further_recipient_runs_for_that_one():
    """The others have their verdicts."""
    async with Bench() as bench:
        desk = Desk(bench, {"type": "email.reject"})
        await desk.kinds(heard=False)
        desk.words = ()
        both = ("me@a.example", ["new@b.example", "you@b.example"])
        assert await desk.kinds(both, heard=False) == ["accept", "reject"]
        assert desk.events[1]["to"] == ["new@b.example"]


@scene
async def test_who_is_asked_before_the_content_is_asked_here():
    """Hooks and the application's own email.rcpt: whom they refuse is not in the message."""
    async with Bench(ask_recipients=True) as bench:
        desk = Desk(bench)
        asked = []

        async def hook(place, mail, recipient):
            asked.append(recipient.address.text)
            if recipient.address.local == "listed":
                return Verdict("defer", {"code": 450, "enhanced": "4.7.1", "text": "Later"})
            return None

        async def app(scope, receive, send):
            event = await receive()
            if event["type"] == "email.rcpt":
                await send({"type": f"email.{'reject' if event['address'].startswith('no') else 'accept'}"})
            else:
                desk.events.append(event)

        bench.service.app = app
        bench.service.ask(hook)
        names = ["listed@b.example", "x", "no@b.example", "yes@b.example"]
        assert await desk.kinds(("", names)) == ["defer", "reject", "reject", "accept"]
        assert asked == ["listed@b.example", "no@b.example", "yes@b.example"]
        assert [event["to"] for event in desk.events] == [["yes@b.example"]]
        assert await desk.kinds(("", names[:3])) == ["defer", "reject", "reject"] and len(desk.events) == 1


@scene
async def test_who_is_asked_before_the_application_is_asked_here():
    """A hook may decide, and may add to the event."""
    async with Bench() as bench:
        desk = Desk(bench)
        decides = []

        async def hook(transaction, headers, more):
            more["checked"] = transaction.place.protocol
            return decides.pop() if decides else None

        bench.service.before(hook)
        assert await desk.kinds() == ["accept"] and desk.events[0]["checked"] == "maildir"
        decides.append(Verdict("reject"))
        assert await desk.kinds() == ["reject"] and len(desk.events) == 1


@scene
async def test_messages_in_files_have_a_limit():
    """What does not fit beside the others is to be tried again, and the rest of it is let go."""
    async with Bench(max_spool=250_000, spool_above=65_536) as bench:
        desk = Desk(bench)
        desk.go.clear()
        first = asyncio.ensure_future(desk.kinds(content=b"x\n" * 80_000))
        while not desk.events:
            await asyncio.sleep(0.001)
        assert await desk.kinds(content=b"y\n" * 80_000) == ["defer"]
        desk.go.set()
        assert await first == ["accept"] and bench.service.spooled == 0 and len(desk.events) == 1


@scene
async def test_whom_some_refuse_beside_others_its_sender_is_told():
    """Once, and where that fails the message comes again: nobody is dropped in silence."""
    async with Bench() as bench:
        desk = Desk(bench, {"type": "email.status", "index": 0, "code": 550})
        told, fails = [], [OSError("no sender")]

        async def bounces(transaction, refused):
            if fails:
                raise fails.pop()
            told.append([one.address.text for one, _, _ in refused])

        bench.service.bounces = bounces
        both = ("me@a.example", ["no@b.example", "yes@b.example"])
        assert await desk.kinds(both, heard=False) == ["defer", "accept"]
        assert await desk.kinds(both, heard=False) == ["reject", "accept"]
        assert told == [["no@b.example"]] and len(desk.events) == 1
        desk.words = ({"type": "email.reject"},)
        assert (
            await desk.kinds(("", ["x@b.example", "y@b.example"])) == ["reject", "reject"] and len(told) == 1
        )
