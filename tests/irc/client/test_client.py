"""A user of a network: what an application hears, says and is told of it, from the first line to the last."""

import asyncio

import pytest

from interfaces.shared.errors import ApplicationError, PeerGone
from interfaces.testing.irc import CAPS, FakeNetwork
from tests.irc.client.kit import Desk, on
from tests.runner.virtual import run

LABELED = CAPS
"""Answers have labels."""
PINGED = {"server-time": "", "message-tags": "", "echo-message": ""}
"""A PING shows what has worked, and an echo its msgid."""
BARE: dict[str, str] = {}
"""A server of 1993."""


def heard(desk, *keys):
    """Those keys of all events but of numerics."""
    return [tuple(event.get(key) for key in keys) for event in desk.heard if event["type"] != "irc.raw"]


class TestConnections:
    def test_the_scope_says_where_we_are_and_as_whom(self):
        """Every key that all scopes have, and those of IRC."""

        async def main():
            async with on(joined="#a") as end:
                scope = end.desk.calls[0].scope
                assert (scope["type"], scope["mode"], scope["network"]) == ("irc", "client", "fake")
                assert (scope["path"], scope["conversation"], scope["nick"]) == ("client/fake", "fake", "bot")
                assert (scope["server"], scope["client"], scope["tls"]) == (
                    ("127.0.0.1", end.fake.port),
                    None,
                    None,
                )
                assert "labeled-response" in scope["caps"]
                assert scope["isupport"]["NETWORK"] == "Fake"
                assert scope["account"] is None
                assert {"asgi", "state", "extensions"} <= scope.keys()

        run(main())

    def test_events_from_the_first_to_the_last(self):
        """irc.connect, what happens, irc.disconnect."""

        async def main():
            async with on(joined="#a") as end:
                end.fake.join("ann", "#a")
                end.fake.say("ann", "#a", "hi")
                await end.desk.event("irc.message")
            assert heard(end.desk, "type", "channel") == [
                ("irc.connect", None),
                ("irc.join", "#a"),
                ("irc.names", "#a"),
                ("irc.join", "#a"),
                ("irc.message", "#a"),
                ("irc.disconnect", None),
            ]
            first, last = end.desk.heard[0], end.desk.heard[-1]
            assert (first["nick"], first["resumed"], first["channels"]) == ("bot", False, [])
            assert first["welcome"].startswith("Welcome to the irc.fake Network")
            assert (last["code"], end.fake.quits) == (1012, ["Restarting"])
            assert end.desk.of("irc.names")[0]["members"] == {"bot": "@"}

        run(main())

    def test_after_a_cut_there_is_another_scope(self):
        """Channels of the options and of the application are joined again, with their keys."""

        async def main():
            async with on(joined="#a") as end:
                end.fake.room("#b").key = "secret"
                end.fake.join("ann", "#b")
                assert (await end.result(type="irc.join", channel="#b", key="secret"))["ok"]
                end.fake.drop()
                await end.desk.event("irc.connect", 2)
                await end.fake.here(channel="#a")
                await end.fake.here(channel="#b")
                gone = end.desk.of("irc.disconnect")[0]
                assert gone["code"] == 1006
                assert len(end.desk.calls) == 2
                assert end.desk.calls[0].heard[-1] is gone
                with pytest.raises(PeerGone):
                    await end.desk.calls[0].send({"type": "irc.send", "target": "#a", "text": "late"})

        run(main())

    def test_the_network_closes_it(self):
        """With its words; the upstream dials again."""

        async def main():
            async with on() as end:
                await end.desk.event("irc.connect")
                end.fake.kill("go away")
                gone = await end.desk.event("irc.disconnect")
                assert gone["code"] == 1000
                assert "go away" in gone["reason"]
                await end.desk.event("irc.connect", 2)

        run(main())

    def test_the_application_closes_it(self):
        """With a reason; it is dialled anew, as after any end."""

        async def main():
            async with on() as end:
                await end.desk.event("irc.connect")
                await end.send(type="irc.close", reason="so long")
                assert (await end.desk.event("irc.disconnect"))["code"] == 1000
                await end.desk.event("irc.connect", 2)
                assert end.fake.quits[0] == "so long"

        run(main())

    def test_what_the_application_has_in_hand_is_said_before_the_end(self):
        """The drain waits for it, then says QUIT."""
        gate = asyncio.Event()

        async def slow(call, event):
            if event["type"] == "irc.message" and not event["is_echo"]:
                await gate.wait()
                await call.send({"type": "irc.send", "target": "#a", "text": "an answer"})

        async def main():
            async with on(slow, joined="#a") as end:
                end.fake.join("ann", "#a")
                end.fake.say("ann", "#a", "a question")
                await end.desk.event("irc.message")
                asyncio.get_running_loop().call_later(0.2, gate.set)
            assert end.fake.lines[-2:] == ["PRIVMSG #a an answer", "QUIT Restarting"]
            assert end.desk.heard[-1]["type"] == "irc.disconnect"

        run(main())

    def test_an_application_that_never_ends_is_ended(self):
        """Within its time."""

        async def stuck(call, event):
            if event["type"] == "irc.disconnect":
                await asyncio.sleep(1e6)

        async def main():
            loop = asyncio.get_running_loop()
            async with on(stuck) as end:
                await end.desk.event("irc.connect")
                began = loop.time()
            assert loop.time() - began < 10
            assert end.fake.quits

        run(main())


class TestSaying:
    @pytest.mark.parametrize("caps", [LABELED, PINGED, BARE])
    def test_what_became_of_it_is_told(self, caps):
        """Whatever the network has for that; the msgid where it has one."""

        async def main():
            async with on(fake=FakeNetwork(caps=caps), joined="#a") as end:
                sent = await end.result(type="irc.send", target="#a", text="hi", id="x")
                assert (sent["id"], sent["ok"], sent["status"], sent["final"]) == ("x", True, "sent", True)
                if caps:
                    assert sent["msgid"] == end.fake.spoken[0].tags["msgid"]
                failed = await end.result(type="irc.send", target="#nowhere", text="hi")
                assert (failed["ok"], failed["status"]) == (False, "failed")
                assert failed["error"] == "403 #nowhere: No such channel"
                end.fake.room("#full").refuses = "471 :Cannot join channel (+l)"
                failed = await end.result(type="irc.join", channel="#full")
                assert failed["error"] == "471 #full: Cannot join channel (+l)"
                failed = await end.result(type="irc.raw", verb="FOO")
                assert failed["error"] == "421 FOO: Unknown command"
                assert not end.desk.of("irc.raw") or {one["verb"] for one in end.desk.of("irc.raw")} <= {
                    "332"
                }

        run(main())

    @pytest.mark.parametrize("caps", [LABELED, BARE])
    def test_every_word_works(self, caps):
        """And the network sees it."""
        said = [
            ({"type": "irc.topic", "channel": "#a", "text": "new"}, "TOPIC #a new"),
            ({"type": "irc.mode", "target": "#a", "modes": [["+v", "ann"]]}, "MODE #a +v ann"),
            ({"type": "irc.invite", "channel": "#a", "target": "cat"}, "INVITE cat #a"),
            ({"type": "irc.away", "text": "lunch"}, "AWAY lunch"),
            ({"type": "irc.kick", "channel": "#a", "target": "ann", "text": "out"}, "KICK #a ann out"),
            ({"type": "irc.action", "target": "#a", "text": "waves"}, "PRIVMSG #a \x01ACTION waves\x01"),
            ({"type": "irc.raw", "verb": "NAMES", "params": ["#a"]}, "NAMES #a"),
            ({"type": "irc.nick", "nick": "bot9"}, "NICK bot9"),
            ({"type": "irc.part", "channel": "#a", "text": "bye"}, "PART #a bye"),
            ({"type": "irc.join", "channel": "#b"}, "JOIN #b"),
        ]

        async def main():
            async with on(fake=FakeNetwork(caps=caps), joined="#a") as end:
                end.fake.join("ann", "#a")
                for event, line in said:
                    result = await end.result(**event)
                    assert (result["ok"], result["error"]) == (True, "")
                    assert line in end.fake.lines

        run(main())

    def test_what_cannot_be_said_is_raised_where_it_is_said(self):
        """The connection stays."""

        async def main():
            async with on(joined="#a") as end:
                for event in ({"type": "irc.sned"}, {"type": "irc.send", "target": "#a", "text": ""}):
                    with pytest.raises(ApplicationError):
                        await end.send(**event)
                with pytest.raises(ApplicationError, match="one line"):
                    await end.send(type="irc.close", reason="a\r\nb")
                assert (await end.result(type="irc.send", target="#a", text="hi"))["ok"]

        run(main())

    @pytest.mark.parametrize("caps", [LABELED, BARE])
    def test_what_was_written_before_a_cut_is_uncertain(self, caps):
        """It is told before irc.disconnect, which is the last."""

        async def main():
            async with on(fake=FakeNetwork(caps=caps), joined="#a") as end:
                end.fake.faults.drop_after = 1
                result = await end.result(type="irc.send", target="#a", text="hi")
                assert (result["ok"], result["status"]) == (False, "uncertain")
                await end.desk.event("irc.connect", 2)
                assert [event["type"] for event in end.desk.calls[0].heard[-2:]] == [
                    "irc.result",
                    "irc.disconnect",
                ]

        run(main())

    def test_what_never_gets_an_answer_is_uncertain(self):
        """After its time, though the connection lives."""

        async def main():
            async with on(joined="#a", options={"client_answer_timeout": 2.0}) as end:
                end.fake.faults.silent = True
                result = await end.result(type="irc.send", target="#a", text="hi")
                assert (result["status"], result["error"]) == ("uncertain", "no answer within 2 s")
                assert end.counted("unanswered") == 1
                end.fake.faults.silent = False

        run(main())

    def test_a_long_text_is_several_messages(self):
        """One result for all of them, with the msgid of the first."""

        async def main():
            async with on(joined="#a") as end:
                result = await end.result(type="irc.send", target="#a", text="wörd " * 300)
                said = end.fake.spoken
                assert len(said) > 2
                assert all(len(f":{one.source} PRIVMSG #a :{one.text}\r\n".encode()) <= 512 for one in said)
                assert " ".join(one.text for one in said) == ("wörd " * 300).strip()
                assert result["msgid"] == said[0].tags["msgid"]

        run(main())

    def test_our_own_words_come_back_where_the_network_echoes_them(self):
        """Marked as ours, with the id under which they were said."""

        async def main():
            async with on(joined="#a") as end:
                await end.result(type="irc.send", target="#a", text="hi", id="x")
                (echo,) = end.desk.of("irc.message")
                assert (echo["is_echo"], echo["label"], echo["text"]) == (True, "x", "hi")
                await end.send(type="irc.send", target="#a", text="ho")
                echo = await end.desk.event("irc.message", 2)
                assert "label" not in echo

        run(main())

    def test_a_result_may_be_told_elsewhere(self):
        """On the channel that is said."""
        from interfaces.layers.local import LocalChannelLayer

        async def main():
            layer = LocalChannelLayer()
            channel = await layer.new_channel("test")
            async with on(joined="#a", layer=layer) as end:
                await end.send(type="irc.send", target="#a", text="hi", id="x", reply_channel=channel)
                assert (await layer.receive(channel))["id"] == "x"
                assert end.desk.of("irc.result") == []
                await end.send(type="irc.send", target="#a", text="hi", id="x", reply_channel="no channel")
                assert (await end.result(type="irc.send", target="#a", text="hi"))["ok"]
            await layer.close()

        asyncio.run(main())


class TestHearing:
    def test_bytes_in_any_pieces(self):
        """A network that writes three octets at a time."""

        async def main():
            fake = FakeNetwork()
            fake.faults.split = 3
            async with on(fake=fake, joined="#a") as end:
                end.fake.join("ann", "#a")
                end.fake.say("ann", "#a", "häll" + "o" * 300)
                assert (await end.desk.event("irc.message"))["text"] == "häll" + "o" * 300

        run(main())

    def test_what_is_no_utf8_and_lines_that_are_none(self):
        """They are told with their bytes, or counted; the connection stays."""

        async def main():
            async with on(joined="#a", fallback="cp1251") as end:
                end.fake.send(b":ann!a@h PRIVMSG #a :\xef\xf0\xe8\xe2\xe5\xf2")
                message = await end.desk.event("irc.message")
                assert (message["text"], message["raw"]) == ("привет", b"\xef\xf0\xe8\xe2\xe5\xf2")
                end.fake.send(b"x" * 20_000)
                end.fake.send(b":ann!a@h PRIVMSG #a :a\0b")
                end.fake.send(b":ann!a@h PRIVMSG #a :after")
                assert (await end.desk.event("irc.message", 2))["text"] == "after"
                assert end.counted("lines_refused") == 2

        run(main())

    def test_a_ping_of_whatever_words_is_answered(self):
        """Also one without any, with blanks and colons."""

        async def main():
            async with on(joined="#a") as end:
                for text in ("PING x", "PING :a b", "PING ::c", "PING"):
                    end.fake.send(text)
                await end.fake.until(lambda: len(end.fake.pongs) == 4)
                assert end.fake.pongs == ["x", "a b", ":c", ""]

        run(main())

    def test_netsplits_are_batches(self):
        """Each event has the type of it."""

        async def main():
            async with on(joined="#a") as end:
                for nick in ("ann", "bob"):
                    end.fake.join(nick, "#a")
                end.fake.netsplit(["ann", "bob"])
                await end.desk.event("irc.quit", 2)
                assert [
                    (one["source"]["nick"], one["batch"], one["channels"]) for one in end.desk.of("irc.quit")
                ] == [("ann", "netsplit", ["#a"]), ("bob", "netsplit", ["#a"])]

        run(main())

    def test_what_was_said_while_we_were_away_is_told_once(self):
        """By the network's history, what was heard before is not; to channels and to us alone."""

        async def main():
            async with on(joined="#a") as end:
                fake = end.fake
                fake.join("ann", "#a")
                fake.say("ann", "#a", "before")
                fake.say("ann", "bot", "to you")
                await end.desk.event("irc.message", 2)
                port = fake.port
                await fake.stop()
                fake.say("ann", "#a", "meanwhile")
                fake.say("ann", "bot", "psst")
                fake.join("ann", "#a")
                await fake.listen(port)
                await fake.here(channel="#a")
                await end.desk.event("irc.message", 4)
                fake.say("ann", "#a", "after")
                await end.desk.event("irc.message", 5)
                told = [(one["text"], one["is_history"]) for one in end.desk.of("irc.message")]
                assert sorted(told[2:4]) == [("meanwhile", True), ("psst", True)]
                assert told[4] == ("after", False)

        run(main())

    def test_a_history_that_the_application_asks_for(self):
        """With its result at the end."""

        async def main():
            async with on(joined="#a") as end:
                end.fake.join("ann", "#a")
                for number in range(3):
                    end.fake.say("ann", "#a", f"line {number}")
                await end.desk.event("irc.message", 3)
                end.fake.spoken.append(end.fake.say("ann", "#none", "x"))
                result = await end.result(type="irc.history", target="#a", limit=2)
                assert result["ok"]

        run(main())


class TestNicks:
    def test_a_nick_that_is_taken_is_followed_by_another_and_regained(self):
        """As soon as its holder leaves."""

        async def main():
            fake = FakeNetwork()
            fake.join("bot", "#a")
            async with on(fake=fake, joined="#a", alternatives=("bot2",)) as end:
                assert end.desk.heard[0]["nick"] == "bot2"
                fake.quit("bot")
                change = await end.desk.event("irc.nick")
                assert (change["new_nick"], change["is_self"]) == ("bot", True)

        run(main())

    def test_it_is_asked_for_from_time_to_time(self):
        """What the network says to that is nobody else's business."""

        async def main():
            fake = FakeNetwork()
            fake.faults.taken = {"bot"}
            async with on(fake=fake, regain=30.0) as end:
                await end.desk.event("irc.connect")
                await asyncio.sleep(65)
                assert fake.lines.count("NICK bot") == 3
                fake.faults.taken.clear()
                await asyncio.sleep(30)
                assert end.desk.of("irc.nick")[0]["new_nick"] == "bot"
                assert not [one for one in end.desk.of("irc.raw") if one["verb"] == "433"]

        run(main())

    def test_a_nick_of_the_applications_choice_is_kept(self):
        """After a reconnect, too."""

        async def main():
            async with on() as end:
                await end.desk.event("irc.connect")
                assert (await end.result(type="irc.nick", nick="cat"))["ok"]
                end.fake.drop()
                assert (await end.desk.event("irc.connect", 2))["nick"] == "cat"

        run(main())


class TestChannels:
    def test_one_that_could_not_be_joined_is_tried_again(self):
        """After a while."""

        async def main():
            fake = FakeNetwork()
            fake.room("#a").refuses = "474 :Cannot join channel (+b)"
            async with on(fake=fake, channels=("#a",), options={"client_rejoin": 100.0}) as end:
                raw = await end.desk.event("irc.raw")
                assert raw["verb"] == "474"
                fake.room("#a").refuses = ""
                await asyncio.sleep(101)
                await end.desk.event("irc.names")

        run(main())

    def test_out_of_one_that_we_were_put_we_stay(self):
        """Until the next connection."""

        async def main():
            async with on(joined="#a", options={"client_rejoin": 10.0}) as end:
                end.fake.join("ann", "#a")
                end.fake.relay("KICK", ["#a", "bot", "out"], "ann!a@h", "#a")
                del end.fake.room("#a").members["bot"]
                assert (await end.desk.event("irc.kick"))["is_self"]
                await asyncio.sleep(30)
                assert end.fake.lines.count("JOIN #a") == 1
                end.fake.drop()
                await end.fake.here(channel="#a")

        run(main())


def test_several_networks_and_identities_in_one_process():
    """Each with scopes of its own."""
    from interfaces.irc.client import networks
    from interfaces.shared.interface import Context
    from tests.irc.client.kit import SOON, Options

    async def main():
        desk = Desk()
        async with FakeNetwork() as one, FakeNetwork() as other:
            made = Options(
                networks=(one.network(name="a"), one.network(name="b", nick="bob"), other.network(name="c"))
            )
            async with networks(desk, made, Context(drain=1.0), patience=SOON) as found:
                await desk.event("irc.connect", 3)
                assert sorted(call.scope["network"] for call in desk.calls) == ["a", "b", "c"]
                assert all(found.standing(name) for name in "abc")
                assert not found.standing("d")
                assert {peer.nick for peer in one.peers} == {"bot", "bob"}
                assert repr(found) == "<Networks a, b, c>"
                came = await found.say("d", {"type": "irc.send"})
                assert came.status == "failed"

    run(main())
