"""interfaces.layers.settings: the forms of ``hosts``, the keywords, and what is refused."""

import pytest

from interfaces.layers.settings import Host, Settings
from interfaces.shared.errors import ConfigError

LOCAL = {"host": "localhost", "port": 6379}


@pytest.mark.parametrize(
    ("entry", "arguments"),
    [
        ("redis://", LOCAL),
        ("redis://h", {"host": "h", "port": 6379}),
        (b"redis://h:1/5", {"host": "h", "port": 1, "db": 5}),
        ("valkey://[::1]:1", {"host": "::1", "port": 1}),
        ("redis://u%40:p%2F@h", {"host": "h", "port": 6379, "username": "u@", "password": "p/"}),
        ("redis://:p@h", {"host": "h", "port": 6379, "password": "p"}),
        ("redis://h?db=2&protocol=3&socket_keepalive=no", {"host": "h", "port": 6379, "db": 2, "protocol": 3,
                                                           "socket_keepalive": False}),
        ("unix:///run/s%20x?db=1", {"path": "/run/s x", "db": 1}),
        (("h", 1), {"host": "h", "port": 1}),
        (["h", "1"], {"host": "h", "port": 1}),
        ({"host": "h"}, {"host": "h", "port": 6379}),
        ({"address": "redis://h/1", "db": 2}, {"host": "h", "port": 6379, "db": 2}),
        ({"address": ("h", 1), "password": "p"}, {"host": "h", "port": 1, "password": "p"}),
        ({"path": "/s", "password": None}, {"path": "/s"}),
        ({"host": "h", "socket_timeout": 5, "max_connections": 3, "retry_on_timeout": True},
         {"host": "h", "port": 6379}),
    ],
)  # fmt: skip
def test_forms_of_a_host(entry, arguments):
    """What redis-py's connection gets; what only a pool knows is left alone."""
    host = Host.of(entry)
    assert dict(host.arguments) == arguments and not host.tls and not host.sentinels


@pytest.mark.parametrize(
    "entry",
    [
        "rediss://h?ssl_ca_certs=/ca",
        "valkeys://h?ssl_ca_certs=/ca",
        {"host": "h", "ssl": True, "ssl_ca_certs": "/ca"},
    ],
)
def test_tls(entry):
    """By scheme or by key."""
    host = Host.of(entry)
    assert host.tls and dict(host.arguments) == {"host": "h", "port": 6379, "ssl_ca_certs": "/ca"}


@pytest.mark.parametrize(
    "entry",
    [
        "redis+sentinel://:p@a,b:1/main/2",
        {"sentinels": [("a", 26379), ["b", "1"]], "master_name": "main", "password": "p", "db": 2},
    ],
)
def test_sentinels(entry):
    """By URL or in channels_redis' dictionary; the master's address is nowhere."""
    host = Host.of(entry)
    assert host.sentinels == (("a", 26379), ("b", 1)) and host.master_name == "main"
    assert dict(host.arguments) == {"password": "p", "db": 2}
    assert host.name == "main@a:26379,b:1"


def test_sentinels_have_their_own_options():
    """``sentinel_kwargs``; with rediss+sentinel the TLS options hold for both."""
    given = {"sentinels": [("a", 1)], "master_name": "m", "sentinel_kwargs": {"password": "s"}}
    assert Host.of(given).sentinel_arguments == {"password": "s"}
    host = Host.of("rediss+sentinel://a/m?ssl_ca_certs=/ca")
    assert host.tls and host.sentinel_arguments == {"ssl": True, "ssl_ca_certs": "/ca"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("http://h", "expected redis://"),
        ("h:6379", "expected redis://"),
        ("redis+cluster://h", "Redis Cluster is not served yet"),
        ({"startup_nodes": [("h", 1)]}, "Redis Cluster is not served yet"),
        ("redis://h/x", "'x' is no database number"),
        ("redis://h:port", "hosts: redis://h:port"),
        ("redis://h?dbb=1", "did you mean db?"),
        ("redis://h?db=x", "hosts: redis://h"),
        ("redis://h?credential_provider=x", "cannot be said in a URL"),
        ("unix://h/path", "unix:///absolute/path"),
        ("redis+sentinel://a", "master_name"),
        ({"sentinels": [("a", 1)]}, "belong together"),
        ({"sentinels": ["a:1"], "master_name": "m"}, "list of (host, port)"),
        ({"host": "h", "pasword": "p"}, "did you mean password?"),
        ({"host": "h", "db": -1}, "db=-1"),
        ({"host": "h", "protocol": 4}, "expected 2 or 3"),
        ({"path": "/s", "host": "h"}, "path only"),
        ({"host": "h", "ssl_ca_certs": "/ca"}, "needs TLS"),
        (7, "is no redis:// URL"),
        (("h", 1, 2), "is no redis:// URL"),
    ],
)
def test_a_host_that_cannot_be(entry, words):
    """ConfigError, one line."""
    with pytest.raises(ConfigError) as caught:
        Host.of(entry)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_passwords_are_not_shown():
    """Neither in a name, nor in repr, nor in an error about the URL."""
    host = Host.of("redis://u:hidden@h")
    assert host.name == "h:6379" and "hidden" not in repr(host)
    with pytest.raises(ConfigError) as caught:
        Host.of("redis://u:hidden@h/x?password=hidden")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(Settings.of(signing_keys=["hidden"], symmetric_encryption_keys=["hidden"]))


def test_hosts():
    """None and nothing are the broker of this machine, one text is one broker, a list is shards."""
    for nothing in (None, []):
        assert [dict(host.arguments) for host in Settings.of(nothing).hosts] == [LOCAL]
    assert len(Settings.of("redis://a").hosts) == len(Settings.of({"host": "a"}).hosts) == 1
    assert [host.name for host in Settings.of(["redis://a", ("b", 1)]).hosts] == ["a:6379", "b:1"]
    assert Host.of("unix:///s").name == "unix:/s"
    with pytest.raises(ConfigError, match="hosts=7"):
        Settings.of(7)


def test_keywords():
    """The rest of RedisChannelLayer's keywords, with their defaults."""
    made = Settings.of(prefix="p", timeout=1, signing_keys=["a", b"b"])
    assert (made.prefix, made.timeout, made.signing_keys) == ("p", 1, ("a", b"b"))
    assert Settings.of().symmetric_encryption_keys == Settings.of(signing_keys=None).signing_keys == ()


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"prefx": "x"}, "did you mean prefix?"),
        ({"timeout": 0}, "timeout=0: expected a number above 0, such as 2"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"window": "x"}, "window='x'"),
        ({"timeout": True}, "timeout=True"),
        ({"timeout": float("inf")}, "timeout=inf"),
        ({"subscribe_batch": 1.5}, "subscribe_batch=1.5: expected a whole number above 0, such as 1000"),
        ({"commands_in_flight": 2.0}, "commands_in_flight=2.0: expected a whole number"),
        ({"prefix": 1}, "prefix=1: expected a text"),
        ({"prefix": "a\udc80"}, "prefix='a\\udc80': expected a text"),
        ({"signing_keys": "secret"}, "signing_keys: expected a list"),
        ({"symmetric_encryption_keys": [""]}, "not empty"),
        ({"signing_keys": [1]}, "a text or bytes"),
    ],
)
def test_keywords_that_cannot_be(keywords, words):
    """ConfigError, one line; a key is never in it."""
    with pytest.raises(ConfigError) as caught:
        Settings.of(**keywords)
    assert words in str(caught.value) and "secret" not in str(caught.value)
