"""interfaces.django.slack_installations, and its admin. Run by test_slack_store.py."""

import html
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from slack_sdk.oauth.installation_store import Installation as Granted

from interfaces.django import slack_installations, slack_rows
from interfaces.django.models import SlackInstallation
from interfaces.django.slack_installations import DjangoInstallationStore, reseal, store
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.client import web_client
from interfaces.slack.installations.opening import open_store
from interfaces.slack.installations.records import Place, Records
from interfaces.slack.installations.rotation import Rotation
from interfaces.testing.slack import App, FakeSlack

HERE = Place("E1", "T1")
SECRETS = {
    "bot_token": "xoxb-secret",
    "bot_refresh_token": "xoxe-1-bot-secret",
    "user_token": "xoxp-secret",
    "user_refresh_token": "xoxe-1-user-secret",
    "incoming_webhook_url": "https://hooks.slack.com/services/secret",
    "incoming_webhook_configuration_url": "https://x.slack.com/secret",
}
PLAIN = {
    "app_id": "A1",
    "enterprise_id": "E1",
    "enterprise_name": "Grid",
    "team_id": "T1",
    "team_name": "Ops",
    "bot_id": "B1",
    "bot_user_id": "UBOT",
    "user_id": "U1",
    "bot_token_expires_at": 1_800_000_000,
    "user_token_expires_at": 1_800_000_001,
    "incoming_webhook_channel": "#ops",
    "incoming_webhook_channel_id": "C1",
    "token_type": "bot",
    "installed_at": 1_700_000_000.5,
}


def granted(**more):
    """An installation with everything."""
    scopes = {"bot_scopes": "chat:write,commands", "user_scopes": "search:read"}
    return Granted(**{**SECRETS, **PLAIN, **scopes, "custom_values": {"plan": "free"}, **more})


def found(kept, place=HERE, **more):
    """What the store has for a place."""
    return async_to_sync(kept.async_find_installation)(**place._asdict(), **more)


def bot(kept, place=HERE, **more):
    """And its bot."""
    return async_to_sync(kept.async_find_bot)(**place._asdict(), **more)


def save(kept, **more):
    """Keep one."""
    async_to_sync(kept.async_save)(granted(**more))


class StoreTests(TestCase):
    """A store of slack_sdk's over the table."""

    def setUp(self):
        """One for an app."""
        self.kept = DjangoInstallationStore("1.1")

    def test_all_of_it_comes_back(self):
        """Whatever OAuth gives; for its own app alone, and by the id of the team alone."""
        save(self.kept)
        one = granted()
        row = found(self.kept)
        for name in (*SECRETS, *PLAIN, "bot_scopes", "user_scopes", "custom_values"):
            assert getattr(row, name) == getattr(one, name), name
        its = bot(self.kept)
        assert (its.bot_token, its.bot_refresh_token, its.bot_scopes) == (
            "xoxb-secret", "xoxe-1-bot-secret", ["chat:write", "commands"],
        )  # fmt: skip
        assert its.bot_token_expires_at == 1_800_000_000
        assert bot(self.kept, Place(None, "T1")) is not None
        for place in (Place("E2", "T1"), Place("E1", None), Place("E1", "T2"), Place(None, None)):
            assert found(self.kept, place) is None and bot(self.kept, place) is None
        assert found(DjangoInstallationStore("2.2")) is None
        assert found(self.kept, user_id="U2") is None and found(self.kept, user_id="U1") is not None

    def test_the_last_state_is_kept(self):
        """A row for the bot and one a user; who comes last is found, with the bot that all share."""
        save(self.kept)
        save(self.kept, team_name="Operations")
        assert SlackInstallation.objects.count() == 2 and found(self.kept).team_name == "Operations"
        save(self.kept, user_id="U2", bot_token=None, user_token="xoxp-2", installed_at=1_700_000_009.0)
        assert SlackInstallation.objects.count() == 3
        row = found(self.kept)
        assert (row.user_id, row.user_token, row.bot_token) == ("U2", "xoxp-2", "xoxb-secret")
        assert found(self.kept, user_id="U1").user_token == "xoxp-secret"
        twice = SlackInstallation.objects.get(user_id="U2")
        twice.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            twice.save()

    def test_what_is_forgotten(self):
        """A user's, the bot's, or all; nothing of other teams."""
        save(self.kept, team_id="T2")
        records = Records(self.kept)
        for users, rows in ((["U1"], [""]), (["UBOT"], ["U1"]), (None, []), ([], ["", "U1"])):
            save(self.kept)
            async_to_sync(records.delete)(HERE, users)
            there = SlackInstallation.objects.filter(team_id="T1").values_list("user_id", flat=True)
            assert sorted(there) == rows, users
        async_to_sync(self.kept.async_delete_installation)(enterprise_id="E1", team_id="T1")
        assert bot(self.kept) is not None
        async_to_sync(self.kept.async_delete_all)(enterprise_id="E1", team_id="T1")
        assert SlackInstallation.objects.count() == 2 and found(self.kept, Place("E1", "T2")) is not None

    def test_an_organisation(self):
        """Has no team."""
        save(self.kept, team_id=None, is_enterprise_install=True, enterprise_url="https://grid.slack.com/")
        place = Place("E1", None)
        assert found(self.kept, place).enterprise_url == "https://grid.slack.com/"
        assert bot(self.kept, Place("E1", "T1"), is_enterprise_install=True).team_id is None

    def test_a_bot_or_a_user_alone(self):
        """Each is kept by itself; a user that Slack does not name is no bot."""
        async_to_sync(self.kept.async_save_bot)(granted().to_bot())
        assert found(self.kept) is None and bot(self.kept).bot_token == "xoxb-secret"
        SlackInstallation.objects.all().delete()
        save(self.kept, bot_token=None, user_id="")
        assert bot(self.kept) is None and found(self.kept).user_id == ""

    def test_what_is_too_long(self):
        """Is cut, since names are for people; PostgreSQL would refuse it."""
        save(self.kept, team_name="x" * 500)
        assert found(self.kept).team_name == "x" * 200

    @override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
    def test_a_project_without_time_zones(self):
        """Has the same times."""
        save(self.kept)
        assert (
            bot(self.kept).bot_token_expires_at == 1_800_000_000
            and found(self.kept).installed_at == 1_700_000_000.5
        )

    def test_tokens_are_renewed(self):
        """And the new ones kept, in the same rows."""

        async def main():
            async with FakeSlack(app=App(rotation=True)) as slack:
                tokens = {who: slack.world.install("T1", kind=who) for who in ("bot", "user")}
                said = {f"{who}_token": token.value for who, token in tokens.items()}
                said |= {f"{who}_refresh_token": token.refresh for who, token in tokens.items()}
                ends = {"bot_token_expires_at": None, "bot_token_expires_in": 60,
                        "user_token_expires_at": None, "user_token_expires_in": 60}  # fmt: skip
                await self.kept.async_save(granted(**said, **ends))
                client = web_client(slack.api_url)
                rotation = Rotation(Records(self.kept), client, ("1.1", "fake-client-secret"), spread=0.0)
                new = (await rotation.fresh(HERE)).installation()
                again = (await Records(self.kept).read(HERE)).installation()
                assert (
                    new == again
                    and new.token != tokens["bot"].value
                    and new.user_token != tokens["user"].value
                )

        async_to_sync(main)()
        assert SlackInstallation.objects.count() == 2


class SealTests(TestCase):
    """What is encrypted, and by which key."""

    def setUp(self):
        """One that is kept."""
        self.kept = DjangoInstallationStore("1.1")
        save(self.kept)

    def dumped(self):
        """All that the database has."""
        with connection.cursor() as cursor:
            return str(cursor.execute("select * from interfaces_slackinstallation").fetchall())

    def test_no_secret_is_in_the_database(self):
        """Nor in what a row says of itself."""
        assert "Ops" in self.dumped() and "secret" not in self.dumped()
        for row in SlackInstallation.objects.all():
            assert "secret" not in repr(row) + str(row) and row.sealed not in repr(row)
        assert "secret" not in repr(found(self.kept)) + repr(self.kept)

    def test_the_key_is_changed(self):
        """The old one still opens, and what is read is closed by the new one; then the old one is not needed."""
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["for tests"]):
            assert bot(self.kept).bot_token == "xoxb-secret"
            assert reseal() == 1 and reseal() == 0  # the user's: the bot's has been read
        with override_settings(SECRET_KEY="new"):
            assert found(self.kept).user_token == "xoxp-secret"
            assert found(self.kept).bot_token == "xoxb-secret"

    @override_settings(SECRET_KEY="lost")
    def test_the_key_is_lost(self):
        """Nobody is told that nobody has installed it; a line says what to do, without anything that is secret."""
        for call in (lambda: bot(self.kept), reseal):
            with pytest.raises(Unavailable) as caught:
                call()
            said = str(caught.value)
            assert "SECRET_KEY_FALLBACKS" in said and "xox" not in said and "lost" not in said

    def test_a_rows_tokens_are_its_own(self):
        """Who may write to the database cannot have one team's bot speak elsewhere."""
        save(self.kept, team_id="T2")
        mine = SlackInstallation.objects.get(team_id="T1", user_id="")
        SlackInstallation.objects.filter(team_id="T2", user_id="").update(sealed=mine.sealed)
        with self.assertRaisesMessage(Unavailable, "those of another row"):
            bot(self.kept, Place("E1", "T2"))
        SlackInstallation.objects.filter(team_id="T2", user_id="").update(sealed=mine.sealed[:-4] + "AAAA")
        with pytest.raises(Unavailable):
            bot(self.kept, Place("E1", "T2"))

    @override_settings(SECRET_KEY=b"for tests")
    def test_a_key_of_bytes(self):
        """Is the same key."""
        assert bot(self.kept).bot_token == "xoxb-secret"


class OpeningTests(TransactionTestCase):
    """``--slack-installations django:``."""

    def test_it_is_opened(self):
        """Where the table is there."""
        opened = open_store("django:", "1.1")
        async_to_sync(opened.prepare)()
        save(opened.store)
        assert SlackInstallation.objects.filter(client_id="1.1").count() == 2

    def test_what_is_missing_is_told(self):
        """The table, the application, cryptography: a line each."""
        call_command("migrate", "interfaces", "0002", verbosity=0)
        try:
            with self.assertRaisesMessage(ConfigError, "manage.py migrate"):
                async_to_sync(store("1.1").prepare)()
        finally:
            call_command("migrate", "interfaces", verbosity=0)
        without = self.modify_settings(INSTALLED_APPS={"remove": ["interfaces.django"]})
        with without, self.assertRaisesMessage(ConfigError, "INSTALLED_APPS"):
            store("1.1")
        without = mock.patch.object(slack_rows, "Seal", side_effect=ConfigError("needs cryptography"))
        with without, self.assertRaisesMessage(ConfigError, "asgi-interfaces[crypto]"):
            store("1.1")

    def test_a_database_that_is_away(self):
        """Can be tried again."""
        away = mock.patch.object(
            connection.introspection.__class__,
            "table_names",
            side_effect=slack_installations.DatabaseError("no\nway"),
        )
        with away, self.assertRaisesMessage(Unavailable, "no way"):
            async_to_sync(store("1.1").prepare)()


class AdminTests(TestCase):
    """What staff sees of it."""

    def test_no_token_is_shown(self):
        """In the list, on a page, or when it is searched for; and a name is text."""
        save(DjangoInstallationStore("1.1"), team_name="<script>alert(1)</script>")
        User.objects.create_superuser("root")
        self.client.force_login(User.objects.get())
        pages = ["/admin/interfaces/slackinstallation/", "/admin/interfaces/slackinstallation/?q=T1"]
        rows = [*SlackInstallation.objects.all()]
        pages += [f"{pages[0]}{row.pk}/{page}/" for row in rows for page in ("change", "delete", "history")]
        for page in pages:
            answer = self.client.get(page)
            shown = html.unescape(answer.content.decode())
            assert (
                answer.status_code == 200
                and "secret" not in shown
                and "<script>alert" not in answer.content.decode()
            )
            assert not [row for row in rows if row.sealed in shown]
        assert self.client.get(f"{pages[0]}add/").status_code == 403
