"""A Slack service without a network: its application, its installations, and what was counted."""

import json
from collections.abc import Sequence
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.asgi import Application
from interfaces.shared.errors import Unavailable
from interfaces.shared.interface import Context
from interfaces.slack.events import Events
from interfaces.slack.installations.base import Installation
from interfaces.slack.options import SlackOptions
from interfaces.slack.service import Service
from interfaces.slack.verify import signature
from interfaces.testing.recorder import Recorder

__all__ = ["NOW", "SECRET", "Desk", "Installed", "message"]

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_700_000_000.0
ME = Installation(
    key="T1", token="xoxb-1", app_id="A1", team_id="T1", enterprise_id=None, bot_id="B1", bot_user_id="UBOT"
)


class Installed:
    """Installations in memory, that can be away."""

    def __init__(self, *found: Installation) -> None:
        self.found = {one.team_id: one for one in found}
        self.away = False
        self.gone: list[tuple[str | None, str | None, Sequence[str] | None]] = []

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def find(
        self, team_id: str | None, enterprise_id: str | None = None, *, is_enterprise_install: bool = False
    ) -> Installation | None:
        """By its team."""
        if self.away:
            raise Unavailable("no database")
        return self.found.get(team_id)

    async def removed(
        self,
        team_id: str | None,
        enterprise_id: str | None,
        user_ids: Sequence[str] | None = None,
        *,
        is_enterprise_install: bool = False,
    ) -> None:
        """Told."""
        if self.away:
            raise Unavailable("no database")
        self.gone.append((team_id, enterprise_id, user_ids))


def message(name: str = "Ev1", **event: Any) -> dict[str, Any]:
    """The envelope of a message in C1, as Slack posts it."""
    inner = {
        "type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "text": "hi",
        "ts": "1700000000.000100", "event_ts": "1700000000.000100", "team": "T1", **event,
    }  # fmt: skip
    return {
        "token": "old", "team_id": "T1", "api_app_id": "A1", "event": inner, "type": "event_callback",
        "event_id": name, "event_time": 1700000000,
        "authorizations": [
            {"enterprise_id": None, "team_id": "T1", "user_id": "UBOT", "is_bot": True, "is_enterprise_install": False}
        ],
    }  # fmt: skip


class Desk:
    """A service whose application is a Recorder with ``script``, unless ``app`` is given."""

    def __init__(self, script: Any = None, *, app: Application | None = None, **options: Any) -> None:
        self.recorder = Recorder(script)
        self.installed = Installed(ME)
        self.context = Context(names=("slack",), state={"pool": 1})
        self.options = SlackOptions(
            **{"signing_secret": (SECRET,), "bot_token": "xoxb-1", "ack_deadline": 5.0, **options}
        )
        self.dedupe = LocalDedupe()
        self.service = Service(
            app or self.recorder, self.options, self.context, self.installed, (self.dedupe, Conversations()),
            lambda: NOW,
        )  # fmt: skip
        self.events = Events(self.service, {})

    def counted(self, name: str) -> int:
        """How often, behind "slack."."""
        return int(self.context.telemetry.counts[f"slack.{name}"])

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events that the application got."""
        return [event for call in self.recorder.calls for event in call.events]

    async def post(self, body: Any, *, path: str = "/slack/events", **headers: str) -> "Answered":
        """A signed request; a dict is JSON, a str a form. Headers as keywords, "_" for "-"; "" leaves one out."""
        raw = (
            body
            if isinstance(body, bytes)
            else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        kind = "application/json" if isinstance(body, dict) else "application/x-www-form-urlencoded"
        time = headers.get("x_slack_request_timestamp", f"{NOW:.0f}")
        said = {
            "content-type": kind,
            "x-slack-request-timestamp": time,
            "x-slack-signature": signature(SECRET, time, raw),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"", "client": ("10.0.0.1", 9),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in said.items() if value],
        }  # fmt: skip
        answered = Answered()
        await self.events(scope, Body(raw), answered.send)
        return answered


class Body:
    """A ``receive`` that gives a body."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    async def __call__(self) -> dict[str, Any]:
        """All of it."""
        return {"type": "http.request", "body": self.raw, "more_body": False}


class Answered:
    """What was answered."""

    status = 0
    headers: dict[bytes, bytes]
    body = b""

    async def send(self, event: Any) -> None:
        """ASGI's."""
        if event["type"] == "http.response.start":
            self.status, self.headers = event["status"], dict(event["headers"])
        else:
            self.body += event.get("body", b"")
