"""What lies in the broker of an item."""

from interfaces.layers.durable_body import Body
from interfaces.layers.seal import Seal

BODY = Body({"text": "hello", "data": b"\0"}, "key", "talk", 12.5)


def test_there_and_back():
    """What was sealed is opened again, with and without keys."""
    for cipher in (None, Seal(signing_keys=["k"])):
        assert Body.opened(cipher, "place", BODY.sealed(cipher, "place")) == BODY


def test_what_is_not_ours():
    """Another key, another place, or bytes of any kind: None, never an error."""
    cipher = Seal(signing_keys=["k"])
    data = BODY.sealed(cipher, "place")
    assert Body.opened(Seal(signing_keys=["other"]), "place", data) is None
    assert Body.opened(cipher, "elsewhere", data) is None
    assert Body.opened(None, "place", b"\xc1 no msgpack") is None
    assert Body.opened(None, "place", b"\x90") is None
