"""People in a fake workspace of Slack, which tells our listener of what they do, signed."""

from typing import Any, ClassVar

from interfaces.console.simulators.base import Simulator, text
from interfaces.shared.webhook import refusal

__all__ = ["SlackSimulator"]

MESSAGES = 200
"""Of one conversation that are shown."""
FIELDS = ("ts", "user", "bot_id", "text", "blocks", "thread_ts", "reactions", "subtype")


class SlackSimulator(Simulator):
    """The people of a fake Slack."""

    name: ClassVar[str] = "slack"

    @property
    def there(self) -> bool:
        """Whether there is a fake Slack; with Socket Mode the app comes to it."""
        return self.place.served("slack") is not None and self.place.fake("slack") is not None

    @property
    def missing(self) -> str:
        """Why not."""
        return "there is no fake Slack here: interfaces dev slack, without a token of yours"

    async def shown(self) -> dict[str, Any]:
        """The first workspace: people, conversations, and the views that are open."""
        fake = self.place.fake("slack")
        fake.world.settle()
        team = next(iter(fake.world.workspaces.values()))
        users = [{"id": one.id, "name": one.name, "bot": bool(one.bot_id)} for one in team.users.values()]
        channels = {one.name or one.id: _messages(one) for one in team.channels.values()}
        ids = {one.name or one.id: one.id for one in team.channels.values()}
        return {
            "team": team.id, "users": users, "channels": channels, "ids": ids, "views": list(fake.views.values()),
            "ephemerals": fake.ephemerals[-MESSAGES:], "errors": dict(fake.world.views.errors),
        }  # fmt: skip

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """``say`` (in a ``thread_ts``), ``mention``, ``click``, ``submit``, ``close``, ``command``, ``react``."""
        fake = self.place.fake("slack")
        try:
            payload, event = self._deed(fake, said)
            delivery = await (self._event(fake, payload) if event else self._other(fake, payload))
        except (LookupError, ValueError, StopIteration) as error:
            raise refusal(409, f"that cannot be done: {error or type(error).__name__}") from None
        except Exception as error:
            if type(error).__name__ == "SlackRefused":
                raise refusal(409, f"Slack says: {error}") from None
            raise
        last = delivery.last
        return {"status": last.status, "acknowledged": delivery.acknowledged, "reason": last.reason,
                "effect": delivery.effect}  # fmt: skip

    def _deed(self, fake: Any, said: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """What Slack tells of it, and whether that is an event."""
        person = fake.person(text(said, "user", "U1"))
        channel, ts = text(said, "channel", "C1"), text(said, "message_ts", "")
        words = text(said, "text", "")
        match text(said, "do"):
            case "say":
                more = {"thread_ts": said["thread_ts"]} if said.get("thread_ts") else {}
                return person.says(words, channel, **more), True
            case "mention":
                return person.mentions(words, channel), True
            case "react":
                return person.reacts(channel, ts, words.strip(":") or "thumbsup"), True
            case "command":
                command, _, rest = words.partition(" ")
                return person.command(command, rest, channel), False
            case "click":
                action, view = text(said, "action_id"), text(said, "view_id", "")
                values = said.get("values")
                if view:
                    return person.uses_in_view(view, action, said.get("value"), values=values), False
                return person.uses(channel, ts, action, said.get("value"), values=values), False
            case "submit":
                return person.submits(text(said, "view_id"), said.get("values") or {}), False
            case "close":
                return person.closes(text(said, "view_id")), False
        raise refusal(400, "do is say, mention, react, command, click, submit or close")

    async def _event(self, fake: Any, payload: dict[str, Any]) -> Any:
        if self._url is None:
            return await fake.send_event(payload, retries=False)
        return await fake.post_event(self._url, payload, retries=False)

    async def _other(self, fake: Any, payload: dict[str, Any]) -> Any:
        return await (fake.send(payload) if self._url is None else fake.post(self._url, payload))

    @property
    def _url(self) -> str | None:
        """Of the Events API; None: the app has come by Socket Mode."""
        options = self.place.options("slack")
        return None if options.socket else f"{self.place.url('slack')}{options.path}/events"


def _messages(channel: Any) -> list[dict[str, Any]]:
    return [{name: one[name] for name in FIELDS if name in one} for one in channel.messages[-MESSAGES:]]
