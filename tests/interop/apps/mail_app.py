"""Writes each message into mail.jsonl, in the directory of the process; the recipient's name is the verdict."""

import json
import sys
from pathlib import Path

from interfaces.email.scram import stored

KINDS = {"reject": "email.reject", "defer": "email.defer", "discard": "email.discard"}
SHOWN = ("protocol", "helo", "mail_from", "mail_params", "rcpt_to", "tls", "auth")


def text(value):
    """JSON has no bytes."""
    return value.decode("latin-1")


def keep(scope, event):
    """One line: {"scope", "event", "body", "modules"}."""
    body = Path(event["body_ref"]["path"]).read_bytes() if event.get("body_ref") else event["body"]
    headers = [(text(name), text(value)) for name, value in event["headers"]]
    kept = {key: event[key] for key in ("from", "to", "subject", "size", "digest", "message_id")}
    record = {
        "scope": {key: scope[key] for key in SHOWN},
        "event": {**kept, "headers": headers},
        "body": text(body) if len(body) < 100_000 else "",
        "read": len(body),
        "modules": [*sys.modules] if event["subject"] == "modules" else [],
    }
    with Path("mail.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def key(user):
    """What is stored of the one user's password."""
    return stored("pässword", b"salt of ada", 4096) if user == "ada" else None


def fits(user, password):
    """The one user."""
    return (user, password) == ("ada", "pässword")


async def application(scope, receive, send):
    """Keeps a message, and gives its recipients their verdicts."""
    if scope["type"] != "email":
        raise NotImplementedError
    keep(scope, await receive())
    if len(scope["rcpt_to"]) == 1:
        await send({"type": KINDS.get(scope["rcpt_to"][0]["local"], "email.accept")})
        return
    for place, one in enumerate(scope["rcpt_to"]):
        code = {"reject": 550, "defer": 451}.get(one["local"], 250)
        await send({"type": "email.status", "index": place, "code": code})
