"""interfaces.sms.providers.settings: what an account has, and what it lacks."""

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Account
from interfaces.sms.providers.settings import base_url, extras, named, needed, signing


def test_an_account_is_spoken_of_by_its_name():
    """Else by its provider."""
    assert named(Account(provider="twilio")) == "sms.accounts twilio"
    assert named(Account(provider="twilio", name="main")) == "sms.accounts main"


def test_what_is_needed_is_there_or_told():
    """With where it stands."""
    assert needed(Account(account="a"), "account", "there") == "a"
    with pytest.raises(ConfigError, match=r"^sms.accounts x: secret is missing: there$"):
        needed(Account(name="x"), "secret", "there")


def test_what_signs_is_the_secret_unless_it_is_said():
    """A list with nothing in it is none, or else anybody could sign."""
    assert signing(Account(secret="s"), "") == ("s",)
    assert signing(Account(secret="s", signing=("a", "", "b")), "") == ("a", "b")
    for account in (Account(), Account(secret="s", signing=("",))):
        with pytest.raises(ConfigError, match="signing is missing: there"):
            signing(account, "there")


def test_more_is_a_mapping():
    """Of keys that are known; blanks around them are nothing."""
    assert extras(Account(more=("a = 1=2 ", "b=")), {"a": "", "b": ""}) == {"a": "1=2", "b": ""}
    assert extras(Account(), {}) == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("a", "more 'a': write key=value"),
        ("seconds=1", "fake has second: of time, did you mean"),
        ("x=1", "fake has second: of time"),
    ],
)
def test_more_that_is_wrong_is_told(more, words):
    """With what there is."""
    with pytest.raises(ConfigError) as caught:
        extras(Account(provider="fake", more=(more,)), {"second": "of time"})
    assert words.split(",")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_of_more_is_not_told():
    """It may be a secret."""
    with pytest.raises(ConfigError) as caught:
        extras(Account(provider="fake", more=("tokem=hunter2",)), {"token": "of it"})
    assert "hunter2" not in str(caught.value)


def test_the_address_of_the_api():
    """The usual one, or another; without a slash at its end."""
    assert base_url(Account(), "https://a.example") == "https://a.example"
    assert base_url(Account(api_url="http://b.example/x/"), "https://a.example") == "http://b.example/x"
    with pytest.raises(ConfigError, match="write https://HOST"):
        base_url(Account(api_url="b.example"), "https://a.example")
