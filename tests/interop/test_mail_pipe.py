"""Postfix' pipe(8) delivers through `interfaces receive-mail`: to a server of ours, or to an application."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.interop.mail import MailServer
from tests.interop.postfix import Postfix
from tests.process.server import ROOT

TEXT = b"Subject: %b\nMessage-ID: <%b@postfix.example>\n\nText\n.dots\n..more\nFrom here\n"


def python() -> str:
    """A Python that Postfix may run as nobody, with our packages on its path."""
    look = "import sys; sys.exit(sys.version_info < (3, 11))"
    for name in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            subprocess.run([name, "-c", look], user="nobody", check=True, cwd="/", stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            continue
        packages = Path(click.__file__).parents[1]
        return f"/usr/bin/env PYTHONPATH={ROOT}:{packages} PYTHONDONTWRITEBYTECODE=1 {name}"
    pytest.skip("there is no Python 3.11 that nobody may run")


@pytest.fixture(scope="module")
def relay(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    """A Postfix that pipes."""
    if os.geteuid() != 0:
        pytest.skip("Postfix's master runs as root alone")
    routes = {"pipe.example": "pipe:"}
    command = f"{python()} -m interfaces receive-mail --server unix:{mail_server.path}"
    command += " --from ${sender} -- ${recipient}"
    with Postfix(tmp_path_factory.mktemp("pipe"), mail_server.directory / "ca.pem", routes, command) as relay:
        yield relay


def test_a_message_comes_through_the_pipe(relay: Postfix, mail_server: MailServer) -> None:
    """With its envelope and its bytes; the line of an mbox, which Postfix puts in front, is not in it."""
    relay.send(TEXT % (b"one", b"one"), "a@a.example", "b+tag@pipe.example")
    relay.became("b+tag@pipe.example", "sent")
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == ["b+tag@pipe.example"] and mail["scope"]["mail_from"] == "a@a.example"
    assert mail["body"].endswith("\r\n\r\nText\r\n.dots\r\n..more\r\nFrom here\r\n")
    assert "\r\nFrom a@a.example" not in mail["body"]


def test_a_bounce_has_no_sender(relay: Postfix, mail_server: MailServer) -> None:
    """``null_sender=`` says it as it is."""
    relay.send(TEXT % (b"none", b"none"), "", "n@pipe.example")
    relay.became("n@pipe.example", "sent")
    assert mail_server.mails(1)[0]["scope"]["mail_from"] == ""


@pytest.mark.parametrize(
    ("name", "status", "said"), [("reject", "bounced", "dsn=5.7.1"), ("defer", "deferred", "dsn=4.3.0")]
)
def test_a_verdict_is_what_postfix_says(
    relay: Postfix, mail_server: MailServer, name: str, status: str, said: str
) -> None:
    """Refused ones bounce with our words, deferred ones stay in its queue."""
    relay.send(TEXT % (b"no", name.encode()), "", f"{name}@pipe.example")
    line = relay.became(f"{name}@pipe.example", status)
    assert said in line and ("Refused" in line if name == "reject" else "Try again later" in line)
    mail_server.mails(1)


def test_each_recipient_has_its_own(relay: Postfix, mail_server: MailServer) -> None:
    """``pipe_destination_recipient_limit = 1``: one command a recipient."""
    names = ["x@pipe.example", "reject@pipe.example", "y@pipe.example"]
    relay.send(TEXT % (b"three", b"three"), "", *names)
    for name in names:
        relay.became(name, "bounced" if name.startswith("reject") else "sent")
    assert sorted(mail["event"]["to"][0] for mail in mail_server.mails(3)) == sorted(names)


def test_a_large_message_comes_through_the_pipe(relay: Postfix, mail_server: MailServer) -> None:
    """25 MB."""
    content = b"Subject: large\n\n" + b"0123456789abcdefghijklmnopqrstuvwxyz\n" * 680_000
    relay.send(content, "a@a.example", "large@pipe.example")
    relay.became("large@pipe.example", "sent")
    assert mail_server.mails(1)[0]["event"]["size"] > 25_600_000
