"""A person at the fake, line by line: what they type is done, and what they see is said.

::

    hello                     ann says it in #general; ``ben: hello``: Ben does
    > 1.4                     in the thread of the app's last message
    @ status                  to the app, by its name
    /deploy web               a command
    press approve-1           what has this action_id, in the last message or view that has it
    submit service=web reason="it is slow"    the modal that is open, with its inputs by action_id
    close                     the modal that is open
    :+1:                      a reaction to the app's last message
    home                      look at the app's home
"""

import shlex
from collections.abc import Awaitable, Callable
from typing import Any

from interfaces.testing.slack.delivery import Delivery
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.fake import FakeSlack
from interfaces.testing.slack.payloads import events
from interfaces.testing.slack.payloads.inputs import elements
from interfaces.testing.slack.person import Person
from interfaces.testing.slack.shown import everything

__all__ = ["Terminal"]

Doing = Awaitable[Delivery]


class Terminal:
    """``events_url``: where the app takes the Events API; without it, it is told by Socket Mode."""

    def __init__(self, slack: FakeSlack, *, channel: str = "C1", events_url: str = "") -> None:
        self.slack = slack
        self.channel = channel
        self.events_url = events_url
        self._seen: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Terminal of {self.slack!r}>"

    def news(self) -> list[str]:
        """What is there to be seen, and was not, or was otherwise, the last time."""
        now = dict(everything(self.slack.world))
        new = [line for name, line in now.items() if line and self._seen.get(name) != line]
        self._seen = now
        return new

    async def do(self, line: str) -> str:
        """Do what ``line`` says, and give what went wrong with it, or "". Returns when the app has acknowledged it."""
        try:
            doings = self._doings(line.strip())
            found = [await one for one in doings]
        except (LookupError, ValueError, StopIteration) as error:
            return f"that cannot be done: {error or type(error).__name__}"
        except SlackRefused as refused:
            return f"Slack says: {refused.error}"
        lost = [one for one in found if not one.acknowledged]
        if lost:
            return f"the app did not acknowledge it: {lost[0].last.reason}"
        return next((one.effect for one in found if one.effect.startswith("invalid")), "")

    def _doings(self, line: str) -> list[Doing]:
        """What is told the app."""
        person, line = self._person(line)
        word, _, rest = line.partition(" ")
        if line.startswith("/"):
            return [self._tell(person.command(word, rest, self.channel))]
        if len(line) > 2 and line.startswith(":") and line.endswith(":"):
            last = self._last()
            return [self._event(person.reacts(self.channel, last["ts"], line.strip(":")))]
        make: dict[str, Callable[[Person, str], list[Doing]]] = {
            ">": self._answers, "@": self._mentions, "press": self._presses, "submit": self._submits,
            "close": self._closes, "home": self._home,
        }  # fmt: skip
        if word in make:
            return make[word](person, rest)
        return [self._event(person.says(line, self.channel))] if line else []

    def _person(self, line: str) -> tuple[Person, str]:
        name, colon, rest = line.partition(": ")
        for workspace in self.slack.world.workspaces.values():
            for user in workspace.users.values():
                if colon and user.name == name and not user.bot_id:
                    return self.slack.person(user.id), rest.strip()
        return self.slack.person(), line

    # --- what people do ---------------------------------------------------------------------------

    def _answers(self, person: Person, text: str) -> list[Doing]:
        last = self._last()
        return [self._event(person.says(text, self.channel, thread_ts=last.get("thread_ts") or last["ts"]))]

    def _mentions(self, person: Person, text: str) -> list[Doing]:
        """Slack tells it twice: as app_mention, and as the message that it is."""
        mention = person.mentions(text, self.channel)
        return [self._event(mention), self._event({**mention, "type": "message", "channel_type": "channel"})]

    def _presses(self, person: Person, name: str) -> list[Doing]:
        for message in reversed(self.slack.messages(self.channel)):
            if any(element["action_id"] == name for _, element in elements(message.get("blocks") or [])):
                return [self._tell(person.uses(self.channel, message["ts"], name))]
        for key, view in reversed(self.slack.views.items()):
            if any(element["action_id"] == name for _, element in elements(view["blocks"])):
                return [self._tell(person.uses_in_view(key, name))]
        raise LookupError(f"nothing has the action_id {name}")

    def _submits(self, person: Person, text: str) -> list[Doing]:
        values = {}
        for one in shlex.split(text):
            name, equals, values[name] = one.partition("=")
            if not equals:
                raise ValueError(f'write name=value or name="several words", not {one}')
        return [self._tell(person.submits(self._modal(), values))]

    def _closes(self, person: Person, _text: str) -> list[Doing]:
        return [self._tell(person.closes(self._modal()))]

    def _home(self, person: Person, _text: str) -> list[Doing]:
        world, user = self.slack.world, person.user
        place = world.direct(world.workspace(user.team_id), [user.id])
        return [self._event(events.app_home_opened(user=user.id, channel=place.id))]

    def _modal(self) -> str:
        for name, view in reversed(self.slack.views.items()):
            if view["type"] == "modal":
                return name
        raise LookupError("no modal is open")

    def _last(self) -> dict[str, Any]:
        found: dict[str, Any]
        for found in reversed(self.slack.messages(self.channel)):
            if found.get("bot_id"):
                return found
        raise LookupError("the app has not said anything")

    # --- how the app is told ----------------------------------------------------------------------

    def _event(self, event: dict[str, Any]) -> Doing:
        """Once: who types does not want to wait for Slack's repeats, a minute later and five."""
        if self.events_url:
            return self.slack.post_event(self.events_url, event, retries=False)
        return self.slack.send_event(event, retries=False)

    def _tell(self, payload: dict[str, Any]) -> Doing:
        return self.slack.post(self.events_url, payload) if self.events_url else self.slack.send(payload)
