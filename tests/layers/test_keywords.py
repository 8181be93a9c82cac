"""interfaces.layers.keywords: one reading of URLs, for a line and for ``hosts``."""

import pytest

from interfaces.layers.keywords import LOCAL, REDIS, read_hosts, read_query, split_urls
from interfaces.layers.opening import open_layer
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "urls"),
    [
        ("redis://a", ["redis://a"]),
        ("redis://a:1/0,redis://b:1/0", ["redis://a:1/0", "redis://b:1/0"]),
        (
            "redis://a, rediss://b,\nunix:///s,valkeys://c",
            ["redis://a", "rediss://b", "unix:///s", "valkeys://c"],
        ),
        (
            "redis+sentinel://a,b:1/m,rediss+sentinel://c,d/n",
            ["redis+sentinel://a,b:1/m", "rediss+sentinel://c,d/n"],
        ),
        ("redis://a?signing_keys=x,y,redis://b", ["redis://a?signing_keys=x,y", "redis://b"]),
        ('redis://a?channel_capacity={"x":1,"y":2}', ['redis://a?channel_capacity={"x":1,"y":2}']),
        ("unix:///run/a,b", ["unix:///run/a,b"]),
    ],
)
def test_a_comma_ends_a_url_where_another_begins(line, urls):
    """And is a part of it everywhere else: between sentinels, keys, in JSON and in a path."""
    assert split_urls(line) == urls


@pytest.mark.parametrize(
    ("hosts", "entries", "said"),
    [
        (None, None, {}),
        (7, 7, {}),
        ("redis://a", ["redis://a"], {}),
        (b"redis://a?prefix=p,redis://b", ["redis://a", "redis://b"], {"prefix": "p"}),
        (["redis://a?prefix=p&db=1", ("b", 1)], ["redis://a?db=1", ("b", 1)], {"prefix": "p"}),
        (["redis://a?prefix=p", "redis://b?prefix=p"], ["redis://a", "redis://b"], {"prefix": "p"}),
        ({"address": "redis://a?timeout=3", "db": 1}, [{"address": "redis://a", "db": 1}], {"timeout": 3.0}),
        ({"address": b"redis://a"}, [{"address": "redis://a"}], {}),
        ({"address": ("a", 1)}, [{"address": ("a", 1)}], {}),
        ({"host": "a", "timeout": 20}, [{"host": "a", "timeout": 20}], {}),
        ("redis://u%40:p%2C@a?ssl_ca_path=%2Fx%20y", ["redis://u%40:p%2C@a?ssl_ca_path=%2Fx+y"], {}),
    ],
)
def test_hosts_lose_what_is_the_layers(hosts, entries, said):
    """Whatever their form; what redis-py's pool would take in a dictionary stays there."""
    assert read_hosts(hosts) == (entries, said)


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ("redis://a?prefx=p", "unknown keyword 'prefx'"),
        ("redis://a?hosts=b", "unknown keyword 'hosts'"),
        ("redis://a?on_loss=b", "unknown keyword 'on_loss'"),
        ("redis://a?prefix", "prefix has no value"),
        ("redis://a?prefix=", "prefix has no value"),
        ("redis://a?capacity=x", "capacity=x: expected"),
        ("redis://a?signing_keys=hidden&capacity=x", "capacity=x"),
        (
            ["redis://a?prefix=p", "redis://b?prefix=q"],
            "prefix holds for all brokers, and they say different ones",
        ),
        ({"host": "a", "prefix": "p"}, "prefix is a keyword of the layer, and of no single broker"),
        ({"address": "redis://a,redis://b"}, "redis://a,redis://b: several brokers are a URL each"),
        ("redis://a,b", "several brokers are a URL each"),
        ("redis://a,b:1/2", "several brokers are a URL each"),
        ("redis://a,local:", "several brokers are a URL each"),
        ("redis://a,redis://a:6379", "a:6379 is there twice"),
        ("redis+sentinel://a,b/m,redis+sentinel://a,b/m", "m@a:26379,b:26379 is there twice"),
    ],
)
def test_what_cannot_be_is_named(hosts, words):
    """ConfigError, one line, the same for a line and for ``hosts``; no key is ever in it."""
    found = []
    for make in [RedisChannelLayer, *([open_layer] if isinstance(hosts, str) else [])]:
        with pytest.raises(ConfigError) as caught:
            make(hosts)
        found.append(str(caught.value))
    assert len({*found}) == 1
    assert words in found[0] and "\n" not in found[0] and "hidden" not in found[0]


def test_keywords_of_a_url_hold_unless_code_says_otherwise():
    """For the layer, its brokers and what is in Layer alike."""
    line = "redis://a?prefix=p&capacity=3&expiry=1.5&timeout=0.5&max_delayed=0,unix:///s?signing_keys=a,b"
    for layer in (RedisChannelLayer(line), RedisChannelLayer(hosts=[line]), open_layer(line)):
        assert (layer.capacity, layer.expiry, layer.group_expiry, layer.max_delayed) == (3, 1.5, 86400, 0)
        assert (layer.settings.prefix, layer.settings.timeout) == ("p", 0.5)
        assert layer.settings.signing_keys == ("a", "b")
        assert [host.name for host in layer.settings.hosts] == ["a:6379", "unix:/s"]
    said = {"prefix": "q", "capacity": 9, "max_delayed": 7}
    for layer in (RedisChannelLayer(line, **said), open_layer(line, **said)):
        assert (layer.settings.prefix, layer.capacity, layer.max_delayed, layer.expiry) == ("q", 9, 7, 1.5)


def test_the_same_broker_may_serve_with_two_databases():
    """Which are two shards."""
    assert len(RedisChannelLayer("redis://a/0,redis://a/1").settings.hosts) == 2


def test_every_keyword_can_be_said_in_a_url():
    """Those of every layer, and those of the layer over brokers, but for what is no text."""
    assert {*LOCAL} == {"expiry", "group_expiry", "capacity", "channel_capacity", "max_delayed"}
    texts = {float: "2.5", int: "3", str: "x"}
    for key, kind in REDIS.items():
        text = texts.get(kind, '{"a":1}' if key == "channel_capacity" else "a,b")
        (value,) = read_query(f"{key}={text}", REDIS).values()
        assert value == {"2.5": 2.5, "3": 3, "x": "x", "a,b": ("a", "b")}.get(text, {"a": 1})


@pytest.mark.parametrize("hooks", [5, [5], "x"])
def test_hooks_are_callable(hooks):
    """What is told of a loss can be called."""
    with pytest.raises(ConfigError, match="on_loss"):
        RedisChannelLayer(on_loss=hooks)
