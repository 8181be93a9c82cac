"""Everything that a person can do, without an app: what stands in the fake afterwards, and what the app is told."""

from copy import deepcopy

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.errors import SlackRefused
from tests.testing.slack.kit import ask
from tests.testing.slack.methods.test_views import TITLE, modal, opened

OPTION = {"text": TITLE, "value": "a"}
ROW = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "go", "text": TITLE, "value": "1"},
        {"type": "static_select", "action_id": "one", "options": [OPTION]},
    ],
}


def fake():
    """A fake with a message that has a row of things to use; its name."""
    slack = FakeSlack(clock=SteppedClock())
    ts = ask(slack, "chat.postMessage", channel="C1", text="choose", blocks=[ROW])["ts"]
    return slack, ts


@pytest.mark.parametrize(
    ("channel", "kind"),
    [("C1", "channel"), ("general", "channel"), ("G1", "group"), ("U2", "im"), ("M1", "mpim")],
)
@pytest.mark.parametrize("user", ["U1", "U2"])
def test_what_is_said_where(user, channel, kind):
    """The event has the conversation's id and kind, and the name of what stands there."""
    slack = FakeSlack()
    slack.world.add_channel("G1", "secret", kind="group")
    slack.world.add_channel("M1", "some", kind="mpim")
    event = slack.person(user).says("hi", channel)
    (message,) = slack.messages(event["channel"])
    assert (event["channel_type"], event["user"], event["text"], event["team"]) == (kind, user, "hi", "T1")
    assert (message["ts"], message["text"], message["user"]) == (event["ts"], "hi", user)
    assert event["blocks"][0]["type"] == "rich_text"


@pytest.mark.parametrize(
    "more",
    [{"thread_ts": "1.1"}, {"files": [{"id": "F1"}]}, {"subtype": "me_message"}, {"metadata": {"a": 1}}],
)
def test_what_else_is_said_stands_in_both(more):
    """In the message, and in the event."""
    slack = FakeSlack()
    event = slack.person().says("hi", **more)
    assert more.items() <= event.items()
    assert more.items() <= slack.messages("C1")[0].items()


def test_a_mention_names_the_bot_of_the_persons_workspace():
    """Each has its own."""
    slack = FakeSlack()
    slack.world.add_workspace("T2")
    slack.world.add_user("U21", team_id="T2")
    slack.world.add_channel("C21", team_id="T2")
    event = slack.person("U21").mentions("hi", "C21", thread_ts="1.1")
    assert (event["type"], event["text"], event["thread_ts"]) == ("app_mention", "<@UBOT2> hi", "1.1")
    assert (event["team"], "channel_type" in event) == ("T2", False)


def test_an_edit_keeps_the_name_and_says_what_was():
    """As often as one likes; the event has both, and later edits are not in it."""
    slack = FakeSlack(clock=SteppedClock())
    person = slack.person()
    ts = person.says("a")["ts"]
    first = person.edits("C1", ts, "b")
    kept = deepcopy(first)
    second = person.edits("C1", ts, "c")
    assert first == kept
    assert [(one["previous_message"]["text"], one["message"]["text"]) for one in (first, second)] == [
        ("a", "b"),
        ("b", "c"),
    ]
    assert second["message"]["ts"] == ts < first["ts"] < second["ts"]
    (message,) = slack.messages("C1")
    assert (message["text"], message["ts"], message["edited"]["user"]) == ("c", ts, "U1")


def test_what_was_deleted_is_gone():
    """The event says what it was; a second time there is nothing."""
    slack = FakeSlack()
    person = slack.person()
    ts = person.says("a")["ts"]
    event = person.deletes("C1", ts)
    assert (event["deleted_ts"], event["previous_message"]["text"]) == (ts, "a")
    assert slack.messages("C1") == []
    for act in (
        lambda: person.deletes("C1", ts),
        lambda: person.edits("C1", ts, "b"),
        lambda: person.reacts("C1", ts),
    ):
        with pytest.raises(SlackRefused, match="message_not_found"):
            act()


@pytest.mark.parametrize("name", ["thumbsup", "eyes"])
def test_a_reaction_says_to_whose_message(name):
    """And stands under it."""
    slack, ts = fake()
    event = slack.person("U2").reacts("C1", ts, name)
    assert (event["reaction"], event["user"], event["item_user"]) == (name, "U2", "UBOT1")
    assert event["item"] == {"type": "message", "channel": "C1", "ts": ts}
    assert slack.messages("C1")[0]["reactions"] == [{"name": name, "users": ["U2"], "count": 1}]


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda who, ts, view: who.command("/x"), "command"),
        (lambda who, ts, view: who.uses("C1", ts, "go"), "message"),
        (lambda who, ts, view: who.uses("C1", ts, "one", "a"), "message"),
        (lambda who, ts, view: who.message_shortcut("s", "C1", ts), "message"),
        (lambda who, ts, view: who.presses_attachment("C1", ts, "c", "n", "v"), "message"),
        (lambda who, ts, view: who.shortcut("s"), "nowhere"),
        (lambda who, ts, view: who.uses_in_view(view, "reason", "x"), "view"),
        (lambda who, ts, view: who.submits(view, {"reason": "x"}), "view"),
    ],
)
def test_what_a_person_begins_has_leave(act, kind):
    """A trigger to open a view with; of a message or command an address to answer to, which is good there."""
    slack, ts = fake()
    view = opened(slack)["id"]
    payload = act(slack.person("U2"), ts, view)
    trigger = slack.world.views.triggers[payload["trigger_id"]]
    assert (trigger.user_id, trigger.team_id, trigger.view_id) == ("U2", "T1", view if kind == "view" else "")
    assert ask(slack, "views.open", trigger_id=payload["trigger_id"], view=modal())["ok"]
    url = payload.get("response_url")
    assert bool(url) is (kind in ("command", "message"))
    if url:
        given = slack.world.responses[url.rpartition("/")[2]]
        assert (given.channel_id, given.user_id) == ("C1", "U2")
        assert given.message_ts == (ts if kind == "message" else "")


@pytest.mark.parametrize(
    "act",
    [
        lambda who, view: who.closes(view),
        lambda who, view: who.closes(view, cleared=True),
        lambda who, view: who.types(view, "city", "b"),
    ],
)
def test_what_begins_nothing_has_no_leave(act):
    """To close a view, or to type: Slack gives no trigger with it."""
    slack = FakeSlack()
    menu = {"type": "actions", "elements": [{"type": "external_select", "action_id": "city"}]}
    payload = act(slack.person(), opened(slack, blocks=[menu])["id"])
    assert "trigger_id" not in payload and "response_url" not in payload


@pytest.mark.parametrize("cleared", [True, False])
def test_a_view_that_is_closed_is_seen_no_more(cleared):
    """It alone, or all of its stack."""
    slack = FakeSlack()
    below = opened(slack)["id"]
    trigger = slack.person().submits(below)["trigger_id"]
    above = ask(slack, "views.push", trigger_id=trigger, view=modal())["view"]["id"]
    payload = slack.person().closes(above, cleared=cleared)
    assert (payload["is_cleared"], payload["view"]["id"]) == (cleared, above)
    assert list(slack.views) == ([] if cleared else [below])


@pytest.mark.parametrize(
    "act",
    [
        lambda who: who.uses("C1", "1.1", "go"),
        lambda who: who.message_shortcut("s", "C1", "1.1"),
        lambda who: who.presses_attachment("C1", "1.1", "c", "n", "v"),
    ],
)
def test_nobody_uses_a_message_that_there_is_not(act):
    """It is told at once, in the test."""
    with pytest.raises(SlackRefused, match="message_not_found"):
        act(FakeSlack().person())


@pytest.mark.parametrize(
    "act",
    [
        lambda who: who.uses_in_view("V404", "x"),
        lambda who: who.submits("V404"),
        lambda who: who.closes("V404"),
        lambda who: who.types("V404", "x", "y"),
    ],
)
def test_nobody_uses_a_view_that_there_is_not(act):
    """Neither one that was closed."""
    with pytest.raises(SlackRefused, match="not_found"):
        act(FakeSlack().person())


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda who, ts, view: who.uses("C1", ts, "nothing"), "no element has the action_id nothing"),
        (lambda who, ts, view: who.uses("C1", ts, "one", "z"), "one has no option z"),
        (lambda who, ts, view: who.uses("C1", ts, "go", values={"x": 1}), "no input has the action_id x"),
        (lambda who, ts, view: who.uses_in_view(view, "nothing"), "no element has the action_id nothing"),
        (lambda who, ts, view: who.submits(view, {"nothing": 1}), "no input has the action_id nothing"),
        (lambda who, ts, view: who.types(view, "nothing", "x"), "no element has the action_id nothing"),
    ],
)
def test_a_mistake_of_a_test_is_told(act, why):
    """What it names is not there."""
    slack, ts = fake()
    view = opened(slack)["id"]
    with pytest.raises(LookupError, match=why):
        act(slack.person(), ts, view)


def test_what_is_told_does_not_change_later():
    """Payloads are of the moment: what becomes of a message or a view then is not in them."""
    slack, ts = fake()
    menu = {
        "type": "actions",
        "block_id": "m",
        "elements": [{"type": "external_select", "action_id": "city"}],
    }
    view = opened(slack, blocks=[*modal()["blocks"], menu])["id"]
    person = slack.person()
    told = [
        person.uses("C1", ts, "go"), person.message_shortcut("s", "C1", ts), person.uses_in_view(view, "reason", "x"),
        person.submits(view), person.says("later"), person.types(view, "city", "b"),
    ]  # fmt: skip
    kept = deepcopy(told)
    ask(slack, "chat.update", channel="C1", ts=ts, text="changed", blocks=[])
    ask(slack, "views.update", view_id=view, view=modal(callback_id="other"))
    person.edits("C1", told[4]["ts"], "changed")
    assert told == kept


def test_only_who_sees_it_can_use_it():
    """Of a message for one person."""
    slack = FakeSlack()
    ts = ask(slack, "chat.postEphemeral", channel="C1", user="U2", text="x", blocks=[ROW])["message_ts"]
    payload = slack.person("U2").uses("C1", ts, "go")
    assert (payload["container"]["is_ephemeral"], payload["container"]["message_ts"]) == (True, ts)
    with pytest.raises(SlackRefused, match="message_not_found"):
        slack.person("U1").uses("C1", ts, "go")


def test_a_person_shows_who_they_are():
    """In a failing test."""
    assert repr(FakeSlack().person("U2")) == "Person(U2, ben)"
