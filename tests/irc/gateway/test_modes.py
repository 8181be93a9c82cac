"""MODE."""

import pytest

from tests.irc.gateway.support import NOW, Bench, Peer, scene

SEEN = f"{int(NOW)}"


def source(peer: Peer) -> str:
    """nick!user@host of a client."""
    return str(peer.client.user.source)


@scene
async def test_modes_of_a_channel_are_shown() -> None:
    """The key only to members; of a secret one nothing to outsiders."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await ann.say("MODE #a +kls sesame 5")
        await ann.say("MODE #a -s")
        assert await ann.say("MODE #A") == [
            ":irc.test 324 ann #a +ntkl sesame 5", f":irc.test 329 ann #a {SEEN}"
        ]  # fmt: skip
        assert (await bob.say("MODE #a"))[0] == ":irc.test 324 bob #a +ntkl * 5"
        await ann.say("MODE #a +s-ntkl x")
        assert (await ann.say("MODE #a"))[0] == ":irc.test 324 ann #a +s"
        assert await bob.codes("MODE #a", "MODE #a +b", "MODE #x") == ["403", "403", "403"]


@scene
async def test_an_operator_changes_modes() -> None:
    """All members hear what has changed, and nothing else; the application gets it as a list."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        told = [f":{source(ann)} MODE #a +mv-t+k bob sesame"]
        assert await ann.say("MODE #a +nmv-t+k BOB sesame") == told
        assert await bob.lines() == told
        (event,) = ann.events("irc.mode")
        assert event["target"] == "#a"
        assert event["modes"] == [["+m", ""], ["+v", "bob"], ["-t", ""], ["+k", "sesame"]]
        assert bob.events("irc.mode") == []
        assert await ann.say("MODE #a +m", "MODE #a -l", "MODE #a") == [
            ":irc.test 324 ann #a +mnk sesame", f":irc.test 329 ann #a {SEEN}"
        ]  # fmt: skip


@scene
async def test_who_may_not() -> None:
    """A member is told once, an outsider, too; queries are for all."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        eve = await bench.member("eve")
        assert await bob.say("MODE #a +ov bob bob") == [":irc.test 482 bob #a :You're not channel operator"]
        assert await eve.codes("MODE #a +m", "MODE #a b") == ["442", "368"]
        assert await bob.codes("MODE #a +b", "MODE #a eI") == ["368", "349", "347"]
        assert bench.gateway.roster.room("#a").members[ann.client.user] == "@"


@scene
async def test_lists_are_kept_and_shown() -> None:
    """Masks get all their parts, and stand there once."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say("MODE #a +beI bob *@host $a:eve", "MODE #a +b BOB!*@*") == [
            f":{source(ann)} MODE #a +beI bob!*@* *!*@host $a:eve"
        ]  # fmt: skip
        assert await ann.say("MODE #a bb", "MODE #a +e", "MODE #a I") == [
            f":irc.test 367 ann #a bob!*@* {source(ann)} {SEEN}",
            ":irc.test 368 ann #a :End of channel ban list",
            f":irc.test 348 ann #a *!*@host {source(ann)} {SEEN}",
            ":irc.test 349 ann #a :End of channel exception list",
            f":irc.test 346 ann #a $a:eve {source(ann)} {SEEN}",
            ":irc.test 347 ann #a :End of channel invite exception list",
        ]
        assert await ann.say("MODE #a -b Bob", "MODE #a -b bob", "MODE #a b") == [
            f":{source(ann)} MODE #a -b bob!*@*", ":irc.test 368 ann #a :End of channel ban list"
        ]  # fmt: skip


@scene
async def test_lists_have_a_limit() -> None:
    """Of a channel, all of them; what is taken away makes room."""
    async with Bench(list_entries=2) as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say("MODE #a +bbe a b c") == [
            ":irc.test 478 ann #a e :Channel list is full", f":{source(ann)} MODE #a +bb a!*@* b!*@*"
        ]  # fmt: skip
        assert await ann.say("MODE #a -b+e a c") == [f":{source(ann)} MODE #a -b+e a!*@* c!*@*"]


@pytest.mark.parametrize(("said", "told"), [
    ("+x", "472 ann x :is unknown mode char to me"), ("+o nobody", "401 ann nobody :No such nick/channel"),
    ("+o eve", "441 ann eve #a :They aren't on that channel"), ("+v", "696 ann #a v * :Invalid mode parameter"),
    ("+k", "696 ann #a k * :Invalid mode parameter"), ("+k :", "696 ann #a k * :Invalid mode parameter"),
    ("+k :a b", "696 ann #a k * :Invalid mode parameter"), ("+k a,b", "696 ann #a k * :Invalid mode parameter"),
    ("+k " + "x" * 33, "696 ann #a k * :Invalid mode parameter"), ("+l", "696 ann #a l * :Invalid mode parameter"),
    ("+l 0", "696 ann #a l 0 :Invalid mode parameter"), ("+l x", "696 ann #a l x :Invalid mode parameter"),
    ("+b ::x", "696 ann #a b x :Invalid mode parameter"), ("+P", "472 ann P :is unknown mode char to me"),
    ("+:", "472 ann * :is unknown mode char to me"), ("+b $x:y", "696 ann #a b $x:y :Invalid mode parameter"),
])  # fmt: skip
@scene
async def test_what_cannot_be_is_refused(said: str, told: str) -> None:
    """Nothing has changed then, and nothing is told."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        await bench.member("eve")
        assert await ann.say(f"MODE #a {said}") == [f":irc.test {told}"]
        assert ann.events("irc.mode") == []


@scene
async def test_what_can_be_is_done_beside_what_cannot() -> None:
    """A limit is told as the number that it is."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say("MODE #a +xl-t 007") == [
            ":irc.test 472 ann x :is unknown mode char to me", f":{source(ann)} MODE #a +l-t 7"
        ]  # fmt: skip


@scene
async def test_a_command_has_a_limit() -> None:
    """What is more than 20 modes is passed over; what was done is told in lines that are not too long."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        masks = [f"{letter}!*@*" for letter in "abcdefghijklmnopqrstuvwxyz"]
        said = await ann.say(f"MODE #a +{'b' * 26} {' '.join(masks)}")
        assert len(bench.gateway.roster.room("#a").lists["b"]) == 20
        assert all(line.split()[1] == "MODE" and len(line) <= 510 for line in said)


@scene
async def test_who_loses_its_sign_may_not_any_more() -> None:
    """An operator may take it from itself and from others."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        assert await ann.codes("MODE #a +o bob") == ["MODE"]
        assert await bob.codes("MODE #a -o+v ann ann") == ["MODE", "MODE"]
        assert bench.gateway.roster.room("#a").members[ann.client.user] == "+"
        assert await ann.codes("MODE #a +m") == ["MODE", "482"]


# --- users -------------------------------------------------------------------------------------------


@scene
async def test_modes_of_oneself() -> None:
    """Only oneself hears of them; r cannot be set."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        bob = await bench.member("bob", "#a")
        await ann.lines()
        assert await ann.say("MODE ANN", "MODE ann +iwB", "MODE ann +i", "MODE ann -w+r", "MODE ann") == [
            ":irc.test 221 ann +",
            f":{source(ann)} MODE ann +iwB",
            f":{source(ann)} MODE ann -w",
            ":irc.test 221 ann +Bi",
        ]
        assert await bob.lines() == []
        assert [one["modes"] for one in ann.events("irc.mode")] == [
            [["+i", ""], ["+w", ""], ["+B", ""]], [["-w", ""]]
        ]  # fmt: skip
        assert bench.gateway.roster.invisible == 1


@scene
async def test_modes_of_users_are_refused() -> None:
    """Of others, of nobody, and such as are none."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await bench.member("bob")
        assert await ann.say("MODE bob", "MODE bob +i", "MODE nobody +i", "MODE ann +xo", "MODE") == [
            ":irc.test 502 ann :Can't change mode for other users",
            ":irc.test 502 ann :Can't change mode for other users",
            ":irc.test 401 ann nobody :No such nick/channel",
            ":irc.test 501 ann :Unknown MODE flag",
            ":irc.test 461 ann MODE :Not enough parameters",
        ]


@scene
async def test_what_a_bot_does_is_marked() -> None:
    """For those who have message-tags."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="message-tags")
        bob = await bench.member("bob")
        await bob.say("MODE bob +B")
        await bob.say("JOIN #a")
        assert await ann.lines() == [f"@bot :{source(bob)} JOIN #a"]
