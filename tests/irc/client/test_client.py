"""A user of a network: registering, joining, hearing, speaking, leaving."""

import asyncio

from tests.irc.client.kit import on


class TestThinSlice:
    def test_it_registers_joins_hears_and_speaks(self):
        """The first event is irc.connect, and what is said there and back arrives."""

        async def main():
            async with on(joined="#a") as end:
                connect = end.desk.heard[0]
                assert (connect["type"], connect["nick"], connect["resumed"]) == ("irc.connect", "bot", False)
                end.fake.join("ann", "#a")
                end.fake.say("ann", "#a", "hällo")
                message = await end.desk.event("irc.message")
                assert (message["text"], message["channel"], message["source"]["nick"]) == (
                    "hällo",
                    "#a",
                    "ann",
                )
                result = await end.result(type="irc.send", target="#a", text="hi")
                assert (result["ok"], result["status"]) == (True, "sent")
                assert end.fake.spoken[-1].text == "hi"
            assert end.fake.quits == ["Restarting"]
            assert end.desk.heard[-1]["type"] == "irc.disconnect"
            assert end.desk.heard[-1]["code"] == 1012

        asyncio.run(main())
