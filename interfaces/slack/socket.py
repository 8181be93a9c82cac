"""Socket Mode: connections that we dial to Slack, by which it sends what it else would post.

Two connections stand, so that the end of one costs nothing, and one that Slack is about to end is replaced first. For
each app-level token there is an upstream; with ``--slack-socket-leader`` only one of the containers connects.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from importlib import import_module

from interfaces.shared.interface import Context
from interfaces.shared.upstream import Lease, Link, Patience, Upstream, kept
from interfaces.shared.upstream_scope import Telling
from interfaces.slack.dialling import Dialler, http_session
from interfaces.slack.link import COUNTS, greeted
from interfaces.slack.service import Service

__all__ = ["PATIENCE", "socket_mode"]

PATIENCE = Patience(
    first=1.0,
    longest=60.0,
    good=10.0,
    opening=30.0,
    linger=15.0,  # after its warning Slack sends on for about ten seconds
    closing=2.0,
    early=True,  # several may connect, and who takes nothing any more has no use for the lease
)


@asynccontextmanager
async def socket_mode(service: Service, context: Context) -> AsyncIterator[None]:
    """Take by Socket Mode what Slack sends; on leaving, acknowledge what runs, for ``context.drain`` seconds.

    Entered when each app has tried once. ConfigError, then or later, for a token that Slack refuses.
    """
    for name in COUNTS:
        context.telemetry.count(f"slack.socket.{name}", 0)
    async with http_session() as session:
        diallers = [Dialler(token, service.options, session) for token in service.options.app_token]
        names = _names(diallers)
        upstreams = [
            _upstream(service, context, one, name) for one, name in zip(diallers, names, strict=True)
        ]
        async with kept(*upstreams):
            yield


def _names(diallers: list[Dialler]) -> list[str]:
    """What readiness and the log call them: "slack socket A0123"; without an id by their place."""
    return [
        f"slack socket {dialler.app or place}" if dialler.app or len(diallers) > 1 else "slack socket"
        for place, dialler in enumerate(diallers, 1)
    ]


def _upstream(service: Service, context: Context, dialler: Dialler, name: str) -> Upstream:
    scope = {"protocol": "slack", "path": "slack/socket", "name": name, "state": dict(context.state)}
    return Upstream(
        "slack.socket",
        partial(_connect, service, dialler, name),
        context,
        label=name,
        wanted=service.options.socket_connections,
        patience=PATIENCE,
        lease=_lease(service, context, dialler) if service.options.socket_leader else None,
        tell=Telling(service.intake.app, scope, service.count),
    )


async def _connect(service: Service, dialler: Dialler, name: str) -> Link:
    return await greeted(await dialler.dial(), service, name)


def _lease(service: Service, context: Context, dialler: Dialler) -> Lease:
    """Who of the containers connects for this app. ConfigError for a layer that they do not share."""
    app = dialler.app or sha256(dialler.token.encode()).hexdigest()[:16]
    lease: Lease = import_module("interfaces.layers.leader").Leader(context.layer, f"slack.socket.{app}")
    return lease
