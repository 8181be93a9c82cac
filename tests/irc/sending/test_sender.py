"""What is sent to irc.send from anywhere."""

import asyncio

from tests.irc.client.kit import until
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

        from unittest.mock import patch

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
