"""The fake network: a client of few words connects, and hears what an IRC server would say."""

import asyncio
import base64
from contextlib import asynccontextmanager

import pytest

from interfaces.testing.irc import CAPS, FakeNetwork


class Raw:
    """A client that says what it likes."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def say(self, *lines):
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def line(self):
        """The next."""
        return (await asyncio.wait_for(self.reader.readline(), 5)).decode().removesuffix("\r\n")

    async def until(self, word):
        """All lines up to one that has ``word`` in it."""
        found = [await self.line()]
        while word not in found[-1]:
            assert found[-1], found
            found.append(await self.line())
        return found

    async def ask(self, line):
        """What is said to one, up to the PONG behind it."""
        self.say(line, "PING :done")
        return (await self.until("PONG"))[:-1]


@asynccontextmanager
async def connected(nick="bot", *, fake=None, caps=""):
    """A fake network, and a client that is registered."""
    async with fake or FakeNetwork() as net:
        reader, writer = await asyncio.open_connection("127.0.0.1", net.port)
        raw = Raw(reader, writer)
        if caps:
            raw.say(f"CAP REQ :{caps}")
        raw.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if caps:
            raw.say("CAP END")
        if nick:
            await raw.until(" 376 ")
        try:
            yield net, raw
        finally:
            writer.close()


def plain(lines):
    """Without the times and ids that differ."""
    return [line.partition(" ")[2] if line.startswith("@") else line for line in lines]


class TestRegistering:
    def test_the_welcome(self):
        """001 to the end of the message of the day."""

        async def main():
            async with FakeNetwork() as fake:
                raw = Raw(*await asyncio.open_connection("127.0.0.1", fake.port))
                raw.say("NICK bot", "USER b 0 * :B")
                codes = [line.split(" ")[1] for line in await raw.until(" 376 ")]
                assert codes == ["001", "002", "003", "004", "005", "375", "372", "376"]
                assert repr(fake.peer("bot")) == "<Peer bot!~b@fake.host>"
                with pytest.raises(LookupError):
                    fake.peer("ann")
                raw.writer.close()

        asyncio.run(main())

    def test_capabilities(self):
        """An offer in several lines, what is agreed on, what is refused."""

        async def main():
            fake = FakeNetwork()
            fake.faults.nak = {"batch"}
            async with connected("", fake=fake) as (_, raw):
                raw.say("CAP LS 302")
                lines = [await raw.line()]
                while " LS * " in lines[-1]:
                    lines.append(await raw.line())
                words = [word.lstrip(":") for line in lines for word in line.split(" ")]
                assert len(lines) > 1
                assert {"batch", "echo-message", "sasl=PLAIN,EXTERNAL,SCRAM-SHA-256"} <= {*words}
                for names, answer in (("server-time", "ACK"), ("batch", "NAK"), ("unknown", "NAK")):
                    raw.say(f"CAP REQ :{names}")
                    assert (await raw.line()) == f":irc.fake CAP * {answer} {names}"

        asyncio.run(main())

    def test_a_server_without_capabilities(self):
        """It does not know the word."""

        async def main():
            async with connected(fake=FakeNetwork(caps={})) as (_, raw):
                assert await raw.ask("CAP LS 302") == [":irc.fake 421 bot CAP :Unknown command"]

        asyncio.run(main())

    @pytest.mark.parametrize(("password", "code"), [("secret", "903"), ("wrong", "904")])
    def test_sasl(self, password, code):
        """PLAIN, right and wrong."""

        async def main():
            fake = FakeNetwork(accounts={"me": "secret"})
            async with connected("", fake=fake) as (_, raw):
                raw.say("CAP LS", "CAP REQ sasl", "AUTHENTICATE PLAIN")
                await raw.until("AUTHENTICATE +")
                raw.say("AUTHENTICATE " + base64.b64encode(f"me\0me\0{password}".encode()).decode())
                await raw.until(f" {code} ")
                raw.say("AUTHENTICATE NONE")
                await raw.until(" 908 ")
                raw.say("AUTHENTICATE *")
                await raw.until(" 906 ")

        asyncio.run(main())

    def test_nicks(self):
        """One that is taken, one that is none; one of somebody who is only said to be there is taken, too."""

        async def main():
            async with connected() as (fake, raw):
                fake.faults.taken, fake.faults.bad_nicks = {"ann"}, {"1x"}
                fake.join("bob", "#a")
                assert [line.split(" ")[1] for line in await raw.ask("NICK ann")] == ["433"]
                assert [line.split(" ")[1] for line in await raw.ask("NICK bob")] == ["433"]
                assert [line.split(" ")[1] for line in await raw.ask("NICK 1x")] == ["432"]
                assert await raw.ask("NICK cat") == [":bot!~bot@fake.host NICK cat"]
                assert fake.network(rate=1.0).rate == 1.0

        asyncio.run(main())

    def test_who_is_not_registered_may_say_little(self):
        """451 to anything else."""

        async def main():
            async with connected("") as (_, raw):
                raw.say("JOIN #a")
                assert (await raw.line()) == ":irc.fake 451 * :You have not registered"

        asyncio.run(main())


class TestChannels:
    def test_joining_speaking_leaving(self):
        """Members hear each other."""

        async def main():
            async with connected() as (fake, raw):
                fake.room("#a").topic = "tea"
                assert plain(await raw.ask("JOIN #a")) == [
                    ":bot!~bot@fake.host JOIN #a",
                    ":irc.fake 332 bot #a tea",
                    ":irc.fake 353 bot = #a @bot",
                    ":irc.fake 366 bot #a :End of /NAMES list.",
                ]
                fake.join("ann", "#a")
                fake.say("ann", "#a", "hi there")
                assert plain(await raw.until("PRIVMSG")) == [
                    ":ann!ann@somewhere JOIN #a",
                    ":ann!ann@somewhere PRIVMSG #a :hi there",
                ]
                assert await raw.ask("PRIVMSG #a :hello") == []
                assert [(one.source, one.text) for one in fake.spoken][-1] == ("bot!~bot@fake.host", "hello")
                assert plain(await raw.ask("PART #a :bye")) == [":bot!~bot@fake.host PART #a bye"]
                assert "bot" not in fake.room("#a").members

        asyncio.run(main())

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("JOIN #full", "471"),
            ("JOIN #locked", "475"),
            ("PART #a", "442"),
            ("PRIVMSG #a :x", "404"),
            ("PRIVMSG #none :x", "403"),
            ("PRIVMSG nobody :x", "401"),
            ("TOPIC #a :x", "482"),
            ("KICK #a nobody", "441"),
            ("FOO", "421"),
            ("MODE #a", "324"),
            ("AWAY :x", "306"),
            ("AWAY", "305"),
            ("INVITE ann #a", "341"),
            ("NAMES #a", "353"),
        ],
    )
    def test_numerics(self, line, code):
        """Each refusal has its own."""

        async def main():
            async with connected() as (fake, raw):
                fake.room("#full").refuses = "471 :Cannot join channel (+l)"
                fake.room("#locked").key = "k"
                fake.join("ann", "#a")
                assert (await raw.ask(line))[0].split(" ")[1] == code

        asyncio.run(main())

    def test_who_is_there_is_told_what_happens(self):
        """Topic, mode, kick, a netsplit."""

        async def main():
            async with connected(caps="batch") as (fake, raw):
                await raw.ask("JOIN #a")
                for nick in ("ann", "bob"):
                    fake.join(nick, "#a")
                await raw.until("bob!")
                for line in ("TOPIC #a :x", "MODE #a +k key", "KICK #a ann"):
                    assert len(await raw.ask(line)) == 1
                assert fake.room("#a").key == "key"
                fake.netsplit(["bob"])
                lines = await raw.until("BATCH -")
                assert [line.split(" ")[1:3] for line in lines] == [
                    ["BATCH", f"+{lines[0].split('+')[1].split(' ')[0]}"],
                    [":bob!bob@somewhere", "QUIT"],
                    ["BATCH", lines[2].split(" ")[2]],
                ]

        asyncio.run(main())


class TestIrcv3:
    def test_labels(self):
        """One answer, none, several."""

        async def main():
            async with connected(caps="labeled-response batch message-tags echo-message") as (fake, raw):
                fake.join("ann", "#b")
                raw.say("@label=1 FOO")
                assert (await raw.line()) == "@label=1 :irc.fake 421 bot FOO :Unknown command"
                raw.say("@label=2 PONG x")
                assert (await raw.line()) == "@label=2 :irc.fake ACK"
                raw.say("@label=3 JOIN #a")
                lines = await raw.until("BATCH -")
                assert lines[0].startswith("@label=3 :irc.fake BATCH +")
                assert all("batch=" in line for line in lines[1:-1])
                raw.say("@label=4;+x=y PRIVMSG #a :hi")
                echo = await raw.line()
                assert echo.startswith("@label=4;") and "+x=y" in echo and "msgid=" in echo

        asyncio.run(main())

    def test_history(self):
        """The latest, those after a moment, and where there are some."""
        now = [1_800_000_000.0]

        async def main():
            fake = FakeNetwork(clock=lambda: now[0])
            async with connected(caps="batch message-tags server-time draft/chathistory", fake=fake) as (
                _,
                raw,
            ):
                await raw.ask("JOIN #a")
                for number in range(3):
                    now[0] += 10
                    fake.say("ann", "#a", f"line{number}")
                    fake.say("ann", "bot", f"psst{number}")
                await raw.until("psst2")
                found = await raw.ask("CHATHISTORY LATEST #a * 2")
                assert [line.rpartition(" ")[2] for line in found[1:-1]] == ["line1", "line2"]
                after = "timestamp=2027-01-15T08:00:10.000Z"
                found = await raw.ask(f"CHATHISTORY AFTER ann {after} 1")
                assert [line.rpartition(" ")[2] for line in found[1:-1]] == ["psst1"]
                found = await raw.ask(f"CHATHISTORY TARGETS {after} timestamp=2028-01-01T00:00:00.000Z 10")
                assert [line.split(" ")[-2] for line in found[1:-1]] == ["#a", "ann"]

        asyncio.run(main())

    def test_only_what_was_asked_for_is_tagged(self):
        """A client without capabilities sees none."""

        async def main():
            async with connected(caps="server-time") as (fake, raw):
                fake.say("ann", "bot", "hi", **{"+x": "y"})
                line = await raw.line()
                assert line.startswith("@time=") and ";" not in line.partition(" ")[0]

        asyncio.run(main())


class TestFaults:
    def test_silence_and_a_missing_pong(self):
        """Nothing is answered, or only PING is not."""

        async def main():
            async with connected() as (fake, raw):
                fake.faults.no_pong = True
                raw.say("PING x", "FOO")
                assert "421" in await raw.line()
                fake.faults.silent = True
                raw.say("FOO")
                await fake.until(lambda: fake.lines[-1] == "FOO" and len(fake.lines) == 5)
                fake.faults.silent = False
                raw.say("BAR")
                assert "BAR" in await raw.line()

        asyncio.run(main())

    def test_a_greeting_and_no_more(self):
        """Whoever connects is sent away."""

        async def main():
            fake = FakeNetwork()
            fake.faults.greeting = "ERROR :full"
            async with connected("", fake=fake) as (_, raw):
                assert (await raw.line(), await raw.line()) == ("ERROR :full", "")
            assert fake.dialled == 1

        asyncio.run(main())

    def test_small_writes(self):
        """Lines come in pieces."""

        async def main():
            fake = FakeNetwork()
            fake.faults.split = 2
            async with connected(fake=fake) as (_, raw):
                assert await raw.ask("FOO") == [":irc.fake 421 bot FOO :Unknown command"]

        asyncio.run(main())

    def test_it_ends_connections(self):
        """By a word, without one, in the middle of a message; and listens again on its port."""

        async def main():
            async with connected() as (fake, raw):
                fake.kill("why not")
                assert await raw.until("ERROR") == ["ERROR :Closing Link: why not"]
                await fake.until(lambda: not fake.connections)
                port = fake.port
                await fake.stop()
                await fake.listen(port)
                assert fake.port == port
                again = Raw(*await asyncio.open_connection("127.0.0.1", port))
                again.say("NICK bot", "USER b 0 * :B", "JOIN #a")
                await fake.here("bot", "#a")
                fake.faults.drop_after = 1
                again.say("PRIVMSG #a :x")
                await fake.until(lambda: not fake.connections)
                assert fake.spoken[-1].text == "x"
                again.writer.close()

        asyncio.run(main())

    def test_a_last_word(self):
        """QUIT is answered and kept."""

        async def main():
            async with connected() as (fake, raw):
                raw.say("QUIT :so long")
                assert (await raw.line()) == "ERROR :Closing Link: so long"
                assert fake.quits == ["so long"]

        asyncio.run(main())


def test_it_offers_what_is_of_use():
    """And says so in one place."""
    assert {"labeled-response", "draft/chathistory", "sasl"} <= CAPS.keys()
