"""interfaces.slack.link: one connection of Socket Mode, in virtual time."""

import asyncio
import json
import logging

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.shared.upstream import NotNow
from interfaces.slack.frames import SELDOM
from interfaces.slack.link import greeted
from interfaces.slack.service import Reply
from tests.runner.virtual import run
from tests.shared.upstreams import passes
from tests.slack.wires import HELLO, FakeWire, Running, Script, envelope


class TestEnvelopes:
    def test_each_is_acknowledged_on_its_connection(self):
        """After the service has decided, with its name; they run side by side, in the order in which they came."""

        async def main():
            async with Running(service := Script(seconds=1.0)) as on:
                for name in "abc":
                    on.wire.say(envelope(name))
                await passes(0.5)
                assert service.names == ["Ev-a", "Ev-b", "Ev-c"]
                assert on.acks == []
                assert repr(on.link) == "<SocketLink slack socket A1: 3 in flight>"
                await passes(1)
                assert sorted(on.acks) == ["a", "b", "c"]

        run(main())

    def test_what_an_acknowledgement_says(self):
        """An answer goes where one is accepted; refuse is an empty one; withhold, and what raises, is none."""
        answer = {"text": "done"}

        async def main():
            answers = {
                "Ev-a": Reply("ack", answer), "Ev-b": Reply("ack", answer), "Ev-c": Reply("refuse", answer),
                "Ev-d": Reply("withhold"), "Ev-e": RuntimeError("a fault"), "Ev-f": Reply("ack", {"text": object()}),
            }  # fmt: skip
            async with Running(service := Script(answers=answers)) as on:
                for name in "abcdef":
                    on.wire.say(
                        envelope(
                            name,
                            "events_api" if name == "b" else "slash_commands",
                            {"event_id": f"Ev-{name}"},
                        )
                    )
                await passes(1)
                assert on.wire.sent == [
                    {"envelope_id": "a", "payload": answer}, {"envelope_id": "b"}, {"envelope_id": "c"},
                ]  # fmt: skip
                assert service.counts == {"payloads_unasked": 1}
                on.wire.say(envelope("g"))
                await passes(1)
                assert on.acks[-1] == "g"

        run(main())

    def test_what_cannot_be_used_is_counted_and_logged_once(self, caplog):
        """Garbage, binary frames and unknown types end nothing, and are not acknowledged."""

        async def main():
            async with Running(service := Script()) as on:
                for _ in range(3):
                    on.wire.say(("text", "no JSON"))
                    on.wire.say(("binary", "17 bytes"))
                    on.wire.say(envelope(kind="workflows"))
                    on.wire.say(HELLO)
                on.wire.say(envelope("a"))
                await passes(1)
                assert service.counts == {"garbage": 6, "unknown": 3}
                assert on.acks == ["a"]

        run(main())
        assert len(caplog.messages) == 2
        assert "type workflows" in caplog.messages[1]

    def test_an_envelope_that_comes_twice(self):
        """While it runs it is not run again, and acknowledged once."""

        async def main():
            async with Running(service := Script(seconds=1.0)) as on:
                on.wire.say(envelope("a"))
                on.wire.say(envelope("a"))
                await passes(2)
                assert (service.names, on.acks, service.counts) == (["Ev-a"], ["a"], {"duplicates": 1})

        run(main())

    def test_so_many_are_in_flight_and_then_nothing_is_read(self):
        """What Slack sends beyond stays where it is until there is room; nothing is lost of it."""

        async def main():
            async with Running(service := Script(seconds=1.0, socket_in_flight=3)) as on:
                for number in range(10):
                    on.wire.say(envelope(f"e{number}"))
                await passes(0.5)
                assert (service.most, on.wire.frames.qsize()) == (3, 7)
                await passes(10)
                assert service.most == 3
                assert sorted(on.acks) == [f"e{number}" for number in range(10)]

        run(main())

    def test_an_acknowledgement_that_comes_too_late(self):
        """The connection has gone meanwhile: it is counted, whether the link knows already or the WebSocket says so."""

        async def main():
            service = Script(seconds=1.0)
            async with Running(service) as on:
                on.wire.say(envelope("a"))
                on.wire.say(envelope("b"))
                await passes(0.5)
                on.wire.end()
                await passes(1)
                assert service.counts == {"late_acks": 2}
            async with Running(service) as on:
                on.wire.say(envelope("c"))
                await passes(0.5)
                on.wire.closed = True
                await passes(1)
                assert service.counts == {"late_acks": 3}

        run(main())


class TestLiveness:
    def test_nothing_is_heard(self):
        """After half of the silence it asks; without a sign of life the connection is closed, and it says why."""

        async def main():
            async with Running(Script(socket_silence=20.0)) as on:
                await passes(19)
                assert on.wire.pings == [10]
                assert not on.task.done()
                await passes(2)
                assert on.wire.closed
                with pytest.raises(Unavailable, match="nothing was heard for 20 s"):
                    await on.task

        run(main())

    def test_pings_are_life_and_events_are_not_needed(self):
        """A quiet night is no reason to reconnect; a pong counts as a ping of Slack's does."""

        async def main():
            async with Running(Script(socket_silence=20.0)) as on:
                for _ in range(100):
                    await passes(9)
                    on.wire.say(("alive", ""))
                assert on.wire.pings == []
                for _ in range(10):
                    await passes(11)
                    on.wire.say(("alive", ""))
                assert len(on.wire.pings) == 10
                assert not on.task.done()

        run(main())

    def test_where_nothing_can_be_sent(self):
        """A WebSocket that takes no more is as dead: a ping or acknowledgements that do not leave hold up nothing."""

        async def main():
            async with Running(service := Script(socket_silence=20.0, socket_in_flight=2)) as on:
                on.wire.stuck = True
                for name in "abc":
                    on.wire.say(envelope(name))
                await passes(22)
                assert not on.task.done()
                assert len(on.wire.pings) == 1
                await passes(2)
                assert on.wire.closed
                assert (service.names, service.counts) == (["Ev-a", "Ev-b"], {"late_acks": 2})
                with pytest.raises(Unavailable, match=r"nothing was heard for 22.5 s"):
                    await on.task

        run(main())

    def test_while_nothing_is_read_nothing_has_to_be_heard(self):
        """A full link is not dead: what it has in flight has so long as a decision may take, and then it reads on."""

        async def main():
            script = Script(seconds=2.0, socket_silence=1.0, socket_in_flight=1)
            async with Running(script) as on:
                on.wire.say(envelope("a"))
                on.wire.say(envelope("b"))
                await passes(3.9)
                assert not on.task.done()
                await passes(0.2)
                on.wire.say(("alive", ""))
                assert on.acks == ["a", "b"]

        run(main())

    def test_after_that_its_silence_begins_anew(self):
        """Nobody can have been heard before: what comes in time from then on is in time."""

        async def main():
            async with Running(Script(seconds=4.0, socket_silence=2.0, socket_in_flight=1)) as on:
                on.wire.say(envelope("a"))
                for seconds in (5.5, 1.5):
                    await passes(seconds)
                    assert not on.task.done()
                    on.wire.say(("alive", ""))

        run(main())

    def test_a_ping_that_finds_it_closed(self):
        """Reading finds out: the watch ends quietly."""

        async def main():
            async with Running(Script(socket_silence=20.0)) as on:
                on.wire.closed = True
                await passes(60)
                assert not on.task.done()
                on.wire.end("gone")
                with pytest.raises(Unavailable, match="gone"):
                    await on.task

        run(main())


class TestEnding:
    @pytest.mark.parametrize("reason", ["warning", "refresh_requested", "another"])
    def test_disconnect_asks_for_another_link(self, reason):
        """It goes on meanwhile: what still comes is taken and acknowledged."""

        async def main():
            async with Running(Script()) as on:
                on.wire.say({"type": "disconnect", "reason": reason})
                on.wire.say(envelope("a"))
                await passes(1)
                assert on.asked == 1
                assert on.acks == ["a"]

        run(main())

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("link_disabled", "Socket Mode is switched off"),
            ("too_many_websockets", "more than 10 connections"),
        ],
    )
    def test_disconnect_that_somebody_has_to_mend(self, reason, words):
        """It ends, says what to do, and is tried again seldom."""

        async def main():
            async with Running(Script()) as on:
                on.wire.say({"type": "disconnect", "reason": reason})
                with pytest.raises(NotNow, match=words) as caught:
                    await on.task
                assert caught.value.after == SELDOM
                assert on.asked == 0

        run(main())

    def test_a_drain(self):
        """New envelopes are not taken: Slack gives them to others. What runs is acknowledged; pings are heard."""

        async def main():
            async with Running(service := Script(seconds=2.0, socket_silence=3.0)) as on:
                on.wire.say(envelope("a"))
                await passes(0.5)
                drain = asyncio.ensure_future(on.link.drain(30))
                await passes(0.5)
                on.wire.say(envelope("b"))
                on.wire.say(("alive", ""))
                await passes(0.5)
                assert not drain.done()
                await passes(1)
                assert drain.done()
                assert (service.names, on.acks, service.counts) == (["Ev-a"], ["a"], {"untaken": 1})
                await on.link.drain(30)

        run(main())

    def test_a_drain_that_takes_too_long(self):
        """It is over after its seconds, and what comes after the close is late."""

        async def main():
            async with Running(service := Script(seconds=10.0)) as on:
                on.wire.say(envelope("a"))
                await passes(0.5)
                await on.link.drain(3)
                assert asyncio.get_running_loop().time() == 3.5
                await on.link.close()
                await passes(10)
                assert service.counts == {"late_acks": 1}

        run(main())

    def test_a_close_ends_it(self):
        """Whoever closes, run() ends and says so."""

        async def main():
            async with Running(Script()) as on:
                await on.link.close()
                await on.link.close()
                with pytest.raises(Unavailable, match="closed from here"):
                    await on.task

        run(main())


class TestGreeting:
    def test_hello_comes_first(self):
        """Signs of life before it are none of its business."""

        async def main():
            link = await greeted(FakeWire(("alive", ""), HELLO), Script(), "x")
            assert repr(link) == "<SocketLink x: 0 in flight>"

        run(main())

    @pytest.mark.parametrize(("number", "warned"), [(8, False), (9, True), (10, True)])
    def test_connections_are_counted_against_the_limit(self, number, warned, caplog):
        """From nine on it is said that ten are all that Slack allows."""
        run(greeted(FakeWire(HELLO | {"num_connections": number}), Script(), "x"))
        assert [f"this app has {number} connections" in line for line in caplog.messages] == [True] * warned

    @pytest.mark.parametrize(
        ("said", "kind", "words"),
        [
            (("end", "it was closed with 1006"), Unavailable, "it was closed with 1006"),
            (("text", "nonsense"), Unavailable, "does not say hello"),
            (("binary", "3 bytes"), Unavailable, "does not say hello"),
            (("text", json.dumps(envelope())), Unavailable, "does not say hello"),
            (
                ("text", '{"type": "disconnect", "reason": "refresh_requested"}'),
                Unavailable,
                "at once: refresh",
            ),
            (("text", '{"type": "disconnect", "reason": "too_many_websockets"}'), NotNow, "more than 10"),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_anything_else(self, said, kind, words):
        """It is no connection to work with, and closed."""

        async def main():
            wire = FakeWire(said)
            with pytest.raises(kind, match=words):
                await greeted(wire, Script(), "x")
            assert wire.closed

        run(main())

    def test_who_waits_for_it_in_vain(self):
        """An attempt that is given up closes its connection."""

        async def main():
            wire = FakeWire()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await greeted(wire, Script(), "x")
            assert wire.closed

        run(main())


def test_what_is_logged_of_an_envelope(caplog):
    """An acknowledgement that does not leave is a detail; a fault of ours is told with its frames."""
    caplog.set_level(logging.DEBUG, "interfaces.slack")

    async def main():
        async with Running(Script(answers={"Ev-a": RuntimeError("a fault")})) as on:
            on.wire.say(envelope("a"))
            await passes(0.1)
            on.wire.closed = True
            on.wire.say(envelope("b"))
            await passes(0.1)

    run(main())
    levels = [(record.levelname, bool(record.exc_info)) for record in caplog.records]
    assert levels == [("ERROR", True), ("DEBUG", False)]
