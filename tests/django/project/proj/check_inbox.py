"""interfaces.django.inbox. Run by test_inbox.py with Django's own runner, on SQLite and PostgreSQL."""

import functools
import threading
from datetime import timedelta
from io import StringIO

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import TransactionTestCase
from django.utils import timezone

from interfaces.django import inbox
from interfaces.django.inbox import Busy, once
from interfaces.django.models import Inbox
from interfaces.django.retention import prune
from interfaces.email.body import Body
from interfaces.email.envelope import Address, Mail, Recipient
from interfaces.email.headers import Headers
from interfaces.email.translate import Place, Transaction
from interfaces.workers.message import Message

MESSAGE = {"type": "email.receive", "dedupe_key": "m1"}


@once
def sign_up(message, name="ada"):
    """The effect: a user."""
    User.objects.create(username=f"{name}{User.objects.count()}")
    return "done"


@once(consumer="greeting")
def greet(message):
    """Another consumer of the same messages."""
    User.objects.create(username="greeted")


class Consumer:
    """As class consumers are given their messages."""

    @once
    def email_receive(self, event):
        """A handler."""
        return sign_up(event)


class Heir(Consumer):
    """Inherits the handler."""


class Grandchild(Heir):
    """Has one of its own that calls it."""

    @once
    def email_receive(self, event):
        """Both."""
        super().email_receive(event)


class InboxTests(TransactionTestCase):
    """Effects, counted."""

    databases = ("default", "other")

    def setUp(self):
        """Nothing was counted yet."""
        inbox.COUNTS.clear()

    def tearDown(self):
        """Threads have left nothing."""
        connection.close()

    def test_a_repeat_does_nothing(self):
        """The first call has its effect, the second none, and both are counted; a Message is one, too."""
        assert sign_up(MESSAGE) == "done"
        assert sign_up(Message(MESSAGE, "email.receive")) is None
        assert User.objects.count() == 1
        assert inbox.COUNTS == {"first": 1, "repeated": 1}

    def test_another_message_and_another_consumer_are_not_repeats(self):
        """The row is for one consumer and one key; a method finds its message behind self."""
        sign_up(MESSAGE)
        sign_up({**MESSAGE, "dedupe_key": "m2"})
        greet(MESSAGE)
        Consumer().email_receive({**MESSAGE, "dedupe_key": "m3"})
        Consumer().email_receive({**MESSAGE, "dedupe_key": "m3"})
        assert User.objects.count() == 4

    def test_a_mail_for_fewer_recipients_is_a_repeat_for_each(self):
        """Under a key for each: the repeat for one of two has no effect, one for a third has its own."""
        for some in ("ab", "b", "bc", "cba"):
            to = [Recipient(Address(one, "b.example"), {}) for one in some]
            place = Place(protocol="smtp", client=None, server=None)
            event = Transaction("t", place, Mail(Address("me", "a.example"), {}), to, 1.0, Body(99)).event(
                Headers()
            )
            for name, key in zip(event["to"], event["dedupe_keys"], strict=True):
                with once(key, consumer="each") as first:
                    if first:
                        User.objects.create(username=name)
        assert [one.username[0] for one in User.objects.order_by("id")] == ["a", "b", "c"]

    def test_an_exception_takes_both_back(self):
        """Neither effect nor row stays, so that the repeat has its effect."""
        for _ in range(2):
            with pytest.raises(ZeroDivisionError), once(MESSAGE) as first:  # noqa: PT012 - the effect and its end
                assert first
                User.objects.create(username="half")
                raise ZeroDivisionError
        assert not User.objects.exists()
        assert not Inbox.objects.exists()

    def test_it_joins_the_transaction_that_is_there(self):
        """Rolled back around it, the message has not been handled."""
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the effect and its end
            sign_up(MESSAGE)
            raise ZeroDivisionError
        assert sign_up(MESSAGE) == "done"

    def test_after_a_repeat_the_transaction_goes_on(self):
        """The refused row does not break the transaction in which it was tried."""
        sign_up(MESSAGE)
        with transaction.atomic():
            User.objects.create(username="before")
            with once(MESSAGE, consumer=f"{__name__}.sign_up") as first:
                assert not first
            User.objects.create(username="after")
        assert User.objects.count() == 3

    def test_the_caller_is_the_consumer(self):
        """A plain ``with`` is named after the function that has it."""
        with once("key") as first:
            assert first
        row = Inbox.objects.get()
        assert row.consumer == f"{__name__}.InboxTests.test_the_caller_is_the_consumer"
        assert str(row).startswith("key for proj.")

    def test_keys_of_any_length(self):
        """A key that no column takes is kept as its digest."""
        for key in ("k" * 1000, "nul\0", "\ud800", "s" * 300 + "\ud800"):
            message = {"dedupe_key": key}
            assert sign_up(message) == "done"
            assert sign_up(message) is None

    def test_a_message_without_a_key_is_refused(self):
        """It could not be known again; neither could no message."""
        for args in [({"type": "x"},), ({"dedupe_key": ""},), (None,)]:
            with pytest.raises(ValueError):
                sign_up(*args)

    def test_two_at_once_have_one_effect(self):
        """While one transaction is open, the same message elsewhere waits for its end, and then is a repeat."""
        inside, results = threading.Event(), []

        def second():
            inside.wait(10)
            try:
                results.append(sign_up(MESSAGE))
            finally:
                connection.close()

        thread = threading.Thread(target=second)
        thread.start()
        with once(MESSAGE, consumer=f"{__name__}.sign_up") as first:
            assert first
            User.objects.create(username="ada")
            inside.set()
            thread.join(0.3)
            assert thread.is_alive()
        thread.join(30)
        assert results == [None]
        assert User.objects.count() == 1

    def test_the_first_is_taken_back_while_the_second_waits(self):
        """Then the second is no repeat, and has its effect."""
        inside, results = threading.Event(), []

        def second():
            inside.wait(10)
            try:
                results.append(sign_up(MESSAGE))
            finally:
                connection.close()

        thread = threading.Thread(target=second)
        thread.start()
        with pytest.raises(ZeroDivisionError), once(MESSAGE, consumer=f"{__name__}.sign_up"):  # noqa: PT012 - the effect and its end
            inside.set()
            thread.join(0.3)
            raise ZeroDivisionError
        thread.join(30)
        assert results == ["done"]
        assert User.objects.count() == 1

    def test_who_waits_too_long_is_told_to_come_again(self):
        """Busy, which a Routing tries again; nothing has happened then."""
        results = []

        def second():
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SET lock_timeout = 100"
                        if connection.vendor == "postgresql"
                        else "PRAGMA busy_timeout = 100"
                    )
                results.append(sign_up(MESSAGE))
            except Busy as error:
                results.append(error)
            finally:
                connection.close()

        with once(MESSAGE, consumer=f"{__name__}.sign_up"):
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(30)
        assert isinstance(results[0], Busy)
        assert not User.objects.exists()
        assert inbox.COUNTS["busy"] == 1

    def test_twenty_at_once_have_one_effect(self):
        """Threads that begin together: one effect, whatever becomes of the others."""
        start, results = threading.Barrier(20), []

        def one():
            start.wait()
            try:
                results.append(sign_up(MESSAGE))
            except Busy:
                results.append("busy")
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(results) == 20
        assert results.count("done") == 1
        assert User.objects.count() == 1

    async def test_async_consumers(self):
        """A repeat is skipped, an exception frees the message."""
        ran = []

        @once(consumer="c")
        async def consume(message, fail=False):
            ran.append(fail)
            if fail:
                raise ZeroDivisionError
            return "done"

        with pytest.raises(ZeroDivisionError):
            await consume(MESSAGE, fail=True)
        assert await consume(MESSAGE) == "done"
        assert await consume(MESSAGE) is None
        assert ran == [True, False]

    async def test_an_async_consumer_that_was_killed(self):
        """Its message is busy while the lease lasts, and then somebody else's."""
        row = await Inbox.objects.acreate(consumer="c", dedupe_key="m1", done=False)
        with pytest.raises(Busy):
            async with once(MESSAGE, consumer="c"):
                pass
        row.created_at = timezone.now() - timedelta(seconds=inbox.LEASE + 1)
        await row.asave()
        async with once(MESSAGE, consumer="c") as first:
            assert first
        assert (await Inbox.objects.aget()).done

    async def test_an_async_consumer_that_was_slow(self):
        """When another has taken its message over, neither its failure nor its end frees what the other does."""
        for fails in (True, False):
            key = f"slow{fails}"
            slow, other = once(key, consumer="c"), once(key, consumer="c")
            assert await slow.__aenter__()
            await Inbox.objects.filter(dedupe_key=key).aupdate(
                created_at=timezone.now() - timedelta(seconds=inbox.LEASE + 1)
            )
            assert await other.__aenter__()
            with self.assertLogs("interfaces.django", "WARNING"):
                await slow.__aexit__(
                    *((ZeroDivisionError, ZeroDivisionError(), None) if fails else (None,) * 3)
                )
            with pytest.raises(Busy):
                await once(key, consumer="c").__aenter__()
            await other.__aexit__(None, None, None)
            assert not await once(key, consumer="c").__aenter__()

    async def test_a_slow_async_consumer_whose_successor_failed(self):
        """Its end still counts, though no row says any more that it runs."""
        slow = once("key", consumer="c")
        assert await slow.__aenter__()
        await Inbox.objects.all().adelete()
        await slow.__aexit__(None, None, None)
        assert not await once("key", consumer="c").__aenter__()

    def test_inherited_handlers_are_consumers_of_their_own(self):
        """A class that inherits a handler is no repeat of another; a handler may call the one that it overrides."""
        Consumer().email_receive({**MESSAGE, "dedupe_key": "m1"})
        User.objects.all().delete()
        Inbox.objects.filter(consumer=f"{__name__}.sign_up").delete()
        Heir().email_receive({**MESSAGE, "dedupe_key": "m1"})
        assert User.objects.count() == 1
        Grandchild().email_receive({**MESSAGE, "dedupe_key": "m2"})
        Grandchild().email_receive({**MESSAGE, "dedupe_key": "m2"})
        assert User.objects.count() == 2

    def test_who_has_no_name_of_its_own_needs_one(self):
        """Two such functions would be taken for one, and the effect of the second be lost."""

        def local(message):
            User.objects.create(username="local")

        for nameless in (lambda message: None, local, functools.partial(local)):
            with pytest.raises(ValueError, match="consumer="):
                once(nameless)
        once(local, consumer="c")(MESSAGE)
        once(functools.partial(local), consumer="c")(MESSAGE)
        assert User.objects.count() == 1

    def test_what_runs_after_its_transaction_is_refused(self):
        """A generator at once, a coroutine of a sync function when it comes: no row says that it was done."""

        def generator(message):
            yield

        async def coroutine(message):
            User.objects.create(username="never")

        with pytest.raises(TypeError):
            once(generator, consumer="c")
        with pytest.raises(TypeError):
            once(lambda message: [coroutine(message)][0], consumer="c")(MESSAGE)
        assert not Inbox.objects.exists()

    async def test_what_asgiref_has_made_async_is_async(self):
        """Its row is done when it is."""

        def consume(message):
            assert not Inbox.objects.get().done
            return "done"

        consumer = once(database_sync_to_async(consume), consumer="c")
        assert await consumer(MESSAGE) == "done"
        assert await consumer(MESSAGE) is None

    def test_what_the_database_would_take_back_silently_is_an_error(self):
        """An error that the consumer has swallowed: else the message would count as handled, without its effect."""

        def by_django():
            User.objects.create(username="grace")

        def by_the_database():
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")

        User.objects.create(username="grace")
        ways = [by_django, connection.close]
        if connection.vendor == "postgresql":
            ways.append(by_the_database)
        for way in ways:
            with pytest.raises(TransactionManagementError, match="atomic"), once(MESSAGE):  # noqa: PT012
                User.objects.create(username="ada")
                try:
                    way()
                except DatabaseError:
                    pass
            assert not Inbox.objects.exists()
            assert User.objects.count() == 1
        with once(MESSAGE) as first:
            assert first
            with pytest.raises(DatabaseError), transaction.atomic():
                by_django()
            User.objects.create(username="ada")
        assert User.objects.count() == 2

    def test_a_database_that_goes_away(self):
        """In the middle of the effect: an error, which is not Busy, and the repeat has the effect."""
        with pytest.raises(DatabaseError), once(MESSAGE, consumer="c"):  # noqa: PT012 - the effect and its end
            User.objects.create(username="ada")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            else:
                connection.close()
        connection.close()
        with once(MESSAGE, consumer="c") as first:
            assert first
            User.objects.create(username="ada")
        assert User.objects.count() == 1
        assert inbox.COUNTS["busy"] == 0

    def test_without_its_table_nobody_is_busy(self):
        """Coming again would not help: who has forgotten to migrate is told so."""
        with connection.schema_editor() as editor:
            editor.delete_model(Inbox)
        try:
            with pytest.raises(DatabaseError, match="interfaces_inbox"):
                sign_up(MESSAGE)
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(Inbox)
        assert inbox.COUNTS["busy"] == 0

    def test_whose_effect_the_database_refuses_for_now_comes_again(self):
        """A deadlock or a lock in the effect is Busy, too, and nothing of it stays."""
        with once("lock", consumer="other"):
            results = []

            def second():
                try:
                    with connection.cursor() as cursor:
                        if connection.vendor == "postgresql":
                            cursor.execute("SET lock_timeout = 100")
                        else:
                            cursor.execute("PRAGMA busy_timeout = 100")
                    with once(MESSAGE, consumer="c"):
                        User.objects.create(username="ada")
                        with connection.cursor() as cursor:
                            cursor.execute(
                                "INSERT INTO interfaces_inbox (consumer, dedupe_key, created_at, done)"
                                " VALUES ('other', 'lock', '2026-01-01 00:00:00', true)"
                            )
                except Exception as error:  # noqa: BLE001 - looked at below
                    results.append(error)
                finally:
                    connection.close()

            thread = threading.Thread(target=second)
            thread.start()
            thread.join(30)
        assert isinstance(results[0], Busy)
        assert not User.objects.exists()
        assert Inbox.objects.count() == 1

    def test_in_another_database(self):
        """Row and effect are where ``using`` says, and the row is pruned there."""
        for _ in range(2):
            with once(MESSAGE, using="other", consumer="c") as first:
                if first:
                    User.objects.using("other").create(username="ada")
        assert User.objects.using("other").count() == 1
        assert not Inbox.objects.exists()
        out = StringIO()
        call_command("interfaces_prune", "--inbox-days", "0", stdout=out)
        call_command("interfaces_prune", "--inbox-days", "0", "--database", "other", stdout=out)
        rest = "outbox: 0 deleted, mail: 0 deleted, mail content: 0 deleted"
        assert out.getvalue() == f"inbox: 0 deleted, {rest}\ninbox: 1 deleted, {rest}\n"

    def test_what_runs_is_not_pruned(self):
        """However short rows are kept: the row of an async consumer stays while its lease lasts."""
        row = Inbox.objects.create(consumer="c", dedupe_key="m1", done=False)
        call_command("interfaces_prune", "--inbox-days", "0", stdout=StringIO())
        assert Inbox.objects.exists()
        Inbox.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(seconds=inbox.LEASE + 1))
        call_command("interfaces_prune", "--inbox-days", "0", stdout=StringIO())
        assert not Inbox.objects.exists()

    def test_pruning(self):
        """Rows older than the command is told go."""
        sign_up(MESSAGE)
        out = StringIO()
        call_command("interfaces_prune", stdout=out)
        assert Inbox.objects.exists()
        Inbox.objects.update(created_at=timezone.now() - timedelta(days=3))
        call_command("interfaces_prune", "--inbox-days", "2", stdout=out)
        rest = "outbox: 0 deleted, mail: 0 deleted, mail content: 0 deleted"
        assert out.getvalue() == f"inbox: 0 deleted, {rest}\ninbox: 1 deleted, {rest}\n"

    def test_how_long_rows_stay_is_a_setting(self):
        """Whoever prunes heeds it: the command, the relay; what is no number of days is a mistake of one line."""
        old = timezone.now() - timedelta(days=40)
        Inbox.objects.create(consumer="c", dedupe_key="m1", created_at=old)
        with self.settings(INTERFACES={"INBOX_DAYS": 60}):
            assert prune(timezone.now())["inbox"] == 0
            call_command("interfaces_prune", stdout=StringIO())
        assert Inbox.objects.exists()
        with (
            self.settings(INTERFACES={"INBOX_DAYS": "60"}),
            pytest.raises(CommandError, match="number of days"),
        ):
            call_command("interfaces_prune", stdout=StringIO())
        assert prune(timezone.now())["inbox"] == 1

    def test_the_migrations_say_what_the_models_say(self):
        """Nothing is left for makemigrations."""
        call_command("makemigrations", "interfaces", check=True, dry_run=True, stdout=StringIO())
