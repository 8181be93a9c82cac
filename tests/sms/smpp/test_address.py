"""The url of a bind, and what of it cannot work; its password is in no error and no repr."""

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Bind
from interfaces.sms.smpp.address import Target, name_of, target_of


@pytest.mark.parametrize(("url", "target"), [
    ("smpp://me:pw@a.example", Target(host="a.example", port=2775, tls=False, system_id="me", password="pw")),
    ("smpps://me:p%40w@a.example:9/", Target(host="a.example", port=9, tls=True, system_id="me", password="p@w")),
    ("smpps://me@[::1]", Target(host="::1", port=3550, tls=True, system_id="me", password="")),
])  # fmt: skip
def test_what_is_an_address(url, target):
    """With and without a port, TLS, and a password that has an @."""
    assert target_of(Bind(url=url)) == target
    assert "pw" not in repr(target)


@pytest.mark.parametrize("url", [
    "", "http://me:hidden@a.example", "smpp://a.example", "smpp://me:hidden@", "smpp://me:hidden@a:99999",
    "smpp://me:hidden@a/b", "smpp://me:hidden@a?b=c", "smpp://" + "m" * 16 + ":hidden@a",
    "smpp://me:hidden" + "p" * 60 + "@a", "smpp://m%00e:hidden@a", "smpp://é:hidden@a",
])  # fmt: skip
def test_what_is_none(url):
    """One line, without the secret."""
    with pytest.raises(ConfigError, match=r"sms\.binds") as found:
        target_of(Bind(name="op", url=url))
    assert "hidden" not in str(found.value)


def test_what_it_is_called():
    """The host unless a name is given, and never who we are there."""
    assert name_of(Bind(url="smpp://me:pw@a.example:9")) == "a.example:9"
    assert name_of(Bind(name="op", url="smpp://me:pw@a.example:9")) == "op"
