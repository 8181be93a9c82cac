"""Socket Mode: tickets, envelopes, acknowledgements, and everything that can go wrong with them."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

from interfaces.testing.slack import App
from interfaces.testing.slack.link import LinkLost
from interfaces.testing.slack.payloads import events
from tests.testing.slack.kit import with_slack


class Peer:
    """A client of Socket Mode that does what a test tells it."""

    def __init__(self, socket):
        self.socket = socket

    async def read(self):
        """The next message as JSON, or what it is."""
        message = await self.socket.receive(timeout=5)
        return json.loads(message.data) if message.type == aiohttp.WSMsgType.TEXT else message

    async def ack(self, envelope, **more):
        """Acknowledge an envelope."""
        await self.socket.send_json({"envelope_id": envelope["envelope_id"], **more})


@asynccontextmanager
async def connected(slack, client, number=1):
    """So many peers that have had their hello."""
    async with aiohttp.ClientSession() as session:
        peers = []
        for _ in range(number):
            url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
            peers.append(Peer(await session.ws_connect(url)))
            await peers[-1].read()
        yield peers if number > 1 else peers[0]
        for peer in peers:
            await peer.socket.close()


@with_slack()
async def test_a_hello_says_what_slacks_says(slack, client):
    """The app, how many connections there are, where and how long."""
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    assert url.startswith("ws://127.0.0.1:")
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        hello = await Peer(socket).read()
    assert (hello["type"], hello["num_connections"], hello["connection_info"]) == (
        "hello",
        1,
        {"app_id": "A1"},
    )
    assert hello["debug_info"]["approximate_connection_time"] == 18060


@with_slack()
async def test_a_ticket_is_good_once(slack, client):
    """A second connection with it, or one without, is refused."""
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url):
        for used in (url, url.partition("?")[0]):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(used)


@with_slack(app=App(max_connections=2))
async def test_there_are_at_most_so_many_connections(slack, client):
    """The one too many is told why it ends, and the others stay."""
    async with connected(slack, client, 2) as _, aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as third:
            assert (await Peer(third).read())["reason"] == "too_many_websockets"
            assert (await Peer(third).read()).type == aiohttp.WSMsgType.CLOSE
        assert len(slack.socket.links) == 2


@with_slack()
async def test_each_envelope_goes_to_one_connection(slack, client):
    """In turn; each has an id of its own, and its event another."""
    async with connected(slack, client, 2) as (one, other):
        tasks = [asyncio.create_task(slack.send_event(events.message(str(at)))) for at in range(2)]
        seen = [await one.read(), await other.read()]
        for peer, envelope in zip((one, other), seen, strict=True):
            await peer.ack(envelope)
        sent = await asyncio.gather(*tasks)
    assert all(each.acknowledged for each in sent)
    assert {each["payload"]["event"]["text"] for each in seen} == {"0", "1"}
    assert [(each["type"], each["retry_attempt"], each["retry_reason"]) for each in seen] == [
        ("events_api", 0, "")
    ] * 2
    assert len({each["envelope_id"] for each in seen}) == 2


@with_slack(scale=20)
async def test_what_is_not_acknowledged_comes_again(slack, client):
    """With a new envelope, the same event_id, a number and a reason; the late acknowledgement counts for nothing."""
    slack.world.ack_seconds = 5.0
    async with connected(slack, client) as peer:
        task = asyncio.create_task(slack.send_event(events.message()))
        first, second = await peer.read(), await peer.read()
        await peer.ack(first)
        await peer.ack(second)
        sent = await task
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert first["envelope_id"] != second["envelope_id"]
    assert first["payload"]["event_id"] == second["payload"]["event_id"] == sent.id
    assert [each.reason for each in sent.tries] == ["timeout", ""]
    assert slack.socket.late == 1


@with_slack()
async def test_what_is_lost_with_its_connection_goes_to_another(slack, client):
    """At once."""
    async with connected(slack, client, 2) as (one, other):
        task = asyncio.create_task(slack.send_event(events.message()))
        await one.read()
        slack.drop()
        again = await other.read()
        await other.ack(again)
        sent = await task
    assert [each.reason for each in sent.tries] == ["connection_lost", ""]
    assert again["retry_attempt"] == 1


@with_slack()
async def test_without_a_connection_it_waits_for_one(slack, client):
    """Within the time that there is; then it is given up where repeats are left out."""
    task = asyncio.create_task(slack.send_event(events.message()))
    async with connected(slack, client) as peer:
        await peer.ack(await peer.read())
        assert (await task).acknowledged
    await slack.socket.connected(0)
    slack.world.ack_seconds = 0.01
    sent = await slack.send_event(events.message(), retries=False)
    assert [each.reason for each in sent.tries] == ["connection_failed"]


@with_slack()
async def test_a_command_is_sent_once_and_its_answer_is_heard(slack, client):
    """Over a socket as over HTTP; unacknowledged, the person is told."""
    async with connected(slack, client) as peer:
        task = asyncio.create_task(slack.send(slack.person().command("/deploy", "now")))
        envelope = await peer.read()
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert "retry_attempt" not in envelope
        await peer.ack(envelope, payload={"text": "done", "response_type": "in_channel"})
        assert (await task).effect == "posted"
        slack.world.ack_seconds = 0.01
        sent = await slack.send(slack.person().command("/deploy"))
        assert (sent.tried, sent.effect) == (1, "failed")
    assert [message["text"] for message in slack.messages("C1")] == ["done"]


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
def test_a_disconnect_says_why_and_closes(reason):
    """Nothing new is sent on it from then on."""

    @with_slack()
    async def main(slack, client):
        async with connected(slack, client) as peer:
            await slack.socket.disconnect(reason)
            assert (await peer.read())["reason"] == reason
            assert (await peer.read()).type == aiohttp.WSMsgType.CLOSE
            await slack.socket.connected(0)

    main()


@with_slack()
async def test_what_is_on_its_way_may_be_acknowledged_before_the_end(slack, client):
    """Within the grace; what is new goes to the other connection."""
    async with connected(slack, client, 2) as (one, other):
        old = asyncio.create_task(slack.send_event(events.message("old")))
        envelope = await one.read()
        ending = asyncio.create_task(
            slack.socket.disconnect("refresh_requested", slack.socket.links[0], grace=60)
        )
        assert (await one.read())["type"] == "disconnect"
        for text in ("new", "newer"):
            new = asyncio.create_task(slack.send_event(events.message(text)))
            await other.ack(await other.read())
            assert (await new).tried == 1
        await one.ack(envelope)
        assert (await old).tried == 1
        ending.cancel()


@with_slack()
async def test_a_warning_closes_nothing(slack, client):
    """The connection goes on, for the while that it warns of."""
    async with connected(slack, client) as peer:
        await slack.socket.disconnect("warning")
        assert (await peer.read())["reason"] == "warning"
        task = asyncio.create_task(slack.send_event(events.message()))
        await peer.ack(await peer.read())
        assert (await task).acknowledged


@with_slack()
async def test_envelopes_can_come_twice(slack, client):
    """Word for word; the second acknowledgement comes when nobody waits."""
    slack.faults.twice = 1.0
    async with connected(slack, client) as peer:
        task = asyncio.create_task(slack.send_event(events.message()))
        first, second = await peer.read(), await peer.read()
        assert first == second
        await peer.ack(first)
        await peer.ack(second)
        assert (await task).tried == 1
    assert slack.socket.late == 1


@with_slack()
async def test_acknowledged_events_can_come_again(slack, client):
    """With a new envelope and the same event."""
    slack.faults.redeliver = 1.0
    async with connected(slack, client) as peer:
        task = asyncio.create_task(slack.send_event(events.message()))
        first = await peer.read()
        await peer.ack(first)
        second = await peer.read()
        await peer.ack(second)
        sent = await task
    assert (second["retry_attempt"], second["payload"]["event_id"]) == (1, first["payload"]["event_id"])
    assert (sent.tried, sent.acknowledged) == (2, True)


@with_slack()
async def test_garbage_can_be_sent_and_is_counted_when_it_comes(slack, client):
    """Texts that are no JSON, binary messages; acknowledgements that are none."""
    async with connected(slack, client) as peer:
        link = slack.socket.links[0]
        await link.send_text("{")
        await link.send_bytes(b"\x00")
        assert (await peer.socket.receive(timeout=5)).data == "{"
        assert (await peer.socket.receive(timeout=5)).data == b"\x00"
        await peer.socket.send_str("nonsense")
        await peer.socket.send_str("[]")
        task = asyncio.create_task(slack.send_event(events.message()))
        await peer.ack(await peer.read())
        await task
    assert slack.world.counts["socket.not_understood"] == 2


@with_slack()
async def test_a_silent_connection_answers_no_ping(slack, client):
    """It stays open, and nothing that comes is read."""
    async with connected(slack, client) as peer:
        slack.silence()
        await peer.socket.ping()
        with pytest.raises(asyncio.TimeoutError):
            await peer.socket.receive(timeout=0.05)
        assert not peer.socket.closed
        slack.drop()


@with_slack()
async def test_pings_are_answered(slack, client):
    """As long as nobody silences it."""
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
        await Peer(socket).read()
        await socket.ping(b"sdk-ping-pong:1")
        message = await socket.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


@with_slack()
async def test_waiting_for_connections_ends(slack, client):
    """With a TimeoutError, when they do not come."""
    with pytest.raises(TimeoutError):
        await slack.socket.connected(1, timeout=0.01)


@with_slack()
async def test_many_events_go_over_few_sockets(slack, client):
    """Five hundred over two, each acknowledged once."""
    async with connected(slack, client, 2) as peers:

        async def work(peer):
            while True:
                await peer.ack(await peer.read())

        workers = [asyncio.create_task(work(peer)) for peer in peers]
        sent = await slack.send_events((events.message(str(at)) for at in range(500)), at_once=50)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    assert [each.payload["event"]["text"] for each in sent] == [str(at) for at in range(500)]
    assert all(each.tried == 1 for each in sent)


@with_slack()
async def test_what_is_sent_to_nobody_is_lost(slack, client):
    """A link that was kept beyond its end says so, and closing it again is nothing."""
    async with connected(slack, client):
        link = slack.socket.links[0]
        slack.drop()
        await slack.socket.connected(0)
        for send in (link.send_text("x"), link.send_bytes(b"x"), link.send({})):
            with pytest.raises(LinkLost):
                await send
        await link.close()
        slack.drop(link)
    assert link.leaving


@with_slack(scale=1000)
async def test_what_nobody_takes_is_given_up(slack, client):
    """After as many tries as over HTTP."""
    slack.world.ack_seconds = 10.0
    async with connected(slack, client):
        sent = await slack.send_event(events.message())
    assert [each.reason for each in sent.tries] == ["timeout"] * 4
    assert [each.number for each in sent.tries] == [0, 1, 2, 3]
    assert not sent.acknowledged
