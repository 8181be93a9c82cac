"""``interfaces check NAME…``: would it start? Imports, validates and binds what ``serve`` would."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import click

from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import application_of
from interfaces.runner.binds import binds_of
from interfaces.runner.ops import PORT as OPS_PORT
from interfaces.runner.plan import Plan
from interfaces.runner.process import listening_of, loop_factory
from interfaces.runner.server import mounts_of
from interfaces.runner.traces import ready
from interfaces.shared.asgi import Application
from interfaces.shared.bind import parse_bind
from interfaces.shared.endpoint import known_endpoint
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.telemetry import Telemetry

__all__ = ["bound", "check", "served_types"]

SCOPES = {"ws": "websocket"}
"""The scope type of a name, where it is called otherwise."""


def run_check(invocation: Invocation) -> int:
    """Import the application, validate the options, try the binds: 0 if serve would start, else 2."""
    plan = invocation.plan
    if plan.options.relay:
        _check_relay(plan)
    if plan.options.trace:
        _check_traces()
    if plan.options.distributed:
        click.echo("application  in workers")
    else:
        _check_application(plan)
    kind = asyncio.run(_try_interfaces(plan))
    if kind:
        click.echo(f"layer        {kind}")
    loop_factory(plan.options.loop)
    for setting in plan.settings:
        if setting.origin.kind != "default":
            click.echo(f"option       {setting.flag.name} from {setting.origin.text}")
    for where in _try_binds(plan):
        click.echo(f"can listen   {where}")
    click.echo(f"all well     interfaces serve {' '.join(plan.names)}")
    return 0


def _check_relay(plan: Plan) -> None:
    from interfaces.runner.distributed import relayed_types  # noqa: PLC0415 - only who relays pays for it

    relayed_types(plan.options.relay, plan.names, alone=plan.options.distributed)


def _check_traces() -> None:
    ready()
    from interfaces.runner.tracing import exporters  # noqa: PLC0415 - an extra

    for one in exporters():
        one.shutdown()


def _check_application(plan: Plan) -> None:
    try:
        app = application_of(plan.options)
    except ApplicationError as error:
        raise ConfigError(str(error)) from error
    kind = type(app)
    click.echo(f"application  {plan.options.app} ({kind.__module__}.{kind.__qualname__})")
    _check_routes(app, plan)
    for line in _misspelled(app):
        click.echo(f"look at      {line}")


def _misspelled(app: Any) -> list[str]:
    """What the routings of ``app`` say of their channels; its own module is loaded if there is one."""
    routing = sys.modules.get("interfaces.workers.routing")
    if routing is None:
        return []
    found = [routing.find_routing(app, kind) for kind in sorted(served_types(app) or ())]
    return list(
        dict.fromkeys(
            line for one in [app, *found] if isinstance(one, routing.Routing) for line in one.check()
        )
    )


async def _try_interfaces(plan: Plan) -> str:
    """Ask each interface whether it could serve, with the layer open, if there is one; the kind of that."""
    if plan.options.layer:
        return await _try_layer(plan)
    await _ask(plan, None)
    return ""


async def _ask(plan: Plan, layer: Any) -> None:
    listening, mounts = listening_of(plan.options), mounts_of(_nobody, plan.chosen)
    for interface, names in plan.chosen:
        await interface.check(Context(names=names, listening=listening, layer=layer, mounts=mounts))


async def _nobody(_scope: object, _receive: object, _send: object) -> None:
    """An application where none is called."""


async def _try_layer(plan: Plan) -> str:
    """Open the layer and close it; its kind, without the URL, where a password may stand. ConfigError."""
    options = plan.options
    from interfaces.runner.layer import opened  # noqa: PLC0415 - only who has a layer pays for it

    async with opened(options.layer, Telemetry()) as layer:
        if not hasattr(layer, "hub") and (options.distributed or options.relay):
            raise ConfigError(
                "workers cannot be reached through this layer: say --layer redis://HOST or embedded:"
            )
        await _ask(plan, layer)
        return type(layer).__name__


def served_types(app: Any) -> set[str] | None:
    """Scope types that ``app`` takes: a router's, seen through middleware; None where it cannot be told."""
    django = sys.modules.get("django.core.handlers.asgi")  # if the application uses it, it is there
    seen: set[int] = set()
    while app is not None and id(app) not in seen:
        seen.add(id(app))
        mapping = getattr(app, "application_mapping", None)  # of Channels' ProtocolTypeRouter
        if isinstance(mapping, Mapping):
            return {*mapping}
        # Channels' and our middleware keep what they wrap as `inner`, Django's handler as `application`.
        inner = getattr(app, "inner", None) or getattr(app, "application", None)
        if inner is None and django is not None and isinstance(app, django.ASGIHandler):
            return {"http"}
        app = inner
    return None


def _check_routes(app: Application, plan: Plan) -> None:
    """ConfigError when the application is known not to take one of the types that are served."""
    types = served_types(app)
    if types is None:
        return
    there = ", ".join(sorted(types))
    for name in plan.names:
        scope = SCOPES.get(name, name)
        if scope not in types:
            raise ConfigError(
                f"{plan.options.app} has no route for {scope!r} ({name} is served); it has {there}"
            )


def _try_binds(plan: Plan) -> list[str]:
    """Open and close every address; ConfigError for one that cannot be, and for certificates as well.

    What Twisted would listen on is parsed alone: opening it may publish a service. Never shares a port with a
    process that serves (SO_REUSEPORT), whose connections it would take.
    """
    listening = listening_of(replace(plan.options, reuse_port=False))
    found = []
    for option, text, port in bound(plan):
        bind = parse_bind(text, port)
        if bind.kind == "endpoint":
            asyncio.run(known_endpoint(bind))
            found.append(f"{option} {text} (through Twisted, not tried)")
            continue
        for sock in listening.sockets(text, port):
            sock.close()
        secure = listening.tls is not None and option != "ops_bind"
        found.append(f"{option} {text}{' (TLS)' if secure else ''}")
    return found


def bound(plan: Plan) -> Iterator[tuple[str, str, int]]:
    """Every address: the option it stands in, its text, the port to take where it has none."""
    for interface, _ in plan.chosen:
        for text, port in binds_of(interface, http="http" in plan.names):
            yield f"{interface.names[0]}.bind", text, port
    if plan.options.ops_bind:
        yield "ops_bind", plan.options.ops_bind, OPS_PORT


check = NamesCommand("check", run_check)
