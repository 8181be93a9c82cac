"""What a client hears once it is registered, and MOTD."""

from pathlib import Path

from interfaces.irc.isupport import Isupport
from tests.irc.gateway.support import Bench, scene


def numbers(lines: list[str]) -> list[str]:
    """Their numerics, repeated ones once."""
    return [*dict.fromkeys(line.split()[1] for line in lines)]


async def welcomed(bench: Bench) -> list[str]:
    """The lines that a client gets."""
    return await bench.connect().say("NICK ann", "USER ann 0 * :Ann")


@scene
async def test_the_first_lines_are_those_that_clients_wait_for() -> None:
    """In their order, up to the message of the day."""
    async with Bench() as bench:
        lines = await welcomed(bench)
        assert numbers(lines) == [
            "001",
            "002",
            "003",
            "004",
            "005",
            "251",
            "252",
            "253",
            "254",
            "255",
            "265",
            "266",
            "422",
        ]
        assert lines[0].endswith(":Welcome to the test network, ann!~ann@ehwbaorq.po76idei.6af3epo2.ip")
        assert lines[1].startswith(":irc.test 002 ann :Your host is irc.test, running asgi-interfaces-")
        assert lines[2] == ":irc.test 003 ann :This server was started on 2001-09-09 at 01:46:40 UTC"
        name, _, modes, letters, taking = lines[3].split()[3:]
        assert (name, modes, letters, taking) == ("irc.test", "Birw", "Ibeiklmnostv", "Ibeklov")
        assert lines[-1] == ":irc.test 422 ann :MOTD is missing"


@scene
async def test_what_it_says_of_itself_is_what_clients_read() -> None:
    """As one of ours does."""
    async with Bench(utf8_only=True, joined=7, nick_length=20) as bench:
        found = Isupport()
        for line in await welcomed(bench):
            if " 005 " in line:
                words = line.split(" :")[0].split()
                assert len(words) <= 16 and len(line) <= 510
                found.feed([*words[2:], "are supported by this server"])
        assert found.network == "test" and found.casemapping == "ascii" and found.nicklen == 20
        assert found.chantypes == "#" and found.statusmsg == "@+" and found.prefix == [("o", "@"), ("v", "+")]
        assert found.targmax("PRIVMSG") == 4 and found.targmax("TAGMSG") == 4
        tokens = found.tokens
        assert tokens["CHANLIMIT"] == "#:7" and tokens["MAXLIST"] == "beI:100" and tokens["BOT"] == "B"
        assert tokens["CHATHISTORY"] == "100" and tokens["MSGREFTYPES"] == "msgid,timestamp"
        assert tokens["UTF8ONLY"] == tokens["WHOX"] == ""
        assert tokens == found.tokens == bench.gateway.tokens


@scene
async def test_the_message_of_the_day_is_the_operators(tmp_path: Path) -> None:
    """A text, or a file; its lines fit, and empty ones stay."""
    path = tmp_path / "motd"
    path.write_text(f"Hello\n\n{'ä' * 300}\n")
    async with Bench(motd=f"@{path}") as bench:
        lines = await welcomed(bench)
        assert [line.split(" :", 1)[1] for line in lines[-6:]] == [
            "- irc.test Message of the day -", "- Hello", "- ", f"- {'ä' * 200}", f"- {'ä' * 100}",
            "End of MOTD command",
        ]  # fmt: skip
        assert await bench.peers[0].codes("MOTD") == ["375", "372", "372", "372", "372", "376"]


@scene
async def test_without_one_there_is_none() -> None:
    """Which is said, too."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("MOTD") == [":irc.test 422 ann :MOTD is missing"]


@scene
async def test_it_is_counted_from_the_first_line_on() -> None:
    """It sees itself among the users, and those before it."""
    async with Bench() as bench:
        bench.connect()
        await bench.member("bob")
        lines = await welcomed(bench)
        assert ":irc.test 251 ann :There are 2 users and 0 invisible on 1 servers" in lines
        assert ":irc.test 253 ann 1 :unknown connection(s)" in lines
