"""The fake as a whole: it is served, and slack_sdk's own clients work against it."""

from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.testing.slack.kit import hook, with_slack


@with_slack()
async def test_a_client_posts_and_the_channel_has_it(slack, client):
    """auth.test says who the bot is, and what it posts stands in the channel."""
    who = await client.auth_test()
    assert (who["team_id"], who["user_id"], who["bot_id"]) == ("T1", "UBOT1", "B1")
    posted = await client.chat_postMessage(channel="C1", text="hello")
    assert [message["text"] for message in slack.messages("C1")] == ["hello"]
    assert slack.messages("C1")[0]["ts"] == posted["ts"]
    assert [(call.method, call.token) for call in slack.calls] == [
        ("auth.test", slack.bot_token),
        ("chat.postMessage", slack.bot_token),
    ]


@with_slack()
async def test_an_event_is_signed_as_the_sdk_checks_it(slack, client):
    """slack_sdk's verifier takes the signature, and the envelope has Slack's fields."""
    async with hook() as app:
        sent = await slack.post_event(app.url, {"type": "app_mention", "channel": "C1", "user": "U1"})
    assert sent.acknowledged
    assert sent.tried == 1
    headers, body = app.requests[0]
    assert SignatureVerifier(slack.signing_secret).is_valid_request(body, headers)
    envelope = app.bodies[0]
    assert envelope["type"] == "event_callback"
    assert envelope["event_id"] == sent.id
    assert envelope["authorizations"][0]["team_id"] == "T1"


@with_slack()
async def test_a_socket_gets_an_envelope_and_acknowledges_it(slack, client):
    """slack_sdk's Socket Mode client connects, and its acknowledgement settles the event."""
    socket = SocketModeClient(app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url))
    seen = []

    async def listener(_, request):
        seen.append(request)
        await socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    socket.socket_mode_request_listeners.append(listener)
    try:
        await socket.connect()
        await slack.socket.connected()
        sent = await slack.send_event({"type": "message", "channel": "C1", "text": "hi"})
    finally:
        await socket.close()
    assert sent.acknowledged
    assert [(each.type, each.retry_attempt, each.payload["event"]["text"]) for each in seen] == [
        ("events_api", 0, "hi")
    ]
