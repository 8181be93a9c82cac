"""Replay, sent mail and retention of the log. Run by test_mail_log.py, on SQLite and PostgreSQL."""

import asyncio
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import TransactionTestCase
from django.utils import timezone

from interfaces.django.checks import check_options
from interfaces.django.inbox import once
from interfaces.django.mail_log import log_mail
from interfaces.django.mail_replay import ContentMissingError, replay
from interfaces.django.models import MailContent, Outbox, ReceivedMail, SentMail
from interfaces.django.retention import prune_mail
from interfaces.django.sent_mail import RESULTS, LoggedEmailBackend, MailResults, ask, send, update
from interfaces.email.body import content
from interfaces.email.consumer import EmailConsumer
from proj.mailing import ADA, BOB, RAW, Accepts, deliver, message, saying, states


@once(consumer="replayed")
def effect(event):
    """A user a message."""
    User.objects.create(username=f"user{User.objects.count()}")


class Effect(EmailConsumer):
    """Has an effect, and answers."""

    def email_receive(self, event):
        """Raises the first time."""
        effect(event)
        said = content(event), self.scope["helo"], event["authentication"]
        Accepts.seen.append((event["attempt"], event["dedupe_key"], event["to"], *said))
        if event["attempt"] == 1:
            raise ValueError("not now")


class ReplayTests(TransactionTestCase):
    """Once more."""

    def setUp(self):
        """Nothing was seen yet."""
        Accepts.seen.clear()

    def test_the_application_gets_what_it_got(self):
        """With the next attempt and the same key, so that the inbox knows it; ``again`` has another."""
        scope, event = message(ADA, authentication={"spf": None})
        with pytest.raises(ValueError, match="not now"):
            deliver(log_mail(Effect.as_asgi()), scope, event)
        assert states() == [(ADA, "failed", "451 4.3.0 Try again later", 1)]
        row = ReceivedMail.objects.get()
        assert async_to_sync(replay)(row, Effect.as_asgi()).kind == "accept"
        assert Accepts.seen[1] == (2, event["dedupe_key"], [ADA], RAW, "client", {"spf": None})
        assert states() == [(ADA, "delivered", "250 2.0.0 Ok", 2)]
        assert User.objects.count() == 1
        row.refresh_from_db()
        async_to_sync(replay)(row, log_mail(Effect.as_asgi()), again=True)
        assert Accepts.seen[2][:2] == (3, f"{event['dedupe_key']} 3")
        assert User.objects.count() == 2 and states()[0][3] == 3

    def test_what_it_sends_leaves_by_the_layer(self):
        """With its result, where it waits for that."""

        async def application(scope, receive, send):
            await receive()
            words = {"to": ADA, "from_address": BOB, "subject": "hi", "text": "there"}
            await send({"type": "email.send", **words})

        deliver(log_mail(Accepts.as_asgi()), *message(ADA))

        async def run():
            said = await replay(await ReceivedMail.objects.select_related("content").aget(), application)
            sent = await get_channel_layer().receive("email.send")
            return said.kind, sent["subject"]

        assert async_to_sync(run)() == ("accept", "hi")

    def test_what_is_not_kept_cannot_be(self):
        """Its days are over, or it was too large."""
        deliver(log_mail(Accepts.as_asgi()), *message(ADA))
        assert (
            prune_mail(timezone.now(), rows=timedelta(days=10**5), content=timedelta())["mail content"] == 1
        )
        with pytest.raises(ContentMissingError):
            async_to_sync(replay)(ReceivedMail.objects.get(), Accepts.as_asgi())

    def test_a_slow_application_is_left(self):
        """After its seconds."""

        async def application(scope, receive, send):
            await receive()
            await asyncio.get_running_loop().create_future()

        deliver(log_mail(Accepts.as_asgi()), *message(ADA))
        assert async_to_sync(replay)(ReceivedMail.objects.get(), application, seconds=0.01).kind == "defer"
        assert states()[0][1] == "pending"

    def test_commands(self):
        """list and show say what there is; replay takes what is pending for long, and numbers."""
        deliver(log_mail(Accepts.as_asgi()), *message(ADA, subject="a\x1b[2Jb"))
        deliver(log_mail(saying({"type": "email.defer"})), *message(BOB))
        first, second = ReceivedMail.objects.order_by("pk").values_list("pk", flat=True)
        assert "a?[2Jb" in said("list", "--to", ADA) and "\x1b" not in said("list")
        assert json.loads(said("list", "--json", "--state", "failed"))["id"] == second
        assert said("list", "--limit", "1").count("\n") == 1
        assert said("show", str(first)) == RAW.decode().replace("\r\n", "\n")
        with TemporaryDirectory() as folder:
            assert said("show", str(first), "--output", f"{folder}/x.eml") == ""
            assert Path(folder, "x.eml").read_bytes() == RAW
            with pytest.raises(CommandError, match="File exists"):
                said("show", str(first), "--output", f"{folder}/x.eml")
        with self.settings(ASGI_APPLICATION="proj.check_log_replay.application"):
            assert said("replay") == ""
            assert said("replay", "--failed") == f"{second}: accept\n"
            ReceivedMail.objects.filter(pk=first).update(state="pending")
            assert said("replay", "--older", "0") == f"{first}: accept\n"
            assert said("replay", str(first), str(second)).count("accept") == 2
            for words, wrong in [(["show", "0"], "no mail 0"), (["replay", "0"], "no mail 0")]:
                with pytest.raises(CommandError, match=wrong):
                    said(*words)
            MailContent.objects.all().delete()
            with pytest.raises(CommandError, match="1 of 1 could not be replayed"):
                said("replay", str(first))
            with pytest.raises(CommandError, match="not kept"):
                said("show", str(first))
        with self.settings(ASGI_APPLICATION=None), pytest.raises(CommandError, match="set ASGI_APPLICATION"):
            said("replay")


application = Accepts.as_asgi()


def said(*words):
    """What the command prints."""
    out = StringIO()
    call_command("interfaces_mail", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


class SentTests(TransactionTestCase):
    """What became of what was sent."""

    def test_row_and_message_are_one(self):
        """Written in one transaction; the message asks for its result, and is known by the row's id."""
        row = send({"to": [ADA, BOB], "from_address": "me@shop.example", "subject": "hi", "text": "there"})
        assert (row.recipients, row.subject, row.text, row.state) == (
            f"{ADA}\n{BOB}",
            "hi",
            "there",
            "pending",
        )
        queued = Outbox.objects.get()
        assert queued.channel == "email.send"
        assert row.send_id.encode() in bytes(queued.message) and RESULTS.encode() in bytes(queued.message)

    def test_all_that_django_sends(self):
        """By a backend, with the subject that its header has."""
        assert (
            LoggedEmailBackend().send_messages([EmailMessage("grüße", "there", "me@shop.example", [ADA])])
            == 1
        )
        row = SentMail.objects.get()
        assert (row.subject, row.recipients, row.from_address) == ("grüße", ADA, "me@shop.example")
        assert Outbox.objects.count() == 1

    def test_results_and_reports(self):
        """Accepted is delivered until it bounces, and a late result does not undo that; each is said once."""
        key = send({"to": ADA, "subject": "hi"}).send_id
        one = {"recipient": ADA, "status": "accepted", "code": 250, "enhanced": "2.0.0", "text": "Ok"}
        result = {"type": "email.result", "id": key, "ok": True, "message_id": "m@x", "results": [one]}
        later = {
            **result,
            "ok": False,
            "results": [{**one, "status": "deferred", "code": 451, "text": "later"}],
        }
        bounce = {"type": "email.bounce", "id": key, "recipient": ADA, "action": "failed", "status": "5.1.1",
                  "diagnostic": "550 gone"}  # fmt: skip
        found = []
        for told in [later, result, {**bounce, "action": "delayed"}, bounce, bounce, result]:
            assert update(told)
            found.append(SentMail.objects.get().state)
        assert found == ["pending", "delivered", "delivered", "bounced", "bounced", "bounced"]
        row = SentMail.objects.get()
        assert row.message_id == "m@x" and row.reply.count("gone") == 2 and row.decided_at
        assert not update({**result, "id": "unknown"})

    def test_lost_results_are_asked_for(self):
        """What was handed on and is pending leaves once more: after a while, before the sender forgets it."""
        row = send({"to": ADA})
        assert said("ask", "--older", "0") == "asked about 0\n"
        Outbox.objects.update(sent_at=timezone.now())
        assert said("ask") == "asked about 0\n"
        assert ask(now=timezone.now() + timedelta(days=1)) == 0
        assert said("ask", "--older", "0") == "asked about 1\n" and Outbox.objects.get().sent_at is None
        Outbox.objects.update(sent_at=timezone.now())
        update({"type": "email.result", "id": row.send_id, "ok": True})
        assert said("ask", "--older", "0") == "asked about 0\n"
        Outbox.objects.all().delete()
        assert SentMail.objects.get().outbox is None

    def test_other_ends(self):
        """What failed, what is uncertain, what could not be sent at all, and a report that it has arrived."""
        for status, state in [("failed", "failed"), ("uncertain", "uncertain")]:
            key = send({"to": ADA}).send_id
            one = {"recipient": ADA, "status": status, "code": None, "text": "x"}
            update({"type": "email.result", "id": key, "ok": False, "results": [one]})
            assert SentMail.objects.get(send_id=key).state == state
            update(
                {
                    "type": "email.bounce",
                    "id": key,
                    "recipient": ADA,
                    "action": "delivered",
                    "status": "2.0.0",
                }
            )
            assert SentMail.objects.get(send_id=key).state == "delivered"
        key = send({"to": ADA}).send_id
        update({"type": "email.result", "id": key, "ok": False, "error": "no such thing", "results": []})
        row = SentMail.objects.get(send_id=key)
        assert (row.state, row.reply) == ("failed", "no such thing")

    def test_the_consumer_of_results(self):
        """Takes them off their channel."""
        key = send({"to": ADA}).send_id
        told = [
            {"type": "email.complaint", "id": key, "recipient": ADA},
            {"type": "email.result", "id": key, "ok": True},
        ]
        deliver(MailResults.as_asgi(), {"type": "channel"}, *told)
        row = SentMail.objects.get()
        assert row.state == "delivered" and "complaint" in row.reply


class RetentionTests(TransactionTestCase):
    """How long it stays."""

    def test_content_goes_before_its_row(self):
        """What a message says after its days, who wrote to whom after theirs; the command and the settings say so."""
        deliver(log_mail(Accepts.as_asgi()), *message(ADA, BOB, received_at=timezone.now().timestamp()))
        send({"to": ADA, "subject": "hi", "text": "there"})
        now = timezone.now()
        assert prune_mail(now) == {"mail": 0, "mail content": 0}
        assert prune_mail(now + timedelta(days=31)) == {"mail": 0, "mail content": 2}
        assert not MailContent.objects.exists()
        assert {*ReceivedMail.objects.values_list("subject", "content")} == {("", None)}
        assert SentMail.objects.get().text == ""
        assert prune_mail(now + timedelta(days=31)) == {"mail": 0, "mail content": 0}
        with self.settings(INTERFACES={"MAIL_DAYS": 100}):
            assert prune_mail(now + timedelta(days=91))["mail"] == 0
        assert prune_mail(now + timedelta(days=91))["mail"] == 3
        out = StringIO()
        deliver(log_mail(Accepts.as_asgi()), *message(ADA))
        call_command("interfaces_prune", "--mail-days", "1", stdout=out)
        assert "mail: 1 deleted, mail content: 1 deleted" in out.getvalue()
        assert not MailContent.objects.exists()

    def test_a_wrong_setting_is_one_line(self):
        """Days that are none, and a storage that is not there."""
        for wrong in [{"MAIL_DAYS": "x"}, {"MAIL_CONTENT_DAYS": -1}]:
            with self.settings(INTERFACES=wrong), pytest.raises(CommandError, match="number of days"):
                call_command("interfaces_prune", stdout=StringIO())
        with self.settings(INTERFACES={"MAIL_STORAGE": "nowhere"}):
            assert "key of STORAGES" in check_options(None)[0].msg
