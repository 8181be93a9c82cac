"""interfaces.sms.providers.telnyx: what a table has no place for."""

import sys

import pytest

from interfaces.shared.errors import ConfigError
from tests.sms.providers import telnyx_cases
from tests.sms.providers.runner import message, opened

(SUITE,) = telnyx_cases.SUITES


def test_without_the_extra_it_is_told(monkeypatch):
    """In one line that says what to install."""
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(
        ConfigError, match=r"^sms.accounts x: telnyx needs cryptography: pip install '.*\[crypto\]'$"
    ):
        opened(SUITE, name="x")


def test_what_is_asked_twice_is_the_same_to_the_byte():
    """Else Telnyx takes it for another message under the same key, and refuses it."""
    made = opened(SUITE)
    first, second = (made.ask(message("Grüezi", media=("https://a.example/",))) for _ in range(2))
    assert (first.body, first.headers) == (second.body, second.headers)


def test_a_cancellation_is_a_delete_with_the_key():
    """About that message."""
    asked = opened(SUITE).cancel("id-1")
    assert (asked.method, asked.headers["authorization"], asked.body) == ("DELETE", "Bearer KEY-of-ours", b"")
