"""`interfaces serve email`: mistakes, consumers of Channels, the end of a process that receives mail."""

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.mail import MailServer
from tests.process.server import ROOT

CHANNELS = "tests.email.channels_app:application"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--email-tls=on"], "--email-tls on: there is starttls, required, implicit and off"),
        (["--email-tls=implicit"], "--email-tls implicit needs a certificate: --tls-cert FILE"),
        (["--email-bind=nowhere:x"], ""),
        (["--email-max-size=0"], ""),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, words: list[str], said: str) -> None:
    """Before anything listens."""
    command = [sys.executable, "-m", "interfaces", "serve", "email", "--app", CHANNELS, *words]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("interfaces: ")
    assert said in last
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """With consumers of Channels."""
    with MailServer(tmp_path_factory.mktemp("channels"), app=CHANNELS) as server:
        yield server


@pytest.mark.parametrize(
    ("recipient", "subject", "code", "said"),
    [
        ("inbox@b.example", "loops", 550, b"5.7.1 loops"),
        ("inbox@b.example", "stop", 550, b"5.7.1 stop"),
        ("inbox@b.example", "raise", 451, b"4.3.0 Try again later"),
        ("desk@b.example", "thread", 451, b"4.3.0 thread"),
    ],
)
def test_unmodified_consumers_of_channels(
    server: MailServer, recipient: str, subject: str, code: int, said: bytes
) -> None:
    """Async and sync ones; those that ask for events for ever end with their message, all on one connection."""
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=20) as client:
        for _ in range(3):
            with pytest.raises(smtplib.SMTPDataError) as caught:
                client.sendmail("a@a.example", [recipient], f"Subject: {subject}\r\n\r\n".encode())
            assert (caught.value.smtp_code, caught.value.smtp_error) == (code, said)
