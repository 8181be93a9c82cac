"""What a call of the Web API says: its arguments and its token, from query, header and any kind of body. Pure.

Slack takes forms, JSON and multipart; in forms, structured arguments (blocks, view, files …) are JSON as text.
"""

import base64
import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from interfaces.testing.slack.errors import SlackRefused

__all__ = ["STRUCTURED", "basic", "bearer", "parse"]

STRUCTURED = frozenset({"attachments", "blocks", "chunks", "files", "loading_messages", "metadata", "prompts",
    "unfurls", "user_auth_blocks", "view"})  # fmt: skip
"""Arguments that stand as JSON in a form."""


def parse(query: bytes, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The arguments of a call; raises :class:`SlackRefused` in Slack's words (invalid_json …).

    ``headers`` have lower-case names. What the body says goes before what the query says.
    """
    args: dict[str, Any] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    kind, _, _ = headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if body and kind == "application/json":
        args |= _json_body(body)
    elif body and kind == "multipart/form-data":
        args |= _multipart(headers["content-type"], body)
    elif body and kind in ("", "application/x-www-form-urlencoded"):
        args |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif body:
        raise SlackRefused("invalid_post_type")
    for name in STRUCTURED & args.keys():
        args[name] = _structured(name, args[name])
    return args


def bearer(headers: Mapping[str, str]) -> str:
    """The token in ``Authorization: Bearer``, or ""."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """The client's id and secret in ``Authorization: Basic``, or None."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name, secret


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise SlackRefused("invalid_json") from None
    if not isinstance(found, dict):
        raise SlackRefused("json_not_object")
    return found


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    if not message.is_multipart():
        raise SlackRefused("invalid_form_data")
    found: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if part.is_multipart() or not isinstance(name, str):
            continue
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        found[name] = content if part.get_filename() else content.decode("utf-8", "replace")
    return found


def _structured(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        word = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
        said = {"messages": [f"[ERROR] {name} is no JSON"]}
        raise SlackRefused(word, response_metadata=said) from None
