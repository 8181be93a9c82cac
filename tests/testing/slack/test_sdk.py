"""slack_sdk's own helpers against the fake: pages, models, sockets that come back, stores and rotation under Bolt."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization.async_authorize import AsyncInstallationStoreAuthorize
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, InputBlock, PlainTextInputElement
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View
from slack_sdk.oauth.installation_store import FileInstallationStore, Installation
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.testing.slack import App, Fault
from interfaces.testing.slack.payloads import events
from tests.testing.slack.kit import serve, with_slack

CLIENT = {"client_id": "1.1", "client_secret": "fake-client-secret"}


@asynccontextmanager
async def socket_client(slack, handle=None):
    """A Socket Mode client that acknowledges, or does what ``handle`` says; it looks after itself every 50 ms."""
    client = SocketModeClient(
        app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url), ping_interval=0.05
    )
    client.seen = []

    async def listener(_, request):
        client.seen.append(request)
        if handle is None or handle(request):
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(listener)
    await client.connect()
    try:
        yield client
    finally:
        await client.close()


@with_slack()
async def test_pages_are_turned_by_the_sdk(slack, client):
    """Its iterator follows the cursors to the end."""
    for number in range(3, 8):
        slack.world.add_channel(f"C{number}")
    found = [
        channel["id"]
        async for page in await client.conversations_list(limit=3)
        for channel in page["channels"]
    ]
    assert found == [f"C{number}" for number in range(1, 8)]
    assert len(slack.called("conversations.list")) == 3


@with_slack()
async def test_models_of_the_sdk_arrive(slack, client):
    """Blocks, metadata and views as objects."""
    blocks = [ActionsBlock(elements=[ButtonElement(text="Go", action_id="go", value="1")])]
    posted = await client.chat_postMessage(
        channel="C1", text="x", blocks=blocks, metadata=Metadata(event_type="t", event_payload={"a": 1})
    )
    (message,) = slack.messages("C1")
    assert message["blocks"][0]["elements"][0]["action_id"] == "go"
    assert message["metadata"] == {"event_type": "t", "event_payload": {"a": 1}}
    pressed = slack.person().uses("C1", posted["ts"], "go")
    asked = InputBlock(block_id="b", label="Why", element=PlainTextInputElement(action_id="why"))
    view = View(type="modal", title="Ask", submit="Send", blocks=[asked], callback_id="c")
    opened = await client.views_open(trigger_id=pressed["trigger_id"], view=view)
    submitted = slack.person().submits(opened["view"]["id"], {"why": "x"})
    assert submitted["view"]["state"]["values"]["b"]["why"]["value"] == "x"


@with_slack()
async def test_history_and_threads_are_read_back(slack, client):
    """What the client posted is what it reads."""
    root = (await client.chat_postMessage(channel="C1", text="root"))["ts"]
    await client.chat_postMessage(channel="C1", text="answer", thread_ts=root)
    history = await client.conversations_history(channel="C1", limit=10)
    assert [message["text"] for message in history["messages"]] == ["root"]
    assert history["messages"][0]["reply_count"] == 1
    replies = await client.conversations_replies(channel="C1", ts=root)
    assert [message["text"] for message in replies["messages"]] == ["root", "answer"]
    await client.reactions_add(channel="C1", timestamp=root, name="eyes")
    await client.chat_update(channel="C1", ts=root, text="changed")
    again = (await client.conversations_history(channel="C1", include_all_metadata=True))["messages"][0]
    assert (again["text"], again["reactions"][0]["name"]) == ("changed", "eyes")
    link = await client.chat_getPermalink(channel="C1", message_ts=root)
    assert link["permalink"].endswith(root.replace(".", ""))


@with_slack()
async def test_errors_are_the_sdks_errors(slack, client):
    """With Slack's word in the response, and what it says beside."""
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="C404", text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id="1", view={"type": "modal", "blocks": []})
    assert caught.value.response["response_metadata"]["messages"][0].startswith("[ERROR]")


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
def test_a_socket_that_is_sent_away_comes_back(reason):
    """The client asks for another address, and events go on."""

    @with_slack()
    async def main(slack, client):
        async with socket_client(slack) as socket:
            await slack.socket.connected()
            first = slack.socket.links[0]
            await slack.socket.disconnect(reason)
            async with asyncio.timeout(5):
                while first in slack.socket.links or not slack.socket.links:
                    await asyncio.sleep(0.005)
            assert (await slack.send_event(events.message("after"))).acknowledged
            assert socket.seen[-1].payload["event"]["text"] == "after"
        assert len(slack.called("apps.connections.open")) >= 2

    main()


@with_slack()
async def test_a_socket_that_is_cut_comes_back(slack, client):
    """The client finds out by itself, and what was lost is sent again to the new one."""
    async with socket_client(slack) as socket:
        await slack.socket.connected()
        slack.drop()
        sent = await slack.send_event(events.message("on"))
        assert sent.acknowledged
        assert socket.seen[-1].payload["event_id"] == sent.id
    assert slack.socket.opened == 2


@with_slack()
async def test_a_client_without_an_address_asks_again(slack, client):
    """A fault of apps.connections.open keeps it away as long as it lasts."""
    slack.faults.fail("apps.connections.open", Fault(error="internal_error"))
    socket = SocketModeClient(
        app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url), ping_interval=0.01
    )
    try:
        await socket.connect()
        await slack.socket.connected()
    finally:
        await socket.close()
    assert [call.answer["ok"] for call in slack.called("apps.connections.open")] == [False, True]


@with_slack(scale=50)
async def test_nothing_is_lost_when_much_goes_wrong(slack, client):
    """Three hundred events, a fifth again, envelopes twice, two cuts: each is acknowledged, each was seen."""
    slack.faults.redeliver, slack.faults.twice = 0.2, 0.1
    async with socket_client(slack) as one, socket_client(slack) as other:
        await slack.socket.connected(2)

        async def cut():
            for least in (100, 200):
                while sum(each.acknowledged for each in slack.deliveries) < least:
                    await asyncio.sleep(0.001)
                slack.drop()

        cutting = asyncio.create_task(cut())
        sent = await slack.send_events((events.message(str(at)) for at in range(300)), at_once=20)
        await cutting
        seen = [request.payload["event_id"] for request in one.seen + other.seen]
    assert all(each.acknowledged for each in sent)
    assert {each.id for each in sent} <= set(seen)
    assert len(seen) > 330


def bolt(slack, store):
    """A Bolt app of many workspaces, that answers mentions.

    Its authorize is made here: one that Bolt makes of OAuth's settings refreshes tokens at slack.com, whatever
    its client.
    """
    client = AsyncWebClient(base_url=slack.api_url)
    authorize = AsyncInstallationStoreAuthorize(
        logger=logging.getLogger("bolt"), installation_store=store, client=client, **CLIENT
    )
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, authorize=authorize)

    @app.event("app_mention")
    async def mention(say, context):
        await say(f"from {context.bot_token[-3:]}")

    return app


async def spoken(slack, channel):
    """The second message of a channel, which the bot posts after its acknowledgement."""
    async with asyncio.timeout(5):
        while len(slack.messages(channel)) < 2:
            await asyncio.sleep(0.005)
    return slack.messages(channel)[1]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
def test_bolt_refreshes_a_token_that_ends(tmp_path):
    """The store has an old one, Bolt rotates it before it posts, and the store has the new one."""

    @with_slack(app=App(rotation=True))
    async def main(slack, client):
        old = slack.world.install("T1", scopes=("chat:write",))
        store = FileInstallationStore(base_dir=str(tmp_path), client_id="1.1")
        await store.async_save(
            Installation(
                app_id="A1",
                team_id="T1",
                user_id="U1",
                bot_token=old.value,
                bot_id="B1",
                bot_user_id="UBOT1",
                bot_scopes=["chat:write"],
                bot_refresh_token=old.refresh,
                bot_token_expires_in=60,
            )
        )
        async with serve(bolt(slack, store).server().web_app) as base:
            await slack.post_event(f"{base}/slack/events", slack.person().mentions())
            await spoken(slack, "C1")
        new = (await store.async_find_bot(enterprise_id=None, team_id="T1")).bot_token
        assert new != old.value
        assert slack.called("chat.postMessage")[0].token == new

    main()


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
def test_bolt_serves_a_whole_enterprise_with_one_token(tmp_path):
    """An event of any of its workspaces finds the installation of all."""

    @with_slack()
    async def main(slack, client):
        for team in ("T2", "T3"):
            slack.world.add_workspace(team, enterprise_id="E1")
        slack.world.add_user("U3", team_id="T3")
        slack.world.add_channel("C3", team_id="T3")
        token = slack.world.install("T2", whole=True)
        slack.world.channel("C3").members.append(token.user_id)
        store = FileInstallationStore(base_dir=str(tmp_path), client_id="1.1")
        await store.async_save(
            Installation(
                app_id="A1",
                enterprise_id="E1",
                user_id="U3",
                bot_token=token.value,
                bot_id="B2",
                bot_user_id=token.user_id,
                is_enterprise_install=True,
            )
        )
        async with serve(bolt(slack, store).server().web_app) as base:
            await slack.post_event(f"{base}/slack/events", slack.person("U3").mentions(channel="C3"))
            await spoken(slack, "C3")
        assert slack.called("chat.postMessage")[0].token == token.value

    main()
