"""A consumer of Slack: ``slack_message`` handles what people say, ``command_deploy`` a command, and so on.

Handlers, of which the finer one has an event to itself::

    message_<subtype>        slack_message      event_<type>                              slack_event
    command_<name>           slack_command      action_<action_id>                        slack_action
    shortcut_<callback_id>   slack_shortcut     view_<callback_id>, view_closed_<…>       slack_view
    options_<action_id>      slack_options

In a name whatever is no letter, digit or underscore becomes an underscore: ``/roll-back`` is ``command_roll_back``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.consumer import Consumer
from interfaces.shared.errors import ApplicationError
from interfaces.slack.answering import SAID, handlers, options_of, passed, place, response_url, thread

__all__ = ["SAID", "SlackConsumer"]

_Views = Mapping[str, Any]


class SlackConsumer(Consumer):
    """Subclass it and write ``async def slack_message(self, message)``, or a plain function, which may block.

    To return without a word acknowledges the event; to raise before has Slack send it again. The methods are to be
    awaited, except in a plain function. What they need of the event (channel, thread, trigger_id, response_url) they
    take from that which is handled. ``wait``: for so many seconds for the ``slack.result``, which is given then;
    TimeoutError. Without it they return when the message waits where the sender takes it from.
    """

    ignore_self: bool = True
    """Pass over what the app itself has said or done, but for its joining and leaving of channels."""
    ignore_bots: bool = True
    """Pass over messages of other bots: two that answer each other never end."""
    subtypes: frozenset[str] = SAID
    """Those of the messages that ``slack_message`` gets; "" is none. Edits, deletions, joins and the like are not
    among them: write ``message_message_changed``, ``message_message_deleted``, …"""
    _event: Mapping[str, Any] = MappingProxyType({})
    """That which is handled."""
    _posts: Counter[str]
    """How many answers it had, in each channel."""

    @property
    def user(self) -> Any:
        """Who did it: behind ``IdentityMiddleware`` the user of the project, else the id that Slack has."""
        return self.scope.get("user")

    async def dispatch(self, message: Event) -> None:
        """Call the finest handler there is; what nobody wants is passed over, and counted in ``UNKNOWN``."""
        kind = str(message.get("type", ""))
        if not kind.startswith("slack.") or kind == "slack.result":
            await super().dispatch(message)
            return
        self._event = message
        self._posts = Counter()
        if why := passed(message, own=self.ignore_self, bots=self.ignore_bots):
            self._unknown(f"{kind} {why}")
            return
        for name in handlers(message):
            handler = getattr(self, name, None)
            if callable(handler):
                break
        else:
            self._unknown(kind)
            return
        if name == "slack_message" and (message.get("subtype") or "") not in self.subtypes:
            self._unknown(f"{kind} {message['subtype']}")
        else:
            await self._handle(handler, message)

    # --- the acknowledgement ----------------------------------------------------------------------

    def ack(self, text: str | None = None, **said: Any) -> Any:
        """Acknowledge now, and go on: ``text``, ``blocks``, ``response_type``, ``view`` …, or a whole ``payload``."""
        return self._say("ack", said, text=text)

    def errors(self, errors: Mapping[str, str]) -> Any:
        """Acknowledge the view that was submitted by saying what is wrong: block_id → text. It stays open."""
        return self._say("ack", {}, response_action="errors", errors=dict(errors))

    def options(self, options: Sequence[Any] = (), *, groups: Sequence[Mapping[str, Any]] = ()) -> Any:
        """Acknowledge the question of a menu: texts, pairs (text, value) or Slack's objects; or groups of them."""
        if groups:
            return self._say("ack", {}, option_groups=[dict(one) for one in groups])
        return self._say("ack", {}, options=options_of(options))

    def accept(self) -> Any:
        """Acknowledge now."""
        return self._say("accept", {})

    def reject(self, text: str | None = None) -> Any:
        """Refuse it for good: Slack does not repeat it."""
        return self._say("reject", {}, text=text)

    def defer(self) -> Any:
        """Have Slack send it again."""
        return self._say("defer", {})

    # --- messages ---------------------------------------------------------------------------------

    def reply(
        self, message: Mapping[str, Any], text: str | None = None, *, wait: float = 0.0, **said: Any
    ) -> Any:
        """Answer an event: in the thread of its message; else, as of a command, by its response_url.

        That is seen by who gave the command alone, unless ``response_type="in_channel"``. ApplicationError when there
        is no place for an answer.

        An event that comes again is answered once: the ``dedupe_key`` is made of its own, unless one is said, or None.
        """
        where = thread(message)
        if where is None:
            return self._respond(message, text, wait, said)
        return self._post(message, wait, {"text": text, **where, **said})

    def say(
        self, text: str | None = None, channel: str | None = None, *, wait: float = 0.0, **said: Any
    ) -> Any:
        """Post a message: ``blocks``, ``thread_ts``, ``ephemeral_user`` and all else of ``slack.send``.

        Without ``channel`` into that of the event. ``dedupe_key`` as of :meth:`reply`.
        """
        channel = channel or self._needed("say", "channel", self._event.get("channel"))
        return self._post(self._event, wait, {"text": text, "channel": channel, **said})

    def respond(self, text: str | None = None, *, wait: float = 0.0, **said: Any) -> Any:
        """Answer to the response_url of the event: ``replace_original``, ``response_type`` and all else of it."""
        return self._respond(self._event, text, wait, said)

    def update(self, text: str | None = None, *, wait: float = 0.0, **said: Any) -> Any:
        """Change a message: that of the event, or the one with ``channel`` and ``ts``."""
        return self._say("update", said, wait, text=text, **self._there("update", said))

    def delete(self, *, wait: float = 0.0, **said: Any) -> Any:
        """Delete a message: that of the event, or the one with ``channel`` and ``ts``."""
        return self._say("delete", said, wait, **self._there("delete", said))

    def react(self, name: str, *, wait: float = 0.0, **said: Any) -> Any:
        """Add a reaction, or with ``remove`` take it away: to that of the event, or to ``channel`` and ``ts``."""
        return self._say("react", said, wait, name=name.strip(":"), **self._there("react", said))

    def upload(
        self, files: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, wait: float = 0.0, **said: Any
    ) -> Any:
        """Upload one or more ``{filename, content, title, …}`` to the channel of the event, or ``channel``.

        ``thread_ts`` and ``initial_comment`` may be said.
        """
        found = [files] if isinstance(files, Mapping) else files
        where = said.get("channel") or self._needed("upload", "channel", self._event.get("channel"))
        return self._say("upload", said, wait, files=[dict(one) for one in found], channel=where)

    # --- views ------------------------------------------------------------------------------------

    def open_view(self, view: _Views, *, wait: float = 0.0, **said: Any) -> Any:
        """Open a modal: within 3 seconds of what the person did."""
        return self._say(
            "open_view", said, wait, view=dict(view), trigger_id=self._trigger("open_view", said)
        )

    def push_view(self, view: _Views, *, wait: float = 0.0, **said: Any) -> Any:
        """Put a modal upon the one that is open."""
        return self._say(
            "push_view", said, wait, view=dict(view), trigger_id=self._trigger("push_view", said)
        )

    def update_view(self, view: _Views, *, wait: float = 0.0, **said: Any) -> Any:
        """Change the view of the event, or that of ``view_id`` or ``external_id``; ``hash`` guards against a race."""
        if not said.get("view_id") and not said.get("external_id"):
            there: Any = self._event.get("view") or {}
            said["view_id"] = self._needed("update_view", "view_id", there.get("id"))
        return self._say("update_view", said, wait, view=dict(view))

    def publish_view(self, view: _Views, *, wait: float = 0.0, **said: Any) -> Any:
        """Show a home tab to who did it, or to ``user_id``."""
        user = said.get("user_id") or self._needed("publish_view", "user_id", self._event.get("user"))
        return self._say("publish_view", said, wait, view=dict(view), user_id=user)

    # --- assistants, and all else -----------------------------------------------------------------

    def stream(self, text: str | None = None, *, wait: float = 0.0, **said: Any) -> Any:
        """Append Markdown to the message ``ts`` in the thread of the event, and with ``stop`` complete it.

        Without ``ts`` to a new one, of which the result says it.
        """
        return self._say("stream", said, wait, text=text, **self._threaded("stream", said))

    def status(self, status: str, *, wait: float = 0.0, **said: Any) -> Any:
        """Show what an assistant does, such as "is thinking …", in the thread of the event; "" ends it."""
        return self._say("status", said, wait, status=status, **self._threaded("status", said))

    def title(self, title: str, *, wait: float = 0.0, **said: Any) -> Any:
        """Give the thread of an assistant a title."""
        return self._say("title", said, wait, title=title, **self._threaded("title", said))

    def prompts(self, prompts: Sequence[Mapping[str, str]], *, wait: float = 0.0, **said: Any) -> Any:
        """Suggest what to ask an assistant: ``{title, message}`` each."""
        where = self._threaded("prompts", said)
        return self._say("prompts", said, wait, prompts=[dict(one) for one in prompts], **where)

    def call_method(self, method: str, *, wait: float = 30.0, **args: Any) -> Any:
        """Call a method of the Web API, such as "users.info", and give its ``slack.result``, which has ``response``.

        ``wait=0``: do not wait for it.
        """
        return self._say("call", {}, wait, method=method, args=args)

    # --- how --------------------------------------------------------------------------------------

    def _say(self, word: str, said: Mapping[str, Any], wait: float = 0.0, **words: Any) -> Any:
        """Send ``slack.<word>`` with all that is not None; what a caller has said comes before ours."""
        given = {key: value for key, value in (*words.items(), *said.items()) if value is not None}
        message = {**given, "type": f"slack.{word}"}
        return self.call(message, wait) if wait else self.send(message)

    def _post(self, event: Mapping[str, Any], wait: float, said: dict[str, Any], word: str = "send") -> Any:
        """Post a message that an event brought about; the same event does it once."""
        if event.get("dedupe_key") and "dedupe_key" not in said:
            channel = str(said.get("channel", ""))
            self._posts[channel] += 1
            said["dedupe_key"] = " ".join(
                filter(None, (event["dedupe_key"], channel, f"reply {self._posts[channel]}"))
            )
        return self._say(word, said, wait)

    def _respond(self, event: Mapping[str, Any], text: str | None, wait: float, said: dict[str, Any]) -> Any:
        url = said.get("response_url") or self._needed("respond", "response_url", response_url(event))
        return self._post(event, wait, {"text": text, "response_url": url, **said}, "respond")

    def _there(self, word: str, said: Mapping[str, Any]) -> dict[str, Any]:
        channel, ts = place(self._event)
        return {
            "channel": said.get("channel") or self._needed(word, "channel", channel),
            "ts": said.get("ts") or self._needed(word, "ts", ts),
        }

    def _threaded(self, word: str, said: Mapping[str, Any]) -> dict[str, Any]:
        if said.get("channel") and said.get("thread_ts"):
            return {}
        found = thread(self._event) or self._assistant()
        return self._needed(word, "thread_ts", found)  # type: ignore[no-any-return] # what is given

    def _assistant(self) -> dict[str, Any] | None:
        """The thread that an event says in its own way: assistant_thread_started."""
        inner: Any = self._event.get("event") or {}
        found: Any = inner.get("assistant_thread")
        if not isinstance(found, Mapping) or not found.get("thread_ts"):
            return None
        return {"channel": found.get("channel_id"), "thread_ts": found["thread_ts"]}

    def _trigger(self, word: str, said: Mapping[str, Any]) -> Any:
        return said.get("trigger_id") or self._needed(word, "trigger_id", self._event.get("trigger_id"))

    def _needed(self, word: str, key: str, found: Any) -> Any:
        if not found:
            raise ApplicationError(f"{word}: a {self._event.get('type')} has no {key}, so say which")
        return found
