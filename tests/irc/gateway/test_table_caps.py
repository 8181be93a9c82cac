"""What capabilities change: each one on and off, and what a second client reads of what others do."""

from itertools import product
from typing import Any

import pytest

from interfaces.irc.gateway import actions
from tests.irc.gateway.support import TIME, Bench, Peer, scene
from tests.irc.gateway.tables import HOST, Row, shorts, world
from tests.irc.gateway.test_table_commands import ROWS


async def done(peers: dict[str, Peer], step: str) -> list[str]:
    """One says, or does, something; what bob reads of it."""
    who, said = peers[step[:3]], step[5:]
    if step[3] == "=":
        act(who, said)
        return await peers["bob"].lines()
    answer = await who.say(said)
    return answer if who is peers["bob"] else await peers["bob"].lines()


def act(peer: Peer, said: str) -> None:
    """What a user does that no command does: its account or its host is another."""
    kind, *words = said.split()
    gateway, user = peer.bench.gateway, peer.client.user
    if kind == "account":
        actions.account(gateway, user, words[0] if words else None)
    else:
        actions.rehosted(gateway, user, *words)


@pytest.mark.parametrize(("cap", "said", "able", "other"), [
    ("extended-join", "eve: JOIN #a", "eve JOIN #a * Eve", "eve JOIN #a"),
    ("away-notify", "ann: AWAY :gone", "ann AWAY gone", ""),
    ("away-notify", "ann: AWAY", "ann AWAY", ""),
    ("away-notify", "eve: AWAY :gone", "", ""),
    ("away-notify", "eve: AWAY :gone; eve: JOIN #a", "eve JOIN #a / eve AWAY gone", "eve JOIN #a"),
    ("away-notify", "eve: AWAY :gone; eve: AWAY; eve: JOIN #a", "eve JOIN #a", "eve JOIN #a"),
    ("setname", "ann: SETNAME :Ann A.", "ann SETNAME Ann A.", ""),
    ("setname", "eve: SETNAME :Eve E.", "", ""),
    ("account-notify", "ann= account annie", "ann ACCOUNT annie", ""),
    ("account-notify", "ann= account", "ann ACCOUNT *", ""),
    ("account-notify", "eve= account evelyn", "", ""),
    ("chghost", "ann= host v new.test", "ann CHGHOST v new.test", ""),
    ("chghost", "eve= host v new.test", "", ""),
    ("invite-notify", "ann: INVITE eve #a", "ann INVITE eve #a", ""),
    ("invite-notify", "ann: INVITE bob #i", "ann INVITE bob #i", "ann INVITE bob #i"),
    ("invite-notify", "ann: INVITE eve #i", "", ""),
    ("multi-prefix", "ann: MODE #a +v ann; bob: NAMES #a",
     "ann MODE #a +v ann / 353 = #a @+ann bob / 366 #a", "ann MODE #a +v ann / 353 = #a @ann bob / 366 #a"),
    ("multi-prefix", "ann: MODE #a +v ann; bob: WHO #a %f",
     "ann MODE #a +v ann / 354 H@+ / 354 H / 315 #a", "ann MODE #a +v ann / 354 H@ / 354 H / 315 #a"),
    ("multi-prefix", "ann: MODE #a +v bob; bob: NAMES #a", *["ann MODE #a +v bob / 353 = #a @ann +bob / 366 #a"] * 2),
    ("draft/no-implicit-names", "bob: JOIN #n", "bob JOIN #n", "bob JOIN #n / 353 = #n @bob / 366 #n"),
    ("draft/no-implicit-names", "bob: NAMES #e", *["353 = #e @eve / 366 #e"] * 2),
    ("echo-message", "bob: PRIVMSG #a :hi", "bob PRIVMSG #a hi", ""),
    ("echo-message", "bob: NOTICE ann :hi", "bob NOTICE ann hi", ""),
    ("echo-message", "bob: PRIVMSG bob :hi", "bob PRIVMSG bob hi", ""),
    ("echo-message", "bob: PRIVMSG #none :hi", "403 #none", "403 #none"),
    ("echo-message", "ann: PRIVMSG #a :hi", "", ""),
    ("message-tags", "bob: TAGMSG #a", "", "421 TAGMSG"),
    ("message-tags", "bob: TAGMSG", "411", "421 TAGMSG"),
    ("message-tags", "bob: TAGMSG nobody", "401 nobody", "421 TAGMSG"),
    ("message-tags", "bob: TAGMSG #e", "404 #e", "421 TAGMSG"),
    ("draft/chathistory", "bob: CHATHISTORY X #a * 1",
     "FAIL CHATHISTORY INVALID_PARAMS X Unknown command", "421 CHATHISTORY"),
    ("draft/chathistory", "bob: CHATHISTORY LATEST #e * 1",
     "FAIL CHATHISTORY INVALID_TARGET LATEST #e Messages could not be retrieved", "421 CHATHISTORY"),
    ("draft/chathistory", "bob: CHATHISTORY LATEST", "FAIL CHATHISTORY INVALID_PARAMS LATEST Insufficient parameters",
     "421 CHATHISTORY"),
    ("cap-notify", "bob: CAP LIST", "CAP bob LIST cap-notify", "CAP bob LIST"),
    ("standard-replies", "bob: SETNAME :", *["FAIL SETNAME INVALID_REALNAME Realname is not valid"] * 2),
    ("extended-monitor away-notify", "bob: MONITOR + eve; eve: AWAY :gone", "730 eve / eve AWAY gone", "730 eve"),
    ("extended-monitor", "bob: MONITOR + eve; eve: AWAY :gone", "730 eve", "730 eve"),
    ("extended-monitor setname", "bob: MONITOR + EVE; eve: SETNAME :E", "730 eve / eve SETNAME E", "730 eve"),
    ("extended-monitor chghost", "bob: MONITOR + eve; eve= host v new.test",
     "730 eve / eve CHGHOST v new.test", "730 eve"),
    ("extended-monitor account-notify", "bob: MONITOR + eve; eve= account e", "730 eve / eve ACCOUNT e", "730 eve"),
    ("extended-monitor setname", "bob: MONITOR + eve; bob: MONITOR C; eve: SETNAME :E", "730 eve", "730 eve"),
    ("extended-monitor away-notify", "bob: MONITOR + ann; ann: AWAY :gone", "730 ann / ann AWAY gone", "730 ann"),
])  # fmt: skip
@scene
async def test_a_capability_decides_what_is_read(cap: str, said: str, able: str, other: str) -> None:
    """A member reads the one answer with the capability and the other without, whatever those who act have."""
    found = []
    for caps in (cap, ""):
        async with Bench() as bench:
            bob, ann = await bench.member("bob", caps=caps), await bench.member("ann", "#a,#i")
            peers = {"ann": ann, "bob": bob, "eve": await bench.member("eve", "#e")}
            await bob.say("JOIN #a")
            bob.take()
            lines = [line for step in said.split("; ") for line in await done(peers, step)]
            found.append(shorts(bob, lines))
    assert found == [able, other]


TAGS = ("server-time", "account-tag", "message-tags")


@scene
async def test_tags_are_those_that_were_agreed_on() -> None:
    """Whatever another does, each reader has time and account on the line if it asked for them, and nothing else."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        ann.client.user.account = "annie"
        readers: dict[tuple[bool, ...], Peer] = {}
        for place, wanted in enumerate(product((False, True), repeat=3)):
            caps = " ".join(cap for cap, on in zip(TAGS, wanted, strict=True) if on)
            readers[wanted] = await bench.member(f"r{place}", "#a", caps=caps)
        for said in (
            "TOPIC #a :x",
            "MODE #a +m",
            "MODE #a +v r1",
            "KICK #a nobody",
            "NICK ann2",
            "PART #a",
            "JOIN #a",
            "QUIT",
        ):
            await ann.say(said)
            lines = {wanted: await reader.lines() for wanted, reader in readers.items()}
            bare = lines[(False,) * 3]
            for (time, account, _), read in lines.items():
                tags = ";".join([f"time={TIME}"] * time + ["account=annie"] * account)
                assert read == [f"@{tags} {line}" if tags else line for line in bare]


@pytest.mark.parametrize(("event", "tagged", "bare"), [
    ({"type": "irc.deliver", "source": "ann", "text": "hi", "tags": {"msgid": "m", "+x": "1"}},
     f"@msgid=m;+x=1;time={TIME};account=annie :ann!~ann@{HOST} PRIVMSG #a :hi", f":ann!~ann@{HOST} PRIVMSG #a :hi"),
    ({"type": "irc.deliver", "source": "web", "text": "hi", "command": "NOTICE", "tags": {"msgid": "m"}, "time": 0.5},
     "@msgid=m;time=1970-01-01T00:00:00.500Z :web!web@irc.test NOTICE #a :hi", ":web!web@irc.test NOTICE #a :hi"),
    ({"type": "irc.deliver", "source": "ann", "command": "TAGMSG", "tags": {"msgid": "m", "+typing": "active"}},
     f"@msgid=m;+typing=active;time={TIME};account=annie :ann!~ann@{HOST} TAGMSG #a", None),
    ({"type": "irc.deliver", "source": {"nick": "web", "account": "w"}, "text": "waves", "ctcp": "ACTION",
      "tags": {"msgid": "m", "time": "no", "account": "no", "label": "no", "batch": "no"}},
     f"@msgid=m;time={TIME};account=w :web!web@irc.test PRIVMSG #a :\x01ACTION waves\x01",
     ":web!web@irc.test PRIVMSG #a :\x01ACTION waves\x01"),
    ({"type": "irc.deliver", "source": "ann!x@other", "text": "hi", "tags": {"msgid": "m"}},
     f"@msgid=m;time={TIME} :ann!x@other PRIVMSG #a :hi", ":ann!x@other PRIVMSG #a :hi"),
    ({"type": "irc.deliver", "source": "ANN", "text": "", "tags": {"msgid": "m"}},
     f"@msgid=m;time={TIME};account=annie :ann!~ann@{HOST} PRIVMSG #a :", f":ann!~ann@{HOST} PRIVMSG #a :"),
])  # fmt: skip
@scene
async def test_what_is_relayed_has_the_tags_of_its_reader(
    event: dict[str, Any], tagged: str, bare: str | None
) -> None:
    """A message of the application is one line with all tags, and one without, or none where it is tags alone."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        ann.client.user.account = "annie"
        bob = await bench.member("bob", "#a", caps=" ".join(TAGS))
        eve = await bench.member("eve", "#a")
        await ann.lines()
        await ann.tell({"target": "#a", "relay": True, **event})
        assert await bob.lines() == [tagged]
        assert await eve.lines() == ([] if bare is None else [bare])


# --- labels ----------------------------------------------------------------------------------------


def unlabelled(lines: list[str], label: str) -> list[str]:
    """The lines of an answer, once it is seen that its label is where it has to be."""
    tag = f"@label={label} "
    assert lines and lines[0].startswith(tag), lines
    first = lines[0].removeprefix(tag)
    if " BATCH +" not in first:
        assert len(lines) == 1
        return [] if first == ":irc.test ACK" else [first]
    name = first.split()[2][1:]
    assert (first, lines[-1]) == (f":irc.test BATCH +{name} labeled-response", f":irc.test BATCH -{name}")
    assert len(lines) > 3 and all(line.startswith(f"@batch={name} ") for line in lines[1:-1])
    return [line.partition(" ")[2] for line in lines[1:-1]]


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@scene
async def test_every_answer_has_the_label_of_its_line(rows: list[Row]) -> None:
    """An answer is the same with a label: none is an ACK, one line has the label itself, several are a batch."""
    async with Bench() as bench:
        peers = await world(bench, "labeled-response batch")
        for place, row in enumerate(rows):
            found = []
            for peer in peers:
                await peer.lines()
                said = await peer.say(f"@label=l{place} {row[0]}")
                found.append(shorts(peer, unlabelled(said, f"l{place}")))
            assert found == [*row[1:]], row[0]
