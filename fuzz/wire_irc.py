"""IRC: no input raises, any split gives the same, a line reads back as it was written, tables of a client agree."""

import random

from interfaces.irc.caps import Offer
from interfaces.irc.ctcp import form as form_ctcp
from interfaces.irc.ctcp import read as read_ctcp
from interfaces.irc.isupport import Isupport, params
from interfaces.irc.line import Line, form, parse
from interfaces.irc.modes import form as form_modes
from interfaces.irc.modes import read as read_modes
from interfaces.irc.names import matcher, read_source
from interfaces.irc.sasl import Chunks, read_plain
from interfaces.irc.scram import Scram
from interfaces.irc.state import Limits, State
from interfaces.irc.texts import packed, pieces, plain
from interfaces.irc.wire_irc import Refused, Wire
from interfaces.shared.errors import ApplicationError, PeerError

BODY, TAGS, ROOM, MEMBERS = 120, 60, 20, 8
SAID = (
    b":irc.example 001 me :Welcome",
    b":irc.example 004 me irc.example v1 iw imnt",
    b":irc.example 005 me CASEMAPPING=ascii CHANTYPES=# STATUSMSG=@+ TARGMAX=NAMES:1,JOIN: :are supported",
    b":irc.example 005 me PREFIX=(qaohv)~&@%+ CHANMODES=eIbq,k,flj,imnt NETWORK=a\\x20b -STATUSMSG :are supported",
    b":me!m@my.example JOIN #a",
    b":me!m@my.example JOIN :#B",
    b":dan!d@host.example JOIN #a da :Dan D",
    b":irc.example 353 me = #a :me!m@h @+dan!d@h +eve",
    b":irc.example 366 me #a :End of NAMES list",
    b":irc.example 332 me #a :All is well",
    b":irc.example 333 me #a dan!d@h 1700000000",
    b":irc.example 324 me #a +ntkl key 50",
    b":irc.example 352 me #a d host.example irc.example dan G@ :0 Dan D",
    b":irc.example 354 me 152 #a d host.example dan H@ da :Dan D",
    b":irc.example 396 me m@cloak.example :is now your displayed host",
    b":irc.example 900 me me!m@h acc :You are now logged in",
    b":dan!d@h MODE #a +o-v+b eve dan *!*@bad.example",
    b":dan!d@h NICK :Eve",
    b":me!m@h NICK [me]",
    b":eve!e@h KICK #a me,dan :out",
    b":dan!d@h QUIT :a.example b.example",
    b":dan!d@h PART #a,#b :bye",
    b"@account=da :dan!d@h AWAY :for lunch",
    b":dan!d@h ACCOUNT *",
    b":dan!d@h CHGHOST new new.example",
    b":dan!d@h SETNAME :Dan\xc3\xa4",
    b":dan!d@h TOPIC #a :other",
    b"@time=2026-11-28T12:00:00.000Z;msgid=a\\:b\\sc;+x :dan PRIVMSG #a :\x01ACTION waves\x01",
    b"PRIVMSG #a :\x0304,12one two\x03 three four e\xcc\x81e\xcc\x81e\xcc\x81e\xcc\x81e\xcc\x81e\xcc\x81e\xcc\x81",
    b"PRIVMSG #a :\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 \xf0\x9f\x87\xa8",
    b"PRIVMSG #a :Gr\xfc\xdfe",
    b"CAP * LS * :multi-prefix sasl=PLAIN,EXTERNAL",
    b"CAP me NEW :away-notify",
    b"CAP me DEL :sasl",
    b"AUTHENTICATE AGRhbgBzZWNyZXQ=",
    b"AUTHENTICATE +",
    b"AUTHENTICATE " + b"A" * 90,
    b"MODE #a *!*@*?b*",
    b"ping  x :",
    b":a",
    b"",
)  # fmt: skip
ENDS = (b"\r\n",) * 10 + (b"\n", b"\r\r\n", b"\0\r\n", b"\r", b"")
SEEDS = [
    b"\x05" + b"\r\n".join(SAID[:20]) + b"\r\n",
    b"\x01" + b"\r\n".join((*SAID[:9], *SAID[17:28])) + b"\r\n",
    b"\x0f" + b"\r\n".join(SAID[26:]) + b"\r\n",
    b"\x02" + b"@a=" + b"x" * 70 + b" A\r\n" + b"y" * 130 + b"\r\nB :" + b"z" * 114 + b"\r\n",
    b"\x08" + b"x" * 500 + b"\nA\n",
]


def told(chunks: list[bytes]) -> list[Line | Refused]:
    """What the lines are; kept is no more than a line and what has come."""
    wire = Wire(body=BODY, tags=TAGS)
    found: list[Line | Refused] = []
    for chunk in chunks:
        wire.feed(chunk)
        while (one := wire.next()) is not None:
            found.append(one)
        assert not wire.waiting and wire.pending <= BODY + TAGS
    return found


def written(line: Line) -> None:
    """One that can be said again reads the same."""
    try:
        data = form(line.command, line.params, line.source, line.tags)
    except ApplicationError:
        return
    assert data.endswith(b"\r\n") and not {*data[:-2]} & {*b"\r\n\0"}
    again = parse(data[:-2])
    if again is None or repr(again) != repr(line) or {**again.tags} != {**line.tags}:
        raise AssertionError(f"{line!r} is written as {data!r}, which is {again!r}")
    assert str(read_source(line.source)) == line.source


def text(said: str) -> None:
    """It is cut into pieces that fit, loses only blanks, and is a CTCP or none."""
    blank = str.maketrans("", "", " \r\n")
    found = pieces(said, ROOM, most=10_000)
    assert all(0 < len(one.encode()) <= ROOM for one in found)
    assert "".join(found).translate(blank) == said.translate(blank)
    assert plain(plain(said)) == plain(said)
    if (ctcp := read_ctcp(said)) is not None and ctcp[0].isascii() and ctcp[0].isprintable():
        assert read_ctcp(form_ctcp(*ctcp)) == ctcp


def login(said: str) -> None:
    """A piece of SASL, as either side has it, is read or refused."""
    for step in (
        lambda: read_plain(Chunks().feed(said) or b""),
        lambda: Scram("a", "b", "c").final(said.encode()),
    ):
        try:
            step()
        except PeerError:
            pass


def modes(line: Line, isupport: Isupport) -> None:
    """Changes that can be said again are the same ones."""
    changes = [one for one in read_modes(line.param(1), line.params[2:], isupport) if one.arg]
    try:
        lines = form_modes(changes, 3)
    except ApplicationError:
        return
    assert [one for letters, *args in lines for one in read_modes(letters, args, isupport)] == changes


def sound(state: State) -> None:
    """Each member stands in both tables, under the name that it has, and nobody is known without a channel."""
    members = [(name, *item) for name, channel in state.channels.items() for item in channel.members.items()]
    assert len(members) == state.members <= MEMBERS and len(state.channels) <= MEMBERS
    assert sum(len(user.channels) for user in state.users.values()) == state.members
    assert all(user.channels or user is state.me for user in state.users.values())
    assert state.users[state.fold(state.nick)] is state.me
    for name, nick, member in members:
        if (
            state.users[nick] is not member.user
            or state.fold(member.nick) != nick
            or name not in member.user.channels
        ):
            raise AssertionError(f"{member!r} of {name} stands as {nick}: {state!r}")
    state.snapshots()


def one(data: bytes) -> None:
    """A byte that says how to cut, then what the peer sends; it is read as a server's, and as a client's."""
    if not data:
        return
    size, data = data[0] + 1, data[1:]
    lines = told([data])
    apart = told([data[at : at + size] for at in range(0, len(data), size)])
    if repr(lines) != repr(apart):
        raise AssertionError(f"{lines!r} in one read, {apart!r} in reads of {size}")
    state = State("me", Limits(channels=MEMBERS, members=MEMBERS, modes=4))
    state.caps = ("account-notify",)
    offer = Offer()
    for line in lines:
        if isinstance(line, Refused):
            continue
        written(line)
        assert state.source(line)["account"] != "*"
        state.feed(line)
        sound(state)
        offer.feed(line.params)
        last = line.params[-1] if line.params else ""
        text(last)
        login(last)
        modes(line, state.isupport)
        matcher(last, state.fold)(line.source)
        assert state.isupport.channel(last) != ""
    again = Isupport()
    for words in params(state.isupport.tokens):
        again.feed(["me", *words])
    assert again.tokens == state.isupport.tokens
    assert " ".join(packed(offer.values, ROOM)).split() == [*offer.values]


def generate(rng: random.Random) -> bytes:
    """Lines, most of them sound, some with a word of another or bytes changed."""
    out = bytearray((rng.choice((0, 1, 2, 7, 30, 200)),))
    for _ in range(rng.randrange(1, 14)):
        words = rng.choice(SAID).split(b" ")
        if rng.random() < 0.3:
            words[rng.randrange(len(words))] = rng.choice(rng.choice(SAID).split(b" "))
        out += b" ".join(words) + rng.choice(ENDS)
    if rng.random() < 0.4 and len(out) > 1:
        for _ in range(rng.randrange(1, 6)):
            out[rng.randrange(1, len(out))] = rng.choice((rng.randrange(256), 0, 32, 255))
    return bytes(out)
