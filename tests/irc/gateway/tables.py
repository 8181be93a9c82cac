"""For tests that are tables: a small world of three clients, and lines made short enough to stand in a row."""

from interfaces.irc.line import parse
from interfaces.irc.numerics import text_of
from tests.irc.gateway.support import Bench, Peer

__all__ = ["HOST", "Row", "answers", "short", "shorts", "world"]

HOST = "ehwbaorq.po76idei.6af3epo2.ip"
"""Of every client of a bench."""
Row = tuple[str, str, str, str]
"""A line, and what an outsider, a member and an operator read when they say it."""
MODES = ("#s +s", "#i +i", "#k +k key", "#l +l 1", "#m +m", "#b +b eve")


def short(line: str, nick: str) -> str:
    """Without the server's name, the reader's nick in a numeric, its usual text, and what is alike in all sources."""
    found = parse(line.encode())
    assert found is not None, line
    words = list(found.params)
    if found.command.isdigit():
        assert (found.source, words[0]) == ("irc.test", nick), line
        del words[0]
        if words and words[-1] == text_of(found.command):
            del words[-1]
    who = [] if found.source == "irc.test" else [found.source]
    said = " ".join([*who, found.command, *words]).rstrip()
    for one in ("ann", "bob", "eve"):
        said = said.replace(f"!~{one}@{HOST}", "")
    return said


def shorts(peer: Peer, lines: list[str]) -> str:
    """Several of them, as they stand in a row."""
    return " / ".join(short(line, peer.client.user.nick) for line in lines)


async def answers(peer: Peer, *lines: str) -> str:
    """What a client reads when it says ``lines``; what came before is passed over."""
    await peer.lines()
    return shorts(peer, await peer.say(*lines))


async def world(bench: Bench, caps: str = "") -> tuple[Peer, Peer, Peer]:
    """eve outside, bob a member of #a, #m and #s, ann the operator of those and of #i, #k, #l, #b."""
    ann = await bench.member("ann", "#a,#s,#i,#k,#l,#m,#b", caps=caps)
    await ann.say(*(f"MODE {one}" for one in MODES))
    bob = await bench.member("bob", "#a,#m,#s", caps=caps)
    eve = await bench.member("eve", "#e", caps=caps)
    return eve, bob, ann
