"""The application of a connection: one that is slow, raises, returns, or does not know IRC."""

import asyncio
import logging
from itertools import pairwise

import pytest

from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.testing.irc import FakeNetwork
from tests.irc.client.kit import Desk, on
from tests.runner.virtual import run


class TestSlow:
    def test_a_ping_is_answered_while_it_does_nothing(self):
        """However many lines wait for it."""
        gate = asyncio.Event()

        async def stuck(call, event):
            if event["type"] == "irc.names":
                await gate.wait()

        async def main():
            async with on(stuck, joined="#a", options={"client_backlog": 100}) as end:
                for number in range(1000):
                    end.fake.say("ann", "#a", str(number))
                end.fake.send("PING :still there?")
                await end.fake.until(lambda: "still there?" in end.fake.pongs)
                assert not end.desk.of("irc.message")
                gate.set()
                await end.desk.event("irc.gap")

        run(main())

    def test_joins_are_dropped_before_messages_and_a_gap_says_how_many(self):
        """They are counted, and what is left is in order."""
        gate = asyncio.Event()

        async def stuck(call, event):
            if event["type"] == "irc.names":
                await gate.wait()

        async def main():
            async with on(stuck, joined="#a", options={"client_backlog": 100}) as end:
                end.fake.join("ann", "#a")
                for number in range(80):
                    end.fake.send(f":n{number}!a@h JOIN #a")
                    end.fake.say("ann", "#a", str(number))
                end.fake.send("PING :sent")
                await end.fake.until(lambda: end.fake.pongs)
                gate.set()
                await end.desk.event("irc.message", 80)
                (gap,) = end.desk.of("irc.gap")
                texts = [one["text"] for one in end.desk.of("irc.message")]
                assert texts == [str(number) for number in range(80)]
                assert gap["count"] == end.counted("dropped") > 0
                assert len(end.desk.of("irc.join")) + gap["count"] == 82

        run(main())

    def test_then_the_oldest_messages(self):
        """No more are kept than the options say."""
        gate = asyncio.Event()

        async def stuck(call, event):
            if event["type"] == "irc.names":
                await gate.wait()

        async def main():
            async with on(stuck, joined="#a", options={"client_backlog": 50}) as end:
                end.fake.join("ann", "#a")
                for number in range(300):
                    end.fake.say("ann", "#a", str(number))
                end.fake.send("PING :sent")
                await end.fake.until(lambda: end.fake.pongs)
                gate.set()
                await end.desk.event("irc.gap")
                end.fake.say("ann", "#a", "last")
                await end.fake.until(lambda: True)
                while not end.desk.of("irc.message") or end.desk.of("irc.message")[-1]["text"] != "last":
                    await asyncio.sleep(0.01)
                (gap,) = end.desk.of("irc.gap")
                messages = end.desk.of("irc.message")
                assert gap["count"] + len(messages) + len(end.desk.of("irc.join")) == 301 + 2
                assert len(messages) <= 52

        run(main())


class TestEnding:
    @pytest.mark.parametrize("how", ["raises", "returns", "unavailable"])
    def test_another_instance_takes_the_connection_over(self, how, caplog):
        """It is told how things stand, and loses no message."""

        class Once(Desk):
            async def __call__(self, scope, receive, send):
                if scope["type"] == "irc" and not self.calls:
                    try:
                        await asyncio.wait_for(super().__call__(scope, receive, send), 0.5)
                    except TimeoutError:
                        pass
                    if how == "raises":
                        raise ValueError("no")
                    if how == "unavailable":
                        raise Unavailable("no worker")
                    return
                await super().__call__(scope, receive, send)

        async def main():
            options = {"client_restart": 1.0}
            async with on(app=Once(), joined="#a", options=options) as end:
                end.fake.join("ann", "#a")
                await end.desk.event("irc.join", 2)
                await asyncio.sleep(1)
                end.fake.say("ann", "#a", "while nobody listened")
                connect = await end.desk.event("irc.connect", 2)
                assert connect["resumed"]
                assert [one["channel"] for one in connect["channels"]] == ["#a"]
                assert connect["channels"][0]["members"] == {"bot": "@", "ann": ""}
                assert (await end.desk.event("irc.message"))["text"] == "while nobody listened"
                assert end.desk.calls[1].scope["path"] == "client/fake"
                assert end.fake.dialled == 1
                assert end.counted("restarts") == 1
                assert (await end.result(type="irc.send", target="#a", text="hi"))["ok"]

        run(main())
        said = {"raises": "the application raised", "returns": "returned", "unavailable": "no worker"}
        assert said[how] in caplog.text

    def test_one_that_raises_again_and_again_is_called_ever_more_seldom(self):
        """And the connection stays."""
        times = []

        async def broken(scope, receive, send):
            if scope["type"] == "irc":
                times.append(asyncio.get_running_loop().time())
            raise ValueError("no")

        async def main():
            async with on(app=broken, options={"client_restart": 1.0}) as end:
                await asyncio.sleep(300)
                assert end.fake.dialled == 1
            return times

        logging.disable(logging.CRITICAL)
        try:
            found = run(main())
        finally:
            logging.disable(logging.NOTSET)
        rests = [round(later - before) for before, later in pairwise(found)]
        assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_one_that_has_no_route_for_it_is_not_called_again(self, caplog):
        """It is said once."""
        calls = []

        async def elsewhere(scope, receive, send):
            calls.append(scope["type"])
            raise NoRoute(scope["type"])

        async def main():
            async with on(app=elsewhere) as end:
                await asyncio.sleep(300)
                end.fake.send(":ann!a@h PRIVMSG bot :hi")
                await asyncio.sleep(300)
                assert end.fake.dialled == 1

        run(main())
        assert calls.count("irc") == 1
        assert "no route" in caplog.text

    def test_the_next_connection_waits_for_the_end_of_the_last_application(self):
        """So events are in order; one that never ends is ended after its time."""

        async def stuck(call, event):
            if event["type"] == "irc.disconnect":
                await asyncio.sleep(1e6)

        async def main():
            async with on(stuck, options={"client_grace": 7.0}) as end:
                await end.desk.event("irc.connect")
                end.fake.drop()
                await end.desk.event("irc.disconnect")
                loop = asyncio.get_running_loop()
                began = loop.time()
                await end.fake.here()
                end.fake.send(":ann!a@h PRIVMSG bot :meanwhile")
                while len(end.desk.calls) < 2:
                    await asyncio.sleep(0.1)
                assert 6 < loop.time() - began < 8
                assert (await end.desk.event("irc.message"))["text"] == "meanwhile"

        run(main())

    def test_what_is_said_in_the_last_handler_is_too_late(self):
        """PeerGone ends it, and nothing is logged of that."""

        async def late(call, event):
            if event["type"] == "irc.disconnect":
                await call.send({"type": "irc.send", "target": "#a", "text": "hi"})

        async def main():
            async with on(late, fake=FakeNetwork()) as end:
                await end.desk.event("irc.connect")
                end.fake.drop()
                await end.desk.event("irc.connect", 2)

        run(main())
