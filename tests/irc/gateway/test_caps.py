"""CAP."""

import pytest

from interfaces.irc.gateway import saying
from interfaces.irc.gateway.commands.caps import CAPS
from tests.irc.gateway.support import Bench, Certificate, scene

AUTH = "tests.irc.gateway.test_logging_in:fits"


def listed(lines: list[str], verb: str = "LS") -> list[str]:
    """The words of an answer."""
    words = []
    for line in lines:
        before, _, after = line.partition(f" {verb} ")
        assert before == ":irc.test CAP *"
        words += after.removeprefix("* ").removeprefix(":").split()
    return words


@scene
async def test_what_is_offered_is_said() -> None:
    """In the order of the alphabet, and without SASL where nobody may log in."""
    async with Bench() as bench:
        assert listed(await bench.connect().say("CAP LS 302")) == list(CAPS) == sorted(CAPS)


@pytest.mark.parametrize("version", ["", " 301", " 30x", f" {'9' * 5000}"[:20], " ²"])
@scene
async def test_an_old_client_gets_one_line_without_values(version: str) -> None:
    """As it knows no others."""
    async with Bench(auth=AUTH, auth_unencrypted=True) as bench:
        ann = bench.connect()
        (line,) = await ann.say(f"CAP LS{version}")
        assert listed([line])[-1] == "sasl" and len(line) <= 510
        assert await ann.say("CAP LIST") == [":irc.test CAP * LIST :"]


@scene
async def test_a_modern_client_gets_values_and_is_notified() -> None:
    """Of what changes, without asking for it."""
    async with Bench(auth=AUTH, auth_unencrypted=True) as bench:
        ann = bench.connect()
        assert listed(await ann.say("CAP LS 302"))[-1] == "sasl=PLAIN"
        assert listed(await ann.say("CAP LIST"), "LIST") == ["cap-notify"]


@pytest.mark.parametrize(
    ("options", "tls", "sasl"),
    [
        ({}, Certificate("ann"), []),
        ({"auth": AUTH}, None, []),
        ({"auth": AUTH}, Certificate(), ["sasl=PLAIN"]),
        ({"auth": AUTH}, Certificate("ann"), ["sasl=PLAIN,EXTERNAL"]),
        ({"auth": AUTH}, Certificate("two words"), ["sasl=PLAIN"]),
        ({"auth": AUTH, "auth_unencrypted": True}, None, ["sasl=PLAIN"]),
    ],
)
@scene
async def test_a_login_is_offered_where_it_is_safe(options: dict, tls: object, sasl: list[str]) -> None:
    """PLAIN by TLS or where the operator says so, EXTERNAL with a certificate."""
    async with Bench(**options) as bench:
        found = listed(await bench.connect(tls=tls).say("CAP LS 302"))
        assert [one for one in found if one.startswith("sasl")] == sasl


@scene
async def test_long_lists_take_several_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a modern client only; of an old one the first is all there is."""
    names = [f"example.org/capability-number-{number}" for number in range(40)]
    monkeypatch.setattr("interfaces.irc.gateway.commands.caps.CAPS", names)
    async with Bench() as bench:
        ann = bench.connect()
        lines = await ann.say("CAP LS 302")
        assert len(lines) > 2 and all(" LS * :" in line for line in lines[:-1]) and " LS :" in lines[-1]
        assert max(map(len, lines)) <= 510 and listed(lines) == names
        assert len(await ann.say("CAP LS")) == 1


# --- asking ----------------------------------------------------------------------------------------


@scene
async def test_what_is_known_is_agreed_on() -> None:
    """As it was asked for; and given back."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.say("CAP REQ :setname batch", "CAP REQ echo-message") == [
            ":irc.test CAP * ACK :setname batch",
            ":irc.test CAP * ACK echo-message",
        ]
        assert await ann.say("CAP REQ :-setname batch  batch ") == [":irc.test CAP * ACK :-setname batch"]
        assert await ann.say("CAP LIST") == [":irc.test CAP * LIST :batch echo-message"]


@pytest.mark.parametrize(
    "words", ["batch foo", "foo", "-foo", "batch draft/event-playback", "sasl", "cap-notify=1"]
)
@scene
async def test_what_is_not_known_is_refused_as_a_whole(words: str) -> None:
    """In the same words; nothing of it is agreed on."""
    async with Bench() as bench:
        ann = bench.connect()
        said = f":{words}" if " " in words else words
        assert await ann.say(f"CAP REQ :{words}") == [f":irc.test CAP * NAK {said}"]
        assert ann.client.caps == set()


@scene
async def test_long_asks_are_answered_in_lines_that_fit() -> None:
    """However often they say the same."""
    async with Bench() as bench:
        ann = bench.connect()
        both = " ".join(f"{name} -{name}" for name in CAPS)
        lines = [
            line
            async for line in _each(
                ann, [f"CAP REQ :{both[:490]}".rsplit(" ", 1)[0], f"CAP REQ :{'x' * 490}"]
            )
        ]
        assert [line.split()[3] for line in lines] == ["ACK", "ACK", "NAK"]
        assert max(map(len, lines)) <= 510


async def _each(peer, said):
    for one in said:
        for line in await peer.say(one):
            yield line


@scene
async def test_what_is_agreed_on_is_at_hand_for_every_line() -> None:
    """So that none has to be looked up."""
    async with Bench() as bench:
        ann = await bench.member(
            "ann", caps="server-time account-tag message-tags extended-join labeled-response"
        )
        assert ann.client.bits == saying.TAGGED
        assert ann.client.extended_join and ann.client.labels
        await ann.say("CAP REQ :-account-tag -extended-join -labeled-response")
        assert ann.client.bits == saying.SERVER_TIME | saying.MESSAGE_TAGS
        assert not ann.client.extended_join and not ann.client.labels


@scene
async def test_an_answer_has_no_tag_that_was_given_back() -> None:
    """The one that says so is the first without."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="server-time")
        (line,) = await ann.say("CAP REQ -server-time")
        assert line == ":irc.test CAP ann ACK -server-time"


# --- the end ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["CAP LS 302", "CAP REQ batch", "CAP REQ nothing"])
@scene
async def test_registration_waits_for_the_end(line: str) -> None:
    """Of a negotiation that has begun; LIST begins none."""
    async with Bench() as bench:
        ann, bob = bench.connect(), bench.connect()
        await ann.say(line)
        assert await ann.say("NICK ann", "USER ann 0 * :Ann") == []
        assert "001" in await ann.codes("CAP END")
        assert "001" in await bob.codes("CAP LIST", "CAP END", "NICK bob", "USER bob 0 * :Bob")


@scene
async def test_it_goes_on_afterwards() -> None:
    """A user may ask for more, or less; an end is then nothing."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("CAP REQ batch", "CAP END", "CAP LIST") == [
            ":irc.test CAP ann ACK batch",
            ":irc.test CAP ann LIST batch",
        ]


@scene
async def test_other_subcommands_are_refused() -> None:
    """And none at all."""
    async with Bench() as bench:
        ann = bench.connect()
        assert await ann.say("CAP", "CAP FOO", "CAP ACK :batch", "CAP :a b") == [
            ":irc.test 461 * CAP :Not enough parameters",
            ":irc.test 410 * FOO :Invalid CAP command",
            ":irc.test 410 * ACK :Invalid CAP command",
            ":irc.test 410 * a :Invalid CAP command",
        ]
