"""`interfaces serve email --email-webhooks …`: beside HTTP on its listener, and alone."""

import http.client
import signal
import smtplib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.email.webhooks.signing import KEY, mailgun
from tests.process.server import ROOT, Server, until

APP = "tests.process.webhook_app:application"
SERVE = [sys.executable, "-m", "interfaces", "serve"]
MAILGUN = ["--app", APP, "--no-access-log", "--email-bind", "127.0.0.1:0", "--email-webhooks", "mailgun"]


def posted(port: int, **fields: object) -> int:
    """The status of Mailgun's request, made now."""
    request = mailgun(at=time.time(), **fields)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {name.decode(): value.decode() for name, value in request.headers.items()}
    connection.request("POST", "/email/mailgun/mime", request.body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("names", [["http", "email"], ["email", "http", "ws"]])
def test_beside_http(tmp_path: Path, names: list[str]) -> None:
    """One listener: the webhooks' path is theirs, all else is the application's; in whatever order they start."""
    words = [*SERVE, *names, *MAILGUN, "--http-bind", "127.0.0.1:0"]
    with Server(tmp_path, command=words, env={"INTERFACES_EMAIL_MAILGUN_KEY": KEY}) as server:
        port = int(server.wait_for(r"http(?: ws)? on 127\.0\.0\.1:(\d+)")[1])
        assert posted(port, token="1", recipient="accept@b.example", content=b"Subject: one\n\n") == 200
        assert posted(port, token="2", recipient="reject@b.example", content=b"Subject: two\n\n") == 406
        assert posted(port, token="3", recipient="defer@b.example", content=b"Subject: three\n\n") == 503
        assert posted(port, token="4", key="another") == 401
        assert server.get("/", port) == (200, "app") and server.get("/email/x", port)[0] == 404
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
    said = [line.rpartition(" ")[0] for line in (tmp_path / "subjects").read_text().splitlines()]
    assert said == ["webhook one", "webhook two", "webhook three"]
    assert "Traceback" not in server.said and "webhook mailgun: The signature does not fit" in server.said


def test_alone(tmp_path: Path) -> None:
    """On a listener of their own, which the first lines tell; 25 MB come through."""
    words = [*SERVE, "email", *MAILGUN, "--email-webhooks-bind", "127.0.0.1:0"]
    with Server(tmp_path, command=words, env={"INTERFACES_EMAIL_MAILGUN_KEY": KEY}) as server:
        port = int(server.wait_for(r"email on 127\.0\.0\.1:\d+, 127\.0\.0\.1:(\d+) for ")[1])
        content = b"Subject: large\n\n" + b"0123456789abcdef\n" * 1_560_000
        assert posted(port, recipient="accept@b.example", content=content, multipart=True) == 200
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
    protocol, subject, size = (tmp_path / "subjects").read_text().split()
    assert (protocol, subject) == ("webhook", "large") and int(size) > 28_000_000


def test_several_workers_share_all_listeners(tmp_path: Path) -> None:
    """SMTP's, LMTP's and the webhooks': each once, for both."""
    words = [*SERVE, "email", *MAILGUN, "--workers", "2", "--email-webhooks-bind", "localhost:0",
             "--email-lmtp-bind", f"unix:{tmp_path}/lmtp"]  # fmt: skip
    with Server(tmp_path, command=words, env={"INTERFACES_EMAIL_MAILGUN_KEY": KEY}) as server:
        port = int(server.wait_for(r"email on 127\.0\.0\.1:\d+, unix:\S+, (?:127\.0\.0\.1|\S+):(\d+)")[1])
        server.wait_for("2 workers")
        for number in range(8):
            content = f"Subject: n{number}\n\n".encode()
            assert posted(port, token=str(number), recipient="accept@b.example", content=content) == 200
            with smtplib.LMTP(f"{tmp_path}/lmtp") as client:
                client.sendmail("", ["accept@b.example"], content.replace(b"\n", b"\r\n"))
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
    assert len((tmp_path / "subjects").read_text().splitlines()) == 16
    assert "ended with code" not in server.said


def test_killed_at_random_it_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """SIGKILL five times under a provider that tries again until it hears 200: all are there, each once or repeated."""
    words, port = [*SERVE, "email", *MAILGUN, "--email-webhooks-bind"], 0
    answered: set[int] = set()

    def provider(port: int, ours: range) -> None:
        for number in ours:
            if number not in answered:
                try:
                    fields = {"token": str(number), "recipient": "accept@b.example"}
                    if posted(port, content=f"Subject: n{number}\n\n".encode(), **fields) == 200:
                        answered.add(number)
                except (OSError, http.client.HTTPException):
                    return  # it was killed: later

    for kill in range(6):
        with Server(
            tmp_path, command=[*words, f"127.0.0.1:{port}"], env={"INTERFACES_EMAIL_MAILGUN_KEY": KEY}
        ) as server:
            port = int(server.wait_for(r"email on 127\.0\.0\.1:\d+, 127\.0\.0\.1:(\d+) for ")[1])
            threads = [threading.Thread(target=provider, args=(port, range(at, 240, 4))) for at in range(4)]
            for thread in threads:
                thread.start()
            if kill < 5:
                goal = len(answered) + 30
                until(lambda goal=goal: len(answered) >= goal)
                server.signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
    assert answered == set(range(240))
    subjects = [line.split()[1] for line in (tmp_path / "subjects").read_text().splitlines()]
    assert {f"n{number}" for number in answered} == {*subjects} and len(subjects) <= 240 + 5 * 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--email-webhooks", "mailgun"],
            "--email-webhooks mailgun needs --email-mailgun-key: the HTTP webhook",
        ),
        (
            ["--email-webhooks", "mandrill"],
            "--email-webhooks mandrill: there is mailgun, postmark, sendgrid, ses",
        ),
        (["--email-webhooks-path", "x"], "--email-webhooks-path x: write a path"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, words: list[str], said: str) -> None:
    """And no traceback."""
    command = [*SERVE, "email", "--app", APP, "--email-bind", "127.0.0.1:0", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2 and f"interfaces: {said}" in done.stderr and "Traceback" not in done.stderr
