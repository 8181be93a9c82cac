"""Clients of other people send mail to our server: libraries of Python, swaks, msmtp, curl, Exim, OpenSMTPD."""

import asyncio
import random
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from pathlib import Path

import aiosmtplib
import pytest

from tests.interop.exim import Exim
from tests.interop.mail import MailServer, program, run

FROM, TO = "a@a.example", "b@b.example"
TEXT = b"Subject: one\n\nText\n.dots\n..more\n"
ARRIVED = "\r\n\r\nText\r\n.dots\r\n..more\r\n"


def large() -> bytes:
    """A message of 25 MB: a file of 18 MB in base64."""
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = "large", FROM, TO
    message.set_content("see the file")
    message.add_attachment(
        random.Random(1).randbytes(18_500_000), maintype="application", subtype="octet-stream", filename="f"
    )
    return message.as_bytes()


def trusting(server: MailServer) -> ssl.SSLContext:
    """A client's context."""
    return ssl.create_default_context(cafile=str(server.directory / "ca.pem"))


@pytest.fixture
def client(mail_server: MailServer) -> smtplib.SMTP:
    """The standard library's, connected."""
    with smtplib.SMTP("localhost", mail_server.smtp, timeout=30) as client:
        yield client


# --- smtplib ---


def test_smtplib_sends(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """Two messages on one connection, the second by way of STARTTLS."""
    client.sendmail(FROM, [TO], TEXT.replace(b"\n", b"\r\n"))
    client.starttls(context=trusting(mail_server))
    client.sendmail(FROM, [TO], TEXT.replace(b"\n", b"\r\n"))
    first, second = mail_server.mails(2)
    assert first["body"].endswith(ARRIVED)
    assert second["body"].endswith(ARRIVED)
    assert [one["scope"]["tls"] is None for one in (first, second)] == [True, False]


def test_smtplib_hears_our_refusals(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """As its exceptions, with code and text; the connection serves on."""
    for local, code, text in [("reject", 550, b"5.7.1 Refused"), ("defer", 451, b"4.3.0 Try again later")]:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail(FROM, [f"{local}@b.example"], b"Subject: no\r\n\r\n")
        assert (caught.value.smtp_code, caught.value.smtp_error) == (code, text)
    client.sendmail(FROM, [TO], b"Subject: yes\r\n\r\n")
    assert [one["event"]["subject"] for one in mail_server.mails(3)] == ["no", "no", "yes"]


def test_smtplib_sends_25_mb(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """All bytes arrive: size, and what the application reads."""
    message = large()
    client.sendmail(FROM, [TO], message)
    (mail,) = mail_server.mails(1)
    assert mail["read"] == mail["event"]["size"] > len(message) > 25_000_000


def test_smtplib_sends_to_a_thousand(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """One message for 1,000 recipients; the next one is told 452 4.5.3 (RFC 5321 §4.5.3.1.10)."""
    names = [f"r{n}@b.example" for n in range(1001)]
    refused = client.sendmail(FROM, names, b"Subject: many\r\n\r\n")
    assert refused == {"r1000@b.example": (452, b"4.5.3 Too many recipients")}
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == names[:-1]


def test_smtplib_sends_addresses_beyond_ascii(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """SMTPUTF8 (RFC 6531), in the envelope and in the header."""
    message = EmailMessage(policy=SMTPUTF8)
    message["Subject"], message["From"], message["To"] = "Grüße", "ä@a.example", "jörg@bücher.example"
    message.set_content("Ö")
    client.send_message(message)
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == ["jörg@bücher.example"]
    assert mail["event"]["subject"] == "Grüße"
    assert mail["scope"]["mail_from"] == "ä@a.example"


def test_smtplib_sends_by_lmtp(mail_server: MailServer) -> None:
    """Over TCP and the unix socket."""
    with smtplib.LMTP("localhost", mail_server.lmtp) as client:
        client.sendmail(FROM, [TO], b"Subject: tcp\r\n\r\n")
    with smtplib.LMTP(str(mail_server.path)) as client:
        client.sendmail(FROM, [TO], b"Subject: unix\r\n\r\n")
    assert [one["scope"]["protocol"] for one in mail_server.mails(2)] == ["lmtp", "lmtp"]


def test_implicit_tls(mail_server: MailServer, tmp_path: Path) -> None:
    """A server that begins with TLS, as on port 465 (RFC 8314): smtplib, swaks and curl."""
    ca, cert = mail_server.directory / "ca.pem", mail_server.directory / "mx.pem"
    with MailServer(tmp_path, f"--tls-cert={cert}", "--email-tls=implicit") as server:
        with smtplib.SMTP_SSL("localhost", server.smtp, context=trusting(mail_server)) as client:
            client.sendmail(FROM, [TO], b"Subject: one\r\n\r\n")
        swaks(server, "--tls-on-connect", "--tls-verify", "--tls-ca-path", ca)
        run(
            program("curl"), "-sS", "--noproxy", "*", "--cacert", ca, "--mail-from", FROM, "--mail-rcpt", TO,
            "-T", "-", f"smtps://localhost:{server.smtp}/client.example", input=TEXT.replace(b"\n", b"\r\n"),
        )  # fmt: skip
        assert all(mail["scope"]["tls"]["version"] == "TLSv1.3" for mail in server.mails(3))


# --- aiosmtplib ---


def test_aiosmtplib_sends(mail_server: MailServer) -> None:
    """Ten connections side by side, with STARTTLS, each of them with three messages."""

    async def one(n: int) -> None:
        client = aiosmtplib.SMTP(
            hostname="localhost", port=mail_server.smtp, start_tls=True, tls_context=trusting(mail_server)
        )
        async with client:
            for turn in range(3):
                await client.sendmail(FROM, [TO], f"Subject: {n} {turn}\r\n\r\n")

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*(one(n) for n in range(10)))

    asyncio.run(main())
    mails = mail_server.mails(30)
    assert {one["event"]["subject"] for one in mails} == {
        f"{n} {turn}" for n in range(10) for turn in range(3)
    }
    assert all(one["scope"]["tls"] for one in mails)


# --- programs ---


def swaks(server: MailServer, *words: object, code: int = 0, port: int = 0) -> str:
    """Run swaks."""
    return run(
        program("swaks"), "--server", "localhost", "--port", port or server.smtp, "--from", FROM, "--to", TO,
        "--helo", "client.example", *words, code=code,
    )  # fmt: skip


@pytest.mark.parametrize("words", [[], ["--pipeline"], ["--tls"], ["--tls", "--pipeline"]], ids=" ".join)
def test_swaks_sends(mail_server: MailServer, words: list[str]) -> None:
    """In the clear and with STARTTLS, one command a time or all together (RFC 2920)."""
    said = swaks(mail_server, *words)
    assert "250 2.0.0 Ok " in said
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == [TO]
    assert mail["scope"]["helo"] == "client.example"
    assert (mail["scope"]["tls"] is not None) is ("--tls" in words)


def test_swaks_sends_by_lmtp(mail_server: MailServer) -> None:
    """A reply for each recipient."""
    said = swaks(mail_server, "--protocol", "LMTP", "--to", f"{TO},reject@b.example", port=mail_server.lmtp)
    assert "250 2.0.0 Ok " in said
    assert "550 5.7.1 Refused" in said
    mail_server.mails(1)


def test_swaks_hears_our_refusal(mail_server: MailServer) -> None:
    """26 is its word for a refusal of the content."""
    assert "550 5.7.1 Refused" in swaks(mail_server, "--to", "reject@b.example", code=26)
    mail_server.mails(1)


@pytest.mark.parametrize("tls", [False, True])
def test_msmtp_sends(mail_server: MailServer, tls: bool) -> None:
    """In the clear, and with STARTTLS and our certificate checked."""
    words = [
        program("msmtp"),
        "-C",
        "/dev/null",
        "--host=localhost",
        f"--port={mail_server.smtp}",
        f"--from={FROM}",
    ]
    more = ["--tls=on", "--tls-starttls=on", f"--tls-trust-file={mail_server.directory / 'ca.pem'}"]
    run(*words, *(more if tls else ["--tls=off"]), TO, input=TEXT)
    (mail,) = mail_server.mails(1)
    assert mail["body"].endswith(ARRIVED)
    assert (mail["scope"]["tls"] is not None) is tls


@pytest.mark.parametrize("words", [[], ["--ssl-reqd"]], ids=["clear", "tls"])
def test_curl_sends(mail_server: MailServer, words: list[str]) -> None:
    """Which says EHLO with the path of its address."""
    ca = mail_server.directory / "ca.pem"
    run(
        program("curl"), "-sS", "--noproxy", "*", "--cacert", ca, *words, "--mail-from", FROM, "--mail-rcpt", TO,
        "-T", "-", f"smtp://localhost:{mail_server.smtp}/client.example", input=TEXT.replace(b"\n", b"\r\n"),
    )  # fmt: skip
    (mail,) = mail_server.mails(1)
    assert mail["body"].endswith(ARRIVED)
    assert (mail["scope"]["tls"] is not None) is bool(words)


@pytest.mark.parametrize(("protocol", "tls"), [("smtp", False), ("smtp", True), ("lmtp", False)])
def test_exim_sends_in_chunks(mail_server: MailServer, tmp_path: Path, protocol: str, tls: bool) -> None:
    """BDAT (RFC 3030) with QUIT right behind it; in the clear its side is shut down by then."""
    port = mail_server.lmtp if protocol == "lmtp" else mail_server.smtp
    said = Exim(tmp_path, port, protocol=protocol, tls=tls).send(TEXT, FROM, TO)
    assert "BDAT" in said
    assert 'C="250 2.0.0 Ok ' in said
    assert "Completed" in said
    (mail,) = mail_server.mails(1)
    assert mail["body"].endswith(ARRIVED)
    assert (mail["scope"]["tls"] is not None) is tls


def test_exim_sends_25_mb_in_chunks(mail_server: MailServer, tmp_path: Path) -> None:
    """And in secret."""
    assert "Completed" in Exim(tmp_path, mail_server.smtp, tls=True).send(large(), FROM, TO)
    (mail,) = mail_server.mails(1)
    assert mail["read"] == mail["event"]["size"] > 25_000_000


def test_exim_hears_our_refusals(mail_server: MailServer, tmp_path: Path) -> None:
    """What is refused fails for good, what is deferred stays in its queue."""
    exim = Exim(tmp_path, mail_server.smtp)
    for local, reply in [("reject", "550 5.7.1 Refused"), ("defer", "451 4.3.0 Try again later")]:
        said = exim.send(TEXT, "<>", f"{local}@b.example")
        assert f"SMTP error from remote mail server after pipelined end of data: {reply}" in said
    mail_server.mails(2)


@pytest.mark.parametrize("scheme", ["smtp+notls", "smtp+tls"])
def test_opensmtpd_sends(mail_server: MailServer, scheme: str) -> None:
    """By its own client, with STARTTLS and without."""
    run(program("smtp"), "-C", "-s", f"{scheme}://localhost:{mail_server.smtp}", "-F", FROM, TO, input=TEXT)
    (mail,) = mail_server.mails(1)
    assert mail["body"].endswith(ARRIVED)
    assert (mail["scope"]["tls"] is not None) is (scheme == "smtp+tls")


def test_serving_mail_imports_nothing_else(mail_server: MailServer, client: smtplib.SMTP) -> None:
    """A process with one protocol imports that protocol, its loop, and no framework, broker or test tool."""
    client.sendmail(FROM, [TO], b"Subject: modules\r\n\r\n")
    (mail,) = mail_server.mails(1)
    ours = {name.split(".")[1] for name in mail["modules"] if name.startswith("interfaces.")}
    assert ours == {"cli", "email", "registry", "runner", "shared"}
    foreign = {name.partition(".")[0] for name in mail["modules"]}
    assert not foreign & {"django", "channels", "twisted", "redis", "httptools", "websockets", "aiosmtplib"}
