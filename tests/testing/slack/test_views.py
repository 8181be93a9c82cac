"""Views by themselves: what a view may look like, stacks, triggers and hashes, without a call."""

import pytest

from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.views import BLOCKS, METADATA, STACK, TITLE, Trigger, Views, check_view

TEXT = {"type": "plain_text", "text": "One"}
MODAL = {"type": "modal", "title": TEXT, "blocks": []}
HOME = {"type": "home", "blocks": []}
INPUT = {"type": "input", "label": TEXT, "element": {"type": "plain_text_input"}}


def titled(text):
    """A modal with this title."""
    return {**MODAL, "title": {"type": "plain_text", "text": text}}


def wrong(view, *types):
    """What is wrong with it."""
    with pytest.raises(SlackRefused) as refused:
        check_view(view, *types or ("modal", "home"))
    assert refused.value.error == "invalid_arguments"
    return refused.value.answer["response_metadata"]["messages"]


@pytest.mark.parametrize(
    "view",
    [
        MODAL,
        HOME,
        {**MODAL, "blocks": [INPUT], "submit": TEXT},
        {**HOME, "blocks": [INPUT]},
        {**MODAL, "blocks": [{"type": "divider"}] * BLOCKS},
        {**MODAL, "private_metadata": "x" * METADATA},
        titled("x"),
        titled("x" * TITLE),
        {**MODAL, "private_metadata": None},
    ],
)
def test_a_view_that_is_good(view):
    """Up to every limit; a home has no title and needs no submit."""
    found = check_view(view, "modal", "home")
    assert (found["type"], found["blocks"]) == (view["type"], view["blocks"])


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (None, ["missing required field: view"]),
        ("modal", ["missing required field: view"]),
        ([], ["missing required field: view"]),
        ({}, ["view type must be one of modal, home [json-pointer:/view/type]"]),
        ({**MODAL, "type": "dialog"}, ["view type must be one of modal, home [json-pointer:/view/type]"]),
        ({"type": "modal", "title": TEXT}, ["missing required field: blocks [json-pointer:/view]"]),
        ({**HOME, "blocks": {}}, ["missing required field: blocks [json-pointer:/view]"]),
        ({**HOME, "blocks": ["x"]}, ["missing required field: blocks [json-pointer:/view]"]),
        ({**HOME, "blocks": [{}] * 101}, ["no more than 100 items allowed [json-pointer:/view/blocks]"]),
        (
            {**HOME, "private_metadata": "x" * 3001},
            ["must be less than 3001 characters [json-pointer:/view/private_metadata]"],
        ),
        (titled(""), ["must be 1 to 24 characters [json-pointer:/view/title/text]"]),
        (titled("x" * 25), ["must be 1 to 24 characters [json-pointer:/view/title/text]"]),
        ({**MODAL, "title": None}, ["must be 1 to 24 characters [json-pointer:/view/title/text]"]),
        (
            {**MODAL, "blocks": [INPUT]},
            ["submit is required when an input block is within blocks [json-pointer:/view/submit]"],
        ),
    ],
)
def test_what_is_wrong_with_a_view_is_told(view, words):
    """Where in it, as Slack points to it."""
    assert wrong(view) == [f"[ERROR] {word}" for word in words]


def test_all_that_is_wrong_is_told_at_once():
    """Nobody has to find out one by one."""
    view = {**titled(""), "blocks": [INPUT] * 101, "private_metadata": "x" * 3001}
    assert len(wrong(view)) == 4


@pytest.mark.parametrize(("view", "other"), [(MODAL, "home"), (HOME, "modal")])
def test_a_view_of_another_type_is_refused(view, other):
    """A home is published, a modal opened."""
    assert wrong(view, other) == [f"[ERROR] view type must be one of {other} [json-pointer:/view/type]"]


def test_a_view_has_every_field():
    """Empty ones, too, as Slack shows it; what it does not know is left out."""
    found = check_view({**MODAL, "callback_id": "c", "notify_on_close": 1, "colour": "red"}, "modal")
    assert found == {
        "type": "modal", "blocks": [], "private_metadata": "", "callback_id": "c", "title": TEXT, "close": None,
        "submit": None, "clear_on_close": False, "notify_on_close": True, "external_id": "", "submit_disabled": False,
    }  # fmt: skip


def stacked(*names):
    """Views on top of each other, from the root on."""
    views, below = Views(), None
    for name in names:
        views.add({
            **check_view(MODAL, "modal"), "id": name, "hash": f"h{name}", "root_view_id": names[0],
            "previous_view_id": below,
        })  # fmt: skip
        below = name
    return views


def test_a_stack_has_a_depth():
    """From one on; what is below a view that was closed counts no more."""
    views = stacked("V1", "V2", "V3")
    assert [views.depth(view) for view in views.all.values()] == [1, 2, STACK]
    views.close("V1")
    assert [views.depth(view) for view in views.all.values()] == [1, 2]


@pytest.mark.parametrize(
    ("name", "whole", "left"),
    [
        ("V2", False, ["V1", "V3"]),
        ("V2", True, []),
        ("V1", True, []),
        ("V404", False, ["V1", "V2", "V3"]),
        ("V404", True, ["V1", "V2", "V3"]),
    ],
)
def test_a_view_is_closed_alone_or_with_its_stack(name, whole, left):
    """With what was wrong in it; another stack stays."""
    views = stacked("V1", "V2", "V3")
    views.all["W1"] = {**views.all["V1"], "id": "W1", "root_view_id": "W1"}
    views.errors = {each: {"b": "x"} for each in views.all}
    views.close(name, whole=whole)
    assert list(views.all) == list(views.errors) == [*left, "W1"]


def trigger(**more):
    """Leave until ten."""
    return Trigger(team_id="T1", user_id="U1", until=10.0, **more)


def test_a_trigger_is_taken_once():
    """In its last second, too."""
    views = Views(triggers={"t": trigger()})
    assert views.use("t", 10.0).user_id == "U1"
    with pytest.raises(SlackRefused, match="exchanged_trigger_id"):
        views.use("t", 1.0)


@pytest.mark.parametrize(
    ("name", "now", "word"),
    [
        ("t", 10.1, "expired_trigger_id"),
        ("x", 1.0, "invalid_trigger_id"),
        (None, 1.0, "invalid_trigger_id"),
        (5, 1.0, "invalid_trigger_id"),
        ("used", 10.1, "exchanged_trigger_id"),
    ],
)
def test_a_trigger_that_is_no_good(name, now, word):
    """Each has its word; one that has expired is not used up by it."""
    views = Views(triggers={"t": trigger(), "used": trigger(used=True)})
    with pytest.raises(SlackRefused) as refused:
        views.use(name, now)
    assert refused.value.error == word
    assert not views.triggers["t"].used


def test_a_view_has_two_names():
    """Slack's, and the app's own; the first goes before the second."""
    views = stacked("V1", "V2")
    views.all["V2"]["external_id"] = "mine"
    assert views.find("V1", "mine")["id"] == "V1"
    assert views.find(None, "mine")["id"] == views.find("V404", "mine")["id"] == "V2"
    for name, external in (("V404", ""), (None, "other"), (None, None), ("", "")):
        with pytest.raises(SlackRefused, match="not_found"):
            views.find(name, external)


def test_a_name_of_the_apps_is_there_once():
    """Views without one are as many as there may be."""
    views = Views()
    for name in ("V1", "V2"):
        views.add({"id": name, "external_id": ""})
    views.add({"id": "V3", "external_id": "mine"})
    with pytest.raises(SlackRefused, match="duplicate_external_id"):
        views.add({"id": "V4", "external_id": "mine"})
    assert list(views.all) == ["V1", "V2", "V3"]


@pytest.mark.parametrize(("said", "changes"), [("", True), (None, True), ("hV1", True), ("hV2", False)])
def test_a_hash_guards_a_view(said, changes):
    """Nobody's change is overwritten by who has not seen it; without one all is taken."""
    views = stacked("V1")
    views.errors["V1"] = {"b": "wrong"}
    view = views.all["V1"]
    content = {"blocks": [INPUT], "external_id": ""}
    if changes:
        views.change(view, content, said, "new")
        assert (view["blocks"], view["hash"], view["id"], views.errors) == ([INPUT], "new", "V1", {})
    else:
        with pytest.raises(SlackRefused, match="hash_conflict"):
            views.change(view, content, said, "new")
        assert (view["blocks"], view["hash"], views.errors) == ([], "hV1", {"V1": {"b": "wrong"}})


@pytest.mark.parametrize(("said", "after"), [("", "old"), (None, "old"), ("new", "new")])
def test_a_view_keeps_its_own_name(said, after):
    """Unless another one is said."""
    views = stacked("V1")
    views.all["V1"]["external_id"] = "old"
    views.change(views.all["V1"], {"external_id": said}, None, "h")
    assert views.all["V1"]["external_id"] == after
