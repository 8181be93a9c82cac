"""Which account sends a message."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.sms.accounts import Account, Bind
from interfaces.sms.sending.routes import Route, Routes
from tests.sms.sending.kit import OURS, THEIRS


def routes(*binds, region="", **accounts):
    """Of accounts by their names."""
    said = [(name, Account(provider="fake", name=name, **fields)) for name, fields in accounts.items()]
    return Routes(said, binds, region)


def names(found):
    """Of the accounts, in their order."""
    return [one.account for one in found]


THREE = {
    "all": {"numbers": ("Shop",)},
    "swiss": {"numbers": (OURS, "+41445550000"), "prefixes": ("+41",)},
    "mobile": {"prefixes": ("+4176", "+41 79"), "rate": 5.0},
}


@pytest.mark.parametrize(
    ("recipient", "found"),
    [
        (THEIRS, ["mobile", "swiss", "all"]),
        ("+41445550001", ["swiss", "all"]),
        ("+4915112345678", ["all"]),
        (f"whatsapp:{THEIRS}", ["mobile", "swiss", "all"]),
        ("12345", ["all"]),
    ],
)
def test_the_longest_prefix_sends(recipient, found):
    """Then the shorter ones, as long as there are any."""
    assert names(routes(**THREE).of(recipient)) == found


def test_the_account_that_is_said_sends():
    """Whatever its prefixes are, from its first number or the one that is said; nobody else does."""
    said = routes(**THREE)
    assert said.of("+4915112345678", account="swiss") == [Route(account="swiss", sender=OURS, rate=1.0)]
    assert said.of(THEIRS, account="mobile", sender="X") == [Route(account="mobile", sender="X", rate=5.0)]


def test_the_account_that_has_the_sender_sends():
    """Each is written as the options write it, or otherwise; an unknown one is for who says nothing of its numbers."""
    said = routes(region="CH", own={"numbers": ("044 555 66 77",)}, free={}, other={"numbers": ("Shop",)})
    assert names(said.of(THEIRS, sender=OURS)) == ["own"]
    assert said.of(THEIRS, sender="News") == [Route(account="free", sender="News", rate=1.0)]
    assert said.of(THEIRS, sender="Shop")[0].place == "other/Shop"


def test_who_sends_is_the_first_number_of_each():
    """Where that is not said; an account without one leaves it to the provider."""
    assert [(one.account, one.sender) for one in routes(**THREE).of(THEIRS)] == [
        ("mobile", ""), ("swiss", OURS), ("all", "Shop"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "recipient", "sender"),
    [
        (("+1", "whatsapp:+2"), THEIRS, "+1"),
        (("+1", "whatsapp:+2"), f"whatsapp:{THEIRS}", "whatsapp:+2"),
        (("+1", "+3"), f"whatsapp:{THEIRS}", "whatsapp:+1"),
        (("whatsapp:+2",), THEIRS, "+2"),
        ((), f"whatsapp:{THEIRS}", ""),
    ],
)
def test_who_sends_is_of_the_network_of_the_recipient(numbers, recipient, sender):
    """The first such number; else the first one is said so."""
    assert routes(a={"numbers": numbers}).of(recipient)[0].sender == sender


def test_weights_share_the_messages():
    """As many as their weights say, the same for the same key; the order of the rest is shared as well."""
    said = routes(a={"weight": 3.0}, b={"weight": 1.0}, spare={"weight": 0.0})
    first = Counter(names(said.of(THEIRS, key=f"m{number}"))[0] for number in range(2000))
    assert 0.70 < first["a"] / 2000 < 0.80 and first["spare"] == 0
    assert {tuple(names(said.of(THEIRS, key=f"m{number}"))) for number in range(50)} == {
        ("a", "b", "spare"), ("b", "a", "spare"),
    }  # fmt: skip


@given(st.text())
def test_a_key_has_the_same_way_each_time(key):
    """In every process, and after an account is added it may only go to that."""
    two, three = routes(a={}, b={}), routes(a={}, b={}, c={})
    assert two.of(THEIRS, key=key) == routes(a={}, b={}).of(THEIRS, key=key)
    before, after = names(two.of(THEIRS, key=key)), names(three.of(THEIRS, key=key))
    assert [name for name in after if name != "c"] == before


def test_binds_send_too():
    """By their names, else hosts; not those that only receive; their pace is their own."""
    binds = (
        Bind(url="smpp://me:pw@smsc.example:2775", prefixes=("41",)),
        Bind(name="in", url="smpp://me:pw@x", kind="receiver"),
    )
    found = routes(*binds, a={"rate": 2.0}).of(THEIRS)
    assert [(one.account, one.bind, one.rate) for one in found] == [
        ("smsc.example:2775", True, 0.0), ("a", False, 2.0),
    ]  # fmt: skip
    assert "in" not in routes(*binds).names
    assert repr(routes(*binds)) == "<Routes smsc.example:2775>"


@pytest.mark.parametrize(
    ("recipient", "said", "why"),
    [
        (THEIRS, {"account": "swis"}, "there is all, swiss, mobile.*did you mean"),
        (THEIRS, {"sender": "+1"}, r"'\+1' is no number of an account"),
        ("+4915112345678", {"sender": OURS}, r"no account has a prefix of \+4915112345678"),
    ],
)
def test_it_is_said_why_nobody_sends(recipient, said, why):
    """In the application's words."""
    full = {**THREE, "mobile": {**THREE["mobile"], "numbers": ("M",)}}
    with pytest.raises(ApplicationError, match=why):
        routes(**full).of(recipient, **said)


def test_nobody_at_all_sends():
    """A gateway alone has no account."""
    with pytest.raises(ApplicationError, match="no account or bind sends"):
        routes().of(THEIRS)
    with pytest.raises(ApplicationError, match="none that sends"):
        routes().of(THEIRS, account="x")


@pytest.mark.parametrize("prefix", ["", "+", "abc", "+41x", "x41"])
def test_a_prefix_that_is_none_is_refused(prefix):
    """At the start, with the account's name."""
    with pytest.raises(ConfigError, match=r"sms\.accounts a: prefixes"):
        routes(a={"prefixes": (prefix,)})
