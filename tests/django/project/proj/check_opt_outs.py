"""interfaces.django.opt_outs, in a project. Run by test_opt_outs.py."""

import asyncio
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client, TransactionTestCase

from interfaces.django.models import OptOut
from interfaces.django.opt_outs import DjangoOptOuts
from interfaces.shared.errors import ConfigError, Unavailable

OURS, OTHER, THEIRS = "+41445556677", "MyShop", "+41791234567"


class OptOuts(TransactionTestCase):
    """What is noted and asked."""

    def setUp(self):
        """A store that is open."""
        self.store = DjangoOptOuts()
        asyncio.run(self.store.open())

    def has(self, *pair):
        """Whether it knows."""
        return asyncio.run(self.store.has(*pair))

    def note(self, ours, out):
        """Somebody has said so."""
        asyncio.run(self.store.note(ours, THEIRS, out=out))

    def test_what_was_said_last_holds(self):
        """To one number of ours; "" asks for any; a row is kept of who has come back."""
        self.note(OURS, True)
        self.note(OURS, True)
        assert [self.has(one, THEIRS) for one in (OURS, OTHER, "")] == [True, False, True]
        self.note(OURS, False)
        assert [self.has(one, THEIRS) for one in (OURS, OTHER, "")] == [False, False, False]
        row = OptOut.objects.get()
        assert (row.out, str(row)) == (False, f"{THEIRS} takes from {OURS}")

    def test_a_long_name_has_room(self):
        """What is longer than a row is cut, when it is asked for as well."""
        self.note("x" * 80, True)
        assert self.has("x" * 80, THEIRS)

    def test_a_database_that_is_away(self):
        """Nobody knows then: try again; at the start the table may not be there."""
        gone = patch("django.db.models.query.QuerySet.exists", side_effect=DatabaseError("gone"))
        with gone, pytest.raises(Unavailable, match="gone"):
            self.has(OURS, THEIRS)
        bare = patch("django.db.models.query.QuerySet.first", side_effect=DatabaseError("no such table"))
        with bare, pytest.raises(ConfigError, match="migrate interfaces"):
            asyncio.run(self.store.open())
        with (
            patch("django.apps.apps.is_installed", return_value=False),
            pytest.raises(ConfigError, match="INSTALLED"),
        ):
            asyncio.run(self.store.open())
        asyncio.run(self.store.close())
        assert repr(self.store) == self.store.describe() == "Django's database"

    def test_the_staff_sees_and_enters_them(self):
        """A STOP that came by mail is entered, and holds at once."""
        User.objects.create_superuser("root")
        client = Client()
        client.force_login(User.objects.get())
        said = {
            "ours": OURS,
            "theirs": THEIRS,
            "out": "on",
            "changed_at_0": "2026-01-01",
            "changed_at_1": "00:00",
        }
        assert client.post("/admin/interfaces/optout/add/", said).status_code == 302
        assert self.has(OURS, THEIRS)
        assert THEIRS in client.get("/admin/interfaces/optout/").content.decode()

    def test_no_migration_is_missing(self):
        """The tables are what the models say."""
        call_command("makemigrations", "interfaces", "--check", "--dry-run")
