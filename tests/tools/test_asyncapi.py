"""The AsyncAPI document: valid by AsyncAPI's own schema, whole, current, and true of what applications get."""

import asyncio
import json
import os
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import interfaces
from interfaces import registry
from interfaces.testing.irc_communicator import IrcCommunicator
from interfaces.testing.raw import RawClient
from interfaces.testing.slack_communicator import SlackCommunicator
from interfaces.testing.sms_communicator import SmsCommunicator
from tests.interop.mail import program
from tests.tools.loading import ROOT, load

reference = load("tools/reference.py")
asyncapi = load("tools/asyncapi.py")
DOCUMENT = asyncapi.document()
MESSAGES, SCHEMAS = DOCUMENT["components"]["messages"], DOCUMENT["components"]["schemas"]


def references(part: Any) -> Iterator[str]:
    """Every $ref of it."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if key == "$ref":
            yield value
        elif isinstance(value, dict | list):
            yield from references(value)


def test_the_file_is_current() -> None:
    """What is in the documentation is what the code says."""
    text = (ROOT / "docs/reference/asyncapi.json").read_text(encoding="utf-8")
    assert reference.current(text, "asyncapi.json") == text


def test_it_is_valid(tmp_path: Path) -> None:
    """By the schema that AsyncAPI publishes for 3.0.0."""
    words = [program("npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path)]
    if subprocess.run([*words, "@asyncapi/specs@6"], capture_output=True, check=False, timeout=60).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("@asyncapi/specs cannot be installed")
    path = tmp_path / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
    validator = jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    assert not validator.is_valid({**DOCUMENT, "channels": {"irc": {"nonsense": 1}}})


def test_it_leads_nowhere_else() -> None:
    """Everything that is referred to is there, and every schema is a schema."""
    for path in references(DOCUMENT):
        part = DOCUMENT
        for word in path.removeprefix("#/").split("/"):
            part = part[word]
        assert part
    for schema in SCHEMAS.values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_every_message_of_every_scope_is_in_it() -> None:
    """One message a type, with its way; the scope's own schema; and an operation each way."""
    for modules in asyncapi.MODULES:
        for scope, messages in modules[0].SCOPES.items():
            (name,) = scope.__annotations__["type"].__args__
            kinds = [kind for one in messages for kind in one.__annotations__["type"].__args__]
            channel = DOCUMENT["channels"][name]
            assert sorted(MESSAGES[key]["name"] for key in channel["messages"]) == sorted(kinds)
            said = [
                key.rpartition("/")[2]
                for operation in ("hear", "say")
                for key in references(
                    DOCUMENT["operations"].get(f"{name}.{operation}", {}).get("messages", [])
                )
            ]
            assert sorted(said) == sorted(channel["messages"])
            assert channel["x-scope"]["$ref"].startswith("#/components/schemas/")


def test_every_interface_has_a_channel() -> None:
    """A protocol that is added is in the document, or this fails."""
    names = {"websocket" if name == "ws" else name for name in registry.BUILTIN}
    assert names <= {*DOCUMENT["channels"]}


def valid(what: dict[str, Any], name: str) -> None:
    """Check a scope or an event against a schema; bytes are texts there, and tuples arrays."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode("latin-1")
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list | tuple) else value

    schema = {**SCHEMAS[name], "components": {"schemas": SCHEMAS}}
    jsonschema.Draft7Validator(schema).validate(plain(what))
    unknown = {*what} - {*SCHEMAS[name]["properties"]}
    assert unknown == set()


class Kept:
    """An application that keeps its scopes and events, and answers as little as can be."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One event."""
        self.scopes.append(scope)
        self.events.append(await receive())
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

    def check(self, *names: str) -> None:
        """The newest scope and event are of these schemas."""
        scope, event = self.scopes[-1], self.events[-1]
        valid(scope, names[0])
        valid(event, names[1])


def test_slack_is_as_it_says() -> None:
    """Messages, commands, actions, views and events, as the translation makes them."""

    async def main() -> None:
        app = Kept()
        person = SlackCommunicator(app)
        await person.message("hi", thread_ts="1.0")
        app.check("slack.SlackScope", "slack.SlackMessage")
        await person.command("/deploy", "web")
        app.check("slack.SlackScope", "slack.SlackCommand")
        await person.action("approve", "7")
        app.check("slack.SlackScope", "slack.SlackAction")
        await person.view("feedback", {"said": "well"})
        app.check("slack.SlackScope", "slack.SlackView")
        await person.event("reaction_added", reaction="eyes", item={})
        app.check("slack.SlackScope", "slack.SlackEvent")

    asyncio.run(main())


def test_short_messages_are_as_it_says() -> None:
    """Texts and receipts, as the translation makes them."""

    async def main() -> None:
        app = Kept()
        phone = SmsCommunicator(app)
        await phone.text("hi", media=["http://a.example/1"])
        app.check("sms.SmsScope", "sms.SmsReceive")
        await phone.status("delivered")
        app.check("sms.SmsScope", "sms.SmsStatus")

    asyncio.run(main())


def test_irc_is_as_it_says() -> None:
    """What is said in a channel."""

    async def main() -> None:
        scopes, events = [], []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scopes.append(scope)
            while (event := await receive())["type"] != "irc.disconnect":
                events.append(event)

        async with IrcCommunicator(app) as irc:
            await irc.connect("#test")
            await irc.say("hello")
        valid(scopes[0], "irc.IrcScope")
        valid(events[0], "irc.IrcConnect")
        valid(events[1], "irc.IrcMessage")

    asyncio.run(main())


def test_requests_and_mail_are_as_it_says() -> None:
    """As two servers give them."""
    app = Kept()

    def mail(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.sendmail("a@a.example", ["b+tag@b.example"], "Subject: hello\n\nhow are you?\n")

    async def main() -> None:
        options = {"http_bind": ("127.0.0.1:0",), "email_bind": ("127.0.0.1:0",), "lifespan": "off"}
        async with interfaces.Server(app, "http", "email", **options) as server:
            web, post = server.addresses
            async with await RawClient.connect(web) as client:
                await client.send(b"GET /a?b HTTP/1.1\r\nhost: test\r\n\r\n")
                assert (await client.response()).status == 204
            app.check("http.HttpScope", "http.HttpRequest")
            await asyncio.to_thread(mail, post.port)
            app.check("email.EmailScope", "email.EmailReceive")

    asyncio.run(main())
