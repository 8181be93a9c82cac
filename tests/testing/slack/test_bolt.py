"""Bolt's AsyncApp works against the fake unchanged: over aiohttp, over Socket Mode, and through OAuth."""

import asyncio
import re
from contextlib import asynccontextmanager
from html import unescape

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.testing.slack import Forged
from tests.testing.slack.kit import serve, with_slack
from tests.testing.slack.methods.test_views import TITLE, modal

BUTTON = [
    {"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": TITLE, "value": "1"}]}
]
OPTION = {"text": TITLE, "value": "berlin"}


def bot(slack, client, **options):
    """A Bolt app that uses a little of everything."""
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, **options)
    app.seen = []

    @app.event("app_mention")
    async def mention(event, say):
        app.seen.append("mention")
        await say(text="choose", blocks=BUTTON, thread_ts=event["ts"])

    @app.message("hello")
    async def hello(message, say):
        app.seen.append("message")
        await say(f"hi <@{message['user']}>")

    @app.command("/deploy")
    async def deploy(ack, body, client):
        await ack(text="opening")
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.action("go")
    async def go(ack, respond, body):
        await ack()
        await respond(text=f"pressed {body['actions'][0]['value']}", replace_original=True)

    @app.view("deploy")
    async def submitted(ack, view):
        reason = view["state"]["values"]["why"]["reason"]["value"]
        await (ack() if reason else ack(response_action="errors", errors={"why": "Say why"}))

    @app.options("city")
    async def city(ack):
        await ack(options=[OPTION])

    @app.shortcut("ask")
    async def ask(ack, shortcut, client):
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal(callback_id="asked"))

    return app


@asynccontextmanager
async def over_http(slack, client):
    """How to send to a Bolt app that listens on a port."""
    app = bot(slack, client)
    async with serve(app.server().web_app) as base:
        url = f"{base}/slack/events"
        yield app, lambda payload: slack.post(url, payload), lambda event: slack.post_event(url, event)


@asynccontextmanager
async def over_a_socket(slack, client):
    """How to send to a Bolt app that has dialled."""
    app = bot(slack, client)
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url))
    await handler.connect_async()
    try:
        await slack.socket.connected()
        yield app, slack.send, slack.send_event
    finally:
        await handler.close_async()


@pytest.fixture(params=[over_http, over_a_socket])
def way(request):
    """Each test runs over both."""
    return request.param


def test_events_reach_it_and_it_answers(way):
    """A mention and a message; what it says stands in the channel."""

    @with_slack()
    async def main(slack, client):
        async with way(slack, client) as (app, _, send_event):
            mentioned = slack.person().mentions("help")
            assert (await send_event(mentioned)).acknowledged
            assert (await send_event(slack.person("U2").says("hello bot"))).acknowledged
            await answers(slack, 4)
        assert app.seen == ["mention", "message"]
        texts = {message["text"]: message.get("thread_ts") for message in slack.messages("C1")}
        assert texts["choose"] == mentioned["ts"]
        assert texts["hi <@U2>"] is None

    main()


async def answers(slack, number):
    """Wait until so many messages stand in C1: Bolt acknowledges first."""
    async with asyncio.timeout(5):
        while len(slack.messages("C1")) < number:
            await asyncio.sleep(0.005)


def test_a_command_opens_a_view_and_the_view_is_submitted(way):
    """First wrongly, then right: errors, then closed."""

    @with_slack()
    async def main(slack, client):
        async with way(slack, client) as (_, send, _):
            sent = await send(slack.person().command("/deploy", "now"))
            assert sent.effect == "ephemeral"
            assert slack.ephemerals[0]["text"] == "opening"
            await until(lambda: slack.views)
            (view,) = slack.views
            assert (await send(slack.person().submits(view))).effect == "errors"
            assert slack.world.views.errors[view] == {"why": "Say why"}
            assert (await send(slack.person().submits(view, {"reason": "because"}))).effect == "closed"
            assert slack.views == {}

    main()


async def until(true):
    """Wait for something that comes after the acknowledgement."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


def test_a_button_is_answered_by_response_url(way):
    """The message is replaced."""

    @with_slack()
    async def main(slack, client):
        async with way(slack, client) as (_, send, _):
            ts = (await client.chat_postMessage(channel="C1", text="choose", blocks=BUTTON))["ts"]
            assert (await send(slack.person().uses("C1", ts, "go"))).acknowledged
            await until(lambda: slack.messages("C1")[0]["text"] == "pressed 1")

    main()


def test_menus_and_shortcuts_work(way):
    """Options come in the acknowledgement, a shortcut opens a view."""

    @with_slack()
    async def main(slack, client):
        menu = {"type": "external_select", "action_id": "city"}
        async with way(slack, client) as (_, send, _):
            assert (await send(slack.person().shortcut("ask"))).acknowledged
            await until(lambda: slack.views)
            view = next(iter(slack.views))
            blocks = [{"type": "input", "block_id": "w", "label": TITLE, "element": menu}]
            await client.views_update(view_id=view, view=modal(blocks=blocks))
            sent = await send(slack.person().types(view, "city", "b"))
        assert (sent.effect, sent.answer) == ("options", {"options": [OPTION]})

    main()


@with_slack()
async def test_bolt_refuses_what_is_forged_and_shakes_hands(slack, client):
    """A wrong signature is 401, an old one too; the challenge comes back."""
    async with serve(bot(slack, client).server().web_app) as base:
        url = f"{base}/slack/events"
        for forged in (Forged(secret="other"), Forged(timestamp=1_000_000_000)):
            sent = await slack.post_event(url, slack.person().mentions(), retries=False, forged=forged)
            assert (sent.status, sent.acknowledged) == (401, False)
        assert await slack.handshake(url)
        assert (await slack.ssl_check(url)).status == 200


async def install(base):
    """What a person's browser does: the install page, the fake's, and back, with the cookie of the first."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{base}/slack/install") as page:
            link = unescape(re.search(r'href="([^"]*/oauth/v2/authorize[^"]*)"', await page.text())[1])
            cookie = page.headers["Set-Cookie"].partition(";")[0]
        async with browser.get(link, allow_redirects=False) as page:
            back = page.headers["location"]
        async with browser.get(back, headers={"Cookie": cookie}) as page:
            assert page.status == 200, await page.text()


@pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning"
)  # slack_sdk 3.48 on aiohttp 3.14
def test_bolts_oauth_flow_installs_the_app(tmp_path):
    """From its install page over the fake's back to its own, into its store; then it works with that token."""

    @with_slack()
    async def main(slack, client):
        slack.world.add_workspace("T2", "Two")
        slack.world.add_user("U7", team_id="T2")
        slack.world.add_channel("C7", team_id="T2")
        slack.oauth.team_id, slack.oauth.user_id = "T2", "U7"
        store = FileInstallationStore(base_dir=str(tmp_path / "installations"), client_id="1.1")
        settings = AsyncOAuthSettings(
            client_id="1.1",
            client_secret=slack.app.client_secret,
            scopes=["chat:write"],
            authorization_url=slack.authorize_url,
            installation_store=store,
            state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path / "states")),
        )
        app = AsyncApp(
            client=AsyncWebClient(base_url=slack.api_url),
            signing_secret=slack.signing_secret,
            oauth_settings=settings,
        )

        @app.event("app_mention")
        async def mention(say):
            await say("installed")

        async with serve(app.server().web_app) as base:
            slack.app.redirect_urls = (f"{base}/slack/oauth_redirect",)
            await install(base)
            event = slack.person("U7").mentions("hi", "C7")
            await slack.post_event(f"{base}/slack/events", event)
            await until(lambda: len(slack.messages("C7")) == 2)
        found = await store.async_find_installation(enterprise_id=None, team_id="T2")
        assert (found.user_id, found.bot_user_id) == ("U7", "UBOT2")

    main()
