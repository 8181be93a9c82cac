"""interfaces.django.mail_log. Run by test_mail_log.py with Django's own runner, on SQLite and PostgreSQL."""

import asyncio
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.connection import ConnectionDoesNotExist

from interfaces.django import mail_limits, mail_rows
from interfaces.django.mail_log import log_mail
from interfaces.django.models import MailContent, ReceivedMail
from interfaces.django.retention import prune_mail
from interfaces.django.sent_mail import send
from interfaces.email.mime import MimeError
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.workers.routing import Routing, route
from proj.mailing import ADA, BOB, RAW, Accepts, deliver, message, saying, states


class LogTests(TransactionTestCase):
    """What is written when."""

    def setUp(self):
        """Nothing was seen yet."""
        Accepts.seen.clear()

    def test_a_row_is_there_before_the_application_and_after_it(self):
        """Pending while it decides, delivered when it asks for more: for each recipient, with one content."""
        deliver(log_mail(Accepts.as_asgi()), *message(ADA, BOB))
        assert Accepts.seen == [("pending", 1), ("pending", 1)]
        assert states() == [(ADA, "delivered", "250 2.0.0 Ok", 1), (BOB, "delivered", "250 2.0.0 Ok", 1)]
        row = ReceivedMail.objects.first()
        assert (row.subject, row.message_id, row.kind, row.size) == (
            "hello",
            "1@example.org",
            "message",
            len(RAW),
        )
        assert row.envelope["client"] == ["192.0.2.1", 25] and row.decided_at
        assert mail_rows.source(MailContent.objects.get()).read() == RAW

    def test_each_verdict_is_a_state(self):
        """Refused, deferred, raised, no route, beyond the limits of a reader: each in the words of the reply."""
        for at, (application, state, reply) in enumerate(
            [
                (saying({"type": "email.reject", "text": "no"}), "bounced", "550 5.7.1 no"),
                (saying({"type": "email.defer", "code": 452}), "failed", "452 4.3.0 Try again later"),
                (saying({"type": "email.discard"}), "delivered", "250 2.0.0 Ok"),
                (saying(error=NoRoute("nobody")), "bounced", "550 5.1.1 No such address here"),
                (saying(error=MimeError("too deep")), "bounced", "554 5.6.0 too deep"),
                (saying(error=ValueError("a\0b")), "failed", "451 4.3.0 Try again later"),
            ]
        ):
            to = f"n{at}@shop.example"
            with suppress(NoRoute, MimeError, ValueError):
                deliver(log_mail(application), *message(to))
            assert states()[at] == (to, state, reply, 1)
        assert ReceivedMail.objects.get(to_address=to).error == "ValueError: a\ufffdb"

    def test_recipients_have_their_own(self):
        """A status is that of its recipient, by address or index; the rest has the verdict of the message."""
        status = {"type": "email.status", "recipient": BOB, "code": 550, "text": "left"}
        other = {"type": "email.status", "index": 0, "code": 451}
        deliver(log_mail(saying(status, other)), *message(ADA, BOB, "eve@shop.example"))
        assert [one[1:3] for one in states()] == [
            ("failed", "451 4.3.0 Try again later"), ("bounced", "550 5.7.1 left"), ("delivered", "250 2.0.0 Ok"),
        ]  # fmt: skip

    def test_a_repeat_is_an_attempt_of_the_same_row(self):
        """Also with fewer recipients; the content is kept once."""
        deliver(log_mail(saying({"type": "email.defer"})), *message(ADA, BOB))
        deliver(log_mail(Accepts.as_asgi()), *message(BOB))
        assert [(one[0], one[1], one[3]) for one in states()] == [(ADA, "failed", 1), (BOB, "delivered", 2)]
        assert MailContent.objects.count() == 1

    def test_a_recipient_said_twice(self):
        """Is one row; and a repeat brings the content back that was pruned."""
        deliver(log_mail(Accepts.as_asgi()), *message(ADA, ADA))
        assert states() == [(ADA, "delivered", "250 2.0.0 Ok", 1)]
        MailContent.objects.all().delete()
        deliver(log_mail(Accepts.as_asgi()), *message(ADA, BOB))
        assert {row.content for row in ReceivedMail.objects.all()} == {MailContent.objects.get()}

    def test_a_thousand_recipients(self):
        """Are a thousand rows, of few queries each time."""
        many = [f"n{at}@shop.example" for at in range(1000)]
        for _ in range(2):
            deliver(log_mail(Accepts.as_asgi()), *message(*many))
        assert ReceivedMail.objects.filter(state="delivered", attempts=2).count() == 1000
        assert MailContent.objects.count() == 1
        scope, event = message(*many)
        rows = mail_rows.begin(scope, event)
        with CaptureQueriesContext(connection) as queries:
            mail_rows.begin(scope, event)
        assert len(queries) < 8, len(queries)
        assert rows == [*ReceivedMail.objects.order_by("pk").values_list("pk", flat=True)]

    def test_functions_for_events(self):
        """A Routing is an application, too."""
        seen = []

        def handler(message):
            seen.append(message["subject"])
            message.reply_channel.send({"type": "email.reject", "text": "no"})

        routing = Routing([route("email.receive", handler, to_address=r"ada@")])
        deliver(log_mail(routing), *message(ADA))
        assert seen == ["hello"] and states()[0][1:3] == ("bounced", "550 5.7.1 no")

    def test_a_verdict_that_was_refused_is_none(self):
        """What the server does not take is the application's error, and not in the log."""

        async def application(scope, receive, send):
            await receive()
            with pytest.raises(ZeroDivisionError):
                await send({"type": "email.reject"})

        scope, event = message(ADA)

        async def run():
            async def receive():
                return event

            async def send(event):
                raise ZeroDivisionError

            await log_mail(application)(scope, receive, send)

        async_to_sync(run)()
        assert states()[0][1] == "delivered"

    def test_what_is_killed_stays_pending(self):
        """A call that is cancelled before its verdict has none."""

        async def application(scope, receive, send):
            await receive()
            raise asyncio.CancelledError

        deliver(log_mail(application), *message(ADA))
        assert states()[0][1] == "pending"

    def test_an_answer_is_waited_for_without_a_verdict(self):
        """Who asks for the result of its send has not decided yet."""

        async def application(scope, receive, send):
            await receive()
            await send({"type": "email.send", "id": "s1"})
            await receive()
            await send({"type": "email.reject"})

        result = {"type": "email.result", "id": "s1", "ok": True}
        deliver(log_mail(application), *message(ADA), result)
        assert states()[0][1] == "bounced"

    def test_without_the_database_nothing_is_taken(self):
        """The application is not called when its row cannot be written, and the error is the server's to tell."""
        with pytest.raises(ConnectionDoesNotExist):
            deliver(log_mail(Accepts.as_asgi(), using="nowhere"), *message(ADA))
        assert Accepts.seen == []

    def test_a_database_that_is_away(self):
        """Is no error of the application: the client comes again, and the server's log has a line."""
        broken = patch("interfaces.django.mail_log.begin", side_effect=OperationalError("database is locked"))
        with broken, pytest.raises(Unavailable, match="cannot be written: database is locked"):
            deliver(log_mail(Accepts.as_asgi()), *message(ADA))
        assert Accepts.seen == []

    def test_a_verdict_stands_that_cannot_be_written(self):
        """The row stays pending, and the log of the server says so."""
        broken = patch("interfaces.django.mail_log.settle", side_effect=OperationalError("gone"))
        with broken, self.assertLogs("interfaces.django", "ERROR"):
            assert deliver(log_mail(saying({"type": "email.reject"})), *message(ADA)) == [
                {"type": "email.reject"}
            ]
        assert states()[0][1] == "pending"

    def test_other_scopes_pass(self):
        """And wrappers within wrappers write once."""

        async def application(scope, receive, send):
            await send(scope)

        assert deliver(log_mail(application), {"type": "http"}) == [{"type": "http"}]
        deliver(log_mail(log_mail(Accepts.as_asgi())), *message(ADA))
        assert states()[0][3] == 1

    def test_texts_that_databases_refuse(self):
        """NUL, half a surrogate pair and endless lines are made fit."""
        scope, event = message(ADA, subject="a\0\ud800" + "x" * 900)
        deliver(log_mail(Accepts.as_asgi()), {**scope, "helo": "x\0y"}, event)
        row = ReceivedMail.objects.get()
        assert row.subject.startswith("a\ufffd?x") and len(row.subject) == 500
        assert row.envelope["helo"] == "x\ufffdy"

    def test_large_ones_go_to_the_storage(self):
        """Where one is named; else their beginning is kept. What is a file already is read from it."""
        raw = RAW + b"x" * mail_limits.LARGE + b"\r\n"
        with TemporaryDirectory() as folder:
            spooled = Path(folder, "spooled")
            spooled.write_bytes(raw)
            reference = {"path": str(spooled), "size": len(raw)}
            stores = {
                "mail": {
                    "BACKEND": "django.core.files.storage.FileSystemStorage",
                    "OPTIONS": {"location": folder},
                }
            }
            with self.settings(STORAGES=stores, INTERFACES={"MAIL_STORAGE": "mail"}):
                deliver(log_mail(Accepts.as_asgi()), *message(ADA, raw=raw, body=b"", body_ref=reference))
                kept = MailContent.objects.get()
                with mail_rows.source(kept) as file:
                    assert kept.data is None and file.read() == raw
                assert prune_mail(timezone.now())["mail content"] == 1
                assert not Path(folder, kept.file).exists()
        ReceivedMail.objects.all().delete()
        most, mail_limits.MOST = mail_limits.MOST, 1000
        try:
            deliver(log_mail(Accepts.as_asgi()), *message(ADA, raw=raw))
        finally:
            mail_limits.MOST = most
        kept = MailContent.objects.get()
        assert kept.cut and bytes(kept.data) == raw[: mail_limits.LARGE] and mail_rows.source(kept) is None

    def test_pieces_are_logged_without_their_content(self):
        """With the last event, which has the digest; what breaks off before is not there."""
        scope, event = message(ADA)
        last = {"dedupe_key", "size", "digest"}

        async def application(scope, receive, send):
            while (await receive()).get("more_body"):
                pass

        first = {key: value for key, value in event.items() if key not in last} | {"more_body": True}
        end = {"type": "email.receive", "id": "t1", "body": b"", "more_body": False}
        deliver(log_mail(application), scope, first, {"type": "email.disconnect"})
        assert states() == []
        deliver(log_mail(application), scope, first, end | {key: event[key] for key in last})
        assert states()[0][:2] == (ADA, "delivered") and MailContent.objects.get().cut

    def test_what_comes_back_is_in_the_log_of_sent_mail(self):
        """Before the application hears of it."""
        row = send({"to": ADA, "subject": "hi"})
        bounce = {
            "type": "email.bounce",
            "id": row.send_id,
            "recipient": ADA,
            "action": "failed",
            "status": "5.1.1",
        }
        deliver(log_mail(Accepts.as_asgi()), message(ADA)[0], bounce)
        row.refresh_from_db()
        assert row.state == "bounced" and states() == []
