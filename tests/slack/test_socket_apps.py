"""Socket Mode where something stands in the way, with several apps, and in several containers."""

import asyncio

import pytest

from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.slack import socket
from interfaces.slack.dialling import Dialler, app_of
from interfaces.testing.fakes.faults import Fault
from interfaces.testing.slack.application import App
from tests.layers.conftest import _server, broker  # noqa: F401 - fixtures: a broker for all tests
from tests.slack.sockets import MESSAGE, QUICK, Receiver, served, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Back-off and lingering take moments."""
    monkeypatch.setattr(socket, "PATIENCE", QUICK)


class TestRefusal:
    def test_a_token_that_is_refused(self):
        """serve does not begin: the flag is named, readiness says why."""

        async def test(slack):
            at = Receiver(slack, app_token=("xapp-1-A9-wrong",))
            with pytest.raises(ConfigError, match="--slack-app-token of A9: Slack refuses it"):
                async with at.on(0):
                    at.told["entered"] = True, ""
            assert "entered" not in at.told
            assert not at.told["slack socket A9"][0]
            assert at.app.types[:1] == ["refused"]

        served(test)

    def test_a_token_that_is_revoked(self):
        """The next connection is refused: what is served ends, with the reason."""

        async def test(slack):
            async def serve():
                async with Receiver(slack).on():
                    slack.faults.fail("apps.connections.open", Fault(error="token_revoked"))
                    slack.drop()
                    await asyncio.sleep(10)

            with pytest.raises(ConfigError, match="token_revoked"):
                await serve()
            assert slack.socket.links == []

        served(test)

    def test_socket_mode_is_switched_off(self, caplog):
        """The log says what to do; it is not ready, and not tried again soon."""

        async def test(slack):
            async with Receiver(slack, socket_connections=1).on(1) as at:
                await slack.socket.disconnect("link_disabled")
                await until(lambda: not at.told["slack socket A1"][0])
                assert "Socket Mode is switched off for this app" in at.told["slack socket A1"][1]
                await asyncio.sleep(0.3)  # several times what a back-off takes here
                assert slack.socket.opened == 1
                assert at.app.events[-1]["retry_after"] > 59

        served(test)
        assert "slack socket A1: Socket Mode is switched off" in caplog.text

    def test_too_many_connections(self):
        """One that is told so backs off; the one that stands goes on."""

        async def test(slack):
            async with Receiver(slack).on(1) as at:
                await until(lambda: at.counted("failed"))
                await slack.send_event(MESSAGE)
                assert len(at.service.taken) == 1
                ok, reason = at.told["slack socket A1"]
                assert ok
                assert "more than 10 connections" in reason

        served(test, app=App(max_connections=1))

    def test_slack_is_away(self, caplog):
        """It begins without it, says so, and connects when it is back."""

        async def test(slack):
            slack.faults.fail("apps.connections.open", Fault(error="internal_error", times=3))
            async with Receiver(slack).on(0) as at:
                assert at.told == {"slack socket A1": (False, "apps.connections.open: internal_error")}
                await slack.socket.connected(2)
                await until(lambda: at.told == {"slack socket A1": (True, "")})

        served(test)
        assert caplog.text.count("internal_error") == 1


class TestApps:
    def test_several_tokens(self):
        """Each app has its connections, its name in readiness, and its events; one that is away hinders no other."""

        async def test(slack):
            slack.faults.fail("apps.connections.open", Fault(error="internal_error"))
            at = Receiver(slack, app_token=(slack.app_token, slack.app_token), socket_connections=1)
            async with at.on(2):
                await asyncio.gather(*(slack.send_event(MESSAGE) for _ in range(4)))
                assert len(at.service.taken) == 4

        served(test)

    @pytest.mark.parametrize(
        ("tokens", "names"),
        [
            (["xapp-1-A1-x-y", "xapp-1-A2-x-y"], ["slack socket A1", "slack socket A2"]),
            (["xapp-x"], ["slack socket"]),
            (["xapp-x", "xapp-1-A2-x-y", "xapp-z"], ["slack socket 1", "slack socket A2", "slack socket 3"]),
        ],
    )
    def test_their_names(self, tokens, names):
        """By the id of the app, else by their place."""

        class Named(Dialler):
            def __init__(self, token):
                self.app = app_of(token)

        assert socket._names([Named(token) for token in tokens]) == names


class TestLeader:
    def test_one_container_connects_and_the_next_takes_over(self, broker):  # noqa: F811
        """Of two only one dials; when it ends the other does within a second, and no event is lost."""

        async def test(slack):
            layers = [RedisChannelLayer(broker.hosts, prefix=broker.prefix) for _ in range(2)]
            one, other = (Receiver(slack, layer=layer, socket_leader=True) for layer in layers)
            try:
                async with one.on(), other.on(2):
                    first = one if one.counted("connected") else other
                    second = other if first is one else one
                    assert (first.counted("connected"), second.counted("connected")) == (2, 0)
                    assert second.told == {"slack socket A1": (True, "")}
                async with one.on():
                    waiting = asyncio.ensure_future(enter(other))
                    await until(lambda: "slack socket A1" in other.told)
                    sending = asyncio.ensure_future(slack.send_event(MESSAGE))
                    await sending
                async with asyncio.timeout(1.5):
                    await slack.socket.connected(2)
                assert (await slack.send_event(MESSAGE)).acknowledged
                assert len(other.service.taken) == 1
                waiting.cancel()
                await asyncio.wait({waiting})
            finally:
                for layer in layers:
                    await layer.close()

        async def enter(receiver):
            async with receiver.on(0):
                await asyncio.sleep(60)

        served(test)

    def test_the_name_of_a_lease_tells_no_token(self, broker):  # noqa: F811
        """A token without an app's id is known by its digest."""

        async def test(slack):
            layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix)
            at = Receiver(slack, layer=layer, socket_leader=True)
            named = [
                socket._lease(at.service, at.context, Token(token)).name
                for token in ("xapp-x", "xapp-1-A1-x-y")
            ]
            assert named[0].startswith("slack.socket.")
            assert "xapp" not in named[0]
            assert named[1] == "slack.socket.A1"
            await layer.close()

        class Token(Dialler):
            def __init__(self, token):
                self.app, self.token = app_of(token), token

        served(test)
