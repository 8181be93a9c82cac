"""The setting INTERFACES, a key at a time, and the same values on the command line. Run by test_project.py."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings

from interfaces.django import settings
from interfaces.django.models import Inbox
from interfaces.shared.errors import ConfigError

DAYS = {
    "INBOX_DAYS": (settings.keep_inbox, settings.KEEP_INBOX),
    "OUTBOX_DAYS": (settings.keep_outbox, settings.KEEP_OUTBOX),
    "MAIL_DAYS": (settings.keep_mail, settings.KEEP_MAIL),
    "MAIL_CONTENT_DAYS": (settings.keep_mail_content, settings.KEEP_MAIL_CONTENT),
}
NO_DAYS = (
    "7",
    None,
    -1,
    -0.001,
    True,
    float("nan"),
    float("inf"),
    settings.MOST_DAYS + 1,
    timedelta(days=1),
    [],
)


class SettingTests(SimpleTestCase):
    """What is read, and what is refused in a line that names the key."""

    def test_days_have_defaults_and_bounds(self):
        """Each of them: none, a half, the most; and nothing that no calendar has, or that is no number."""
        for name, (read, default) in DAYS.items():
            with override_settings(INTERFACES={}):
                assert read() == default
            for days in (0, 0.5, 7, settings.MOST_DAYS):
                with override_settings(INTERFACES={name: days}):
                    assert read() == timedelta(days=days)
            for days in NO_DAYS:
                with override_settings(INTERFACES={name: days}):
                    with pytest.raises(
                        ConfigError, match=f'INTERFACES."{name}".* has to be a number of days'
                    ) as said:
                        read()
                    assert len(str(said.value).splitlines()) == 1
                    assert [one.id for one in run_checks()] == ["interfaces.E002"], (name, days)

    def test_a_hook_can_be_called(self):
        """As itself or by its path; what cannot be had, or is no function, is told by what it is."""
        hook = print
        for value in (hook, "builtins.print"):
            with override_settings(INTERFACES={"IDENTITY": value}):
                assert settings.identity_hook() is hook
        for value in (None, {}):
            with override_settings(INTERFACES={"IDENTITY": None} if value is None else value):
                assert settings.identity_hook() is None
        for value in (7, ["a.b"], "builtins.nothing", "nowhere.at.all", "proj.settings.DEBUG", "nodot"):
            with (
                override_settings(INTERFACES={"IDENTITY": value}),
                pytest.raises(ConfigError, match="IDENTITY"),
            ):
                settings.identity_hook()

    def test_a_storage_is_a_key_of_storages(self):
        """Or none, which keeps mail in the database."""
        with override_settings(INTERFACES={}):
            assert settings.mail_storage() == ""
        with override_settings(INTERFACES={"MAIL_STORAGE": "default"}):
            assert settings.mail_storage() == "default"
        for value in ("nowhere", 7, None, ["default"]):
            with (
                override_settings(INTERFACES={"MAIL_STORAGE": value}),
                pytest.raises(ConfigError, match="MAIL_STORAGE"),
            ):
                settings.mail_storage()

    def test_seconds_of_the_command_line(self):
        """A number that is one, and no more than there are in the days."""
        assert settings.seconds_of("0") == 0
        assert settings.seconds_of("1.5") == 1.5
        for text in ("", "x", "nan", "inf", "-1", "1e300"):
            with pytest.raises(ValueError, match=text or "could not convert"):
                settings.seconds_of(text)


class CommandTests(TestCase):
    """The same on the command line."""

    def test_pruning_refuses_days_that_are_none(self):
        """In a line that names the option, with code 2, and nothing is deleted: -1 day would be all that there is."""
        Inbox.objects.create(consumer="c", dedupe_key="k", done=True)
        for table in ("inbox", "outbox", "mail", "mail-content"):
            for days in ("-1", "nan", "inf", "1e12"):
                with pytest.raises(CommandError, match=f"--{table}-days has to be a number of days") as said:
                    call_command("interfaces_prune", f"--{table}-days={days}")
                assert said.value.returncode == 2
        assert Inbox.objects.count() == 1

    def test_pruning_takes_the_days_that_it_is_told(self):
        """None at all means now; the settings count for the other tables."""
        Inbox.objects.create(consumer="c", dedupe_key="k", done=True)
        said = StringIO()
        with override_settings(INTERFACES={"INBOX_DAYS": 5}):
            call_command("interfaces_prune", stdout=said)
            call_command("interfaces_prune", "--inbox-days=0", stdout=said)
        assert said.getvalue().splitlines() == [
            "inbox: 0 deleted, outbox: 0 deleted, mail: 0 deleted, mail content: 0 deleted",
            "inbox: 1 deleted, outbox: 0 deleted, mail: 0 deleted, mail content: 0 deleted",
        ]

    def test_seconds_that_are_none_are_refused(self):
        """By the option's name, in what follows it too: not with a traceback, and not by waiting for ever."""
        for words in (
            ["interfaces_mail", "replay", "--older"],
            ["interfaces_mail", "ask", "--older"],
            ["interfaces_outbox", "--poll"],
        ):
            for text in ("nan", "-1", "inf", "x"):
                with pytest.raises(
                    CommandError, match=f"{words[-1]}: invalid number of seconds value: '{text}'"
                ):
                    call_command(*words[:-1], f"{words[-1]}={text}")
