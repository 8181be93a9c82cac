"""The names of a durable queue's keys; what the scripts do is seen in test_durable."""

import re

from interfaces.layers import durable_scripts
from interfaces.layers.durable_scripts import durable_bell, durable_keys, names_key


def test_names_tell_queues_apart():
    """No key of one queue is a key of another, and a layer's flush takes none of them."""
    one, two = durable_keys("p", "mail"), durable_keys("p", "mail:x")
    names = [*one, *two, names_key("p"), durable_bell("p", "0" * 16)]
    assert len({*names}) == len(names)
    assert not any(re.match(r"p:[qwbmd](:|$)", name) for name in names)


def test_every_script_is_told_about():
    """What the module exports of scripts is what it makes."""
    made = {
        name for name, value in vars(durable_scripts).items() if isinstance(value, durable_scripts.Script)
    }
    assert made == {name for name in durable_scripts.__all__ if name.isupper()}
