"""Settings and system checks. Run by test_project.py with Django's own runner."""

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.checks import run_checks
from django.test import SimpleTestCase, modify_settings, override_settings

from interfaces.cli.check import served_types
from interfaces.django.identity import IdentityMiddlewareStack
from interfaces.django.settings import application_path, options
from proj.asgi import application


def ids():
    """The identifiers of what ``check`` finds."""
    return [message.id for message in run_checks()]


class CheckTests(SimpleTestCase):
    """What ``manage.py check`` says."""

    def test_a_good_project_has_nothing_to_mend(self):
        """No message."""
        assert ids() == []

    def test_asgi_application_is_needed(self):
        """None, and what has no dot, are errors."""
        for value in (None, "", "application", 7):
            with override_settings(ASGI_APPLICATION=value):
                assert ids() == ["interfaces.E001"], value

    def test_the_setting_has_a_shape(self):
        """What is no dict with str keys, a hook that is not there, and days that are none, are errors."""
        wrong = {"IDENTITY": "nothing.at.all"}, {"INBOX_DAYS": "60"}, {"OUTBOX_DAYS": -1}
        for value in (["http"], {1: 2}, *wrong):
            with override_settings(INTERFACES=value):
                assert ids() == ["interfaces.E002"], value

    def test_the_order_of_applications_matters(self):
        """Behind staticfiles our runserver would not be found."""
        with (
            modify_settings(INSTALLED_APPS={"remove": "interfaces.django"}),
            modify_settings(INSTALLED_APPS={"append": "interfaces.django"}),
        ):
            assert ids() == ["interfaces.W001"]

    def test_options_are_without_our_own_keys(self):
        """Upper-case keys are Django's side, the others go to the options as they are."""
        with override_settings(INTERFACES={"http": {"bind": ["x"]}, "drain": 5, "IDENTITY": "a.b"}):
            assert options() == {"http": {"bind": ["x"]}, "drain": 5}
        with override_settings(INTERFACES=None):
            assert options() == {}

    def test_the_application_is_named_as_the_command_line_does(self):
        """Django's dots become module:attribute."""
        assert application_path() == "proj.asgi:application"

    def test_served_types_are_read_through_middleware(self):
        """A router's types are found behind everything that Channels, Django and we put around it."""
        router = ProtocolTypeRouter({"email": None, "irc": None})
        assert served_types(application) == {"http", "websocket", "channel"}
        assert served_types(router) == {"email", "irc"}
        wrapped = ASGIStaticFilesHandler(AuthMiddlewareStack(IdentityMiddlewareStack(router)))
        assert served_types(AllowedHostsOriginValidator(wrapped)) == {"email", "irc"}
        assert served_types(ASGIStaticFilesHandler(get_asgi_application())) == {"http"}
        assert served_types(lambda scope, receive, send: None) is None
