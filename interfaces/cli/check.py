"""``interfaces check NAME…``: would it start? Imports, validates and binds what ``serve`` would."""

import asyncio
from dataclasses import replace

import click

from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import application_of
from interfaces.runner.plan import Plan, Setting
from interfaces.runner.process import listening_of, loop_factory
from interfaces.shared.asgi import Application
from interfaces.shared.bind import parse_bind
from interfaces.shared.endpoint import known_endpoint
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["check"]

SCOPES = {"ws": "websocket"}
"""The scope type of a name, where it is called otherwise."""


def run_check(invocation: Invocation) -> int:
    """Import the application, validate the options, try the binds: 0 if serve would start, else 2."""
    plan = invocation.plan
    try:
        app = application_of(plan.options)
    except ApplicationError as error:
        raise ConfigError(str(error)) from error
    kind = type(app)
    click.echo(f"application  {plan.options.app} ({kind.__module__}.{kind.__qualname__})")
    _check_routes(app, plan)
    loop_factory(plan.options.loop)
    for setting in plan.settings:
        if setting.origin.kind != "default":
            click.echo(f"option       {setting.flag.name} from {setting.origin.text}")
    for where in _try_binds(plan):
        click.echo(f"can listen   {where}")
    click.echo(f"all well     interfaces serve {' '.join(plan.names)}")
    return 0


def _check_routes(app: Application, plan: Plan) -> None:
    """ConfigError when the application is a ProtocolTypeRouter without one of the types that are served."""
    mapping = getattr(app, "application_mapping", None)
    if not isinstance(mapping, dict):
        return
    for name in plan.names:
        scope = SCOPES.get(name, name)
        if scope not in mapping:
            there = ", ".join(map(str, mapping))
            raise ConfigError(
                f"{plan.options.app} has no route for {scope!r} ({name} is served); it has {there}"
            )


def _try_binds(plan: Plan) -> list[str]:
    """Open and close every address; ConfigError for one that cannot be, and for certificates as well.

    What Twisted would listen on is parsed alone: opening it may publish a service. Never shares a port with a
    process that serves (SO_REUSEPORT), whose connections it would take.
    """
    listening = listening_of(replace(plan.options, reuse_port=False))
    secure = " (TLS)" if listening.secure() else ""
    found = []
    for setting in plan.settings:
        for text, port in _binds(setting):
            bind = parse_bind(text, port)
            if bind.kind == "endpoint":
                asyncio.run(known_endpoint(bind))
                found.append(f"{setting.flag.name} {text} (through Twisted, not tried)")
                continue
            for sock in listening.sockets(text, port):
                sock.close()
            found.append(f"{setting.flag.name} {text}{secure if setting.flag.section else ''}")
    return found


def _binds(setting: Setting) -> list[tuple[str, int]]:
    """The addresses that an option named ``bind`` holds, with the port to take where there is none."""
    flag = setting.flag
    if flag.name == "ops_bind":
        return [(setting.value, 9000)] if setting.value else []
    if flag.key != "bind":
        return []
    port = flag.default_text.rpartition(":")[2]
    texts = (setting.value,) if isinstance(setting.value, str) else setting.value
    return [(text, int(port) if port.isdigit() else 0) for text in texts if text]


check = NamesCommand("check", run_check)
