"""What lies in the broker of an item."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from interfaces.layers.durable_body import Body
from interfaces.layers.seal import Seal

BODY = Body({"text": "hello", "data": b"\0"}, "key", "talk", 12.5)


def test_there_and_back():
    """What was sealed is opened again, with and without keys."""
    for cipher in (None, Seal(signing_keys=["k"])):
        assert Body.opened(cipher, "place", BODY.sealed(cipher, "place")) == BODY


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 1, tzinfo=UTC), {1}, Decimal(1), UUID(int=1), [{"a": {2}}]]
)
def test_what_would_arrive_as_something_else_is_refused(value):
    """As every layer does: a datetime would come as text, a set as a list."""
    with pytest.raises(TypeError, match="messages hold None, bool"):
        Body({"value": value}, "key", None, 0).sealed(None, "place")


def test_subclasses_of_plain_values_become_plain():
    """As in every layer."""

    class Safe(str):
        """As Django's SafeString."""

        __slots__ = ()

    opened = Body.opened(
        None, "place", Body({"text": Safe("a"), "all": (1,)}, "key", None, 0).sealed(None, "place")
    )
    assert opened is not None and opened.message == {"text": "a", "all": [1]}


def test_what_is_not_ours():
    """Another key, another place, or bytes of any kind: None, never an error."""
    cipher = Seal(signing_keys=["k"])
    data = BODY.sealed(cipher, "place")
    assert Body.opened(Seal(signing_keys=["other"]), "place", data) is None
    assert Body.opened(cipher, "elsewhere", data) is None
    assert Body.opened(None, "place", b"\xc1 no msgpack") is None
    assert Body.opened(None, "place", b"\x90") is None
