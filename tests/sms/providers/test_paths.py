"""interfaces.sms.providers.paths: what stands where in JSON, and how it is put there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.shared.errors import ConfigError
from interfaces.sms.providers.paths import at, put

SAID = {"a": {"b": [1, {"c": "x"}]}, "a.b": "dotted", "e": None, "0": "zero"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", SAID["a"]), ("a.b", "dotted"), ("a.b.1.c", "x"), ("a.b.2", None), ("a.b.-1", None), ("a.c.d", None),
        ("e", None), ("e.f", None), ("0", "zero"), ("a.b.1.c.d", None), ("a.b.999999999999", None), ("", SAID),
    ],
)  # fmt: skip
def test_what_stands_at_a_path(path, found):
    """Keys and numbers; a key with dots comes first where it is the whole path; nothing is None."""
    assert at(SAID, path) == found


def test_what_is_put_makes_its_way():
    """Objects and lists, in the order of their numbers."""
    root: dict = {}
    for path, value in (("a.0.to", "x"), ("a.0.from", "y"), ("a.1", "z"), ("b", ""), ("c.d.e", "w")):
        put(root, path, value)
    assert root == {"a": [{"to": "x", "from": "y"}, "z"], "b": "", "c": {"d": {"e": "w"}}}


@pytest.mark.parametrize(
    "paths", [("a", "a.b"), ("a.b", "a"), ("a.1",), ("a.0", "a.b"), ("a.0.b", "a.0"), ("a", "a")]
)
def test_what_cannot_stand_together(paths):
    """A text that is an object too, a list with a hole; it is said, and not overwritten."""
    root: dict = {}
    *before, last = enumerate(paths)
    for number, path in before:
        put(root, path, f"value {number}")
    with pytest.raises(ConfigError, match="there"):
        put(root, last[1], f"value {last[0]}")


def test_a_list_does_not_grow_without_end():
    """Twenty places."""
    root: dict = {}
    for number in range(20):
        put(root, f"a.{number}", str(number))
    with pytest.raises(ConfigError):
        put(root, "a.20", "x")


KEYS = st.text(".0a", max_size=3)
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(KEYS, one, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(ANYTHING, st.text(".0a", max_size=8))
def test_any_path_of_anything(value, path):
    """Is found or not; nothing is raised."""
    at(value, path)
