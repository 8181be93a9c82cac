"""Functions that options name."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.functions import called, loaded


def plain(*said: str) -> str:
    """What may block."""
    return " ".join(said)


async def waiting(*said: str) -> str:
    """What is awaited."""
    return " ".join(said)


class Held:
    """An attribute of an attribute."""

    @staticmethod
    def later(*said: str) -> object:
        """Gives what is to be awaited."""
        return waiting(*said)


def test_it_is_found_by_its_name() -> None:
    """In a module, or within what is there."""
    assert loaded("--x", f"{__name__}:plain") is plain
    assert loaded("--x", f"{__name__}:Held.later") is Held.later


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("no_such_module:f", "No module named"),
        (f"{__name__}:missing", "no attribute 'missing'"),
        (":f", "Empty module name"),
        (f"{__name__}:__name__", "str cannot be called"),
    ],
)
def test_the_operator_is_told_what_is_wrong_with_it(spec: str, why: str) -> None:
    """In one line, with the option."""
    with pytest.raises(ConfigError, match=rf"^--x {spec}: .*{why}.*; write module:function$"):
        loaded("--x", spec)


@pytest.mark.parametrize("function", [plain, waiting, Held.later])
def test_every_kind_of_function_is_called(function: object) -> None:
    """One that blocks, one that is awaited, and one that gives what is."""
    assert asyncio.run(called(function, "a", "b")) == "a b"
