"""The AsyncAPI 3.0 document of what an application hears and says, from the TypedDicts of the messages.

A channel a type of scope, with the messages that pass in it, and one for each channel that takes what is sent from
anywhere; the application is whose document it is: it receives what is "In" and sends what is "Out".
"""

import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, Final, Literal, NotRequired, Required

from message_tables import Notes

from interfaces import __version__
from interfaces.email import messages as email
from interfaces.http_ws import messages as http_ws
from interfaces.irc import messages as irc
from interfaces.irc import messages_out as irc_out
from interfaces.irc.client.words import SPOKEN
from interfaces.shared import upstream_scope
from interfaces.slack import messages as slack
from interfaces.slack.sending.shapes import TYPES
from interfaces.sms import messages as sms
from interfaces.sms.sending.drafts import TYPES as SMS_TYPES

__all__ = ["FROM_ANYWHERE", "MODULES", "document"]

MODULES: Final[tuple[tuple[ModuleType, ...], ...]] = (
    (http_ws,), (email,), (slack,), (sms,), (irc, irc_out), (upstream_scope,),
)  # fmt: skip
"""Each protocol's, with where others of its classes stand."""
FROM_ANYWHERE: Final[Mapping[str, frozenset[str]]] = {
    "email.send": frozenset({"email.send"}),
    "slack.send": frozenset(TYPES),
    "sms.send": frozenset(SMS_TYPES),
    "irc.send": frozenset(SPOKEN),
}
"""The channels that take what is sent from anywhere, and the types of that."""
_PLAIN: Final[Mapping[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    bytes: {"type": "string", "format": "binary"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}
_ARRAYS: Final = (list, tuple, Iterable)


def document() -> dict[str, Any]:
    """All of it, as JSON has it."""
    made = _Document()
    for modules in MODULES:
        for scope, messages in modules[0].SCOPES.items():
            made.scope(Notes(*modules), scope, messages)
    made.sending()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Scopes and messages of interfaces",
            "version": __version__,
            "description": "What an ASGI application hears and says, by type of scope. bytes have the format binary.",
            "license": {"name": "BSD-3-Clause"},
        },
        "defaultContentType": "application/json",
        "channels": made.channels,
        "operations": made.operations,
        "components": {"messages": made.messages, "schemas": made.schemas},
    }


class _Document:
    def __init__(self) -> None:
        self.channels: dict[str, Any] = {}
        self.operations: dict[str, Any] = {}
        self.messages: dict[str, Any] = {}
        self.schemas: dict[str, Any] = {}

    def scope(self, notes: Notes, scope: type, messages: tuple[type, ...]) -> None:
        """A type of scope, and what passes in it."""
        (name,) = _types(scope)
        schemas = _Schemas(self.schemas, notes, name)
        ways: dict[str, list[str]] = {"In": [], "Out": []}
        for message in messages:
            way, payload = _text(message)[:3].strip(":. ,"), schemas.reference(message)
            for kind in _types(message):
                ways[way].append(self._message(kind, way, _text(message), payload))
        self._channel(name, _text(scope), ways["In"] + ways["Out"])
        self.channels[name]["x-scope"] = schemas.reference(scope)
        self._operation(f"{name}.hear", "receive", name, ways["In"])
        self._operation(f"{name}.say", "send", name, ways["Out"])

    def sending(self) -> None:
        """The channels of a layer from which messages go out."""
        for name, kinds in FROM_ANYWHERE.items():
            keys = sorted(f"{kind}.out" if f"{kind}.out" in self.messages else kind for kind in kinds)
            self._channel(name, "Of a channel layer: what is sent to it from anywhere goes out.", keys)
            self._operation(f"{name}.anywhere", "send", name, keys)

    def _message(self, kind: str, way: str, summary: str, payload: dict[str, Any]) -> str:
        """One type of message; its key: what is said by the same name as something that is heard has ``.out``."""
        key = f"{kind}.out" if kind in self.messages else kind
        only = {"properties": {"type": {"const": kind}}}
        self.messages[key] = {
            "name": kind,
            "summary": summary,
            "payload": {"allOf": [payload, only]},
            "x-way": way,
        }
        return key

    def _channel(self, name: str, summary: str, keys: list[str]) -> None:
        messages = {key: {"$ref": f"#/components/messages/{key}"} for key in keys}
        self.channels[name] = {"address": name, "summary": summary, "messages": messages}

    def _operation(self, name: str, action: str, channel: str, keys: list[str]) -> None:
        if keys:
            messages = [{"$ref": f"#/channels/{channel}/messages/{key}"} for key in keys]
            self.operations[name] = {
                "action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": messages,
            }  # fmt: skip


class _Schemas:
    """The schemas of one protocol's classes, with what stands below each key in the source."""

    def __init__(self, made: dict[str, Any], notes: Notes, protocol: str) -> None:
        self.made = made
        self.notes = notes
        self.protocol = protocol

    def reference(self, of: type) -> dict[str, Any]:
        """Where the schema of a TypedDict stands, which is made when it is not there yet."""
        name = f"{self.protocol}.{of.__name__.lstrip('_')}"
        if name not in self.made:
            self.made[name] = {}  # one that has itself in it ends here
            self.made[name] = self._object(of)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, of: Any) -> dict[str, Any]:
        notes = dict(self.notes.meanings(of))
        hints = typing.get_type_hints(of, include_extras=True)
        properties = {key: self._of(hint) for key, hint in hints.items()}
        for key, schema in properties.items():
            if notes.get(key) and "$ref" not in schema:
                schema["description"] = notes[key]
        found = {"type": "object", "description": _text(of), "properties": properties}
        return {**found, "required": sorted(of.__required_keys__)} if of.__required_keys__ else found

    def _of(self, hint: Any) -> dict[str, Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (NotRequired, Required):
            return self._of(arguments[0])
        if origin is Literal:
            return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
        if origin in (types.UnionType, typing.Union):
            return _either([self._of(one) for one in arguments])
        if origin is dict or hint is dict:
            return {"type": "object", "additionalProperties": self._of(arguments[1]) if arguments else True}
        if origin in _ARRAYS or hint in _ARRAYS:
            return self._array(origin, arguments)
        if typing.is_typeddict(hint):
            return self.reference(hint)
        return dict(_PLAIN.get(hint, {}))

    def _array(self, origin: Any, arguments: tuple[Any, ...]) -> dict[str, Any]:
        if origin is tuple and Ellipsis not in arguments:
            rows = [self._of(one) for one in arguments]
            return {"type": "array", "items": rows, "minItems": len(rows), "maxItems": len(rows)}
        return {"type": "array", "items": self._of(arguments[0]) if arguments else {}}


def _either(every: list[dict[str, Any]]) -> dict[str, Any]:
    """One of these schemas; where they are nothing but types, those."""
    if all(one.keys() == {"type"} for one in every):
        return {"type": [one["type"] for one in every]}
    return {"anyOf": every}


def _types(of: type) -> tuple[str, ...]:
    """The values of its ``type``."""
    found: tuple[str, ...] = typing.get_args(typing.get_type_hints(of)["type"])
    return found


def _text(of: type) -> str:
    return " ".join((inspect.getdoc(of) or "").replace("``", "`").split())
