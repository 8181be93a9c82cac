"""What a client knows of its network, by what the server says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.irc.line import parse
from interfaces.irc.state import _HANDLERS, REFOLDS, WHOX, Limits, State

NICKS = ("me", "dan", "Eve", "eve", "[x]", "{x}", "me_")
CHANNELS = ("#a", "#B", "#b", "&[c]", "&{c}", "nobody")


def fed(state: State, *lines: str) -> State:
    """``state``, which has been told ``lines``."""
    for said in lines:
        line = parse(said.encode())
        assert line is not None
        state.feed(line)
    assert_sound(state)
    return state


def assert_sound(state: State) -> None:
    """Each member stands in both tables, under the name that it has, and nobody is known without a channel."""
    for key, channel in state.channels.items():
        assert key == state.fold(channel.name)
        for nick, member in channel.members.items():
            assert state.users[nick] is member.user
            assert state.fold(member.nick) == nick
            assert key in member.user.channels
    assert state.members == sum(len(channel.members) for channel in state.channels.values())
    assert state.members == sum(len(user.channels) for user in state.users.values())
    assert all(user.channels or user is state.me for user in state.users.values())
    assert state.users[state.fold(state.nick)] is state.me


def joined(*lines: str) -> State:
    """One that is in #a with dan (an operator) and eve (who has a voice), and then was told ``lines``."""
    return fed(
        State("me"),
        ":irc.example 001 me :Welcome",
        ":me!m@my.example JOIN #a",
        ":irc.example 353 me = #a :me @dan +eve",
        ":irc.example 366 me #a :End of NAMES list",
        *lines,
    )


def test_the_server_says_how_we_are_called() -> None:
    """It may be another nick than the one that was asked for."""
    state = fed(
        State("me"), ":irc.example 001 me_long_ :Welcome", ":irc.example 004 me_long_ irc.example v1 i n"
    )
    assert (state.nick, state.server) == ("me_long_", "irc.example")
    assert state.is_me("ME_LONG_")
    assert not state.is_me("me")
    assert "me_long_" in repr(state)


def test_a_channel_that_is_joined() -> None:
    """With its members, once all of them are told."""
    state = fed(State("me"), ":me!m@my.example JOIN :#A", ":irc.example 353 me = #a :me @dan +eve ")
    channel = state.channel("#a")
    assert channel is not None
    assert (channel.name, channel.complete) == ("#A", False)
    fed(state, ":irc.example 366 me #a :End of NAMES list")
    assert channel.complete
    assert channel.snapshot() == {
        "channel": "#A", "topic": None, "modes": "", "members": {"me": "", "dan": "@", "eve": "+"},
    }  # fmt: skip
    assert (state.me.user, state.me.host) == ("m", "my.example")
    assert state.snapshots() == [channel.snapshot()]
    assert "3 members" in repr(channel)


def test_names_with_all_prefixes_and_hosts() -> None:
    """multi-prefix and userhost-in-names."""
    state = fed(
        State("me"),
        ":irc.example 005 me PREFIX=(qaohv)~&@%+ :are supported by this server",
        ":me JOIN #a",
        ":irc.example 353 me @ #a :me!m@my.example ~@+dan!d@host.example %eve",
    )
    channel = state.channels["#a"]
    assert channel.names() == {"me": "", "dan": "~@+", "eve": "%"}
    user = state.users["dan"]
    assert (user.user, user.host) == ("d", "host.example")
    assert (state.me.user, state.me.host) == ("m", "my.example")
    assert "~@+dan" in repr(channel.members["dan"])
    assert "d@host.example" in repr(user)


def test_the_strongest_prefix_alone_takes_no_other_away() -> None:
    """Without multi-prefix a list of names says no more than that."""
    state = joined(":dan MODE #a +v dan", ":irc.example 353 me = #a :@dan eve")
    assert state.channels["#a"].names() == {"me": "", "dan": "@+", "eve": ""}


def test_others_come_and_go() -> None:
    """By JOIN, PART, KICK and QUIT; who shares no channel is not known any more."""
    state = joined(":zoe!z@host.example JOIN #a", ":me JOIN #b", ":dan JOIN #b", ":eve JOIN #c")
    assert [*state.channels["#a"].names()] == ["me", "dan", "eve", "zoe"]
    assert state.channels_of("DAN") == ["#a", "#b"]
    assert state.channels_of("nobody") == []
    fed(state, ":dan PART #a :bye", ":eve!e@h KICK #a zoe :out")
    assert [*state.channels["#a"].names()] == ["me", "eve"]
    assert state.user("zoe") is None
    assert state.user("Dan") is not None
    fed(
        state, ":dan QUIT :gone", ":nobody QUIT", ":nobody PART #a", ":nobody PART #zzz", ":eve KICK #zzz eve"
    )
    assert [*state.users] == ["me", "eve"]


def test_a_netsplit() -> None:
    """Everybody of the other side quits, and joins again."""
    state = joined(":dan QUIT :a.example b.example", ":eve QUIT :a.example b.example")
    assert state.channels["#a"].names() == {"me": ""}
    fed(state, ":dan!d@h JOIN #a", ":eve!e@h JOIN #a", ":b.example MODE #a +ov dan eve")
    assert state.channels["#a"].names() == {"me": "", "dan": "@", "eve": "+"}


@pytest.mark.parametrize(
    "line",
    [":me PART #a", ":dan KICK #a me :out", ":ME!m@h PART #A :bye", ":me QUIT :bye", ":dan KICK #a eve,me"],
)
def test_we_leave(line: str) -> None:
    """By our own will or not: nothing is known of the channel, nor of who was there."""
    state = joined(line)
    assert (state.channels, [*state.users]) == ({}, ["me"])
    assert state.me.channels == []


def test_we_join_again() -> None:
    """What was known of the channel is old."""
    state = joined(":dan TOPIC #a :old", ":me JOIN #a")
    assert state.channels["#a"].snapshot() == {
        "channel": "#a",
        "topic": None,
        "modes": "",
        "members": {"me": ""},
    }
    assert not state.channels["#a"].complete


def test_a_nick_changes() -> None:
    """Another's, and ours; the signs stay."""
    state = joined(
        ":dan!d@h NICK Dan_", ":me NICK :myself", ":nobody NICK else", ":eve NICK EVE", ":eve NICK"
    )
    assert state.nick == "myself"
    assert state.channels["#a"].names() == {"Dan_": "@", "myself": "", "EVE": "+"}
    assert [*state.users] == ["dan_", "myself", "eve"]


def test_a_nick_that_somebody_has() -> None:
    """Then the other has left unseen; but we ourselves never do."""
    state = joined(":dan NICK eve")
    assert state.channels["#a"].names() == {"me": "", "eve": "@"}
    fed(state, ":eve NICK me")
    assert state.channels["#a"].names() == {"me": ""}
    assert state.nick == "me"
    fed(state, ":zoe JOIN #a", ":me NICK zoe")
    assert state.channels["#a"].names() == {"zoe": ""}


def test_signs_of_members() -> None:
    """Given and taken, the strongest first, whatever the order in which they were given."""
    state = joined(
        ":dan MODE #a +v dan",
        ":dan MODE #a +o-v+v eve eve me",
        ":dan MODE #a +o nobody",
        ":dan MODE #a -o dan",
    )
    assert state.channels["#a"].names() == {"me": "+", "dan": "+", "eve": "@"}
    fed(state, ":irc.example MODE #a +o dan")
    assert state.channels["#a"].names()["dan"] == "@+"


def test_modes_of_a_channel() -> None:
    """As 324 says them, and as they change; lists are none of them."""
    state = joined(":irc.example 324 me #a +ntk secret", ":dan MODE #a +lb-t 50 *!*@bad.example")
    assert state.channels["#a"].snapshot()["modes"] == "+nkl secret 50"
    fed(state, ":dan MODE #a -kl *", ":dan MODE me +i", ":dan MODE #zzz +i")
    assert state.channels["#a"].snapshot()["modes"] == "+n"
    fed(state, ":irc.example 324 me #a +i")
    assert state.channels["#a"].modes == {"i": ""}


def test_topics() -> None:
    """When it is joined, and as they change."""
    state = joined(":irc.example 332 me #a :All is well", ":irc.example 333 me #a dan!d@h 1700000000")
    channel = state.channels["#a"]
    assert (channel.topic, channel.topic_by, channel.topic_at) == ("All is well", "dan!d@h", 1700000000)
    fed(state, ":eve!e@h TOPIC #a :Or not")
    assert (channel.topic, channel.topic_by, channel.topic_at) == ("Or not", "eve!e@h", 0)
    fed(state, ":eve TOPIC #a :", ":irc.example 333 me #a dan x")
    assert (channel.topic, channel.topic_at) == (None, 0)
    fed(state, ":eve TOPIC #a :x", ":irc.example 331 me #a :No topic is set")
    assert channel.topic is None
    fed(state, ":x 332 me #zzz :y", ":x 333 me #zzz y 1", ":x 366 me #zzz :End", ":x TOPIC #zzz :y")
    assert [*state.channels] == ["#a"]


def test_accounts_and_real_names() -> None:
    """extended-join, account-notify, setname, account-tag."""
    state = joined(":zoe!z@h JOIN #a zo :Zoe Z", ":yan!y@h JOIN #a * :Yan")
    zoe, yan = state.users["zoe"], state.users["yan"]
    assert (zoe.account, zoe.realname, yan.account, yan.realname) == ("zo", "Zoe Z", None, "Yan")
    fed(
        state,
        ":zoe ACCOUNT *",
        ":yan ACCOUNT ya",
        ":yan SETNAME :Yan Y",
        ":nobody SETNAME :x",
        ":nobody ACCOUNT x",
    )
    assert (zoe.account, yan.account, yan.realname) == (None, "ya", "Yan Y")
    fed(state, "@account=zoe2 :zoe AWAY :for lunch")
    assert (zoe.account, zoe.away) == ("zoe2", "for lunch")
    fed(state, ":zoe AWAY", ":nobody AWAY :x")
    assert zoe.away is None


def test_hosts_change() -> None:
    """Another's, and ours; by each word that there is for it."""
    state = joined(":dan!d@old CHGHOST new new.example", ":eve CHGHOST x", ":nobody CHGHOST a b")
    assert (state.users["dan"].user, state.users["dan"].host) == ("new", "new.example")
    fed(state, ":irc.example 396 me cloak.example :is now your displayed host")
    assert (state.me.user, state.me.host) == ("m", "cloak.example")
    fed(state, ":irc.example 396 me u@other.example :is now your displayed host")
    assert (state.me.user, state.me.host) == ("u", "other.example")


def test_our_account() -> None:
    """As SASL says it, even before we are welcome."""
    state = fed(State("me"), ":irc.example 900 * *!*@* dan :You are now logged in as dan")
    assert state.me.account == "dan"
    fed(state, ":irc.example 901 me me!m@h :You are now logged out")
    assert state.me.account is None


def test_answers_to_who() -> None:
    """Of those who are known, and of ourselves; away or not."""
    state = joined(
        ":irc.example 352 me #a d host.example irc.example dan G@ :0 Dan D",
        ":irc.example 352 me * m my.example irc.example me H :0 Me",
        ":irc.example 352 me #a x x irc.example nobody H :0 X",
        ":irc.example 352 me #a short",
    )
    dan = state.users["dan"]
    assert (dan.user, dan.host, dan.realname, dan.away) == ("d", "host.example", "Dan D", "")
    assert state.me.realname == "Me"
    assert "nobody" not in state.users


def test_answers_to_our_question_of_who() -> None:
    """Accounts too; the answer to another's question may have any fields."""
    state = joined(
        ":irc.example 354 me 152 #a d host.example dan H@ da :Dan D",
        ":irc.example 354 me 152 #a e host.example eve G 0 :Eve E",
        ":irc.example 354 me 7 #a x x dan H x :X",
        ":irc.example 354 me 152 dan",
    )
    dan, eve = state.users["dan"], state.users["eve"]
    assert (dan.user, dan.host, dan.account, dan.realname, dan.away) == (
        "d",
        "host.example",
        "da",
        "Dan D",
        None,
    )
    assert (eve.account, eve.away) == (None, "")
    assert WHOX == "%tcuhnfar,152"


def test_names_compare_otherwise_from_now_on() -> None:
    """005 comes after we are called something, and may come at any time."""
    state = joined(":[x] JOIN #a", ":{X} JOIN #a", ":me JOIN &[c]", ":me JOIN &{C}")
    assert len(state.channels["#a"].members) == 4
    assert len(state.channels) == 2
    fed(
        state,
        ":irc.example 005 me CASEMAPPING=ascii :are supported by this server",
        ":{x} JOIN #a",
        ":me JOIN &[c]",
    )
    assert [*state.channels["#a"].members] == ["me", "dan", "eve", "[x]", "{x}"]
    assert [*state.channels] == ["#a", "&{c}", "&[c]"]
    fed(state, ":[x] JOIN &{c}", ":[x] JOIN &[c]", ":{x} JOIN &[c]")
    fed(state, ":irc.example 005 me CASEMAPPING=rfc1459 :are supported by this server")
    assert [*state.channels["#a"].members] == ["me", "dan", "eve", "{x}"]
    assert state.channels_of("{X}") == ["#a", "&{C}"]
    assert state.channels["#a"].names()["dan"] == "@"


def test_names_are_not_compared_otherwise_again_and_again() -> None:
    """Each time all that is known is looked through: a server that goes on with it is not followed."""
    state = joined()
    for number in range(20):
        fed(
            state,
            f":irc.example 005 me CASEMAPPING={('ascii', 'rfc1459')[number % 2]} :are supported by this server",
        )
    assert state.refolds == REFOLDS == 3
    assert state.fold("[A]") == "[a]"


def test_what_is_kept_has_limits() -> None:
    """Channels, members and modes beyond them are counted; members who leave make room for others."""
    state = State("me", Limits(channels=2, members=5, modes=3))
    fed(state, ":me JOIN #a", ":me JOIN #b", ":me JOIN #c", ":irc.example 353 me = #a :me a b c d e")
    assert [*state.channels] == ["#a", "#b"]
    assert [*state.channels["#a"].members] == ["me", "a", "b", "c"]
    assert state.dropped == 3
    fed(state, ":a QUIT", ":z JOIN #b", ":y JOIN #b")
    assert [*state.channels["#b"].members] == ["me", "z"]
    assert state.dropped == 4
    fed(state, ":x MODE #a +imns", ":x MODE #a +i-m+p")
    assert state.channels["#a"].modes == {"i": "", "n": "", "p": ""}
    assert state.dropped == 5


def told(said: str, *caps: str) -> str | None:
    """The account of a line's source, where eve has been seen to be logged in as ``ev``."""
    state = joined(":eve ACCOUNT ev")
    state.caps = caps
    line = parse(said.encode())
    assert line is not None
    return state.source(line)["account"]


def test_an_account_is_believed_while_the_server_tells_of_it() -> None:
    """What was once told may be wrong by now, unless changes are told; where there are tags, they count."""
    said = ":eve PRIVMSG #a :hi"
    assert told(said) is None
    assert told(said, "account-notify") == "ev"
    assert told(said, "account-notify", "account-tag") is None
    assert told(f"@account=e2 {said}", "account-notify", "account-tag") == "e2"
    assert told(":eve PART #a", "account-notify", "account-tag") == "ev"
    assert told(f"@account=* {said}", "account-notify") is None


def test_an_account_that_a_line_tells() -> None:
    """Of who joins, and of who has just logged in or out."""
    assert told(":eve JOIN #b e3 :Eve") == "e3"
    assert told(":eve JOIN #b * :Eve", "account-notify") is None
    assert told(":eve ACCOUNT e4") == "e4"
    assert told(":eve ACCOUNT *", "account-notify") is None
    assert told(":eve ACCOUNT", "account-notify") is None


def test_a_source_is_as_a_line_says_and_as_is_known() -> None:
    """A line may have nothing but a nick; what nobody has told is None."""
    state = joined(":dan!d@host.example PRIVMSG #a :hi", ":dan!d@host.example AWAY")
    sources = [
        state.source(line)
        for line in map(parse, (b":dan X", b":dan!x@y X", b":zoe!z@h X", b":irc.example X", b"X", b":eve X"))
        if line is not None
    ]
    assert [(one["nick"], one["user"], one["host"]) for one in sources] == [
        ("dan", "d", "host.example"), ("dan", "x", "y"), ("zoe", "z", "h"), ("irc.example", None, None),
        ("", None, None), ("eve", None, None),
    ]  # fmt: skip


def a_line() -> st.SearchStrategy[str]:
    """What a server may say, in any order, and what it never would."""
    nick, channel = st.sampled_from(NICKS), st.sampled_from(CHANNELS)
    return st.one_of(
        st.builds(
            ":{}!u@h {} {}".format, nick, st.sampled_from(["JOIN", "PART", "NICK", "QUIT", "AWAY"]), channel
        ),
        st.builds(":{} NICK {}".format, nick, nick),
        st.builds(":{} KICK {} {},{}".format, nick, channel, nick, nick),
        st.builds(":x MODE {} +o-v+l {} {} 5".format, channel, nick, nick),
        st.builds(":x 353 me = {} :@{} +{} {}".format, channel, nick, nick, nick),
        st.builds(":x 005 me CASEMAPPING={} :s".format, st.sampled_from(["ascii", "rfc1459", "rfc7613"])),
        st.builds(":x 001 {} :hi".format, nick),
        st.builds(":{} JOIN {},{} acc :real".format, nick, channel, channel),
    )


@settings(max_examples=300)
@given(st.lists(a_line(), max_size=40))
def test_the_tables_agree_whatever_is_said(lines: list[str]) -> None:
    """After every line, with few members as with many."""
    for limit in (3, 1000):
        state = State("me", Limits(channels=limit, members=limit, modes=2))
        for line in lines:
            fed(state, line)
            assert len(state.channels) <= limit
            assert state.members <= limit


@given(
    st.sampled_from([*_HANDLERS, "PING", "999"]),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=12), max_size=9),
)
def test_takes_anything(command: str, params: list[str]) -> None:
    """Parameters that are missing, or have another meaning."""
    state = joined()
    line = parse(f":me {command} {' '.join(params)}".encode())
    assert line is not None
    state.feed(line)
    assert_sound(state)
    assert state.source(line)["nick"] == "me"
