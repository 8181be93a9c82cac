"""A person at Slack: what they do changes the state of the fake, and gives the payload that tells the app of it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from interfaces.testing.slack.payloads import events, interactions
from interfaces.testing.slack.payloads.interactions import Who
from interfaces.testing.slack.state import Channel
from interfaces.testing.slack.world import World

__all__ = ["Person"]


class Person:
    """``slack.person("U1")``. Triggers and response URLs in what it gives are good in the fake that made it."""

    def __init__(self, world: World, user_id: str) -> None:
        self.world = world
        self.user = world.user(user_id)

    def __repr__(self) -> str:
        return f"Person({self.user.id}, {self.user.name})"

    def _who(self, channel: Channel | None = None, *, ts: str = "", view_id: str = "") -> Who:
        world, user = self.world, self.user
        workspace = world.workspace(user.team_id)
        where = {} if channel is None else {
            "channel_id": channel.id, "channel_name": channel.name,
            "response_url": world.response_url(channel, user.id, ts),
        }  # fmt: skip
        return Who(
            user_id=user.id, user_name=user.name, team_id=workspace.id, team_domain=workspace.domain,
            enterprise_id=workspace.enterprise_id, whole=world.installed_whole(workspace),
            app_id=world.app.id, token=world.app.verification_token,
            trigger_id=world.trigger(workspace.id, user.id, view_id), **where,
        )  # fmt: skip

    def _view(self, view_id: str) -> dict[str, Any]:
        """The view as it is now; what becomes of it later is not in the payload."""
        return deepcopy(self.world.views.find(view_id, ""))

    def says(self, text: str, channel: str = "C1", **more: Any) -> dict[str, Any]:
        """Post a message (``more``: thread_ts …); gives the event ``message``."""
        found = self.world.channel(channel)
        made = self.world.post(found, {"user": self.user.id, "text": text, "team": self.user.team_id, **more})
        return events.message(
            text, channel=found.id, user=self.user.id, ts=made["ts"], team=self.user.team_id,
            **{"channel_type": found.kind, **more},
        )  # fmt: skip

    def mentions(self, text: str = "hello", channel: str = "C1", **more: Any) -> dict[str, Any]:
        """Post a message that names the app; gives the event ``app_mention``."""
        bot = self.world.bot_of(self.world.workspace(self.user.team_id))
        said = self.says(f"<@{bot.id}> {text}", channel, **more)
        return {name: value for name, value in said.items() if name != "channel_type"} | {
            "type": "app_mention"
        }

    def edits(self, channel: str, ts: str, text: str) -> dict[str, Any]:
        """Change a message; gives the event ``message_changed``."""
        found = self.world.channel(channel)
        message = found.find(ts)
        event = events.message_changed({**deepcopy(message), "channel": found.id}, text, ts=self.world.ts())
        message |= event["message"]
        return event

    def deletes(self, channel: str, ts: str) -> dict[str, Any]:
        """Take a message away; gives the event ``message_deleted``."""
        found = self.world.channel(channel)
        message = found.find(ts)
        found.messages.remove(message)
        return events.message_deleted({**message, "channel": found.id}, ts=self.world.ts())

    def reacts(self, channel: str, ts: str, name: str = "thumbsup") -> dict[str, Any]:
        """Put a reaction under a message; gives the event ``reaction_added``."""
        found = self.world.channel(channel)
        message = found.find(ts)
        message.setdefault("reactions", []).append({"name": name, "users": [self.user.id], "count": 1})
        return events.reaction_added(name, channel=found.id, ts=ts, user=self.user.id,
                                     item_user=message.get("user", ""), event_ts=self.world.ts())  # fmt: skip

    def command(self, command: str, text: str = "", channel: str = "C1") -> dict[str, Any]:
        """Type a command; gives its form."""
        return interactions.slash_command(command, text, who=self._who(self.world.channel(channel)))

    def uses(
        self,
        channel: str,
        ts: str,
        action_id: str,
        value: Any = None,
        *,
        values: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Press or choose something in a message, also one that only they see; gives ``block_actions``."""
        found = self.world.channel(channel)
        own = [each for each in self.world.ephemerals if each["ts"] == ts and each["to"] == self.user.id]
        message = deepcopy(own[0] if own else found.find(ts))
        return interactions.block_actions(
            message, action_id, value, who=self._who(found, ts=ts), values=values
        )

    def uses_in_view(
        self, view_id: str, action_id: str, value: Any = None, *, values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Press or choose something in a view; gives ``block_actions``."""
        view = self._view(view_id)
        return interactions.block_actions(
            view, action_id, value, who=self._who(view_id=view_id), values=values
        )

    def submits(self, view_id: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Submit a modal with ``values`` by action_id; gives ``view_submission``."""
        view = self._view(view_id)
        return interactions.view_submission(view, values, who=self._who(view_id=view_id))

    def closes(self, view_id: str, *, cleared: bool = False) -> dict[str, Any]:
        """Close a modal, or all of its stack; gives ``view_closed``, which Slack sends if notify_on_close is set."""
        view = self._view(view_id)
        self.world.views.close(view_id, whole=cleared)
        return interactions.view_closed(view, cleared=cleared, who=self._who())

    def types(self, view_id: str, action_id: str, typed: str) -> dict[str, Any]:
        """Type into a menu of a view that the app fills; gives ``block_suggestion``."""
        view = self._view(view_id)
        return interactions.block_suggestion(view, action_id, typed, who=self._who())

    def shortcut(self, callback_id: str) -> dict[str, Any]:
        """Choose a shortcut; gives ``shortcut``."""
        return interactions.shortcut(callback_id, who=self._who())

    def message_shortcut(self, callback_id: str, channel: str, ts: str) -> dict[str, Any]:
        """Choose a shortcut of a message; gives ``message_action``."""
        found = self.world.channel(channel)
        return interactions.message_action(callback_id, deepcopy(found.find(ts)), who=self._who(found, ts=ts))

    def presses_attachment(
        self, channel: str, ts: str, callback_id: str, name: str, value: str
    ) -> dict[str, Any]:
        """Press a button the old way; gives ``interactive_message``."""
        found = self.world.channel(channel)
        return interactions.interactive_message(
            callback_id, found.find(ts), name, value, who=self._who(found, ts=ts)
        )
