"""Channels to be in."""

from interfaces.irc.client.channels import MOST, Channels
from interfaces.irc.isupport import Isupport


def isupport(*tokens):
    """What a server says of itself."""
    found = Isupport()
    found.feed(["bot", *tokens, "are supported"])
    return found


def begun(*configured, tokens=()):
    """One that has begun."""
    channels = Channels(configured)
    channels.begin(isupport(*tokens))
    return channels


def missing(channels, *present, tokens=()):
    """The JOINs for what is missing."""
    return channels.missing(present, isupport(*tokens))


def test_those_of_the_options_are_joined():
    """With their keys, those that have one first, some in a line."""
    channels = begun("#a", "#b key", "#c")
    assert missing(channels) == [("JOIN", "#b,#a,#c", "key")]
    assert missing(channels, "#a", "#b") == [("JOIN", "#c")]
    assert missing(channels, "#a", "#b", "#c") == []


def test_as_many_in_a_line_as_the_server_takes():
    """Five, of one that says nothing."""
    channels = begun(*(f"#{n}" for n in range(12)))
    assert [len(one[1].split(",")) for one in missing(channels)] == [5, 5, 2]
    lines = missing(channels, tokens=["TARGMAX=JOIN:10"])
    assert [len(one[1].split(",")) for one in lines] == [10, 2]
    assert len(missing(channels, tokens=["TARGMAX=JOIN:"])) == 1


def test_lines_are_not_too_long():
    """Whatever the names and keys."""
    channels = begun(*(f"#{'x' * 190}{n} key{n}" for n in range(6)))
    lines = missing(channels, tokens=["TARGMAX=JOIN:"])
    assert all(len(" ".join(one)) < 450 for one in lines)
    assert len(lines) == 6


def test_what_the_application_joins_is_joined_again():
    """With the key that it gave; names are the same in any case."""
    channels = begun()
    channels.asked("#A[", "key")
    channels.joined("#a{")
    channels.begin(isupport())
    assert missing(channels) == [("JOIN", "#a{", "key")]
    channels.keyed("#A{", "other")
    assert missing(channels) == [("JOIN", "#a{", "other")]
    channels.keyed("#none", "x")


def test_what_is_left_is_not():
    """One of the options neither: who has left it knew why."""
    channels = begun("#a")
    channels.joined("#a")
    channels.left("#a")
    assert missing(channels) == []
    channels.left("#never")


def test_out_of_which_we_are_put_is_joined_again_with_the_next_connection():
    """If it is one of the options; nobody is annoyed before."""
    channels = begun("#a")
    channels.joined("#a")
    channels.joined("#b")
    channels.left("#a", kicked=True)
    channels.left("#b", kicked=True)
    assert missing(channels) == []
    channels.begin(isupport())
    assert missing(channels) == [("JOIN", "#a")]


def test_so_many_are_remembered():
    """A server that puts us into more is not followed."""
    channels = begun()
    for number in range(MOST + 10):
        channels.joined(f"#{number}")
        channels.asked(f"#x{number}", "k")
    names = ",".join(one[1] for one in missing(channels))
    assert len(names.split(",")) == MOST
