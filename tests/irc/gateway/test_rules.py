"""Who may what, and who sees whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway import rules
from interfaces.irc.gateway.roster import Room, Roster, User
from interfaces.irc.line import form
from interfaces.irc.names import folding

FOLD = folding("ascii")


def user(nick: str = "ann", account: str | None = None) -> User:
    """Somebody."""
    made = User(nick, "u", "host.test", "Real")
    made.account = account
    return made


def room(modes: str = "", **lists: str) -> Room:
    """A channel with modes, and with lists of one mask each."""
    made = Room("#a", modes=dict.fromkeys(modes, ""))
    for letter, mask in lists.items():
        made.lists[letter] = {mask: rules.entry(mask, "op", 1.0, FOLD)}
    return made


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        ("ann", "ann!*@*"), ("ann!u", "ann!u@*"), ("u@host", "*!u@host"), ("ann!u@host", "ann!u@host"),
        ("*@host", "*!*@host"), ("@host", "*!*@host"), ("!u@", "*!u@*"), ("*", "*!*@*"), ("$a", "$a"),
        ("$a:bob", "$a:bob"), ("$a:", ""), ("$x:bob", ""), ("", ""), ("a b", ""), (":ann", ""), ("a\x01", ""),
        ("x" * 201, ""), ("ä" * 101, ""),
    ],
)  # fmt: skip
def test_a_mask_gets_all_its_parts(mask: str, found: str) -> None:
    """What could not stand in a line, or is no mask that we know, is none."""
    assert rules.normal(mask) == found


@given(st.text(max_size=220))
def test_any_mask_that_is_taken_can_be_told(mask: str) -> None:
    """It stands in the middle of a line, and is normal already."""
    found = rules.normal(mask)
    if found:
        form("MODE", ["#a", "+b", found, "x"])
        assert rules.normal(found) == found


@pytest.mark.parametrize(
    ("mask", "who", "found"),
    [
        ("ann!*@*", user(), True), ("ANN!*@*", user(), True), ("bob!*@*", user(), False),
        ("*!*@*.test", user(), True), ("$a:ann", user("x", "Ann"), True), ("$a:b*", user("x", "ann"), False),
        ("$a", user("x", "ann"), True), ("$a", user(), False), ("$a:*", user(), False),
    ],
)  # fmt: skip
def test_a_ban_holds_for_whom_its_mask_fits(mask: str, who: User, found: bool) -> None:
    """By nick!user@host, or by the account."""
    assert rules.banned(room(b=mask), who) is found
    assert not rules.banned(room(b=mask, e=mask), who)


def test_who_may_talk() -> None:
    """Signs always; outsiders unless n; nobody else where m; the banned not."""
    ann = user()
    assert rules.may_talk(room(), ann)
    assert not rules.may_talk(room("n"), ann)
    for modes, signs, ban, may in (
        ("n", "", "", True), ("m", "", "", False), ("m", "+", "", True), ("m", "@", "ann!*@*", True),
        ("", "", "ann!*@*", False), ("", "+", "ann!*@*", True),
    ):  # fmt: skip
        one = room(modes, **({"b": ban} if ban else {}))
        one.members[ann] = signs
        assert rules.may_talk(one, ann) is may, (modes, signs, ban)


def test_why_not_join() -> None:
    """Each mode has its numeric, and what lifts it."""
    ann = user()
    assert rules.why_not_join(room(), ann, "") == ""
    assert rules.why_not_join(room(b="ann!*@*"), ann, "") == "474"
    assert rules.why_not_join(room("i"), ann, "") == "473"
    assert rules.why_not_join(room("i", I="ann!*@*"), ann, "") == ""
    keyed = room()
    keyed.modes = {"k": "sesame"}
    assert rules.why_not_join(keyed, ann, "") == "475"
    assert rules.why_not_join(keyed, ann, "sesame") == ""
    full = room()
    full.modes = {"l": "1"}
    assert rules.why_not_join(full, ann, "") == ""
    full.members[user("bob")] = ""
    assert rules.why_not_join(full, ann, "") == "471"


def test_an_invitation_lifts_all_but_the_key() -> None:
    """Of that channel, not of another one that is called so."""
    ann = user()
    one = room("i", b="ann!*@*")
    one.modes["l"] = "1"
    one.members[user("bob")] = ""
    ann.invites[one] = None
    assert rules.why_not_join(one, ann, "") == ""
    one.modes["k"] = "sesame"
    assert rules.why_not_join(one, ann, "") == "475"
    assert rules.why_not_join(room("i"), ann, "") == "473"


def test_who_may_change() -> None:
    """Operators; the topic all members unless t, invitations all unless i."""
    ann = user()
    for modes in ("", "it"):
        one = room(modes)
        assert rules.why_not_change(one, ann) == rules.why_not_topic(one, ann) == "442"
        assert rules.why_not_invite(one, ann) == "442"
        one.members[ann] = "+"
        assert rules.why_not_change(one, ann) == "482"
        assert rules.why_not_topic(one, ann) == rules.why_not_invite(one, ann) == ("482" if modes else "")
        one.members[ann] = "@"
        assert rules.why_not_change(one, ann) == rules.why_not_topic(one, ann) == ""
        assert rules.why_not_invite(one, ann) == ""


@pytest.mark.parametrize(("text", "found"), [("sesame", True), ("a,b", False), ("", False), ("a b", False),
    (":a", False), ("a:", True), ("x" * 32, True), ("x" * 33, False), ("ä", False), ("\x02", False)])  # fmt: skip
def test_a_key_stands_in_a_list_of_keys(text: str, found: bool) -> None:
    """And in the middle of a line."""
    assert rules.is_key(text) is found


@pytest.mark.parametrize(("text", "found"), [("1", True), ("999999999", True), ("0", False), ("-1", False), ("", False),
    ("1000000000", False), ("1.5", False), ("x", False), ("²", False), ("٣", False)])  # fmt: skip
def test_a_limit_is_a_number(text: str, found: bool) -> None:
    """Above nought, and one that can be counted to."""
    assert rules.is_limit(text) is found


def test_who_sees_what() -> None:
    """A secret channel is its members'; an invisible user is seen by those who share a channel."""
    roster, ann, eve = Roster(), user(), user("eve")
    secret = roster.open("#s", 1.0, "s")
    roster.enter(ann, secret)
    assert rules.sees(secret, ann)
    assert not rules.sees(secret, eve)
    assert rules.sees(room(), eve)
    assert rules.sees_user(ann, eve)
    ann.modes = "i"
    assert rules.sees_user(ann, ann)
    assert not rules.sees_user(ann, eve)
    assert not rules.meets(ann, eve)
    roster.enter(eve, secret)
    assert rules.meets(ann, eve)
    assert rules.sees_user(ann, eve)


def test_modes_are_read_as_005_says() -> None:
    """What is told to clients is what we go by."""
    assert rules.OURS.chanmodes == ("beI", "k", "l", "imnst")
    assert rules.OURS.prefix == [("o", "@"), ("v", "+")]
    assert rules.OURS.modes == rules.MODES
    assert rules.tokens()["EXTBAN"] == "$,a"
