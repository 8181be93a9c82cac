"""Becoming a user of a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.capabilities import WANTED
from interfaces.irc.client.identity import SUFFIXED, Identity
from interfaces.irc.client.registration import LATER, LINES, Registration, ended
from interfaces.irc.client.sts import Policies, Upgrade
from interfaces.irc.line import parse
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream_link import NotNow
from tests.irc.client.lines import read


def begun(**more):
    """One that has begun."""
    usual = {"name": "net", "nicks": ("bot", "bot2"), "user": "b", "realname": "A bot", "account": "bot"}
    registration = Registration(Identity(**{**usual, **more}), "nonce", Policies())
    return registration, registration.begin()


def fed(registration, *lines):
    """What is said to so many lines."""
    return [said for line in lines for said in registration.feed(read(line))]


class TestCapabilities:
    def test_what_is_said_first(self):
        """PASS only where there is a password, and before NICK."""
        user = ("USER", "b", "0", "*", "A bot")
        assert begun()[1] == [("CAP", "LS", "302"), ("NICK", "bot"), user]
        assert begun(password="p")[1] == [("CAP", "LS", "302"), ("PASS", "p"), ("NICK", "bot"), user]

    def test_capabilities_are_agreed_on(self):
        """An offer in two lines, and what is of use of it."""
        registration, _ = begun()
        assert fed(registration, ":s CAP * LS * :batch away-notify unknown") == []
        said = fed(registration, ":s CAP * LS :server-time")
        assert said == [("CAP", "REQ", "server-time batch away-notify")]
        assert fed(registration, ":s CAP * ACK :server-time batch away-notify") == [("CAP", "END")]
        assert registration.caps.agreed == {"server-time", "batch", "away-notify"}

    def test_a_server_without_capabilities(self):
        """421, 451, or no word of them."""
        for answer in (":s 421 * CAP :Unknown command", ":s 451 * CAP :You have not registered"):
            registration, _ = begun()
            assert fed(registration, answer, ":s 001 bot :Welcome", ":s 422 bot :none") == []
            assert registration.done
        registration, _ = begun()
        fed(registration, ":s 001 bot :Welcome", ":s 376 bot :end")
        assert registration.done

    def test_no_offer_that_is_wanted_ends_it(self):
        """Nothing is asked for."""
        registration, _ = begun()
        assert fed(registration, ":s CAP * LS :unknown") == [("CAP", "END")]

    def test_those_that_are_not_to_be_asked_for_are_not(self):
        """The options say so."""
        registration, _ = begun(without=frozenset({"batch"}))
        assert fed(registration, ":s CAP * LS :batch server-time") == [("CAP", "REQ", "server-time")]

    def test_a_list_that_is_refused_is_asked_for_one_by_one(self):
        """Only what is refused alone is left out."""
        registration, _ = begun()
        fed(registration, ":s CAP * LS :batch chghost")
        said = fed(registration, ":s CAP * NAK :batch chghost")
        assert said == [("CAP", "REQ", "batch"), ("CAP", "REQ", "chghost")]
        assert fed(registration, ":s CAP * NAK :batch") == []
        assert fed(registration, ":s CAP * ACK :chghost") == [("CAP", "END")]
        assert registration.caps.agreed == {"chghost"}

    def test_many_capabilities_are_asked_for_in_lines_that_fit(self):
        """Each is answered by itself."""
        registration, _ = begun(sasl="plain", account_password="x")
        said = fed(registration, f":s CAP * LS :{' '.join(WANTED)} sasl")
        assert all(len(one[2]) <= 400 for one in said)
        acks = [f":s CAP * ACK :{one[2]}" for one in said]
        assert fed(registration, *acks) == [("AUTHENTICATE", "PLAIN")]


class TestTls:
    def test_a_server_that_wants_tls_gets_it(self):
        """Without it, nothing more is said."""
        registration, _ = begun(secure=False)
        with pytest.raises(Upgrade) as found:
            fed(registration, ":s CAP * LS :sts=port=6697 batch")
        assert found.value.port == 6697

    def test_with_tls_there_is_nothing_to_upgrade(self):
        """It goes on."""
        registration, _ = begun()
        assert fed(registration, ":s CAP * LS :sts=port=6697,duration=1") == [("CAP", "END")]


class TestLogin:
    def test_it_logs_in_before_the_end_of_capabilities(self):
        """And the registration goes on behind it."""
        registration, _ = begun(sasl="plain", account_password="x")
        assert fed(registration, ":s CAP * LS :sasl=PLAIN") == [("CAP", "REQ", "sasl")]
        assert fed(registration, ":s CAP * ACK :sasl") == [("AUTHENTICATE", "PLAIN")]
        assert fed(registration, "AUTHENTICATE +") == [("AUTHENTICATE", "Ym90AGJvdAB4")]
        said = fed(registration, ":s 900 bot bot!b@h bot :Hello", ":s 903 bot :yes")
        assert said == [("CAP", "END")]
        assert registration.login.account == "bot"

    def test_without_a_secret_none_is_asked_for(self):
        """The capability is left alone."""
        registration, _ = begun()
        assert fed(registration, ":s CAP * LS :sasl batch") == [("CAP", "REQ", "batch")]

    def test_a_login_that_need_not_be_is_done_without(self):
        """What was refused is known."""
        registration, _ = begun(sasl="plain", account_password="x")
        fed(registration, ":s CAP * LS :sasl=PLAIN", ":s CAP * ACK :sasl")
        assert fed(registration, ":s 904 bot :no") == [("CAP", "END")]
        assert registration.login.refused

    def test_a_refused_login_that_has_to_be_is_the_operators(self):
        """With the name of the network, and without the password."""
        registration, _ = begun(sasl="plain", account_password="secret", sasl_required=True)
        fed(registration, ":s CAP * LS :sasl=PLAIN", ":s CAP * ACK :sasl")
        with pytest.raises(
            ConfigError, match=r"irc\.networks net: the login of 'bot' is refused: 904"
        ) as found:
            fed(registration, ":s 904 bot :no")
        assert "secret" not in str(found.value)

    @pytest.mark.parametrize(
        "lines", [[":s CAP * LS :batch", ":s CAP * ACK :batch"], [":s 001 bot :Welcome"]]
    )
    def test_where_nobody_can_log_in_we_stay_away_for_a_while(self, lines):
        """Services come back."""
        registration, _ = begun(sasl="plain", account_password="x", sasl_required=True)
        with pytest.raises(NotNow) as found:
            fed(registration, *lines)
        assert found.value.after == LATER


class TestNicks:
    def test_a_nick_that_is_taken_is_followed_by_the_next(self):
        """The alternatives, then some with a suffix, short ones at the end; and there is an end."""
        registration, _ = begun()
        taken = ":s 433 * bot :Nickname is already in use"
        nicks = [said[1] for _ in range(3 + SUFFIXED) for said in fed(registration, taken)]
        with pytest.raises(NotNow):
            fed(registration, taken)
        assert nicks[:5] == ["bot2", "bot_", "bot__", "bot01", "bot02"]
        assert len(nicks) == len(set(nicks)) == 3 + SUFFIXED

    @pytest.mark.parametrize("code", ["433", "436", "437"])
    def test_whatever_makes_it_taken(self, code):
        """In use, a collision, not to be had for now."""
        registration, _ = begun()
        assert fed(registration, f":s {code} * bot :no") == [("NICK", "bot2")]

    def test_nicks_that_are_none_are_the_operators(self):
        """All of them, with a suffix too."""
        registration, _ = begun()
        with pytest.raises(ConfigError, match="nick bot, bot2 is none there: 432 no"):
            fed(registration, *[":s 432 * bot :no"] * 10)

    def test_the_nick_is_what_the_server_says(self):
        """It may have cut it."""
        registration, _ = begun()
        fed(registration, ":s 001 bo :Welcome bo", ":s 376 bo :end")
        assert (registration.nick, registration.welcome) == ("bo", "Welcome bo")


class TestRefusals:
    @pytest.mark.parametrize(
        ("line", "more", "said"),
        [
            (":s 464 * :Password incorrect", {}, "a password is wanted"),
            (":s 464 * :Password incorrect", {"password": "secret"}, "a password is refused"),
            (":s 465 * :You are banned from this server", {}, "we are banned"),
            (":s 468 * :Your username is invalid", {}, "user 'b' is refused"),
        ],
    )
    def test_what_is_the_operators_to_mend(self, line, more, said):
        """It names the network, and no secret."""
        registration, _ = begun(**more)
        with pytest.raises(ConfigError, match=said) as found:
            fed(registration, line)
        assert "irc.networks net" in str(found.value)
        assert "secret" not in str(found.value)

    @pytest.mark.parametrize(
        "line",
        [
            ":s 465 * :You are banned temporarily, try again later",
            "ERROR :Closing Link: (Throttled: Reconnecting too fast)",
            "ERROR :Trying to reconnect too fast.",
            "ERROR :Too many connections from your host",
        ],
    )
    def test_who_comes_too_often_stays_away(self, line):
        """For a minute at least."""
        registration, _ = begun()
        with pytest.raises(NotNow) as found:
            fed(registration, line)
        assert found.value.after == LATER

    def test_another_end_is_one(self):
        """It is dialled again, after the back-off."""
        registration, _ = begun()
        with pytest.raises(Unavailable, match="going down") as found:
            fed(registration, "ERROR :going down")
        assert not isinstance(found.value, NotNow)
        assert isinstance(ended("Throttled"), NotNow)

    def test_an_end_after_the_welcome_is_one_too(self):
        """Before the message of the day is over."""
        registration, _ = begun()
        with pytest.raises(Unavailable, match="K-lined"):
            fed(registration, ":s 001 bot :Welcome", "ERROR :K-lined")


class TestTheRest:
    def test_a_ping_is_answered(self):
        """Some servers wait for that, before the welcome and behind it."""
        registration, _ = begun()
        assert fed(registration, "PING :cookie") == [("PONG", "cookie")]
        assert fed(registration, ":s 001 bot :Welcome", "PING :x y") == [("PONG", "x y")]

    def test_it_is_done_with_the_end_of_the_message_of_the_day(self):
        """What the state is to know is kept, the message is not."""
        registration, _ = begun()
        fed(
            registration,
            ":s NOTICE * :*** Looking up your hostname",
            ":s 001 bot :Welcome",
            ":s 005 bot NETWORK=x :are supported",
            ":s 375 bot :-",
            ":s 372 bot :- hello",
        )
        assert not registration.done
        fed(registration, ":s 376 bot :End of /MOTD command.")
        assert registration.done
        assert [line.command for line in registration.lines] == ["001", "005"]

    def test_a_server_that_never_ends_is_left(self):
        """However long its message of the day is."""
        registration, _ = begun()
        fed(registration, ":s 001 bot :Welcome")
        lines = [":s 251 bot :users"] * LINES
        with pytest.raises(Unavailable):
            fed(registration, *lines)
        assert len(registration.lines) <= 1000


VERBS = st.sampled_from(
    ["CAP", "AUTHENTICATE", "001", "433", "900", "903", "904", "908", "376", "NOTICE", "ERROR"]
)
WORDS = st.sampled_from(
    ["*", "LS", "ACK", "NAK", "NEW", "DEL", "bot", "+", ":sasl batch", ":", "PLAIN", "=", "A" * 400]
)


@given(st.lists(st.tuples(VERBS, st.lists(WORDS, max_size=4)), max_size=40))
def test_a_server_may_say_anything(lines):
    """What is raised is of the kinds that a link may raise."""
    registration, _ = begun(sasl="auto", account_password="x")
    try:
        for verb, words in lines:
            line = parse(" ".join((":s", verb, *words)).encode())
            if line is not None and not registration.done:
                for said in registration.feed(line):
                    assert all(isinstance(word, str) for word in said)
    except (ConfigError, Unavailable):
        pass
