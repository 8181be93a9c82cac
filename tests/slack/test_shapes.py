"""Parts of what Slack sends, as the kind of value that each is to be."""

from typing import Any

import pytest

from interfaces.slack.shapes import ident, mapping, objects, text

OTHERS: tuple[Any, ...] = (None, 0, 1, 1.5, True, b"x", ())


@pytest.mark.parametrize("value", [*OTHERS, {}, []])
def test_a_text_is_a_text(value: Any) -> None:
    """And all else is an empty one."""
    assert text(value) == "" and text("x") == "x"


@pytest.mark.parametrize("value", [*OTHERS, "x", [], ["id"]])
def test_an_object_is_an_object(value: Any) -> None:
    """And all else is an empty one."""
    assert mapping(value) == {} and mapping({"a": 1}) == {"a": 1}


@pytest.mark.parametrize("value", [*OTHERS, "x", {}, {"id": 1}])
def test_objects_are_those_of_a_list(value: Any) -> None:
    """Whatever else is in it is left out, and no list has none."""
    assert objects(value) == [] and objects([value, {"a": 1}, "x", []]) == [
        one for one in (value, {"a": 1}) if isinstance(one, dict)
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [("U1", "U1"), ({"id": "U1", "name": "ada"}, "U1"), ("", None), ({"id": ""}, None), ({"id": 1}, None), ({}, None),
     ({"id": {"id": "U1"}}, None), (["U1"], None), (None, None), (1, None)],
)  # fmt: skip
def test_an_id_may_be_in_an_object(value: Any, found: str | None) -> None:
    """As users of team_join are; none is None, never an empty text."""
    assert ident(value) == found
