"""Users log in with clients of other people, and send: RFC 4954 over STARTTLS, on the listener for users."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import aiosmtplib
import pytest

from tests.interop.mail import MailServer, program, run

FROM, TO = "a@a.example", "b@b.example"
USER, PASSWORD = "ada", "pässword"
TEXT = b"Subject: one\r\n\r\nText\r\n"


@pytest.fixture(scope="module")
def users(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """Our server with one user."""
    with MailServer(
        tmp_path_factory.mktemp("users"), f"--tls-cert={mail_server.directory / 'mx.pem'}",
        "--email-submission-bind=127.0.0.1:0", "--email-auth=tests.interop.apps.mail_app:fits",
        "--email-auth-keys=tests.interop.apps.mail_app:key", "--email-xclient-from=127.0.0.0/8",
    ) as server:  # fmt: skip
        yield server
        assert "ERROR" not in server.said, server.said


@pytest.fixture
def ca(mail_server: MailServer) -> Path:
    """The authority."""
    return mail_server.directory / "ca.pem"


def sent(server: MailServer, mechanism: str = "PLAIN") -> None:
    """One mail came from the user."""
    (mail,) = server.mails(1)
    assert mail["scope"]["auth"] == {"user": USER, "mechanism": mechanism}
    assert mail["scope"]["tls"]["version"] == "TLSv1.3"
    assert "with ESMTPSA id" in " ".join(mail["body"].split())


def test_aiosmtplib_logs_in(users: MailServer, ca: Path) -> None:
    """With a password beyond ASCII."""

    async def main() -> None:
        context = ssl.create_default_context(cafile=str(ca))
        client = aiosmtplib.SMTP(
            hostname="localhost", port=users.submission, start_tls=True, tls_context=context,
            username=USER, password=PASSWORD,
        )  # fmt: skip
        async with client:
            await client.sendmail(FROM, [TO], TEXT)

    asyncio.run(main())
    sent(users)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_logs_in(users: MailServer, mechanism: str) -> None:
    """By each mechanism there is."""
    run(
        program("swaks"), "--server", "localhost", "--port", users.submission, "--from", FROM, "--to", TO, "--tls",
        "--auth", mechanism, "--auth-user", USER, "--auth-password", PASSWORD,
    )  # fmt: skip
    sent(users, mechanism)


@pytest.mark.parametrize("mechanism", ["plain", "login", "scram-sha-256"])
def test_msmtp_logs_in(users: MailServer, ca: Path, mechanism: str) -> None:
    """Its password comes from a program."""
    run(
        program("msmtp"), "-C", "/dev/null", "--host=localhost", f"--port={users.submission}", f"--from={FROM}",
        "--tls=on", "--tls-starttls=on", f"--tls-trust-file={ca}", f"--auth={mechanism}", f"--user={USER}",
        f"--passwordeval=printf {PASSWORD}", TO, input=TEXT,
    )  # fmt: skip
    sent(users, mechanism.upper())


def test_swaks_stands_for_another(users: MailServer) -> None:
    """As a proxy that has seen to the login itself: XCLIENT, and EHLO anew."""
    run(
        program("swaks"), "--server", "127.0.0.1", "--port", users.submission, "--from", FROM, "--to", TO,
        "--xclient-name", "c.example", "--xclient-addr", "192.0.2.7", "--xclient-login", USER,
    )  # fmt: skip
    (mail,) = users.mails(1)
    assert mail["scope"]["auth"] == {"user": USER, "mechanism": "XCLIENT"}
    assert "(c.example [192.0.2.7])" in mail["body"]


def test_curl_logs_in(users: MailServer, ca: Path) -> None:
    """Over STARTTLS."""
    run(
        program("curl"), "-sS", "--noproxy", "*", "--cacert", ca, "--ssl-reqd", "--user", f"{USER}:{PASSWORD}",
        "--mail-from", FROM, "--mail-rcpt", TO, "-T", "-", f"smtp://localhost:{users.submission}/c", input=TEXT,
    )  # fmt: skip
    sent(users)


def test_a_wrong_password_is_told(users: MailServer, ca: Path) -> None:
    """535, and no mail without the right one."""
    with smtplib.SMTP("localhost", users.submission, timeout=20) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(ca)))
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            client.login(USER, "wrong")
        assert caught.value.smtp_code == 535
        assert client.mail(FROM)[0] == 530
    assert users.mails(0) == []


@pytest.mark.parametrize("where", ["submission", "smtp"])
def test_no_password_is_asked_for_in_the_clear(users: MailServer, where: str) -> None:
    """AUTH is offered behind TLS alone; the listener for all takes mail without, that for users does not."""
    with smtplib.SMTP("localhost", getattr(users, where), timeout=20) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        code = client.mail(FROM)[0]
    assert code == (530 if where == "submission" else 250)
