"""Chaos: chances by counting, and settings that are read strictly."""

from itertools import cycle
from typing import Any

import pytest

from interfaces.console.chaos import LONGEST, Chaos, Settings, read


def chances(*values: float) -> Any:
    """A chance that gives these, again and again."""
    return cycle(values).__next__


@pytest.mark.parametrize(("rate", "struck"), [(0.0, 0), (0.25, 1), (0.5, 2), (1.0, 4)])
def test_as_often_as_the_rate_says(rate: float, struck: int) -> None:
    """Of four messages with the chances of four quarters."""
    chaos = Chaos(Settings(drop=rate), chance=chances(0.0, 0.25, 0.5, 0.75))
    assert sum(chaos.strikes("drop", "sms") for _ in range(4)) == struck == chaos.done["drop"]


def test_only_the_protocols_that_are_meant() -> None:
    """None named: all."""
    chaos = Chaos(Settings(duplicate=1.0, delay=2.0, protocols=("irc",)))
    assert chaos.strikes("duplicate", "irc") and not chaos.strikes("duplicate", "sms")
    assert (chaos.delay("irc"), chaos.delay("sms")) == (2.0, 0.0)
    chaos.settings = Settings(delay=1.0)
    assert chaos.delay("sms") == 1.0 and chaos.shown()["done"] == {"duplicate": 1, "delay": 2}


def test_settings_are_changed_one_by_one() -> None:
    """What is not said stays as it is."""
    had = Settings(drop=0.5)
    assert read({"delay": 1}, had) == Settings(delay=1, drop=0.5)
    assert read({"protocols": ["irc", "irc"], "broker_down": True, "done": {}}, had) == Settings(
        drop=0.5, broker_down=True, protocols=("irc",)
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"drop": 1.1}, "0 to 1"), ({"drop": -1}, "0 to 1"), ({"drop": "1"}, "number"), ({"drop": True}, "number"),
        ({"delay": LONGEST + 1}, "30"), ({"delay": float("nan")}, "30"), ({"broker_down": "yes"}, "true or false"),
        ({"protocols": "irc"}, "list"), ({"protocols": ["x"]}, "email"), ({"nonsense": 1}, "there is delay"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(said: dict[str, Any], why: str) -> None:
    """In words, and nothing is changed."""
    with pytest.raises(ValueError, match=why):
        read(said, Settings())
