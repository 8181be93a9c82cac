"""interfaces.slack.socket: Socket Mode against the fake Slack."""

import asyncio
import json
from contextlib import AsyncExitStack
from itertools import count

import pytest

from interfaces.slack import dialling, socket
from interfaces.slack.service import Reply
from interfaces.slack.socket import PATIENCE
from tests.layers.conftest import _server, broker  # noqa: F401 - fixtures: a broker for all tests
from tests.slack.sockets import MESSAGE, QUICK, Receiver, served, until, whole


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Back-off and lingering take moments."""
    monkeypatch.setattr(socket, "PATIENCE", QUICK)


class Stream:
    """Events one after the other, side by side with what a test does; each has its own text."""

    def __init__(self, slack, every=0.002):
        self.slack = slack
        self.every = every
        self.sent = []

    async def __aenter__(self):
        self._task = asyncio.ensure_future(self._flow())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait({self._task})
        self.deliveries = await asyncio.gather(*self.sent)

    async def _flow(self):
        for number in count():
            event = {**MESSAGE, "text": str(number)}
            self.sent.append(asyncio.ensure_future(self.slack.send_event(event)))
            await asyncio.sleep(self.every)

    async def more(self, number=20):
        """Wait until so many more have been sent."""
        wanted = len(self.sent) + number
        await until(lambda: len(self.sent) >= wanted)


def texts(service):
    """Of the messages that were taken."""
    return [posted.payload["event"]["text"] for posted in service.taken]


class TestReceiving:
    def test_two_connections_share_the_events(self):
        """Each event comes by one of them and is acknowledged there; readiness and counts know of both."""

        async def test(slack):
            async with Receiver(slack).on() as at:
                await asyncio.gather(*(slack.send_event({**MESSAGE, "text": str(n)}) for n in range(20)))
                assert [link.envelopes for link in slack.socket.links] == [10, 10]
                assert all(each.tried == 1 and each.acknowledged for each in slack.deliveries)
                assert sorted(texts(at.service), key=int) == [str(n) for n in range(20)]
                assert at.told == {"slack socket A1": (True, "")}
                assert at.counted("connected") == 2
                assert "slack.socket.late_acks" in at.context.telemetry.counts
            assert slack.socket.links == []
            await asyncio.sleep(0)
            assert at.app.types == ["connected", "connected", "closed"]
            assert at.app.scope["name"] == "slack socket A1"
            assert at.app.scope["protocol"] == "slack"

        served(test)

    def test_what_people_do(self):
        """Commands, actions, views and menus: of their kinds, answered in the acknowledgement."""
        answers = {None: Reply("ack", {"text": "done"})}

        async def test(slack):
            async with Receiver(slack, answers=answers).on() as at:
                for kind, payload in [
                    ("slash_commands", {"command": "/deploy", "text": "now"}),
                    ("interactive", {"type": "block_actions", "trigger_id": "1"}),
                    ("interactive", {"type": "block_suggestion", "action_id": "a"}),
                ]:
                    link = slack.socket.links[0]
                    answer = asyncio.get_running_loop().create_future()
                    link.waiting["e"] = answer
                    await link.send({"envelope_id": "e", "type": kind, "payload": payload,
                                     "accepts_response_payload": True})  # fmt: skip
                    assert await answer == {"text": "done"}
                assert [posted.kind for posted in at.service.taken] == ["command", "interactive", "options"]

        served(test)

    def test_one_connection_when_one_is_asked_for(self):
        """As many as the option says."""

        async def test(slack):
            async with Receiver(slack, socket_connections=1).on(1) as at:
                await slack.send_event(MESSAGE)
                assert len(at.service.taken) == 1

        served(test)

    def test_garbage_between_events(self):
        """Frames that are nothing end nothing: the same connections go on."""

        async def test(slack):
            async with Receiver(slack).on() as at:
                for link in slack.socket.links:
                    await link.send_text("no JSON")
                    await link.send_text("[]")
                    await link.send_bytes(b"\xff")
                    await link.send({"type": "workflows", "envelope_id": "x", "payload": {}})
                await asyncio.gather(*(slack.send_event(MESSAGE) for _ in range(10)))
                assert (at.counted("garbage"), at.counted("unknown"), at.counted("lost")) == (6, 2, 0)
                assert slack.socket.opened == 2

        served(test)

    def test_back_pressure(self):
        """Beyond the limit nothing is read: what comes more waits on its way, and all of it is taken in the end."""

        async def test(slack):
            at = Receiver(slack, seconds=0.02, socket_connections=1, socket_in_flight=5)
            async with at.on(1):
                await asyncio.gather(*(slack.send_event({**MESSAGE, "text": str(n)}) for n in range(100)))
                assert at.service.most == 5
                assert sorted(texts(at.service), key=int) == [str(n) for n in range(100)]

        served(test)

    def test_withheld_is_sent_again(self):
        """No acknowledgement leaves, and Slack repeats with the number of the try."""

        async def test(slack):
            at = Receiver(slack)
            verdicts = [Reply("withhold"), Reply("ack")]
            slack.world.ack_seconds = 0.2
            async with at.on():
                take = at.service.take

                async def first_withheld(posted, transport):
                    await take(posted, transport)
                    return verdicts.pop(0)

                at.service.take = first_withheld
                delivery = await slack.send_event(MESSAGE)
                assert delivery.tried == 2
                assert [posted.retry_num for posted in at.service.taken] == [0, 1]

        served(test)


class TestReplacing:
    def test_a_refresh_loses_nothing(self):
        """The new connection stands before the old one goes, again and again, while events stream: all are taken."""

        async def test(slack):
            async with Receiver(slack, seconds=0.01).on() as at:
                async with Stream(slack) as stream:
                    for number in range(4):
                        await stream.more()
                        link = slack.socket.links[-1]  # the first may be one that is replaced already
                        await slack.socket.disconnect("refresh_requested" if number % 2 else "warning", link)
                        await until(lambda wanted=3 + number: slack.socket.opened >= wanted)
                        assert at.told["slack socket A1"] == (True, "")
                    await stream.more()
                assert all(each.acknowledged for each in stream.deliveries)
                assert set(texts(at.service)) == {str(n) for n in range(len(stream.sent))}
                assert at.counted("replaced") == 4
                await slack.socket.connected(2)

        served(test)

    def test_a_warning_is_heeded_without_a_repeat(self):
        """While Slack sends on by the old connection that is taken too: no event needs a second try."""

        async def test(slack):
            async with Receiver(slack).on() as at:
                async with Stream(slack) as stream:
                    await stream.more()
                    old = slack.socket.links[0]
                    await slack.socket.disconnect("warning", old)
                    await until(lambda: slack.socket.opened == 3)
                    assert old in slack.socket.links
                    assert len(slack.socket.links) == 3
                    old.leaving = True  # it sends no more there
                    await until(lambda: old not in slack.socket.links)
                assert all(each.tried == 1 for each in stream.deliveries)
                assert at.counted("untaken") == at.counted("late_acks") == 0

        served(test)

    def test_one_is_cut(self):
        """The other goes on, another one is dialled, and what was on its way comes again."""

        async def test(slack):
            async with Receiver(slack).on() as at:
                async with Stream(slack) as stream:
                    await stream.more()
                    slack.drop()
                    await until(lambda: slack.socket.opened == 3)
                    await stream.more()
                    assert at.told["slack socket A1"][0]
                assert all(each.acknowledged for each in stream.deliveries)
                assert at.counted("lost") == 1

        served(test)

    def test_one_falls_silent(self, monkeypatch):
        """It stands, and nothing comes: no ping is answered; it is given up by their age, and replaced."""
        monkeypatch.setattr(dialling, "CLOSING", 0.1)

        async def test(slack):
            async with Receiver(slack, socket_connections=1, socket_silence=1.0).on(1) as at:
                slack.silence()
                await until(lambda: slack.socket.opened == 2)
                assert "nothing was heard for 1 s" in at.app.events[1]["reason"]
                await until(lambda: at.told["slack socket A1"] == (True, ""))

        served(test)

    def test_an_acknowledgement_that_is_late(self):
        """The connection went while the application ran: counted, and the repeat is told what was decided."""

        async def test(slack):
            gate = asyncio.Event()

            async def script(scope, receive, send):
                await receive()
                await gate.wait()

            async with whole(slack, app=script) as desk:
                sending = asyncio.ensure_future(slack.send_event(MESSAGE))
                await until(lambda: desk.service.intake.running)
                slack.drop(next(link for link in slack.socket.links if link.waiting))
                await until(lambda: slack.socket.opened == 3)
                gate.set()
                delivery = await sending
                assert delivery.tried == 2
                assert delivery.acknowledged
                assert desk.counted("socket.late_acks") == 1
                assert desk.counted("repeats") == 1

        served(test)

    def test_a_redelivery_is_recognised(self):
        """It comes by another envelope, with the same event_id: acknowledged, and the application sees it once."""

        async def test(slack):
            slack.faults.redeliver = 1.0
            async with whole(slack) as desk:
                await asyncio.gather(*(slack.send_event({**MESSAGE, "text": str(n)}) for n in range(10)))
                assert all(each.tried == 2 for each in slack.deliveries)
                heard = [event["text"] for event in desk.heard if event["type"] == "slack.message"]
                assert sorted(heard) == [str(n) for n in range(10)]
                assert desk.counted("repeats") == 10

        served(test)


class TestEnding:
    def test_what_runs_is_acknowledged_and_the_rest_is_not_taken(self):
        """At the end Slack gives new envelopes to others, and gets what it waits for; then the connections close."""

        async def test(slack):
            at, other, stack = Receiver(slack, seconds=0.3), Receiver(slack), AsyncExitStack()
            async with stack, at.on():
                running = [asyncio.ensure_future(slack.send_event(MESSAGE)) for _ in range(6)]
                await until(lambda: len(at.service.taken) == 6)
                old = list(slack.socket.links)
                await stack.enter_async_context(other.on(4))
                keep = stack.pop_all()
            async with keep:
                assert [each.tried for each in await asyncio.gather(*running)] == [1] * 6
                assert not [link for link in slack.socket.links if link in old]
                delivery = await slack.send_event(MESSAGE)
                assert delivery.acknowledged
                assert len(other.service.taken) == 1

        served(test)

    def test_envelopes_that_come_while_it_drains(self):
        """They are counted and not acknowledged: what Slack sends to a container that ends goes to the next one."""

        async def test(slack):
            slack.world.ack_seconds = 0.5
            at = Receiver(slack, seconds=0.4)
            ending = asyncio.Event()

            async def serve():
                async with at.on():
                    await ending.wait()

            serving = asyncio.ensure_future(serve())
            await slack.socket.connected(2)
            first = [asyncio.ensure_future(slack.send_event(MESSAGE)) for _ in range(2)]
            await until(lambda: len(at.service.taken) == 2)
            ending.set()
            await asyncio.sleep(0.05)
            late = asyncio.ensure_future(slack.send_event(MESSAGE))
            await serving
            assert all(each.acknowledged for each in await asyncio.gather(*first))
            assert at.counted("untaken") == 1
            async with Receiver(slack).on():
                assert (await late).tried > 1
                assert late.result().acknowledged

        served(test)


def test_the_patience_with_slack():
    """An attempt has half a minute, the back-off a minute at most; a lease is given back before the drain has ended."""
    assert (PATIENCE.first, PATIENCE.longest, PATIENCE.opening, PATIENCE.early) == (1, 60, 30, True)
    assert PATIENCE.linger > 10  # what a warning of Slack's leaves
    assert json.dumps(PATIENCE.delay(1))
