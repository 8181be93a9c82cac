"""interfaces.email.sending.returns: what comes back to signed return paths."""

import asyncio

import pytest

from interfaces.email.consumer import EmailConsumer
from interfaces.email.sending.compose import compose
from interfaces.email.sending.returns import return_path, signed
from interfaces.email.sending.way import LARGE
from interfaces.shared.errors import ConfigError
from tests.email.harness import mail, scene
from tests.email.sending.desk import KEY, desk
from tests.email.sending.test_post import codes
from tests.email.sending.ways import MAIL


def report(*recipients, action="failed", status="5.1.1", size=0):
    """A delivery report, as other servers write it."""
    groups = "".join(
        f"\r\nFinal-Recipient: rfc822; {one}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} No such user\r\n"
        for one in recipients
    )
    text = "It failed.\r\n" * (size // 12)
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\nSubject: Undelivered\r\n\r\n'
        f"--b\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n{groups}\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <1@mx.example.org>\r\n\r\nText\r\n--b--\r\n"
    ).encode()


class Desk(EmailConsumer):
    """Keeps what comes."""

    seen = ()

    async def email_receive(self, message):
        """Answers people."""
        self.seen.append(message)
        if message["from_address"]:
            await self.send_mail(**{**MAIL, "id": "m1"})

    async def email_bounce(self, message):
        """What came back."""
        self.seen.append(message)


@scene
@pytest.mark.parametrize("size", [0, 2 * LARGE], ids=["small", "large"])
async def test_a_bounce_comes_as_one(monkeypatch, size):
    """The return path of what was sent is signed: a report to it is an event for each recipient, with the send's id."""
    monkeypatch.setattr(Desk, "seen", [])
    async with desk(monkeypatch, Desk.as_asgi()) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 250]
        while not transport.mails:
            await asyncio.sleep(0)
        path = transport.mails[0].mail_from
        assert path.startswith("bounce+m1-") and path.endswith("@mx.example.org")
        said = mail(report("a@example.net", "b@example.net", size=size), path, sender="")
        found = await peer.codes(said)
        while len(found) < 4:
            await asyncio.sleep(0.001)
            found += await peer.codes()
        assert found == [250, 250, 354, 250]
    received, *bounces = Desk.seen
    assert received["type"] == "email.receive"
    assert [(one["type"], one["id"], one["recipient"], one["hard"]) for one in bounces] == [
        ("email.bounce", "m1", "a@example.net", True),
        ("email.bounce", "m1", "b@example.net", True),
    ]
    assert {one["to_address"] for one in bounces} == {path}
    assert len({one["dedupe_key"] for one in bounces}) == 2


@scene
async def test_a_bounce_to_any_other_address_is_a_message(monkeypatch):
    """Anybody can write a report: without our signature it is what it is, and its kind says so."""
    monkeypatch.setattr(Desk, "seen", [])
    async with desk(monkeypatch, Desk.as_asgi()) as (_, peer, _):
        for address in ("you@mx.example.org", "bounce+m1-aaaaaaaaaaaaaaaaaaaaaaa@mx.example.org"):
            found = await peer.codes(mail(report("a@example.net"), address, sender=""))
            while len(found) < 4:
                await asyncio.sleep(0)
                found += await peer.codes()
    assert [(one["type"], one["kind"]) for one in Desk.seen] == [("email.receive", "bounce")] * 2


def test_the_key_and_the_domain_are_checked():
    """One line says which option is wrong; without a key nothing is signed."""
    with pytest.raises(ConfigError, match="--email-bounce-key"):
        return_path("short", "mx.example.org")
    assert return_path("", "mx.example.org") is None
    assert signed(None, lambda: 0.0) is None


def test_an_id_that_is_too_long_keeps_its_own_return_path():
    """The message is sent all the same; its bounces come to its author."""
    made = signed(return_path(KEY, "mx.example.org"), lambda: 1_700_000_000.0)
    for name, kept in (("short", False), ("x" * 60, True)):
        out = compose(MAIL, now=1_700_000_000.0, host="mx.example.org", id=name)
        assert (made(out).mail_from == "desk@example.org") == kept
