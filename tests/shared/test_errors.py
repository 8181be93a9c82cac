"""Errors: whose fault they are, and what else they are to those who catch them."""

import pytest

from interfaces.shared import errors


@pytest.mark.parametrize(
    ("name", "kind"), [("ApplicationError", RuntimeError), ("PeerGone", OSError)], ids=["mistake", "gone"]
)
def test_an_application_catches_what_asgi_servers_raise(name: str, kind: type[Exception]) -> None:
    """What ``send`` raises is what applications know from other servers, and one of ours."""
    with pytest.raises(kind, match="why") as caught:
        raise getattr(errors, name)("why")
    assert isinstance(caught.value, errors.InterfacesError)


def test_each_error_says_whose_fault_it_is() -> None:
    """None is one of another's: who catches one of them catches no other."""
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "InterfacesError"]
    assert all(issubclass(kind, errors.InterfacesError) for kind in kinds)
    assert not any(issubclass(a, b) for a in kinds for b in kinds if a is not b)
