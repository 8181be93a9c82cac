"""What is served, where, and what is said of it. Run by test_suite.py with Django's own runner."""

import asyncio
import re
import shlex
from pathlib import Path
from unittest.mock import patch

import pytest
from django.test import SimpleTestCase

from interfaces.demo import serving
from interfaces.demo.asgi import application
from interfaces.demo.places import Places
from interfaces.demo.sent import Sent
from interfaces.runner.plan import make_plan
from interfaces.runner.sources import Keywords
from interfaces.shared.errors import NoRoute
from interfaces.testing import Communicator
from interfaces.testing.slack.operated import OperatedSlack
from interfaces.testing.sms.operated import OperatedSms


def fakes():
    """Both, as if they were served."""
    slack, sms = OperatedSlack(), OperatedSms()
    slack.world.base, sms.api_url = "http://127.0.0.1:3", "http://127.0.0.1:4"
    return slack, sms


class OptionsTests(SimpleTestCase):
    """The options of ``interfaces serve`` that the demo is."""

    def plan(self, **places):
        """As the servers take them."""
        slack, sms = fakes()
        options = serving.options_of(Places(**places), Path("/tmp/x"), slack, sms)
        return make_plan(serving.NAMES, Keywords(options))

    def test_every_protocol_is_served(self):
        """At the fakes, where it was said, and nowhere else but on this machine."""
        plan = self.plan(host="0.0.0.0", http=81, email=26, irc=68, console="127.0.0.1:9")
        assert set(plan.names) == {"http", "ws", "email", "slack", "sms", "irc"}
        found = {setting.flag.name: setting.value for setting in plan.settings}
        binds = {name: value for name, value in found.items() if name.endswith("bind") and value}
        listed = {one for value in binds.values() for one in ([value] if isinstance(value, str) else value)}
        assert {"0.0.0.0:81", "127.0.0.1:26", "127.0.0.1:68"} <= listed
        assert plan.options.console == "127.0.0.1:9"
        assert plan.options.layer.startswith("local:")

    def test_its_pages_may_be_on_ipv6(self):
        """In brackets."""
        plan = self.plan(host="::1", http=81)
        assert any("[::1]:81" in str(setting.value) for setting in plan.settings)


class ApplicationTests(SimpleTestCase):
    """What goes to no consumer."""

    def test_other_addresses_and_types_have_no_route(self):
        """Mail to somebody else, and a protocol that is not served."""
        recipient = {"address": "x@desk.example", "local": "x", "domain": "desk.example"}
        for scope in ({"type": "email", "rcpt_to": [recipient]}, {"type": "pigeon"}):

            async def call(scope=scope):
                async with Communicator(application, scope) as communicator:
                    await communicator.wait()

            with pytest.raises(NoRoute):
                asyncio.run(call())

    def test_the_console_may_ask_it(self):
        """To which room something belongs."""
        assert application.conversation_of({"id": "ticket-1 4"}) == "ticket-1"


class WelcomeTests(SimpleTestCase):
    """What is said at the start."""

    def demo(self, **more):
        """One that runs."""
        slack, sms = fakes()
        given = {
            "http": "127.0.0.1:1",
            "email": "127.0.0.1:2",
            "irc": "127.0.0.1:5",
            "console": "http://127.0.0.1:6",
        }
        return serving.Demo(slack=slack, sms=sms, sent=Sent(Path("/tmp/sent")), **{**given, **more})

    def test_every_place_is_named(self):
        """Each with its port; and what to try is a command that a shell takes."""
        said = serving.welcome(self.demo())
        assert {*re.findall(r"127\.0\.0\.1[: -]+p? ?([0-9])", said)} == {*"123456"}
        for line in said.partition("Try this")[2].splitlines()[1:]:
            assert shlex.split(line)[0] in ("swaks", "printf", "curl", "irssi")
        assert "no console" in serving.welcome(self.demo(console=""))

    def test_a_mail_can_be_written_without_swaks(self):
        """By curl, which is everywhere."""
        for found, program in (("/usr/bin/swaks", "swaks"), (None, "printf")):
            with patch.object(serving.shutil, "which", lambda _name, found=found: found):
                words = shlex.split(serving.mail_command("127.0.0.1:2"))
            assert words[0] == program
            assert "support@desk.example" in words
            assert any("127.0.0.1:2" in word for word in words)
