"""What of the options fits together, and what is told where it does not."""

from typing import Any

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Account, Bind
from interfaces.sms.options import SmsOptions

TWILIO = Account(provider="twilio", account="AC1", secret="s")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"serve sms needs \[\[sms.accounts\]\]"),
        ({"accounts": (Account(provider="twilo"),)}, "provider 'twilo': there is twilio.*twilio"),
        ({"accounts": (TWILIO, TWILIO)}, "twilio is there twice"),
        (
            {"accounts": (Account(provider="twilio", name="x"),), "binds": (Bind(name="x", url="smpp://h"),)},
            "x is",
        ),
        ({"accounts": (Account(provider="twilio", name="a/b"),)}, "name 'a/b': letters"),
        ({"accounts": (TWILIO,), "path": "sms"}, "--sms-path sms"),
        ({"accounts": (TWILIO,), "path": "/sms/"}, "--sms-path /sms/"),
        ({"accounts": (TWILIO,), "public_url": "sms.example.org"}, "--sms-public-url sms.example.org: write"),
        ({"accounts": (TWILIO,), "public_url": "https://x?y"}, "--sms-public-url"),
        ({"gateway_bind": ("127.0.0.1:0",)}, "--sms-gateway-auth module:function"),
        (
            {"accounts": (TWILIO,), "ack": "accepted", "spool": "x", "send_spool": "x"},
            "the folder of --sms-send-spool",
        ),
        ({"accounts": (TWILIO,), "spool": "x"}, "--sms-ack accepted"),
        ({"accounts": (TWILIO,), "send": False, "send_spool": "x"}, "--no-sms-send"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(given: dict[str, Any], words: str) -> None:
    """With the flag, and what to do."""
    with pytest.raises(ConfigError, match=words) as raised:
        SmsOptions(**given)
    assert "\n" not in str(raised.value)


def test_names_are_the_providers_unless_they_are_given() -> None:
    """They stand in paths and messages."""
    options = SmsOptions(accounts=(TWILIO, Account(provider="twilio", name="second")))
    assert options.names == ["twilio", "second"]
    assert options.keeping.name == "sms"


def test_secrets_are_in_no_repr() -> None:
    """Nor is a bind's URL, which has the password."""
    shown = repr(SmsOptions(accounts=(TWILIO,), binds=(Bind(url="smpp://me:hidden@h:2775"),)))
    assert "hidden" not in shown
    assert "'s'" not in shown
