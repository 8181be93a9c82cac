"""The sender of a process: from a channel, from scopes, in the order of channels, at the pace that Slack allows."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError, ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.waiting import MemoryStore
from interfaces.slack.options import SlackOptions
from interfaces.slack.sending.sender import REDACTED, check, redacted, sending
from interfaces.testing.fakes.faults import Fault
from interfaces.testing.slack import FakeSlack, Limits
from tests.slack.sending.kit import SEND, Installed, run, served

SCALE = 50.0


def given(slack, **more):
    """Options that lead to a fake."""
    said = {"signing_secret": ("s",), "bot_token": slack.bot_token, "api_url": slack.api_url}
    return SlackOptions(**{**said, "send_channel_interval": 0.0, "send_rate": 0.0, **more})


@asynccontextmanager
async def sends(slack, *, layer=None, readiness=None, real=float, **options):
    """A process that sends; its context, and what scopes send by."""
    told = {} if readiness is None else readiness
    context = Context(
        names=("slack",), layer=layer, drain=5, on_ready=lambda *said: told.update({said[0]: said})
    )
    installed = Installed(T1=slack.bot_token)
    async with sending(given(slack, **options), context, installed, real) as post:
        yield context, post


async def until(true):
    """Wait until it is."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


@served()
async def test_what_is_sent_to_the_channel_goes_out(slack):
    """From anywhere: its result comes to the reply channel; all counts are there from the start, and it is ready."""
    layer, ready = LocalChannelLayer(), {}
    async with sends(slack, layer=layer, readiness=ready) as (context, _):
        assert context.telemetry.counts["slack.send.sent"] == 0
        assert ready["slack.send"][:2] == ("slack.send", True)
        channel = await layer.new_channel()
        await layer.send("slack.send", {**SEND, "id": "m1", "reply_channel": channel})
        result = await layer.receive(channel)
    assert (result["type"], result["id"], result["ok"]) == ("slack.result", "m1", True)
    assert result["ts"] == slack.messages("C1")[0]["ts"]
    assert context.telemetry.counts["slack.send.sent"] == 1
    assert "slack.send, waiting in memory" in context.keeps[0]


@served()
async def test_a_scope_sends_without_a_layer(slack):
    """What has an id has a result to wait for; what has none is sent all the same; the same key is posted once."""
    async with sends(slack) as (_, post):
        result = await (await post({**SEND, "id": "m1", "dedupe_key": "k"}))
        assert (result["ok"], result["final"]) == (True, True)
        again = await (await post({**SEND, "id": "m2", "dedupe_key": "k"}))
        assert (again["id"], again["ts"]) == ("m2", result["ts"])
        assert await post({**SEND, "text": "last"}) is None
    assert [one["text"] for one in slack.messages("C1")] == ["hi", "last"]


@served()
async def test_what_can_never_be_sent_is_refused_in_the_application(slack):
    """Its ``send`` raises, with the reason in one line; nothing is put on its way."""
    async with sends(slack) as (_, post):
        for wrong in ({"text": 5}, {"tekst": "x"}, {"blocks": [{}] * 51}, {"text": object()}):
            with pytest.raises(ApplicationError):
                await post({**SEND, **wrong})
    assert slack.calls == []


@served()
async def test_a_process_that_does_not_send_puts_it_on_the_layer(slack):
    """That of another container takes it from there."""
    layer = LocalChannelLayer()
    async with sends(slack, layer=layer, send=False) as (context, post):
        await post(SEND)
        assert (await layer.receive("slack.send"))["text"] == "hi"
    assert context.keeps == [] and slack.calls == []


def test_what_waits_in_a_spool_is_sent_by_the_next_process(tmp_path, monkeypatch):
    """In its order: the head that Slack did not take for now is not overtaken; no dead letter has a response URL."""
    monkeypatch.setattr("interfaces.slack.sending.answers.back_off", lambda _tries: 0.3)

    async def first(slack):
        slack.faults.fail("chat.postMessage", Fault(status=503))
        async with sends(slack, send_spool=str(tmp_path)) as (context, post):
            for number in range(3):
                await post({**SEND, "text": f"{number}"})
            assert "a spool" in context.keeps[0]
            url = slack.world.response_url(slack.world.channel("C1"), "U1") + "x"
            await (await post({"type": "slack.respond", "response_url": url, "text": "x", "id": "1"}))
            await (await post({**SEND, "channel": "C9", "id": "2"}))
            await until(lambda: slack.called("chat.postMessage")[0].status)

    async def main():
        async with FakeSlack() as slack:
            await first(slack)
            assert slack.messages("C1") == []
            async with sends(slack, send_spool=str(tmp_path)) as (_, post):
                await post({**SEND, "text": "3"})
                await until(lambda: len(slack.messages("C1")) == 4)
            return [one["text"] for one in slack.messages("C1")]

    assert run(main) == ["0", "1", "2", "3"]
    (letter,) = tmp_path.rglob("*.letter")
    assert b"channel_not_found" in letter.read_bytes()


def test_a_spool_beside_a_broker():
    """One of both keeps what waits."""

    class Broker(LocalChannelLayer):
        """Looks like one."""

        def hub(self):
            """There is one."""

    class Slack:
        """Where nobody is."""

        api_url, bot_token = "http://127.0.0.1:1/api/", "xoxb-1"

    check(given(Slack, send_spool="/nowhere"), LocalChannelLayer())
    with pytest.raises(ConfigError, match="--slack-send-spool"):
        check(given(Slack, send_spool="/nowhere"), Broker())


def test_a_dead_letter_lets_nobody_act():
    """A response URL and a trigger are left out of it; who can see it, sees what was said."""
    message = {"response_url": "https://hooks.slack.com/x", "trigger_id": "t", "text": "hi", "channel": ""}
    assert redacted(message) == {
        "response_url": REDACTED,
        "trigger_id": REDACTED,
        "text": "hi",
        "channel": "",
    }


@served()
async def test_an_outbox_that_can_take_nothing_more_is_not_ready(slack):
    """Its store has ended under it: whoever runs this hears why."""

    class Gone(MemoryStore):
        """Gives nothing."""

        async def take(self, n):
            raise Unavailable("the layer was closed")

    class Layer(LocalChannelLayer):
        """Has such a store."""

        def store(self, channel, redact=None):
            return Gone(self.consume(channel))

    ready = {}
    async with sends(slack, layer=Layer(), readiness=ready):
        await until(lambda: not ready["slack.send"][1])
    assert ready["slack.send"][2] == "the layer was closed"


def test_limits_are_kept_and_so_is_the_order():
    """Bursts to one channel and to many: each message is there once, in its order, and Slack refused next to none."""

    async def main():
        async with FakeSlack(limits=Limits(), scale=SCALE) as slack:
            real = slack.clock.real
            for number in range(20):
                slack.world.add_channel(f"C{100 + number}")
            layer = LocalChannelLayer(capacity=1000)
            pace = {"send_channel_interval": real(1.0), "send_rate": 4.0 * SCALE}
            async with sends(slack, layer=layer, real=real, **pace) as (context, _):
                for number in range(40):
                    await layer.send("slack.send", {**SEND, "channel": "C1", "text": f"{number}"})
                    await layer.send(
                        "slack.send", {**SEND, "channel": f"C{100 + number % 20}", "text": f"{number}"}
                    )
                await until(lambda: context.telemetry.counts["slack.send.sent"] == 80)
            assert [one["text"] for one in slack.messages("C1")] == [f"{number}" for number in range(40)]
            for number in range(20):
                found = [one["text"] for one in slack.messages(f"C{100 + number}")]
                assert found == [f"{number}", f"{number + 20}"]
            assert all(count <= 2 for count in slack.limited.values())

    run(main)
