"""Who is there: Channels' authentication for HTTP and WebSocket, accounts of other protocols elsewhere.

An account is what the protocol itself has proven: the SMTP AUTH user, the Slack team and user, the IRC account, the
number a short message came from. The setting ``INTERFACES["IDENTITY"]`` turns it into a user; without that the
accounts which users have linked do, see :mod:`interfaces.django.linking`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject

from interfaces.django.accounts import user_named, user_of
from interfaces.django.settings import identity_hook
from interfaces.shared.asgi import Application, Receive, Scope, Send

__all__ = ["IdentityMiddleware", "IdentityMiddlewareStack", "account_of", "get_user"]

PEERLESS = ("lifespan", "upstream")


def account_of(scope: Mapping[str, Any]) -> str | None:
    """Read the account that the scope's protocol has proven, or None."""
    match scope["type"]:
        case "email":
            found = (scope.get("auth") or {}).get("user")
        case "sms":
            # The account of an SMS scope is ours, at the provider; theirs is the number that wrote.
            found = (scope.get("conversation") or "").partition("/")[2]
        case _:
            found = scope.get("account")
    return found if isinstance(found, str) and found else None


def find_user(scope: Mapping[str, Any]) -> Any:
    """Ask the setting's hook for the scope's user, without one the table of accounts; anonymous when it knows none."""
    hook, account = identity_hook(), account_of(scope)
    found = hook(scope["type"], account, scope) if hook else user_of(scope["type"], account)
    if found is None and not hook and scope["type"] == "irc" and scope.get("mode") == "gateway":
        network = f"{scope.get('network', '')}/"  # either name may have a slash in it
        found = user_named(account.removeprefix(network)) if account and account.startswith(network) else None
    return AnonymousUser() if found is None else found


async def get_user(scope: Mapping[str, Any]) -> Any:
    """Resolve ``scope["user"]`` from async code, where the lazy one may not ask the database."""
    user = scope["user"]
    if isinstance(user, SimpleLazyObject):
        await database_sync_to_async(bool)(user)
    return user


class IdentityMiddleware:
    """Puts ``user`` into every scope that has a peer; lazy where no session cookie can tell it."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.authenticated: Application = AuthMiddlewareStack(inner)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the inner application with a copy of the scope that has a ``user``."""
        if scope["type"] in PEERLESS:
            await self.inner(scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self.authenticated({"headers": [], **scope}, receive, send)
        else:
            user = SimpleLazyObject(partial(find_user, dict(scope)))
            await self.inner({**scope, "user": user}, receive, send)


IdentityMiddlewareStack = IdentityMiddleware
"""Named as Channels names its ``AuthMiddlewareStack``, which it takes the place of."""
