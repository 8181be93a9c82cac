"""What becomes of an app's answers; over HTTP, as Socket Mode's test shows the same for one."""

import pytest

from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.delivery import Delivery, kind_of
from interfaces.testing.slack.effects import take_effect
from tests.testing.slack.kit import ask, hook, with_slack
from tests.testing.slack.methods.test_views import TITLE, modal, opened


def answered(slack, payload, answer=None, *, ok=True):
    """The effect of an answer, and the delivery it came with."""
    tried = Try(number=0, at=0.0, status=200, answer=answer)
    made = Delivery(
        kind=kind_of(payload), id="", payload=payload, tries=[tried], acknowledged_at=1.0 if ok else None
    )
    take_effect(slack.world, made)
    return made.effect


def test_a_commands_answer_is_posted():
    """A text for the one person, JSON as it says, nothing for nothing, nonsense not at all."""
    slack = FakeSlack()
    command = slack.person("U2").command("/x")
    assert answered(slack, command) == answered(slack, command, "") == ""
    assert answered(slack, command, "psst") == "ephemeral"
    assert answered(slack, command, {"text": "all", "response_type": "in_channel"}) == "posted"
    assert answered(slack, command, {"response_type": "in_channel"}) == "invalid: no_text"
    assert answered(slack, command, [1]) == "invalid: no object"
    assert answered(slack, command, ok=False) == "failed"
    assert [(each["to"], each["text"]) for each in slack.ephemerals] == [("U2", "psst")]
    assert [each["text"] for each in slack.messages("C1")] == ["all"]


def test_a_submitted_view_closes():
    """When nothing is said against it; the one below is seen again."""
    slack = FakeSlack()
    below = opened(slack)
    assert (
        answered(slack, slack.person().submits(below["id"]), {"response_action": "push", "view": modal()})
        == "pushed"
    )
    above = list(slack.views)[-1]
    assert slack.views[above]["previous_view_id"] == below["id"]
    assert answered(slack, slack.person().submits(above)) == "closed"
    assert list(slack.views) == [below["id"]]


def test_errors_are_shown_at_their_blocks():
    """The view stays; blocks that are not in it are Slack's 'trouble'."""
    slack = FakeSlack()
    view = opened(slack)["id"]
    submitted = slack.person().submits(view, {"reason": "because"})
    assert (
        answered(slack, submitted, {"response_action": "errors", "errors": {"why": "Say more"}}) == "errors"
    )
    assert slack.world.views.errors[view] == {"why": "Say more"}
    wrong = {"response_action": "errors", "errors": {"elsewhere": "x"}}
    assert answered(slack, submitted, wrong) == "invalid: errors name no block of the view"
    assert view in slack.views


def test_a_view_is_updated_cleared_or_left():
    """As response_action says; an unknown one is none."""
    slack = FakeSlack()
    view = opened(slack)["id"]
    submitted = slack.person().submits(view)
    other = modal(callback_id="two", title={"type": "plain_text", "text": "Two"})
    assert answered(slack, submitted, {"response_action": "update", "view": other}) == "updated"
    assert slack.views[view]["callback_id"] == "two"
    assert (
        answered(slack, submitted, {"response_action": "update", "view": {}}) == "invalid: invalid_arguments"
    )
    assert answered(slack, submitted, {"response_action": "explode"}) == "invalid: response_action explode"
    assert answered(slack, submitted, ok=False) == "failed"
    assert view in slack.views
    assert answered(slack, submitted, {"response_action": "clear"}) == "cleared"
    assert slack.views == {}
    assert answered(slack, submitted) == "invalid: not_found"


def test_a_fourth_view_is_not_pushed():
    """Three are the most."""
    slack = FakeSlack()
    view = opened(slack)["id"]
    push = {"response_action": "push", "view": modal()}
    for effect in ("pushed", "pushed", "invalid: push_limit_reached"):
        assert answered(slack, slack.person().submits(view), push) == effect
        view = list(slack.views)[-1]


def test_a_menu_is_filled():
    """With options or with groups of them; of nothing else."""
    slack = FakeSlack()
    menu = {"type": "external_select", "action_id": "city", "min_query_length": 1}
    view = opened(slack, blocks=[{"type": "input", "block_id": "where", "label": TITLE, "element": menu}])[
        "id"
    ]
    typed = slack.person().types(view, "city", "ber")
    assert (typed["value"], typed["block_id"]) == ("ber", "where")
    option = {"text": TITLE, "value": "berlin"}
    assert answered(slack, typed, {"options": [option]}) == "options"
    assert answered(slack, typed, {"option_groups": [{"label": TITLE, "options": [option]}]}) == "options"
    assert answered(slack, typed) == "invalid: no options"
    for options in ([option] * 101, [{"value": "x"}], "no"):
        assert answered(slack, typed, {"options": options}) == "invalid: invalid options"


def test_a_buttons_answer_is_not_read():
    """Slack looks at response_url for that; the old way it replaces the message."""
    slack = FakeSlack()
    person = slack.person()
    buttons = [
        {"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": TITLE, "value": "1"}]}
    ]
    ts = ask(slack, "chat.postMessage", channel="C1", text="choose", blocks=buttons)["ts"]
    assert answered(slack, person.uses("C1", ts, "go"), {"text": "ignored"}) == ""
    assert answered(slack, person.shortcut("x"), {"text": "ignored"}) == ""
    old = person.presses_attachment("C1", ts, "choice", "go", "1")
    assert answered(slack, old, {"text": "psst", "replace_original": False}) == "ephemeral"
    assert answered(slack, old, {"text": "chosen"}) == "replaced"
    (message,) = slack.messages("C1")
    assert message["text"] == "chosen"
    assert "blocks" not in message


@pytest.mark.parametrize(
    ("answer", "effect"),
    [((200, ""), ""), ((200, "plain"), "ephemeral"), ((200, {"text": "x"}), "ephemeral")],
)
def test_answers_over_http_are_text_or_json(answer, effect):
    """And both have their effect."""

    @with_slack()
    async def main(slack, client):
        async with hook(answer) as app:
            assert (await slack.post(app.url, slack.person().command("/x"))).effect == effect

    main()
