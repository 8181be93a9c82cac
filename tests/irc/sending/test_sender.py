"""What is sent to irc.send from anywhere."""

import asyncio
from unittest.mock import patch

import pytest

from interfaces.irc.client import networks
from interfaces.irc.sending import check, sending
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Context
from interfaces.testing.irc import FakeNetwork
from tests.irc.client.kit import SOON, Desk, Options, on, until
from tests.irc.sending.kit import sender


class TestSending:
    def test_a_message_is_said_and_its_result_told(self):
        """With the msgid that the network tells."""

        async def main():
            async with sender() as here:
                result = await here.result()
                assert (result["ok"], result["status"], result["final"]) == (True, "sent", True)
                (said,) = here.end.fake.spoken
                assert (said.text, said.tags["msgid"]) == ("hi", result["msgid"])
                action = await here.result(type="irc.action", text="waves")
                assert action["ok"]
                assert here.end.fake.spoken[-1].text == "\x01ACTION waves\x01"

        asyncio.run(main())

    def test_a_refusal_is_told_in_the_networks_words(self):
        """It is not tried again."""

        async def main():
            async with sender() as here:
                result = await here.result(target="#nowhere")
                assert (result["ok"], result["status"]) == (False, "failed")
                assert result["error"] == "403 #nowhere: No such channel"

        asyncio.run(main())

    def test_what_could_never_be_said_fails_at_once(self):
        """A network that there is not, no target, another type."""

        async def main():
            async with sender() as here:
                wrong = ({"network": "other"}, {"target": "a b"}, {"type": "irc.join"}, {"network": ""})
                for more in wrong:
                    result = await here.result(**more)
                    assert (result["status"], result["final"]) == ("failed", True)
                    assert result["error"]

        asyncio.run(main())

    def test_a_message_with_the_same_key_is_said_once(self):
        """The second hears what became of the first."""

        async def main():
            async with sender() as here:
                first = await here.result(dedupe_key="k")
                second = await here.result(dedupe_key="k")
                assert first["msgid"] == second["msgid"]
                assert len(here.end.fake.spoken) == 1

        asyncio.run(main())

    def test_without_a_connection_it_is_deferred_and_said_later(self):
        """The first result says so, the last that it was said."""

        async def main():
            async with sender() as here:
                fake, port = here.end.fake, here.end.fake.port
                await fake.stop()
                await until(lambda: not here.end.networks.standing("fake"))
                channel = await here.layer.new_channel("test")
                message = {"type": "irc.send", "network": "fake", "target": "#a", "text": "late", "id": "1"}
                await here.layer.send("irc.send", {**message, "reply_channel": channel})
                first = await here.layer.receive(channel)
                assert (first["status"], first["final"], first["ok"]) == ("deferred", False, False)
                assert first["retry_after"] > 0
                await fake.listen(port)
                await fake.here(channel="#a")
                last = await here.layer.receive(channel)
                assert (last["status"], last["final"], last["ok"]) == ("sent", True, True)

        with patch("interfaces.irc.client.home.AWAY", 0.05):
            asyncio.run(main())

    def test_what_was_written_when_the_connection_ended_is_uncertain(self):
        """It is not said again."""

        async def main():
            async with sender() as here:
                here.end.fake.faults.silent = True
                sent = asyncio.ensure_future(here.result())
                await here.end.fake.until(lambda: "PRIVMSG #a hi" in here.end.fake.lines)
                here.end.fake.drop()
                result = await sent
                assert (result["status"], result["final"], result["ok"]) == ("uncertain", True, False)
                here.end.fake.faults.silent = False

        asyncio.run(main())

    def test_those_to_one_target_are_in_order(self):
        """However many wait."""

        async def main():
            async with sender() as here:
                await asyncio.gather(*(here.result(text=str(n), id=str(n)) for n in range(50)))
                assert [one.text for one in here.end.fake.spoken] == [str(n) for n in range(50)]

        asyncio.run(main())


class TestScopes:
    def test_a_scope_says_something_to_another_network(self):
        """By the sender; the result is an event of the scope."""

        async def main():
            async with sender() as here:
                await here.end.send(type="irc.send", network="other", target="#a", text="x")
                result = await here.end.result(type="irc.send", network="fake", target="#a", text="x")
                assert result["ok"]

        asyncio.run(main())


class TestWaiting:
    def test_it_may_wait_in_a_folder(self, tmp_path):
        """And that is said at the start."""

        async def main():
            async with sender(options={"send_spool": str(tmp_path)}) as here:
                assert (await here.result())["ok"]
                assert any(str(tmp_path) in line for line in here.end.context.keeps)

        asyncio.run(main())

    def test_a_folder_or_a_broker(self):
        """Not both."""

        class Shared:
            hub = None

        check(Options(send_spool="x"), None)
        with pytest.raises(ConfigError, match="irc-send-spool"):
            check(Options(send_spool="x"), Shared())

    def test_who_does_not_send_puts_it_on_the_layer(self):
        """For those who do."""

        async def main():
            async with sender(options={"send": False}) as here:
                await here.layer.send("irc.send", {"type": "irc.send"})
                await here.end.send(type="irc.send", network="other", target="#a", text="x")
                assert not here.end.fake.spoken

        asyncio.run(main())

    def test_without_a_sender_another_network_cannot_be_spoken_to(self):
        """The application hears it at once."""

        async def main():
            async with on(joined="#a") as end:
                with pytest.raises(ApplicationError, match="nobody sends to other"):
                    await end.send(type="irc.send", network="other", target="#a", text="x")

        asyncio.run(main())


def test_a_bridge_of_two_networks():
    """What is said in one is said in the other, and its result heard in the first."""

    async def bridge(call, event):
        if event["type"] == "irc.message" and not event["is_echo"]:
            other = "b" if call.scope["network"] == "a" else "a"
            said = f"<{event['source']['nick']}> {event['text']}"
            await call.send({"type": "irc.send", "network": other, "target": "#t", "text": said, "id": "x"})

    async def main():
        desk = Desk(bridge)
        async with FakeNetwork() as one, FakeNetwork() as two:
            made = Options(
                networks=(one.network(name="a", channels=("#t",)), two.network(name="b", channels=("#t",)))
            )
            context = Context(drain=1.0)
            async with networks(desk, made, context, patience=SOON) as found, sending(made, context, found):
                await desk.event("irc.names", 2)
                one.say("ann", "#t", "hi")
                result = await desk.event("irc.result")
                assert (result["ok"], result["id"]) == (True, "x")
                assert two.spoken[-1].text == "<ann> hi"
                assert [call.scope["network"] for call in desk.calls if result in call.heard] == ["a"]

    asyncio.run(main())
