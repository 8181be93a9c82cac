"""Consumers on a network that is not there, and behind a gateway: what people say reaches them, and the reverse."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from interfaces.irc.consumer import IrcConsumer
from interfaces.irc.router import IrcRouter, client
from interfaces.layers.local import LocalChannelLayer
from interfaces.testing.irc import FakeNetwork
from interfaces.workers.message import Group
from interfaces.workers.routing import Routing, route
from tests.irc.client.kit import on
from tests.irc.gateway.support import Bench, scene


class Bot(IrcConsumer):
    """One of each."""

    async def irc_connect(self, message: Any) -> None:
        await self.join("#tea")

    async def irc_join(self, message: Any) -> None:
        if not message["is_self"]:
            await self.reply(message, f"welcome to {sorted(self.channels)}", address=True)

    async def irc_message(self, message: Any) -> None:
        result = await self.reply(message, "first\nsecond", wait=5)
        await self.say(message["target"], f"{result['status']} {bool(result.get('msgid'))}")

    def command_deploy(self, message: Any, service: str) -> None:
        """Deploy it."""
        result = self.say("#closed", "knock", wait=5)
        self.action(message["target"], f"deploys {service}: {result['ok']}")

    async def command_rename(self, message: Any, nick: str) -> None:
        """Be called otherwise."""
        await self.set_nick(nick, wait=5)

    async def command_nick(self, message: Any) -> None:
        """Tell it."""
        await self.reply(message, self.nick)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run it, but not for ever."""

    async def timed() -> None:
        async with asyncio.timeout(20):
            await main

    asyncio.run(timed())


def said(fake: FakeNetwork) -> list[str]:
    """What the bot has said."""
    return [f"{one.command} {one.target} {one.text}" for one in fake.spoken if one.source.startswith("bot")]


async def answered(fake: FakeNetwork, *texts: str) -> None:
    """Wait until these were said last, of our own."""
    await fake.until(lambda: said(fake)[-len(texts) :] == [*texts])


def test_a_consumer_is_a_bot() -> None:
    """It joins, greets, answers, hears what became of it, does commands on threads, and never answers itself."""

    async def main() -> None:
        async with on(app=IrcRouter([client("fake", Bot.as_asgi())])) as end:
            fake = end.fake
            await fake.here("bot", "#tea")
            fake.join("ann", "#tea")
            await answered(fake, "PRIVMSG #tea ann: welcome to ['#tea']")
            fake.say("ann", "#tea", "hi")
            await answered(fake, "PRIVMSG #tea first", "PRIVMSG #tea second", "PRIVMSG #tea sent True")
            assert any("+reply" in one.tags for one in fake.tagged)
            fake.say("ann", "#tea", "bot: rename bot2")
            await fake.here("bot2")
            fake.say("ann", "#tea", "bot2, nick")
            await answered(fake, "PRIVMSG #tea bot2")
            fake.say("ann", "#tea", "!help deploy")
            await answered(fake, "NOTICE ann !deploy SERVICE: Deploy it.")
            fake.say("ann", "#tea", "a notice", "NOTICE")
            fake.say("ann", "#tea", "!deploy")
            await answered(fake, "NOTICE ann usage: !deploy SERVICE")

    run(main())


def test_a_function_is_a_bot_too() -> None:
    """In event style: what a function says, and what anybody says to a group that the connection is in."""

    def connect(message: Any) -> None:
        message.reply_channel.send({"type": "irc.join", "channel": "#tea"})
        Group("bots").add(message.reply_channel)

    def deploy(message: Any, service: str) -> None:
        message.reply_channel.send({"target": message["target"], "text": f"deploying {service}"})

    layer = LocalChannelLayer()
    app = Routing(
        [route("irc.connect", connect), route("irc.message", deploy, text=r"!deploy (?P<service>\w+)")],
        layer=layer,
    )

    async def main() -> None:
        async with on(app=app) as end:
            fake = end.fake
            await fake.here("bot", "#tea")
            fake.say("ann", "#tea", "!deploy web")
            await answered(fake, "PRIVMSG #tea deploying web")
            await layer.group_send("bots", {"type": "irc.action", "target": "#tea", "text": "waves"})
            await answered(fake, "PRIVMSG #tea \x01ACTION waves\x01")

    run(main())


class Lounge(IrcConsumer):
    """Passes on what is said, and keeps some out."""

    relay_messages = True

    async def irc_connect(self, message: Any) -> None:
        if message["nick"] == "root":
            await self.reject("Not you", 465)
        elif message["nick"] == "guest":
            await self.accept(nick="guest7")

    async def irc_join(self, message: Any) -> None:
        if message.get("asked") and message["channel"] == "#staff":
            await self.reject("Staff only", 473)

    async def command_where(self, message: Any) -> None:
        """Tell where one is."""
        await self.deliver("clerk", self.nick, " ".join(sorted(self.channels)))

    async def command_move(self, message: Any, channel: str) -> None:
        """Be somewhere else."""
        await self.part(message["channel"])
        await self.join(channel)
        await self.set_nick("mover")

    async def command_shout(self, message: Any, text: str) -> None:
        """Say it as the gateway."""
        await self.reply(message, text.upper())


@scene
async def test_a_consumer_is_a_gateway() -> None:
    """People are let in or not, hear each other, have commands; a history that nobody keeps is an empty one."""
    async with Bench(app=Lounge.as_asgi(), ask_joins=True) as bench:
        root = bench.connect()
        refused = await root.say("NICK root", "USER root 0 * :Root")
        assert any(" 465 root :Not you" in line for line in refused) and "ERROR" in refused[-1]
        ann = await bench.member("ann", "#tea")
        guest = await bench.member("guest", "#tea", caps="draft/chathistory batch")
        ann.take()
        for said, heard in (
            ("PRIVMSG #tea :hello", "PRIVMSG #tea :hello"),
            ("PRIVMSG #tea :\x01ACTION waves\x01", "PRIVMSG #tea :\x01ACTION waves\x01"),
            ("NOTICE ann :psst", "NOTICE ann :psst"),
        ):
            assert await guest.say(said) == []
            [line] = await ann.lines()
            assert line.startswith(":guest7!~guest@") and line.endswith(f" {heard}")
        [line] = await guest.say("JOIN #staff")
        assert line.endswith(" 473 guest7 #staff :Staff only")
        await guest.say("JOIN #cake")
        [line] = await guest.say("PRIVMSG #cake !where")
        assert line.startswith(":clerk") and line.endswith(" PRIVMSG guest7 :#cake #tea")
        ann.take()
        await guest.say("PRIVMSG #tea :!shout what a day")
        first, second = await ann.lines()
        assert first.endswith(" PRIVMSG #tea :!shout what a day") and second.endswith(" :WHAT A DAY")
        await guest.say("PRIVMSG #cake :!move #pie")
        [line] = await guest.say("PRIVMSG #pie !where")
        assert line.endswith(" PRIVMSG mover :#pie #tea")
        begin, end = await guest.say("CHATHISTORY LATEST #tea * 10")
        assert " BATCH +" in begin and " BATCH -" in end
