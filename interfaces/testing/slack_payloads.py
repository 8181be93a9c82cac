"""What Slack would have sent: the payloads that :mod:`interfaces.testing.slack_communicator` gives to an application.

Source: api.slack.com, "Events API", "Slash commands", api.slack.com/reference/interaction-payloads.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["APP", "BOT", "BOT_USER", "Slackers"]

APP, BOT, BOT_USER = "A1", "B1", "UBOT1"
"""The app, its bot, and the bot's user."""
_BEGIN = 1_700_000_000
"""Unix seconds of the first thing that happens; each further one comes a second later."""


class Slackers:
    """One person in one workspace: makes the payload of whatever they do. Counts, so that ids and times differ."""

    def __init__(self, team_id: str, user: str, channel: str) -> None:
        self.team_id = team_id
        self.user = user
        self.channel = channel
        self.count = 0

    def ts(self) -> str:
        """The name of the next message."""
        self.count += 1
        return f"{_BEGIN + self.count}.{self.count:06}"

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event in its envelope."""
        ts = self.ts()
        bot = {"enterprise_id": None, "team_id": self.team_id, "user_id": BOT_USER, "is_bot": True,
               "is_enterprise_install": False}  # fmt: skip
        return {
            "token": "",  # nosec B105 - Slack has none here
            "team_id": self.team_id,
            "api_app_id": APP,
            "event": {"user": self.user, "event_ts": ts, **event},
            "type": "event_callback",
            "event_id": f"Ev{self.count}",
            "event_time": _BEGIN + self.count,
            "authorizations": [bot],
            "is_ext_shared_channel": False,
        }

    def message(self, text: str, said: Mapping[str, Any], kind: str = "message") -> dict[str, Any]:
        """A message, or a mention."""
        channel = said.get("channel") or self.channel
        where = {"D": "im", "G": "group"}.get(channel[:1], "channel")
        return self.event(
            {"type": kind, "channel": channel, "channel_type": where, "text": text, "ts": self.ts(), **said}
        )

    def command(self, command: str, text: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """The form of a slash command."""
        return {
            "token": "",  # nosec B105 - as above
            "team_id": self.team_id,
            "team_domain": "test",
            "channel_id": self.channel,
            "channel_name": "test",
            "user_id": self.user,
            "user_name": "test",
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._url("commands"),
            "trigger_id": self._trigger(),
            **said,
        }

    def pressed(self, kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """What is interactive, without what makes its kind."""
        return {
            "type": kind,
            "user": {"id": self.user, "username": "test", "name": "test", "team_id": self.team_id},
            "api_app_id": APP,
            "token": "",  # nosec B105 - as above
            "team": {"id": self.team_id, "domain": "test"},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._trigger(),
            **said,
        }

    def action(
        self,
        action_id: str,
        element: Mapping[str, Any],
        view: Mapping[str, Any] | None,
        said: Mapping[str, Any],
    ) -> dict[str, Any]:
        """block_actions: in ``view``, else in a message of the app."""
        first = {
            "type": "button",
            "action_id": action_id,
            "block_id": f"block_{action_id}",
            "action_ts": self.ts(),
        }
        if view is not None:
            where: dict[str, Any] = {
                "container": {"type": "view", "view_id": view.get("id", "V1")},
                "view": {"id": "V1", **view},
            }
        else:
            message = {"type": "message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "ts": self.ts(), "text": "",
                       **said.get("message", {})}  # fmt: skip
            where = {
                "container": {"type": "message", "message_ts": message["ts"], "channel_id": self.channel,
                              "is_ephemeral": False},
                "channel": {"id": self.channel, "name": "test"},
                "response_url": self._url("actions"),
                **said,
                "message": message,
            }  # fmt: skip
        return self.pressed("block_actions", {**where, "actions": [{**first, **element}]})

    def view(
        self, kind: str, callback_id: str, values: Mapping[str, Any], said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """view_submission or view_closed; each value is a text, or an element as Slack says it, in its own block."""
        inputs = {
            f"block_{name}": {name: value if isinstance(value, Mapping) else _typed(value)}
            for name, value in values.items()
        }
        view = {
            "id": "V1", "team_id": self.team_id, "type": "modal", "callback_id": callback_id, "private_metadata": "",
            "hash": "1.abc", "state": {"values": inputs}, "app_id": APP, "bot_id": BOT, "blocks": [], **said,
        }  # fmt: skip
        more: dict[str, Any] = {"is_cleared": False} if kind == "view_closed" else {"response_urls": []}
        return self.pressed(kind, {"view": view, **more})

    def shortcut(
        self, callback_id: str, message: Mapping[str, Any] | None, said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A shortcut of the app, or of ``message``."""
        words: dict[str, Any] = {"callback_id": callback_id, "action_ts": self.ts()}
        if message is None:
            return self.pressed("shortcut", {**words, **said})
        ts = self.ts()
        words |= {
            "message": {"type": "message", "user": self.user, "ts": ts, "text": "", **message},
            "message_ts": ts,
            "channel": {"id": self.channel, "name": "test"},
            "response_url": self._url("actions"),
        }
        return self.pressed("message_action", {**words, **said})

    def options(self, action_id: str, value: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """block_suggestion."""
        words = {"action_id": action_id, "block_id": f"block_{action_id}", "value": value, **said}
        return self.pressed("block_suggestion", words)

    def _trigger(self) -> str:
        self.count += 1
        return f"{self.count}.{self.team_id}.trigger"

    def _url(self, word: str) -> str:
        return f"https://hooks.slack.com/{word}/{self.team_id}/{self.count + 1}"


def _typed(value: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}
