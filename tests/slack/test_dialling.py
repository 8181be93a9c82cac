"""interfaces.slack.dialling: how a connection of Socket Mode is opened, against the fake Slack."""

import asyncio
import logging
from types import SimpleNamespace

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream import NotNow
from interfaces.slack import dialling
from interfaces.slack.dialling import REFUSED, Dialler, Socket, app_of, http_session
from interfaces.slack.frames import SELDOM
from interfaces.slack.options import SlackOptions
from interfaces.testing.fakes.faults import Fault
from interfaces.testing.slack import FakeSlack

TOKEN = "xapp-1-A1-fake"


def dialled(test, *, token=TOKEN, **options):
    """Run ``test(slack, dialler)`` with a fake that is served."""

    async def main():
        async with FakeSlack() as slack, http_session() as session:
            said = SlackOptions(
                **{"app_token": (token,), "bot_token": "xoxb-1", "api_url": slack.api_url, **options}
            )
            await test(slack, Dialler(token, said, session))

    asyncio.run(asyncio.wait_for(main(), 20))


async def frame(wire):
    """The next one that is no sign of life."""
    while True:
        heard = await wire.receive()
        if heard[0] != "alive":
            return heard


def test_a_connection():
    """A ticket is fetched with the token, and used; text, binary and ping pass, and the end is told."""

    async def test(slack, dialler):
        wire = await dialler.dial()
        assert "hello" in (await frame(wire))[1]
        assert slack.called("apps.connections.open")[0].token == TOKEN
        (link,) = await slack.socket.connected(1)
        await wire.ping()
        assert await wire.receive() == ("alive", "")
        await link.send_bytes(b"\0\1")
        assert await frame(wire) == ("binary", "2 bytes")
        await link.send_text("not JSON")
        assert await frame(wire) == ("text", "not JSON")
        assert repr(wire) == "<Socket, open>"
        await link.close()
        assert await frame(wire) == ("end", "it was closed with 1000")
        assert (await frame(wire))[0] == "end"
        with pytest.raises(OSError):
            await wire.send("x")
        with pytest.raises(OSError):
            await wire.ping()
        await wire.close()
        assert repr(wire) == "<Socket, closed>"
        assert repr(dialler) == "<Dialler of A1>"

    dialled(test)


def test_slacks_pings_are_answered_and_seen():
    """They are signs of life, and the fake keeps a connection only while its pings are answered."""

    async def main():
        async with FakeSlack(ping_interval=0.05) as slack, http_session() as session:
            options = SlackOptions(app_token=(TOKEN,), bot_token="xoxb-1", api_url=slack.api_url)
            wire = await Dialler(TOKEN, options, session).dial()
            heard = [(await wire.receive())[0] for _ in range(2)]
            assert heard == ["text", "alive"]
            await wire.send("{}")
            while not slack.world.counts["socket.not_understood"]:
                await asyncio.sleep(0.01)
            await wire.close()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_frame_that_is_too_large():
    """It is not read into memory: the connection ends, and the reason says so."""

    async def test(slack, dialler):
        wire = await dialler.dial()
        await frame(wire)
        await slack.socket.links[0].send_text("x" * 5000)
        kind, reason = await frame(wire)
        assert kind == "end"
        assert "5000" in reason or "exceeds" in reason

    dialled(test, max_body=2048)


def test_a_connection_that_is_cut():
    """Without a word from the other side, receiving ends and a close does not wait."""

    async def test(slack, dialler):
        wire = await dialler.dial()
        await frame(wire)
        slack.drop()
        assert (await frame(wire))[0] == "end"
        await wire.close()

    dialled(test)


def test_a_close_that_nobody_answers(monkeypatch):
    """It takes a moment, and is done."""
    monkeypatch.setattr(dialling, "CLOSING", 0.1)

    async def test(slack, dialler):
        wire = await dialler.dial()
        await frame(wire)
        slack.silence()
        async with asyncio.timeout(0.9):
            await wire.close()
        assert (await frame(wire))[0] == "end"

    dialled(test)


@pytest.mark.parametrize("word", ["invalid_auth", "not_allowed_token_type", "token_revoked", "missing_scope"])
def test_a_token_that_is_refused(word):
    """It is the operator's: the flag is named and what to do, and the token is not shown."""
    assert word in REFUSED

    async def test(slack, dialler):
        slack.faults.fail("apps.connections.open", Fault(error=word))
        with pytest.raises(
            ConfigError, match=rf"--slack-app-token of A1: Slack refuses it \({word}\)"
        ) as caught:
            await dialler.dial()
        assert TOKEN not in str(caught.value)

    dialled(test)


def test_an_unknown_token():
    """As the fake answers it, as Slack does: invalid_auth; a token without an app's id is told without one."""

    async def test(slack, dialler):
        with pytest.raises(ConfigError, match=r"--slack-app-token: Slack refuses it \(invalid_auth\)"):
            await dialler.dial()

    dialled(test, token="xapp-another")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(error="internal_error"), "internal_error"),
        (Fault(status=503), "status 503"),
        (Fault(close=True), "ServerDisconnectedError"),
        (Fault(garbage=b"<html>"), "apps.connections.open: "),
        (Fault(garbage=b'{"ok": true}'), "no address of a WebSocket"),
        (Fault(garbage=b'{"ok": true, "url": "http://127.0.0.1/"}'), "no address of a WebSocket"),
        (Fault(garbage=b'{"ok": true, "url": 7}'), "no address of a WebSocket"),
        (
            Fault(garbage=b'{"ok": true, "url": "ws://127.0.0.1:1/link?ticket=secret"}'),
            "no WebSocket to 127.0.0.1",
        ),
    ],
    ids=str,
)
def test_what_is_tried_again(fault, words):
    """Slack has a fault, or is not there: that passes, and no ticket is told."""

    async def test(slack, dialler):
        slack.faults.fail("apps.connections.open", fault)
        with pytest.raises(Unavailable, match=words) as caught:
            await dialler.dial()
        assert not isinstance(caught.value, NotNow)
        assert "secret" not in str(caught.value)

    dialled(test)


def test_too_often():
    """Slack says when: not before that."""

    async def test(slack, dialler):
        slack.faults.fail("apps.connections.open", Fault(status=429, retry_after=37))
        with pytest.raises(NotNow, match="too often") as caught:
            await dialler.dial()
        assert caught.value.after == 37

    dialled(test)


def test_too_often_without_a_time():
    """What is no number of seconds is seldom enough."""
    answer = SimpleNamespace(status_code=429, data={"ok": False}, headers={"Retry-After": "soon"}, get={}.get)
    dialler = Dialler.__new__(Dialler)
    assert dialler._refusal(SlackApiError("", answer)).after == SELDOM


def test_a_websocket_that_is_refused():
    """A ticket is good once: the second use is refused by the handshake, and its address is not told."""

    async def test(slack, dialler):
        url = await dialler._address()
        async with http_session() as session:
            await (await session.ws_connect(url)).close()

        async def again():
            return url

        dialler._address = again
        with pytest.raises(Unavailable, match="refuses the WebSocket with 403") as caught:
            await dialler.dial()
        assert "ticket" not in str(caught.value)

    dialled(test)


def test_no_plain_websocket_for_a_secure_api():
    """A ticket does not travel in the clear where the token does not."""

    async def test(slack, dialler):
        dialler._secure = True
        with pytest.raises(Unavailable, match="no address of a WebSocket"):
            await dialler.dial()

    dialled(test)


def test_nothing_secret_is_logged(caplog):
    """Neither the token nor a ticket, however much is logged: the SDK would show its answers."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "slack_sdk")

    async def test(slack, dialler):
        wire = await dialler.dial()
        await frame(wire)
        await wire.close()

    dialled(test)
    assert TOKEN not in caplog.text
    assert "ticket" not in caplog.text


@pytest.mark.parametrize(
    ("token", "app"),
    [("xapp-1-A012-3456-f00", "A012"), ("xapp-1-A1-x", "A1"), ("xapp-x", ""), ("xapp-1-../x-y", "")],
)
def test_whose_a_token_is(token, app):
    """The id of its app stands in it; what has none there has no name."""
    assert app_of(token) == app


def test_a_broken_stream():
    """What aiohttp calls an error is the end, and a pong that cannot leave is none of our faults."""

    class Broken:
        closed, close_code = False, 1006

        def __init__(self, kind, data=None):
            self.message = aiohttp.WSMessage(kind, data, None)

        async def receive(self):
            return self.message

        async def pong(self, data):
            raise ConnectionResetError

    async def main():
        error = await Socket(Broken(aiohttp.WSMsgType.ERROR, "bad frame")).receive()
        assert error == ("end", "it is broken: bad frame")
        assert await Socket(Broken(aiohttp.WSMsgType.PING, b"")).receive() == ("alive", "")

    asyncio.run(main())
