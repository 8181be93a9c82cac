"""interfaces.sms.providers.opening: the provider of an account."""

import subprocess
import sys

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Account
from interfaces.sms.options import PROVIDERS
from interfaces.sms.providers.opening import TABLE, provider
from interfaces.sms.providers.twilio import Twilio


def test_an_account_has_its_provider():
    """Made of the account's fields."""
    made = provider(Account(provider="twilio", account="AC1", secret="s"))
    assert isinstance(made, Twilio)
    assert made.sid == "AC1"


def test_the_options_name_the_same_providers():
    """What they let through can be opened."""
    assert sorted(TABLE) == sorted(PROVIDERS)


def test_an_unknown_one_is_told():
    """With those that there are."""
    with pytest.raises(ConfigError, match=r"sms\.accounts x: provider 'nexmo': there is aws, "):
        provider(Account(provider="nexmo", name="x"))


def test_a_provider_is_loaded_when_somebody_has_it():
    """No other's file, and not what only another needs."""
    code = (
        "import sys; from interfaces.sms.providers.opening import provider;"
        "from interfaces.sms.accounts import Account;"
        "provider(Account(provider='twilio', account='AC1', secret='s'));"
        "print(*sorted({'cryptography', 'interfaces.sms.providers.telnyx'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
