"""All commands, whatever a client makes of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.irc.gateway.commands import TABLE
from tests.irc.gateway.support import Bench, scene

WORDS = st.one_of(
    st.sampled_from([
        "#a", "#A", "#s", "#new", "ann", "BOB", "*", "0", "+o", "-o+v", "+kl", "+beI", "b", "+b", "$a:x", "a,b,#a,,",
        ":x", "%tcuihsnfdlaor,1", "o", "+", "-", "C", "L", "S", ">1", "C<5", "!x", "*!*@*", "x" * 250, "ä" * 120, "9",
        ":", "LATEST",
    ]),
    st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=20),
)  # fmt: skip
LINES = st.tuples(st.sampled_from(sorted(TABLE)), st.lists(WORDS, max_size=5), st.booleans())


@settings(max_examples=60)
@given(st.lists(LINES, max_size=12))
@scene
async def test_any_line_is_taken(said: list[tuple[str, list[str], bool]]) -> None:
    """Nothing is raised, no answer is longer than a line, and members and channels agree in the end."""
    lines = []
    for command, words, colon in said:
        if colon and words:
            words = [*words[:-1], f":{words[-1]}"]
        line = " ".join((command, *words)).encode(errors="replace")
        lines.append(line[:510])
    async with Bench(recvq=1 << 20) as bench:
        ann = await bench.member("ann", "#a,#s", caps="multi-prefix setname extended-join")
        bob = await bench.member("bob", "#a", caps="userhost-in-names away-notify invite-notify")
        await ann.say("MODE #s +s")
        for line in lines:
            for peer in (ann, bob):
                if not peer.transport.closing and peer.transport.reading:
                    answers = await peer.say(line)
                    assert all(len(one.encode()) <= 510 for one in answers), (line, answers)
        roster = bench.gateway.roster
        assert all(
            user.rooms[roster.fold(room.name)] is room
            for room in roster.rooms.values()
            for user in room.members
        )
        assert all(user in room.members for user in roster.users.values() for room in user.rooms.values())
        assert roster.arrived == roster.local == len(roster.users)
