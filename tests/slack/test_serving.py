"""The interface of Slack as a whole: its paths, what is of one process, what check refuses, and how it is served."""

import asyncio
import time
from contextlib import asynccontextmanager

import aiohttp
import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.runner.binds import binds_of
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.reception import Reception
from interfaces.shared.webhook import Mounts
from interfaces.slack import interface as module
from interfaces.slack.interface import Slack, SlackOptions
from interfaces.slack.messages import SCOPES
from interfaces.testing.slack import FakeSlack, Fault
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.payloads import events
from interfaces.testing.slack.posting import json_request
from interfaces.testing.slack.signing import signed
from tests.slack.harness import Answered, Body

HTTP = {"signing_secret": ("s",), "bot_token": "xoxb-1"}
SOCKET = {"app_token": ("xapp-1-A1-x",), "bot_token": "xoxb-1"}
MANY = {"installations": "file:/tmp/never-made", "client_id": "1.1", "client_secret": "cs"}
NOBODY = {"api_url": "http://127.0.0.1:9/api/"}


def slack(**options):
    """The interface."""
    return Slack(SlackOptions(**options))


@pytest.mark.parametrize(
    ("options", "paths", "alone"),
    [
        (HTTP, ("/slack",), True),
        ({**HTTP, "path": "/hooks/slack"}, ("/hooks/slack",), True),
        ({**HTTP, "app_token": SOCKET["app_token"]}, (), False),
        ({**HTTP, "app_token": SOCKET["app_token"], "transport": "http"}, ("/slack",), True),
        (SOCKET, (), False),
        ({**SOCKET, "signing_secret": ("s",), "transport": "socket"}, (), False),
        ({"app_token": SOCKET["app_token"], **MANY}, ("/slack",), True),
        ({"signing_secret": ("s",), **MANY}, ("/slack",), True),
    ],
)
def test_where_http_is_needed(options, paths, alone):
    """For the Events API and for installing; not for Socket Mode with one token. Beside HTTP it listens nowhere."""
    found = slack(**options)
    assert found.paths == paths
    assert (found.listens(http=False), found.listens(http=True)) == (alone, False)
    assert binds_of(found) == ([("127.0.0.1:8001", 8001)] if alone else [])
    assert binds_of(found, http=True) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        ({"send_spool": "d"}, "--slack-send-spool is of one process"),
        ({"ack": "accepted", "spool": "d"}, "--slack-spool is of one process"),
        ({"ack": "accepted", "spool": "d", "send_spool": "e"}, "--slack-spool is of one process"),
        ({"ack": "accepted"}, ""),
    ],
)
def test_a_spool_is_of_one_process(options, words):
    """Told with its flag; the first of two."""
    assert slack(**HTTP, **options).single == words


def test_it_has_one_name():
    """By which it is served and in which its options begin."""
    assert Slack.names == ("slack",) and Slack.options_class is SlackOptions
    assert [one.__name__ for one in SCOPES] == ["SlackScope"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({**HTTP, "ack": "accepted"}, "--slack-ack accepted needs --slack-spool DIR"),
        ({**SOCKET, "ack": "accepted"}, "--slack-ack accepted needs --slack-spool DIR"),
        ({"signing_secret": ("s",), **MANY, "installations": "fiel:x"}, "did you mean file"),
        ({"signing_secret": ("s",), **MANY, "installations": "file:"}, "write file:DIR"),
        ({"signing_secret": ("s",), **MANY, "installations": "sqlite:"}, "write sqlite:FILE"),
        (
            {"signing_secret": ("s",), **MANY, "installations": "django:x"},
            "write django: and nothing behind it",
        ),
        ({"signing_secret": ("s",), **MANY, "installations": "postgresql+asyncpg:x"}, "write file:DIR"),
    ],
)
@pytest.mark.parametrize("layer", [False, True])
def test_check_refuses_what_serving_would(options, why, layer):
    """In one line, and Slack is asked nothing; nothing is ready, and nothing is left open."""

    async def main():
        told = []
        context = Context(
            layer=LocalChannelLayer() if layer else None, on_ready=lambda *one: told.append(one)
        )
        found = slack(**NOBODY, **options)
        for ask in (found.check(context), found.serve(nothing, context).__aenter__()):
            with pytest.raises(ConfigError, match=why) as error:
                await ask
            assert "\n" not in str(error.value)
        assert [one for one in told if one[1]] == []

    asyncio.run(main())


@pytest.mark.parametrize(
    "options",
    [
        HTTP,
        SOCKET,
        {**HTTP, "send": False},
        {"signing_secret": ("s",), **MANY},
        {"signing_secret": ("s",), **MANY, "scopes": ("chat:write",)},
    ],
)
def test_check_is_content_with_what_can_be_served(options, tmp_path, monkeypatch):
    """Nothing is made by it, not even a folder."""
    monkeypatch.chdir(tmp_path)
    if "installations" in options:
        options = {**options, "installations": f"file:{tmp_path}/tokens"}
    asyncio.run(slack(**NOBODY, **options).check(Context()))
    assert list(tmp_path.iterdir()) == []


async def nothing(_scope, _receive, _send):
    """An application that takes whatever it is."""


class Heard:
    """An application: what it was called for, and what it says to it."""

    def __init__(self, *answers):
        self.scopes, self.events, self.answers = [], [], answers

    async def __call__(self, scope, receive, send):
        if scope["type"] != "slack":
            raise NotImplementedError(scope["type"])
        self.scopes.append(scope)
        self.events.append(await receive())
        for answer in self.answers:
            await send(answer)


@asynccontextmanager
async def serving(fake, app, *, mounts=None, layer=None, **options):
    """The interface, served against a fake: its URL, what readiness was told, and its context."""
    said = {"signing_secret": (fake.signing_secret,), "bot_token": fake.bot_token, "api_url": fake.api_url,
            "bind": ("127.0.0.1:0",), "send_channel_interval": 0.0, "send_rate": 0.0, **options}  # fmt: skip
    told = {}
    context = Context(names=("slack",), state={"pool": 1}, layer=layer, mounts=mounts, drain=5.0,
                      on_ready=lambda name, ok, _why: told.__setitem__(name, ok))  # fmt: skip
    async with Slack(SlackOptions(**said)).serve(app, context) as addresses:
        url = f"http://127.0.0.1:{addresses[0].port}" if addresses else ""
        yield url, told, context


def with_fake(test):
    """The test is a coroutine function that gets a served fake, and where the interface is to be mounted."""

    def wrapped():
        async def main():
            async with FakeSlack() as fake:
                await test(fake, Mounts(nothing_there, ("/slack",)))

        asyncio.run(asyncio.wait_for(main(), 20))

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


async def nothing_there(_scope, _receive, send):
    """The project's own application over HTTP: 404."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"ours"})


async def asked(mounts, path, body=b"", **headers):
    """The answer to a request, which has a body if it is a POST."""
    scope = {
        "type": "http", "method": "POST" if body else "GET", "path": path, "query_string": b"",
        "client": ("10.0.0.1", 9), "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    answered = Answered()
    await mounts(scope, Body(body), answered.send)
    return answered


async def posted(fake, mounts, event):
    """The status of the answer to an event, which is signed as by Slack."""
    request = json_request("", event_callback(fake.world, event))
    headers = signed(fake.signing_secret, time.time(), request.body)
    return (
        await asked(mounts, "/slack/events", request.body, **{"content-type": request.kind, **headers})
    ).status


@with_fake
async def test_it_listens_where_nobody_serves_http(fake, mounts):
    """An event comes to the application, with the state, and is acknowledged; a path of others is not found."""
    app = Heard()
    async with serving(fake, app) as (url, told, _):
        request = json_request("", event_callback(fake.world, events.message("hi")))
        sent = {"content-type": request.kind, **signed(fake.signing_secret, time.time(), request.body)}
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{url}/slack/events", data=request.body, headers=sent) as answer:
                assert answer.status == 200
            for path in ("/", "/slack", "/slack/other", "/slack/install", "/events"):
                async with session.get(url + path) as answer:
                    assert answer.status == 404, path
    (scope,), (event,) = app.scopes, app.events
    assert (event["text"], scope["state"], scope["transport"]) == ("hi", {"pool": 1}, "http")
    assert scope["client"][0] == "127.0.0.1"
    assert told == {"slack": True, "slack.token": True, "slack.send": True}


@with_fake
async def test_it_is_mounted_where_http_is_served(fake, mounts):
    """It listens nowhere, leaves other paths alone, and is away afterwards: who asks then is to come again."""
    app = Heard()
    async with serving(fake, app, mounts=mounts) as (url, told, _):
        assert (url, told["slack"]) == ("", True)
        assert await posted(fake, mounts, events.message("hi")) == 200
        assert (await asked(mounts, "/slack/other")).body == b""
        for path in ("/", "/slacks/events", "/other"):
            assert (await asked(mounts, path)).body == b"ours"
    assert [event["text"] for event in app.events] == ["hi"]
    with pytest.raises(Unavailable):
        await posted(fake, mounts, events.message("hi"))


@with_fake
async def test_what_is_not_slacks_is_refused(fake, mounts):
    """Unsigned, signed with another secret, or too old: 401, and the application hears nothing of it."""
    app = Heard()
    body = json_request("", event_callback(fake.world, events.message())).body
    now = time.time()
    async with serving(fake, app, mounts=mounts):
        for headers in ({}, signed("other", now, body), signed(fake.signing_secret, now - 600, body)):
            sent = {"content-type": "application/json", **headers}
            answered = await asked(mounts, "/slack/events", body, **sent)
            assert (answered.status, answered.headers[b"x-slack-no-retry"]) == (401, b"1")
    assert app.events == []


@with_fake
async def test_it_connects_where_events_come_by_sockets(fake, mounts):
    """Two connections, and no address; what it says stands in the acknowledgement."""
    app = Heard({"type": "slack.ack", "text": "done"})
    more = {"app_token": (fake.app_token,), "signing_secret": ()}
    async with serving(fake, app, mounts=mounts, **more) as (url, told, _):
        await fake.socket.connected(2)
        sent = await fake.send(fake.person().command("/x"))
        assert url == ""
        with pytest.raises(Unavailable):
            await asked(mounts, "/slack/events")
    assert (sent.acknowledged, sent.effect) == (True, "ephemeral")
    assert app.scopes[0]["transport"] == "socket"
    assert told["slack socket A1"] is True
    assert fake.socket.links == []


@with_fake
async def test_what_an_application_sends_goes_out(fake, mounts):
    """Without a layer, to where it says."""
    app = Heard({"type": "slack.send", "channel": "C1", "text": "hello"})
    async with serving(fake, app, mounts=mounts) as (_, _, context):
        assert await posted(fake, mounts, events.message("hi")) == 200
        async with asyncio.timeout(5):
            while not context.telemetry.counts["slack.send.sent"]:
                await asyncio.sleep(0.005)
    assert [message["text"] for message in fake.messages("C1")] == ["hello"]


@with_fake
async def test_nothing_is_sent_where_that_is_switched_off(fake, mounts):
    """What scopes send is put on the layer, for those who do."""
    layer = LocalChannelLayer()
    said = {"type": "slack.send", "channel": "C1", "text": "hello"}
    async with serving(fake, Heard(said), send=False, layer=layer, mounts=mounts) as (_, told, _):
        assert await posted(fake, mounts, events.message("hi")) == 200
        assert (await layer.receive("slack.send"))["text"] == "hello"
        assert "slack.send" not in told
    assert fake.messages("C1") == []


@with_fake
async def test_a_token_that_slack_refuses_ends_the_start(fake, mounts):
    """The flag is named, and nothing is served."""
    words = "--slack-bot-token / INTERFACES_SLACK_BOT_TOKEN: Slack says invalid_auth"
    with pytest.raises(ConfigError, match=words):
        async with serving(fake, Heard(), bot_token="xoxb-wrong", mounts=mounts):
            pytest.fail("it is served")
    with pytest.raises(Unavailable):
        await posted(fake, mounts, events.message())


@with_fake
async def test_a_slack_that_is_down_does_not(fake, mounts):
    """It is served, not ready, and an event is taken all the same: who we are is not known yet."""
    fake.faults.fail("auth.test", Fault(status=503, times=1000))
    app = Heard()
    async with serving(fake, app, mounts=mounts) as (_, told, _):
        assert told["slack.token"] is False
        assert await posted(fake, mounts, events.message("hi", bot_id="B1")) == 200
    assert (app.events[0]["bot_id"], app.events[0]["is_self"]) == ("B1", False)


@with_fake
async def test_one_of_our_own_is_not_for_the_application(fake, mounts):
    """Which would answer itself; unless it is asked for."""
    for ignore, heard in ((True, 0), (False, 1)):
        app = Heard()
        async with serving(fake, app, mounts=mounts, ignore_self=ignore) as (_, _, context):
            assert await posted(fake, mounts, events.message("hi", bot_id="B1")) == 200
        assert (len(app.events), context.telemetry.counts["slack.own"]) == (heard, 1 - heard)


@pytest.mark.parametrize(("scopes", "status"), [(("chat:write",), 302), ((), 404)])
def test_the_app_is_installed_at_its_own_address(scopes, status, tmp_path):
    """Where there is a store and something to ask for: install leads to Slack; else it is not there."""
    more = {"installations": f"file:{tmp_path}/t", "bot_token": "", "client_id": "1.1", "client_secret": "cs"}

    @with_fake
    async def test(fake, mounts):
        async with serving(fake, Heard(), scopes=scopes, mounts=mounts, **more) as (_, told, _):
            answered = await asked(mounts, "/slack/install")
            assert (answered.status, told["slack.installations"]) == (status, True)
            where = answered.headers.get(b"location", b"").decode()
            assert where.startswith(fake.authorize_url) is (status == 302)

    test()


class Part:
    """Something that is opened and closed, and writes it down."""

    def __init__(self, order, name, fails=None):
        self.order, self.name, self.fails = order, name, fails

    @asynccontextmanager
    async def entered(self, *_args, **_named):
        """While it is served."""
        self.order.append(f"+{self.name}")
        if self.fails:
            raise self.fails
        try:
            yield self
        finally:
            self.order.append(f"-{self.name}")


def parts(monkeypatch, order, **failing):
    """The parts of the interface, which write down when they begin and end."""

    class Installed:
        async def open(self):
            order.append("+tokens")
            if "tokens" in failing:
                raise failing["tokens"]

        async def close(self):
            order.append("-tokens")

        async def find(self, *_args, **_named):
            return None

    sender = type(
        "sender", (), {"sending": staticmethod(Part(order, "sending", failing.get("sending")).entered)}
    )
    sockets = type(
        "socket", (), {"socket_mode": staticmethod(Part(order, "socket", failing.get("socket")).entered)}
    )
    found = {"interfaces.slack.sending.sender": sender, "interfaces.slack.socket": sockets}
    monkeypatch.setattr(module, "installations", lambda *_: Installed())
    monkeypatch.setattr(module, "import_module", found.__getitem__)
    monkeypatch.setattr(module.receiving, "keeping", Part(order, "keeping", failing.get("keeping")).entered)
    monkeypatch.setattr(
        module, "mounted", lambda *_args, **_named: Part(order, "http", failing.get("http")).entered()
    )

    async def draining(_reception, _seconds):
        order.append("drained")

    monkeypatch.setattr(Reception, "drain", draining)


def begun(options, order):
    """What is begun and ended, in its order."""

    async def main():
        async with slack(**options).serve(nothing, Context()):
            order.append("served")

    asyncio.run(main())
    return order


@pytest.mark.parametrize(("options", "way"), [(HTTP, "http"), (SOCKET, "socket")])
def test_it_ends_in_the_order_in_which_nothing_is_lost(monkeypatch, options, way):
    """No more is taken before what runs is finished; that may send; what is kept ends before; tokens go last."""
    order = []
    parts(monkeypatch, order)
    assert begun(options, order) == [
        "+tokens", "+sending", "+keeping", f"+{way}", "served", f"-{way}", "drained", "-keeping", "-sending", "-tokens",
    ]  # fmt: skip


def test_nothing_is_sent_and_nothing_begun_for_that_without_a_layer(monkeypatch):
    """Where sending is switched off."""
    order = []
    parts(monkeypatch, order)
    assert "+sending" not in begun({**SOCKET, "send": False}, order)


def test_what_was_begun_is_ended_when_the_next_cannot_begin(monkeypatch):
    """Whichever part fails: what is before it ends, in reverse; what is behind it never begins."""
    whole = ["+tokens", "+sending", "+keeping", "+socket"]
    for at, name in enumerate(("tokens", "sending", "keeping", "socket")):
        order = []
        with monkeypatch.context() as patch:
            parts(patch, order, **{name: Unavailable("no broker")})
            with pytest.raises(Unavailable, match="no broker"):
                begun(SOCKET, order)
        assert [one for one in order if one[0] == "+"] == whole[: at + 1]
        ended = [one[1:] for one in order if one[0] == "-"]
        assert ended == [one[1:] for one in reversed(whole[:at])]
