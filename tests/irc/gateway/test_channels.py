"""PART, KICK, TOPIC, INVITE."""

from tests.irc.gateway.support import NOW, Bench, scene

SEEN = f"{int(NOW)}"


def source(peer: object) -> str:
    """nick!user@host of a client."""
    return peer.client.user.source  # type: ignore[attr-defined,no-any-return]


@scene
async def test_who_parts_is_seen_to() -> None:
    """By itself and by the members; the application is told after it is done."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#b"), await bench.member("bob", "#a")
        assert await ann.say("PART #A,#b :so long") == [
            f":{source(ann)} PART #a :so long",
            f":{source(ann)} PART #b :so long",
        ]
        assert await bob.lines() == [f":{source(ann)} PART #a :so long"]
        assert [(one["channel"], one["text"], one["is_self"]) for one in ann.events("irc.part")] == [
            ("#a", "so long", True), ("#b", "so long", True)
        ]  # fmt: skip
        assert bob.events("irc.part") == []
        assert list(bench.gateway.roster.rooms) == ["#a"]


@scene
async def test_part_is_refused() -> None:
    """Of a channel that is none, or that one is not in; a secret one is none to outsiders."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#s"), await bench.member("bob")
        await ann.say("MODE #s +s")
        assert await bob.say("PART #x,#a,#s", "PART :", "PART :,") == [
            ":irc.test 403 bob #x :No such channel",
            ":irc.test 442 bob #a :You're not on that channel",
            ":irc.test 403 bob #s :No such channel",
        ]
        assert bob.events("irc.part") == []


@scene
async def test_an_operator_kicks() -> None:
    """One or several, whose applications hear of it; without a text its own nick is the reason."""
    async with Bench() as bench:
        ann, bob, eve = [await bench.member(nick, "#a") for nick in ("ann", "bob", "eve")]
        assert await ann.say("KICK #a BOB,eve :out") == [
            f":{source(ann)} KICK #a bob :out", f":{source(ann)} KICK #a eve :out"
        ]  # fmt: skip
        assert await bob.lines() == [f":{source(ann)} KICK #a bob :out"]
        assert len(await eve.lines()) == 2
        assert [(one["target"], one["text"], one["is_self"]) for one in ann.events("irc.kick")] == [
            ("bob", "out", False), ("eve", "out", False)
        ]  # fmt: skip
        (kick,) = bob.events("irc.kick")
        assert (kick["source"]["nick"], kick["channel"], kick["target"], kick["is_self"]) == (
            "ann",
            "#a",
            "bob",
            True,
        )
        assert await ann.say("KICK #a ann") == [f":{source(ann)} KICK #a ann :ann"]
        assert ann.events("irc.kick")[-1]["is_self"]


@scene
async def test_pairs_of_channels_and_nicks() -> None:
    """As RFC 2812 has it: as many of each."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a,#b")
        bob = await bench.member("bob", "#a,#b")
        assert await ann.codes("KICK #a,#b bob,bob") == ["KICK", "KICK"]
        assert bob.client.user.rooms == {}


@scene
async def test_kick_is_refused() -> None:
    """Of who is not operator, is not there, or names what is not."""
    async with Bench() as bench:
        ann, bob, eve = (
            await bench.member("ann", "#a"),
            await bench.member("bob", "#a"),
            await bench.member("eve"),
        )
        assert await bob.say("KICK #a ann", "KICK #x ann") == [
            ":irc.test 482 bob #a :You're not channel operator", ":irc.test 403 bob #x :No such channel"
        ]  # fmt: skip
        assert await eve.codes("KICK #a ann") == ["442"]
        assert await ann.say("KICK #a eve", "KICK #a nobody", "KICK #a") == [
            ":irc.test 441 ann eve #a :They aren't on that channel",
            ":irc.test 401 ann nobody :No such nick/channel",
            ":irc.test 461 ann KICK :Not enough parameters",
        ]
        assert ann.events("irc.kick") == []


@scene
async def test_a_topic_is_set_and_shown() -> None:
    """With by whom and when; "" is none."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        assert await ann.say("TOPIC #a") == [":irc.test 331 ann #a :No topic is set"]
        assert await ann.say("TOPIC #a :new  things") == [f":{source(ann)} TOPIC #a :new  things"]
        assert await bob.lines() == [f":{source(ann)} TOPIC #a :new  things"]
        assert await bob.say("TOPIC #a") == [
            ":irc.test 332 bob #a :new  things", f":irc.test 333 bob #a {source(ann)} {SEEN}"
        ]  # fmt: skip
        assert await ann.say("TOPIC #a :") == [f":{source(ann)} TOPIC #a :"]
        assert await bob.codes("TOPIC #a") == ["TOPIC", "331"]
        assert [one["text"] for one in ann.events("irc.topic")] == ["new  things", ""]


@scene
async def test_who_may_set_a_topic() -> None:
    """Operators; all members without t; outsiders may look."""
    async with Bench() as bench:
        ann, bob, eve = (
            await bench.member("ann", "#a"),
            await bench.member("bob", "#a"),
            await bench.member("eve"),
        )
        assert await bob.codes("TOPIC #a :mine") == ["482"]
        assert await eve.codes("TOPIC #a", "TOPIC #a :mine", "TOPIC #x") == ["331", "442", "403"]
        await ann.say("MODE #a -t")
        assert await bob.codes("TOPIC #a :mine") == ["MODE", "TOPIC"]
        await ann.say("MODE #a +s")
        assert await eve.codes("TOPIC #a") == ["403"]


@scene
async def test_a_topic_has_a_limit() -> None:
    """Octets; what is cut is never half a character, and no line is too long."""
    async with Bench(topic_length=5) as bench:
        ann = await bench.member("ann", "#a")
        await ann.say("TOPIC #a :äääää")
        assert bench.gateway.roster.room("#a").topic == "ää"
    async with Bench() as bench:
        ann = await bench.member("ann", f"#{'ä' * 63}")
        (line,) = await ann.say(f"TOPIC #{'ä' * 63} :{'ö' * 170}")
        assert len(line.encode()) <= 510
        assert line.endswith("ö")


@scene
async def test_an_invitation() -> None:
    """Who is invited hears of it, and may come in."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await ann.say("MODE #a +i")
        await bob.say("AWAY :back soon")
        assert await ann.say("INVITE BOB #A") == [
            ":irc.test 341 ann bob #a", ":irc.test 301 ann bob :back soon"
        ]  # fmt: skip
        assert await bob.lines() == [f":{source(ann)} INVITE bob #a"]
        assert await bob.say("INVITE") == [":irc.test 336 bob #a", ":irc.test 337 bob :End of INVITE list"]
        assert [(one["channel"], one["target"]) for one in ann.events("irc.invite")] == [("#a", "bob")]
        assert bob.events("irc.invite") == []
        assert (await bob.codes("JOIN #a"))[0] == "JOIN"
        assert await bob.say("INVITE") == [":irc.test 337 bob :End of INVITE list"]


@scene
async def test_an_invitation_ends_with_its_channel() -> None:
    """Another one of the same name is another."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await ann.say("INVITE bob #a", "PART #a", "JOIN #a", "MODE #a +i")
        await bob.lines()
        assert await bob.codes("INVITE", "JOIN #a") == ["337", "473"]


@scene
async def test_a_member_who_is_no_operator_only_tells() -> None:
    """Its invitation lifts nothing."""
    async with Bench() as bench:
        ann, bob, eve = (
            await bench.member("ann", "#a"),
            await bench.member("bob", "#a"),
            await bench.member("eve"),
        )
        assert await bob.codes("INVITE eve #a") == ["341"]
        await ann.say("MODE #a +i")
        assert await eve.codes("JOIN #a") == ["INVITE", "473"]
        assert await bob.codes("INVITE eve #a") == ["MODE", "482"]


@scene
async def test_members_with_invite_notify_hear_of_it() -> None:
    """Others do not, nor does who invites."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="invite-notify")
        bob, eve = await bench.member("bob", "#a", caps="invite-notify"), await bench.member("eve", "#a")
        await bench.member("dan")
        assert await ann.codes("INVITE dan #a") == ["341"]
        assert await bob.lines() == [f":{source(ann)} INVITE dan #a"]
        assert await eve.lines() == []


@scene
async def test_invite_is_refused() -> None:
    """To who is there already, of who is nobody, from outside, into nothing."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        await bench.member("eve")
        assert await ann.say("INVITE bob #a", "INVITE nobody #a", "INVITE eve #x", "INVITE eve") == [
            ":irc.test 443 ann bob #a :is already on channel",
            ":irc.test 401 ann nobody :No such nick/channel",
            ":irc.test 403 ann #x :No such channel",
            ":irc.test 461 ann INVITE :Not enough parameters",
        ]
        await bob.say("PART #a")
        assert await bob.codes("INVITE eve #a") == ["442"]


@scene
async def test_invitations_have_a_limit() -> None:
    """The oldest falls away."""
    async with Bench(joined=60) as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        await ann.say(*(f"JOIN #c{number}" for number in range(51)))
        await ann.say(*(f"INVITE bob #c{number}" for number in range(51)))
        await bob.lines()
        codes = await bob.say("INVITE")
        assert len(codes) == 51
        assert codes[0] == ":irc.test 336 bob #c1"


@scene
async def test_words_that_fit_into_no_line_are_shown_in_part() -> None:
    """A colon, blanks or nothing, wherever a client may put them."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say("PART ::x y", "KICK #a ::x", "TOPIC :", "INVITE :x y #a", "MODE :") == [
            ":irc.test 403 ann x :No such channel",
            ":irc.test 401 ann x :No such nick/channel",
            ":irc.test 403 ann * :No such channel",
            ":irc.test 461 ann INVITE :Not enough parameters",
            ":irc.test 401 ann * :No such nick/channel",
        ]
