"""The commands of the fake network, each with the whole of its answer; without a socket."""

import pytest

from interfaces.irc.line import parse
from interfaces.testing.irc import FakeNetwork
from interfaces.testing.irc.peer import Peer

BOT, ANN = ":bot!~bot@fake.host", ":ann!~ann@fake.host"
NAMES = [
    ":irc.fake 353 {0} = #a @bot",
    ":irc.fake 353 {0} = #a ann",
    ":irc.fake 366 {0} #a :End of /NAMES list.",
]


class Pipe:
    """A transport that keeps what is written."""

    def __init__(self):
        self.data = b""
        self.closed = False

    def write(self, data):
        self.data += data

    def close(self):
        self.closed = True

    abort = close

    def taken(self):
        """The lines since the last time."""
        lines, self.data = self.data.decode().split("\r\n")[:-1], b""
        return lines


def user(fake, nick, *caps):
    """Somebody who is registered, with capabilities."""
    peer = Peer(fake)
    peer.connection_made(Pipe())
    asked = [f"CAP REQ :{' '.join(caps)}"] if caps else []
    say(peer, *asked, f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
    return peer


def say(peer, *lines):
    """What is said to these lines."""
    peer.transport.taken()
    peer.data_received("".join(f"{line}\r\n" for line in lines).encode())
    return peer.transport.taken()


def two(*caps):
    """A network with bot, who runs #a, and ann, who is there as well."""
    fake = FakeNetwork(clock=lambda: 1_800_000_000.0)
    bot, ann = user(fake, "bot", *caps), user(fake, "ann")
    say(bot, "JOIN #a")
    say(ann, "JOIN #a")
    bot.transport.taken()
    return fake, bot, ann


@pytest.mark.parametrize(
    ("line", "answer", "heard"),
    [
        # what works: who has asked, and who is there, hear it
        ("JOIN #b", [f"{BOT} JOIN #b", ":irc.fake 353 bot = #b @bot", ":irc.fake 366 bot #b :End of /NAMES list."], []),
        ("JOIN #a", [], []),
        ("NAMES #a", [one.format("bot") for one in NAMES], []),
        ("PART #a", [f"{BOT} PART #a"], [f"{BOT} PART #a"]),
        ("PART #a :so long", [f"{BOT} PART #a :so long"], [f"{BOT} PART #a :so long"]),
        ("PRIVMSG #a :hi all", [], [f"{BOT} PRIVMSG #a :hi all"]),
        ("NOTICE ann :psst", [], [f"{BOT} NOTICE ann psst"]),
        ("TAGMSG #a", [], [f"{BOT} TAGMSG #a"]),
        ("TOPIC #a :Tea", [f"{BOT} TOPIC #a Tea"], [f"{BOT} TOPIC #a Tea"]),
        ("TOPIC #a :", [f"{BOT} TOPIC #a :"], [f"{BOT} TOPIC #a :"]),
        ("TOPIC #a", [":irc.fake 331 bot #a :No topic is set"], []),
        ("KICK #a ann", [f"{BOT} KICK #a ann bot"], [f"{BOT} KICK #a ann bot"]),
        ("KICK #a ann :out now", [f"{BOT} KICK #a ann :out now"], [f"{BOT} KICK #a ann :out now"]),
        ("MODE #a +v ann", [f"{BOT} MODE #a +v ann"], [f"{BOT} MODE #a +v ann"]),
        ("MODE #a", [":irc.fake 324 bot #a +nt"], []),
        ("MODE bot +i", [f"{BOT} MODE bot +i"], []),
        ("MODE bot", [":irc.fake 221 bot +i"], []),
        ("NICK bob", [f"{BOT} NICK bob"], [f"{BOT} NICK bob"]),
        ("AWAY :lunch", [":irc.fake 306 bot :You have been marked as being away"], []),
        ("AWAY", [":irc.fake 305 bot :You are no longer marked as being away"], []),
        ("INVITE ann #a", [":irc.fake 341 bot ann #a"], []),
        ("PING 1", [":irc.fake PONG irc.fake 1"], []),
        ("PONG 1", [], []),
        # what does not
        ("JOIN a", [":irc.fake 403 bot a :No such channel"], []),
        ("PART #b", [":irc.fake 442 bot #b :You're not on that channel"], []),
        ("PRIVMSG #none :x", [":irc.fake 403 bot #none :No such channel"], []),
        ("PRIVMSG none :x", [":irc.fake 401 bot none :No such nick"], []),
        ("KICK #a none", [":irc.fake 441 bot none #a :They aren't on that channel"], []),
        ("NICK ann", [":irc.fake 433 bot ann :Nickname is already in use"], []),
        ("WHOIS ann", [":irc.fake 421 bot WHOIS :Unknown command"], []),
    ],
)  # fmt: skip
def test_a_command_is_answered_and_heard(line, answer, heard):
    """By who has said it, and by who is there: these lines, and no others."""
    _, bot, ann = two()
    assert say(bot, line) == answer
    assert ann.transport.taken() == heard


def test_who_runs_no_channel_gives_it_no_topic():
    """But may ask what it is."""
    fake, _, ann = two()
    assert say(ann, "TOPIC #a :x") == [":irc.fake 482 ann #a :You're not channel operator"]
    fake.room("#a").topic = "Tea time"
    assert say(ann, "TOPIC #a") == [":irc.fake 332 ann #a :Tea time"]
    assert fake.room("#a").topic == "Tea time"


def test_channels_that_do_not_take_everybody():
    """By a key, by a word of the test, and such where nobody may speak."""
    fake, bot, ann = two()
    say(bot, "MODE #a +k k1", "PART #a")
    assert say(bot, "JOIN #a") == [":irc.fake 475 bot #a :Cannot join channel (+k)"]
    assert say(bot, "JOIN #c,#a x,k2")[-1] == ":irc.fake 475 bot #a :Cannot join channel (+k)"
    assert say(bot, "JOIN #a k1")[0] == f"{BOT} JOIN #a"
    fake.room("#b").refuses, fake.room("#a").mute = "474 :Banned", True
    assert say(ann, "JOIN #b") == [":irc.fake 474 ann #b Banned"]
    assert say(ann, "PRIVMSG #a x") == [":irc.fake 404 ann #a :Cannot send to channel"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("LATEST #a * 2", "34"),
        ("LATEST #a * 9", "01234"),
        ("LATEST #a msgid={1} 2", "34"),
        ("LATEST #a timestamp={3} 9", "4"),
        ("AFTER #a msgid={1} 2", "23"),
        ("AFTER #a timestamp={3} 9", "4"),
        ("BEFORE #a msgid={3} 2", "12"),
        ("BEFORE #a timestamp={1} 9", "0"),
        ("AROUND #a msgid={2} 3", "123"),
        ("AROUND #a msgid={2} 1", "2"),
        ("AROUND #a msgid={4} 3", "234"),
        ("BETWEEN #a msgid={0} msgid={4} 2", "12"),
        ("BETWEEN #a msgid={4} msgid={0} 2", "23"),
        ("BETWEEN #a timestamp={1} timestamp={3} 9", "2"),
        ("AFTER #a msgid=unknown 2", "01"),
        ("LATEST #none * 2", ""),
    ],
)
def test_a_history_is_asked_for_by_moments_and_messages(question, told):
    """Each word of CHATHISTORY, in a batch of its own, the oldest first."""
    now = [1_800_000_000.0]
    fake = FakeNetwork(clock=lambda: now[0])
    bot = user(fake, "bot", "batch", "message-tags", "server-time", "draft/chathistory")
    say(bot, "JOIN #a")
    said = []
    for number in range(5):
        now[0] += 1
        said.append(fake.say("ann", "#a", str(number)).tags)
    key = "time" if "timestamp" in question else "msgid"
    first, *lines, last = map(
        parse, map(str.encode, say(bot, f"CHATHISTORY {question.format(*[one[key] for one in said])}"))
    )
    assert "".join(line.params[1] for line in lines) == told
    name = first.params[0].removeprefix("+")
    assert first.params[1:] == ["chathistory", question.split()[1]] and last.params == [f"-{name}"]
    assert {line.tags["batch"] for line in lines} <= {name}


@pytest.mark.parametrize(
    ("caps", "tags"),
    [
        ((), set()),
        (("server-time",), {"time"}),
        (("message-tags",), {"time", "msgid", "+x"}),
        (("message-tags", "account-tag"), {"time", "msgid", "+x"}),
    ],
)
def test_an_echo_has_what_was_agreed_on(caps, tags):
    """And comes to nobody without echo-message."""
    _, bot, _ = two(*caps)
    assert say(bot, "@+x=y;z=1 PRIVMSG #a hi") == []
    _, bot, _ = two("echo-message", *caps)
    (line,) = say(bot, "@+x=y;z=1 PRIVMSG #a hi")
    found = parse(line.encode())
    assert ({*found.tags}, found.params) == (tags, ["#a", "hi"])


@pytest.mark.parametrize(
    ("line", "commands"),
    [("NAMES #a", ["BATCH", "353", "353", "366", "BATCH"]), ("AWAY", ["305"]), ("JOIN #a", ["ACK"])],
)
def test_an_answer_has_the_label_of_its_question(line, commands):
    """One line itself, several by their batch, none by an ACK."""
    _, bot, _ = two("labeled-response", "batch", "message-tags")
    found = [parse(one.encode()) for one in say(bot, f"@label=7 {line}")]
    assert [one.command for one in found] == commands
    assert [one.tags.get("label") for one in found] == ["7", *[None] * (len(found) - 1)]


def test_who_is_not_registered_and_who_leaves():
    """The one is told to, the other hears a last word, and is closed."""
    fake, bot, _ = two()
    peer = Peer(fake)
    peer.connection_made(Pipe())
    assert say(peer, "PRIVMSG ann x", "CAP REQ :zzz") == [
        ":irc.fake 451 * :You have not registered", ":irc.fake CAP * NAK zzz",
    ]  # fmt: skip
    assert say(bot, "QUIT :so long") == ["ERROR :Closing Link: so long"]
    assert bot.transport.closed and fake.quits == ["so long"]
