"""IdentityMiddlewareStack. Run by test_project.py with Django's own runner."""

from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from interfaces.django.account_models import Account
from interfaces.django.identity import IdentityMiddlewareStack, get_user
from interfaces.irc.consumer import IrcConsumer
from interfaces.shared.errors import ConfigError
from interfaces.testing.irc_communicator import IrcCommunicator

ASKED = []


def find(protocol, account, scope):
    """A project's hook: accounts are user names."""
    ASKED.append((protocol, account, scope.get("path")))
    return User.objects.filter(username=account).first()


async def scope_behind(scope):
    """The scope as an application behind the middleware gets it."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    await IdentityMiddlewareStack(app)(scope, None, None)
    return seen[0]


@override_settings(INTERFACES={"IDENTITY": f"{__name__}.find"})
class IdentityTests(TestCase):
    """From a scope to a user."""

    def setUp(self):
        """One user, and nobody asked yet."""
        self.ada = User.objects.create_user("ada")
        ASKED.clear()

    async def test_accounts_of_other_protocols(self):
        """Each protocol's proven account reaches the hook, and an unproven sender is nobody."""
        for scope, account in [
            ({"type": "email", "auth": {"user": "ada"}, "mail_from": "bob@example.org"}, "ada"),
            ({"type": "email", "auth": None, "mail_from": "ada@example.org"}, None),
            ({"type": "irc", "account": "ada", "nick": "bob"}, "ada"),
            ({"type": "irc", "account": None, "nick": "ada"}, None),
            ({"type": "slack", "user": "U1", "account": "ada"}, "ada"),
            ({"type": "slack", "user": "ada", "account": None}, None),
            ({"type": "sms", "account": "ours", "conversation": "+1555/ada"}, "ada"),
            ({"type": "sms", "account": "ours", "conversation": None}, None),
            ({"type": "udp", "path": "x"}, None),
        ]:
            ASKED.clear()
            user = await get_user(await scope_behind(scope))
            assert [(scope["type"], account, scope.get("path"))] == ASKED
            assert user.is_authenticated == (account is not None), scope
            assert user.username == (account or "")

    async def test_nobody_is_asked_before_it_matters(self):
        """The user of a scope is found when it is looked at, once."""
        scope = await scope_behind({"type": "irc", "account": "ada"})
        assert not ASKED
        assert (await get_user(scope)) == (await get_user(scope)) == self.ada
        assert len(ASKED) == 1

    async def test_scopes_without_headers_pass(self):
        """A websocket scope without headers is anonymous, and lifespan passes untouched."""
        assert not (await scope_behind({"type": "websocket", "path": "/"}))["user"].is_authenticated
        lifespan = {"type": "lifespan"}
        assert await scope_behind(lifespan) is lifespan

    async def test_without_a_hook_accounts_tell(self):
        """The table of accounts, of that protocol alone; whose account it is not, or is no more, is anonymous."""
        scope = {"type": "irc", "account": "ada", "user": "x"}
        with override_settings(INTERFACES={}):
            assert not (await get_user(await scope_behind(scope))).is_authenticated
            await Account.objects.acreate(protocol="irc", account="ada", user=self.ada)
            assert (await get_user(await scope_behind(scope))) == self.ada
            for other in ({"type": "slack"}, {"account": "bob"}, {"account": None}, {"account": ""}):
                assert not (await get_user(await scope_behind({**scope, **other}))).is_authenticated
            await User.objects.filter(username="ada").aupdate(is_active=False)
            assert not (await get_user(await scope_behind(scope))).is_authenticated

    async def test_who_has_logged_in_at_a_gateway_of_irc_is_a_user(self):
        """By network and account; who has not, or has taken only the nick, is anonymous, and so is our own bot."""

        class Lounge(IrcConsumer):
            async def irc_connect(self, message):
                user = await get_user(self.scope)
                assert self.user == user
                await self.accept(motd=user.username or "nobody")

        app = IdentityMiddlewareStack(Lounge.as_asgi())
        with override_settings(INTERFACES={}):
            await Account.objects.acreate(protocol="irc", account="inner/ada1", user=self.ada)
            for account, network, name in (
                ("ada1", "inner", "ada"),
                ("ada1", "outer", "nobody"),
                (None, "inner", "nobody"),
            ):
                options = {"mode": "gateway", "network": network, "nick": "ada1", "account": account}
                async with IrcCommunicator(app, **options) as irc:
                    assert (await irc.connect()).of("irc.accept")[0]["motd"] == name
            async with IrcCommunicator(app, network="inner", account="ada1") as irc:
                assert irc.scope["account"] is None

    async def test_who_logs_in_at_a_gateway_as_a_user_is_that_user(self):
        """The account that SASL has proven there is a username, unless it is linked with another user."""
        scope = {"type": "irc", "mode": "gateway", "network": "inner", "account": "inner/ada"}
        with override_settings(INTERFACES={}):
            assert (await get_user(await scope_behind(scope))) == self.ada
            for other in (
                {"mode": "client"},
                {"account": "inner/bob"},
                {"account": "inner/x/ada"},
                {"account": None},
            ):
                assert not (await get_user(await scope_behind({**scope, **other}))).is_authenticated
            eve = await User.objects.acreate(username="eve")
            await Account.objects.acreate(protocol="irc", account="inner/ada", user=eve)
            assert (await get_user(await scope_behind(scope))) == eve

    async def test_a_hook_comes_before_accounts(self):
        """Who names one decides alone: an account in the table is nobody's when the hook says so."""
        await Account.objects.acreate(protocol="irc", account="bob", user=self.ada)
        assert not (await get_user(await scope_behind({"type": "irc", "account": "bob"}))).is_authenticated

    def test_a_wrong_hook_says_so(self):
        """A path that cannot be imported, or is no callable, is a ConfigError that names the setting."""
        from interfaces.django.settings import identity_hook

        for path in ("proj.nothing.find", "proj.settings.SECRET_KEY"):
            with (
                override_settings(INTERFACES={"IDENTITY": path}),
                self.assertRaisesMessage(ConfigError, "IDENTITY"),
            ):
                identity_hook()

    async def test_the_hook_may_be_the_callable_itself(self):
        """The setting takes a function as well as its path."""
        with override_settings(INTERFACES={"IDENTITY": lambda protocol, account, scope: self.ada}):
            assert await get_user(await scope_behind({"type": "udp"})) == self.ada
