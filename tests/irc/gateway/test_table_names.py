"""Names: their case, who is seen by whom, how many channels may be; and each way through a login."""

import pytest

from tests.irc.gateway.support import Bench, scene
from tests.irc.gateway.tables import answers, shorts
from tests.irc.gateway.test_logging_in import OPTIONS


@pytest.mark.parametrize(("first", "second", "same"), [
    ("#a", "#A", True), ("#ops-1", "#OPS-1", True), ("#[x]", "#{x}", False), ("#x~", "#x^", False),
    ("#\\", "#|", False),
    ("#ä", "#Ä", False), ("#ß", "#SS", False), ("##a", "#a", False), ("#i", "#İ", False), ("#k", "#\u212a", False),
])  # fmt: skip
@scene
async def test_channels_compare_as_it_is_said(first: str, second: str, same: bool) -> None:
    """CASEMAPPING is ascii: letters A to Z are the same in both cases, and nothing else; the first name stays."""
    async with Bench() as bench:
        await bench.member("ann", first)
        bob = await bench.member("bob")
        names = f"353 = {first} @ann bob / 366 {first}" if same else f"353 = {second} @bob / 366 {second}"
        shown = first if same else second
        assert await answers(bob, f"JOIN {second}") == f"bob JOIN {shown} / {names}"
        assert len(bench.gateway.roster.rooms) == (1 if same else 2)
        assert await answers(bob, f"PART {second}") == f"bob PART {shown}"


@pytest.mark.parametrize(("first", "second", "same"), [
    ("cat", "CAT", True), ("c[t]", "C[T]", True), ("c[t]", "c{t}", False), ("c^t", "c~t", False),
    ("c|t", "c\\t", False),
    ("käse", "kÄse", False), ("käse", "KäSE", True),
])  # fmt: skip
@scene
async def test_nicks_compare_as_it_is_said(first: str, second: str, same: bool) -> None:
    """As channels: a nick is taken, found and watched in any case of A to Z."""
    async with Bench() as bench:
        cat, ann = await bench.member(first), await bench.member("ann")
        source = cat.client.user.source
        assert await answers(ann, f"ISON {second}") == (f"303 {first}" if same else "303")
        assert await answers(ann, f"PRIVMSG {second} :hi") == ("" if same else f"401 {second}")
        assert await answers(ann, f"MONITOR + {second}") == (f"730 {source}" if same else f"731 {second}")
        taken = f"433 {second}" if same else f"ann NICK {second} / 730 {second}"
        assert await answers(ann, f"NICK {second}") == taken


@pytest.mark.parametrize(("modes", "shared", "asked", "seen"), [
    ("", "", "WHO ~c* %n", True), ("i", "", "WHO ~c* %n", False), ("i", "#c", "WHO ~c* %n", True),
    ("i", "", "WHO #c %n", False), ("i", "#c", "WHO #c %n", True), ("i", "", "NAMES #c", False),
    ("i", "#c", "NAMES #c", True),
    ("i", "#x", "NAMES #c", True), ("i", "", "WHO cat %n", True), ("i", "", "WHOIS cat", True),
    ("i", "", "ISON cat", True),
    ("i", "", "USERHOST cat", True), ("s", "", "WHO #c %n", False), ("s", "#c", "WHO #c %n", True),
    ("s", "", "NAMES #c", False), ("s", "#c", "NAMES #c", True), ("s", "", "WHO ~c* %n", True),
    ("s", "", "WHOIS cat", True),
    ("is", "", "WHO ~c* %n", False), ("is", "#c", "NAMES #c", True), ("is", "#x", "NAMES #c", False),
])  # fmt: skip
@scene
async def test_who_is_seen(modes: str, shared: str, asked: str, seen: bool) -> None:
    """The invisible by those who share a channel or name them, members of a secret channel by its members."""
    async with Bench() as bench:
        cat, ann = await bench.member("cat", "#c,#x"), await bench.member("ann")
        await cat.say("PING x", *["MODE cat +i"] * ("i" in modes), *["MODE #c +s"] * ("s" in modes))
        if shared:
            await ann.say(f"JOIN {shared}")
        lines = (await answers(ann, asked)).split(" / ")
        assert any("cat" in line for line in lines[: len(lines) - (lines[-1][:3] in {"315", "366"})]) is seen


@pytest.mark.parametrize(("options", "line", "answer"), [
    ({"joined": 2}, "JOIN #1,#2,#3", "405 #3"), ({"joined": 2}, "JOIN #1,#1,#2", ""),
    ({"joined": 1}, "JOIN #1,#2,#3", "405 #2 / 405 #3"),
    ({"channels": 1}, "JOIN #1,#2", "437 #2"), ({"channels": 1}, "JOIN #1,#1", ""),
    ({"joined": 1}, "JOIN #1,no", "403 no"),
    ({"channel_length": 3}, "JOIN #12,#123", "403 #123"), ({"nick_length": 3}, "NICK four", "432 four"),
    ({"list_entries": 1}, "JOIN #1; MODE #1 +bb x y", "478 #1 b"),
    ({"list_entries": 1}, "JOIN #1; MODE #1 +be x y", "478 #1 e"),
    ({"list_entries": 1}, "JOIN #1; MODE #1 +b-b+b x x y", ""),
    ({"operators": False}, "JOIN #1; MODE #1 +m", "482 #1"),
    ({"operators": False}, "JOIN #1; KICK #1 ann", "482 #1"), ({"operators": False}, "JOIN #1; TOPIC #1 :x", ""),
    ({"other_nicks": True}, "PRIVMSG nobody :hi", ""), ({}, "PRIVMSG a,b,c,d,e :hi",
     "401 a / 401 b / 401 c / 401 d / 407 e Too many targets: there are at most 4"),
])  # fmt: skip
@scene
async def test_limits_refuse_what_is_one_too_many(options: dict, line: str, answer: str) -> None:
    """All that fits is done; for each thing beyond there is the numeric of that limit."""
    async with Bench(**options) as bench:
        ann = await bench.member("ann")
        said = await ann.say(*line.split("; "))
        found = shorts(ann, [one for one in said if one.startswith(":irc.test 4")])
        assert found == answer


@pytest.mark.parametrize(("said", "answer"), [
    ("AUTHENTICATE", "461 AUTHENTICATE"), ("AUTHENTICATE *", "906"), ("AUTHENTICATE FOO", "908 PLAIN / 904"),
    ("AUTHENTICATE EXTERNAL", "908 PLAIN / 904"), ("AUTHENTICATE plain", "AUTHENTICATE +"),
    ("AUTHENTICATE PLAIN; AUTHENTICATE *", "AUTHENTICATE + / 906"),
    ("AUTHENTICATE PLAIN; AUTHENTICATE +", "AUTHENTICATE + / 904"),
    ("AUTHENTICATE PLAIN; AUTHENTICATE !!", "AUTHENTICATE + / 904"),
    ("AUTHENTICATE PLAIN; AUTHENTICATE eHg=", "AUTHENTICATE + / 904"),
    (f"AUTHENTICATE PLAIN; AUTHENTICATE {'A' * 401}", "AUTHENTICATE + / 905"),
    ("AUTHENTICATE PLAIN; AUTHENTICATE *; AUTHENTICATE PLAIN", "AUTHENTICATE + / 906 / AUTHENTICATE +"),
])  # fmt: skip
@scene
async def test_each_way_a_login_fails(said: str, answer: str) -> None:
    """The numerics of sasl-3.1 and 3.2; afterwards it may be tried again."""
    async with Bench(**OPTIONS) as bench:
        ann = await bench.member("ann", caps="sasl")
        assert await answers(ann, *said.split("; ")) == answer
        assert ann.client.user.account is None
