"""Our transports deliver to servers of other people, and to our own."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import dkim
import pytest
from aiosmtpd.controller import Controller

from interfaces.email.sending.bounces import read
from interfaces.email.sending.compose import compose
from interfaces.email.sending.outgoing import Outgoing, Result
from interfaces.email.sending.return_path import KEY, ReturnPath
from interfaces.email.sending.signing import signer
from interfaces.email.sending.transports.opening import transport
from tests.email.auth.keys import answers, ed25519, rsa, written
from tests.interop.exim import EximServer
from tests.interop.mail import MailServer
from tests.interop.postfix import Postfix
from tests.process.server import until

TEXT = "Grüße\n.\n..\n"


def mail(*to: str, **more: Any) -> Outgoing:
    """A message composed by us."""
    said = {"from_address": "Ada <ada@us.example>", "to": to, "subject": "Grüße", "text": TEXT, **more}
    return compose(said, now=1e9, host="us.example", id="s1")


def sent(url: str, *mails: Outgoing) -> list[list[Result]]:
    """What becomes of them, over one transport."""

    async def main() -> list[list[Result]]:
        way = transport(url, host="us.example")
        try:
            return [await way.send(one) for one in mails]
        finally:
            await way.close()

    return asyncio.run(main())


@pytest.fixture(scope="module")
def users(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """Our server with one user."""
    with MailServer(
        tmp_path_factory.mktemp("users"), f"--tls-cert={mail_server.directory / 'mx.pem'}",
        "--email-submission-bind=127.0.0.1:0", "--email-auth=tests.interop.apps.mail_app:fits",
    ) as server:  # fmt: skip
        yield server


def arrived(body: str) -> None:
    """What was sent, as it was composed."""
    content = mail("b@b.example").content.decode("latin-1")
    assert body.partition("Content-Transfer-Encoding")[2] == content.partition("Content-Transfer-Encoding")[2]


@pytest.mark.parametrize("way", ["smtp", "lmtp", "unix"])
def test_our_own_server_takes_it(mail_server: MailServer, way: str) -> None:
    """By SMTP with TLS, by LMTP over TCP and a unix socket: two messages, each recipient with its verdict."""
    ca = quote(str(mail_server.directory / "ca.pem"))
    url = {
        "smtp": f"smtp://localhost:{mail_server.smtp}?tls=starttls&ca={ca}",
        "lmtp": f"lmtp://localhost:{mail_server.lmtp}?ca={ca}",
        "unix": f"lmtp+unix://{quote(str(mail_server.path))}",
    }[way]
    (one,), (refused,) = sent(url, mail("b@b.example"), mail("reject@b.example"))
    assert (one.status, one.code, one.enhanced) == ("accepted", 250, "2.0.0")
    assert (refused.status, refused.code, refused.enhanced) == ("failed", 550, "5.7.1")
    first, _ = mail_server.mails(2)
    arrived(first["body"])
    assert (first["scope"]["tls"] is None) == (way == "unix")
    assert first["event"]["subject"] == "Grüße"


def test_lmtp_answers_for_each(mail_server: MailServer) -> None:
    """Accepted, refused and deferred in one message."""
    (found,) = sent(
        f"lmtp+unix://{mail_server.path}", mail("a@b.example", "reject@b.example", "defer@b.example")
    )
    assert [(one.status, one.code) for one in found] == [
        ("accepted", 250),
        ("failed", 550),
        ("deferred", 451),
    ]
    mail_server.mails(1)


def test_a_user_logs_in(users: MailServer, mail_server: MailServer) -> None:
    """Over STARTTLS, with a password beyond ASCII; a wrong one loses no mail, and is not told to anybody."""
    where = f"localhost:{users.submission}?ca={quote(str(mail_server.directory / 'ca.pem'))}"
    ((one,),) = sent(f"smtp://ada:{quote('pässword')}@{where}", mail("b@b.example"))
    assert one.status == "accepted"
    (came,) = users.mails(1)
    assert came["scope"]["auth"] == {"user": "ada", "mechanism": "PLAIN"}
    ((one,),) = sent(f"smtp://ada:geheim@{where}", mail("b@b.example"))
    assert (one.status, one.code) == ("deferred", None) and "535" in one.text
    assert "geheim" not in one.text and "does not let ada in" in one.text


def test_a_large_message_and_a_thousand_recipients(mail_server: MailServer) -> None:
    """An attachment of 25 MB arrives whole; a thousand recipients in one message."""
    files = [{"filename": "a.bin", "content": b"\0" * 25_000_000}]
    url = f"lmtp+unix://{mail_server.path}"
    large = mail("b@b.example", attachments=files)
    (one,), many = sent(url, large, mail(*(f"r{at}@b.example" for at in range(1000))))
    assert one.status == "accepted"
    assert {one.status for one in many} == {"accepted"}
    first, second = mail_server.mails(2)
    assert first["event"]["size"] > len(large.content)
    assert len(second["scope"]["rcpt_to"]) == 1000


def test_addresses_beyond_ascii(mail_server: MailServer) -> None:
    """SMTPUTF8 for the local part; the domain goes in A-labels."""
    ((one,),) = sent(f"smtp://127.0.0.1:{mail_server.smtp}?tls=off", mail("jörg@bücher.example"))
    assert one.status == "accepted"
    (came,) = mail_server.mails(1)
    assert came["event"]["to"] == ["jörg@xn--bcher-kva.example"]
    assert "SMTPUTF8" in came["scope"]["mail_params"]


class Keeping:
    """A handler of aiosmtpd's."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Refuses one."""
        if address.startswith("no"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keeps everything."""
        self.envelopes.append(envelope)
        return "250 2.0.0 kept"


@pytest.mark.parametrize("kind", ["smtp", "smtp8"])
def test_aiosmtpd_takes_it(kind: str) -> None:
    """By SMTP, for those whom it does not refuse; without SMTPUTF8 such an address fails here."""
    handler = Keeping()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=kind == "smtp8")
    controller.start()
    try:
        port = controller.server.sockets[0].getsockname()[1]
        one, utf8 = sent(
            f"smtp://127.0.0.1:{port}", mail("b@b.example", "no@b.example"), mail("jörg@b.example")
        )
    finally:
        controller.stop()
    assert [(each.status, each.code) for each in one] == [("accepted", 250), ("failed", 550)]
    assert [(each.status, each.code) for each in utf8] == [
        ("accepted", 250) if kind == "smtp8" else ("failed", 553)
    ]
    assert handler.envelopes[0].content == mail("b@b.example", "no@b.example").content
    assert handler.envelopes[0].rcpt_tos == ["b@b.example"]


def free_port() -> int:
    """One that the kernel has chosen, and nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def smarthost(mail_server: MailServer) -> Iterator[tuple[str, Postfix]]:
    """The URL of a Postfix that takes our mail, and it; what it delivers, bounces too, comes to our LMTP.

    Its folder is no one of pytest's: another session takes away from those what other users may.
    """
    port, folder = free_port(), mail_server.directory
    where = f"lmtp:inet:127.0.0.1:{mail_server.lmtp}"
    routes = {"lmtp.example": where, "us.example": where}
    with TemporaryDirectory() as home:
        place = Path(home) / "postfix"
        with Postfix(place, folder / "ca.pem", routes, listen=(port, folder / "mx.pem")) as relay:
            yield f"smtp://localhost:{port}?tls=starttls&ca={quote(str(folder / 'ca.pem'))}", relay


def test_postfix_relays_for_us(smarthost: tuple[str, Postfix], mail_server: MailServer) -> None:
    """As a smart host with TLS and PIPELINING, which hands it on to our LMTP: there and back again."""
    url, relay = smarthost
    (one,), (two,) = sent(url, mail("b@lmtp.example"), mail("c@lmtp.example"))
    assert (one.status, two.status) == ("accepted", "accepted"), f"{one.text}; {two.text}\n{relay.said}"
    relay.became("b@lmtp.example", "sent")
    relay.became("c@lmtp.example", "sent")
    first, _ = mail_server.mails(2)
    arrived(first["body"])


def test_signatures_outlive_a_relay(
    smarthost: tuple[str, Postfix], mail_server: MailServer, tmp_path: Path
) -> None:
    """Behind a Postfix another implementation believes them: of texts, files, long fields, and of what came raw."""
    url, relay = smarthost
    sign = signer([written(key, tmp_path) for key in (rsa(), ed25519())])
    assert sign is not None
    eight = "Subject: Gr\u00fc\u00dfe  \r\n  folded\r\nFrom: a@example.org\r\nMIME-Version: 1.0\r\n".encode()
    eight += (
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "Gr\u00fc\u00dfe \t \r\n.\r\n..x\r\n\r\n\r\n".encode()
    )
    ascii_header = eight.replace("\u00fc\u00df".encode(), b"us", 1)
    sayings: list[dict[str, Any]] = [
        {"text": "trailing  \n\n\n"},
        {"text": ".\n" * 3, "html": "<p>" + "x" * 3000, "attachments": [{"content": bytes(range(256)) * 40}]},
        {"subject": "long " * 300, "headers": {"X-Long": "y" * 3000}, "references": ["r@x.example"] * 9},
        {"raw": ascii_header, "subject": None, "text": None},
        {"raw": ascii_header.replace(b"\r\n", b"\n") + b"x", "subject": None, "text": None},
    ]
    mails = [
        sign(mail(f"s{at}@lmtp.example", from_address="Ada <ada@example.org>", **said), 1e9)
        for at, said in enumerate(sayings)
    ]
    assert all(one.status == "accepted" for (one,) in sent(url, *mails))
    for at in range(len(mails)):
        relay.became(f"s{at}@lmtp.example", "sent")
    for arrived in mail_server.mails(len(mails)):
        content = arrived["body"].encode("latin-1")
        checked = dkim.DKIM(content)
        assert [checked.verify(n, dnsfunc=answers(rsa(), ed25519())) for n in range(2)] == [True, True]


def test_its_bounces_are_read(smarthost: tuple[str, Postfix], mail_server: MailServer) -> None:
    """What it cannot deliver comes back to the signed return path, and says which send, who and why."""
    url, relay = smarthost
    path, now = ReturnPath(b"k" * KEY, "us.example"), time.time()
    outgoing = path.signed(mail("reject@lmtp.example", notify="FAILURE", envid="e1"), now)
    ((one,),) = sent(url, outgoing)
    assert one.status == "accepted", f"{one.text}\n{relay.said}"
    relay.became("reject@lmtp.example", "bounced")
    refused, bounce = mail_server.mails(2)
    assert refused["scope"]["mail_from"] == bounce["event"]["to"][0] == outgoing.mail_from
    assert bounce["scope"]["mail_from"] == ""
    body = bounce["body"].encode("latin-1")
    fields = [(name.encode(), value.encode("latin-1")) for name, value in bounce["event"]["headers"]]
    event = {"id": "t1", "to": bounce["event"]["to"], "kind": "bounce", "headers": fields, "body": body}
    (found,) = read(event, path, now=now)
    assert (found["type"], found["id"], found["recipient"]) == ("email.bounce", "s1", "reject@lmtp.example")
    assert (found["action"], found["status"], found["hard"]) == ("failed", "5.7.1", True)
    assert found["message_id"] == outgoing.message_id
    assert "550 5.7.1" in found["diagnostic"]


def test_exim_takes_it(tmp_path: Path) -> None:
    """Over TLS that it offers with a certificate of its own, as it does where nobody has given it one."""
    outgoing = mail("b@b.example", "no@b.example", "later@b.example", notify="NEVER", ret="HDRS", envid="e1")
    with EximServer(tmp_path, free_port()) as server:
        (found,) = sent(f"smtp://127.0.0.1:{server.port}", outgoing)
        until(lambda: "Subject" in server.mailbox)
        log = (tmp_path / "log-mainlog").read_text()
    assert [(one.status, one.code, one.enhanced) for one in found] == [
        ("accepted", 250, None), ("failed", 550, "5.1.1"), ("deferred", 451, "4.2.0"),
    ]  # fmt: skip
    assert "X=TLS1.3" in log
    lines = server.mailbox.partition("From: ")[2].rstrip("\n")
    assert lines == outgoing.content.decode("latin-1").replace("\r\n", "\n").partition("From: ")[2].rstrip(
        "\n"
    )
