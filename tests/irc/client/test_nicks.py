"""Getting the nick back."""

from interfaces.irc.client.nicks import Regain
from interfaces.irc.names import folding
from tests.irc.client.lines import read

FOLD = folding("rfc1459")


def test_it_is_asked_for_from_time_to_time():
    """Not while it is ours."""
    regain = Regain("bot", 60.0)
    regain.begin("bot", FOLD, 0.0)
    assert regain.due(1000.0) == []
    regain.begin("bot_", FOLD, 1000.0)
    assert regain.due(1059.0) == []
    assert regain.due(1060.0) == [("NICK", "bot")]
    assert regain.due(1061.0) == []
    assert regain.due(1120.0) == [("NICK", "bot")]
    regain.begin("Bot", FOLD, 1121.0)
    assert regain.due(9999.0) == []


def test_it_is_asked_for_when_its_holder_leaves_it():
    """By QUIT, or by taking another one; in whatever case."""
    regain = Regain("bot[", 0.0)
    regain.begin("bot_", FOLD, 0.0)
    assert regain.due(1e9) == []
    assert regain.feed(read(":BOT{!a@b QUIT :bye"), "BOT{", "bot_", FOLD) == [("NICK", "bot[")]
    assert regain.feed(read(":bot[!a@b NICK :ann"), "bot[", "bot_", FOLD) == [("NICK", "bot[")]
    assert regain.feed(read(":bot[!a@b NICK :BOT["), "bot[", "bot_", FOLD) == []
    assert regain.feed(read(":ann!a@b QUIT :bye"), "ann", "bot_", FOLD) == []
    assert regain.feed(read(":bot[!a@b QUIT :bye"), "bot[", "bot[", FOLD) == []


def test_a_refusal_of_a_try_is_ours_alone():
    """As many as there were tries; others are somebody's."""
    regain = Regain("bot", 60.0)
    refused = read(":s 433 bot_ bot :Nickname is already in use")
    regain.begin("bot_", FOLD, 0.0)
    assert not regain.refused(refused, FOLD)
    regain.due(60.0)
    assert not regain.refused(read(":s 433 bot_ ann :Nickname is already in use"), FOLD)
    assert regain.refused(refused, FOLD)
    assert not regain.refused(refused, FOLD)


def test_a_nick_of_the_applications_choice_is_wanted_once_we_have_it():
    """What it could not get is not."""
    regain = Regain("bot", 60.0)
    regain.wants("ann")
    assert regain.wanted == "bot"
    regain.begin("guest1", FOLD, 0.0)
    assert regain.wanted == "bot"
    regain.begin("ann", FOLD, 0.0)
    assert regain.wanted == "ann"
