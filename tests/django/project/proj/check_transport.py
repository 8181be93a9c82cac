"""Run by `manage.py test`: mail goes out by a backend of Django's."""

import asyncio
import smtplib
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import SimpleTestCase, override_settings

from interfaces.django.mail import ChannelEmailBackend
from interfaces.django.mail_transport import Ready
from interfaces.email.sending.compose import compose
from interfaces.email.sending.transports.opening import transport
from interfaces.shared.errors import ConfigError

FILES = [
    {"filename": "ä.bin", "content": b"\0"},
    {"content_type": "message/rfc822", "content": b"A: b\r\n\r\nx\r\n"},
]
SAID = {
    "from_address": "Jörg <j@us.example>", "to": ["Ann <a@a.example>"], "cc": "c@c.example", "bcc": "b@b.example",
    "subject": "Grüße", "text": "Hällo\n", "html": "<p>Hällo", "attachments": FILES, "headers": {"X-A": "b"},
    "reply_to": "r@us.example", "mail_from": "bounce@us.example",
}  # fmt: skip


def composed(**more):
    """A message on its way."""
    return compose(SAID | more, now=1e9, host="us.example", id="s1")


def sent(url, outgoing, commit=None):
    """What becomes of it."""

    async def main():
        way = transport(url, host="us.example")
        try:
            return await way.send(outgoing, commit)
        finally:
            await way.close()

    return asyncio.run(main())


class OfTheProject(ChannelEmailBackend):
    """A project's own, which hands mail to the sender as well."""


class Raising(BaseEmailBackend):
    """Raises what a test says, in ``opened`` or in ``sent``; gives ``count`` else."""

    opened = sent = None
    count = 1

    def open(self):
        """As a backend connects."""
        if Raising.opened is not None:
            raise Raising.opened

    def send_messages(self, messages):
        """As a backend sends."""
        if Raising.sent is not None:
            raise Raising.sent
        return Raising.count


class ApiError(Exception):
    """As providers' backends raise."""

    def __init__(self, status_code):
        super().__init__(f"status {status_code}")
        self.status_code = status_code


class TransportTest(SimpleTestCase):
    """DjangoTransport, by its URL."""

    def statuses(self, *, opened=None, sent_=None, count=1, outgoing=None):
        """What an error of a backend means."""
        Raising.opened, Raising.sent, Raising.count = opened, sent_, count
        found = sent("django:proj.check_transport.Raising", outgoing or composed(cc=None, bcc=None))
        return [(one.status, one.code) for one in found]

    def test_the_backend_of_the_settings(self):
        """Which is Django's own of tests here: it is given the bytes that were composed, and all that they say."""
        outgoing = composed()
        found = sent("django:", outgoing)
        assert [one.status for one in found] == ["accepted"] * 3
        (message,) = mail.outbox
        assert message.message().as_bytes(linesep="\r\n") == outgoing.content
        assert message.message().as_bytes(linesep="\n") == outgoing.content.replace(b"\r\n", b"\n")
        assert (message.from_email, message.subject) == ("bounce@us.example", "Grüße")
        assert (message.to, message.cc, message.bcc) == (
            ["Ann <a@a.example>"],
            ["c@c.example"],
            ["b@b.example"],
        )
        assert (message.body, message.alternatives[0][0]) == ("Hällo\n", "<p>Hällo\n")
        assert [one[0] for one in message.attachments] == ["ä.bin", "attachment"]
        assert message.attachments[0][1:] == (b"\x00", "application/octet-stream")
        assert message.attachments[1][2] == "message/rfc822"
        headers = message.extra_headers
        assert (headers["X-A"], headers["From"]) == ("b", "Jörg <j@us.example>")
        assert headers["Message-ID"] == f"<{outgoing.message_id}>"

    def test_who_is_tried_again_is_alone(self):
        """Nobody else whom the header names gets it twice."""
        message = Ready(composed().only(["c@c.example"]))
        assert (message.to, message.cc, message.bcc) == ([], ["c@c.example"], [])
        assert message.recipients() == ["c@c.example"]

    def test_a_header_that_is_too_long_is_not_read(self):
        """It goes out as it is, and costs nothing."""
        raw = b"From: " + b"(" * 900 + b"\r\n " + b'"' * 900 + (b"\r\n " + b"(" * 900) * 60 + b"\r\n\r\nx\r\n"
        message = Ready(
            compose({"mail_from": "a@a.example", "to": "b@b.example", "raw": raw}, now=0, host="h", id="s")
        )
        assert (message.subject, message.bcc) == ("", ["b@b.example"])
        assert message.message().as_bytes().endswith(raw)

    def test_what_cannot_be_read_fails(self):
        """As multiparts that are too deep for the standard library; nothing is raised."""
        deep = b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (at, at) for at in range(1500)
        )
        raw = {"mail_from": "a@a.example", "to": "b@b.example", "raw": deep}
        (found,) = sent("django:", compose(raw, now=0, host="h", id="s"))
        assert (found.status, found.code) == ("failed", 554)

    def test_a_backend_that_writes_files(self):
        """Byte for byte."""
        with TemporaryDirectory() as folder, override_settings(EMAIL_FILE_PATH=folder):
            sent("django:django.core.mail.backends.filebased.EmailBackend", composed())
            (path,) = Path(folder).iterdir()
            written = path.read_bytes()
        assert message_from_bytes(written)["Message-ID"] == f"<{composed().message_id}>"

    def test_what_fails_before_it_is_sent_is_tried_again(self):
        """Nothing was sent."""
        assert self.statuses(opened=ConnectionRefusedError("no")) == [("deferred", None)]
        login = smtplib.SMTPAuthenticationError(535, b"no")
        assert self.statuses(opened=login) == [("deferred", 535)]

    def test_an_answer_is_one(self):
        """5xx is for ever, 4xx is not; a provider's is of HTTP."""
        for error, expected in [
            (smtplib.SMTPDataError(554, b"no"), ("failed", 554)),
            (smtplib.SMTPDataError(451, b"later"), ("deferred", 451)),
            (smtplib.SMTPSenderRefused(530, b"log in", "a"), ("deferred", 530)),
            (ApiError(400), ("failed", None)),
            (ApiError(429), ("deferred", None)),
            (ApiError(503), ("deferred", None)),
        ]:
            assert self.statuses(sent_=error) == [expected], error
        refused = smtplib.SMTPRecipientsRefused({"a@a.example": (550, b"no"), "c@c.example": (450, b"later")})
        found = self.statuses(sent_=refused, outgoing=composed(bcc=None))
        assert found == [("failed", 550), ("deferred", 450)]
        assert self.statuses(count=0) == [("failed", None)]

    def test_what_breaks_while_it_is_sent_is_uncertain(self):
        """Nobody knows how far it came."""
        for error in (smtplib.SMTPServerDisconnected("gone"), TimeoutError(), ValueError("odd")):
            assert self.statuses(sent_=error) == [("uncertain", None)], error

    def test_commit_comes_between(self):
        """After the connection, before the message; what it raises is raised."""

        async def refuse():
            raise LookupError

        Raising.opened, Raising.sent = None, AssertionError()
        with pytest.raises(LookupError):
            sent("django:proj.check_transport.Raising", composed(), refuse)

    def test_a_wrong_backend_is_told_at_once(self):
        """In one line; so is one that hands the mail back to us."""
        for url, told in [
            ("django:nowhere.Backend", "there is no backend nowhere.Backend"),
            ("django:interfaces.django.mail.ChannelEmailBackend", "name the backend that sends it"),
            ("django:interfaces.django.sent_mail.LoggedEmailBackend", "name the backend that sends it"),
            (f"django:{__name__}.OfTheProject", "name the backend that sends it"),
        ]:
            with pytest.raises(ConfigError, match=told):
                transport(url, host="h")
        with (
            override_settings(EMAIL_BACKEND="interfaces.django.mail.OutboxEmailBackend"),
            pytest.raises(ConfigError, match="name the backend that sends it"),
        ):
            transport("django:", host="h")
