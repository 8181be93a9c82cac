"""IRC clients of other people talk on our gateway: irssi, weechat, ii, sic, PyPI's irc, pydle."""

import pytest

from tests.interop.irc import Gateway, Raw
from tests.interop.irc_clients import Ii, Irssi, Pydle, PypiIrc, Sic, Weechat


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """One for all."""
    with Gateway(tmp_path_factory.mktemp("gateway")) as server:
        assert server.port
        yield server
        assert "ERROR" not in server.said, server.said
        assert "Traceback" not in server.said, server.said


@pytest.mark.parametrize("kind", [Irssi, Weechat, Ii, Sic, PypiIrc, Pydle])
def test_a_client_talks(gateway, tmp_path, kind):
    """It registers, joins, says something, reads what is said, sees a new nick and a topic, and quits."""
    with Raw(gateway.port, "ann") as ann, kind(tmp_path / "bob", gateway.port, "bob") as bob:
        ann.wait(r"^:bob!\S+ JOIN :?#lobby")
        bob.shows(bob.joined)
        bob.say("hällo from bob €")
        ann.wait(r"^:bob!\S+ PRIVMSG #lobby :hällo from bob €$")
        ann.say("PRIVMSG #lobby :wörds of ann")
        bob.shows("wörds of ann")
        ann.say("NICK anna")
        bob.shows("anna")
        ann.say("TOPIC #lobby :of this and thät")
        bob.shows("of this and thät")
        bob.quit()
        ann.wait(r"^:bob!\S+ QUIT ")
