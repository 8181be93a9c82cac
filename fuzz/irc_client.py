"""A user of a network: whatever that says, nothing raises, and each send hears once what became of it."""

import random
from itertools import count

from interfaces.irc.client.channels import Channels
from interfaces.irc.client.dialogue import Dialogue, Memory, Settings
from interfaces.irc.client.history import History
from interfaces.irc.client.identity import Identity
from interfaces.irc.client.job import Job
from interfaces.irc.client.nicks import Regain
from interfaces.irc.client.registration import Registration
from interfaces.irc.client.sts import Policies
from interfaces.irc.line import Line, form, parse
from interfaces.irc.outcome import Outcome
from interfaces.irc.wire_irc import Wire
from interfaces.shared.errors import ApplicationError, ConfigError, Unavailable

SAID = (
    b":s CAP * LS * :batch sasl=PLAIN,SCRAM-SHA-256 labeled-response",
    b":s CAP * LS :message-tags draft/chathistory sts=port=6697",
    b":s CAP * ACK :message-tags batch labeled-response draft/chathistory sasl",
    b":s CAP bot NEW :sasl",
    b":s CAP bot DEL :labeled-response",
    b"AUTHENTICATE +",
    b"AUTHENTICATE cj1ub25jZSxzPWE=,i=4096",
    b":s 900 bot bot!b@h bot :in",
    b":s 903 bot :yes",
    b":s 904 bot :no",
    b":s 433 * bot :in use",
    b":s 001 bot :Welcome bot!b@h",
    b":s 005 bot CASEMAPPING=ascii CHANTYPES=# CHATHISTORY=2 MODES=2 :are supported",
    b":s 376 bot :End",
    b":bot!b@h JOIN #a",
    b":ann!a@h JOIN #a",
    b":bot!b@h PART #a",
    b":ann!a@h KICK #a bot :out",
    b":bot!b@h NICK other",
    b":bot2!x@h QUIT :bye",
    b":s 353 bot = #a :@bot +ann",
    b":s 366 bot #a :End",
    b"@label=1;msgid=m1 :bot!b@h PRIVMSG #a :hi",
    b"@label=2 :s ACK",
    b"@label=1 :s BATCH +1 labeled-response",
    b":s BATCH +2 chathistory #a",
    b":s BATCH +3 draft/chathistory-targets",
    b"@batch=2;time=2026-11-28T12:00:00.000Z;msgid=m :ann!a@h PRIVMSG #a :old",
    b"@batch=3 :s CHATHISTORY TARGETS ann 2026-11-28T12:00:00.000Z",
    b"@batch=1 :s 404 bot #a :no",
    b":s BATCH -1",
    b":s BATCH -2",
    b":s PONG s after-1",
    b":s PONG s :after-2",
    b":s 404 bot #a :Cannot send to channel",
    b":s FAIL PRIVMSG RATE_LIMITED #a :wait 10 seconds",
    b":ann!a@h MODE #a +ok bot key",
    b":ann!a@h PRIVMSG bot :\x01ACTION waves\x01",
    b":ann!a@h PRIVMSG #a :gr\xfc\xdfe",
    b"ERROR :Closing Link: Throttled",
    b"PING :x",
)
SEEDS = (b"\0" + b"\r\n".join(SAID), b"\1" + b"\r\n".join(SAID[11:]), b"\2" + b"\r\n".join(reversed(SAID)))
BARE = (b":s CAP * LS :batch", b":s CAP * ACK :batch", b":s 001 bot :Welcome", b":s 376 bot :End")


def registered(lines: list[Line], way: int) -> tuple[Registration, list[Line]]:
    """One that has heard ``lines``, or as many as it takes; where that comes to nothing, another, and all of them."""
    who = Identity(
        name="net", nicks=("bot", "bot2"), user="b", realname="b", account="bot", account_password="x",
        sasl=("auto", "plain", "none")[way % 3], sasl_required=way % 5 == 4, secure=way % 2 == 0,
    )  # fmt: skip
    registration = Registration(who, "nonce", Policies())
    registration.begin()
    try:
        for at, line in enumerate(lines):
            for words in registration.feed(line):
                form(words[0], words[1:])
            if registration.done:
                return registration, lines[at + 1 :]
    except (ConfigError, Unavailable):
        pass
    registration = Registration(
        Identity(name="net", nicks=("bot",), user="b", realname="b"), "nonce", Policies()
    )
    for text in BARE:
        line = parse(text)
        assert line is not None
        registration.feed(line)
    assert registration.done
    return registration, lines


def one(data: bytes) -> None:
    """A byte that says who we are, then what the network says."""
    if not data:
        return
    wire, lines = Wire(), []
    wire.feed(data[1:] + b"\r\n")
    while (line := wire.next()) is not None:
        if isinstance(line, Line):
            lines.append(line)
    registration, rest = registered(lines, data[0])
    memory = Memory(Channels(["#a", "#b key"]), History(4), Regain("bot", 60.0))
    numbers = count(1)
    dialogue = Dialogue(
        registration, memory, Settings("net", "cp1251", 30.0, 300.0), lambda: 1e9, lambda: f"x{next(numbers)}"
    )
    events, own, told = [], [], []
    dialogue.tell, dialogue.say = events.append, own.append
    dialogue.begin(0.0)
    for number, line in enumerate(rest):
        if not number % 4:
            spoken = {"type": "irc.send", "target": "#a", "text": "hi"}
            dialogue.asks.write(
                Job(dialogue.draft(spoken), name=str(number), told=told.append), float(number)
            )
            dialogue.asks.barrier()
        dialogue.feed(line, float(number))
        dialogue.sweep(float(number))
    dialogue.asks.lost("end")
    assert len(told) == len(range(0, len(rest), 4))
    assert all(isinstance(came, Outcome) for came in told)
    for event in events:
        assert {"type", "id", "dedupe_key", "attempt", "received_at"} <= event.keys()
        assert type(event.get("is_history", False)) is bool
    for words in own:
        try:
            assert form(words[0], words[1:]).count(b"\n") == 1
        except ApplicationError:
            pass


def generate(rng: random.Random) -> bytes:
    """Lines, most of them sound, some with a word of another."""
    out = bytearray((rng.randrange(30),))
    for _ in range(rng.randrange(1, 30)):
        words = rng.choice(SAID).split(b" ")
        if rng.random() < 0.3:
            words[rng.randrange(len(words))] = rng.choice(rng.choice(SAID).split(b" "))
        out += b" ".join(words) + b"\r\n"
    return bytes(out)
