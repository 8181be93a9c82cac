"""Logging in by SASL."""

import pytest

from interfaces.irc.client.identity import Identity
from interfaces.irc.client.login import TURNS, Login, mechanisms
from interfaces.testing.irc.login import Login as Server
from tests.irc.client.lines import read

ACCOUNTS = {"bot": "secret"}


def who(**more):
    """Who we are."""
    usual = {"name": "net", "nicks": ("bot",), "user": "bot", "realname": "bot", "account": "bot"}
    return Identity(**{**usual, "account_password": "secret", **more})


def talked(login, server_for, limit=50):
    """What both say, until it is over; ``server_for(mechanism)`` is the network's side, None: it knows no such."""
    said, server = login.begin(), None
    for _ in range(limit):
        if login.over or not said:
            return
        (command, text), *_ = said
        assert command == "AUTHENTICATE"
        if text == "*":
            said = login.feed(read(":s 906 bot :aborted"))
        elif server is None:
            server = server_for(text)
            said = login.feed(read("AUTHENTICATE +" if server else ":s 904 bot :failed"))
        else:
            answers = [one for _, chunk in said for one in server.feed(chunk)]
            said = [line for one in answers for line in login.feed(read(f"AUTHENTICATE {one}"))]
            if server.failed:
                said, server = login.feed(read(":s 904 bot :SASL authentication failed")), None
            elif server.account:
                login.feed(read(f":s 900 bot bot!b@h {server.account} :You are now logged in"))
                said = login.feed(read(":s 903 bot :SASL authentication successful"))
    assert login.over


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["SCRAM-SHA-256", "PLAIN"]),
        ({"certificate": True}, ["EXTERNAL", "SCRAM-SHA-256", "PLAIN"]),
        ({"secure": False}, ["SCRAM-SHA-256"]),
        ({"sasl": "plain", "secure": False}, ["PLAIN"]),
        ({"sasl": "none"}, []),
        ({"account_password": ""}, []),
        ({"sasl": "external"}, ["EXTERNAL"]),
    ],
)
def test_those_that_there_is_a_secret_for(more, expected):
    """The best first; without TLS the password is said in the clear only where that is asked for."""
    assert mechanisms(who(**more)) == expected


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "EXTERNAL"])
def test_each_mechanism_logs_in(mechanism):
    """With the account that the network says."""
    login = Login(who(sasl=mechanism.lower(), certificate=True), "nonce", mechanism)
    talked(login, lambda name: Server(name, ACCOUNTS, "bot"))
    assert (login.over, login.account, login.error) == (True, "bot", "")


def test_a_wrong_password_is_refused():
    """By all mechanisms; then it is the operator's."""
    login = Login(who(account_password="wrong"), "nonce")
    tried = []
    talked(login, lambda name: tried.append(name) or Server(name, ACCOUNTS))
    assert tried == ["SCRAM-SHA-256", "PLAIN"]
    assert (login.account, login.refused) == (None, True)
    assert "904" in login.error


def test_a_mechanism_that_there_is_not_is_followed_by_the_next():
    """Whether the offer says so, or 908, or nothing but a refusal."""
    for offered in ("PLAIN", ""):
        login = Login(who(), "nonce", offered)
        talked(login, lambda name: Server(name, ACCOUNTS) if name == "PLAIN" else None)
        assert login.account == "bot"
    login = Login(who(certificate=True), "nonce")
    assert login.begin() == [("AUTHENTICATE", "EXTERNAL")]
    assert login.feed(read(":s 908 bot PLAIN :are available")) == []
    assert login.feed(read(":s 904 bot :failed")) == [("AUTHENTICATE", "PLAIN")]


def test_without_any_mechanism_it_is_over():
    """And nobody has refused anything."""
    login = Login(who(), "nonce", "ECDSA-NIST256P-CHALLENGE")
    assert login.begin() == []
    assert (login.over, login.refused) == (True, False)
    assert login.error


def test_a_server_that_does_not_know_the_password_gets_nothing_else():
    """SCRAM shows it, and PLAIN would tell it."""
    login = Login(who(), "nonce")
    said = login.begin()
    assert said == [("AUTHENTICATE", "SCRAM-SHA-256")]
    login.feed(read("AUTHENTICATE +"))
    assert login.feed(read("AUTHENTICATE bm9uc2Vuc2U=")) == [("AUTHENTICATE", "*")]
    assert login.feed(read(":s 906 bot :aborted")) == []
    assert (login.over, login.account, login.refused) == (True, None, False)


def test_a_server_that_says_success_too_early_is_not_believed():
    """It has to prove that it knows the password."""
    login = Login(who(), "nonce")
    login.begin()
    login.feed(read("AUTHENTICATE +"))
    login.feed(read(":s 900 bot bot!b@h bot :You are now logged in"))
    login.feed(read(":s 903 bot :yes"))
    assert (login.over, login.account) == (True, None)
    assert "prove" in login.error


def test_a_server_that_asks_without_end_is_aborted():
    """Whatever it says then."""
    login = Login(who(sasl="plain"), "nonce")
    login.begin()
    said = [login.feed(read(f"AUTHENTICATE {'A' * 400}")) for _ in range(TURNS + 5)]
    assert [("AUTHENTICATE", "*")] in said
    assert login.over


@pytest.mark.parametrize("text", ["!", "A" * 401])
def test_what_is_no_sasl_is_aborted(text):
    """And the next mechanism is tried after PLAIN."""
    login = Login(who(certificate=True), "nonce")
    login.begin()
    assert login.feed(read(f"AUTHENTICATE {text}")) == [("AUTHENTICATE", "*")]
    assert login.feed(read(":s 906 bot :aborted")) == [("AUTHENTICATE", "SCRAM-SHA-256")]


def test_a_second_question_of_plain_is_none():
    """There is nothing left to say."""
    login = Login(who(sasl="plain"), "nonce")
    login.begin()
    login.feed(read("AUTHENTICATE +"))
    assert login.feed(read("AUTHENTICATE +")) == [("AUTHENTICATE", "*")]


def test_who_is_logged_in_already_is():
    """907: without a name it is ours."""
    login = Login(who(), "nonce")
    login.begin()
    login.feed(read(":s 907 bot :You have already authenticated"))
    assert login.feed(read(":s 904 bot :late")) == []


def test_a_locked_nick_ends_it():
    """902: it is no use to try another mechanism."""
    login = Login(who(certificate=True), "nonce")
    login.begin()
    assert login.feed(read(":s 902 bot :You must use a nick assigned to you")) == []
    assert (login.over, login.refused) == (True, True)
