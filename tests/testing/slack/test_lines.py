"""What is typed at the fake's terminal, with an app that acknowledges at once: what it is told of each line."""

import asyncio

import pytest

from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.delivery import Delivery, kind_of
from interfaces.testing.slack.effects import take_effect
from interfaces.testing.slack.terminal import Terminal
from tests.testing.slack.kit import ask
from tests.testing.slack.methods.test_views import TITLE, modal, opened

BUTTON = {"type": "button", "action_id": "ok", "text": TITLE, "value": "1"}


class App:
    """A fake in which everything is acknowledged with ``answer``, or not at all, without a network."""

    def __init__(self, *, answer=None, reason="", events_url=""):
        self.slack = FakeSlack(clock=SteppedClock())
        self.answer, self.reason = answer, reason
        self.told = []
        for name in ("send", "send_event", "post", "post_event"):
            setattr(self.slack, name, self.way(name))
        self.terminal = Terminal(self.slack, events_url=events_url)

    def way(self, name):
        """In place of one of the fake's ways to tell it something."""

        async def tell(*said, **named):
            payload = said[-1]
            self.told.append((name, payload, said[:-1], named))
            event = name.endswith("event")
            tried = Try(number=0, at=0.0, reason=self.reason, answer=None if event else self.answer)
            at = None if self.reason else 1.0
            made = Delivery(kind=kind_of(payload), id="", payload=payload, tries=[tried], acknowledged_at=at)
            if not event:
                take_effect(self.slack.world, made)
            return made

        return tell

    def types(self, *lines):
        """What is said to each line."""

        async def main():
            return [await self.terminal.do(line) for line in lines]

        return asyncio.run(main())

    def posts(self, **said):
        """The app has posted something; its name."""
        return ask(self.slack, "chat.postMessage", channel="C1", **{"text": "x"} | said)["ts"]


@pytest.mark.parametrize(
    ("line", "user", "text"),
    [
        ("hello", "U1", "hello"),
        ("  hello  ", "U1", "hello"),
        ("ben: hello", "U2", "hello"),
        ("ann: hello", "U1", "hello"),
        ("ben:hello", "U1", "ben:hello"),
        ("bob: hello", "U1", "bob: hello"),
        ("bot: hello", "U1", "bot: hello"),
        ("ben: ann: hello", "U2", "ann: hello"),
        ("pressing matters", "U1", "pressing matters"),
        ("closed", "U1", "closed"),
        ("::", "U1", "::"),
        (": x :", "U1", None),
        ("so: it is", "U1", "so: it is"),
    ],
)
def test_a_line_is_a_message(line, user, text):
    """Of Ann's, or of the person who is named before a colon; a bot types nothing."""
    app = App()
    if text is None:
        assert app.types(line) == ["that cannot be done: the app has not said anything"]
        return
    assert app.types(line) == [""]
    ((way, event, _, named),) = app.told
    assert (way, event["type"], event["user"], event["text"]) == ("send_event", "message", user, text)
    assert named == {"retries": False}


@pytest.mark.parametrize("line", ["", "   ", "\n"])
def test_an_empty_line_is_nothing(line):
    """Nobody is told of it."""
    app = App()
    assert app.types(line) == [""]
    assert app.told == []


@pytest.mark.parametrize(
    ("line", "command", "text", "user"),
    [
        ("/deploy", "/deploy", "", "U1"),
        ("/deploy web now", "/deploy", "web now", "U1"),
        ("ben: /deploy web", "/deploy", "web", "U2"),
        ("/deploy  web", "/deploy", " web", "U1"),
    ],
)
def test_a_slash_is_a_command(line, command, text, user):
    """In the terminal's channel."""
    app = App()
    assert app.types(line) == [""]
    ((way, form, _, _),) = app.told
    assert (way, form["command"], form["text"], form["user_id"]) == ("send", command, text, user)
    assert form["channel_id"] == "C1"


@pytest.mark.parametrize("thread", [None, "1.1"])
def test_an_answer_is_in_the_thread_of_the_last_message(thread):
    """That of the app, and of its thread where it is in one."""
    app = App()
    app.posts(text="first")
    last = app.posts(text="last", **({"thread_ts": thread} if thread else {}))
    app.slack.person("U2").says("in between")
    assert app.types("> yes", "ben: > no") == ["", ""]
    assert [(told[1]["thread_ts"], told[1]["text"], told[1]["user"]) for told in app.told] == [
        (thread or last, "yes", "U1"), (thread or last, "no", "U2"),
    ]  # fmt: skip


def test_a_mention_is_told_twice():
    """With one name, so that an app which hears of both can tell."""
    app = App()
    app.types("@ status", "ben: @ help")
    assert [(told[1]["type"], told[1]["user"]) for told in app.told] == [
        ("app_mention", "U1"), ("message", "U1"), ("app_mention", "U2"), ("message", "U2"),
    ]  # fmt: skip
    first, second = (told[1] for told in app.told[:2])
    assert first["ts"] == second["ts"] and second["channel_type"] == "channel"
    assert len(app.slack.messages("C1")) == 2


@pytest.mark.parametrize(("line", "name"), [(":eyes:", "eyes"), (":+1:", "+1"), ("ben: :ship:", "ship")])
def test_a_reaction_is_to_the_last_message_of_the_app(line, name):
    """And stands under it."""
    app = App()
    app.posts()
    last = app.posts()
    app.slack.person("U2").says("in between")
    assert app.types(line) == [""]
    assert (app.told[0][1]["reaction"], app.told[0][1]["item"]["ts"]) == (name, last)


def test_a_button_is_found_where_it_was_seen_last():
    """In the last message that has it; in a view if no message has."""
    app = App()
    app.posts(blocks=[{"type": "actions", "elements": [BUTTON]}])
    last = app.posts(blocks=[{"type": "actions", "elements": [BUTTON]}])
    app.posts()
    assert app.types("press ok") == [""]
    assert app.told[0][1]["container"]["message_ts"] == last
    other = {**BUTTON, "action_id": "other"}
    view = opened(app.slack, blocks=[{"type": "actions", "elements": [other]}])["id"]
    assert app.types("ben: press other") == [""]
    assert app.told[1][1]["container"] == {"type": "view", "view_id": view}
    assert app.told[1][1]["user"]["id"] == "U2"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("submit", None),
        ("submit reason=slow", "slow"),
        ("submit reason='it is slow'", "it is slow"),
        ('submit reason="a=b"', "a=b"),
        ("submit reason=", ""),
    ],
)
def test_a_modal_is_submitted(line, reason):
    """The one that was opened last, with what is typed in its inputs."""
    app = App(answer={})
    opened(app.slack)
    view = opened(app.slack)["id"]
    assert app.types(line) == [""]
    payload = app.told[0][1]
    assert (payload["type"], payload["view"]["id"]) == ("view_submission", view)
    assert payload["view"]["state"]["values"]["why"]["reason"]["value"] == reason
    assert len(app.slack.views) == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("submit", "that cannot be done: no modal is open"),
        ("close", "that cannot be done: no modal is open"),
        ("press x", "that cannot be done: nothing has the action_id x"),
        ("> x", "that cannot be done: the app has not said anything"),
        (":eyes:", "that cannot be done: the app has not said anything"),
    ],
)
def test_what_is_not_there_cannot_be_used(line, why):
    """It is said in words, and the app hears nothing."""
    app = App()
    assert app.types(line) == [why]
    assert app.told == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("submit reason", 'write name=value or name="several words", not reason'),
        ("submit reason=a b", 'write name=value or name="several words", not b'),
        ("submit other=x", "no input has the action_id other"),
        ("submit reason='open", "No closing quotation"),
    ],
)
def test_what_is_wrongly_typed_is_told(line, why):
    """And the modal stays open."""
    app = App()
    opened(app.slack)
    assert app.types(line) == [f"that cannot be done: {why}"]
    assert len(app.slack.views) == 1


def test_a_home_is_no_modal():
    """It is looked at, and not closed."""
    app = App()
    ask(app.slack, "views.publish", user_id="U1", view={"type": "home", "blocks": []})
    assert app.types("close", "home") == ["that cannot be done: no modal is open", ""]
    ((way, event, _, _),) = app.told
    assert (way, event["type"], event["user"], event["channel"][0]) == (
        "send_event",
        "app_home_opened",
        "U1",
        "D",
    )


def test_a_modal_is_closed():
    """The last one."""
    app = App()
    below = opened(app.slack)["id"]
    opened(app.slack)
    assert app.types("close") == [""]
    assert (app.told[0][1]["type"], list(app.slack.views)) == ("view_closed", [below])


@pytest.mark.parametrize("reason", ["http_error", "http_timeout", "connection_failed", "timeout"])
@pytest.mark.parametrize("line", ["hello", "/deploy", "@ hi"])
def test_what_the_app_did_not_take_is_told(line, reason):
    """With the reason; for an event as for a command."""
    assert App(reason=reason).types(line) == [f"the app did not acknowledge it: {reason}"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("ok", ""),
        ({"text": "x"}, ""),
        ({"response_type": "in_channel"}, "invalid: no_text"),
        ([1], "invalid: no object"),
    ],
)
def test_what_slack_would_not_take_is_told(answer, said):
    """An app that answers wrongly should learn it here."""
    assert App(answer=answer).types("/deploy") == [said]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1/slack/events"])
@pytest.mark.parametrize(("line", "event"), [("hello", True), ("/deploy", False)])
def test_an_app_is_told_by_its_way(url, line, event):
    """By a request where it has an address, else by Socket Mode."""
    app = App(events_url=url)
    app.types(line)
    ((way, _, said, _),) = app.told
    assert way == ("post" if url else "send") + ("_event" if event else "")
    assert said == ((url,) if url else ())


def test_news_are_what_was_not_seen():
    """Each line once; again when it looks otherwise."""
    app = App()
    assert app.terminal.news() == []
    ts = app.posts(text="a")
    assert app.terminal.news() == ["bot #general: a"]
    assert app.terminal.news() == []
    ask(app.slack, "chat.update", channel="C1", ts=ts, text="b")
    app.slack.person().reacts("C1", ts, "eyes")
    assert app.terminal.news() == ["bot #general: b :eyes:"]
    view = opened(app.slack)["id"]
    assert len(app.terminal.news()) == 1
    ask(app.slack, "views.update", view_id=view, view=modal(callback_id="same"))
    assert app.terminal.news() == []
