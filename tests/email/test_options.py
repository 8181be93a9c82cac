"""The options of mail: what cannot work is refused before anything is opened."""

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from interfaces.email.options import EmailOptions
from interfaces.email.options_checks import ChecksOptions
from interfaces.email.options_receiving import ReceivingOptions
from interfaces.email.options_sending import SendingOptions
from interfaces.email.options_ways import WaysOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import flags


def test_the_defaults_work() -> None:
    """Without a word: on this machine alone, TLS where there is a certificate, nothing normalised."""
    options = EmailOptions()
    assert options.bind == ("127.0.0.1:8025",)
    assert options.lmtp_bind == options.submission_bind == ()
    assert options.tls == "starttls"
    assert options.bare == "refuse"
    assert options.name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tls": "on"}, "--email-tls on: there is starttls, required, implicit and off"),
        ({"bare": "keep"}, "--email-bare keep: there is refuse and normalise"),
        ({"hostname": "a b"}, "--email-hostname 'a b': write a host name, such as mx.example.org"),
        ({"hostname": "bücher.example"}, "--email-hostname 'bücher.example': write a host name"),
        ({"hostname": "a\r\n"}, r"--email-hostname 'a\r\n': write a host name"),
        ({"bind": ()}, "--email-bind: name an address to listen on"),
        ({"submission_bind": ("127.0.0.1:0",)}, "--email-submission-bind needs --email-auth"),
        ({"spool": "/s"}, "--email-spool keeps what is accepted: it needs --email-ack accepted"),
        ({"ack": "accepted", "stream": True}, "--email-stream needs --email-ack processed"),
        (
            {"ack": "accepted", "spool": "/s", "accepted_size": 2**20},
            "--email-accepted-size 1048576 has no room for one message of --email-max-size 52428800",
        ),
    ],
)
def test_a_mistake_is_one_line(options: dict[str, Any], said: str) -> None:
    """That names the option as it is written."""
    with pytest.raises(ConfigError) as caught:
        EmailOptions(**options)
    assert str(caught.value).startswith(said)
    assert len(str(caught.value).splitlines()) == 1


def test_lmtp_alone_can_be_listened_for() -> None:
    """As a backend of Postfix."""
    assert EmailOptions(bind=(), lmtp_bind=("unix:/run/lmtp",)).bind == ()


def test_who_only_sends_need_not_listen() -> None:
    """A container of the sender alone."""
    assert EmailOptions(bind=(), send="smtp://relay").bind == ()
    assert "relay" not in repr(EmailOptions(send="smtp://user:secret@relay"))


def test_options_are_frozen_and_told() -> None:
    """Each says what it is, in its unit."""
    for field in fields(EmailOptions):
        assert field.metadata["help"], field.name
    with pytest.raises(FrozenInstanceError):
        EmailOptions().max_size = 1  # type: ignore[misc]


def test_limits_are_finite() -> None:
    """Every number has a finite default above zero, or may be switched off by its help's own words."""
    for field in fields(EmailOptions):
        value = getattr(EmailOptions(), field.name)
        if type(value) in (int, float):
            assert 0 < value < float("inf") or "; 0:" in field.metadata["help"], field.name


def test_a_client_waits_longer_than_we_take() -> None:
    """Clients give a verdict ten minutes (RFC 5321 §4.5.3.2.6): ours comes before, also after a slow end of data."""
    options = EmailOptions()
    assert options.verdict_timeout < 600
    assert options.command_timeout >= 300


def test_options_are_told_by_what_they_are_about() -> None:
    """Receiving first, then other ways in, checks, sending: in the reference, in --help, in `config show`."""
    told = [one.attribute for one in flags(("email",), EmailOptions)]
    firsts = [told.index(name) for name in ("bind", "webhooks", "authenticate", "send")]
    assert firsts == sorted(firsts) and firsts[0] == 0
    bases = (ReceivingOptions, WaysOptions, ChecksOptions, SendingOptions)
    assert told == [item.name for base in bases for item in fields(base)]


def test_options_have_slots_alone() -> None:
    """A name that is none is a mistake, and not a new attribute."""
    made = EmailOptions()
    assert not hasattr(made, "__dict__") and {*made.__slots__} == {item.name for item in fields(made)}
    with pytest.raises((AttributeError, TypeError)):
        made.bindd = ("127.0.0.1:25",)  # type: ignore[attr-defined]
