"""Our client on IRC servers of other people: ngIRCd, InspIRCd with what it has of IRCv3, the server of PyPI's irc.

And on our own gateway, which none of them knows.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import trustme

from interfaces.irc.client import networks
from interfaces.irc.consumer import IrcConsumer
from interfaces.irc.networks import Network
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from tests.interop.irc import Raw
from tests.interop.ircds import Inspircd, Ngircd, Ours, PypiServer
from tests.irc.client.kit import SOON, Options
from tests.process.server import Server

there = asyncio.to_thread


class Bot(IrcConsumer):
    """What the tests look at: all instances, and what they have heard."""

    ignore_self = False
    desk = None

    async def dispatch(self, message):
        """Keep it first."""
        self.desk.bot = self
        self.desk.heard.append(message)
        await super().dispatch(message)

    async def command_echo(self, message, *words):
        """Say it again."""
        await self.reply(message, " ".join(words), address=True)


class Desk(SimpleNamespace):
    """Given by ``bot``."""

    def of(self, kind, **more):
        """The events of a type, with these values."""
        return [
            event for event in self.heard
            if event["type"] == kind and all(event.get(key) == value for key, value in more.items())
        ]  # fmt: skip

    async def event(self, kind, number=1, **more):
        """One of them, as soon as it is there."""
        async with asyncio.timeout(10):
            while len(self.of(kind, **more)) < number:
                await asyncio.sleep(0.005)
        return self.of(kind, **more)[number - 1]


@asynccontextmanager
async def bot(server, **network):
    """A bot that is connected, in #lobby."""
    words = {
        "name": "net",
        "host": "127.0.0.1",
        "port": server.port,
        "tls": False,
        "nick": "bot",
        "rate": 0.0,
    }
    found = Network(**{**words, "channels": ("#lobby",), **network})
    desk = Desk(heard=[], bot=None)
    options = Options(networks=(found,), client_restart=0.0, client_grace=1.0)
    async with networks(Bot.as_asgi(desk=desk), options, Context(drain=1.0), patience=SOON):
        if found.channels:
            await desk.event("irc.names")
        yield desk


@pytest.fixture(params=[Ngircd, Inspircd, PypiServer, Ours])
def server(request):
    """Each of them."""
    with request.param() as running:
        yield running


@pytest.fixture(params=[Ngircd, Inspircd, Ours])
def full(request):
    """Those that know modes."""
    with request.param() as running:
        yield running


def test_we_talk(server):
    """We hear what is said, with who says it, and are heard; a long text comes whole, in lines that nobody has cut."""

    async def main():
        with Raw(server.port, "ann") as ann:
            async with bot(server) as desk:
                ann.say("PRIVMSG #lobby :!echo wörds €")
                await there(ann.wait, r"^:bot!\S+ PRIVMSG #lobby :ann: wörds €$")
                message = await desk.event("irc.message", text="!echo wörds €")
                assert (message["source"]["nick"], message["channel"], message["is_private"]) == (
                    "ann",
                    "#lobby",
                    False,
                )
                ann.say("PRIVMSG bot :just us", "NOTICE bot :a program")
                assert (await desk.event("irc.message", text="just us"))["is_private"]
                assert (await desk.event("irc.message", text="a program"))["command"] == "NOTICE"
                if not isinstance(server, PypiServer):  # it tells nobody
                    ann.say("TOPIC #lobby :of thät")
                    assert (await desk.event("irc.topic", text="of thät"))["channel"] == "#lobby"
                text = "die Brücke überquert 日本 " * 40
                await desk.bot.say("ann", text)
                read = ""
                while len(read) < len(text) - 1:
                    found = await there(ann.wait, r"^(?:@\S+ )?:bot!\S+ PRIVMSG ann :(.*)$")
                    assert len(found[0].encode()) <= 510
                    read += f"{found[1]} " if not found[1].endswith(" ") else found[1]
                assert read.split() == text.split()
                ann.say("NICK anna", "QUIT :bye")
                assert (await desk.event("irc.nick", is_self=False))["new_nick"] == "anna"
                assert (await desk.event("irc.quit"))["source"]["nick"] == "anna"

    asyncio.run(main())


def test_we_are_told_results(server):
    """Of what was said: that it went out, and where there is nobody of that name the network's words."""

    async def main():
        async with bot(server) as desk:
            sent = await desk.bot.say("#lobby", "hi", wait=5)
            assert (sent["ok"], sent["status"], sent["error"]) == (True, "sent", "")
            assert bool(sent.get("msgid")) == isinstance(server, (Inspircd, Ours))
            failed = await desk.bot.say("nobody", "hi", wait=5)
            assert (failed["ok"], failed["status"]) == (False, "failed")
            assert failed["error"].startswith("401") and "nobody" in failed["error"]
            left = await desk.bot.part("#lobby", wait=5)
            assert left["ok"]
            await desk.event("irc.part", is_self=True)

    asyncio.run(main())


@pytest.mark.parametrize("without", [("labeled-response",), ("labeled-response", "batch", "echo-message")])
def test_results_without_labels(without):
    """Of InspIRCd, by its echoes; and without these as of a server that has neither."""
    with Inspircd() as server:

        async def main():
            async with bot(server, without=without) as desk:
                assert not {*without} & {*desk.bot.scope["caps"]}
                sent = await desk.bot.say("#lobby", "hi", wait=5)
                assert sent["ok"] and bool(sent.get("msgid")) == ("echo-message" not in without)
                failed = await desk.bot.say("nobody", "hi", wait=5)
                assert failed["error"].startswith("401 nobody: ")

        asyncio.run(main())


def test_what_a_channel_does_not_take(full):
    """404 of a moderated channel, 482 of what operators may do, 473 of one that invites."""

    async def main():
        with Raw(full.port, "ann") as ann:
            async with bot(full) as desk:
                ann.say("MODE #lobby +m")
                await desk.event("irc.mode", target="#lobby")
                mute = await desk.bot.say("#lobby", "hi", wait=5)
                assert not mute["ok"] and mute["error"].startswith("404 #lobby: ")
                kick = await desk.bot.kick("#lobby", "ann", wait=5)
                assert not kick["ok"] and kick["error"].startswith("482 #lobby: ")
                ann.join("#closed")
                ann.say("MODE #closed +i", "PING x")
                await there(ann.wait, "PONG")
                closed = await desk.bot.join("#closed", wait=5)
                assert not closed["ok"] and closed["error"].startswith("473 #closed: ")

    asyncio.run(main())


def test_a_server_restarts(server):
    """Without a word: we are back, in our channels, as another scope."""

    async def main():
        async with bot(server) as desk:
            await desk.bot.join("#other", wait=5)
            await desk.event("irc.names", channel="#other")
            await there(server.kill)
            await desk.event("irc.disconnect", code=1006)
            await there(server.start)
            again = await desk.event("irc.connect", 2)
            assert not again["resumed"]
            await desk.event("irc.names", 2, channel="#lobby")
            await desk.event("irc.names", 2, channel="#other")
            with await there(Raw, server.port, "ann") as ann:
                ann.say("PRIVMSG #lobby :!echo again")
                await there(ann.wait, "ann: again")

    asyncio.run(main())


def test_a_nick_is_taken(server):
    """By somebody else: we are called otherwise, and take it once it is free."""

    async def main():
        with Raw(server.port, "bot") as other:
            async with bot(server, alternatives=("bot2",), regain=0.05) as desk:
                assert (await desk.event("irc.connect"))["nick"] == "bot2"
                other.say("QUIT")
                other.socket.close()
                back = await desk.event("irc.nick", is_self=True)
                assert (back["source"]["nick"], back["new_nick"], desk.bot.nick) == ("bot2", "bot", "bot")

    asyncio.run(main())


@pytest.fixture(params=[Ngircd, Inspircd])
def theirs(request):
    """Those that have operators, with a password."""
    with request.param(password="right") as running:
        yield running


def oper(server):
    """Somebody who is one."""
    ann = Raw(server.port, "ann", password="right")
    ann.say("OPER root secret")
    ann.wait(" 381 ")
    return ann


def test_an_operator_kills_us(theirs):
    """We are told why, and come back."""

    async def main():
        with oper(theirs) as ann:
            async with bot(theirs, password="right") as desk:
                ann.say("KILL bot :out of here")
                end = await desk.event("irc.disconnect")
                assert "out of here" in end["reason"]
                await desk.event("irc.names", 2)

    asyncio.run(main())


def banned(ann, mask):
    """Nobody of that mask may be here."""
    ann.say(f"KLINE {mask} 3600 :no bots here", "PING x")
    ann.wait("PONG")


async def warned(caplog, words):
    """Wait for a warning."""
    async with asyncio.timeout(5):
        while words not in caplog.text:
            await asyncio.sleep(0.01)


def test_a_password_is_refused_in_words(theirs, caplog):
    """Without a numeric, by what ERROR says: that is told, and we come again later."""

    async def main():
        async with bot(theirs, channels=(), password="wrong"):
            await warned(caplog, "irc net: the server has ended it: ")

    asyncio.run(main())
    assert "Access denied" in caplog.text


def test_a_ban_in_words(caplog):
    """Of ngIRCd. It may be lifted: we come again later, and say it once."""
    with Ngircd(password="right") as server, oper(server) as ann:

        async def main():
            banned(ann, "bot!*@*")
            async with bot(server, channels=(), password="right"), asyncio.timeout(5):
                while server.said.count("rejected") < 3:
                    await asyncio.sleep(0.01)

        asyncio.run(main())
    (message,) = [record.getMessage() for record in caplog.records if record.name == "interfaces.upstream"]
    assert message == 'irc net: the server has ended it: Access denied: "no bots here" (K-Line)'


def test_a_ban_by_a_numeric():
    """Of InspIRCd, 465: it is the operator's to see to."""
    with Inspircd(password="right") as server, oper(server) as ann:

        async def main():
            banned(ann, "bot@*")
            async with bot(server, channels=(), password="right"):
                pass

        with pytest.raises(ConfigError, match=r"^irc\.networks net: we are banned: 465 "):
            asyncio.run(main())


def test_tls(tmp_path, caplog):
    """ngIRCd's: its certificate has to be of an authority that we know, and of its name."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    pem = authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes().decode()

    async def main(server):
        words = {"host": "localhost", "port": server.tls, "tls": True}
        async with bot(server, ca_file=str(tmp_path / "ca.pem"), **words) as desk:
            assert desk.bot.scope["tls"]["version"].startswith("TLSv1.")
        async with bot(server, ca_file=str(tmp_path / "other.pem"), channels=(), **words):
            await warned(caplog, "ca_file says whom to trust")

    with Ngircd(pem=pem) as server:
        asyncio.run(main(server))


def test_a_wrong_password():
    """Where a numeric says so it is the operator's to mend: said in one line."""
    with Ours(password="right") as server:

        async def main(password):
            async with bot(server, password=password):
                pass

        asyncio.run(main("right"))
        with pytest.raises(ConfigError, match=r"irc\.networks net: ") as raised:
            asyncio.run(main("wrong"))
        assert "assword" in str(raised.value)


def test_the_command_ends_with_one_line(tmp_path):
    """interfaces serve irc on a network that refuses it: exit code 2, no traceback."""
    with Ours(password="right") as server:
        network = {"name": "net", "host": "127.0.0.1", "port": server.port, "tls": False, "nick": "bot"}
        command = [
            sys.executable, "-m", "interfaces", "serve", "irc", "--app", "tests.interop.apps.irc_app:application",
            "--irc-networks", json.dumps([network]),
        ]  # fmt: skip
        with Server(tmp_path, command=command) as ours:
            assert ours.ended() == 2
            assert "irc.networks net" in ours.said.splitlines()[-1]
            assert "Traceback" not in ours.said
