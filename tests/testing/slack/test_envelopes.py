"""Socket Mode of the fake without a network: connections by ticket, envelopes in turn, repeats, faults."""

import asyncio
import json

import pytest

from interfaces.testing.slack import App, FakeSlack
from interfaces.testing.slack.link import Link, LinkLost
from interfaces.testing.slack.payloads import events
from tests.testing.slack.kit import run


class Peer:
    """The other end of a connection: what it has been sent, and what it says."""

    def __init__(self, slack, *, answers=True, ticket=None):
        self.slack = slack
        self.answers = answers
        self.inbox = asyncio.Queue()
        self.got = []
        self.raw = []
        self.broken = False
        name = slack.world.id("ticket")
        if ticket is None:
            slack.world.tickets[name] = slack.app.id
        scope = {"type": "websocket", "query_string": f"ticket={ticket or name}".encode(), "client": ("x", 1)}
        self.inbox.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(slack.socket.serve(scope, self.inbox.get, self.send))

    async def send(self, event):
        """What the fake sends."""
        if self.broken:
            raise OSError("broken")
        self.raw.append(event)
        if event["type"] != "websocket.send" or "text" not in event:
            return
        try:
            said = json.loads(event["text"])
        except ValueError:
            return
        self.got.append(said)
        if self.answers is not False and "envelope_id" in said:
            payload = {} if self.answers is True else {"payload": self.answers}
            self.say({"envelope_id": said["envelope_id"], **payload})

    def say(self, said):
        """Something is said to the fake."""
        self.inbox.put_nowait(
            {"type": "websocket.receive", "text": said if isinstance(said, str) else json.dumps(said)}
        )

    def leave(self):
        """It is gone."""
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def envelopes(self):
        """Those that came."""
        return [one for one in self.got if "envelope_id" in one]


def scene(test):
    """The test is a coroutine function that gets a fake, which is not served."""

    def wrapped(*args, **named):
        async def main():
            await test(FakeSlack(), *args, **named)

        run(main)

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


async def until(true):
    """Let come to pass what has to."""
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0)
    pytest.fail("it does not come to pass")


@scene
async def test_a_connection_is_greeted(slack):
    """Accepted, then hello: the app, and how many there are now."""
    peers = [Peer(slack) for _ in range(3)]
    await slack.socket.connected(3)
    assert [peer.raw[0] for peer in peers] == [{"type": "websocket.accept"}] * 3
    assert [peer.got[0]["num_connections"] for peer in peers] == [1, 2, 3]
    assert {peer.got[0]["connection_info"]["app_id"] for peer in peers} == {"A1"}
    assert (slack.socket.opened, repr(slack.socket)) == (3, "Sockets(3 open, 3 ever)")


@pytest.mark.parametrize("ticket", ["", "no", "ticket0000000099"])
def test_without_a_ticket_there_is_no_connection(ticket):
    """It is closed before it is accepted."""

    async def main():
        slack = FakeSlack()
        peer = Peer(slack, ticket=ticket or "none")
        await peer.task
        assert peer.raw == [{"type": "websocket.close"}]
        assert slack.socket.links == []

    run(main)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_one_too_many_is_told_why(most):
    """And closed; those that are told to go do not count."""

    async def main():
        slack = FakeSlack(app=App(max_connections=most))
        for _ in range(most):
            Peer(slack)
        await slack.socket.connected(most)
        late = Peer(slack)
        await late.task
        assert [one.get("reason") for one in late.got] == ["too_many_websockets"]
        assert late.raw[-1] == {"type": "websocket.close", "code": 1000}
        slack.socket.links[0].leaving = True
        Peer(slack)
        await slack.socket.connected(most + 1)

    run(main)


@pytest.mark.parametrize("peers", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 4, 7])
def test_envelopes_go_in_turn(peers, count):
    """To each connection as many as to the others; each event has an envelope of its own."""

    async def main():
        slack = FakeSlack()
        them = [Peer(slack) for _ in range(peers)]
        await slack.socket.connected(peers)
        sent = [await slack.send_event(events.message(str(number))) for number in range(count)]
        assert all(one.acknowledged and one.tried == 1 for one in sent)
        got = [len(peer.envelopes) for peer in them]
        assert sum(got) == count and max(got) - min(got) <= 1
        names = [one["envelope_id"] for peer in them for one in peer.envelopes]
        assert len(set(names)) == count
        assert {one["type"] for peer in them for one in peer.envelopes} == {"events_api"}

    run(main)


@pytest.mark.parametrize(
    ("make", "kind", "accepts"),
    [
        (lambda who, ts: who.command("/x"), "slash_commands", True),
        (lambda who, ts: who.shortcut("s"), "interactive", False),
        (lambda who, ts: who.message_shortcut("s", "C1", ts), "interactive", False),
        (lambda who, ts: who.presses_attachment("C1", ts, "c", "n", "v"), "interactive", True),
        (lambda who, ts: {"type": "view_submission", "view": {"id": "V1"}}, "interactive", True),
        (lambda who, ts: {"type": "view_closed"}, "interactive", True),
        (lambda who, ts: {"type": "block_suggestion"}, "interactive", True),
        (lambda who, ts: {"type": "block_actions"}, "interactive", False),
    ],
)
def test_an_envelope_says_what_it_is_and_whether_it_takes_an_answer(make, kind, accepts):
    """Nothing of tries: it is never repeated."""

    async def main():
        slack = FakeSlack()
        ts = slack.person().says("x")["ts"]
        payload = make(slack.person(), ts)
        peer = Peer(slack)
        await slack.socket.connected()
        sent = await slack.send(payload)
        (envelope,) = peer.envelopes
        assert (envelope["type"], envelope["accepts_response_payload"]) == (kind, accepts)
        assert envelope["payload"] == payload and "retry_attempt" not in envelope
        assert sent.acknowledged

    run(main)


@scene
async def test_an_answer_comes_with_the_acknowledgement(slack):
    """And has its effect."""
    Peer(slack, answers={"text": "done", "response_type": "in_channel"})
    await slack.socket.connected()
    sent = await slack.send(slack.person().command("/x"))
    assert (sent.effect, sent.answer["text"]) == ("posted", "done")
    assert [message["text"] for message in slack.messages("C1")] == ["done"]


@pytest.mark.parametrize("losses", [1, 2, 5])
def test_what_is_lost_goes_to_the_next_at_once(losses):
    """With a number and a reason, and the same event; the one that takes it ends it."""

    async def main():
        slack = FakeSlack()
        dumb = [Peer(slack, answers=False) for _ in range(losses)]
        await slack.socket.connected(losses)
        task = asyncio.ensure_future(slack.send_event(events.message()))
        for number in range(losses):
            await until(lambda number=number: sum(len(peer.envelopes) for peer in dumb) == number + 1)
            holder = next(peer for peer in dumb if peer.envelopes and not peer.task.done())
            if number == losses - 1:
                last = Peer(slack)
                await slack.socket.connected(2)
            holder.leave()
            await holder.task
        sent = await task
        assert [one.reason for one in sent.tries] == ["connection_lost"] * losses + [""]
        assert [one["retry_attempt"] for one in last.envelopes] == [losses]
        assert last.envelopes[0]["retry_reason"] == "timeout"
        assert last.envelopes[0]["payload"]["event_id"] == sent.id

    run(main)


@pytest.mark.parametrize("retries", [True, False])
def test_what_nobody_acknowledges_is_given_up(retries):
    """After as many tries as Slack makes, or after the first."""

    async def main():
        slack = FakeSlack(scale=100_000)
        slack.world.ack_seconds = 100.0  # a millisecond
        peer = Peer(slack, answers=False)
        await slack.socket.connected()
        sent = await slack.send_event(events.message(), retries=retries)
        assert [one.reason for one in sent.tries] == ["timeout"] * (4 if retries else 1)
        assert [one["retry_attempt"] for one in peer.envelopes] == list(range(4 if retries else 1))
        assert len({one["payload"]["event_id"] for one in peer.envelopes}) == 1
        assert not sent.acknowledged

    run(main)


@pytest.mark.parametrize(
    "said", ["", "no json", "[]", "5", "null", '"x"', "{}", '{"envelope": "e1"}', '{"envelope_id": []}']
)
def test_what_is_no_acknowledgement_acknowledges_nothing(said):
    """It is counted; one of an envelope that nobody waits for is late."""

    async def main():
        slack = FakeSlack()
        peer = Peer(slack, answers=False)
        await slack.socket.connected()
        task = asyncio.ensure_future(slack.send_event(events.message()))
        await until(lambda: peer.envelopes)
        name = peer.envelopes[0]["envelope_id"]
        if said == '{"envelope_id": []}':
            peer.say({"envelope_id": "other"})
            await until(lambda: slack.socket.late == 1)
        else:
            peer.say(said)
            await until(lambda: slack.world.counts["socket.not_understood"] == 1)
        assert not task.done()
        peer.say({"envelope_id": name})
        assert (await task).acknowledged

    run(main)


@scene
async def test_an_envelope_may_come_twice(slack):
    """Word for word; the second acknowledgement is late."""
    slack.faults.twice = 1.0
    peer = Peer(slack)
    await slack.socket.connected()
    sent = await slack.send_event(events.message())
    await until(lambda: slack.socket.late == 1)
    first, second = peer.envelopes
    assert first == second and sent.tried == 1


@scene
async def test_an_acknowledged_event_may_come_again(slack):
    """In another envelope, with the number of the try."""
    slack.faults.redeliver = 1.0
    peer = Peer(slack)
    await slack.socket.connected()
    sent = await slack.send_event(events.message())
    first, second = peer.envelopes
    assert first["payload"] == second["payload"] and first["envelope_id"] != second["envelope_id"]
    assert (second["retry_attempt"], sent.tried) == (1, 2)


@pytest.mark.parametrize(
    "reason", ["refresh_requested", "link_disabled", "socket_state_stopped", "too_many_websockets"]
)
def test_who_is_told_to_go_gets_nothing_new(reason):
    """The others do; then it is closed."""

    async def main():
        slack = FakeSlack()
        one, other = Peer(slack), Peer(slack)
        await slack.socket.connected(2)
        await slack.socket.disconnect(reason)
        assert one.got[-1]["reason"] == reason
        assert one.raw[-1] == {"type": "websocket.close", "code": 1000}
        for _ in range(3):
            await slack.send_event(events.message())
        assert (len(one.envelopes), len(other.envelopes)) == (0, 3)

    run(main)


@scene
async def test_who_is_warned_goes_on(slack):
    """Until it is told to go."""
    peer = Peer(slack)
    await slack.socket.connected()
    await slack.socket.disconnect("warning")
    assert (await slack.send_event(events.message())).acknowledged
    assert [one.get("reason") for one in peer.got if one["type"] == "disconnect"] == ["warning"]
    assert peer.raw[-1]["type"] == "websocket.send"


@scene
async def test_a_connection_that_breaks_as_it_is_written_to(slack):
    """Is lost, and the event goes to the next."""
    one, other = Peer(slack), Peer(slack)
    await slack.socket.connected(2)
    one.broken = True
    sent = await slack.send_event(events.message())
    assert [each.reason for each in sent.tries] == ["connection_lost", ""]
    assert [each["retry_attempt"] for each in other.envelopes] == [1]


def link(send):
    """A connection that sends by this."""
    return Link(id="l", app_id="A1", send_event=send)


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (lambda one: one.send({"a": 1}), {"type": "websocket.send", "text": '{"a": 1}'}),
        (lambda one: one.send_text("x"), {"type": "websocket.send", "text": "x"}),
        (lambda one: one.send_bytes(b"x"), {"type": "websocket.send", "bytes": b"x"}),
        (lambda one: one.close(), {"type": "websocket.close", "code": 1000}),
        (lambda one: one.close(1001), {"type": "websocket.close", "code": 1001}),
    ],
)
def test_what_a_connection_sends(act, event):
    """As ASGI says it; of one that is gone it is said, but for a close, which is none any more."""

    async def main():
        sent = []

        async def send(said):
            sent.append(said)

        async def gone(_said):
            raise OSError("gone")

        await act(link(send))
        assert sent == [event]
        if event["type"] == "websocket.close":
            await act(link(gone))
        else:
            with pytest.raises(LinkLost):
                await act(link(gone))

    run(main)


def test_who_waits_is_told_that_it_is_lost():
    """Each that has not been acknowledged; nothing waits any more."""

    async def main():
        one = link(None)
        loop = asyncio.get_running_loop()
        done, waiting = loop.create_future(), loop.create_future()
        done.set_result("x")
        one.waiting = {"a": done, "b": waiting}
        one.lost()
        assert (one.waiting, one.leaving, one.ended.is_set()) == ({}, True, True)
        assert done.result() == "x" and isinstance(waiting.exception(), LinkLost)

    run(main)
