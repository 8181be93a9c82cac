"""What a command changes: one line by the operator, and what it, a member and an outsider read of it."""

import pytest

from tests.irc.gateway.support import Bench, scene
from tests.irc.gateway.tables import HOST, shorts, world


@pytest.mark.parametrize(("line", "own", "member", "outsider"), [
    ("TOPIC #a :x", "ann TOPIC #a x", "ann TOPIC #a x", ""),
    ("TOPIC #a :", "ann TOPIC #a", "ann TOPIC #a", ""),
    ("TOPIC #i :x", "ann TOPIC #i x", "", ""),
    ("MODE #a +m-t", "ann MODE #a +m-t", "ann MODE #a +m-t", ""),
    ("MODE #a +mm", "ann MODE #a +m", "ann MODE #a +m", ""),
    ("MODE #a +m-m", "ann MODE #a +m-m", "ann MODE #a +m-m", ""),
    ("MODE #a +ov BOB bob", "ann MODE #a +ov bob bob", "ann MODE #a +ov bob bob", ""),
    ("MODE #a +ov-o bob eve ann", "441 eve #a / ann MODE #a +o-o bob ann", "ann MODE #a +o-o bob ann", ""),
    ("MODE #a +bzm x", "472 z / ann MODE #a +bm x!*@*", "ann MODE #a +bm x!*@*", ""),
    ("MODE #a +k x", "ann MODE #a +k x", "ann MODE #a +k x", ""),
    ("MODE #k -k any", "ann MODE #k -k *", "", ""),
    ("MODE #l -l", "ann MODE #l -l", "", ""),
    ("MODE #l +l 007", "ann MODE #l +l 7", "", ""),
    ("MODE #b -b EVE", "ann MODE #b -b eve!*@*", "", ""),
    ("MODE ann +iB", "ann MODE ann +iB", "", ""),
    ("KICK #a bob :out", "ann KICK #a bob out", "ann KICK #a bob out", ""),
    ("KICK #a bob,bob", "ann KICK #a bob ann / 441 bob #a", "ann KICK #a bob ann", ""),
    ("KICK #a ann", "ann KICK #a ann ann", "ann KICK #a ann ann", ""),
    ("PART #a,#a", "ann PART #a / 442 #a", "ann PART #a", ""),
    ("PART #a,#m,#i :bye", "ann PART #a bye / ann PART #m bye / ann PART #i bye",
     "ann PART #a bye / ann PART #m bye", ""),
    ("INVITE EVE #A", "341 eve #a", "", "ann INVITE eve #a"),
    ("INVITE bob #i", "341 bob #i", "ann INVITE bob #i", ""),
    ("NICK Ann", "ann NICK Ann", "ann NICK Ann", ""),
    ("NICK eve2", "ann NICK eve2", "ann NICK eve2", ""),
    ("AWAY :gone", "306", "", ""), ("AWAY", "305", "", ""), ("SETNAME :New", "", "", ""),
    ("PRIVMSG #a :hi", "", "", ""), ("NOTICE bob :hi", "", "", ""),
    ("QUIT :bye", "ERROR Closing Link: ehwbaorq.po76idei.6af3epo2.ip (Quit: bye)", "ann QUIT Quit: bye", ""),
    ("QUIT", "ERROR Closing Link: ehwbaorq.po76idei.6af3epo2.ip (Quit)", "ann QUIT Quit", ""),
    ("JOIN 0", " / ".join(f"ann PART {name}" for name in ("#a", "#s", "#i", "#k", "#l", "#m", "#b")),
     "ann PART #a / ann PART #s / ann PART #m", ""),
])  # fmt: skip
@scene
async def test_a_change_is_told_to_whom_it_concerns(line: str, own: str, member: str, outsider: str) -> None:
    """Who does it reads it once, as members do, however many channels they share; who is outside reads nothing."""
    async with Bench() as bench:
        eve, bob, ann = await world(bench)
        for one in (bob, ann):
            one.take()
        said = await ann.say(line)
        found = [(ann, said), *[(peer, await peer.lines()) for peer in (bob, eve)]]
        assert [shorts(peer, lines) for peer, lines in found] == [own, member, outsider]


@pytest.mark.parametrize(("before", "line", "answer"), [
    ("MODE #i +I eve", "JOIN #i", "eve JOIN #i"),
    ("MODE #i +I *!*@*.ip", "JOIN #i", "eve JOIN #i"),
    ("MODE #i +I *!*@example.org", "JOIN #i", "473 #i"),
    ("INVITE eve #i", "JOIN #i", "eve JOIN #i"),
    ("MODE #b +e eve", "JOIN #b", "eve JOIN #b"),
    ("INVITE eve #b", "JOIN #b", "eve JOIN #b"),
    ("MODE #b -b eve", "JOIN #b", "eve JOIN #b"),
    ("INVITE eve #k", "JOIN #k", "475 #k"),
    ("INVITE eve #k", "JOIN #k key", "eve JOIN #k"),
    ("MODE #k +k new", "JOIN #k key", "475 #k"),
    ("MODE #k -k key", "JOIN #k", "eve JOIN #k"),
    ("INVITE eve #l", "JOIN #l", "eve JOIN #l"),
    ("MODE #l +l 2", "JOIN #l", "eve JOIN #l"),
    ("MODE #a +b *!*@*", "JOIN #a", "474 #a"),
    ("MODE #a +b ~eve@*", "JOIN #a", "474 #a"),
    ("MODE #a +b EVE!*@*", "JOIN #a", "474 #a"),
    ("MODE #a +b $a", "JOIN #a", "eve JOIN #a"),
    ("MODE #a +bi eve", "JOIN #a", "474 #a"),
    ("KICK #a bob", "JOIN #a", "eve JOIN #a"),
    ("MODE #a -n", "PRIVMSG #a :hi", ""),
    ("MODE #a -n+b eve", "PRIVMSG #a :hi", "404 #a"),
    ("MODE #m -n", "PRIVMSG #m :hi", "404 #m"),
    ("MODE #a -t", "TOPIC #a :x", "442 #a"),
    ("AWAY :gone", "PRIVMSG ann :hi", "301 ann gone"),
    ("AWAY :gone", "NOTICE ann :hi", ""),
    ("AWAY :gone", "WHO ann %f", "354 G / 315 ann"),
    ("AWAY :gone", "USERHOST ann", "302 ann=-~ann@ehwbaorq.po76idei.6af3epo2.ip"),
    ("MODE ann +B", "WHO ann %f", "354 HB / 315 ann"),
    ("MODE ann +i", "WHO a* %n", "315 a*"),
    ("MODE ann +i", "WHO ann %n", "354 ann / 315 ann"),
    ("MODE #a +v bob", "NAMES #a", "353 = #a @ann +bob / 366 #a"),
    ("MODE #a +ov bob bob", "NAMES #a", "353 = #a @ann @bob / 366 #a"),
    ("MODE #a +s", "NAMES #a", "366 #a"), ("MODE #a +s", "TOPIC #a", "403 #a"), ("MODE #a +s", "MODE #a", "403 #a"),
    ("MODE #a +s", "PART #a", "403 #a"), ("MODE #a +s", "INVITE bob #a", "403 #a"),
    ("MODE #a +s", "KICK #a bob", "403 #a"),
    ("MODE #a +s", "LIST #a", "321 Channel / 323"), ("MODE #a +s", "WHO #a %n", "315 #a"),
    ("MODE #a +s", "PRIVMSG #a :hi", "404 #a"),
    ("NICK new", "WHOWAS ann 1",
     f"314 ann ~ann {HOST} * Ann / 312 ann irc.test Sun, 09 Sep 2001 01:46:40 GMT / 369 ann"),
    ("NICK new", "ISON ann new", "303 new"),
    ("SETNAME :New", "WHO ann %r", "354 New / 315 ann"),
    ("QUIT", "WHOIS ann", "401 ann / 318 ann"), ("QUIT", "PRIVMSG ann :hi", "401 ann"),
    ("QUIT", "TOPIC #i", "403 #i"),
    ("QUIT", "NICK ann", "eve NICK ann"),
])  # fmt: skip
@scene
async def test_what_an_outsider_is_answered_then(before: str, line: str, answer: str) -> None:
    """What an operator does changes what an outsider may do and see, at once and no further."""
    async with Bench() as bench:
        eve, _, ann = await world(bench, "draft/no-implicit-names")
        await ann.say(before)
        eve.take()
        assert shorts(eve, await eve.say(line)) == answer
