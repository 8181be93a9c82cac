"""IRC clients of other people talk on our gateway: irssi, weechat, ii, sic, PyPI's irc, pydle."""

from dataclasses import replace

import pytest
import trustme

from tests.interop.irc import Gateway, Raw
from tests.interop.irc_clients import Ii, Irssi, Login, Pydle, PypiIrc, Sic, Weechat


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
    """It registers, joins, says something, reads what is said, sees a new nick and a topic, and quits.

    Of irssi that is in spite of its "JOIN :" before it is registered.
    """
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


def test_irssi_and_weechat_meet(gateway, tmp_path):
    """What people do in a channel and between them, and what the application says."""
    with Irssi(tmp_path / "ann", gateway.port, "ann") as ann:
        ann.shows("has joined")
        with Raw(gateway.port, "eve") as eve, Weechat(tmp_path / "bob", gateway.port, "bob") as bob:
            bob.shows("Channel #lobby: 3 nicks (1 op,")
            ann.write("/action #lobby waves")
            bob.shows("ann waves")
            ann.write("/mode #lobby +o bob")
            bob.shows("Mode #lobby [+o bob] by ann")
            bob.command("/whois ann")
            bob.shows("[ann] End of WHOIS")
            bob.command("/msg ann just between us")
            ann.shows("just between us")
            ann.write("/ctcp bob version")
            ann.shows("CTCP VERSION reply from bob: WeeChat")
            bob.command("/away at lunch")
            bob.shows("You have been marked as being away")
            ann.write("/whois bob")
            ann.shows("at lunch")
            bob.say("!roll")
            ann.shows("a four")
            ann.write("/kick #lobby bob out you go")
            bob.shows("ann has kicked bob (out you go)")
            bob.quit()
            eve.wait("KICK #lobby bob :out you go")


# --- TLS and SASL ---


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A gateway with a certificate, where one may log in; and who may."""
    folder = tmp_path_factory.mktemp("secure")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    chain = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    chain.write_to_path(str(folder / "irc.pem"))
    words = [f"--tls-cert={folder / 'irc.pem'}", "--irc-auth", "tests.interop.apps.irc_app:fits"]
    with Gateway(folder, *words) as server:
        yield server, Login(folder / "ca.pem", "ada", "pässword")


@pytest.mark.parametrize("kind", [Irssi, Weechat])
def test_a_client_logs_in(secure, tmp_path, kind):
    """By SASL PLAIN, under TLS whose certificate it looks at; others see the account."""
    gateway, login = secure
    with (
        Raw(gateway.port, "ann", ca=login.authority) as ann,
        kind(tmp_path / "bob", gateway.port, "bob", login) as bob,
    ):
        ann.wait(r"^:bob!\S+ JOIN :?#lobby")
        ann.say("WHOIS bob")
        ann.wait(r"^\S+ 330 ann bob ada ")
        ann.wait(r"^\S+ 671 ann bob ")
        bob.shows(bob.joined)
        bob.say("under TLS")
        ann.wait("under TLS")


@pytest.mark.parametrize("kind", [Irssi, Weechat])
def test_a_client_is_told_of_a_wrong_password(secure, tmp_path, kind):
    """It says so."""
    gateway, login = secure
    with kind(tmp_path / "bob", gateway.port, "bob", replace(login, password="wrong")) as bob:
        bob.shows("SASL authentication failed")
