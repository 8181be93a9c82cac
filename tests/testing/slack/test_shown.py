"""What people see of the fake, as lines: messages, threads, reactions, modals and homes."""

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.payloads.inputs import SHAPES
from interfaces.testing.slack.shown import everything, words_of
from tests.testing.slack.kit import ask
from tests.testing.slack.methods.test_views import TITLE, modal, opened

PLAIN = {"type": "plain_text", "text": "Go"}
OPTIONS = [{"text": PLAIN, "value": "a"}, {"text": PLAIN, "value": "b"}]


def lines(slack):
    """All of them."""
    return [line for _, line in everything(slack.world) if line]


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*hi*"}}, "*hi*"),
        ({"type": "header", "text": PLAIN}, "Go"),
        ({"type": "section", "fields": [{"text": "a"}, {"text": "b"}]}, "a b"),
        ({"type": "section", "text": PLAIN, "fields": [{"text": "a"}]}, "Go a"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]}, "small"),
        ({"type": "context", "elements": [{"type": "image", "image_url": "x"}]}, None),
        ({"type": "divider"}, None),
        ({"type": "section", "text": "no object"}, None),
        ({"type": "section", "text": {"text": None}}, None),
        ({"type": "actions", "elements": [{"type": "button", "text": PLAIN, "action_id": "x"}]}, "[Go: x]"),
        ({"type": "actions", "elements": [{"type": "button", "action_id": "x"}]}, "[: x]"),
        ({"type": "actions", "elements": [{"type": "button", "text": PLAIN}]}, "[Go: action2]"),
        (
            {"type": "section", "text": PLAIN, "accessory": {"type": "overflow", "action_id": "more"}},
            "Go [: more]",
        ),
        (
            {"type": "input", "label": PLAIN, "element": {"type": "plain_text_input", "action_id": "why"}},
            "Go {why}",
        ),
        (
            {"type": "input", "label": PLAIN,
             "element": {"type": "radio_buttons", "action_id": "r", "options": OPTIONS}},
            "Go {r: a|b}",
        ),
        (
            {"type": "actions", "elements": [
                {"type": "button", "text": PLAIN, "action_id": "x"},
                {"type": "static_select", "action_id": "s", "options": OPTIONS},
                {"type": "datepicker", "action_id": "d"},
            ]},
            "[Go: x] {s: a|b} {d}",
        ),
    ],
)  # fmt: skip
def test_a_block_is_a_line(block, line):
    """What is read, then what can be used; a block without either is none."""
    assert words_of([block]) == ([] if line is None else [line])


@pytest.mark.parametrize("kind", SHAPES)
def test_every_input_is_shown_by_its_name(kind):
    """In braces, as it is to be filled in; a button is in brackets."""
    assert words_of([{"type": "actions", "elements": [{"type": kind, "action_id": "x"}]}]) == ["{x}"]


def test_blocks_are_lines_in_their_order():
    """Empty ones leave no gap."""
    blocks = [{"type": "section", "text": PLAIN}, {"type": "divider"}, {"type": "header", "text": TITLE}]
    assert words_of(blocks) == ["Go", "Deploy"]
    assert words_of([]) == []


def test_a_conversation():
    """Who, where, what; an answer is marked, and so are reactions."""
    slack = FakeSlack(clock=SteppedClock())
    root = slack.person("U1").says("hello")["ts"]
    slack.person("U2").says("yes", thread_ts=root)
    slack.person("U2").says("other", "C2")
    for name in ("eyes", "ship"):
        slack.person("U2").reacts("C1", root, name)
    assert lines(slack) == ["ann #general: hello :eyes: :ship:", "ben #general ↳: yes", "ben #random: other"]


def test_the_root_of_a_thread_is_no_answer():
    """Though it says in which thread it is."""
    slack = FakeSlack()
    root = ask(slack, "chat.postMessage", channel="C1", text="root")["ts"]
    ask(slack, "chat.postMessage", channel="C1", text="answer", thread_ts=root)
    assert lines(slack) == ["bot #general: root", "bot #general ↳: answer"]


def test_a_bots_blocks_stand_in_place_of_its_text():
    """A person's say the same as the text, which is shown."""
    slack = FakeSlack()
    blocks = [{"type": "section", "text": PLAIN}, {"type": "header", "text": TITLE}]
    ask(slack, "chat.postMessage", channel="C1", text="for notifications", blocks=blocks)
    ask(slack, "chat.postMessage", channel="C1", text="text", blocks=[{"type": "divider"}])
    token = slack.world.install("T1", kind="user", user_id="U2").value
    ask(slack, "chat.postMessage", token, channel="C1", text="mine", blocks=blocks)
    assert lines(slack) == ["bot #general: Go\n    Deploy", "bot #general: text", "ben #general: mine"]


def test_direct_messages_have_no_name():
    """And who is not known is somebody."""
    slack = FakeSlack()
    ask(slack, "chat.postMessage", channel="U1", text="psst")
    slack.world.post(slack.world.channel("C1"), {"text": "strange"})
    slack.world.post(slack.world.channel("C1"), {"text": "gone", "user": "U404"})
    assert lines(slack) == ["somebody #general: strange", "U404 #general: gone", "bot (direct): psst"]


def test_what_one_person_sees_says_so():
    """It is behind all that everybody sees."""
    slack = FakeSlack()
    ask(slack, "chat.postEphemeral", channel="C1", user="U2", text="psst")
    slack.person().says("hello", "C2")
    assert lines(slack) == ["ann #random: hello", "bot #general: psst (for ben alone)"]


def test_modals_and_homes():
    """With a title, a line a block, and what is wrong with which."""
    slack = FakeSlack()
    view = opened(slack)["id"]
    home = {"type": "home", "blocks": [{"type": "section", "text": PLAIN}]}
    ask(slack, "views.publish", user_id="U2", view=home)
    assert lines(slack) == ["modal Deploy:\n    Deploy {reason}", "home of ben:\n    Go"]
    slack.world.views.errors[view] = {"why": "too short", "other": "wrong"}
    assert lines(slack)[1] == "modal why: too short\nmodal other: wrong"


def test_what_changes_keeps_its_name():
    """So that who looks again knows what is new of it."""
    slack = FakeSlack()
    ts = slack.person().says("hello")["ts"]
    view = opened(slack)["id"]
    before = dict(everything(slack.world))
    slack.person().edits("C1", ts, "changed")
    changed = modal(title={"type": "plain_text", "text": "Other"})
    ask(slack, "views.update", view_id=view, view=changed)
    after = dict(everything(slack.world))
    assert list(before) == list(after) == [f"C1 {ts}", view, f"{view} errors"]
    assert after[f"C1 {ts}"] == "ann #general: changed"
    assert after[view] == "modal Other:\n    Deploy {reason}"


def test_what_is_due_is_seen():
    """A scheduled message, once the clock says so."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    ask(slack, "chat.scheduleMessage", channel="C1", text="later", post_at=int(clock.time()) + 5)
    assert lines(slack) == []
    clock.step(5)
    assert lines(slack) == ["bot #general: later"]
