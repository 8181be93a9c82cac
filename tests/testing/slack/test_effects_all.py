"""Every kind of payload × every kind of answer: what becomes of it, and what is left as it was."""

from copy import deepcopy

import pytest

from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.delivery import Delivery, kind_of
from interfaces.testing.slack.effects import take_effect
from tests.testing.slack.kit import ask
from tests.testing.slack.methods.test_views import TITLE, modal, opened

BUTTON = {"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": TITLE, "value": "1"}]}
MENU = {"type": "actions", "elements": [{"type": "external_select", "action_id": "city"}]}
OPTION = {"text": TITLE, "value": "a"}


class Scene:
    """A fake with a message and a modal, and what a person does there."""

    def __init__(self):
        self.slack = FakeSlack()
        said = {"channel": "C1", "text": "before", "blocks": [BUTTON, MENU]}
        self.ts = ask(self.slack, "chat.postMessage", **said)["ts"]
        self.view = opened(self.slack)["id"]
        self.person = self.slack.person()

    def payload(self, kind):
        """What the app is told."""
        person, ts, view = self.person, self.ts, self.view
        make = {
            "command": lambda: person.command("/x"),
            "block_actions": lambda: person.uses("C1", ts, "go"),
            "shortcut": lambda: person.shortcut("s"),
            "message_action": lambda: person.message_shortcut("s", "C1", ts),
            "interactive_message": lambda: person.presses_attachment("C1", ts, "c", "n", "v"),
            "view_submission": lambda: person.submits(view, {"reason": "x"}),
            "view_closed": lambda: person.closes(view),
            "block_suggestion": lambda: {"type": "block_suggestion", "action_id": "city", "value": "b"},
        }  # fmt: skip
        return make[kind]()

    def answer(self, payload, answer, *, acknowledged=True):
        """The effect."""
        tried = Try(number=0, at=0.0, status=200, answer=answer)
        at = 1.0 if acknowledged else None
        made = Delivery(kind=kind_of(payload), id="", payload=payload, tries=[tried], acknowledged_at=at)
        take_effect(self.slack.world, made)
        return made.effect

    @property
    def seen(self):
        """All that people see."""
        slack = self.slack
        return deepcopy((slack.messages("C1"), slack.ephemerals, slack.views, slack.world.views.errors))


KINDS = [
    "command", "block_actions", "shortcut", "message_action", "interactive_message", "view_submission", "view_closed",
    "block_suggestion",
]  # fmt: skip
SILENT = ["block_actions", "shortcut", "message_action", "view_closed"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_acknowledged_has_failed(kind):
    """Whatever came too late with it: nothing else is to be seen."""
    scene = Scene()
    payload = scene.payload(kind)
    before = scene.seen
    assert scene.answer(payload, {"text": "late"}, acknowledged=False) == "failed"
    assert scene.seen == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", [5, [1], ["text"], True])
def test_an_answer_is_an_object_or_a_text(kind, answer):
    """Slack takes nothing else."""
    scene = Scene()
    payload = scene.payload(kind)
    before = scene.seen
    assert scene.answer(payload, answer) == "invalid: no object"
    assert scene.seen == before


@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.parametrize(
    "answer", [None, "", {}, "text", {"text": "x"}, {"response_action": "clear"}, {"options": [OPTION]}]
)
def test_some_answers_are_not_read(kind, answer):
    """Of actions, shortcuts and closed views: there is the response URL for those."""
    scene = Scene()
    payload = scene.payload(kind)
    before = scene.seen
    assert scene.answer(payload, answer) == ""
    assert scene.seen == before


@pytest.mark.parametrize(
    ("answer", "effect", "everybody", "one"),
    [
        (None, "", [], []),
        ("", "", [], []),
        ({}, "", [], []),
        ("x", "ephemeral", [], ["x"]),
        ({"text": "x"}, "ephemeral", [], ["x"]),
        ({"text": "x", "response_type": "ephemeral"}, "ephemeral", [], ["x"]),
        ({"text": "x", "response_type": "in_channel"}, "posted", ["x"], []),
        ({"blocks": [{"type": "divider"}]}, "ephemeral", [], [""]),
        ({"attachments": [{"text": "a"}], "response_type": "in_channel"}, "posted", [""], []),
        ({"response_type": "in_channel"}, "invalid: no_text", [], []),
        ({"text": ""}, "invalid: no_text", [], []),
        ({"text": None, "blocks": []}, "invalid: no_text", [], []),
    ],
)
def test_the_answer_of_a_command(answer, effect, everybody, one):
    """To who gave it, or to all in the channel that it was given in."""
    scene = Scene()
    assert scene.answer(scene.payload("command"), answer) == effect
    assert [message["text"] for message in scene.slack.messages("C1")[1:]] == everybody
    assert [(message["to"], message["text"]) for message in scene.slack.ephemerals] == [
        ("U1", each) for each in one
    ]


@pytest.mark.parametrize(
    ("answer", "effect", "text", "one"),
    [
        (None, "", "before", 0),
        ({}, "", "before", 0),
        ("new", "replaced", "new", 0),
        ({"text": "new"}, "replaced", "new", 0),
        ({"text": "new", "replace_original": True}, "replaced", "new", 0),
        ({"text": "x", "replace_original": False}, "ephemeral", "before", 1),
        ({"text": "x", "replace_original": False, "response_type": "in_channel"}, "posted", "before", 0),
        ({"blocks": [{"type": "divider"}]}, "replaced", "before", 0),
        ({"replace_original": False}, "invalid: no_text", "before", 0),
    ],
)
def test_the_answer_of_an_old_button(answer, effect, text, one):
    """It takes the place of the message, unless it says that it does not."""
    scene = Scene()
    assert scene.answer(scene.payload("interactive_message"), answer) == effect
    message = scene.slack.messages("C1")[0]
    assert (message["text"], len(scene.slack.ephemerals)) == (text, one)
    blocks = answer.get("blocks", []) if isinstance(answer, dict) else []
    assert ("blocks" in message) is (effect != "replaced" or bool(blocks))


@pytest.mark.parametrize(
    ("answer", "effect"),
    [
        (None, "closed"),
        ("", "closed"),
        ({}, "closed"),
        ({"response_action": "clear"}, "cleared"),
        ({"response_action": "update", "view": modal(callback_id="two")}, "updated"),
        ({"response_action": "push", "view": modal(callback_id="two")}, "pushed"),
        ({"response_action": "errors", "errors": {"why": "no"}}, "errors"),
        ({"response_action": "errors", "errors": {}}, "invalid: errors name no block of the view"),
        ({"response_action": "errors", "errors": ["why"]}, "invalid: errors name no block of the view"),
        ({"response_action": "errors", "errors": None}, "invalid: errors name no block of the view"),
        (
            {"response_action": "errors", "errors": {"why": "no", "x": "no"}},
            "invalid: errors name no block of the view",
        ),
        ({"response_action": "errors"}, "invalid: errors name no block of the view"),
        ({"response_action": "update"}, "invalid: invalid_arguments"),
        ({"response_action": "push"}, "invalid: invalid_arguments"),
        ({"response_action": "update", "view": {"type": "home", "blocks": []}}, "invalid: invalid_arguments"),
        ({"response_action": "open", "view": modal()}, "invalid: response_action open"),
        ({"response_action": ""}, "invalid: response_action "),
        ({"view": modal()}, "invalid: response_action None"),
        ({"text": "x"}, "invalid: response_action None"),
        ("text", "invalid: response_action None"),
    ],
)
def test_the_answer_of_a_submitted_view(answer, effect):
    """What closes it is nothing or clear; all that is invalid leaves it as it is."""
    scene = Scene()
    payload = scene.payload("view_submission")
    before = scene.seen
    assert scene.answer(payload, answer) == effect
    views = scene.slack.views
    assert len(views) == {"closed": 0, "cleared": 0, "pushed": 2}.get(effect, 1)
    if effect == "updated":
        assert (
            views[scene.view]["callback_id"] == "two"
            and views[scene.view]["hash"] != before[2][scene.view]["hash"]
        )
    elif effect == "errors":
        assert scene.slack.world.views.errors == {scene.view: {"why": "no"}}
    elif effect.startswith("invalid"):
        assert scene.seen == before


def test_errors_go_with_the_next_change():
    """A view that was updated has none; a closed one neither."""
    scene = Scene()
    wrong = {"response_action": "errors", "errors": {"why": "no"}}
    for answer in ({"response_action": "update", "view": modal()}, None):
        scene.answer(scene.payload("view_submission"), wrong)
        assert scene.slack.world.views.errors
        scene.answer(scene.payload("view_submission"), answer)
        assert scene.slack.world.views.errors == {}


@pytest.mark.parametrize(
    ("answer", "effect"),
    [
        ({"options": []}, "options"),
        ({"options": [OPTION]}, "options"),
        ({"options": [OPTION] * 100}, "options"),
        ({"options": [OPTION] * 101}, "invalid: invalid options"),
        ({"options": [{"text": TITLE}]}, "invalid: invalid options"),
        ({"options": [{"value": "a"}]}, "invalid: invalid options"),
        ({"options": {"text": TITLE, "value": "a"}}, "invalid: invalid options"),
        ({"option_groups": []}, "options"),
        ({"option_groups": [{"label": TITLE, "options": [OPTION]}]}, "options"),
        ({"option_groups": [{"label": TITLE}]}, "invalid: invalid options"),
        ({"option_groups": [{"label": TITLE, "options": [OPTION] * 101}]}, "invalid: invalid options"),
        ({"option_groups": "no"}, "invalid: invalid options"),
        (None, "invalid: no options"),
        ({}, "invalid: no options"),
        ({"text": "x"}, "invalid: no options"),
        ("text", "invalid: no options"),
    ],
)
def test_the_answer_of_a_menu(answer, effect):
    """Options or groups of them, at most a hundred each, with a text and a value."""
    scene = Scene()
    assert scene.answer(scene.payload("block_suggestion"), answer) == effect
