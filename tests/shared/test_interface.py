"""The plug-in contract: what a process gives to an interface."""

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context, Interface


def test_readiness_goes_to_who_asked_for_it():
    """With a reason; and nowhere when nobody did."""
    told = []
    Context(on_ready=lambda *what: told.append(what)).ready("irc", False, "no such nick")
    Context().ready("irc", True)
    assert told == [("irc", False, "no such nick")]


def test_top_level_channels_need_a_layer():
    """ConfigError says so; with one, its messages come."""

    class Layer:
        def consume(self, channel):
            return f"messages of {channel}"

    with pytest.raises(ConfigError, match="need a channel layer"):
        Context().outgoing("udp.send")
    assert Context(layer=Layer()).outgoing("udp.send") == "messages of udp.send"


def test_contexts_share_nothing():
    """What a process does not give is made for each."""
    one, other = Context(), Context()
    assert one.state is not other.state
    assert one.telemetry is not other.telemetry
    assert one.listening is not other.listening


def test_an_interface_has_to_serve():
    """Without ``serve`` it cannot be made; with it, it says what it is."""
    with pytest.raises(TypeError):
        Interface(None)

    class Mine(Interface):
        def serve(self, app, context):
            """Nothing."""

    assert repr(Mine({"bind": ()})) == "Mine({'bind': ()})"
