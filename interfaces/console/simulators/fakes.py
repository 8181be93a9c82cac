"""Fake peers for a project that has no account yet: started where the options name an address of this machine.

``--slack-api-url http://127.0.0.1:8087/api/`` and nobody there: a fake Slack is. Likewise the provider ``fake`` of
short messages, at its ``api_url``.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from interfaces.shared.errors import ConfigError

__all__ = ["Fakes"]

LOCAL = frozenset({"127.0.0.1", "localhost"})


class Fakes:
    """``running``: those that were started here, by name."""

    def __init__(self) -> None:
        self.running: dict[str, Any] = {}
        self.where: dict[str, str] = {}
        """Their addresses, by name."""
        self._stack = AsyncExitStack()

    async def start(self, names: tuple[str, ...], options: Any, carried: Mapping[str, Any]) -> None:
        """Start what these options name, unless it is ``carried`` by the application, or listens already."""
        for name, make in (("slack", _slack), ("sms", _sms)):
            if name in names and name not in carried:
                fake = make(options)
                if fake is not None:
                    await self._enter(name, fake)

    async def close(self) -> None:
        """End them."""
        self.running.clear()
        await self._stack.aclose()

    async def _enter(self, name: str, fake: Any) -> None:
        try:
            self.running[name] = await self._stack.enter_async_context(fake)
            self.where[name] = fake.api_url
        except ConfigError:  # somebody listens there: a fake of theirs
            pass


def local_port(url: str) -> int:
    """The port of a URL of this machine without TLS; 0 for another one."""
    found = urlsplit(url)
    try:
        return (found.port or 80) if found.scheme == "http" and found.hostname in LOCAL else 0
    except ValueError:
        return 0


def _slack(options: Any) -> Any:
    """A Slack that knows the app's secrets; None where the options name the real one."""
    port = local_port(options.api_url)
    if not port:
        return None
    slack = import_module("interfaces.testing.slack.fake")
    app = import_module("interfaces.testing.slack.application").App()
    app.signing_secret = next(iter(options.signing_secret), app.signing_secret)
    app.app_token = next(iter(options.app_token), app.app_token)
    fake = slack.FakeSlack(app=app, port=port)
    if options.bot_token:
        fake.world.tokens[options.bot_token] = fake.world.tokens[fake.bot_token]
    return fake


def _sms(options: Any) -> Any:
    """A provider that knows the account's secret; None without an account at it."""
    for account in options.accounts:
        port = local_port(account.api_url or "http://127.0.0.1:8002")
        if account.provider == "fake" and port:
            module = import_module("interfaces.testing.sms.fake")
            return module.FakeSms(numbers=account.numbers or (module.OURS,), secret=account.secret, port=port)
    return None
