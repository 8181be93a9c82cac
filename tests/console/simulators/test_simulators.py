"""Peers that a person plays: through the real listeners, and what they see of the application."""

import asyncio
import base64
from typing import Any

import pytest

from interfaces.console.simulators.base import text
from interfaces.shared.errors import PeerError
from interfaces.testing import Recorder
from tests.console.kit import Served, run, served


async def until(here: Served, protocol: str, found: Any) -> Any:
    """What a simulator shows, once ``found`` likes it."""
    while not found(shown := await here.client.got(f"simulate/{protocol}")):
        await asyncio.sleep(0)
    return shown


# --- http and ws ----------------------------------------------------------------------------------


def test_http() -> None:
    """A request as it was said, and its answer."""

    async def check() -> None:
        app = Recorder()
        async with served(app) as here:
            said = {"method": "put", "path": "/p?q=1", "headers": {"X-A": "b"}, "body": "é"}
            told = await here.client.post("simulate/http", said)
            assert (told["ok"], told["status"], told["body"]) == (True, 200, "ok")
            scope, event = app.scopes[0], app.events[0]
            assert (scope["method"], scope["path"], scope["query_string"]) == ("PUT", "/p", b"q=1")
            assert (b"x-a", b"b") in scope["headers"] and event["body"] == "é".encode()
            rows = [["X-A", "1"], ["X-A", "2"], ["Host", "other"]]
            await here.client.post("simulate/http", {"headers": rows})
            assert [value for name, value in app.scopes[1]["headers"] if name in (b"x-a", b"host")] == [
                b"1", b"2", b"other",
            ]  # fmt: skip
            for wrong, code in (({"headers": 3}, 400), ({"headers": [["a"]]}, 400), ({"path": 3}, 400),
                                ({"path": "/a b"}, 502), ({"headers": {"a": "b\r\nc: d"}}, 502)):  # fmt: skip
                assert "error" in await here.client.post("simulate/http", wrong, code)

    run(check)


def test_http_shows_bytes_by_their_number() -> None:
    """A picture is no text."""
    png = [{"type": "http.response.start", "status": 200, "headers": []},
           {"type": "http.response.body", "body": b"\x89PNG\x00"}]  # fmt: skip

    async def check() -> None:
        async with served(Recorder({"http.request": png})) as here:
            assert (await here.client.post("simulate/http", {}))["body"] == "(5 bytes)"

    run(check)


def test_ws() -> None:
    """Open, say, hear, close; the application sees a real socket."""

    async def check() -> None:
        app = Recorder({"websocket.receive": {"type": "websocket.send", "text": "pong"}})
        async with served(app) as here:
            name = (await here.client.post("simulate/ws", {"do": "open", "path": "/ws?a=b"}))["id"]
            await here.client.post("simulate/ws", {"do": "send", "id": name, "text": "ping"})
            shown = await until(here, "ws", lambda told: len(told["sockets"][0]["lines"]) == 2)
            assert shown["sockets"] == [
                {"id": name, "path": "/ws?a=b", "state": "open", "lines": ["> ping", "< pong"]}
            ]
            await here.client.post("simulate/ws", {"do": "close", "id": name})
            await app.got("websocket.disconnect")
            assert (await here.client.got("simulate/ws"))["sockets"] == []
            for wrong, code in (({"do": "send", "id": "9"}, 404), ({"do": "x"}, 400), ({}, 400),
                                ({"do": "open", "path": "a b"}, 400)):  # fmt: skip
                assert "error" in await here.client.post("simulate/ws", wrong, code)

    run(check)


def test_ws_that_is_denied_or_closed() -> None:
    """It says so; a closed one stays to be looked at, and nothing can be said there."""

    async def check() -> None:
        app = Recorder({"websocket.connect": {"type": "websocket.close"}})
        async with served(app) as here:
            assert "403" in (await here.client.post("simulate/ws", {"do": "open"}, 409))["error"]
            closing = [{"type": "websocket.accept"}, {"type": "websocket.send", "bytes": b"\x01"},
                       {"type": "websocket.close", "code": 4001, "reason": "no"}]  # fmt: skip
            app.script["websocket.connect"] = closing
            name = (await here.client.post("simulate/ws", {"do": "open"}))["id"]
            shown = await until(here, "ws", lambda told: told["sockets"][0]["state"] == "closed")
            assert shown["sockets"][0]["lines"] == ["< (1 bytes)", "closed 4001 no"]
            assert (
                "closed" in (await here.client.post("simulate/ws", {"do": "send", "id": name}, 409))["error"]
            )

    run(check)


def test_ws_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed one makes room, an open one does not; all end with the server."""
    monkeypatch.setattr("interfaces.console.simulators.ws.SOCKETS", 1)

    async def check() -> None:
        app = Recorder()
        async with served(app) as here:
            await here.client.post("simulate/ws", {"do": "open"})
            assert "close one" in (await here.client.post("simulate/ws", {"do": "open"}, 409))["error"]
            app.script["websocket.receive"] = {"type": "websocket.close"}
            await here.client.post("simulate/ws", {"do": "send", "id": "1", "text": "x"})
            await until(here, "ws", lambda told: told["sockets"][0]["state"] == "closed")
            assert (await here.client.post("simulate/ws", {"do": "open"}))["id"] == "2"

    run(check)


# --- email ----------------------------------------------------------------------------------------

LETTER = {"from": "a@x.org", "to": "b@y.org, c@y.org", "subject": "hi ü", "text": "hello", "html": "<b>hello</b>",
          "attachments": [{"name": "a.txt", "type": "text/plain", "base64": base64.b64encode(b"file").decode()}],
          "in_reply_to": "1@x.org", "references": "<0@x.org> <1@x.org>"}  # fmt: skip


def test_email() -> None:
    """A real client of SMTP: code and words of the server, and all of the mail is there."""

    async def check() -> None:
        app = Recorder({"email.receive": {"type": "email.accept", "text": "thanks"}})
        async with served(app, "email") as here:
            told = await here.client.post("simulate/email", LETTER)
            assert told["code"] == 250 and "thanks" in told["answer"]
            event = app.events[0]
            assert (event["from"], event["to"], event["subject"]) == (
                "a@x.org",
                ["b@y.org", "c@y.org"],
                "hi ü",
            )
            assert event["message_id"] == told["message_id"]
            detail = await here.client.got("messages/1")
            assert [one["name"] for one in detail["parts"]] == ["", "", "a.txt"]
            assert detail["conversation"] == "email:0@x.org"
            assert (await here.client.got("simulate/email")) == {"sent": []}

    run(check)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"type": "email.reject", "code": 550, "text": "no"}, 550),
        ({"type": "email.defer"}, 451),
        (ValueError("x"), 451),
    ],
)
def test_email_that_is_refused(script: Any, code: int) -> None:
    """In the protocol's words."""

    async def check() -> None:
        async with served(Recorder({"email.receive": script}), "email") as here:
            assert (await here.client.post("simulate/email", {"from": "a@x.org", "to": "b@y.org"}))[
                "code"
            ] == code

    run(check)


def test_email_that_cannot_be() -> None:
    """What makes no mail is 400, and sends nothing."""
    wrong: list[dict[str, Any]] = [
        {}, {"to": ""}, {"to": 3}, {"to": "b@y.org\r\nBcc: x"}, {"to": "b@y.org", "attachments": 3},
        {"to": "b@y.org", "attachments": [{"base64": "%"}]}, {"to": "b@y.org", "attachments": [{}] * 33},
        {"to": "b@y.org", "text": "x" * 1_000_001},
    ]  # fmt: skip

    async def check() -> None:
        app = Recorder()
        async with served(app, "email") as here:
            for said in wrong:
                answer = await here.client.ask("POST", "/api/simulate/email", said)
                assert answer.status in (400, 413), said
            assert app.scopes == []
            injected = {"to": "b@y.org", "subject": "a\r\nBcc: evil@x.org"}
            await here.client.post("simulate/email", injected)
            assert app.events[0]["to"] == ["b@y.org"] and app.events[0]["subject"] == "a Bcc: evil@x.org"

    run(check)


def test_email_of_an_applications_own_outbox() -> None:
    """What it carries as ``simulators`` is asked."""

    class Outbox:
        sent = ({"from": "b", "to": ["a"], "subject": "s", "text": "t", "time": 1.0, "password": "x"},)

    async def check() -> None:
        app: Any = Recorder()
        app.simulators = {"email": Outbox()}
        async with served(app, "email") as here:
            (mail,) = (await here.client.got("simulate/email"))["sent"]
            assert (mail["subject"], mail["password"]) == ("s", "[redacted]")

    run(check)


# --- irc ------------------------------------------------------------------------------------------

GATE = {"irc.connect": {"type": "irc.accept"}}


def test_irc() -> None:
    """Two people on our gateway: the application hears what one says, a line at a time."""

    async def check() -> None:
        app = Recorder(GATE)
        async with served(app, "irc") as here:

            async def do(deed: str, nick: str, **more: str) -> Any:
                return await here.client.post("simulate/irc", {"do": deed, "nick": nick, **more})

            for nick in ("ada", "ben"):
                assert (await do("connect", nick))["nick"] == nick
                await do("join", nick, channel="#x")
            await until(here, "irc", lambda told: all(one["channels"] == ["#x"] for one in told["clients"]))
            await do("say", "ada", channel="#x", text="hello\r\nQUIT")
            assert (await app.got("irc.message"))[0]["text"] == "hello  QUIT"
            await do("raw", "ben", text="PART #x")
            shown = await until(here, "irc", lambda told: told["clients"][1]["channels"] == [])
            lines = shown["clients"][0]["lines"]
            assert "> PRIVMSG #x :hello  QUIT" in lines and any(line.endswith(" JOIN #x") for line in lines)
            await do("quit", "ada", text="bye")
            assert [one["nick"] for one in (await here.client.got("simulate/irc"))["clients"]] == ["ben"]

    run(check)


def test_irc_that_cannot_be() -> None:
    """A nick that is none, one that is there, somebody who is not, and a gateway that lets nobody in."""

    async def check() -> None:
        app = Recorder(GATE)
        async with served(app, "irc") as here:

            async def refused(code: int, **said: str) -> str:
                return str((await here.client.post("simulate/irc", said, code))["error"])

            await here.client.post("simulate/irc", {"do": "connect", "nick": "ada"})
            assert "no nick" in await refused(400, do="connect", nick="a b")
            assert "connected" in await refused(409, do="connect", nick="ada")
            assert "nobody" in await refused(404, do="say", nick="ben")
            assert "one word" in await refused(400, do="join", nick="ada", channel="#x y")
            assert "do is" in await refused(400, do="dance", nick="ada")
            app.script["irc.connect"] = {"type": "irc.reject", "text": "not you"}
            assert "did not let" in await refused(409, do="connect", nick="eve")

    run(check)


# --- slack and sms --------------------------------------------------------------------------------

SLACK = {"slack_signing_secret": ("fake-signing-secret",), "slack_bot_token": "xoxb-of-ours-1"}


def slack_options(port: int) -> dict[str, Any]:
    """A Slack at this port, which the console starts."""
    return {**SLACK, "slack_api_url": f"http://127.0.0.1:{port}/api/", "slack_send_channel_interval": 0.0}


def test_slack_by_a_fake_that_the_console_starts(free_port: int) -> None:
    """Signed events and commands reach the application; what it sends is seen in the fake workspace."""

    async def check() -> None:
        app = Recorder({"slack.message": {"type": "slack.send", "channel": "C1", "text": "hi back"}})
        async with served(app, "http", "slack", **slack_options(free_port)) as here:

            async def do(deed: str, **more: Any) -> Any:
                return await here.client.post("simulate/slack", {"do": deed, **more})

            assert (await do("say", text="hi"))["acknowledged"] is True
            shown = await until(here, "slack", lambda told: len(told["channels"]["general"]) == 2)
            assert [one["text"] for one in shown["channels"]["general"]] == ["hi", "hi back"]
            assert shown["ids"]["general"] == "C1" and shown["users"][1] == {
                "id": "U1",
                "name": "ann",
                "bot": False,
            }
            await do("say", text="in a thread", thread_ts=shown["channels"]["general"][0]["ts"])
            await do("mention", text="hey")
            await do("react", channel="C1", message_ts=shown["channels"]["general"][0]["ts"], text=":eyes:")
            assert (await do("command", text="/deploy web"))["status"] == 200
            kinds = {event["type"] for event in app.events}
            assert kinds == {"slack.message", "slack.event", "slack.command"}
            for wrong, code in (({"do": "dance"}, 400), ({"do": "click", "message_ts": "1", "action_id": "a"}, 409),
                                ({"do": "submit", "view_id": "V9"}, 409), ({"do": "say", "channel": "C9"}, 409),
                                ({"do": "close", "view_id": "V9"}, 409),
                                ({"do": "click", "view_id": "V9", "action_id": "a"}, 409)):  # fmt: skip
                assert "error" in await here.client.post("simulate/slack", wrong, code), wrong

    run(check)


def test_slack_clicks(free_port: int) -> None:
    """A button of the application's message."""
    button = {
        "type": "button",
        "action_id": "take",
        "text": {"type": "plain_text", "text": "Take"},
        "value": "7",
    }
    said = {
        "type": "slack.send",
        "channel": "C1",
        "text": "x",
        "blocks": [{"type": "actions", "elements": [button]}],
    }

    async def check() -> None:
        app = Recorder({"slack.message": said})
        async with served(app, "http", "slack", **slack_options(free_port)) as here:
            await here.client.post("simulate/slack", {"do": "say", "text": "hi"})
            shown = await until(here, "slack", lambda told: len(told["channels"]["general"]) == 2)
            ts = shown["channels"]["general"][1]["ts"]
            deed = {"do": "click", "channel": "C1", "message_ts": ts, "action_id": "take"}
            assert (await here.client.post("simulate/slack", deed))["acknowledged"] is True
            (action,) = await app.got("slack.action")
            assert action["action_id"] == "take"

    run(check)


def test_sms_by_a_fake_that_the_console_starts(free_port: int) -> None:
    """A phone texts us by the signed webhook, and shows what the application sends."""
    account = {"provider": "fake", "secret": "fake-sms-secret", "api_url": f"http://127.0.0.1:{free_port}",
               "numbers": ["+41445556677"], "rate": 0}  # fmt: skip

    async def check() -> None:
        app = Recorder({"sms.receive": {"type": "sms.reply", "text": "thanks"}})
        async with served(app, "http", "sms", sms_accounts=[account]) as here:
            told = await here.client.post("simulate/sms", {"from": "+41790000001", "text": "hello"})
            assert (told["status"], told["acknowledged"]) == (200, True)
            shown = await until(here, "sms", lambda told: len(told["phones"]["+41790000001"]) == 2)
            assert [(one["direction"], one["text"]) for one in shown["phones"]["+41790000001"]] == [
                ("out", "hello"), ("in", "thanks"),
            ]  # fmt: skip
            assert shown["ours"] == ["+41445556677"]
            assert "error" in await here.client.post("simulate/sms", {"text": "x"}, 400)

    run(check)


def test_phones_are_bounded(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is known may go on."""
    monkeypatch.setattr("interfaces.console.simulators.sms.PHONES", 1)
    account = {"provider": "fake", "secret": "fake-sms-secret", "api_url": f"http://127.0.0.1:{free_port}",
               "numbers": ["+41445556677"], "rate": 0}  # fmt: skip

    async def check() -> None:
        async with served(Recorder(), "http", "sms", sms_accounts=[account]) as here:
            for code, number in ((200, "+41790000001"), (409, "+41790000002"), (200, "+41790000001")):
                await here.client.post("simulate/sms", {"from": number, "text": "x"}, code)

    run(check)


def test_what_somebody_says_is_a_text() -> None:
    """Of a bounded length, there, and one that can be sent; a byte that was no UTF-8 stays one."""
    assert text({"a": "b"}, "a") == "b" and text({}, "a", "c") == "c" and text({"a": None}, "a", "c") == "c"
    for said, default in (({}, None), ({"a": ""}, None), ({"a": 3}, "x"), ({"a": "x" * 1_000_001}, None),
                          ({"a": "\ud800"}, None), ({"a": "\udfff"}, "x")):  # fmt: skip
        with pytest.raises(PeerError):
            text(said, "a", default)
    assert text({"a": "\udcff"}, "a") == "\udcff"
