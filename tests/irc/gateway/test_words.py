"""What an application says."""

import pytest

from interfaces.irc.gateway.session import RESULTS
from interfaces.shared.errors import ApplicationError, PeerGone
from tests.irc.gateway.support import NOW, TIME, Bench, Peer, scene

HOST = "ehwbaorq.po76idei.6af3epo2.ip"
SOURCE = {"nick": "web", "user": "u", "host": "example.org", "account": "w"}


def deliver(**more: object) -> dict:
    """Somebody in a browser says something in a channel."""
    return {"type": "irc.deliver", "source": SOURCE, "target": "#a", "text": "hi", **more}


async def results(peer: Peer) -> list[dict]:
    """Those that came since the last time."""
    await peer.bench.settle()
    found = peer.events("irc.result")
    peer.heard[:] = [event for event in peer.heard if event["type"] != "irc.result"]
    return found


@scene
async def test_what_is_not_known_is_the_applications_mistake() -> None:
    """As is what lacks something; it hears what there is."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        with pytest.raises(
            ApplicationError, match=r"irc.foo is no message for irc; known are irc.accept, irc.reject, "
        ):
            await ann.tell({"type": "irc.foo"})
        with pytest.raises(ApplicationError, match=r"irc.deliver needs 'source'"):
            await ann.tell({"type": "irc.deliver", "target": "#a", "text": "hi"})
        with pytest.raises(ApplicationError, match=r"irc.send needs 'text'"):
            await ann.tell({"type": "irc.send", "target": "#a"})


# --- deliver ---------------------------------------------------------------------------------------


@scene
async def test_a_message_is_delivered_to_the_client() -> None:
    """Of this scope alone, with what it knows of tags."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="message-tags server-time account-tag")
        bob = await bench.member("bob", "#a")
        assert await ann.tell(deliver(tags={"msgid": "m"})) == [
            f"@msgid=m;time={TIME};account=w :web!u@example.org PRIVMSG #a :hi"
        ]
        assert await bob.tell(deliver(ctcp="ACTION", command="NOTICE")) == [
            ":web!u@example.org NOTICE #a :\x01ACTION hi\x01"
        ]
        assert await bob.tell(deliver(command="TAGMSG")) == []
        assert await bob.tell(deliver(text="one\n\ntwo")) == [
            ":web!u@example.org PRIVMSG #a :one",
            ":web!u@example.org PRIVMSG #a :two",
        ]
        assert await ann.lines() == []


@scene
async def test_one_message_to_many_has_one_name() -> None:
    """Where the application says the same to each; the next has another."""
    async with Bench() as bench:
        peers = [await bench.member(nick, caps="message-tags") for nick in ("ann", "bob")]
        event = deliver()
        for peer in peers:
            await peer.call.send(event)
        first, second = [(await peer.lines())[0] for peer in peers]
        assert first == second
        assert await peers[0].tell(event) != [first]


@scene
async def test_an_event_that_is_used_again_is_another() -> None:
    """Whatever is changed in it, in one turn."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="message-tags")
        event = deliver(tags={"msgid": "1"})
        for key, value in (("text", "ho"), ("target", "ann"), ("source", "bob"), ("tags", {"msgid": "2"})):
            await ann.call.send(event)
            event[key] = value
        await ann.call.send(event)
        assert await ann.lines() == [
            "@msgid=1 :web!u@example.org PRIVMSG #a :hi",
            "@msgid=1 :web!u@example.org PRIVMSG #a :ho",
            "@msgid=1 :web!u@example.org PRIVMSG ann :ho",
            "@msgid=1 :bob!bob@irc.test PRIVMSG ann :ho",
            "@msgid=2 :bob!bob@irc.test PRIVMSG ann :ho",
        ]


@scene
async def test_a_message_is_relayed_to_all_it_names() -> None:
    """But not to who has said it."""
    async with Bench() as bench:
        ann, bob, eve = [await bench.member(nick, "#a") for nick in ("ann", "bob", "eve")]
        assert await ann.tell(deliver(source="ann", relay=True, time=NOW)) == []
        assert await bob.lines() == await eve.lines() == [f":ann!~ann@{HOST} PRIVMSG #a :hi"]
        assert await ann.tell(deliver(target="@#a", relay=True)) == [":web!u@example.org PRIVMSG @#a :hi"]
        assert await bob.lines() == []
        assert await ann.tell(deliver(target="bob", relay=True), deliver(target="nobody", relay=True)) == []
        assert await bob.lines() == [":web!u@example.org PRIVMSG bob :hi"]


class Link:
    """What leads to other containers."""

    def __init__(self) -> None:
        self.relayed: list[object] = []

    def relay(self, message: object) -> None:
        """Told there, too."""
        self.relayed.append(message)

    def tell(self, *what: object) -> None:
        """Not looked at here."""


@scene
async def test_other_containers_are_told_of_what_is_relayed() -> None:
    """Not of what is for this client."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        bench.gateway.link = link = Link()
        await ann.tell(
            deliver(), deliver(relay=True, target="far"), {"type": "irc.send", "target": "#a", "text": "x"}
        )
        assert [(one.source, one.target) for one in link.relayed] == [
            ("web!u@example.org", "far"),
            ("app!app@irc.test", "#a"),
        ]


# --- send, action ----------------------------------------------------------------------------------


@scene
async def test_the_application_speaks_for_itself() -> None:
    """As the gateway's own nick, or as another, to a channel or a nick."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a", caps="message-tags")
        said = await ann.tell(
            {"type": "irc.send", "target": "#a", "text": "one\ntwo"},
            {"type": "irc.action", "target": "#a", "text": "waves", "nick": "web"},
            {"type": "irc.send", "target": "ann", "text": "psst", "notice": True},
            {"type": "irc.send", "target": "#a", "text": "mine", "nick": "ann"},
        )
        assert said == [
            ":app!app@irc.test PRIVMSG #a :one",
            ":app!app@irc.test PRIVMSG #a :two",
            ":web!web@irc.test PRIVMSG #a :\x01ACTION waves\x01",
            ":app!app@irc.test NOTICE ann :psst",
        ]
        assert (await bob.lines())[-1].endswith(f":ann!~ann@{HOST} PRIVMSG #a :mine")
        await ann.tell(
            {"type": "irc.send", "target": "#a", "text": "yes", "reply_to": "m", "tags": {"+x": "1"}}
        )
        (line,) = await bob.lines()
        assert line.split()[0].endswith(";+x=1;+reply=m;+draft/reply=m")
        with pytest.raises(ApplicationError, match="there is no text"):
            await ann.tell({"type": "irc.send", "target": "#a", "text": " \n"})


@scene
async def test_what_is_for_another_network_is_not_said_here() -> None:
    """There may be a channel of the same name."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        message = {"type": "irc.send", "target": "#a", "text": "hi"}
        with pytest.raises(ApplicationError, match="this is not libera"):
            await ann.tell({**message, "network": "libera"})
        (line,) = await ann.tell({**message, "network": "test"})
        assert line.endswith(" PRIVMSG #a :hi")


@scene
async def test_what_has_an_id_has_a_result() -> None:
    """Also when it did not come to anybody."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        for kind in ("irc.send", "irc.action"):
            await ann.tell({"type": kind, "id": "7", "target": "#a", "text": "hi"})
            (result,) = await results(ann)
            assert result.pop("msgid").startswith("id-")
            assert result == {
                "type": "irc.result", "id": "7", "ok": True, "final": True, "error": "", "status": "sent"
            }  # fmt: skip
        await ann.tell(
            *({"type": "irc.send", "id": to, "target": to, "text": "hi"} for to in ("#b", "@#b", "bob"))
        )
        assert [(one["id"], one["ok"], one["status"], one["error"]) for one in await results(ann)] == [
            ("#b", False, "failed", "403 #b: No such channel"),
            ("@#b", False, "failed", "403 @#b: No such channel"),
            ("bob", False, "failed", "401 bob: No such nick/channel"),
        ]
        await ann.tell({"type": "irc.raw", "id": "8", "verb": "WALLOPS", "params": ["hi"]})
        await ann.tell({"type": "irc.away", "id": "9", "text": "gone"})
        await ann.tell({"type": "irc.deliver", "id": "no", "source": "x", "target": "ann", "text": "hi"})
        assert [one["id"] for one in await results(ann)] == ["8", "9"]


@scene
async def test_results_that_nobody_takes_have_a_limit() -> None:
    """An application that sends for ever and never receives is stopped."""

    async def app(scope: dict, receive: object, send: object) -> None:
        await receive()
        await send({"type": "irc.accept"})
        for number in range(RESULTS + 10):
            await send({"type": "irc.send", "id": f"{number}", "target": "ann", "text": "hi"})

    async with Bench(app=app) as bench:
        ann = await bench.member("ann")
        assert ann.closed and bench.counted("irc.gateway.app_errors") == 1


# --- numeric, raw, close ---------------------------------------------------------------------------


@scene
async def test_it_may_say_a_numeric() -> None:
    """Or a standard reply."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.tell(
            {"type": "irc.numeric", "code": 5, "params": ["X=1"], "text": "are supported"},
            {"type": "irc.numeric", "code": "301", "params": ["bob"], "text": "gone away"},
            {"type": "irc.numeric", "code": "FAIL", "params": ["JOIN", "CLOSED", "#a"], "text": "Not now"},
            {"type": "irc.numeric", "code": "NOTE", "params": ["*", "HELLO"]},
        ) == [
            ":irc.test 005 ann X=1 :are supported",
            ":irc.test 301 ann bob :gone away",
            ":irc.test FAIL JOIN CLOSED #a :Not now",
            ":irc.test NOTE * HELLO",
        ]
        for bad in ({"code": "JOIN"}, {"code": 301, "params": ["a b"], "text": "x"}, {"code": 12345}):
            with pytest.raises(ApplicationError):
                await ann.tell({"type": "irc.numeric", **bad})


@scene
async def test_it_may_say_any_line() -> None:
    """That is one."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="message-tags")
        assert await ann.tell(
            {"type": "irc.raw", "verb": "WALLOPS", "params": ["hi there"]},
            {
                "type": "irc.raw",
                "verb": "INVITE",
                "params": ["ann", "#a"],
                "source": "x!y@z",
                "tags": {"+a": "1", "time": "x"},
            },
        ) == [":irc.test WALLOPS :hi there", "@+a=1 :x!y@z INVITE ann #a"]
        for bad in (
            {"verb": "TWO WORDS"},
            {"verb": "X", "params": ["a\r\nQUIT"]},
            {"verb": "X", "tags": {"a b": ""}},
        ):
            with pytest.raises(ApplicationError):
                await ann.tell({"type": "irc.raw", **bad})


@scene
async def test_it_may_end_the_connection() -> None:
    """With a reason that others hear, too."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        assert await ann.tell({"type": "irc.close", "reason": "Idle"}) == [
            f":irc.test ERROR :Closing Link: {HOST} (Idle)"
        ]
        assert await bob.lines() == [f":ann!~ann@{HOST} QUIT :Idle"]
        assert ann.closed and ann.heard[-1]["reason"] == "Idle" and ann.heard[-1]["code"] == 1000


@scene
async def test_who_is_gone_is_told_nothing_more() -> None:
    """But others may hear of it; after the end of the session that is over, too."""
    heard: list[dict] = []

    async def app(scope: dict, receive: object, send: object) -> None:
        await receive()
        await send({"type": "irc.accept"})
        while (await receive())["type"] != "irc.disconnect":
            pass
        if scope["nick"] == "ann":
            for event in (
                deliver(), {"type": "irc.join", "channel": "#b"}, {"type": "irc.raw", "verb": "X"},
                {"type": "irc.send", "target": "#a", "text": "ann has left", "id": "7"},
            ):  # fmt: skip
                await send(event)
            heard.append(send)

    async with Bench(app=app) as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        await ann.leave()
        assert (await bob.lines())[1:] == [":app!app@irc.test PRIVMSG #a :ann has left"]
        assert "#b" not in bench.gateway.roster.rooms
        with pytest.raises(PeerGone):
            await heard[0]({"type": "irc.send", "target": "#a", "text": "x"})
