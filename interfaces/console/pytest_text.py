"""A test that gives a message to the application, by the communicators of :mod:`interfaces.testing`. Pure text."""

from collections.abc import Callable
from pprint import pformat
from typing import Any

from interfaces.console.entries import Entry
from interfaces.console.redact import Literals

__all__ = ["test_of"]

WIDTH = 100
_LEFT_OUT = ("state", "extensions", "replayed", "reply_channel")
"""Of a scope and an event: what a test has none of."""

Values = dict[str, Any]


def test_of(entry: Entry, app: str) -> str:
    """The text of a module with one test; ``app``: module:attribute."""
    literals = Literals(entry.call.redactor.secrets)
    event = _told(literals, entry.event)
    scope = _told(literals, entry.call.scope)
    make = _MAKERS.get(entry.protocol if entry.protocol in ("http", "websocket") else entry.type, _any)
    imports, body = make(scope, event, entry)
    module, _, attribute = app.partition(":")
    name = entry.type.replace(".", "_") if entry.type.replace(".", "_").isidentifier() else "message"
    return "\n".join(
        [
            f'"""Message {entry.id} of the development console: {_line(entry)}"""',
            "",
            "import asyncio",
            "",
            f"from {module or 'project'} import {attribute or 'application'} as application",
            *([] if not imports else [f"from interfaces.testing{imports}"]),
            "",
            "",
            f"def test_{name}() -> None:",
            '    """What the application makes of it."""',
            "",
            "    async def check() -> None:",
            *(f"        {line}" if line else "" for line in body),
            "",
            "    asyncio.run(check())",
            "",
        ]
    )


def _line(entry: Entry) -> str:
    return f"{entry.type} {entry.title}".replace("\\", "/").replace('"', "'").strip()


def _told(literals: Literals, values: Values) -> Values:
    found: Values = literals.data({key: one for key, one in values.items() if key not in _LEFT_OUT})
    return found


def _value(name: str, value: Any) -> list[str]:
    return f"{name} = {pformat(value, width=WIDTH, sort_dicts=False)}".split("\n")


def _http(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    query = scope.get("query_string") or b""
    path = scope.get("path", "/") + ("?" + query.decode("latin-1") if query else "")
    return " import HttpCommunicator", [
        *_value("headers", [tuple(one) for one in scope.get("headers", ())]),
        *_value("body", event.get("body", b"") if entry.direction == "in" else b""),
        f"asked = HttpCommunicator(application, {scope.get('method', 'GET')!r}, {path!r}, body, headers)",
        "response = await asked.get_response()",
        "assert response.status < 500",
    ]


def _websocket(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    query = scope.get("query_string") or b""
    path = scope.get("path", "/") + ("?" + query.decode("latin-1") if query else "")
    body = [
        f"socket = WebsocketCommunicator(application, {path!r})",
        "accepted, _ = await socket.connect()",
        "assert accepted",
    ]
    if entry.type == "websocket.receive":
        said = event.get("text")
        body.append(
            f"await socket.send_to(text_data={said!r})"
            if said is not None
            else f"await socket.send_to(bytes_data={event.get('bytes')!r})"
        )
        body.append("assert await socket.receive_from()")
    return " import WebsocketCommunicator", [*body, "await socket.disconnect()"]


def _sms(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    theirs, ours = event.get("from_address", ""), event.get("to_address", "")
    return ".sms_communicator import SmsCommunicator", [
        f"phone = SmsCommunicator(application, theirs={theirs!r}, ours={ours!r})",
        f"said = await phone.text({event.get('text', '')!r})",
        'assert said.verdict == "accept"',
    ]


def _slack_message(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    more = f", thread_ts={event['thread_ts']!r}" if event.get("thread_ts") else ""
    return ".slack_communicator import SlackCommunicator", [
        f"slack = SlackCommunicator(application, user={event.get('user')!r}, channel={event.get('channel')!r})",
        f"said = await slack.message({event.get('text', '')!r}{more})",
        'assert said.verdict == "accept"',
    ]


def _slack_command(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    return ".slack_communicator import SlackCommunicator", [
        f"slack = SlackCommunicator(application, user={event.get('user')!r}, channel={event.get('channel')!r})",
        f"said = await slack.command({event.get('command', '')!r}, {event.get('text', '')!r})",
        'assert said.verdict == "accept"',
    ]


def _any(scope: Values, event: Values, entry: Entry) -> tuple[str, list[str]]:
    body = [*_value("scope", scope), *_value("event", event), "peer = Communicator(application, scope)"]
    if entry.protocol in ("email", "slack", "sms"):
        return " import Communicator", [
            *body,
            "said = await peer.verdict(event)",
            'assert said.word == "accept"',
        ]
    return " import Communicator", [
        *body,
        "await peer.send_input(event)",
        "await peer.receive_nothing()",
        "peer.stop()",
    ]


_MAKERS: dict[str, Callable[[Values, Values, Entry], tuple[str, list[str]]]] = {
    "http": _http,
    "websocket": _websocket,
    "sms.receive": _sms,
    "slack.message": _slack_message,
    "slack.command": _slack_command,
}
