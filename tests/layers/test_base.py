"""Names, capacities and messages, as every layer takes them."""

import enum
import math
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from channels import exceptions
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from interfaces.layers import base
from interfaces.layers.base import ChannelFull, Layer, checked_delay, copied, delayed, non_local
from interfaces.layers.frames import decode_group, encode_group
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError

WITHOUT_CHANNELS = """
import sys
sys.modules["channels"] = None
from interfaces.layers.base import ChannelFull
assert issubclass(ChannelFull, Exception), ChannelFull
assert ChannelFull.__module__ == "interfaces.layers.base"
"""


@pytest.mark.parametrize(
    "name",
    ["a", "A-z_0.9", "x" * 99, "a!", "specific.abc!d-e_f.1", "..", "!", "a!b!c", "", "a b", "ä", "x" * 100],
)
def test_names_are_those_of_channels(name):
    """What Channels' own layers take is taken, and nothing else; they speak of it in the same words."""
    theirs, ours = BaseChannelLayer(), LocalChannelLayer()
    for kind in ("channel", "group"):
        check = f"require_valid_{kind}_name"
        try:
            assert getattr(theirs, check)(name)
        except TypeError as error:
            words = str(error).rstrip(".")
            with pytest.raises(TypeError, match=re.escape(words)):
                getattr(ours, check)(name)
            with pytest.raises(TypeError):
                getattr(ours, check.removeprefix("require_"))(name)
        else:
            assert getattr(ours, check)(name)
            assert getattr(ours, check.removeprefix("require_"))(name)


def test_what_no_regular_expression_should_let_pass():
    """A line's end and digits of other scripts, which Channels' patterns take."""
    for name in ("line\n", "a!١", "١"):
        with pytest.raises(TypeError):
            LocalChannelLayer().require_valid_channel_name(name)


def test_names_that_many_receive_end_at_the_mark():
    """As in Channels, when it is asked for."""
    layer = LocalChannelLayer()
    assert layer.valid_channel_name("a!", receive=True)
    assert layer.valid_channel_name("a", receive=True)
    with pytest.raises(TypeError, match="must end at the !"):
        layer.valid_channel_name("a!b", receive=True)


@pytest.mark.parametrize(("name", "part"), [("a", "a"), ("a.b!", "a.b!"), ("a.b!c", "a.b!")])
def test_the_non_local_part(name, part):
    """Up to and including the mark, as Channels has it."""
    assert non_local(name) == LocalChannelLayer().non_local_name(name) == part
    assert BaseChannelLayer().non_local_name(name) == part


def test_a_dict_of_capacities_works_as_it_is_documented():
    """Channels' own in-memory layer raises on it; ours takes all that channels_redis documents."""
    documented = {"http.request": 200, "http.response!*": 10, re.compile(r"^websocket.send\!.+"): 20}
    with pytest.raises(ValueError, match="unpack"):
        InMemoryChannelLayer(channel_capacity=documented).get_capacity("http.request")
    layer = LocalChannelLayer(channel_capacity=documented, capacity=7)
    capacities = {"http.request": 200, "http.response!abc": 10, "websocket.send!abc": 20, "another": 7}
    assert {name: layer.get_capacity(name) for name in capacities} == capacities


def test_the_first_pattern_counts():
    """In a list too, and globs match as shells have them."""
    layer = LocalChannelLayer(channel_capacity=[("a?", 1), ("a[bc]d", 2), ("a*", 3)])
    assert [layer.get_capacity(name) for name in ("ab", "abd", "acd", "aed", "b")] == [1, 2, 2, 3, 100]


@pytest.mark.parametrize(
    "keywords",
    [
        {"expiry": 0}, {"expiry": "60"}, {"group_expiry": -1}, {"capacity": 0}, {"capacity": "100"},
        {"channel_capacity": {"a": 0}}, {"channel_capacity": [("a", None)]}, {"channel_capacity": {3: 1}},
        {"channel_capacity": "abc"}, {"channel_capacity": {re.compile(b"x"): 1}}, {"capacity": True},
        {"expiry": True},
        {"expiry": math.inf}, {"expiry": math.nan}, {"group_expiry": 1e12}, {"channel_capacity": 7},
        {"max_delayed": "5"}, {"max_delayed": -1},
    ],
)  # fmt: skip
def test_values_that_cannot_be(keywords):
    """ConfigError names the keyword, in one line."""
    with pytest.raises(ConfigError, match=next(iter(keywords))) as caught:
        LocalChannelLayer(**keywords)
    assert len(str(caught.value).splitlines()) == 1


def test_channel_full_is_channels_own():
    """So that ``except ChannelFull`` of applications works."""
    assert ChannelFull is exceptions.ChannelFull


def test_channel_full_needs_no_channels():
    """Without Channels there is one of our own."""
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_CHANNELS], check=True)


def test_copies_share_nothing():
    """Dicts and lists are new ones; tuples and buffers become what a wire makes of them."""
    inner = {"list": [1, (2, 3)], "buffer": bytearray(b"a"), "view": memoryview(b"b"), 1: None}
    copy = copied({"type": "x", "inner": inner})
    assert copy == {"type": "x", "inner": {"list": [1, [2, 3]], "buffer": b"a", "view": b"b", 1: None}}
    assert copy["inner"] is not inner
    assert copy["inner"]["list"] is not inner["list"]
    flat = {"type": "x", "flag": True}
    assert copied(flat) == flat
    assert copied(flat) is not flat


class Safe(str):
    """As Django's, whose str() is itself."""

    __slots__ = ()

    def __str__(self):
        return self


class Count(enum.IntEnum):
    ONE = 1


class Word(enum.StrEnum):
    A = "a"


class Data(bytes):
    def __bytes__(self):
        raise AssertionError("asked")


class Part(float):
    def __float__(self):
        raise AssertionError("asked")


def test_subclasses_become_what_they_are_on_a_wire():
    """Templates make them: Django's SafeString; and enumerations of texts and numbers. Keys as well."""
    given = {
        "html": Safe("<b>"),
        Safe("k"): [Count.ONE, Word.A, {Safe("n"): Data(b"d")}, Part(0.5), True, None],
    }
    copy = copied(given)
    assert copy == {"html": "<b>", "k": [1, "a", {"n": b"d"}, 0.5, True, None]}
    kinds = [
        type(value) for value in (copy["html"], *copy, *copy["k"], *copy["k"][2], *copy["k"][2].values())
    ]
    assert kinds == [str, str, str, int, str, dict, float, bool, type(None), str, bytes]


@pytest.mark.parametrize(
    "message",
    [
        {1: 2}, {b"a": 1}, {"a": object()}, {"a": [{"b": {1, 2}}]}, [], "a", None, {"a": {(1, 2): 3}},
        {"a": {b"": 2**64}}, {"a": 2**64}, {"a": [-(2**63) - 1]}, {"a": datetime(2026, 1, 1, tzinfo=UTC)},
        {"a": Decimal(1)}, {"a": UUID(int=1)}, {"a": {1j: 1}},
    ],
)  # fmt: skip
def test_what_would_not_cross_a_wire(message):
    """TypeError at once, and not only when the layer is another one."""
    with pytest.raises(TypeError):
        copied(message)


def test_the_largest_integers_cross():
    """Both ends of what msgpack has."""
    edges = {"a": 2**64 - 1, "b": [-(2**63)]}
    assert copied(edges) == decode_group(encode_group(copied(edges)))[0] == edges


def test_delays_that_no_broker_can_keep():
    """Neither number nor time."""
    assert checked_delay(-1) == -1
    for wrong, error in (
        ("1", TypeError),
        (True, TypeError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (1e12, ValueError),
    ):
        with pytest.raises(error):
            checked_delay(wrong)


def test_delays_are_in_milliseconds():
    """As 2016's draft has them; one in the past is none."""
    message = {"channel": "a", "delay": 1500, "content": {"type": "x"}}
    assert delayed(message) == ("a", {"type": "x"}, 1.5)
    assert delayed({**message, "delay": -5})[2] == 0
    for wrong in ({"channel": None}, {"delay": "1"}, {"content": "text"}):
        with pytest.raises(TypeError, match=r"asgi\.delay takes"):
            delayed({**message, **wrong})


def test_a_layer_has_to_have_all_of_it():
    """What is missing is named when it is made; what is not asked for does nothing."""
    with pytest.raises(TypeError, match="group_send"):
        Layer()
    layer = LocalChannelLayer(capacity=5)
    assert layer.count("layer.full", 1) is None
    assert layer.on_loss == []
    assert {"groups", "flush"} <= {*layer.extensions}
    assert repr(layer) == "LocalChannelLayer(capacity=5, expiry=60)"
    assert base.__all__ == sorted(
        base.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
