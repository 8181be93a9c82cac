"""views.*: triggers, stacks, hashes, homes."""

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from tests.testing.slack.kit import ask, error

TITLE = {"type": "plain_text", "text": "Deploy"}


def modal(**more):
    """A modal with one input."""
    block = {
        "type": "input",
        "block_id": "why",
        "label": TITLE,
        "element": {"type": "plain_text_input", "action_id": "reason"},
    }
    return {
        "type": "modal",
        "callback_id": "deploy",
        "title": TITLE,
        "submit": TITLE,
        "blocks": [block],
    } | more


def opened(slack, **more):
    """A view that was opened with leave of a command."""
    trigger = slack.person().command("/deploy")["trigger_id"]
    return ask(slack, "views.open", trigger_id=trigger, view=modal(**more))["view"]


def test_a_view_has_what_slack_puts_in():
    """An id, a hash, its place in the stack, and every field that it may have."""
    slack = FakeSlack()
    view = opened(slack, private_metadata="x")
    assert view["root_view_id"] == view["id"]
    assert (view["previous_view_id"], view["state"], view["app_id"], view["bot_id"]) == (
        None,
        {"values": {}},
        "A1",
        "B1",
    )
    assert (view["private_metadata"], view["callback_id"], view["notify_on_close"]) == ("x", "deploy", False)
    assert slack.views[view["id"]]["hash"] == view["hash"]


def test_a_trigger_is_good_once_and_for_three_seconds():
    """Then it is exchanged, or expired; another was never given."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    used = slack.person().command("/x")["trigger_id"]
    assert ask(slack, "views.open", trigger_id=used, view=modal())["ok"]
    assert error(slack, "views.open", trigger_id=used, view=modal()) == "exchanged_trigger_id"
    late = slack.person().command("/x")["trigger_id"]
    clock.step(3.1)
    assert error(slack, "views.open", trigger_id=late, view=modal()) == "expired_trigger_id"
    assert error(slack, "views.open", trigger_id="1.2.3", view=modal()) == "invalid_trigger_id"


@pytest.mark.parametrize(
    "view",
    [
        {"type": "home", "blocks": []},
        {"type": "modal", "title": TITLE},
        modal(title={"type": "plain_text", "text": "x" * 25}),
        modal(title=None),
        modal(submit=None),
        modal(private_metadata="x" * 3001),
        modal(blocks=[{"type": "divider"}] * 101),
        "no view",
    ],
)
def test_a_view_that_cannot_be_shown_is_refused_and_keeps_the_trigger(view):
    """Slack says what is wrong; with a better view the trigger is still good."""
    slack = FakeSlack()
    trigger = slack.person().command("/x")["trigger_id"]
    refused = ask(slack, "views.open", trigger_id=trigger, view=view)
    assert refused["error"] == "invalid_arguments"
    assert refused["response_metadata"]["messages"]
    assert ask(slack, "views.open", trigger_id=trigger, view=modal())["ok"]


def test_an_update_takes_the_hash_that_is_there():
    """An old one conflicts; without one it is changed anyhow; it may be named by the app's own id."""
    slack = FakeSlack()
    view = opened(slack, external_id="mine")
    changed = ask(
        slack, "views.update", view_id=view["id"], hash=view["hash"], view=modal(callback_id="two")
    )["view"]
    assert changed["callback_id"] == "two"
    assert changed["hash"] != view["hash"]
    assert (
        error(slack, "views.update", view_id=view["id"], hash=view["hash"], view=modal()) == "hash_conflict"
    )
    assert ask(slack, "views.update", external_id="mine", view=modal())["view"]["id"] == view["id"]
    assert error(slack, "views.update", view_id="V404", view=modal()) == "not_found"
    assert error(slack, "views.update", view=modal()) == "invalid_arguments"
    assert (
        error(slack, "views.update", view_id=view["id"], view={"type": "home", "blocks": []})
        == "invalid_arguments"
    )


def test_external_ids_are_unique():
    """A second view of the same name is refused."""
    slack = FakeSlack()
    opened(slack, external_id="mine")
    trigger = slack.person().command("/x")["trigger_id"]
    assert (
        error(slack, "views.open", trigger_id=trigger, view=modal(external_id="mine"))
        == "duplicate_external_id"
    )


def test_modals_are_pushed_on_the_one_that_was_used():
    """Three are the most; a trigger that comes of no view pushes nothing."""
    slack = FakeSlack()
    button = {"type": "actions", "elements": [{"type": "button", "action_id": "more", "text": TITLE}]}
    first = opened(slack, blocks=[button])
    below = first
    for _ in range(2):
        trigger = slack.person().uses_in_view(below["id"], "more")["trigger_id"]
        above = ask(slack, "views.push", trigger_id=trigger, view=modal(blocks=[button]))["view"]
        assert (above["previous_view_id"], above["root_view_id"]) == (below["id"], first["id"])
        below = above
    trigger = slack.person().uses_in_view(below["id"], "more")["trigger_id"]
    assert error(slack, "views.push", trigger_id=trigger, view=modal()) == "push_limit_reached"
    trigger = slack.person().command("/x")["trigger_id"]
    assert error(slack, "views.push", trigger_id=trigger, view=modal()) == "invalid_arguments"


def test_a_home_is_published_and_published_anew():
    """One a person, with the same id; a hash guards it, too."""
    slack = FakeSlack()
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = ask(slack, "views.publish", user_id="U1", view=home)["view"]
    second = ask(slack, "views.publish", user_id="U1", view=home, hash=first["hash"])["view"]
    assert first["id"] == second["id"] == slack.home("U1")["id"]
    assert error(slack, "views.publish", user_id="U1", view=home, hash=first["hash"]) == "hash_conflict"
    assert error(slack, "views.publish", user_id="U404", view=home) == "user_not_found"
    assert error(slack, "views.publish", user_id="U1", view=modal()) == "invalid_arguments"
    with pytest.raises(KeyError):
        slack.home("U2")
