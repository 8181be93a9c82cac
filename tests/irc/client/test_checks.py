"""Whether networks can be what the options say."""

import pytest
import trustme

from interfaces.irc.client import check
from interfaces.irc.networks import Network
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import flags, shown
from tests.irc.client.kit import Options


def checked(*networks, layer=None, **more):
    """Check such networks."""
    usual = {"name": "net", "host": "irc.example", "nick": "bot"}
    check(Options(networks=tuple(Network(**{**usual, **one}) for one in networks), **more), layer)


def test_what_is_right_passes():
    """All at once."""
    checked(
        {
            "channels": ("#a", "#b key"),
            "alternatives": ("bot2",),
            "account_password": "x",
            "sasl_required": True,
        }
    )
    checked({"name": "a"}, {"name": "b"})
    checked()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"name": "a b"}, "name"),
        ({"nick": ""}, "nick"),
        ({"nick": "a b"}, "nick"),
        ({"nick": "a!b"}, "nick"),
        ({"user": "a@b"}, "user"),
        ({"alternatives": ("a b",)}, "alternatives"),
        ({"realname": "a\nb"}, "realname"),
        ({"password": "a\rb"}, "password"),
        ({"channels": ("#a,#b",)}, "channels"),
        ({"channels": ("",)}, "channels"),
        ({"channels": ("#a k x",)}, "channels"),
        ({"fallback": "utf-99"}, "fallback"),
        ({"without": ("bacth",)}, "did you mean batch"),
        ({"sasl": "external"}, "cert_file"),
        ({"sasl": "plain"}, "account_password"),
        ({"sasl": "scram-sha-256"}, "account_password"),
        ({"sasl_required": True}, "sasl_required"),
        ({"cert_file": "/nowhere.pem"}, "cert_file"),
        ({"ca_file": "/nowhere.pem"}, "ca_file"),
        ({"lease": True}, "lease"),
    ],
)
def test_what_is_not_is_told_in_one_line(more, said):
    """With the name of the network, and how to mend it; a secret is in none."""
    with pytest.raises(ConfigError, match=said) as found:
        checked(more)
    assert "irc.networks" in str(found.value)
    assert "\n" not in str(found.value)


def test_two_have_no_name_together():
    """Messages could not say which."""
    with pytest.raises(ConfigError, match="two are called net"):
        checked({}, {})


def test_a_last_word_is_one_line():
    """It would end the connection otherwise."""
    with pytest.raises(ConfigError, match="client-quit"):
        checked({}, client_quit="a\nb")


def test_files_of_tls_have_to_be_of_use(tmp_path):
    """A certificate with its key, and authorities; a certificate needs TLS."""
    ca = trustme.CA()
    cert = tmp_path / "cert.pem"
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = ca.issue_cert("bot")
    issued.private_key_and_cert_chain_pem.write_to_path(cert)
    (tmp_path / "nonsense.pem").write_text("nonsense")
    good = {"ca_file": str(tmp_path / "ca.pem"), "cert_file": str(cert), "sasl": "external"}
    checked(good)
    for wrong in (
        {"ca_file": str(tmp_path / "nonsense.pem")},
        {"cert_file": str(tmp_path / "nonsense.pem")},
        {"tls": False},
    ):
        with pytest.raises(ConfigError):
            checked({**good, **wrong})


def test_secrets_are_not_shown():
    """Nor are they in what is logged."""
    network = Network(name="net", password="s3cret", account_password="s3cret")
    assert "s3cret" not in repr(network) + repr(shown(network))
    secret = {flag.key for flag in flags((), Network) if flag.secret}
    assert secret == {"password", "account_password"}
