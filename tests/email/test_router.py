"""interfaces.email.router: each recipient goes to the first route that matches, and has the verdict of that."""

import asyncio
from typing import Any

import pytest

from interfaces.cli.check import served_types
from interfaces.email.consumer import EmailConsumer
from interfaces.email.fan import SIDE_BY_SIDE
from interfaces.email.router import EmailRouter, address, anyone, domain, matching, tagged
from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.workers.routing import Routing, route
from tests.email.harness import Bench, forever, mail, scene

Said = dict[str, Any]


class Heard:
    """An application that keeps what it gets, and says or raises something."""

    def __init__(self, *said: Said, error: Exception | None = None) -> None:
        self.said = said
        self.error = error
        self.scopes: list[Said] = []
        self.events: list[Said] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.events.append(await receive())
        for said in self.said:
            await send({"type": "email.reject", **said})
        if self.error is not None:
            raise self.error

    @property
    def recipients(self) -> list[list[str]]:
        """Of each call."""
        assert [[one["address"] for one in scope["rcpt_to"]] for scope in self.scopes] == [
            event["to"] for event in self.events
        ]
        return [event["to"] for event in self.events]

    @property
    def kwargs(self) -> list[Said]:
        """Of each call."""
        return [scope["url_route"]["kwargs"] for scope in self.scopes]


async def told(app: Any, *recipients: str, lmtp: bool = True) -> list[int]:
    """The codes that a message gets, of each recipient in LMTP."""
    async with Bench(app) as bench:
        peer = await bench.greeted(lmtp=lmtp)
        codes = await peer.codes(mail(b"Subject: x\r\n\r\nText\r\n", *recipients))
        return codes[2 + len(recipients) :]


@scene
async def test_the_first_route_counts() -> None:
    """In the order in which they are written; the last may take anyone."""
    first, second, rest = Heard(), Heard(), Heard()
    router = EmailRouter([address("a@b.example", first), domain("b.example", second), anyone(rest)])
    assert await told(router, "a@b.example", "c@b.example", "d@e.example") == [250, 250, 250]
    assert (first.recipients, second.recipients, rest.recipients) == (
        [["a@b.example"]], [["c@b.example"]], [["d@e.example"]],
    )  # fmt: skip


# --- several recipients ---


@scene
async def test_recipients_of_one_route_are_one_call() -> None:
    """As many as there are, with the scope's own words for its verdict; those with other keywords are another."""
    heard = Heard({})
    assert await told(EmailRouter([domain("b.example", heard)]), "a@b.example", "c@b.example") == [550, 550]
    assert heard.recipients == [["a@b.example", "c@b.example"]]
    tags = Heard()
    router = EmailRouter([tagged("help@b.example", tags)])
    assert await told(router, "help+1@b.example", "help+2@b.example", "help+1@b.example") == [250, 250, 250]
    assert tags.recipients == [["help+1@b.example", "help+1@b.example"], ["help+2@b.example"]]
    assert tags.kwargs == [{"tag": "1"}, {"tag": "2"}]


@scene
async def test_each_recipient_has_the_verdict_of_its_route(caplog: pytest.LogCaptureFixture) -> None:
    """What one says, raises or does not know is no other's; only a mistake is logged."""
    said: list[Any] = [
        Heard({"type": "email.accept"}),
        Heard({"code": 554, "enhanced": "5.6.0", "text": "No"}),
        Heard({"type": "email.defer", "code": 450, "enhanced": "4.2.1"}),
        Heard(error=ZeroDivisionError("no")),
        Heard(error=NoRoute("nobody")),
        forever,
        Heard({"type": "email.discard"}),
    ]
    router = EmailRouter([address(f"{place}@b.example", app) for place, app in enumerate(said)])
    recipients = [f"{place}@b.example" for place in range(8)]
    assert await told(router, *recipients) == [250, 554, 450, 451, 550, 250, 250, 550]
    assert caplog.text.count("the application raised") == 1


@scene
async def test_a_route_may_say_a_verdict_for_each_of_its_own() -> None:
    """By the address, or by the place among those that it was called for."""
    status = [
        {"type": "email.status", "index": 1, "code": 452, "enhanced": "4.2.2"},
        {"type": "email.status", "recipient": "a@b.example", "code": 550, "enhanced": "5.1.1"},
    ]
    router = EmailRouter([address("x@y.example", Heard()), domain("b.example", Heard(*status))])
    assert await told(router, "a@b.example", "x@y.example", "c@b.example", "d@b.example") == [
        550,
        250,
        452,
        250,
    ]


@scene
async def test_smtp_has_one_reply_for_all() -> None:
    """One that has no route beside others makes it "try again"; of the repeat the refusal is known."""
    heard = Heard()
    assert await told(
        EmailRouter([address("a@b.example", heard)]), "a@b.example", "x@b.example", lmtp=False
    ) == [451]
    assert heard.recipients == [["a@b.example"]]
    assert await told(
        EmailRouter([address("a@b.example", heard)]), "x@b.example", "y@b.example", lmtp=False
    ) == [550]


@scene
async def test_a_share_is_a_message_of_its_own() -> None:
    """Its path, first recipient and dedupe_key are those that it would have alone."""
    a, b = Heard(), Heard()
    alone = Heard()
    await told(EmailRouter([address("a@b.example", a), anyone(b)]), "a@b.example", "c@d.example")
    await told(EmailRouter([anyone(alone)]), "c@d.example")
    (event,), (single,) = b.events, alone.events
    assert {key: event[key] for key in ("to", "to_address", "dedupe_key")} == {
        key: single[key] for key in ("to", "to_address", "dedupe_key")
    }
    assert b.scopes[0]["path"] == "d.example/c" and a.scopes[0]["path"] == "b.example/a"
    assert a.events[0]["dedupe_key"] != event["dedupe_key"]


@scene
async def test_routes_run_side_by_side_and_no_more_than_so_many() -> None:
    """One that waits for another does not wait for ever; a thousand recipients are not a thousand calls at once."""
    running = most = 0

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal running, most
        await receive()
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    router = EmailRouter([tagged("a@b.example", slow)])
    recipients = [f"a+{number}@b.example" for number in range(3 * SIDE_BY_SIDE)]
    async with Bench(router) as bench:
        peer = await bench.greeted(lmtp=True)
        peer.feed(mail(b"Subject: x\r\n\r\n", *recipients))
        for _ in range(20):
            await bench.settle()
        assert (await peer.codes()).count(250) == 2 * len(recipients) + 1
    assert most == SIDE_BY_SIDE


@scene
async def test_pieces_of_a_message_go_to_all_its_routes() -> None:
    """One that needs no more of them holds none of the others up."""
    sent: list[Said] = []
    pieces = [b"one", b"two", b"three"]
    events = [
        {"type": "email.receive", "to": ["a@b", "c@d"], "body": piece, "more_body": piece != pieces[-1]}
        for piece in pieces
    ]
    found: list[bytes] = []

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            found.append(event["body"])
            if not event["more_body"]:
                return

    async def receive() -> Said:
        return events.pop(0)

    async def send(event: Said) -> None:
        sent.append(event)

    recipients = [{"address": f"{one}@{other}", "local": one, "domain": other} for one, other in ("ab", "cd")]
    refusing = Heard({"text": "no"})
    router = EmailRouter([address("a@b", refusing), address("c@d", whole)])
    await router({"type": "email", "rcpt_to": recipients}, receive, send)
    assert found == pieces and len(refusing.events) == 1
    assert sent == [{"type": "email.status", "index": 0, "code": 550, "enhanced": "5.7.1", "text": "no"}]


@scene
async def test_the_last_piece_may_be_for_some_of_the_recipients() -> None:
    """Of a repeat, whose others have their verdict: their route is told that it is over."""
    events = [
        {"type": "email.receive", "to": ["a@b", "c@d"], "body": b"one", "more_body": True},
        {"type": "email.receive", "to": ["c@d"], "dedupe_keys": ["k"], "body": b"", "more_body": False},
    ]
    found: list[tuple[str, str, Any]] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            found.append((scope["path"], event["type"], event.get("dedupe_key")))

    async def receive() -> Said:
        return events.pop(0)

    async def send(event: Said) -> None:
        raise AssertionError(event)

    recipients = [{"address": f"{one}@{other}", "local": one, "domain": other} for one, other in ("ab", "cd")]
    await EmailRouter([domain("b", reads), anyone(reads)])(
        {"type": "email", "rcpt_to": recipients}, receive, send
    )
    assert sorted(found, key=repr) == [
        ("b/a", "email.disconnect", None),
        ("b/a", "email.receive", None),
        ("d/c", "email.receive", "k"),
        ("d/c", "email.receive", None),
    ]


@scene
async def test_an_application_that_is_ended_ends_its_calls() -> None:
    """As when the server drains: none of them runs on unseen."""
    ended: list[str] = []

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(scope["path"])

    async def receive() -> Said:
        return {"type": "email.receive"}

    recipients = [{"address": f"{one}@{other}", "local": one, "domain": other} for one, other in ("ab", "cd")]
    router = EmailRouter([tagged("a@b", waits), domain("d", waits)])
    task = asyncio.ensure_future(router({"type": "email", "rcpt_to": recipients}, receive, waits))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert task.cancelled() and sorted(ended) == ["b/a", "d/c"]


# --- in front of others ---


@scene
async def test_routers_nest_and_keep_the_keywords_of_the_outer() -> None:
    """As Channels' do."""
    heard = Heard()
    inner = EmailRouter([matching(r"(?P<user>\w+)@", heard)])
    assert await told(EmailRouter([matching(r".*@(?P<host>[a-z]+)\.", inner)]), "joe@b.example") == [250]
    assert heard.kwargs == [{"host": "b", "user": "joe"}]
    assert await told(EmailRouter([anyone(EmailRouter([]))]), "joe@b.example") == [550]


@scene
async def test_consumers_and_functions_stand_behind_it() -> None:
    """A consumer finds the keywords in its scope; a Routing goes on by what it knows."""

    class Desk(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            await self.reject(text=self.scope["url_route"]["kwargs"]["tag"], code=553)

    async def listed(message: Any, list: str) -> None:
        if list == "closed":
            raise ValueError

    functions = Routing([route("email.receive", listed, to_address=r"(?P<list>\w+)@lists")])
    router = EmailRouter([tagged("desk@b.example", Desk.as_asgi()), domain("lists.example", functions)])
    recipients = ["desk+7@b.example", "open@lists.example"]
    assert await told(router, *recipients) == [553, 250]
    assert await told(router, "closed@lists.example", "desk+1@b.example", "x@y.example") == [451, 553, 550]


@pytest.mark.parametrize("kind", ["lifespan", "http", "websocket"])
@scene
async def test_it_takes_nothing_but_mail(kind: str) -> None:
    """And says so, to servers and to `interfaces check`."""
    router = EmailRouter([anyone(Heard())])
    with pytest.raises(NoRoute, match=f"takes mail, not '{kind}'"):
        await router({"type": kind}, None, None)  # type: ignore[arg-type]
    assert served_types(router) == {"email"}


# --- mistakes ---


def test_what_is_no_route_is_told_when_it_is_made() -> None:
    """In one line that says how to mend it."""
    with pytest.raises(ConfigError, match=r"EmailRouter takes address\(\), tagged\(\), domain\(\)"):
        EmailRouter([route("email.receive", Heard())])  # type: ignore[list-item]


def test_a_router_shows_its_routes() -> None:
    """As they were written."""
    router = EmailRouter(
        [address("a@b", Heard()), tagged("c@d", Heard()), domain("e", Heard()), anyone(Heard())]
    )
    assert repr(router) == "EmailRouter(address('a@b'), tagged('c@d'), domain('e'), anyone())"


@scene
async def test_a_recipient_that_is_asked_about_goes_to_its_route() -> None:
    """Before there is content, with the keywords; one without a route is refused then."""

    class Door(EmailConsumer):
        async def email_rcpt(self, message: Any) -> None:
            if self.scope["url_route"]["kwargs"]["tag"] is None:
                await self.reject("Say which", code=553, enhanced="5.1.3")

    async with Bench(EmailRouter([tagged("a@b.example", Door.as_asgi())]), ask_recipients=True) as bench:
        peer = await bench.greeted()
        codes = await peer.codes(mail(b"Subject: x\r\n\r\n", "a@b.example", "a+1@b.example", "x@b.example"))
        while len(codes) < 6:
            await bench.settle()
            codes += await peer.codes()
    assert codes == [250, 553, 250, 550, 354, 250]
