"""interfaces.email.webhooks.posted: what all providers' files share."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.webhooks.posted import Posted, Provider, Wanted, address, told


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.example", "a@b.example"),
        ("<a@b.example>", "a@b.example"),
        (" < a@b.example > ", "a@b.example"),
        ("<>", ""),
        ("", ""),
        (" ", ""),
        ("<<a@b.example>>", "<a@b.example>"),
        ('"a b"@b.example', '"a b"@b.example'),
    ],
)
def test_an_address_of_an_envelope(text: str, found: str) -> None:
    """Without the brackets that some providers leave around it; the null sender is "": a bounce is told by that."""
    assert address(text) == found


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (b'{"a": 1}', dict[str, int], {"a": 1}),
        ('{"a": 1}', dict[str, int], {"a": 1}),
        ('{"a": "1"}', dict[str, int], None),
        ("[]", dict[str, int], None),
        ("null", dict[str, int], None),
        ("", dict[str, int], None),
        ("{", dict[str, int], None),
        ('{"a": 1} x', dict[str, int], None),
        (b'{"\xff": 1}', dict[str, int], None),
        ('"\ud800"', str, None),
        ("[" * 100_000, list[Any], None),
        ('["a", "b"]', list[str], ["a", "b"]),
        ('["a", 1]', list[str], None),
        ("1e999", float, None),
    ],
)
def test_what_json_says(text: bytes | str, kind: Any, found: Any) -> None:
    """Of the kind that is asked for, or nothing: no bytes of a stranger raise."""
    assert told(text, kind) == found


@given(st.binary(max_size=60))
def test_any_bytes_say_something_or_nothing(text: bytes) -> None:
    """And what they say is of the kind."""
    assert isinstance(told(text, dict), dict | None)


def test_a_message_is_shown_without_its_content() -> None:
    """In a log it is a line, and no mail of anybody."""
    shown = repr(Posted(sender="a@b.example", recipients=("c@d.example",), content=b"secret" * 1000))
    assert "secret" not in shown and "a@b.example" in shown


def test_a_provider_wants_nothing_unless_it_says_so() -> None:
    """What was fetched for one that never asked is no answer; its secrets cannot be changed later."""

    class Plain(Provider):
        def read(self, request: Any, now: float) -> Posted:
            return Posted(sender="", recipients=(), content=b"")

    secrets = ["k"]
    plain = Plain(secrets)
    secrets.append("l")
    assert plain.secrets == ("k",)
    assert plain.got(Wanted("https://x.example", "certificate"), b"") is None
    with pytest.raises(TypeError):
        Provider(())  # type: ignore[abstract]
