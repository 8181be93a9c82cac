"""Mail servers of other people deliver to ours: Postfix, by LMTP and SMTP, with TLS."""

from collections.abc import Iterator

import pytest

from tests.interop.mail import MailServer, program, run
from tests.interop.postfix import Postfix

TEXT = b"Subject: %b\nMessage-ID: <%b@postfix.example>\n\nText\n.dots\n..more\n"


@pytest.fixture(scope="module")
def relay(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    """A Postfix that relays to it."""
    routes = {
        "lmtp.example": f"lmtp:inet:127.0.0.1:{mail_server.lmtp}",
        "unix.example": f"lmtp:unix:{mail_server.path}",
        "smtp.example": f"smtp:[127.0.0.1]:{mail_server.smtp}",
    }
    with Postfix(tmp_path_factory.mktemp("postfix"), mail_server.directory / "ca.pem", routes) as relay:
        yield relay


@pytest.mark.parametrize("domain", ["lmtp", "unix", "smtp"])
def test_postfix_relays_to_us(relay: Postfix, mail_server: MailServer, domain: str) -> None:
    """Over TCP and a unix socket, and by SMTP, with TLS wherever it is offered; dots arrive as they were."""
    to = f"b@{domain}.example"
    relay.send(TEXT % (b"one", b"one"), "a@a.example", to)
    assert " dsn=2.0.0, status=sent (250 2.0.0 Ok " in relay.became(to, "sent")
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == [to]
    assert mail["body"].endswith("\r\n\r\nText\r\n.dots\r\n..more\r\n")
    assert mail["scope"]["protocol"] == ("smtp" if domain == "smtp" else "lmtp")
    if domain == "smtp":
        assert mail["scope"]["tls"]["version"] == "TLSv1.3"


def test_postfix_hears_of_each_recipient(relay: Postfix, mail_server: MailServer) -> None:
    """By LMTP: one is accepted, one bounces, one stays in its queue."""
    relay.send(
        TEXT % (b"three", b"three"), "", "ok@lmtp.example", "reject@lmtp.example", "defer@lmtp.example"
    )
    relay.became("ok@lmtp.example", "sent")
    relay.became("reject@lmtp.example", "bounced")
    relay.became("defer@lmtp.example", "deferred")
    (mail,) = mail_server.mails(1)
    assert sorted(mail["event"]["to"]) == ["defer@lmtp.example", "ok@lmtp.example", "reject@lmtp.example"]
    assert mail["scope"]["mail_from"] == ""


@pytest.mark.parametrize(("recipient", "status"), [("reject", "bounced"), ("defer", "deferred")])
def test_what_we_refuse_bounces_and_what_we_defer_stays(
    relay: Postfix, mail_server: MailServer, recipient: str, status: str
) -> None:
    """By SMTP; the null sender is told nothing, so no bounce comes back."""
    to = f"{recipient}@smtp.example"
    relay.send(TEXT % (b"no", recipient.encode()), "", to)
    code = {"reject": "550 5.7.1 Refused", "defer": "451 4.3.0 Try again later"}[recipient]
    assert f"said: {code}" in relay.became(to, status)
    mail_server.mails(1)


def test_addresses_beyond_ascii(relay: Postfix, mail_server: MailServer) -> None:
    """SMTPUTF8 (RFC 6531), by LMTP."""
    relay.send(TEXT.replace(b"%b", b"gr\xc3\xbc\xc3\x9fe"), "a@a.example", "jörg@lmtp.example")
    relay.became("jörg@lmtp.example", "sent")
    (mail,) = mail_server.mails(1)
    assert mail["event"]["to"] == ["jörg@lmtp.example"]
    assert mail["scope"]["mail_params"]["SMTPUTF8"] is True
    assert mail["event"]["subject"] == "grüße"


def test_hundreds_of_recipients_come_in_their_portions(relay: Postfix, mail_server: MailServer) -> None:
    """Postfix sends fifty at a time, and reads fifty replies."""
    names = [f"r{n}@lmtp.example" for n in range(200)]
    relay.send(TEXT % (b"many", b"many"), "a@a.example", *names)
    mails = mail_server.mails(4)
    assert sorted(one for mail in mails for one in mail["event"]["to"]) == sorted(names)
    for name in names:
        relay.became(name, "sent")


@pytest.mark.parametrize("flag", [[], ["-L"]], ids=["smtp", "lmtp"])
def test_smtp_source_sends_many(mail_server: MailServer, flag: list[str]) -> None:
    """Postfix's load generator: ten sessions side by side, a connection each message or one for all."""
    where = f"inet:127.0.0.1:{mail_server.lmtp if flag else mail_server.smtp}"
    words = [program("smtp-source"), *flag, "-s", "10", "-m", "100", "-l", "4096", "-f", "a@a.example"]
    run(*words, "-t", "b@b.example", where)
    run(*words, "-d", "-t", "c@b.example", "-r", "5", where)
    assert len(mail_server.mails(200)) == 200
