"""Requests of providers of short messages, signed or not: there are messages as messages.py says it, or a refusal.

How each provider signs is what its table of tests says (tests/sms/providers), and what stands there are the seeds.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Answer, Request
from interfaces.sms import messages
from interfaces.sms.providers.base import Inbound, Receipt, Wanted
from interfaces.sms.providers.opening import provider
from interfaces.sms.translate import Place, translated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
SUITES = import_module("tests.sms.providers.cases").SUITES
NOW = import_module("tests.sms.providers.runner").NOW
opened = import_module("tests.sms.providers.runner").opened
ROWS = 12
"""Seeds of a provider."""
SIGNED = 4
"""Of how many inputs one is not signed."""
TYPES: dict[str, Any] = {"sms.receive": messages.SmsReceive, "sms.status": messages.SmsStatus}
SEEDS = [
    bytes([number, kind]) + row.request.body
    for number, suite in enumerate(SUITES)
    for row in [row for row in suite.posted if isinstance(row.found, list) and row.request.body][:ROWS]
    for kind in (0, 1)
]


def posted(suite: Any, kind: int, body: bytes) -> Request:
    """A request with ``body``, signed where that is possible."""
    row = next(row for row in suite.posted if isinstance(row.found, list) and row.request.body)
    said: Request = row.request
    if suite.sign is None or kind % SIGNED == SIGNED - 1:
        return Request(said.path, said.query, said.headers, body, said.client, secure=True)
    types = provider(suite.account).types
    signed: Request = suite.sign(body, types[kind % len(types)])
    return signed


def one(data: bytes) -> None:
    """The first byte says whose it is, the second of which kind."""
    if len(data) < 2:
        return
    suite = SUITES[data[0] % len(SUITES)]
    request = posted(suite, data[1], data[2:])
    query = f"?{request.query.decode()}" if request.query else ""
    made = opened(suite)
    try:
        found = made.read(request, suite.url + query, NOW)
    except PeerError as error:
        answer = error.answer
        if not isinstance(answer, Answer) or not 400 <= answer.status <= 599 or "\n" in answer.text:
            raise AssertionError(f"refused with {answer!r}") from error
        return
    if isinstance(found, Answer | Wanted):
        return
    for each in found:
        if not isinstance(each, Inbound | Receipt):
            raise AssertionError(f"read as {each!r}")  # noqa: TRY004 - a finding
        place = Place(provider=suite.name, account="a", transport="webhook")
        event = translated(each, place, NOW).event
        try:
            msgspec.convert(event, TYPES[event["type"]])
        except msgspec.ValidationError as error:
            raise AssertionError(f"no {event['type']}: {error}") from error
        if event["type"] == "sms.receive" and event["segments"] < 1:
            raise AssertionError(f"{event['segments']} segments")
