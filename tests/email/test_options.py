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


SECRETS = {"mailgun_key": "k", "postmark_user": "u:p", "sendgrid_key": "k", "ses_topics": ("arn:aws:sns:x",)}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"bind": (), "lmtp_bind": (), "submission_bind": ()},
            "--email-bind: name an address to listen on, there or",
        ),
        (
            {"submission_bind": (":587",), "auth_unencrypted": True},
            "--email-submission-bind needs --email-auth",
        ),
        (
            {"spool": "/s", "send_spool": "/s", "ack": "accepted", "send": "smtp://h"},
            "--email-spool /s: that is the folder of --email-send-spool, too",
        ),
        ({"send_spool": "/s"}, "--email-send-spool keeps what waits to be sent: it needs --email-send URL"),
        (
            {"webhooks": ("mailgum",)},
            "--email-webhooks mailgum: there is mailgun, postmark, sendgrid, ses; did you mean mailgun?",
        ),
        ({"webhooks": ("Mailgun",)}, "--email-webhooks Mailgun: there is mailgun, postmark, sendgrid, ses"),
        (
            {"webhooks": ("mailgun",)},
            "--email-webhooks mailgun needs --email-mailgun-key: the HTTP webhook signing",
        ),
        ({"webhooks": ("postmark",)}, "--email-webhooks postmark needs --email-postmark-user: user:password"),
        ({"webhooks": ("sendgrid",)}, "--email-webhooks sendgrid needs --email-sendgrid-key: the public key"),
        ({"webhooks": ("ses",)}, "--email-webhooks ses needs --email-ses-topics: the ARN of the SNS topic"),
        (
            {"webhooks": ("mailgun, ses",), "mailgun_key": "k"},
            "--email-webhooks ses needs --email-ses-topics",
        ),
        ({"webhooks_path": "email"}, "--email-webhooks-path email: write a path such as /email"),
        ({"webhooks_path": "/email/"}, "--email-webhooks-path /email/: write a path such as /email"),
        ({"webhooks_path": "/"}, "--email-webhooks-path /: write a path such as /email"),
        ({"webhooks_path": ""}, "--email-webhooks-path : write a path such as /email"),
        ({"maildir_to": "desk"}, "--email-maildir-to 'desk': write an address"),
        ({"maildir_to": "a@b\r\nX: 1"}, r"--email-maildir-to 'a@b\r\nX: 1': write an address"),
        ({"reject_dmarc": True}, "--email-reject-dmarc needs --email-authenticate dmarc"),
        (
            {"reject_dmarc": True, "authenticate": ("spf", "dkim")},
            "--email-reject-dmarc needs --email-authenticate",
        ),
        ({"reject_spf": True}, "--email-reject-spf needs --email-authenticate spf"),
        ({"arc_trusted": ("a.example",)}, "--email-arc-trusted needs --email-authenticate arc"),
        ({"authentication_results": True}, "--email-authentication-results needs --email-authenticate: spf,"),
        (
            {"authentication_results": True, "authenticate": ("spf",), "stream": True},
            "--email-authentication-results needs whole messages, and not --email-stream",
        ),
    ],
)
def test_what_needs_something_else_says_what(options: dict[str, Any], said: str) -> None:
    """One line: the option, what is missing, and what that is."""
    with pytest.raises(ConfigError) as caught:
        EmailOptions(**options)
    assert str(caught.value).startswith(said)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"submission_bind": (":587",), "auth": "a:b"},
        {"submission_bind": (":587",), "auth_keys": "a:b"},
        {"ack": "accepted"},
        {"ack": "accepted", "spool": "/s"},
        {"ack": "accepted", "spool": "/s", "max_size": 2**20, "accepted_size": 2**20},
        {"send": "smtp://relay", "send_spool": "/s"},
        {"bind": (), "maildir": ("/m",)},
        {"bind": (), "webhooks": ("ses",), **SECRETS},
        {"webhooks": ("mailgun,postmark", " sendgrid ", "ses"), **SECRETS},
        {"webhooks_path": "/a/b"},
        {"maildir_to": "desk@us.example"},
        {"reject_spf": True, "authenticate": ("spf",)},
        {"reject_spf": True, "authenticate": ("dmarc",)},
        {"reject_dmarc": True, "authenticate": ("arc, dmarc",)},
        {"arc_trusted": ("a.example",), "authenticate": ("arc",)},
        {"authentication_results": True, "authenticate": ("iprev",)},
        {"hostname": "mx.example"},
    ],
)
def test_what_has_all_that_it_needs_is_taken(options: dict[str, Any]) -> None:
    """At the edge of each rule."""
    assert EmailOptions(**options)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), ()),
        (("spf",), ("spf",)),
        (("spf,dkim",), ("spf", "dkim")),
        (("spf", "dkim"), ("spf", "dkim")),
        ((" spf ,, dkim ", "", "arc"), ("spf", "dkim", "arc")),
    ],
)
def test_words_may_be_written_in_one(said: tuple[str, ...], words: tuple[str, ...]) -> None:
    """A variable has one value; a flag may be repeated."""
    assert EmailOptions(authenticate=said).methods == words


@pytest.mark.parametrize(
    ("options", "guarded"),
    [
        ({}, False),
        ({"authenticate": ("spf",)}, True),
        ({"dnsbl": ("zen.example",)}, True),
        ({"greylist": 300.0}, True),
        ({"recipients_per_minute": 10}, True),
        ({"trusted": ("10.0.0.0/8",)}, False),
    ],
)
def test_what_is_in_front_of_the_application(options: dict[str, Any], guarded: bool) -> None:
    """Only then is anything made for it: without, a message costs nothing more."""
    assert EmailOptions(**options).guarded is guarded


def test_our_name_is_the_hosts_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the system names with a blank, or beyond ASCII, has to be said."""
    monkeypatch.setattr("interfaces.email.options.machine", lambda: "host.example")
    assert EmailOptions().name == "host.example"
    assert EmailOptions(hostname="mx.example").name == "mx.example"
    monkeypatch.setattr("interfaces.email.options.machine", lambda: "my laptop")
    with pytest.raises(ConfigError, match="--email-hostname 'my laptop': write a host name"):
        EmailOptions()


@pytest.mark.parametrize("secret", ["mailgun_key", "postmark_user", "send"])
def test_secrets_are_shown_nowhere(secret: str) -> None:
    """Whoever logs the options logs no password."""
    value = {"send": "smtp://user:hidden@relay"}.get(secret, "user:hidden")
    assert "hidden" not in repr(EmailOptions(**{secret: value}))
