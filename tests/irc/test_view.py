"""interfaces.irc.view: the nick, the channels and the open questions of a connection, from what is heard and said."""

from typing import Any

from interfaces.irc.view import View

OWN = {"is_self": True}


def view(mode: str = "client", **scope: Any) -> View:
    """Of a new connection."""
    return View({"mode": mode, "nick": "bot", **scope})


def names(found: View) -> list[str]:
    """Its channels."""
    return sorted(found.channels.values())


def test_channels_are_those_that_we_are_in() -> None:
    """Joined, left, thrown out of, under any case of the network; what others do is theirs."""
    found = view()
    for channel in ("#a", "#B[", "#c"):
        assert found.heard({"type": "irc.join", "channel": channel, **OWN}) is None
    found.heard({"type": "irc.join", "channel": "#d", "is_self": False})
    assert names(found) == ["#B[", "#a", "#c"]
    found.heard({"type": "irc.part", "channel": "#A", **OWN})
    found.heard({"type": "irc.kick", "channel": "#b{", **OWN})
    found.heard({"type": "irc.kick", "channel": "#c", "is_self": False})
    assert names(found) == ["#c"]
    assert repr(found) == "<View client bot ['#c']>"


def test_the_past_changes_nothing() -> None:
    """A history may tell of joins and nicks of long ago."""
    found = view()
    found.heard({"type": "irc.join", "channel": "#a", "is_history": True, **OWN})
    found.heard({"type": "irc.nick", "new_nick": "old", "is_history": True, **OWN})
    assert (names(found), found.nick) == ([], "bot")


def test_the_nick_is_the_present_one() -> None:
    """As the connection begins, and as it changes; a gateway may choose another."""
    found = view("gateway")
    found.heard({"type": "irc.connect", "nick": "bot_"})
    assert found.nick == "bot_"
    found.said({"type": "irc.accept", "nick": "guest1"})
    assert found.nick == "guest1"
    found.heard({"type": "irc.nick", "new_nick": "ada", **OWN})
    found.heard({"type": "irc.nick", "new_nick": "eve", "is_self": False})
    assert found.nick == "ada"


def test_what_a_client_was_made_to_do_is_done() -> None:
    """At a gateway nothing tells of it; a network says what became of it."""
    for mode, nick, channels in (("gateway", "ada", ["#a"]), ("client", "bot", [])):
        found = view(mode)
        for said in (
            {"type": "irc.join", "channel": "#a"},
            {"type": "irc.join", "channel": "#b"},
            {"type": "irc.part", "channel": "#B"},
            {"type": "irc.nick", "nick": "ada"},
        ):
            found.said(said)
        assert (found.nick, names(found)) == (nick, channels)


def test_a_new_instance_knows_what_is_joined() -> None:
    """Of a connection that it takes over; a gateway asks nothing again then."""
    event = {"type": "irc.connect", "nick": "bot", "channels": [{"channel": "#a"}], "resumed": True}
    for mode in ("client", "gateway"):
        found = view(mode)
        assert found.heard(event) is None and names(found) == ["#a"]


def test_a_question_is_open_until_it_is_answered() -> None:
    """By accept, reject, a history or the end, each for its own; what is asked about is the channel in any case."""
    found = view("gateway")
    connect = found.heard({"type": "irc.connect"})
    join = found.heard({"type": "irc.join", "channel": "#A", "asked": True, **OWN})
    other = found.heard({"type": "irc.join", "channel": "#b", "asked": True, **OWN})
    history = found.heard({"type": "irc.history", "id": "h1"})
    assert connect and join and other and history and names(found) == []
    found.said({"type": "irc.accept", "channel": "#a"})
    found.said({"type": "irc.reject", "channel": "#c"})
    found.said({"type": "irc.send", "target": "#b"})
    assert not found.unanswered(join) and found.unanswered(connect) and not found.unanswered(connect)
    assert names(found) == ["#a"]
    found.said({"type": "irc.history", "id": "h1"})
    assert not found.unanswered(history)
    found.said({"type": "irc.close"})
    assert not found.unanswered(other)


def test_a_client_is_asked_nothing() -> None:
    """Its network has decided."""
    assert view().heard({"type": "irc.connect"}) is None


def test_a_refused_channel_is_not_joined() -> None:
    """And its question is answered."""
    found = view("gateway")
    asked = found.heard({"type": "irc.join", "channel": "#a", "asked": True, **OWN})
    found.said({"type": "irc.reject", "channel": "#a"})
    assert asked and not found.unanswered(asked) and names(found) == []
